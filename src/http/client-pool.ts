import type { Connection } from "../core/connection.js";
import { CLOSE_FLAGS, MG_F_CLOSE_IMMEDIATELY } from "../core/flags.js";
import type { Manager } from "../core/manager.js";
import type { TlsOptions } from "../core/port.js";
import { State } from "../core/state.js";
import { HttpCall, type HttpCallOptions, type HttpDone } from "./client-call.js";
import { clientOf, Wait } from "./client-state.js";

/** Options of an HttpClient. */
export interface HttpClientOptions {
  /** Kept connections to one origin that wait for their next request. Default 1. */
  idlePerOriginMax?: number;
  /** Kept connections in all. Default 2. The manager's `idleMs` ends them. */
  idleMax?: number;
  /** For https: what to trust. */
  tls?: TlsOptions;
}

/**
 * Makes requests and keeps connections for the next ones: follows redirects, answers a 401, and repeats an idempotent
 * request once when a kept connection turns out to be closed. A program that makes one request now and then needs only
 * `connectHttp`.
 */
export class HttpClient {
  _mgr: Manager;
  _tls: TlsOptions | undefined;
  _perOriginMax: number;
  _idleMax: number;
  /** Connections without a call, longest-waiting first. */
  _idle: Connection[];

  constructor(mgr: Manager, options?: HttpClientOptions) {
    const o = options || {};
    this._mgr = mgr;
    this._tls = o.tls;
    this._perOriginMax = o.idlePerOriginMax === undefined ? 1 : o.idlePerOriginMax;
    this._idleMax = o.idleMax === undefined ? 2 : o.idleMax;
    this._idle = [];
  }

  /**
   * Makes a request; `done` is told once how it ended, never from inside this call. Throws as `connectHttp` does for what
   * is wrong with the request, and for https where the platform cannot.
   */
  request(url: string, options: HttpCallOptions, done: HttpDone): HttpCall {
    return new HttpCall(this, url, options, done);
  }

  /** Closes the connections that wait for a request. Calls that go on are not touched. */
  close(): void {
    while (this._idle.length) this._drop(0);
  }

  /** A kept connection to this origin, if there is one. */
  _take(origin: string): Connection | undefined {
    const idle = this._idle;
    for (let i = idle.length - 1; i >= 0; i--) {
      const nc = idle[i];
      if (clientOf(nc).origin !== origin) continue;
      idle.splice(i, 1);
      if (isUsable(nc)) return nc;
    }
    return undefined;
  }

  /** A call has no more use for the connection. */
  _give(nc: Connection): void {
    nc.userData = this;
    if (!isUsable(nc)) return;
    this._idle.push(nc);
    const origin = clientOf(nc).origin;
    let first = -1;
    let count = 0;
    for (let i = this._idle.length - 1; i >= 0; i--) {
      if (clientOf(this._idle[i]).origin !== origin) continue;
      count++;
      first = i;
    }
    if (count > this._perOriginMax) this._drop(first);
    else if (this._idle.length > this._idleMax) this._drop(0);
  }

  _drop(at: number): void {
    const nc = this._idle[at];
    this._idle.splice(at, 1);
    nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  }

  /** The connection is gone. */
  _forget(nc: Connection): void {
    const at = this._idle.indexOf(nc);
    if (at >= 0) this._idle.splice(at, 1);
  }
}

function isUsable(nc: Connection): boolean {
  const c = clientOf(nc);
  return nc._state === State.Open && !(nc._f & CLOSE_FLAGS) && c.wait === Wait.None && !c.isLast;
}
