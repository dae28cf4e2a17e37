// Work on bytes in the two forms a platform can have them: arrays as on Node, binary strings as on Espruino.

import { createHash } from "node:crypto";
import type { ByteOps, DigestName, Raw } from "../../src/core/port.js";

/** The form in which a simulated host has its bytes. */
export type RawForm = "array" | "string";

/** The bytes as an array; shares memory when they are one already. */
export function arrayOf(raw: Raw): Uint8Array {
  if (typeof raw !== "string") return raw;
  return new Uint8Array(Buffer.from(raw, "latin1"));
}

/** The bytes as an array that nobody else writes to. */
export function arrayCopyOf(raw: Raw): Uint8Array {
  return typeof raw === "string" ? arrayOf(raw) : Uint8Array.from(raw);
}

/** Bytes `from` to `to` as a binary string. */
export function binaryOf(raw: Raw, from: number, to: number): string {
  if (typeof raw === "string") return raw.slice(from, to);
  return Buffer.from(raw.buffer, raw.byteOffset + from, to - from).toString("latin1");
}

/** `a` then `b`. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The bytes of a binary string. @throws RangeError when a character is above 255, because then it is text. */
export function bytesOfBinary(binary: string): Uint8Array {
  for (let i = 0; i < binary.length; i++) {
    if (binary.charCodeAt(i) > 255) {
      throw new RangeError(`Character ${i} is ${binary.charCodeAt(i)}, and a binary string holds 0 to 255 only`);
    }
  }
  return arrayOf(binary);
}

/** The digest as a binary string. */
export function digestOf(name: DigestName, raw: Raw): string {
  return createHash(name).update(arrayOf(raw)).digest("binary");
}

function utf8Of(raw: Raw, from: number, to: number): string {
  return Buffer.from(binaryOf(raw, from, to), "latin1").toString("utf8");
}

const arrayOps: ByteOps = {
  text: (s) => new Uint8Array(Buffer.from(s, "utf8")),
  copy: (u) => Uint8Array.from(u),
  latin1: binaryOf,
  utf8: utf8Of,
  bytes: (r, from, to) => arrayOf(r).slice(from, to),
  slice: (r, from, to) => arrayOf(r).subarray(from, to),
  indexOf(r, needle, from) {
    const array = arrayOf(r);
    return Buffer.from(array.buffer, array.byteOffset, array.length).indexOf(needle, from, "latin1");
  },
  concat: (a, b) => joined(arrayOf(a), arrayOf(b)),
};

const stringOps: ByteOps = {
  text: (s) => Buffer.from(s, "utf8").toString("latin1"),
  copy: (u) => binaryOf(u, 0, u.length),
  latin1: binaryOf,
  utf8: utf8Of,
  bytes: (r, from, to) => arrayOf(r).slice(from, to),
  slice: binaryOf,
  indexOf: (r, needle, from) => binaryOf(r, 0, r.length).indexOf(needle, from),
  concat: (a, b) => binaryOf(a, 0, a.length) + binaryOf(b, 0, b.length),
};

/** The byte work of a host that has its bytes in `form`. */
export function byteOpsFor(form: RawForm): ByteOps {
  return form === "array" ? arrayOps : stringOps;
}
