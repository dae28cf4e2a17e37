import { rangeError } from "../core/errors.js";
import { type Data, Mbuf, toRaw } from "../core/mbuf.js";
import type { Raw } from "../core/port.js";
import { format } from "../core/printf.js";
import { EVBUFFER_PTR_ADD, EVBUFFER_PTR_SET } from "./constants.js";
import { addCallback, addFlags, deferAll, type EvBufferCb, type EvBufferCbEntry, removeCallback, removeEntry, suspend, unsuspend } from "./ev-buffer-callbacks.js";
import { eolBytes, findEol, readLine } from "./ev-buffer-lines.js";
import { commit, type EvIovec, peekAt, reserve } from "./ev-buffer-peek.js";
import { type EvBufferRefCleanup, refer } from "./ev-buffer-references.js";
import type { EventBase } from "./event-base.js";

/** A place in a buffer (struct evbuffer_ptr): bytes from the front, or -1 for "not found". A change of the buffer outdates it. */
export interface EvBufferPtr {
  pos: number;
  /** Answered by `searchEol`: bytes of the end of line. */
  eolLen?: number;
}

/** Which ends are frozen. */
const enum Frozen {
  Front = 1,
  Back = 2,
}

/**
 * A byte queue over leased pages (struct evbuffer): bytes are appended at the back and taken from the front. What the pool has
 * no room for is refused whole: -1, and nothing changed.
 *
 * Where C hands out pointers into the buffer, this hands out copies; see docs/libevent.md.
 */
export class EvBuffer {
  /** The queue itself; a bufferevent's buffers are recvMbuf and sendMbuf of its connection. */
  _m: Mbuf;
  _base: EventBase;
  /** Bits of {@link Frozen}. */
  declare _frozen: number;
  /** What a program did to it is told here: bytes added and removed. */
  declare _hook: ((buf: EvBuffer, added: number, deleted: number) => void) | undefined;
  /** Whose it is, for `_hook`. */
  declare _owner: unknown;
  /** Bytes from the front that hold no end of line of this style, as far as is known. */
  declare _eol: number;
  declare _eolStyle: number;
  /** Change callbacks, and what calls them; undefined while there are none. */
  declare _cbs: EvBufferCbEntry[] | undefined;
  declare _tell: ((buf: EvBuffer, added: number, deleted: number) => void) | undefined;
  /** References whose cleanup is owed, what counts them off, and what takes them along; undefined while there are none. */
  declare _refs: object[] | undefined;
  declare _count: ((buf: EvBuffer, deleted: number) => void) | undefined;
  declare _carry: ((from: EvBuffer, to: EvBuffer, n: number, isFront: boolean) => void) | undefined;
  /** The space last reserved. */
  declare _reserved: Uint8Array | undefined;

  /** An empty buffer over the pool of `base` (evbuffer_new). `m`: over this queue. */
  constructor(base: EventBase, m?: Mbuf) {
    this._m = m || base.manager.mbuf();
    this._base = base;
  }

  /** Empties the buffer and forgets its callbacks (evbuffer_free). Cleanups that are owed are called. */
  free(): void {
    this._cbs = undefined;
    this._tell = undefined;
    this._m.clear();
    this._eol = 0;
    if (this._count) this._count(this, Infinity);
  }

  /** Bytes held. */
  getLength(): number {
    return this._m.len;
  }

  /** Bytes that lie in one piece at the front (evbuffer_get_contiguous_space). */
  getContiguousSpace(): number {
    return this._m.len ? this._m._raw.length : 0;
  }

  /** Appends text (as UTF-8), bytes or an Mbuf; of those the first `datlen` bytes. 0; -1: no room, or frozen. RangeError for a `datlen` beyond the data. */
  add(data: Data, datlen?: number): number {
    return this._append(bytesOf(this, data, datlen));
  }

  _append(raw: Raw): number {
    if (this._frozen & Frozen.Back) return -1;
    if (!raw.length) return 0;
    if (!this._m._put(raw)) return -1;
    this._changed(raw.length, 0);
    return 0;
  }

  /** Formats as `nc.printf` does and appends the text. Answers its bytes, or -1. */
  addPrintf(fmt: string, ...args: unknown[]): number {
    return this.addVprintf(fmt, args);
  }

  /** The same with the arguments in an array. */
  addVprintf(fmt: string, args: unknown[]): number {
    const raw = toRaw(this._m._pool._ops, format(fmt, args));
    return this._append(raw) < 0 ? -1 : raw.length;
  }

  /** Moves everything in `src` to the back: pages and pieces, no bytes. 0; -1: an end is frozen, or no room; then nothing moved. */
  addBuffer(src: EvBuffer): number {
    if (!src._m.len || src === this) return 0;
    if (this._frozen & Frozen.Back || src._frozen & Frozen.Front) return -1;
    return this._takeFrom(src, src._m.len) ? 0 : -1;
  }

  /** Moves up to `datlen` bytes from the front to the back of `dst`. Answers how many; -1: an end is frozen, or no room. */
  removeBuffer(dst: EvBuffer, datlen: number): number {
    const n = Math.floor(Math.min(datlen, this._m.len));
    if (!(n > 0) || dst === this) return 0;
    if (dst._frozen & Frozen.Back || this._frozen & Frozen.Front) return -1;
    return dst._takeFrom(this, n) ? n : -1;
  }

  _takeFrom(src: EvBuffer, n: number): boolean {
    if (!src._m._moveFront(this._m, n)) return false;
    if (src._carry) src._carry(src, this, n, false);
    src._changed(0, n);
    this._changed(n, 0);
    return true;
  }

  /** Appends what is in `src`, which keeps it; the bytes are shared, the pages counted for both. 0, or -1 as for `add` and for itself. */
  addBufferReference(src: EvBuffer): number {
    return src === this ? -1 : this._append(src._m._pullup());
  }

  /**
   * Appends data, and calls `cleanup(data, datlen, arg)` when the last byte of it has been removed here or in a buffer that it
   * was moved to. Text is shared, a Uint8Array is copied. 0; -1: no room, or frozen: then the cleanup is not called.
   */
  addReference(data: string | Uint8Array, datlen?: number, cleanup?: EvBufferRefCleanup, arg?: unknown): number {
    return this.addReferenceWithOffset(data, 0, datlen, cleanup, arg);
  }

  /** The same for `datlen` bytes from `offset` on; `cleanup` gets `datlen + offset`, as in C. */
  addReferenceWithOffset(data: string | Uint8Array, offset: number, datlen?: number, cleanup?: EvBufferRefCleanup, arg?: unknown): number {
    const all = bytesOf(this, data, datlen === undefined ? undefined : offset + datlen);
    if (!(offset >= 0 && offset <= all.length)) throw rangeError("Offset " + offset + " is outside of " + all.length + " bytes");
    const raw = offset ? this._m._pool._ops.slice(all, offset, all.length) : all;
    if (this._frozen & Frozen.Back || (raw.length && !this._m._put(raw))) return -1;
    if (cleanup) refer(this, data, all.length, cleanup, arg);
    this._changed(raw.length, 0);
    return 0;
  }

  /** Appends `nVec` extents, all of them or none. Answers the bytes added. */
  addIovec(vec: EvIovec[], nVec?: number): number {
    const ops = this._m._pool._ops;
    let all: Raw = ops.text("");
    const count = nVec === undefined ? vec.length : nVec;
    for (let i = 0; i < count; i++) all = ops.concat(all, bytesOf(this, vec[i].iovBase, vec[i].iovLen));
    return this._append(all) < 0 ? 0 : all.length;
  }

  /** Inserts data before the front. 0; -1: no room, or frozen. */
  prepend(data: Data, datlen?: number): number {
    const raw = bytesOf(this, data, datlen);
    if (this._frozen & Frozen.Front) return -1;
    if (!raw.length) return 0;
    if (!this._m._putFront(raw)) return -1;
    this._inFront(raw.length);
    this._changed(raw.length, 0);
    return 0;
  }

  /** Moves everything in `src` before the front. 0; -1: an end is frozen, or no room; then nothing moved. */
  prependBuffer(src: EvBuffer): number {
    const n = src._m.len;
    if (!n || src === this) return 0;
    if ((this._frozen | src._frozen) & Frozen.Front || !src._m._moveBefore(this._m)) return -1;
    this._inFront(n);
    if (src._carry) src._carry(src, this, n, true);
    src._changed(0, n);
    this._changed(n, 0);
    return 0;
  }

  _inFront(n: number): void {
    this._eol = 0;
    if (this._count) this._count(this, -n);
  }

  /** Copies up to `datlen` bytes (default: all of `data`) from the front to `data` and removes them. Answers how many; -1: frozen. */
  remove(data: Uint8Array, datlen?: number): number {
    const n = this.copyout(data, datlen);
    if (n > 0) this.drain(n);
    return n;
  }

  /** Copies up to `datlen` bytes from the front to `data`. Answers how many; -1: frozen. */
  copyout(data: Uint8Array, datlen?: number): number {
    return this.copyoutFrom(undefined, data, datlen);
  }

  /** The same from `pos` on. RangeError for a `datlen` that `data` has no room for. */
  copyoutFrom(pos: EvBufferPtr | undefined, data: Uint8Array, datlen?: number): number {
    const size = datlen === undefined ? data.length : datlen;
    if (!(size >= 0 && size <= data.length)) throw rangeError("Cannot copy " + size + " bytes to an array of " + data.length);
    const from = pos ? pos.pos : 0;
    const n = Math.min(size, this._m.len - from);
    if (from < 0 || this._frozen & Frozen.Front) return n > 0 ? -1 : 0;
    if (n <= 0) return 0;
    const ops = this._m._pool._ops;
    const front = this._m._gather(from + n);
    if (ops.write) ops.write(front, from, from + n, data);
    else data.set(ops.bytes(front, from, from + n));
    return n;
  }

  /** Removes up to `len` bytes from the front. 0; -1: frozen. RangeError for less than 0. */
  drain(len: number): number {
    if (!(len >= 0)) throw rangeError("Cannot drain " + len + " bytes");
    const m = this._m;
    if (!m.len || !len) return 0;
    if (this._frozen & Frozen.Front) return -1;
    const n = len < m.len ? Math.floor(len) : m.len;
    m.remove(n);
    this._changed(0, n);
    return 0;
  }

  /** The first `size` bytes (-1: all) as an array, a copy. Undefined when there are not as many, or none were asked for. */
  pullup(size: number): Uint8Array | undefined {
    const n = size < 0 ? this._m.len : size;
    return n && n <= this._m.len ? this._m._pool._ops.bytes(this._m._gather(n), 0, n) : undefined;
  }

  /** Takes a line (EVBUFFER_EOL_ style) with its end off the front and answers it as text, without the end. Undefined: no whole line yet, or frozen. */
  readln(style: number): string | undefined {
    return this._frozen & Frozen.Front ? undefined : readLine(this, style);
  }

  /** Where the bytes of `what` begin at or after `start`; `pos` is -1 when nowhere. */
  search(what: string | Uint8Array, start?: EvBufferPtr): EvBufferPtr {
    return this.searchRange(what, start, undefined);
  }

  /** The same, and all of it before `end`. */
  searchRange(what: string | Uint8Array, start?: EvBufferPtr, end?: EvBufferPtr): EvBufferPtr {
    const ops = this._m._pool._ops;
    const needle = bytesOf(this, what, undefined);
    const from = start ? start.pos : 0;
    if (from < 0 || !needle.length) return { pos: from };
    const all = this._m._pullup();
    const binary = typeof needle === "string" ? needle : ops.latin1(needle, 0, needle.length);
    const at = from < all.length ? ops.indexOf(all, binary, from) : -1;
    return { pos: end && at + binary.length > end.pos ? -1 : at };
  }

  /** Where the next end of line is at or after `start`, and in `eolLen` its bytes; `pos` is -1 when there is none. */
  searchEol(start: EvBufferPtr | undefined, style: number): EvBufferPtr {
    const from = start ? start.pos : 0;
    const at = from < 0 ? -1 : findEol(this._m, from, from, style);
    return { pos: at, eolLen: at < 0 ? 0 : eolBytes };
  }

  /** Sets `ptr` to `position`, or moves it by that (EVBUFFER_PTR_SET, _ADD). 0; -1 beyond the end, and `ptr.pos` is -1. */
  ptrSet(ptr: EvBufferPtr, position: number, how: number): number {
    if (how !== EVBUFFER_PTR_SET && how !== EVBUFFER_PTR_ADD) throw new TypeError("Unknown way to set a pointer: " + how);
    if (how === EVBUFFER_PTR_ADD && ptr.pos < 0) return -1;
    const pos = how === EVBUFFER_PTR_ADD ? ptr.pos + position : position;
    ptr.pos = pos >= 0 && pos <= this._m.len ? pos : -1;
    return ptr.pos < 0 ? -1 : 0;
  }

  /**
   * Puts the pieces that hold `len` bytes (-1: all) from `startAt` on into `vec`, copies, at most `nVec` of them (default 0:
   * they are only counted). Answers how many there are.
   */
  peek(len: number, startAt?: EvBufferPtr, vec?: EvIovec[], nVec?: number): number {
    return peekAt(this._m, len, startAt ? startAt.pos : 0, vec || [], nVec === undefined ? 0 : nVec);
  }

  /** One extent of `size` bytes to be filled and committed, in `vec[0]`. Answers 1; -1: no room, or frozen. The room is not held. */
  reserveSpace(size: number, vec: EvIovec[]): number {
    return this._frozen & Frozen.Back ? -1 : reserve(this, size, vec);
  }

  /** Appends the first `iovLen` bytes of the extent that `reserveSpace` gave. 0; -1: it is another, too long, no room, or frozen. */
  commitSpace(vec: EvIovec[], nVec?: number): number {
    return nVec === 0 ? 0 : commit(this, vec[0]);
  }

  /** 0 when `datlen` more bytes would be taken now, -1 when not. The room is not held. */
  expand(datlen: number): number {
    const m = this._m;
    return m._pool.pagesFor(m.len + datlen) - m._pages <= m._pool._free ? 0 : -1;
  }

  /** Has `cb(buf, info, arg)` called after each change of the length, inside the call that makes it. Answers a handle. */
  addCb(cb: EvBufferCb, arg?: unknown): EvBufferCbEntry {
    return addCallback(this, cb, arg);
  }

  /** Removes the callback with that argument. 0; -1 when there is none. */
  removeCb(cb: EvBufferCb, arg?: unknown): number {
    return removeCallback(this, cb, arg);
  }

  /** Removes the callback of this handle. 0; -1 when there is none. */
  removeCbEntry(entry: EvBufferCbEntry): number {
    return removeEntry(this, entry);
  }

  /** EVBUFFER_CB_ENABLED: the callback is called again. 0. */
  cbSetFlags(entry: EvBufferCbEntry, flags: number): number {
    return addFlags(entry, flags, 0);
  }

  /** EVBUFFER_CB_ENABLED: the callback is not called. 0. */
  cbClearFlags(entry: EvBufferCbEntry, flags: number): number {
    return addFlags(entry, 0, flags);
  }

  /** Holds back the callback until `cbUnsuspend`, which tells it at once of all changes meanwhile. */
  cbSuspend(entry: EvBufferCbEntry): void {
    suspend(entry);
  }

  cbUnsuspend(entry: EvBufferCbEntry): void {
    unsuspend(this, entry);
  }

  /** From now on callbacks run from the loop of `base`, with the changes since the last time in one. 0. */
  deferCallbacks(base: EventBase): number {
    return deferAll(this, base);
  }

  /** Refuses changes at the front (drain, remove, prepend, …) or at the back (add, …). 0. */
  freeze(atFront: boolean | number): number {
    this._frozen |= atFront ? Frozen.Front : Frozen.Back;
    return 0;
  }

  /** Allows them again. 0. */
  unfreeze(atFront: boolean | number): number {
    this._frozen &= atFront ? ~Frozen.Front : ~Frozen.Back;
    return 0;
  }

  /** Bytes `from` to `to` (default: all) as text, decoded from UTF-8. */
  text(from?: number, to?: number): string {
    return this._m.text(from, to);
  }

  /** A copy of bytes `from` to `to` (default: all). */
  slice(from?: number, to?: number): Uint8Array {
    return this._m.slice(from, to);
  }

  toString(): string {
    return this._m.text();
  }

  /** A change that a program made. */
  _changed(added: number, deleted: number): void {
    if (this._hook) this._hook(this, added, deleted);
    this._note(added, deleted);
  }

  /** A change, whoever made it: what was known of the contents, cleanups, callbacks. */
  _note(added: number, deleted: number): void {
    if (deleted && this._eol) this._eol = this._eol > deleted ? this._eol - deleted : 0;
    if (deleted && this._count) this._count(this, deleted);
    if (this._tell) this._tell(this, added, deleted);
  }
}

const proto = EvBuffer.prototype;
proto._frozen = 0;
proto._hook = undefined;
proto._owner = undefined;
proto._eol = 0;
proto._eolStyle = 0;
proto._cbs = undefined;
proto._tell = undefined;
proto._refs = undefined;
proto._count = undefined;
proto._carry = undefined;
proto._reserved = undefined;

/** The first `datlen` bytes of data, or all of them. */
function bytesOf(buf: EvBuffer, data: Data, datlen: number | undefined): Raw {
  const ops = buf._m._pool._ops;
  const raw = toRaw(ops, data);
  if (datlen === undefined || datlen === raw.length) return raw;
  if (!(datlen >= 0 && datlen < raw.length)) throw rangeError("Cannot take " + datlen + " bytes of " + raw.length);
  return ops.slice(raw, 0, datlen);
}
