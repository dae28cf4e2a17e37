import { startExample, startPeer, stopAll } from "./hello.js";
import { type BenchOptions, roundsOf } from "./options.js";
import { isHere, OUTSIDE_LIBEVENT, startOutside } from "./outside.js";
import { compare } from "./rounds.js";
import { ratioRow, type Row, skippedRow } from "./row.js";

/* Bufferevents on Node: echo against bare node:net, and libevent itself. */

const GROUP = "libevent";
const NET_GOAL = { atLeast: 0.95 };

/** All rows of this part. */
export async function benchLibevent(options: BenchOptions): Promise<Row[]> {
  const servers = [await startExample(options, "libevent-echo"), await startPeer("net-echo")];
  const peers = ["node:net"];
  if (isHere(OUTSIDE_LIBEVENT)) {
    servers.push(await startOutside(OUTSIDE_LIBEVENT));
    peers.push(OUTSIDE_LIBEVENT.name);
  }
  const rows: Row[] = [];
  for (const echoBytes of [64, 16384]) {
    for (const connections of [1, 32]) {
      const name = `echo ${echoBytes} B, ${connections} conn`;
      options.progress(`${GROUP}: ${name}`);
      const found = await compare(options.dir, servers, { connections, seconds: 1, echoBytes }, roundsOf(options));
      found.forEach((peer, i) => rows.push(ratioRow(GROUP, `${name}, to ${peers[i]}`, peer, options.isBusy, i === 0 ? NET_GOAL : undefined)));
    }
  }
  await stopAll(servers);
  const { name, variable } = OUTSIDE_LIBEVENT;
  if (!isHere(OUTSIDE_LIBEVENT)) rows.push(skippedRow(GROUP, `echo, to ${name}`, `set ${variable} to a binary of it`));
  return rows;
}
