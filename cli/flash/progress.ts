/*
 * How far an upload is: on a terminal one line that is written over, elsewhere a line at each quarter.
 */

const BAR_WIDTH = 24;
const QUARTERS = 4;

/** Hears how far it is. */
export interface Progress {
  /** Bytes that are done, of all. */
  at(done: number, all: number): void;
  /** It has to begin anew. */
  restart(): void;
  /** Something else begins that takes a moment. */
  step(text: string): void;
}

/** Where it is shown. */
export interface ProgressOutput {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows progress on a stream. `now` is a clock in milliseconds. */
export function showProgress(out: ProgressOutput, now: () => number = Date.now): Progress {
  let quarter = 0;
  let beganMs = -1;
  let lastMs = -Infinity;

  function onTerminal(done: number, all: number): void {
    const isDone = done === all;
    if (!isDone && now() - lastMs < 100) return;
    lastMs = now();
    out.write(`\r${barLine(done, all, (now() - beganMs) / 1000)}${isDone ? "\n" : ""}`);
  }

  function inLines(done: number, all: number): void {
    const reached = Math.floor((done * QUARTERS) / all);
    if (reached <= quarter) return;
    quarter = reached;
    out.write(`  written ${(100 * reached) / QUARTERS} % of ${all} bytes\n`);
  }

  return {
    at(done, all) {
      if (beganMs < 0) beganMs = now();
      if (out.isTTY) onTerminal(done, all);
      else inLines(done, all);
    },
    restart() {
      quarter = 0;
      beganMs = -1;
      out.write(`${out.isTTY ? "\n" : ""}  what was written is damaged: once more from the start\n`);
    },
    step(text) {
      out.write(`  ${text}\n`);
    },
  };
}

function barLine(done: number, all: number, seconds: number): string {
  const filled = Math.floor((done * BAR_WIDTH) / all);
  const bar = "#".repeat(filled) + ".".repeat(BAR_WIDTH - filled);
  const kb = (bytes: number): string => (bytes / 1000).toFixed(1);
  const rate = seconds > 0.5 ? `, ${kb(done / seconds)} kB/s` : "";
  return `  writing [${bar}] ${kb(done)} of ${kb(all)} kB${rate}`.padEnd(72);
}
