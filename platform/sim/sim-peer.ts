// Scripted clients, servers and datagram sockets for tests: the far end of a conversation, without meerkat in it.
// Nothing here calls back or moves before the world is stepped.

import { Err } from "../../src/core/port.js";
import { arrayCopyOf, binaryOf, bytesOfBinary } from "./byte-ops.js";
import { createByteQueue, putBytes, takeBytes } from "./byte-queue.js";
import { dial } from "./dial.js";
import { abandon, finish, receive, reset, send, type Endpoint } from "./endpoint.js";
import { bind, hostAt, sendDatagram, unbind, type Binding, type Datagram, type Network } from "./network.js";

/** "ended": the other end has ended its stream; "closed": over for good. */
export type SimPeerState = "connecting" | "open" | "ended" | "closed";

/** One scripted end of a connection. Strings are binary: one character for each byte. */
export interface SimPeer {
  readonly state: SimPeerState;
  /** Why it is closed: Refused, TimedOut, Reset … ; None when in good order. */
  readonly error: Err;
  /** Everything received and not taken yet. */
  readonly received: string;
  readonly receivedBytes: Uint8Array;
  readonly receivedCount: number;
  /** Bytes given to `send` that wait for room in the window. */
  readonly unsentCount: number;
  /** Own address and port; port 0 while connecting. */
  readonly address: string;
  readonly port: number;
  /** Sends bytes; before the connection stands they wait. Ignored once it is over. */
  send(bytes: string | Uint8Array): void;
  /** Answers everything received and forgets it. */
  take(): string;
  /** Ends the own stream and goes on reading. */
  fin(): void;
  /** Breaks the connection. */
  reset(): void;
  /** Closes as a process that exits: the end, and a reset for whatever still comes. */
  close(): void;
  pauseReading(): void;
  resumeReading(): void;
}

/** A scripted server. */
export interface SimPeerServer {
  readonly address: string;
  readonly port: number;
  /** Stops listening; its connections go on. */
  close(): void;
}

/** A scripted datagram socket. */
export interface SimUdpPeer {
  readonly address: string;
  readonly port: number;
  readonly received: { bytes: string; address: string; port: number }[];
  send(bytes: string | Uint8Array, host: string, port: number): void;
  close(): void;
}

function bytesOf(bytes: string | Uint8Array): Uint8Array {
  return typeof bytes === "string" ? bytesOfBinary(bytes) : arrayCopyOf(bytes);
}

class Peer implements SimPeer {
  state: SimPeerState = "connecting";
  error: Err = Err.None;
  private end: Endpoint | undefined;
  private readonly input = createByteQueue();
  private readonly early = createByteQueue();
  private wantsFin = false;
  private isPaused = false;
  private cancelDial: () => void = () => undefined;

  constructor(readonly address: string) {}

  /** Connects from `host` of the world. */
  dial(net: Network, to: string, port: number, hasTls: boolean): void {
    const tls = hasTls ? { ca: "", isVerifying: false } : undefined;
    const spec = { from: hostAt(net, this.address), to, port, tls, isFaulty: false };
    const attempt = dial(net, spec, (err, end) => {
      if (end === undefined || err !== Err.None) this.over(err);
      else this.use(end);
    });
    this.cancelDial = () => attempt.cancel();
  }

  use(end: Endpoint): void {
    this.end = end;
    this.state = "open";
    end.user = {
      readable: () => this.read(),
      writable: () => undefined,
      flushed: () => this.settle(),
      reset: () => this.over(Err.Reset),
    };
    if (this.early.bytes > 0) send(end, takeBytes(this.early, this.early.bytes));
    if (this.wantsFin) finish(end);
    this.read();
  }

  get port(): number {
    return this.end?.port ?? 0;
  }

  get received(): string {
    const bytes = this.receivedBytes;
    return binaryOf(bytes, 0, bytes.length);
  }

  get receivedBytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.input.pieces));
  }

  get receivedCount(): number {
    return this.input.bytes;
  }

  get unsentCount(): number {
    return this.early.bytes + (this.end?.outbox.bytes ?? 0);
  }

  send(bytes: string | Uint8Array): void {
    const piece = bytesOf(bytes);
    if (this.state === "closed" || this.wantsFin) return;
    if (this.end === undefined) putBytes(this.early, piece);
    else send(this.end, piece);
  }

  take(): string {
    const bytes = takeBytes(this.input, this.input.bytes);
    return binaryOf(bytes, 0, bytes.length);
  }

  fin(): void {
    this.wantsFin = true;
    if (this.end !== undefined) finish(this.end);
  }

  reset(): void {
    this.cancelDial();
    if (this.end !== undefined) reset(this.end);
    this.over(Err.None);
  }

  close(): void {
    this.cancelDial();
    if (this.end !== undefined) abandon(this.end);
    this.over(Err.None);
  }

  pauseReading(): void {
    this.isPaused = true;
  }

  resumeReading(): void {
    this.isPaused = false;
    this.read();
  }

  private read(): void {
    const end = this.end;
    if (end === undefined || this.isPaused) return;
    putBytes(this.input, receive(end, end.inbox.bytes));
    if (end.isFinReceived && this.state === "open") this.state = "ended";
    this.settle();
  }

  /** Closed in good order once both ends have ended. */
  private settle(): void {
    if (this.state === "ended" && this.end?.isFinSent === true) this.over(Err.None);
  }

  private over(err: Err): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.error = err;
  }
}

/** A client at `from` that starts connecting to `to`:`port`. */
export function connectSimPeer(net: Network, from: string, to: string, port: number, hasTls: boolean): SimPeer {
  const peer = new Peer(from);
  peer.dial(net, to, port, hasTls);
  return peer;
}

function bound<T>(bindings: Binding<T>[], binding: Binding<T>, what: string): void {
  const { address } = binding.host;
  if (bind(bindings, binding) !== Err.None) throw new Error(`Cannot ${what} on ${address}:${binding.port}: in use`);
}

/** A server at `address`; port 0 picks one. `onPeer` gets each connection. @throws Error when the port is in use. */
export function listenSimPeer(
  net: Network, address: string, port: number, onPeer: (peer: SimPeer) => void, hasTls: boolean,
): SimPeerServer {
  const host = hostAt(net, address);
  const binding: Binding<Endpoint> = {
    host, address: "", port, hasTls, cert: "",
    incoming(end) {
      net.events.after((hasTls ? 4 : 2) * net.latencyMs, () => {
        if (end.isDead) return;
        const peer = new Peer(address);
        peer.use(end);
        onPeer(peer);
      });
      return true;
    },
  };
  bound(host.tcp, binding as Binding<unknown>, "listen");
  return { address, port: binding.port, close: () => unbind(host.tcp, binding as Binding<unknown>) };
}

/** A datagram socket at `address`; port 0 picks one. @throws Error when the port is in use. */
export function openSimUdpPeer(net: Network, address: string, port: number): SimUdpPeer {
  const host = hostAt(net, address);
  const received: SimUdpPeer["received"] = [];
  const binding: Binding<Datagram> = {
    host, address: "", port, hasTls: false, cert: "",
    incoming({ bytes, fromAddress, fromPort }) {
      received.push({ bytes: binaryOf(bytes, 0, bytes.length), address: fromAddress, port: fromPort });
      return true;
    },
  };
  bound(host.udp, binding, "open a datagram socket");
  return {
    address, port: binding.port, received,
    send: (bytes, to, toPort) => sendDatagram(net, host, to, toPort, bytesOf(bytes), binding.port),
    close: () => unbind(host.udp, binding),
  };
}
