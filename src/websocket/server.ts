import type { Connection } from "../core/connection.js";
import { type AnyHandler, MG_EV_RECV, MG_EV_SEND } from "../core/events.js";
import { CLOSE_FLAGS, MG_F_IS_WEBSOCKET } from "../core/flags.js";
import type { HttpMessage } from "../http/message.js";
import { httpReply, httpSendError } from "../http/reply.js";
import { busy, type HttpOptions, requests, setProtocolHttpWebsocket } from "../http/server.js";
import { Http, type HttpHooks, hooksOf } from "../http/state.js";
import { isAnswered } from "../http/turn.js";
import { acceptOf, hasToken, listOf } from "./accept.js";
import { MG_EV_WEBSOCKET_HANDSHAKE_DONE, MG_EV_WEBSOCKET_HANDSHAKE_REQUEST, type WebsocketHandshake } from "./events.js";
import { open } from "./handler.js";
import { goOnLater } from "./receive.js";
import { putWhole } from "./send.js";
import { type Settings, settingsOf, type WebsocketExtension, type WebsocketLimits } from "./state.js";

/** Options of a listener that takes WebSockets. */
export interface WebsocketOptions extends WebsocketLimits, HttpOptions {
  /** Subprotocols, the preferred one first; the first that the client offers is agreed on. Default: none is. */
  protocols?: string[];
  /** Compression: `websocketDeflate()`. Default: none. */
  extension?: WebsocketExtension;
  /** Whether a page from this origin ("" without an Origin line) may connect: false answers 403. Default: any may. See `isSameOrigin`. */
  origin?(origin: string, hm: HttpMessage): boolean;
}

/** What a listener's WebSockets need to know. */
export interface ServerHooks extends HttpHooks {
  ws: Settings;
  wsOptions: WebsocketOptions;
  /** Endpoints for WebSockets: where there are some, others take none. */
  wsOnly?: AnyHandler[];
}

/**
 * Makes a listener speak HTTP/1.1 and WebSocket (mg_set_protocol_http_websocket): MG_EV_WEBSOCKET_HANDSHAKE_REQUEST and
 * HANDSHAKE_DONE for a request that asks for a WebSocket (RFC 6455 §4.2), then MG_EV_WEBSOCKET_FRAME for each message and
 * CONTROL_FRAME. Other requests are HTTP as ever. Throws TypeError or RangeError for options outside their limits.
 */
export function setProtocolWebsocket(listener: Connection, options?: WebsocketOptions): void {
  const hooks = hooksOf(listener) as ServerHooks;
  hooks.wsOptions = options || {};
  hooks.ws = settingsOf(hooks.wsOptions);
  hooks.upgrade = upgrade;
  if (!hooks.proto) hooks.proto = onRequests;
  setProtocolHttpWebsocket(listener, options);
}

/** A page of the same host as the one it connects to, or no page at all: an `origin` option. */
export function isSameOrigin(origin: string, hm: HttpMessage): boolean {
  return !origin || origin.slice(origin.indexOf("://") + 3).toLowerCase() === (hm.header("Host") || "").toLowerCase();
}

/** The protocol's handler of the listener: no request is answered from memory, because it might be a handshake. */
function onRequests(nc: Connection, ev: number, data: unknown): void {
  if (nc.handler && !(nc._quiet && (ev === MG_EV_RECV || ev === MG_EV_SEND))) nc.handler(nc, ev, data);
  if (ev === MG_EV_RECV) requests(nc);
  else if (nc._ps) busy(nc, ev, data);
}

/** A handshake whose answer comes later: see `deferWebsocket`. */
export interface Waiting {
  hm: HttpMessage;
  /** Whose WebSocket it is going to be. */
  handler: AnyHandler | undefined;
  /** Owes the reply meanwhile. */
  onEvent: AnyHandler;
}

/** A connection that asks for a WebSocket. */
export interface Asked extends Connection {
  _asked: Waiting | undefined;
}

/** HttpHooks.upgrade: a request without a body is on its way to `handler`. */
function upgrade(nc: Connection, hm: HttpMessage, handler: AnyHandler | undefined): AnyHandler | undefined {
  const hooks = nc._hooks as ServerHooks;
  const isWanted = hasToken(listOf(hm._head, "upgrade"), "websocket");
  const isOnly = !!hooks.wsOnly && !!handler && hooks.wsOnly.indexOf(handler) >= 0;
  if (!handler || (!isWanted && !isOnly) || (hooks.wsOnly && !isOnly)) return handler;
  const status = isWanted ? check(hm) : 426;
  const o = hooks.wsOptions;
  if (status === 426) httpReply(nc, 426, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", ""); // RFC 6455 §4.4
  else if (status) httpSendError(nc, status, "Malformed WebSocket handshake");
  else if (o.origin && !o.origin(hm.header("Origin") || "", hm)) httpSendError(nc, 403);
  else {
    const asked = ask(nc, hm, handler);
    if (asked !== true) return asked;
    nc._in().remove(hm._headBytes);
    agree(nc, hm, handler); // from here and not from `ask`: what handlers call wants the stack
  }
  return undefined;
}

/** What is wrong with the handshake (RFC 6455 §4.2.1): 0 or the status to refuse with. */
function check(hm: HttpMessage): number {
  const head = hm._head;
  const key = listOf(head, "sec-websocket-key");
  const version = listOf(head, "sec-websocket-version");
  if (hm.method !== "GET" || hm.proto !== "HTTP/1.1" || !hasToken(listOf(head, "connection"), "upgrade")) return 400;
  if (version && version !== "13") return 426;
  // 16 bytes in base64: the last of 22 digits has four bits to spare.
  return !version || key.length !== 24 || /[^A-Za-z0-9+]/.test(key.slice(0, 22).split("/").join("")) || !/[AQgw]==$/.test(key) ? 400 : 0;
}

/** The handler may refuse, or put the answer off: then somebody else owes it. True: it does neither, and is to have its WebSocket. */
function ask(nc: Connection, hm: HttpMessage, handler: AnyHandler): AnyHandler | undefined | true {
  const before = nc._unsent();
  nc._f |= MG_F_IS_WEBSOCKET;
  if ((nc as Asked)._asked) (nc as Asked)._asked = undefined; // of an earlier handshake, which was refused
  handler(nc, MG_EV_WEBSOCKET_HANDSHAKE_REQUEST, hm);
  const waiting = (nc as Asked)._asked;
  if (nc._f & CLOSE_FLAGS || isAnswered(nc, before) || waiting) {
    nc._f &= ~MG_F_IS_WEBSOCKET;
    if (isAnswered(nc, before)) return undefined;
    if (nc._f & CLOSE_FLAGS || !waiting) return void httpSendError(nc, 403);
    waiting.handler = handler;
    return waiting.onEvent;
  }
  return true;
}

/** Opens the WebSocket that was asked for; its request is out of recvMbuf. */
export function agree(nc: Connection, hm: HttpMessage, handler: AnyHandler): void {
  const o = (nc._hooks as ServerHooks).wsOptions;
  const agreed = agreeOn(listOf(hm._head, "sec-websocket-protocol"), o.protocols);
  const extra = nc._ps & Http.Extra ? nc._extra : "";
  open(nc, handler, 0);
  const extension = o.extension ? o.extension.accept(nc, listOf(hm._head, "sec-websocket-extensions")) : "";
  const mgr = nc.mgr;
  const accept = acceptOf(mgr._platform, listOf(hm._head, "sec-websocket-key"));
  putWhole(nc, mgr._ops.text(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n" +
      (agreed ? "Sec-WebSocket-Protocol: " + agreed + "\r\n" : "") + (extension ? "Sec-WebSocket-Extensions: " + extension + "\r\n" : "") + extra + "\r\n",
  ));
  (hm as WebsocketHandshake).wsProtocol = agreed;
  handler(nc, MG_EV_WEBSOCKET_HANDSHAKE_DONE, hm);
  if (nc._i || (nc._r && nc._r.len)) goOnLater(nc);
}

/** The first of ours that the client offers; "" when there is none. */
function agreeOn(offered: string, ours: string[] | undefined): string {
  const list = offered.split(" ").join("").split(",");
  for (let i = 0; ours && i < ours.length; i++) if (list.indexOf(ours[i]) >= 0) return ours[i];
  return "";
}
