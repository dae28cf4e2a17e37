/**
 * Owns: the state of one socket of the board's network stack: what a real board keeps in lwip or the kernel.
 * It is the owner the host platform knows the socket by.
 */

import { Err, type Handle } from "../../src/core/port.js";

/** What a socket is for. */
export const enum SocketKind {
  Stream,
  Datagram,
}

/** How far a stream got. */
export const enum Progress {
  /** The host has not answered yet. */
  Connecting,
  /** Counts as connected for the program; the TLS handshake is still under way, so nothing is sent. */
  Handshaking,
  Open,
}

/** A datagram that arrived. */
export interface Datagram {
  bytes: string;
  address: string;
  port: number;
}

/** One stream or datagram socket. */
export class StackSocket {
  /** Number the program knows it by; -1 before it was accepted and after it was closed. */
  fd = -1;
  handle: Handle = undefined;
  progress: Progress;
  /** Received and not yet read: binary. */
  received = "";
  /** The host holds input we had no room for. */
  hasMore = false;
  /** Nothing will come after `received`. */
  isEnded = false;
  /** Why, when not simply ended: a SocketError. */
  error = 0;
  /** The host takes no output now. */
  isBlocked = false;
  /** The host has no such socket any more. */
  isGone = false;
  /** The board has closed it: what still arrives is dropped. */
  isClosed = false;
  /** The whole board stands still until this connect has been answered. */
  isHoldingBoard = false;
  readonly inbox: Datagram[] = [];
  /** Datagram sockets: the port the program bound, 0 for none. */
  port = 0;

  constructor(
    readonly kind: SocketKind,
    progress: Progress,
  ) {
    this.progress = progress;
  }
}

/** Codes of socketerrors.h that can reach a program. */
export const enum SocketError {
  Closed = -1,
  TimedOut = -3,
  NoRoute = -4,
  NotFound = -6,
  UnsentData = -8,
  Reset = -9,
  Unknown = -10,
  /** Not connected yet: no error. */
  NoConnection = -11,
}

const MESSAGES: Record<number, string> = {
  [SocketError.TimedOut]: "timeout",
  [SocketError.NoRoute]: "no route",
  [SocketError.NotFound]: "not found",
  [SocketError.UnsentData]: "unsent data",
  [SocketError.Reset]: "connection reset",
};

/** The text that goes with a code in an `error` event. */
export function socketErrorText(code: number): string {
  return MESSAGES[code] ?? "unknown error";
}

/** errno as printed by the driver. */
export function errnoOf(err: Err): number {
  if (err === Err.TimedOut) return 110;
  return err === Err.Unreachable ? 113 : 111;
}

/** What a connect that failed after all reports: the codes the firmware's asynchronous drivers use. */
export function socketErrorOf(err: Err): SocketError {
  if (err === Err.HostNotFound) return SocketError.NotFound;
  if (err === Err.TimedOut) return SocketError.TimedOut;
  return err === Err.Unreachable ? SocketError.NoRoute : SocketError.Reset;
}
