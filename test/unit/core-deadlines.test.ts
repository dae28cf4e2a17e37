import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_ERR_DEADLINE, MG_ERR_TIMED_OUT } from "../../src/core/errors.js";
import { MG_EV_ACCEPT, MG_EV_CLOSE } from "../../src/core/events.js";
import { MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { httpReply, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "../../src/http/index.js";
import type { Limits } from "../../src/core/limits.js";
import { type Stage, stage, THERE } from "./core-support.js";

/* Deadlines are looked at once a tick: a connection is closed between its limit and two ticks more. */

const TICK_MS = 100;
const HEAD = "GET / HTTP/1.1\r\nHost: x\r\n";

/** A stage with an HTTP listener on 80 and a raw one on 81, and when and why connections closed. */
function timed(limits: Partial<Limits>): { s: Stage; closed: { atMs: number; err: number }[] } {
  const s = stage({ mgr: { limits: { pollMs: TICK_MS, ...limits } } });
  const closed: { atMs: number; err: number }[] = [];
  const watch = (nc: Connection, ev: number): void => {
    if (ev === MG_EV_CLOSE) closed.push({ atMs: s.world.now, err: nc.err });
    if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", "ok");
  };
  setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", watch)));
  s.mgr.bind("tcp://:81", s.note("R", watch));
  return { s, closed };
}

/** Says whether `ms` is a time at which a limit that began at `fromMs` may take effect. */
function isDue(ms: number, fromMs: number, limitMs: number): boolean {
  return ms >= fromMs + limitMs && ms <= fromMs + limitMs + 2 * TICK_MS + 10;
}

describe("deadlines", () => {
  it("close a connection from which no first byte comes, where a protocol is attached", () => {
    const { s, closed } = timed({ firstByteMs: 2000 });
    const peer = s.peer(80);
    s.peer(81);
    s.run(10_000);
    assert.equal(closed.length, 1);
    assert.ok(isDue(closed[0].atMs, 2, 2000), JSON.stringify(closed));
    assert.equal(closed[0].err, MG_ERR_DEADLINE);
    assert.equal(peer.received, "");
    assert.notEqual(peer.state, "open");
    assert.equal(s.mgr.stats.deadlines, 1);
    s.finish();
  });

  it("answer 408 to a head that does not come to its end, however its bytes drip", () => {
    const { s, closed } = timed({ headMs: 3000, idleMs: 1000 });
    const peer = s.peer(80);
    s.run(50);
    const begin = s.world.now;
    for (let i = 0; i < 60; i++) {
      peer.send(HEAD.charAt(i % HEAD.length));
      s.run(100);
    }
    assert.match(peer.received, /^HTTP\/1\.1 408 Request Timeout\r\n/);
    assert.match(peer.received, /\r\nConnection: close\r\n/);
    assert.equal(closed.length, 1);
    assert.ok(isDue(closed[0].atMs, begin, 3000), JSON.stringify(closed));
    assert.equal(closed[0].err, MG_ERR_DEADLINE);
    s.finish();
  });

  it("answer 408 to a body that stops coming", () => {
    const { s, closed } = timed({ idleMs: 2000 });
    const peer = s.peer(80);
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
    s.run(5000);
    assert.match(peer.received, /^HTTP\/1\.1 408 /);
    assert.equal(closed.length, 1);
    s.finish();
  });

  it("end a kept connection that is silent between requests, without a word", () => {
    const { s, closed } = timed({ idleMs: 4000 });
    const peer = s.peer(80);
    peer.send(HEAD + "\r\n");
    s.run(100);
    const answer = peer.take();
    assert.match(answer, /^HTTP\/1\.1 200 /);
    s.run(10_000);
    assert.equal(peer.received, "");
    assert.equal(closed.length, 1);
    assert.ok(isDue(closed[0].atMs, 2, 4000), JSON.stringify(closed));
    s.finish();
  });

  it("leave a kept connection alone that asks again in time, for as long as it does", () => {
    const { s, closed } = timed({ idleMs: 1000, firstByteMs: 1000, headMs: 1000 });
    const peer = s.peer(80);
    for (let i = 0; i < 40; i++) {
      peer.send(HEAD + "\r\n");
      s.run(700);
    }
    assert.equal(closed.length, 0);
    assert.equal(peer.received.split("HTTP/1.1 200").length - 1, 40);
    s.finish();
  });

  it("start anew for the head of each request", () => {
    const { s, closed } = timed({ headMs: 1000, idleMs: 5000 });
    const peer = s.peer(80);
    for (let i = 0; i < 8; i++) {
      peer.send(HEAD);
      s.run(600);
      peer.send("\r\n");
      s.run(600);
    }
    assert.equal(closed.length, 0);
    assert.equal(peer.received.split("HTTP/1.1 200").length - 1, 8);
    s.finish();
  });

  it("leave connections without a protocol alone", () => {
    const { s, closed } = timed({ firstByteMs: 500, headMs: 500, idleMs: 500, writeMs: 500 });
    const peer = s.peer(81);
    peer.send("x");
    s.run(60_000);
    assert.equal(closed.length, 0);
    s.finish();
  });

  it("close a connection whose peer takes no byte of waiting output", () => {
    const { s, closed } = timed({ writeMs: 3000 });
    s.mgr.bind("tcp://:82", s.note("W", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.send("x".repeat(60_000));
      if (ev === MG_EV_CLOSE) closed.push({ atMs: s.world.now, err: nc.err });
    }));
    const peer = s.peer(82);
    peer.pauseReading();
    s.run(20_000);
    assert.equal(closed.length, 1);
    assert.ok(isDue(closed[0].atMs, 5, 3000), JSON.stringify(closed));
    assert.equal(closed[0].err, MG_ERR_DEADLINE);
    s.finish();
  });

  it("do not close a connection whose peer takes its output slowly", () => {
    // The platform says "drained" once it has room for the next piece: that may take a few windows.
    const { s, closed } = timed({ writeMs: 4000 });
    s.mgr.bind("tcp://:82", s.note("W", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.send("x".repeat(60_000));
      if (ev === MG_EV_CLOSE) closed.push({ atMs: s.world.now, err: nc.err });
    }));
    const peer = s.peer(82);
    peer.pauseReading();
    let count = 0;
    for (let i = 0; i < 100 && count < 60_000; i++) {
      s.run(500);
      peer.resumeReading();
      peer.pauseReading();
      count = peer.receivedCount;
    }
    assert.equal(count, 60_000);
    assert.equal(closed.length, 0);
    s.finish();
  });

  it("end the wait for a peer that never takes the end of our output", () => {
    const { s, closed } = timed({ lingerMs: 2000, writeMs: 60_000 });
    s.mgr.bind("tcp://:82", s.note("L", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) {
        nc.send("x".repeat(8000));
        nc.flags |= MG_F_SEND_AND_CLOSE;
      }
      if (ev === MG_EV_CLOSE) closed.push({ atMs: s.world.now, err: nc.err });
    }));
    const peer = s.peer(82);
    peer.pauseReading();
    s.run(1000);
    assert.equal(closed.length, 0);
    s.run(3000);
    assert.equal(closed.length, 1);
    assert.equal(closed[0].err, MG_ERR_DEADLINE);
    s.finish();
  });

  it("end a connect that is not answered, name look-up included", () => {
    const { s, closed } = timed({ connectMs: 2500 });
    s.world.blackhole(THERE);
    s.mgr.connect(THERE + ":7", s.note("C", (nc, ev) => {
      if (ev === MG_EV_CLOSE) closed.push({ atMs: s.world.now, err: nc.err });
    }));
    s.run(20_000);
    assert.equal(closed.length, 1);
    assert.ok(isDue(closed[0].atMs, 0, 2500), JSON.stringify(closed));
    assert.equal(closed[0].err, MG_ERR_TIMED_OUT);
    s.finish();
  });

  it("do not exist at 0", () => {
    const { s, closed } = timed({ connectMs: 0, firstByteMs: 0, headMs: 0, idleMs: 0, writeMs: 0, lingerMs: 0 });
    s.peer(80);
    const half = s.peer(80);
    half.send(HEAD);
    const kept = s.peer(80);
    kept.send(HEAD + "\r\n");
    s.run(600_000);
    assert.equal(closed.length, 0);
    s.finish();
  });

  it("let a handler that owes a reply take its time", () => {
    const s = stage({ mgr: { limits: { pollMs: TICK_MS, idleMs: 1000, headMs: 1000, firstByteMs: 1000 } } });
    let waiting: Connection | undefined;
    setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => {
      if (ev === MG_EV_HTTP_REQUEST) waiting = nc;
    })));
    const peer = s.peer(80);
    peer.send(HEAD + "\r\n");
    s.run(30_000);
    assert.ok(waiting);
    httpReply(waiting, 200, "", "at last");
    s.run();
    assert.match(peer.received, /at last$/);
    s.finish();
  });
});
