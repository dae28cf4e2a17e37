import type { Connection } from "../core/connection.js";
import type { BriefHandler, EventHandler } from "../core/events.js";
import { CLOSE_FLAGS } from "../core/flags.js";
import type { Manager } from "../core/manager.js";
import type { ConnectionOptions } from "../core/options.js";
import { State } from "../core/state.js";
import { attachClient } from "./client-reply.js";
import { sendRequest } from "./client-send.js";
import { clientOf, ClientState, type HttpClientLimits, Wait } from "./client-state.js";
import { type HttpUrl, parseHttpUrl } from "./client-url.js";
import { type HttpRequest, makeRequest } from "./request.js";

/** What `connectHttp` can be told: the request, the limits of its reply, and what `mgr.connect` takes (`tls`, `userData`, …). */
export interface ConnectHttpOptions extends HttpRequest, HttpClientLimits, ConnectionOptions {}

/**
 * Connects to the server of an http or https URL and sends a request (mg_connect_http): GET, or POST with a body, or what
 * the options say. Events: CONNECT; MG_EV_HTTP_HDRS and MG_EV_HTTP_CHUNK for a reply with a body; MG_EV_HTTP_REPLY for a
 * whole one; CLOSE last, with `nc.err` telling why. The connection is kept for `httpRequest` if the server keeps it; a
 * program that is done sets MG_F_CLOSE_IMMEDIATELY. `user:password@` in the URL is sent as Basic credentials.
 *
 * Throws TypeError for a malformed URL, method or header line, and Error where the platform has no TLS, or cannot verify
 * the server and was not told `tls: { verify: false }`.
 */
export function connectHttp(mgr: Manager, handler: EventHandler | undefined, url: string, headers?: string | ConnectHttpOptions, body?: string | Uint8Array): Connection;
export function connectHttp(mgr: Manager, handler: BriefHandler, url: string, headers?: string | ConnectHttpOptions, body?: string | Uint8Array): Connection;
export function connectHttp(
  mgr: Manager, handler: EventHandler | BriefHandler | undefined, url: string, headers?: string | ConnectHttpOptions, body?: string | Uint8Array,
): Connection {
  const options = typeof headers === "object" ? headers : { headers: headers, body: body };
  const u = readUrl(url);
  return connectTo(mgr, handler as EventHandler, u, u.credentials, options);
}

/** The URL taken apart. Throws TypeError when it is malformed. */
export function readUrl(url: string): HttpUrl {
  const u = parseHttpUrl("" + url);
  if (typeof u === "string") throw new TypeError(u + ': "' + url + '"');
  return u;
}

/** Connects, and leaves the request to be sent when the connection stands. */
export function connectTo(mgr: Manager, handler: EventHandler, u: HttpUrl, credentials: string, options: ConnectHttpOptions): Connection {
  const request = makeRequest(mgr._ops, u.target, u.authority, credentials, options);
  const where = (u.host.indexOf(":") < 0 ? u.host : "[" + u.host + "]") + ":" + u.port;
  if (u.isTls && !mgr._platform.caps.tlsVerifies && !(options.tls && options.tls.verify === false)) {
    throw new Error("Cannot connect to " + u.origin + ": " + mgr._platform.name + " cannot verify the server; { tls: { verify: false } } does without");
  }
  const nc = mgr.connect((u.isTls ? "ssl://" : "tcp://") + where, handler, u.isTls ? options : withoutTls(options));
  const c = new ClientState(u.origin, u.authority, credentials, options);
  c.request = request;
  c.wait = Wait.Connect;
  c.beganMs = mgr._platform.now();
  attachClient(nc, c);
  return nc;
}

/** TLS options beside an http URL (a redirect away from https) do not make it TLS. */
function withoutTls(o: ConnectHttpOptions): ConnectionOptions {
  return { userData: o.userData, flags: o.flags, recvMbufLimit: o.recvMbufLimit };
}

/**
 * Sends another request on a connection made by `connectHttp`, to the same server; in MG_EV_HTTP_REPLY or later. Answers
 * false, and sends nothing, when a reply is still awaited or the connection ends. `target` is path and query. Throws
 * TypeError as `connectHttp` does.
 */
export function httpRequest(nc: Connection, target: string, request?: HttpRequest & HttpClientLimits): boolean {
  const c = clientOf(nc);
  const r = request || {};
  const wire = makeRequest(nc.mgr._ops, target, c.host, c.credentials, r);
  if (nc._state !== State.Open || c.wait !== Wait.None || c.isLast || nc._src || nc._f & CLOSE_FLAGS) return false;
  c.request = wire;
  c.limits = r;
  c.beganMs = nc.mgr._platform.now();
  sendRequest(nc, c);
  return true;
}
