import { guard } from "../core/call.js";
import { MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_POLL, MG_EV_RECV, type PeerAddress } from "../core/events.js";
import { guarded, leave, settle } from "../core/output.js";
import { parseAddress } from "../core/address.js";
import { MG_F_CONNECTING, MG_F_LISTENING, MG_F_UDP } from "../core/flags.js";
import type { TlsOptions } from "../core/port.js";
import { Gate, State } from "../core/state.js";
import {
  LEV_OPT_BIND_IPV4_AND_IPV6, LEV_OPT_BIND_IPV6ONLY, LEV_OPT_CLOSE_ON_EXEC, LEV_OPT_CLOSE_ON_FREE, LEV_OPT_DEFERRED_ACCEPT, LEV_OPT_DISABLED,
  LEV_OPT_LEAVE_SOCKETS_BLOCKING, LEV_OPT_REUSEABLE, LEV_OPT_REUSEABLE_PORT, LEV_OPT_THREADSAFE,
} from "./constants.js";
import type { EvSocket } from "./ev-socket.js";
import type { EventBase } from "./event-base.js";
import { activate, deactivate, hold, isLive, Loop, ran } from "./event-queue.js";
import { closeFd, FD_ENDED, parkFd, takeLanding } from "./fd.js";

/** Called with each connection that comes in (evconnlistener_cb). It takes `fd` over, or closes it. */
export type EvConnListenerCb = (listener: EvConnListener, fd: EvSocket, address: PeerAddress, ptr: never) => void;

/** Called when accepting failed (evconnlistener_errorcb); why is in `listener.getFd().err`, or no socket was left. */
export type EvConnListenerErrorCb = (listener: EvConnListener, ptr: never) => void;

const FLAGS =
  LEV_OPT_LEAVE_SOCKETS_BLOCKING | LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE | LEV_OPT_THREADSAFE | LEV_OPT_DISABLED |
  LEV_OPT_DEFERRED_ACCEPT | LEV_OPT_REUSEABLE_PORT | LEV_OPT_BIND_IPV6ONLY | LEV_OPT_BIND_IPV4_AND_IPV6;

/** Connections that may wait when the program does not say, as listen(fd, 128) in C. */
const BACKLOG = 128;

/** LEV_OPT_DEFERRED_ACCEPT: who says nothing is handed out all the same after so long, as Linux does. */
const SILENT_MS = 1000;

/** Milliseconds between two calls of the error callback. */
const ERROR_REST_MS = 1000;

/**
 * A listener (struct evconnlistener; libevent book, R8). Made by `evconnlistenerNew` and `evconnlistenerNewBind`.
 *
 * What comes in while it is disabled, or has no callback, waits as it would in the kernel's backlog, and is handed out in
 * order: at most `backlog` connections, each of which reads nothing; beyond that newcomers are turned away.
 */
export class EvConnListener {
  _base: EventBase;
  _cb: ((listener: EvConnListener, fd: EvSocket, address: PeerAddress, ptr: unknown) => void) | undefined;
  _ptr: unknown;
  _flags: number;
  _enabled: number;
  _fd: EvSocket;
  _backlog: number;
  declare _errorCb: ((listener: EvConnListener, ptr: unknown) => void) | undefined;
  /** Connections that wait, oldest first. */
  declare _waiting: EvSocket[] | undefined;
  /** Nonzero: counted among the events of the base. */
  declare _counted: number;
  declare _isFreed: number;
  /** Nonzero: the error callback is due. */
  declare _isErrorDue: number;
  /** When the error callback may be called again, platform ms. */
  declare _quietUntil: number;
  /** See {@link Runnable}. */
  declare _pri: number;
  declare _queued: number;

  constructor(base: EventBase, cb: EvConnListener["_cb"], ptr: unknown, flags: number, backlog: number, fd: EvSocket) {
    this._base = base;
    this._cb = cb;
    this._ptr = ptr;
    this._flags = flags;
    this._enabled = flags & LEV_OPT_DISABLED ? 0 : 1;
    this._fd = fd;
    this._backlog = backlog > 0 ? backlog : BACKLOG;
    const middle = base._queues.length >> 1;
    if (middle) this._pri = middle;
    fd.handler = listenerEvent;
    fd.protoData = this;
    fd._onRefused = refused;
    if (fd.mgr._platform.caps.pauseRead) fd._limit = -1; // what it accepts starts with this
    count(this);
  }

  /** Accepts: what waits comes first (evconnlistener_enable). 0; -1 when the listening socket is gone. */
  enable(): number {
    this._enabled = 1;
    return this._go();
  }

  /** Accepts no more until `enable`; in its callback: after the one at hand (evconnlistener_disable). 0. */
  disable(): number {
    this._enabled = 0;
    count(this);
    return 0;
  }

  /** Names the callback and its last argument; undefined or null: connections wait (evconnlistener_set_cb). */
  setCb<T>(cb: ((listener: EvConnListener, fd: EvSocket, address: PeerAddress, ptr: T) => void) | undefined | null, ptr: T): void {
    this._cb = (cb || undefined) as EvConnListener["_cb"];
    this._ptr = ptr;
    this._go();
  }

  /**
   * Names whom to tell when accepting fails: the port cannot be had, or no socket was left for a newcomer. At most once a
   * second; nothing spins meanwhile, whether it disables the listener or not (evconnlistener_set_error_cb).
   */
  setErrorCb<T>(errorCb: ((listener: EvConnListener, ptr: T) => void) | undefined | null): void {
    this._errorCb = (errorCb || undefined) as EvConnListener["_errorCb"];
  }

  /** The listening connection: `localPort` is known when it is bound, which is not before this turn is over (evconnlistener_get_fd). */
  getFd(): EvSocket {
    return this._fd;
  }

  /** (evconnlistener_get_base) */
  getBase(): EventBase {
    return this._base;
  }

  /**
   * Ends it, in its callback too. With LEV_OPT_CLOSE_ON_FREE the port is given up and who waits is turned away; without, the
   * socket stays bound and connections wait for the next `evconnlistenerNew` on it (evconnlistener_free).
   */
  free(): void {
    if (this._isFreed) return;
    this._isFreed = 1;
    this._cb = undefined;
    this._errorCb = undefined;
    this._enabled = 0;
    deactivate(this._base, this);
    count(this);
    if (!(this._flags & LEV_OPT_CLOSE_ON_FREE)) return;
    const waiting = this._waiting || [];
    this._waiting = undefined;
    for (let i = 0; i < waiting.length; i++) closeFd(waiting[i]);
    this._fd._onRefused = undefined;
    closeFd(this._fd);
  }

  _go(): number {
    count(this);
    if (this._waiting && this._enabled && this._cb) activate(this._base, this);
    return this._fd._state === State.Closed ? -1 : 0;
  }

  /** The loop's turn: those that wait (see {@link Runnable}). */
  _fire(): void {
    if (this._isErrorDue) tellError(this);
    while (mayAccept(this) && this._waiting) {
      const nc = this._waiting.shift() as EvSocket;
      if (!this._waiting.length) this._waiting = undefined;
      if (nc._state === State.Closed) {
        hand(nc, this);
        continue;
      }
      guard(nc, "a listener", hand as (nc: EvSocket, a: unknown, b: unknown) => void, this, 0);
      settle(nc);
      leave(nc.mgr);
    }
  }
}

const proto = EvConnListener.prototype;
proto._errorCb = undefined;
proto._waiting = undefined;
proto._counted = 0;
proto._isFreed = 0;
proto._isErrorDue = 0;
proto._quietUntil = 0;
proto._pri = 0;
proto._queued = 0;

/** Counts it among the events of the base while it accepts. */
function count(lev: EvConnListener): void {
  const wanted = lev._enabled && lev._cb && lev._fd._state !== State.Closed ? 1 : 0;
  if (wanted === lev._counted) return;
  lev._counted = wanted;
  hold(lev._base, wanted ? 1 : -1);
}

function mayAccept(lev: EvConnListener): boolean {
  return lev._enabled !== 0 && lev._cb !== undefined && isLive(lev._base);
}

function hand(nc: EvSocket, lev: EvConnListener): void {
  (lev._cb as NonNullable<EvConnListener["_cb"]>)(lev, nc, { address: nc.peerAddress, port: nc.peerPort }, lev._ptr);
}

/** Events of the listening connection, and of those it accepted until they are handed out. */
function listenerEvent(nc: EvSocket, ev: number): void {
  if (ev === MG_EV_ACCEPT) accepted(nc, (nc.listener as EvSocket).protoData as EvConnListener);
  else if (ev === MG_EV_CLOSE) failed(nc.protoData as EvConnListener);
}

/** One came in: it is handed out, or waits. */
function accepted(nc: EvSocket, lev: EvConnListener): void {
  parkFd(nc);
  if (!(lev._flags & LEV_OPT_DEFERRED_ACCEPT)) return arrive(nc, lev);
  nc._limit = 0;
  nc._gate &= ~Gate.Limit;
  nc.handler = silentEvent;
  nc._onEnded = silentEnded;
}

/** LEV_OPT_DEFERRED_ACCEPT: the first byte, the end, or a second without either. */
function silentEvent(nc: EvSocket, ev: number): void {
  if (ev === MG_EV_POLL && nc._idle < SILENT_MS) return;
  const lev = (nc.listener as EvSocket).protoData as EvConnListener | undefined;
  if (nc._i) nc._in();
  parkFd(nc);
  if (ev === MG_EV_CLOSE) nc.protoData = takeLanding(nc);
  if (!lev) closeFd(nc); // it was freed, and its socket closed
  else arrive(nc, lev);
}

function silentEnded(nc: EvSocket): boolean {
  nc._ps |= FD_ENDED;
  guarded(nc, silentNow);
  return true;
}

function silentNow(nc: EvSocket): void {
  silentEvent(nc, MG_EV_RECV);
}

function arrive(nc: EvSocket, lev: EvConnListener): void {
  if (mayAccept(lev) && !lev._waiting) {
    if (lev._base._state & Loop.Once) ran(lev._base);
    return hand(nc, lev);
  }
  if (!lev._waiting) lev._waiting = [];
  if (lev._waiting.length >= lev._backlog) return closeFd(nc);
  lev._waiting.push(nc);
  if (lev._enabled && lev._cb) activate(lev._base, lev);
}

/** No socket was left for a newcomer. */
function refused(nc: EvSocket): void {
  const lev = nc.protoData as EvConnListener;
  const nowMs = nc.mgr._platform.now();
  if (nowMs < lev._quietUntil) return;
  lev._quietUntil = nowMs + ERROR_REST_MS;
  errorSoon(lev);
}

/** The listening connection is gone: it was never bound, the manager was freed, or the program closed it. */
function failed(lev: EvConnListener): void {
  count(lev);
  if (!lev._isFreed) errorSoon(lev);
}

/** The error callback comes from the loop: whoever is refused is not ours to answer for. */
function errorSoon(lev: EvConnListener): void {
  if (!lev._errorCb) return;
  lev._isErrorDue = 1;
  activate(lev._base, lev);
}

function tellError(lev: EvConnListener): void {
  lev._isErrorDue = 0;
  if (lev._errorCb) lev._errorCb(lev, lev._ptr);
}

function checkFlags(flags: number): void {
  if (typeof flags !== "number" || flags & ~FLAGS) throw new TypeError("Flags of a listener are " + flags + ": must be made of LEV_OPT_ bits");
}

/**
 * A listener on a socket that listens already: that of a listener freed without LEV_OPT_CLOSE_ON_FREE, or what `mgr.bind`
 * answered. Whoever waits there is handed out first. `backlog` above 0: so many may wait (evconnlistener_new).
 */
export function evconnlistenerNew<T>(
  base: EventBase, cb: ((listener: EvConnListener, fd: EvSocket, address: PeerAddress, ptr: T) => void) | undefined | null,
  ptr: T, flags: number, backlog: number, fd: EvSocket,
): EvConnListener {
  checkFlags(flags);
  const isListener = fd._f & MG_F_LISTENING || (fd._state === State.Connecting && !(fd._f & (MG_F_CONNECTING | MG_F_UDP)));
  if (!isListener) throw new TypeError("Connection " + fd.id + " does not listen");
  const old = fd.handler === listenerEvent ? (fd.protoData as EvConnListener) : undefined;
  const lev = new EvConnListener(base, (cb || undefined) as EvConnListener["_cb"], ptr, flags, backlog, fd);
  if (!old) return lev;
  if (!(backlog > 0)) lev._backlog = old._backlog;
  lev._waiting = old._waiting;
  old._waiting = undefined;
  lev._go();
  return lev;
}

/**
 * A listener at `[tcp://|ssl://][HOST:]PORT`; `tls` for ssl. `backlog`: connections that may wait, negative: 128, 0: answers
 * undefined as C does. LEV_OPT_BIND_IPV6ONLY answers undefined for an address that is not IPv6's, or where there is no IPv6.
 * A port that cannot be had is told by the error callback, not here: nothing is bound before this turn is over. Throws as
 * `mgr.bind` does (evconnlistener_new_bind).
 */
export function evconnlistenerNewBind<T>(
  base: EventBase, cb: ((listener: EvConnListener, fd: EvSocket, address: PeerAddress, ptr: T) => void) | undefined | null,
  ptr: T, flags: number, backlog: number, address: string, tls?: TlsOptions,
): EvConnListener | undefined {
  checkFlags(flags);
  if (!backlog) return undefined;
  const a = parseAddress(address);
  if (a && a.scheme === "udp") throw new TypeError('Cannot listen on "' + address + '": a listener is for streams');
  const isOnlyV6 = (flags & (LEV_OPT_BIND_IPV6ONLY | LEV_OPT_BIND_IPV4_AND_IPV6)) === LEV_OPT_BIND_IPV6ONLY;
  if (isOnlyV6 && !(base.manager._platform.caps.ipv6 && a && a.host.indexOf(":") >= 0)) return undefined;
  const fd = base.manager.bind(address, undefined, { backlog: backlog > 0 ? backlog : BACKLOG, tls: tls, ipv6Only: isOnlyV6 });
  return new EvConnListener(base, (cb || undefined) as EvConnListener["_cb"], ptr, flags, backlog, fd);
}
