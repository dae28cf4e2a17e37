/**
 * Owns: one stream socket (TCP or TLS, accepted or connected) and the way from its Node events to the sink.
 * Does not own: how the socket came to be (see listen.ts and connect.ts).
 *
 * Invariants
 * - Without an owner nothing goes up. An owner is forgotten by `destroy`, and by `closed`, which is therefore once and last.
 * - Bytes the core did not take stay in `held`, and the socket is paused as long as there are any.
 * - `ended` goes up only when nothing is held and the core is not pausing.
 * Cost: handlers are shared functions, one state object a socket; no closure, array or object for each event.
 */

import type { Socket } from "node:net";
import { Err, WriteResult } from "../../src/core/port.js";
import type { Owner, Raw, Sink } from "../../src/core/port.js";
import { binaryOf, LARGE_BYTES, nodeBytes } from "./byte-ops.js";
import { errOf } from "./errors.js";

/** What every handle, of whatever kind, can do. */
export interface Closable {
  destroy(): void;
}

/** What all handles of one platform share. */
export interface Uplink {
  /** Undefined until `open`; nothing is opened before. */
  sink: Sink;
  /** Where sockets read into, see shared-read.ts; undefined: they make a buffer for each piece. */
  readBuffer: Buffer | undefined;
  /**
   * How long, after the last byte of output was handed to the kernel, a socket we ended waits for the peer to end too.
   * Closing at once would answer input still under way with a reset, and a reset can destroy the reply on its way.
   */
  lingerMs: number;
  /** How many sockets have a buffer of their own for the next read. */
  ownBuffers: number;
  /** Bytes that are being collected, or were and the kernel did not take them yet, of all sockets. */
  waitingBytes: number;
}

/** How far an outgoing connection got; accepted ones start Open. */
export const enum Phase {
  Connecting,
  /** TCP stands, TLS not yet. */
  Handshaking,
  Open,
}

/** As much as the core writes at once. */
export const WRITE_MAX_BYTES = 32768;
/** A piece of this size is likely to be followed by more: they are collected until the event is over, for one call of the kernel. */
const COLLECT_FROM_BYTES = WRITE_MAX_BYTES;
/** As much is collected of one socket's output. */
const COLLECT_MAX_BYTES = 524288;
/** Nothing is collected while more than this waits, of all sockets, for peers that do not read: then a socket holds one piece. */
const WAITING_MAX_BYTES = 4194304;

const HANDLE = Symbol("meerkat");

interface Carrier extends Socket {
  [HANDLE]: StreamHandle;
}

/** A stream socket with its state; the {@link Handle} the core gets. */
export class StreamHandle implements Closable {
  /** Undefined: nothing goes up (not yet known, refused, destroyed, or closed). */
  owner: Owner | undefined;
  socket!: Socket;
  err: Err = Err.None;
  phase: Phase;
  /** What `data` did not take yet; never empty. */
  held: Raw | undefined = undefined;
  /** The peer's end of stream waits for `held` or for `resume`. */
  isEndHeld = false;
  isPaused = false;
  isOfferQueued = false;
  /** `end` or `destroy` was called, or the socket failed: no output is taken, input is dropped. */
  isClosing = false;
  isDestroyed = false;
  /** Node's own buffer is full and its 'drain' is still to come. */
  isFull = false;
  /** The core was told WouldBlock and waits for `drained`. */
  isBlocked = false;
  /** How much the last read brought; -1: nothing was read yet. */
  lastRead = -1;
  /** The next read goes into a buffer of its own. */
  hasOwnBuffer = false;
  /** Output is being collected: so much. */
  collected = 0;
  /** This socket's part of `waitingBytes`. */
  waiting = 0;
  lingerTimer: NodeJS.Timeout | undefined = undefined;

  constructor(
    readonly up: Uplink,
    owner: Owner | undefined,
    phase: Phase,
  ) {
    this.owner = owner;
    this.phase = phase;
  }

  /** Takes the socket over. `isShared`: it was made with this handle's {@link sharedRead}. */
  attach(socket: Socket, isShared: boolean): void {
    this.socket = socket;
    (socket as Carrier)[HANDLE] = this;
    socket.setDefaultEncoding("latin1");
    if (!isShared) socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("drain", onDrain);
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  /** See {@link Platform.write}. */
  write(bytes: Raw): number {
    if (this.isClosing) return WriteResult.Closed;
    if (this.isFull) {
      this.isBlocked = true;
      return WriteResult.WouldBlock;
    }
    const n = bytes.length;
    if (this.collected || (n >= COLLECT_FROM_BYTES && this.up.waitingBytes < WAITING_MAX_BYTES)) this.collect(n);
    // False with nothing left unsent means that the kernel took it all: the next write may go ahead.
    if (!this.socket.write(bytes)) this.isFull = this.collected ? this.isCollectedFull() : this.socket.writableLength > 0;
    return n;
  }

  /** The write of `n` bytes that follows goes out with others, when the event is over. */
  private collect(n: number): void {
    if (!this.collected) {
      this.socket.cork();
      process.nextTick(writeCollected, this);
    }
    this.collected += n;
    this.waiting += n;
    this.up.waitingBytes += n;
  }

  private isCollectedFull(): boolean {
    return this.collected >= COLLECT_MAX_BYTES || this.up.waitingBytes >= WAITING_MAX_BYTES;
  }

  /** Nothing waits any more. */
  settle(): void {
    this.up.waitingBytes -= this.waiting;
    this.waiting = 0;
  }

  pause(): void {
    if (this.isPaused || this.isClosing) return;
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (this.isClosing) return;
    this.isPaused = false;
    if (this.held === undefined && !this.isEndHeld) {
      this.socket.resume();
      return;
    }
    if (this.isOfferQueued) return;
    this.isOfferQueued = true;
    setImmediate(offerHeld, this);
  }

  /** Flushes, closes both directions, and drops input. Safe to call again. */
  end(): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.held = undefined;
    this.socket.on("finish", onFinish);
    this.socket.end();
    this.socket.resume();
  }

  destroy(): void {
    this.owner = undefined;
    this.isDestroyed = true;
    this.isClosing = true;
    this.held = undefined;
    this.socket.destroy();
  }
}

/** What was collected goes to the kernel; what it does not take waits in Node. */
function writeCollected(handle: StreamHandle): void {
  handle.collected = 0;
  handle.socket.uncork();
  if (handle.socket.destroyed) return; // onClose sees to what waited
  const left = handle.socket.writableLength;
  handle.isFull = left > 0 || handle.isBlocked;
  handle.up.waitingBytes += left - handle.waiting;
  handle.waiting = left;
}

function onData(this: Socket, chunk: Buffer): void {
  feed((this as Carrier)[HANDLE], chunk, chunk.length);
}

/** The first `count` bytes of `buffer` arrived. It is used again if it is the platform's; if not, it is given away with them. */
export function feed(handle: StreamHandle, buffer: Uint8Array, count: number): void {
  const owner = handle.owner;
  if (owner === undefined || handle.isClosing) return;
  const bytes = count < LARGE_BYTES ? binaryOf(buffer, 0, count) : arrayOf(buffer, count, buffer === handle.up.readBuffer);
  if (handle.isPaused) return holdMore(handle, bytes);
  const left = handle.up.sink.data(owner, bytes);
  if (left) hold(handle, bytes, count - left);
}

function arrayOf(buffer: Uint8Array, count: number, isShared: boolean): Uint8Array {
  const part = buffer.subarray(0, count);
  if (!isShared) return part;
  const own = Buffer.allocUnsafeSlow(count);
  own.set(part);
  return own;
}

function hold(handle: StreamHandle, bytes: Raw, from: number): void {
  if (handle.isClosing) return;
  handle.held = nodeBytes.slice(bytes, from, bytes.length);
  handle.isPaused = true;
  handle.socket.pause();
}

/** Node does not promise that nothing arrives after `pause`. It is kept, and reading is stopped once more. */
function holdMore(handle: StreamHandle, bytes: Raw): void {
  hold(handle, nodeBytes.concat(handle.held ?? "", bytes), 0);
}

/** The turn of the event loop that `resume` asked for. */
function offerHeld(handle: StreamHandle): void {
  handle.isOfferQueued = false;
  if (handle.isPaused || handle.isClosing || handle.owner === undefined) return;
  const held = handle.held;
  if (held !== undefined) {
    handle.held = undefined;
    const left = handle.up.sink.data(handle.owner, held);
    if (left) return hold(handle, held, held.length - left);
    if (handle.isPaused || handle.isClosing) return;
  }
  if (handle.isEndHeld) reportEnd(handle);
  else handle.socket.resume();
}

function onEnd(this: Socket): void {
  const handle = (this as Carrier)[HANDLE];
  // Node reports the end even while paused when nothing of its own is buffered.
  if (handle.isPaused) handle.isEndHeld = true;
  else reportEnd(handle);
}

function reportEnd(handle: StreamHandle): void {
  handle.isEndHeld = false;
  // A peer that ends before the handshake is done: the error for that follows.
  if (handle.owner === undefined || handle.isClosing || handle.phase !== Phase.Open) return;
  handle.up.sink.ended(handle.owner);
}

function onDrain(this: Socket): void {
  const handle = (this as Carrier)[HANDLE];
  handle.settle();
  handle.isFull = false;
  if (!handle.isBlocked || handle.isClosing || handle.owner === undefined) return;
  handle.isBlocked = false;
  handle.up.sink.drained(handle.owner);
}

function onFinish(this: Socket): void {
  const handle = (this as Carrier)[HANDLE];
  handle.lingerTimer = setTimeout(onLinger, handle.up.lingerMs, this);
}

function onLinger(socket: Socket): void {
  socket.destroy();
}

function onError(this: Socket, error: NodeJS.ErrnoException): void {
  const handle = (this as Carrier)[HANDLE];
  handle.isClosing = true;
  if (handle.err !== Err.None) return;
  // Whatever breaks a handshake (certificate, version, a peer that hangs up) is a failed handshake.
  handle.err = handle.phase === Phase.Handshaking ? Err.Tls : errOf(error);
}

function onClose(this: Socket): void {
  const handle = (this as Carrier)[HANDLE];
  if (handle.lingerTimer !== undefined) clearTimeout(handle.lingerTimer);
  handle.settle();
  if (handle.hasOwnBuffer) handle.up.ownBuffers--;
  const owner = handle.owner;
  handle.owner = undefined;
  handle.isClosing = true;
  handle.held = undefined;
  if (owner !== undefined) handle.up.sink.closed(owner, handle.err);
}

/** The handle behind a socket that was given one. */
export function handleOf(socket: Socket): StreamHandle {
  return (socket as Carrier)[HANDLE];
}
