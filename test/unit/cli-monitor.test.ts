import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { join } from "node:path";
import { meerkatRoot } from "../../cli/build/layout.js";
import { codeOf, excerptAt } from "../../cli/monitor/espruino-position.js";
import { crc32 } from "../../platform/virtual-board/bytes.js";
import { until } from "../examples/support.js";
import { type Command, type CommandOptions, directory, endAll, meerkat, start } from "./cli-support.js";
import { ESPRUINO } from "./monitor-support.js";

/** A program on the console of a board: throws in a comparison. */
const APP = join(meerkatRoot, "test/fixtures/monitor/places.ts");
const LINE = readFileSync(APP, "utf8").split("\n").findIndex((line) => line.includes('"unsorted"')) + 1;

/** What an ESP32 prints for the exception, made of the bundle's own text. */
function traceOf(code: string): string {
  const at = code.indexOf('Error("unsorted")') + 'Error("unsorted"'.length;
  const from = code.lastIndexOf("{", at) + 1;
  const body = code.slice(from, code.indexOf("}", at));
  const column = at - from + 1;
  const excerpt = excerptAt(codeOf(body), column - 1);
  return `>\r\x1b[JUncaught Error: unsorted\r\n    at sort (:1:${column})\r\n${excerpt}\r\n${" ".repeat(30)}^\r\n>`;
}

/** A board behind a TCP port. */
class TcpBoard {
  received = "";
  private sockets: Socket[] = [];

  private constructor(private readonly server: Server) {
    server.on("connection", (socket) => {
      this.sockets.push(socket);
      socket.on("data", (bytes: Buffer) => (this.received += bytes.toString()));
      socket.on("error", () => undefined);
    });
  }

  static async start(): Promise<TcpBoard> {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    return new TcpBoard(server);
  }

  get port(): string {
    return `tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The connection that came last, once there have been `count`. */
  async socket(count = 1): Promise<Socket> {
    await until(() => this.sockets.length >= count, () => `connection ${count}`);
    return this.sockets[count - 1];
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

describe("cli monitor", function () {
  this.timeout(120_000);
  const dir = directory();
  const map = join(dir, "out/places.js.map");
  let board: TcpBoard;
  let trace = "";

  before(async () => {
    const built = await meerkat(["build", APP, "--board", "esp32", "-o", join(dir, "out/places.js")], { cwd: dir });
    assert.equal(built.code, 0, built.stderr);
    trace = traceOf(readFileSync(join(dir, "out/places.js"), "utf8"));
  });
  beforeEach(async () => void (board = await TcpBoard.start()));
  afterEach(() => {
    endAll();
    board.stop();
  });

  const mapped = new RegExp(`^Uncaught Error: unsorted\\n {4}at [^\\n]*places\\.ts:${LINE}:\\d+\\n {8}if \\(a \\+ b > 3\\) throw [^\\n]*\\n {8} +\\^\\n`, "m");

  function monitor(args: string[], options?: CommandOptions): Command {
    return start(["monitor", ...args], { cwd: dir, ...options });
  }

  /** Runs the command on a log. */
  async function filter(args: string[], log: string): Promise<Command> {
    const command = monitor(args, { stdin: "pipe" });
    command.child.stdin?.end(Buffer.from(log, "latin1"));
    return command.ends();
  }

  it("shows what a board prints, one byte at a time, with places in the author's files; Ctrl-C ends it with 130", async () => {
    const command = monitor(["--port", board.port, "--map", map]);
    const socket = await board.socket();
    for (const char of `>\r\x1b[Jready\r\n${trace}`) socket.write(Buffer.from(char, "latin1"));
    await command.prints(/\^\n$/);
    assert.match(command.stdout, mapped);
    assert.match(command.stdout, /^ready\n/);
    assert.equal((await command.interrupt()).code, 130);
    assert.equal(command.stderr, "");
  });

  it("shows text that has no line end yet", async () => {
    const command = monitor(["--port", board.port]);
    (await board.socket()).write("waiting");
    await command.prints("waiting\n");
  });

  it("waits for a board that goes away, and goes on when it is back", async () => {
    const command = monitor(["--port", board.port]);
    (await board.socket()).end("before\r\n");
    await command.complains("-- Lost the board: the connection was closed by the other end. Waiting for it; Ctrl-C ends.\n");
    (await board.socket(2)).write("after\r\n");
    await command.prints("before\nafter\n");
    assert.match(command.stderr, /-- The board is back\.\n$/);
    assert.equal((await command.interrupt()).code, 130);
  });

  it("ends with 0 when the board goes away, with --once", async () => {
    const command = monitor(["--port", board.port, "--once"]);
    (await board.socket()).end("last words");
    assert.equal((await command.ends()).code, 0);
    assert.deepEqual([command.stdout, command.stderr], ["last words\n", ""]);
  });

  it("shows every byte with --raw", async () => {
    const command = monitor(["--port", board.port, "--once", "--raw"]);
    (await board.socket()).end(">\r\x1b[J\x1b[31mred\r\n");
    assert.equal((await command.ends()).stdout, ">\r\x1b[J\x1b[31mred\r\n");
  });

  it("sends what is typed with --input, and nothing without", async () => {
    const deaf = monitor(["--port", board.port], { stdin: "pipe" });
    deaf.child.stdin?.write("1\n");
    await board.socket();
    const command = monitor(["--port", board.port, "--input"], { stdin: "pipe" });
    await board.socket(2);
    command.child.stdin?.write("process.memory()\n");
    await until(() => board.received.endsWith("\n"), () => board.received);
    assert.equal(board.received, "process.memory()\n");
  });

  it("reads a log from standard input, names numbers in it, and ends with 0", async () => {
    const command = await filter(["--map", map], `closed: err 7\r\n${trace}`);
    assert.equal(command.code, 0, command.stderr);
    assert.match(command.stdout, /^closed: err 7 \(MG_ERR_UNSENT_DATA: closed with output unsent\)\n/);
    assert.match(command.stdout, mapped);
    const plain = await filter([], trace);
    assert.match(plain.stdout, /^Uncaught Error: unsorted\n {4}at sort \(:1:\d+\)\n.*\n +\^\n$/);
  });

  it("builds the program for its places when it is given instead of the map", async () => {
    const command = await filter([APP, "--board", "esp32"], trace);
    assert.equal(command.code, 0, command.stderr);
    assert.match(command.stdout, mapped);
  });

  it("leaves a trace alone that is not of this program, and says so once", async () => {
    const foreign = "Uncaught Error: x\r\n    at f (:1:3)\r\nabc(1)\r\n  ^\r\n";
    const command = await filter(["--map", map], foreign + foreign);
    assert.equal(command.stdout, (foreign + foreign).replaceAll("\r", ""));
    assert.equal(command.stderr, `(This trace is not of ${join(dir, "out/places.js")}. Is another build on the board?)\n`);
  });

  it("says when the board starts another build than the one it has the places of", async () => {
    const built = readFileSync(join(dir, "out/places.js"), "latin1");
    const right = `meerkat: started ${crc32(built).toString(16).padStart(8, "0")}\r\n`;
    const same = await filter(["--map", map], right);
    assert.deepEqual([same.stdout, same.stderr], [right.replace("\r", ""), ""]);
    const other = await filter(["--map", map], "meerkat: started 00000000\r\n");
    assert.equal(other.stderr, `(The board starts another build than ${join(dir, "out/places.js")}.)\n`);
  });

  it("ends with 1 when the map cannot be used, and says why", async () => {
    const missing = await filter(["--map", "no.js.map"], "");
    assert.deepEqual([missing.code, missing.stderr], [1, "Cannot read no.js.map, the source map: ENOENT\n"]);
    copyFileSync(map, join(dir, "alone.js.map"));
    const alone = await filter(["--map", "alone.js.map"], "");
    assert.deepEqual([alone.code, alone.stderr], [1, "Cannot read alone.js, the program that the map belongs to: ENOENT\n"]);
    writeFileSync(join(dir, "bad.js.map"), "{");
    writeFileSync(join(dir, "bad.js"), "");
    const bad = await filter(["--map", "bad.js.map"], "");
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /^Cannot use bad\.js\.map: /);
    assert.match((await filter(["--map", "out/places.js"], "")).stderr, /^Cannot use out\/places\.js as a map: its name must end with \.map/);
  });

  it("ends with 3 when the port cannot be opened at first", async () => {
    const { port } = board;
    board.stop();
    const command = await monitor(["--port", port]).ends();
    assert.equal(command.code, 3);
    assert.match(command.stderr, /^Nobody listens at tcp:/);
  });

  it("ends with 2 where the command line is wrong", async () => {
    const wrong: [string[], string][] = [
      [[APP, "--map", map, "--board", "esp32"], "error: name the program or its map, not both"],
      [[APP], "error: name the kind of board that the program was built for: --board ID"],
      [["--input"], "error: input needs a board to go to: --port PORT"],
      [["--baud", "12"], "It must be a speed from 300 to 4000000."],
    ];
    for (const [args, message] of wrong) {
      const command = await monitor(args).ends();
      assert.equal(command.code, 2);
      assert.ok(command.stderr.includes(message), command.stderr);
    }
  });

  (ESPRUINO ? it : it.skip)("shows the real interpreter ($ESPRUINO) running the program", async () => {
    const port = `exec:${ESPRUINO} ${join(dir, "out/places.js")}`;
    const command = monitor(["--port", port, "--map", map]);
    await command.prints("end of the cases\n");
    assert.match(command.stdout, /^Uncaught Error: part 1 at 2\n {4}at Part\._check \([^\n]*places\.ts:20:38\)\n/m);
    assert.equal((await command.interrupt()).code, 130);
  });
});
