/**
 * Owns: the object `E` (src/jswrap_espruino.c), as far as it makes sense away from the chip. What is not here is
 * absent, so that a program that needs it dies as clearly as on a board without it.
 * Not modelled: `E.toString` and `E.toArrayBuffer` of a whole flat array share memory on the board; here they copy.
 */

import { NotBytes, binaryOf, crc32 } from "./bytes.js";
import type { Interpreter } from "./interpreter.js";
import { sizeOf } from "./memory.js";
import { pipe } from "./pipe.js";
import type { Pipes } from "./pipe.js";
import { asString } from "./print.js";
import type { JsFunction, JsObject } from "./realm.js";
import { defineNatives, isArrayBuffer, isFunction } from "./realm.js";

/** What E needs of the board. */
export interface EspruinoParts {
  interp: Interpreter;
  pipes: Pipes;
  /** A random 32-bit number without sign. */
  random(): number;
  seed(value: number): void;
  reboot(): void;
}

/** Puts `E` on the global object. */
export function installEspruinoObject(parts: EspruinoParts): void {
  const { realm } = parts.interp;
  const E = realm.object();
  defineNatives(E, { ...bytesOf(parts), ...numbersOf(), ...systemOf(parts) });
  defineNatives(realm.global, { E });
}

/** Runs a conversion; what has no bytes is a TypeError of the program. */
function converted(parts: EspruinoParts, values: unknown[]): string {
  try {
    return values.map(binaryOf).join("");
  } catch (error) {
    if (error instanceof NotBytes) throw parts.interp.realm.error("TypeError", error.message);
    throw error;
  }
}

function bytesOf(parts: EspruinoParts): Record<string, unknown> {
  const { realm } = parts.interp;
  const toString = (...values: unknown[]): string => converted(parts, values);
  return {
    toString,
    toFlatString: toString,
    toUint8Array: (...values: unknown[]) => realm.bytes(converted(parts, values)),
    toArrayBuffer: (text: unknown) => (typeof text === "string" ? realm.bytes(text).buffer : undefined),
    CRC32: (value: unknown) => crc32(converted(parts, [value])),
    mapInPlace,
    asUTF8: (text: unknown) => text,
    fromUTF8: (text: unknown) => text,
    isUTF8: () => false,
    toJS: (value: unknown) => (realm.global.JSON as JSON).stringify(value),
  };
}

/** E.mapInPlace without the form that takes bits out of bytes. */
function mapInPlace(from: ArrayLike<number>, to: ArrayLike<number>, map: unknown): void {
  const source = viewOf(from);
  const target = viewOf(to) as { [index: number]: number; length: number };
  const count = Math.min(source.length, target.length);
  for (let i = 0; i < count; i++) {
    if (isFunction(map)) target[i] = Reflect.apply(map as JsFunction, undefined, [source[i], i]) as number;
    else target[i] = map === undefined ? source[i] : (map as ArrayLike<number>)[source[i]];
  }
}

function viewOf(value: unknown): ArrayLike<number> {
  return isArrayBuffer(value) ? new Uint8Array(value) : (value as ArrayLike<number>);
}

function numbersOf(): Record<string, unknown> {
  return {
    clip: (x: number, min: number, max: number) => (x < min ? min : x > max ? max : x),
    reverseByte: (x: number) => {
      let out = 0;
      for (let bit = 0; bit < 8; bit++) if (x & (1 << bit)) out |= 128 >> bit;
      return out;
    },
    sum: (list: ArrayLike<number>) => Array.from(list).reduce((total, n) => total + n, 0),
    variance: (list: ArrayLike<number>, mean: number) =>
      Array.from(list).reduce((total, n) => total + (n - mean) ** 2, 0),
    lookupNoCase: (haystack: JsObject, needle: unknown, isKeyWanted: unknown) => {
      const wanted = asString(needle).toLowerCase();
      const key = Object.keys(haystack).find((name) => name.toLowerCase() === wanted);
      if (key === undefined) return undefined;
      return isKeyWanted ? key : haystack[key];
    },
    getSizeOf: sizeOf,
    getTemperature: () => 25,
    getAnalogVRef: () => 3.3,
  };
}

function systemOf(parts: EspruinoParts): Record<string, unknown> {
  const { interp } = parts;
  const { realm } = interp;
  const nothing = (): void => undefined;
  return {
    getErrorFlags: () => interp.takeFlags(),
    getFlags: () => realm.object({ deepSleep: 0, pretokenise: 0, unsafeFlash: 0, unsyncFiles: 0 }),
    setFlags: nothing,
    hwRand: () => parts.random() | 0,
    srand: (seed: unknown) => parts.seed(Number(seed) | 0),
    stopEventPropagation: () => interp.stopPropagation(),
    pipe: (source: unknown, destination: unknown, options: unknown) =>
      pipe(parts.pipes, interp, source, destination, options),
    reboot: () => parts.reboot(),
    defrag: nothing,
    enableWatchdog: nothing,
    kickWatchdog: nothing,
    setTimeZone: nothing,
    setConsole: nothing,
    getConsole: () => "Serial1",
    setPassword: nothing,
    lockConsole: nothing,
    setBootCode: nothing,
    setClock: nothing,
    dumpTimers: nothing,
  };
}
