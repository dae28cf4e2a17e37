import type { ByteOps } from "../core/port.js";
import { BlockHasher } from "./block-hasher.js";

/** The message schedule, used by one block at a time; made when the first digest is. */
let schedule: Int32Array | undefined;

/** SHA-1 (FIPS 180-4 §6.1), in 20 bytes. For WebSocket handshakes and for naming contents; not for signatures. */
export function sha1(ops: ByteOps): BlockHasher {
  return new BlockHasher(ops, compress, [0x67452301, -0x10325477, -0x67452302, 0x10325476, -0x3c2d1e10], false);
}

function expand(words: Int32Array): Int32Array {
  const w = schedule || (schedule = new Int32Array(80));
  let t: number;
  w.set(words);
  for (let i = 16; i < 80; i++) {
    t = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
    w[i] = (t << 1) | (t >>> 31);
  }
  return w;
}

/** FIPS 180-4 §6.1.2. A loop for each function. */
function compress(h: Int32Array, words: Int32Array): void {
  const w = expand(words);
  let a = h[0];
  let b = h[1];
  let c = h[2];
  let d = h[3];
  let e = h[4];
  let t: number;
  for (let i = 0; i < 80; i++) {
    t = i < 20 ? ((b & c) | (~b & d)) + 0x5a827999 : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1 : i < 60 ? ((b & c) | (b & d) | (c & d)) - 0x70e44324 : (b ^ c ^ d) - 0x359d3e2a;
    t = (((a << 5) | (a >>> 27)) + t + e + w[i]) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  h[0] = (h[0] + a) | 0;
  h[1] = (h[1] + b) | 0;
  h[2] = (h[2] + c) | 0;
  h[3] = (h[3] + d) | 0;
  h[4] = (h[4] + e) | 0;
}
