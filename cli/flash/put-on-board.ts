/**
 * Owns: the order of things when a program is put on a board, and what each failure means for what the board starts.
 * Does not own: building it, opening the port, the steps.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Board } from "../../boards/board.js";
import type { BoardConsole } from "../device/board-console.js";
import { isDeviceError } from "../device/problem.js";
import type { DeviceError } from "../device/problem.js";
import { Repl } from "../device/repl.js";
import type { ReplTimes } from "../device/repl.js";
import { BundlePlaces } from "../monitor/bundle-places.js";
import { TraceReader } from "../monitor/trace-reader.js";
import { checkFit, identify } from "./identify.js";
import type { BoardFacts } from "./identify.js";
import { BOOT_FILE, imageOf } from "./image.js";
import type { Image } from "./image.js";
import { install, installInPlace } from "./install.js";
import type { InstallState } from "./install.js";
import type { Progress } from "./progress.js";
import { startAndWait } from "./ready.js";
import { isWhole } from "./upload.js";

/** A program that was built for a board. */
export interface Program {
  /** One character a byte. */
  code: string;
  /** Its source map. */
  map: string;
  /** Variables it is estimated to take. */
  variables: number;
}

/** How it is put there. */
export interface PutOptions {
  board: Board;
  anyBoard?: boolean;
  inPlace?: boolean;
  /** A text to wait for; "none" waits for nothing at all. */
  ready?: string;
  deadlineMs: number;
  /** Default: what boards take. */
  times?: ReplTimes;
  progress: Progress;
  print(line: string): void;
}

/**
 * Puts a program on the board behind an open console, reads it back, starts it and waits until it runs. Rejects with a
 * DeviceError that also says what the board starts now.
 */
export async function putOnBoard(target: BoardConsole, program: Program, options: PutOptions): Promise<void> {
  const { board, print } = options;
  const repl = new Repl(target, options.times);
  const image = imageOf(program.code);
  await repl.attach();
  const facts = await identify(repl);
  print(`${target.port}: ${facts.name}, Espruino ${facts.version}, ${facts.variables} variables`);
  checkFit(facts, board, program.variables, options.anyBoard === true);
  const beganMs = Date.now();
  if (await isWhole(repl, { name: BOOT_FILE, ...image })) {
    print("  the board has this very program already");
  } else {
    await replace(repl, image, facts, options);
    print(`  read back and compared: ${image.code.length} bytes, CRC ${image.crc.toString(16).padStart(8, "0")}`);
  }
  await start(repl, image, program, options);
  print(`Done in ${((Date.now() - beganMs) / 1000).toFixed(1)} s.`);
}

/** When it fails and the board still listens, the old program is started again. */
async function replace(repl: Repl, image: Image, facts: BoardFacts, { inPlace, progress }: PutOptions): Promise<void> {
  let state: InstallState = "old";
  const note = (now: InstallState): void => void (state = now);
  try {
    await repl.reset();
    await (inPlace ? installInPlace : install)(repl, image, facts, progress, note);
  } catch (error) {
    const isThere = repl.console.gone === undefined;
    if (isThere) await repl.start().catch(() => undefined);
    throw isDeviceError(error) ? withState(error, state, isThere) : error;
  }
}

/** What the failure means for what the board starts. */
function withState(error: DeviceError, state: InstallState, isThere: boolean): DeviceError {
  if (state === "empty") {
    return addLine(error, "The old program was erased first (--in-place): until it is flashed again the board has none.");
  }
  if (state === "replacing") {
    return addLine(error, "The new program is whole on the board, and the board puts it in place at its next start.");
  }
  return addLine(error, isThere ? "The old program is untouched, and was started again." : "The old program is untouched: it runs when the board starts.");
}

function addLine(error: DeviceError, line: string): DeviceError {
  return Object.assign(error, { message: `${error.message}\n  ${line}` });
}

async function start(repl: Repl, image: Image, program: Program, { ready, deadlineMs, print }: PutOptions): Promise<void> {
  if (ready === "none") {
    await repl.start();
    await sleep(repl.times.settleMs);
    print("  started; nothing was waited for (--ready none)");
    return;
  }
  const translate = (text: string): string => inSources(text, program);
  await startAndWait(repl, { image, text: ready, deadlineMs, translate });
  print(ready === undefined ? "  started: the program was loaded to its end" : `  started: it printed "${ready}"`);
}

/** What the board printed, with the places of its traces in the author's files. */
function inSources(text: string, { code, map }: Program): string {
  const lines: string[] = [];
  const reader = new TraceReader(new BundlePlaces(code, map, process.cwd()), (line) => lines.push(line), () => undefined);
  for (const line of text.split("\n")) reader.line(line);
  reader.flush();
  return lines.join("\n");
}
