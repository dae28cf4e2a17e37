/**
 * Owns: the JavaScript world of one run of a program: a `node:vm` context, its constructors, and how natives are put
 * into it. Does not own: which natives there are (see globals.ts).
 * Invariant: every object a program can get hold of is made with this world's constructors, so `instanceof` holds.
 */

import { Script, createContext } from "node:vm";
import type { Context } from "node:vm";

/** An object of the program's world. */
export interface JsObject {
  [key: string]: unknown;
}

/** A function of the program's world, or a native put there. */
export type JsFunction = (this: unknown, ...args: never[]) => unknown;

/** Kinds of error the firmware throws; `InternalError` is its own class and not an `Error`. */
export type ErrorKind = "Error" | "TypeError" | "ReferenceError" | "InternalError";

interface Constructors {
  Object: new () => JsObject;
  Array: { new (): unknown[]; prototype: JsObject };
  ArrayBuffer: new (size: number) => ArrayBuffer;
  Uint8Array: new (size: number) => Uint8Array;
  errors: Record<ErrorKind, new (message: string) => JsObject>;
  /** `Object.prototype`. */
  root: JsObject;
  /** An empty named constructor function, for the firmware's classes. */
  makeClass(name: string): { new (): JsObject; prototype: JsObject };
}

/**
 * Evaluated once in each new world. InternalError is a plain class there, as in the firmware, and no kind of error is an
 * `Error` but Error itself. What V8 throws as a TypeError (`null.x`, a call of what is no function) is an Error in the
 * firmware: it keeps V8's class, and the program's TypeError is another.
 */
const PRELUDE = `(function () {
  var native = TypeError, text = Error.prototype.toString;
  function put(target, name, value) {
    Object.defineProperty(target, name, { value: value, writable: true, configurable: true, enumerable: false });
  }
  function detach(kind) {
    Object.setPrototypeOf(kind.prototype, Object.prototype);
    put(kind.prototype, "toString", text);
  }
  TypeError = function TypeError(message) {
    var made = new native(message);
    Error.captureStackTrace(made, TypeError);
    return Object.setPrototypeOf(made, new.target ? new.target.prototype : TypeError.prototype);
  };
  put(TypeError.prototype, "name", "TypeError");
  [TypeError, ReferenceError, SyntaxError].forEach(detach);
  put(native.prototype, "name", "Error");
  function InternalError(message) { this.message = message; }
  InternalError.prototype.toString = function () { return "InternalError: " + this.message; };
  Object.defineProperty(globalThis, "InternalError",
    { value: InternalError, writable: true, configurable: true, enumerable: false });
  return {
    Object: Object, Array: Array, ArrayBuffer: ArrayBuffer, Uint8Array: Uint8Array, root: Object.prototype,
    errors: { Error: Error, TypeError: TypeError, ReferenceError: ReferenceError, InternalError: InternalError },
    makeClass: function (name) { return new Function("return function " + name + "(){}")(); }
  };
})()`;

/** The world one program runs in. */
export class Realm {
  readonly context: Context;
  readonly ctors: Constructors;
  readonly global: JsObject;

  constructor() {
    this.context = createContext({});
    this.ctors = new Script(PRELUDE).runInContext(this.context) as Constructors;
    this.global = new Script("globalThis").runInContext(this.context) as JsObject;
  }

  /** Runs program text; errors of the program come out as they are. */
  evaluate(code: string, fileName: string): unknown {
    return new Script(code, { filename: fileName }).runInContext(this.context);
  }

  /** A new object with these fields. */
  object(fields?: JsObject): JsObject {
    return Object.assign(new this.ctors.Object(), fields);
  }

  /** A new array with these elements. */
  array<T>(items: readonly T[]): T[] {
    const made = new this.ctors.Array() as T[];
    for (const item of items) made.push(item);
    return made;
  }

  /** A new `Uint8Array` with the bytes of a binary string. */
  bytes(binary: string): Uint8Array {
    const made = new this.ctors.Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) made[i] = binary.charCodeAt(i);
    return made;
  }

  /** An error to throw into the program. */
  error(kind: ErrorKind, message: string): JsObject {
    const made = new this.ctors.errors[kind](message);
    const fields: JsObject = { message, type: kind, stack: made.stack ?? "" };
    for (const name of Object.keys(fields)) {
      Object.defineProperty(made, name, { value: fields[name], configurable: true, writable: true, enumerable: true });
    }
    return made;
  }
}

/** Puts natives on an object of the program's world, where `for..in` does not see them. */
export function defineNatives(target: object, natives: Record<string, unknown>): void {
  for (const name of Object.keys(natives)) {
    const value = natives[name];
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/** True for every function, natives included. */
export function isFunction(value: unknown): value is JsFunction {
  return typeof value === "function";
}

/** True for what the firmware calls an object: no array, no buffer, no function, not null. */
export function isPlainObject(value: unknown): value is JsObject {
  if (typeof value !== "object" || value === null) return false;
  return !Array.isArray(value) && !ArrayBuffer.isView(value) && !isArrayBuffer(value);
}

/** True for an `ArrayBuffer` of any world. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}
