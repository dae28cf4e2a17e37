import type { Connection, Source } from "./connection.js";
import { MG_F_CLOSE_IMMEDIATELY } from "./flags.js";
import { toRaw } from "./mbuf.js";
import { Err, type Raw } from "./port.js";
import { State } from "./state.js";
import { clearLine, NOTHING, type OutletOptions, Policy, policyOf, type SendPolicy, take, type Waiting, waitInLine } from "./waiting.js";

export type { OutletOptions, SendPolicy };

/**
 * The way to one receiver of whole messages: they wait here, outside the pool, until the connection has room, and are then
 * sent one after the other, none of them torn. A message for many is kept once, however many wait for it.
 */
export class Outlet implements Source, Waiting {
  readonly nc: Connection;
  declare readonly isRaw: boolean;
  /** Messages that were dropped. */
  declare dropped: number;
  declare _policy: Policy;
  _shareBytes: number;
  declare _queue: Raw[];
  declare _topics: string[];
  /** Bytes in `_queue`. */
  declare _waiting: number;
  /** The message being sent, and how much of it is out. */
  declare _now: Raw;
  declare _at: number;
  /** Remains the connection's source when there is nothing to send. */
  declare _stays: boolean;
  declare _isOver: boolean;
  declare _isEnding: boolean;
  /** What to send after so many milliseconds without input and output; 0: nothing. */
  declare _keepMs: number;
  declare _keep: Raw;
  declare _isKept: boolean;

  /**
   * With `stays` the outlet goes to `nc.sendFrom` at once, by the caller's hand, and takes the connection for itself;
   * without, it does so for each run of messages. TypeError for an unknown policy, RangeError for a negative share.
   */
  constructor(nc: Connection, options: OutletOptions, stays: boolean) {
    const policy = policyOf(options);
    const share = options.shareBytes;
    this.nc = nc;
    if (policy) this._policy = policy;
    this._shareBytes = share === undefined ? (nc.mgr.pool.pages * nc.mgr.pool.pageBytes) / 8 : share;
    if (stays) this._stays = true;
  }

  /** Whether messages can still be sent. */
  get isOpen(): boolean {
    return !this._isOver && !this._isEnding && this.nc._state <= State.Open;
  }

  /** Sends a message: text (as UTF-8) or bytes. Answers 1; 0 when it was dropped or the receiver is gone. */
  push(message: string | Uint8Array, topic?: string): number {
    return this._push(toRaw(this.nc.mgr._ops, message), topic || "");
  }

  _push(message: Raw, topic: string): number {
    if (!message.length || !this.isOpen) return 0;
    const nc = this.nc;
    const isTaken = waitInLine(this, message, topic);
    if (!isTaken && this._policy === Policy.Close) {
      this._isOver = true;
      if (!nc.err) nc.err = Err.UnsentData;
      nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    }
    if (!isTaken) return 0;
    if (this._stays) nc.wakeSource();
    else if (!nc._src) nc.sendFrom(this);
    return 1;
  }

  /** No more messages: those that wait are sent, then the reply ends. */
  end(): void {
    this._isEnding = true;
    this.nc.wakeSource();
  }

  /** Source.next: the rest of the message in hand, or the next one. */
  next(maxBytes: number): string | Uint8Array | null | undefined {
    if (this._at >= this._now.length) {
      this._at = 0;
      this._now = this._queue.length ? take(this) : "";
      if (!this._now && this._isEnding) return null;
      if (!this._now && this._keepMs) this._now = this._keepAlive();
      if (!this._now) return this._stays ? undefined : null;
    }
    const at = this._at;
    const left = this._now.length - at;
    this._at = at + (left < maxBytes ? left : maxBytes);
    return this.nc.mgr._ops.slice(this._now, at, this._at);
  }

  /** What to send when there was silence for long: once, until it is out. */
  _keepAlive(): Raw {
    const isDue = this.nc._idle >= this._keepMs;
    const isFirst = isDue && !this._isKept;
    this._isKept = isDue;
    return isFirst ? this._keep : "";
  }

  /** Source.done. */
  done(sent: boolean): void {
    if (sent && !this._stays && !this._isEnding) return;
    this._isOver = true;
    clearLine(this);
    this._now = "";
  }
}

// On the prototype they take none of the memory of a receiver, until they change.
const defaults = Outlet.prototype as { -readonly [K in keyof Outlet]: Outlet[K] };
defaults.isRaw = true;
defaults.dropped = 0;
defaults._policy = Policy.DropOld;
defaults._queue = NOTHING;
defaults._topics = NOTHING;
defaults._waiting = 0;
defaults._now = "";
defaults._at = 0;
defaults._stays = false;
defaults._isOver = false;
defaults._isEnding = false;
defaults._keepMs = 0;
defaults._keep = "";
defaults._isKept = false;

/** Many outlets that get the same messages. Those whose connection is gone leave by themselves. */
export class Broadcast {
  _outlets: Outlet[];

  constructor() {
    this._outlets = [];
  }

  /** Adds a receiver, and answers it. */
  add(outlet: Outlet): Outlet {
    this._outlets.push(outlet);
    return outlet;
  }

  /** How many receivers there are. */
  get size(): number {
    const list = this._outlets;
    for (let i = list.length - 1; i >= 0; i--) if (!list[i].isOpen) list.splice(i, 1);
    return list.length;
  }

  /** Sends a message to all. Answers for how many it was not dropped at once. */
  push(message: string | Uint8Array, topic?: string): number {
    const list = this._outlets;
    if (!this.size) return 0;
    const raw = toRaw(list[0].nc.mgr._ops, message);
    let count = 0;
    for (let i = 0; i < list.length; i++) count += list[i]._push(raw, topic || "");
    return count;
  }
}
