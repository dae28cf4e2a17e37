// Prints cli/build/hot-functions.ts: which functions run at every turn, as counted while programs do their usual work.
//
//   node dist/bench/profile.js > cli/build/hot-functions.ts

import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { esp32 } from "../boards/esp32.js";
import { buildBundle } from "../cli/build/index.js";
import { parseBundle, walk } from "../cli/build/ast.js";
import type { AnyNode } from "../cli/build/ast.js";
import { meerkatRoot } from "../cli/build/layout.js";
import { sourceName } from "../cli/build/residents.js";
import { createNodePlatform } from "../platform/node/index.js";
import { createVirtualBoard } from "../platform/virtual-board/index.js";
import { GET } from "./load.js";
import { freePort } from "./server.js";

/** A program and the message it gets over and over, on each of a few connections. */
interface Training {
  app: string;
  /** Sent first, and answered with a head. */
  opening?: string;
  message: string;
}

const UPGRADE =
  "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const frame = (text: string): string => "\x81" + String.fromCharCode(128 + text.length) + "\0\0\0\0" + text;

const TRAININGS: Training[] = [
  { app: "hello", message: GET },
  { app: "http-echo", message: "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello" },
  { app: "demo", message: "GET /api/state HTTP/1.1\r\nHost: localhost\r\n\r\n" },
  { app: "ws-echo", opening: UPGRADE, message: frame("hello") },
  { app: "demo", opening: UPGRADE, message: frame('{"isOn":true}') },
  { app: "echo", message: "hello" },
];

const TURNS = 100;
const CONNECTIONS = 2;
/** What runs in fewer turns than this part of them is not hot. */
const HOT_PART = 0.9;

/** Every function with a name tells when it is called. */
function counting(code: string): string {
  const places: { at: number; name: string }[] = [];
  walk(parseBundle(code), (node, ancestors) => {
    if (node.type !== "FunctionDeclaration" || ancestors.length !== 1) return;
    places.push({ at: (node.body as AnyNode).start + 1, name: (node.id as AnyNode).name as string });
  });
  for (const { at, name } of places.sort((a, b) => b.at - a.at)) code = `${code.slice(0, at)}$hits.${name}=($hits.${name}||0)+1;${code.slice(at)}`;
  return `var $hits={};${code}\nsetInterval(function(){console.log("HITS "+JSON.stringify($hits));},50);`;
}

async function train({ app, opening, message }: Training): Promise<Map<string, number>> {
  const port = await freePort();
  const bundle = await buildBundle({ app: join(meerkatRoot, `examples/${app}.ts`), board: esp32, defines: { PORT: String(port) }, minify: false, overlay: true });
  let hits: Record<string, number> = {};
  const log = (line: string): void => void (line.startsWith("HITS ") && (hits = JSON.parse(line.slice(5)) as typeof hits));
  const board = createVirtualBoard(createNodePlatform(), esp32, { publish: (wanted) => wanted, log, seed: 1 });
  board.run(counting(bundle.code));
  const conns = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)));
  for (const conn of conns) if (opening !== undefined) await ask(conn, opening);
  // What is made when it is first needed.
  for (const conn of conns) for (let i = 0; i < 3; i++) await ask(conn, message);
  const before = await settled(() => hits);
  for (let i = 0; i < TURNS; i++) await ask(conns[i % CONNECTIONS], message);
  const after = await settled(() => hits);
  for (const conn of conns) conn.destroy();
  board.stop();
  return new Map(Object.entries(after).map(([name, count]) => [name, (count - (before[name] ?? 0)) / TURNS]));
}

async function settled<T>(read: () => T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return read();
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const conn: Socket = connect(port, "127.0.0.1", () => resolve(conn)).on("error", reject);
  });
}

function ask(conn: Socket, request: string): Promise<void> {
  return new Promise((resolve) => {
    conn.once("data", () => resolve());
    conn.write(request, "latin1");
  });
}

const sums = new Map<string, number>();
for (const training of TRAININGS) {
  const theirs = readFileSync(join(meerkatRoot, `examples/${training.app}.ts`), "utf8");
  for (const [name, part] of await train(training)) {
    const source = sourceName(name);
    if (part >= HOT_PART && !theirs.includes(`function ${source}(`)) sums.set(source, part + (sums.get(source) ?? 0));
  }
}
const hot = [...sums].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
console.log(`/*
 * Written by bench/profile.ts; see there. Functions of ours that run at every turn of one of the programs it tries, those that run most, in all
 * of them, first. They are the last to leave a board's memory.
 */

export const HOT_FUNCTIONS: readonly string[] = [
${hot.map(([name]) => `  ${JSON.stringify(name)},`).join("\n")}
];`);
process.exit();
