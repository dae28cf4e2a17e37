import { limitOf, type RateLimit } from "./bev-rate-limit.js";
import { Bev, Suspend } from "./bev-state.js";
import { suspendRead, suspendWrite, unsuspendRead, unsuspendWrite } from "./bev-suspend.js";
import type { BufferEvent } from "./bufferevent.js";
import type { EventBase } from "./event-base.js";
import { schedule, type Timed, unschedule } from "./event-queue.js";
import { Bucket, clip, type EvTokenBucketCfg, refill, tickAt, wholeBytes } from "./token-bucket.js";

/** Bytes a member may move at a time however many there are, unless the program says otherwise. */
const MIN_SHARE = 64;

/**
 * Bufferevents that share one pair of buckets (struct bufferevent_rate_limit_group). Each may move an even share of what is
 * left; who is let go first when the buckets fill again changes from tick to tick.
 */
export class RateLimitGroup implements Timed {
  _base: EventBase;
  _cfg: EvTokenBucketCfg;
  _bucket: Bucket;
  _members: RateLimit[];
  /** Nonzero: the members rest. */
  _rests: number;
  _minShare: number;
  /** As the program wants it. */
  _wantedShare: number;
  _totalRead: number;
  _totalWritten: number;
  _first: number;
  _at: number;
  _pri: number;
  _queued: number;
  _res: number;

  constructor(base: EventBase, cfg: EvTokenBucketCfg) {
    this._base = base;
    this._cfg = cfg;
    this._bucket = new Bucket(cfg, base.manager._platform.now());
    this._members = [];
    this._rests = 0;
    this._minShare = 0;
    this._wantedShare = MIN_SHARE;
    this._totalRead = 0;
    this._totalWritten = 0;
    this._first = 0;
    this._at = 0;
    this._pri = base._queues.length >> 1;
    this._queued = 0;
    this._res = 0;
    this.setMinShare(MIN_SHARE);
  }

  /** Other rates; what is in the buckets stays, up to the new bursts (bufferevent_rate_limit_group_set_cfg). 0. */
  setCfg(cfg: EvTokenBucketCfg): number {
    const now = this._base.manager._platform.now();
    refill(this._bucket, this._cfg, now);
    this._cfg = cfg;
    clip(this._bucket, cfg, now);
    this.setMinShare(this._wantedShare);
    unschedule(this._base, this);
    this._settle();
    return 0;
  }

  /** Fewest bytes a member may move at a time, so that many members do not move one each; less than 1 counts as 1 (…_group_set_min_share). 0. */
  setMinShare(share: number): number {
    this._wantedShare = wholeBytes(share);
    this._minShare = Math.max(1, Math.min(share, this._cfg._readRate, this._cfg._writeRate)); // 0 would let nobody move the last few
    return 0;
  }

  /** What is in the bucket for reading; below 0: overdrawn (…_group_get_read_limit). */
  getReadLimit(): number {
    return this._bucket._read;
  }

  /** The same for writing (…_group_get_write_limit). */
  getWriteLimit(): number {
    return this._bucket._write;
  }

  /** Takes from the bucket for reading; a negative number gives (…_group_decrement_read). 0. */
  decrementRead(bytes: number): number {
    this._bucket._read -= wholeBytes(bytes);
    this._settle();
    return 0;
  }

  /** The same for writing (…_group_decrement_write). 0. */
  decrementWrite(bytes: number): number {
    this._bucket._write -= wholeBytes(bytes);
    this._settle();
    return 0;
  }

  /** Bytes all members have read and written (…_group_get_totals). */
  getTotals(): { totalRead: number; totalWritten: number } {
    return { totalRead: this._totalRead, totalWritten: this._totalWritten };
  }

  /** (…_group_reset_totals) */
  resetTotals(): void {
    this._totalRead = 0;
    this._totalWritten = 0;
  }

  /** Ends it. Throws while it has members: a mistake that C answers with abort (…_group_free). */
  free(): void {
    if (this._members.length) throw new TypeError("The group still has " + this._members.length + " members");
    unschedule(this._base, this);
  }

  /** What a member may move now. */
  _share(isWrite: number): number {
    if (this._rests & (isWrite ? 2 : 1)) return 0;
    const left = isWrite ? this._bucket._write : this._bucket._read;
    return Math.max(Math.floor(left / this._members.length), this._minShare);
  }

  _took(read: number, written: number): void {
    this._bucket._read -= read;
    this._bucket._write -= written;
    this._totalRead += read;
    this._totalWritten += written;
    this._settle();
  }

  /** The next tick. */
  _fire(): void {
    refill(this._bucket, this._cfg, this._base.manager._platform.now());
    this._settle();
  }

  /** Members rest when a bucket is empty, and go on when it holds a share again. */
  _settle(): void {
    const b = this._bucket;
    if (b._read <= 0) this._rest(1);
    else if (b._read >= this._minShare) this._goOn(1);
    if (b._write <= 0) this._rest(2);
    else if (b._write >= this._minShare) this._goOn(2);
    if (this._rests && !this._at && !this._queued) {
      schedule(this._base, this, (tickAt(this._cfg, this._base.manager._platform.now()) + 1) * this._cfg._tickMs);
    }
  }

  _rest(which: number): void {
    if (this._rests & which) return;
    this._rests |= which;
    for (let i = 0; i < this._members.length; i++) rest(this._members[i]._bev, which);
  }

  _goOn(which: number): void {
    if (!(this._rests & which)) return;
    this._rests &= ~which;
    const list = this._members.slice(0);
    this._first++;
    for (let i = 0; i < list.length; i++) goOn(list[(i + this._first) % list.length]._bev, which);
  }

  _join(lim: RateLimit): void {
    lim._group = this;
    this._members.push(lim);
    if (this._rests & 1) rest(lim._bev, 1);
    if (this._rests & 2) rest(lim._bev, 2);
  }

  _leave(lim: RateLimit): void {
    lim._group = undefined;
    this._members.splice(this._members.indexOf(lim), 1);
    goOn(lim._bev, 1);
    goOn(lim._bev, 2);
  }
}

function rest(bev: BufferEvent, which: number): void {
  if (which === 1) suspendRead(bev, Suspend.Group);
  else suspendWrite(bev, Suspend.Group);
}

function goOn(bev: BufferEvent, which: number): void {
  if (which === 1) unsuspendRead(bev, Suspend.Group);
  else unsuspendWrite(bev, Suspend.Group);
}

/** A group with these rates (bufferevent_rate_limit_group_new). */
export function buffereventRateLimitGroupNew(base: EventBase, cfg: EvTokenBucketCfg): RateLimitGroup {
  return new RateLimitGroup(base, cfg);
}

/** Puts it into the group, out of any other (bufferevent_add_to_rate_limit_group). 0; -1: it was freed. */
export function buffereventAddToRateLimitGroup(bev: BufferEvent, group: RateLimitGroup): number {
  if (bev._st & Bev.Freed) return -1;
  const lim = limitOf(bev);
  if (lim._group === group) return 0;
  if (lim._group) lim._group._leave(lim);
  group._join(lim);
  return 0;
}

/** Takes it out of its group (bufferevent_remove_from_rate_limit_group). 0. */
export function buffereventRemoveFromRateLimitGroup(bev: BufferEvent): number {
  const lim = bev._lim;
  if (lim && lim._group) lim._group._leave(lim);
  return 0;
}
