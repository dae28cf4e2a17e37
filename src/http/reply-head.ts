import type { Limits } from "../core/limits.js";
import { hasControls, isField } from "./grammar.js";
import { HttpMessage, trimOws } from "./message.js";

/** More digits than this are no size that anybody sends, and not exact in a double. */
const LENGTH_MAX_DIGITS = 15;

/**
 * Parses the head of a reply: everything before the blank line, as a binary string. `method` is the request's, for
 * replies to HEAD have no body. Answers the message, with `_length` -1 for a body in chunks or until the connection
 * closes, or 0 when it is malformed or framed in a way we do not do. Nothing is
 * repaired: a length beside a transfer coding, two lengths, a coding other than chunked, folded lines and control characters
 * make it malformed.
 */
export function parseReplyHead(head: string, limits: Limits, method: string): HttpMessage | 0 {
  const lines = head.split("\r\n");
  const first = lines[0];
  if (lines.length - 1 > limits.headersMax) return 0;
  const status = statusOf(first);
  if (!status || hasControls(first)) return 0;
  const facts: Facts = { length: -1, isChunked: false, close: false, keep: false };
  for (let i = 1; i < lines.length; i++) if (!isField(lines[i]) || !headerLine(lines[i], facts)) return 0;
  const isOld = first.charAt(7) === "0";
  if (facts.isChunked && (isOld || facts.length >= 0)) return 0; // RFC 9112 §6.1, §6.3: what smuggling is made of
  const isBare = method === "HEAD" || status < 200 || status === 204 || status === 304; // RFC 9112 §6.3
  const close = facts.close || (isOld && !facts.keep) || (!isBare && !facts.isChunked && facts.length < 0); // RFC 9112 §9.3
  const hm = new HttpMessage(head, "", "", first.slice(0, 8), isBare ? 0 : facts.length, close);
  hm.respCode = status;
  hm.respStatusMsg = first.slice(13);
  return hm;
}

/** The code in a status line (RFC 9112 §4); 0 for a malformed one, and for another version than HTTP/1.x. */
function statusOf(line: string): number {
  const minor = line.charAt(7);
  if (line.slice(0, 7) !== "HTTP/1." || minor < "0" || minor > "9") return 0;
  const code = line.slice(9, 12);
  if (line.charAt(8) !== " " || line.charAt(12) !== " " || /[^0-9]/.test(code)) return 0;
  const status = parseInt(code, 10);
  return status >= 100 ? status : 0; // "099" is none
}

/** What the header lines say about framing and persistence. */
interface Facts {
  length: number;
  isChunked: boolean;
  close: boolean;
  keep: boolean;
}

/** Notes what matters of a header line. False when it makes the reply malformed. */
function headerLine(line: string, facts: Facts): boolean {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon).toLowerCase();
  if (name === "content-length") return contentLength(trimOws(line.slice(colon + 1)), facts);
  if (name === "transfer-encoding") return transferEncoding(trimOws(line.slice(colon + 1)).toLowerCase(), facts);
  if (name === "connection") connection(line.slice(colon + 1).toLowerCase(), facts);
  return true;
}

/** Content-Length: digits only, and once: a repeated one may be refused, and is (RFC 9112 §6.3). */
function contentLength(value: string, facts: Facts): boolean {
  if (!value || value.length > LENGTH_MAX_DIGITS || /[^0-9]/.test(value) || facts.length >= 0) return false;
  facts.length = parseInt(value, 10);
  return true;
}

/** Transfer-Encoding: "chunked", alone and once. Other codings were not asked for with TE (RFC 9112 §7.4). */
function transferEncoding(value: string, facts: Facts): boolean {
  if (facts.isChunked || value !== "chunked") return false;
  facts.isChunked = true;
  return true;
}

function connection(value: string, facts: Facts): void {
  const options = value.split(",");
  for (let i = 0; i < options.length; i++) {
    const option = trimOws(options[i]);
    if (option === "close") facts.close = true;
    if (option === "keep-alive") facts.keep = true; // an HTTP/1.0 server says so (RFC 9112 §9.3)
  }
}
