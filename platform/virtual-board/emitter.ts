/**
 * Owns: the event methods every object has in the firmware (`on`, `emit`, `removeListener`, ... of Object.prototype,
 * src/jswrap_object.c), and the receive buffer of streams without a data listener (src/jswrap_stream.c).
 *
 * Listeners live in visible fields `#onNAME`, each change making a new array except removal, as in the firmware.
 */

import { EVENT_PREFIX } from "./interpreter.js";
import type { Interpreter } from "./interpreter.js";
import type { JsObject, Realm } from "./realm.js";
import { defineNatives, isFunction } from "./realm.js";

/** STREAM_MAX_BUFFER_SIZE: bytes kept for a stream without a data listener (the first chunk may be larger). */
const STREAM_MAX_BYTES = 512;
const EMIT_ARGS_MAX = 4;

/** Where a stream keeps what nobody listened for; hidden, as the firmware's `\xFFbuf` is. */
const BUFFER = Symbol("buf");

type Buffered = JsObject & { [BUFFER]?: string };

/** Puts the event methods on `Object.prototype`. */
export function installEmitter(interp: Interpreter): void {
  const { realm } = interp;
  const on = function (this: unknown, event: unknown, listener: unknown): void {
    addListener(interp, checkEmitter(realm, this, event), String(event), listener, false);
  };
  defineNatives(realm.ctors.root, {
    on,
    addListener: on,
    prependListener(this: unknown, event: unknown, listener: unknown): void {
      addListener(interp, checkEmitter(realm, this, event), String(event), listener, true);
    },
    emit(this: unknown, event: unknown, ...args: unknown[]): void {
      const target = checkEmitter(realm, this, event);
      interp.queueListeners(target, String(event), args.slice(0, EMIT_ARGS_MAX));
      // The firmware complains and emits all the same.
      if (args.length > EMIT_ARGS_MAX) throw realm.error("TypeError", `Too many arguments (>${EMIT_ARGS_MAX})`);
    },
    removeListener(this: unknown, event: unknown, listener: unknown): void {
      removeListener(interp, checkEmitter(realm, this, event), String(event), listener);
    },
    removeAllListeners(this: unknown, event: unknown): void {
      if (event === undefined) removeEvery(checkEmitter(realm, this, ""));
      else delete checkEmitter(realm, this, event)[EVENT_PREFIX + String(event)];
    },
    clone(this: JsObject): JsObject {
      return Object.assign(Object.create(Object.getPrototypeOf(this) as object) as JsObject, this);
    },
  });
}

function checkEmitter(realm: Realm, target: unknown, event: unknown): JsObject {
  const isObject = (typeof target === "object" && target !== null) || isFunction(target);
  if (!isObject) throw realm.error("TypeError", "Parent must be an object - not a String, Integer, etc");
  if (typeof event !== "string") throw realm.error("TypeError", "First argument must be String");
  return target as JsObject;
}

function addListener(interp: Interpreter, target: JsObject, event: string, listener: unknown, isFirst: boolean): void {
  const { realm } = interp;
  if (!isFunction(listener) && typeof listener !== "string") {
    throw realm.error("TypeError", "Second argument must be a function or a String");
  }
  const field = EVENT_PREFIX + event;
  const existing = listOf(target[field]);
  target[field] = realm.array(isFirst ? [listener, ...existing] : [...existing, listener]);
  if (event === "data") deliverBuffered(interp, target);
}

/**
 * A callback given to `createServer` or `connect` is a bare function. The firmware takes it for a list and copies its
 * hidden fields: dispatch then stops at the first of them, an undefined.
 */
function listOf(existing: unknown): unknown[] {
  if (existing === undefined) return [];
  return Array.isArray(existing) ? existing : [undefined, String(existing)];
}

function removeListener(interp: Interpreter, target: JsObject, event: string, listener: unknown): void {
  const list = target[EVENT_PREFIX + event];
  if (!Array.isArray(list)) return;
  const index = list.indexOf(listener);
  if (index < 0) return;
  interp.noteRemoval(list, index);
  list.splice(index, 1);
}

function removeEvery(target: JsObject): void {
  for (const key of Object.keys(target)) if (key.startsWith(EVENT_PREFIX)) delete target[key];
}

/** What arrived before the listener is queued for the end of the pass, so it may come after newer data. */
function deliverBuffered(interp: Interpreter, target: Buffered): void {
  const held = target[BUFFER];
  if (held === undefined) return;
  interp.queueListeners(target, "data", [held]);
  delete target[BUFFER];
}

/** True when `data` can be handed on: to a listener, or to the buffer. */
export function canPush(target: JsObject, data: string): boolean {
  if (hasDataListener(target)) return true;
  const held = (target as Buffered)[BUFFER];
  return held === undefined || held.length + data.length <= STREAM_MAX_BYTES;
}

/** True when the stream has, or once had and did not fully remove, a data listener. */
export function hasDataListener(target: JsObject): boolean {
  return Object.prototype.hasOwnProperty.call(target, EVENT_PREFIX + "data");
}

/**
 * jswrap_stream_pushData: to the listener, at once, else into the buffer. False when the buffer has no room: the caller
 * keeps the data. With `isForced` the part that fits is copied all the same.
 */
export function pushData(interp: Interpreter, target: JsObject, data: string, isForced: boolean): boolean {
  if (hasDataListener(target)) {
    if (interp.execute(target, target[EVENT_PREFIX + "data"], [data])) return true;
    interp.printLine("ERROR: Error processing Serial data handler - removing it.");
    interp.flag("CALLBACK");
    delete target[EVENT_PREFIX + "data"];
    return true;
  }
  const stream = target as Buffered;
  const held = stream[BUFFER];
  if (held === undefined) {
    setBuffer(stream, data);
    return true;
  }
  const fits = held.length + data.length <= STREAM_MAX_BYTES;
  if (!fits && isForced) interp.flag("BUFFER_FULL");
  if ((fits || isForced) && held.length < STREAM_MAX_BYTES) setBuffer(stream, (held + data).slice(0, STREAM_MAX_BYTES));
  return fits;
}

function setBuffer(stream: Buffered, data: string): void {
  Object.defineProperty(stream, BUFFER, { value: data, configurable: true, writable: true, enumerable: false });
}

/** Bytes `read` would give. */
export function available(target: JsObject): number {
  return ((target as Buffered)[BUFFER] ?? "").length;
}

/** Takes up to `count` bytes out of the buffer; all of them when `count` is not positive. */
export function readBuffered(target: JsObject, count: number): string {
  const stream = target as Buffered;
  const held = stream[BUFFER] ?? "";
  if (count > 0 && count < held.length) {
    stream[BUFFER] = held.slice(count);
    return held.slice(0, count);
  }
  delete stream[BUFFER];
  return held;
}
