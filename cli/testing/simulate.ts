import { basename } from "node:path";
import { findBoard } from "../../boards/index.js";
import { createNodePlatform } from "../../platform/node/index.js";
import { createVirtualBoard } from "../../platform/virtual-board/index.js";
import { buildBundle, readPack } from "../build/index.js";
import { BundlePlaces } from "../monitor/bundle-places.js";
import { TraceReader } from "../monitor/trace-reader.js";
import type { SimulatedBoard, SimulateOptions } from "./index.js";

/** How long a program may take to listen. */
const LISTEN_MS = 2000;

/** See {@link SimulatedBoard}; what index.ts exports. */
export async function simulate(app: string, options: SimulateOptions): Promise<SimulatedBoard> {
  const board = findBoard(options.board);
  const pack = options.pack === undefined ? undefined : readPack(options.pack, true);
  const { code, map } = await buildBundle({ app, board, defines: options.define, pack });
  const lines: string[] = [];
  const reader = new TraceReader(new BundlePlaces(code, map, process.cwd()), (line) => lines.push(line));
  const ports = new Map<number, number>();
  let isUp: () => void = () => undefined;
  const up = new Promise<void>((resolve) => (isUp = resolve));
  let hasCrashed = false;
  const virtual = createVirtualBoard(createNodePlatform(), board, {
    seed: options.seed ?? 1,
    publish: () => 0,
    log: (text) => text.split("\n").forEach((line) => reader.line(line)),
    onListening(appPort, hostPort) {
      ports.set(appPort, hostPort);
      isUp();
    },
    onCrash: () => (hasCrashed = true),
  });
  virtual.run(code, basename(app).replace(/\.\w+$/, ".js"));
  const output = (): string => {
    reader.flush();
    return lines.join("\n");
  };
  if (hasCrashed) {
    virtual.stop();
    throw new Error(`The program ended with an exception while it was loaded:\n${output()}`);
  }
  const timer = setTimeout(isUp, LISTEN_MS);
  await up;
  clearTimeout(timer);
  const [first] = ports.values();
  return { url: first === undefined ? "" : `http://localhost:${first}`, port: (appPort) => portOf(ports, appPort), output, stop: () => virtual.stop() };
}

function portOf(ports: ReadonlyMap<number, number>, appPort: number): number {
  const port = ports.get(appPort);
  if (port === undefined) throw new RangeError(`Cannot reach port ${appPort}: the program does not listen there`);
  return port;
}
