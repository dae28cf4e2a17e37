import { randomInt } from "node:crypto";
import { basename } from "node:path";
import type { Board } from "../boards/index.js";
import { createNodePlatform } from "../platform/node/index.js";
import { createVirtualBoard, defaultHostPort, type VirtualBoard } from "../platform/virtual-board/index.js";
import { buildBundle, readPack } from "./build/index.js";
import { complain, endOnSignals, print } from "./console.js";
import { BundlePlaces } from "./monitor/bundle-places.js";
import { TraceReader } from "./monitor/trace-reader.js";
import type { Publish, WifiDrop } from "./options.js";
import { watchPorts } from "./ports.js";
import { openConsole } from "./sim-console.js";

/** Options of `meerkat sim`. */
export interface SimOptions {
  board: Board;
  publish?: Publish;
  seed?: number;
  wifiDrop?: WifiDrop;
  define?: Record<string, string>;
  pack?: string;
  gzip?: boolean;
  /** A TCP port of this computer where the board's console is; 0 for any free one. */
  console?: number;
}

/** One more than the largest seed. */
const SEED_END = 2 ** 32;

/**
 * `meerkat sim`: builds the bundle for the board and runs exactly that in a virtual board of this process, its ports
 * published on the host. Resolves when the board has booted. Throws a BuildError; a program that does not boot ends the
 * process with exit code 1.
 */
export async function simApp(app: string, options: SimOptions): Promise<void> {
  const { board, publish = new Map(), seed = randomInt(SEED_END), define = {} } = options;
  const pack = options.pack === undefined ? undefined : readPack(options.pack, options.gzip !== false);
  const bundle = await buildBundle({ app, board, defines: define, pack });
  for (const warning of bundle.warnings) complain(warning);
  print(`${board.title} (${board.id}), bundle of ${bundle.bytes} bytes, seed ${seed}`);
  const ports = watchPorts({ publish, print, complain, fail: () => process.exit(1) });
  const portOf = (appPort: number, hostPort: number) => ({ appPort, hostPort, isTls: false, isDatagram: false });
  const fileName = basename(app).replace(/\.\w+$/, ".js");
  const log = logOf(new BundlePlaces(bundle.code, bundle.map, process.cwd()));
  let isBooting = true;
  let hasCrashed = false;
  const typed = (text: string): void => virtual.type(text);
  const seat = options.console === undefined ? undefined : await openConsole(options.console, typed);
  if (seat !== undefined) print(`console: tcp://localhost:${seat.port}`);
  const virtual = createVirtualBoard(createNodePlatform(), board, {
    seed,
    publish: (appPort) => publish.get(appPort) ?? defaultHostPort(appPort),
    log,
    onConsole: (text) => seat?.write(text),
    onListening: (appPort, hostPort) => ports.bound(portOf(appPort, hostPort)),
    onListenFailed: (appPort, hostPort, err) => ports.failed(portOf(appPort, hostPort), err),
    onCrash: () => (hasCrashed ||= isBooting),
    onQuit: () => process.exit(0),
  });
  endOnSignals(() => virtual.stop());
  virtual.run(bundle.code, fileName);
  isBooting = false;
  // Whoever is at the console can put another program on the board.
  if (!hasCrashed || seat !== undefined) return dropWifi(virtual, options.wifiDrop);
  virtual.stop();
  complain("The program ended with an exception while it was loaded.");
  process.exitCode = 1;
}

/** Takes Wi-Fi away again and again, and says so. */
function dropWifi(virtual: VirtualBoard, drop: WifiDrop | undefined): void {
  if (drop === undefined) return;
  setTimeout(() => {
    print(`Wi-Fi is gone for ${drop.forMs / 1000} s.`);
    virtual.wifi.drop(drop.forMs);
    setTimeout(() => dropWifi(virtual, drop), drop.forMs);
  }, drop.everyMs);
}

/** Frames of the host: what a board would not have. */
const HOST_FRAME = /^ {4}at .*(?:node:|virtual-board)/;

/** Prints what the program prints, with the author's places in stack traces. */
function logOf(places: BundlePlaces): (text: string) => void {
  const reader = new TraceReader(places, print);
  process.once("exit", () => reader.flush());
  return (text) => {
    for (const line of text.split("\n")) if (!HOST_FRAME.test(line)) reader.line(line);
    setImmediate(() => reader.flush());
  };
}
