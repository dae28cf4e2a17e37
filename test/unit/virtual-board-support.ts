// A virtual board in a simulated world, with scripted peers around it: everything the virtual-board tests share.

import type { Board } from "../../boards/board.js";
import { esp32 } from "../../boards/esp32.js";
import { linux } from "../../boards/linux.js";
import { createSimWorld } from "../../platform/sim/index.js";
import type { SimPeer, SimPeerServer, SimWorld, SimWorldOptions } from "../../platform/sim/index.js";
import { createVirtualBoard, type VirtualBoard, type VirtualBoardOptions } from "../../platform/virtual-board/index.js";

/** The board's own address and the one its peers have. */
export const BOARD_HOST = "10.0.0.1";
export const PEER_HOST = "10.0.0.2";

/** One board, its world and what it printed. */
export interface Bench {
  world: SimWorld;
  board: VirtualBoard;
  lines: string[];
  /** Connects a scripted peer to a port of the board. */
  connect(port: number): SimPeer;
  /** A scripted server for the board to connect to. */
  serve(port: number, onPeer: (peer: SimPeer) => void): SimPeerServer;
  /** Lets virtual time pass. */
  pass(ms?: number): void;
}

/** What a bench is made with. */
export interface BenchOptions extends VirtualBoardOptions {
  /** What differs from `base`. */
  on?: Partial<Board>;
  world?: Partial<SimWorldOptions>;
  /** The board to start from; default the ESP32. */
  base?: Board;
}

/** Starts a program on a board in a fresh world. */
export function bench(code: string, options: BenchOptions = {}): Bench {
  const { on, world: worldOptions, base, ...boardOptions } = options;
  const world = createSimWorld({ seed: 1, ...worldOptions });
  const lines: string[] = [];
  const host = world.platform({ host: BOARD_HOST });
  const definition = { ...(base ?? esp32), ...on };
  const board = createVirtualBoard(host, definition, {
    log: (line) => lines.push(line),
    publish: (port) => port,
    seed: 1,
    ...boardOptions,
  });
  board.run(code, "test.js");
  return {
    world,
    board,
    lines,
    connect: (port) => world.connectPeer(PEER_HOST, BOARD_HOST, port),
    serve: (port, onPeer) => world.listenPeer(PEER_HOST, port, onPeer),
    pass: (ms = 100) => world.runFor(ms),
  };
}

/** Runs a program for a while and answers what it printed. */
export function printed(code: string, options: BenchOptions = {}): string[] {
  const one = bench(code, options);
  one.pass(1000);
  one.board.stop();
  return one.lines;
}

export { esp32, linux };

/** Program text that logs every event of a socket `c` under a name. */
export const WATCH = `
function watch(c, name) {
  c.on("data", function (d) { print(name, "data", d.length); });
  c.on("drain", function () { print(name, "drain"); });
  c.on("end", function (x) { print(name, "end", x); });
  c.on("close", function (e) { print(name, "close", e); });
  c.on("error", function (e) { print(name, "error", e.code, e.message); });
}
function text(n) { var s = "0123456789"; while (s.length < n) s += s; return s.slice(0, n); }
`;
