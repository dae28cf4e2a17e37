import { boot, FATAL, flashApp, flashScript, MANY_SOCKETS } from "./interpreter.js";
import { type BenchOptions, roundsOf } from "./options.js";
import { compare, compareSlots, runSlot } from "./rounds.js";
import { numberRow, ratioRow, type Row, skippedRow } from "./row.js";

/* On the real interpreter: hello against a handler written by hand, and against the built-in http module. */

const GROUP = "espruino";
const HAND_GOAL = { atLeast: 0.6 };

/** All rows of this part. */
export async function benchEspruino(options: BenchOptions): Promise<Row[]> {
  const binary = options.espruino;
  if (binary === undefined) return [skippedRow(GROUP, "hello", "set ESPRUINO to the path of an interpreter")];
  const hello = await flashApp(binary, options.dir, "examples/hello.ts", MANY_SOCKETS);
  return [...(await benchHand(options, binary, hello)), ...(await benchHttp(options, binary, hello))];
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
  return [row, await benchDeath(options, binary)];
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
