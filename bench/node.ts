import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildNode } from "../cli/build/index.js";
import { meerkatRoot } from "../cli/build/layout.js";
import { type BenchOptions, roundsOf } from "./options.js";
import { compare } from "./rounds.js";
import { ratioRow, type Row } from "./row.js";
import { freePort, type Server, startServer } from "./server.js";

/* On Node: echo and hello against bare node:net, hello against node:http. */

const GROUP = "node";
const NET_GOAL = { atLeast: 0.95 };
const HTTP_GOAL = { atLeast: 1.7 };

/** All rows of this part. */
export async function benchNode(options: BenchOptions): Promise<Row[]> {
  return [...(await benchEcho(options)), ...(await benchHello(options))];
}

async function benchEcho(options: BenchOptions): Promise<Row[]> {
  const servers = [await startExample(options, "echo"), await startPeer("net-echo")];
  const rows: Row[] = [];
  for (const echoBytes of [64, 16384]) {
    for (const connections of [1, 32]) {
      const name = `echo ${echoBytes} B, ${connections} conn, to node:net`;
      options.progress(`${GROUP}: ${name}`);
      const [net] = await compare(options.dir, servers, { connections, seconds: 1, echoBytes }, roundsOf(options));
      rows.push(ratioRow(GROUP, name, net, options.isBusy, NET_GOAL));
    }
  }
  await stopAll(servers);
  return rows;
}

async function benchHello(options: BenchOptions): Promise<Row[]> {
  const servers = [await startExample(options, "hello"), await startPeer("net-hello"), await startPeer("http-hello")];
  const rows: Row[] = [];
  for (const connections of [1, 32, 256]) {
    options.progress(`${GROUP}: hello, ${connections} conn`);
    const [net, http] = await compare(options.dir, servers, { connections, seconds: 1 }, roundsOf(options));
    rows.push(ratioRow(GROUP, `hello, ${connections} conn, to node:net`, net, options.isBusy, NET_GOAL));
    rows.push(ratioRow(GROUP, `hello, ${connections} conn, to node:http`, http, options.isBusy, HTTP_GOAL));
  }
  await stopAll(servers);
  return rows;
}

async function startExample({ dir }: BenchOptions, name: string): Promise<Server> {
  const out = join(dir, `${name}.mjs`);
  await buildNode({ app: join(meerkatRoot, "examples", `${name}.ts`), out });
  return startServer({ name, command: process.execPath, args: [out], port: await freePort() });
}

async function startPeer(name: string): Promise<Server> {
  const file = fileURLToPath(new URL(`servers/${name}.js`, import.meta.url));
  return startServer({ name, command: process.execPath, args: [file], port: await freePort() });
}

async function stopAll(servers: Server[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
