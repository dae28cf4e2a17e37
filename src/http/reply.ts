import type { Connection } from "../core/connection.js";
import { rangeError } from "../core/errors.js";
import { MG_F_SEND_AND_CLOSE } from "../core/flags.js";
import { cur } from "../core/hot.js";
import { toRaw } from "../core/mbuf.js";
import type { ByteOps, Raw } from "../core/port.js";
import { INPUT_ONLY } from "../core/state.js";
import { RawSource } from "./source.js";
import { Http } from "./state.js";
import { statusMessage } from "./status.js";

/** Replies up to this size are sent as one piece, and the last one is kept. */
const SMALL_MAX_BYTES = 512;

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
  if (!(status >= 100 && status < 1000) || Math.floor(status) !== status) throw rangeError("Status is " + status + ": must be a whole number from 100 to 999");
  if (headers !== checked) checkHeaders(nc.mgr._ops, headers);
  const raw = toRaw(nc.mgr._ops, body);
  const hasLength = status >= 200 && status !== 204 && status !== 304; // RFC 9110 §8.6
  let head = statusLine(status) + checkedBytes + (hasLength ? "Content-Length: " + raw.length + "\r\n" : "");
  head += nc._ps & Http.Close ? "Connection: close\r\n\r\n" : "\r\n";
  if (nc._ps & Http.NoBody || !hasLength) return sendWhole(nc, head);
  if (typeof raw !== "string" || raw.length > SMALL_MAX_BYTES) return putBoth(nc, head, raw);
  const reply = head + raw;
  if (nc._ps & Http.Close || typeof body !== "string" || reply.length > nc.mgr._fastMax) return sendWhole(nc, reply);
  lastStatus = status;
  lastHeaders = headers;
  lastBody = body;
  lastReply = reply;
  return sendWhole(nc, reply);
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

/** Sends an error as text/plain and closes the connection when it is out (mg_http_send_error). `reason` defaults to the status' name. */
export function httpSendError(nc: Connection, status: number, reason?: string): void {
  nc._ps |= Http.Close;
  httpReply(nc, status, "Content-Type: text/plain\r\n", (reason || statusMessage(status)) + "\n");
  nc._f |= MG_F_SEND_AND_CLOSE;
}

/** Sends a redirect to `location` (mg_http_send_redirect). Throws TypeError when the location cannot stand in a header. */
export function httpSendRedirect(nc: Connection, status: number, location: string): void {
  if (/[\x00-\x1f\x7f]/.test(location)) throw new TypeError("Location contains control characters");
  httpReply(nc, status, "Location: " + location + "\r\nCache-Control: no-cache\r\n", "");
}

/** The whole reply with which a listener that is full turns newcomers away. */
export function refusal(status: number): string {
  const text = statusMessage(status) + "\n";
  return statusLine(status) + "Retry-After: 1\r\nContent-Type: text/plain\r\nContent-Length: " + text.length + "\r\nConnection: close\r\n\r\n" + text;
}

function statusLine(status: number): string {
  return "HTTP/1.1 " + status + " " + statusMessage(status) + "\r\n";
}

/** Header lines must each be `name: value CRLF`, and nothing else may hide in them (RFC 9112 §5). */
function checkHeaders(ops: ByteOps, headers: string): void {
  const raw = ops.text(headers);
  const bytes = typeof raw === "string" ? raw : ops.latin1(raw, 0, raw.length);
  if (bytes) {
    const lines = bytes.split("\r\n");
    if (lines.pop() !== "") throw new TypeError("Header lines must end in CRLF");
    for (let i = 0; i < lines.length; i++) checkLine(lines[i]);
  }
  checked = headers;
  checkedBytes = bytes;
}

function checkLine(line: string): void {
  const colon = line.indexOf(":");
  if (colon < 1 || /[^!#$%&'*+.^_`|~0-9A-Za-z-]/.test(line.slice(0, colon))) throw new TypeError('Malformed header line "' + line + '"');
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) throw new TypeError("Header " + line.slice(0, colon) + " contains control characters");
}
