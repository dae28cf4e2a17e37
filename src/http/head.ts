import type { Limits } from "../core/limits.js";
import { hasControls, isToken } from "./grammar.js";
import { HttpMessage, trimOws } from "./message.js";

/** What no host and port can hold (RFC 3986 §3.2.2). Negated: a range that ends above \x7f never matches on Espruino. */
const NOT_HOST = /[^!$%&'()*+,.0-9:;=A-Z\x5b\x5d_a-z~-]/;

/**
 * Parses a request head: everything before the blank line, as a binary string. Answers the message, or the status of the
 * error reply: 400 malformed, 414 target too long, 417 unknown expectation, 431 too many header lines, 501 framing we do not do, 505 version.
 * Nothing is repaired: what RFC 9112 lets a server reject is rejected.
 */
export function parseRequestHead(head: string, limits: Limits): HttpMessage | number {
  const lines = head.split("\r\n");
  if (lines.length - 1 > limits.headersMax) return 431;
  const words = lines[0].split(" ");
  if (words.length !== 3) return 400; // RFC 9112 §3: exactly one space between the parts
  const method = words[0];
  const target = words[1];
  const proto = words[2];
  if (!isToken(method)) return 400;
  if (target.length > limits.uriMaxBytes) return 414;
  if (/[^\x21\x22\x24-\x7e]/.test(target)) return 400; // RFC 3986 §2: a URI is ASCII; RFC 9112 §3.2.1: without a fragment
  if (method === "CONNECT") return 501; // RFC 9110 §9.3.6: a reply of 200 would make a tunnel of the connection
  if (proto !== "HTTP/1.1" && proto !== "HTTP/1.0") {
    const status = versionStatus(proto);
    if (status) return status;
  }
  if (hasControls(lines.join(""))) return 400;
  const path = target.charAt(0) === "/" || (target === "*" && method === "OPTIONS") ? target : pathOf(target);
  return path ? withHeaders(head, lines, method, path, proto) : 400;
}

/** 0 for a later HTTP/1.x, which is read as 1.1 (RFC 9110 §2.5); 505 for another version; 400 for what is none. */
function versionStatus(proto: string): number {
  if (proto.length !== 8 || proto.slice(0, 5) !== "HTTP/" || proto.charAt(6) !== ".") return 400;
  if (!isDigits(proto.charAt(5)) || !isDigits(proto.charAt(7))) return 400;
  return proto.charAt(5) === "1" ? 0 : 505;
}

/** Path and query of a target in absolute form (RFC 9112 §3.2.2: must be taken); "" when it is none. */
function pathOf(target: string): string {
  const colons = target.indexOf("://");
  const scheme = colons > 0 ? target.slice(0, colons).toLowerCase() : "";
  if (scheme !== "http" && scheme !== "https") return "";
  const rest = target.slice(colons + 3);
  const slash = rest.indexOf("/");
  const query = rest.indexOf("?");
  if (!rest || !slash || !query) return ""; // RFC 9110 §4.2.1: without a host it is invalid
  if (slash >= 0 && (query < 0 || slash < query)) return rest.slice(slash);
  return query < 0 ? "/" : "/" + rest.slice(query);
}

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return text.length > 0;
}

/** What the header lines say about framing and persistence. */
interface Facts {
  hosts: number;
  /** Content-Length; -1 without. */
  length: number;
  close: boolean;
  chunked: boolean;
  expects: boolean;
  hasCredentials: boolean;
}

function withHeaders(head: string, lines: string[], method: string, target: string, proto: string): HttpMessage | number {
  const facts: Facts = { hosts: 0, length: -1, close: false, chunked: false, expects: false, hasCredentials: false };
  for (let i = 1; i < lines.length; i++) {
    const status = headerLine(lines[i], facts);
    if (status) return status;
  }
  const isOld = proto === "HTTP/1.0";
  if (facts.hosts > 1 || (facts.hosts === 0 && !isOld)) return 400; // RFC 9112 §3.2
  if (facts.chunked && (isOld || facts.length >= 0)) return 400; // RFC 9112 §6.1, §6.3: what smuggling is made of
  // An HTTP/1.0 client would need to be told that the connection is kept (RFC 9112 C.2.2): it is not kept.
  const hm = new HttpMessage(head, method, target, proto, facts.chunked ? -1 : facts.length < 0 ? 0 : facts.length, facts.close || isOld);
  if (facts.expects && !isOld) hm._expects = true; // RFC 9110 §10.1.1: an HTTP/1.0 client's is ignored
  return hm;
}

/** Checks one header line and notes what matters. Answers 0, or the status to refuse with. */
function headerLine(line: string, facts: Facts): number {
  const colon = line.indexOf(":");
  if (colon < 1) return 400; // also obs-fold and a line without a name (RFC 9112 §5)
  const name = line.slice(0, colon).toLowerCase();
  if (name === "host") {
    facts.hosts++;
    return NOT_HOST.test(trimOws(line.slice(colon + 1))) ? 400 : 0; // RFC 9112 §3.2
  }
  if (name === "content-length") return contentLength(trimOws(line.slice(colon + 1)), facts);
  if (name === "transfer-encoding") return transferEncoding(trimOws(line.slice(colon + 1)).toLowerCase(), facts);
  if (name === "expect") return expectation(trimOws(line.slice(colon + 1)).toLowerCase(), facts);
  if (name === "authorization") return credentials(facts);
  if (name === "connection") return connection(line.slice(colon + 1).toLowerCase(), facts);
  return isToken(name) ? 0 : 400; // space before the colon included (RFC 9112 §5.1)
}

/** Content-Length: digits only, and once: a repeated one may be refused, and is (RFC 9112 §6.3). */
function contentLength(value: string, facts: Facts): number {
  if (!isDigits(value) || facts.length >= 0) return 400;
  if (value.length > 10) return 413;
  facts.length = parseInt(value, 10);
  return 0;
}

/** Transfer-Encoding: "chunked", alone and once. Other codings are none of ours (RFC 9112 §6.1). */
function transferEncoding(value: string, facts: Facts): number {
  if (facts.chunked) return 400;
  if (value !== "chunked") return 501;
  facts.chunked = true;
  return 0;
}

/** Expect: 100-continue is the only one there is (RFC 9110 §10.1.1). */
function expectation(value: string, facts: Facts): number {
  if (value !== "100-continue") return 417;
  facts.expects = true;
  return 0;
}

/** Authorization: once. Of two, a proxy in front may have looked at the other one. */
function credentials(facts: Facts): number {
  if (facts.hasCredentials) return 400;
  facts.hasCredentials = true;
  return 0;
}

function connection(value: string, facts: Facts): number {
  const options = value.split(",");
  for (let i = 0; i < options.length; i++) {
    if (trimOws(options[i]) === "close") facts.close = true;
  }
  return 0;
}
