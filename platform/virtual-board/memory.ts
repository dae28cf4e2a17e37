/**
 * Owns: an ESTIMATE of the interpreter's memory, in its own unit (variables), from the cost table measured on the real
 * one. It follows what grows with load: sockets, what they hold, timers, queued events. It does not see the program's
 * own objects, strings and arrays: a program that keeps too much will not run out here. The rehearsal build is for that.
 */

import { isArrayBuffer, isFunction } from "./realm.js";
import type { JsObject } from "./realm.js";
import type { SocketLoop, SocketObject } from "./socket-loop.js";

/** In use before a program is loaded (empty Linux build: about 200). */
const BASE = 200;
/** A function whose code is in flash, inside one closure. */
const PER_FUNCTION = 8;
const PER_SERVER = 11;
const PER_SOCKET = 9;
const PER_LISTENER = 4;
const PER_TIMER = 6;
const PER_EVENT = 5;
/** A string: one variable for nine bytes, one for each further ten. */
const STRING_BYTES = 10;

/** Variables a program's own text takes when it runs from flash. */
export function codeVariables(code: string): number {
  return PER_FUNCTION * (code.match(/\bfunction\b|=>/g) ?? []).length;
}

/** Variables in use, as far as they can be told. */
export function estimateUsage(codeVars: number, loop: SocketLoop, timers: number, events: number): number {
  let vars = BASE + codeVars + PER_SERVER * loop.servers.length + PER_TIMER * timers + PER_EVENT * events;
  for (const conn of loop.clients) vars += socketVariables(conn);
  return vars;
}

function socketVariables(conn: SocketObject): number {
  const listeners = Object.keys(conn).filter((key) => key.startsWith("#on")).length;
  return PER_SOCKET + PER_LISTENER * listeners + stringVariables(conn.dSnd ?? "") + stringVariables(conn.dRcv ?? "");
}

function stringVariables(text: string): number {
  return text === "" ? 1 : 1 + Math.ceil(Math.max(0, text.length - 9) / STRING_BYTES);
}

/** E.getSizeOf, roughly: one for the value, one for each field, and the bytes behind them. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return stringVariables(value);
  if (isFunction(value)) return PER_FUNCTION;
  if (isArrayBuffer(value) || ArrayBuffer.isView(value)) return 3 + Math.ceil(value.byteLength / 14);
  if (typeof value !== "object" || value === null) return 1;
  let vars = 1;
  for (const key of Object.keys(value)) {
    const field = (value as JsObject)[key];
    vars += 1 + (typeof field === "number" || field === undefined ? 0 : typeof field === "object" ? 0 : sizeOf(field));
  }
  return vars;
}
