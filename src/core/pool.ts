import type { ByteOps } from "./port.js";

/**
 * The page pool: a fixed number of fixed-size pages, which is all the memory connections may use for data.
 *
 * A page is a promise of `pageBytes` bytes, counted here; how the bytes are kept is the platform's matter (a Buffer on
 * Node, a string on Espruino, where copying bytes into preallocated arrays costs more than the work done with them).
 * A byte queue of n bytes holds ceil(n / pageBytes) pages. Input leaves `reserve` pages for output, so that a pool full
 * of waiting input can still answer and thereby empty itself.
 */
export class Pool {
  /** Pages nobody holds. */
  _free: number;
  /** Bytes in a page. */
  pageBytes: number;
  /** Pages only output may take. */
  _reserve: number;
  /** Connections that wait for pages: someone wants to know when pages come back. */
  _wanted: number;
  /** At this many free pages or fewer the pool is tight: the reserve, and room for one chunk in hand. */
  _tightAt: number;
  /** Nonzero while it is. */
  _tight: number;
  /** Called when that changes. */
  _onTight: ((pool: Pool) => void) | undefined;
  /** Called when pages come back while `_wanted` is not 0. */
  _onGive: ((pool: Pool) => void) | undefined;
  /** Who that is. */
  _owner: unknown;
  /** How the platform works on bytes. */
  _ops: ByteOps;
  /** Pages in all. */
  pages: number;
  /** Fewest pages that were ever free. */
  lowWater: number;

  constructor(pages: number, pageBytes: number, reserve: number, ops: ByteOps) {
    this._free = pages;
    this.pageBytes = pageBytes;
    this._reserve = reserve;
    this._wanted = 0;
    this._tightAt = reserve;
    this._tight = pages <= reserve ? 1 : 0;
    this._onTight = undefined;
    this._onGive = undefined;
    this._owner = undefined;
    this._ops = ops;
    this.pages = pages;
    this.lowWater = pages;
  }

  /** Pages nobody holds. */
  get free(): number {
    return this._free;
  }

  /** Pages that `bytes` bytes take. */
  pagesFor(bytes: number): number {
    return Math.ceil(bytes / this.pageBytes);
  }

  /** Leases `count` pages, leaving `keep` free. False, and nothing taken, when there are not that many. */
  take(count: number, keep: number): boolean {
    const left = this._free - count;
    if (left < keep) return false;
    this._free = left;
    if (left < this.lowWater) this.lowWater = left;
    if (left > this._tightAt || this._tight) return true;
    this._tight = 1;
    if (this._onTight) this._onTight(this);
    return true;
  }

  /** Gives pages back. */
  give(count: number): void {
    this._free += count;
    if (this._tight && this._free > this._tightAt) {
      this._tight = 0;
      if (this._onTight) this._onTight(this);
    }
    if (this._wanted && count && this._onGive) this._onGive(this);
  }
}
