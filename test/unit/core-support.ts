// A stage for tests of the core and of HTTP: one simulated host with a manager on it, and everything that happens there.

import assert from "node:assert/strict";
import { createSimWorld, type SimPeer, type SimPlatformOptions, type SimWorld, type SimWorldOptions } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { type AnyHandler, eventName, type EventHandler, MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_POLL, MG_EV_TIMER } from "../../src/core/events.js";
import { MG_F_CONNECTING, MG_F_UDP } from "../../src/core/flags.js";
import { Manager } from "../../src/core/manager.js";
import type { ManagerOptions } from "../../src/core/options.js";
import type { Platform } from "../../src/core/port.js";

/** Where the manager under test lives, and its peers. */
export const HERE = "10.0.0.1";
export const THERE = "10.0.0.9";

/** A world, a manager in it, what it said, and every rule of the contract that was broken. */
export interface Stage {
  world: SimWorld;
  platform: Platform;
  mgr: Manager;
  /** `name EVENT data`, in the order of the calls; POLL is left out. */
  events: string[];
  /** Log lines of the platform. */
  logs: string[];
  /** Broken rules of the event order. */
  violations: string[];
  /** A handler that notes each event under `name`, then does what `act` does. */
  note(name: string, act?: AnyHandler): EventHandler;
  /** A client of the manager. */
  peer(port: number): SimPeer;
  /** Runs the world for so many milliseconds of its own; default 100, far below a tick. */
  run(ms?: number): void;
  /** Frees the manager and checks what must be true at the end of every program. */
  finish(): void;
}

/** What a stage can be told. */
export interface StageOptions {
  world?: Partial<SimWorldOptions>;
  platform?: Partial<SimPlatformOptions>;
  mgr?: ManagerOptions;
  /** Drive by hand: `mgr.run` is not called. */
  manual?: boolean;
  wrap?: (platform: Platform, world: SimWorld) => Platform;
}

/** Data of an event as a short text. */
function dataText(data: unknown): string {
  if (data === undefined) return "";
  if (typeof data === "number") return " " + data;
  const o = data as { address?: string; method?: string; uri?: string };
  if (o.address !== undefined) return " " + o.address;
  return o.method !== undefined ? " " + o.method + " " + o.uri : " ?";
}

/** Watches the order of one connection's events: ACCEPT or CONNECT first, CLOSE once and last, nothing behind it. */
export function watcher(violations: string[]): (nc: Connection, ev: number) => void {
  const closed = new Set<Connection>();
  const begun = new Set<Connection>();
  return (nc, ev) => {
    if (closed.has(nc)) violations.push(`${eventName(ev)} after CLOSE of connection ${nc.id}`);
    const isStart = ev === MG_EV_ACCEPT || ev === MG_EV_CONNECT;
    if (isStart && begun.has(nc)) violations.push(`${eventName(ev)} twice for connection ${nc.id}`);
    const mustBegin = nc.listener !== undefined || (nc.flags & MG_F_CONNECTING) !== 0;
    if (mustBegin && !begun.has(nc) && !isStart && ev !== MG_EV_TIMER) violations.push(`${eventName(ev)} before the start of connection ${nc.id}`);
    if (isStart) begun.add(nc);
    if (ev === MG_EV_CLOSE) closed.add(nc);
  };
}

/** Makes a stage. The manager runs unless `manual` is given. */
export function stage(options: StageOptions = {}): Stage {
  const world = createSimWorld({ seed: 1, ...options.world });
  const logs: string[] = [];
  const plain = world.platform({ host: HERE, log: (line) => logs.push(line), ...options.platform });
  const platform = options.wrap === undefined ? plain : options.wrap(plain, world);
  const mgr = new Manager(platform, options.mgr);
  const events: string[] = [];
  const violations: string[] = [];
  const watch = watcher(violations);
  if (!options.manual) mgr.run();
  return {
    world,
    platform,
    mgr,
    events,
    logs,
    violations,
    note: (name, act) => (...args) => {
      const [nc, ev, data] = args;
      watch(nc, ev);
      if (ev !== MG_EV_POLL) events.push(`${name} ${eventName(ev)}${dataText(data)}`);
      act?.(nc, ev, data);
    },
    peer: (port) => world.connectPeer(THERE, HERE, port),
    run: (ms = 100) => world.runFor(ms),
    finish() {
      mgr.free();
      world.runFor(20_000);
      assert.deepEqual(violations, [], world.describe());
      assertAtRest(mgr);
    },
  };
}

/** No connection is left and the pool is full again. */
export function assertAtRest(mgr: Manager): void {
  assert.equal(mgr.next(), undefined, "a connection is left");
  assert.equal(mgr.pool.free, mgr.pool.pages, "pages are missing from the pool, or too many came back");
}

/** Only the connections a listener accepted, as a program would count them. */
export function accepted(mgr: Manager): Connection[] {
  const out: Connection[] = [];
  for (let nc = mgr.next(); nc; nc = mgr.next(nc)) if (nc.listener !== undefined && !(nc.flags & MG_F_UDP)) out.push(nc);
  return out;
}

/** The texts of those events that begin with `name`. */
export function eventsOf(s: Stage, name: string): string[] {
  return s.events.filter((line) => line.startsWith(name + " ")).map((line) => line.slice(name.length + 1));
}
