import type { ByteOps } from "../core/port.js";
import { BlockHasher } from "./block-hasher.js";

/** The sines of RFC 1321 §3.4; made when the first digest is. */
let sines: Int32Array | undefined;

function table(): Int32Array {
  const k = new Int32Array(64);
  for (let i = 0; i < 64; i++) k[i] = Math.floor(Math.abs(Math.sin(i + 1)) * 0x100000000) | 0;
  sines = k;
  return k;
}

/** MD5 (RFC 1321), in 16 bytes. For formats that ask for it, such as Digest authentication; it protects nothing by itself. */
export function md5(ops: ByteOps): BlockHasher {
  return new BlockHasher(ops, compress, [0x67452301, -0x10325477, -0x67452302, 0x10325476], true);
}

/** RFC 1321 §3.4. A loop for each round: what is passed over costs an interpreter as well. */
function compress(h: Int32Array, w: Int32Array): void {
  const k = sines || table();
  let a = h[0];
  let b = h[1];
  let c = h[2];
  let d = h[3];
  let t: number;
  let s: number;
  for (let i = 0; i < 16; i++) {
    t = (a + ((b & c) | (~b & d)) + k[i] + w[i]) | 0;
    s = 7 + (i & 3) * 5;
    a = d;
    d = c;
    c = b;
    b = (b + ((t << s) | (t >>> (32 - s)))) | 0;
  }
  for (let i = 16; i < 32; i++) {
    t = (a + ((d & b) | (~d & c)) + k[i] + w[(i * 5 + 1) & 15]) | 0;
    s = i & 3;
    s = s < 2 ? 5 + s * 4 : 2 + s * 6; // 5 9 14 20
    a = d;
    d = c;
    c = b;
    b = (b + ((t << s) | (t >>> (32 - s)))) | 0;
  }
  for (let i = 32; i < 48; i++) {
    t = (a + (b ^ c ^ d) + k[i] + w[(i * 3 + 5) & 15]) | 0;
    s = i & 3;
    s = 4 + s * 6 + (s & 1); // 4 11 16 23
    a = d;
    d = c;
    c = b;
    b = (b + ((t << s) | (t >>> (32 - s)))) | 0;
  }
  for (let i = 48; i < 64; i++) {
    t = (a + (c ^ (b | ~d)) + k[i] + w[(i * 7) & 15]) | 0;
    s = i & 3;
    s = s < 2 ? 6 + s * 4 : 3 + s * 6; // 6 10 15 21
    a = d;
    d = c;
    c = b;
    b = (b + ((t << s) | (t >>> (32 - s)))) | 0;
  }
  h[0] = (h[0] + a) | 0;
  h[1] = (h[1] + b) | 0;
  h[2] = (h[2] + c) | 0;
  h[3] = (h[3] + d) | 0;
}
