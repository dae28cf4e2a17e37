// The world: virtual time, a virtual network, and everything that goes wrong in it, drawn from one seed.

import type { Platform } from "../../src/core/port.js";
import { createEventQueue, type SimEvent } from "./event-queue.js";
import { completeFaults, type SimFaults } from "./faults.js";
import { hostAt, isLiteral, setSilent, type Network } from "./network.js";
import { createPrng } from "./prng.js";
import { HostLink, type SimLink } from "./sim-link.js";
import { createSimPlatform, type SimPlatformOptions } from "./sim-platform.js";
import {
  connectSimPeer, listenSimPeer, openSimUdpPeer, type SimPeer, type SimPeerServer, type SimUdpPeer,
} from "./sim-peer.js";

/** What a world is made of. Sizes in bytes. */
export interface SimWorldOptions {
  /** 32 bits; the same seed and the same program give the same run. */
  seed: number;
  /** One way, default 1. */
  latencyMs?: number;
  faults?: Partial<SimFaults>;
  /** How long a connect waits for an answer, default 10 000. */
  connectTimeoutMs?: number;
  /** Default 1460, 5744 and 5744, as ESP32 boards ship. */
  segmentMaxBytes?: number;
  windowBytes?: number;
  sendBufferBytes?: number;
  /** What `wallMs` says at time 0; default the first of January 2026. */
  epochMs?: number;
  /** Gets one line for each thing on the wire, with its time. */
  log?: (line: string) => void;
}

/** A simulated world. All times in virtual milliseconds. */
export interface SimWorld {
  readonly seed: number;
  readonly now: number;
  /** Nothing is planned: without an outside call nothing will ever happen again. */
  readonly idle: boolean;
  /** The faults in force; may be changed at any time. */
  readonly faults: SimFaults;
  /** Runs the next event; false when idle. */
  step(): boolean;
  /** Runs everything planned for the next `ms`. */
  runFor(ms: number): void;
  /**
   * Runs until `isReached` holds. Throws an Error with `what`, the time and the seed when it does not within `maxMs`
   * (default 60 000), or nothing is planned any more.
   */
  runUntil(isReached: () => boolean, maxMs?: number, what?: string): void;
  /** Runs `act` in `ms` from now. */
  after(ms: number, act: () => void): SimEvent;
  /** Seed, time and state of the random numbers in one line: what to print when something fails. */
  describe(): string;
  /** A platform on one host. Several may be made, on one host too. */
  platform(options: SimPlatformOptions): Platform;
  /** Lets `name` resolve to `address`. */
  dns(name: string, address: string): void;
  /** Makes a host silent: connects to it time out, what is under way waits. */
  blackhole(address: string): void;
  /** Lets a silent host be heard again. */
  heal(address: string): void;
  /** The link of a host that has a platform. */
  link(address: string): SimLink;
  connectPeer(from: string, to: string, port: number, options?: { tls?: boolean }): SimPeer;
  listenPeer(address: string, port: number, onPeer: (peer: SimPeer) => void, options?: { tls?: boolean }): SimPeerServer;
  udpPeer(address: string, port?: number): SimUdpPeer;
}

const LATENCY_MS = 1;
const CONNECT_TIMEOUT_MS = 10_000;
/** lwip as ESP32 builds of Espruino ship it (sdkconfig). */
const SEGMENT_MAX_BYTES = 1460;
const WINDOW_BYTES = 5744;
const RUN_MAX_MS = 60_000;
/** More events than this without time moving are a loop. */
const STEPS_AT_ONCE_MAX = 2_000_000;

function createNetwork(options: SimWorldOptions): Network {
  const events = createEventQueue();
  const sink = options.log;
  return {
    events,
    prng: createPrng(options.seed),
    faults: completeFaults(options.faults),
    hosts: new Map(),
    names: new Map(),
    latencyMs: options.latencyMs ?? LATENCY_MS,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    segmentMaxBytes: options.segmentMaxBytes ?? SEGMENT_MAX_BYTES,
    windowBytes: options.windowBytes ?? WINDOW_BYTES,
    sendBufferBytes: options.sendBufferBytes ?? WINDOW_BYTES,
    log: sink === undefined ? () => undefined : (line) => sink(`${events.now()} ${line}`),
  };
}

function checkSeed(seed: number): void {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new RangeError(`Seed ${seed} is not a whole number from 0 to 4294967295`);
  }
}

/** Steps one event, and throws when time has stood still for too long. */
function createStepper(net: Network, describe: () => string): () => boolean {
  let stepsAtOnce = 0;
  let lastMs = -1;
  return () => {
    const hasStepped = net.events.step();
    const nowMs = net.events.now();
    stepsAtOnce = nowMs === lastMs ? stepsAtOnce + 1 : 0;
    lastMs = nowMs;
    if (stepsAtOnce > STEPS_AT_ONCE_MAX) throw new Error(`${STEPS_AT_ONCE_MAX} events and time stands still (${describe()})`);
    return hasStepped;
  };
}

/** Makes a world. @throws RangeError for a seed that is not 32 bits or a fault that is no probability. */
export function createSimWorld(options: SimWorldOptions): SimWorld {
  checkSeed(options.seed);
  const net = createNetwork(options);
  const { events } = net;
  const describe = (): string => `seed ${options.seed}, at ${events.now()} ms, random ${net.prng.state()}`;
  const step = createStepper(net, describe);
  const epochMs = options.epochMs ?? Date.UTC(2026, 0, 1);
  let platformCount = 0;

  function runTo(endMs: number, isReached: () => boolean): boolean {
    while (!isReached()) {
      const nextMs = events.nextAtMs();
      if (nextMs === undefined || nextMs > endMs) return false;
      step();
    }
    return true;
  }

  return {
    seed: options.seed,
    get now() {
      return events.now();
    },
    get idle() {
      return events.nextAtMs() === undefined;
    },
    faults: net.faults,
    step,
    describe,
    runFor(ms) {
      const endMs = events.now() + ms;
      runTo(endMs, () => false);
      events.moveTo(endMs);
    },
    runUntil(isReached, maxMs = RUN_MAX_MS, what = "the condition") {
      if (runTo(events.now() + maxMs, isReached)) return;
      const why = events.nextAtMs() === undefined ? "and nothing more is planned" : `within ${maxMs} ms`;
      throw new Error(`Not reached ${why}: ${what} (${describe()})`);
    },
    after: (ms, act) => events.after(ms, act),
    platform: (given) => createSimPlatform(net, given, epochMs, ++platformCount),
    dns(name, address) {
      if (!isLiteral(address)) throw new TypeError(`Cannot resolve "${name}" to "${address}": not an address`);
      net.names.set(name.toLowerCase(), address);
    },
    blackhole: (address) => setSilent(net, hostAt(net, address), true),
    heal: (address) => setSilent(net, hostAt(net, address), false),
    link(address) {
      const host = hostAt(net, address);
      host.link ??= new HostLink(net, host, undefined);
      return host.link;
    },
    connectPeer: (from, to, port, given) => connectSimPeer(net, from, to, port, given?.tls === true),
    listenPeer: (address, port, onPeer, given) => listenSimPeer(net, address, port, onPeer, given?.tls === true),
    udpPeer: (address, port = 0) => openSimUdpPeer(net, address, port),
  };
}
