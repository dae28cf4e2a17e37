import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Board } from "../boards/board.js";
import { esp32 } from "../boards/esp32.js";
import { buildBundle } from "../cli/build/index.js";
import { meerkatRoot } from "../cli/build/layout.js";
import { freePort, type Server, type ServerSpec, startServer } from "./server.js";

/*
 * Programs on the real interpreter, the way a board runs them: written to flash, started from there. Each gets a
 * directory of its own, where the interpreter keeps its flash in a file.
 */

/** More sockets than a board has, where the number of connections is what is measured. */
export const MANY_SOCKETS = { MEERKAT_SOCKETS: "64" };

/** What the interpreter prints when something happened that no program survives unharmed. */
export const FATAL = /OUT OF MEMORY|Too much recursion|Execution Interrupted|Uncaught|FIFO_FULL|ASSERT/;

const SCRIPT_MS = 30000;

/** A program in flash, ready to be started. */
export interface Flashed {
  name: string;
  bytes: number;
  port: number;
  cwd: string;
}

/** Builds an app for a board, which is the ESP32 as a rule, and writes it to flash. `defines` as for the build. */
export async function flashApp(binary: string, dir: string, app: string, defines = {}, board: Board = esp32): Promise<Flashed> {
  const port = await freePort();
  const bundle = await buildBundle({ app: join(meerkatRoot, app), board, defines: { PORT: String(port), ...defines } });
  return flash(binary, dir, app, bundle.code, port);
}

/** Writes a plain script to flash, its `process.env.PORT` replaced. */
export async function flashScript(binary: string, dir: string, file: string): Promise<Flashed> {
  return flashText(binary, dir, file, readFileSync(join(meerkatRoot, file), "latin1"));
}

/** The same for the text of a script. */
export async function flashText(binary: string, dir: string, name: string, text: string): Promise<Flashed> {
  const port = await freePort();
  return flash(binary, dir, name, text.replace("process.env.PORT", String(port)), port);
}

async function flash(binary: string, dir: string, name: string, code: string, port: number): Promise<Flashed> {
  const cwd = mkdtempSync(join(dir, "flash-"));
  writeFileSync(join(cwd, "program.js"), code, "latin1");
  const output = await runScript(binary, cwd, writerOf(code.length));
  if (!output.includes("WRITTEN OK")) throw new Error(`Cannot write ${name} to flash: ${output.slice(-500)}`);
  return { name, bytes: code.length, port, cwd };
}

/** In pieces: a string that is not flat must fit on the stack to be written. */
function writerOf(bytes: number): string {
  return `(function(){
var s=require("Storage"),f=E.openFile("program.js","r"),o=0,d;
s.erase(".bootcde");
while((d=f.read(1024))!==undefined&&d.length){s.write(".bootcde",d,o,${bytes});o+=d.length;}
f.close();
print(s.read(".bootcde").length===${bytes}?"WRITTEN OK":"WRITTEN BADLY");
})();
quit();
`;
}

/** Runs a script, not from flash, to its end; answers what it printed. */
export function runScript(binary: string, cwd: string, code: string, env: Record<string, string> = {}): Promise<string> {
  writeFileSync(join(cwd, "script.js"), code, "latin1");
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...env }, timeout: SCRIPT_MS, killSignal: "SIGKILL" as const };
    execFile(binary, ["script.js"], options, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

/** Starts what is in flash. */
export function boot(binary: string, { name, cwd, port }: Flashed, env: ServerSpec["env"] = {}): Promise<Server> {
  return startServer({ name, command: binary, args: [], cwd, port, env });
}

/** How deep plain calls can go with that stack. */
async function callDepth(binary: string, cwd: string, stackBytes: number): Promise<number> {
  const code = 'var d=0;function f(){d++;f();}\nsetTimeout(function(){print("DEPTH "+d);quit();},50);\nsetTimeout(f,1);\n';
  const output = await runScript(binary, cwd, code, { ESP_STACK: String(stackBytes) });
  return Number(/DEPTH (\d+)/.exec(output)?.[1] ?? 0);
}

/** Whether this interpreter's stack can be set with ESP_STACK, as in a build that rehearses the ESP32. */
export async function canSetStack(binary: string, dir: string): Promise<boolean> {
  const small = await callDepth(binary, dir, 15000);
  return small > 0 && small < (await callDepth(binary, dir, 25000));
}

