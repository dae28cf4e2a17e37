import type { Hasher, Platform, Raw } from "../core/port.js";
import { md5 } from "./md5.js";
import { sha1 } from "./sha1.js";
import { sha256 } from "./sha256.js";

/** What has a platform: a Manager. */
interface Host {
  _platform: Platform;
}

/** An MD5 digest piece by piece: the platform's own where it has one. */
export function md5Hasher(mgr: Host): Hasher {
  const p = mgr._platform;
  return p.hasher ? p.hasher("md5") : md5(p.bytes);
}

/** A SHA-1 digest piece by piece: the platform's own where it has one. On a board: about 1 kB a second (an estimate: measured on a PC, divided by 50). */
export function sha1Hasher(mgr: Host): Hasher {
  const p = mgr._platform;
  return p.hasher ? p.hasher("sha1") : sha1(p.bytes);
}

/** A SHA-256 digest piece by piece: the platform's own where it has one. */
export function sha256Hasher(mgr: Host): Hasher {
  const p = mgr._platform;
  return p.hasher ? p.hasher("sha256") : sha256(p.bytes);
}

/** Two lower-case hexadecimal digits for each byte. */
export function hexOf(mgr: Host, raw: Raw): string {
  const n = raw.length;
  const bytes = mgr._platform.bytes.bytes(raw, 0, n);
  let out = "";
  // Three at a time: calls are what costs an interpreter.
  for (let i = 0; i < n; i += 3) out += (0x1000000 + (bytes[i] << 16) + (bytes[i + 1] << 8) + (bytes[i + 2] | 0)).toString(16).slice(1);
  return n % 3 ? out.slice(0, 2 * n) : out;
}
