import type { Manager } from "../core/manager.js";
import { hexOf } from "../hash/hasher.js";
import { keyed } from "./secret.js";

/** How long a nonce is good for, in seconds (as in Mongoose). */
const NONCE_MAX_AGE_S = 3600;

/** Hexadecimal digits of the signature. */
const MAC_LENGTH = 32;

/**
 * A nonce: the time, signed with the manager's key (RFC 7616 §3.3). Nothing is kept about it. `realm` is a binary string.
 */
export function makeNonce(mgr: Manager, realm: string): string {
  return sign(mgr, realm, seconds(mgr).toString(16));
}

/** True for a nonce that we made for this realm in this run and less than an hour ago. */
export function isFresh(mgr: Manager, realm: string, nonce: string): boolean {
  const time = nonce.slice(MAC_LENGTH);
  if (nonce.length > MAC_LENGTH + 14 || /[^0-9a-f]/.test(time) || sign(mgr, realm, time) !== nonce) return false;
  const age = seconds(mgr) - parseInt(time, 16);
  return age >= 0 && age <= NONCE_MAX_AGE_S;
}

/** The platform's clock does not jump, and starts anew together with the key. */
function seconds(mgr: Manager): number {
  return Math.floor(mgr._platform.now() / 1000);
}

/** Cut in half, so that a signature cannot be extended. */
function sign(mgr: Manager, realm: string, time: string): string {
  return hexOf(mgr, keyed(mgr, time + ":" + realm).slice(0, MAC_LENGTH / 2)) + time;
}
