import { rangeError } from "../core/errors.js";
import type { Mbuf } from "../core/mbuf.js";
import type { EvBuffer } from "./ev-buffer.js";

/** One extent of bytes (struct evbuffer_iovec). */
export interface EvIovec {
  iovBase: Uint8Array;
  iovLen: number;
}

/** The pieces that hold `len` bytes (less than 0: all) from `start` on, as copies in `vec`. Answers how many there are. */
export function peekAt(m: Mbuf, len: number, start: number, vec: EvIovec[], nVec: number): number {
  if (start < 0 || start >= m.len) return 0;
  const ops = m._pool._ops;
  const more = m._more;
  const end = len < 0 ? m.len : start + len;
  let count = 0;
  let from = 0;
  for (let i = -1; from < end && from < m.len; i++) {
    const raw = i < 0 || !more ? m._raw : more[i];
    const skip = start > from ? start - from : 0;
    from += raw.length;
    if (skip >= raw.length) continue;
    if (count < nVec) vec[count] = { iovBase: ops.bytes(raw, skip, raw.length), iovLen: raw.length - skip };
    else if (len < 0 && nVec) break; // "all that fits in vec" was asked for
    count++;
  }
  return count;
}

/** An extent to be filled. */
export function reserve(buf: EvBuffer, size: number, vec: EvIovec[]): number {
  if (!(size >= 0)) throw rangeError("Cannot reserve " + size + " bytes");
  if (buf.expand(size) < 0) return -1;
  const space = new Uint8Array(size);
  buf._reserved = space;
  vec[0] = { iovBase: space, iovLen: size };
  return 1;
}

/** The extent is full: its bytes are appended. */
export function commit(buf: EvBuffer, one: EvIovec): number {
  if (!one || one.iovBase !== buf._reserved || !(one.iovLen >= 0 && one.iovLen <= one.iovBase.length)) return -1;
  if (buf.add(one.iovBase, one.iovLen) < 0) return -1;
  buf._reserved = undefined;
  return 0;
}
