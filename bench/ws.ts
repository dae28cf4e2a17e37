import { startExample, startPeer, stopAll } from "./hello.js";
import { type BenchOptions, roundsOf } from "./options.js";
import { isHere, OUTSIDE_WS, startOutside } from "./outside.js";
import { compare } from "./rounds.js";
import { ratioRow, type Row, skippedRow } from "./row.js";

/* WebSocket on Node: echo against the library `ws`, the least that node:net can do it with, and a server in C. */

const GROUP = "ws";
const CONNECTIONS = 32;
/** Size of a message, and how many times as many a second as `ws` are wanted. */
const SIZES = [[16, 1.5], [125, 1.5], [1024, 1.5], [16384, 1], [1048576, 1]] as const;

/** Messages up to this size come in one piece, which is all that the floor knows. */
const FLOOR_MAX_BYTES = 1024;

/** All rows of this part. */
export async function benchWs(options: BenchOptions): Promise<Row[]> {
  const servers = [await startExample(options, "ws-echo"), await startPeer("ws-echo")];
  const peers = ["ws"];
  const floor = await startPeer("ws-floor");
  if (isHere(OUTSIDE_WS)) {
    servers.push(await startOutside(OUTSIDE_WS));
    peers.push(OUTSIDE_WS.name);
  }
  const rows: Row[] = [];
  for (const [wsBytes, atLeast] of SIZES) {
    const name = `echo ${wsBytes} B, ${CONNECTIONS} conn`;
    options.progress(`${GROUP}: ${name}`);
    const isOnePiece = wsBytes <= FLOOR_MAX_BYTES;
    const here = isOnePiece ? [...servers, floor] : servers;
    const names = isOnePiece ? [...peers, "the floor of node:net"] : peers;
    const found = await compare(options.dir, here, { connections: CONNECTIONS, seconds: 1, wsBytes }, roundsOf(options));
    found.forEach((peer, i) => rows.push(ratioRow(GROUP, `${name}, to ${names[i]}`, peer, options.isBusy, i === 0 ? { atLeast } : undefined)));
  }
  await stopAll([...servers, floor]);
  if (!isHere(OUTSIDE_WS)) rows.push(skippedRow(GROUP, `echo, to ${OUTSIDE_WS.name}`, `set ${OUTSIDE_WS.variable} to a binary of it`));
  return rows;
}
