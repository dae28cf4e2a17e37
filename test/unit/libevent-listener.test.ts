import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import { MG_ERR_ADDRESS_IN_USE } from "../../src/core/errors.js";
import {
  BEV_OPT_CLOSE_ON_FREE, EV_READ, EvConnListener, evconnlistenerNew, evconnlistenerNewBind, EventBase, type EvSocket, evutilClosesocket,
  evutilSocketErrorToString, evutilSocketGeterror, LEV_OPT_BIND_IPV4_AND_IPV6, LEV_OPT_BIND_IPV6ONLY, LEV_OPT_CLOSE_ON_EXEC, LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_DEFERRED_ACCEPT, LEV_OPT_DISABLED, LEV_OPT_LEAVE_SOCKETS_BLOCKING, LEV_OPT_REUSEABLE, LEV_OPT_REUSEABLE_PORT, LEV_OPT_THREADSAFE,
} from "../../src/libevent/index.js";
import { type EvStage, evStage, HERE, HOSTS, THERE } from "./libevent-support.js";

const FLAGS = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;

/** A listener at port 80 that notes each connection and keeps it. */
function noting(st: EvStage, flags: number, act?: (lev: EvConnListener, fd: EvSocket) => void): { lev: EvConnListener; fds: EvSocket[] } {
  const fds: EvSocket[] = [];
  const lev = st.listen(80, (fd, l) => {
    st.said.push("accept");
    fds.push(fd);
    act?.(l, fd);
  }, flags);
  st.owned.push({ free: () => fds.forEach(evutilClosesocket) });
  return { lev, fds };
}

function dial(st: EvStage, ...texts: string[]): SimPeer {
  const peer = st.s.world.connectPeer(THERE, HERE, 80);
  for (const text of texts) peer.send(text);
  st.run(20);
  return peer;
}

for (const name of Object.keys(HOSTS)) {
  const platform = HOSTS[name];
  describe(`a listener, on ${name}`, () => {
    it("hands out each connection with its address and the pointer, until it is freed in the callback", () => {
      const st = evStage({ platform });
      const ptr = { left: 2 };
      const got: unknown[] = [];
      const lev = evconnlistenerNewBind(st.base, (l, fd, address, p) => {
        got.push(address.address, p === ptr);
        evutilClosesocket(fd);
        if (--p.left === 0) l.free();
      }, ptr, FLAGS, -1, ":80") as EvConnListener;
      st.run(5);
      assert.equal(lev.getBase(), st.base);
      assert.equal(lev.getFd().localPort, 80);
      const peers = [dial(st), dial(st), dial(st)];
      st.run();
      const from = platform.caps ? "" : THERE;
      assert.deepEqual(got, [from, true, from, true]);
      assert.deepEqual(peers.map((p) => p.state), ["ended", "ended", "closed"]);
      st.finish();
    });

    it("made disabled, keeps connections waiting until it is enabled, and hands them out from the loop in order", () => {
      const st = evStage({ platform });
      const { lev, fds } = noting(st, FLAGS | LEV_OPT_DISABLED);
      const peers = [dial(st), dial(st)];
      assert.deepEqual(st.said, []);
      assert.deepEqual(peers.map((p) => p.state), ["open", "open"]);
      assert.equal(lev.enable(), 0);
      assert.deepEqual(st.said, [], "called inside enable");
      st.run(5);
      assert.deepEqual(st.said, ["accept", "accept"]);
      assert.ok(fds[0].id < fds[1].id);
      st.finish();
    });

    it("disabled in its callback, stops after the one at hand; the rest come when it is enabled", () => {
      const st = evStage({ platform });
      const { lev } = noting(st, FLAGS | LEV_OPT_DISABLED, (l) => l.disable());
      dial(st);
      dial(st);
      dial(st);
      for (let i = 1; i <= 3; i++) {
        lev.enable();
        st.run();
        assert.equal(st.said.length, i);
      }
      st.finish();
    });

    it("without a callback really waits, from the beginning and when the callback is taken away", () => {
      const st = evStage({ platform });
      const said: string[] = [];
      const fds: EvSocket[] = [];
      const cb = (_l: EvConnListener, fd: EvSocket, _a: unknown, ptr: string): void => { said.push(ptr); fds.push(fd); };
      const lev = evconnlistenerNewBind(st.base, null, undefined, FLAGS, 16, ":80") as EvConnListener;
      st.run(5);
      const one = dial(st);
      assert.equal(one.state, "open");
      lev.setCb(cb, "first");
      st.run(5);
      assert.deepEqual(said, ["first"]);
      lev.setCb(null, "");
      const two = dial(st);
      st.run(3000);
      assert.equal(two.state, "open", "closed although nobody took it");
      assert.deepEqual(said, ["first"]);
      lev.setCb(cb, "second");
      st.run(5);
      assert.deepEqual(said, ["first", "second"]);
      fds.forEach(evutilClosesocket);
      lev.free();
      st.finish();
    });

    it("gives what a waiting peer said, and that it left, to whoever takes it over", () => {
      const st = evStage({ platform });
      const { lev, fds } = noting(st, FLAGS | LEV_OPT_DISABLED);
      const stays = dial(st, "first");
      dial(st, "last words").fin();
      st.run();
      lev.enable();
      st.run(5);
      fds.forEach((fd, i) => st.socket(`b${i}`, fd).enable(EV_READ));
      st.run();
      assert.deepEqual(st.said.slice(2), ["b0 read 5", "b1 read 10", "b1 READING|EOF"]);
      stays.send("more");
      st.run();
      assert.deepEqual(st.said.slice(5), ["b0 read 9"]);
      st.finish();
    });

    it("lets at most the backlog wait, and turns the others away", () => {
      const st = evStage({ platform });
      const lev = evconnlistenerNewBind(st.base, null, undefined, FLAGS, 2, ":80") as EvConnListener;
      st.run(5);
      const peers = [dial(st), dial(st), dial(st)];
      st.run();
      assert.deepEqual(peers.map((p) => p.state), ["open", "open", "ended"]);
      lev.free();
      st.run();
      assert.deepEqual(peers.map((p) => p.state), ["ended", "ended", "ended"], "those that waited are closed with it");
      assert.equal(evconnlistenerNewBind(st.base, null, undefined, FLAGS, 0, ":81"), undefined);
      st.finish();
    });

    it("freed without LEV_OPT_CLOSE_ON_FREE leaves its socket bound, and the next listener on it takes those that wait", () => {
      const st = evStage({ platform });
      const { lev } = noting(st, LEV_OPT_REUSEABLE);
      lev.free();
      const peer = dial(st, "hi");
      assert.equal(peer.state, "open");
      let taken = 0;
      const next = evconnlistenerNew(st.base, (_l, fd) => { taken++; evutilClosesocket(fd); }, undefined, FLAGS, 0, lev.getFd());
      st.run();
      assert.equal(taken, 1);
      dial(st);
      assert.equal(taken, 2);
      next.free();
      st.run();
      assert.equal(dial(st).state, "closed");
      st.finish();
    });

    it("tells the error callback once that the port cannot be had, and why", () => {
      const st = evStage({ platform });
      st.listen(80, () => undefined);
      const ptr = {};
      const lev = evconnlistenerNewBind(st.base, () => undefined, ptr, FLAGS, -1, ":80") as EvConnListener;
      let told = 0;
      lev.setErrorCb((l, p) => {
        assert.equal(p, ptr);
        assert.equal(l, lev);
        told++;
      });
      st.run(5000);
      assert.equal(told, 1);
      assert.equal(evutilSocketGeterror(lev.getFd()), MG_ERR_ADDRESS_IN_USE);
      assert.equal(evutilSocketErrorToString(MG_ERR_ADDRESS_IN_USE), "address in use");
      assert.equal(lev.enable(), -1);
      lev.free();
      st.finish();
    });

    it("tells the error callback at most once a second when no socket is left, and goes on accepting when there is one", () => {
      const st = evStage({ platform, mgr: { limits: { connMax: 1 } } });
      const { lev, fds } = noting(st, FLAGS);
      let told = 0;
      lev.setErrorCb(() => told++);
      dial(st);
      for (let i = 0; i < 10; i++) dial(st);
      assert.equal(told, 1);
      st.run(1000);
      dial(st);
      dial(st);
      assert.equal(told, 2);
      evutilClosesocket(fds[0]);
      st.run();
      dial(st);
      assert.deepEqual(st.said, ["accept", "accept"]);
      st.finish();
    });

    it("closes the connection whose callback throws, reports it once, and goes on", () => {
      const st = evStage({ platform });
      let left = 2;
      const { lev } = noting(st, FLAGS | LEV_OPT_DISABLED, () => {
        if (left-- > 0) throw new Error("in accept");
      });
      const waited = dial(st, "bytes that nobody will ask for");
      lev.enable();
      st.run();
      const direct = dial(st);
      const good = dial(st);
      st.run();
      assert.deepEqual([waited.state, direct.state, good.state].map((x) => x === "open"), [false, false, true]);
      assert.equal(st.s.logs.filter((line) => line.includes("in accept")).length, 2);
      st.finish();
    });

    it("with LEV_OPT_DEFERRED_ACCEPT waits for the first byte, or a second", () => {
      const st = evStage({ platform });
      const { fds } = noting(st, FLAGS | LEV_OPT_DEFERRED_ACCEPT);
      const talks = dial(st);
      assert.deepEqual(st.said, []);
      talks.send("GET");
      st.run();
      assert.deepEqual(st.said.splice(0), ["accept"]);
      st.socket("b", fds[0]).enable(EV_READ);
      st.run();
      assert.deepEqual(st.said.splice(0), ["b read 3"]);
      dial(st);
      st.run(3000);
      assert.deepEqual(st.said.splice(0), ["accept"]);
      dial(st).fin();
      st.run();
      assert.deepEqual(st.said, ["accept"], "one that leaves at once is handed out as well");
      st.finish();
    });

    it("with LEV_OPT_DEFERRED_ACCEPT may be freed while somebody has said nothing yet, who is turned away then", () => {
      const st = evStage({ platform });
      const { lev } = noting(st, FLAGS | LEV_OPT_DEFERRED_ACCEPT);
      const [talks, leaves, silent] = [dial(st), dial(st), dial(st)];
      lev.free();
      st.run();
      talks.send("GET");
      leaves.fin();
      st.run(3000);
      assert.deepEqual([talks.state, leaves.state, silent.state].filter((state) => state === "open"), []);
      assert.deepEqual([st.said, st.s.logs], [[], []]);
      st.finish();
    });

    it("reads nothing from a connection that nobody has taken over, or no more than one may hold", () => {
      const st = evStage({ platform });
      const { fds } = noting(st, FLAGS);
      const peer = dial(st);
      const free = st.s.mgr.pool.free;
      peer.send("x".repeat(300));
      st.run(3000);
      assert.equal(st.s.mgr.pool.free, platform.caps ? free - 2 : free);
      assert.equal(peer.state, "open");
      assert.equal(evutilClosesocket(fds[0]), 0);
      st.run();
      assert.equal(peer.state, "ended");
      assert.equal(evutilClosesocket(fds[0]), -1);
      assert.equal(st.s.mgr.pool.free, st.s.mgr.pool.pages);
      st.finish();
    });
  });
}

describe("flags and mistakes of a listener", () => {
  it("takes every flag of C, and throws for bits that are none", () => {
    const st = evStage();
    const all = LEV_OPT_LEAVE_SOCKETS_BLOCKING | LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE | LEV_OPT_THREADSAFE | LEV_OPT_REUSEABLE_PORT;
    st.listen(80, evutilClosesocket, all);
    assert.equal(dial(st).state, "ended");
    assert.throws(() => evconnlistenerNewBind(st.base, null, undefined, 0x400, -1, ":81"), /Flags of a listener are 1024/);
    st.finish();
  });

  it("binds IPv6 only where there is IPv6, and only to an IPv6 address", () => {
    const st = evStage({ platform: { caps: { ipv6: true } } });
    assert.equal(evconnlistenerNewBind(st.base, null, undefined, FLAGS | LEV_OPT_BIND_IPV6ONLY, -1, "0.0.0.0:80"), undefined);
    const lev = evconnlistenerNewBind(st.base, null, undefined, FLAGS | LEV_OPT_BIND_IPV6ONLY, -1, "[::]:80");
    assert.ok(lev);
    const both = evconnlistenerNewBind(st.base, null, undefined, FLAGS | LEV_OPT_BIND_IPV6ONLY | LEV_OPT_BIND_IPV4_AND_IPV6, -1, ":81");
    assert.ok(both, "the last wish counts, as in C");
    lev.free();
    both.free();
    st.finish();
    const no = evStage({ platform: { caps: { ipv6: false } } });
    assert.equal(evconnlistenerNewBind(no.base, null, undefined, FLAGS | LEV_OPT_BIND_IPV6ONLY, -1, "[::]:80"), undefined);
    no.finish();
  });

  it("throws for what is no listener, no stream, or no address", () => {
    const st = evStage();
    const { fds } = noting(st, FLAGS);
    dial(st);
    assert.throws(() => evconnlistenerNew(st.base, null, undefined, FLAGS, -1, fds[0]), /does not listen/);
    assert.throws(() => evconnlistenerNewBind(st.base, null, undefined, FLAGS, -1, "udp://:9"), /a listener is for streams/);
    assert.throws(() => evconnlistenerNewBind(st.base, null, undefined, FLAGS, -1, "no port"), TypeError);
    st.finish();
  });

  it("listens on what mgr.bind answered", () => {
    const st = evStage();
    const fd = st.s.mgr.bind("tcp://:80", undefined);
    let count = 0;
    const lev = evconnlistenerNew(st.base, (_l, one) => { count++; evutilClosesocket(one); }, undefined, FLAGS, 4, fd);
    st.run(5);
    dial(st);
    assert.equal(count, 1);
    lev.free();
    st.finish();
  });
});

describe("a listener and the loop", () => {
  it("keeps the loop going while it is enabled and has a callback", () => {
    const st = evStage();
    st.base.loopbreak();
    st.run();
    const results: number[] = [];
    const lev = evconnlistenerNewBind(st.base, (l, fd) => { evutilClosesocket(fd); l.disable(); }, undefined, FLAGS, -1, ":80") as EvConnListener;
    st.base.dispatch((r) => results.push(r));
    st.run(3000);
    assert.deepEqual(results, []);
    dial(st);
    assert.deepEqual(results, [1]);
    lev.free();
    st.finish();
  });

  it("hands out nothing while the loop is over, and who came meanwhile when it runs again", () => {
    const st = evStage();
    noting(st, FLAGS);
    st.base.loopbreak();
    st.run();
    dial(st);
    st.run(3000);
    assert.deepEqual(st.said, []);
    st.base.dispatch();
    st.run();
    assert.deepEqual(st.said, ["accept"]);
    st.finish();
  });

  it("waits with a bufferevent of its own as one server does", () => {
    const st = evStage();
    st.listen(80, (fd) => {
      const bev = st.socket("b", fd, { read: (b) => { b.writeBuffer(b.getInput()); }, event: (b) => b.free() }, BEV_OPT_CLOSE_ON_FREE);
      bev.enable(EV_READ);
    });
    const peers = [dial(st, "one"), dial(st, "two")];
    st.run();
    assert.deepEqual(peers.map((p) => p.received), ["one", "two"]);
    peers.forEach((p) => p.fin());
    st.run();
    assert.deepEqual(peers.map((p) => p.state), ["closed", "closed"]);
    assert.ok(st.base instanceof EventBase);
    st.finish();
  });
});
