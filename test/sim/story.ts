// What every story here is told with: a seed, a world with faults, a manager, and the rules that hold at the end.

import assert from "node:assert/strict";
import { createPrng, ESPRUINO_LIKE_CAPS, type Prng, type SimFaults, type SimPeer, type SimPlatformOptions } from "../../platform/sim/index.js";
import type { ManagerOptions } from "../../src/index.js";
import { stage, type Stage } from "../unit/core-support.js";

/** Seeds a story is run with: from 1 to this. */
export const SEED_COUNT = Number(process.env.SIM_SEEDS ?? 30);

/** Everything that can go wrong with streams, a little of each. */
export const ROUGH: Partial<SimFaults> = {
  recvPartial: 0.3, byteAtATime: 0.05, sendWouldBlock: 0.2, stall: 0.02, stallMaxMs: 400, jitterMs: 3,
};
/** The same, and connections break. */
export const BREAKING: Partial<SimFaults> = { ...ROUGH, resetProbability: 0.02, acceptError: 0.05, connectError: 0.1, dnsError: 0.1 };

/** A host like Node and one like Espruino on an ESP32. */
export const HOSTS: { [name: string]: Partial<SimPlatformOptions> } = {
  "a host that can do everything": {},
  "a host like Espruino": { form: "string", caps: ESPRUINO_LIKE_CAPS },
};

/** A story under way. */
export interface Story {
  s: Stage;
  prng: Prng;
  /** True for `chance` of the draws. */
  maybe(chance: number): boolean;
  /** A whole number from `min` to `max`. */
  between(min: number, max: number): number;
  /** Text of `count` characters in which every place can be told from those near it. */
  text(count: number): string;
}

/** Begins a story. */
export function begin(seed: number, faults: Partial<SimFaults>, host: Partial<SimPlatformOptions>, mgr: ManagerOptions = {}, manual = false): Story {
  const s = stage({ world: { seed, faults }, platform: host, mgr, manual });
  const prng = createPrng(seed ^ 0x5eed);
  let next = seed;
  return {
    s,
    prng,
    maybe: (chance) => prng.chance(chance),
    between: (min, max) => min + prng.below(max - min + 1),
    text(count) {
      let out = "";
      while (out.length < count) out += (next++).toString(36) + "~";
      return out.slice(0, count);
    },
  };
}

/** What must be true at the end of every story, whatever happened in it. */
export function end(story: Story): void {
  const { s } = story;
  assert.deepEqual(s.violations, [], s.world.describe());
  // One page may be missing for the event under way, never more.
  assert.ok(s.mgr.pool.lowWater >= -1, `${s.mgr.pool.lowWater} pages were free: ${s.world.describe()}`);
  const held = s.mgr.list().reduce((sum, row) => sum + row.pages, 0);
  assert.equal(held, s.mgr.pool.pages - s.mgr.pool.free, `pages held and pages missing differ: ${s.world.describe()}`);
  s.finish();
  assert.equal(s.mgr._timers, 0, "timers are left");
  assert.equal(s.mgr.pool._wanted, 0, "somebody still waits for pages");
}

/** Ends a peer in one of the ways peers end. */
export function leave(story: Story, peer: SimPeer): void {
  const way = story.between(0, 2);
  if (way === 0) peer.fin();
  else if (way === 1) peer.reset();
  else peer.close();
}

/** Runs a story with every seed on every kind of host. */
export function tell(title: string, story: (seed: number, host: Partial<SimPlatformOptions>) => void): void {
  for (const name of Object.keys(HOSTS)) {
    it(`${title} on ${name}, with ${SEED_COUNT} seeds`, function () {
      this.timeout(120_000);
      for (let seed = 1; seed <= SEED_COUNT; seed++) {
        try {
          story(seed, HOSTS[name]);
        } catch (e) {
          (e as Error).message = `seed ${seed}: ${(e as Error).message}`;
          throw e;
        }
      }
    });
  }
}
