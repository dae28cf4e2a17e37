import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buildNode } from "../cli/build/index.js";
import { meerkatRoot } from "../cli/build/layout.js";
import type { BenchOptions } from "./options.js";
import { numberRow, type Row } from "./row.js";
import { freePort, type Server, startServer } from "./server.js";

/* A gigabyte each way through a pool of 16 KB: it arrives, and the memory of the process does not grow. */

const GROUP = "transfer";
const MB = 1024 * 1024;
/** What a JavaScript engine may take for itself meanwhile. */
const GROWTH_GOAL = { atMost: 40 };
const PIECE = Buffer.alloc(65536, "x");

/** All rows of this part. */
export async function benchTransfer(options: BenchOptions): Promise<Row[]> {
  const out = join(options.dir, "transfer.mjs");
  await buildNode({ app: join(meerkatRoot, "bench/servers/transfer.ts"), out });
  const server = await startServer({ name: "transfer", command: process.execPath, args: [out], port: await freePort() });
  const bytes = (options.isQuick ? 128 : 1024) * MB;
  try {
    // What is compiled and allocated once, before the memory is looked at.
    await upload(server.port, 32 * MB, true);
    await download(server.port, 32 * MB, "");
    return [
      ...(await measure(options, server, "up, by length", bytes, () => upload(server.port, bytes, true))),
      ...(await measure(options, server, "up, in chunks", bytes, () => upload(server.port, bytes, false))),
      ...(await measure(options, server, "down, by length", bytes, () => download(server.port, bytes, ""))),
      ...(await measure(options, server, "down, in chunks", bytes, () => download(server.port, bytes, "?chunked"))),
    ];
  } finally {
    await server.stop();
  }
}

async function measure(options: BenchOptions, server: Server, how: string, bytes: number, act: () => Promise<number>): Promise<Row[]> {
  const name = `${bytes / MB} MB ${how}, 32 pages of 512 bytes`;
  options.progress(`${GROUP}: ${name}`);
  const before = residentMb(server);
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, residentMb(server))), 50);
  const startMs = performance.now();
  const arrived = await act();
  const seconds = (performance.now() - startMs) / 1000;
  clearInterval(watch);
  if (arrived !== bytes) throw new Error(`${name}: ${arrived} bytes arrived`);
  return [
    numberRow(GROUP, name, bytes / MB / seconds, "MB/s"),
    numberRow(GROUP, `${name}: resident memory gained`, most - before, "MB", GROWTH_GOAL, `from ${before.toFixed(0)} MB`),
  ];
}

/** Resident memory of a server in MB (proc(5)); NaN where the system does not tell. */
function residentMb({ pid }: Server): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

/** Uploads so many bytes; answers how many the server counted. */
function upload(port: number, bytes: number, hasLength: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = hasLength ? { "Content-Length": bytes } : { "Transfer-Encoding": "chunked" };
    const req = request({ port, host: "127.0.0.1", method: "PUT", headers, agent: false }, (res) => {
      let text = "";
      res.setEncoding("latin1").on("data", (piece: string) => (text += piece));
      res.on("end", () => resolve(Number(text)));
    });
    req.on("error", reject);
    Readable.from(pieces(bytes)).pipe(req);
  });
}

function* pieces(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= PIECE.length) yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
}

/** Downloads so many bytes; answers how many came. */
function download(port: number, bytes: number, query: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const req = request({ port, host: "127.0.0.1", path: `/${bytes}${query}`, agent: false }, (res) => {
      let count = 0;
      res.on("data", (piece: Buffer) => (count += piece.length));
      res.on("end", () => resolve(count));
      res.on("error", reject);
    });
    req.on("error", reject).end();
  });
}
