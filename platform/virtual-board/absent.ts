/**
 * Owns: what Node has and the firmware has not. The lists were made by asking the real interpreter (2v29.277, the
 * ESP32 rehearsal build) for `typeof` of everything a `node:vm` context of Node 20 contains; a program that would die
 * on the board for want of one of these dies here too. Not listed: what V8 itself needs to work
 * (`Error.prototype.name`, the flag getters of RegExp).
 */

import type { Realm } from "./realm.js";

const GLOBALS =
  "Symbol AggregateError EvalError RangeError URIError Intl BigUint64Array BigInt64Array Map BigInt Set WeakMap " +
  "WeakSet Proxy Reflect FinalizationRegistry WeakRef decodeURI encodeURI escape unescape SharedArrayBuffer Atomics " +
  "WebAssembly Iterator SuppressedError DisposableStack AsyncDisposableStack";

const STATICS: Record<string, string> = {
  Object:
    "getOwnPropertySymbols hasOwn is preventExtensions seal freeze isExtensible isFrozen isSealed groupBy",
  Array: "from of fromAsync",
  Number: "isFinite isInteger isNaN isSafeInteger parseFloat parseInt MAX_SAFE_INTEGER MIN_SAFE_INTEGER EPSILON",
  String: "fromCodePoint raw",
  Date: "UTC",
  Math: "acosh asinh atanh cbrt expm1 clz32 cosh fround hypot imul log1p log2 log10 sinh tanh trunc",
  ArrayBuffer: "isView",
};

const METHODS: Record<string, string> = {
  Object:
    "__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ isPrototypeOf propertyIsEnumerable " +
    "toLocaleString",
  Array:
    "at copyWithin findLast findLastIndex lastIndexOf keys entries values flat flatMap reduceRight toLocaleString " +
    "toReversed toSorted toSpliced with",
  Number: "toExponential toPrecision toLocaleString",
  String:
    "anchor at big blink bold codePointAt fontcolor fontsize fixed isWellFormed italics link localeCompare matchAll " +
    "normalize search small strike sub sup toWellFormed trimStart trimLeft trimEnd trimRight toLocaleLowerCase " +
    "toLocaleUpperCase",
  Date:
    "toDateString toTimeString toGMTString setUTCDate setUTCFullYear setUTCHours setUTCMilliseconds setUTCMinutes " +
    "setUTCMonth setUTCSeconds getYear setYear toLocaleString toLocaleDateString toLocaleTimeString",
  RegExp: "compile",
  ArrayBuffer: "slice maxByteLength resizable resize transfer transferToFixedLength detached",
  DataView: "getBigInt64 setBigInt64 getBigUint64 setBigUint64",
};

const TYPED_ARRAY_METHODS =
  "entries keys values at copyWithin findLast findLastIndex lastIndexOf reduceRight toLocaleString toReversed " +
  "toSorted with";

const TYPED_ARRAYS =
  "Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array";

/** Classes whose methods cannot be read off the prototype: `Array.prototype.slice` is undefined, `[].slice` is not. */
const HIDDEN_PROTOTYPES = "Array String Function Number RegExp Date";

/** Methods that can be read off those prototypes all the same. */
const READABLE = new Set(["constructor", "toString", "valueOf", "length", "arguments", "caller"]);

type Target = Record<string, unknown> & { prototype: Record<string, unknown> };

/** Removes what the firmware does not have, and hides what it only has on instances. */
export function removeAbsent(realm: Realm): void {
  const global = realm.global as unknown as Record<string, Target>;
  const typed = Object.getPrototypeOf(global.Uint8Array) as Target;
  for (const name of Object.keys(STATICS)) remove(global[name], STATICS[name]);
  for (const name of Object.keys(METHODS)) remove(global[name].prototype, METHODS[name]);
  remove(typed.prototype, TYPED_ARRAY_METHODS);
  remove(typed, "from of");
  for (const name of TYPED_ARRAYS.split(" ")) forgetElementSize(global[name]);
  for (const name of HIDDEN_PROTOTYPES.split(" ")) hideMethods(global[name].prototype);
  remove(realm.global, GLOBALS);
}

function remove(target: object, names: string): void {
  for (const name of names.split(" ")) Reflect.deleteProperty(target, name);
}

/** The constructor's own property cannot be deleted (ECMAScript fixes it), so only the prototype's copy goes. */
function forgetElementSize(target: Target): void {
  Reflect.deleteProperty(target.prototype, "BYTES_PER_ELEMENT");
}

function hideMethods(proto: object): void {
  for (const name of Object.getOwnPropertyNames(proto)) {
    const found = Object.getOwnPropertyDescriptor(proto, name);
    if (found === undefined || READABLE.has(name) || typeof found.value !== "function") continue;
    if (found.configurable === true) hide(proto, name, found.value);
  }
}

function hide(proto: object, name: string, method: unknown): void {
  Object.defineProperty(proto, name, {
    configurable: true,
    enumerable: false,
    get(this: unknown): unknown {
      return this === proto ? undefined : method;
    },
    set(this: object, value: unknown) {
      Object.defineProperty(this, name, { value, configurable: true, writable: true, enumerable: this !== proto });
    },
  });
}
