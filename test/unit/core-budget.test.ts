import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_ERR_EVICTED, MG_ERR_TOO_MANY_SOCKETS } from "../../src/core/errors.js";
import { MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_RECV } from "../../src/core/events.js";
import { httpReply, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "../../src/http/index.js";
import { accepted, HERE, type Stage, stage, THERE } from "./core-support.js";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/** An HTTP server on 80 that answers every request; `reply` false leaves them open. */
function serve(s: Stage, errs: number[] = [], reply = true): Connection {
  const listener = s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => {
    if (ev === MG_EV_HTTP_REQUEST && reply) httpReply(nc, 200, "", "ok");
    if (ev === MG_EV_CLOSE) errs.push(nc.err);
  }));
  setProtocolHttpWebsocket(listener);
  return listener;
}

describe("the connection budget", () => {
  it("leaves the reserve of sockets free, listeners counted", () => {
    const s = stage({ platform: { caps: { sockets: 8 } }, mgr: { limits: { socketReserve: 2 } } });
    s.mgr.bind("tcp://:80", s.note("A"));
    for (let i = 0; i < 20; i++) s.peer(80);
    s.run();
    assert.equal(accepted(s.mgr).length, 5);
    assert.equal(s.mgr.stats.accepted, 5);
    s.finish();
  });

  it("is connMax where that is less, listeners not counted", () => {
    const s = stage({ mgr: { limits: { connMax: 3 } } });
    s.mgr.bind("tcp://:80", s.note("A"));
    s.mgr.bind("tcp://:81", s.note("A"));
    for (let i = 0; i < 10; i++) s.peer(80 + (i % 2));
    s.run();
    assert.equal(accepted(s.mgr).length, 3);
    s.finish();
  });

  it("refuses newcomers with a whole 503 when nobody can go, and goes on with those it has", () => {
    const s = stage({ mgr: { limits: { connMax: 2 } } });
    serve(s, [], false);
    const busy = [s.peer(80), s.peer(80)];
    for (const peer of busy) peer.send(GET);
    s.run();
    const late = s.peer(80);
    late.send(GET);
    s.run();
    assert.match(late.received, /^HTTP\/1\.1 503 Service Unavailable\r\n[^]*\r\nConnection: close\r\n\r\nService Unavailable\n$/);
    assert.match(late.received, /\r\nRetry-After: 1\r\n/);
    assert.match(late.received, /\r\nContent-Length: 20\r\n/);
    assert.notEqual(late.state, "open");
    assert.equal(s.mgr.stats.refused, 1);
    assert.deepEqual(busy.map((p) => p.state), ["open", "open"]);
    s.finish();
  });

  it("turns newcomers away without a word where no protocol is attached", () => {
    const s = stage({ mgr: { limits: { connMax: 1 } } });
    s.mgr.bind("tcp://:80", s.note("A"));
    s.peer(80);
    s.run(10);
    const late = s.peer(80);
    s.run();
    assert.equal(late.received, "");
    assert.notEqual(late.state, "open");
    assert.equal(s.mgr.stats.refused, 1);
    s.finish();
  });

  it("gives no event for who was refused", () => {
    const s = stage({ mgr: { limits: { connMax: 1 } } });
    s.mgr.bind("tcp://:80", s.note("A"));
    for (let i = 0; i < 5; i++) s.peer(80);
    s.run();
    assert.deepEqual(s.events, ["A ACCEPT " + THERE]);
    s.finish();
  });

  it("closes the kept connection that has been idle longest to make room", () => {
    const errs: number[] = [];
    const s = stage({ mgr: { limits: { connMax: 3 } } });
    serve(s, errs);
    const peers = [];
    for (let i = 0; i < 3; i++) {
      const peer = s.peer(80);
      peer.send(GET);
      peers.push(peer);
      s.run(2000);
    }
    peers[0].send(GET);
    s.run(2000);
    const late = s.peer(80);
    late.send(GET);
    s.run();
    assert.match(late.received, /^HTTP\/1\.1 200 /);
    assert.notEqual(peers[1].state, "open");
    assert.deepEqual([peers[0].state, peers[2].state], ["open", "open"]);
    assert.deepEqual(errs, [MG_ERR_EVICTED]);
    assert.equal(s.mgr.stats.evicted, 1);
    s.finish();
  });

  it("lets one that has said nothing for a tick give way, and not one that has only just come", () => {
    const s = stage({ mgr: { limits: { connMax: 2, pollMs: 500 } } });
    const listener = s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => {
      if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", "ok");
    }));
    setProtocolHttpWebsocket(listener);
    const silent = [s.peer(80), s.peer(80)];
    s.run(50);
    const early = s.peer(80);
    s.run(50);
    assert.match(early.received, /^HTTP\/1\.1 503 /);
    s.run(2000);
    const late = s.peer(80);
    late.send(GET);
    s.run(50);
    assert.match(late.received, /^HTTP\/1\.1 200 /);
    assert.equal(s.mgr.stats.evicted, 1);
    assert.equal(silent.filter((p) => p.state === "open").length, 1);
    s.finish();
  });

  it("never evicts one that is in the middle of something", () => {
    const s = stage({ mgr: { limits: { connMax: 4 } } });
    let owing: Connection | undefined;
    const listener = s.mgr.bind("tcp://:80", s.note("H", (nc, ev, data) => {
      if (ev !== MG_EV_HTTP_REQUEST) return;
      if ((data as { uri: string }).uri === "/owe") owing = nc;
      else httpReply(nc, 200, "", "x".repeat(100_000));
    }));
    setProtocolHttpWebsocket(listener);
    const half = s.peer(80);
    half.send(GET.slice(0, 10));
    const body = s.peer(80);
    body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx");
    const owed = s.peer(80);
    owed.send(GET.replace("/ ", "/owe "));
    const slow = s.peer(80);
    slow.pauseReading();
    slow.send(GET);
    s.run(3000);
    const late = s.peer(80);
    s.run();
    assert.match(late.received, /^HTTP\/1\.1 503 /);
    assert.deepEqual([half, body, owed, slow].map((p) => p.state), ["open", "open", "open", "open"]);
    assert.equal(s.mgr.stats.evicted, 0);
    httpReply(owing as Connection, 200, "", "done");
    s.run();
    assert.match(owed.received, /done$/);
    s.finish();
  });

  it("closes a connection without a protocol only after it was silent for evictIdleMs", () => {
    for (const [evictIdleMs, isEvicted] of [[3000, true], [60_000, false], [0, false]] as const) {
      const s = stage({ mgr: { limits: { connMax: 1, evictIdleMs } } });
      s.mgr.bind("tcp://:80", s.note("A"));
      const first = s.peer(80);
      s.run(6000);
      s.peer(80);
      s.run();
      assert.equal(first.state !== "open", isEvicted, `evictIdleMs ${evictIdleMs}`);
      assert.equal(accepted(s.mgr).length, 1);
      s.finish();
    }
  });

  it("never closes outgoing connections to make room", () => {
    const s = stage({ mgr: { limits: { connMax: 2, evictIdleMs: 100 } } });
    s.world.listenPeer(THERE, 7, () => undefined);
    s.mgr.connect(THERE + ":7", s.note("C"));
    s.mgr.connect(THERE + ":7", s.note("D"));
    s.mgr.bind("tcp://:80", s.note("A"));
    s.run(5000);
    s.peer(80);
    s.run();
    assert.equal(s.events.filter((e) => e.endsWith("CLOSE")).length, 0);
    assert.equal(s.mgr.stats.refused, 1);
    s.finish();
  });

  it("makes room for an outgoing connection too, or says that there is none", () => {
    const s = stage({ mgr: { limits: { connMax: 2 } } });
    s.world.listenPeer(THERE, 7, () => undefined);
    serve(s);
    const kept = s.peer(80);
    kept.send(GET);
    s.run(2000);
    s.mgr.connect(THERE + ":7", s.note("one"));
    s.run();
    assert.equal(kept.state, "open");
    s.mgr.connect(THERE + ":7", s.note("two"));
    s.run();
    assert.notEqual(kept.state, "open");
    s.mgr.connect(THERE + ":7", s.note("three"));
    s.run();
    assert.deepEqual(s.events.filter((e) => /^(one|two|three) /.test(e)), ["one CONNECT 0", "two CONNECT 0", `three CONNECT ${MG_ERR_TOO_MANY_SOCKETS}`, "three CLOSE"]);
    s.finish();
  });

  it("does not evict the connection whose handler is asking for room", () => {
    const s = stage({ mgr: { limits: { connMax: 1 } } });
    s.world.listenPeer(THERE, 7, () => undefined);
    const listener = s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => {
      if (ev !== MG_EV_HTTP_REQUEST) return;
      s.mgr.connect(THERE + ":7", s.note("out", (_nc, e, data) => {
        if (e === MG_EV_CONNECT) httpReply(nc, 200, "", "upstream " + data);
      }));
    }));
    setProtocolHttpWebsocket(listener);
    const peer = s.peer(80);
    peer.send(GET);
    s.run();
    assert.match(peer.received, new RegExp(`upstream ${MG_ERR_TOO_MANY_SOCKETS}$`));
    s.finish();
  });

  it("survives a CLOSE handler of the evicted one that connects again", () => {
    const s = stage({ mgr: { limits: { connMax: 2 } } });
    s.world.listenPeer(THERE, 7, () => undefined);
    let again = 0;
    const listener = s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => {
      if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", "ok");
      if (ev === MG_EV_CLOSE && nc.listener && again++ < 5) s.mgr.connect(THERE + ":7", s.note("again" + again));
    }));
    setProtocolHttpWebsocket(listener);
    for (let i = 0; i < 8; i++) {
      s.peer(80).send(GET);
      s.run(1500);
    }
    assert.ok(accepted(s.mgr).length <= 2);
    s.finish();
  });

  it("counts a place as free as soon as its connection has closed", () => {
    const s = stage({ platform: { caps: { sockets: 4 } } });
    serve(s);
    for (let i = 0; i < 50; i++) {
      const peer = s.peer(80);
      peer.send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
      s.run(20);
      assert.match(peer.received, /^HTTP\/1\.1 200 /, `round ${i}`);
    }
    assert.equal(s.mgr.stats.refused, 0);
    s.finish();
  });
});

describe("the access list of a listener", () => {
  it("admits and drops as it says, without an event for who is dropped", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.send(nc.recvMbuf);
    }), { ipAcl: "+10.0.0.0/24,-10.0.0.7" });
    const good = s.world.connectPeer("10.0.0.6", HERE, 80);
    const bad = s.world.connectPeer("10.0.0.7", HERE, 80);
    const foreign = s.world.connectPeer("10.0.1.6", HERE, 80);
    for (const peer of [good, bad, foreign]) peer.send("hi");
    s.run();
    assert.deepEqual([good, bad, foreign].map((p) => p.received), ["hi", "", ""]);
    assert.deepEqual([good, bad, foreign].map((p) => p.state === "open"), [true, false, false]);
    assert.equal(s.mgr.stats.denied, 2);
    assert.equal(s.events.filter((e) => e.includes("ACCEPT")).length, 1);
    s.finish();
  });

  it("admits nobody by address where the platform does not know addresses", () => {
    const s = stage({ platform: { caps: { peerAddress: false } } });
    s.mgr.bind("tcp://:80", s.note("A"), { ipAcl: "+10.0.0.9" });
    s.mgr.bind("tcp://:81", s.note("B"), { ipAcl: "+0.0.0.0/0" });
    s.peer(80);
    s.peer(81);
    s.run();
    assert.deepEqual(s.events.map((e) => e.trim()), ["B ACCEPT"]);
    s.finish();
  });
});
