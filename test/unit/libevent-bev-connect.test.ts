import assert from "node:assert/strict";
import { ESPRUINO_LIKE_CAPS, type SimPeer } from "../../platform/sim/index.js";
import { MG_ERR_HOST_NOT_FOUND, MG_ERR_REFUSED } from "../../src/core/errors.js";
import {
  BEV_EVENT_ERROR, BEV_OPT_CLOSE_ON_FREE, BEV_OPT_DEFER_CALLBACKS, BEV_OPT_THREADSAFE, BEV_OPT_UNLOCK_CALLBACKS, type BufferEvent, buffereventPairNew, buffereventSocketNew,
  buffereventTlsSocketNew, BUFFEREVENT_SSL_ACCEPTING, BUFFEREVENT_SSL_CONNECTING, BUFFEREVENT_SSL_OPEN, EV_READ, EV_WRITE, EventBase, evconnlistenerNewBind,
  type EvConnListener, type EvSocket, evutilSocketErrorToString, evutilSocketGeterror, LEV_OPT_CLOSE_ON_FREE,
} from "../../src/libevent/index.js";
import { enabledText, type EvStage, evStage, HERE, THERE } from "./libevent-support.js";

const AF_UNSPEC = 0;
const PLATFORMS = { "arrays": {}, "strings, as on Espruino": { form: "string" as const, caps: ESPRUINO_LIKE_CAPS } };

/** A peer that listens at THERE:9 and greets. */
function greeter(st: EvStage, text: string): SimPeer[] {
  const peers: SimPeer[] = [];
  st.s.world.listenPeer(THERE, 9, (peer) => {
    peers.push(peer);
    if (text) peer.send(text);
  });
  return peers;
}

for (const name of Object.keys(PLATFORMS) as (keyof typeof PLATFORMS)[]) {
  const platform = PLATFORMS[name];
  for (const options of [BEV_OPT_CLOSE_ON_FREE, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS | BEV_OPT_UNLOCK_CALLBACKS | BEV_OPT_THREADSAFE]) {
    const deferred = options & BEV_OPT_DEFER_CALLBACKS ? ", deferred" : "";
    describe(`connecting a bufferevent (${name}${deferred})`, () => {
      it("says CONNECTED first, never inside the call, then writes what was written before", () => {
        const st = evStage({ platform });
        const peers = greeter(st, "");
        const bev = st.socket("c", null, {}, options);
        assert.equal(bev.getFd(), undefined);
        assert.equal(bev.write("early"), 0);
        bev.enable(EV_READ);
        assert.equal(bev.connect(`${THERE}:9`), 0);
        assert.deepEqual(st.said, []);
        st.run();
        assert.deepEqual(st.said, ["c CONNECTED", "c wrote"]);
        assert.equal(peers[0].received, "early");
        peers[0].send("hello");
        st.run();
        assert.deepEqual(st.said.slice(2), ["c read 5"]);
        assert.equal(bev.connect(`${THERE}:9`), -1, "it has a connection");
        st.finish();
      });

      it("does not call the write callback for a connection alone", () => {
        const st = evStage({ platform });
        greeter(st, "");
        const bev = st.socket("c", null, {}, options);
        bev.connect(`${THERE}:9`);
        st.run(3000);
        assert.deepEqual(st.said, ["c CONNECTED"]);
        st.finish();
      });

      it("refused, says ERROR alone and leaves what is enabled; it may try again", () => {
        const st = evStage({ platform });
        const bev = st.socket("c", null, {}, options);
        st.s.world.listenPeer(THERE, 8, () => undefined);
        bev.enable(EV_READ | EV_WRITE);
        assert.equal(bev.connect(`${THERE}:9`), 0);
        st.run(2000);
        assert.deepEqual(st.said.splice(0), ["c ERROR"]);
        assert.equal(enabledText(bev), "READ|WRITE");
        assert.equal(evutilSocketGeterror(bev.getFd()), MG_ERR_REFUSED);
        assert.equal(evutilSocketErrorToString(MG_ERR_REFUSED), "connection refused");
        assert.equal(bev.getDnsError(), 0);
        greeter(st, "at last");
        assert.equal(bev.connect(`${THERE}:9`), 0);
        st.run();
        assert.deepEqual(st.said, ["c CONNECTED", "c read 7"]);
        st.finish();
      });

      it("may connect again inside the callback for a connect that failed, as often as that fails", () => {
        const st = evStage({ platform });
        let tries = 0;
        const again = (b: BufferEvent, what: number): void => {
          if (what & BEV_EVENT_ERROR && ++tries < 4) assert.equal(b.connect(`${THERE}:${tries < 3 ? 9 : 10}`), 0);
        };
        st.s.world.listenPeer(THERE, 8, () => undefined);
        st.s.world.listenPeer(THERE, 10, (peer) => peer.send("at last"));
        const bev = st.socket("c", null, { event: again }, options);
        bev.enable(EV_READ);
        assert.equal(bev.connect(`${THERE}:9`), 0);
        st.run(9000);
        assert.deepEqual(st.said, ["c ERROR", "c ERROR", "c ERROR", "c CONNECTED", "c read 7"]);
        st.finish();
      });

      it("answers -1 inside the callback for a connect that failed because all was freed", () => {
        const st = evStage({ platform });
        const answers: number[] = [];
        const bev = st.socket("c", null, { event: (b) => answers.push(b.connect(`${THERE}:9`)) }, options);
        bev.connect(`${THERE}:9`);
        st.s.mgr.free();
        st.s.world.runFor(1000);
        assert.deepEqual([answers, st.said, st.s.mgr.stats.threw], deferred ? [[], [], 0] : [[-1], ["c ERROR"], 0]);
      });

      it("by name uses the platform's look-up; an unknown name is an ERROR with a DNS error", () => {
        const st = evStage({ platform });
        st.s.world.dns("good.example", THERE);
        greeter(st, "hi");
        const good = st.socket("good", null, {}, options);
        good.enable(EV_READ);
        assert.equal(good.connectHostname(null, AF_UNSPEC, "good.example", 9), 0);
        const bad = st.socket("bad", null, {}, options);
        assert.equal(bad.connectHostname(null, AF_UNSPEC, "bad.example", 9), 0);
        st.run(3000);
        assert.deepEqual(st.said.sort(), ["bad ERROR", "good CONNECTED", "good read 2"]);
        assert.equal(bad.getDnsError(), MG_ERR_HOST_NOT_FOUND);
        assert.equal(good.getDnsError(), 0);
        st.finish();
      });

      it("may be freed when it is connected, and when it failed: nothing follows", () => {
        const st = evStage({ platform });
        const peers = greeter(st, "x");
        const good = st.socket("good", null, { event: (b) => b.free() }, options);
        good.enable(EV_READ);
        good.write("dropped");
        good.connect(`${THERE}:9`);
        const bad = st.socket("bad", null, { event: (b) => b.free() }, options);
        bad.connect(`${THERE}:10`);
        st.run(3000);
        assert.deepEqual(st.said.sort(), ["bad ERROR", "good CONNECTED"]);
        if (!deferred) assert.equal(peers[0].received, "", "output went out after free");
        assert.notEqual(peers[0].state, "open");
        st.finish();
      });

      it("may be freed while it connects: nothing is said", () => {
        const st = evStage({ platform });
        greeter(st, "x");
        const bev = st.socket("c", null, {}, options);
        bev.connect(`${THERE}:9`);
        bev.free();
        st.run(3000);
        assert.deepEqual(st.said, []);
        st.finish();
      });
    });
  }
}

describe("the connection of a bufferevent", () => {
  it("can be changed: setFd leaves the one before to others, replaceFd closes it", () => {
    const st = evStage();
    const one = st.connected("b");
    const two = st.connected("other");
    const fd = two.bev.getFd() as EvSocket;
    assert.equal(two.bev.setFd(undefined), 0);
    assert.equal(two.bev.getFd(), undefined);
    one.bev.enable(EV_READ);
    const old = one.bev.getFd() as EvSocket;
    assert.equal(one.bev.setFd(fd), 0);
    assert.equal(one.bev.getFd(), fd);
    two.peer.send("to b");
    one.peer.send("kept");
    st.run();
    assert.deepEqual(st.said.splice(0), ["b wrote", "b read 4"]);
    assert.equal(one.bev.replaceFd(old), 0);
    st.run();
    assert.equal(two.peer.state, "ended");
    assert.deepEqual(st.said, ["b wrote", "b read 8"]);
    st.finish();
  });

  it("stays open when a bufferevent without BEV_OPT_CLOSE_ON_FREE is freed, and what came waits for the next", () => {
    const st = evStage();
    const { bev, peer } = st.connected("b", {}, 0);
    const fd = bev.getFd() as EvSocket;
    bev.write("dropped");
    bev.free();
    peer.send("hello");
    st.run(3000);
    assert.equal(peer.state, "open");
    assert.equal(peer.received, "");
    const next = st.socket("next", fd);
    next.enable(EV_READ);
    st.run();
    assert.deepEqual(st.said, ["next read 5"]);
    st.finish();
  });

  it("belongs to another base with the same manager when told so", () => {
    const st = evStage();
    const other = new EventBase(st.s.mgr);
    const { bev, peer } = st.connected("b");
    bev.enable(EV_READ);
    assert.equal(bev.baseSet(other), 0);
    assert.equal(bev.getBase(), other);
    peer.send("x");
    st.run();
    assert.deepEqual(st.said, [], "the other loop is not on");
    other.dispatch();
    st.run();
    assert.deepEqual(st.said, ["b read 1"]);
    const pair = buffereventPairNew(st.base, 0) as [BufferEvent, BufferEvent];
    assert.equal(pair[0].baseSet(other), -1);
    assert.equal(pair[0].setFd(undefined), -1);
    assert.equal(pair[0].replaceFd(undefined), -1);
    assert.equal(pair[0].connect(`${THERE}:9`), -1);
    pair.forEach((p) => p.free());
    bev.free();
    other.free();
    st.finish();
  });

  it("needs options that C has, and UNLOCK only with DEFER", () => {
    const st = evStage();
    assert.equal(buffereventSocketNew(st.base, null, BEV_OPT_UNLOCK_CALLBACKS), undefined);
    assert.throws(() => buffereventSocketNew(st.base, null, 16), /Options of a bufferevent are 16/);
    const bev = st.socket("c", null);
    assert.throws(() => bev.connect("nowhere"), TypeError);
    assert.throws(() => bev.connect("udp://10.0.0.9:9"), /a bufferevent is a stream/);
    assert.throws(() => bev.connectHostname(null, 99, "x.example", 80), /Family is 99/);
    assert.throws(() => bev.connectHostname(null, AF_UNSPEC, "x.example", 0), /Port is 0/);
    assert.throws(() => bev.connectHostname({} as unknown as null, AF_UNSPEC, "x.example", 80), /dnsBase must be null/);
    st.finish();
  });
});

describe("a bufferevent over TLS", () => {
  const tls = { cert: "cert", key: "key" };

  /** A TLS server at HERE:443 and, in the same world, a TLS client of another base. */
  function both(state: number): { st: EvStage; server: BufferEvent[] } {
    const st = evStage();
    const server: BufferEvent[] = [];
    const lev = evconnlistenerNewBind(st.base, (_l, fd) => {
      const bev = buffereventTlsSocketNew(st.base, fd, tls, state, BEV_OPT_CLOSE_ON_FREE) as BufferEvent;
      server.push(st.watch(bev, "server", { read: (b) => { b.writeBuffer(b.getInput()); } }));
      bev.enable(EV_READ);
    }, undefined, LEV_OPT_CLOSE_ON_FREE, -1, "ssl://:443", tls) as EvConnListener;
    st.owned.push(lev);
    st.run(5);
    return { st, server };
  }

  it("says CONNECTED after the handshake on both sides, and carries bytes", () => {
    const { st } = both(BUFFEREVENT_SSL_ACCEPTING);
    const client = buffereventTlsSocketNew(st.base, null, { ca: "cert" }, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE) as BufferEvent;
    st.watch(client, "client");
    client.enable(EV_READ);
    client.write("secret");
    client.connect(`${HERE}:443`);
    st.run();
    assert.deepEqual(st.said.filter((line) => line.startsWith("server")), ["server CONNECTED", "server read 6", "server wrote"]);
    assert.deepEqual(st.said.filter((line) => line.startsWith("client")), ["client CONNECTED", "client wrote", "client read 6"]);
    st.finish();
  });

  it("says no CONNECTED for a handshake that is done (BUFFEREVENT_SSL_OPEN)", () => {
    const { st } = both(BUFFEREVENT_SSL_OPEN);
    const client = buffereventTlsSocketNew(st.base, null, { ca: "cert" }, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE) as BufferEvent;
    st.watch(client, "client").connect(`${HERE}:443`);
    st.run();
    assert.deepEqual(st.said, ["client CONNECTED"]);
    st.finish();
  });

  it("says ERROR when the peer is not trusted, and throws for what cannot become TLS", () => {
    const { st } = both(BUFFEREVENT_SSL_ACCEPTING);
    const client = buffereventTlsSocketNew(st.base, null, { ca: "another" }, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE) as BufferEvent;
    st.watch(client, "client").connect(`${HERE}:443`);
    st.run();
    assert.deepEqual(st.said.filter((line) => line.startsWith("client")), ["client ERROR"]);
    const plain = st.connected("plain");
    assert.throws(() => buffereventTlsSocketNew(st.base, plain.bev.getFd(), tls, BUFFEREVENT_SSL_ACCEPTING, 0), /is not TLS/);
    assert.throws(() => buffereventTlsSocketNew(st.base, null, tls, 7, 0), /TLS state is 7/);
    assert.equal(buffereventTlsSocketNew(st.base, null, tls, BUFFEREVENT_SSL_OPEN, BEV_OPT_UNLOCK_CALLBACKS), undefined);
    st.finish();
  });
});
