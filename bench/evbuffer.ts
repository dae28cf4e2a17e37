import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BenchOptions, roundsOf } from "./options.js";
import { median } from "./rounds.js";
import { numberRow, type Row } from "./row.js";

/* Operations of EvBuffer on Node, and of libevent's evbuffer in C where there is a binary: turn by turn, in one run. */

const GROUP = "evbuffer";
const VARIABLE = "MEERKAT_BENCH_EVBUFFER";
const OURS = fileURLToPath(new URL("servers/evbuffer-ops.js", import.meta.url));

/** What each operation is. */
const TITLES: { [name: string]: string } = {
  "add-drain": "add and drain 64 B",
  "add-remove": "add 1 KB, copy out and remove it",
  "add-text": "add 1 KB of text and drain it",
  "add-many": "add 16 x 64 B, drain them at once",
  prepend: "add 1 KB, put 4 B in front, drain",
  move: "move 16 KB to another buffer and back",
  "move-part": "move 4,000 B of 16 KB, and back to the front",
  lines: "add 32 lines of 41 B, read them",
  search: "search 16 KB in vain",
};

const run = promisify(execFile);

/** Name → operations in a second. */
async function measure(command: string, args: string[]): Promise<Map<string, number>> {
  const { stdout } = await run(command, args);
  const lines = stdout.trim().split("\n").map((line) => line.split(" "));
  return new Map(lines.map(([name, rate]) => [name, Number(rate)]));
}

/** All rows of this part. */
export async function benchEvbuffer(options: BenchOptions): Promise<Row[]> {
  const binary = process.env[VARIABLE];
  const ms = options.isQuick ? "50" : "250";
  const ours: Map<string, number>[] = [];
  const theirs: Map<string, number>[] = [];
  for (let round = 0; round < roundsOf(options); round++) {
    options.progress(`${GROUP}: round ${round + 1}`);
    ours.push(await measure(process.execPath, [OURS, ms]));
    if (binary) theirs.push(await measure(resolve(binary), [ms]));
  }
  return Object.entries(TITLES).map(([name, title]) => rowOf(title, ours.map((one) => one.get(name)), theirs.map((one) => one.get(name))));
}

/** Ours by theirs, median of the rounds; where there are no others, ours alone. */
function rowOf(title: string, ours: (number | undefined)[], theirs: (number | undefined)[]): Row {
  const rates = ours.map((rate) => rate ?? NaN);
  const ratios = theirs.flatMap((rate, i) => (rate === undefined ? [] : [rates[i] / rate]));
  const each = `${Math.round(1e9 / median(rates))} ns each`;
  if (ratios.length === 0) return numberRow(GROUP, title, median(rates) / 1e6, "million/s", undefined, each);
  const peers = theirs.map((rate) => rate ?? NaN);
  const note = `${each}, in C ${Math.round(1e9 / median(peers))} ns; rounds ${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`;
  return numberRow(GROUP, `${title}, against C`, median(ratios), "x", undefined, note);
}
