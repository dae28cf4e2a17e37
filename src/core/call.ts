import type { Connection } from "./connection.js";
import { eventName, MG_EV_POLL } from "./events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_LISTENING } from "./flags.js";
import { cur, dispatch, setCur } from "./hot.js";
import type { Manager } from "./manager.js";
import { Err } from "./port.js";
import { slow } from "./slow.js";
import { Gate, Listed } from "./state.js";

/** Runs code that may call handlers as an event of this connection: guarded against exceptions. */
export function guard(nc: Connection, where: string | number, run: (nc: Connection, a: unknown, b: unknown) => void, a: unknown, b: unknown): void {
  const outer = setCur(nc.id);
  try {
    run(nc, a, b);
  } catch (e) {
    threw(nc, e, where);
  }
  setCur(outer);
}

/** One event for the handler, guarded and counted. Everything but the hot path calls handlers through this. */
export function call(nc: Connection, ev: number, data: unknown): void {
  if (ev !== MG_EV_POLL) nc.mgr._calls++;
  guard(nc, ev, dispatch as (nc: Connection, a: unknown, b: unknown) => void, ev, data);
}

/** A handler threw: report it, close its connection (a listener stays), go on. */
export function threw(nc: Connection, e: unknown, where: string | number): void {
  report(nc, e, where);
  if (nc._f & MG_F_LISTENING) return;
  if (!nc.err) nc.err = Err.HandlerThrew;
  nc._f |= MG_F_CLOSE_IMMEDIATELY;
  nc._gate |= Gate.Dropped; // or the next bytes went to the handler before it is closed
}

/** Counts an exception and logs it, once. */
export function report(nc: Connection, e: unknown, where: string | number): void {
  const mgr = nc.mgr;
  mgr.stats.threw++;
  const stack = e && (e as Error).stack;
  mgr._platform.log("meerkat: handler of connection " + nc.id + " threw in " + (typeof where === "number" ? eventName(where) : where) + ": " + e + (stack ? "\n" + stack : ""));
}

/** Whether a handler of one of this manager's connections is running. */
export function isRunning(mgr: Manager): boolean {
  for (let i = 0; cur && i < mgr._conns.length; i++) if (mgr._conns[i].id === cur) return true;
  return false;
}

/** Puts the connection on the list of those to look at (flush, close, resume) when the current event is over. */
export function later(nc: Connection): void {
  const mgr = nc.mgr;
  if (nc._listed & Listed.Dirty) return;
  nc._listed |= Listed.Dirty;
  mgr._dirty.push(nc);
  mgr._todo = 1;
  if (!isRunning(mgr)) arm(mgr, 0);
}

/** Puts the connection on the list of those the next pass may close. */
export function closeLater(nc: Connection): void {
  if (nc._listed & Listed.Closing) return;
  nc._listed |= Listed.Closing;
  nc.mgr._closing.push(nc);
  arm(nc.mgr, 0);
}

/** Asks to be woken at platform time `atMs` (0: as soon as possible), unless an earlier wake is on its way. */
export function arm(mgr: Manager, atMs: number): void {
  if (atMs >= mgr._wakeAt || !mgr._running) return;
  mgr._wakeAt = atMs;
  const wait = atMs ? atMs - mgr._platform.now() : 0;
  mgr._platform.wakeAfter(mgr, wait > 0 ? wait : 0);
}

/** Something to do in the next pass: an upcall that came while nobody drove the manager, or a pair's delivery. */
export interface Posted {
  run(nc: Connection, a: unknown, b: unknown): void;
  nc: Connection;
  a: unknown;
  b: unknown;
}

/** Leaves a call for the next pass. */
export function post(nc: Connection, run: Posted["run"], a: unknown, b: unknown): void {
  nc.mgr._inbox.push({ run: run, nc: nc, a: a, b: b });
  arm(nc.mgr, 0);
}

slow.threw = threw;
