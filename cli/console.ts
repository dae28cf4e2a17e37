/*
 * How the command line speaks: what a program or a command has to say goes to standard output, what went wrong to
 * standard error. Text only, no colours: both may be files.
 */

/** Bits that shells add to the number of the signal that ended a command. */
const SIGNALLED = 128;

/** One line on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One line on standard error. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Ctrl-C and SIGTERM end the process after `last`, with the exit codes shells use: 130 and 143. */
export function endOnSignals(last: () => void | Promise<void> = () => undefined): void {
  const end = (_name: NodeJS.Signals, number: number): void => {
    const exit = (): void => process.exit(SIGNALLED + number);
    const waiting = last();
    if (waiting === undefined) exit();
    else void waiting.then(exit, exit);
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
}

/** A reader that went away (`meerkat sim … | head`) is no error; the default is a stack trace. */
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
