import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { benchBoards } from "./boards.js";
import { benchEspruino } from "./espruino.js";
import { loadTool } from "./load.js";
import { benchEvbuffer } from "./evbuffer.js";
import { benchLibevent } from "./libevent.js";
import { benchMemory } from "./memory.js";
import { benchNode } from "./node.js";
import { type BenchOptions, type Part, PARTS } from "./options.js";
import { formatRows, type Row } from "./row.js";
import { benchTransfer } from "./transfer.js";
import { benchWs } from "./ws.js";

/* npm run bench [-- --json] [--only node|ws|transfer|libevent|evbuffer|espruino|memory|boards] [--quick] */

const RUNNERS: Record<Part, (options: BenchOptions) => Promise<Row[]>> = {
  node: benchNode,
  ws: benchWs,
  transfer: benchTransfer,
  libevent: benchLibevent,
  evbuffer: benchEvbuffer,
  espruino: benchEspruino,
  memory: benchMemory,
  boards: benchBoards,
};

/** From this load average on, others use the processors as well. */
const BUSY_LOAD = 0.8;

const HELP = `npm run bench -- [options]
  --only PART  node, ws, transfer, libevent, evbuffer, espruino, memory or boards; may be given more than once
  --quick      short rounds
  --json       one JSON document instead of the table
ESPRUINO names the interpreter for the parts that need one; MEERKAT_BENCH_MONGOOSE, MEERKAT_BENCH_MONGOOSE6
and MEERKAT_BENCH_EVHTTP name servers in C that hello is compared with, MEERKAT_BENCH_MONGOOSE_WS one for ws,
MEERKAT_BENCH_LIBEVENT the one for libevent, MEERKAT_BENCH_EVBUFFER the program that evbuffer is compared with;
MEERKAT_BENCH_ESPRUINO_WS names Espruino's module ws.js.`;

interface Asked {
  parts: Part[];
  isQuick: boolean;
  isJson: boolean;
}

function readArgs(): Asked | undefined {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const parts = values.only ?? [...PARTS];
  const unknown = parts.find((part) => !PARTS.includes(part as Part));
  if (unknown !== undefined) throw new TypeError(`--only is "${unknown}": must be ${PARTS.join(", ")}`);
  return { parts: parts as Part[], isQuick: values.quick, isJson: values.json };
}

async function bench({ parts, isQuick, isJson }: Asked): Promise<void> {
  const load = loadavg()[0];
  const dir = mkdtempSync(join(tmpdir(), "meerkat-bench-"));
  const espruino = process.env.ESPRUINO ? resolve(process.env.ESPRUINO) : undefined;
  const progress = (what: string): void => void process.stderr.write(`... ${what}\n`);
  try {
    const rows: Row[] = [];
    for (const part of parts) rows.push(...(await RUNNERS[part]({ dir, isQuick, espruino, isBusy: load > BUSY_LOAD, progress })));
    const facts = { node: process.version, loadFrom: loadTool, processors: availableParallelism(), loadAverage: load };
    if (isJson) console.log(JSON.stringify({ ...facts, rows }, null, 2));
    else console.log(`${headline(facts)}\n\n${formatRows(rows)}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Facts {
  node: string;
  loadFrom: string;
  processors: number;
  /** Of the system, when the benchmark began. */
  loadAverage: number;
}

function headline({ node, loadFrom, processors, loadAverage }: Facts): string {
  const facts = `Node ${node}, load from ${loadFrom}, ${processors} processors`;
  if (loadAverage < BUSY_LOAD) return facts;
  return `${facts}\nThe machine was busy (load average ${loadAverage.toFixed(1)}): ratios are by processor time.`;
}

async function main(): Promise<void> {
  try {
    const asked = readArgs();
    if (asked) await bench(asked);
    else console.log(HELP);
  } catch (error) {
    console.error(error instanceof TypeError ? error.message : error);
    process.exitCode = 1;
  }
}

await main();
