// One end of a simulated TCP connection: window, segments in order, half-close and reset. Knows no platform.
//
// A sender may have as many bytes under way or unread at the other end as that end's window holds; the rest waits
// in its outbox. Bytes read at the other end open the window again one latency later, as an acknowledgement would.

import { createByteQueue, dropBytes, putBytes, takeBytes, type ByteQueue } from "./byte-queue.js";
import { delayMs, whenHeard, type Host, type Network } from "./network.js";

/** Who uses an end. Called from the world's events; `flushed` may also come from inside {@link finish}. */
export interface EndpointUser {
  /** There are bytes to take, or the peer's end has come. */
  readable(): void;
  /** The outbox has become shorter. */
  writable(): void;
  /** All output and our end have gone out. */
  flushed(): void;
  /** The connection was reset; nothing more follows. */
  reset(): void;
}

type Packet = Uint8Array | "fin" | "rst";

/** One end of a connection. */
export interface Endpoint {
  net: Network;
  host: Host;
  address: string;
  port: number;
  other: Endpoint;
  user: EndpointUser;
  outbox: ByteQueue;
  outstandingBytes: number;
  isFinWanted: boolean;
  isFinSent: boolean;
  /** Packets under way, in order: each arrival takes the first, whatever delayed it. */
  wire: Packet[];
  wireFreeAtMs: number;
  inbox: ByteQueue;
  isFinReceived: boolean;
  /** Input is dropped as it arrives. */
  isDiscarding: boolean;
  /** Nobody uses this end any more: what arrives is answered with a reset. */
  isDead: boolean;
}

const NOBODY: EndpointUser = {
  readable: () => undefined,
  writable: () => undefined,
  flushed: () => undefined,
  reset: () => undefined,
};

function createEndpoint(net: Network, host: Host, address: string, port: number): Endpoint {
  const end = {
    net, host, address, port, user: NOBODY,
    outbox: createByteQueue(), outstandingBytes: 0, isFinWanted: false, isFinSent: false,
    wire: [], wireFreeAtMs: 0,
    inbox: createByteQueue(), isFinReceived: false, isDiscarding: false, isDead: false,
  } as unknown as Endpoint;
  return end;
}

/** Both ends of a connection that stands: `[client, server]`. */
export function createConnection(
  net: Network, client: { host: Host; address: string; port: number }, server: { host: Host; address: string; port: number },
): [Endpoint, Endpoint] {
  const one = createEndpoint(net, client.host, client.address, client.port);
  const two = createEndpoint(net, server.host, server.address, server.port);
  one.other = two;
  two.other = one;
  return [one, two];
}

function say(end: Endpoint, what: string): void {
  end.net.log(`tcp ${end.address}:${end.port} > ${end.other.address}:${end.other.port} ${what}`);
}

function arriveBytes(end: Endpoint, bytes: Uint8Array): void {
  if (end.net.prng.chance(end.net.faults.resetProbability)) {
    say(end.other, `data ${bytes.length} broken`);
    reset(end);
    return end.user.reset();
  }
  say(end.other, `data ${bytes.length}`);
  putBytes(end.inbox, bytes);
  if (end.isDiscarding) receive(end, end.inbox.bytes);
  else end.user.readable();
}

function arrive(from: Endpoint): void {
  const packet = from.wire.shift() as Packet;
  const end = from.other;
  if (end.isDead) {
    if (typeof packet !== "string") transmit(end, "rst");
    return;
  }
  if (typeof packet !== "string") return arriveBytes(end, packet);
  say(from, packet);
  if (packet === "rst") {
    die(end);
    return end.user.reset();
  }
  end.isFinReceived = true;
  end.user.readable();
}

function transmit(end: Endpoint, packet: Packet): void {
  const { events } = end.net;
  end.wire.push(packet);
  end.wireFreeAtMs = Math.max(end.wireFreeAtMs, events.now() + delayMs(end.net));
  events.after(end.wireFreeAtMs - events.now(), () => whenHeard(end.host, end.other.host, () => arrive(end)));
}

function pump(end: Endpoint): void {
  const { windowBytes, segmentMaxBytes } = end.net;
  if (end.isDead) return;
  while (end.outbox.bytes > 0 && end.outstandingBytes < windowBytes) {
    const segment = takeBytes(end.outbox, Math.min(segmentMaxBytes, windowBytes - end.outstandingBytes));
    end.outstandingBytes += segment.length;
    transmit(end, segment);
  }
  if (!end.isFinWanted || end.isFinSent || end.outbox.bytes > 0) return;
  end.isFinSent = true;
  transmit(end, "fin");
  end.user.flushed();
}

function acknowledge(end: Endpoint, count: number): void {
  if (end.isDead) return;
  end.outstandingBytes -= count;
  pump(end);
  end.user.writable();
}

function die(end: Endpoint): void {
  end.isDead = true;
  dropBytes(end.outbox);
  dropBytes(end.inbox);
}

/** Puts output in the outbox; nobody else may write to `bytes` afterwards. */
export function send(end: Endpoint, bytes: Uint8Array): void {
  putBytes(end.outbox, bytes);
  pump(end);
}

/** Takes up to `count` bytes of input and opens the window for as many. */
export function receive(end: Endpoint, count: number): Uint8Array {
  const bytes = takeBytes(end.inbox, count);
  const sender = end.other;
  if (bytes.length > 0) {
    end.net.events.after(delayMs(end.net), () => whenHeard(end.host, sender.host, () => acknowledge(sender, bytes.length)));
  }
  return bytes;
}

/** Ends our stream behind what is in the outbox. */
export function finish(end: Endpoint): void {
  end.isFinWanted = true;
  pump(end);
}

/** From now on input is dropped, what has arrived included; the peer may go on sending. */
export function discard(end: Endpoint): void {
  end.isDiscarding = true;
  receive(end, end.inbox.bytes);
}

/** Nobody uses this end any more; nothing is sent that is not under way. */
export function orphan(end: Endpoint): void {
  die(end);
  end.user = NOBODY;
}

/** Breaks the connection with a reset. */
export function reset(end: Endpoint): void {
  if (end.isDead) return;
  die(end);
  transmit(end, "rst");
}

/** Closes as a process that exits does: a reset when bytes are lost by it in either direction, else an ordinary end. */
export function abandon(end: Endpoint): void {
  if (end.isDead) return;
  const losesBytes = end.outbox.bytes > 0 || end.inbox.bytes > 0;
  const needsFin = !end.isFinSent;
  orphan(end);
  if (losesBytes) transmit(end, "rst");
  else if (needsFin) transmit(end, "fin");
}
