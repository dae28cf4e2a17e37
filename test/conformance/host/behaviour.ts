// One behaviour of the suite: what the device runs, what its peers do, and what must come of it.

import type { Capabilities } from "../../../src/core/port.js";
import type { Stage } from "./stage.js";

/** The names of capabilities that are yes or no, each also with `!` for its absence. */
type YesNo = { [K in keyof Capabilities]: Capabilities[K] extends boolean ? K : never }[keyof Capabilities];
export type Need = YesNo | `!${YesNo}`;

/** What the device says at the end of a behaviour: connections that were left, the pool, the counters of its manager. */
export interface DeviceState {
  /** Connections besides listeners that were still there when the device was told to stop. */
  left: number;
  pages: number;
  /** Pages free before, and after, the manager was freed. */
  free: number;
  atEnd: number;
  /** Connections after it was freed. */
  conns: number;
  stats: { [name: string]: number };
}

/**
 * What each connection's log must be, by its name: `"ACCEPT, RECV 5, SEND 5, CLOSE 0"`. RECV and SEND that follow each
 * other are one line each with the sum, for how many there are depends on the platform's pieces. "note" is what the
 * device noted besides. Listeners that are not named must have been closed by the end of their manager alone.
 */
export type Transcripts = { [who: string]: string };

/** One behaviour. */
export interface Behaviour {
  /** A sentence. */
  title: string;
  /** Its name in the device's table. */
  on: string;
  /** Capabilities without which there is nothing to show. */
  needs?: Need[];
  /** Who waits at the peer's port, five behind the behaviour's first, before the device starts. */
  peer?: "tcp" | "udp" | "silent";
  /** What the peers do. */
  play(stage: Stage): Promise<void>;
  /** What the device must have logged. Differences between platforms are differences between capabilities. */
  expect: Transcripts | ((caps: Capabilities) => Transcripts);
  /** Counters that must not be 0 at the end, with their values; all but accepted, connected and closed are 0 otherwise. */
  stats?: { [name: string]: number };
}

/** Why a platform with these capabilities cannot show the behaviour; undefined when it can. */
export function whySkipped(behaviour: Behaviour, caps: Capabilities): string | undefined {
  const missing = (behaviour.needs ?? []).filter((need) =>
    need.startsWith("!") ? caps[need.slice(1) as YesNo] : !caps[need as YesNo],
  );
  if (missing.length === 0) return undefined;
  return missing.map((need) => (need.startsWith("!") ? `has ${need.slice(1)}` : `no ${need}`)).join(", ");
}
