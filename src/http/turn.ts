import { post } from "../core/call.js";
import type { Connection } from "../core/connection.js";
import { type AnyHandler, MG_EV_CLOSE } from "../core/events.js";
import { CLOSE_FLAGS, MG_F_CLOSE_IMMEDIATELY, MG_F_IS_WEBSOCKET, MG_F_SEND_AND_CLOSE } from "../core/flags.js";
import type { Mbuf } from "../core/mbuf.js";
import { guarded } from "../core/output.js";
import { Err } from "../core/port.js";
import { Phase, State } from "../core/state.js";
import { MG_EV_HTTP_REQUEST } from "./events.js";
import { endBody, type Incoming, Mode } from "./incoming.js";
import type { HttpMessage } from "./message.js";
import { httpSendError } from "./reply.js";
import { Http, type HttpHooks } from "./state.js";

/*
 * Turns: one request at a time has the connection, from its head to the last byte of its reply; those behind it wait.
 */

/** Reads on in recvMbuf: server.ts fills it in (no cycle that way). */
export const reader = {} as { requests(nc: Connection): void };

/** What the reply to this request will have to know; the bits of the request before it end here, but for those to `keep`. */
export function describe(nc: Connection, hm: HttpMessage, keep: number): void {
  nc._ps =
    (nc._ps & (Http.Ended | keep)) | (hm._close ? Http.Close : 0) | (hm._noBody ? Http.NoBody : 0) | (hm.proto === "HTTP/1.0" ? Http.Old : 0);
}

/** The request goes to its handler, whole, with `size` bytes of it still in recvMbuf; to its sink, if it has one. */
export function handOut(nc: Connection, hm: HttpMessage, m: Mbuf, size: number, inc: Incoming | undefined, hooks: HttpHooks | undefined): void {
  const before = nc._unsent();
  const held = m.len;
  describe(nc, hm, inc ? Http.Extra : 0);
  if (nc._phase) nc._phase = Phase.Raw;
  let handler = inc ? inc.handler : nc.handler;
  if (hooks && hooks.route) handler = hooks.route(nc, hm);
  if (hooks && hooks.upgrade && !inc) {
    handler = hooks.upgrade(nc, hm, handler);
    if (nc._ps & Http.Dead) return;
  }
  if (inc && inc.sink) inc.sink.end(true);
  else if (handler) handler(nc, MG_EV_HTTP_REQUEST, hm);
  else if (!isAnswered(nc, before)) httpSendError(nc, 404);
  if (m.len === held) m.remove(size);
  hm._view(undefined, 0, 0);
  if (!isAnswered(nc, before)) return owe(nc, handler);
  replied(nc);
  if (nc._ps & Http.Owed) own(nc, handler);
}

/** The handler sent nothing: it will, later. Until then the connection is busy, and requests behind this one wait. */
export function owe(nc: Connection, handler: AnyHandler | undefined): void {
  if (nc._src || nc._f & CLOSE_FLAGS) return;
  wait(nc);
  nc._since = nc.mgr._platform.now();
  own(nc, handler);
  const due = nc._unsent();
  if (due || nc._due) nc._due = due;
}

/** Whether a reply has been owed for so long that nobody is going to make it. */
export function isForgotten(nc: Connection): boolean {
  const limitMs = nc.mgr.limits.answerMs;
  return limitMs > 0 && (nc._ps & Http.Owed) !== 0 && !isBegun(nc) && !nc._unsent() && nc.mgr._platform.now() - nc._since > limitMs;
}

/** The connection is busy with a reply. */
function wait(nc: Connection): void {
  nc._ps |= Http.Owed;
  nc._phase = Phase.Reply;
  nc._onSent = sourceSent;
  nc._onEnded = onEnded;
}

/** An endpoint's handler owes the reply, or the rest of it: it learns when the connection closes before that. */
export function own(nc: Connection, handler: AnyHandler | undefined): void {
  if (handler === nc.handler) return;
  nc._owner = handler;
  nc._onClose = brokenOff;
}

/** The connection closes in the middle of a request. */
export function brokenOff(nc: Connection): void {
  const inc = nc.protoData as Incoming | undefined;
  const handler = inc ? inc.handler : nc._owner;
  endBody(nc);
  nc._owner = undefined;
  if (handler && handler !== nc.handler) handler(nc, MG_EV_CLOSE, undefined);
}

/** The peer half-closed behind its requests: those that are here are answered before the connection closes. */
export function onEnded(nc: Connection): boolean {
  if (!nc.protoData && !(nc._ps & Http.Owed)) return false;
  nc._ps |= Http.Ended;
  if (nc.protoData) post(nc, goOn, undefined, undefined);
  else if (!isBegun(nc)) nc._phase = Phase.Idle; // whoever asked may be gone: what is owed has idleMs to come
  return true;
}

/** Nothing more will come of a body that is not whole. */
export function cutShort(nc: Connection): void {
  if (isBegun(nc)) breakOff(nc);
  else nc._f |= MG_F_SEND_AND_CLOSE;
}

/** Whether a part of the reply went out, and its rest is still to come. */
export function isBegun(nc: Connection): boolean {
  return nc._src !== undefined || (nc._ps & Http.Open) !== 0;
}

/** Closes in the middle of a reply: another one inside of it would be taken for a part of it. */
function breakOff(nc: Connection): false {
  if (!nc.err) nc.err = Err.Protocol;
  nc._f |= MG_F_CLOSE_IMMEDIATELY;
  nc._in().clear();
  endBody(nc);
  return false;
}

/** The reply is in sendMbuf. A long one still being produced keeps its successors waiting. */
export function replied(nc: Connection): void {
  nc._ps &= ~Http.Owed;
  if (isBegun(nc)) return wait(nc);
  if (nc._ps & Http.Close) nc._f |= MG_F_SEND_AND_CLOSE;
  nc._ps &= ~(Http.NoBody | Http.Old);
  if (nc._owner) nc._owner = nc._onClose = undefined;
}

/**
 * Output went out: when the reply that was owed is all on its way, the next request has its turn. The first `_due` bytes
 * are those of replies before it.
 */
export function onSend(nc: Connection, count: number): void {
  const earlier = nc._due < count ? nc._due : count;
  if (earlier > 0) nc._due -= earlier;
  if (count > earlier) sourceSent(nc);
}

function sourceSent(nc: Connection): void {
  if (nc._f & MG_F_IS_WEBSOCKET || !(nc._ps & Http.Owed) || nc._ps & Http.Open || nc._src || nc._unsent()) return;
  nc._since = nc.mgr._platform.now();
  if (nc._phase) nc._phase = nc.protoData ? Phase.Body : Phase.Raw;
  replied(nc);
  if (nc._r && nc._r.len) post(nc, goOn, undefined, undefined);
  else if (nc._ps & Http.Ended) nc._f |= MG_F_SEND_AND_CLOSE;
}

/** Whether a reply was made since `before` bytes were unsent. */
export function isAnswered(nc: Connection, before: number): boolean {
  return (nc._ps & (Http.Early | Http.Open)) !== 0 || nc._src !== undefined || nc._unsent() > before;
}

/** Outside the platform's upcalls: there is more to do with what is here. */
export function goOn(nc: Connection): void {
  if (nc._f & MG_F_IS_WEBSOCKET) return; // it became one after this was asked for
  const inc = nc.protoData as Incoming | undefined;
  if (inc) inc.woken = true;
  if (nc._state === State.Open && (inc || (nc._r && nc._r.len))) guarded(nc, reader.requests);
}

/** More is to come: note since when. */
export function incomplete(nc: Connection, phase: Phase): false {
  if (nc._phase !== phase) nc._since = nc.mgr._platform.now();
  nc._phase = phase;
  nc._onDeadline = onDeadline;
  nc._ps |= Http.Partial;
  return false;
}

/** The request is refused with this status, and the connection ends: what follows on it cannot be trusted. */
export function refuse(nc: Connection, status: number, why: string): false {
  if (isBegun(nc)) return breakOff(nc);
  nc._ps = Http.Dead | Http.Close;
  httpSendError(nc, status, why);
  nc._in().clear();
  endBody(nc);
  return false;
}

/** A deadline passed: a begun request gets 408 (RFC 9110 §15.5.9), an idle connection just ends. */
export function onDeadline(nc: Connection): boolean {
  if (nc._phase === Phase.Head ? !nc._r || !nc._r.len : nc._phase !== Phase.Body) return false;
  nc._phase = Phase.Raw;
  guarded(nc, timeOut);
  return true;
}

export function timeOut(nc: Connection): void {
  const inc = nc.protoData as Incoming | undefined;
  if (inc && inc.mode === Mode.Drain) giveUp(nc);
  else refuse(nc, 408, "");
}

/** An unwanted body is longer than what is worth reading: the connection ends behind the reply. */
export function giveUp(nc: Connection): boolean {
  nc._ps |= Http.Dead | Http.Close;
  nc._in().clear();
  endBody(nc);
  if (!(nc._ps & Http.Owed)) nc._f |= MG_F_SEND_AND_CLOSE;
  return false;
}
