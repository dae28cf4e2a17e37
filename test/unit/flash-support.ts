// Boards to flash in tests, and wires to them that are not what they should be.

import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { findBoard } from "../../boards/index.js";
import type { Board } from "../../boards/index.js";
import { BoardConsole } from "../../cli/device/board-console.js";
import type { Program, PutOptions } from "../../cli/flash/put-on-board.js";
import { putOnBoard } from "../../cli/flash/put-on-board.js";
import { openConsole } from "../../cli/sim-console.js";
import { createNodePlatform } from "../../platform/node/index.js";
import { createVirtualBoard } from "../../platform/virtual-board/index.js";
import type { VirtualBoard } from "../../platform/virtual-board/index.js";

const MAP = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });

/** A program of some kilobytes that says who it is. */
export function programOf(name: string, bytes = 3000): Program {
  const filler = `var filler="${"0123456789abcdef".repeat(bytes / 16)}";`;
  return { code: `${filler}\nconsole.log("this is ${name}");\n`, map: MAP, variables: 100 };
}

/** A virtual board that is switched on, with its console at a TCP port. */
export interface FlashBoard {
  virtual: VirtualBoard;
  port: number;
  /** What it has printed. */
  log: string[];
  end(): void;
}

const ends: (() => void)[] = [];

/** Ends all boards and wires. */
export function endBoards(): void {
  for (const end of ends.splice(0)) end();
}

/** Switches a board on whose flash holds these files. */
export async function switchOn(storage: Record<string, string>, board: Board = findBoard("esp32")): Promise<FlashBoard> {
  const log: string[] = [];
  let show = (_text: string): void => undefined;
  const virtual = createVirtualBoard(createNodePlatform(), board, {
    storage,
    connectProbe: null,
    log: (line) => void log.push(line),
    onConsole: (text) => show(text),
  });
  const opened = await openConsole(0, (text) => virtual.type(text));
  show = (text) => opened.write(text);
  virtual.powerOn();
  const end = (): void => {
    opened.close();
    virtual.stop();
  };
  ends.push(end);
  return { virtual, port: opened.port, log, end };
}

/** What a board with this flash runs when it is switched on. */
export async function startsWith(storage: Record<string, string>): Promise<string> {
  const { log, end } = await switchOn(storage);
  end();
  return log.join("\n");
}

/** What happens to bytes on their way. */
export interface WireFaults {
  toBoard?: (bytes: Buffer) => Buffer;
  fromBoard?: (bytes: Buffer) => Buffer;
  /** After so many bytes towards the board the wire is cut. */
  cutAt?: number;
}

/** A wire to the port; answers the port at its other end. */
export async function wire(port: number, faults: WireFaults): Promise<number> {
  const open = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port });
    let count = 0;
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => undefined);
    }
    const cut = (): void => {
      near.destroy();
      far.destroy();
    };
    near.on("data", (bytes: Buffer) => {
      count += bytes.length;
      if (faults.cutAt !== undefined && count > faults.cutAt) return cut();
      far.write(faults.toBoard?.(bytes) ?? bytes);
    });
    far.on("data", (bytes: Buffer) => near.write(faults.fromBoard?.(bytes) ?? bytes));
    near.on("close", cut);
    far.on("close", cut);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** Something that answers each connection in its own way; answers its port. */
export async function impostor(answer: (socket: Socket, bytes: Buffer) => void, hello = ""): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    if (hello !== "") socket.write(Buffer.from(hello, "latin1"));
    socket.on("data", (bytes: Buffer) => answer(socket, bytes));
    ends.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** What came of flashing: what was printed, and the error. */
export interface Flashed {
  lines: string[];
  /** "" when it went well. */
  error: string;
  exit: number;
}

/** Flashes a program over a TCP port. */
export async function flash(port: number | string, program: Program, options: Partial<PutOptions> = {}): Promise<Flashed> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const progress = { at: () => undefined, restart: () => print("restart"), step: print };
  const where = typeof port === "number" ? `tcp://localhost:${port}` : port;
  const target = await BoardConsole.open(where, 115200);
  try {
    const times = { attachMs: 2000, tryMs: 150, settleMs: 50 };
    await putOnBoard(target, program, { board: findBoard("esp32"), deadlineMs: 2000, times, progress, print, ...options });
    return { lines, error: "", exit: 0 };
  } catch (error) {
    return { lines, error: (error as Error).message, exit: (error as { exit?: number }).exit ?? 1 };
  } finally {
    await target.close();
  }
}
