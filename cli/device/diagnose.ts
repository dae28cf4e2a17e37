/*
 * What is at the other end of a port where no interpreter answers, judged by what came from there.
 */

import { Exit, deviceError } from "./problem.js";
import type { DeviceError } from "./problem.js";

const INSTALL = "Install Espruino's firmware: docs/flash.md says how for each board.";

/** What shows in the text → what it means and what to do. The first that fits counts. */
const SIGNS: [pattern: RegExp, what: string, ...advice: string[]][] = [
  [/waiting for download|DOWNLOAD\(|DOWNLOAD_BOOT/i, "its chip waits in the boot loader", "Let go of the BOOT button and press reset."],
  [/invalid header|flash read err|No bootable app/i, "its flash holds no firmware", INSTALL],
  [/MicroPython|>>> ?$/, "MicroPython answers, not Espruino", INSTALL],
  [/password>/, "its console is locked with a password", 'Unlock it: E.setPassword() in a terminal, or install the firmware anew.'],
  [/login: ?$|\$ ?$|# ?$/, "a computer's prompt answers, not a board", "Name another port: meerkat flash --list shows them."],
  [/Guru Meditation|abort\(\) was called|Backtrace:/, "its firmware crashes", INSTALL],
  [/rst:0x|ets [A-Z][a-z]{2} |boot:0x|ESP-ROM/, "its boot loader speaks, but no Espruino follows", INSTALL],
];

/** The error for a port where nobody answered; `received` is all that came. */
export function silence(port: string, received: string): DeviceError {
  if (received === "") {
    return deviceError(
      Exit.Silent,
      `Nothing answers at ${port}.`,
      "Is it the right port (meerkat flash --list), and is Espruino's firmware on the board (docs/flash.md)?",
      "Pressing the board's reset button while this waits can help.",
    );
  }
  if (looksGarbled(received)) {
    const advice = "The speed is wrong: Espruino's is 115200, which --baud changes.";
    return deviceError(Exit.Silent, `What comes from ${port} is garbage.`, advice, "Or something else than Espruino's console is there.");
  }
  for (const [pattern, what, ...advice] of SIGNS) {
    if (pattern.test(received.trimEnd())) return deviceError(Exit.Silent, `No Espruino answers at ${port}: ${what}.`, ...advice);
  }
  return deviceError(
    Exit.Silent,
    `Something speaks at ${port}, but no Espruino answers. It said last:`,
    ...lastLines(received),
    `If this is no board, name another port. If it is: ${INSTALL[0].toLowerCase()}${INSTALL.slice(1)}`,
  );
}

/** A console at the wrong speed: a good part of what comes is no text. */
function looksGarbled(text: string): boolean {
  const odd = text.replace(/[\x20-\x7e\r\n\t\x1b\x08]/g, "").length;
  return odd > 3 && odd > text.length * 0.2;
}

/** What a reader sees of it: without prompts that were taken back, codes for a terminal, and carriage returns. */
export function readable(text: string): string {
  return text.replace(/>\r\x1b\[J/g, "").replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "").replace(/\r/g, "");
}

/** The end of what came, printable and short. */
export function lastLines(text: string, count = 3): string[] {
  const lines = readable(text).replace(/[^\x20-\x7e\n]/g, "").split("\n");
  return lines.filter((line) => line.trim() !== "").slice(-count).map((line) => `| ${line.trim().slice(0, 70)}`);
}
