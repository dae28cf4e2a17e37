// Things a wrapper does later, on the one timer of the platform it wraps.

import type { Owner, Platform } from "../../src/core/port.js";

/** What is to be done later, in order of time and, at the same time, of request. */
export interface Agenda {
  /** The owner under which the wrapped platform wakes this agenda. */
  owner: Owner;
  /** Does `act` in `ms` from now, never at once. */
  after(ms: number, act: () => void): void;
  /** The platform has woken {@link Agenda.owner}. */
  woken(): void;
}

interface Entry {
  dueMs: number;
  act: () => void;
}

/** An agenda on the timer of `platform`. */
export function createAgenda(platform: Platform): Agenda {
  const owner = {};
  let entries: Entry[] = [];

  function arm(): void {
    if (entries.length > 0) platform.wakeAfter(owner, Math.max(0, entries[0].dueMs - platform.now()));
  }

  return {
    owner,
    after(ms, act) {
      const entry = { dueMs: platform.now() + ms, act };
      let at = entries.length;
      while (at > 0 && entries[at - 1].dueMs > entry.dueMs) at--;
      entries.splice(at, 0, entry);
      if (at === 0) arm();
    },
    woken() {
      const nowMs = platform.now();
      let count = 0;
      while (count < entries.length && entries[count].dueMs <= nowMs) count++;
      // What is added meanwhile waits for the next turn, so that a chain of zero delays does not hold up the rest.
      const due = entries.slice(0, count);
      entries = entries.slice(count);
      for (const entry of due) entry.act();
      arm();
    },
  };
}
