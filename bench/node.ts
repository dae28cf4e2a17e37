import { benchHello, startExample, startPeer, stopAll } from "./hello.js";
import { type BenchOptions, roundsOf } from "./options.js";
import { compare } from "./rounds.js";
import { ratioRow, type Row } from "./row.js";

/* On Node: echo against bare node:net, and hello. */

const GROUP = "node";
const NET_GOAL = { atLeast: 0.95 };

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
