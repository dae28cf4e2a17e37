import type { Source } from "../core/connection.js";
import { toRaw } from "../core/mbuf.js";
import type { ByteOps, Raw } from "../core/port.js";
import { headerBytes } from "./fields.js";
import { isToken } from "./grammar.js";

/** A request body that is produced while it is sent. */
export interface HttpBodySource {
  /** The source, or a function that makes one: it is called again when the request has to be sent once more. */
  source: Source | (() => Source);
  /** How many bytes it gives, exactly. Default: unknown, the body goes out in chunks. */
  length?: number;
}

/** What one request says, beside its URL. */
export interface HttpRequest {
  /** Default: GET without a body, POST with one. */
  method?: string;
  /** More header lines, each ending in CRLF. A Host line replaces the one made from the URL. */
  headers?: string;
  /** Text (sent as UTF-8), bytes, or a source for what is larger than memory. */
  body?: string | Uint8Array | HttpBodySource;
  /** Default false. `true`: the body waits until the server says 100 Continue, or a second has passed. */
  expectContinue?: boolean;
}

/** A request made ready to be sent. */
export interface WireRequest {
  method: string;
  /** Request line and header lines, blank line included. */
  head: Raw;
  /** The body, where it is at hand. */
  body: Raw | undefined;
  /** The body, where it is produced. */
  from: HttpBodySource | undefined;
  /** The body waits for 100 Continue. */
  isWaiting: boolean;
}

/**
 * Makes a request. `target` is path and query, `host` the Host line's value, `credentials` an Authorization line
 * or "". Throws TypeError for a method that is no token, a target that is not printable ASCII, header lines that are
 * malformed or that are made here: a request cannot be split through them.
 */
export function makeRequest(ops: ByteOps, target: string, host: string, credentials: string, r: HttpRequest): WireRequest {
  const body = r.body;
  const from = typeof body === "object" && !(body instanceof Uint8Array) ? body : undefined;
  const raw = body === undefined || from ? undefined : toRaw(ops, body as string | Uint8Array);
  const method = r.method || (body === undefined ? "GET" : "POST");
  if (!isToken(method)) throw new TypeError('Malformed method "' + method + '"');
  if (method === "CONNECT") throw new TypeError("CONNECT is not supported");
  const isTarget = target.charAt(0) === "/" || (target === "*" && method === "OPTIONS");
  if (!isTarget || /[^\x21-\x7e]/.test(target)) throw new TypeError('Malformed target "' + target + '": must be ASCII and begin with /');
  const given = r.headers || "";
  const names = "\r\n" + given.toLowerCase();
  if (names.indexOf("\r\nexpect:") >= 0) throw new TypeError("Header expect is made from the option expectContinue: leave it out");
  let head = method + " " + target + " HTTP/1.1\r\n";
  if (names.indexOf("\r\nhost:") < 0) head += "Host: " + host + "\r\n"; // RFC 9112 §3.2: first
  head += headerBytes(ops, names.indexOf("\r\nauthorization:") < 0 ? credentials + given : given) + framing(method, raw, from);
  const isWaiting = !!r.expectContinue && (from ? from.length !== 0 : !!raw && raw.length > 0);
  if (isWaiting) head += "Expect: 100-continue\r\n"; // RFC 9110 §10.1.1: never without a body
  return { method: method, head: head + "\r\n", body: raw, from: from, isWaiting: isWaiting };
}

/** The line that says where the body ends (RFC 9112 §6). */
function framing(method: string, raw: Raw | undefined, from: HttpBodySource | undefined): string {
  const length = raw !== undefined ? raw.length : from ? from.length : method === "POST" || method === "PUT" || method === "PATCH" ? 0 : -1;
  if (length === undefined) return "Transfer-Encoding: chunked\r\n";
  if (length < 0 && !from) return ""; // RFC 9110 §8.6: not where no body is expected
  if (typeof length !== "number" || !(length >= 0) || Math.floor(length) !== length) throw new TypeError("Body length is " + length);
  return "Content-Length: " + length + "\r\n";
}
