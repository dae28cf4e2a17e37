import { post, report } from "../core/call.js";
import type { Connection } from "../core/connection.js";
import { MG_EV_TIMER } from "../core/events.js";
import { setCur } from "../core/hot.js";
import { EV_TIMEOUT } from "./constants.js";
import type { EventBase } from "./event-base.js";

/** What can be active: an event, a bufferevent or buffer with callbacks that were put off. */
export interface Runnable {
  /** Smaller numbers run first. */
  _pri: number;
  /** 1 while it is active: waits for its turn. */
  _queued: number;
  /** Its turn has come. */
  _fire(): void;
}

/** What can have a timeout. */
export interface Timed extends Runnable {
  /** When it is due, platform ms; 0: it has no timeout. */
  _at: number;
  /** Why it is active: EV_TIMEOUT when that time has come. */
  _res: number;
}

/** Where the loop stands: bits of `_state`. */
export const enum Loop {
  /** Between `loop` and its end. */
  On = 1,
  /** `loopexit`: ends after this pass. */
  Exit = 2,
  /** `loopbreak`: ends after this callback. */
  Break = 4,
  /** `loopcontinue`, or something more urgent has become active: the pass ends after this callback. */
  Again = 8,
  /** A pass is on its way. */
  Posted = 16,
  /** EVLOOP_ONCE: ends after the first pass that ran something. */
  Once = 32,
  /** EVLOOP_NO_EXIT_ON_EMPTY. */
  NoExit = 64,
  /** Something ran since the loop began. */
  Ran = 128,
  /** In a pass. */
  InPass = 256,
}

/** The times of a connection are whole microseconds, rounded; in ms. */
const ROUNDING_MS = 0.001;

/** Has the item run from the loop, in its priority's turn, behind those that are active already. Nothing if it is active. */
export function activate(base: EventBase, item: Runnable): void {
  if (item._queued) return;
  item._queued = 1;
  base._nActive++;
  const last = base._queues.length - 1;
  const pri = item._pri > last ? last : item._pri;
  base._queues[pri].push(item);
  if (pri < base._pri) base._state |= Loop.Again;
  wake(base);
}

/** It is not active any more. */
export function deactivate(base: EventBase, item: Runnable): void {
  if (!item._queued) return;
  item._queued = 0;
  for (let i = 0; i < base._queues.length; i++) {
    const at = base._queues[i].indexOf(item);
    if (at < 0) continue;
    base._queues[i].splice(at, 1);
    base._nActive--;
  }
  wakeIfLast(base);
}

/** Has the item become active at that time, platform ms; replaces an earlier time. Equal times keep their order. */
export function schedule(base: EventBase, item: Timed, atMs: number): void {
  removeTimer(base, item);
  item._at = atMs || ROUNDING_MS; // 0 means none
  const timers = base._timers;
  let low = 0;
  for (let high = timers.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (timers[middle]._at <= item._at) low = middle + 1;
    else high = middle;
  }
  timers.splice(low, 0, item);
  if (!low) armTimer(base);
}

/** It has no timeout any more. */
export function unschedule(base: EventBase, item: Timed): void {
  if (!item._at) return;
  removeTimer(base, item);
  item._at = 0;
  wakeIfLast(base);
}

function removeTimer(base: EventBase, item: Timed): void {
  const at = item._at ? base._timers.indexOf(item) : -1;
  if (at >= 0) base._timers.splice(at, 1);
}

/** Counts what keeps the loop going besides timeouts and what is active: an enabled listener, a bufferevent that reads or writes. */
export function hold(base: EventBase, change: 1 | -1): void {
  base._held += change;
  wakeIfLast(base);
}

/** When nothing is left the loop is over, in the next pass. */
function wakeIfLast(base: EventBase): void {
  if (!hasEvents(base)) wake(base);
}

/** Something of this base ran outside of its passes: input or output of a bufferevent, a listener. */
export function ran(base: EventBase): void {
  base._state |= Loop.Ran;
  if (base._state & Loop.Once) wake(base);
}

/** One pass soon, if the loop is on. */
export function wake(base: EventBase): void {
  if ((base._state & (Loop.On | Loop.Posted | Loop.InPass)) !== Loop.On) return;
  base._state |= Loop.Posted;
  post(base._nc, turn, undefined, undefined);
}

/** Whether there is anything the loop could wait for. */
export function hasEvents(base: EventBase): boolean {
  return base._held > 0 || base._nActive > 0 || base._timers.length > 0;
}

function armTimer(base: EventBase): void {
  const first = base._timers[0];
  if (first && base._state & Loop.On) base._nc.setTimer(base.manager._seconds(first._at));
}

/** The handler of a base's own connection. (The pass comes right behind, outside of any handler, so that it may end the loop.) */
export function onBase(nc: Connection, ev: number): void {
  if (ev === MG_EV_TIMER) wake(nc.userData as EventBase);
}

/**
 * One pass: what is due becomes active; of what is active, the most urgent priority runs: those that were active when the
 * pass began. More than that would keep the sockets waiting.
 */
export function turn(nc: Connection): void {
  const base = nc.userData as EventBase;
  base._state &= ~Loop.Posted;
  if (!(base._state & Loop.On) || base._state & Loop.InPass) return;
  base._state |= Loop.InPass;
  base._nowMs = base.manager._platform.now();
  collectDue(base);
  for (let i = 0; i < base._queues.length; i++) {
    if (!base._queues[i].length) continue;
    runQueue(base, i);
    break;
  }
  base._nowMs = 0;
  base._state &= ~(Loop.InPass | Loop.Again);
  afterTurn(base);
}

function collectDue(base: EventBase): void {
  const timers = base._timers;
  let count = 0;
  while (count < timers.length && timers[count]._at <= base._nowMs + ROUNDING_MS) count++;
  if (!count) return;
  const due = timers.splice(0, count);
  for (let i = 0; i < count; i++) {
    due[i]._at = 0;
    due[i]._res |= EV_TIMEOUT;
    activate(base, due[i]);
  }
}

function runQueue(base: EventBase, pri: number): void {
  const queue = base._queues[pri];
  const outer = setCur(base._nc.id);
  base._pri = pri;
  for (let left = queue.length; left > 0 && queue.length; left--) {
    const item = queue.shift() as Runnable;
    base._nActive--;
    item._queued = 0;
    base._item = item;
    base.manager._calls++;
    base._state = (base._state & ~Loop.Again) | Loop.Ran;
    try {
      item._fire();
    } catch (e) {
      report(base._nc, e, "an event");
    }
    if (base._state & (Loop.Break | Loop.Again)) break;
  }
  base._item = undefined;
  base._pri = 0;
  setCur(outer);
}

/** The loop goes on, or is over. */
function afterTurn(base: EventBase): void {
  const s = base._state;
  if (!(s & Loop.On)) return; // freed
  if (s & (Loop.Exit | Loop.Break) || (s & Loop.Once && s & Loop.Ran)) return base._end(0);
  if (!hasEvents(base) && !(s & Loop.NoExit)) return base._end(1);
  if (base._nActive) wake(base);
  armTimer(base);
}

/** Whether callbacks may be called now: the loop is on, and nobody has broken it off. */
export function isLive(base: EventBase): boolean {
  return (base._state & (Loop.On | Loop.Break)) === Loop.On;
}
