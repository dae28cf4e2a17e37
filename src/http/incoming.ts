import type { Connection } from "../core/connection.js";
import type { AnyHandler } from "../core/events.js";
import { MG_F_DELETE_CHUNK } from "../core/flags.js";
import { Mbuf } from "../core/mbuf.js";
import { fed, starve } from "../core/room.js";
import { chunkSize } from "./chunked.js";
import { MG_EV_HTTP_CHUNK } from "./events.js";
import { isField } from "./grammar.js";
import type { HttpMessage } from "./message.js";
import type { BodySink } from "./stream.js";

/** What comes next on the wire. */
export const enum Step {
  /** The handlers are being asked what to do with the body. */
  Head = 0,
  /** Body bytes: `left` of them. */
  Length = 1,
  /** Body bytes until the peer closes. */
  Close = 2,
  /** A chunk's size line. */
  Size = 3,
  /** A chunk's bytes: `left` of them. */
  Data = 4,
  /** The line end behind a chunk's bytes. */
  DataEnd = 5,
  /** Trailer lines, the last one empty. */
  Trailer = 6,
  /** Nothing: the body is over. */
  Done = 7,
}

/** What is done with the body. */
export const enum Mode {
  /** It stays in recvMbuf, behind its head, until it is whole: how Mongoose has it. */
  Stay = 0,
  /** Its bytes are collected in a queue of their own: it came in chunks, or without its head. */
  Collect = 1,
  /** It goes to a sink. */
  Sink = 2,
  /** It is read and dropped. */
  Drain = 3,
}

/** The body does not fit, whatever comes: negative answers are status codes. */
const TOO_LARGE = -413;
const MALFORMED = -400;

/** Hands body bytes at the front of `m` to the sink; answers what `readBytes` answers. */
export type Take = (nc: Connection, inc: Incoming, m: Mbuf) => number;

/** A message whose body is being read, and where in it we are (protoData of its connection). */
export class Incoming {
  hm: HttpMessage;
  /** Who gets the events of this message. */
  handler: AnyHandler | undefined;
  step: Step;
  mode: Mode;
  /** Bytes of the body, or of the chunk, still to come. */
  left: number;
  /** Body bytes seen so far. */
  got: number;
  /** Body bytes that may be collected, or dropped. */
  max: number;
  /** Bytes of trailer lines so far. */
  trailers: number;
  /** Body bytes collected, or not yet taken by the sink. */
  held: Mbuf | undefined;
  sink: BodySink | undefined;
  /** Hands bytes of recvMbuf to the sink (stream.ts, where there is one). */
  take: Take | undefined;
  /** The sink is to be asked again although nothing new came. */
  woken: boolean;
  /** Reads on: the server's or the client's way. */
  resume: (nc: Connection) => void;

  constructor(hm: HttpMessage, handler: AnyHandler | undefined, resume: (nc: Connection) => void) {
    this.hm = hm;
    this.handler = handler;
    this.step = Step.Head;
    this.mode = Mode.Stay;
    this.left = hm._length;
    this.got = 0;
    this.max = 0;
    this.trailers = 0;
    this.held = undefined;
    this.sink = undefined;
    this.take = undefined;
    this.woken = false;
    this.resume = resume;
  }
}

/** What reading answers besides 0 (more has to come, or the sink is slow) and negative statuses. */
export const enum Read {
  /** The body is over. */
  Over = 1,
  /** A handler or the sink was called: look at what it did, then read on. */
  Called = 2,
  /** Bytes of the body are next. */
  Data = 3,
}

/*
 * Reading is two calls, and whoever reads makes both of them: `readFrames`, and where that answers Data, `inc.take` for a
 * sink or `readBytes`. One that made both would be a level deeper on the stack, and sinks have little left of it on a board.
 */

/** Reads up to bytes of the body, or to its end. Answers Data, Over, 0, or a negative status to refuse it with. */
export function readFrames(nc: Connection, inc: Incoming, m: Mbuf): number {
  for (;;) {
    const step = inc.step;
    if (step === Step.Done) return inc.held && inc.held.len && inc.mode === Mode.Sink ? Read.Data : Read.Over;
    if (step === Step.Length || step === Step.Data || step === Step.Close) {
      if (inc.left) return Read.Data;
      inc.step = step === Step.Data ? Step.DataEnd : Step.Done;
    } else {
      const r = readFraming(nc, inc, m);
      if (r) return r < 0 ? r : 0;
    }
  }
}

/** How many of the bytes in `m` belong to the body. */
export function sizeHere(inc: Incoming, m: Mbuf): number {
  return inc.left >= 0 && inc.left < m.len ? inc.left : m.len;
}

/** Body bytes at the front of recvMbuf, where no sink takes them. Answers Called, 0, or a negative status. */
export function readBytes(nc: Connection, inc: Incoming, m: Mbuf): number {
  const n = sizeHere(inc, m);
  if (!n) return 0;
  if (inc.mode === Mode.Collect) return collect(nc, inc, m, n);
  inc.max -= n;
  used(inc, n);
  m.remove(n);
  return inc.max < 0 ? TOO_LARGE : Read.Called;
}

export function used(inc: Incoming, n: number): void {
  inc.got += n;
  if (inc.left > 0) inc.left -= n;
}

/** A queue for what is collected, or waits for the sink. */
export function hold(nc: Connection, inc: Incoming): Mbuf {
  return (nc._h = inc.held = new Mbuf(nc.mgr.pool));
}

/** Whether `n` more bytes of the front of `m` fit into `held`; if not, the connection waits for pages. */
export function fits(nc: Connection, held: Mbuf, m: Mbuf, n: number): boolean {
  const pool = nc.mgr.pool;
  const spare = pool._free - pool._reserve;
  const comesBack = m._pages - pool.pagesFor(m.len - n);
  if (pool.pagesFor(held.len + n) - held._pages <= (spare > 0 ? spare : 0) + (comesBack > 0 ? comesBack : 0)) {
    fed(nc);
    return true;
  }
  starve(nc);
  return false;
}

/** Moves `n` bytes from the front of `m` to the end of `held`: pages are given back before they are taken. */
export function move(nc: Connection, inc: Incoming, m: Mbuf, held: Mbuf, n: number): void {
  const piece = nc.mgr._ops.slice(m._pullup(), 0, n);
  m.remove(n);
  used(inc, n);
  held._put(piece);
}

/** Collects: MG_EV_HTTP_CHUNK for the piece, then it joins the others, unless the handler said that it is done with it. */
function collect(nc: Connection, inc: Incoming, m: Mbuf, n: number): number {
  const held = inc.held || hold(nc, inc);
  if (held.len + n > inc.max) return TOO_LARGE;
  if (!fits(nc, held, m, n)) return 0;
  if (!chunkEvent(nc, inc, m, 0, n)) move(nc, inc, m, held, n);
  else {
    used(inc, n);
    m.remove(n);
  }
  return Read.Called;
}

/** MG_EV_HTTP_CHUNK for `n` bytes of `m` from `at` on. True when the handler set MG_F_DELETE_CHUNK. */
export function chunkEvent(nc: Connection, inc: Incoming, m: Mbuf, at: number, n: number): boolean {
  const handler = inc.handler;
  if (!handler) return false;
  inc.hm._view(m, at, n);
  nc._f &= ~MG_F_DELETE_CHUNK;
  handler(nc, MG_EV_HTTP_CHUNK, inc.hm);
  inc.hm._view(undefined, 0, 0);
  return (nc._f & MG_F_DELETE_CHUNK) !== 0;
}

/** A line of the chunked coding, or the line end behind a chunk (RFC 9112 §7.1). Answers 0 to go on, 1 when more has to come. */
function readFraming(nc: Connection, inc: Incoming, m: Mbuf): number {
  if (inc.step === Step.DataEnd) {
    if (m.len && (m.byteAt(0) !== 13 || (m.len > 1 && m.byteAt(1) !== 10))) return MALFORMED;
    if (m.len < 2) return 1;
    m.remove(2);
    inc.step = Step.Size;
    return 0;
  }
  const limits = nc.mgr.limits;
  const max = inc.step === Step.Size ? limits.chunkLineMaxBytes : limits.headMaxBytes - inc.trailers;
  const end = m.len ? nc.mgr._ops.indexOf(m._pullup(), "\r\n", 0) : -1;
  if (end > max || (end < 0 && m.len > max)) return inc.step === Step.Size ? MALFORMED : -431;
  if (end < 0) return 1;
  const line = m.latin1(0, end);
  m.remove(end + 2);
  if (inc.step === Step.Size) return startChunk(inc, chunkSize(line));
  if (!line) inc.step = Step.Done;
  else if (!isField(line)) return MALFORMED;
  inc.trailers += end + 2;
  return 0;
}

function startChunk(inc: Incoming, size: number): number {
  if (size < 0) return MALFORMED;
  if (inc.mode === Mode.Collect && (inc.held ? inc.held.len : 0) + size > inc.max) return TOO_LARGE;
  inc.left = size;
  inc.step = size ? Step.Data : Step.Trailer; // RFC 9112 §7.1.2: fields behind the last chunk are checked and dropped
  return 0;
}

/** No more of the body in progress is wanted, or will come. */
export function endBody(nc: Connection): void {
  const inc = nc.protoData as Incoming | undefined;
  nc.protoData = undefined;
  nc._h = undefined;
  if (!inc) return;
  if (inc.held) inc.held.clear();
  if (inc.sink) inc.sink.end(false);
}
