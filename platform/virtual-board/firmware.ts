import type { Board } from "../../boards/board.js";

/** Version the facts were taken from: what `process.version` says. */
export const VERSION = "2v29.277";

/** What the firmware of a board calls it (`process.env.BOARD`): the name of the board file its facts are from. */
export function firmwareName(board: Board): string {
  return board.source.replace(/^.*\//, "").replace(/\.py$/, "");
}
