/*
 * The load of our own, for where wrk is not installed and for a fixed number of requests: a child process that keeps
 * one message under way on each connection. Its only argument is a ClientJob as JSON, its only output a LoadResult.
 * All sockets read into one buffer, so that the client takes less of a processor than the server it measures.
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
  /** Open a WebSocket first, and send binary messages of so many bytes instead of `message`. */
  wsBytes?: number;
  /** Those are text. */
  isText?: boolean;
}

interface Lane {
  conn: Socket;
  /** Bytes of the answer under way. */
  gotBytes: number;
  /** What came of the answer to the opening request; undefined when that is over. */
  opening: string | undefined;
}

const job = JSON.parse(process.argv[2]) as ClientJob;
const OPENING = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const message = job.wsBytes === undefined ? Buffer.from(job.message, "latin1") : wsFrame(job.wsBytes);
const result: LoadResult = { count: 0, seconds: 0, errors: 0 };
const lanes: Lane[] = [];
/** What all sockets read into; what is in it is looked at once, before the next read. */
const inbox = Buffer.allocUnsafeSlow(65536);
let answerBytes = job.answerBytes;
let startedMs = 0;

function start(): void {
  startedMs = performance.now();
  for (let i = 0; i < job.connections; i++) open();
  if (job.seconds > 0) setTimeout(finish, job.seconds * 1000);
}

function open(): void {
  const onread = {
    buffer: inbox,
    callback: (count: number) => {
      take(lane, count);
      return true;
    },
  };
  const conn = connect({ port: job.port, host: "127.0.0.1", noDelay: true, onread });
  const lane: Lane = { conn, gotBytes: 0, opening: job.wsBytes === undefined ? undefined : "" };
  lanes.push(lane);
  conn.on("connect", () => conn.write(lane.opening === undefined ? message : OPENING));
  conn.on("error", () => result.errors++);
  conn.on("close", () => fail());
}

/** The first `count` bytes of the buffer came in. */
function take(lane: Lane, count: number): void {
  if (lane.opening !== undefined) return opened(lane, textOf(count));
  if (answerBytes === 0) answerBytes = sizeOf(textOf(count));
  lane.gotBytes += count;
  if (lane.gotBytes < answerBytes) return;
  if (lane.gotBytes > answerBytes) result.errors++;
  lane.gotBytes = 0;
  result.count++;
  if (job.count > 0 && result.count >= job.count) finish();
  else lane.conn.write(message);
}

/** The WebSocket is open when the head of the reply is here to its end. */
function opened(lane: Lane, text: string): void {
  lane.opening += text;
  if (!lane.opening?.endsWith("\r\n\r\n")) return;
  lane.opening = undefined;
  lane.conn.write(message);
}

function textOf(count: number): string {
  return inbox.toString("latin1", 0, count);
}

/** A masked message. */
function wsFrame(size: number): Buffer {
  const extra = size < 126 ? 0 : size < 65536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extra + 4 + size, "key!x");
  // Both the key and what it masks are ASCII, so the message is, too.
  frame[0] = job.isText ? 0x81 : 0x82;
  frame[1] = 0x80 | (extra === 0 ? size : extra === 2 ? 126 : 127);
  if (extra === 2) frame.writeUInt16BE(size, 2);
  if (extra === 8) frame.writeBigUInt64BE(BigInt(size), 2);
  return frame;
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
