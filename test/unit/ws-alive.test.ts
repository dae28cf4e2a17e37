import assert from "node:assert/strict";
import { Err } from "../../src/core/port.js";
import { closeWebsocket, sendWebsocketFrame, setProtocolWebsocket, type WebsocketOptions } from "../../src/websocket/index.js";
import { eventsOf, type Stage, stage } from "./core-support.js";
import { close, echo, frameOf, openWs, serveWs, taken, text } from "./ws-support.js";

const FAST = { limits: { pollMs: 100, idleMs: 1000, firstByteMs: 1000, headMs: 1000 } };

/** A server whose connections' errors are noted at CLOSE. */
function watched(options: WebsocketOptions): { s: Stage; errs: number[] } {
  const s = stage({ mgr: FAST });
  const errs: number[] = [];
  setProtocolWebsocket(s.mgr.bind("tcp://:80", (nc, ev, data) => {
    if (ev === 113 && data.text === "close") closeWebsocket(nc, 4000, "why");
    else if (ev === 113) echo(nc, data);
    if (ev === 5 && nc.listener) errs.push(nc.err);
  }), options);
  return { s, errs };
}

describe("websocket: staying alive", () => {
  it("sends a Ping to a silent peer, and keeps one that answers", () => {
    const { s, errs } = watched({ pingMs: 1000, pongMs: 500 });
    const peer = openWs(s);
    for (let i = 0; i < 5; i++) {
      s.run(1400);
      assert.deepEqual(taken(peer), ["ping"]);
      peer.send(frameOf({ op: 10 }));
    }
    assert.deepEqual(errs, []);
    assert.equal(peer.state, "open");
    s.finish();
  });

  it("takes any input for a sign of life", () => {
    const { s } = watched({ pingMs: 1000, pongMs: 500 });
    const peer = openWs(s);
    for (let i = 0; i < 6; i++) {
      s.run(700);
      peer.send(text("x"));
    }
    s.run(50);
    assert.ok(taken(peer).every((line) => line === "text x"));
    s.finish();
  });

  it("messages that fill the pool before one of them is whole do not stop each other for good", () => {
    const s = stage({ mgr: { pages: 8, pageBytes: 512, limits: { ...FAST.limits, starveMs: 1000 } } });
    const errs: number[] = [];
    setProtocolWebsocket(s.mgr.bind("tcp://:80", (nc, ev, data) => {
      if (ev === 113) echo(nc, data);
      if (ev === 5 && nc.listener) errs.push(nc.err);
    }));
    const whole = text("x".repeat(1400));
    const peers = [1, 2, 3, 4].map(() => openWs(s));
    const free = s.mgr.pool.free;
    for (const peer of peers) peer.send(whole.slice(0, 700));
    s.run(50);
    for (const peer of peers) peer.send(whole.slice(700));
    s.run(500);
    assert.deepEqual([errs, peers.map(taken)], [[], [[], [], [], []]]);
    s.run(5000);
    assert.ok(errs.length > 0 && errs.every((err) => err === Err.PoolEmpty), `closed: ${errs.join()}`);
    const left = peers.filter((peer) => peer.state === "open");
    assert.equal(left.length, 4 - errs.length);
    for (const peer of left) assert.deepEqual(taken(peer), ["text 1400 bytes"]);
    assert.equal(s.mgr.pool.free, free);
    s.finish();
  });

  it("a peer that ends behind its messages gets all answers, also those that waited for room, and its Close", () => {
    const s = stage({ mgr: { pages: 32, pageBytes: 512 } });
    const lines: string[] = [];
    serveWs(s, lines, {}, (nc) => void sendWebsocketFrame(nc, 2, "r".repeat(1000)));
    const peer = openWs(s);
    peer.send(text("get").repeat(12) + close(1000));
    peer.fin();
    s.run(3000);
    assert.deepEqual(lines, [...Array.from({ length: 12 }, () => "text get"), "close 1000 (control)"]);
    assert.deepEqual(taken(peer).map((line) => line.slice(0, 10)), [...Array.from({ length: 12 }, () => "binary 100"), "close 1000"]);
    s.finish();
  });

  it("a peer that ends in the middle of a message is closed", () => {
    const s = stage({ mgr: { pages: 32, pageBytes: 512 } });
    const lines: string[] = [];
    serveWs(s, lines);
    const peer = openWs(s);
    peer.send(text("one") + text("two").slice(0, 5));
    peer.fin();
    s.run(500);
    assert.deepEqual([lines, taken(peer)], [["text one"], ["text one"]]);
    assert.notEqual(peer.state, "open");
    s.finish();
  });

  it("closes a peer that does not answer, with MG_ERR_TIMED_OUT", () => {
    const { s, errs } = watched({ pingMs: 1000, pongMs: 500 });
    openWs(s);
    s.run(1500);
    assert.deepEqual(errs, []);
    s.run(400);
    assert.deepEqual(errs, [Err.TimedOut]);
    s.finish();
  });

  it("closes a peer whose cable was pulled although we go on sending", () => {
    const s = stage({ mgr: FAST });
    const errs: number[] = [];
    setProtocolWebsocket(s.mgr.bind("tcp://:80", (nc, ev) => {
      if (ev === 0 && nc.listener) nc.send("\x81\x01x");
      if (ev === 5 && nc.listener) errs.push(nc.err);
    }), { pingMs: 1000, pongMs: 500 });
    openWs(s);
    s.run(2200);
    assert.deepEqual(errs, [Err.TimedOut]);
    s.finish();
  });

  it("does neither when pingMs is 0; deadlines of HTTP do not apply", () => {
    const { s } = watched({ pingMs: 0 });
    const peer = openWs(s);
    s.run(60_000);
    assert.equal(peer.take(), "");
    assert.equal(peer.state, "open");
    peer.send(text("still"));
    s.run(20);
    assert.deepEqual(taken(peer), ["text still"]);
    s.finish();
  });

  it("does not give way to a newcomer, as an idle HTTP connection does", () => {
    const s = stage({ mgr: { limits: { connMax: 1 } } });
    serveWs(s);
    const peer = openWs(s);
    const other = s.peer(80);
    other.send("GET / HTTP/1.1\r\n");
    s.run(50);
    assert.match(other.take(), /^HTTP\/1.1 503 /);
    assert.equal(peer.state, "open");
    s.finish();
  });
});

describe("websocket: the closing handshake", () => {
  it("begun by us ends when the peer has answered", () => {
    const { s, errs } = watched({});
    const peer = openWs(s);
    peer.send(text("close"));
    s.run(20);
    assert.deepEqual(taken(peer), ["close 4000 why"]);
    assert.equal(peer.state, "open");
    peer.send(text("still heard") + close(4000, "why"));
    s.run(20);
    assert.equal(peer.state, "ended");
    peer.close();
    s.run(20);
    assert.deepEqual(errs, [0]);
    s.finish();
  });

  it("begun by us ends after closeMs when the peer does not answer", () => {
    const { s, errs } = watched({ closeMs: 1000 });
    const peer = openWs(s);
    peer.send(text("close"));
    s.run(800);
    peer.send(text("noise"));
    s.run(100);
    assert.deepEqual(errs, []);
    s.run(300);
    assert.deepEqual(errs, [Err.Deadline]);
    s.finish();
  });

  it("begun by both at once is one", () => {
    const { s, errs } = watched({});
    const peer = openWs(s);
    peer.send(text("close") + close(1001));
    s.run(20);
    assert.deepEqual(taken(peer), ["close 4000 why"]);
    peer.close();
    s.run(20);
    assert.deepEqual(errs, [0]);
    s.finish();
  });

  it("reads nothing behind the peer's Close", () => {
    const { s } = watched({});
    const peer = openWs(s);
    peer.send(close(1000) + text("never") + frameOf({ op: 3 }));
    s.run(20);
    assert.deepEqual(taken(peer), ["close 1000"]);
    s.finish();
  });

  it("left out by the peer is a CLOSE without an error, and nothing is left of a message begun", () => {
    const { s, errs } = watched({});
    const peer = openWs(s);
    peer.send(text("begun", { fin: false }));
    s.run(20);
    peer.fin();
    s.run(50);
    assert.deepEqual(errs, [0]);
    s.finish();
  });

  it("tells why in nc.err when the peer broke the rules, or sent too much", () => {
    const { s, errs } = watched({ messageMaxBytes: 3 });
    openWs(s).send(frameOf({ op: 3 }));
    s.run(50);
    openWs(s).send(text("four"));
    s.run(6000);
    assert.deepEqual(errs, [Err.Protocol, Err.MessageTooLong]);
    s.finish();
  });

  it("is one event, CLOSE, and the last", () => {
    const s = stage();
    serveWs(s);
    const peer = openWs(s);
    peer.send(close(1000));
    s.run(20);
    peer.close();
    s.run(50);
    assert.deepEqual(eventsOf(s, "W").map((e) => e.split(" ")[0]).slice(-3), ["WEBSOCKET_CONTROL_FRAME", "SEND", "CLOSE"]);
    s.finish();
  });
});
