import { post } from "../core/call.js";
import type { Connection, Source } from "../core/connection.js";
import { rangeError } from "../core/errors.js";
import { MG_F_SEND_AND_CLOSE } from "../core/flags.js";
import { cur } from "../core/hot.js";
import { type Data, toRaw } from "../core/mbuf.js";
import type { ByteOps, Raw } from "../core/port.js";
import { format } from "../core/printf.js";
import { INPUT_ONLY, State } from "../core/state.js";
import { headerBytes } from "./fields.js";
import { BodySource, RawSource } from "./source.js";
import { Http, type HttpHooks } from "./state.js";
import { statusMessage } from "./status.js";

/** Replies up to this size are sent as one piece, and the last one is kept. */
const SMALL_MAX_BYTES = 512;

/** Header lines of every reply: the Date, for programs that send it. */
let stamp = "";

/** Names the header lines of every reply from now on; a reply that was remembered without them is forgotten. */
export function setStamp(lines: string): void {
  if (lines !== stamp) lastStatus = 0;
  stamp = lines;
}

/** Header lines that were checked last: programs send the same ones over and over. */
let checked = "";
/** The same as the bytes that go over the wire. */
let checkedBytes = "";

/**
 * The small reply that was made last, and what from.
 * @hot
 */
let lastStatus = 0;
/** @hot */
let lastHeaders = "";
/** @hot */
let lastBody: string | Uint8Array = "";
/** @hot */
let lastReply = "";

/**
 * Sends a whole reply: status line, the given header lines (each ending in CRLF; "" for none), Content-Length, body
 * (mg_http_reply). A body larger than the pool is sent piece by piece, and a reply that finds the pool empty waits for
 * pages. Answers false, and sends nothing, when the connection is closed or another source is under way. Throws
 * TypeError for malformed header lines (a reply cannot be split through them), RangeError for a status outside 100–999.
 * @hot
 */
export function httpReply(nc: Connection, status: number, headers: string, body: string | Uint8Array): boolean {
  if (body !== lastBody || headers !== lastHeaders || status !== lastStatus || nc._ps) return makeReply(nc, status, headers, body);
  if (cur !== nc.id || nc._gate & ~INPUT_ONLY || nc._o) return sendWhole(nc, lastReply);
  nc._o = lastReply;
  return true;
}

function makeReply(nc: Connection, status: number, headers: string, body: string | Uint8Array): boolean {
  checkStatus(status);
  if (headers !== checked) checkHeaders(nc.mgr._ops, headers);
  const raw = toRaw(nc.mgr._ops, body);
  const hasLength = status >= 200 && status !== 204 && status !== 304; // RFC 9110 §8.6
  const ps = nc._ps;
  const head = replyHead(nc, status, hasLength ? "Content-Length: " + raw.length + "\r\n" : "");
  if (ps & Http.NoBody || !hasLength) return sendWhole(nc, head);
  if (typeof raw !== "string" || raw.length > SMALL_MAX_BYTES) return putBoth(nc, head, raw);
  const reply = head + raw;
  if (ps & (Http.Close | Http.Extra) || typeof body !== "string" || reply.length > nc.mgr._fastMax) return sendWhole(nc, reply);
  lastStatus = status;
  lastHeaders = headers;
  lastBody = body;
  lastReply = reply;
  return sendWhole(nc, reply);
}

/** The head of a reply: what the program wants in it, how the body is framed, and whether the connection goes on. */
function replyHead(nc: Connection, status: number, framing: string): string {
  const ps = nc._ps;
  let head = statusLine(status) + stamp + checkedBytes + framing;
  if (ps & Http.Extra) head += nc._extra;
  if (ps & Http.Partial) nc._ps |= Http.Early;
  nc._ps &= ~Http.Extra;
  return head + (ps & Http.Close ? "Connection: close\r\n\r\n" : "\r\n");
}

/** Header lines for the next reply on this connection, besides its own. Throws TypeError for malformed ones. */
export function httpAddHeaders(nc: Connection, headers: string): void {
  if (headers !== checked) checkHeaders(nc.mgr._ops, headers);
  nc._extra = nc._ps & Http.Extra ? nc._extra + checkedBytes : checkedBytes;
  nc._ps |= Http.Extra;
}

/** Into sendMbuf; when the pool has no room, as a source, which waits for pages: a reply is never lost for want of them. */
function sendWhole(nc: Connection, reply: Raw): boolean {
  return nc._put(reply) > 0 || nc.sendFrom(new RawSource(nc.mgr._ops, reply));
}

/** Head and body into sendMbuf if both fit easily, else the body as a source behind the head. */
function putBoth(nc: Connection, head: string, raw: Raw): boolean {
  const pool = nc.mgr.pool;
  const fits = pool.pagesFor(head.length + raw.length) <= pool._free / 2;
  if (!nc._put(head)) return nc.sendFrom(new RawSource(nc.mgr._ops, nc.mgr._ops.concat(head, raw)));
  if (fits && nc._put(raw)) return true;
  return nc.sendFrom(new RawSource(nc.mgr._ops, raw));
}

/** Sends an error as text/plain, or as the listener's error page, and closes the connection when it is out (mg_http_send_error). `reason` defaults to the status' name. */
export function httpSendError(nc: Connection, status: number, reason?: string): void {
  const text = reason || statusMessage(status);
  const hooks = nc._hooks as HttpHooks | undefined;
  const page = hooks && hooks.errorPage ? hooks.errorPage(status, text) : undefined;
  nc._ps |= Http.Close;
  httpReply(nc, status, page === undefined ? "Content-Type: text/plain\r\n" : "Content-Type: text/html; charset=utf-8\r\n", page === undefined ? text + "\n" : page);
  nc._f |= MG_F_SEND_AND_CLOSE;
}

/** Sends a redirect to `location` (mg_http_send_redirect). Throws TypeError when the location cannot stand in a header. */
export function httpSendRedirect(nc: Connection, status: number, location: string): void {
  if (/[\x00-\x1f\x7f]/.test(location)) throw new TypeError("Location contains control characters");
  httpReply(nc, status, "Location: " + location + "\r\nCache-Control: no-cache\r\n", "");
}

/**
 * Starts a reply (mg_send_head): `length` bytes of body follow, all of them sent in the same event; or, with a negative
 * length, chunks of unknown number, now and later: `sendHttpChunk`, the last one empty. An HTTP/1.0 client gets them bare,
 * and the connection closes behind them. Answers false when the connection is closed. Throws as `httpReply` does.
 */
export function sendHead(nc: Connection, status: number, length: number, headers: string): boolean {
  const isSent = sendWhole(nc, headFor(nc, status, length, headers));
  if (isSent && length < 0 && hasBody(status)) nc._ps |= Http.Open;
  return isSent;
}

function headFor(nc: Connection, status: number, length: number, headers: string): string {
  checkStatus(status);
  if (headers !== checked) checkHeaders(nc.mgr._ops, headers);
  const isOld = (nc._ps & Http.Old) !== 0;
  if (!hasBody(status)) return replyHead(nc, status, "");
  if (length >= 0) return replyHead(nc, status, "Content-Length: " + length + "\r\n");
  if (isOld) nc._ps |= Http.Close; // RFC 9112 §6.1: no chunks for HTTP/1.0
  return replyHead(nc, status, isOld ? "" : "Transfer-Encoding: chunked\r\n");
}

function hasBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

/**
 * Sends a piece of a reply begun with `sendHead(nc, status, -1, …)` (mg_send_http_chunk): all of it, or nothing when the
 * pool has no room or the connection is closed: then it answers 0. Empty data ends the reply. Throws Error when no such
 * reply is open.
 */
export function sendHttpChunk(nc: Connection, data: Data): number {
  const ps = nc._ps;
  if (nc._state > State.Open) return 0;
  if (!(ps & Http.Open)) throw new Error("No reply in chunks is open: sendHead with a negative length begins one");
  const raw = toRaw(nc.mgr._ops, data);
  const n = raw.length;
  if (!n) return endChunks(nc);
  if (ps & Http.NoBody) return n;
  if (ps & Http.Old) return nc._put(raw);
  const ops = nc.mgr._ops;
  return nc._put(ops.concat(ops.concat(n.toString(16) + "\r\n", raw), "\r\n")) ? n : 0;
}

/** Formats as `nc.printf` does, and sends the text as a chunk (mg_printf_http_chunk). */
export function printfHttpChunk(nc: Connection, fmt: string, ...args: unknown[]): number {
  return sendHttpChunk(nc, format(fmt, args));
}

/** The last chunk. It is never refused: it waits for room if it must. */
function endChunks(nc: Connection): number {
  const ps = nc._ps;
  nc._ps &= ~Http.Open;
  if (!(ps & (Http.NoBody | Http.Old))) sendWhole(nc, "0\r\n\r\n");
  if (ps & Http.Close) nc._f |= MG_F_SEND_AND_CLOSE;
  if (nc._onSent && !nc._unsent()) post(nc, nc._onSent, 0, 0); // nothing will be sent that could tell that it is over
  return 0;
}

/**
 * Sends a reply whose body comes from `source`, piece by piece as there is room. `length` is its size in bytes, or -1 when
 * only its end will tell: then it goes out in chunks (to an HTTP/1.0 client: until the connection closes). For HEAD the
 * source is not asked. Answers false, and leaves the source alone, when the connection is closed or busy with another.
 */
export function httpReplyFrom(nc: Connection, status: number, headers: string, source: Source, length: number): boolean {
  const ps = nc._ps;
  if (nc._state > State.Open || nc._src) return false;
  const head = headFor(nc, status, length, headers);
  if (ps & Http.NoBody || !hasBody(status)) {
    if (!sendWhole(nc, head)) return false;
    if (source.done) source.done(false);
    return true;
  }
  return nc.sendFrom(new BodySource(nc.mgr._ops, source, length >= 0 ? length : ps & Http.Old ? -2 : -1, head));
}

/** The whole reply with which a listener that is full turns newcomers away. */
export function refusal(status: number): string {
  const text = statusMessage(status) + "\n";
  return statusLine(status) + "Retry-After: 1\r\nContent-Type: text/plain\r\nContent-Length: " + text.length + "\r\nConnection: close\r\n\r\n" + text;
}

function statusLine(status: number): string {
  return "HTTP/1.1 " + status + " " + statusMessage(status) + "\r\n";
}

function checkStatus(status: number): void {
  if (!(status >= 100 && status < 1000) || Math.floor(status) !== status) throw rangeError("Status is " + status + ": must be a whole number from 100 to 999");
}

/** Header lines of the program, checked, as bytes: those of the last call are remembered. */
function checkHeaders(ops: ByteOps, headers: string): void {
  checkedBytes = headerBytes(ops, headers);
  checked = headers;
}
