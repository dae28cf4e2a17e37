// Listeners and datagram sockets of a simulated platform.

import { Err, WriteResult, type ListenSpec, type Owner, type Raw } from "../../src/core/port.js";
import { arrayCopyOf } from "./byte-ops.js";
import { reset, type Endpoint } from "./endpoint.js";
import { bind, ownAddress, sendDatagram, unbind, type Binding, type Datagram } from "./network.js";
import { freeSocket, takeSocket, toRaw, type SimHost } from "./sim-host.js";
import { acceptStream, adoptStream } from "./sim-stream.js";

const DEFAULT_BACKLOG = 128;

/** A listener's handle. */
export interface SimListener {
  kind: "listener";
  sim: SimHost;
  owner: Owner | undefined;
  hasSocket: boolean;
  binding: Binding<Endpoint>;
  /** Connections whose handshake is done and that wait for a socket. */
  waiting: Endpoint[];
  /** Connections whose handshake is under way. */
  comingCount: number;
  tellFreed: () => void;
}

/** A datagram socket's handle. */
export interface SimDatagramSocket {
  kind: "datagram";
  sim: SimHost;
  owner: Owner | undefined;
  hasSocket: boolean;
  binding: Binding<Datagram>;
}

type Bound = SimListener | SimDatagramSocket;

function bindingsOf(bound: Bound): Binding<unknown>[] {
  const { host } = bound.sim;
  return bound.kind === "listener" ? host.tcp : (host.udp as Binding<unknown>[]);
}

function forget(bound: Bound): void {
  bound.owner = undefined;
  unbind(bindingsOf(bound), bound.binding as Binding<unknown>);
  if (bound.kind === "listener") closeListener(bound);
  if (bound.hasSocket) freeSocket(bound.sim);
  bound.hasSocket = false;
}

function closeListener(listener: SimListener): void {
  const { sim } = listener;
  const at = sim.freed.indexOf(listener.tellFreed);
  if (at >= 0) sim.freed.splice(at, 1);
  for (const end of listener.waiting) reset(end);
  listener.waiting.length = 0;
}

function refusal(bound: Bound, spec: ListenSpec): Err {
  const { caps, net } = bound.sim;
  if (!bound.hasSocket) return Err.TooManySockets;
  if (bound.kind === "datagram" && !caps.udp) return Err.NotSupported;
  if (bound.kind === "listener" && spec.tls !== undefined && !caps.tlsServer) return Err.NotSupported;
  if (spec.port === 0 && !caps.listenPort0) return Err.NotSupported;
  if (spec.host.includes(":") && !caps.ipv6) return Err.NotSupported;
  return net.prng.chance(net.faults.listenError) ? Err.AddressInUse : Err.None;
}

/** Binds at once, so that the next call finds the port taken, and reports from an event. */
function start(bound: Bound, spec: ListenSpec): void {
  const { net, host } = bound.sim;
  const address = ownAddress(net, host, spec.host);
  let err = refusal(bound, spec);
  if (err === Err.None && address === undefined) err = Err.AddressNotAvailable;
  bound.binding.address = address ?? "";
  if (err === Err.None) err = bind(bindingsOf(bound), bound.binding as Binding<unknown>);
  net.events.after(0, () => {
    const { owner, binding } = bound;
    if (owner === undefined) return;
    if (err === Err.None) return bound.sim.sink().listening(owner, binding.address, binding.port);
    forget(bound);
    bound.sim.sink().closed(owner, err);
  });
}

// ---- listeners ----

function acceptNext(listener: SimListener): void {
  const { sim, owner } = listener;
  while (listener.waiting.length > 0 && owner !== undefined && listener.owner === owner) {
    if (listener.waiting[0].isDead) {
      listener.waiting.shift();
      continue;
    }
    if (!takeSocket(sim)) return;
    const end = listener.waiting.shift() as Endpoint;
    const stream = acceptStream(sim, end);
    const knows = sim.caps.peerAddress;
    const { address, port } = end.other;
    adoptStream(stream, sim.sink().accepted(owner, stream, knows ? address : "", knows ? port : 0));
  }
}

function handshakeDone(listener: SimListener, end: Endpoint): void {
  const { net } = listener.sim;
  listener.comingCount--;
  if (listener.owner === undefined || net.prng.chance(net.faults.acceptError)) return reset(end);
  if (end.isDead) return;
  listener.waiting.push(end);
  acceptNext(listener);
}

/** {@link Platform.listen} */
export function listenSim(sim: SimHost, owner: Owner, spec: ListenSpec): SimListener {
  const backlog = spec.backlog ?? DEFAULT_BACKLOG;
  const listener: SimListener = {
    kind: "listener", sim, owner, hasSocket: takeSocket(sim), waiting: [], comingCount: 0,
    tellFreed: () => void sim.net.events.after(0, () => acceptNext(listener)),
    binding: {
      host: sim.host, address: "", port: spec.port, hasTls: spec.tls !== undefined, cert: spec.tls?.cert ?? "",
      incoming(end) {
        if (listener.waiting.length + listener.comingCount >= backlog) return false;
        listener.comingCount++;
        // The answer travels back and the client's confirmation comes in: TCP one round trip, TLS one more.
        const trips = listener.binding.hasTls ? 4 : 2;
        sim.net.events.after(trips * sim.net.latencyMs, () => handshakeDone(listener, end));
        return true;
      },
    },
  };
  sim.freed.push(listener.tellFreed);
  start(listener, spec);
  return listener;
}

// ---- datagrams ----

/** {@link Platform.openDatagram} */
export function openSimDatagram(sim: SimHost, owner: Owner, spec: ListenSpec): SimDatagramSocket {
  const socket: SimDatagramSocket = {
    kind: "datagram", sim, owner, hasSocket: takeSocket(sim),
    binding: {
      host: sim.host, address: "", port: spec.port, hasTls: false, cert: "",
      incoming({ bytes, fromAddress, fromPort }) {
        if (socket.owner === undefined) return false;
        const whole = bytes.subarray(0, sim.caps.datagramMaxBytes);
        sim.sink().datagram(socket.owner, toRaw(sim, whole), fromAddress, fromPort);
        return true;
      },
    },
  };
  start(socket, spec);
  return socket;
}

/** {@link Platform.sendTo} */
export function sendSimDatagram(socket: SimDatagramSocket, bytes: Raw, host: string, port: number): number {
  const { sim, binding } = socket;
  if (socket.owner === undefined) return WriteResult.Closed;
  if (bytes.length > sim.caps.datagramMaxBytes) return WriteResult.Failed;
  sendDatagram(sim.net, sim.host, host, port, arrayCopyOf(bytes), binding.port);
  return bytes.length;
}

// ---- both ----

/** {@link Platform.destroy} for a listener or datagram socket. */
export function destroyBound(bound: Bound): void {
  if (bound.owner !== undefined) forget(bound);
}

/** {@link Platform.end} for a listener or datagram socket: there is nothing to flush, so `closed` follows at once. */
export function endBound(bound: Bound): void {
  const { events } = bound.sim.net;
  if (bound.owner === undefined) return;
  unbind(bindingsOf(bound), bound.binding as Binding<unknown>);
  events.after(0, () => {
    const { owner } = bound;
    if (owner === undefined) return;
    forget(bound);
    bound.sim.sink().closed(owner, Err.None);
  });
}
