import assert from "node:assert/strict";
import { createPrng, type SimPeer } from "../../platform/sim/index.js";
import { httpReplyFrom, MG_EV_HTTP_REQUEST } from "../../src/http/index.js";
import { goldenHandler } from "../golden/handler.js";
import { readWire } from "../golden/replies.js";
import { type Stage, stage, type StageOptions } from "../unit/core-support.js";
import { freshServer, setProtocolHttpWebsocket } from "../unit/http-support.js";

/*
 * Clients that mean harm, in virtual time: they trickle, stop, flood, never read. Each is got rid of within the deadlines,
 * an honest client is served meanwhile or told 503, and the pool is full at the end.
 */

const LIMITS = { headMs: 2000, idleMs: 4000, firstByteMs: 2000, writeMs: 3000, bodyRateMin: 50, pollMs: 200, starveMs: 1000, connMax: 12 };
const CHUNKED = "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n";

interface Scene extends Stage {
  seen: string[];
}

function scene(options: StageOptions = {}): Scene {
  const s = stage({ ...options, mgr: { pages: 32, pageBytes: 256, limits: LIMITS, ...options.mgr } }) as Scene;
  s.seen = [];
  const act = goldenHandler({ events: () => s.seen, later: (then, ms) => void s.world.after(ms, then) });
  setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", act)));
  return s;
}

/** Sends `start`, then `more(i)` every `everyMs` as long as the connection stands. Answers when it ended, in ms, or -1. */
function trickle(s: Scene, start: string, more: (i: number) => string, everyMs: number, forMs: number): { endedMs: number; peer: SimPeer } {
  const peer = s.peer(80);
  peer.send(start);
  for (let i = 0; i * everyMs < forMs; i++) {
    s.run(everyMs);
    if (peer.state !== "open") return { endedMs: (i + 1) * everyMs, peer };
    peer.send(more(i));
  }
  return { endedMs: -1, peer };
}

function statuses(peer: SimPeer): number[] {
  return readWire(peer.received, [], peer.state !== "open").map((r) => r.status);
}

describe("attacks on the HTTP server", function () {
  this.timeout(60_000);
  beforeEach(freshServer);

  const TRICKLES: [name: string, start: string, more: (i: number) => string, statuses: number[]][] = [
    ["a head", "GET / HTTP/1.1\r\nHost: x\r\nX: ", () => "y", [408]],
    ["header lines", "GET / HTTP/1.1\r\nHost: x\r\n", (i) => `X-${i}: y\r\n`, [408]],
    ["empty lines before a request", "\r\n", () => "\r\n", []],
    ["a body that is collected", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", () => "y", [408]],
    ["a body for a sink", "POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", () => "y", [408]],
    ["a refused body", "POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", () => "y", [403]],
    ["chunks", "POST /a HTTP/1.1\r\n" + CHUNKED, () => "1\r\ny\r\n", [408]],
    ["chunks for a sink", "POST /stream HTTP/1.1\r\n" + CHUNKED, () => "1\r\ny\r\n", [408]],
    ["dropped chunks", "POST /drop HTTP/1.1\r\n" + CHUNKED, () => "1\r\ny\r\n", [408]],
    ["a chunk's size", "POST /a HTTP/1.1\r\n" + CHUNKED, () => "0", [408]],
    ["a chunk's extension", "POST /a HTTP/1.1\r\n" + CHUNKED + "1;", () => "y", [408]],
    ["trailer lines", "POST /a HTTP/1.1\r\n" + CHUNKED + "0\r\n", (i) => `X-${i}: y\r\n`, [408]],
    ["a body it was asked for", "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n", () => "y", [408]],
  ];
  for (const [name, start, more, expected] of TRICKLES) {
    it(`ends a connection that trickles ${name}`, () => {
      const s = scene();
      const { endedMs, peer } = trickle(s, start, more, 500, 60_000);
      assert.ok(endedMs > 0 && endedMs <= 12_000, `it ended after ${endedMs} ms`);
      assert.deepEqual(statuses(peer), expected);
      assert.ok(!s.seen.some((e) => e.startsWith("POST") || e.startsWith("whole")));
      s.finish();
    });
  }

  it("lets a body take its time that brings more than the least rate", () => {
    const s = scene();
    const { endedMs, peer } = trickle(s, "POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n", () => "y".repeat(100), 500, 49_000);
    assert.equal(endedMs, -1);
    peer.send("y".repeat(200));
    s.run(1000);
    assert.deepEqual(statuses(peer), [200]);
    s.finish();
  });

  it("ends a connection that says nothing for long in the middle of a body", () => {
    for (const path of ["/a", "/stream", "/slow", "/refuse"]) {
      const s = scene();
      const { endedMs, peer } = trickle(s, `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc`, () => "", 500, 60_000);
      assert.ok(endedMs > 0 && endedMs <= 12_000, `${path} ended after ${endedMs} ms`);
      assert.deepEqual(statuses(peer), [path === "/refuse" ? 403 : 408]);
      s.finish();
    }
  });

  it("ends a connection that takes no reply", () => {
    for (const path of ["/big", "/from", "/sized"]) {
      const s = scene({ world: { windowBytes: 512 } as StageOptions["world"] });
      const peer = s.peer(80);
      peer.pauseReading();
      for (let i = 0; i < 20; i++) peer.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      s.run(20_000);
      assert.equal(s.seen[s.seen.length - 1], "close", path);
      assert.equal(s.mgr.pool.free, s.mgr.pool.pages);
      s.finish();
    }
  });

  for (const [pages, pageBytes] of [[32, 256], [12, 512], [8, 256]]) it(`serves an honest client while others hold as much as they may of ${pages} pages`, () => {
    const starts = [
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1500\r\n\r\n" + "y".repeat(1499),
      "POST /a HTTP/1.1\r\n" + CHUNKED + "5db\r\n" + "y".repeat(1499),
      "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + "y".repeat(9000),
      "GET / HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(1900),
      "POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + "y".repeat(3000),
      "GET /later HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100),
    ];
    for (let seed = 30; seed < 60; seed++) {
      const s = scene({ world: { seed }, mgr: { pages, pageBytes } });
      const prng = createPrng(seed);
      const bad: SimPeer[] = [];
      for (let i = 0; i < 10; i++) {
        const peer = s.peer(80);
        peer.send(starts[prng.below(starts.length)]);
        if (prng.chance(0.3)) peer.pauseReading();
        bad.push(peer);
        s.run(prng.below(50));
      }
      let answered = 0;
      for (let i = 0; i < 30; i++) {
        const peer = s.peer(80);
        peer.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        s.run(1000);
        const got = statuses(peer);
        if (got[0] === 200) answered++;
        else assert.ok(got.length === 0 || got[0] === 503, `seed ${seed}: ${got.join()}`);
        peer.close();
      }
      assert.ok(answered >= 20, `seed ${seed}: only ${answered} of 30 were answered`);
      bad.forEach((peer) => peer.reset());
      s.run(1000);
      assert.deepEqual(s.logs, []);
      assert.equal(s.mgr.pool.free, s.mgr.pool.pages, `seed ${seed}`);
      s.finish();
    }
  });

  it("answers 503 with Retry-After to who comes when every connection is busy", () => {
    const s = scene({ mgr: { limits: { ...LIMITS, connMax: 3 } } });
    for (let i = 0; i < 3; i++) s.peer(80).send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
    s.run(10);
    const late = s.peer(80);
    late.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    s.run(100);
    const [reply] = readWire(late.received, [], true);
    assert.deepEqual([reply.status, reply.headers["retry-after"], reply.headers.connection], [503, "1", "close"]);
    s.finish();
  });

  it("streams far more through a sink than the pool holds, with the pool never used up by it", () => {
    const s = scene({ mgr: { pages: 32, pageBytes: 512, limits: LIMITS } });
    const peer = s.peer(80);
    const total = 1_000_000;
    peer.send(`POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: ${total}\r\n\r\n`);
    let least = s.mgr.pool.free;
    for (let sent = 0; sent < total; sent += 10_000) {
      peer.send("z".repeat(10_000));
      s.run(20);
      least = Math.min(least, s.mgr.pool.free);
    }
    s.run(1000);
    assert.deepEqual(statuses(peer), [200]);
    assert.ok(least >= 8, `only ${least} pages were left`);
    assert.equal(s.seen.filter((e) => e.startsWith("whole")).length, 1);
    assert.equal(s.seen[0].length, total + 'whole /stream ""'.length);
    s.finish();
  });

  it("sends far more from a source than the pool holds, and the pool stays what it was", () => {
    const s = stage({ mgr: { pages: 32, pageBytes: 512, limits: LIMITS } });
    const total = 1_000_000;
    let left = total;
    setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => {
      const next = (max: number): string | null => {
        const n = Math.min(max, left);
        left -= n;
        return n > 0 ? "z".repeat(n) : null;
      };
      if (ev === MG_EV_HTTP_REQUEST) httpReplyFrom(nc, 200, "", { next }, total);
    })));
    const peer = s.peer(80);
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let least = s.mgr.pool.free;
    for (let i = 0; i < 4000 && peer.receivedCount < total; i++) {
      s.run(5);
      least = Math.min(least, s.mgr.pool.free);
    }
    s.run(100);
    const [reply] = readWire(peer.received, [], false);
    assert.deepEqual([reply.status, reply.body.length], [200, total]);
    assert.ok(least >= 0 && s.mgr.pool.free === s.mgr.pool.pages);
    s.finish();
  });
});
