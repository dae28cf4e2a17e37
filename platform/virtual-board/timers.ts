/**
 * Owns: the program's timers, with the rules of jswrap_interactive.c and jsiIdle: ids count up from the highest one
 * pending, several due in one pass run in the order they were made, an interval is moved on by its own length.
 * Does not own: when a pass comes (see interpreter.ts).
 */

import type { Realm } from "./realm.js";
import { defineNatives, isFunction } from "./realm.js";

/** TIMER_MIN_INTERVAL of the firmware; what is due within it counts as due: `setTimeout(f, 0)` runs in the next pass. */
const TIMER_MIN_MS = 0.1;
/** TIMER_MAX_INTERVAL: a hundred years. */
const TIMER_MAX_MS = 3153600000000;

interface Timer {
  dueMs: number;
  /** Undefined for a timeout. */
  everyMs: number | undefined;
  callback: unknown;
  args: unknown[];
  /** The pass it was made in: it cannot fire in that same one. */
  bornPass: number;
}

/** What timers need of the interpreter. */
export interface TimerHost {
  realm: Realm;
  nowMs(): number;
  /** Number of the pass under way. */
  pass(): number;
  /** Runs a callback; false when it was interrupted. */
  execute(self: unknown, callback: unknown, args: unknown[]): boolean;
  /** An interval was interrupted and is removed. */
  onIntervalLost(): void;
}

/** The table of timers of one program. */
export class Timers {
  /** In order of creation: ids only grow within the table. */
  private table = new Map<number, Timer>();
  private lastId = 0;
  private isChanged = false;

  constructor(private readonly host: TimerHost) {}

  /** Puts `setTimeout` and its family on the global object. */
  install(global: object): void {
    defineNatives(global, {
      setTimeout: (callback: unknown, ms: unknown, ...args: unknown[]) => this.add(callback, ms, args, false),
      setInterval: (callback: unknown, ms: unknown, ...args: unknown[]) => this.add(callback, ms, args, true),
      clearTimeout: (...ids: unknown[]) => this.clear(ids, "Timeout"),
      clearInterval: (...ids: unknown[]) => this.clear(ids, "Interval"),
      changeInterval: (id: unknown, ms: unknown) => this.change(id, ms),
    });
  }

  /** How many are pending. */
  get count(): number {
    return this.table.size;
  }

  /** Milliseconds until the next one is due: 0 for at once, Infinity for never. */
  untilNextMs(): number {
    if (this.table.size === 0) return Infinity;
    const nowMs = this.host.nowMs();
    let restMs = Infinity;
    for (const timer of this.table.values()) restMs = Math.min(restMs, timer.dueMs - nowMs);
    return restMs <= TIMER_MIN_MS ? 0 : restMs;
  }

  /** Runs what is due, starting over after every change to the table, as jsiIdle does. */
  run(): void {
    if (this.table.size === 0) return;
    const limitMs = this.host.nowMs() + TIMER_MIN_MS;
    do {
      this.isChanged = false;
      this.scan(limitMs);
    } while (this.isChanged);
  }

  private scan(limitMs: number): void {
    for (const [id, timer] of this.table) {
      if (this.isChanged) return;
      if (timer.dueMs > limitMs || timer.bornPass === this.host.pass()) continue;
      const isOk = this.host.execute(undefined, timer.callback, timer.args);
      // Read after the callback, which may have changed the interval.
      if (timer.everyMs !== undefined && isOk) timer.dueMs += timer.everyMs;
      else this.drop(id, timer, isOk);
    }
  }

  private drop(id: number, timer: Timer, isOk: boolean): void {
    if (!isOk && timer.everyMs !== undefined) this.host.onIntervalLost();
    if (this.table.get(id) === timer) this.remove(id);
  }

  private add(callback: unknown, ms: unknown, args: unknown[], isInterval: boolean): number {
    if (!isFunction(callback) && typeof callback !== "string") throw this.error("Function or String not supplied!");
    const waitMs = atLeastMinimum(ms);
    if (waitMs > TIMER_MAX_MS) throw this.error("Interval is too long (>100 years)");
    const id = ++this.lastId;
    const dueMs = this.host.nowMs() + waitMs;
    this.table.set(id, { dueMs, everyMs: isInterval ? waitMs : undefined, callback, args, bornPass: this.host.pass() });
    this.isChanged = true;
    return id;
  }

  private clear(ids: unknown[], name: string): void {
    if (ids.length === 0) this.clearAll();
    else if (ids[0] === undefined) throw this.error(`clear${name}(undefined) not allowed. Use clear${name}() instead`);
    else this.remove(Number(ids[0]));
    this.isChanged = true;
  }

  private change(id: unknown, ms: unknown): void {
    const timer = this.table.get(Number(id));
    if (timer === undefined) throw this.error("Unknown Interval");
    timer.everyMs = atLeastMinimum(ms);
    timer.dueMs = this.host.nowMs() + timer.everyMs;
    this.isChanged = true;
  }

  /** Forgets every timer. */
  clearAll(): void {
    this.table.clear();
    this.lastId = 0;
  }

  private remove(id: number): void {
    if (!this.table.delete(id) || id !== this.lastId) return;
    // The next id is one more than the last one in the table, not than the highest ever given.
    this.lastId = 0;
    for (const pending of this.table.keys()) this.lastId = pending;
  }

  private error(message: string): unknown {
    return this.host.realm.error("Error", message);
  }
}

function atLeastMinimum(ms: unknown): number {
  const value = Number(ms);
  return value >= TIMER_MIN_MS ? value : TIMER_MIN_MS;
}
