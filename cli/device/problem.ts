/*
 * What can go wrong between this computer and a board, as errors of their own kind: what happened, what to do, and the
 * exit code of the command.
 */

/** Exit codes of the commands that talk to a board. */
export const enum Exit {
  /** The port cannot be opened: missing, in use, or not allowed. */
  Port = 3,
  /** The port is open, but no Espruino answers there. */
  Silent = 4,
  /** The board is another one than `--board` says, its firmware is too old, or it has no room. */
  Unfit = 5,
  /** The connection broke, or the board stopped answering, before the new program was in place. */
  Broken = 6,
  /** The new program is in place, but it was not seen to start. */
  NotReady = 7,
}

/** An error between this computer and a board. `exit` is the command's exit code; `message` ends with what to do. */
export interface DeviceError extends Error {
  code: "MEERKAT_DEVICE";
  exit: Exit;
}

/** Makes a {@link DeviceError}: what happened in one sentence, then a line each for what to do. */
export function deviceError(exit: Exit, what: string, ...advice: string[]): DeviceError {
  const message = [what, ...advice.map((line) => `  ${line}`)].join("\n");
  return Object.assign(new Error(message), { code: "MEERKAT_DEVICE" as const, exit });
}

/** True for what {@link deviceError} made. */
export function isDeviceError(error: unknown): error is DeviceError {
  return error instanceof Error && (error as DeviceError).code === "MEERKAT_DEVICE";
}

/** Columns of a terminal that nobody made wider. */
const WIDTH = 80;

/** The message for a terminal: long lines go on below, as far in; what a board printed (`|`) stays as it is. */
export function formatDeviceError(error: DeviceError): string {
  return error.message.split("\n").map(wrapped).join("\n");
}

function wrapped(line: string): string {
  if (line.length <= WIDTH || /^\s*(\||at )/.test(line)) return line;
  const indent = /^ */.exec(line)?.[0] ?? "";
  const rows: string[] = [];
  let row = indent;
  for (const word of line.trim().split(" ")) {
    if (row.trim() !== "" && row.length + 1 + word.length > WIDTH) {
      rows.push(row);
      row = indent;
    }
    row += row.trim() === "" ? word : ` ${word}`;
  }
  return [...rows, row].join("\n");
}
