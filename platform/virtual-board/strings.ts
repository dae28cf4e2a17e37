/**
 * Owns: the few places where strings and typed arrays of the firmware differ from V8's in a way a program can rely on
 * or stumble over: a character is a byte, JSON escapes all bytes from 0x7F up, `split` knows no limit, `indexOf` and its
 * kin find half a needle at the end, `replace` knows few `$`; `set` takes a string and cuts what does not fit, `slice` of
 * a typed array is a plain array.
 * Not modelled: how V8 prints numbers in `"" + n`, percent coding of bytes above 0x7F, the firmware's small regular
 * expressions, `subarray` beyond the end.
 */

import type { Realm } from "./realm.js";

const TYPED_ARRAYS = `(function () {
  var proto = Object.getPrototypeOf(Uint8Array.prototype);
  var set = proto.set;
  function define(name, value) {
    Object.defineProperty(proto, name, { value: value, writable: true, configurable: true, enumerable: false });
  }
  define("set", function (source, at) {
    var from = source, offset = at || 0, room = this.length - offset;
    if (typeof source === "string") {
      from = [];
      for (var i = 0; i < source.length; i++) from.push(source.charCodeAt(i) & 255);
    }
    if (room <= 0) return;
    if (from.length > room) from = from.subarray ? from.subarray(0, room) : [].slice.call(from, 0, room);
    set.call(this, from, offset);
  });
  define("slice", function (from, to) { return [].slice.call(this, from, to); });
})()`;

const BYTE_STRINGS = `(function () {
  var native = String.fromCharCode;
  Object.defineProperty(String, "fromCharCode", { writable: true, configurable: true, enumerable: false,
    value: function (code) {
      if (arguments.length === 1) return native(code & 255);
      var text = "";
      for (var i = 0; i < arguments.length; i++) text += native(arguments[i] & 255);
      return text;
    } });
  var stringify = JSON.stringify;
  function escape(ch) { return "\\\\u00" + ("0" + ch.charCodeAt(0).toString(16).toUpperCase()).slice(-2); }
  JSON.stringify = function (value, replacer, space) {
    var text = stringify(value, undefined, space);
    if (text === undefined) return "null";
    return /[\\x7f-\\xff]/.test(text) ? text.replace(/[\\x7f-\\xff]/g, escape) : text;
  };
})()`;

// jswrap_string_indexOf, _jswrap_string_replace and jswrap_string_match: a needle is also found where only its beginning
// fits before the string ends; replace calls no function and knows no `$` but the groups of a regular expression.
const PATTERNS = `(function () {
  var proto = String.prototype, split = proto.split, replace = proto.replace, match = proto.match;
  var indexOf = proto.indexOf, startsWith = proto.startsWith;
  function find(text, needle, from) {
    var end = text.length - needle.length + 1;
    if (end < 1) return -1;
    var at = typeof from === "number" || typeof from === "boolean" ? Math.max(from | 0, 0) : 0;
    if (at > end) at = end;
    var whole = indexOf.call(text, needle, at);
    if (whole >= 0 && whole < text.length) return whole;
    for (at = Math.max(at, end); at < text.length; at++) if (startsWith.call(needle, text.slice(at))) return at;
    return -1;
  }
  function put(text, at, count, by) { return text.slice(0, at) + by + text.slice(at + count); }
  function grouped(by) {
    return function () {
      var match = arguments;
      return replace.call(by, /\\$([^])/g, function (all, c) {
        return c >= "1" && c <= "9" && +c < match.length - 2 && match[c] !== undefined ? match[c] : all; });
    };
  }
  function matched(text, pattern, by) {
    return replace.call(text, pattern, typeof by === "function" ? by : grouped(String(by)));
  }
  proto.indexOf = function (needle, from) { return find(String(this), String(needle), from); };
  proto.includes = function (needle, from) { return find(String(this), String(needle), from) >= 0; };
  proto.split = function (separator) { return split.call(this, separator); };
  proto.match = function (pattern) {
    if (pattern instanceof RegExp) return match.call(this, pattern);
    if (pattern === undefined) return undefined;
    var needle = String(pattern), at = find(String(this), needle);
    if (at < 0) return null;
    var found = [needle];
    found.index = at;
    found.input = needle;
    return found;
  };
  proto.replace = function (pattern, by) {
    var text = String(this), needle, at;
    if (pattern instanceof RegExp) return matched(text, pattern, by);
    needle = String(pattern);
    at = find(text, needle);
    return at < 0 ? text : put(text, at, needle.length, String(by));
  };
  proto.replaceAll = function (pattern, by) {
    var text = String(this), needle = String(pattern), at;
    if (pattern instanceof RegExp)
      return matched(text, pattern.global ? pattern : new RegExp(pattern.source, pattern.flags + "g"), by);
    by = String(by);
    // The firmware never comes to an end with an empty pattern; here one replacement is all.
    for (at = find(text, needle); at >= 0; at = needle === "" ? -1 : find(text, needle, at + by.length))
      text = put(text, at, needle.length, by);
    return text;
  };
})()`;

/** Typed arrays as the firmware has them. */
export function patchTypedArrays(realm: Realm): void {
  realm.evaluate(TYPED_ARRAYS, "typed arrays");
}

/** Strings as the firmware has them; with `isBytes`, characters are bytes: `fromCharCode` keeps eight bits. */
export function patchStrings(realm: Realm, isBytes: boolean): void {
  realm.evaluate(PATTERNS, "strings");
  if (isBytes) realm.evaluate(BYTE_STRINGS, "byte strings");
}

/** Program text as a board without Unicode reads it: each byte of its UTF-8 is a character. */
export function byteSource(code: string): string {
  return Buffer.byteLength(code) === code.length ? code : Buffer.from(code, "utf8").toString("latin1");
}
