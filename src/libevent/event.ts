import type { Connection } from "../core/connection.js";
import { rangeError } from "../core/errors.js";
import { EV_PERSIST, EV_TIMEOUT } from "./constants.js";
import type { EventBase } from "./event-base.js";
import { activate, deactivate, schedule, unschedule } from "./event-queue.js";

/** An event's callback: its socket (null: it has none), why it is active (EV_TIMEOUT, or what `active` said), its argument. */
export type EventCb = (fd: Connection | null, what: number, arg: unknown) => void;

/** See `eventSelfCbarg`. */
const self = {};

/** As the argument of a new event: the event itself (event_self_cbarg). */
export function eventSelfCbarg(): unknown {
  return self;
}

/**
 * Something to wait for (struct event): a timeout, or a call of `active`. Its callback runs from the loop of its base, in the
 * turn of its priority.
 */
export class Event {
  _base: EventBase;
  _fd: Connection | null;
  _events: number;
  _cb: EventCb;
  _arg: unknown;
  _pri: number;
  declare _queued: number;
  declare _at: number;
  declare _res: number;
  /** EV_PERSIST: seconds between one timeout and the next; 0: there is none. */
  declare _every: number;
  /** When the last timeout was due, platform ms. */
  declare _due: number;

  /**
   * An event that is not pending yet (event_new). `events`: EV_PERSIST or nothing; TypeError for EV_READ and EV_WRITE, which
   * bufferevents are for, and for EV_SIGNAL.
   */
  constructor(base: EventBase, fd: Connection | null, events: number, cb: EventCb, arg?: unknown) {
    checkEvent(fd, events, cb);
    this._base = base;
    this._fd = fd;
    this._events = events;
    this._cb = cb;
    this._arg = arg === self ? this : arg;
    this._pri = base._queues.length >> 1;
  }

  /**
   * Makes it pending: it becomes active in `seconds`, and with EV_PERSIST every so many seconds. Replaces an earlier timeout;
   * without `seconds` that stays. 0. RangeError for less than 0.
   */
  add(seconds?: number): number {
    if (seconds === undefined) return 0;
    const at = this._base._in(seconds);
    if (this._res & EV_TIMEOUT) this._calm(); // as in C: the new timeout counts, not the one that has just passed
    if (this._events & EV_PERSIST) this._every = seconds;
    this._due = at;
    schedule(this._base, this, at);
    return 0;
  }

  /** Not pending and not active any more. 0. */
  del(): number {
    unschedule(this._base, this);
    this._calm();
    return 0;
  }

  /** Not active any more. */
  _calm(): void {
    this._res = 0;
    deactivate(this._base, this);
  }

  /** The same, and for good: there is no memory to give back (event_free). */
  free(): void {
    this.del();
  }

  /** Takes away the timeout; what `active` asked for stays. 0. */
  removeTimer(): number {
    unschedule(this._base, this);
    this._every = 0;
    return 0;
  }

  /** Makes it active for these reasons (EV_ bits), whether it was pending or not. Several calls before its turn are one. */
  active(what: number, _ncalls?: number): void {
    this._res = this._queued ? this._res | what : what;
    activate(this._base, this);
  }

  /** Which of `events` it is pending or active for. `tv[0]` becomes the time of the timeout, in seconds on the clock of `mgr.time()`. */
  pending(events: number, tv?: number[]): number {
    const flags = (this._at ? EV_TIMEOUT : 0) | (this._queued ? this._res : 0);
    if (tv && this._at && events & EV_TIMEOUT) tv[0] = this._base.manager._seconds(this._at);
    return flags & events;
  }

  /** True: there are no events without a callback and a base here. */
  initialized(): boolean {
    return true;
  }

  /** Sets its priority; 0 is the most urgent. 0; -1 while it is active. RangeError for one that the base has not. */
  prioritySet(priority: number): number {
    if (!this._base._queues[priority]) {
      throw rangeError("Cannot have priority " + priority + ": the base has 0 to " + (this._base._queues.length - 1));
    }
    if (this._queued) return -1;
    this._pri = priority;
    return 0;
  }

  getFd(): Connection | null {
    return this._fd;
  }

  getBase(): EventBase {
    return this._base;
  }

  getEvents(): number {
    return this._events;
  }

  getCallback(): EventCb {
    return this._cb;
  }

  getCallbackArg(): unknown {
    return this._arg;
  }

  getPriority(): number {
    return this._pri;
  }

  /** Its turn has come. */
  _fire(): void {
    const what = this._res;
    this._res = 0;
    if (this._every) again(this, what & EV_TIMEOUT);
    else if (!(this._events & EV_PERSIST)) unschedule(this._base, this); // active for any reason: its waiting is over
    this._cb(this._fd, what, this._arg);
  }
}

const proto = Event.prototype;
proto._queued = 0;
proto._at = 0;
proto._res = 0;
proto._every = 0;
proto._due = 0;

/** The next timeout of a persistent event: counted from when this one was due, unless that has passed; from now when `active` came first. */
function again(ev: Event, isTimeout: number): void {
  const now = ev._base.manager._platform.now();
  const everyMs = ev._every * 1000;
  let at = (isTimeout ? ev._due : now) + everyMs;
  if (at < now) at = now + everyMs;
  ev._due = at;
  schedule(ev._base, ev, at);
}

/** Throws for an event that no platform here can wait for. */
export function checkEvent(fd: Connection | null, events: number, cb: EventCb): void {
  if (typeof cb !== "function") throw new TypeError("Callback must be a function, is " + typeof cb);
  if (fd !== null && typeof fd !== "object") throw new TypeError("fd must be a socket or null, is " + typeof fd);
  if (events & ~(EV_TIMEOUT | EV_PERSIST)) throw new TypeError("Cannot wait for events " + events + ": only for EV_TIMEOUT; use a bufferevent to read and write");
}
