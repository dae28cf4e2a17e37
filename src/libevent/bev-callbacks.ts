import { guard, report } from "../core/call.js";
import { leave, settle } from "../core/output.js";
import { State } from "../core/state.js";
import { Bev } from "./bev-state.js";
import type { BufferEvent } from "./bufferevent.js";
import {
  BEV_EVENT_CONNECTED, BEV_EVENT_ERROR, BEV_EVENT_READING, BEV_OPT_DEFER_CALLBACKS, BEV_TRIG_IGNORE_WATERMARKS, EV_READ, EV_WRITE,
} from "./constants.js";
import type { EvSocket } from "./ev-socket.js";
import { activate, isLive, Loop, ran } from "./event-queue.js";

/*
 * Who is called when. A callback runs at once when nothing stands against it: no BEV_OPT_DEFER_CALLBACKS, no priority of
 * its own, and the loop is on. Else it is noted and called from the loop (bufferevent.c, bufferevent_run_deferred_callbacks).
 */

/** The connection that carries a bufferevent: its own, or that of the one at the bottom of its filters. */
export function carrier(bev: BufferEvent): EvSocket | undefined {
  let b = bev;
  while (b._under) b = b._under;
  const nc = b._nc;
  return nc && nc._state !== State.Closed ? nc : undefined;
}

/**
 * Runs code that may call the program's callbacks from outside an event of the connection: as one. What it throws closes
 * the connection, and is reported once.
 */
export function enter(bev: BufferEvent, run: (bev: BufferEvent) => void): void {
  const nc = carrier(bev);
  if (!nc) return alone(bev, run);
  guard(nc, "a bufferevent", step as (nc: EvSocket, a: unknown, b: unknown) => void, run, bev);
  settle(nc);
  leave(nc.mgr);
}

function step(_nc: EvSocket, run: (bev: BufferEvent) => void, bev: BufferEvent): void {
  run(bev);
}

/** The same for one that has no connection: what throws ends it. */
function alone(bev: BufferEvent, run: (bev: BufferEvent) => void): void {
  try {
    run(bev);
  } catch (e) {
    report(bev._base._nc, e, "a bufferevent");
    bev._st &= ~(Bev.ReadDue | Bev.WriteDue | Bev.Reading | Bev.Writing | Bev.Pump);
    bev.disable(EV_READ | EV_WRITE);
    if (bev._st & Bev.Told) return;
    bev._st |= Bev.Told;
    bev._ops.broken(bev);
    noteEvent(bev, BEV_EVENT_READING | BEV_EVENT_ERROR);
  }
}

/** Among the options of a trigger: the program asks for it, whether the loop is on or not. */
export const BY_PROGRAM = 0x100000;

function mustWait(bev: BufferEvent, options: number): boolean {
  if ((bev._opt | options) & BEV_OPT_DEFER_CALLBACKS || bev._st & Bev.Ranked) return true;
  if (!isLive(bev._base)) return !(options & BY_PROGRAM);
  if (bev._base._state & Loop.Once) ran(bev._base);
  return false;
}

/** Asks the loop to look at the bufferevent; `what`: bits of {@link Bev}. */
export function soon(bev: BufferEvent, what: number): void {
  bev._st |= what;
  if (!bev._queued) activate(bev._base, bev);
}

/** The read callback, now or from the loop. */
export function runRead(bev: BufferEvent, options: number): void {
  if (!bev._rcb) return;
  if (mustWait(bev, options)) soon(bev, Bev.ReadDue);
  else bev._rcb(bev, bev._arg);
}

/** The write callback, now or from the loop. */
export function runWrite(bev: BufferEvent, options: number): void {
  if (!bev._wcb) return;
  if (mustWait(bev, options)) soon(bev, Bev.WriteDue);
  else bev._wcb(bev, bev._arg);
}

/** The event callback, now or from the loop. */
export function runEvent(bev: BufferEvent, what: number, options: number): void {
  if (!bev._ecb) return;
  if (mustWait(bev, options)) noteEvent(bev, what);
  else bev._ecb(bev, what, bev._arg);
}

/** The event callback from the loop. */
export function noteEvent(bev: BufferEvent, what: number): void {
  if (!bev._ecb) return;
  bev._ev |= what;
  soon(bev, 0);
}

/** See {@link BufferEvent.trigger}. */
export function trigger(bev: BufferEvent, iotype: number, options: number): void {
  const isForced = options & BEV_TRIG_IGNORE_WATERMARKS;
  if (iotype & EV_READ && (isForced || bev._in.getLength() >= bev._rl)) runRead(bev, options);
  if (iotype & EV_WRITE && (isForced || bev._out.getLength() <= bev._wl)) runWrite(bev, options);
}

/** The loop's turn: CONNECTED, then what waits to be read, the read and the write callback, then the other events in one. */
export function runDue(bev: BufferEvent): void {
  if (bev._ev & BEV_EVENT_CONNECTED && bev._ecb) {
    bev._ev &= ~BEV_EVENT_CONNECTED;
    bev._ecb(bev, BEV_EVENT_CONNECTED, bev._arg);
  }
  if (bev._st & Bev.Pump) {
    bev._st &= ~Bev.Pump;
    bev._ops.pump(bev);
  }
  if (bev._st & Bev.ReadDue) {
    bev._st &= ~Bev.ReadDue;
    if (bev._rcb) bev._rcb(bev, bev._arg);
  }
  if (bev._st & Bev.Wake) {
    bev._st &= ~Bev.Wake;
    if (bev._on & EV_WRITE && !bev._ws && bev._out.getLength() <= bev._wl) bev._st |= Bev.WriteDue;
  }
  if (bev._st & Bev.WriteDue) {
    bev._st &= ~Bev.WriteDue;
    if (bev._wcb) bev._wcb(bev, bev._arg);
  }
  const what = bev._ev;
  bev._ev = 0;
  if (what && bev._ecb) bev._ecb(bev, what, bev._arg);
}
