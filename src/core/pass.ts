import { arm, call } from "./call.js";
import type { Connection } from "./connection.js";
import { checkDeadline } from "./deadlines.js";
import { MG_EV_POLL, MG_EV_TIMER } from "./events.js";
import { CLOSE_FLAGS, MG_F_WANT_READ } from "./flags.js";
import { close, closeIfAsked } from "./lifecycle.js";
import type { Manager } from "./manager.js";
import { leave, settle } from "./output.js";
import { Err, type Owner } from "./port.js";
import { pagesOf, readOn, unstarve } from "./room.js";
import { Gate, Listed, State } from "./state.js";

/** The time asked for has come. */
export function onWake(owner: Owner): void {
  const mgr = owner as Manager;
  mgr._wakeAt = Infinity;
  if (mgr._freeing) return mgr._freeNow();
  if (!mgr._running) return;
  const nowMs = mgr._platform.now();
  const isTick = nowMs >= mgr._tickAt;
  pass(mgr, isTick);
  if (!mgr._freed) rearm(mgr);
}

/**
 * One pass: what asked to be closed is closed; then, newest connection first, deadlines, TIMER and POLL (those two and
 * the deadlines only as they are due); then what waited for the pass. New connections have their first turn next time.
 */
export function pass(mgr: Manager, isTick: boolean): void {
  if (isTick) startTick(mgr);
  closeListed(mgr);
  if (isTick || mgr._timers) visitAll(mgr, isTick);
  runInbox(mgr);
  leave(mgr);
  if (mgr._starved.length) feed(mgr, isTick);
  leave(mgr);
  if (isTick) mgr._platform.tidy();
}

/** Notes how long the last tick was; what had no input or output since is idle for that much longer. */
function startTick(mgr: Manager): void {
  const nowMs = mgr._platform.now();
  mgr._tickMs = Math.round(nowMs - mgr._lastTickAt);
  mgr._lastTickAt = nowMs;
  mgr._tickAt = nowMs + mgr.limits.pollMs;
  for (let i = 0; i < mgr._conns.length; i++) mgr._conns[i]._idle += mgr._tickMs;
}

/** Nobody drives the manager from here on: what was to be written and closed is, and then events wait. Not inside of a handler. */
export function rest(mgr: Manager): void {
  for (let i = 0; i < 3 && (mgr._dirty.length || mgr._closing.length); i++) {
    leave(mgr);
    closeListed(mgr);
  }
  mgr._halt();
}

function closeListed(mgr: Manager): void {
  const list = mgr._closing;
  if (!list.length) return;
  mgr._closing = [];
  for (let i = 0; i < list.length; i++) {
    list[i]._listed &= ~Listed.Closing;
    closeIfAsked(list[i]);
  }
}

function visitAll(mgr: Manager, isTick: boolean): void {
  const conns = mgr._conns.slice(0); // handlers make and evict connections: each has its turn once
  const nowMs = mgr._platform.now();
  for (let i = conns.length - 1; i >= 0; i--) {
    const nc = conns[i];
    if (nc._state === State.Closed || nc._listed & Listed.Early || (isTick && checkDeadline(nc, nowMs))) continue;
    if (nc._timer && mgr._ms(nc._timer) <= nowMs) fireTimer(nc);
    if (isTick && nc._state === State.Open) call(nc, MG_EV_POLL, Math.floor(mgr.time()));
    // Also one that stopped reading: whoever made room for it may not have known that it waits.
    if (nc._f & (CLOSE_FLAGS | MG_F_WANT_READ) || nc._o || nc._gate & Gate.Queued || nc._src) settle(nc);
  }
}

function fireTimer(nc: Connection): void {
  const time = nc._timer;
  nc._timer = 0;
  nc.mgr._timers--;
  call(nc, MG_EV_TIMER, time);
}

/** Runs what was posted before this pass began. */
function runInbox(mgr: Manager): void {
  const list = mgr._inbox;
  if (!list.length) return;
  mgr._inbox = [];
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    item.run(item.nc, item.a, item.b);
  }
}

/**
 * Gives pages that came back to those who wait for them, longest-waiting first. When waiting has lasted too long, the
 * connection that has sat on its pages longest is closed: no arrangement of connections may stop the others for good.
 */
function feed(mgr: Manager, isTick: boolean): void {
  const waiting = mgr._starved.slice(0);
  for (let i = 0; i < waiting.length; i++) {
    const nc = waiting[i];
    readOn(nc);
    if (!nc._src || !mgr.pool._free) continue;
    unstarve(nc);
    settle(nc);
  }
  if (isTick && mgr._starved.length && mgr._platform.now() - mgr._starvedAt >= mgr.limits.starveMs) relieve(mgr);
}

function relieve(mgr: Manager): void {
  if (mgr.pool._free > mgr.pool._reserve) return;
  let victim: Connection | undefined;
  for (let i = 0; i < mgr._conns.length; i++) {
    const nc = mgr._conns[i];
    if (pagesOf(nc) && (!victim || nc._idle > victim._idle)) victim = nc;
  }
  if (!victim) return;
  mgr.stats.starved++;
  victim.err = Err.PoolEmpty;
  close(victim);
  mgr._starvedAt = mgr._platform.now();
}

/** Asks for the next wake: at once when something is waiting, else at the next timer or tick. */
export function rearm(mgr: Manager): void {
  let at = mgr._tickAt;
  if (mgr._closing.length || mgr._dirty.length || mgr._inbox.length) at = 0;
  else if (mgr._timers) at = Math.min(at, earliestTimer(mgr));
  arm(mgr, at);
}

function earliestTimer(mgr: Manager): number {
  let at = Infinity;
  for (let i = 0; i < mgr._conns.length; i++) {
    const nc = mgr._conns[i];
    if (nc._timer) at = Math.min(at, mgr._ms(nc._timer));
  }
  return at > 0 ? at : 1;
}

