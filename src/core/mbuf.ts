import { rangeError } from "./errors.js";
import type { Pool } from "./pool.js";
import type { ByteOps, Raw } from "./port.js";

/** What can be appended or sent: text (goes out as UTF-8), bytes, or the contents of another queue. */
export type Data = string | Uint8Array | Mbuf;

/** Pieces below this size are joined rather than listed: bytes that come one by one would take a place in the list each. */
const SMALL_BYTES = 256;

/**
 * A byte queue over leased pages (struct mbuf). Bytes are appended at the end and removed from the front.
 *
 * The bytes are kept as the platform handed them over: one Raw, or (where joining copies) a list of them.
 * Invariants: `len` is the sum of all pieces; `_pages` is ceil(len / pageBytes), no more, no less, but for the one piece
 * that the hot path has in hand during an event, for which nothing is leased until the event is over.
 */
export class Mbuf {
  /** Bytes held. Read only. */
  len: number;
  /** The first piece; everything, when `_more` is undefined. */
  _raw: Raw;
  /** Pages leased. */
  _pages: number;
  _pool: Pool;
  /** Nonzero: the program has seen this queue, so it stays with its connection. */
  declare _public: number;
  /** The pieces behind the first. */
  declare _more: Raw[] | undefined;

  constructor(pool: Pool) {
    this.len = 0;
    this._raw = "";
    this._pages = 0;
    this._pool = pool;
  }

  /** Bytes the leased pages could hold: the part of the pool this queue has in use. */
  get size(): number {
    return this._pages * this._pool.pageBytes;
  }

  /** Appends data; all of it or, when the pool has no room, nothing. Answers the bytes taken: the size of the data, or 0. */
  append(data: Data): number {
    return this._put(toRaw(this._pool._ops, data));
  }

  /** Appends bytes that nobody else will change. */
  _put(raw: Raw): number {
    const n = raw.length;
    if (!n) return 0;
    // `_lease`, written out: this is the deepest place of a request, and each call costs stack.
    const pool = this._pool;
    const pages = Math.ceil((this.len + n) / pool.pageBytes) - this._pages;
    if (pages > 0) {
      if (!pool.take(pages, 0)) return 0;
      this._pages += pages;
    }
    if (!this.len) this._raw = raw;
    else if (this._more) this._behind(raw);
    else if (typeof raw === "string" && typeof this._raw === "string") this._raw += raw;
    else this._more = [raw];
    this.len += n;
    return n;
  }

  /** A piece behind those in the list; small ones are joined, so that the list stays short. */
  _behind(raw: Raw): void {
    const more = this._more as Raw[];
    const at = more.length - 1;
    if (at >= 0 && raw.length < SMALL_BYTES && more[at].length < SMALL_BYTES) more[at] = this._pool._ops.concat(more[at], raw);
    else more.push(raw);
  }

  /** Sees to it that pages for `bytes` bytes are leased. False when the pool has not enough. */
  _lease(bytes: number): boolean {
    const pool = this._pool;
    const more = pool.pagesFor(bytes) - this._pages;
    if (more > 0 && !pool.take(more, 0)) return false;
    if (more > 0) this._pages += more;
    return true;
  }

  /** Leases pages for what came through the hot path and stays. The page in hand is always there, if need be from the reserve. */
  _leaseKept(): void {
    const pages = this._pool.pagesFor(this.len);
    if (this._pages || !pages) return;
    this._pool.take(pages, -65536);
    this._pages = pages;
  }

  /** Inserts data before byte `offset` (0 to len). Answers the bytes taken: all or 0. RangeError for an offset outside. */
  insert(offset: number, data: Data): number {
    if (!(offset >= 0 && offset <= this.len)) {
      throw rangeError("Cannot insert at " + offset + ": offset must be from 0 to " + this.len);
    }
    const raw = toRaw(this._pool._ops, data);
    if (!raw.length || !this._lease(this.len + raw.length)) return 0;
    const all = this._pullup();
    const ops = this._pool._ops;
    this._raw = ops.concat(ops.concat(ops.slice(all, 0, offset), raw), ops.slice(all, offset, this.len));
    this.len += raw.length;
    return raw.length;
  }

  /** Removes `count` bytes from the front. More than `len`, or not more than 0, removes nothing, as in Mongoose. */
  remove(count: number): void {
    if (count === this.len) this.clear();
    else if (count > 0 && count < this.len) this._drop(count);
  }

  _drop(bytes: number): void {
    const count = Math.floor(bytes);
    let left = count;
    while (this._more && left >= this._raw.length) {
      left -= this._raw.length;
      this._next();
    }
    if (left) this._raw = this._pool._ops.slice(this._raw, left, this._raw.length);
    this.len -= count;
    this._trimPages();
  }

  _next(): void {
    const more = this._more as Raw[];
    this._raw = more.shift() || "";
    if (!more.length) this._more = undefined;
  }

  _trimPages(): void {
    const spare = this._pages - this._pool.pagesFor(this.len);
    if (spare <= 0) return;
    this._pages -= spare;
    this._pool.give(spare);
  }

  /** Empties the queue. */
  clear(): void {
    this.len = 0;
    this._raw = "";
    if (this._more) this._more = undefined;
    const pages = this._pages;
    if (!pages) return;
    this._pages = 0;
    this._pool.give(pages);
  }

  /** Same as clear: there is no memory to keep (mbuf_free). */
  free(): void {
    this.clear();
  }

  /** Cuts the queue to `size` bytes from the front; does nothing when it is no longer than that. */
  resize(size: number): void {
    if (!(size >= 0 && size < this.len)) return;
    const whole = Math.floor(size);
    this._raw = this._pool._ops.slice(this._pullup(), 0, whole);
    this.len = whole;
    this._trimPages();
  }

  /** Does nothing: a queue never holds more pages than its bytes need (mbuf_trim). */
  trim(): void {}

  /** Moves everything to the end of `to`, and answers how many bytes; nothing moves, and 0, when `to` may not take them. */
  moveTo(to: Mbuf): number {
    const raw = this._pullup();
    const n = this.len;
    const hadPages = this._pages;
    if (!n) return 0;
    this.clear();
    if (to._put(raw)) return n;
    this._raw = raw;
    this.len = n;
    if (hadPages) this._leaseKept();
    return 0;
  }

  /**
   * Moves `n` bytes (1 to len) from the front to the end of `to`, which is another queue: whole pieces with their pages, and
   * a slice of the last. False, and nothing moved, when the pool has no page for it.
   */
  _moveFront(to: Mbuf, n: number): boolean {
    const pool = this._pool;
    if (to._pool !== pool) return this._copyFront(to, n);
    const here = pool.pagesFor(this.len - n);
    const there = pool.pagesFor(to.len + n);
    const need = here + there - this._pages - to._pages; // more than 0 when two parts take a page more than the whole
    if (need > 0 && !pool.take(need, 0)) return false;
    if (n === this.len && !to.len) {
      to._raw = this._raw;
      if (this._more) to._more = this._more;
      this._raw = "";
      this._more = undefined;
    } else {
      this._movePieces(to, n);
    }
    to.len += n;
    this.len -= n;
    this._pages = here;
    to._pages = there;
    if (need < 0) pool.give(-need);
    return true;
  }

  _movePieces(to: Mbuf, n: number): void {
    let at = to.len;
    let left = n;
    while (left) {
      let raw = this._raw;
      if (left >= raw.length) {
        if (this._more) this._next();
        else this._raw = "";
      } else {
        this._raw = this._pool._ops.slice(raw, left, raw.length);
        raw = this._pool._ops.slice(raw, 0, left);
      }
      if (raw.length && !at) to._raw = raw;
      else if (raw.length) to._apart()._behind(raw);
      at += raw.length;
      left -= raw.length;
    }
  }

  /** The same between two pools: the bytes as one piece. */
  _copyFront(to: Mbuf, n: number): boolean {
    if (!to._put(this._pool._ops.slice(this._gather(n), 0, n))) return false;
    this.remove(n);
    return true;
  }

  /** From here on what is appended stays apart from the first piece, so that looking at the end does not join everything. */
  _apart(): Mbuf {
    if (!this._more) this._more = [];
    return this;
  }

  /** Moves everything before the first byte of `to`, another queue. False, and nothing moved, when the pool has no page for it. */
  _moveBefore(to: Mbuf): boolean {
    if (to._pool !== this._pool) {
      if (!to._putFront(this._pullup())) return false;
      this.clear();
      return true;
    }
    if (to.len && !to._moveFront(this, to.len)) return false;
    to._swap(this);
    return true;
  }

  /** Changes places with the contents of `other`, a queue of the same pool. */
  _swap(other: Mbuf): void {
    const raw = this._raw;
    const more = this._more;
    const len = this.len;
    const pages = this._pages;
    this._raw = other._raw;
    this._more = other._more;
    this.len = other.len;
    this._pages = other._pages;
    other._raw = raw;
    other._more = more;
    other.len = len;
    other._pages = pages;
  }

  /** Inserts before the first byte. Answers the bytes taken: all or 0. */
  _putFront(raw: Raw): number {
    const n = raw.length;
    if (!n || !this._lease(this.len + n)) return 0;
    if (this._more) this._more.unshift(this._raw);
    else if (this.len) this._more = [this._raw];
    this._raw = raw;
    this.len += n;
    return n;
  }

  /** The first piece, made to hold at least `n` bytes (at most len). */
  _gather(n: number): Raw {
    let first = this._raw;
    const more = this._more;
    if (first.length >= n || !more) return first;
    const ops = this._pool._ops;
    let count = 0;
    for (let size = first.length; size < n; count++) size += more[count].length;
    const rest = more.splice(0, count);
    if (ops.join) first = ops.join(first, rest);
    else for (let i = 0; i < count; i++) first = ops.concat(first, rest[i]);
    this._raw = first;
    if (!more.length) this._more = undefined;
    return first;
  }

  /** All bytes as one Raw. */
  _pullup(): Raw {
    const more = this._more;
    if (!more) return this._raw;
    let all = this._raw;
    if (this._pool._ops.join) all = this._pool._ops.join(all, more);
    else for (let i = 0; i < more.length; i++) all = this._pool._ops.concat(all, more[i]);
    this._raw = all;
    this._more = undefined;
    return all;
  }

  /** The byte at `index`, 0–255; -1 outside. */
  byteAt(index: number): number {
    if (!(index >= 0 && index < this.len)) return -1;
    const raw = this._pullup();
    return typeof raw === "string" ? raw.charCodeAt(index) : raw[index];
  }

  /** Where the bytes of `needle` (text: its UTF-8 bytes) begin at or after `from`; -1 when nowhere. */
  indexOf(needle: string, from?: number): number {
    const bytes = this._pool._ops.text(needle);
    const binary = typeof bytes === "string" ? bytes : this._pool._ops.latin1(bytes, 0, bytes.length);
    return this._pool._ops.indexOf(this._pullup(), binary, from && from > 0 ? from : 0);
  }

  /** A copy of bytes `from` to `to` (default: all), clamped to what is there. */
  slice(from?: number, to?: number): Uint8Array {
    const end = to === undefined || to > this.len ? this.len : to;
    const start = from && from > 0 ? from : 0;
    return this._pool._ops.bytes(this._pullup(), start, end > start ? end : start);
  }

  /** Bytes `from` to `to` (default: all) as text, decoded from UTF-8. */
  text(from?: number, to?: number): string {
    const end = to === undefined || to > this.len ? this.len : to;
    const start = from && from > 0 ? from : 0;
    return end > start ? this._pool._ops.utf8(this._pullup(), start, end) : "";
  }

  /** Bytes `from` to `to` as a binary string (one character 0–255 a byte): what the codecs work on. */
  latin1(from: number, to: number): string {
    return this._pool._ops.latin1(this._pullup(), from, to);
  }

  /** The whole contents as text. */
  toString(): string {
    return this.text();
  }
}

Mbuf.prototype._more = undefined;
Mbuf.prototype._public = 0;

/** Data as the bytes that go over the wire. Throws TypeError for anything but text, Uint8Array and Mbuf. */
export function toRaw(ops: ByteOps, data: Data): Raw {
  if (typeof data === "string") return ops.text(data);
  if (data instanceof Mbuf) return data._pullup();
  if (data instanceof Uint8Array) return ops.copy(data);
  throw new TypeError("Cannot send " + (data === null ? "null" : typeof data) + ": must be text, Uint8Array or Mbuf");
}
