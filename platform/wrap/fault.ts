/**
 * Any platform in, the same platform out, on a bad day: pieces, blocked writes, late upcalls, failures and resets, all
 * drawn from one seed. It keeps the port's rules itself, so whatever goes wrong behind it is the core's own doing.
 */

import {
  Err, WriteResult, type ConnectSpec, type Handle, type ListenSpec, type Owner, type Platform, type Raw, type Sink,
} from "../../src/core/port.js";
import { createAgenda } from "./agenda.js";
import {
  belowDrained, catchUp, closeLater, createFaultBox, dropInput, enqueue, given, spendBytes, stick, wantPump, type FaultBox,
  type Faulty,
} from "./fault-box.js";
import { faultyFiles } from "./fault-files.js";
import type { FaultOptions } from "./fault-options.js";
import { createPrng } from "./prng.js";

export type { FaultOptions } from "./fault-options.js";

function drawnFailure(faulty: Faulty): Err {
  const which = faulty.prng.below(3);
  return which === 0 ? Err.Refused : which === 1 ? Err.TimedOut : Err.Unreachable;
}

// ---- upcalls ----

/** Answers how many bytes were taken. */
function passData(faulty: Faulty, up: Sink, box: FaultBox, bytes: Raw): number {
  if (box.isOver || box.isEnding) return bytes.length;
  const { options, prng, platform } = faulty;
  const isSplit = box.isTrickling || prng.chance(given(options.recvPartial, 0));
  const mustQueue = isSplit || box.queue.length > 0 || prng.chance(given(options.delay, 0));
  if (!mustQueue) {
    const taken = bytes.length - up.data(box.owner as Owner, bytes);
    box.isBlocked = taken < bytes.length;
    spendBytes(faulty, box, taken);
    return taken;
  }
  // One piece waits here; the rest waits below, where the platform can make the peer wait. Where it cannot pause, more
  // wait here, because that platform would count them as input the core does not take.
  if (box.heldCount > 0 && (platform.caps.pauseRead || box.isBlocked)) {
    box.needsResume = true;
    return 0;
  }
  const copy = typeof bytes === "string" ? bytes : platform.bytes.copy(bytes);
  box.heldCount++;
  enqueue(faulty, box, { kind: "data", bytes: copy, from: 0, isSplit });
  return bytes.length;
}

function passClosed(faulty: Faulty, box: FaultBox, err: Err): void {
  // What arrived before an end in good order is still the core's; a failure overtakes it.
  if (err !== Err.None && err !== Err.UnsentData) dropInput(box);
  enqueue(faulty, box, { kind: "closed", err });
}

function passAccepted(
  faulty: Faulty, up: Sink, listener: FaultBox, handle: Handle, address: string, port: number,
): Owner | undefined {
  if (faulty.prng.chance(given(faulty.options.acceptError, 0))) return undefined;
  catchUp(faulty, listener);
  const box = createFaultBox(faulty, undefined);
  box.handle = handle;
  box.isUp = true;
  box.owner = up.accepted(listener.owner as Owner, box, address, port);
  if (box.owner === undefined) box.isOver = true;
  return box.owner === undefined ? undefined : box;
}

function createSink(faulty: Faulty, up: Sink): Sink {
  const box = (owner: Owner): FaultBox => owner as FaultBox;
  return {
    listening: (owner, address, port) => enqueue(faulty, box(owner), { kind: "listening", address, port }),
    accepted: (owner, handle, address, port) => passAccepted(faulty, up, box(owner), handle, address, port),
    connected: (owner, address, port) => enqueue(faulty, box(owner), { kind: "connected", address, port }),
    data: (owner, bytes) => bytes.length - passData(faulty, up, box(owner), bytes),
    ended: (owner) => enqueue(faulty, box(owner), { kind: "ended" }),
    drained: (owner) => belowDrained(faulty, box(owner)),
    closed: (owner, err) => passClosed(faulty, box(owner), err),
    datagram(owner, bytes, address, port) {
      if (faulty.prng.chance(given(faulty.options.udpLoss, 0))) return;
      const copy = typeof bytes === "string" ? bytes : faulty.platform.bytes.copy(bytes);
      enqueue(faulty, box(owner), { kind: "datagram", bytes: copy, address, port });
    },
    wake(owner) {
      if (owner === faulty.agenda.owner) faulty.agenda.woken();
      else up.wake(owner);
    },
  };
}

// ---- calls ----

function connect(faulty: Faulty, owner: Owner, spec: ConnectSpec): FaultBox {
  const box = createFaultBox(faulty, owner);
  if (faulty.prng.chance(given(faulty.options.connectError, 0))) closeLater(faulty, box, drawnFailure(faulty));
  else box.handle = faulty.platform.connect(box, spec);
  return box;
}

function bind(faulty: Faulty, owner: Owner, spec: ListenSpec, isDatagram: boolean): FaultBox {
  const { platform } = faulty;
  const box = createFaultBox(faulty, owner);
  if (faulty.prng.chance(given(faulty.options.listenError, 0))) closeLater(faulty, box, Err.AddressInUse);
  else box.handle = isDatagram ? platform.openDatagram(box, spec) : platform.listen(box, spec);
  return box;
}

function write(faulty: Faulty, box: FaultBox, bytes: Raw): number {
  if (box.isOver || box.isEnding || box.isBroken) return WriteResult.Closed;
  if (box.handle === undefined || box.isStuck) {
    box.wantsDrained = true;
    return WriteResult.WouldBlock;
  }
  if (box.isUp && faulty.prng.chance(given(faulty.options.sendWouldBlock, 0))) return stick(faulty, box);
  const answer = faulty.platform.write(box.handle, bytes);
  if (answer === WriteResult.WouldBlock) {
    box.wantsDrained = true;
    box.isBelowFull = true;
  }
  if (answer > 0) spendBytes(faulty, box, answer);
  return answer;
}

function resume(faulty: Faulty, box: FaultBox): void {
  box.isPaused = false;
  box.isBlocked = false;
  if (box.isOver || box.handle === undefined) return;
  if (box.heldCount > 0) {
    box.needsResume = true;
    return wantPump(faulty, box);
  }
  box.needsResume = false;
  faulty.platform.resume(box.handle);
}

function end(faulty: Faulty, box: FaultBox): void {
  if (box.isOver || box.isEnding) return;
  box.isEnding = true;
  dropInput(box);
  wantPump(faulty, box);
  if (box.isBroken) return;
  if (box.handle === undefined) closeLater(faulty, box, Err.None);
  else faulty.platform.end(box.handle);
}

function destroy(faulty: Faulty, box: FaultBox): void {
  box.isOver = true;
  box.owner = undefined;
  box.queue = [];
  if (box.handle !== undefined) faulty.platform.destroy(box.handle);
}

function sendTo(faulty: Faulty, box: FaultBox, bytes: Raw, host: string, port: number): number {
  const { caps } = faulty.platform;
  if (box.isOver || box.handle === undefined) return WriteResult.Closed;
  const fits = bytes.length <= caps.datagramMaxBytes;
  if (fits && faulty.prng.chance(given(faulty.options.udpLoss, 0))) return bytes.length;
  return faulty.platform.sendTo(box.handle, bytes, host, port);
}

/** Wraps `platform` so that things go wrong as `options` say. */
export function fault(platform: Platform, options: FaultOptions): Platform {
  const faulty: Faulty = { platform, options, prng: createPrng(options.seed), agenda: createAgenda(platform), up: undefined };
  return {
    name: platform.name,
    caps: platform.caps,
    bytes: platform.bytes,
    open(up) {
      if (faulty.up === up) return;
      faulty.up = up;
      platform.open(createSink(faulty, up));
    },
    listen: (owner, spec) => bind(faulty, owner, spec, false),
    connect: (owner, spec) => connect(faulty, owner, spec),
    write: (handle, bytes) => write(faulty, handle as FaultBox, bytes),
    pause(handle) {
      const box = handle as FaultBox;
      box.isPaused = true;
      if (box.handle !== undefined) platform.pause(box.handle);
    },
    resume: (handle) => resume(faulty, handle as FaultBox),
    end: (handle) => end(faulty, handle as FaultBox),
    destroy: (handle) => destroy(faulty, handle as FaultBox),
    openDatagram: (owner, spec) => bind(faulty, owner, spec, true),
    sendTo: (handle, bytes, host, port) => sendTo(faulty, handle as FaultBox, bytes, host, port),
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
    files: faultyFiles(faulty),
    link: platform.link,
  };
}
