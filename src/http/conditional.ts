import { parseHttpDate } from "./date.js";
import { type HttpMessage, trimOws } from "./message.js";

/**
 * Evaluates the preconditions of a request for something that exists, in the order of RFC 9110 §13.2.2. `etag` is its
 * entity tag with its quotes, "" without; `modifiedMs` its last change in milliseconds since 1970, 0 where unknown.
 * Answers 0 (go on), 304 or 412.
 */
export function checkConditions(hm: HttpMessage, etag: string, modifiedMs: number, nowMs: number): 0 | 304 | 412 {
  if (hm._head.toLowerCase().indexOf("\r\nif-") < 0) return 0;
  const ifMatch = hm.header("If-Match");
  if (ifMatch !== undefined) {
    if (!hasTag(ifMatch, etag, false)) return 412; // §13.1.1
  } else if (isLater(modifiedMs, hm.header("If-Unmodified-Since"), nowMs) > 0) return 412; // §13.1.4
  const isRead = hm.method === "GET" || hm.method === "HEAD";
  const ifNoneMatch = hm.header("If-None-Match");
  if (ifNoneMatch !== undefined) return hasTag(ifNoneMatch, etag, true) ? (isRead ? 304 : 412) : 0; // §13.1.2
  return isRead && isLater(modifiedMs, hm.header("If-Modified-Since"), nowMs) < 0 ? 304 : 0; // §13.1.3
}

/** True when a Range header counts: there is no If-Range, or it names exactly this representation (RFC 9110 §13.1.5). */
export function isRangeFresh(hm: HttpMessage, etag: string, modifiedMs: number, nowMs: number): boolean {
  const ifRange = hm.header("If-Range");
  if (ifRange === undefined) return true;
  if (ifRange.indexOf('"') >= 0) return etag !== "" && ifRange === etag && etag.charAt(0) === '"'; // strong comparison: no W/
  return modifiedMs > 0 && parseHttpDate(ifRange, nowMs) === wholeSecond(modifiedMs);
}

/** Whether the list of entity tags has this one, or is `*`. Strong comparison does not take weak tags (RFC 9110 §8.8.3.2). */
function hasTag(list: string, etag: string, isWeak: boolean): boolean {
  if (trimOws(list) === "*") return true;
  if (!etag) return false;
  const tags = list.split(",");
  for (let i = 0; i < tags.length; i++) {
    let tag = trimOws(tags[i]);
    if (isWeak && tag.slice(0, 2) === "W/") tag = tag.slice(2);
    if (tag === etag) return true;
  }
  return false;
}

/** 1: changed after that date. -1: not changed since. 0: no such header, no valid date in it, or the change is not known. */
function isLater(modifiedMs: number, date: string | undefined, nowMs: number): number {
  if (date === undefined || !modifiedMs) return 0;
  const dateMs = parseHttpDate(date, nowMs);
  if (dateMs < 0) return 0;
  return wholeSecond(modifiedMs) > dateMs ? 1 : -1;
}

/** HTTP dates have whole seconds. */
function wholeSecond(ms: number): number {
  return ms - (ms % 1000);
}
