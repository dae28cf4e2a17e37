import type { Connection } from "../core/connection.js";
import type { Manager } from "../core/manager.js";
import { base64Decode, utf8Text } from "./base64.js";
import type { HttpMessage } from "./message.js";
import { quote } from "./parse-header.js";
import { httpReply } from "./reply.js";
import { isSameSecret } from "./secret.js";

/**
 * Decides whether a request may go on. `true`: it may. `false`: it has been answered (401 with WWW-Authenticate), body or
 * not, and nothing else is to be sent.
 */
export type HttpGuard = (nc: Connection, hm: HttpMessage) => boolean;

/** What Basic authentication carries. */
export interface Credentials {
  user: string;
  pass: string;
}

/** Who may pass: a table of passwords by name, or a function of name and password. */
export type BasicUsers = { [user: string]: string } | ((user: string, pass: string) => boolean);

/** The Authorization line seen last, and what it says: a client sends the same one with every request. */
let seenLine = "";
let seen: Credentials | undefined;

/**
 * User and password of a request (mg_get_http_basic_auth; RFC 7617 §2, UTF-8). Undefined when it has none, or they are
 * malformed: no colon, control characters, bad base64, no UTF-8.
 */
export function getHttpBasicAuth(hm: HttpMessage): Credentials | undefined {
  const line = hm.header("Authorization");
  if (line === undefined || line === seenLine) return line === undefined ? undefined : seen;
  const token = credentialsOf(line, "basic");
  const bytes = token === undefined ? undefined : base64Decode(token);
  const text = bytes ? utf8Text(bytes) : undefined;
  const colon = text === undefined ? -1 : text.indexOf(":");
  seenLine = line;
  seen = undefined;
  if (text === undefined || colon < 0 || /[\x00-\x1f\x7f]/.test(text)) return undefined; // RFC 7617 §2: no controls
  seen = { user: text.slice(0, colon), pass: text.slice(colon + 1) };
  return seen;
}

/** What follows the scheme in an Authorization line; undefined when it is another scheme (RFC 9110 §11.4). */
function credentialsOf(line: string | undefined, scheme: string): string | undefined {
  if (!line || line.slice(0, scheme.length + 1).toLowerCase() !== scheme + " ") return undefined;
  let at = scheme.length;
  while (line.charAt(at) === " ") at++;
  return line.slice(at);
}

/**
 * A guard that asks for a name and a password (RFC 7617). They cross the network readably: use it over TLS, or Digest.
 * Throws TypeError for a realm with control characters.
 */
export function basicAuth(realm: string, users: BasicUsers): HttpGuard {
  const challenge = "WWW-Authenticate: Basic realm=" + quote(realm) + ', charset="UTF-8"\r\n';
  return (nc, hm) => {
    const c = getHttpBasicAuth(hm);
    if (c && (typeof users === "function" ? users(c.user, c.pass) : isListed(nc.mgr, users, c))) return true;
    return deny(nc, challenge);
  };
}

/** An unknown name takes as long as a wrong password. */
function isListed(mgr: Manager, users: { [user: string]: string }, c: Credentials): boolean {
  const isKnown = Object.prototype.hasOwnProperty.call(users, c.user);
  const isRight = isSameSecret(mgr, isKnown ? users[c.user] : "", c.pass);
  return isKnown && isRight;
}

/**
 * A guard that asks for a bearer token (RFC 6750): this one, or one that the function accepts. Comparing takes the same
 * time whatever was sent. Throws TypeError for a realm with control characters, or a token that no header can hold.
 */
export function bearerAuth(realm: string, token: string | ((token: string) => boolean)): HttpGuard {
  const challenge = "WWW-Authenticate: Bearer realm=" + quote(realm);
  if (!token || (typeof token === "string" && /[^!-~]/.test(token))) throw new TypeError("Token must be printable ASCII without blanks"); // RFC 6750 §2.1
  return (nc, hm) => {
    const sent = httpBearerToken(hm);
    if (sent && (typeof token === "function" ? token(sent) : isSameSecret(nc.mgr, token, sent))) return true;
    return deny(nc, challenge + (sent === undefined ? "\r\n" : ', error="invalid_token"\r\n')); // RFC 6750 §3
  };
}

/** The bearer token of a request, not checked in any way; undefined when it has none (RFC 6750 §2.1). */
export function httpBearerToken(hm: HttpMessage): string | undefined {
  return credentialsOf(hm.header("Authorization"), "bearer");
}

/** Answers 401 with these challenges, and false: what a guard does when it refuses. Each line ends in CRLF. */
export function deny(nc: Connection, challenges: string): boolean {
  httpReply(nc, 401, challenges + "Cache-Control: no-store\r\nContent-Type: text/plain\r\n", "Unauthorized\n");
  return false;
}
