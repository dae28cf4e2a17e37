/**
 * Owns: whether the program that was put on a board runs: waiting for the lines that say so, and noticing what says the
 * opposite.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { BoardConsole } from "../device/board-console.js";
import { lastLines, readable } from "../device/diagnose.js";
import { Exit, deviceError } from "../device/problem.js";
import type { Repl } from "../device/repl.js";
import { BOOT_FILE } from "./image.js";
import type { Image } from "./image.js";

/** What the firmware prints when a program came to grief. */
const TROUBLE = /Uncaught |OUT OF MEMORY|Execution Interrupted|STACK OVERFLOW|Storage is corrupt/;

/** How a program's start is judged. */
export interface ReadyOptions {
  image: Image;
  /** A text the program prints when it is ready; undefined: it is enough that it was loaded. */
  text: string | undefined;
  deadlineMs: number;
  /** Turns what the board printed into what a reader of the program wants to see. */
  translate(text: string): string;
}

/** Starts the board's program and waits until it runs. Rejects with a DeviceError (`Exit.NotReady`) when it does not. */
export async function startAndWait(repl: Repl, options: ReadyOptions): Promise<void> {
  const { console: board } = repl;
  await repl.start();
  const { image, text, deadlineMs } = options;
  const endMs = Date.now() + deadlineMs;
  await wanted(repl, image.startedLine, endMs, options);
  if (text !== undefined) await wanted(repl, text, endMs, options);
  await sleep(repl.times.settleMs);
  if (TROUBLE.test(board.received)) throw trouble(board, options);
}

async function wanted({ console: board, times }: Repl, text: string, endMs: number, options: ReadyOptions): Promise<void> {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const either = new RegExp(`${escaped}|${TROUBLE.source}`);
  const found = await board.expect(either, Math.max(0, endMs - Date.now()));
  if (found?.[0] === text) return;
  if (found !== undefined) {
    await sleep(times.settleMs);
    throw trouble(board, options);
  }
  const seconds = Math.round(options.deadlineMs / 1000);
  const what =
    text === options.image.startedLine
      ? `The program is on the board, but did not say within ${seconds} s that it was loaded.`
      : `The program is on the board and was loaded, but did not print "${text}" within ${seconds} s.`;
  const said = lastLines(board.received, 8);
  const advice = text === options.text ? ["--ready TEXT names the text, --deadline the time, --ready none waits for neither."] : [];
  throw deviceError(Exit.NotReady, what, ...(said.length > 0 ? ["It printed last:", ...said] : ["It printed nothing."]), ...advice);
}

function trouble(board: BoardConsole, { translate }: ReadyOptions): Error {
  const from = Math.max(0, board.received.search(TROUBLE));
  const text = readable(board.received.slice(from)).replace(/\n>$/, "");
  const lines = translate(text).trimEnd().split("\n").slice(0, 12);
  const what = `The program is on the board (${BOOT_FILE}), but fails as it starts:`;
  return deviceError(Exit.NotReady, what, ...lines, "Mend it and flash again; the board takes a new one as it is.");
}
