/**
 * Owns: one alarm for each owner. Moving an alarm later costs no timer call: the timer that is set rings early, sees
 * that it is not time yet, and is set again. So a core that pushes its deadline on with every byte pays nothing for it.
 */

import type { Owner } from "../../src/core/port.js";

/** `setTimeout` takes no more; longer waits are made of several. */
const TIMER_MAX_MS = 0x7fffffff;

interface Alarm {
  owner: Owner;
  /** When to wake, on the clock of {@link monotonicMs}. */
  dueMs: number;
  /** When `timer` rings: at `dueMs` or before it. */
  timerMs: number;
  timer: NodeJS.Timeout | undefined;
  immediate: NodeJS.Immediate | undefined;
  wake: (owner: Owner) => void;
}

/** Milliseconds on a clock that only goes forward, from the start of the process. */
export function monotonicMs(): number {
  return performance.now();
}

/** Makes the `wakeAfter` of a platform; `wake` is called from the event loop only. Pending alarms keep the process alive. */
export function createAlarms(wake: (owner: Owner) => void): (owner: Owner, ms: number) => void {
  const alarms = new WeakMap<Owner, Alarm>();
  let latest: Alarm | undefined;

  function alarmOf(owner: Owner): Alarm {
    if (latest !== undefined && latest.owner === owner) return latest;
    let alarm = alarms.get(owner);
    if (alarm === undefined) {
      alarm = { owner, dueMs: 0, timerMs: 0, timer: undefined, immediate: undefined, wake };
      alarms.set(owner, alarm);
    }
    latest = alarm;
    return alarm;
  }

  return function wakeAfter(owner: Owner, ms: number): void {
    const alarm = alarmOf(owner);
    if (ms > 0) return setLater(alarm, ms);
    stopTimer(alarm);
    if (ms < 0) return stopImmediate(alarm);
    if (alarm.immediate === undefined) alarm.immediate = setImmediate(ringNow, alarm);
  };
}

function setLater(alarm: Alarm, ms: number): void {
  if (alarm.immediate !== undefined) stopImmediate(alarm);
  alarm.dueMs = monotonicMs() + ms;
  if (alarm.timer !== undefined && alarm.timerMs <= alarm.dueMs) return;
  stopTimer(alarm);
  startTimer(alarm, ms);
}

function startTimer(alarm: Alarm, ms: number): void {
  alarm.timerMs = alarm.dueMs;
  alarm.timer = setTimeout(ring, Math.min(Math.ceil(ms), TIMER_MAX_MS), alarm);
}

function ring(alarm: Alarm): void {
  alarm.timer = undefined;
  // Also true for a timer that Node rang a fraction early: its own clock counts whole milliseconds.
  const restMs = alarm.dueMs - monotonicMs();
  if (restMs > 0) return startTimer(alarm, restMs);
  alarm.wake(alarm.owner);
}

function ringNow(alarm: Alarm): void {
  alarm.immediate = undefined;
  alarm.wake(alarm.owner);
}

function stopTimer(alarm: Alarm): void {
  if (alarm.timer === undefined) return;
  clearTimeout(alarm.timer);
  alarm.timer = undefined;
}

function stopImmediate(alarm: Alarm): void {
  if (alarm.immediate === undefined) return;
  clearImmediate(alarm.immediate);
  alarm.immediate = undefined;
}
