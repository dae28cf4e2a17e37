import { boundWrites } from "./bev-socket.js";
import { Bev, Suspend } from "./bev-state.js";
import { suspendRead, suspendWrite, unsuspendRead, unsuspendWrite } from "./bev-suspend.js";
import type { BufferEvent } from "./bufferevent.js";
import { EV_RATE_LIMIT_MAX } from "./constants.js";
import { deactivate, schedule, type Timed, unschedule } from "./event-queue.js";
import type { RateLimitGroup } from "./rate-limit-group.js";
import { Bucket, clip, type EvTokenBucketCfg, refill, tickAt, wholeBytes } from "./token-bucket.js";

/** What bounds the speed of one bufferevent: its own buckets, and those of its group. */
export class RateLimit implements Timed {
  _bev: BufferEvent;
  _cfg: EvTokenBucketCfg | undefined;
  _bucket: Bucket | undefined;
  _group: RateLimitGroup | undefined;
  _at: number;
  _pri: number;
  _queued: number;
  _res: number;

  constructor(bev: BufferEvent) {
    this._bev = bev;
    this._cfg = undefined;
    this._bucket = undefined;
    this._group = undefined;
    this._at = 0;
    this._pri = bev._pri;
    this._queued = 0;
    this._res = 0;
  }

  /** Most bytes that may be read or written now; 0: none (bufferevent_get_rlim_max_). */
  max(isWrite: number): number {
    const bev = this._bev;
    let most = isWrite ? bev._wmax || EV_RATE_LIMIT_MAX : bev._rmax;
    const b = this._bucket;
    if (b && this._cfg) {
      refill(b, this._cfg, nowMs(bev));
      most = isWrite ? b._write : b._read; // the bucket counts, not the single read: as in C
    }
    if (this._group) most = Math.min(most, this._group._share(isWrite));
    return most > 0 ? most : 0;
  }

  /** Bytes were read or written: an empty bucket rests until the next tick. */
  took(read: number, written: number): void {
    const b = this._bucket;
    if (b) {
      b._read -= read;
      b._write -= written;
      this._settle(b);
    }
    if (this._group) this._group._took(read, written);
  }

  /** Reading and writing rest while their bucket is empty. */
  _settle(b: Bucket): void {
    const bev = this._bev;
    if (b._read <= 0) suspendRead(bev, Suspend.Rate);
    else unsuspendRead(bev, Suspend.Rate);
    if (b._write <= 0) suspendWrite(bev, Suspend.Rate);
    else unsuspendWrite(bev, Suspend.Rate);
    if (b._read > 0 && b._write > 0) return this._rest();
    const cfg = this._cfg as EvTokenBucketCfg;
    if (!this._at && !this._queued) schedule(bev._base, this, (tickAt(cfg, nowMs(bev)) + 1) * cfg._tickMs);
  }

  _rest(): void {
    unschedule(this._bev._base, this);
    deactivate(this._bev._base, this);
  }

  /** The next tick. */
  _fire(): void {
    const b = this._bucket;
    if (!b || !this._cfg) return;
    refill(b, this._cfg, nowMs(this._bev));
    this._settle(b);
  }

  /** Another configuration; undefined: none. */
  configure(cfg: EvTokenBucketCfg | undefined): void {
    if (cfg === this._cfg) return;
    this._rest();
    const now = nowMs(this._bev);
    this._cfg = cfg;
    if (!cfg) {
      this._bucket = undefined;
      unsuspendRead(this._bev, Suspend.Rate);
      unsuspendWrite(this._bev, Suspend.Rate);
      return;
    }
    if (this._bucket) clip(this._bucket, cfg, now);
    else this._bucket = new Bucket(cfg, now);
    this._settle(this._bucket);
  }

  /** The bufferevent has another base: the next tick comes from there. */
  moved(): void {
    if (this._bucket) this._settle(this._bucket);
  }

  /** The bufferevent is freed. */
  drop(): void {
    this._rest();
    if (this._group) this._group._leave(this);
  }
}

function nowMs(bev: BufferEvent): number {
  return bev._base.manager._platform.now();
}

/** The rate limit of a bufferevent, made if need be. */
export function limitOf(bev: BufferEvent): RateLimit {
  if (bev._lim) return bev._lim;
  bev._lim = new RateLimit(bev);
  boundWrites(bev);
  return bev._lim;
}

/** See {@link BufferEvent.setRateLimit}. */
export function setRateLimit(bev: BufferEvent, cfg: EvTokenBucketCfg | undefined): void {
  if ((cfg || bev._lim) && !(bev._st & Bev.Freed)) limitOf(bev).configure(cfg);
}

/** What is in a bucket, below 0 when it is overdrawn; EV_RATE_LIMIT_MAX without one. */
export function limitLeft(bev: BufferEvent, isWrite: number): number {
  const lim = bev._lim;
  if (!lim || !lim._bucket || !lim._cfg) return EV_RATE_LIMIT_MAX;
  refill(lim._bucket, lim._cfg, nowMs(bev));
  return isWrite ? lim._bucket._write : lim._bucket._read;
}

/** Takes from a bucket, or gives with a negative number. Throws where there is none. */
export function takeFromLimit(bev: BufferEvent, read: number, written: number): void {
  const lim = bev._lim;
  if (!lim || !lim._bucket) throw new TypeError("The bufferevent has no rate limit to take from");
  lim._bucket._read -= wholeBytes(read);
  lim._bucket._write -= wholeBytes(written);
  lim._settle(lim._bucket);
}
