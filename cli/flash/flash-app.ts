import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Board } from "../../boards/board.js";
import { buildBundle, readPack } from "../build/index.js";
import { complain, endOnSignals, print } from "../console.js";
import { BoardConsole } from "../device/board-console.js";
import { formatPorts, listPorts } from "../device/list-ports.js";
import { Exit, deviceError } from "../device/problem.js";
import { showProgress } from "./progress.js";
import { putOnBoard } from "./put-on-board.js";

/** At Ctrl-C: gives up the line that is being sent, and starts the program there is. */
const START_OLD = "\x1b[2H\x1b[2K\x10load()\n";
const LAST_MS = 200;

/** Options of `meerkat flash`. */
export interface FlashOptions {
  board: Board;
  port: string;
  baud: number;
  define?: Record<string, string>;
  pack?: string;
  gzip?: boolean;
  inPlace?: boolean;
  anyBoard?: boolean;
  /** A text to wait for; "none" waits for nothing at all. */
  ready?: string;
  /** Seconds. */
  deadline: number;
}

/** What is missing on the command line, in one sentence without a full stop; undefined when nothing is. */
export function flashMisuse(app: string | undefined, { board, port }: Partial<FlashOptions>): string | undefined {
  if (app === undefined) return "name the program, as in meerkat flash app.ts --board esp32 --port /dev/ttyUSB0";
  if (board === undefined) return "name the kind of board: --board ID";
  return port === undefined ? "name where the board is: --port PORT; --list shows the serial ports" : undefined;
}

/** `meerkat flash --list`. Rejects with a DeviceError when there is no port. */
export async function listForFlash(): Promise<void> {
  const { ports, note } = await listPorts();
  for (const line of formatPorts(ports)) print(line);
  if (note !== "") complain(note);
  if (ports.length > 0) return;
  throw deviceError(
    Exit.Port,
    "No serial port found.",
    "Is the board plugged in, with a cable that carries data?",
    "Boards with a CH340 or CP210x chip need its driver on Windows and macOS.",
    "A board in the network has no port here: --port tcp://HOST:PORT.",
  );
}

/**
 * `meerkat flash`: builds the program, puts it on the board at the port, reads it back, starts it and waits until it runs.
 * Rejects with a BuildError or a DeviceError.
 */
export async function flashApp(app: string, options: FlashOptions): Promise<void> {
  const { board, port, define, gzip } = options;
  const pack = options.pack === undefined ? undefined : readPack(options.pack, gzip !== false);
  const bundle = await buildBundle({ app, board, defines: define, pack });
  for (const warning of bundle.warnings) complain(warning);
  print(`${basename(app)} for ${board.title}: ${bundle.bytes} bytes`);
  const target = await BoardConsole.open(port, options.baud);
  // The port has to take it before the process ends; one that does not take anything must not keep the process.
  endOnSignals(() => Promise.race([target.send(START_OLD).then(() => sleep(LAST_MS)), sleep(2 * LAST_MS)]));
  const { anyBoard, inPlace, ready } = options;
  const program = { code: bundle.code, map: bundle.map, variables: bundle.report.variables.total };
  try {
    const progress = showProgress(process.stdout);
    await putOnBoard(target, program, { board, anyBoard, inPlace, ready, deadlineMs: options.deadline * 1000, progress, print });
  } finally {
    await target.close();
  }
}
