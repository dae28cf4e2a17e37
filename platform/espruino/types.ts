import type { Err, Owner } from "../../src/core/port.js";

/** The parts of Espruino's `E` that the adapter uses. */
export interface Espruino {
  toString(...parts: unknown[]): string;
  toUint8Array(...parts: unknown[]): Uint8Array;
  hwRand(): number;
}

/**
 * A Socket of Espruino's `net`. The first four fields are the firmware's own (libs/network/socketserver.c), the rest is
 * ours; short names, because each property longer than four characters takes another variable.
 */
export interface Sock {
  /** The firmware's socket number + 1; absent when there is no socket behind this object (any more). */
  sckt?: number;
  /** Output not yet sent. */
  dSnd?: string;
  /** Set to have the firmware close the socket in its next pass, dropping output. */
  clsNow?: boolean;
  conn?: boolean;
  write(data: string): boolean;
  end(): void;
  on(event: string, handler: (this: Sock, arg: never) => void): void;
  removeAllListeners(event: string): void;

  /** The owner; absent when nobody wants to hear of this socket. */
  u?: Owner;
  /** Parked: the firmware's socket number, taken out of its sight so that it reads nothing. */
  k?: number;
  /** Input the core did not take. */
  r?: string;
  /** Nonzero: paused by the core. */
  p?: number;
  /** Nonzero: listens for drain. */
  d?: number;
  /** The close that came while input was still waiting: 1 + its Err. */
  z?: Err;
  /** Nonzero: a TLS client from which nothing has come yet. */
  t?: number;
}

/** A Server of Espruino's `net`. */
export interface Server {
  listen(port: number): void;
  close(): void;
  u?: Owner;
  /** Its port. */
  o?: number;
}

/** Stands for a socket that never came to be, until the failure is reported. */
export interface Failure {
  u?: Owner;
  /** The reason. */
  e: Err;
  server?: undefined;
}
