import type { Connection } from "../core/connection.js";
import { MG_F_WANT_READ } from "../core/flags.js";
import type { Mbuf } from "../core/mbuf.js";
import { Phase } from "../core/state.js";
import { MG_EV_HTTP_HDRS } from "./events.js";
import { chunkEvent, hold, Incoming, Mode, Read, readBytes, readFrames, Step } from "./incoming.js";
import type { HttpMessage } from "./message.js";
import { Http, type HttpHooks } from "./state.js";
import { brokenOff, describe, giveUp, goOn, handOut, isAnswered, isBegun, onDeadline, onEnded, own, refuse, replied } from "./turn.js";

/** A head with a body behind it: the handlers say what to do with the body. */
export function begin(nc: Connection, hm: HttpMessage, m: Mbuf, hooks: HttpHooks | undefined): boolean {
  const limits = nc.mgr.limits;
  const before = nc._unsent();
  const inc = new Incoming(hm, nc.handler, goOn);
  describe(nc, hm, 0);
  nc._ps |= Http.Partial;
  // Whoever refuses now refuses for good: what the client would have to send first is too much, or it waits to be asked.
  const isHeavy = hm._length > limits.drainMaxBytes || (hm._expects && m.len === hm._headBytes);
  if (isHeavy) nc._ps |= Http.Close;
  if (hooks && hooks.route) inc.handler = hooks.route(nc, hm);
  nc.protoData = inc;
  nc._onClose = brokenOff;
  nc._onEnded = onEnded;
  nc._onDeadline = onDeadline;
  if (inc.handler && !isAnswered(nc, before)) {
    if (hooks && hooks.body) hooks.body(nc, hm, inc.handler);
    if (inc.mode !== Mode.Sink && !isAnswered(nc, before)) inc.handler(nc, MG_EV_HTTP_HDRS, hm);
  }
  inc.step = hm._length < 0 ? Step.Size : Step.Length;
  if (inc.mode === Mode.Sink && isReplying(nc)) {
    m.remove(hm._headBytes);
    return true;
  }
  if (isAnswered(nc, before)) {
    inc.mode = Mode.Stay; // its head is still in recvMbuf
    unwanted(nc, inc);
    return true;
  }
  if (isHeavy && !hm._close) nc._ps &= ~Http.Close;
  return accept(nc, inc, m);
}

/** The body is wanted: how much of it may come, and where it goes. False when it is refused. */
function accept(nc: Connection, inc: Incoming, m: Mbuf): boolean {
  const hm = inc.hm;
  const limit = nc.mgr.limits.bodyMaxBytes;
  if (inc.mode === Mode.Stay) {
    const byMbuf = nc.recvMbufLimit - hm._headBytes;
    inc.max = limit && limit < byMbuf ? limit : byMbuf;
    if (hm._length < 0) inc.mode = Mode.Collect;
  }
  if (inc.mode !== Mode.Sink && hm._length > inc.max) return refuse(nc, 413, "Body is over " + inc.max + " bytes");
  const isAsking = hm._expects && m.len === hm._headBytes;
  if (inc.mode !== Mode.Stay) m.remove(hm._headBytes);
  if (isAsking) nc._put("HTTP/1.1 100 Continue\r\n\r\n"); // RFC 9110 §10.1.1
  nc._since = nc.mgr._platform.now();
  nc._phase = Phase.Body;
  return true;
}

/** Reads on in a body. 0: nothing more can be done now; Read.Over: see `over`. */
export function readOn(nc: Connection, inc: Incoming, m: Mbuf): number {
  const before = nc._unsent();
  let r = inc.mode === Mode.Stay ? stay(nc, inc, m) : readFrames(nc, inc, m);
  if (r === Read.Data) r = inc.take && inc.mode === Mode.Sink ? inc.take(nc, inc, m) : readBytes(nc, inc, m);
  if (r < 0) {
    if (inc.mode === Mode.Drain) giveUp(nc);
    else refuse(nc, -r, r === -413 ? "Body is over " + inc.max + " bytes" : "");
    return 0;
  }
  if (r === Read.Over || inc.mode === Mode.Drain || !isAnswered(nc, before)) return r;
  if (inc.mode === Mode.Sink && isReplying(nc)) return r;
  unwanted(nc, inc);
  return Read.Called;
}

/** The rest of the body is unwanted, because the request was answered: it is read and dropped, so that the next one is found. */
function unwanted(nc: Connection, inc: Incoming): void {
  const sink = inc.sink;
  inc.sink = undefined;
  if (inc.mode === Mode.Stay) nc._in().remove(inc.hm._headBytes);
  inc.mode = Mode.Drain;
  inc.max = nc.mgr.limits.drainMaxBytes;
  if (inc.held) inc.held.clear();
  if (sink) sink.end(false);
  replied(nc);
  nc._since = nc.mgr._platform.now();
  if (!(nc._ps & Http.Owed)) nc._phase = Phase.Body;
}

/** Whether a reply has begun and is not over: while it lasts a sink goes on taking the body (an echo, a converter). */
function isReplying(nc: Connection): boolean {
  if (!isBegun(nc)) return false;
  if (!(nc._ps & Http.Owed)) replied(nc);
  return true;
}

/** A body of known length that stays behind its head in recvMbuf until it is whole (Mongoose's way). */
function stay(nc: Connection, inc: Incoming, m: Mbuf): number {
  const hm = inc.hm;
  const here = m.len - hm._headBytes;
  const n = (here < hm._length ? here : hm._length) - inc.got;
  if (n > 0 && !chunkEvent(nc, inc, m, hm._headBytes + inc.got, n)) inc.got += n;
  else if (n > 0) return dropFirst(nc, inc, m, n);
  return n > 0 ? Read.Called : inc.got === hm._length ? Read.Over : 0; // a handler that replied to the last piece gets no HTTP_REQUEST
}

/** The handler dropped a piece: from here on the body is collected apart from its head. */
function dropFirst(nc: Connection, inc: Incoming, m: Mbuf, n: number): number {
  const kept = inc.got;
  m.remove(inc.hm._headBytes);
  if (kept) {
    const piece = nc.mgr._ops.slice(m._pullup(), 0, kept);
    m.remove(kept);
    hold(nc, inc)._put(piece);
  }
  m.remove(n);
  inc.mode = Mode.Collect;
  inc.got += n;
  inc.left -= inc.got;
  return Read.Called;
}

/** The body is over: the request is handed out, or, if it was replied to before, done with. */
export function over(nc: Connection, inc: Incoming, m: Mbuf): void {
  nc.protoData = undefined;
  nc._onClose = undefined;
  if (inc.mode === Mode.Drain) {
    nc._ps &= ~(Http.Partial | Http.Early);
    if (nc._phase === Phase.Body) nc._phase = Phase.Raw;
    return;
  }
  if (inc.sink && nc._ps & Http.Early) {
    nc._ps &= ~(Http.Partial | Http.Early);
    inc.sink.end(true);
    return nc._ps & Http.Owed ? own(nc, inc.handler) : undefined;
  }
  const hm = inc.hm;
  if (inc.mode === Mode.Stay) hm._view(m, hm._headBytes, hm._length);
  else if (inc.held) hm._view(inc.held, 0, inc.held.len);
  handOut(nc, hm, m, inc.mode === Mode.Stay ? hm._headBytes + hm._length : 0, inc, undefined);
  if (inc.held) inc.held.clear();
  nc._h = undefined;
}

/** Whether the body can only go on when the peer sends more of it. */
export function isWaiting(inc: Incoming, m: Mbuf): boolean {
  const step = inc.step;
  if (step === Step.Done) return false;
  if (inc.mode === Mode.Stay) return m.len < inc.hm._headBytes + inc.hm._length;
  if (step === Step.Length) return m.len < inc.left;
  return step !== Step.Data || m.len <= inc.left; // behind a chunk there is its line end at least
}

/**
 * A body that trickles: after a while of grace its average is too low. Time in which we did not read, or in which it was the
 * program's turn, does not count. One that is only dropped has no more than that while.
 */
export function isSlow(nc: Connection): boolean {
  const inc = nc.protoData as Incoming;
  const limits = nc.mgr.limits;
  const now = nc.mgr._platform.now();
  const isPeersTurn = isWaiting(inc, nc._in()) && !nc._unsent() && !(nc._f & MG_F_WANT_READ);
  if (!isPeersTurn) nc._since = inc.mode === Mode.Drain ? now : now - (1000 * inc.got) / (limits.bodyRateMin || 1);
  if (inc.mode === Mode.Sink && !isBegun(nc)) nc._phase = isPeersTurn ? Phase.Body : Phase.Reply;
  const ms = now - nc._since;
  if (inc.mode === Mode.Drain) return limits.headMs > 0 && ms > limits.headMs;
  return limits.headMs > 0 && ms > limits.headMs && inc.got * 1000 < limits.bodyRateMin * (ms - limits.headMs);
}
