import { report } from "../core/call.js";
import type { Connection } from "../core/connection.js";
import { rangeError } from "../core/errors.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../core/flags.js";
import { Manager, type ManagerOptions } from "../core/manager.js";
import { rest } from "../core/pass.js";
import type { Platform } from "../core/port.js";
import { EV_TIMEOUT, EVENT_BASE_COUNT_ACTIVE, EVENT_BASE_COUNT_ADDED, EVENT_MAX_PRIORITIES, EVLOOP_NO_EXIT_ON_EMPTY, EVLOOP_NONBLOCK, EVLOOP_ONCE } from "./constants.js";
import { checkEvent, type Event, type EventCb } from "./event.js";
import { activate, hasEvents, Loop, onBase, type Runnable, schedule, type Timed, wake } from "./event-queue.js";

/** Called when a loop is over: 0 after loopexit or loopbreak, 1 when there were no events left. */
export type LoopDone = (result: number) => void;

/** The loop and its events (struct event_base), on a manager of its own or a shared one. */
export class EventBase {
  /** The manager beneath: its pool, limits and connections. */
  manager: Manager;
  /** Its own connection, which has timers and nothing else. */
  _nc: Connection;
  /** Whether the manager is the base's own. */
  _isOwn: boolean;
  /** What is active, by priority. */
  _queues: Runnable[][];
  _nActive: number;
  /** What has a timeout, earliest first. */
  _timers: Timed[];
  /** See `hold`. */
  _held: number;
  /** Bits of {@link Loop}. */
  _state: number;
  /** Priority of what is running; what is more urgent ends the pass. */
  _pri: number;
  /** What is running. */
  declare _item: Runnable | undefined;
  /** When the pass began, platform ms; 0 outside of one. */
  declare _nowMs: number;
  declare _done: LoopDone | undefined;

  /**
   * A base on a manager of its own over that platform, or on a manager that is shared with other programs, say one for HTTP
   * (event_base_new). Throws as `new Manager` does.
   */
  constructor(on: Platform | Manager, options?: ManagerOptions) {
    this._isOwn = !(on instanceof Manager);
    this.manager = on instanceof Manager ? on : new Manager(on, options);
    this._queues = [[]];
    this._nActive = 0;
    this._timers = [];
    this._held = 0;
    this._state = 0;
    this._pri = 0;
    this._nc = this.manager.add(onBase);
    this._nc.userData = this;
  }

  /** Runs events until the loop is told to end, or there are none left (event_base_dispatch). Answers at once; see `loop`. */
  dispatch(done?: LoopDone): number {
    return this.loop(0, done);
  }

  /**
   * Runs events (EVLOOP_ flags). No call can wait here: the platform drives the loop, and `done` is called when it is over.
   * With EVLOOP_NONBLOCK one pass is made before it returns. Answers 0; 1: no events; -1: the loop runs already.
   */
  loop(flags: number, done?: LoopDone): number {
    if (flags & ~(EVLOOP_ONCE | EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY)) throw new TypeError("Unknown loop flags " + flags);
    if (done !== undefined && typeof done !== "function") throw new TypeError("done must be a function, is " + typeof done);
    if (this._state & Loop.On) return -1;
    this._state = Loop.On | (flags & EVLOOP_ONCE ? Loop.Once : 0) | (flags & EVLOOP_NO_EXIT_ON_EMPTY ? Loop.NoExit : 0);
    this._done = done;
    wake(this);
    if (flags & EVLOOP_NONBLOCK) return this._passOnce();
    if (this._isOwn) this.manager.run();
    return 0;
  }

  /** One pass of the manager, and with it of this base. */
  _passOnce(): number {
    const isEmpty = !hasEvents(this);
    this._state |= Loop.NoExit;
    this.manager.poll();
    if (this._state & Loop.On) this._end(isEmpty ? 1 : 0);
    return isEmpty ? 1 : 0;
  }

  /** The loop is over: what comes from here on waits for the next one. */
  _end(result: number): void {
    const done = this._done;
    this._done = undefined;
    this._state &= ~Loop.On;
    try {
      if (done) done(result);
    } catch (e) {
      report(this._nc, e, "the end of a loop");
    }
    if (this._isOwn && !(this._state & Loop.On)) rest(this.manager);
  }

  /** Ends the loop after the pass that comes in `seconds`, default: the next. 0. */
  loopexit(seconds?: number): number {
    const item: Timed = { _pri: this._queues.length >> 1, _queued: 0, _fire: () => void (this._state |= Loop.Exit), _at: 0, _res: 0 };
    return this._run(item, seconds);
  }

  /** Ends the loop after the callback that is running. 0. */
  loopbreak(): number {
    if (this._state & Loop.On) this._state |= Loop.Break;
    wake(this);
    return 0;
  }

  /** Ends this pass after the callback that is running: what is most urgent is looked for anew. 0. */
  loopcontinue(): number {
    this._state |= Loop.Again;
    return 0;
  }

  /** Whether `loopexit` ended the loop, or is about to. */
  gotExit(): boolean {
    return (this._state & Loop.Exit) !== 0;
  }

  /** Whether `loopbreak` ended the loop, or is about to. */
  gotBreak(): boolean {
    return (this._state & Loop.Break) !== 0;
  }

  /** Sets how many priorities there are, 1 to 255; a new event has the middle one. 0; -1 while events are active. RangeError for another number. */
  priorityInit(count: number): number {
    if (!(count >= 1 && count < EVENT_MAX_PRIORITIES && Math.floor(count) === count)) throw rangeError("Cannot have " + count + " priorities: must be 1 to " + (EVENT_MAX_PRIORITIES - 1));
    if (this._nActive) return -1;
    this._queues = [];
    for (let i = 0; i < count; i++) this._queues.push([]);
    return 0;
  }

  getNpriorities(): number {
    return this._queues.length;
  }

  /** Calls `cb(fd, what, arg)` once, in `seconds` (default: in the next pass); only EV_TIMEOUT can be waited for. 0. */
  once(fd: Connection | null, events: number, cb: EventCb, arg?: unknown, seconds?: number): number {
    checkEvent(fd, events, cb);
    const item: Timed = { _pri: this._queues.length >> 1, _queued: 0, _fire: () => cb(fd, EV_TIMEOUT, arg), _at: 0, _res: 0 };
    return this._run(item, seconds);
  }

  /** When this pass began, in seconds on the clock of `mgr.time()`; outside of a pass: now. */
  gettimeofdayCached(): number {
    return this._nowMs ? this.manager._seconds(this._nowMs) : this.manager.time();
  }

  /** Makes `gettimeofdayCached` answer the time now, in a callback that took long. 0. */
  updateCacheTime(): number {
    if (this._nowMs) this._nowMs = this.manager._platform.now();
    return 0;
  }

  /** How many events there are: EVENT_BASE_COUNT_ACTIVE, _ADDED (active or not), _VIRTUAL (none). */
  getNumEvents(flags: number): number {
    const added = flags & EVENT_BASE_COUNT_ADDED ? this._held + this._timers.length : 0;
    return added + (flags & (EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_ADDED) ? this._nActive : 0);
  }

  /** The event whose callback is running, if it is one. */
  getRunningEvent(): Event | undefined {
    const item = this._item as Event | undefined;
    return item && item._events !== undefined ? item : undefined;
  }

  /** Calls `visit(base, event, arg)` for every event with a timeout, then for every active one, until it answers other than 0, which is the answer. */
  foreachEvent(visit: (base: EventBase, ev: Event, arg: unknown) => number, arg?: unknown): number {
    let all: Runnable[] = this._timers;
    for (let i = 0; i < this._queues.length; i++) all = all.concat(this._queues[i]);
    for (let i = 0; i < all.length; i++) {
      const ev = all[i] as Event;
      const result = ev._events === undefined ? 0 : visit(this, ev, arg);
      if (result) return result;
    }
    return 0;
  }

  /** A line for every event with a timeout and for every active one, for the log. */
  dumpEvents(): string {
    const now = this.manager._platform.now();
    let out = "";
    for (let i = 0; i < this._timers.length; i++) out += "timeout in " + Math.round(this._timers[i]._at - now) + " ms, priority " + this._timers[i]._pri + "\n";
    for (let i = 0; i < this._queues.length; i++) out += this._queues[i].length + " active at priority " + i + "\n";
    return out;
  }

  /** Ends the loop without a word and forgets its events; closes the manager if it is the base's own (event_base_free). */
  free(): void {
    this._done = undefined;
    this._state = 0;
    this._timers = [];
    this._nActive = 0;
    for (let i = 0; i < this._queues.length; i++) this._queues[i].splice(0); // it may be running
    this._nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    if (this._isOwn) this.manager.free();
  }

  /** Has the item run in so many seconds; without, or 0: in the next pass. */
  _run(item: Timed, seconds: number | undefined): number {
    if (seconds || (seconds !== undefined && isNaN(seconds))) schedule(this, item, this._in(seconds));
    else activate(this, item);
    return 0;
  }

  /** Platform ms in so many seconds. */
  _in(seconds: number): number {
    if (typeof seconds !== "number" || !(seconds >= 0)) throw rangeError("Cannot wait " + seconds + " seconds");
    return this.manager._platform.now() + seconds * 1000;
  }
}

const proto = EventBase.prototype;
proto._item = undefined;
proto._nowMs = 0;
proto._done = undefined;
