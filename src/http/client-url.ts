import { base64Encode } from "./base64.js";
import { parseUrl } from "./url.js";

/** What an http or https URL says. */
export interface HttpUrl {
  isTls: boolean;
  /** Name or literal, without brackets; in lower case. */
  host: string;
  port: number;
  /** The Host line's value: host, and port where it is not the scheme's own. */
  authority: string;
  /** Scheme, host and port: who may know what was told to whom (RFC 9110 §4.3.1). */
  origin: string;
  /** Path and query; begins with a slash. */
  target: string;
  /** The Authorization line for what stands before the `@` (RFC 7617 §2), CRLF included; "" without. */
  credentials: string;
}

/** Takes an http or https URL apart; the fragment is left out. Answers a text that says what is wrong when it is none. */
export function parseHttpUrl(url: string): HttpUrl | string {
  const u = parseUrl(url);
  if (typeof u === "string") return u;
  const isTls = u.scheme === "https";
  if (!isTls && u.scheme !== "http") return "URL must begin with http:// or https://";
  const name = u.host.indexOf(":") < 0 ? u.host : "[" + u.host + "]";
  return {
    isTls: isTls,
    host: u.host,
    port: u.port,
    authority: u.port === (isTls ? 443 : 80) ? name : name + ":" + u.port,
    origin: u.scheme + "://" + name + ":" + u.port,
    target: u.query ? u.path + "?" + u.query : u.path,
    credentials: u.user || u.pass ? basicLine(u.user, u.pass) : "",
  };
}

/** The Authorization line that carries user and password, readably (RFC 7617 §2). Throws TypeError for a colon in the user. */
export function basicLine(user: string, pass: string): string {
  if (user.indexOf(":") >= 0) throw new TypeError("User name holds a colon");
  return "Authorization: Basic " + base64Encode(user + ":" + pass) + "\r\n";
}
