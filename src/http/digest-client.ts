import type { Manager } from "../core/manager.js";
import { hexOf } from "../hash/hasher.js";
import { type AuthParams, authParam, parseAuthParams } from "./auth-params.js";
import { ALGORITHMS, digestHex, digestResponse } from "./digest-hash.js";
import { hasControls } from "./grammar.js";
import { quote } from "./parse-header.js";
import { binaryText } from "./secret.js";

/** What a client answers a Digest challenge with. */
export interface DigestLogin {
  user: string;
  pass: string;
  method: string;
  /** The request's target: path and query. */
  uri: string;
  /** How often this nonce was used, this time included; default 1 (RFC 7616 §3.4.6: nc). */
  count?: number;
}

/**
 * The Authorization line, with CRLF, that answers a challenge (mg_http_create_digest_auth_header): the best one in the
 * values of WWW-Authenticate given, SHA-256 before MD5. Undefined when none of them can be answered, or the name holds control characters.
 */
export function httpCreateDigestAuthHeader(mgr: Manager, challenges: string | string[], login: DigestLogin): string | undefined {
  const list = typeof challenges === "string" ? [challenges] : challenges;
  let best: AuthParams | undefined;
  let bestRank = 2;
  for (let i = 0; i < list.length; i++) {
    const all = parseAuthParams(list[i]) || [];
    for (let j = 0; j < all.length; j++) {
      const rank = rankOf(all[j]);
      if (rank >= bestRank) continue;
      bestRank = rank;
      best = all[j];
    }
  }
  return best && answer(mgr, best, bestRank === 0, login);
}

/** 0: SHA-256; 1: MD5; 2: not for us. */
function rankOf(params: AuthParams): number {
  const qop = authParam(params, "qop");
  const hasQop = qop !== undefined && ("," + qop.split(" ").join("") + ",").toLowerCase().indexOf(",auth,") >= 0;
  if (params.scheme !== "digest" || !authParam(params, "nonce") || (qop !== "" && !hasQop)) return 2;
  const rank = ALGORITHMS.indexOf((authParam(params, "algorithm") || "MD5").toUpperCase());
  return rank < 0 || authParam(params, "algorithm") === undefined ? 2 : rank;
}

function answer(mgr: Manager, params: AuthParams, isSha: boolean, login: DigestLogin): string | undefined {
  const ops = mgr._ops;
  const realm = authParam(params, "realm");
  const nonce = authParam(params, "nonce");
  const opaque = authParam(params, "opaque");
  if (realm === undefined || nonce === undefined || opaque === undefined) return undefined;
  const realmText = ops.utf8(realm, 0, realm.length);
  if (hasControls(realmText + nonce + opaque + login.user + login.uri)) return undefined; // RFC 9110 §5.5
  const qop = authParam(params, "qop") ? "auth" : "";
  const count = ("0000000" + (login.count || 1).toString(16)).slice(-8);
  const cnonce = hexOf(mgr, mgr._platform.random(8));
  const ha1 = digestHex(mgr, isSha, binaryText(ops, login.user) + ":" + realm + ":" + binaryText(ops, login.pass));
  const parts = { ha1: ha1, nonce: nonce, method: login.method, uri: login.uri, qop: qop, nc: count, cnonce: cnonce };
  let line = "Authorization: Digest username=" + quote(login.user) + ", realm=" + quote(realmText);
  line += ", nonce=" + quote(nonce) + ", uri=" + quote(login.uri) + ", algorithm=" + ALGORITHMS[isSha ? 0 : 1];
  line += ', response="' + digestResponse(mgr, isSha, parts) + '"';
  if (qop) line += ", qop=auth, nc=" + count + ', cnonce="' + cnonce + '"';
  if (opaque) line += ", opaque=" + quote(opaque);
  return line + "\r\n";
}
