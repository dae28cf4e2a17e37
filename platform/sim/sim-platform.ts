// The port over one simulated host.

import type { Capabilities, Handle, MemoryInfo, Owner, Platform, Sink } from "../../src/core/port.js";
import { byteOpsFor, digestOf, type RawForm } from "./byte-ops.js";
import type { SimEvent } from "./event-queue.js";
import { hostAt, type Network } from "./network.js";
import { createSimFiles } from "./sim-files.js";
import type { SimHost } from "./sim-host.js";
import { HostLink, type SimWifi } from "./sim-link.js";
import {
  destroyBound, endBound, listenSim, openSimDatagram, sendSimDatagram, type SimDatagramSocket, type SimListener,
} from "./sim-listener.js";
import {
  connectStream, destroyStream, endStream, pauseStream, resumeStream, writeStream, type SimStream,
} from "./sim-stream.js";

/** A host that can do everything. */
export const SIM_CAPS: Readonly<Capabilities> = {
  pauseRead: true,
  peerAddress: true,
  connectBlocks: false,
  halfClose: true,
  seesReset: true,
  tlsClient: true,
  tlsServer: true,
  tlsVerifies: true,
  udp: true,
  ipv6: true,
  listenPort0: true,
  readMaxBytes: 1460,
  writeMaxBytes: 16384,
  datagramMaxBytes: 1472,
  sockets: 1024,
  pages: 256,
  pageBytes: 512,
};

/** A host that can do what Espruino on an ESP32 can (libs/network/socketserver.c); give it `form: "string"` as well. */
export const ESPRUINO_LIKE_CAPS: Readonly<Capabilities> = {
  pauseRead: false,
  peerAddress: false,
  connectBlocks: true,
  halfClose: false,
  seesReset: false,
  tlsClient: true,
  tlsServer: false,
  tlsVerifies: false,
  udp: true,
  ipv6: false,
  listenPort0: false,
  readMaxBytes: 536,
  writeMaxBytes: 1024,
  datagramMaxBytes: 528,
  sockets: 10,
  pages: 24,
  pageBytes: 256,
};

const HOLD_MAX_BYTES = 4096;

/** What one simulated host is like. */
export interface SimPlatformOptions {
  /** Its address, for example "10.0.0.1". */
  host: string;
  /** Default "sim". */
  name?: string;
  /** Over {@link SIM_CAPS}. */
  caps?: Partial<Capabilities>;
  /** The form of its bytes: "array" (default, as on Node) or "string" (as on Espruino). */
  form?: RawForm;
  /** Bytes kept for a connection whose data is not taken, where `caps.pauseRead` is false; above it, RecvOverflow. */
  holdMaxBytes?: number;
  /** Answers of `memory()`; default none. */
  memory?: () => MemoryInfo | undefined;
  /** Room of the host's file store in bytes, default 1 MiB; the platforms of one host share the store. */
  storageBytes?: number;
  /** The host has a radio, and this is the network around it: it is down until it joins. Default: no radio, always up. */
  wifi?: SimWifi;
  /** Where log lines go; default the world's own log. */
  log?: (line: string) => void;
}

type SimHandle = SimStream | SimListener | SimDatagramSocket;

function createHost(net: Network, options: SimPlatformOptions, count: number): SimHost {
  const form = options.form ?? "array";
  return {
    net,
    host: hostAt(net, options.host),
    caps: { ...SIM_CAPS, ...options.caps },
    form,
    bytes: byteOpsFor(form),
    prng: net.prng.fork(`platform ${options.host} ${count}`),
    holdMaxBytes: options.holdMaxBytes ?? HOLD_MAX_BYTES,
    sink() {
      throw new Error(`Cannot report to ${options.host}: its platform was not opened`);
    },
    socketCount: 0,
    freed: [],
  };
}

/** One timer an owner, on virtual time. */
function createTimers(sim: SimHost): (owner: Owner, ms: number) => void {
  const timers = new Map<Owner, SimEvent>();
  return (owner, ms) => {
    const { events } = sim.net;
    events.cancel(timers.get(owner));
    timers.delete(owner);
    if (ms < 0) return;
    const event = events.after(ms, () => {
      timers.delete(owner);
      sim.sink().wake(owner);
    });
    timers.set(owner, event);
  };
}

function stream(handle: Handle, call: string): SimStream {
  const known = handle as SimHandle | undefined;
  if (known?.kind !== "stream") throw new Error(`Cannot ${call}: the handle is not a stream of the simulator`);
  return known;
}

function openOnce(sim: SimHost, sink: Sink, earlier: Sink | undefined): void {
  if (earlier !== undefined && earlier !== sink) throw new Error(`${sim.host.address} was opened with two sinks`);
  sim.sink = () => sink;
}

/** The platform of one host; `count` tells platforms on the same host apart. */
export function createSimPlatform(net: Network, options: SimPlatformOptions, epochMs: number, count: number): Platform {
  const sim = createHost(net, options, count);
  const log = options.log ?? ((line) => net.log(`log ${options.host} ${line}`));
  const { disk } = sim.host;
  disk.capacityBytes = options.storageBytes ?? disk.capacityBytes;
  const wallMs = (): number => epochMs + net.events.now();
  let opened: Sink | undefined;
  sim.host.link ??= new HostLink(net, sim.host, options.wifi);
  return {
    name: options.name ?? "sim",
    caps: sim.caps,
    bytes: sim.bytes,
    open(sink) {
      openOnce(sim, sink, opened);
      opened = sink;
    },
    listen: (owner, spec) => listenSim(sim, owner, spec),
    connect: (owner, spec) => connectStream(sim, owner, spec),
    write: (handle, bytes) => writeStream(stream(handle, "write"), bytes),
    pause: (handle) => pauseStream(stream(handle, "pause")),
    resume: (handle) => resumeStream(stream(handle, "resume")),
    end(handle) {
      const known = handle as SimHandle;
      if (known.kind === "stream") endStream(known);
      else endBound(known);
    },
    destroy(handle) {
      const known = handle as SimHandle;
      if (known.kind === "stream") destroyStream(known);
      else destroyBound(known);
    },
    openDatagram: (owner, spec) => openSimDatagram(sim, owner, spec),
    sendTo(handle, bytes, host, port) {
      const known = handle as SimHandle;
      if (known.kind !== "datagram") throw new Error("Cannot sendTo: the handle is not a datagram socket");
      return sendSimDatagram(known, bytes, host, port);
    },
    now: () => net.events.now(),
    wallMs,
    wakeAfter: createTimers(sim),
    tidy: () => undefined,
    memory: () => options.memory?.(),
    random: (count) => sim.prng.binary(count),
    digest: digestOf,
    log,
    files: createSimFiles(disk, sim.form, wallMs),
    link: sim.host.link,
  };
}
