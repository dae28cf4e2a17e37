// Devices in a process of their own: Node, and the Espruino interpreter.

import { type ChildProcess, spawn } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildBundle, buildNode } from "../../../cli/build/index.js";
import { linux } from "../../../boards/linux.js";
import { type Bench, type Column, DEVICE, freePorts, PORTS_EACH } from "./bench.js";
import { RealPeers } from "./real-peers.js";
import { Control } from "./stage.js";

/** What the interpreter prints when something happened that no program survives unharmed. */
const FATAL = /OUT OF MEMORY|Too much recursion|Execution Interrupted|Uncaught|FIFO_FULL|ASSERT/;

interface Child {
  process: ChildProcess;
  text: string;
  exit: string | undefined;
}

function run(command: string, args: string[], cwd: string): Child {
  // Espruino's prompt wants an open standard input.
  const child: Child = { process: spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], cwd }), text: "", exit: undefined };
  const take = (bytes: Buffer): void => {
    child.text += bytes.toString("latin1");
  };
  child.process.stdout?.on("data", take);
  child.process.stderr?.on("data", take);
  child.process.on("error", (error) => (child.exit = String(error)));
  child.process.on("exit", (code, signal) => (child.exit ??= `it ended with ${signal ?? code}`));
  return child;
}

/** Copies a file into the interpreter's flash as the program it boots, in pieces that fit its stack. */
const FLASH = (file: string, bytes: number): string => `
var s = require("Storage"), f = E.openFile(${JSON.stringify(file)}, "r"), at = 0, d;
while ((d = f.read(1024)) !== undefined && d.length) { s.write(".bootcde", d, at, ${bytes}); at += d.length; }
print("flashed " + at);
quit();
`;

async function flash(interpreter: string, file: string, dir: string): Promise<void> {
  const script = join(dir, "flash.js");
  writeFileSync(script, FLASH(file, statSync(file).size));
  const child = run(interpreter, [script], dir);
  await new Promise((resolve) => child.process.on("close", resolve));
  if (!child.text.includes(`flashed ${statSync(file).size}`)) throw new Error(`Cannot flash: ${child.text}`);
}

async function end(child: Child): Promise<void> {
  if (child.exit !== undefined) return;
  // It ignores SIGTERM.
  child.process.kill("SIGKILL");
  await new Promise((resolve) => child.process.on("close", resolve));
}

async function benchOf(child: Child, port: number, fatal: RegExp | undefined): Promise<Bench> {
  try {
    const control = await Control.open(new RealPeers(), port);
    return {
      control,
      port: port + PORTS_EACH,
      output: () => child.text,
      trouble: () => child.exit ?? (fatal && fatal.exec(child.text)?.[0]),
      stop: () => end(child),
    };
  } catch (error) {
    await end(child);
    throw new Error(`${(error as Error).message}; the device said: ${child.text}`);
  }
}

/** Node, running the program as `meerkat run` builds it. */
export const node: Column = {
  name: "node",
  async start(dir) {
    const port = await freePorts();
    const out = join(dir, "device.mjs");
    await buildNode({ app: DEVICE, defines: { PORT: String(port) }, out });
    return benchOf(run(process.execPath, [out], dir), port, undefined);
  },
};

/**
 * The real interpreter, running the bundle as `meerkat build --board linux` makes it: a file, or with
 * ESPRUINO_BOOT=flash what it boots from its flash, as a board does. (Interpreters with a board's little memory can only
 * do the latter.) ESPRUINO_VARIABLES says how many variables it has: with few, the bundle is one for a small board.
 */
export const espruino: Column = {
  name: "espruino",
  skip: process.env.ESPRUINO ? undefined : "ESPRUINO does not name an interpreter",
  async start(dir) {
    const port = await freePorts();
    const out = join(dir, "device-linux.js");
    const variables = Number(process.env.ESPRUINO_VARIABLES ?? linux.variables);
    // Counted among the variables, a thousand sockets are more than there are.
    const sockets: Record<string, string> = variables < linux.variables ? { MEERKAT_SOCKETS: "32" } : {};
    await buildBundle({ app: DEVICE, board: { ...linux, variables }, defines: { PORT: String(port), ...sockets }, out });
    const interpreter = process.env.ESPRUINO as string;
    const isFlashed = process.env.ESPRUINO_BOOT === "flash";
    if (isFlashed) await flash(interpreter, out, dir);
    return benchOf(run(interpreter, isFlashed ? [] : [out], dir), port, FATAL);
  },
};
