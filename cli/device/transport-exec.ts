import { spawn } from "node:child_process";
import { Exit, deviceError } from "./problem.js";
import type { Transport, TransportEvents } from "./transport.js";

/** How long a program that was told to end may take, before it is ended for certain. */
const END_MS = 200;

/**
 * A program whose standard streams are the console: `espruino` on Linux, which keeps its flash in the working directory.
 * The command is split at blanks. It ends with the transport: its prompt ignores SIGTERM, so it is killed.
 */
export function openExec(command: string, events: TransportEvents): Promise<Transport> {
  const [program, ...args] = command.split(/\s+/).filter((word) => word !== "");
  if (program === undefined) throw deviceError(Exit.Port, 'Cannot run "exec:": a command must follow, as in exec:espruino.');
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
    let isClosed = false;
    const gone = (why: string): void => {
      if (!isClosed) events.closed(why);
      isClosed = true;
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "ENOENT" ? "there is no such program" : error.message;
      reject(deviceError(Exit.Port, `Cannot run "${program}": ${reason}.`));
    });
    // Writing to a program that has ended is reported by its "close".
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (bytes: Buffer) => isClosed || events.data(bytes));
    child.on("close", (code, signal) => gone(`the program ended (${signal ?? `exit code ${code}`})`));
    child.on("spawn", () => {
      resolve({
        write: (bytes) => new Promise((done, fail) => child.stdin.write(bytes, (error) => (error ? refused(fail) : done()))),
        close: async () => {
          isClosed = true;
          await ended(child);
        },
      });
    });
  });
}

/** Bytes were not taken. Mostly the program has ended, and its "close", which tells how, is still to come. */
function refused(fail: (error: Error) => void): void {
  setTimeout(() => fail(new Error("the program takes no input")), END_MS);
}

/** Ends the program: by the end of its input, else at once. */
function ended(child: ReturnType<typeof spawn>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), END_MS);
    child.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    child.stdin?.end();
  });
}
