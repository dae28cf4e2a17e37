// Starts the examples where they can run, and speaks to them: everything the tests of the examples share.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { esp32 } from "../../boards/esp32.js";
import { linux } from "../../boards/linux.js";
import { buildBundle, buildNode, type PackedFile, readPack } from "../../cli/build/index.js";
import { meerkatRoot } from "../../cli/build/layout.js";
import { createNodePlatform } from "../../platform/node/index.js";
import { createVirtualBoard } from "../../platform/virtual-board/index.js";

/** A program that runs. */
export interface Running {
  /** Its port on this host. */
  port: number;
  /** What it printed so far. */
  output(): string;
  stop(): void;
}

/** A virtual board that can be switched on again, at the same port. */
export interface RunningBoard extends Running {
  start(): Promise<void>;
}

/** Where an example can run. */
interface Place {
  name: string;
  isHere: boolean;
  start(app: string, pack?: PackedFile[]): Promise<Running>;
}

const ESPRUINO = process.env.ESPRUINO ?? "";

const PLACES: Place[] = [
  { name: "Node", isHere: true, start: startOnNode },
  { name: "a virtual ESP32", isHere: true, start: startOnBoard },
  { name: "the real interpreter ($ESPRUINO)", isHere: ESPRUINO !== "", start: startOnEspruino },
];

/** Building takes seconds, and more on a busy machine. */
const BUILD_MAX_MS = 120_000;
const STARTED = "ready: ";

/** The tests, once for each place, of which they get the name; `app` is the example running there. `dir`: what is packed into it. */
export function inEveryPlace(example: string, tests: (app: () => Running, place: string) => void, dir?: string): void {
  for (const place of PLACES) {
    const suite = place.isHere ? describe : describe.skip;
    suite(`examples/${example} on ${place.name}`, function () {
      this.timeout(BUILD_MAX_MS);
      let running: Running | undefined;
      before(async () => {
        running = await place.start(exampleFile(example), dir === undefined ? undefined : readPack(exampleFile(dir), true));
      });
      after(() => running?.stop());
      tests(() => running as Running, place.name);
    });
  }
}

/** A file under examples/. */
export function exampleFile(name: string): string {
  return join(meerkatRoot, "examples", name);
}

export async function startOnNode(app: string, pack?: PackedFile[]): Promise<Running> {
  const dir = mkdtempSync(join(tmpdir(), "meerkat-examples-"));
  const out = join(dir, "app.mjs");
  await buildNode({ app, out, pack });
  const port = await freePort();
  return childOf(spawn(process.execPath, [out], { env: { ...process.env, PORT: String(port) } }), port, dir);
}

async function startOnEspruino(app: string, pack?: PackedFile[]): Promise<Running> {
  const dir = mkdtempSync(join(tmpdir(), "meerkat-examples-"));
  const out = join(dir, "app.js");
  const port = await freePort();
  await buildBundle({ app, board: linux, defines: { PORT: String(port) }, out, pack });
  return childOf(spawn(ESPRUINO, [out], { cwd: dir }), port, dir);
}

/** Builds a program for the ESP32 and runs the bundle on a virtual one. */
export async function startOnBoard(app: string, pack?: PackedFile[]): Promise<RunningBoard> {
  const { code } = await buildBundle({ app, board: esp32, pack });
  const lines: string[] = [];
  let onListening: () => void = () => undefined;
  const board = createVirtualBoard(createNodePlatform(), esp32, {
    publish: () => running.port,
    log: (line) => lines.push(line),
    onListening(_port, hostPort) {
      running.port = hostPort;
      onListening();
    },
  });
  const running: RunningBoard = {
    port: 0,
    output: () => lines.join("\n"),
    stop: () => board.stop(),
    start() {
      const up = new Promise<void>((resolve) => (onListening = resolve));
      board.run(code);
      return up;
    },
  };
  await running.start();
  return running;
}

/** A child process with its standard input kept open, which the interpreter wants; SIGKILL, because it ignores SIGTERM. */
async function childOf(child: ChildProcess, port: number, dir: string): Promise<Running> {
  let text = "";
  child.stdout?.on("data", (bytes: Buffer) => (text += bytes.toString()));
  child.stderr?.on("data", (bytes: Buffer) => (text += bytes.toString()));
  const running: Running = {
    port,
    output: () => text,
    stop() {
      child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await until(() => text.includes(STARTED) || child.exitCode !== null, () => `"${STARTED}" in ${text}`);
  return running;
}

/** A port of this host that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits for a condition. The limit is only there to say what was waited for, before mocha gives up. */
export async function until(isReached: () => boolean, what: () => string): Promise<void> {
  const endMs = Date.now() + BUILD_MAX_MS * 0.8;
  while (!isReached()) {
    if (Date.now() > endMs) throw new Error(`Never came: ${what()}`);
    await sleep(10);
  }
}

/** What came back. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One request on a connection of its own. */
export function ask(port: number, method: string, path: string, type = "", body = ""): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { ...(type && { "Content-Type": type }), ...(body && { "Content-Length": Buffer.byteLength(body) }) };
    const req = request({ port, method, path, headers, agent: false }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
    });
    req.on("error", reject).end(body);
  });
}

/** A plain TCP client that keeps what it receives. */
export class Client {
  received = Buffer.alloc(0);
  isClosed = false;

  private constructor(readonly socket: Socket) {
    socket.on("data", (bytes: Buffer) => (this.received = Buffer.concat([this.received, bytes])));
    socket.on("close", () => (this.isClosed = true));
    socket.on("error", () => undefined);
  }

  static async open(port: number): Promise<Client> {
    const socket = connect({ port });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new Client(socket);
  }

  get text(): string {
    return this.received.toString();
  }

  send(data: string | Buffer): void {
    this.socket.write(data);
  }

  /** Waits for a text, and forgets everything up to its end. Answers what was before it. */
  async hears(text: string): Promise<string> {
    await until(() => this.received.includes(text), () => `${JSON.stringify(text)} in ${JSON.stringify(this.text)}`);
    const at = this.received.indexOf(text);
    const before = this.received.subarray(0, at).toString();
    this.received = this.received.subarray(at + Buffer.byteLength(text));
    return before;
  }

  close(): void {
    this.socket.destroy();
  }
}
