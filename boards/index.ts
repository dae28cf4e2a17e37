/*
 * Every board meerkat knows.
 */

import type { Board } from "./board.js";
import { esp32 } from "./esp32.js";
import { esp32c3 } from "./esp32c3.js";
import { esp32s3 } from "./esp32s3.js";
import { esp8266 } from "./esp8266.js";
import { linux } from "./linux.js";

export type { Board } from "./board.js";
export { checkBoard } from "./check.js";

/** The boards, those people have most often first. */
export const boards: readonly Board[] = [esp32, esp32c3, esp32s3, esp8266, linux];

/** The board with this id, in upper or lower case. Throws an Error that lists the ids when there is none. */
export function findBoard(id: string): Board {
  const wanted = id.toLowerCase();
  const found = boards.find((board) => board.id === wanted);
  if (found) return found;
  throw new Error(`Unknown board "${id}": known are ${boards.map((board) => board.id).join(", ")}`);
}
