/**
 * Owns: what WebSocket asks of bytes, done the way that is cheapest on Node: in an array that is reused, eight bytes at a
 * time, and by the native check of UTF-8.
 */

import { isUtf8 } from "node:buffer";
import type { Raw } from "../../src/core/port.js";
import { binaryOf, LARGE_BYTES, type Roomy, withRoom, writeInto } from "./byte-ops.js";

/** Where small messages are masked. */
const inside = Buffer.allocUnsafeSlow(LARGE_BYTES);
const pairs = new BigUint64Array(inside.buffer);

/** The key twice: as two words, and as the number that is worked with. */
const keyWords = new Uint32Array(2);
const keyPair = new BigUint64Array(keyWords.buffer);

/** See `Platform.mask`. */
export function mask(raw: Raw, key: string, room?: number): Raw {
  const n = raw.length;
  const k = key.charCodeAt(0) | (key.charCodeAt(1) << 8) | (key.charCodeAt(2) << 16) | (key.charCodeAt(3) << 24);
  if (n >= LARGE_BYTES) return maskLarge(raw, k, room);
  writeInto(inside, raw, 0);
  xor(pairs, (n + 7) >> 3, k);
  return binaryOf(inside, 0, n);
}

/** Much stays in an array: the same one, where it is nobody else's. */
function maskLarge(raw: Raw, k: number, room: number | undefined): Raw {
  if (typeof raw !== "string" && room !== undefined) {
    maskInPlace(raw, k);
    (raw as Roomy).room = room;
    return raw;
  }
  const out = withRoom(raw.length);
  writeInto(out, raw, 0);
  const count = (raw.length + 7) >> 3;
  xor(new BigUint64Array(out.buffer, out.byteOffset, count), count, k);
  return out;
}

/** Byte by byte up to an address that is a multiple of eight, and behind the last. */
function maskInPlace(u: Uint8Array, k: number): void {
  const first = -u.byteOffset & 7;
  const count = (u.length - first) >> 3;
  const turned = maskBytes(u, 0, first, k);
  xor(new BigUint64Array(u.buffer, u.byteOffset + first, count), count, turned);
  maskBytes(u, first + (count << 3), u.length, turned);
}

/** Answers the key as it goes on behind them. */
function maskBytes(u: Uint8Array, from: number, to: number, k: number): number {
  let turned = k;
  for (let i = from; i < to; i++) {
    u[i] ^= turned;
    turned = (turned >>> 8) | (turned << 24);
  }
  return turned;
}

/** Four words a turn: faster than one a turn. */
function xor(words: BigUint64Array, count: number, k: number): void {
  keyWords[0] = k;
  keyWords[1] = k;
  const pair = keyPair[0];
  const even = count & ~3;
  for (let i = 0; i < even; i += 4) {
    words[i] ^= pair;
    words[i + 1] ^= pair;
    words[i + 2] ^= pair;
    words[i + 3] ^= pair;
  }
  for (let i = even; i < count; i++) words[i] ^= pair;
}

/** See `Platform.utf8Tail`. */
export function utf8Tail(raw: Raw): number {
  const n = raw.length;
  if (typeof raw === "string" && Buffer.byteLength(raw) === n) return 0;
  const u = typeof raw === "string" ? Buffer.from(raw, "latin1") : raw;
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
