/**
 * Owns: turning what programs pass as bytes into binary strings (jsvIterateCallback of src/jsvariterator.c): numbers,
 * strings, arrays, buffers, `{data, count}` and `{callback}`, nested at will.
 */

import { isArrayBuffer, isFunction, isPlainObject } from "./realm.js";

/** Thrown for what has no bytes; the caller makes a TypeError of the program's world of it. */
export class NotBytes {
  constructor(readonly message: string) {}
}

/** The bytes of a value, one character each. Throws {@link NotBytes}. */
export function binaryOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String.fromCharCode(Number(value) & 255);
  if (isArrayBuffer(value)) return fromNumbers(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) return fromNumbers(elementsOf(value));
  if (Array.isArray(value)) return value.map(binaryOf).join("");
  if (isPlainObject(value)) return ofObject(value);
  throw new NotBytes(`Expecting Number or iterable, got ${value === undefined ? "undefined" : typeof value}`);
}

function elementsOf(view: ArrayBufferView): ArrayLike<number> {
  if ("length" in view) return view as unknown as ArrayLike<number>;
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Pieces small enough for one call with that many arguments. */
const PIECE = 4096;

function fromNumbers(numbers: ArrayLike<number>): string {
  let text = "";
  for (let at = 0; at < numbers.length; at += PIECE) {
    const end = Math.min(at + PIECE, numbers.length);
    const piece: number[] = [];
    for (let i = at; i < end; i++) piece.push(numbers[i] & 255);
    text += String.fromCharCode(...piece);
  }
  return text;
}

function ofObject(value: Record<string, unknown>): string {
  if (isFunction(value.callback)) {
    const made: unknown = Reflect.apply(value.callback, undefined, []);
    return made === undefined ? "" : binaryOf(made);
  }
  if (typeof value.count !== "number" || value.data === undefined) {
    throw new NotBytes("If specifying an object, it must be of the form {data : ..., count : N} or {callback : fn}");
  }
  return binaryOf(value.data).repeat(Math.max(0, value.count | 0));
}

let crcTable: Int32Array | undefined;

function makeCrcTable(): Int32Array {
  const table = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    table[n] = c;
  }
  return table;
}

/** CRC-32 (IEEE) of a binary string, without sign. */
export function crc32(binary: string): number {
  crcTable ??= makeCrcTable();
  let crc = -1;
  for (let i = 0; i < binary.length; i++) crc = crcTable[(crc ^ binary.charCodeAt(i)) & 255] ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
