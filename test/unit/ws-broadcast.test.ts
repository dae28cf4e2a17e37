import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import type { OutletOptions } from "../../src/core/broadcast.js";
import { type Connection, MG_EV_CLOSE } from "../../src/index.js";
import { closeWebsocket, MG_EV_WEBSOCKET_HANDSHAKE_DONE, sendWebsocketFrame, setProtocolWebsocket, WebsocketBroadcast } from "../../src/websocket/index.js";
import { type Stage, stage } from "./core-support.js";
import { frameOf, openWs, ping, readWsFrames, taken, text } from "./ws-support.js";

/** A server whose clients all get what `all.send` sends. */
function many(options: OutletOptions, count: number): { s: Stage; all: WebsocketBroadcast; peers: SimPeer[]; conns: Connection[]; errs: number[] } {
  const s = stage({ mgr: { pages: 32, pageBytes: 64 } });
  const all = new WebsocketBroadcast();
  const conns: Connection[] = [];
  const errs: number[] = [];
  setProtocolWebsocket(s.mgr.bind("tcp://:80", (nc, ev, data) => {
    if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) {
      all.add(nc, options);
      conns.push(nc);
    }
    if (ev === 113) sendWebsocketFrame(nc, data.op, data);
    if (ev === MG_EV_CLOSE && nc.listener) errs.push(nc.err);
  }));
  const peers = Array.from({ length: count }, () => openWs(s));
  return { s, all, peers, conns, errs };
}

const payloads = (peer: SimPeer): string[] => readWsFrames(peer.take()).map((f) => f.payload);

describe("websocket: broadcast", () => {
  it("sends text and bytes to everyone", () => {
    const { s, all, peers } = many({}, 3);
    assert.equal(all.send("é"), 3);
    assert.equal(all.send(new Uint8Array([255])), 3);
    s.run(50);
    for (const peer of peers) assert.deepEqual(taken(peer), ["text \\xc3\\xa9", "binary \\xff"]);
    s.finish();
  });

  it("forgets who is gone, was taken out, or is closing", () => {
    const { s, all, peers, conns } = many({}, 4);
    peers[0].reset();
    closeWebsocket(conns[1]);
    all.remove(conns[2]);
    s.run(50);
    assert.equal(all.size, 1);
    assert.equal(all.send("x"), 1);
    s.run(50);
    assert.deepEqual(taken(peers[1]), ["close 1000"]);
    assert.deepEqual(taken(peers[2]), []);
    assert.deepEqual(taken(peers[3]), ["text x"]);
    s.finish();
  });

  it("keeps answers, Pong and Close of one receiver whole and among the messages", () => {
    const { s, all, peers, conns } = many({ shareBytes: 10_000 }, 1);
    peers[0].pauseReading();
    for (let i = 0; i < 40; i++) all.send(`${i}` + "x".repeat(100));
    s.run(50);
    peers[0].send(text("mine") + ping("p"));
    s.run(50);
    assert.ok(closeWebsocket(conns[0]) > 0);
    peers[0].resumeReading();
    s.run(2000);
    const ops = readWsFrames(peers[0].take()).map((f) => f.op);
    assert.equal(ops.filter((op) => op === 1).length, 41);
    assert.deepEqual(ops.slice(-3), [1, 10, 8]);
    s.finish();
  });

  /** What a reader that sleeps, and one that does not, get of twenty messages. */
  function sleeper(options: OutletOptions): { asleep: string[]; awake: number; errs: number[] } {
    const { s, all, peers, errs } = many(options, 2);
    peers[0].pauseReading();
    let awake = 0;
    const step = (message: string, topic?: string): void => {
      all.send(message, topic);
      s.run(50);
      awake += payloads(peers[1]).length;
    };
    for (let i = 0; i < 300; i++) step("fill" + "x".repeat(400));
    for (let i = 0; i < 20; i++) step(`m${i} ` + "y".repeat(100), i % 2 ? "odd" : "even");
    if (peers[0].state === "open") peers[0].resumeReading();
    s.run(3000);
    const asleep = peers[0].state === "open" ? payloads(peers[0]).filter((m) => m.startsWith("m")) : [];
    s.finish();
    return { asleep: asleep.map((m) => m.split(" ")[0]), awake, errs };
  }

  it("with dropOld, keeps the newest that fit the share; nobody else waits", () => {
    const r = sleeper({ policy: "dropOld", shareBytes: 320 });
    assert.deepEqual(r.asleep, ["m17", "m18", "m19"]);
    assert.equal(r.awake, 320);
  });

  it("with dropNew, keeps those that found room", () => {
    assert.deepEqual(sleeper({ policy: "dropNew", shareBytes: 320 }).asleep, []);
  });

  it("with latest, keeps the newest of each topic", () => {
    assert.deepEqual(sleeper({ policy: "latest", shareBytes: 5000 }).asleep, ["m18", "m19"]);
  });

  it("with close, closes the one that sleeps", () => {
    const r = sleeper({ policy: "close", shareBytes: 320 });
    assert.equal(r.awake, 320);
    assert.equal(r.errs.length > 0, true);
    assert.ok(r.errs[0] > 0);
  });

  it("is for WebSockets of a server only", () => {
    const s = stage();
    const all = new WebsocketBroadcast();
    assert.throws(() => all.add(s.mgr.add(undefined)), TypeError);
    assert.equal(all.send("x"), 0);
    const { s: other, all: there, peers, conns } = many({}, 1);
    assert.throws(() => there.add(conns[0], { policy: "never" as "close" }), TypeError);
    peers[0].send(frameOf({ op: 1, payload: "a" }));
    other.run(20);
    assert.deepEqual(taken(peers[0]), ["text a"]);
    other.finish();
    s.finish();
  });
});
