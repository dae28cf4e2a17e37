import { startExample, startPeer, stopAll } from "./hello.js";
import { type BenchOptions, roundsOf } from "./options.js";
import { compare } from "./rounds.js";
import { ratioRow, type Row } from "./row.js";

/* WebSocket on Node: echo against the library `ws`. */

const GROUP = "ws";
const CONNECTIONS = 32;
/** Size of a message, and how many times as many a second as `ws` are wanted. */
const SIZES = [[16, 1.5], [125, 1.5], [1024, 1.5], [16384, 1], [1048576, 1]] as const;

/** All rows of this part. */
export async function benchWs(options: BenchOptions): Promise<Row[]> {
  const servers = [await startExample(options, "ws-echo"), await startPeer("ws-echo")];
  const rows: Row[] = [];
  for (const [wsBytes, atLeast] of SIZES) {
    const name = `echo ${wsBytes} B, ${CONNECTIONS} conn, to ws`;
    options.progress(`${GROUP}: ${name}`);
    const [peer] = await compare(options.dir, servers, { connections: CONNECTIONS, seconds: 1, wsBytes }, roundsOf(options));
    rows.push(ratioRow(GROUP, name, peer, options.isBusy, { atLeast }));
  }
  await stopAll(servers);
  return rows;
}
