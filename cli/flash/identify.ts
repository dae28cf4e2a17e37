/**
 * Owns: what board answers, and whether it is the one that the program was built for: its name in the firmware, the
 * version, memory and storage.
 */

import { basename } from "node:path";
import type { Board } from "../../boards/board.js";
import { Exit, deviceError } from "../device/problem.js";
import type { Repl } from "../device/repl.js";

/** What the board says about itself. */
export interface BoardFacts {
  /** `process.env.BOARD`: the name of the firmware's board file. */
  name: string;
  version: string;
  /** Variables of the interpreter, in all. */
  variables: number;
  /** Bytes its console can take in before they are read; 0 when it does not say. */
  inputBytes: number;
  /** Bytes of Storage that are free, and that compaction would free. */
  freeBytes: number;
  trashBytes: number;
  /** Names in Storage that begin with ".boot", and a saved image of the interpreter. */
  bootFiles: string[];
}

/** The oldest firmware with all that meerkat asks of it (`Storage.getStats`, 2v13). */
const OLDEST = 2.13;

/** Asks the board. */
export async function identify(repl: Repl): Promise<BoardFacts> {
  const about = await repl.ask('[process.env.BOARD,process.version,process.memory().total,(process.memory().rx||{total:0}).total].join("|")');
  const [name, version, variables, inputBytes] = about.split("|");
  const age = /^(\d+)v(\d+)/.exec(version);
  if (age !== null && Number(`${age[1]}.${age[2].padStart(2, "0")}`) < OLDEST) {
    const what = `The firmware on the board is Espruino ${version}: meerkat needs 2v13 or newer, and was tried with 2v29.`;
    throw deviceError(Exit.Unfit, what, "Install a current one: docs/flash.md says how.");
  }
  const room = await repl.ask('(function(t){return [t.freeBytes,t.trashBytes].join("|")})(require("Storage").getStats())');
  const [freeBytes, trashBytes] = room.split("|").map(Number);
  const names = await repl.ask('require("Storage").list(/^\\.(boot|varimg)/).join("|")');
  const bootFiles = names.split("|").filter((one) => one !== "");
  return { name, version, variables: Number(variables), inputBytes: Number(inputBytes), freeBytes, trashBytes, bootFiles };
}

/** The name that the firmware of this board has: that of the file its definition was read from. */
export function firmwareName(board: Board): string {
  return basename(board.source, ".py");
}

/** Firmware of another name that programs for a board run on as well. */
const ALSO: Readonly<Record<string, readonly string[]>> = { esp32: ["ESP32_IDF4", "ESP32_CYD"] };

/**
 * Throws a DeviceError when programs for `board` cannot be meant for what answers. With `isAny` only what would certainly
 * not run is refused.
 */
export function checkFit(facts: BoardFacts, board: Board, neededVariables: number, isAny: boolean): void {
  const expected = [firmwareName(board), ...(ALSO[board.id] ?? [])];
  if (!isAny && !expected.includes(facts.name)) {
    const what = `The board at the port is ${facts.name} (Espruino ${facts.version}), not ${board.title}.`;
    throw deviceError(Exit.Unfit, what, `Name the one it is with --board, or another port. --any-board does not look.`);
  }
  // The Linux build takes more memory as it needs it.
  if (facts.name !== "LINUX" && facts.variables < neededVariables) {
    const what = `The board has ${facts.variables} variables, and the program needs about ${neededVariables}.`;
    throw deviceError(Exit.Unfit, what, "A smaller pool or fewer imports make it smaller; firmware without Bluetooth leaves more.");
  }
  if (facts.bootFiles.includes(".bootrst")) {
    const what = 'The board has a program saved as ".bootrst", which would run instead of this one.';
    throw deviceError(Exit.Unfit, what, 'Remove it in a terminal: require("Storage").erase(".bootrst")');
  }
  if (facts.bootFiles.includes(".varimg")) {
    const what = "The board has a state saved with save(), which would come back instead of a fresh start.";
    throw deviceError(Exit.Unfit, what, 'Remove it in a terminal: require("Storage").erase(".varimg")');
  }
}
