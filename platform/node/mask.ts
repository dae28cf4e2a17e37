/**
 * Owns: what WebSocket asks of bytes, done the way that is cheapest on Node: in an array that is reused, four bytes at a
 * time, and by the native check of UTF-8.
 */

import { isUtf8 } from "node:buffer";
import type { Raw } from "../../src/core/port.js";
import { binaryOf, LARGE_BYTES, nodeBytes } from "./byte-ops.js";

const { latin1Write } = Buffer.prototype as unknown as { latin1Write(this: Uint8Array, text: string, at: number, count: number): number };

/** What one read brings at most; a multiple of four. */
const ROOM_BYTES = 65536;
const room = Buffer.alloc(ROOM_BYTES);
const words = new Uint32Array(room.buffer, room.byteOffset, ROOM_BYTES >> 2);

/** The bytes in `room`. */
function fill(raw: Raw): void {
  if (typeof raw === "string") latin1Write.call(room, raw, 0, raw.length);
  else room.set(raw);
}

/** See `Platform.mask`. */
export function mask(raw: Raw, key: string): Raw {
  const k = key.charCodeAt(0) | (key.charCodeAt(1) << 8) | (key.charCodeAt(2) << 16) | (key.charCodeAt(3) << 24);
  const n = raw.length;
  if (n >= LARGE_BYTES) return maskLarge(raw, k);
  fill(raw);
  for (let i = (n + 3) >> 2; i--; ) words[i] ^= k;
  return binaryOf(room, 0, n);
}

/** Much stays in an array of its own: it is going to be joined with more, or sent. */
function maskLarge(raw: Raw, k: number): Raw {
  const n = raw.length;
  const out = Buffer.allocUnsafeSlow((n + 3) & ~3);
  if (typeof raw === "string") latin1Write.call(out, raw, 0, n);
  else out.set(raw);
  const w = new Uint32Array(out.buffer);
  for (let i = w.length; i--; ) w[i] ^= k;
  return out.subarray(0, n);
}
/** See `Platform.utf8Tail`. */
export function utf8Tail(raw: Raw): number {
  const n = raw.length;
  if (typeof raw === "string" && Buffer.byteLength(raw) === n) return 0;
  if (n <= ROOM_BYTES) fill(raw);
  const u = n <= ROOM_BYTES ? room : nodeBytes.bytes(raw, 0, n);
  const tail = cutTail(u, n);
  if (!isUtf8(u.subarray(0, n - tail))) return -1;
  return tail && !isBeginning(u.subarray(n - tail, n)) ? -1 : tail;
}

/** How many bytes at the end are a first byte that wants more than are here. */
function cutTail(u: Uint8Array, n: number): number {
  for (let i = 1; i < 4 && i <= n; i++) {
    const c = u[n - i];
    if (c < 0x80) return 0;
    if (c >= 0xc0) return i < (c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2) ? i : 0;
  }
  return 0;
}

/** Whether some character begins like this: if any does, one with the least or the greatest bytes behind it does. */
function isBeginning(part: Uint8Array): boolean {
  const want = part[0] >= 0xf0 ? 4 : part[0] >= 0xe0 ? 3 : 2;
  const whole = Buffer.alloc(want, 0x80);
  whole.set(part);
  return isUtf8(whole) || isUtf8(whole.fill(0xbf, part.length));
}
