// What the parts of one simulated platform share: its host, its abilities, its sink, and the count of its sockets.

import type { ByteOps, Capabilities, Raw, Sink } from "../../src/core/port.js";
import { binaryOf, type RawForm } from "./byte-ops.js";
import type { Host, Network } from "./network.js";
import type { Prng } from "./prng.js";

/** One platform's common ground. */
export interface SimHost {
  net: Network;
  host: Host;
  caps: Capabilities;
  form: RawForm;
  bytes: ByteOps;
  /** Draws of this platform alone, so that a call more does not move the network's. */
  prng: Prng;
  /** Bytes kept for a connection that takes less than it gets, where reading cannot pause. */
  holdMaxBytes: number;
  sink(): Sink;
  socketCount: number;
  /** Called when a socket has become free. */
  freed: (() => void)[];
}

/** The bytes in the platform's form. */
export function toRaw(sim: SimHost, bytes: Uint8Array): Raw {
  return sim.form === "array" ? bytes : binaryOf(bytes, 0, bytes.length);
}

/** Takes a socket of the platform's; false when none is left. */
export function takeSocket(sim: SimHost): boolean {
  if (sim.socketCount >= sim.caps.sockets) return false;
  sim.socketCount++;
  return true;
}

/** Gives a socket back and lets those who wait have it. */
export function freeSocket(sim: SimHost): void {
  sim.socketCount--;
  for (const tell of [...sim.freed]) tell();
}
