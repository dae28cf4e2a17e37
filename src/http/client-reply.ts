import type { Connection } from "../core/connection.js";
import { MG_EV_CONNECT, MG_EV_POLL, MG_EV_RECV } from "../core/events.js";
import { CLOSE_FLAGS, MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE, MG_F_WANT_READ } from "../core/flags.js";
import type { Mbuf } from "../core/mbuf.js";
import { guarded, isFlushed } from "../core/output.js";
import { Err } from "../core/port.js";
import { Phase, State } from "../core/state.js";
import { sendBody, sendRequest } from "./client-send.js";
import { type ClientState, clientOf, fail, type HttpClientLimits, Wait } from "./client-state.js";
import { MG_EV_HTTP_HDRS, MG_EV_HTTP_REPLY } from "./events.js";
import { endBody, Incoming, Mode, Read, readBytes, readFrames, Step } from "./incoming.js";
import type { HttpMessage } from "./message.js";
import { parseReplyHead } from "./reply-head.js";
import type { WireRequest } from "./request.js";

/** So many interim replies to one request are enough. */
const INTERIMS_MAX = 20;
/** How long a body waits for 100 Continue before it goes all the same (RFC 9110 §10.1.1). */
const NONE: HttpClientLimits = {};

/** The client's protocol handler: raw events go to the program first. */
export function onClientEvent(nc: Connection, ev: number, data: unknown): void {
  if (nc.handler) nc.handler(nc, ev, data);
  if (ev === MG_EV_RECV) replies(nc);
  else if (ev === MG_EV_POLL) tick(nc);
  else if (ev === MG_EV_CONNECT && !data && !(nc._f & CLOSE_FLAGS)) sendRequest(nc, clientOf(nc));
}

/** Reads what is in recvMbuf, as far as it goes. */
function replies(nc: Connection): void {
  const c = clientOf(nc);
  const m = nc._in();
  while (!(nc._f & CLOSE_FLAGS) && nc.protoHandler === onClientEvent) {
    const inc = nc.protoData as Incoming | undefined;
    if (inc ? !readOn(nc, c, inc, m) : !m.len || !nextReply(nc, c, m)) break;
  }
  if (!m.len && !m._public) nc._r = undefined;
}

/** Outside of the platform's upcalls: a sink can take more. */
function goOn(nc: Connection): void {
  const inc = nc.protoData as Incoming | undefined;
  if (inc) inc.woken = true;
  if (nc._state === State.Open) guarded(nc, replies);
}

/** The reply at the front of recvMbuf, as soon as its head is here. False when nothing more can be done now. */
function nextReply(nc: Connection, c: ClientState, m: Mbuf): boolean {
  const limits = nc.mgr.limits;
  if (c.wait < Wait.Reply || m.byteAt(0) !== 72) return fail(nc, Err.Protocol); // nobody asked, or not "HTTP/"
  if (c.wait === Wait.Reply) {
    c.wait = Wait.Head;
    c.sinceMs = nc.mgr._platform.now();
  }
  const headMax = c.limits.headMaxBytes || limits.headMaxBytes;
  const max = headMax < nc.recvMbufLimit ? headMax : nc.recvMbufLimit;
  const end = nc.mgr._ops.indexOf(m._pullup(), "\r\n\r\n", 0);
  if (end < 0 ? m.len >= max : end + 4 > max) return fail(nc, Err.RecvOverflow);
  if (end < 0) return false;
  const hm = parseReplyHead(m.latin1(0, end), limits, (c.request as WireRequest).method);
  if (!hm) return fail(nc, Err.Protocol);
  m.remove(end + 4);
  return hm.respCode < 200 ? interim(nc, c, hm) : begin(nc, c, hm);
}

/** 1xx: not the answer yet (RFC 9110 §15.2). */
function interim(nc: Connection, c: ClientState, hm: HttpMessage): boolean {
  const r = c.request as WireRequest;
  if (hm.respCode === 101) return switched(nc, c, hm, r);
  if (++c.interims > INTERIMS_MAX) return fail(nc, Err.Protocol);
  c.wait = Wait.Reply;
  c.sinceMs = nc.mgr._platform.now();
  if (hm.respCode === 100 && r.isWaiting) sendBody(nc, r);
  return true;
}

/** 101: the program gets the reply, and from here on the connection is its own: what follows is none of HTTP. */
function switched(nc: Connection, c: ClientState, hm: HttpMessage, r: WireRequest): boolean {
  const head = nc.mgr._ops.latin1(r.head, 0, r.head.length).toLowerCase();
  if (head.indexOf("\r\nupgrade:") < 0) return fail(nc, Err.Protocol); // RFC 9110 §15.2.2: only when asked
  reset(nc, c);
  nc.protoHandler = undefined;
  nc._onClose = nc._onEnded = undefined;
  if (nc.handler) nc.handler(nc, MG_EV_HTTP_REPLY, hm);
  return false;
}

/** The head of the answer: its body begins, or it is over. */
function begin(nc: Connection, c: ClientState, hm: HttpMessage): boolean {
  const r = c.request as WireRequest;
  if (hm._close || r.isWaiting || !isFlushed(nc)) c.isLast = 1; // RFC 9112 §9.3, §9.5
  if (!hm._length) {
    finish(nc, c, hm, undefined);
    return true;
  }
  const inc = new Incoming(hm, nc.handler, goOn);
  inc.mode = Mode.Collect;
  inc.max = c.limits.bodyMaxBytes || nc.mgr.limits.bodyMaxBytes || nc.recvMbufLimit;
  nc.protoData = inc;
  c.wait = Wait.Body;
  c.sinceMs = nc.mgr._platform.now();
  if (inc.handler) inc.handler(nc, MG_EV_HTTP_HDRS, hm);
  inc.step = hm._length > 0 ? Step.Length : hm.header("Transfer-Encoding") ? Step.Size : Step.Close; // RFC 9112 §6.3
  if (inc.mode === Mode.Collect && hm._length > inc.max) return fail(nc, Err.RecvOverflow);
  return true;
}

/** Reads on in a body. False when nothing more can be done now. */
function readOn(nc: Connection, c: ClientState, inc: Incoming, m: Mbuf): boolean {
  let r = readFrames(nc, inc, m);
  if (r === Read.Data) r = inc.take && inc.mode === Mode.Sink ? inc.take(nc, inc, m) : readBytes(nc, inc, m);
  if (r < 0) return fail(nc, r === -400 ? Err.Protocol : Err.RecvOverflow);
  if (r === Read.Over) finish(nc, c, inc.hm, inc);
  else if (!r && c.isEnded && !isPending(inc, m)) return fail(nc, Err.Protocol); // RFC 9112 §8: cut off
  return r !== 0;
}

/** Whether the sink has not taken yet what is here for it. */
function isPending(inc: Incoming, m: Mbuf): boolean {
  const isData = inc.step === Step.Length || inc.step === Step.Data || inc.step === Step.Close;
  return (inc.held !== undefined && inc.mode === Mode.Sink && inc.held.len > 0) || (isData && m.len > 0);
}

/** The reply is whole. Bytes behind it belong to nobody: they are never taken for the next one (RFC 9112 §9.2). */
function finish(nc: Connection, c: ClientState, hm: HttpMessage, inc: Incoming | undefined): void {
  const isSent = isFlushed(nc);
  const isExtra = nc._in().len > 0;
  const isLast = c.isLast;
  reset(nc, c);
  if (isExtra) c.isLast = 1;
  const held = inc && inc.held;
  if (held) hm._view(held, 0, held.len);
  if (inc && inc.sink) {
    inc.sink.end(true);
    if (c.onStreamed) c.onStreamed(nc, hm);
  } else if (nc.handler) nc.handler(nc, MG_EV_HTTP_REPLY, hm);
  if (held) held.clear();
  nc._h = undefined; // not before: should the handler throw, closing gives the pages back
  hm._view(undefined, 0, 0);
  if (isLast) nc.flags |= isSent ? MG_F_SEND_AND_CLOSE : MG_F_CLOSE_IMMEDIATELY;
  else if (isExtra) fail(nc, Err.Protocol);
}

/** Ready for the next request, if the connection is. */
function reset(nc: Connection, c: ClientState): void {
  nc.protoData = undefined;
  nc._phase = Phase.Raw;
  c.wait = Wait.None;
  c.request = undefined;
  if (c.interims) c.interims = 0;
  c.limits = NONE;
}

/** The peer half-closed. Only a reply that ends with the connection is whole then (RFC 9112 §6.3, §8). */
function onEnded(nc: Connection): boolean {
  const c = clientOf(nc);
  if (c.wait < Wait.Reply) return false;
  guarded(nc, ended);
  return true;
}

function ended(nc: Connection): void {
  const c = clientOf(nc);
  const inc = nc.protoData as Incoming | undefined;
  c.isEnded = 1;
  c.isLast = 1;
  if (!inc) return void fail(nc, Err.Protocol);
  if (inc.step === Step.Close) inc.left = nc._in().len;
  replies(nc);
}

/** The connection closes: what came of the reply is all there is. */
function lastWord(nc: Connection): void {
  const c = clientOf(nc);
  const inc = nc.protoData as Incoming | undefined;
  if (c.wait < Wait.Reply) return;
  // Nobody here asked for it, so the peer closed, where a platform does not tell half-closing apart.
  if (!nc.err && !(nc._f & CLOSE_FLAGS)) {
    if (inc) ended(nc);
    if (nc.protoData || !inc) nc.err = nc.err || Err.Protocol;
  }
  endBody(nc);
}

/** Once a tick: has the present wait lasted too long? */
function tick(nc: Connection): void {
  const c = clientOf(nc);
  if (c.wait < Wait.Reply || nc._f & CLOSE_FLAGS) return;
  const limits = nc.mgr.limits;
  const now = nc.mgr._platform.now();
  const own = c.limits;
  if (isPast(now - c.beganMs, own.totalMs, limits.totalMs)) return expire(nc);
  if (c.wait === Wait.Reply) {
    if ((c.request as WireRequest).isWaiting && now - c.sinceMs >= limits.continueMs) sendBody(nc, c.request as WireRequest);
    if (!isFlushed(nc)) c.sinceMs = now; // the core's writeMs watches over the request
    else if (isPast(now - c.sinceMs, own.replyMs, limits.replyMs)) expire(nc);
  } else if (c.wait === Wait.Head) {
    if (isPast(now - c.sinceMs, own.headMs, limits.headMs)) expire(nc);
  } else bodyTick(nc, c, nc.protoData as Incoming, now);
}

/** The sink is offered again what it left; a body that does not come, or trickles, is given up. What we did not read does not count. */
function bodyTick(nc: Connection, c: ClientState, inc: Incoming, now: number): void {
  const limits = nc.mgr.limits;
  if (nc._f & MG_F_WANT_READ || isPending(inc, nc._in())) {
    c.sinceMs = now - (1000 * inc.got) / (limits.bodyRateMin || 1);
    inc.woken = true;
    return replies(nc);
  }
  const ms = now - c.sinceMs - limits.headMs;
  const isSlow = limits.headMs > 0 && ms > 0 && inc.got * 1000 < limits.bodyRateMin * ms;
  if (isSlow || isPast(nc._idle - nc.mgr._tickMs, c.limits.bodyMs, limits.idleMs)) expire(nc);
}

function isPast(ms: number, limitMs: number | undefined, normalMs: number): boolean {
  const max = limitMs === undefined ? normalMs : limitMs;
  return max > 0 && ms >= max;
}

function expire(nc: Connection): void {
  nc.mgr.stats.deadlines++;
  fail(nc, Err.Deadline);
}

/** Makes a connection that is about to be made, or stands, a client's. */
export function attachClient(nc: Connection, c: ClientState): void {
  nc._hooks = c;
  nc.protoHandler = onClientEvent;
  nc._onEnded = onEnded;
  nc._onClose = lastWord;
}
