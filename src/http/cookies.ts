import { isToken } from "./grammar.js";
import type { HttpMessage } from "./message.js";

/** Attributes of a cookie (RFC 6265 §4.1.2). */
export interface CookieOptions {
  /** Default: the directory of the request's path. `"/"` for the whole site. */
  path?: string;
  /** Default: this host only. */
  domain?: string;
  /** Seconds it lives; 0 or less deletes it. Default: until the browser closes. */
  maxAge?: number;
  /** Scripts do not see it. */
  httpOnly?: boolean;
  /** Sent over TLS only. */
  secure?: boolean;
  /** Whether it goes along with requests that other sites cause. `None` needs `secure`. */
  sameSite?: "Strict" | "Lax" | "None";
}

/** The value of the first cookie with that name, without quotes around it; undefined when there is none (RFC 6265 §4.2). */
export function getCookie(hm: HttpMessage, name: string): string | undefined {
  const header = hm.header("Cookie") || "";
  const key = name + "=";
  for (let at = header.indexOf(key); at >= 0; at = header.indexOf(key, at + 1)) {
    let before = at - 1;
    while (before >= 0 && header.charCodeAt(before) <= 32) before--;
    if (before >= 0 && header.charCodeAt(before) !== 59) continue;
    const end = header.indexOf(";", at);
    return bare(header.slice(at + key.length, end < 0 ? header.length : end));
  }
  return undefined;
}

/** Without blanks at the end and the quotes around it. */
function bare(value: string): string {
  let end = value.length;
  while (end > 0 && value.charCodeAt(end - 1) <= 32) end--;
  return end > 1 && value.charAt(0) === '"' && value.charAt(end - 1) === '"' ? value.slice(1, end - 1) : value.slice(0, end);
}

/**
 * A header line, with CRLF, that sets a cookie. Throws TypeError for characters that a name or value cannot hold
 * (RFC 6265 §4.1.1: a value has no blanks, quotes, commas, semicolons, backslashes, nor anything outside ASCII; `urlEncode`
 * makes one that fits), and for attributes that cannot be.
 */
export function setCookie(name: string, value: string, options?: CookieOptions): string {
  const o = options || {};
  if (!isToken(name)) throw new TypeError('Malformed cookie name "' + name + '"');
  if (/[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/.test(value)) throw new TypeError("Value of cookie " + name + " contains characters that it cannot hold");
  if (o.maxAge !== undefined && !(Math.abs(o.maxAge) <= 9007199254740991 && Math.floor(o.maxAge) === o.maxAge)) throw new TypeError("maxAge is " + o.maxAge + ": must be a whole number of seconds");
  if (o.sameSite === "None" && !o.secure) throw new TypeError("sameSite None needs secure");
  if (o.sameSite && o.sameSite !== "Strict" && o.sameSite !== "Lax" && o.sameSite !== "None") throw new TypeError("sameSite must be Strict, Lax or None");
  let line = "Set-Cookie: " + name + "=" + value;
  if (o.path !== undefined) line += "; Path=" + attribute(o.path);
  if (o.domain !== undefined) line += "; Domain=" + attribute(o.domain);
  if (o.maxAge !== undefined) line += "; Max-Age=" + o.maxAge;
  if (o.sameSite) line += "; SameSite=" + o.sameSite;
  if (o.secure) line += "; Secure";
  return line + (o.httpOnly ? "; HttpOnly\r\n" : "\r\n");
}

function attribute(text: string): string {
  if (!text || /[^\x20-\x3a\x3c-\x7e]/.test(text)) throw new TypeError('Malformed cookie attribute "' + text + '"'); // RFC 6265 §4.1.1
  return text;
}
