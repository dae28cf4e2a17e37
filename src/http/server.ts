import type { Connection } from "../core/connection.js";
import { MG_EV_POLL, MG_EV_RECV, MG_EV_SEND } from "../core/events.js";
import { CLOSE_FLAGS } from "../core/flags.js";
import type { Limits } from "../core/limits.js";
import type { Mbuf } from "../core/mbuf.js";
import type { Raw } from "../core/port.js";
import { Phase } from "../core/state.js";
import { MG_EV_HTTP_REQUEST } from "./events.js";
import { parseRequestHead } from "./head.js";
import { type Incoming, Read } from "./incoming.js";
import { HttpMessage } from "./message.js";
import { begin, isSlow, isWaiting, over, readOn } from "./receive.js";
import { refusal } from "./reply.js";
import { Http, type HttpHooks, hooksOf } from "./state.js";
import { cutShort, handOut, incomplete, isForgotten, onSend, owe, reader, refuse, replied, timeOut } from "./turn.js";

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
  /**
   * The page for an error: of `httpSendError`, and of what the server refuses by itself (400, 413, 431 …). Answers HTML;
   * undefined: plain text. What it answers is sent as it is: `reason` must be escaped in it.
   */
  errorPage?: (status: number, reason: string) => string | undefined;
}

/**
 * Makes a listener, or a connection that was adopted, serve HTTP/1.1 (mg_set_protocol_http_websocket; a client is made by
 * `connectHttp`): MG_EV_HTTP_REQUEST for each request, after the raw MG_EV_RECV, with the request still in recvMbuf unless
 * its body came in chunks. Connections are kept between requests and may be closed
 * to make room then; a full server answers 503 from a constant.
 */
export function setProtocolHttpWebsocket(nc: Connection, options?: HttpOptions): void {
  const isQuiet = options && options.rawEvents === false;
  const hooks = nc._hooks as HttpHooks | undefined;
  nc.protoHandler = (hooks && hooks.proto) || (isQuiet ? onQuiet : onEvent);
  if (isQuiet) nc._quiet = 1;
  if (options && options.errorPage) hooksOf(nc).errorPage = options.errorPage;
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
  } else if (nc._ps) busy(nc, ev, data);
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
    if (nc._ps) busy(nc, ev, data);
  } else {
    if (nc.handler) nc.handler(nc, ev, data);
    if (nc._ps) busy(nc, ev, data);
  }
}

/** Raw events of a connection that is in the middle of something. */
export function busy(nc: Connection, ev: number, data: unknown): void {
  if (ev === MG_EV_SEND) onSend(nc, data as number);
  else if (ev === MG_EV_POLL) tick(nc, nc.protoData as Incoming | undefined);
}

/** Once a tick: a body that does not come, a sink that has not said that it can go on, a reply that nobody makes. */
function tick(nc: Connection, inc: Incoming | undefined): void {
  if (!inc) {
    if (isForgotten(nc)) refuse(nc, 503, "");
    return;
  }
  inc.woken = true;
  if (isSlow(nc)) timeOut(nc);
  else requests(nc);
}

/** A remembered request was handed out: it is removed; its reply is there, goes by a source, or comes later. */
function answered(nc: Connection): void {
  if (nc._i) nc._i = 0;
  else if (nc._r) nc._r.remove(seenHead.length);
  if (nc._src) replied(nc);
  else if (!nc._unsent()) owe(nc, nc.handler);
}

/** The request in hand, when it is one that was seen before: for a listener's own protocol handler (`HttpHooks.proto`). */
export function seenRequest(nc: Connection): HttpMessage | undefined {
  const raw = nc._i;
  return nc._ps || nc._f & CLOSE_FLAGS || (raw !== seenHead && !isSeen(nc, raw)) ? undefined : seen;
}

/** The comparison for platforms whose chunks are arrays. */
function isSeen(nc: Connection, raw: Raw | 0): boolean {
  return raw !== 0 && typeof raw !== "string" && raw.length === seenHead.length && nc.mgr._ops.latin1(raw, 0, raw.length) === seenHead;
}

/**
 * Handles what is in recvMbuf: bodies, and every complete request in order, until one is incomplete or its reply is owed.
 * Whatever calls the program's handlers is called from here: below them is the stack that they have.
 */
export function requests(nc: Connection): void {
  const m = nc._in();
  if (nc._ps & Http.Dead) m.clear();
  while (!(nc._ps & Http.Dead) && !(nc._f & CLOSE_FLAGS)) {
    const inc = nc.protoData as Incoming | undefined;
    if (inc) {
      const r = readOn(nc, inc, m);
      if (!r) break;
      if (r === Read.Over) over(nc, inc, m);
    } else {
      const hm = nc._ps & Http.Owed || !m.len ? undefined : nextRequest(nc, m);
      if (!hm) break;
      const hooks = nc._hooks as HttpHooks | undefined;
      if (!hm._length) handOut(nc, hm, m, hm._headBytes, undefined, hooks);
      else if (!begin(nc, hm, m, hooks)) break;
    }
  }
  if (!m.len && !m._public) nc._r = undefined;
  if (nc._ps & Http.Ended) ended(nc, m);
}

/** The peer will send no more: a body that waits for bytes is cut short, and a connection that owes nothing closes. */
function ended(nc: Connection, m: Mbuf): void {
  const inc = nc.protoData as Incoming | undefined;
  if (inc ? isWaiting(inc, m) : !(nc._ps & Http.Owed)) cutShort(nc);
}

/** The request whose head is at the front of recvMbuf; undefined when that is incomplete or was refused. */
function nextRequest(nc: Connection, m: Mbuf): HttpMessage | undefined {
  const limits = nc.mgr.limits;
  const max = limits.headMaxBytes < nc.recvMbufLimit ? limits.headMaxBytes : nc.recvMbufLimit;
  while (m.byteAt(0) === 13 && m.byteAt(1) === 10) m.remove(2); // RFC 9112 §2.2: empty lines before a request
  const end = m.len ? nc.mgr._ops.indexOf(m._pullup(), "\r\n\r\n", 0) : -1;
  if (end < 0 ? m.len >= max : end + 4 > max) refuse(nc, 431, "Request head is over " + max + " bytes");
  else if (end < 0) incomplete(nc, Phase.Head);
  else {
    const head = m.latin1(0, end);
    const hm = parseRequestHead(head, limits);
    if (hm instanceof HttpMessage) {
      if (!hm._length && hm._headBytes === m.len && hm._headBytes <= SEEN_MAX_BYTES) remember(nc, hm, head + "\r\n\r\n");
      return hm;
    }
    refuse(nc, hm, "");
  }
  return undefined;
}

/** Another chunk can be known for the same request by comparing it, if this one was the whole of it and nothing special. */
function remember(nc: Connection, hm: HttpMessage, bytes: string): void {
  const limits = nc.mgr.limits;
  if (seenLimits && seenLimits !== limits && !isSameHead(seenLimits, limits)) isRemembering = false;
  seenLimits = limits;
  if (!isRemembering) seenHead = "-";
  if (hm._close || hm._noBody || !isRemembering) return;
  seenHead = bytes;
  seen = hm;
}

function isSameHead(a: Limits, b: Limits): boolean {
  return a.headMaxBytes === b.headMaxBytes && a.headersMax === b.headersMax && a.uriMaxBytes === b.uriMaxBytes;
}

reader.requests = requests;
