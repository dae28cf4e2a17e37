/*
 * The load of our own, for where wrk is not installed and for a fixed number of requests: a child process that keeps
 * one message under way on each connection. Its only argument is a ClientJob as JSON, its only output a LoadResult.
 */

import { connect } from "node:net";
import type { Socket } from "node:net";
import type { LoadResult } from "./load.js";

/** What the client is to do. */
export interface ClientJob {
  port: number;
  connections: number;
  /** Sent as it is, in latin1; the next one goes out when `answerBytes` have come back. */
  message: string;
  /** 0: as many as the first answer has, which must be an HTTP reply with Content-Length. */
  answerBytes: number;
  /** How long to go on; 0: until `count` answers have come. */
  seconds: number;
  count: number;
}

interface Lane {
  conn: Socket;
  /** Bytes of the answer under way. */
  gotBytes: number;
}

const job = JSON.parse(process.argv[2]) as ClientJob;
const message = Buffer.from(job.message, "latin1");
const result: LoadResult = { count: 0, seconds: 0, errors: 0 };
const lanes: Lane[] = [];
let answerBytes = job.answerBytes;
let startedMs = 0;

function start(): void {
  startedMs = performance.now();
  for (let i = 0; i < job.connections; i++) open();
  if (job.seconds > 0) setTimeout(finish, job.seconds * 1000);
}

function open(): void {
  const conn = connect({ port: job.port, host: "127.0.0.1", noDelay: true });
  const lane: Lane = { conn, gotBytes: 0 };
  lanes.push(lane);
  conn.on("connect", () => conn.write(message));
  conn.on("data", (bytes) => take(lane, bytes));
  conn.on("error", () => result.errors++);
  conn.on("close", () => fail());
}

function take(lane: Lane, bytes: Buffer): void {
  if (answerBytes === 0) answerBytes = sizeOf(bytes.toString("latin1"));
  lane.gotBytes += bytes.length;
  if (lane.gotBytes < answerBytes) return;
  if (lane.gotBytes > answerBytes) result.errors++;
  lane.gotBytes = 0;
  result.count++;
  if (job.count > 0 && result.count >= job.count) finish();
  else lane.conn.write(message);
}

/** The size of a whole HTTP reply that came in one piece, as small ones do. */
function sizeOf(reply: string): number {
  const length = /^HTTP\/1\.1 200 [^]*\r\nContent-Length: (\d+)\r\n/i.exec(reply);
  if (!length) throw new Error(`Not the reply that was expected: ${reply.slice(0, 80)}`);
  return reply.indexOf("\r\n\r\n") + 4 + Number(length[1]);
}

/** A server that hangs up is an error, and ends the job when none is left. */
function fail(): void {
  result.errors++;
  lanes.pop();
  if (lanes.length === 0) finish();
}

function finish(): void {
  result.seconds = (performance.now() - startedMs) / 1000;
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}

start();
