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
