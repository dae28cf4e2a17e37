import type { Mbuf } from "../core/mbuf.js";
import type { Raw } from "../core/port.js";
import { EVBUFFER_EOL_ANY, EVBUFFER_EOL_CRLF, EVBUFFER_EOL_CRLF_STRICT, EVBUFFER_EOL_LF, EVBUFFER_EOL_NUL } from "./constants.js";
import type { EvBuffer } from "./ev-buffer.js";

/** A line longer than this that has not ended yet is kept in pieces: joining it at every chunk would copy it as often. */
const APART_BYTES = 256;

const CR = 13;
const LF = 10;

/** Bytes of the end of line that `findEol` found last. */
export let eolBytes = 0;

/** Takes a line off the front. Each byte is looked at once, in however many chunks the line comes. */
export function readLine(buf: EvBuffer, style: number): string | undefined {
  const m = buf._m;
  const known = buf._eol && buf._eolStyle === style ? buf._eol : 0;
  const at = findEol(m, 0, known, style);
  if (at < 0) {
    buf._eol = m.len;
    buf._eolStyle = style;
    if (m.len > APART_BYTES) m._apart();
    return undefined;
  }
  const size = at + eolBytes;
  const line = m._pool._ops.utf8(m._gather(size), 0, at);
  m.remove(size);
  buf._changed(0, size);
  return line;
}

/** Where the first end of line at or after `start` begins; it is known that none ends before `from`. -1: none. TypeError for an unknown style. */
export function findEol(m: Mbuf, start: number, from: number, style: number): number {
  eolBytes = 1;
  if (style === EVBUFFER_EOL_LF) return findByte(m, "\n", "", from);
  if (style === EVBUFFER_EOL_NUL) return findByte(m, "\0", "", from);
  if (style === EVBUFFER_EOL_ANY) return findRun(m, from);
  if (style !== EVBUFFER_EOL_CRLF && style !== EVBUFFER_EOL_CRLF_STRICT) throw new TypeError("Unknown end of line style " + style);
  for (let at = findByte(m, "\n", "", from); at >= 0; at = findByte(m, "\n", "", at + 1)) {
    if (at > start && byteOf(m, at - 1) === CR) {
      eolBytes = 2;
      return at - 1;
    }
    if (style === EVBUFFER_EOL_CRLF) return at;
  }
  return -1;
}

/** The first run of CR and LF. */
function findRun(m: Mbuf, from: number): number {
  const at = findByte(m, "\n", "\r", from);
  if (at < 0) return at;
  let end = at + 1;
  for (let c = byteOf(m, end); c === CR || c === LF; c = byteOf(m, end)) end++;
  eolBytes = end - at;
  return at;
}

/** Where the one byte of `needle`, or of `other`, stands first at or after `from`, looking at each piece by itself: nothing is joined. */
function findByte(m: Mbuf, needle: string, other: string, from: number): number {
  const more = m._more || [];
  let at = more.length;
  let base = m.len;
  while (at > 0 && base > from) base -= more[--at].length; // from the back: as a rule all but the last piece is known
  if (base > from) {
    at = -1;
    base = 0;
  }
  for (; at < more.length; at++) {
    const raw = at < 0 ? m._raw : more[at];
    const found = findIn(m, raw, needle, other, from > base ? from - base : 0);
    if (found >= 0) return base + found;
    base += raw.length;
  }
  return -1;
}

function findIn(m: Mbuf, raw: Raw, needle: string, other: string, from: number): number {
  const ops = m._pool._ops;
  const at = ops.indexOf(raw, needle, from);
  if (!other) return at;
  if (at < 0) return ops.indexOf(raw, other, from);
  const before = ops.indexOf(ops.slice(raw, from, at), other, 0);
  return before < 0 ? at : from + before;
}

/** The byte at `index`, without joining; -1 outside. */
function byteOf(m: Mbuf, index: number): number {
  const more = m._more;
  let raw = m._raw;
  let i = index;
  for (let at = 0; i >= raw.length; at++) {
    if (!more || at >= more.length) return -1;
    i -= raw.length;
    raw = more[at];
  }
  return typeof raw === "string" ? raw.charCodeAt(i) : raw[i];
}
