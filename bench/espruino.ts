import { benchEspruinoWs } from "./espruino-ws.js";
import { boot, FATAL, flashApp, flashScript, MANY_SOCKETS } from "./interpreter.js";
import { type BenchOptions, roundsOf } from "./options.js";
import { compare, compareSlots, median, runSlot } from "./rounds.js";
import { numberRow, ratioRow, type Row, skippedRow } from "./row.js";

/* On the real interpreter: hello against a handler written by hand, and against the built-in http module. */

const GROUP = "espruino";
const HAND_GOAL = { atLeast: 0.6 };
/** Until the interpreter has cleaned up, and told what is left. */
const IDLE_MS = 2500;

/** All rows of this part. */
export async function benchEspruino(options: BenchOptions): Promise<Row[]> {
  const binary = options.espruino;
  if (binary === undefined) return [skippedRow(GROUP, "hello", "set ESPRUINO to the path of an interpreter")];
  const hello = await flashApp(binary, options.dir, "examples/hello.ts", MANY_SOCKETS);
  return [...(await benchHand(options, binary, hello)), ...(await benchHttp(options, binary, hello)), ...(await benchEspruinoWs(options, binary))];
}

type Hello = Awaited<ReturnType<typeof flashApp>>;

async function benchHand(options: BenchOptions, binary: string, hello: Hello): Promise<Row[]> {
  const hand = await flashScript(binary, options.dir, "bench/espruino/hand.js");
  const servers = [await boot(binary, hello), await boot(binary, hand)];
  const rows: Row[] = [];
  for (const connections of [1, 8]) {
    options.progress(`${GROUP}: hello, ${connections} conn`);
    const [net] = await compare(options.dir, servers, { connections, seconds: 1 }, roundsOf(options));
    rows.push(ratioRow(GROUP, `hello, ${connections} conn, to a hand-written handler`, net, options.isBusy, HAND_GOAL));
  }
  for (const server of servers) {
    await server.stop();
    const fatal = FATAL.exec(server.output());
    if (fatal) rows.push(skippedRow(GROUP, server.name, `it printed ${fatal[0]}`));
  }
  return rows;
}

/** The module keeps connections that close without a request, and slows down with each: every round gets a fresh one. */
async function benchHttp(options: BenchOptions, binary: string, hello: Hello): Promise<Row[]> {
  const flashed = await flashScript(binary, options.dir, "bench/espruino/http.js");
  const ours = await boot(binary, hello);
  const load = { connections: 8, seconds: 1 };
  const slots = { ours: [] as Slot[], http: [] as Slot[] };
  for (let round = 0; round < Math.min(3, roundsOf(options)); round++) {
    options.progress(`${GROUP}: hello, the built-in http module, round ${round + 1}`);
    const http = await boot(binary, flashed);
    slots.ours.push(await runSlot(options.dir, ours, load));
    slots.http.push(await runSlot(options.dir, http, load));
    await http.stop();
  }
  await ours.stop();
  const row = ratioRow(GROUP, "hello, 8 conn, to the built-in http module", compareSlots(slots.ours, slots.http), options.isBusy);
  const costs = [costRow("ours", slots.ours), costRow("the http module", slots.http)];
  return [row, ...costs, ...(await benchHeld(options, binary)), await benchDeath(options, binary)];
}

/** What one request takes of the processor. The module takes it for a connection as well, because it keeps none. */
function costRow(who: string, slots: Slot[]): Row {
  const costs = slots.map((slot) => 1e6 / (slot.cpuRate ?? NaN));
  return numberRow(GROUP, `processor time of a request, ${who}`, median(costs), "us");
}

/** Variables that a request holds while its handler runs, connection included: what a board must have left. */
async function benchHeld(options: BenchOptions, binary: string): Promise<Row[]> {
  options.progress(`${GROUP}: variables of a request`);
  const ours = await flashApp(binary, options.dir, "bench/espruino/memory-app.ts");
  const http = await flashScript(binary, options.dir, "bench/espruino/http-memory.js");
  const rows: Row[] = [];
  for (const [flashed, who] of [[ours, "ours"], [http, "the http module"]] as const) {
    const server = await boot(binary, flashed);
    // The first requests leave behind what is kept for the next of the same kind.
    for (let i = 0; i < 2; i++) await askHeld(flashed.port);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const idle = Number([...server.output().matchAll(/idle: (\d+) variables/g)].at(-1)?.[1]);
    const held = (await askHeld(flashed.port)) - idle;
    await server.stop();
    rows.push(numberRow(GROUP, `variables held while a request is handled, ${who}`, held, "variables"));
  }
  return rows;
}

/** A request on a connection of its own, answered with the variables in use meanwhile. */
async function askHeld(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/memory`, { headers: { Connection: "close" } });
  return Number(await answer.text());
}

type Slot = Awaited<ReturnType<typeof runSlot>>;

/** How many requests the built-in http module answers, used as its documentation shows, before it runs out of memory. */
async function benchDeath(options: BenchOptions, binary: string): Promise<Row> {
  const name = "requests the http module's own example answered";
  options.progress(`${GROUP}: ${name}`);
  const flashed = await flashScript(binary, options.dir, "bench/espruino/http-plain.js");
  const http = await boot(binary, flashed);
  const slot = await runSlot(options.dir, http, { connections: 4, seconds: options.isQuick ? 3 : 5 });
  const death = FATAL.exec(http.output())?.[0] ?? http.exit();
  await http.stop();
  const note = death === undefined ? `still alive after ${Math.round(slot.seconds)} s` : `then: ${death}`;
  return numberRow(GROUP, name, slot.count, "", undefined, note);
}
