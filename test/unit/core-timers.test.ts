import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_POLL, MG_EV_TIMER } from "../../src/core/events.js";
import { eventsOf, type Stage, stage } from "./core-support.js";

/** Milliseconds since the world began at which TIMER came to a connection of this name. */
function timed(s: Stage, act: (nc: Connection, count: number) => void = () => undefined): { nc: Connection; at: number[] } {
  const at: number[] = [];
  const nc = s.mgr.add(s.note("T", (c, ev) => {
    if (ev !== MG_EV_TIMER) return;
    at.push(s.world.now);
    act(c, at.length);
  }));
  return { nc, at };
}

describe("nc.setTimer", () => {
  it("asks for one TIMER at that time, with the time that was asked for", () => {
    const s = stage();
    const { nc, at } = timed(s);
    const time = s.mgr.time() + 2.5;
    assert.equal(nc.setTimer(time), 0);
    s.run(2499);
    assert.deepEqual(at, []);
    s.run(10_000);
    assert.equal(at.length, 1);
    assert.ok(at[0] >= 2500 && at[0] < 2502, String(at[0]));
    assert.deepEqual(eventsOf(s, "T"), ["TIMER " + time]);
    s.finish();
  });

  it("answers the time that was set before, and 0 when it has fired or was cancelled", () => {
    const s = stage();
    const { nc } = timed(s);
    const soon = s.mgr.time() + 1;
    assert.equal(nc.setTimer(soon), 0);
    assert.equal(nc.setTimer(soon + 5), soon);
    assert.equal(nc.setTimer(0), soon + 5);
    assert.equal(nc.setTimer(0), 0);
    nc.setTimer(soon);
    s.run(3000);
    assert.equal(nc.setTimer(soon), 0);
    s.finish();
  });

  it("fires nothing when cancelled", () => {
    const s = stage();
    const { nc, at } = timed(s);
    nc.setTimer(s.mgr.time() + 1);
    s.run(500);
    nc.setTimer(0);
    s.run(10_000);
    assert.deepEqual(at, []);
    s.finish();
  });

  it("replaces: later or sooner, only the last one fires", () => {
    for (const second of [0.2, 4]) {
      const s = stage();
      const { nc, at } = timed(s);
      nc.setTimer(s.mgr.time() + 1);
      nc.setTimer(s.mgr.time() + second);
      s.run(10_000);
      assert.deepEqual(at.map((ms) => Math.floor(ms + 0.001)), [second * 1000]);
      s.finish();
    }
  });

  it("can be set again inside TIMER, for an exact rhythm", () => {
    const s = stage();
    const { nc, at } = timed(s, (c, count) => {
      if (count < 10) c.setTimer(s.mgr.time() + 0.02);
    });
    nc.setTimer(s.mgr.time() + 0.02);
    s.run(1000);
    assert.equal(at.length, 10);
    for (let i = 0; i < 10; i++) assert.ok(Math.abs(at[i] - 20 * (i + 1)) < 1.5, `${at}`);
    s.finish();
  });

  it("can be cancelled and set by somebody else's TIMER", () => {
    const s = stage();
    const victim = timed(s);
    const other = timed(s, () => {
      victim.nc.setTimer(0);
      late.nc.setTimer(s.mgr.time() + 0.5);
    });
    const late = timed(s);
    victim.nc.setTimer(s.mgr.time() + 0.2);
    other.nc.setTimer(s.mgr.time() + 0.1);
    s.run(2000);
    assert.deepEqual(victim.at, []);
    assert.equal(late.at.length, 1);
    s.finish();
  });

  it("fires at once, once, for a time that has passed", () => {
    const s = stage();
    const { nc, at } = timed(s);
    s.run(5000);
    nc.setTimer(1);
    nc.setTimer(s.mgr.time() - 4);
    s.run(10);
    assert.equal(at.length, 1);
    s.run(5000);
    assert.equal(at.length, 1);
    s.finish();
  });

  it("fires many in the order of their times, whatever the order they were set in", () => {
    const s = stage();
    const order: number[] = [];
    for (const ms of [700, 100, 400, 900, 300, 200, 800, 600, 500]) {
      s.mgr.add(s.note("T", (_nc, ev) => {
        if (ev === MG_EV_TIMER) order.push(ms);
      })).setTimer(s.mgr.time() + ms / 1000);
    }
    s.run(1000);
    assert.deepEqual(order, [100, 200, 300, 400, 500, 600, 700, 800, 900]);
    s.finish();
  });

  it("throws TypeError for what is no time", () => {
    const { mgr } = stage();
    const nc = mgr.add(undefined);
    for (const time of [-1, NaN, "1", undefined, null, -Infinity]) {
      assert.throws(() => nc.setTimer(time as number), { name: "TypeError", message: /^Cannot set a timer to / });
    }
    assert.equal(nc.setTimer(0), 0);
  });

  it("never fires for a time that never comes", () => {
    const s = stage();
    const { nc, at } = timed(s);
    nc.setTimer(Infinity);
    s.run(100_000);
    assert.deepEqual(at, []);
    assert.equal(nc.setTimer(0), Infinity);
    s.finish();
  });

  it("is dead with the connection", () => {
    const s = stage();
    const { nc, at } = timed(s);
    nc.setTimer(s.mgr.time() + 1);
    nc.flags |= 2048;
    s.run(500);
    nc.setTimer(s.mgr.time() + 1);
    s.run(5000);
    assert.deepEqual(at, []);
    assert.equal(s.mgr._timers, 0);
    s.finish();
  });

  it("works on listeners, connecting and accepted connections as well", () => {
    const s = stage();
    s.world.blackhole("10.0.0.66");
    const l = s.mgr.bind("tcp://:80", s.note("L"));
    const c = s.mgr.connect("10.0.0.66:1", s.note("C"));
    s.peer(80);
    s.run();
    const a = s.mgr.next() as Connection;
    for (const nc of [l, c, a]) nc.setTimer(s.mgr.time() + 0.5);
    s.run(1000);
    assert.equal(eventsOf(s, "C").filter((e) => e.startsWith("TIMER")).length, 1);
    assert.equal(eventsOf(s, "L").filter((e) => e.startsWith("TIMER")).length, 2);
    s.finish();
  });

  it("comes before POLL when both are due", () => {
    const s = stage();
    const seen: number[] = [];
    const nc = s.mgr.add(s.note("T", (_nc, ev) => seen.push(ev)));
    nc.setTimer(s.mgr.time() + 1);
    s.run(1500);
    assert.deepEqual(seen, [MG_EV_TIMER, MG_EV_POLL]);
    s.finish();
  });
});

describe("the manager's clock", () => {
  it("is seconds since 1970 and moves with monotonic time only", () => {
    let jumpMs = 0;
    const s = stage({ wrap: (p) => ({ ...p, now: () => p.now(), wallMs: () => p.wallMs() + jumpMs }) });
    const begin = s.mgr.time();
    assert.ok(begin > 1.7e9);
    const { nc, at } = timed(s);
    nc.setTimer(begin + 2);
    jumpMs = 1e12;
    s.run(1000);
    jumpMs = -1e12;
    s.run(1500);
    assert.ok(Math.abs(s.mgr.time() - begin - 2.5) < 0.001);
    assert.equal(at.length, 1);
    s.finish();
  });

  it("sends POLL every pollMs with the time in whole seconds", () => {
    const s = stage({ mgr: { limits: { pollMs: 250 } } });
    const data: number[] = [];
    s.mgr.add(s.note("T", (_nc, ev, d) => {
      if (ev === MG_EV_POLL) data.push(d as number);
    }));
    s.run(1010);
    assert.equal(data.length, 4);
    for (const d of data) assert.equal(d, Math.floor(d));
    assert.equal(data[3] - data[0] <= 1, true);
    s.finish();
  });

  it("says how long a connection has been without input or output", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A"));
    const peer = s.peer(80);
    s.run();
    const nc = s.mgr.next() as Connection;
    s.run(10_000);
    assert.ok(s.mgr.time() - nc.lastIoTime >= 8 && s.mgr.time() - nc.lastIoTime <= 11);
    peer.send("x");
    s.run();
    assert.ok(s.mgr.time() - nc.lastIoTime < 1.2);
    s.finish();
  });
});
