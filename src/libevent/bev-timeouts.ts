import { enter, runEvent } from "./bev-callbacks.js";
import { Bev } from "./bev-state.js";
import type { BufferEvent } from "./bufferevent.js";
import { BEV_EVENT_READING, BEV_EVENT_TIMEOUT, BEV_EVENT_WRITING, EV_READ, EV_WRITE } from "./constants.js";
import { deactivate, schedule, type Timed, unschedule } from "./event-queue.js";

/** A timeout of one direction. It is moved on by noting when it is due: the clock is looked at when it fires. */
class Timeout implements Timed {
  _bev: BufferEvent;
  /** EV_READ or EV_WRITE. */
  _which: number;
  _ms: number;
  /** When it is really due, platform ms. */
  _due: number;
  _at: number;
  _pri: number;
  _queued: number;
  _res: number;

  constructor(bev: BufferEvent, which: number) {
    this._bev = bev;
    this._which = which;
    this._ms = 0;
    this._due = 0;
    this._at = 0;
    this._pri = bev._pri;
    this._queued = 0;
    this._res = 0;
  }

  _fire(): void {
    const bev = this._bev;
    if (bev._base.manager._platform.now() + 1 < this._due) return schedule(bev._base, this, this._due);
    this._due = 0;
    enter(bev, this._which === EV_READ ? readTimedOut : writeTimedOut);
  }
}

function readTimedOut(bev: BufferEvent): void {
  bev.disable(EV_READ);
  runEvent(bev, BEV_EVENT_READING | BEV_EVENT_TIMEOUT, 0);
}

function writeTimedOut(bev: BufferEvent): void {
  bev.disable(EV_WRITE);
  runEvent(bev, BEV_EVENT_WRITING | BEV_EVENT_TIMEOUT, 0);
}

/**
 * The timeouts of a bufferevent. Reading: runs while reading is enabled and not suspended, anew from each byte. Writing: runs
 * while there is something to write or a connect is under way, writing is enabled and not suspended.
 */
export class Timeouts {
  _read: Timeout;
  _write: Timeout;

  constructor(bev: BufferEvent) {
    this._read = new Timeout(bev, EV_READ);
    this._write = new Timeout(bev, EV_WRITE);
  }

  /** Bytes came or went: the time begins anew. */
  touch(bev: BufferEvent, which: number): void {
    const t = which === EV_READ ? this._read : this._write;
    if (t._due) t._due = bev._base.manager._platform.now() + t._ms;
    if (which === EV_WRITE && !bev._out.getLength()) end(bev, t);
  }

  /** Enabled, perhaps once more: the time begins anew. */
  restart(bev: BufferEvent, events: number): void {
    if (events & EV_READ) end(bev, this._read);
    if (events & EV_WRITE) end(bev, this._write);
  }

  /** Starts and stops what runs under other conditions now. */
  adjust(bev: BufferEvent): void {
    const isOver = bev._st & (Bev.Told | Bev.Freed);
    if (bev._on & EV_READ && !bev._rs && !isOver) begin(bev, this._read);
    else end(bev, this._read);
    const isBusy = bev._out.getLength() || bev._st & Bev.Connecting;
    if (bev._on & EV_WRITE && !bev._ws && isBusy && !isOver) begin(bev, this._write);
    else end(bev, this._write);
  }

  stop(bev: BufferEvent): void {
    end(bev, this._read);
    end(bev, this._write);
  }

  /** The time of one direction from now on, 0: none. */
  set(bev: BufferEvent, which: number, seconds: number): void {
    const t = which === EV_READ ? this._read : this._write;
    end(bev, t);
    t._ms = seconds * 1000;
  }
}

function begin(bev: BufferEvent, t: Timeout): void {
  if (!t._ms || t._due) return;
  t._due = bev._base.manager._platform.now() + t._ms;
  schedule(bev._base, t, t._due);
}

function end(bev: BufferEvent, t: Timeout): void {
  if (!t._due) return;
  t._due = 0;
  unschedule(bev._base, t);
  deactivate(bev._base, t);
}

/** See {@link BufferEvent.setTimeouts}. */
export function setTimeouts(bev: BufferEvent, read: number | undefined | null, write: number | undefined | null): void {
  const r = read === undefined || read === null ? 0 : read;
  const w = write === undefined || write === null ? 0 : write;
  if (!(r >= 0) || !(w >= 0)) throw new TypeError("Timeouts are " + read + " and " + write + ": must be seconds, 0 or more");
  if (!bev._t && !r && !w) return;
  const t = bev._t || (bev._t = new Timeouts(bev));
  t.set(bev, EV_READ, r);
  t.set(bev, EV_WRITE, w);
  t.adjust(bev);
}
