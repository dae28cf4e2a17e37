/*
 * What TypeScript's library declares and Espruino does not have (2v29, the ESP32 build; found by asking the interpreter
 * for every name), with what to write instead.
 */

const NONE = "";

/** Globals that do not exist, and what to use instead. */
export const MISSING_GLOBALS: Record<string, string> = {
  AbortController: NONE,
  AggregateError: "new Error(…)",
  Atomics: NONE,
  BigInt: "numbers, or two numbers for the halves",
  BigInt64Array: "two Uint32Array elements for each number",
  BigUint64Array: "two Uint32Array elements for each number",
  Buffer: "Uint8Array",
  EvalError: "new Error(…)",
  Event: NONE,
  EventTarget: NONE,
  FinalizationRegistry: NONE,
  Intl: "format numbers and dates with a function of your own",
  Map: "an object used as a dictionary, with Object.prototype.hasOwnProperty.call",
  Proxy: "functions that read and write",
  RangeError: "new TypeError(…) or new Error(…)",
  Reflect: "obj[name], Object.keys, fn.apply",
  Set: "an object with the members as keys",
  SharedArrayBuffer: "ArrayBuffer",
  Symbol: "a string key",
  TextDecoder: "on a board a string is its UTF-8 bytes: String.fromCharCode is not needed, use Mbuf's text methods",
  TextEncoder: "give the API the string: text goes out as UTF-8",
  URIError: "new Error(…)",
  URL: "split the text with indexOf and slice",
  URLSearchParams: "split the query at & and =, then decodeURIComponent",
  WeakMap: "a field of the object itself",
  WeakRef: NONE,
  WeakSet: "a flag in the object itself",
  WebAssembly: NONE,
  clearImmediate: "clearTimeout",
  decodeURI: "decodeURIComponent of each part",
  encodeURI: "encodeURIComponent of each part",
  escape: "encodeURIComponent",
  fetch: "meerkat's connectHttp",
  performance: "Date.now() or the platform's now()",
  queueMicrotask: "setTimeout(fn, 0)",
  setImmediate: "setTimeout(fn, 0)",
  structuredClone: "JSON.parse(JSON.stringify(x))",
  unescape: "decodeURIComponent",
};

/** Globals that only @types/node declares and that Espruino has too. */
export const SHARED_WITH_NODE: ReadonlySet<string> = new Set(
  "atob btoa clearInterval clearTimeout console global process require setInterval setTimeout NodeJS".split(" "),
);

/** Members of Node's own types that Espruino has too, as `Interface.member`. */
export const SHARED_MEMBERS: ReadonlySet<string> = new Set(
  (
    "Console.log Console.error Console.warn Console.info Console.debug Console.trace " +
    "Process.env Process.on Process.version Process.removeListener Process.removeAllListeners " +
    "ProcessEnv.*"
  ).split(" "),
);

/** Members that do not exist, or do something else, as `Interface.member` of TypeScript's library. */
export const MISSING_MEMBERS: Record<string, string> = {
  "Array.at": "a[a.length - 1]",
  "Array.copyWithin": "a loop",
  "Array.entries": "for (let i = 0; i < a.length; i++)",
  "Array.findLast": "a loop from the end",
  "Array.findLastIndex": "a loop from the end",
  "Array.flat": "[].concat.apply([], a)",
  "Array.flatMap": "[].concat.apply([], a.map(f))",
  "Array.keys": "for (let i = 0; i < a.length; i++)",
  "Array.lastIndexOf": "a loop from the end",
  "Array.reduceRight": "a loop from the end",
  "Array.toLocaleString": "a.join()",
  "Array.toReversed": "a.slice().reverse()",
  "Array.toSorted": "a.slice().sort()",
  "Array.toSpliced": "a copy and splice",
  "Array.values": "for (const x of a)",
  "Array.with": "a copy and an assignment",
  "ArrayBuffer.slice": "new Uint8Array(new Uint8Array(buffer, from, length))",
  "ArrayBufferConstructor.isView": "x instanceof Uint8Array",
  "ArrayConstructor.from": "[].slice.call(x), or a loop",
  "ArrayConstructor.of": "[a, b, c]",
  "Date.setUTCDate": "new Date(ms)",
  "Date.setUTCFullYear": "new Date(ms)",
  "Date.setUTCHours": "new Date(ms)",
  "Date.setUTCMilliseconds": "new Date(ms)",
  "Date.setUTCMinutes": "new Date(ms)",
  "Date.setUTCMonth": "new Date(ms)",
  "Date.setUTCSeconds": "new Date(ms)",
  "Date.toDateString": "toISOString and slice",
  "Date.toLocaleDateString": "toISOString and slice",
  "Date.toLocaleString": "toISOString and slice",
  "Date.toLocaleTimeString": "toISOString and slice",
  "Date.toTimeString": "toISOString and slice",
  "DateConstructor.UTC": "Date.parse of an ISO date",
  "Function.name": "a name of your own in a field",
  "Math.acosh": NONE,
  "Math.asinh": NONE,
  "Math.atanh": NONE,
  "Math.cbrt": "Math.pow(x, 1 / 3)",
  "Math.clz32": "a loop that shifts",
  "Math.cosh": "Math.exp",
  "Math.expm1": "Math.exp(x) - 1",
  "Math.fround": "new Float32Array([x])[0]",
  "Math.hypot": "Math.sqrt(x * x + y * y)",
  "Math.imul": "(((a >>> 16) * b << 16) + (a & 65535) * b) | 0",
  "Math.log10": "Math.log(x) / Math.LN10",
  "Math.log1p": "Math.log(1 + x)",
  "Math.log2": "Math.log(x) / Math.LN2",
  "Math.sinh": "Math.exp",
  "Math.tanh": "Math.exp",
  "Math.trunc": "x | 0",
  "Number.toExponential": "toFixed",
  "Number.toLocaleString": "toFixed",
  "Number.toPrecision": "toFixed",
  "NumberConstructor.EPSILON": "2.220446049250313e-16",
  "NumberConstructor.MAX_SAFE_INTEGER": "9007199254740991",
  "NumberConstructor.MIN_SAFE_INTEGER": "-9007199254740991",
  "NumberConstructor.isSafeInteger": "Number.isInteger",
  "NumberConstructor.parseFloat": "parseFloat",
  "NumberConstructor.parseInt": "parseInt",
  "Object.isPrototypeOf": "instanceof",
  "Object.propertyIsEnumerable": "hasOwnProperty",
  "Object.toLocaleString": "toString",
  "ObjectConstructor.freeze": "leave it out; `readonly` and `as const` cost nothing",
  "ObjectConstructor.getOwnPropertySymbols": NONE,
  "ObjectConstructor.hasOwn": "Object.prototype.hasOwnProperty.call(o, name)",
  "ObjectConstructor.is": "===, and isNaN for NaN",
  "ObjectConstructor.isExtensible": NONE,
  "ObjectConstructor.isFrozen": NONE,
  "ObjectConstructor.isSealed": NONE,
  "ObjectConstructor.preventExtensions": NONE,
  "ObjectConstructor.seal": NONE,
  "Promise.finally": "then(f, f)",
  "PromiseConstructor.allSettled": "Promise.all of promises with a catch",
  "PromiseConstructor.any": NONE,
  "PromiseConstructor.race": "one callback that looks who came first",
  "String.at": "s.charAt(s.length - 1)",
  "String.codePointAt": "charCodeAt (on a board a string is its UTF-8 bytes)",
  "String.localeCompare": "a < b ? -1 : a > b ? 1 : 0",
  "String.matchAll": "exec in a loop, or indexOf",
  "String.normalize": NONE,
  "String.search": "indexOf",
  "String.toLocaleLowerCase": "toLowerCase",
  "String.toLocaleUpperCase": "toUpperCase",
  "String.trimEnd": "trim, or slice",
  "String.trimLeft": "trim, or slice",
  "String.trimRight": "trim, or slice",
  "String.trimStart": "trim, or slice",
  "StringConstructor.fromCodePoint": "String.fromCharCode",
  "StringConstructor.raw": "a plain string",
  "TypedArray.at": "u[u.length - 1]",
  "TypedArray.copyWithin": "u.set(u.subarray(from, to), at)",
  "TypedArray.entries": "for (let i = 0; i < u.length; i++)",
  "TypedArray.findLast": "a loop from the end",
  "TypedArray.findLastIndex": "a loop from the end",
  "TypedArray.keys": "for (let i = 0; i < u.length; i++)",
  "TypedArray.lastIndexOf": "a loop from the end",
  "TypedArray.reduceRight": "a loop from the end",
  "TypedArray.toLocaleString": "u.join()",
  "TypedArray.BYTES_PER_ELEMENT": "the number: 1 for Uint8Array",
  "TypedArrayConstructor.BYTES_PER_ELEMENT": "the number: 1 for Uint8Array",
  "TypedArrayConstructor.from": "new Uint8Array(array)",
  "TypedArrayConstructor.of": "new Uint8Array([a, b])",
  "TypedArray.values": "for (let i = 0; i < u.length; i++)",
};

/** Members that exist but do something else: what they do, and what to write. */
export const WRONG_MEMBERS: Record<string, [what: string, instead: string]> = {
  "Date.toUTCString": [
    "toUTCString does not pad the day, so it is no valid HTTP date",
    "format it yourself, or use meerkat's httpDate",
  ],
  "Date.toGMTString": ["toGMTString does not exist in Espruino", "toISOString"],
  "Error.name": ["errors have no name in Espruino", "a code of your own: Object.assign(new Error(text), { code: 7 })"],
  "TypedArray.slice": [
    "slice of a typed array gives a plain array in Espruino",
    "new Uint8Array(u.subarray(from, to))",
  ],
};

/** `X.prototype.method` as a value is undefined for these, or does something else. */
export const BARE_PROTOTYPES: { [name: string]: string | undefined } = {
  "Array.prototype": "[].slice.call(x)",
  "Function.prototype": "fn.call, fn.apply",
  "Object.prototype.toString": "Array.isArray, typeof, instanceof",
  "String.prototype": '"".trim.call(x)',
};

/** The typed arrays, which share their entries above. */
export const TYPED_ARRAYS: ReadonlySet<string> = new Set(
  "Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array".split(
    " ",
  ),
);
