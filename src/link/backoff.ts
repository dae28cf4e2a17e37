import type { Manager } from "../core/manager.js";

/** Doublings after which the pause has long reached its maximum. */
const DOUBLINGS_MAX = 16;

/**
 * How long to wait before the next attempt after `failures` that failed in a row: `baseMs` doubled for each but the first,
 * at most `maxMs`, and of that a random part between a half and all, so that those who were cut off together do not come
 * back together.
 */
export function backoffMs(mgr: Manager, baseMs: number, maxMs: number, failures: number): number {
  const ms = Math.min(maxMs, baseMs * Math.pow(2, Math.min(failures > 0 ? failures - 1 : 0, DOUBLINGS_MAX)));
  return Math.round(ms / 2 + ((ms / 2) * mgr._platform.random(1).charCodeAt(0)) / 255);
}

/** A time that an option names, in milliseconds. Throws TypeError, naming the option, unless it is `min` or more. */
export function timeOption(name: string, value: number | undefined, otherwise: number, min: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== "number" || !(value >= min)) throw new TypeError("Option " + name + " is " + value + ": must be milliseconds, " + min + " or more");
  return value;
}
