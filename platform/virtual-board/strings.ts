/**
 * Owns: the few places where strings and typed arrays of the firmware differ from V8's in a way a program can rely on
 * or stumble over: a character is a byte, JSON escapes all bytes from 0x7F up, `split` knows no limit and `replace` no
 * `$`; `set` takes a string and cuts what does not fit, `slice` of a typed array is a plain array.
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

const PATTERNS = `(function () {
  var proto = String.prototype, split = proto.split, replace = proto.replace;
  proto.split = function (separator) { return split.call(this, separator); };
  proto.replace = function (pattern, by) {
    return replace.call(this, pattern, typeof by === "string" ? function () { return by; } : by);
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
