import { type Load, type LoadResult, runLoad } from "./load.js";
import type { Server } from "./server.js";

/*
 * The measure: servers take turns, slot by slot, so that whatever else the machine does meets all of them. A round
 * gives one ratio; the median of the rounds is the result.
 */

/** How our server compares to one peer under one load. */
export interface Comparison {
  /** Ours divided by the peer's, median of the rounds; and the lowest and highest round. Answers in a second. */
  ratio: number;
  low: number;
  high: number;
  /** The same for answers in a second of the server's processor time: what counts when the client is the bottleneck. */
  cpuRatio: number | undefined;
  /** Answers in a second, median. */
  rate: number;
  peerRate: number;
  /** Errors of all slots, ours and the peer's. */
  errors: number;
  peerErrors: number;
}

interface Slot extends LoadResult {
  rate: number;
  cpuRate: number | undefined;
}

/** The median; NaN of nothing. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Runs `rounds` rounds of one slot a server, the first server being ours, and compares it with each of the others. */
export async function compare(dir: string, servers: Server[], load: Load, rounds: number): Promise<Comparison[]> {
  const slots: Slot[][] = servers.map(() => []);
  for (const server of servers) await warm(dir, server, load);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < servers.length; i++) {
      // Each round begins with another server: none always comes after the same one.
      const at = (round + i) % servers.length;
      slots[at].push(await runSlot(dir, servers[at], load));
    }
  }
  return slots.slice(1).map((peer) => compareSlots(slots[0], peer));
}

const warmed = new WeakSet<Server>();

/** A first slot that does not count: until the code is compiled. */
async function warm(dir: string, server: Server, load: Load): Promise<void> {
  if (warmed.has(server)) return;
  warmed.add(server);
  await runSlot(dir, server, { ...load, connections: 8, seconds: 2 });
}

/** One slot of load on one server. */
export async function runSlot(dir: string, server: Server, load: Load): Promise<Slot> {
  const beforeS = server.cpuS();
  const result = await runLoad(dir, server.port, load);
  const afterS = server.cpuS();
  const cpuS = beforeS === undefined || afterS === undefined ? 0 : afterS - beforeS;
  return { ...result, rate: result.count / result.seconds, cpuRate: cpuS > 0 ? result.count / cpuS : undefined };
}

/** Compares slots of the same rounds. */
export function compareSlots(ours: Slot[], peer: Slot[]): Comparison {
  const ratios = ours.map((slot, i) => slot.rate / peer[i].rate);
  const cpuRatios = ours.map((slot, i) => (slot.cpuRate ?? NaN) / (peer[i].cpuRate ?? NaN));
  const cpuRatio = median(cpuRatios);
  return {
    ratio: median(ratios),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
    cpuRatio: Number.isNaN(cpuRatio) ? undefined : cpuRatio,
    rate: median(ours.map((slot) => slot.rate)),
    peerRate: median(peer.map((slot) => slot.rate)),
    errors: sumErrors(ours),
    peerErrors: sumErrors(peer),
  };
}

function sumErrors(slots: Slot[]): number {
  return slots.reduce((sum, slot) => sum + slot.errors, 0);
}
