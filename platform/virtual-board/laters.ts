/**
 * Owns: what the board itself will do at a certain time (Wi-Fi that joins), apart from the program's own timers, which
 * the program may clear.
 */

interface Later {
  dueMs: number;
  run: () => void;
}

/** A short list of things to come. */
export class Laters {
  private list: Later[] = [];

  constructor(private readonly nowMs: () => number) {}

  /** Runs `run` in the first pass after `ms`. */
  add(ms: number, run: () => void): void {
    this.list.push({ dueMs: this.nowMs() + ms, run });
  }

  /** Milliseconds until the next; Infinity for none. */
  untilNextMs(): number {
    const dueMs = Math.min(Infinity, ...this.list.map((one) => one.dueMs));
    return Math.max(0, dueMs - this.nowMs());
  }

  /** Runs what is due, in the order it was added. */
  idle(): void {
    if (this.list.length === 0) return;
    const nowMs = this.nowMs();
    const due = this.list.filter((one) => one.dueMs <= nowMs);
    this.list = this.list.filter((one) => one.dueMs > nowMs);
    for (const one of due) one.run();
  }
}
