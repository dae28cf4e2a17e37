import type { Manager } from "../core/manager.js";
import type { HttpAuthorizer } from "./client-call.js";
import { basicLine } from "./client-url.js";
import { httpCreateDigestAuthHeader } from "./digest-client.js";
import { type HttpMessage, trimOws } from "./message.js";

/**
 * Answers Basic challenges for an HttpClient (RFC 7617). The password crosses the network readably: for https, or a network
 * of one's own. Throws TypeError for a colon in the user.
 */
export function basicLogin(user: string, pass: string): HttpAuthorizer {
  const line = basicLine(user, pass);
  return (hm) => {
    const all = ("," + challenges(hm).join(",") + " ").toLowerCase().split(", ").join(",");
    return all.indexOf(",basic ") >= 0 ? line : undefined;
  };
}

/** Answers Digest challenges for an HttpClient, SHA-256 before MD5 (RFC 7616). The password stays here. */
export function digestLogin(mgr: Manager, user: string, pass: string): HttpAuthorizer {
  return (hm, method, target) => httpCreateDigestAuthHeader(mgr, challenges(hm), { user: user, pass: pass, method: method, uri: target });
}

/** The values of all WWW-Authenticate lines. */
function challenges(hm: HttpMessage): string[] {
  const lines = hm._head.split("\r\n");
  const out: string[] = [];
  for (let i = 1; i < lines.length; i++) {
    const colon = lines[i].indexOf(":");
    if (lines[i].slice(0, colon).toLowerCase() === "www-authenticate") out.push(trimOws(lines[i].slice(colon + 1)));
  }
  return out;
}
