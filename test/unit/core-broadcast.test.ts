import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import { Broadcast, Outlet, type OutletOptions, type SendPolicy } from "../../src/core/broadcast.js";
import { MG_EV_ACCEPT, MG_EV_CLOSE } from "../../src/core/events.js";
import { type Stage, stage, type StageOptions } from "./core-support.js";

interface Hall {
  s: Stage;
  all: Broadcast;
  /** In the order of the peers. */
  outlets: Outlet[];
  peers: SimPeer[];
  /** Reasons of closed connections. */
  closed: number[];
}

/** A raw server with an outlet for each of its clients, who have small windows; the first one sleeps. */
function hall(options: OutletOptions, stays = true, clients = 2, more: StageOptions = {}): Hall {
  const s = stage({ world: { windowBytes: 64, sendBufferBytes: 64 }, platform: { caps: { writeMaxBytes: 32, pages: 16, pageBytes: 64 } }, ...more });
  const all = new Broadcast();
  const outlets: Outlet[] = [];
  const closed: number[] = [];
  const handler = s.note("c", (nc, ev) => {
    if (ev === MG_EV_CLOSE && nc.listener) closed.push(nc.err);
    if (ev !== MG_EV_ACCEPT) return;
    const outlet = all.add(new Outlet(nc, options, stays));
    outlets.push(outlet);
    if (stays) nc.sendFrom(outlet);
  });
  s.mgr.bind("tcp://:80", handler);
  s.run(5);
  const peers: SimPeer[] = [];
  for (let i = 0; i < clients; i++) {
    peers.push(s.peer(80));
    s.run(10);
  }
  if (clients > 1) peers[0].pauseReading();
  return { s, all, outlets, peers, closed };
}

/** Messages of 16 bytes with numbers from 1 on. */
const message = (i: number) => `message ${String(i).padStart(6, "0")};\n`;
const numbers = (wire: string) => wire.split("\n").filter(Boolean).map((line) => Number(/^message (\d{6});$/.exec(line)?.[1] ?? NaN));
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

/** Sends that many messages, with time between them; answers what arrived at the awake client. */
function speak(h: Hall, count: number, topic?: (i: number) => string): number[] {
  for (let i = 1; i <= count; i++) {
    h.all.push(message(i), topic?.(i));
    h.s.run(10);
  }
  return numbers(h.peers[1].take());
}

/** Wakes the first client and gives what it gets. */
function wake(h: Hall): number[] {
  h.peers[0].resumeReading();
  h.s.run(500);
  return numbers(h.peers[0].take());
}

for (const stays of [true, false]) {
  describe(`messages for many${stays ? "" : ", by outlets that leave the connection to others in between"}`, () => {
    it("reach everybody who is awake, whole and in order, whatever a sleeper's policy", () => {
      for (const policy of ["latest", "dropNew", "dropOld", "close"] as SendPolicy[]) {
        const h = hall({ policy, shareBytes: 64 }, stays);
        assert.deepEqual(speak(h, 50), upTo(50), policy);
        h.s.finish();
      }
    });

    it("do not take more of the pool for a sleeper than one piece", () => {
      const h = hall({ shareBytes: 10_000 }, stays);
      speak(h, 200);
      assert.ok(h.s.mgr.pool.free >= h.s.mgr.pool.pages - 1, `${h.s.mgr.pool.free} of ${h.s.mgr.pool.pages}`);
      h.s.finish();
    });

    it("dropOld: the sleeper finds the last ones when it wakes, none of them torn", () => {
      const h = hall({ policy: "dropOld", shareBytes: 64 }, stays);
      speak(h, 50);
      const got = wake(h);
      assert.deepEqual(got.slice(-4), [47, 48, 49, 50]);
      assert.deepEqual(got.slice(0, -4), upTo(got.length - 4));
      assert.equal(h.outlets[0].dropped, 50 - got.length);
      h.s.finish();
    });

    it("dropNew: the sleeper finds the first ones", () => {
      const h = hall({ policy: "dropNew", shareBytes: 64 }, stays);
      speak(h, 50);
      const got = wake(h);
      assert.ok(got.length >= 4 && got.length < 20, String(got.length));
      assert.deepEqual(got, upTo(got.length));
      assert.equal(h.outlets[0].dropped, 50 - got.length);
      h.s.finish();
    });

    it("latest: the sleeper finds the newest of each topic", () => {
      const h = hall({ policy: "latest", shareBytes: 1000 }, stays);
      speak(h, 50, (i) => "topic " + (i % 3));
      const got = wake(h);
      assert.deepEqual(got.slice(-3).sort(), [48, 49, 50]);
      assert.deepEqual(got.slice(0, -3), upTo(got.length - 3));
      h.s.finish();
    });

    it("latest: of more topics than fit, the share keeps those that changed last", () => {
      const h = hall({ policy: "latest", shareBytes: 64 }, stays);
      speak(h, 50, (i) => "topic " + i);
      assert.deepEqual(wake(h).slice(-4), [47, 48, 49, 50]);
      h.s.finish();
    });

    it("close: the sleeper is closed when its share is used up, with the reason, and leaves the others alone", () => {
      const h = hall({ policy: "close", shareBytes: 64 }, stays);
      assert.deepEqual(speak(h, 50), upTo(50));
      assert.deepEqual([h.closed, h.all.size, h.outlets[0].isOpen], [[7], 1, false]);
      h.s.finish();
    });

    it("may be larger than the share when nothing else waits, and larger than the pool", () => {
      const h = hall({ shareBytes: 64 }, stays);
      const large = "x".repeat(3000) + "\n";
      assert.equal(h.all.push(large), 2);
      h.s.run(500);
      assert.equal(h.peers[1].take(), large);
      h.peers[0].resumeReading();
      h.s.run(500);
      assert.equal(h.peers[0].take(), large);
      h.s.finish();
    });

    it("sent in one event arrive as they were sent", () => {
      const h = hall({}, stays, 1);
      for (let i = 1; i <= 8; i++) h.all.push(message(i));
      h.s.run(100);
      assert.deepEqual(numbers(h.peers[0].take()), upTo(8));
      h.s.finish();
    });

    it("are bytes or text, in both forms of bytes", () => {
      for (const form of ["array", "string"] as const) {
        const h = hall({}, stays, 1, { platform: { form } });
        const bytes = new Uint8Array([0, 128, 255, 13]);
        h.all.push(bytes);
        bytes[0] = 9;
        h.all.push("é");
        assert.equal(h.all.push(""), 0);
        h.s.run(100);
        assert.equal(h.peers[0].take(), "\x00\x80\xff\r\xc3\xa9");
        h.s.finish();
      }
    });

    it("are refused, not kept, once the receiver is gone", () => {
      const h = hall({}, stays);
      h.peers[0].reset();
      h.s.run(20);
      assert.deepEqual([h.outlets[0].push("x"), h.all.push("x"), h.all.size], [0, 1, 1]);
      h.s.finish();
      assert.deepEqual([h.all.push("x"), h.all.size], [0, 0]);
    });
  });
}

describe("an outlet", () => {
  it("that leaves in between lets the program send, behind the messages", () => {
    const h = hall({}, false, 1);
    h.all.push("message;");
    h.s.run(50);
    assert.equal(h.outlets[0].nc.send("own;"), 4);
    h.s.run(50);
    h.all.push("another;");
    h.s.run(50);
    assert.equal(h.peers[0].take(), "message;own;another;");
    h.s.finish();
  });

  it("refuses options that cannot be meant", () => {
    const s = stage();
    const nc = s.mgr.add(undefined);
    assert.throws(() => new Outlet(nc, { policy: "newest" as SendPolicy }, true), TypeError);
    assert.throws(() => new Outlet(nc, { policy: "latest|dropNew" as SendPolicy }, true), TypeError);
    assert.throws(() => new Outlet(nc, { shareBytes: -1 }, true), /shareBytes/);
    assert.throws(() => new Outlet(nc, {}, true).push(5 as never), TypeError);
    s.finish();
  });
});
