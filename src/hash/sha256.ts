import type { ByteOps } from "../core/port.js";
import { BlockHasher } from "./block-hasher.js";

/** The constants of FIPS 180-4 §4.2.2, and the message schedule; made when the first digest is. */
let roots: Int32Array | undefined;
let schedule: Int32Array | undefined;

/** The first 32 bits behind the point of the cube roots of the first 64 primes. */
function table(): Int32Array {
  const k = new Int32Array(64);
  let n = 0;
  for (let p = 2; n < 64; p++) {
    let q = 2;
    while (q * q <= p && p % q) q++;
    if (q * q <= p) continue;
    const root = Math.pow(p, 1 / 3);
    k[n++] = Math.floor((root - Math.floor(root)) * 0x100000000) | 0;
  }
  roots = k;
  return k;
}

/** SHA-256 (FIPS 180-4 §6.2), in 32 bytes. */
export function sha256(ops: ByteOps): BlockHasher {
  const initial = [0x6a09e667, -0x4498517b, 0x3c6ef372, -0x5ab00ac6, 0x510e527f, -0x64fa9774, 0x1f83d9ab, 0x5be0cd19];
  return new BlockHasher(ops, compress, initial, false);
}

function expand(words: Int32Array): Int32Array {
  const w = schedule || (schedule = new Int32Array(64));
  let x: number;
  let y: number;
  w.set(words);
  for (let i = 16; i < 64; i++) {
    x = w[i - 15];
    y = w[i - 2];
    x = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    y = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + x + w[i - 7] + y) | 0;
  }
  return w;
}

/** FIPS 180-4 §6.2.2. */
function compress(state: Int32Array, words: Int32Array): void {
  const k = roots || table();
  const w = expand(words);
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  let t: number;
  for (let i = 0; i < 64; i++) {
    t = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    t = (t + h + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t) | 0;
    d = c;
    c = b;
    b = a;
    a = ((b >>> 2) | (b << 30)) ^ ((b >>> 13) | (b << 19)) ^ ((b >>> 22) | (b << 10));
    a = (a + t + ((b & c) ^ (b & d) ^ (c & d))) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}
