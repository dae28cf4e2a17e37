import type { Manager } from "../core/manager.js";
import { hexOf, md5Hasher } from "../hash/hasher.js";
import { binaryText } from "./secret.js";

/** The algorithms of Digest authentication we do (RFC 7616 §3.4.1), the better first. */
export const ALGORITHMS = ["SHA-256", "MD5"];

/** Lower-case hexadecimal digest of a binary string. */
export function digestHex(mgr: Manager, isSha: boolean, bytes: string): string {
  if (isSha) return hexOf(mgr, mgr._platform.digest("sha256", bytes));
  const hasher = md5Hasher(mgr);
  hasher.update(bytes);
  return hexOf(mgr, hasher.digest());
}

/** What a request or reply is signed with; all binary strings. */
export interface DigestParts {
  /** Hash of user, realm and password: what a password file holds. */
  ha1: string;
  nonce: string;
  method: string;
  uri: string;
  /** "auth", or "" for RFC 2069, which has no nc and cnonce. */
  qop: string;
  nc: string;
  cnonce: string;
}

/** The response of a client that knows the password (RFC 7616 §3.4.1; without qop RFC 2069 §2.1.2). */
export function digestResponse(mgr: Manager, isSha: boolean, p: DigestParts): string {
  const ha2 = digestHex(mgr, isSha, p.method + ":" + p.uri);
  const between = p.qop ? p.nc + ":" + p.cnonce + ":" + p.qop + ":" : "";
  return digestHex(mgr, isSha, p.ha1 + ":" + p.nonce + ":" + between + ha2);
}

/**
 * A line of a password file for this user: `user:realm:hash`, without line end; as `htdigest` writes it for "MD5". Throws
 * TypeError for a colon in the name, or control characters.
 */
export function htdigestLine(mgr: Manager, user: string, realm: string, pass: string, algorithm?: "MD5" | "SHA-256"): string {
  if (user.indexOf(":") >= 0 || /[\x00-\x1f\x7f]/.test(user + realm)) throw new TypeError("User or realm contains characters that a password file cannot hold");
  const start = user + ":" + realm + ":";
  return start + digestHex(mgr, algorithm !== "MD5", binaryText(mgr._ops, start + pass));
}
