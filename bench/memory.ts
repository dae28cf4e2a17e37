import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { esp32 } from "../boards/esp32.js";
import { buildBundle } from "../cli/build/index.js";
import { meerkatRoot } from "../cli/build/layout.js";
import { boot, canSetStack, FATAL, flashApp, MANY_SOCKETS } from "./interpreter.js";
import { GET, runClient } from "./load.js";
import type { BenchOptions } from "./options.js";
import { numberRow, type Row, skippedRow } from "./row.js";
import type { Server } from "./server.js";
import { smallestStack } from "./stack.js";

/* Memory on the interpreter: variables of idle connections, leaks, stack, and the size of the code. */

const GROUP = "memory";
const IDLE_GOAL = { atMost: 45 };
const IDLE_COUNT = 50;
/** What may be left after many requests: a text that is kept is a few variables longer or shorter. */
const LEAK_GOAL = { atMost: 10 };
const LEAK_CONNECTIONS = 8;
const LEAK_WARM_COUNT = 500;
/** Stacks of an ESP32 and of an ESP32-C3. */
const STACKS = [25000, 15000];

/** All rows of this part. */
export async function benchMemory(options: BenchOptions): Promise<Row[]> {
  const sizes = await benchSizes(options);
  const binary = options.espruino;
  if (binary === undefined) return [...sizes, skippedRow(GROUP, "variables and stack", "set ESPRUINO to the path of an interpreter")];
  return [...sizes, ...(await benchVariables(options, binary)), ...(await benchStacks(options, binary))];
}

/** Bytes of each example's bundle for the ESP32. */
async function benchSizes(options: BenchOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of ["echo", "hello", "http-echo", "chat", "demo"]) {
    options.progress(`${GROUP}: size of ${name}`);
    const { bytes } = await buildBundle({ app: join(meerkatRoot, "examples", `${name}.ts`), board: esp32 });
    rows.push(numberRow(GROUP, `code of ${name}, esp32`, bytes, "bytes"));
  }
  return rows;
}

async function benchVariables(options: BenchOptions, binary: string): Promise<Row[]> {
  const app = await flashApp(binary, options.dir, "bench/espruino/memory-app.ts", MANY_SOCKETS);
  const server = await boot(binary, app);
  const gauge = await openGauge(server.port);
  try {
    return [await benchIdle(options, server, gauge), await benchLeak(options, server, gauge)];
  } finally {
    gauge.conn.destroy();
    await server.stop();
  }
}

/** A connection that asks for the variables in use. It is there before and after, so it does not count. */
interface Gauge {
  conn: Socket;
  read(): Promise<number>;
}

async function openGauge(port: number): Promise<Gauge> {
  const conn = connect(port, "127.0.0.1");
  const gauge = { conn, read: async () => Number((await ask(conn, "GET /memory HTTP/1.1\r\nHost: localhost\r\n\r\n")).split("\r\n\r\n")[1]) };
  // The first requests leave behind what is kept for the next of the same kind.
  await ask(conn, GET);
  await gauge.read();
  return gauge;
}

/** Sends a request, and answers the reply; small ones come in one piece. */
function ask(conn: Socket, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    conn.once("data", (bytes) => resolve(bytes.toString("latin1")));
    conn.once("error", reject);
    conn.write(request);
  });
}

async function benchIdle(options: BenchOptions, server: Server, gauge: Gauge): Promise<Row> {
  const name = "variables of an idle connection";
  options.progress(`${GROUP}: ${name}`);
  const before = await gauge.read();
  const conns: Socket[] = [];
  for (let i = 0; i < IDLE_COUNT; i++) {
    conns.push(connect(server.port, "127.0.0.1"));
    await ask(conns[i], GET);
  }
  await ask(gauge.conn, GET);
  const perConnection = ((await gauge.read()) - before) / IDLE_COUNT;
  for (const conn of conns) conn.destroy();
  return numberRow(GROUP, name, perConnection, "variables", IDLE_GOAL, `${IDLE_COUNT} kept connections after one request each`);
}

async function benchLeak(options: BenchOptions, server: Server, gauge: Gauge): Promise<Row> {
  const count = options.isQuick ? 10000 : 100000;
  const name = `variables gained by ${count} requests`;
  options.progress(`${GROUP}: ${name}`);
  const job = { port: server.port, connections: LEAK_CONNECTIONS, message: GET, answerBytes: 0, seconds: 0, count };
  // What is made once, when first needed, is no leak.
  await runClient({ ...job, count: LEAK_WARM_COUNT });
  await settle();
  const before = await gauge.read();
  const result = await runClient(job);
  await settle();
  const gained = (await gauge.read()) - before;
  const fatal = FATAL.exec(server.output());
  const note = `${LEAK_CONNECTIONS} connections, ${result.errors} errors${fatal ? `, it printed ${fatal[0]}` : ""}`;
  return numberRow(GROUP, name, gained, "variables", LEAK_GOAL, note);
}

/** Until the interpreter has seen that connections were closed. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1500));
}

async function benchStacks(options: BenchOptions, binary: string): Promise<Row[]> {
  const name = "smallest stack for a conversation";
  if (!(await canSetStack(binary, options.dir))) return [skippedRow(GROUP, name, "this interpreter has no ESP_STACK")];
  const rows: Row[] = [];
  for (const app of ["hello", "http-echo", "demo"]) {
    const flashed = await flashApp(binary, options.dir, `examples/${app}.ts`);
    options.progress(`${GROUP}: ${name} with ${app}`);
    rows.push(await smallestStack(binary, flashed, { group: GROUP, name: `${name} with ${app}`, stacks: STACKS }));
  }
  return rows;
}
