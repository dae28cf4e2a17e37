import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Board } from "../../boards/index.js";
import { buildError } from "../build/problem.js";
import { complain, endOnSignals, print } from "../console.js";
import { openTransport } from "../device/transport.js";
import type { Transport } from "../device/transport.js";
import { BundlePlaces } from "./bundle-places.js";
import { ConsoleLines } from "./console-lines.js";
import { TraceReader } from "./trace-reader.js";

/** Options of `meerkat monitor`. */
export interface MonitorOptions {
  port?: string;
  baud: number;
  map?: string;
  board?: Board;
  define?: Record<string, string>;
  pack?: string;
  gzip?: boolean;
  once?: boolean;
  raw?: boolean;
  input?: boolean;
}

/** After this long without a byte, what has come is shown, although more of it may follow. */
const IDLE_MS = 250;
/** How often a board that went away is looked for. */
const RETRY_MS = 500;

/** What a board prints of the program that `meerkat flash` put there. */
const STARTED = /^meerkat: started ([0-9a-f]{8})$/;

/** Where what comes from the board goes. */
interface Screen {
  /** Characters 0 to 255. */
  show(binary: string): void;
  /** Shows what waits for more to come. */
  flush(): void;
}

/**
 * `meerkat monitor`: shows a board's console, or without `--port` a log from standard input, with the author's places in
 * its stack traces. Resolves when the log has ended, or with `--once` when the board is gone. Throws a BuildError, or a
 * DeviceError when the port cannot be opened at first.
 */
export async function monitorApp(app: string | undefined, options: MonitorOptions): Promise<void> {
  const places = options.raw ? undefined : await placesOf(app, options);
  const screen = options.raw ? rawScreen() : readableScreen(places, whichOf(app, options));
  if (options.port === undefined) return showLog(screen);
  endOnSignals(() => screen.flush());
  await watchBoard(options.port, options, screen);
}

/** What is wrong with the command line, in one sentence without a full stop; undefined when nothing is. */
export function monitorMisuse(app: string | undefined, { port, map, board, input }: MonitorOptions): string | undefined {
  if (app !== undefined && map !== undefined) return "name the program or its map, not both";
  if (app !== undefined && board === undefined) return "name the kind of board that the program was built for: --board ID";
  if (port !== undefined) return undefined;
  if (input) return "input needs a board to go to: --port PORT";
  return process.stdin.isTTY ? "name the board's port: --port PORT; or give a log: meerkat monitor < log.txt" : undefined;
}

async function placesOf(app: string | undefined, options: MonitorOptions): Promise<BundlePlaces | undefined> {
  if (options.map !== undefined) return readPlaces(options.map);
  if (app === undefined || options.board === undefined) return undefined;
  // With the compiler it brings along, this takes a second.
  const { buildBundle, readPack } = await import("../build/index.js");
  const pack = options.pack === undefined ? undefined : readPack(options.pack, options.gzip !== false);
  const { code, map } = await buildBundle({ app, board: options.board, defines: options.define, pack });
  return new BundlePlaces(code, map, process.cwd());
}

/** The places of the bundle whose map is `file`; the bundle is the file beside it without `.map`. */
function readPlaces(file: string): BundlePlaces {
  if (!file.endsWith(".map")) throw buildError(`Cannot use ${file} as a map: its name must end with .map, as in out/app.js.map`, []);
  const read = (path: string, what: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      throw buildError(`Cannot read ${path}, ${what}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, []);
    }
  };
  const map = read(file, "the source map");
  const code = read(file.slice(0, -".map".length), "the program that the map belongs to");
  try {
    return new BundlePlaces(code, map, dirname(file));
  } catch (error) {
    throw buildError(`Cannot use ${file}: ${(error as Error).message}`, []);
  }
}

function whichOf(app: string | undefined, { map, board }: MonitorOptions): string {
  return map === undefined ? `${app}, built for ${board?.id}` : map.slice(0, -".map".length);
}

function rawScreen(): Screen {
  return { show: (binary) => void process.stdout.write(Buffer.from(binary, "latin1")), flush: () => undefined };
}

function readableScreen(places: BundlePlaces | undefined, which: string): Screen {
  const hint = (): void => complain(`(This trace is not of ${which}. Is another build on the board?)`);
  const reader = new TraceReader(places, print, hint);
  const lines = new ConsoleLines((line) => {
    const started = STARTED.exec(line);
    if (started && places && places.crc !== parseInt(started[1], 16)) complain(`(The board starts another build than ${which}.)`);
    reader.line(line);
  });
  return {
    show: (binary) => lines.push(binary),
    flush() {
      lines.flush();
      reader.flush();
    },
  };
}

async function showLog(screen: Screen): Promise<void> {
  const idle = idleFlush(screen);
  for await (const bytes of process.stdin) {
    screen.show((bytes as Buffer).toString("latin1"));
    idle.restart();
  }
  idle.stop();
  screen.flush();
}

function idleFlush(screen: Screen): { restart(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    restart() {
      clearTimeout(timer);
      timer = setTimeout(() => screen.flush(), IDLE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

async function watchBoard(port: string, options: MonitorOptions, screen: Screen): Promise<void> {
  let transport: Transport | undefined;
  if (options.input) process.stdin.on("data", (bytes) => void transport?.write(bytes as Buffer).catch(() => undefined));
  for (let isFirst = true; ; isFirst = false) {
    const lost = await follow(port, options, screen, isFirst, (open) => (transport = open));
    transport = undefined;
    if (options.once) break;
    complain(`-- Lost the board: ${lost}. Waiting for it; Ctrl-C ends.`);
  }
  if (options.input) process.stdin.destroy();
}

/** Shows what comes until the board is gone; answers why. A board that was there before may take its time to come back. */
async function follow(
  port: string,
  options: MonitorOptions,
  screen: Screen,
  isFirst: boolean,
  opened: (transport: Transport) => void,
): Promise<string> {
  const idle = idleFlush(screen);
  let close: (why: string) => void = () => undefined;
  const closed = new Promise<string>((resolve) => (close = resolve));
  const events = {
    data(bytes: Uint8Array) {
      screen.show(Buffer.from(bytes).toString("latin1"));
      idle.restart();
    },
    closed: (why: string) => close(why),
  };
  opened(isFirst ? await openTransport(port, options, events) : await reopen(() => openTransport(port, options, events)));
  if (!isFirst) complain("-- The board is back.");
  const why = await closed;
  idle.stop();
  screen.flush();
  return why;
}

async function reopen(open: () => Promise<Transport>): Promise<Transport> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    try {
      return await open();
    } catch {
      // It is not there yet.
    }
  }
}
