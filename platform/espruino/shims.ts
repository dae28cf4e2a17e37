/*
 * What the build puts in the place of natives that are missing or wrong on Espruino, and of TypeScript's own helpers.
 * A module gets these imports only for what it uses (cli/build/module-pass.ts). On a board text is its UTF-8 bytes, one
 * character for each byte; all functions here take and give text in that form.
 *
 * No platform's own functions are used, so that the bundle runs in the virtual board as well.
 */

/** Characters 0 to 127 in one call to the native function. */
const native = String.fromCharCode;

/** `String.fromCharCode` for text: the UTF-8 bytes of the code units. Halves of a pair that stand alone become U+FFFD. */
export function fromCharCode(...units: number[]): string {
  if (units.length === 1 && units[0] < 128 && units[0] >= 0) return native(units[0]);
  let text = "";
  for (let i = 0; i < units.length; i++) {
    let code = units[i] & 0xffff;
    if (code >= 0xd800 && code < 0xe000) {
      const low = i + 1 < units.length ? units[i + 1] & 0xffff : 0;
      if (code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i++;
      } else {
        code = 0xfffd;
      }
    }
    text += utf8(code);
  }
  return text;
}

/** One code point as its UTF-8 bytes (RFC 3629 §3). */
function utf8(code: number): string {
  if (code < 0x80) return native(code);
  if (code < 0x800) return native(0xc0 | (code >> 6), 0x80 | (code & 63));
  if (code < 0x10000) return native(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  return native(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
}

/**
 * `JSON.stringify`. Espruino's writes every byte from 0x7f on as `\u00XX`, which is a character of its own and not a
 * part of UTF-8: those escapes become the bytes again. Undefined for what has no JSON. A replacer is ignored; with an
 * indent the blanks are the firmware's.
 */
export function jsonStringify(value: unknown, _replacer?: null, indent?: string | number): string | undefined {
  if (value === undefined || typeof value === "function") return undefined;
  const json = indent === undefined ? JSON.stringify(value) : JSON.stringify(value, null, indent);
  return json.indexOf("\\u00") < 0 ? json : unescapeBytes(json);
}

/** Looks at every `\u00XX`, and copies what is between them whole. */
function unescapeBytes(json: string): string {
  let out = "";
  let from = 0;
  for (let at = json.indexOf("\\u00"); at >= 0; at = json.indexOf("\\u00", at)) {
    if (isEscaped(json, at)) {
      at += 2;
      continue;
    }
    const code = parseInt(json.slice(at + 4, at + 6), 16);
    // Control characters stay escapes, in lower case as everyone else writes them.
    const piece = code < 0x20 ? json.slice(at, at + 6).toLowerCase() : native(code);
    out += json.slice(from, at) + piece;
    from = at = at + 6;
  }
  return out + json.slice(from);
}

/** True when an odd number of backslashes stands before `at`: then the one at `at` is text. */
function isEscaped(json: string, at: number): boolean {
  let odd = false;
  while (at > 0 && json.charAt(--at) === "\\") odd = !odd;
  return odd;
}

/** Characters that `encodeURIComponent` leaves as they are (ECMA-262 §19.2.6.4). */
const UNESCAPED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
const HEX = "0123456789ABCDEF";

/** `encodeURIComponent`: `%XX` for each byte of the text but letters, digits and `-_.!~*'()`. */
export function encodeComponent(value: string | number | boolean): string {
  const text = "" + value;
  let out = "";
  let from = 0;
  const end = text.length;
  for (let at = 0; at < end; at++) {
    if (UNESCAPED.indexOf(text.charAt(at)) >= 0) continue;
    const code = text.charCodeAt(at);
    out += text.slice(from, at) + "%" + HEX.charAt(code >> 4) + HEX.charAt(code & 15);
    from = at + 1;
  }
  return from ? out + text.slice(from) : text;
}

/** `decodeURIComponent`: bytes for `%XX`. Throws an Error "URI malformed" for bad hex digits and for bytes that are no UTF-8. */
export function decodeComponent(value: string): string {
  const text = "" + value;
  let at = text.indexOf("%");
  if (at < 0) return text;
  let out = "";
  let from = 0;
  for (; at >= 0; at = text.indexOf("%", from)) {
    const first = byteAt(text, at);
    const count = sequenceLength(first);
    let piece = native(first);
    for (let i = 1; i < count; i++) piece += native(byteAt(text, at + 3 * i));
    if (count > 1 && !isSequence(piece, count)) throw new Error("URI malformed");
    out += text.slice(from, at) + piece;
    from = at + 3 * count;
  }
  return out + text.slice(from);
}

/** The byte that `%XX` at `at` stands for. */
function byteAt(text: string, at: number): number {
  const high = digit(text.charAt(at + 1));
  const low = digit(text.charAt(at + 2));
  if (text.charAt(at) !== "%" || high < 0 || low < 0) throw new Error("URI malformed");
  return (high << 4) | low;
}

function digit(c: string): number {
  return c === "" ? -1 : HEX.indexOf(c.toUpperCase());
}

/** How many bytes a character of UTF-8 has that begins with this one (RFC 3629 §3). */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  if (first >= 0xf0 && first < 0xf5) return 4;
  throw new Error("URI malformed");
}

/** The bytes after the first are right for it: no overlong form, no half of a pair, nothing above U+10FFFF. */
function isSequence(bytes: string, count: number): boolean {
  const first = bytes.charCodeAt(0);
  const second = bytes.charCodeAt(1);
  for (let i = 1; i < count; i++) if ((bytes.charCodeAt(i) & 0xc0) !== 0x80) return false;
  if (first === 0xe0) return second >= 0xa0;
  if (first === 0xed) return second < 0xa0;
  if (first === 0xf0) return second >= 0x90;
  return first !== 0xf4 || second < 0x90;
}

/** What has a method of this name: an array, an Mbuf, or a class of the program's own. */
type Having<Name extends string> = { [name in Name]: (...args: unknown[]) => unknown };

/**
 * `x.indexOf(n, from)`. Espruino's also finds what only begins like the needle where the string ends: the first such
 * place comes after every whole one, so that it means "none". What is no string is asked itself.
 */
export function textIndexOf(x: string | Having<"indexOf">, n: unknown, from?: number): unknown {
  if (typeof x !== "string") return from === undefined ? x.indexOf(n) : x.indexOf(n, from);
  return indexIn(x, typeof n === "string" ? n : "" + n, from);
}

function indexIn(x: string, needle: string, from?: number): number {
  const at = x.indexOf(needle, from);
  // Nothing is found at the very end, where "" is by ECMA-262 §22.1.3.9.
  if (at < 0) return needle === "" ? x.length : -1;
  return at + needle.length > x.length ? -1 : at;
}

/** `x.includes(n, from)`, with the same repair. */
export function textIncludes(x: string | Having<"includes">, n: unknown, from?: number): unknown {
  if (typeof x !== "string") return from === undefined ? x.includes(n) : x.includes(n, from);
  return indexIn(x, typeof n === "string" ? n : "" + n, from) >= 0;
}

type Replacer = string | ((match: string, at: number, text: string) => unknown);

/**
 * `x.replace(pattern, by)`, with the same repair when the pattern is a string. Then functions and the `$` patterns of
 * ECMA-262 §22.1.3.19.1 work as well, which Espruino's ignores; with a regular expression the native does what it can.
 */
export function textReplace(x: string | Having<"replace">, pattern: unknown, by: Replacer): unknown {
  if (typeof x !== "string") return x.replace(pattern, by);
  if (typeof pattern !== "string") return x.replace(pattern as RegExp, by as string);
  const at = indexIn(x, pattern);
  return at < 0 ? x : x.slice(0, at) + replacement(x, pattern, at, by) + x.slice(at + pattern.length);
}

/** `x.replaceAll(pattern, by)`, as {@link textReplace}. */
export function textReplaceAll(x: string | Having<"replaceAll">, pattern: unknown, by: Replacer): unknown {
  if (typeof x !== "string") return x.replaceAll(pattern, by);
  if (typeof pattern !== "string") return x.replaceAll(pattern as RegExp, by as string);
  const step = pattern.length || 1;
  let out = "";
  let end = 0;
  for (let at = indexIn(x, pattern); at >= 0; at = at + step > x.length ? -1 : indexIn(x, pattern, at + step)) {
    out += x.slice(end, at) + replacement(x, pattern, at, by);
    end = at + pattern.length;
  }
  return out + x.slice(end);
}

function replacement(x: string, match: string, at: number, by: Replacer): string {
  if (typeof by === "function") return "" + by(match, at, x);
  const pattern = "" + by;
  let out = "";
  let from = 0;
  for (let dollar = pattern.indexOf("$"); dollar >= 0; dollar = pattern.indexOf("$", from)) {
    out += pattern.slice(from, dollar) + meaning(pattern.charAt(dollar + 1), x, match, at);
    from = dollar + 2;
  }
  return out + pattern.slice(from);
}

/** What `$` and this character stand for. */
function meaning(c: string, x: string, match: string, at: number): string {
  if (c === "$") return c;
  if (c === "&") return match;
  if (c === "`") return x.slice(0, at);
  return c === "'" ? x.slice(at + match.length) : "$" + c;
}

/** `Number.isInteger`. */
export function isInteger(value: unknown): boolean {
  return typeof value === "number" && isFinite(value) && Math.floor(value) === value;
}

/** `Number.isFinite`. */
export function isFiniteNumber(value: unknown): boolean {
  return typeof value === "number" && isFinite(value);
}

/** `Number.isNaN`. */
export function isNotANumber(value: unknown): boolean {
  return typeof value === "number" && isNaN(value);
}

/** TypeScript's helper for `[...a, ...b]` and `f(...a)`. */
export function __spreadArray(to: unknown[], from: ArrayLike<unknown>, _pack?: boolean): unknown[] {
  // The borrowed slice also takes `arguments`; `Array.prototype.slice` is undefined on Espruino.
  return to.concat([].slice.call(from));
}

/** TypeScript's helper for `{ ...a }`; it is never called with more than two. */
export function __assign(to: object, from: object): object {
  return Object.assign(to, from);
}

/** TypeScript's helper for `const { a, ...rest } = b`. */
export function __rest(from: { [key: string]: unknown }, without: string[]): { [key: string]: unknown } {
  const rest: { [key: string]: unknown } = {};
  for (const key in from) {
    if (Object.prototype.hasOwnProperty.call(from, key) && without.indexOf(key) < 0) rest[key] = from[key];
  }
  return rest;
}
