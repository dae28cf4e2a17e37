/**
 * `meerkat/sim`: a program on a virtual board, for the program's own tests.
 *
 * Only what tests see is here: the build and the board come when they are needed, so that nobody who imports this has to
 * compile them.
 */

/** What to run, and on what. */
export interface SimulateOptions {
  /** The kind of board, as for `meerkat sim --board`. */
  board: string;
  /** Values for `process.env.NAME` of the program. */
  define?: Record<string, string>;
  /** Directory whose files the program has from "meerkat/packed". */
  pack?: string;
  /** Seed of the board's random numbers; default 1. */
  seed?: number;
}

/** A program that runs on a virtual board of this process. */
export interface SimulatedBoard {
  /** `http://localhost:PORT` of the port that the program listened on first; "" when it listens on none. */
  readonly url: string;
  /** The port of this computer that leads to a port of the program. Throws when the program does not listen there. */
  port(appPort: number): number;
  /** What the program has printed so far, stack traces with places in its own files. */
  output(): string;
  /** Switches the board off. Without it the test does not end. */
  stop(): void;
}

type Simulate = (app: string, options: SimulateOptions) => Promise<SimulatedBoard>;

/**
 * Builds a program (a TypeScript file) for a board and runs exactly that on a virtual one, its ports at free ports of this
 * computer. Resolves when it listens, or 2 s after it was loaded. Rejects with the reason when it cannot be built, and
 * with what it printed when it ends with an exception while it is loaded.
 */
export async function simulate(app: string, options: SimulateOptions): Promise<SimulatedBoard> {
  const file = new URL("./simulate.js", import.meta.url).href;
  return ((await import(file)) as { simulate: Simulate }).simulate(app, options);
}
