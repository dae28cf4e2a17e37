import type { Connection } from "../core/connection.js";
import { type BriefHandler, type EventHandler, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_RECV, MG_EV_SEND } from "../core/events.js";
import { CLOSE_FLAGS, MG_F_CLOSE_IMMEDIATELY, MG_F_CONNECTING } from "../core/flags.js";
import type { Manager } from "../core/manager.js";
import type { ConnectionOptions } from "../core/options.js";
import { Err } from "../core/port.js";
import { Phase } from "../core/state.js";
import { isField } from "../http/grammar.js";
import { parseHttpUrl } from "../http/client-url.js";
import { MG_EV_HTTP_REPLY } from "../http/events.js";
import type { HttpMessage } from "../http/message.js";
import { parseReplyHead } from "../http/reply-head.js";
import { acceptOf, base64, hasToken, listOf } from "./accept.js";
import { MG_EV_WEBSOCKET_HANDSHAKE_DONE, type WebsocketHandshake } from "./events.js";
import { open } from "./handler.js";
import { Close } from "./ops.js";
import { fail, readFrames } from "./receive.js";
import { putWhole } from "./send.js";
import { settingsOf, type WebsocketExtension, type WebsocketLimits, Ws, type WsHooks } from "./state.js";

/** What a client's handshake says beside the URL. */
export interface HandshakeOptions extends WebsocketLimits {
  /** Subprotocols that are offered, the preferred one first. */
  protocols?: string[];
  /** More header lines, each ending in CRLF: Origin, Authorization, cookies. */
  headers?: string;
  /** Compression that is offered: `websocketDeflate()`. Default: none. */
  extension?: WebsocketExtension;
  /** Default true. `false`: RECV and SEND do not reach the program's handler. */
  rawEvents?: boolean;
}

/** What `connectWs` can be told: the handshake, and what `mgr.connect` takes. */
export interface ConnectWsOptions extends HandshakeOptions, ConnectionOptions {}

/** A handshake on its way: in `nc.protoData`. */
interface Handshake {
  accept: string;
  protocols: string[];
  extension: WebsocketExtension | undefined;
}

/**
 * Connects to the server of a ws or wss URL and asks for a WebSocket (mg_connect_ws). Events: CONNECT;
 * MG_EV_WEBSOCKET_HANDSHAKE_DONE when it is open, then FRAME and CONTROL_FRAME; CLOSE last, with `nc.err` telling why. A server that
 * refuses: MG_EV_HTTP_REPLY with the head of its reply, then CLOSE with MG_ERR_PROTOCOL; one whose answer is none
 * (RFC 6455 §4.1): CLOSE only. `user:password@` in the URL is sent as Basic credentials. Throws TypeError for a malformed
 * URL, subprotocol or header line, and Error where the platform has no TLS, or cannot verify the server and was not told
 * `tls: { verify: false }`.
 */
export function connectWs(mgr: Manager, handler: EventHandler | undefined, url: string, options?: ConnectWsOptions): Connection;
export function connectWs(mgr: Manager, handler: BriefHandler, url: string, options?: ConnectWsOptions): Connection;
export function connectWs(mgr: Manager, handler: EventHandler | BriefHandler | undefined, url: string, options?: ConnectWsOptions): Connection {
  const o = options || {};
  const isWs = typeof url === "string" && url.slice(0, 2).toLowerCase() === "ws";
  const u = isWs ? parseHttpUrl("http" + url.slice(2)) : "URL must begin with ws:// or wss://";
  if (typeof u === "string") throw new TypeError(u + ", is " + url);
  if (u.isTls && !mgr._platform.caps.tlsVerifies && !(o.tls && o.tls.verify === false)) {
    throw new Error("Cannot connect to " + url + ": " + mgr._platform.name + " cannot verify the server; { tls: { verify: false } } does without");
  }
  const lines = u.credentials + checked(o);
  const where = (u.host.indexOf(":") < 0 ? u.host : "[" + u.host + "]") + ":" + u.port;
  const rest = { userData: o.userData, flags: o.flags, recvMbufLimit: o.recvMbufLimit, tls: u.isTls ? o.tls : undefined };
  const nc = mgr.connect((u.isTls ? "ssl://" : "tcp://") + where, handler as EventHandler, rest);
  ask(nc, u.target, u.authority, lines, o);
  return nc;
}

/**
 * Asks for a WebSocket on a connection that was made some other way (mg_send_websocket_handshake), before or after it
 * stands: events as with `connectWs`. `target` is path and query, `host` the Host line's value. TypeError as there.
 */
export function sendWebsocketHandshake(nc: Connection, target: string, host: string, options?: HandshakeOptions): void {
  const o = options || {};
  if (target.charAt(0) !== "/" || /[^\x21-\x7e]/.test(target + host)) throw new TypeError("Malformed target or host: must be ASCII, the target begins with /");
  ask(nc, target, host, checked(o), o);
}

/** The header lines that the program wants; what could split the request is refused. */
function checked(o: HandshakeOptions): string {
  const protocols = o.protocols || [];
  for (let i = 0; i < protocols.length; i++) {
    if (!protocols[i] || /[^!#$%&'*+.^_`|~0-9A-Za-z-]/.test(protocols[i])) throw new TypeError('Malformed subprotocol "' + protocols[i] + '"');
  }
  const given = o.headers || "";
  const lines = given ? given.split("\r\n") : [""];
  if (lines.pop() !== "") throw new TypeError("Header lines must end in CRLF");
  for (let i = 0; i < lines.length; i++) if (!isField(lines[i])) throw new TypeError('Malformed header line "' + lines[i] + '"');
  return (protocols.length ? "Sec-WebSocket-Protocol: " + protocols.join(", ") + "\r\n" : "") + given;
}

function ask(nc: Connection, target: string, host: string, lines: string, o: HandshakeOptions): void {
  const mgr = nc.mgr;
  const key = base64(mgr._platform.random(16)); // RFC 6455 §4.1
  const h: Handshake = { accept: acceptOf(mgr._platform, key), protocols: o.protocols || [], extension: o.extension };
  const offer = o.extension ? o.extension.offer(nc) : "";
  nc._hooks = { ws: settingsOf(o) } as WsHooks;
  nc.protoHandler = onHandshake;
  nc.protoData = h;
  nc._ps = 1;
  if (o.rawEvents === false) nc._quiet = 1;
  if (!(nc._f & MG_F_CONNECTING)) wait(nc);
  putWhole(nc, mgr._ops.text(
    "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key +
      "\r\nSec-WebSocket-Version: 13\r\n" + (offer ? "Sec-WebSocket-Extensions: " + offer + "\r\n" : "") + lines + "\r\n",
  ));
}

/** From now on the server has `limits.headMs` for its answer. */
function wait(nc: Connection): void {
  nc._phase = Phase.Head;
  nc._since = nc.mgr._platform.now();
}

/** The protocol's handler until the handshake is done. */
function onHandshake(nc: Connection, ev: number, data: unknown): void {
  if (nc.handler && !(nc._quiet && (ev === MG_EV_RECV || ev === MG_EV_SEND))) nc.handler(nc, ev, data);
  if (ev === MG_EV_CONNECT && !data) wait(nc);
  else if (ev === MG_EV_RECV && !(nc._f & CLOSE_FLAGS)) answered(nc);
  else if (ev === MG_EV_CLOSE) nc.protoData = undefined;
}

/** The server's answer, or the beginning of it. */
function answered(nc: Connection): void {
  const m = nc._in();
  const limits = nc.mgr.limits;
  const end = nc.mgr._ops.indexOf(m._pullup(), "\r\n\r\n", 0);
  if (end < 0 && m.len < limits.headMaxBytes) return;
  const hm = end < 0 || end > limits.headMaxBytes ? 0 : parseReplyHead(m.latin1(0, end), limits, "GET");
  const h = nc.protoData as Handshake;
  m.remove(end < 0 ? m.len : end + 4);
  const isOpen = hm && hm.respCode === 101 && isAccepted(hm, h);
  if (!isOpen) {
    if (!nc.err) nc.err = Err.Protocol;
    nc._f |= MG_F_CLOSE_IMMEDIATELY;
    if (hm && hm.respCode !== 101 && nc.handler) nc.handler(nc, MG_EV_HTTP_REPLY, hm);
    return;
  }
  (hm as WebsocketHandshake).wsProtocol = listOf(hm._head, "sec-websocket-protocol");
  open(nc, nc.handler, Ws.Client);
  const extensions = listOf(hm._head, "sec-websocket-extensions");
  if (extensions && h.extension && !h.extension.agree(nc, extensions)) return void fail(nc, Close.Extension);
  if (nc.handler) nc.handler(nc, MG_EV_WEBSOCKET_HANDSHAKE_DONE, hm);
  readFrames(nc);
  if (nc._r && !nc._r.len && !nc._r._public) nc._r = undefined;
}

/** Whether the server's 101 is an answer to what was asked (RFC 6455 §4.1). */
function isAccepted(hm: HttpMessage, h: Handshake): boolean {
  const head = hm._head;
  const protocol = listOf(head, "sec-websocket-protocol");
  const extensions = listOf(head, "sec-websocket-extensions");
  if (!hasToken(listOf(head, "upgrade"), "websocket") || !hasToken(listOf(head, "connection"), "upgrade")) return false;
  if (listOf(head, "sec-websocket-accept") !== h.accept || (protocol && h.protocols.indexOf(protocol) < 0)) return false;
  return !extensions || !!h.extension; // what was agreed on is looked at when the connection is open
}
