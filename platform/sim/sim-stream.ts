// A stream socket of a simulated platform: turns an endpoint's events into the port's upcalls.

import { Err, WriteResult, type ConnectSpec, type Owner, type Raw } from "../../src/core/port.js";
import { arrayCopyOf } from "./byte-ops.js";
import { createByteQueue, dropBytes, putBack, putBytes, takeBytes, type ByteQueue } from "./byte-queue.js";
import { dial, type Dial } from "./dial.js";
import { abandon, discard, finish, orphan, receive, reset, send, type Endpoint } from "./endpoint.js";
import { freeSocket, takeSocket, toRaw, type SimHost } from "./sim-host.js";

const enum Phase {
  Connecting,
  Open,
  /** `end` was called: output is being flushed, input dropped. */
  Ending,
  /** Closed or destroyed: nothing is reported any more. */
  Gone,
}

/** A stream handle of the simulated platform. */
export interface SimStream {
  kind: "stream";
  sim: SimHost;
  owner: Owner | undefined;
  phase: Phase;
  end: Endpoint | undefined;
  dial: Dial | undefined;
  hasSocket: boolean;
  /** Input that was read and not taken. */
  hold: ByteQueue;
  isBlocked: boolean;
  isPaused: boolean;
  isTrickling: boolean;
  isDelivering: boolean;
  hasEnded: boolean;
  /** Output was lost because the peer's end closes everything here. */
  isCut: boolean;
  isUnsent: boolean;
  wantsDrained: boolean;
}

function createStream(sim: SimHost, owner: Owner | undefined, phase: Phase, hasSocket: boolean): SimStream {
  return {
    kind: "stream", sim, owner, phase, end: undefined, dial: undefined, hasSocket, hold: createByteQueue(),
    isBlocked: false, isPaused: false, isTrickling: sim.net.prng.chance(sim.net.faults.byteAtATime),
    isDelivering: false, hasEnded: false, isCut: false, isUnsent: false, wantsDrained: false,
  };
}

/** Forgets everything; the endpoint must have been dealt with. */
function leave(stream: SimStream): Owner | undefined {
  const owner = stream.owner;
  stream.phase = Phase.Gone;
  stream.owner = undefined;
  stream.end = undefined;
  stream.wantsDrained = false;
  dropBytes(stream.hold);
  if (stream.hasSocket) freeSocket(stream.sim);
  return owner;
}

/** Reports `closed`; only from an event. */
function close(stream: SimStream, err: Err): void {
  if (stream.phase === Phase.Gone) return;
  const owner = leave(stream);
  if (owner !== undefined) stream.sim.sink().closed(owner, err);
}

function closeLater(stream: SimStream, err: Err): void {
  stream.sim.net.events.after(0, () => close(stream, err));
}

// ---- input ----

function mayRead(stream: SimStream): boolean {
  const isHeld = stream.isBlocked || (stream.isPaused && stream.sim.caps.pauseRead);
  return stream.phase === Phase.Open && stream.end !== undefined && !isHeld;
}

/** Plans the next upcall about input, when there is something to say. */
function wantInput(stream: SimStream): void {
  const end = stream.end;
  if (end === undefined || stream.phase !== Phase.Open) return;
  if (stream.isBlocked && !stream.sim.caps.pauseRead) return holdInput(stream, end);
  if (!mayRead(stream) || stream.isDelivering) return;
  const hasBytes = stream.hold.bytes > 0 || end.inbox.bytes > 0;
  if (!hasBytes && (!end.isFinReceived || stream.hasEnded)) return;
  stream.isDelivering = true;
  stream.sim.net.events.after(0, () => {
    stream.isDelivering = false;
    if (mayRead(stream)) deliver(stream, end);
  });
}

/** The platform that cannot pause reads on; what its program does not take fills a bounded hold. */
function holdInput(stream: SimStream, end: Endpoint): void {
  const { sim } = stream;
  putBytes(stream.hold, receive(end, end.inbox.bytes));
  if (stream.hold.bytes <= sim.holdMaxBytes) return;
  reset(end);
  closeLater(stream, Err.RecvOverflow);
  stream.end = undefined;
}

function pieceBytes(stream: SimStream, available: number): number {
  const { faults, prng } = stream.sim.net;
  const most = Math.min(available, stream.sim.caps.readMaxBytes);
  if (stream.isTrickling) return Math.min(most, 1);
  return prng.chance(faults.recvPartial) ? 1 + prng.below(most) : most;
}

function nextPiece(stream: SimStream, end: Endpoint): Uint8Array {
  if (stream.hold.bytes > 0) return takeBytes(stream.hold, pieceBytes(stream, stream.hold.bytes));
  return end.inbox.bytes > 0 ? receive(end, pieceBytes(stream, end.inbox.bytes)) : new Uint8Array(0);
}

function deliver(stream: SimStream, end: Endpoint): void {
  const owner = stream.owner;
  if (owner === undefined) return;
  const piece = nextPiece(stream, end);
  if (piece.length === 0) return deliverEnd(stream, end, owner);
  const taken = piece.length - stream.sim.sink().data(owner, toRaw(stream.sim, piece));
  if (!(taken >= 0 && taken <= piece.length)) {
    throw new Error(`The core took ${taken} of data of ${piece.length} bytes`);
  }
  if (stream.phase !== Phase.Open) return;
  if (taken < piece.length) {
    putBack(stream.hold, piece.subarray(taken));
    stream.isBlocked = true;
  }
  wantInput(stream);
}

function deliverEnd(stream: SimStream, end: Endpoint, owner: Owner): void {
  if (!end.isFinReceived || stream.hasEnded) return;
  stream.hasEnded = true;
  if (stream.sim.caps.halfClose) return stream.sim.sink().ended(owner);
  orphan(end);
  close(stream, stream.isUnsent ? Err.UnsentData : Err.None);
}

/** A platform without half-close takes the peer's end for the end of everything: output still here is lost. */
function cut(stream: SimStream, end: Endpoint): void {
  stream.isCut = true;
  stream.isUnsent = end.outbox.bytes > 0;
  stream.wantsDrained = false;
  if (stream.phase === Phase.Ending) {
    abandon(end);
    return close(stream, stream.isUnsent ? Err.UnsentData : Err.None);
  }
  dropBytes(end.outbox);
  finish(end);
}

function readable(stream: SimStream, end: Endpoint): void {
  if (end.isFinReceived && !stream.isCut && !stream.sim.caps.halfClose) cut(stream, end);
  wantInput(stream);
}

// ---- output ----

function hasRoom(stream: SimStream, end: Endpoint): boolean {
  return end.outbox.bytes <= stream.sim.net.sendBufferBytes / 2;
}

function tellDrained(stream: SimStream): void {
  const { end, owner } = stream;
  if (!stream.wantsDrained || stream.phase !== Phase.Open || end === undefined || owner === undefined) return;
  if (end.isDead || !hasRoom(stream, end)) return;
  stream.wantsDrained = false;
  stream.sim.sink().drained(owner);
}

function block(stream: SimStream): WriteResult {
  stream.wantsDrained = true;
  return WriteResult.WouldBlock;
}

/** {@link Platform.write} */
export function writeStream(stream: SimStream, bytes: Raw): number {
  const { sim, end } = stream;
  const { net, caps } = sim;
  if (bytes.length > caps.writeMaxBytes) {
    throw new RangeError(`A write of ${bytes.length} bytes is above writeMaxBytes, ${caps.writeMaxBytes}`);
  }
  if (stream.phase === Phase.Connecting) return block(stream);
  if (stream.phase !== Phase.Open || end === undefined || end.isDead) return WriteResult.Closed;
  if (stream.isCut) return WriteResult.Closed;
  const isFull = end.outbox.bytes > 0 && end.outbox.bytes + bytes.length > net.sendBufferBytes;
  if (isFull) return block(stream);
  if (net.prng.chance(net.faults.sendWouldBlock)) {
    net.events.after(net.prng.below(net.faults.blockMaxMs + 1), () => tellDrained(stream));
    return block(stream);
  }
  send(end, arrayCopyOf(bytes));
  return bytes.length;
}

// ---- life ----

function use(stream: SimStream, end: Endpoint): void {
  stream.end = end;
  end.user = {
    readable: () => readable(stream, end),
    writable: () => tellDrained(stream),
    flushed() {
      if (stream.phase !== Phase.Ending) return;
      orphan(end);
      closeLater(stream, Err.None);
    },
    reset: () => close(stream, stream.sim.caps.seesReset ? Err.Reset : Err.None),
  };
}

/** A stream over a connection that came in; the caller has taken a socket for it. */
export function acceptStream(sim: SimHost, end: Endpoint): SimStream {
  const stream = createStream(sim, undefined, Phase.Open, true);
  use(stream, end);
  return stream;
}

/** Gives an accepted stream its owner, or ends it when the core does not want it. */
export function adoptStream(stream: SimStream, owner: Owner | undefined): void {
  if (stream.phase === Phase.Gone) return;
  if (owner === undefined) return endStream(stream);
  stream.owner = owner;
  wantInput(stream);
}

function connected(stream: SimStream, end: Endpoint): void {
  const { sim, owner } = stream;
  const knows = sim.caps.peerAddress;
  stream.phase = Phase.Open;
  use(stream, end);
  if (owner !== undefined) sim.sink().connected(owner, knows ? end.other.address : "", knows ? end.other.port : 0);
  if (stream.wantsDrained) sim.net.events.after(0, () => tellDrained(stream));
  wantInput(stream);
}

function refusal(sim: SimHost, spec: ConnectSpec): Err {
  if (spec.tls !== undefined && !sim.caps.tlsClient) return Err.NotSupported;
  if (spec.host.includes(":") && !sim.caps.ipv6) return Err.NotSupported;
  return Err.None;
}

/** {@link Platform.connect} */
export function connectStream(sim: SimHost, owner: Owner, spec: ConnectSpec): SimStream {
  const stream = createStream(sim, owner, Phase.Connecting, takeSocket(sim));
  const err = stream.hasSocket ? refusal(sim, spec) : Err.TooManySockets;
  if (err !== Err.None) {
    closeLater(stream, err);
    return stream;
  }
  const tls = spec.tls && { ca: spec.tls.ca ?? "", isVerifying: spec.tls.verify !== false && sim.caps.tlsVerifies };
  stream.dial = dial(sim.net, { from: sim.host, to: spec.host, port: spec.port, tls, isFaulty: true }, (failure, end) => {
    if (failure !== Err.None || end === undefined) close(stream, failure);
    else connected(stream, end);
  });
  return stream;
}

/** {@link Platform.pause} */
export function pauseStream(stream: SimStream): void {
  stream.isPaused = true;
}

/** {@link Platform.resume} */
export function resumeStream(stream: SimStream): void {
  stream.isPaused = false;
  stream.isBlocked = false;
  wantInput(stream);
}

/** {@link Platform.end} */
export function endStream(stream: SimStream): void {
  const { end } = stream;
  if (stream.phase === Phase.Connecting) {
    stream.phase = Phase.Ending;
    stream.dial?.cancel();
    return closeLater(stream, Err.None);
  }
  if (stream.phase !== Phase.Open || end === undefined || end.isDead) return;
  stream.phase = Phase.Ending;
  stream.wantsDrained = false;
  dropBytes(stream.hold);
  discard(end);
  if (!stream.isCut) return finish(end);
  orphan(end);
  closeLater(stream, stream.isUnsent ? Err.UnsentData : Err.None);
}

/** {@link Platform.destroy} */
export function destroyStream(stream: SimStream): void {
  const { end } = stream;
  if (stream.phase === Phase.Gone) return;
  stream.dial?.cancel();
  if (end !== undefined && stream.hold.bytes > 0) reset(end);
  else if (end !== undefined) abandon(end);
  leave(stream);
}
