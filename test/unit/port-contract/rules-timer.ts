// The timer and the clocks.

import assert from "node:assert/strict";
import type { Rules } from "./rig.js";

/** Node's timers may come up to a millisecond before their time by the finer clock. */
const EARLY_MS = 2;

function wakingRules({ rule }: Rules): void {
  rule("wake comes once, for its owner, not before its time", async (rig) => {
    const timer = rig.rec.probe("timer", "timer");
    const startMs = rig.platform.now();
    rig.platform.wakeAfter(timer, 20);
    assert.equal(timer.wakeCount, 0);
    await rig.fx.settle(() => timer.wakeCount === 1, "wake");
    assert.ok(rig.platform.now() - startMs >= 20 - EARLY_MS);
    await rig.fx.quiet();
    assert.equal(timer.wakeCount, 1);
  });

  rule("wake after 0 ms comes in the next turn, not inside the call", async (rig) => {
    const timer = rig.rec.probe("timer", "timer");
    rig.platform.wakeAfter(timer, 0);
    assert.equal(timer.wakeCount, 0);
    await rig.fx.settle(() => timer.wakeCount === 1, "wake");
  });

  rule("a new time replaces the earlier one of the same owner", async (rig) => {
    const timer = rig.rec.probe("timer", "timer");
    rig.platform.wakeAfter(timer, 1);
    rig.platform.wakeAfter(timer, 60_000);
    rig.platform.wakeAfter(timer, 2);
    await rig.fx.settle(() => timer.wakeCount === 1, "wake");
    await rig.fx.quiet();
    assert.equal(timer.wakeCount, 1);
  });

  rule("a negative time cancels", async (rig) => {
    const timer = rig.rec.probe("timer", "timer");
    rig.platform.wakeAfter(timer, 1);
    rig.platform.wakeAfter(timer, -1);
    await rig.fx.quiet();
    assert.equal(timer.wakeCount, 0);
  });

  rule("cancelling what was never set is harmless", async (rig) => {
    const timer = rig.rec.probe("timer", "timer");
    rig.platform.wakeAfter(timer, -1);
    await rig.fx.quiet();
    assert.equal(timer.wakeCount, 0);
  });
}

function rewakingRules({ rule }: Rules): void {
  rule("the timer can be set again inside wake", async (rig) => {
    const timer = rig.rec.probe("timer", "timer");
    timer.on.wake = () => {
      if (timer.wakeCount < 3) rig.platform.wakeAfter(timer, timer.wakeCount % 2);
    };
    rig.platform.wakeAfter(timer, 0);
    await rig.fx.settle(() => timer.wakeCount === 3, "three wakes");
    await rig.fx.quiet();
    assert.equal(timer.wakeCount, 3);
  });

  rule("two owners have a timer each", async (rig) => {
    const first = rig.rec.probe("first", "timer");
    const second = rig.rec.probe("second", "timer");
    rig.platform.wakeAfter(first, 1);
    rig.platform.wakeAfter(second, 3);
    await rig.fx.settle(() => first.wakeCount === 1 && second.wakeCount === 1, "both wakes");
  });

  rule("cancelling one owner's timer leaves the other's", async (rig) => {
    const first = rig.rec.probe("first", "timer");
    const second = rig.rec.probe("second", "timer");
    rig.platform.wakeAfter(first, 2);
    rig.platform.wakeAfter(second, 2);
    rig.platform.wakeAfter(first, -1);
    await rig.fx.settle(() => second.wakeCount === 1, "the other wake");
    await rig.fx.quiet();
    assert.equal(first.wakeCount, 0);
  });
}

function clockRules({ rule }: Rules): void {
  rule("now does not go backwards and wallMs is a date", async (rig) => {
    const before = rig.platform.now();
    await rig.fx.quiet();
    assert.ok(rig.platform.now() >= before);
    assert.ok(rig.platform.wallMs() > Date.UTC(2020, 0, 1));
  });
}

/** Rules for `wakeAfter`, `now` and `wallMs`. */
export function timerRules(rules: Rules): void {
  describe("timer", () => {
    wakingRules(rules);
    rewakingRules(rules);
    clockRules(rules);
  });
}
