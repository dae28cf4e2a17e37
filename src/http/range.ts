import { trimOws } from "./message.js";

/** Bytes of a representation: from `from` up to, and without, `to`. */
export interface ByteRange {
  from: number;
  to: number;
}

/** More digits than this are beyond any file, and not exact in a double. */
const MAX_DIGITS = 15;
const BEYOND = 1e15;

/**
 * What a Range header (RFC 9110 §14.2) asks for of `size` bytes: the range; 200 when the header does not count and the
 * whole is sent (another unit, malformed, more than one range: allowed, and a multipart reply is more than it is worth);
 * 416 when nothing of it exists.
 */
export function parseRange(header: string, size: number): ByteRange | 200 | 416 {
  const equals = header.indexOf("=");
  if (equals < 0 || trimOws(header.slice(0, equals)).toLowerCase() !== "bytes") return 200; // RFC 9110 §14.2: an unknown unit is ignored
  const spec = trimOws(header.slice(equals + 1));
  const dash = spec.indexOf("-");
  const first = position(spec.slice(0, dash));
  const last = position(spec.slice(dash + 1));
  if (dash < 0 || !(first >= -1 && last >= -1) || (first < 0 && last < 0)) return 200;
  if (first < 0) return suffix(last, size);
  if (last >= 0 && last < first) return 200; // RFC 9110 §14.1.1: invalid
  if (first >= size) return 416;
  return { from: first, to: last < 0 || last >= size ? size : last + 1 };
}

/** The last `count` bytes. Of nothing there are none, and that cannot be said with Content-Range. */
function suffix(count: number, size: number): ByteRange | 200 | 416 {
  if (!count) return 416; // RFC 9110 §14.1.2: not satisfiable
  if (!size) return 200;
  return { from: count < size ? size - count : 0, to: size };
}

/** A position; -1 for none; NaN for anything but digits. */
function position(digits: string): number {
  if (/[^0-9]/.test(digits)) return NaN;
  if (!digits) return -1;
  return digits.length > MAX_DIGITS ? BEYOND : parseInt(digits, 10);
}
