import type { DigestName, MemoryInfo, Owner, Raw } from "../../src/core/port.js";
import { sink } from "./sink.js";
import type { Espruino } from "./types.js";

declare const E: Espruino;
declare function getTime(): number;
declare const process: { memory(gc?: boolean): { free: number; total: number } };

/** The interpreter collects no garbage by itself while a socket exists. */
const GC_EVERY = 5;

/** What was subtracted from the clock to make it monotonic: it jumps when the time is set. */
let offsetMs = 0;
let lastMs = 0;
let ticks = 0;
let memoryNow: { free: number; total: number } | undefined;

/** Milliseconds, monotonic to within a tick: jumps of the clock are taken out in `tidy`. */
export function now(): number {
  return getTime() * 1000 - offsetMs;
}

/** Milliseconds since 1970, as far as the board knows. */
export function wallMs(): number {
  return getTime() * 1000;
}

/** See `Platform.wakeAfter`: one timer an owner; every pending timer costs something in every pass. */
export function wakeAfter(owner: Owner, ms: number): void {
  const o = owner as { tm?: unknown };
  if (o.tm) clearTimeout(o.tm as number);
  o.tm = ms < 0 ? undefined : setTimeout(onTimer, ms, owner);
}

function onTimer(owner: Owner): void {
  (owner as { tm?: unknown }).tm = undefined;
  sink.wake(owner);
}

/** Once a tick: takes jumps out of the clock, and every few ticks collects garbage. */
export function tidy(): void {
  const ms = now();
  if (lastMs && (ms < lastMs || ms - lastMs > 3600000)) offsetMs += ms - lastMs;
  lastMs = now();
  if (ticks++ % GC_EVERY === 0) memoryNow = process.memory();
}

/** Variables of the interpreter, as of the last collection. */
export function memory(): MemoryInfo {
  const m = memoryNow || process.memory();
  return { free: m.free, total: m.total, unit: "variables" };
}

/** See `Platform.random`. */
export function random(count: number): string {
  let out = "";
  while (out.length < count) out += E.toString(new Uint8Array(new Uint32Array([E.hwRand()]).buffer));
  return out.slice(0, count);
}

/** See `Platform.digest`. */
export function digest(name: DigestName, bytes: Raw): string {
  const crypto = require("crypto");
  return E.toString(new Uint8Array(name === "sha1" ? crypto.SHA1(bytes) : crypto.SHA256(bytes))) + "";
}

/** See `Platform.log`. */
export function log(line: string): void {
  console.log(line);
}
