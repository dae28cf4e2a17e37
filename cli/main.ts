/**
 * Owns: the command line `meerkat`: its commands, options and help, and what becomes of errors.
 *
 * The commands are imported when they are called: with the compiler they bring along, --help would take a second.
 *
 * Exit codes: 0 done; 1 the program could not be built, run or written; 2 the command line was wrong;
 * 130 and 143 ended by Ctrl-C and SIGTERM.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { boards } from "../boards/index.js";
import type { BuildOptions } from "./build-app.js";
import { meerkatRoot } from "./build/layout.js";
import { isBuildError } from "./build/problem.js";
import { complain, endWithReader } from "./console.js";
import { formatDeviceError, isDeviceError } from "./device/problem.js";
import type { FlashOptions } from "./flash/flash-app.js";
import type { InitOptions } from "./init/init-app.js";
import type { MonitorOptions } from "./monitor/monitor-app.js";
import { addDefine, addPort, baudOf, boardOf, portNumberOf, secondsOf, seedOf, wifiDropOf } from "./options.js";
import type { RunOptions } from "./run-app.js";
import type { SimOptions } from "./sim-app.js";

const FAILED = 1;
const MISUSED = 2;

const EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 ended by Ctrl-C.";
const PUBLISH = "reach APP_PORT of the program at port HOST of this computer (0: any free one); may be repeated";
const DEFINE = "the value of process.env.KEY in the program; may be repeated";
const PACK = "put the files below DIR into the program, which has them from \"meerkat/packed\"";
const NO_GZIP = "pack no compressed copies beside the files";
const SEED = "seed of the board's random numbers, 0 to 4294967295; default: a new one, which is printed";
const WIFI_DROP = "take Wi-Fi away for FOR seconds, EVERY seconds after it was last there, as in 60:5";
const BOARD_PORT = "where the board is: a serial port, tcp://HOST:PORT, or exec:COMMAND";
const MONITOR_EXIT_CODES = `Exit codes: 0 the log ended, or with --once the board went away; 1 the program
or its map cannot be used; 2 wrong usage; 3 the port cannot be opened; 130 ended
by Ctrl-C.`;
const FLASH_EXIT_CODES = `Exit codes: 0 the program is on the board and runs; 1 it could not be built;
2 wrong usage; 3 the port cannot be opened; 4 no Espruino answers there; 5 the
board is another, its firmware too old, or it has no room; 6 the connection
broke or the board's flash failed; 7 the program is on the board, but was not
seen to start; 130 ended by Ctrl-C.`;
const WITHOUT_PUBLISH = `
Without -p, ports below 1024 appear 8000 above (80 at 8080), others as they are.`;

/** Runs the command with these arguments (without node and the script), and sets the exit code of the process. */
export async function main(args: string[]): Promise<void> {
  endWithReader();
  try {
    await createProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : MISUSED;
    else fail(error);
  }
}

/** What is left running (a port the program opened before it failed) must not keep the process. */
function fail(error: unknown): void {
  complain(describe(error));
  process.exit(isDeviceError(error) ? error.exit : FAILED);
}

/** The message alone where it says everything; the stack where only that tells which line of a program threw. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `Uncaught ${String(error)}`;
  const { code } = error as NodeJS.ErrnoException;
  if (isDeviceError(error)) return formatDeviceError(error);
  if (isBuildError(error)) return error.message;
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) return error.message;
  return error.stack ?? error.message;
}

/** The commands, as commander has them. */
export function createProgram(): Command {
  const program = new Command("meerkat")
    .description("Networking programs in TypeScript, for Espruino boards and for Node.")
    .version(version(), "-V, --version")
    .exitOverride()
    .showHelpAfterError("(--help shows how it is used)");
  addRun(program);
  addSim(program);
  addBuild(program);
  addFlash(program);
  addMonitor(program);
  addTest(program);
  addInit(program);
  program.addHelpText("after", `\n${boardList()}\n\n${EXIT_CODES}\nmeerkat COMMAND --help shows examples.`);
  return program;
}

function addRun(program: Command): void {
  program
    .command("run")
    .summary("run a program on Node")
    .description("Builds a program for Node and runs it on this computer's own network.")
    .argument("<app>", "the program: a TypeScript file, anywhere")
    .option("-p, --publish <HOST:APP_PORT>", PUBLISH, addPort)
    .option("--define <KEY=VALUE>", DEFINE, addDefine)
    .option("--pack <DIR>", PACK)
    .option("--no-gzip", NO_GZIP)
    .addHelpText("after", WITHOUT_PUBLISH)
    .addHelpText(
      "after",
      examples(
        "meerkat run examples/hello.ts",
        "meerkat run examples/hello.ts -p 8000:80",
        "PORT=3000 meerkat run examples/hello.ts",
      ),
    )
    .action(async (app: string, options: RunOptions) => (await import("./run-app.js")).runApp(app, options));
}

function addSim(program: Command): void {
  program
    .command("sim")
    .summary("run a program on a virtual board")
    .description(
      "Builds the bundle for a board and runs exactly that bundle on a virtual board of that kind, with its ports on " +
        "this computer.",
    )
    .argument("<app>", "the program: a TypeScript file, anywhere")
    .requiredOption("--board <ID>", "the kind of board", boardOf)
    .option("-p, --publish <HOST:APP_PORT>", PUBLISH, addPort)
    .option("--seed <N>", SEED, seedOf)
    .option("--wifi-drop <EVERY:FOR>", WIFI_DROP, wifiDropOf)
    .option("--console <PORT>", "the board's console at this TCP port, for flash and monitor; 0: any free one", portNumberOf)
    .option("--define <KEY=VALUE>", DEFINE, addDefine)
    .option("--pack <DIR>", PACK)
    .option("--no-gzip", NO_GZIP)
    .addHelpText("after", WITHOUT_PUBLISH)
    .addHelpText("after", `\n${boardList()}`)
    .addHelpText(
      "after",
      examples(
        "meerkat sim examples/demo.ts --board esp32",
        "meerkat sim examples/hello.ts --board esp32c3 -p 8001:80 --seed 7",
        "meerkat sim examples/wifi.ts --board esp32 --define SSID=home --wifi-drop 60:5",
      ),
    )
    .action(async (app: string, options: SimOptions) => (await import("./sim-app.js")).simApp(app, options));
}

function addBuild(program: Command): void {
  program
    .command("build")
    .summary("build the file that a board runs")
    .description("Builds a program for a board: one file, and its source map beside it.")
    .argument("<app>", "the program: a TypeScript file, anywhere")
    .requiredOption("--board <ID>", "the kind of board", boardOf)
    .requiredOption("-o, --output <FILE>", "the file to write; FILE.map is written too")
    .option("--define <KEY=VALUE>", DEFINE, addDefine)
    .option("--pack <DIR>", PACK)
    .option("--no-gzip", NO_GZIP)
    .option("--no-minify", "leave names and lines readable")
    .addHelpText("after", `\n${boardList()}`)
    .addHelpText(
      "after",
      examples(
        "meerkat build examples/hello.ts --board esp32 -o out/hello.js",
        "meerkat build examples/hello.ts --board linux --define PORT=8002 -o hello.js",
        "meerkat build app.ts --board esp32 --pack www -o out/app.js",
      ),
    )
    .action(async (app: string, options: BuildOptions) => (await import("./build-app.js")).buildApp(app, options));
}

function addFlash(program: Command): void {
  const command = program.command("flash");
  command
    .summary("put a program on a board")
    .description(
      "Builds a program, writes it to a board's flash piece by piece, reads it back, restarts the board and waits until the " +
        "program runs. The old program stays until the new one is whole.",
    )
    .argument("[app]", "the program: a TypeScript file, anywhere")
    .option("--board <ID>", "the kind of board", boardOf)
    .option("--port <PORT>", BOARD_PORT)
    .option("--list", "show the serial ports there are")
    .option("--baud <N>", "speed of a serial port", baudOf, 115200)
    .option("--ready <TEXT>", "wait until the program has printed TEXT; none: wait for nothing, not even that it is loaded")
    .option("--deadline <S>", "seconds that the program may take to start", secondsOf, 30)
    .option("--in-place", "erase the old program first, where there is no room for two")
    .option("--any-board", "do not compare the board at the port with --board")
    .option("--define <KEY=VALUE>", DEFINE, addDefine)
    .option("--pack <DIR>", PACK)
    .option("--no-gzip", NO_GZIP)
    .addHelpText("after", `\n${FLASH_EXIT_CODES}`)
    .addHelpText(
      "after",
      examples(
        "meerkat flash --list",
        "meerkat flash app.ts --board esp32 --port /dev/ttyUSB0",
        "meerkat flash app.ts --board esp32c3 --port COM5 --ready \"ready:\"",
        "meerkat flash app.ts --board linux --port exec:espruino",
      ),
    )
    .action(async (app: string | undefined, options: FlashOptions & { list?: boolean }) => {
      const { flashApp, flashMisuse, listForFlash } = await import("./flash/flash-app.js");
      if (options.list) return listForFlash();
      const misuse = flashMisuse(app, options);
      if (misuse !== undefined || app === undefined) return command.error(`error: ${misuse}`, { exitCode: MISUSED });
      await flashApp(app, options);
    });
}

function addMonitor(program: Command): void {
  program
    .command("monitor")
    .summary("show a board's console, with places in TypeScript")
    .description(
      "Shows what a board prints, with the places of its stack traces in the program's own files, until Ctrl-C. " +
        "Without --port it does the same to a log on standard input.",
    )
    .argument("[app]", "the program on the board, built anew for its places; needs --board")
    .option("--port <PORT>", BOARD_PORT)
    .option("--map <FILE>", "the source map that was built with the program on the board, instead of APP")
    .option("--board <ID>", "the kind of board that APP was built for", boardOf)
    .option("--baud <N>", "speed of a serial port", baudOf, 115200)
    .option("--once", "end when the board goes away, instead of waiting for it")
    .option("--input", "send what is typed to the board")
    .option("--raw", "show every byte as it comes")
    .option("--define <KEY=VALUE>", `as it was for the build: ${DEFINE}`, addDefine)
    .option("--pack <DIR>", "as it was for the build")
    .option("--no-gzip", "as it was for the build")
    .addHelpText("after", `\n${MONITOR_EXIT_CODES}`)
    .addHelpText(
      "after",
      examples(
        "meerkat monitor --port /dev/ttyUSB0 --map out/app.js.map",
        "meerkat monitor app.ts --board esp32 --port tcp://192.168.1.20:23",
        "meerkat monitor --map out/app.js.map < log.txt",
      ),
    )
    .action(async (app: string | undefined, options: MonitorOptions, command: Command) => {
      const { monitorApp, monitorMisuse } = await import("./monitor/monitor-app.js");
      const misuse = monitorMisuse(app, options);
      if (misuse !== undefined) command.error(`error: ${misuse}`);
      await monitorApp(app, options);
    });
}

function addTest(program: Command): void {
  program
    .command("test")
    .summary("run a project's tests")
    .description("Compiles tests, types included, and runs them with Node's own test runner. In them, \"meerkat/sim\" runs programs on virtual boards.")
    .argument("[paths...]", "tests, or directories with files whose names end with .test.ts; default: test")
    .addHelpText("after", examples("meerkat test", "meerkat test test/main.test.ts"))
    .action(async (paths: string[]) => (await import("./test-app.js")).testApp(paths));
}

function addInit(program: Command): void {
  program
    .command("init")
    .summary("begin a project of your own")
    .description("Writes a small project that can be simulated, tested, built and flashed, into a new or empty directory.")
    .argument("<dir>", "the directory; . for this one")
    .option("--board <ID>", "the kind of board; default: esp32", boardOf)
    .addHelpText("after", `\n${boardList()}`)
    .addHelpText("after", examples("meerkat init my-device", "meerkat init my-device --board esp32c3"))
    .action(async (dir: string, options: InitOptions) => (await import("./init/init-app.js")).initApp(dir, options));
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function boardList(): string {
  const width = Math.max(...boards.map((board) => board.id.length));
  return `Boards:\n${boards.map((board) => `  ${board.id.padEnd(width)}  ${board.title}`).join("\n")}`;
}

function version(): string {
  return (JSON.parse(readFileSync(join(meerkatRoot, "package.json"), "utf8")) as { version: string }).version;
}
