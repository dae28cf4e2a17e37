// Hosts, names, bound ports, and the wire that carries a packet from one host to another.

import { Err } from "../../src/core/port.js";
import type { EventQueue } from "./event-queue.js";
import type { SimFaults } from "./faults.js";
import type { Prng } from "./prng.js";
import { createSimDisk, type SimDisk } from "./sim-files.js";
import type { HostLink } from "./sim-link.js";

const LOOPBACK = "127.0.0.1";
const FIRST_EPHEMERAL_PORT = 49152;
const PORT_COUNT = 65536;

/** Someone bound to a port. `Incoming` is what arrives there. */
export interface Binding<Incoming> {
  host: Host;
  /** "" is every address of the host. */
  address: string;
  port: number;
  hasTls: boolean;
  /** Text that a verifying client compares with its `ca`. */
  cert: string;
  /** Takes what arrived; false refuses it. */
  incoming(arrival: Incoming): boolean;
}

/** One machine: its address, and who is bound to its ports. */
export interface Host {
  address: string;
  tcp: Binding<unknown>[];
  udp: Binding<Datagram>[];
  nextPort: number;
  isSilent: boolean;
  /** Packets that wait until the host is heard again. */
  parked: (() => void)[];
  disk: SimDisk;
  /** Made with the first platform on this host, or when it is first asked for. */
  link?: HostLink;
}

/** One datagram under way. */
export interface Datagram {
  bytes: Uint8Array;
  fromAddress: string;
  fromPort: number;
}

/** Everything simulated below the platforms. */
export interface Network {
  events: EventQueue;
  prng: Prng;
  faults: SimFaults;
  hosts: Map<string, Host>;
  names: Map<string, string>;
  latencyMs: number;
  connectTimeoutMs: number;
  /** Largest segment on the wire, bytes a receiver has room for, bytes a sender holds back. */
  segmentMaxBytes: number;
  windowBytes: number;
  sendBufferBytes: number;
  /** One line for each thing on the wire. */
  log(line: string): void;
}

/** The host at `address`, made when there is none. */
export function hostAt(net: Network, address: string): Host {
  let host = net.hosts.get(address);
  if (host === undefined) {
    host = { address, tcp: [], udp: [], nextPort: FIRST_EPHEMERAL_PORT, isSilent: false, parked: [], disk: createSimDisk() };
    net.hosts.set(address, host);
  }
  return host;
}

/** True for an address in digits. */
export function isLiteral(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** The address that `name` means on `host`; undefined when it does not resolve. */
export function resolve(net: Network, name: string): string | undefined {
  if (name === "" || name === "localhost" || name === "::1" || name === LOOPBACK) return LOOPBACK;
  if (isLiteral(name)) return name;
  return net.names.get(name.toLowerCase());
}

/** The host that `address` leads to when asked from `from`; undefined when there is none. */
export function hostFor(net: Network, from: Host, address: string): Host | undefined {
  return address === LOOPBACK ? from : net.hosts.get(address);
}

/** What to bind to for the `host` of a ListenSpec: "" for all, an own address, or undefined for someone else's. */
export function ownAddress(net: Network, host: Host, wanted: string): string | undefined {
  if (wanted === "" || wanted === "0.0.0.0" || wanted === "::") return "";
  const address = resolve(net, wanted);
  return address === LOOPBACK || address === host.address ? address : undefined;
}

function overlaps(a: string, b: string): boolean {
  return a === "" || b === "" || a === b;
}

/** Who is bound to `port` for packets to `address`. */
export function boundAt<T>(bindings: Binding<T>[], address: string, port: number): Binding<T> | undefined {
  return bindings.find((b) => b.port === port && overlaps(b.address, address));
}

/** A port of `host` that is free for both protocols. */
export function freePort(host: Host): number {
  for (let tries = 0; tries < PORT_COUNT - FIRST_EPHEMERAL_PORT; tries++) {
    const port = host.nextPort;
    host.nextPort = port + 1 < PORT_COUNT ? port + 1 : FIRST_EPHEMERAL_PORT;
    const isBound = [...host.tcp, ...host.udp].some((b) => b.port === port);
    if (!isBound) return port;
  }
  return 0;
}

/** Binds, with port 0 to a free one; answers what stands in the way, or None. */
export function bind<T>(bindings: Binding<T>[], binding: Binding<T>): Err {
  if (binding.port === 0) binding.port = freePort(binding.host);
  if (boundAt(bindings, binding.address, binding.port) !== undefined) return Err.AddressInUse;
  bindings.push(binding);
  return Err.None;
}

/** Frees the port; harmless when it is free. */
export function unbind<T>(bindings: Binding<T>[], binding: Binding<T>): void {
  const at = bindings.indexOf(binding);
  if (at >= 0) bindings.splice(at, 1);
}

/** How long a packet takes now. */
export function delayMs(net: Network): number {
  const { faults, prng } = net;
  let ms = net.latencyMs;
  if (faults.jitterMs > 0) ms += prng.below(faults.jitterMs + 1);
  if (prng.chance(faults.stall)) ms += prng.below(faults.stallMaxMs + 1);
  return ms;
}

/** Runs `arrive` unless one of the hosts is silent; then it waits until both are heard again, as if sent again. */
export function whenHeard(from: Host, to: Host, arrive: () => void): void {
  const silent = [from, to].find((host) => host.isSilent);
  if (silent === undefined) arrive();
  else silent.parked.push(() => whenHeard(from, to, arrive));
}

/** Makes a host silent (nothing goes in or out), or heard again; what waited arrives then, in order. */
export function setSilent(net: Network, host: Host, isSilent: boolean): void {
  host.isSilent = isSilent;
  if (isSilent) return;
  const parked = host.parked;
  host.parked = [];
  for (const arrive of parked) net.events.after(net.latencyMs, arrive);
}

function arriveDatagram(net: Network, to: Host, address: string, port: number, datagram: Datagram): void {
  if (to.isSilent) return;
  const binding = boundAt(to.udp, address, port);
  net.log(`udp ${datagram.fromAddress}:${datagram.fromPort} > ${address}:${port} ${datagram.bytes.length}`
    + (binding === undefined ? " nobody" : ""));
  binding?.incoming(datagram);
}

/** Sends a datagram from `from`; it may be lost, doubled or late, and nobody is told. */
export function sendDatagram(net: Network, from: Host, name: string, port: number, bytes: Uint8Array, fromPort: number): void {
  const address = resolve(net, name);
  const to = address === undefined ? undefined : hostFor(net, from, address);
  if (address === undefined || to === undefined || from.isSilent) return;
  const { faults, prng } = net;
  if (prng.chance(faults.udpLoss)) return net.log(`udp to ${address}:${port} lost`);
  const datagram = { bytes, fromAddress: address === LOOPBACK ? LOOPBACK : from.address, fromPort };
  const copies = prng.chance(faults.udpDuplicate) ? 2 : 1;
  for (let i = 0; i < copies; i++) {
    const lateMs = prng.chance(faults.udpReorder) ? prng.below(faults.udpLateMaxMs + 1) : 0;
    net.events.after(delayMs(net) + lateMs, () => arriveDatagram(net, to, address, port, datagram));
  }
}
