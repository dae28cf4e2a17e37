import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import {
  BEV_OPT_CLOSE_ON_FREE, type BufferEvent, buffereventAddToRateLimitGroup, buffereventPairNew, buffereventRateLimitGroupNew,
  buffereventRemoveFromRateLimitGroup, EV_RATE_LIMIT_MAX, EV_READ, EventBase, EVLOOP_NO_EXIT_ON_EMPTY,
  type EvTokenBucketCfg, evTokenBucketCfgNew,
} from "../../src/libevent/index.js";
import { type EvStage, evStage, HOSTS } from "./libevent-support.js";

function cfgOf(readRate: number, writeRate: number, tick: number): EvTokenBucketCfg {
  return evTokenBucketCfgNew(readRate, readRate, writeRate, writeRate, tick) as EvTokenBucketCfg;
}

/** A bufferevent that takes what comes. */
function taking(st: EvStage, name: string): { bev: BufferEvent; peer: SimPeer; count(): number } {
  let n = 0;
  const { bev, peer } = st.connected(name, { read: (b) => { n += b.getInput().getLength(); b.getInput().drain(100_000); } });
  bev.enable(EV_READ);
  return { bev, peer, count: () => n };
}

/** The stage begins a tick of `ms`. */
function toTick(st: EvStage, ms: number): void {
  st.run(ms - (st.s.platform.now() % ms) + 1);
}

describe("a token bucket", () => {
  it("needs rates from 1 to their bursts and a tick from 1 ms to 2147483 s", () => {
    assert.ok(evTokenBucketCfgNew(1, 1, 1, 1));
    assert.equal(evTokenBucketCfgNew(0, 1, 1, 1), undefined);
    assert.equal(evTokenBucketCfgNew(2, 1, 1, 1), undefined);
    assert.equal(evTokenBucketCfgNew(1, 1, 0, 1), undefined);
    assert.equal(evTokenBucketCfgNew(1, 1, 2, 1), undefined);
    assert.equal(evTokenBucketCfgNew(1, 1, 1, 1, 0), undefined);
    assert.equal(evTokenBucketCfgNew(1, 1, 1, 1, 0.0009), undefined);
    assert.equal(evTokenBucketCfgNew(1, 1, 1, 1, -1), undefined);
    assert.ok(evTokenBucketCfgNew(1, 1, 1, 1, 2147483));
    assert.equal(evTokenBucketCfgNew(1, 1, 1, 1, 2147484), undefined);
    assert.equal(evTokenBucketCfgNew(1, 1, 1, 1, Infinity), undefined);
    assert.ok(evTokenBucketCfgNew(1, EV_RATE_LIMIT_MAX, 1, EV_RATE_LIMIT_MAX, null));
  });
});

for (const name of Object.keys(HOSTS)) {
  const platform = HOSTS[name];
  describe(`the speed of a bufferevent, on ${name}`, () => {
    it("reads at most a tick's rate in each tick, and nothing is lost", () => {
      const st = evStage({ platform });
      const { bev, peer, count } = taking(st, "b");
      toTick(st, 100);
      assert.equal(bev.setRateLimit(cfgOf(40, 1000, 0.1)), 0);
      assert.equal(bev.getReadLimit(), 40);
      peer.send("x".repeat(400));
      st.run(50);
      assert.equal(count(), 40);
      assert.ok(bev.getReadLimit() <= 0);
      assert.equal(bev.getMaxToRead(), 0);
      for (let tick = 2; tick <= 10; tick++) {
        st.run(100);
        assert.equal(count(), tick * 40);
      }
      st.run(500);
      assert.equal(count(), 400);
      st.finish();
    });

    it("writes at most a tick's rate in each tick", () => {
      const st = evStage({ platform });
      const { bev, peer } = taking(st, "b");
      toTick(st, 100);
      bev.setRateLimit(cfgOf(1000, 30, 0.1));
      bev.write("y".repeat(100));
      st.run(50);
      assert.equal(peer.receivedCount, 30);
      assert.equal(bev.getOutput().getLength(), 70);
      assert.ok(bev.getWriteLimit() <= 0);
      st.run(100);
      assert.equal(peer.receivedCount, 60);
      st.run(200);
      assert.equal(peer.receivedCount, 100);
      st.finish();
    });

    it("saves up to a burst while nothing comes", () => {
      const st = evStage({ platform });
      const { bev, peer, count } = taking(st, "b");
      toTick(st, 100);
      bev.setRateLimit(evTokenBucketCfgNew(10, 55, 10, 55, 0.1));
      st.run(1000);
      assert.equal(bev.getReadLimit(), 55);
      peer.send("x".repeat(200));
      st.run(20);
      assert.equal(count(), 55);
      st.finish();
    });

    it("is bounded no more when the limit is taken away, and by the new one when it is changed", () => {
      const st = evStage({ platform });
      const { bev, peer, count } = taking(st, "b");
      toTick(st, 1000);
      const cfg = cfgOf(10, 10, 1);
      bev.setRateLimit(cfg);
      assert.equal(bev.getTokenBucketCfg(), cfg);
      peer.send("x".repeat(100));
      bev.write("y".repeat(100));
      st.run();
      assert.equal(count(), 10);
      bev.setRateLimit(cfgOf(20, 20, 1));
      st.run(1000);
      assert.equal(count(), 30);
      bev.setRateLimit(null);
      assert.equal(bev.getReadLimit(), EV_RATE_LIMIT_MAX);
      st.run();
      assert.equal(count(), 100);
      assert.equal(peer.receivedCount, 100);
      st.finish();
    });

    it("is what a program takes from the bucket, or gives", () => {
      const st = evStage({ platform });
      const { bev, peer, count } = taking(st, "b");
      assert.throws(() => bev.decrementReadLimit(1), /no rate limit/);
      toTick(st, 1000);
      bev.setRateLimit(cfgOf(50, 50, 1));
      bev.decrementReadLimit(100);
      bev.decrementWriteLimit(50);
      assert.equal(bev.getReadLimit(), -50);
      peer.send("x".repeat(60));
      bev.write("y");
      st.run();
      assert.equal(count(), 0);
      assert.equal(peer.receivedCount, 0);
      bev.decrementReadLimit(-70);
      bev.decrementWriteLimit(-1);
      st.run();
      assert.equal(count(), 20);
      assert.equal(peer.receivedCount, 1);
      st.run(1000);
      assert.equal(count(), 60, "two ticks' worth less what was overdrawn");
      st.finish();
    });

    it("rests with its timeouts while the bucket is empty", () => {
      const st = evStage({ platform });
      const { bev, peer, count } = taking(st, "b");
      toTick(st, 1000);
      bev.setTimeouts(0.3, 0.3);
      bev.setRateLimit(cfgOf(10, 10, 1));
      peer.send("x".repeat(20));
      st.run(900);
      assert.equal(count(), 10);
      assert.ok(!st.said.some((line) => line.includes("TIMEOUT")), st.said.join());
      st.run(200);
      assert.equal(count(), 20);
      st.finish();
    });
  });

  describe(`a group of bufferevents, on ${name}`, () => {
    it("shares one bucket, about evenly, and counts what went through", () => {
      const st = evStage({ platform });
      const members = ["a", "b", "c", "d"].map((n) => taking(st, n));
      toTick(st, 100);
      const each = platform.caps ? 600 : 2000; // what cannot make its peers wait must hold all of it
      const rate = each / 5;
      const group = buffereventRateLimitGroupNew(st.base, cfgOf(rate, 1000, 0.1));
      for (const one of members) assert.equal(buffereventAddToRateLimitGroup(one.bev, group), 0);
      for (const one of members) one.peer.send("x".repeat(each));
      for (let tick = 1; tick <= 12; tick++) {
        st.run(100);
        const sum = members.reduce((n, one) => n + one.count(), 0);
        assert.ok(sum <= (tick + 1) * rate + 4 * 64, `${sum} bytes in ${tick} ticks`);
      }
      const counts = members.map((one) => one.count());
      assert.ok(Math.min(...counts) >= Math.max(...counts) / 3, counts.join());
      st.run(1500);
      assert.deepEqual(members.map((one) => one.count()), [each, each, each, each]);
      assert.equal(group.getTotals().totalRead, 4 * each);
      group.resetTotals();
      assert.deepEqual(group.getTotals(), { totalRead: 0, totalWritten: 0 });
      assert.throws(() => group.free(), /still has 4 members/);
      for (const one of members) buffereventRemoveFromRateLimitGroup(one.bev);
      group.free();
      st.finish();
    });

    it("bounds writing as well, and lets go who leaves it or is freed", () => {
      const st = evStage({ platform });
      const one = taking(st, "a");
      const two = taking(st, "b");
      toTick(st, 1000);
      const group = buffereventRateLimitGroupNew(st.base, cfgOf(1000, 100, 1));
      group.setMinShare(10);
      buffereventAddToRateLimitGroup(one.bev, group);
      buffereventAddToRateLimitGroup(two.bev, group);
      one.bev.write("y".repeat(300));
      two.bev.write("y".repeat(300));
      st.run();
      const sum = one.peer.receivedCount + two.peer.receivedCount;
      assert.ok(sum >= 100 && sum <= 150, `${sum} bytes`);
      assert.ok(group.getWriteLimit() <= 0);
      buffereventRemoveFromRateLimitGroup(one.bev);
      st.run();
      assert.equal(one.peer.receivedCount, 300);
      two.bev.free();
      group.free();
      st.finish();
    });

    it("gives a newcomer rest while its bucket is empty, and follows what a program takes and configures", () => {
      const st = evStage({ platform });
      const one = taking(st, "a");
      toTick(st, 1000);
      const group = buffereventRateLimitGroupNew(st.base, cfgOf(100, 100, 1));
      const other = buffereventRateLimitGroupNew(st.base, cfgOf(10, 10, 1));
      assert.equal(group.getReadLimit(), 100);
      group.decrementRead(100);
      group.decrementWrite(200);
      buffereventAddToRateLimitGroup(one.bev, group);
      one.peer.send("x".repeat(50));
      st.run();
      assert.equal(one.count(), 0);
      group.decrementRead(-100);
      st.run();
      assert.equal(one.count(), 50);
      buffereventAddToRateLimitGroup(one.bev, other);
      one.peer.send("x".repeat(50));
      st.run();
      assert.equal(one.count(), 60);
      other.setCfg(cfgOf(100, 100, 1));
      st.run(1000);
      assert.equal(one.count(), 100);
      assert.equal(group.getWriteLimit(), 0, "a tick has passed: 100 came back");
      buffereventRemoveFromRateLimitGroup(one.bev);
      buffereventRemoveFromRateLimitGroup(one.bev);
      group.free();
      other.free();
      st.finish();
    });

    it("moves whole bytes at rates that are not, and is not confused by what is no number", () => {
      const st = evStage({ platform });
      const { bev, peer, count } = taking(st, "b");
      bev.setRateLimit(evTokenBucketCfgNew(2.5, 7.5, 2.5, 7.5, 0.1));
      for (const bytes of [NaN, 0.5]) assert.throws(() => bev.decrementReadLimit(bytes), TypeError);
      peer.send("hello world");
      bev.write("hello world");
      st.run(2000);
      assert.deepEqual([count(), peer.received], [11, "hello world"]);
      const group = buffereventRateLimitGroupNew(st.base, cfgOf(100, 100, 1));
      for (const bytes of [NaN, 0.5]) assert.throws(() => group.decrementWrite(bytes), TypeError);
      assert.throws(() => group.setMinShare(NaN), TypeError);
      assert.equal(group.getWriteLimit(), 100);
      st.finish();
    });

    it("lets the members of a group move a byte each when no least share is asked for", () => {
      const st = evStage({ platform });
      const group = buffereventRateLimitGroupNew(st.base, cfgOf(3, 3, 0.1));
      group.setMinShare(0);
      const all = ["a", "b", "c", "d", "e"].map((one) => taking(st, one));
      for (const { bev, peer } of all) {
        buffereventAddToRateLimitGroup(bev, group);
        peer.send("0123456789");
        bev.write("0123456789");
      }
      st.run(10_000);
      assert.deepEqual(all.map((one) => [one.count(), one.peer.received.length]), Array(5).fill([10, 10]));
      st.finish();
    });

    it("takes its rate along to another base", () => {
      const st = evStage({ platform });
      const next = new EventBase(st.s.mgr);
      next.loop(EVLOOP_NO_EXIT_ON_EMPTY);
      st.owned.push(next);
      const { bev, peer, count } = taking(st, "b");
      bev.setRateLimit(cfgOf(5, 5, 0.5));
      peer.send("x".repeat(20));
      st.run();
      assert.equal(bev.baseSet(next), 0);
      assert.equal(st.base._timers.length, 0);
      st.base.loopbreak();
      st.run(10_000);
      assert.equal(count(), 20);
      st.finish();
    });

    it("bounds pairs through what they suspend", () => {
      const st = evStage({ platform });
      const [left, right] = buffereventPairNew(st.base, BEV_OPT_CLOSE_ON_FREE) as [BufferEvent, BufferEvent];
      st.watch(left, "left");
      st.watch(right, "right");
      toTick(st, 1000);
      right.setRateLimit(cfgOf(10, 10, 1));
      right.enable(EV_READ);
      right.decrementReadLimit(10);
      left.write("x");
      st.run(500);
      assert.equal(right.getInput().getLength(), 0);
      st.run(1000);
      assert.equal(right.getInput().getLength(), 1);
      st.finish();
    });
  });
}
