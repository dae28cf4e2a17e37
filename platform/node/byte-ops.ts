/**
 * Owns: work on bytes the way that is cheapest on Node: as binary strings. They are taken out of a read buffer faster
 * than a `Buffer` is made, cut and joined without copying, searched and compared natively, and written as Latin-1.
 * Small Raw made here and by this platform's sockets is a string, large Raw an array; both are understood everywhere.
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

/**
 * From this size on bytes are kept in an array: that saves the copies which searching, joining and writing a long string
 * cost. For less, making an array costs more than it saves.
 */
export const LARGE_BYTES = 8192;

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

/** Bytes kept free before what {@link withRoom} makes: more than the head of any frame has, and a multiple of eight. */
const ROOM_BYTES = 16;

/** An array that may have room before it, in its own memory, which is nobody's. Whoever puts something there uses it up. */
export interface Roomy extends Uint8Array {
  room?: number;
}

/** An array of `count` bytes, at an address that is a multiple of eight, with room before it and up to the next multiple behind it. */
export function withRoom(count: number): Uint8Array {
  const whole = Buffer.allocUnsafeSlow((ROOM_BYTES + count + 7) & ~7);
  const out: Roomy = Buffer.from(whole.buffer, ROOM_BYTES, count);
  out.room = ROOM_BYTES;
  return out;
}

/** Puts bytes into an array. */
export function writeInto(u: Uint8Array, raw: Raw, at: number): void {
  if (typeof raw === "string") latin1Write.call(u, raw, at, raw.length);
  else u.set(raw, at);
}

/** A head before a large body: without copying the body, if there is room before it. */
function prepend(head: Raw, body: Roomy): Uint8Array {
  const n = head.length;
  if (!n) return body;
  if (n > (body.room ?? 0)) return joinArrays(head, [body]);
  body.room = 0;
  const all = Buffer.from(body.buffer, body.byteOffset - n, n + body.length);
  writeInto(all, head, 0);
  return all;
}

function concat(a: Raw, b: Raw): Raw {
  if (isLargeArray(b)) return prepend(a, b as Uint8Array);
  if (isLargeArray(a)) return joinArrays(a, [b]);
  const first = typeof a === "string" ? a : binaryOf(a, 0, a.length);
  return first + (typeof b === "string" ? b : binaryOf(b, 0, b.length));
}

/** Whether it is one that is to stay one. */
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
  const out = withRoom(rest.reduce((sum, one) => sum + one.length, first.length));
  let at = 0;
  for (let i = -1; i < rest.length; i++) {
    const one = i < 0 ? first : rest[i];
    writeInto(out, one, at);
    at += one.length;
  }
  return out;
}

/** {@link ByteOps} for Node. */
export const nodeBytes: ByteOps = { text, copy, latin1, utf8, bytes, write, slice, indexOf, concat, join };
