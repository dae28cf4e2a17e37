// Runs programs on interpreters and keeps what their consoles say.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { esp32 } from "../../boards/esp32.js";
import { createNodePlatform } from "../../platform/node/index.js";
import { createVirtualBoard } from "../../platform/virtual-board/index.js";
import { until } from "../examples/support.js";

/** What names the real interpreter; "" when it is not there. */
export const ESPRUINO = process.env.ESPRUINO ?? "";

/** Writes a file into the interpreter's flash as the program it boots, in pieces that fit its stack. */
const FLASH = (file: string, bytes: number): string => `
var s = require("Storage"), f = E.openFile(${JSON.stringify(file)}, "r"), at = 0, d;
while ((d = f.read(1024)) !== undefined && d.length) { s.write(".bootcde", d, at, ${bytes}); at += d.length; }
quit();
`;

/** Runs code on the real interpreter until it prints `last`; answers all that it printed, as it came. */
export async function onEspruino(code: string, from: "memory" | "flash", last: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "meerkat-monitor-"));
  try {
    const file = join(dir, "app.js");
    writeFileSync(file, code);
    if (from === "memory") return await consoleOf([file], dir, last);
    writeFileSync(join(dir, "flash.js"), FLASH(file, statSync(file).size));
    await consoleOf(["flash.js"], dir, undefined);
    return await consoleOf([], dir, last);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function consoleOf(args: string[], cwd: string, last: string | undefined): Promise<string> {
  // Its prompt wants an open standard input, and ignores SIGTERM.
  const child = spawn(ESPRUINO, args, { cwd, stdio: ["pipe", "pipe", "ignore"] });
  let text = "";
  let isOver = false;
  child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
  child.on("close", () => (isOver = true));
  await until(() => isOver || (last !== undefined && text.includes(`${last}\r\n`)), () => `${last} in ${text}`);
  child.kill("SIGKILL");
  return text;
}

/** Runs code on a virtual board until it prints `last`; answers all that it printed. */
export async function onVirtualBoard(code: string, last: string): Promise<string> {
  let text = "";
  const board = createVirtualBoard(createNodePlatform(), esp32, { log: (line) => (text += `${line}\n`) });
  board.run(code, "app.js");
  await until(() => text.includes(`${last}\n`), () => `${last} in ${text}`);
  board.stop();
  return text;
}
