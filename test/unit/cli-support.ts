// Runs the real command line for tests.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { meerkatRoot } from "../../cli/build/layout.js";
import { until } from "../examples/support.js";

const BIN = join(meerkatRoot, "cli/bin/meerkat.mjs");

/** A command that runs or has run. */
export class Command {
  stdout = "";
  /** Standard error, without the notice. */
  stderr = "";
  /** That the command compiled itself first; "" when it did not. */
  notice = "";
  /** Undefined while it runs. */
  code: number | null | undefined;

  constructor(readonly child: ChildProcess) {
    child.stdout?.on("data", (bytes: Buffer) => (this.stdout += bytes.toString()));
    child.stderr?.on("data", (bytes: Buffer) => {
      // Comes when somebody changes the sources while the tests run; cli-bin.test.ts looks at it.
      this.notice ||= /^Compiling meerkat.*\n/.exec(bytes.toString())?.[0] ?? "";
      this.stderr = (this.stderr + bytes.toString()).replace(/^Compiling meerkat.*\n/, "");
    });
    child.on("close", (code) => (this.code = code));
  }

  get isOver(): boolean {
    return this.code !== undefined;
  }

  /** Waits for a text on standard output. */
  async prints(text: string | RegExp): Promise<void> {
    const has = (): boolean => (typeof text === "string" ? this.stdout.includes(text) : text.test(this.stdout));
    await until(() => has() || this.isOver, () => `${text} in ${this.stdout}${this.stderr}`);
    if (!has()) throw new Error(`Ended with ${this.code} before ${text}: ${this.stdout}${this.stderr}`);
  }

  async complains(text: string): Promise<void> {
    await until(() => this.stderr.includes(text) || this.isOver, () => `${text} in ${this.stderr}`);
    if (!this.stderr.includes(text)) throw new Error(`Ended with ${this.code} before ${text}: ${this.stderr}`);
  }

  async ends(): Promise<this> {
    await until(() => this.isOver, () => `the end of the command: ${this.stdout}${this.stderr}`);
    return this;
  }

  /** Ctrl-C. */
  interrupt(): Promise<this> {
    this.child.kill("SIGINT");
    return this.ends();
  }
}

/** Where a command is started and with what. */
export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string>;
  bin?: string;
  /** Default "ignore": no standard input. */
  stdin?: "pipe" | "ignore";
}

const started: ChildProcess[] = [];

/** Starts `meerkat` with these arguments. */
export function start(args: string[], { cwd = meerkatRoot, env = {}, bin = BIN, stdin = "ignore" }: CommandOptions = {}): Command {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: [stdin, "pipe", "pipe"],
  });
  started.push(child);
  return new Command(child);
}

/** Runs `meerkat` to its end. */
export function meerkat(args: string[], options?: CommandOptions): Promise<Command> {
  return start(args, options).ends();
}

/** Ends what a test left running. */
export function endAll(): void {
  for (const child of started.splice(0)) child.kill("SIGKILL");
}

/** A directory that is removed when the tests of the describe around are done. */
export function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), "meerkat-cli-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes a program, and answers its path. */
export function program(dir: string, name: string, ...lines: string[]): string {
  const file = join(dir, name);
  writeFileSync(file, lines.join("\n") + "\n");
  return file;
}
