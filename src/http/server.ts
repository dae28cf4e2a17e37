import { post } from "../core/call.js";
import type { Connection } from "../core/connection.js";
import { MG_EV_RECV, MG_EV_SEND } from "../core/events.js";
import { CLOSE_FLAGS, MG_F_SEND_AND_CLOSE } from "../core/flags.js";
import type { Limits } from "../core/limits.js";
import type { Mbuf } from "../core/mbuf.js";
import { guarded } from "../core/output.js";
import type { Raw } from "../core/port.js";
import { Phase, State } from "../core/state.js";
import { MG_EV_HTTP_REQUEST } from "./events.js";
import { parseRequestHead } from "./head.js";
import { HttpMessage } from "./message.js";
import { httpSendError, refusal } from "./reply.js";
import { Http } from "./state.js";

/** Heads longer than this are parsed each time. */
const SEEN_MAX_BYTES = 1024;

/**
 * The request seen last, and what it meant: a page that polls sends the same bytes again and again.
 * @hot
 */
let seenHead = "-";
/** @hot */
let seen: HttpMessage;
/** The limits it was accepted under; another manager with other limits ends the remembering. */
let seenLimits: Limits | undefined;
let isRemembering = true;

/** Options of the protocol. */
export interface HttpOptions {
  /** Default true. `false`: RECV and SEND do not reach the program's handler, which saves two calls a request. */
  rawEvents?: boolean;
}

/**
 * Makes a listener or connection speak HTTP/1.1 (mg_set_protocol_http_websocket): MG_EV_HTTP_REQUEST for each request,
 * after the raw MG_EV_RECV, with the request still in recvMbuf. Connections are kept between requests and may be closed
 * to make room then; a full server answers 503 from a constant.
 */
export function setProtocolHttpWebsocket(nc: Connection, options?: HttpOptions): void {
  const isQuiet = options && options.rawEvents === false;
  nc.protoHandler = isQuiet ? onQuiet : onEvent;
  if (isQuiet) nc._quiet = 1;
  nc._refusal = refusal(503);
}

/**
 * Raw events go to the program first. A chunk that is one whole request seen before is answered right here.
 * @hot
 */
function onEvent(nc: Connection, ev: number, data: unknown): void {
  if (nc.handler) nc.handler(nc, ev, data);
  if (ev === MG_EV_RECV) {
    const raw = nc._i;
    const handler = nc.handler;
    if (nc._ps || !handler || nc._f & CLOSE_FLAGS || (raw !== seenHead && !isSeen(nc, raw))) return requests(nc);
    handler(nc, MG_EV_HTTP_REQUEST, seen);
    answered(nc);
  } else if (nc._ps && ev === MG_EV_SEND) onSend(nc, data as number);
}

/**
 * The same for programs that do not want raw events.
 * @hot
 */
function onQuiet(nc: Connection, ev: number, data: unknown): void {
  if (ev === MG_EV_RECV) {
    const raw = nc._i;
    const handler = nc.handler;
    if (nc._ps || !handler || nc._f & CLOSE_FLAGS || (raw !== seenHead && !isSeen(nc, raw))) return requests(nc);
    handler(nc, MG_EV_HTTP_REQUEST, seen);
    if (!nc._i || !nc._o || nc._gate) answered(nc);
    else nc._i = 0;
  } else if (ev === MG_EV_SEND) {
    if (nc._ps) onSend(nc, data as number);
  } else if (nc.handler) nc.handler(nc, ev, data);
}

/** A remembered request was handed out: it is removed; its reply is there, goes by a source, or comes later. */
function answered(nc: Connection): void {
  if (nc._i) nc._i = 0;
  else if (nc._r) nc._r.remove(seenHead.length);
  if (nc._src) replied(nc);
  else if (!nc._unsent()) owe(nc);
}

/** The comparison for platforms whose chunks are arrays. */
function isSeen(nc: Connection, raw: Raw | 0): boolean {
  return raw !== 0 && typeof raw !== "string" && raw.length === seenHead.length && nc.mgr._ops.latin1(raw, 0, raw.length) === seenHead;
}

/** Hands out every complete request in recvMbuf, in order, until one is incomplete or its reply is owed. */
function requests(nc: Connection): void {
  const m = nc._in();
  if (nc._ps & Http.Dead) m.clear();
  while (m.len && !(nc._ps & (Http.Owed | Http.Dead)) && !(nc._f & CLOSE_FLAGS)) {
    const hm = nextRequest(nc, m);
    if (!hm) break;
    handOut(nc, hm, m);
  }
  if (!m.len && !m._public) nc._r = undefined;
  if (nc._ps & Http.Ended && !(nc._ps & Http.Owed)) nc._f |= MG_F_SEND_AND_CLOSE;
}

/** The request at the front of recvMbuf; undefined when it is incomplete or was refused. */
function nextRequest(nc: Connection, m: Mbuf): HttpMessage | undefined {
  const limits = nc.mgr.limits;
  const max = limits.headMaxBytes < nc.recvMbufLimit ? limits.headMaxBytes : nc.recvMbufLimit;
  while (m.byteAt(0) === 13 && m.byteAt(1) === 10) m.remove(2); // RFC 9112 §2.2: empty lines before a request
  if (!m.len) return incomplete(nc, Phase.Head);
  const end = nc.mgr._ops.indexOf(m._pullup(), "\r\n\r\n", 0);
  if (end < 0 ? m.len >= max : end + 4 > max) return refuse(nc, 431, "Request head is over " + max + " bytes");
  if (end < 0) return incomplete(nc, Phase.Head);
  const head = m.latin1(0, end);
  const hm = parseRequestHead(head, limits);
  if (!(hm instanceof HttpMessage)) return refuse(nc, hm, "");
  const bodyMax = bodyMaxBytes(nc, hm);
  if (hm._bodyBytes > bodyMax) return refuse(nc, 413, "Body is over " + bodyMax + " bytes");
  const size = hm._headBytes + hm._bodyBytes;
  if (m.len < size) return incomplete(nc, Phase.Body);
  if (size === m.len && size <= SEEN_MAX_BYTES) remember(nc, hm, head + "\r\n\r\n");
  return hm;
}

/** Another chunk can be known for the same request by comparing it, if this one was the whole of it and nothing special. */
function remember(nc: Connection, hm: HttpMessage, bytes: string): void {
  const limits = nc.mgr.limits;
  if (seenLimits && seenLimits !== limits && !isSameHead(seenLimits, limits)) isRemembering = false;
  seenLimits = limits;
  if (!isRemembering) seenHead = "-";
  if (hm._bodyBytes || hm._close || hm._noBody || !isRemembering) return;
  seenHead = bytes;
  seen = hm;
}

function isSameHead(a: Limits, b: Limits): boolean {
  return a.headMaxBytes === b.headMaxBytes && a.headersMax === b.headersMax && a.uriMaxBytes === b.uriMaxBytes;
}

/** Largest body this connection can collect: the limit, and what recvMbuf may hold besides the head. */
function bodyMaxBytes(nc: Connection, hm: HttpMessage): number {
  const byMbuf = nc.recvMbufLimit - hm._headBytes;
  const limit = nc.mgr.limits.bodyMaxBytes;
  return limit && limit < byMbuf ? limit : byMbuf;
}

/** More is to come: note since when. */
function incomplete(nc: Connection, phase: Phase): undefined {
  if (nc._phase !== phase) nc._since = nc.mgr._platform.now();
  nc._phase = phase;
  nc._onDeadline = onDeadline;
  nc._ps |= Http.Partial;
  return undefined;
}

function handOut(nc: Connection, hm: HttpMessage, m: Mbuf): void {
  const before = nc._unsent();
  const held = m.len;
  nc._ps = (nc._ps & Http.Ended) | (hm._close ? Http.Close : 0) | (hm._noBody ? Http.NoBody : 0);
  if (nc._phase) nc._phase = Phase.Raw;
  hm._mbuf = m;
  if (nc.handler) nc.handler(nc, MG_EV_HTTP_REQUEST, hm);
  else httpSendError(nc, 404);
  if (m.len === held) m.remove(hm._headBytes + hm._bodyBytes);
  if (nc._unsent() === before && !nc._src) owe(nc);
  else replied(nc);
}

/** The handler sent nothing: it will, later. Until then the connection is busy, and requests behind this one wait. */
function owe(nc: Connection): void {
  if (nc._src || nc._f & CLOSE_FLAGS) return;
  nc._ps |= Http.Owed;
  nc._phase = Phase.Reply;
  nc._onSent = sourceSent;
  nc._onEnded = onEnded;
  const due = nc._unsent();
  if (due || nc._due) nc._due = due;
}

/** The peer half-closed behind its requests: those that are here are answered before the connection closes. */
function onEnded(nc: Connection): boolean {
  if (!(nc._ps & Http.Owed)) return false;
  nc._ps |= Http.Ended;
  return true;
}

/** The reply is in sendMbuf. A long one still being produced keeps its successors waiting. */
function replied(nc: Connection): void {
  if (nc._ps & Http.Close) nc._f |= MG_F_SEND_AND_CLOSE;
  nc._ps &= ~(Http.NoBody | Http.Owed);
  if (!nc._src) return;
  nc._onSent = sourceSent;
  nc._onEnded = onEnded;
  nc._ps |= Http.Owed;
  nc._phase = Phase.Reply;
}

/**
 * Output went out: when the reply that was owed is all on its way, the next request has its turn. The first `_due` bytes
 * are those of replies before it.
 */
function onSend(nc: Connection, count: number): void {
  const earlier = nc._due < count ? nc._due : count;
  if (earlier > 0) nc._due -= earlier;
  if (count > earlier) sourceSent(nc);
}

function sourceSent(nc: Connection): void {
  if (!(nc._ps & Http.Owed) || nc._src || nc._unsent()) return;
  if (nc._phase) nc._phase = Phase.Raw;
  replied(nc);
  if (nc._r && nc._r.len) post(nc, goOn, undefined, undefined);
  else if (nc._ps & Http.Ended) nc._f |= MG_F_SEND_AND_CLOSE;
}

function goOn(nc: Connection): void {
  if (nc._state === State.Open && nc._r && nc._r.len) guarded(nc, requests);
}

/** The request is refused with this status, and the connection ends: what follows on it cannot be trusted. */
function refuse(nc: Connection, status: number, why: string): undefined {
  nc._ps = Http.Dead | Http.Close;
  httpSendError(nc, status, why);
  nc._in().clear();
  return undefined;
}

/** A deadline passed: a begun request gets 408 (RFC 9110 §15.5.9), an idle connection just ends. */
function onDeadline(nc: Connection): boolean {
  if ((nc._phase !== Phase.Head && nc._phase !== Phase.Body) || !nc._r || !nc._r.len) return false;
  nc._phase = Phase.Raw;
  guarded(nc, timeOut);
  return true;
}

function timeOut(nc: Connection): void {
  refuse(nc, 408, "");
}
