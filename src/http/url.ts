import { HOST_MAX_BYTES, isHostName, isIpv6, parsePort } from "../core/address.js";

/** A URL taken apart. */
export interface Url {
  /** In lower case, without the colon. */
  scheme: string;
  /** Decoded; "" without. */
  user: string;
  pass: string;
  /** Name or literal without brackets, in lower case. */
  host: string;
  /** 1–65535: the scheme's own where the URL names none. */
  port: number;
  /** Begins with a slash; undecoded. */
  path: string;
  /** What follows `?`, undecoded; "" without. */
  query: string;
}

/**
 * Text with `%XX` decoded, as UTF-8, and `+` as a space when `isForm`; undefined when a `%` is not followed by two
 * hexadecimal digits, or the bytes are no UTF-8 (mg_url_decode; RFC 3986 §2.1).
 */
export function urlDecode(text: string, isForm?: boolean): string | undefined {
  const plain = isForm && text.indexOf("+") >= 0 ? text.split("+").join(" ") : text;
  if (plain.indexOf("%") < 0) return plain;
  try {
    return decodeURIComponent(plain);
  } catch {
    return undefined;
  }
}

/**
 * Text with everything but `A-Z a-z 0-9 - . _ ~` as `%XX` of its UTF-8 bytes (mg_url_encode; RFC 3986 §2.3): fits in a
 * path segment, a query and a form. Halves of surrogate pairs that stand alone become U+FFFD.
 */
export function urlEncode(text: string): string {
  const out = encodeURIComponent(wellFormed(text));
  if (!/[!'()*]/.test(out)) return out;
  return out.split("!").join("%21").split("'").join("%27").split("(").join("%28").split(")").join("%29").split("*").join("%2A");
}

/** The text with U+FFFD for halves of surrogate pairs that stand alone. (On a board text is bytes, and has none.) */
export function wellFormed(text: string): string {
  let from = 0;
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0xd800 || c > 0xdfff) continue;
    const low = text.charCodeAt(i + 1);
    if (c < 0xdc00 && low >= 0xdc00 && low < 0xe000) i++;
    else {
      out += text.slice(from, i) + "\ufffd";
      from = i + 1;
    }
  }
  return from ? out + text.slice(from) : text;
}

/**
 * Takes `scheme://[user[:pass]@]host[:port][/path][?query][#fragment]` apart (RFC 3986 §3); the fragment is left out.
 * http, ws, https and wss have a port of their own, other schemes must name one. Answers a text that says what is wrong
 * when it is malformed; never throws.
 */
export function parseUrl(url: string): Url | string {
  if (/[^\x21-\x7e]/.test(url)) return "URL holds a character that has to be percent-encoded";
  const colons = url.indexOf("://");
  const scheme = url.slice(0, colons).toLowerCase();
  if (colons < 1 || /[^a-z0-9+.-]/.test(scheme) || !/^[a-z]/.test(scheme)) return "URL has no scheme";
  const hash = url.indexOf("#");
  const rest = hash < 0 ? url.slice(colons + 3) : url.slice(colons + 3, hash);
  let end = rest.indexOf("/");
  const mark = rest.indexOf("?");
  if (end < 0 || (mark >= 0 && mark < end)) end = mark;
  if (end < 0) end = rest.length;
  const out: Url = { scheme: scheme, user: "", pass: "", host: "", port: portOf(scheme), path: "/", query: "" };
  const target = rest.slice(end);
  const query = target.indexOf("?");
  if (query >= 0) out.query = target.slice(query + 1);
  if (target.charAt(0) === "/") out.path = query < 0 ? target : target.slice(0, query);
  const at = rest.slice(0, end).lastIndexOf("@");
  const trouble = at < 0 ? "" : userInfo(rest.slice(0, at), out);
  return trouble || hostPort(rest.slice(at + 1, end).toLowerCase(), out) || out;
}

function portOf(scheme: string): number {
  return scheme === "http" || scheme === "ws" ? 80 : scheme === "https" || scheme === "wss" ? 443 : -1;
}

/** Fills in user and password. Answers what is wrong, or "". */
function userInfo(text: string, out: Url): string {
  const colon = text.indexOf(":");
  const user = urlDecode(colon < 0 ? text : text.slice(0, colon));
  const pass = urlDecode(colon < 0 ? "" : text.slice(colon + 1));
  if (user === undefined || pass === undefined) return "URL has a malformed user or password";
  out.user = user;
  out.pass = pass;
  return "";
}

/** Fills in host and port. Answers what is wrong, or "". */
function hostPort(text: string, out: Url): string {
  const colon = text.lastIndexOf(":");
  const hasPort = colon > text.lastIndexOf("]");
  const name = hasPort ? text.slice(0, colon) : text;
  if (hasPort && colon < text.length - 1) out.port = parsePort(text.slice(colon + 1));
  if (name === "") return "URL has no host";
  const isLiteral = name.charAt(0) === "[";
  out.host = isLiteral ? name.slice(1, -1) : name;
  if (name.length > HOST_MAX_BYTES) return "URL has a host of over " + HOST_MAX_BYTES + " bytes";
  if (isLiteral ? name.charAt(name.length - 1) !== "]" || !isIpv6(out.host) : !isHostName(name)) return "URL has a malformed host";
  return out.port < 1 ? "URL has no port from 1 to 65535" : "";
}
