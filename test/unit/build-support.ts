// Shared by the build's tests: where the fixtures are, and how a program is run and heard.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBundle, isBuildError } from "../../cli/build/index.js";
import type { Problem } from "../../cli/build/index.js";
import { meerkatRoot } from "../../cli/build/layout.js";
import { esp32 } from "../../boards/esp32.js";

/** A file under test/fixtures/build. */
export function fixture(name: string): string {
  return join(meerkatRoot, "test/fixtures/build", name);
}

/** A directory that is removed when the tests of the describe around are done. */
export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "meerkat-build-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** What refuses a program; throws when it builds. */
export async function problemsOf(app: string): Promise<Problem[]> {
  try {
    await buildBundle({ app, board: esp32 });
  } catch (error) {
    if (isBuildError(error)) return error.problems;
    throw error;
  }
  throw new Error(`${app} was built, and should have been refused`);
}

const BEGIN = "begin of output";
const END = "end of output";

/** The lines between "begin of output" and "end of output" that a command prints. The command is killed after them. */
export function linesOf(command: string, args: string[], cwd?: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    // Espruino's prompt wants an open standard input, and ignores SIGTERM.
    const child = spawn(command, args, { cwd, stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
      if (text.includes(END)) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", () => {
      const lines = Buffer.from(text, "latin1").toString("utf8").split(/\r*\n/);
      const from = lines.findIndex((line) => line.endsWith(BEGIN));
      const to = lines.findIndex((line) => line.endsWith(END));
      if (from < 0 || to < 0) reject(new Error(`${command} did not come to the end: ${text}`));
      else resolve(lines.slice(from + 1, to));
    });
  });
}
