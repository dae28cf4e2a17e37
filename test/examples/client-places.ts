// Where the examples that are clients can run, and what they print there.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { esp32 } from "../../boards/esp32.js";
import { linux } from "../../boards/linux.js";
import { buildBundle, buildNode } from "../../cli/build/index.js";
import { createNodePlatform } from "../../platform/node/index.js";
import { createVirtualBoard } from "../../platform/virtual-board/index.js";
import { until } from "./support.js";

/** Building takes seconds, and more on a busy machine. */
export const BUILD_MAX_MS = 120_000;

/** A program that is built. */
export interface Program {
  /** What it prints, at least until `last` is in it. */
  run(last: RegExp): Promise<string>;
  /** Removes what was built. */
  remove(): void;
}

/** One place. `env`: the program's environment, or its defines. */
export interface ClientPlace {
  name: string;
  isHere: boolean;
  build(app: string, env: Record<string, string>): Promise<Program>;
}

const ESPRUINO = process.env.ESPRUINO ?? "";

export const CLIENT_PLACES: ClientPlace[] = [
  { name: "Node", isHere: true, build: forNode },
  { name: "a virtual ESP32", isHere: true, build: forBoard },
  { name: "the real interpreter ($ESPRUINO)", isHere: ESPRUINO !== "", build: forEspruino },
];

/** Builds a program, runs it once, and removes it. */
export async function runOnce(place: ClientPlace, app: string, env: Record<string, string>, last: RegExp): Promise<string> {
  const program = await place.build(app, env);
  try {
    return await program.run(last);
  } finally {
    program.remove();
  }
}

/** On Node the program must end by itself. */
async function forNode(app: string, env: Record<string, string>): Promise<Program> {
  const dir = mkdtempSync(join(tmpdir(), "meerkat-client-"));
  const out = join(dir, "app.mjs");
  await buildNode({ app, out });
  const run = async (): Promise<string> => {
    const child = spawn(process.execPath, [out], { env: { ...process.env, ...env } });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
    assert.equal(await ended, 0, "the program ends by itself");
    return text;
  };
  return { run, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

async function forBoard(app: string, env: Record<string, string>): Promise<Program> {
  const { code } = await buildBundle({ app, board: esp32, defines: env });
  const run = async (last: RegExp): Promise<string> => {
    const lines: string[] = [];
    const board = createVirtualBoard(createNodePlatform(), esp32, { log: (line) => lines.push(line) });
    board.run(code);
    try {
      return await waitFor(() => lines.join("\n"), last);
    } finally {
      board.stop();
    }
  };
  return { run, remove: () => undefined };
}

async function forEspruino(app: string, env: Record<string, string>): Promise<Program> {
  const dir = mkdtempSync(join(tmpdir(), "meerkat-client-"));
  const out = join(dir, "app.js");
  await buildBundle({ app, board: linux, defines: env, out });
  const run = (last: RegExp): Promise<string> => inChild(spawn(ESPRUINO, [out], { cwd: dir }), last);
  return { run, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

async function inChild(child: ChildProcess, last: RegExp): Promise<string> {
  let text = "";
  child.stdout?.on("data", (bytes: Buffer) => (text += bytes.toString()));
  child.stderr?.on("data", (bytes: Buffer) => (text += bytes.toString()));
  try {
    return await waitFor(() => text, last);
  } finally {
    child.kill("SIGKILL");
  }
}

async function waitFor(output: () => string, last: RegExp): Promise<string> {
  await until(() => last.test(output()), () => `${last} in ${output()}`);
  return output();
}
