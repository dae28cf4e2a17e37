import type { Platform, Raw } from "../core/port.js";

/**
 * The bytes XOR the key, four bytes as a binary string, repeated from its byte `at` on (RFC 6455 §5.3): masks and unmasks.
 * Four bytes at a time; by the platform where it has a better way. `room`: see `Platform.mask`.
 */
export function masked(platform: Platform, bytes: Raw, key: string, at: number, room?: number): Raw {
  const n = bytes.length;
  const turned = at & 3 ? key.slice(at & 3) + key.slice(0, at & 3) : key;
  if (!n) return bytes;
  if (platform.mask) return platform.mask(bytes, turned, room);
  const u = platform.bytes.bytes(bytes, 0, n);
  const count = n >> 2;
  if (count) {
    // All machines there are for this have the lowest byte first.
    const k = turned.charCodeAt(0) | (turned.charCodeAt(1) << 8) | (turned.charCodeAt(2) << 16) | (turned.charCodeAt(3) << 24);
    const words = new Uint32Array(u.buffer, 0, count);
    for (let i = count; i--; ) words[i] ^= k;
  }
  for (let i = count << 2; i < n; i++) u[i] ^= turned.charCodeAt(i & 3);
  return platform.bytes.copy(u);
}
