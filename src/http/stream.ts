import { post } from "../core/call.js";
import type { Connection } from "../core/connection.js";
import { rangeError } from "../core/errors.js";
import { Mbuf } from "../core/mbuf.js";
import { fits, hold, Incoming, Mode, move, Read, sizeHere, Step, used } from "./incoming.js";
import { Http } from "./state.js";

/** Takes a body piece by piece: how bodies larger than memory are received. */
export interface BodySink {
  /**
   * Decoded body bytes are at the front of `m`: remove what you take. What stays is offered again, with more behind it:
   * when more comes, on POLL, after `httpWakeBody`. Meanwhile the peer is made to wait (what is held is bounded by
   * `recvMbufLimit`). `isLast`: no more comes behind these bytes; without it that is not known yet.
   */
  data(m: Mbuf, isLast: boolean): void;
  /**
   * The body is over; called once. `true`: it came whole; reply now or later (this takes the place of HTTP_REQUEST or
   * HTTP_REPLY). `false`: it was cut off, refused, or replied to before its end: no more of it will come.
   */
  end(isWhole: boolean): void;
}

/**
 * In MG_EV_HTTP_HDRS: hands the body to `sink` instead of collecting it. A reply that has begun but is not over (from a
 * source, or in chunks) does not end the body: what comes can go out again. A whole reply does. Throws Error at any other
 * time.
 */
export function httpStreamBody(nc: Connection, sink: BodySink): void {
  const inc = beginning(nc, "httpStreamBody");
  inc.mode = Mode.Sink;
  inc.sink = sink;
  inc.take = toSink;
  if (!inc.hm._close && !inc.hm._expects) nc._ps &= ~Http.Close; // it will be read: the connection can be kept
}

/** In MG_EV_HTTP_HDRS: collects up to `maxBytes` of this body instead of the listener's limit. Throws Error at any other time. */
export function httpCollectBody(nc: Connection, maxBytes: number): void {
  if (!(maxBytes >= 0)) throw rangeError("Cannot collect " + maxBytes + " bytes: must be 0 or more");
  const inc = beginning(nc, "httpCollectBody");
  inc.mode = Mode.Collect;
  inc.max = maxBytes;
}

/** The sink can take more now. */
export function httpWakeBody(nc: Connection): void {
  const inc = nc.protoData;
  if (inc instanceof Incoming) post(nc, inc.resume, 0, 0);
}

function beginning(nc: Connection, name: string): Incoming {
  const inc = nc.protoData;
  if (!(inc instanceof Incoming) || inc.step !== Step.Head) throw new Error(name + ": only in MG_EV_HTTP_HDRS, when a body is about to be read");
  if (inc.sink) throw new Error(name + ": this body has a sink already");
  return inc;
}

/** Hands bytes at the front of recvMbuf to the sink: in place, where nothing else is before or behind them. */
function toSink(nc: Connection, inc: Incoming, m: Mbuf): number {
  const held = inc.held;
  const n = sizeHere(inc, m);
  if (held && held.len) return inc.step === Step.Done ? offer(inc, held, true) : behind(nc, inc, m, held, n);
  if (n !== m.len) return offerPart(nc, inc, m, n);
  if (!n) return 0;
  // `offer`, written out: the sink's own calls want the stack.
  (inc.sink as BodySink).data(m, inc.step === Step.Length && n === inc.left);
  if (m.len < n) used(inc, n - m.len);
  return m.len ? 0 : Read.Called;
}

/** The sink left something: the new bytes join it, if there is room; if not, it is only asked again when it wants to be. */
function behind(nc: Connection, inc: Incoming, m: Mbuf, held: Mbuf, n: number): number {
  if (!n || held.len >= nc.recvMbufLimit || !fits(nc, held, m, n)) {
    const isAsked = inc.woken;
    inc.woken = false;
    return isAsked ? offer(inc, held, false) : 0;
  }
  move(nc, inc, m, held, n);
  offer(inc, held, false);
  return Read.Called;
}

/**
 * Offers `n` bytes with others behind them: a look at recvMbuf's front that needs no page, so that a sink which takes them
 * never has to wait for one. What it leaves stays where it is; only the rest of a chunk is moved, as the next one's bytes
 * have to follow it.
 */
function offerPart(nc: Connection, inc: Incoming, m: Mbuf, n: number): number {
  const part = new Mbuf(nc.mgr.pool);
  part._raw = nc.mgr._ops.slice(m._pullup(), 0, n);
  part.len = n;
  (inc.sink as BodySink).data(part, inc.step === Step.Length);
  const rest = part.len < n ? part.len : n;
  part.clear();
  m.remove(n - rest);
  used(inc, n - rest);
  if (!rest) return Read.Called;
  const held = inc.held || hold(nc, inc);
  if (inc.step !== Step.Data || !fits(nc, held, m, rest)) return 0;
  move(nc, inc, m, held, rest);
  return Read.Called;
}

/** Lets the sink take from what it left before. Answers 0 when it left something again: it is slow, or needs to see more. */
function offer(inc: Incoming, held: Mbuf, isLast: boolean): number {
  (inc.sink as BodySink).data(held, isLast);
  return held.len ? 0 : Read.Called;
}
