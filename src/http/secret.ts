import type { Manager } from "../core/manager.js";
import type { ByteOps, Raw } from "../core/port.js";

/** Text as its UTF-8 bytes, in a binary string: the form that heads have. */
export function binaryText(ops: ByteOps, text: string): string {
  return binary(ops, ops.text(text));
}

/** Bytes as a binary string. */
export function binary(ops: ByteOps, raw: Raw): string {
  return typeof raw === "string" ? raw : ops.latin1(raw, 0, raw.length);
}

/** The manager's own random key: new in every run, so that nothing it vouches for outlives one. */
export function secretOf(mgr: Manager): string {
  return mgr._secret || (mgr._secret = mgr._platform.random(32));
}

/**
 * Compares two texts in a time that says nothing about where they differ: what is compared are digests under a key that
 * nobody knows. (Native digests: on a board a tenth of the time of a loop.)
 */
export function isSameSecret(mgr: Manager, a: string, b: string): boolean {
  return keyed(mgr, binaryText(mgr._ops, a)) === keyed(mgr, binaryText(mgr._ops, b));
}

/** SHA-256 of the manager's key and these bytes, in a binary string of 32. */
export function keyed(mgr: Manager, bytes: string): string {
  return mgr._platform.digest("sha256", secretOf(mgr) + bytes);
}
