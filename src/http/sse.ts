import { type Broadcast, Outlet, type OutletOptions } from "../core/broadcast.js";
import type { Connection } from "../core/connection.js";
import { rangeError } from "../core/errors.js";
import { httpReplyFrom } from "./reply.js";

/** Options of an event stream. */
export interface SseOptions extends OutletOptions {
  /** Seconds of silence after which a comment is sent, so that a dead peer is found. Default 15; 0: never. */
  keepAliveS?: number;
  /** More header lines, each ending in CRLF. */
  headers?: string;
}

/** One event (HTML standard §9.2.6). */
export interface SseMessage {
  /** Text; each of its lines is sent as a line. */
  data: string;
  /** What the page listens for; default "message". Also the topic for the policy `"latest"`. */
  event?: string;
  /** What the browser gives back as Last-Event-ID when it reconnects. */
  id?: string;
  /** Milliseconds the browser waits before it reconnects. */
  retryMs?: number;
}

const HEADERS = "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n";

/**
 * Answers a request with a stream of events for EventSource, and keeps it open. The browser tells with the request's
 * Last-Event-ID what it saw last. Answers the outlet to send to; it is closed at once for HEAD and for a connection that is
 * gone. Throws as `Outlet` and `httpReply` do.
 */
export function sseStart(nc: Connection, options?: SseOptions): Outlet {
  const o = options || {};
  const keepS = o.keepAliveS === undefined ? 15 : o.keepAliveS;
  if (!(keepS >= 0)) throw rangeError("keepAliveS is " + keepS + ": must be 0 or more");
  const outlet = new Outlet(nc, o, true);
  outlet._keepMs = keepS * 1000;
  outlet._keep = ":\n\n";
  if (!httpReplyFrom(nc, 200, HEADERS + (o.headers || ""), outlet, -1)) outlet.done(false);
  return outlet;
}

/**
 * Sends an event to one receiver or to many; formatted once. Answers how many will get it, unless it is dropped later by
 * their policy. Throws TypeError when `event` or `id` contains a line end or NUL: an event cannot be split through them.
 */
export function sseSend(to: Outlet | Broadcast, message: SseMessage): number {
  const m = message;
  let text = "";
  if (m.event) text += "event: " + oneLine("event", m.event) + "\n";
  if (m.id !== undefined) text += "id: " + oneLine("id", m.id) + "\n";
  if (m.retryMs !== undefined) text += "retry: " + wholeMs(m.retryMs) + "\n";
  const data = m.data.split("\r\n").join("\n").split("\r").join("\n");
  text += "data: " + data.split("\n").join("\ndata: ") + "\n\n";
  return to.push(text, m.event);
}

function oneLine(name: string, text: string): string {
  if (/[\r\n\x00]/.test(text)) throw new TypeError("SSE: " + name + " contains a line end");
  return text;
}

function wholeMs(ms: number): number {
  if (!(ms >= 0) || Math.floor(ms) !== ms) throw rangeError("SSE: retryMs is " + ms + ": must be a whole number");
  return ms;
}
