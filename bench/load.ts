import { execFile, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ClientJob } from "./client.js";

/*
 * Load on a port, from a process of its own: wrk where it is installed, which takes a fraction of the processor that
 * the server takes, else our own client. Neither pipelines.
 */

/** What came of one slot of load. */
export interface LoadResult {
  /** Answers received. */
  count: number;
  seconds: number;
  /** Connections lost, answers that were not what was expected. */
  errors: number;
}

/** What to send. */
export interface Load {
  connections: number;
  seconds: number;
  /** Size of the message of an echo; undefined: GET /. */
  echoBytes?: number;
  /** Size of a WebSocket message that is echoed. */
  wsBytes?: number;
  /** It is a text message. */
  isText?: boolean;
}

const run = promisify(execFile);

/** "wrk", or the name of our own client. */
export const loadTool: string = spawnSync("wrk", ["-v"]).error ? "own client" : "wrk";

/** Runs one slot. Throws when the tool failed, not when the server did. */
export async function runLoad(dir: string, port: number, load: Load): Promise<LoadResult> {
  if (load.wsBytes !== undefined) return runClient(wsJob(port, load, load.wsBytes));
  return loadTool === "wrk" ? runWrk(dir, port, load) : runClient(clientJob(port, load));
}

function clientJob(port: number, { connections, seconds, echoBytes }: Load): ClientJob {
  const message = echoBytes === undefined ? GET : echoMessage(echoBytes);
  return { port, connections, message, answerBytes: echoBytes ?? 0, seconds, count: 0 };
}

/** An echo has the same size of head as the message, less the four bytes of the key. */
function wsJob(port: number, { connections, seconds, isText }: Load, wsBytes: number): ClientJob {
  const headBytes = wsBytes < 126 ? 2 : wsBytes < 65536 ? 4 : 10;
  return { port, connections, message: "", answerBytes: headBytes + wsBytes, seconds, count: 0, wsBytes, isText };
}

/** The request our own client sends. */
export const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** Our own client, with any job. */
export async function runClient(job: ClientJob): Promise<LoadResult> {
  const file = fileURLToPath(new URL("client.js", import.meta.url));
  const { stdout } = await run(process.execPath, [file, JSON.stringify(job)]);
  return JSON.parse(stdout) as LoadResult;
}

/** A message of that size that wrk, which knows HTTP only, takes for a reply when it comes back. */
function echoMessage(bytes: number): string {
  const head = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${String(length).padStart(6, "0")}\r\n\r\n`;
  const bodyBytes = bytes - head(0).length;
  return head(bodyBytes) + "x".repeat(bodyBytes);
}

async function runWrk(dir: string, port: number, { connections, seconds, echoBytes }: Load): Promise<LoadResult> {
  const script = echoBytes === undefined ? [] : ["-s", echoScript(dir, echoBytes)];
  const args = ["-t1", `-c${connections}`, `-d${Math.max(1, Math.round(seconds))}s`, ...script];
  const { stdout } = await run("wrk", [...args, `http://127.0.0.1:${port}/`]);
  return parseWrk(stdout);
}

/** wrk asks for one request to check it before the load begins: that one has to be a request. */
function echoScript(dir: string, bytes: number): string {
  const file = join(dir, `echo-${bytes}.lua`);
  const message = JSON.stringify(echoMessage(bytes));
  writeFileSync(
    file,
    `local message = ${message}
local checked = false
function request()
  if checked then return message end
  checked = true
  return "GET / HTTP/1.1\\r\\n\\r\\n"
end
`,
  );
  return file;
}

/** Reads wrk's report. Throws when it has no count. */
export function parseWrk(report: string): LoadResult {
  const total = /(\d+) requests in ([\d.]+)(ms|s|m)/.exec(report);
  if (!total) throw new Error(`wrk said: ${report}`);
  const unitS = total[3] === "ms" ? 0.001 : total[3] === "s" ? 1 : 60;
  const socket = /connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report);
  const status = /Non-2xx or 3xx responses: (\d+)/.exec(report);
  const errors = (socket ? socket.slice(1).reduce((sum, n) => sum + Number(n), 0) : 0) + (status ? Number(status[1]) : 0);
  return { count: Number(total[1]), seconds: Number(total[2]) * unitS, errors };
}
