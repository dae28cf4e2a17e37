import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { minify } from "terser";
import { meerkatRoot } from "../cli/build/layout.js";
import { boot, FATAL, type Flashed, flashApp, flashText, MANY_SOCKETS } from "./interpreter.js";
import { type BenchOptions, roundsOf } from "./options.js";
import { type Comparison, compareSlots, runSlot } from "./rounds.js";
import { numberRow, ratioRow, type Row, skippedRow } from "./row.js";

/*
 * WebSocket on the real interpreter: echo against Espruino's own module `ws`, which is no part of this project; the
 * environment variable names its file.
 */

const GROUP = "espruino";
const VARIABLE = "MEERKAT_BENCH_ESPRUINO_WS";
/**
 * Sizes of messages, text because the module takes nothing else. One that goes out in two packets (536 bytes are one) waits
 * for the client's delayed acknowledgement of the first, which says nothing about either program.
 */
const SIZES = [16, 125, 500];
const CONNECTIONS = 8;
const IDLE_COUNT = 20;
/** Until the interpreter has cleaned up, and told what is left. */
const IDLE_MS = 2500;
const OPENING =
  "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
/** Text of one letter, with a key of zeros; and how it comes back. */
const MESSAGE = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x78]);
const ECHO = "\x81\x01x";

/** The rows of WebSocket. */
export async function benchEspruinoWs(options: BenchOptions, binary: string): Promise<Row[]> {
  const module = process.env[VARIABLE];
  const ours = await flashApp(binary, options.dir, "bench/espruino/ws-app.ts", MANY_SOCKETS);
  const idle = await benchIdle(options, binary, ours, "ours");
  if (!module) return [idle, skippedRow(GROUP, "WebSocket, to the ws module", `set ${VARIABLE} to the path of Espruino's ws.js`)];
  const theirs = await flashModule(options, binary, module);
  return [...(await benchEcho(options, binary, ours, theirs)), idle, await benchIdle(options, binary, theirs, "the ws module")];
}

/** Written as small as ours is, because in flash it is read again each time it runs. */
async function flashModule(options: BenchOptions, binary: string, module: string): Promise<Flashed> {
  const script = readFileSync(join(meerkatRoot, "bench/espruino/ws-module.js"), "latin1");
  const whole = script.replace("\n// MODULE\n", () => "\n" + readFileSync(module, "latin1") + "\n");
  const { code } = await minify(whole, { compress: false, mangle: true, format: { ascii_only: true } });
  return flashText(binary, options.dir, "the ws module", code ?? "");
}

async function benchEcho(options: BenchOptions, binary: string, ours: Flashed, theirs: Flashed): Promise<Row[]> {
  const rows: Row[] = [];
  for (const wsBytes of SIZES) {
    const name = `WebSocket echo ${wsBytes} B, ${CONNECTIONS} conn, to the ws module`;
    options.progress(`${GROUP}: ${name}`);
    rows.push(ratioRow(GROUP, name, await compareFresh(options, binary, [ours, theirs], wsBytes), options.isBusy));
  }
  return rows;
}

/** Every round gets fresh servers, so that none pays for connections of the round before. */
async function compareFresh(options: BenchOptions, binary: string, flashed: Flashed[], wsBytes: number): Promise<Comparison> {
  const slots: Awaited<ReturnType<typeof runSlot>>[][] = flashed.map(() => []);
  for (let round = 0; round < Math.min(3, roundsOf(options)); round++) {
    for (let i = 0; i < flashed.length; i++) {
      const server = await boot(binary, flashed[i]);
      slots[i].push(await runSlot(options.dir, server, { connections: CONNECTIONS, seconds: 1, wsBytes, isText: true }));
      await server.stop();
    }
  }
  return compareSlots(slots[0], slots[1]);
}

/** What a WebSocket takes while nothing is sent, after one message. */
async function benchIdle(options: BenchOptions, binary: string, flashed: Flashed, who: string): Promise<Row> {
  const name = `variables of an idle WebSocket, ${who}`;
  options.progress(`${GROUP}: ${name}`);
  const server = await boot(binary, flashed);
  // The first one leaves behind what is kept for the next.
  const conns = [await openWebsocket(flashed.port)];
  const before = await told();
  for (let i = 0; i < IDLE_COUNT; i++) conns.push(await openWebsocket(flashed.port));
  const each = ((await told()) - before) / IDLE_COUNT;
  for (const conn of conns) conn.destroy();
  await server.stop();
  const fatal = FATAL.exec(server.output());
  return numberRow(GROUP, name, each, "variables", undefined, fatal ? `it printed ${fatal[0]}` : `${IDLE_COUNT} of them, after one message each`);

  async function told(): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    return Number([...server.output().matchAll(/idle: (\d+) variables/g)].at(-1)?.[1]);
  }
}

/** Opens a WebSocket and has one message echoed. */
function openWebsocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const conn = connect(port, "127.0.0.1");
    let text = "";
    conn.on("connect", () => conn.write(OPENING));
    conn.on("error", reject);
    conn.on("close", () => reject(new Error(`It hung up: ${text}`)));
    conn.on("data", (bytes) => {
      const isOpen = text.includes("\r\n\r\n");
      text += bytes.toString("latin1");
      if (!isOpen && text.includes("\r\n\r\n")) conn.write(MESSAGE);
      if (text.endsWith(ECHO)) resolve(conn);
    });
  });
}
