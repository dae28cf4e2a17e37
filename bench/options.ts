/* What all parts of the benchmark are told. */

/** The parts that can be asked for with --only. */
export const PARTS = ["node", "ws", "transfer", "libevent", "evbuffer", "espruino", "memory", "boards"] as const;

export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  /** Scratch directory; removed at the end. */
  dir: string;
  /** Short: fewer rounds, fewer requests. */
  isQuick: boolean;
  /** Path of the interpreter; undefined: its rows are skipped. */
  espruino: string | undefined;
  /** Other programs use the processors: results go by processor time where it is known, else by the clock. */
  isBusy: boolean;
  /** Says what is going on; not part of the result. */
  progress(what: string): void;
}

/** Rounds of one comparison. */
export function roundsOf(options: BenchOptions): number {
  return options.isQuick ? 2 : 5;
}
