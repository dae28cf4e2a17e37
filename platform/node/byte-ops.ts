/**
 * Owns: work on bytes the way that is cheapest on Node: as binary strings. They are taken out of a read buffer faster
 * than a `Buffer` is made, cut and joined without copying, searched and compared natively, and written as Latin-1.
 * All Raw made here and by this platform's sockets is a string; arrays are understood everywhere all the same.
 */

import type { ByteOps, Raw } from "../../src/core/port.js";

/** The native slices, called on any `Uint8Array`: `Buffer` methods that need nothing of `Buffer`. */
interface Slices {
  latin1Slice(this: Uint8Array, from: number, to: number): string;
  latin1Write(this: Uint8Array, text: string, at: number, count: number): number;
  utf8Slice(this: Uint8Array, from: number, to: number): string;
}

const { latin1Slice, latin1Write, utf8Slice } = Buffer.prototype as unknown as Slices;

/** Up to this many bytes a loop fills an array faster than a `Buffer` can be put around it. */
const LOOP_MAX_BYTES = 64;

/** From this size on bytes that come as an array stay one. */
export const LARGE_BYTES = 32768;

/** Bytes `from` to `to` of an array as a binary string. */
export function binaryOf(u: Uint8Array, from: number, to: number): string {
  return latin1Slice.call(u, from, to);
}

function isAscii(s: string): boolean {
  return Buffer.byteLength(s) === s.length;
}

function text(s: string): Raw {
  if (isAscii(s)) return s;
  const encoded = Buffer.from(s, "utf8");
  return binaryOf(encoded, 0, encoded.length);
}

function copy(u: Uint8Array): Raw {
  return binaryOf(u, 0, u.length);
}

function latin1(r: Raw, from: number, to: number): string {
  return typeof r === "string" ? r.slice(from, to) : binaryOf(r, from, to);
}

function utf8(r: Raw, from: number, to: number): string {
  if (typeof r !== "string") return utf8Slice.call(r, from, to);
  const part = r.slice(from, to);
  return isAscii(part) ? part : Buffer.from(part, "latin1").toString("utf8");
}

/** Always a plain array: a program must not come to depend on `Buffer`, which no board has. */
function bytes(r: Raw, from: number, to: number): Uint8Array {
  const out = new Uint8Array(to - from);
  if (typeof r !== "string") out.set(r.subarray(from, to));
  else if (out.length > LOOP_MAX_BYTES) Buffer.from(out.buffer).write(r.slice(from, to), "latin1");
  else for (let i = 0; i < out.length; i++) out[i] = r.charCodeAt(from + i);
  return out;
}

function write(r: Raw, from: number, to: number, into: Uint8Array): void {
  if (typeof r === "string") latin1Write.call(into, r.slice(from, to), 0, to - from);
  else into.set(r.subarray(from, to));
}

function slice(r: Raw, from: number, to: number): Raw {
  return typeof r === "string" ? r.slice(from, to) : r.subarray(from, to);
}

function indexOf(r: Raw, needle: string, from: number): number {
  return typeof r === "string" ? r.indexOf(needle, from) : Buffer.prototype.indexOf.call(r, needle, from, "latin1");
}

function concat(a: Raw, b: Raw): Raw {
  if (isLargeArray(a) || isLargeArray(b)) return joinArrays(a, [b]);
  const first = typeof a === "string" ? a : binaryOf(a, 0, a.length);
  return first + (typeof b === "string" ? b : binaryOf(b, 0, b.length));
}

/** Much in an array stays in one: as a string it would be copied each time it is joined. */
function isLargeArray(r: Raw): boolean {
  return typeof r !== "string" && r.length >= LARGE_BYTES;
}

function join(first: Raw, rest: Raw[]): Raw {
  if (isLargeArray(first) || rest.some(isLargeArray)) return joinArrays(first, rest);
  let all = first;
  for (const one of rest) all = concat(all, one);
  return all;
}

function joinArrays(first: Raw, rest: Raw[]): Uint8Array {
  const out = Buffer.allocUnsafeSlow(rest.reduce((sum, one) => sum + one.length, first.length));
  let at = 0;
  for (let i = -1; i < rest.length; i++) {
    const one = i < 0 ? first : rest[i];
    if (typeof one === "string") latin1Write.call(out, one, at, one.length);
    else out.set(one, at);
    at += one.length;
  }
  return out;
}

/** {@link ByteOps} for Node. */
export const nodeBytes: ByteOps = { text, copy, latin1, utf8, bytes, write, slice, indexOf, concat, join };
