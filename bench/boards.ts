import { connect, type Socket } from "node:net";
import type { Board } from "../boards/board.js";
import { esp32c3 } from "../boards/esp32c3.js";
import { esp8266 } from "../boards/esp8266.js";
import { UPGRADE } from "./conversation.js";
import { boot, FATAL, type Flashed, flashApp, runScript } from "./interpreter.js";
import { GET } from "./load.js";
import type { BenchOptions } from "./options.js";
import { numberRow, type Row, skippedRow } from "./row.js";
import type { Server } from "./server.js";
import { smallestStack } from "./stack.js";

/*
 * Programs on boards with few variables: the bundle that the board gets, from flash, on an interpreter that is told to have
 * as many variables as the board. What is free is asked at its console, which is what a person at the board would see.
 */

const GROUP = "boards";

interface Case {
  app: string;
  board: Board;
  connections: number;
  /** What each connection sends before it stays. */
  opening: string;
  isWebsocket: boolean;
  /** Variables that are to be free with all of them open. */
  atLeast: number;
  /** Whether the smallest stack is looked for as well: with all exchanges, or with the one that the program is for. */
  hasStack: boolean;
  only?: string;
}

const CASES: Case[] = [
  { app: "demo", board: esp32c3, connections: 8, opening: UPGRADE, isWebsocket: true, atLeast: 2000, hasStack: false },
  { app: "demo", board: esp32c3, connections: 8, opening: GET, isWebsocket: false, atLeast: 2000, hasStack: true },
  { app: "hello", board: esp8266, connections: 4, opening: GET, isWebsocket: false, atLeast: 1, hasStack: true },
  { app: "ws-echo", board: esp32c3, connections: 8, opening: UPGRADE, isWebsocket: true, atLeast: 2000, hasStack: true, only: "a WebSocket" },
];

/** Readings of one case: the smallest counts. */
const READINGS = 12;
const READING_MS = 500;
const ANSWER_MS = 3000;

/** The rows of this part. */
export async function benchBoards(options: BenchOptions): Promise<Row[]> {
  const binary = options.espruino;
  if (binary === undefined) return [skippedRow(GROUP, "variables", "set ESPRUINO to the path of an interpreter")];
  if (!(await canSetVariables(binary, options.dir))) return [skippedRow(GROUP, "variables", "this interpreter has no JSVARS")];
  const rows: Row[] = [];
  for (const one of CASES) rows.push(...(await benchCase(options, binary, one)));
  return rows;
}

/** Whether the number of variables can be set with JSVARS, as in a build that rehearses boards. */
async function canSetVariables(binary: string, dir: string): Promise<boolean> {
  return (await runScript(binary, dir, 'print("TOTAL "+process.memory().total);quit();', { JSVARS: "1600" })).includes("TOTAL 1600");
}

async function benchCase(options: BenchOptions, binary: string, one: Case): Promise<Row[]> {
  const { app, board, connections } = one;
  const kind = one.isWebsocket ? "WebSockets" : "kept connections";
  const name = `free variables, ${app} on ${board.title}, ${connections} ${kind}`;
  options.progress(`${GROUP}: ${name}`);
  const flashed = await flashApp(binary, options.dir, `examples/${app}.ts`, {}, board);
  const env = { JSVARS: String(board.variables), ESP_STACK: String(Math.max(board.stackBytes, STACK_MIN_BYTES)) };
  const free = await withServer(binary, flashed, env, (server) => leastFree(server, one));
  const stack = { group: GROUP, name: `smallest stack for a conversation, ${app} on ${board.title}`, stacks: [Number(env.ESP_STACK)], env, only: one.only };
  return [
    numberRow(GROUP, name, free.value, "variables", { atLeast: one.atLeast }, free.fatal),
    ...(one.hasStack ? [await smallestStack(binary, flashed, stack)] : []),
  ];
}

/** The firmware of an ESP8266 does not check its stack; the interpreter here does, and needs this much on a PC. */
const STACK_MIN_BYTES = 15000;

async function withServer<T>(binary: string, flashed: Flashed, env: Record<string, string>, use: (server: Server) => Promise<T>): Promise<{ value: T; fatal: string | undefined }> {
  const server = await boot(binary, flashed, env);
  try {
    return { value: await use(server), fatal: FATAL.exec(server.output())?.[0] };
  } finally {
    await server.stop();
  }
}

/** Opens all connections, and reads what is free for some seconds: the least of it. */
async function leastFree(server: Server, { connections, opening }: Case): Promise<number> {
  const conns: Socket[] = [];
  for (let i = 0; i < connections; i++) conns.push(await opened(server.port, opening));
  const free: number[] = [];
  for (let i = 0; i < READINGS; i++) free.push(await freeNow(server));
  const ended = conns.filter((conn) => conn.closed).length;
  for (const conn of conns) conn.destroy();
  return ended ? Number.NaN : Math.min(...free);
}

function opened(port: number, opening: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const conn = connect(port, "127.0.0.1");
    const timer = setTimeout(() => reject(new Error("a connection was not answered")), ANSWER_MS);
    conn.once("data", () => {
      clearTimeout(timer);
      conn.resume();
      resolve(conn);
    });
    conn.once("error", reject);
    conn.write(opening);
  });
}

/** Garbage is collected before it is counted. */
async function freeNow(server: Server): Promise<number> {
  server.type('print("FR"+"EE",process.memory().free)\n');
  await new Promise((resolve) => setTimeout(resolve, READING_MS));
  return Number([...server.output().matchAll(/FREE (\d+)/g)].at(-1)?.[1] ?? Number.NaN);
}
