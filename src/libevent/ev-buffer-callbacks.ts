import { EVBUFFER_CB_ENABLED } from "./constants.js";
import type { EvBuffer } from "./ev-buffer.js";
import type { EventBase } from "./event-base.js";
import { activate, type Runnable } from "./event-queue.js";

/** How a buffer's length changed (struct evbuffer_cb_info), in bytes. */
export interface EvBufferCbInfo {
  /** Its length before. */
  origSize: number;
  nAdded: number;
  nDeleted: number;
}

/** Called after a change. May add and remove bytes and callbacks. */
export type EvBufferCb = (buf: EvBuffer, info: EvBufferCbInfo, arg: unknown) => void;

/** A callback of a buffer (struct evbuffer_cb_entry). */
export interface EvBufferCbEntry {
  _cb: EvBufferCb;
  _arg: unknown;
  _flags: number;
  /** Changes it has not been told of: while it is suspended. */
  _added: number;
  _deleted: number;
}

/** Flag of an entry: suspended. */
const SUSPENDED = 2;

/** Adds a callback in front of the others, as C does. TypeError for what is no function. */
export function addCallback(buf: EvBuffer, cb: EvBufferCb, arg: unknown): EvBufferCbEntry {
  if (typeof cb !== "function") throw new TypeError("Callback must be a function, is " + typeof cb);
  const entry = { _cb: cb, _arg: arg, _flags: EVBUFFER_CB_ENABLED, _added: 0, _deleted: 0 };
  buf._cbs = [entry].concat(buf._cbs || []);
  if (!buf._tell) buf._tell = tellNow;
  return entry;
}

export function removeCallback(buf: EvBuffer, cb: EvBufferCb, arg: unknown): number {
  const cbs = buf._cbs || [];
  for (let i = 0; i < cbs.length; i++) if (cbs[i]._cb === cb && cbs[i]._arg === arg) return removeEntry(buf, cbs[i]);
  return -1;
}

export function removeEntry(buf: EvBuffer, entry: EvBufferCbEntry): number {
  const at = buf._cbs ? buf._cbs.indexOf(entry) : -1;
  if (at < 0) return -1;
  const cbs = (buf._cbs as EvBufferCbEntry[]).slice(0); // it may be in the middle of being told
  cbs.splice(at, 1);
  buf._cbs = cbs;
  if (!cbs.length && buf._tell === tellNow) buf._tell = undefined;
  return 0;
}

/** Changes the flags a program may change. TypeError for others. */
export function addFlags(entry: EvBufferCbEntry, set: number, clear: number): number {
  if ((set | clear) & ~EVBUFFER_CB_ENABLED) throw new TypeError("Unknown callback flags " + (set | clear));
  entry._flags = (entry._flags | set) & ~clear;
  return 0;
}

export function suspend(entry: EvBufferCbEntry): void {
  entry._flags |= SUSPENDED;
}

export function unsuspend(buf: EvBuffer, entry: EvBufferCbEntry): void {
  entry._flags &= ~SUSPENDED;
  tellOne(buf, entry, 0, 0);
}

function tellNow(buf: EvBuffer, added: number, deleted: number): void {
  const cbs = buf._cbs || [];
  for (let i = 0; i < cbs.length; i++) tellOne(buf, cbs[i], added, deleted);
}

/** Each callback has its own account of what it was not told, so that one may be suspended and another not. */
function tellOne(buf: EvBuffer, entry: EvBufferCbEntry, added: number, deleted: number): void {
  if (!(entry._flags & EVBUFFER_CB_ENABLED)) return;
  const nAdded = entry._added + added;
  const nDeleted = entry._deleted + deleted;
  const isHeld = entry._flags & SUSPENDED;
  entry._added = isHeld ? nAdded : 0;
  entry._deleted = isHeld ? nDeleted : 0;
  if (isHeld || !(nAdded || nDeleted)) return;
  entry._cb(buf, { origSize: buf._m.len + nDeleted - nAdded, nAdded: nAdded, nDeleted: nDeleted }, entry._arg);
}

/** What runs a buffer's callbacks from the loop. */
interface Deferral extends Runnable {
  _buf: EvBuffer;
}

/** From now on the callbacks of this buffer run from the loop. */
export function deferAll(buf: EvBuffer, base: EventBase): number {
  const item: Deferral = { _pri: base._queues.length >> 1, _queued: 0, _fire: tellAll, _buf: buf };
  buf._tell = function (_buf: EvBuffer, added: number, deleted: number): void {
    const cbs = buf._cbs || [];
    for (let i = 0; i < cbs.length; i++) {
      cbs[i]._added += added;
      cbs[i]._deleted += deleted;
    }
    if (cbs.length) activate(base, item);
  };
  return 0;
}

function tellAll(this: Deferral): void {
  tellNow(this._buf, 0, 0);
}
