import type { Connection } from "../core/connection.js";
import { type EventHandler, MG_EV_CLOSE } from "../core/events.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../core/flags.js";
import { Err } from "../core/port.js";
import type { HttpClient } from "./client-pool.js";
import { clientOf, type HttpClientLimits, Wait } from "./client-state.js";
import { type HttpUrl, parseHttpUrl } from "./client-url.js";
import { connectTo, httpRequest, readUrl } from "./client.js";
import { MG_EV_HTTP_HDRS, MG_EV_HTTP_REPLY } from "./events.js";
import { type Incoming, Mode } from "./incoming.js";
import type { HttpMessage } from "./message.js";
import { redirectHeaders, redirectMethod, resolveUrl } from "./redirect.js";
import type { HttpRequest } from "./request.js";

/**
 * Told once how a call ended: `err` 0 and the reply (its body is valid during the call only), or an MG_ERR_ code. A reply
 * whose body was streamed comes without it.
 */
export type HttpDone = (err: number, hm: HttpMessage | undefined) => void;

/** Answers a 401: the Authorization line, CRLF included, for a request with this method and target; undefined to leave it at that. */
export type HttpAuthorizer = (challenge: HttpMessage, method: string, target: string) => string | undefined;

/** What a call can be told. Limits of time are for each request it takes. */
export interface HttpCallOptions extends HttpRequest, HttpClientLimits {
  /** Redirects that are followed; the next one is the reply. Default 5. */
  redirectsMax?: number;
  /** Default false: a redirect from https to http is not followed. */
  followToHttp?: boolean;
  /** Called for a 401 of the URL's own origin, once. */
  authorize?: HttpAuthorizer;
  /** The head of the final reply is here, and its body is not: the place for `httpStreamBody` and `httpCollectBody`. */
  onHead?(nc: Connection, hm: HttpMessage): void;
}

/** Requests that may be sent twice without harm (RFC 9110 §9.2.2). */
const IDEMPOTENT = "|GET|HEAD|PUT|DELETE|OPTIONS|TRACE|";
const REDIRECTS_MAX = 5;

/** One call of an HttpClient: a request, and those that follow from it. */
export class HttpCall {
  _client: HttpClient;
  _options: HttpCallOptions;
  _done: HttpDone | undefined;
  /** Where the present request goes, what it says, and with whose credentials. */
  _url: HttpUrl;
  _request: HttpRequest;
  _credentials: string;
  /** The redirect or repetition that follows when the present reply is over. */
  _next: HttpUrl | undefined;
  _redirects: number;
  /** 1: credentials were tried; or they are of no concern to this origin. */
  _isAuthorized: number;
  /** 1: the connection was used before. */
  _isKept: number;
  _nc: Connection | undefined;

  constructor(client: HttpClient, url: string, options: HttpCallOptions, done: HttpDone) {
    this._client = client;
    this._options = options;
    this._done = done;
    this._url = readUrl(url);
    this._request = options;
    this._credentials = this._url.credentials;
    this._next = undefined;
    this._redirects = 0;
    this._isAuthorized = options.authorize ? 0 : 1;
    this._isKept = 0;
    this._nc = undefined;
    this._send(true);
  }

  /** Gives the call up: `done` is not called any more. */
  cancel(): void {
    this._done = undefined;
    this._next = undefined;
    if (this._nc) this._nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  }

  /** Sends the present request: on a kept connection if there is one and it may be, or on a new one. */
  _send(mayKeep: boolean): void {
    const o = this._options;
    const r = this._request;
    const request = {
      method: r.method, headers: r.headers, body: r.body, expectContinue: r.expectContinue, tls: this._client._tls,
      replyMs: o.replyMs, headMs: o.headMs, bodyMs: o.bodyMs, totalMs: o.totalMs, headMaxBytes: o.headMaxBytes, bodyMaxBytes: o.bodyMaxBytes,
    };
    let nc = mayKeep ? this._client._take(this._url.origin) : undefined;
    this._isKept = nc ? 1 : 0;
    if (nc) {
      clientOf(nc).credentials = this._credentials;
      if (!httpRequest(nc, this._url.target, request)) return this._send(true);
    } else {
      nc = connectTo(this._client._mgr, onCallEvent as EventHandler, this._url, this._credentials, request);
      clientOf(nc).onStreamed = onStreamed;
    }
    nc.userData = this;
    this._nc = nc;
  }

  /** What follows from this reply: another request, if its body can be sent again. Answers whether one does. */
  _plan(hm: HttpMessage): boolean {
    const method = clientMethod(this._request);
    if (this._done && hm.respCode === 401) this._planAuthorized(hm, method);
    else if (this._done) this._planRedirect(hm, method);
    return this._next !== undefined;
  }

  _planAuthorized(hm: HttpMessage, method: string): void {
    const o = this._options;
    if (this._isAuthorized || !o.authorize || !isRepeatable(this._request)) return;
    this._isAuthorized = 1;
    const credentials = o.authorize(hm, method, this._url.target);
    if (!credentials) return;
    this._credentials = credentials;
    this._next = this._url;
  }

  _planRedirect(hm: HttpMessage, method: string): void {
    const o = this._options;
    const next = redirectMethod(hm.respCode, method);
    const location = hm.header("Location");
    const from = this._url;
    if (!next || location === undefined || this._redirects >= (o.redirectsMax === undefined ? REDIRECTS_MAX : o.redirectsMax)) return;
    const to = parseHttpUrl(resolveUrl(from.origin + from.target, location));
    const isBodyGone = next !== method;
    if (typeof to === "string" || (from.isTls && !to.isTls && !o.followToHttp) || (!isBodyGone && !isRepeatable(this._request))) return;
    const isOther = to.origin !== from.origin;
    const r = this._request;
    const headers = redirectHeaders(r.headers || "", isBodyGone, isOther);
    this._request = { method: next, headers: headers, body: isBodyGone ? undefined : r.body, expectContinue: r.expectContinue };
    if (isOther) {
      this._credentials = ""; // what was meant for one origin is not told to another; nor does a Location bring its own
      this._isAuthorized = 1;
    }
    this._redirects++;
    this._next = to;
  }

  /** Goes on with what was planned. */
  _follow(): void {
    this._url = this._next as HttpUrl;
    this._next = undefined;
    this._repeat(true);
  }

  /** Sends a request that follows from another. */
  _repeat(mayKeep: boolean): void {
    try {
      this._send(mayKeep);
    } catch (e) {
      // The first request was checked when it was made: what is left to throw is a platform without TLS, or a freed manager.
      this._end(Err.NotSupported, undefined);
    }
  }

  /** The reply is whole. */
  _over(nc: Connection, hm: HttpMessage): void {
    this._nc = undefined;
    this._client._give(nc);
    if (this._next) this._follow();
    else this._end(0, hm);
  }

  _closed(nc: Connection): void {
    this._nc = undefined;
    if (this._next) return this._follow();
    if (!this._done) return;
    const c = clientOf(nc);
    const isUnheard = this._isKept && c.wait === Wait.Reply && !c.interims && isPeers(nc.err);
    if (isUnheard && isRepeatable(this._request) && IDEMPOTENT.indexOf("|" + clientMethod(this._request) + "|") >= 0) {
      return this._repeat(false); // RFC 9112 §9.3.1: it may be assumed that the request was not seen
    }
    this._end(nc.err || Err.Failed, undefined);
  }

  _end(err: number, hm: HttpMessage | undefined): void {
    const done = this._done;
    this._done = undefined;
    if (done) done(err, hm);
  }
}

/** Events of a connection that a call uses. */
function onCallEvent(nc: Connection, ev: number, data: unknown): void {
  const call = nc.userData;
  if (!(call instanceof HttpCall)) {
    if (ev === MG_EV_CLOSE) (call as HttpClient)._forget(nc);
    return;
  }
  if (ev === MG_EV_HTTP_HDRS) headHere(nc, call, data as HttpMessage);
  else if (ev === MG_EV_HTTP_REPLY) {
    if (!call._next) call._plan(data as HttpMessage);
    call._over(nc, data as HttpMessage);
  } else if (ev === MG_EV_CLOSE) call._closed(nc);
}

/** A reply that leads to another request is read and dropped; the final one is the program's. */
function headHere(nc: Connection, call: HttpCall, hm: HttpMessage): void {
  if (!call._plan(hm)) {
    if (call._options.onHead && call._done) call._options.onHead(nc, hm);
    return;
  }
  const inc = nc.protoData as Incoming;
  inc.mode = Mode.Drain;
  inc.max = nc.mgr.limits.drainMaxBytes;
}

function onStreamed(nc: Connection, hm: HttpMessage): void {
  const call = nc.userData;
  if (call instanceof HttpCall) call._over(nc, hm);
}

function clientMethod(r: HttpRequest): string {
  return r.method || (r.body === undefined ? "GET" : "POST");
}

/** Whether the body can be sent once more. */
function isRepeatable(r: HttpRequest): boolean {
  const body = r.body;
  return typeof body !== "object" || body instanceof Uint8Array || typeof body.source === "function";
}

/** Whether the peer, or the way to it, ended the connection. */
function isPeers(err: number): boolean {
  return err === Err.Protocol || err === Err.Reset || err === Err.UnsentData;
}
