import type { Connection } from "../core/connection.js";
import { type AnyHandler, type BriefHandler, type EventHandler, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND, MG_EV_TIMER } from "../core/events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "../core/flags.js";
import type { Manager } from "../core/manager.js";
import { toRaw } from "../core/mbuf.js";
import type { ConnectionOptions } from "../core/options.js";
import { Err, type Raw } from "../core/port.js";
import { clearLine, NOTHING, type OutletOptions, Policy, policyOf, take, type Waiting, waitInLine } from "../core/waiting.js";
import { backoffMs, timeOption } from "./backoff.js";
import { offLink, onLink } from "./on-link.js";

/** Options of {@link keep}; `policy` and `shareBytes` are those of what waits while there is no connection. Times in milliseconds. */
export interface KeepOptions extends OutletOptions {
  /** Makes each connection, with the handler it is given. Default: `mgr.connect` to the address, with `connection`. */
  connect?: (handler: EventHandler) => Connection;
  /** Options of `mgr.connect`. */
  connection?: ConnectionOptions;
  /** The event with which the connection is of use: default MG_EV_CONNECT; MG_EV_WEBSOCKET_HANDSHAKE_DONE with `connectWs`. */
  upEvent?: number;
  /** Sends a message; answers 0 when it was not taken, and it is tried again. Default: `nc.send`. */
  send?: (nc: Connection, message: string | Uint8Array) => number;
  /** How long from an attempt to `upEvent`; default 30000. */
  upMs?: number;
  /** How long from then until the first bytes come; default 0: for ever. */
  firstMs?: number;
  /** How long nothing may come before the peer is asked (`ping`) or, without `ping`, given up; default 0: for ever. */
  idleMs?: number;
  /** Asks the peer for a sign of life, in the protocol's way. */
  ping?: (nc: Connection) => void;
  /** How long until something must come after `ping`; default 10000. */
  pongMs?: number;
  /** Pause after the first failure, default 1000, and the longest, default 60000. */
  retryMs?: number;
  retryMaxMs?: number;
  /** The connection is lost: why, is in `keeper.err`. Once an outage. */
  onLost?: (keeper: Keeper) => void;
  /** It is there, for the first time or again: how long it was not, is in `keeper.outageMs`. */
  onBack?: (keeper: Keeper) => void;
}

/** A connection that held this long was a good one: the pauses begin anew. */
const STEADY_MS = 10000;
/** Where connecting stops the program, it rests at least this many times as long as it was stopped. */
const REST_FACTOR = 4;

/** A client connection that is made again whenever it is lost; made by {@link keep}. */
export class Keeper implements Waiting {
  readonly mgr: Manager;
  /** The connection of the attempt under way; undefined between two. A fresh one each time. */
  nc: Connection | undefined;
  isUp: boolean;
  /** Why the last connection ended or the last attempt failed: 0 or an MG_ERR_ code. */
  err: number;
  /** How long there was no connection, the last time; milliseconds. */
  outageMs: number;
  /** Attempts since it was last up. */
  attempts: number;
  dropped: number;
  _policy: Policy;
  _shareBytes: number;
  _queue: Raw[];
  _topics: string[];
  _waiting: number;
  _o: KeepOptions;
  _address: string;
  _handler: AnyHandler;
  /** What connections get for a handler; what the link tells. */
  declare _events: AnyHandler;
  declare _told: (isUp: boolean) => void;
  /** A connection without a socket: it has the timer. */
  _nc: Connection;
  _isOver: boolean;
  /** Failures in a row. */
  _failures: number;
  /** When the attempt began or the connection came up; when bytes last came; since when there is none. Platform ms. */
  _sinceMs: number;
  _inMs: number;
  _lostMs: number;
  /** How long connecting stopped the program. */
  _tookMs: number;
  /** The peer was asked at this time and has not answered; 0: it was not. */
  _askedMs: number;

  constructor(mgr: Manager, address: string, handler: AnyHandler, options: KeepOptions) {
    this.mgr = mgr;
    this.nc = undefined;
    this.isUp = false;
    this.err = 0;
    this.outageMs = 0;
    this.attempts = 0;
    this.dropped = 0;
    this._policy = policyOf(options);
    this._shareBytes = options.shareBytes === undefined ? (mgr.pool.pages * mgr.pool.pageBytes) / 8 : options.shareBytes;
    this._queue = NOTHING;
    this._topics = NOTHING;
    this._waiting = 0;
    this._o = options;
    this._address = address;
    this._handler = handler;
    this._isOver = false;
    this._failures = 0;
    this._sinceMs = 0;
    this._inMs = 0;
    this._lostMs = mgr._platform.now();
    this._tookMs = 0;
    this._askedMs = 0;
    this._nc = mgr.add(onTimer, { userData: this });
  }

  /** Messages that wait. */
  get waiting(): number {
    return this._queue.length;
  }

  /**
   * Sends a message (text as UTF-8, or bytes), or keeps it until it can be sent. Whole and in order, but not more than once:
   * what was under way when the connection broke is lost. Answers 1; 0 when it was dropped or all is over. TypeError for
   * what is neither text nor bytes.
   */
  send(message: string | Uint8Array, topic?: string): number {
    if (this._isOver) return 0;
    const m = this._o.send ? own(message) : toRaw(this.mgr._ops, message);
    if (!m.length) return 0;
    if (this.isUp && !this._queue.length && put(this, m)) return 1;
    if (waitInLine(this, m, topic || "")) return 1;
    if (this._policy === Policy.Close) this.close();
    return 0;
  }

  /** Sends what the connection has, closes it, and makes no other. What still waits here is dropped. */
  close(): void {
    if (this._isOver) return;
    over(this);
    this._nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    if (this.nc) this.nc.flags |= this.isUp ? MG_F_SEND_AND_CLOSE : MG_F_CLOSE_IMMEDIATELY;
  }
}

/**
 * Keeps a client connection: `handler` gets the events of every attempt as with `mgr.connect`, CLOSE included; after each
 * end another attempt follows, with growing, random pauses. Where the manager follows the link (`joinWifi`, `watchLink`),
 * nothing is tried while it is down, and at once when it is up. Throws as `mgr.connect` does, and for options that cannot be.
 */
export function keep(mgr: Manager, address: string, handler: EventHandler, options?: KeepOptions): Keeper;
export function keep(mgr: Manager, address: string, handler: BriefHandler, options?: KeepOptions): Keeper;
export function keep(mgr: Manager, address: string, handler: EventHandler | BriefHandler, options?: KeepOptions): Keeper {
  const o = options || {};
  policyOf(o);
  timeOption("upMs", o.upMs, 0, 0);
  timeOption("firstMs", o.firstMs, 0, 0);
  timeOption("idleMs", o.idleMs, 0, 0);
  timeOption("pongMs", o.pongMs, 0, 1);
  timeOption("retryMs", o.retryMs, 0, 1);
  timeOption("retryMaxMs", o.retryMaxMs, 0, 1);
  if (typeof handler !== "function") throw new TypeError("Handler must be a function, is " + typeof handler);
  if (!o.connect) mgr._parse(address, o.connection);
  const k = new Keeper(mgr, address, handler as AnyHandler, o);
  k._events = function (nc, ev, data) {
    onEvent(k, nc, ev, data);
  };
  k._told = function (isUp) {
    if (isUp) k._failures = 0;
    if (isUp && !k.nc && !k._isOver) retry(k);
  };
  onLink(mgr, k._told);
  if (mgr._isDown) return k;
  try {
    attempt(k);
  } catch (e) {
    k.close();
    throw e;
  }
  return k;
}

function attempt(k: Keeper): void {
  const mgr = k.mgr;
  const o = k._o;
  const beganMs = mgr._platform.now();
  k.attempts++;
  k._askedMs = 0;
  k._sinceMs = beganMs;
  const handler = k._events as EventHandler;
  k.nc = o.connect ? o.connect(handler) : mgr.connect(k._address, handler, o.connection);
  k._tookMs = mgr._platform.now() - beganMs;
  watchTime(k);
}

/** A later attempt: a connector that throws has failed as the network does. */
function retry(k: Keeper): void {
  try {
    attempt(k);
  } catch (e) {
    k.mgr._platform.log("meerkat: cannot connect to " + k._address + ": " + e);
    k.err = Err.Failed;
    pause(k);
  }
}

function pause(k: Keeper): void {
  const mgr = k.mgr;
  const o = k._o;
  let ms = backoffMs(mgr, timeOption("retryMs", o.retryMs, 1000, 1), timeOption("retryMaxMs", o.retryMaxMs, 60000, 1), ++k._failures);
  if (mgr._platform.caps.connectBlocks) ms = Math.max(ms, k._tookMs * REST_FACTOR);
  k._nc.setTimer(mgr._isDown ? 0 : mgr.time() + ms / 1000); // without a link there is nothing to try
}

function onEvent(k: Keeper, nc: Connection, ev: number, data: unknown): void {
  if (ev === MG_EV_CLOSE) return closed(k, nc, data);
  if (ev === MG_EV_RECV) {
    k._inMs = k.mgr._platform.now();
    k._askedMs = 0;
  }
  k._handler(nc, ev, data);
  if (nc !== k.nc) return;
  if (ev === (k._o.upEvent || MG_EV_CONNECT)) {
    if (!(ev === MG_EV_CONNECT && data)) back(k);
  } else if (k._queue.length && (ev === MG_EV_SEND || ev === MG_EV_POLL)) flush(k);
}

function back(k: Keeper): void {
  const nowMs = k.mgr._platform.now();
  if (k.isUp) return;
  k.isUp = true;
  k.attempts = 0;
  k.outageMs = Math.round(nowMs - k._lostMs);
  k._sinceMs = nowMs;
  k._inMs = 0;
  watchTime(k);
  if (k._o.onBack) k._o.onBack(k);
  flush(k);
}

/** The end of one connection. The next attempt is seen to before the program hears of it: its handler may throw. */
function closed(k: Keeper, nc: Connection, data: unknown): void {
  const wasUp = k.isUp && nc === k.nc;
  if (nc === k.nc) {
    k.nc = undefined;
    k.isUp = false;
    k.err = nc.err;
    if (wasUp) {
      k._lostMs = k.mgr._platform.now();
      if (k._lostMs - k._sinceMs >= STEADY_MS) k._failures = 0;
    }
    if (!k._isOver) pause(k);
  }
  try {
    k._handler(nc, MG_EV_CLOSE, data);
  } finally {
    if (wasUp && k._o.onLost) k._o.onLost(k);
  }
}

function onTimer(timer: Connection, ev: number): void {
  const k = timer.userData as Keeper;
  if (ev === MG_EV_CLOSE) return over(k);
  if (ev !== MG_EV_TIMER || k._isOver) return;
  if (!k.nc) return retry(k);
  if (k.mgr._platform.now() < dueMs(k)) return watchTime(k);
  const nc = k.nc;
  const isFirst = !k._inMs && k._o.firstMs;
  if (k.isUp && k._o.ping && !isFirst && !k._askedMs) {
    k._askedMs = k.mgr._platform.now();
    watchTime(k);
    return k._o.ping(nc);
  }
  if (!nc.err) nc.err = k.isUp ? Err.Deadline : Err.TimedOut;
  nc.flags |= MG_F_CLOSE_IMMEDIATELY;
}

/** When the phase that the connection is in has lasted too long; Infinity: it may last. */
function dueMs(k: Keeper): number {
  const o = k._o;
  if (!k.isUp) return k._sinceMs + (timeOption("upMs", o.upMs, 30000, 0) || Infinity);
  if (k._askedMs) return k._askedMs + timeOption("pongMs", o.pongMs, 10000, 1);
  if (!k._inMs && o.firstMs) return k._sinceMs + o.firstMs;
  return (k._inMs || k._sinceMs) + (o.idleMs || Infinity);
}

/** Sets the timer to the end of the phase. */
function watchTime(k: Keeper): void {
  const due = dueMs(k);
  const waitMs = Math.max(1, due - k.mgr._platform.now());
  k._nc.setTimer(due === Infinity ? 0 : k.mgr.time() + waitMs / 1000);
}

/** Sends what waits, as far as it is taken. */
function flush(k: Keeper): void {
  while (k.isUp && k._queue.length) {
    const message = k._queue[0];
    if (!put(k, message)) return;
    if (k._queue[0] === message) take(k); // the program's `send` may have closed it, or put more in line
  }
}

function put(k: Keeper, message: Raw): number {
  const nc = k.nc as Connection;
  return k._o.send ? k._o.send(nc, message) : nc._put(message);
}

/** A message as the program gave it, which it may change afterwards. */
function own(message: string | Uint8Array): string | Uint8Array {
  if (typeof message === "string") return message;
  if (!(message instanceof Uint8Array)) throw new TypeError("Cannot send " + typeof message + ": must be text or Uint8Array");
  return new Uint8Array(message);
}

function over(k: Keeper): void {
  k._isOver = true;
  clearLine(k);
  k._waiting = 0;
  offLink(k.mgr, k._told);
}
