import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";

/* Servers under test, each in a process of its own. */

/** How to start one. */
export interface ServerSpec {
  name: string;
  command: string;
  args: string[];
  port: number;
  cwd?: string;
  env?: Record<string, string>;
}

/** One that runs. */
export interface Server {
  name: string;
  port: number;
  /** Its process. */
  pid: number | undefined;
  /** Everything it printed. */
  output(): string;
  /** Why it is not running any more. */
  exit(): string | undefined;
  /** Processor time it took so far, all threads, in seconds; undefined where the system does not tell. */
  cpuS(): number | undefined;
  /** To its standard input. */
  type(text: string): void;
  stop(): Promise<void>;
}

const START_MS = 15000;
/** Clock ticks a second in /proc, on every Linux. */
const TICKS_PER_S = 100;

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** Starts a server and waits until it printed "ready" and takes connections. Throws with its output when it does not. */
export async function startServer(spec: ServerSpec): Promise<Server> {
  const env = { ...process.env, ...spec.env, PORT: String(spec.port) };
  // Espruino's prompt wants an open standard input.
  const child = spawn(spec.command, spec.args, { cwd: spec.cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  const server = serverOf(spec, child);
  try {
    await until(() => server.output().includes("ready"), server);
    while (!(await canConnect(spec.port))) await until(() => true, server);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function serverOf(spec: ServerSpec, child: ChildProcess): Server {
  let text = "";
  let exit: string | undefined;
  child.stdout?.on("data", (bytes) => (text += bytes));
  child.stderr?.on("data", (bytes) => (text += bytes));
  child.stdin?.on("error", () => undefined);
  child.on("error", (error) => (exit = String(error)));
  child.on("exit", (code, signal) => (exit ??= `it ended with ${signal ?? code}`));
  return {
    name: spec.name,
    port: spec.port,
    pid: child.pid,
    output: () => text,
    exit: () => exit,
    cpuS: () => cpuOf(child.pid),
    type: (text) => void child.stdin?.write(text),
    stop: () => stop(child, () => exit !== undefined),
  };
}

function stop(child: ChildProcess, isOver: () => boolean): Promise<void> {
  if (isOver()) return Promise.resolve();
  return new Promise((resolve) => {
    child.on("close", () => resolve());
    // Espruino ignores SIGTERM.
    child.kill("SIGKILL");
  });
}

async function until(isTrue: () => boolean, server: Server): Promise<void> {
  const endMs = performance.now() + START_MS;
  do {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (server.exit() !== undefined || performance.now() > endMs) {
      throw new Error(`${server.name} did not start (${server.exit() ?? "no answer"}): ${server.output().slice(-500)}`);
    }
  } while (!isTrue());
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const conn = connect(port, "127.0.0.1");
    conn.on("connect", () => {
      conn.destroy();
      resolve(true);
    });
    conn.on("error", () => resolve(false));
  });
}

/** User and system time from /proc/PID/stat (proc(5), fields 14 and 15). */
function cpuOf(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  } catch {
    return undefined;
  }
}
