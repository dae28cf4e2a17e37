import { wellFormed } from "./url.js";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 of bytes, or of text as UTF-8; `isUrl`: with `-` and `_`, and without padding (RFC 4648 §4, §5; mg_base64_encode). */
export function base64Encode(data: string | Uint8Array, isUrl?: boolean): string {
  const u = typeof data === "string" ? utf8Bytes(data) : data;
  const n = u.length;
  let out = "";
  for (let i = 0; i < n; i += 3) {
    const a = u[i];
    const b = i + 1 < n ? u[i + 1] : 0;
    const c = i + 2 < n ? u[i + 2] : 0;
    out += DIGITS.charAt(a >> 2) + DIGITS.charAt(((a & 3) << 4) | (b >> 4));
    out += i + 1 < n ? DIGITS.charAt(((b & 15) << 2) | (c >> 6)) : "=";
    out += i + 2 < n ? DIGITS.charAt(c & 63) : "=";
  }
  return isUrl ? out.split("=").join("").split("+").join("-").split("/").join("_") : out;
}

/**
 * The bytes that base64 stands for; undefined when it is malformed: another alphabet, blanks, missing or surplus padding,
 * bits left over (RFC 4648 §3). `isUrl`: `-` and `_`, padding may be left out.
 */
export function base64Decode(text: string, isUrl?: boolean): Uint8Array | undefined {
  let n = text.length;
  if (n % 4 === 0 && text.charAt(n - 1) === "=") n -= text.charAt(n - 2) === "=" ? 2 : 1;
  else if (n % 4 && !isUrl) return undefined;
  const left = n % 4;
  if (left === 1) return undefined;
  const out = new Uint8Array((n - left) / 4 * 3 + (left ? left - 1 : 0));
  let bits = 0;
  let size = 0;
  for (let i = 0; i < n; i++) {
    const digit = digitOf(text.charCodeAt(i), isUrl ? 45 : 43, isUrl ? 95 : 47);
    if (digit < 0) return undefined;
    bits = ((bits & 0xffff) << 6) | digit;
    if (i & 3) out[size++] = (bits >> (6 - 2 * (i & 3))) & 255;
  }
  return bits & ((1 << (left * 6 % 8)) - 1) && left ? undefined : out;
}

/** The value of a digit, or -1. */
function digitOf(c: number, plus: number, slash: number): number {
  if (c >= 97 && c <= 122) return c - 71;
  if (c >= 65 && c <= 90) return c - 65;
  if (c >= 48 && c <= 57) return c + 4;
  return c === plus ? 62 : c === slash ? 63 : -1;
}

/** UTF-8 bytes of a text, the same wherever it runs: the percent coder knows how text is kept. */
function utf8Bytes(text: string): Uint8Array {
  const pieces = encodeURIComponent(wellFormed(text)).split("%");
  let size = pieces[0].length;
  for (let i = 1; i < pieces.length; i++) size += pieces[i].length - 1;
  const out = new Uint8Array(size);
  size = 0;
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i];
    if (i) out[size++] = parseInt(piece.slice(0, 2), 16);
    for (let j = i ? 2 : 0; j < piece.length; j++) out[size++] = piece.charCodeAt(j);
  }
  return out;
}

/** The text whose UTF-8 bytes these are, the same wherever it runs; undefined when they are no UTF-8. */
export function utf8Text(u: Uint8Array): string | undefined {
  let out = "";
  for (let i = 0; i < u.length; i++) out += (u[i] < 16 ? "%0" : "%") + u[i].toString(16);
  try {
    return decodeURIComponent(out);
  } catch {
    return undefined;
  }
}
