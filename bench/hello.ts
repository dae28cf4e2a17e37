import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildNode } from "../cli/build/index.js";
import { meerkatRoot } from "../cli/build/layout.js";
import { type BenchOptions, roundsOf } from "./options.js";
import { OUTSIDE, outsideHere, startOutside } from "./outside.js";
import { compare } from "./rounds.js";
import { ratioRow, type Row, skippedRow } from "./row.js";
import { freePort, type Server, startServer } from "./server.js";

/* examples/hello.ts on Node against the best handler on bare node:net, node:http, and servers in C. */

const GROUP = "node";
const GOALS = [{ atLeast: 0.95 }, { atLeast: 1.8 }];

/** The rows of hello. */
export async function benchHello(options: BenchOptions): Promise<Row[]> {
  const here = outsideHere();
  const peers = ["node:net", "node:http", ...here.map(({ name }) => name)];
  const servers = [await startExample(options, "hello"), await startPeer("net-hello"), await startPeer("http-hello")];
  for (const outside of here) servers.push(await startOutside(outside));
  const rows: Row[] = [];
  for (const connections of [1, 32, 256]) {
    options.progress(`${GROUP}: hello, ${connections} conn`);
    const found = await compare(options.dir, servers, { connections, seconds: 1 }, roundsOf(options));
    found.forEach((peer, i) => rows.push(ratioRow(GROUP, `hello, ${connections} conn, to ${peers[i]}`, peer, options.isBusy, GOALS[i])));
  }
  await stopAll(servers);
  const missing = OUTSIDE.filter((outside) => !here.includes(outside));
  return [...rows, ...missing.map(({ name, variable }) => skippedRow(GROUP, `hello, to ${name}`, `set ${variable} to a binary of it`))];
}

/** Builds an example for Node and starts it. */
export async function startExample({ dir }: BenchOptions, name: string, env?: Record<string, string>): Promise<Server> {
  const out = join(dir, `${name}.mjs`);
  await buildNode({ app: join(meerkatRoot, "examples", `${name}.ts`), out });
  return startServer({ name, command: process.execPath, args: [out], port: await freePort(), env });
}

/** Starts a program of bench/servers. */
export async function startPeer(name: string): Promise<Server> {
  const file = fileURLToPath(new URL(`servers/${name}.js`, import.meta.url));
  return startServer({ name, command: process.execPath, args: [file], port: await freePort() });
}

/** Stops them all. */
export async function stopAll(servers: Server[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
