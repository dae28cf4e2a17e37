// What fault.ts keeps for one socket: the upcalls that wait, in order, and how they are let through.

import { Err, WriteResult, type Handle, type Owner, type Platform, type Raw, type Sink } from "../../src/core/port.js";
import type { Agenda } from "./agenda.js";
import type { FaultOptions } from "./fault-options.js";
import type { Prng } from "./prng.js";

/** One faulty platform. */
export interface Faulty {
  platform: Platform;
  options: FaultOptions;
  prng: Prng;
  agenda: Agenda;
  up: Sink | undefined;
}

/** An upcall that waits. */
export type Pending =
  | { kind: "listening" | "connected"; address: string; port: number }
  | { kind: "data"; bytes: Raw; from: number; isSplit: boolean }
  | { kind: "datagram"; bytes: Raw; address: string; port: number }
  | { kind: "ended" }
  | { kind: "closed"; err: Err };

/** Stands for an owner towards the wrapped platform, and for a handle towards the core. */
export interface FaultBox {
  owner: Owner | undefined;
  /** Undefined for a connect or listen that fails without having been tried. */
  handle: Handle;
  queue: Pending[];
  /** Pieces of input in the queue. */
  heldCount: number;
  isPumping: boolean;
  /** The core was told that it is connected or bound. */
  isUp: boolean;
  /** The core took less than it was offered, or paused. */
  isBlocked: boolean;
  isPaused: boolean;
  /** The platform below waits for `resume` because of us. */
  needsResume: boolean;
  isTrickling: boolean;
  /** Writes block because of us; writes block below. */
  isStuck: boolean;
  isBelowFull: boolean;
  wantsDrained: boolean;
  owesDrained: boolean;
  isEnding: boolean;
  /** We reset it: the platform below has forgotten it. */
  isBroken: boolean;
  /** Closed was told, or the core destroyed it. */
  isOver: boolean;
  /** Bytes until the reset; negative: there will be none. */
  budgetBytes: number;
}

const DELAY_MAX_MS = 5;
const RESET_AFTER_MAX_BYTES = 4096;

/** An optional probability or limit. */
export function given(value: number | undefined, otherwise: number): number {
  return value === undefined ? otherwise : value;
}

/** A box whose faults for life are drawn now. */
export function createFaultBox(faulty: Faulty, owner: Owner | undefined): FaultBox {
  const { options, prng } = faulty;
  const breaks = prng.chance(given(options.resetProbability, 0));
  const most = given(options.resetAfterMaxBytes, RESET_AFTER_MAX_BYTES);
  return {
    owner, handle: undefined, queue: [], heldCount: 0, isPumping: false, isUp: false, isBlocked: false, isPaused: false,
    needsResume: false, isTrickling: prng.chance(given(options.byteAtATime, 0)), isStuck: false, isBelowFull: false,
    wantsDrained: false, owesDrained: false, isEnding: false, isBroken: false, isOver: false,
    budgetBytes: breaks ? 1 + prng.below(most) : -1,
  };
}

function delayMs(faulty: Faulty): number {
  const { options, prng } = faulty;
  if (!prng.chance(given(options.delay, 0))) return 0;
  return 1 + prng.below(given(options.delayMaxMs, DELAY_MAX_MS));
}

function tellDrained(faulty: Faulty, box: FaultBox): void {
  const isGone = box.isOver || box.isEnding || box.isBroken;
  if (isGone || box.isStuck || box.isBelowFull || !box.wantsDrained) return;
  box.wantsDrained = false;
  (faulty.up as Sink).drained(box.owner as Owner);
}

function deliverUp(faulty: Faulty, box: FaultBox): void {
  box.isUp = true;
  if (!box.owesDrained) return;
  box.owesDrained = false;
  faulty.agenda.after(0, () => tellDrained(faulty, box));
}

function deliver(faulty: Faulty, box: FaultBox, pending: Pending): void {
  const up = faulty.up as Sink;
  const owner = box.owner as Owner;
  switch (pending.kind) {
    case "listening":
      deliverUp(faulty, box);
      return up.listening(owner, pending.address, pending.port);
    case "connected":
      deliverUp(faulty, box);
      return up.connected(owner, pending.address, pending.port);
    case "datagram":
      return up.datagram(owner, pending.bytes, pending.address, pending.port);
    case "ended":
      return up.ended(owner);
    case "closed":
      box.isOver = true;
      box.owner = undefined;
      return up.closed(owner, pending.err);
  }
}

function mayTake(faulty: Faulty, box: FaultBox): boolean {
  return !box.isBlocked && !(box.isPaused && faulty.platform.caps.pauseRead);
}

function pieceBytes(faulty: Faulty, box: FaultBox, left: number, isSplit: boolean): number {
  if (box.isTrickling) return 1;
  return isSplit ? 1 + faulty.prng.below(left) : left;
}

function pumpData(faulty: Faulty, box: FaultBox, pending: Pending & { kind: "data" }): void {
  if (!mayTake(faulty, box)) return;
  const { bytes, from, isSplit } = pending;
  const size = pieceBytes(faulty, box, bytes.length - from, isSplit);
  const taken = size - (faulty.up as Sink).data(box.owner as Owner, faulty.platform.bytes.slice(bytes, from, from + size));
  if (box.isOver || box.isEnding) return;
  if (taken < size) box.isBlocked = true;
  pending.from += taken;
  if (pending.from < bytes.length) return spendBytes(faulty, box, taken);
  box.queue.shift();
  box.heldCount--;
  const mayResume = box.heldCount === 0 && box.needsResume && mayTake(faulty, box);
  if (mayResume) {
    box.needsResume = false;
    faulty.platform.resume(box.handle);
  }
  spendBytes(faulty, box, taken);
}

function pump(faulty: Faulty, box: FaultBox): void {
  const next = box.queue[0];
  if (box.isOver || next === undefined) return;
  if (next.kind === "data") {
    pumpData(faulty, box, next);
  } else {
    box.queue.shift();
    deliver(faulty, box, next);
  }
  wantPump(faulty, box);
}

/** Plans the next upcall that waits, unless it is input the core does not want now. */
export function wantPump(faulty: Faulty, box: FaultBox): void {
  const next = box.queue[0];
  if (box.isPumping || box.isOver || next === undefined) return;
  if (next.kind === "data" && !mayTake(faulty, box)) return;
  box.isPumping = true;
  faulty.agenda.after(delayMs(faulty), () => {
    box.isPumping = false;
    pump(faulty, box);
  });
}

/** Lets an upcall through, now or late; only from an upcall of the platform below. */
export function enqueue(faulty: Faulty, box: FaultBox, pending: Pending): void {
  if (box.isOver || (box.isEnding && pending.kind !== "closed")) return;
  const isLate = pending.kind === "data" || box.queue.length > 0 || faulty.prng.chance(given(faulty.options.delay, 0));
  if (!isLate) return deliver(faulty, box, pending);
  box.queue.push(pending);
  wantPump(faulty, box);
}

/** Lets everything through that waits; a connection cannot come in before its listener listens. */
export function catchUp(faulty: Faulty, box: FaultBox): void {
  while (box.queue.length > 0 && !box.isOver) deliver(faulty, box, box.queue.shift() as Pending);
}

/** Forgets what waits, except that it is closed. */
export function dropInput(box: FaultBox): void {
  box.queue = box.queue.filter((pending) => pending.kind === "closed");
  box.heldCount = 0;
}

/** Reports closed from a later turn. */
export function closeLater(faulty: Faulty, box: FaultBox, err: Err): void {
  faulty.agenda.after(delayMs(faulty), () => {
    if (!box.isOver) deliver(faulty, box, { kind: "closed", err });
  });
}

/** Counts bytes towards the reset, and resets when it is due. */
export function spendBytes(faulty: Faulty, box: FaultBox, count: number): void {
  if (box.budgetBytes < 0 || box.isOver || box.isBroken) return;
  box.budgetBytes -= count;
  if (box.budgetBytes > 0) return;
  box.isBroken = true;
  box.queue = [];
  box.heldCount = 0;
  faulty.platform.destroy(box.handle);
  closeLater(faulty, box, faulty.platform.caps.seesReset ? Err.Reset : Err.None);
}

/** Blocks writing for a while. */
export function stick(faulty: Faulty, box: FaultBox): WriteResult {
  box.isStuck = true;
  box.wantsDrained = true;
  faulty.agenda.after(faulty.prng.below(given(faulty.options.delayMaxMs, DELAY_MAX_MS) + 1), () => {
    box.isStuck = false;
    tellDrained(faulty, box);
  });
  return WriteResult.WouldBlock;
}

/** The platform below can be written to again. */
export function belowDrained(faulty: Faulty, box: FaultBox): void {
  box.isBelowFull = false;
  if (box.isUp) tellDrained(faulty, box);
  else box.owesDrained = true;
}
