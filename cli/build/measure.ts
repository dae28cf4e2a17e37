import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/*
 * What a bundle takes of the real interpreter: it is written to the interpreter's flash, started from there as a board
 * starts it, and the interpreter's console is asked. The ports that the program listens on are really opened.
 */

/** Variables in use with the program started and nobody connected; the interpreter's share without a program is in it. */
export interface Measured {
  used: number;
  /** Of the interpreter that was asked. */
  total: number;
  /** Bytes of one of its variables: where they are not the board's, it tells nothing about the board. */
  variableBytes: number;
}

const WRITE_MS = 20000;
const START_MS = 4000;
const ASK_MS = 250;

/** In pieces, since a text that is not flat must fit on the stack. */
const writer = (bytes: number): string => `var s=require("Storage"),f=E.openFile("program.js","r"),at=0,d;
while((d=f.read(1024))!==undefined&&d.length){s.write(".bootcde",d,at,${bytes});at+=d.length;}
print("WRITTEN "+s.read(".bootcde").length);quit();
`;

/** Runs the program. Undefined when the interpreter cannot hold it, or says nothing: then there is only the estimate. */
export async function measure(interpreter: string, code: string): Promise<Measured | undefined> {
  const cwd = mkdtempSync(join(tmpdir(), "meerkat-measure-"));
  const binary = interpreter.includes("/") ? resolve(interpreter) : interpreter;
  try {
    writeFileSync(join(cwd, "program.js"), code, "latin1");
    writeFileSync(join(cwd, "write.js"), writer(code.length), "latin1");
    if (!(await outputOf(binary, cwd)).includes(`WRITTEN ${code.length}`)) return undefined;
    return await ask(binary, cwd);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

function outputOf(binary: string, cwd: string): Promise<string> {
  return new Promise((done) => {
    execFile(binary, ["write.js"], { cwd, timeout: WRITE_MS, killSignal: "SIGKILL" }, (_error, stdout) => done(stdout));
  });
}

/** Asks until two answers are the same: then it has started. */
function ask(binary: string, cwd: string): Promise<Measured | undefined> {
  const child: ChildProcess = spawn(binary, [], { cwd, stdio: ["pipe", "pipe", "ignore"] });
  return new Promise((done) => {
    let text = "";
    let last = "";
    const finish = (answer: Measured | undefined): void => {
      clearInterval(asking);
      clearTimeout(giveUp);
      // It ignores SIGTERM.
      child.kill("SIGKILL");
      child.on("close", () => done(answer));
      if (child.exitCode !== null || child.pid === undefined) done(answer);
    };
    const asking = setInterval(() => child.stdin?.write('print("US"+"ED",process.memory().usage,process.memory().total,process.memory().blocksize)\n'), ASK_MS);
    const giveUp = setTimeout(() => finish(undefined), START_MS);
    child.on("error", () => finish(undefined));
    child.stdin?.on("error", () => undefined);
    child.stdout?.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
      if (/OUT OF MEMORY/.test(text)) return finish(undefined);
      const answers = [...text.matchAll(/USED (\d+) (\d+) (\d+)/g)];
      const newest = answers.at(-1);
      if (newest && answers.length > 1 && newest[0] === last) finish({ used: Number(newest[1]), total: Number(newest[2]), variableBytes: Number(newest[3]) });
      last = newest?.[0] ?? "";
    });
  });
}
