import type { Connection } from "../core/connection.js";
import type { Files } from "../core/port.js";
import { deny, type HttpGuard } from "./auth.js";
import { type AuthParams, authParam, parseAuthParams } from "./auth-params.js";
import { utf8Text } from "./base64.js";
import { ALGORITHMS, digestResponse } from "./digest-hash.js";
import { isFresh, makeNonce } from "./digest-nonce.js";
import { algorithmsFor, findHash, readHtdigest } from "./htdigest.js";
import type { HttpMessage } from "./message.js";
import { quote } from "./parse-header.js";
import { binaryText, isSameSecret } from "./secret.js";

/** The name in {@link httpIsAuthorized} is a directory, and the password file is in it. */
export const MG_AUTH_FLAG_IS_DIRECTORY = 1;
/** The password file's name is a path of its own. */
export const MG_AUTH_FLAG_IS_GLOBAL_PASS_FILE = 2;
/** Without a password file everybody is let in. */
export const MG_AUTH_FLAG_ALLOW_MISSING_FILE = 4;

/** Where passwords are: a password file's text, lines of `user:realm:hash`; or the path of such a file, in the platform's store or another. */
export type DigestUsers = string | { file: string; files?: Files };

/** Everybody whose credentials are compared has a hash; nobody has this one. */
const NOBODY = "-";

/**
 * A guard that asks for Digest authentication (RFC 7616), SHA-256 before MD5. Offered is what every user of the realm has
 * a hash for. A file is read again when it changes; without it nobody passes. Throws TypeError for a realm with control
 * characters.
 */
export function digestAuth(realm: string, users: DigestUsers): HttpGuard {
  quote(realm);
  return (nc, hm) => {
    const text = typeof users === "string" ? binaryText(nc.mgr._ops, users) : readHtdigest(nc.mgr._ops, users.files || nc.mgr.files, users.file) || "";
    const verdict = judge(nc, hm, realm, text);
    return verdict > 0 || deny(nc, challenges(nc, realm, text, verdict < 0));
  };
}

/**
 * True when the request has Digest credentials for `domain` that fit the lines `user:domain:hash` of `passwords`
 * (mg_http_check_digest_auth).
 */
export function httpCheckDigestAuth(nc: Connection, hm: HttpMessage, domain: string, passwords: string): boolean {
  return judge(nc, hm, domain, binaryText(nc.mgr._ops, passwords)) > 0;
}

/**
 * True when the request may see `path` (mg_http_is_authorized): the password file named `file` lies beside it, in it
 * (MG_AUTH_FLAG_IS_DIRECTORY), or is a path of its own (MG_AUTH_FLAG_IS_GLOBAL_PASS_FILE). False without the file, but
 * for MG_AUTH_FLAG_ALLOW_MISSING_FILE.
 */
export function httpIsAuthorized(nc: Connection, hm: HttpMessage, path: string, domain: string, file: string, flags: number): boolean {
  let name = file;
  if (!(flags & MG_AUTH_FLAG_IS_GLOBAL_PASS_FILE)) {
    const dir = flags & MG_AUTH_FLAG_IS_DIRECTORY ? path : path.slice(0, path.lastIndexOf("/") + 1);
    name = dir && dir.charAt(dir.length - 1) !== "/" ? dir + "/" + file : dir + file;
  }
  const text = readHtdigest(nc.mgr._ops, nc.mgr.files, name);
  if (text !== undefined) return judge(nc, hm, domain, text) > 0;
  return (flags & MG_AUTH_FLAG_ALLOW_MISSING_FILE) !== 0 && !(nc.mgr.files && nc.mgr.files.stat(name));
}

/**
 * Answers 401 and asks for Digest credentials (mg_http_send_digest_auth_request). Offers SHA-256 and MD5, or only what
 * every user of `domain` in `passwords` has a hash for.
 */
export function httpSendDigestAuthRequest(nc: Connection, domain: string, passwords?: string): void {
  deny(nc, challenges(nc, domain, binaryText(nc.mgr._ops, passwords || ""), false));
}

/** The user that the Digest credentials of a request name: who it is, once a guard has let it pass. Undefined without. */
export function httpDigestUser(hm: HttpMessage): string | undefined {
  const params = digestParams(hm);
  const name = params ? authParam(params, "username") : "";
  if (!name) return undefined;
  const u = new Uint8Array(name.length);
  for (let i = 0; i < name.length; i++) u[i] = name.charCodeAt(i);
  return utf8Text(u);
}

function digestParams(hm: HttpMessage): AuthParams | undefined {
  const line = hm.header("Authorization");
  const all = line === undefined ? undefined : parseAuthParams(line);
  return all && all.length === 1 && all[0].scheme === "digest" ? all[0] : undefined;
}

/** 1: right; 0: wrong; -1: right, but for a nonce that is not good any more (RFC 7616 §3.3: stale). */
function judge(nc: Connection, hm: HttpMessage, domain: string, text: string): number {
  const mgr = nc.mgr;
  const params = digestParams(hm);
  if (!params) return 0;
  const realm = binaryText(mgr._ops, domain);
  const user = authParam(params, "username");
  const nonce = authParam(params, "nonce");
  const uri = authParam(params, "uri");
  const response = authParam(params, "response");
  const isSha = isShaOf(params);
  if (!user || !nonce || !uri || !response || isSha === undefined || authParam(params, "realm") !== realm) return 0;
  const qop = authParam(params, "qop");
  const count = authParam(params, "nc");
  const cnonce = authParam(params, "cnonce");
  if (qop === undefined || count === undefined || cnonce === undefined || !isTarget(hm, uri)) return 0;
  if (qop ? qop !== "auth" || count.length !== 8 || /[^0-9a-fA-F]/.test(count) || !cnonce : isSha) return 0; // RFC 7616 §3.4
  const hash = findHash(text, user, realm, isSha ? 64 : 32);
  // An unknown name takes as long as a wrong password.
  const parts = { ha1: hash || NOBODY, nonce: nonce, method: hm.method, uri: uri, qop: qop, nc: count, cnonce: cnonce };
  const isRight = isSameSecret(mgr, digestResponse(mgr, isSha, parts), response.toLowerCase());
  if (!hash || !isRight) return 0;
  return isFresh(mgr, realm, nonce) ? 1 : -1;
}

/** Which algorithm; undefined for one we do not do. */
function isShaOf(params: AuthParams): boolean | undefined {
  const name = authParam(params, "algorithm");
  if (name === undefined) return undefined;
  const upper = name.toUpperCase();
  return upper === "SHA-256" ? true : upper === "" || upper === "MD5" ? false : undefined;
}

/** The credentials are for this request and not for another one (RFC 7616 §3.4.6). A proxy may have cut off scheme and host. */
function isTarget(hm: HttpMessage, uri: string): boolean {
  let path = uri;
  const colons = uri.indexOf("://");
  if (colons > 0 && uri.charAt(0) !== "/") {
    const slash = uri.indexOf("/", colons + 3);
    path = slash < 0 ? "/" : uri.slice(slash);
  }
  const target = hm.queryString ? hm.uri + "?" + hm.queryString : hm.uri;
  return path === target || (path === target + "?" && !hm.queryString);
}

/** A challenge for each algorithm that will do; the better first (RFC 7616 §3.7). */
function challenges(nc: Connection, domain: string, text: string, isStale: boolean): string {
  const realm = binaryText(nc.mgr._ops, domain);
  const end = (isStale ? ", stale=true" : "") + ', charset=UTF-8, nonce="' + makeNonce(nc.mgr, realm) + '"\r\n';
  const offers = algorithmsFor(text, realm) || 2;
  let out = "";
  for (let i = 0; i < 2; i++) {
    if (offers & (1 << i)) out += "WWW-Authenticate: Digest realm=" + quote(domain) + ', qop="auth", algorithm=' + ALGORITHMS[i] + end;
  }
  return out;
}
