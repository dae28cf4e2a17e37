import { post } from "../core/call.js";
import type { Connection } from "../core/connection.js";
import { CLOSE_FLAGS, MG_F_SEND_AND_CLOSE, MG_F_WEBSOCKET_NO_DEFRAG } from "../core/flags.js";
import type { Mbuf } from "../core/mbuf.js";
import { guarded } from "../core/output.js";
import { Err, type Raw } from "../core/port.js";
import { State } from "../core/state.js";
import { MG_EV_WEBSOCKET_CONTROL_FRAME, MG_EV_WEBSOCKET_FRAME } from "./events.js";
import { frame, isCloseCode, parseFrameHead } from "./frame.js";
import { masked } from "./mask.js";
import { WebsocketMessage } from "./message.js";
import { Close, WEBSOCKET_OP_CLOSE, WEBSOCKET_OP_PING, WEBSOCKET_OP_PONG, WEBSOCKET_OP_TEXT } from "./ops.js";
import { isShared, putFrame } from "./send.js";
import { codec, Incomplete, type Settings, Ws, type WsHooks } from "./state.js";
import { utf8Tail } from "./utf8.js";

/** More than the head of any frame has. */
const HEAD_MAX_BYTES = 14;

/** Part of the pool that one connection's answers may fill before it has to wait. */
const MAX_UNSENT = 0.25;

/** What events are about: one for all, because it is valid during the call only. */
const wm = new WebsocketMessage();
/** The event that the frame just read is to be; 0: none. And the message that is held for it. */
let dueEvent = 0;
let dueHeld: Incomplete | undefined;
/** Nonzero: what could be read was not, for want of room. */
let waits = 0;

/**
 * Reads all frames that are here, until one is incomplete, or must wait because its answer could not be sent. Each turn takes
 * a frame, or a piece of one. The program is called from here, where there is more stack than below.
 */
export function readFrames(nc: Connection): void {
  while (readOne(nc)) {
    const ev = dueEvent;
    if (!ev) continue;
    const st = dueHeld;
    dueEvent = 0;
    dueHeld = undefined;
    if (nc.handler) nc.handler(nc, ev, wm);
    wm.size = 0;
    wm._raw = "";
    if (st) messageOver(nc, st);
  }
  const m = nc._r;
  if (nc._i || (m && m.len)) nc._onEnded = onEnded;
  else if (m && !m._public) nc._r = undefined;
}

/** Takes what is at the front of the input. False when nothing more can be done now. */
function readOne(nc: Connection): boolean {
  const raw = nc._i || (nc._r ? nc._r._pullup() : "");
  const n = raw.length;
  waits = 0;
  if (nc._ps & Ws.Deaf || nc._f & CLOSE_FLAGS) {
    if (nc._ps & Ws.Deaf) drop(nc, n);
    return false;
  }
  if (!n) return false;
  if (isBusy(nc)) {
    waits = 1;
    return false;
  }
  const st = nc.protoData as Incomplete | undefined;
  if (st && st.left) return payload(nc, st, raw);
  const b = typeof raw === "string" ? raw : nc.mgr._ops.latin1(raw, 0, n < HEAD_MAX_BYTES ? n : HEAD_MAX_BYTES);
  const used = parseFrameHead(b, !(nc._ps & Ws.Client), (nc._ps & Ws.Deflate) !== 0);
  if (used <= 0) return used < 0 && fail(nc, -used);
  const size = frame.size;
  const op = frame.op;
  const key = nc._ps & Ws.Client ? "" : b.slice(used - 4, used);
  if (op > 7) return n >= used + size && control(nc, op, take(nc, raw, used, size, key));
  if (!op === !st) return fail(nc, Close.Protocol); // §5.4: a continuation goes on, anything else begins
  const s = (nc._hooks as unknown as WsHooks).ws;
  const before = st ? st.size : 0;
  if (size > maxOf(nc, s) - before && !(s.stream && !s.max)) return fail(nc, Close.TooBig);
  if (!st && frame.fin && !frame.rsv1 && n >= used + size) {
    const bytes = take(nc, raw, used, size, key);
    if (op === WEBSOCKET_OP_TEXT && checkText(nc, bytes)) return fail(nc, Close.BadData);
    return due(nc, MG_EV_WEBSOCKET_FRAME, 128 | op, bytes);
  }
  return begin(nc, st || new Incomplete(nc, op | frame.rsv1, frame.rsv1 ? 0 : s.stream), s, used, key);
}

/** A frame whose message is not all here: its head is done with. */
function begin(nc: Connection, st: Incomplete, s: Settings, used: number, key: string): boolean {
  if (++st.count > s.fragments) return fail(nc, Close.Policy);
  nc.protoData = st;
  nc._h = st.held; // counts as its own when others want pages
  st.first = frame.fin | frame.op;
  st.left = frame.size;
  st.size += frame.size;
  st.key = key;
  st.at = 0;
  drop(nc, used);
  return st.left ? true : frameOver(nc, st);
}

/** What is here of the frame's payload joins the message; or goes to the program, if it takes pieces. */
function payload(nc: Connection, st: Incomplete, raw: Raw): boolean {
  const ops = nc.mgr._ops;
  const n = raw.length < st.left ? raw.length : st.left;
  if (!st.stream && !hasRoom(nc, st.held, n)) {
    waits = 1; // the pool is empty: again when there is news
    return false;
  }
  const room = nc._i ? 0 : undefined; // bytes in hand are ours alone
  const part = n < raw.length ? ops.slice(raw, 0, n) : raw;
  drop(nc, n); // before it is held: its pages may be the last there are
  const bytes = st.key ? masked(nc.mgr._platform, part, st.key, st.at, room) : part;
  if (!st.stream) st.held._put(bytes);
  st.at += n;
  st.left -= n;
  if (st.kind === WEBSOCKET_OP_TEXT) {
    const all = st.tail.length ? ops.concat(st.tail, bytes) : bytes;
    const tail = checkText(nc, all);
    if (tail < 0) return fail(nc, Close.BadData); // §8.1: at the first byte that is wrong
    st.tail = tail ? ops.slice(all, all.length - tail, all.length) : "";
  }
  if (st.stream) return hand(nc, st, bytes);
  return st.left ? true : frameOver(nc, st);
}

/** Whether the pool has pages for `n` bytes from the front of the input to move into a message. */
function hasRoom(nc: Connection, held: Mbuf, n: number): boolean {
  const pool = nc.mgr.pool;
  const m = nc._r;
  const back = m && !nc._i ? m._pages - pool.pagesFor(m.len - n) : 0;
  return pool.pagesFor(held.len + n) - held._pages <= pool._free + back;
}

/** The frame is here to its end: a fragment, or with it the whole message. */
function frameOver(nc: Connection, st: Incomplete): boolean {
  const isLast = st.first & 128;
  if (st.stream) return isLast ? hand(nc, st, "") : true; // it is empty
  const isRaw = nc._f & MG_F_WEBSOCKET_NO_DEFRAG && !(st.kind & 64);
  if (isLast && st.tail.length) return fail(nc, Close.BadData);
  if (!isLast && !isRaw) return true;
  let bytes: Raw | number = st.held._pullup();
  if (st.kind & 64) bytes = codec.inflate(nc, bytes, maxOf(nc, (nc._hooks as unknown as WsHooks).ws));
  if (typeof bytes !== "number" && st.kind === 65 && checkText(nc, bytes)) bytes = Close.BadData;
  if (typeof bytes === "number") {
    st.held.clear(); // the Close may want the page
    return fail(nc, bytes);
  }
  dueHeld = st;
  return due(nc, MG_EV_WEBSOCKET_FRAME, isRaw ? st.first : 128 | (st.kind & 15), bytes);
}

/** The program has had a message, or a raw fragment, that was held. (When it throws, the connection's end does this.) */
function messageOver(nc: Connection, st: Incomplete): void {
  st.held.clear();
  if (st.first & 128) nc.protoData = nc._h = undefined;
  else st.size = 0; // each fragment is held alone
}

/** A piece of a message for a program that takes pieces: the first with the opcode, the last with FIN. */
function hand(nc: Connection, st: Incomplete, bytes: Raw): boolean {
  const isLast = !st.left && st.first & 128;
  if (isLast && st.tail.length) return fail(nc, Close.BadData);
  const op = st.first & 15;
  st.first &= 128;
  if (isLast) nc.protoData = nc._h = undefined;
  return due(nc, MG_EV_WEBSOCKET_FRAME, (isLast ? 128 : 0) | op, bytes);
}

/** A control frame (§5.5). The answer is on its way when the handler is called. */
function control(nc: Connection, op: number, bytes: Raw): boolean {
  const st = nc._ps;
  if (op === WEBSOCKET_OP_CLOSE) {
    const n = bytes.length;
    const b = typeof bytes === "string" ? bytes : nc.mgr._ops.latin1(bytes, 0, n);
    if (n && (n < 2 || !isCloseCode((b.charCodeAt(0) << 8) | b.charCodeAt(1)))) return fail(nc, Close.Protocol); // §7.4
    if (n > 2 && utf8Tail(b.slice(2))) return fail(nc, Close.BadData);
    if (!(st & Ws.CloseSent)) putFrame(nc, WEBSOCKET_OP_CLOSE, bytes); // §5.5.1: echo
    nc._ps |= Ws.Deaf | Ws.CloseSent;
    nc._since = nc.mgr._platform.now();
    if (!(st & Ws.Client)) nc._f |= MG_F_SEND_AND_CLOSE; // §7.1.1: the server closes first, the client waits for it a while
  } else if (op === WEBSOCKET_OP_PING && !(st & Ws.CloseSent)) putFrame(nc, WEBSOCKET_OP_PONG, bytes);
  return due(nc, MG_EV_WEBSOCKET_CONTROL_FRAME, 128 | op, bytes);
}

/** Takes a frame that is all here out of the input, and answers its payload, unmasked. */
function take(nc: Connection, raw: Raw, used: number, size: number, key: string): Raw {
  const bytes = size ? nc.mgr._ops.slice(raw, used, used + size) : "";
  const room = nc._i ? used : undefined;
  drop(nc, used + size);
  return key && size ? masked(nc.mgr._platform, bytes, key, 0, room) : bytes;
}

/** Removes `count` bytes from the front of the input. */
function drop(nc: Connection, count: number): void {
  const raw = nc._i;
  if (!raw) {
    if (nc._r) nc._r.remove(count);
  } else nc._i = count < raw.length ? nc.mgr._ops.slice(raw, count, raw.length) : 0;
}

/** What the program is to be told next. */
function due(nc: Connection, ev: number, flags: number, bytes: Raw): true {
  wm.flags = flags;
  wm.size = bytes.length;
  wm._raw = bytes;
  wm._ops = nc.mgr._ops;
  dueEvent = ev;
  return true;
}

/** How the end of these bytes stands as UTF-8: see {@link utf8Tail}. */
function checkText(nc: Connection, bytes: Raw): number {
  const platform = nc.mgr._platform;
  if (platform.utf8Tail) return platform.utf8Tail(bytes);
  return utf8Tail(typeof bytes === "string" ? bytes : nc.mgr._ops.latin1(bytes, 0, bytes.length));
}

/** Whether messages must wait: what is answered now could not be sent, or the program wants none. */
function isBusy(nc: Connection): boolean {
  if (nc._ps & Ws.Paused) return true;
  const pool = nc.mgr.pool;
  if (!nc._src || isShared(nc)) return nc._unsent() > pool.pages * pool.pageBytes * MAX_UNSENT;
  nc._onSent = goOnLater;
  return true;
}

/** Most bytes a message may have: what the program says, as far as the pool goes. */
function maxOf(nc: Connection, s: Settings): number {
  const pool = nc.mgr.pool;
  // One page for what comes in while the others are full.
  const most = s.max ? Math.max(1, pool.pages - pool._reserve - 1) * pool.pageBytes : nc.recvMbufLimit;
  return s.max && (s.max < most || s.stream) ? s.max : most;
}

/** There may be more to do with what is here: in the next pass, because where this is called from there is little stack left. */
export function goOnLater(nc: Connection): void {
  nc._onSent = undefined;
  if (nc._ps & Ws.Going) return;
  nc._ps |= Ws.Going;
  nc._onEnded = onEnded;
  post(nc, goOn, undefined, undefined);
}

function goOn(nc: Connection): void {
  nc._ps &= ~Ws.Going;
  if (nc._state === State.Open) guarded(nc, readToEnd);
}

function readToEnd(nc: Connection): void {
  readFrames(nc);
  if (nc._ps & Ws.Ended && !waits) nc._f |= MG_F_SEND_AND_CLOSE;
}

/** The peer will send no more: what came before waits only until its answers have room. */
function onEnded(nc: Connection): boolean {
  if (nc._ps & (Ws.Deaf | Ws.Paused) || nc._f & CLOSE_FLAGS || !(nc._i || (nc._r && nc._r.len))) return false;
  nc._ps |= Ws.Ended;
  goOnLater(nc);
  return true;
}

/**
 * The peer broke the rules, or sent too much (RFC 6455 §7.1.7): Close with this code, then the end. What is still coming
 * is not read.
 */
export function fail(nc: Connection, code: number): false {
  const ps = nc._ps;
  if (!nc.err) nc.err = code === Close.TooBig ? Err.MessageTooLong : Err.Protocol;
  if (!(ps & Ws.CloseSent)) putFrame(nc, WEBSOCKET_OP_CLOSE, nc.mgr._ops.copy(new Uint8Array([code >> 8, code & 255])));
  nc._ps |= Ws.Deaf | Ws.CloseSent;
  nc._f |= MG_F_SEND_AND_CLOSE;
  nc._in().clear();
  forget(nc);
  return false;
}

/** Gives back what was held of a message. */
export function forget(nc: Connection): void {
  const st = nc.protoData as Incomplete | undefined;
  if (!st) return;
  nc.protoData = nc._h = undefined;
  st.held.clear();
}
