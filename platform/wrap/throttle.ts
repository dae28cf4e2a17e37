/**
 * Any platform in, the same platform out, behind a slow link: so many bytes a second in each direction, shared by all
 * connections. Datagrams above the rate are lost, as on a real link. A platform that cannot pause reading has to hold
 * what comes in above the rate, and gives up a connection when that is too much.
 */

import { WriteResult, type Handle, type Owner, type Platform, type Raw, type Sink } from "../../src/core/port.js";
import { createAgenda, type Agenda } from "./agenda.js";

/** Bytes a second in each direction; a direction without a number is not slowed down. */
export interface ThrottleOptions {
  inBytesPerSecond?: number;
  outBytesPerSecond?: number;
}

/** A bucket that fills with time, up to a tenth of a second's worth, and may be overdrawn by one piece. */
interface Bucket {
  bytesPerMs: number;
  maxBytes: number;
  bytes: number;
  filledMs: number;
}

interface Box {
  owner: Owner | undefined;
  handle: Handle;
  isPaused: boolean;
  isOver: boolean;
  /** A turn of ours is planned: to resume below, to report drained. */
  isResuming: boolean;
  isDraining: boolean;
  /** The platform below blocks by itself. */
  isBelowFull: boolean;
  wantsDrained: boolean;
}

interface Throttled {
  platform: Platform;
  agenda: Agenda;
  input: Bucket;
  output: Bucket;
  up: Sink | undefined;
}

const BURST_MS = 100;

function createBucket(platform: Platform, bytesPerSecond: number | undefined): Bucket {
  const bytesPerMs = bytesPerSecond === undefined ? Infinity : bytesPerSecond / 1000;
  if (!(bytesPerMs > 0)) throw new RangeError(`A rate of ${bytesPerSecond} bytes a second is not above 0`);
  const maxBytes = Math.max(1, bytesPerMs * BURST_MS);
  return { bytesPerMs, maxBytes, bytes: maxBytes, filledMs: platform.now() };
}

/** Whole bytes that may go now; 0 or fewer for none. */
function level(bucket: Bucket, nowMs: number): number {
  if (bucket.bytesPerMs === Infinity) return Infinity;
  const filled = bucket.bytes + (nowMs - bucket.filledMs) * bucket.bytesPerMs;
  bucket.bytes = Math.min(bucket.maxBytes, filled);
  bucket.filledMs = nowMs;
  return Math.floor(bucket.bytes);
}

function spend(bucket: Bucket, count: number): void {
  if (bucket.bytesPerMs !== Infinity) bucket.bytes -= count;
}

/** Until at least one byte may go, or half a burst when that is more: not a turn for every byte. */
function waitMs(bucket: Bucket): number {
  return Math.max(1, Math.ceil((Math.max(1, bucket.maxBytes / 2) - bucket.bytes) / bucket.bytesPerMs));
}

function createBox(owner: Owner | undefined): Box {
  return {
    owner, handle: undefined, isPaused: false, isOver: false, isResuming: false, isDraining: false, isBelowFull: false,
    wantsDrained: false,
  };
}

function resumeLater(throttled: Throttled, box: Box): void {
  if (box.isResuming) return;
  box.isResuming = true;
  throttled.agenda.after(waitMs(throttled.input), () => {
    box.isResuming = false;
    if (!box.isOver && !box.isPaused) throttled.platform.resume(box.handle);
  });
}

function drainLater(throttled: Throttled, box: Box): void {
  if (box.isDraining) return;
  box.isDraining = true;
  throttled.agenda.after(waitMs(throttled.output), () => {
    box.isDraining = false;
    tellDrained(throttled, box);
  });
}

function tellDrained(throttled: Throttled, box: Box): void {
  if (box.isOver || box.isBelowFull || !box.wantsDrained) return;
  if (level(throttled.output, throttled.platform.now()) <= 0) return drainLater(throttled, box);
  box.wantsDrained = false;
  (throttled.up as Sink).drained(box.owner as Owner);
}

/** Answers how many bytes were taken. */
function passData(throttled: Throttled, up: Sink, box: Box, bytes: Raw): number {
  const { input, platform } = throttled;
  const allowed = Math.min(bytes.length, level(input, platform.now()));
  if (allowed <= 0) {
    resumeLater(throttled, box);
    return 0;
  }
  const piece = allowed < bytes.length ? platform.bytes.slice(bytes, 0, allowed) : bytes;
  const taken = piece.length - up.data(box.owner as Owner, piece);
  spend(input, taken);
  // Only what we held back comes by itself; what the core did not take waits for its resume.
  if (taken === allowed && allowed < bytes.length && !box.isOver) resumeLater(throttled, box);
  return taken;
}

function passAccepted(up: Sink, listener: Box, handle: Handle, address: string, port: number): Owner | undefined {
  const box = createBox(undefined);
  box.handle = handle;
  box.owner = up.accepted(listener.owner as Owner, box, address, port);
  return box.owner === undefined ? undefined : box;
}

function createSink(throttled: Throttled, up: Sink): Sink {
  const ownerOf = (owner: Owner): Owner => (owner as Box).owner as Owner;
  return {
    listening: (owner, address, port) => up.listening(ownerOf(owner), address, port),
    accepted: (owner, handle, address, port) => passAccepted(up, owner as Box, handle, address, port),
    connected: (owner, address, port) => up.connected(ownerOf(owner), address, port),
    data: (owner, bytes) => bytes.length - passData(throttled, up, owner as Box, bytes),
    ended: (owner) => up.ended(ownerOf(owner)),
    drained(owner) {
      (owner as Box).isBelowFull = false;
      tellDrained(throttled, owner as Box);
    },
    closed(owner, err) {
      (owner as Box).isOver = true;
      up.closed(ownerOf(owner), err);
    },
    datagram(owner, bytes, address, port) {
      if (level(throttled.input, throttled.platform.now()) <= 0) return;
      spend(throttled.input, bytes.length);
      up.datagram(ownerOf(owner), bytes, address, port);
    },
    wake(owner) {
      if (owner === throttled.agenda.owner) throttled.agenda.woken();
      else up.wake(owner);
    },
  };
}

function write(throttled: Throttled, box: Box, bytes: Raw): number {
  const { output, platform } = throttled;
  if (!box.isOver && level(output, platform.now()) <= 0) {
    box.wantsDrained = true;
    drainLater(throttled, box);
    return WriteResult.WouldBlock;
  }
  const answer = platform.write(box.handle, bytes);
  if (answer > 0) spend(output, answer);
  if (answer === WriteResult.WouldBlock) {
    box.wantsDrained = true;
    box.isBelowFull = true;
  }
  return answer;
}

function sendTo(throttled: Throttled, box: Box, bytes: Raw, host: string, port: number): number {
  const { output, platform } = throttled;
  const isLost = level(output, platform.now()) <= 0 && bytes.length <= platform.caps.datagramMaxBytes;
  if (isLost && !box.isOver) return bytes.length;
  const answer = platform.sendTo(box.handle, bytes, host, port);
  if (answer > 0) spend(output, answer);
  return answer;
}

function opened(owner: Owner, open: (box: Box) => Handle): Box {
  const box = createBox(owner);
  box.handle = open(box);
  return box;
}

/** Wraps `platform`. @throws RangeError for a rate that is not above 0. */
export function throttle(platform: Platform, options: ThrottleOptions): Platform {
  const throttled: Throttled = {
    platform, agenda: createAgenda(platform), up: undefined,
    input: createBucket(platform, options.inBytesPerSecond), output: createBucket(platform, options.outBytesPerSecond),
  };
  const below = (handle: Handle): Handle => (handle as Box).handle;
  return {
    name: platform.name,
    caps: platform.caps,
    bytes: platform.bytes,
    open(up) {
      if (throttled.up === up) return;
      throttled.up = up;
      platform.open(createSink(throttled, up));
    },
    listen: (owner, spec) => opened(owner, (box) => platform.listen(box, spec)),
    connect: (owner, spec) => opened(owner, (box) => platform.connect(box, spec)),
    write: (handle, bytes) => write(throttled, handle as Box, bytes),
    pause(handle) {
      (handle as Box).isPaused = true;
      platform.pause(below(handle));
    },
    resume(handle) {
      (handle as Box).isPaused = false;
      if (!(handle as Box).isResuming) platform.resume(below(handle));
    },
    end(handle) {
      (handle as Box).isOver = true;
      platform.end(below(handle));
    },
    destroy(handle) {
      (handle as Box).isOver = true;
      platform.destroy(below(handle));
    },
    openDatagram: (owner, spec) => opened(owner, (box) => platform.openDatagram(box, spec)),
    sendTo: (handle, bytes, host, port) => sendTo(throttled, handle as Box, bytes, host, port),
    now: () => platform.now(),
    wallMs: () => platform.wallMs(),
    wakeAfter: (owner, ms) => platform.wakeAfter(owner, ms),
    tidy: () => platform.tidy(),
    memory: () => platform.memory(),
    random: (count) => platform.random(count),
    digest: (name, bytes) => platform.digest(name, bytes),
    mask: platform.mask && ((bytes, key, room) => platform.mask!(bytes, key, room)),
    zlib: platform.zlib,
    utf8Tail: platform.utf8Tail && ((bytes) => platform.utf8Tail!(bytes)),
    hasher: platform.hasher && ((name) => platform.hasher!(name)),
    log: (line) => platform.log(line),
    files: platform.files,
    link: platform.link,
  };
}
