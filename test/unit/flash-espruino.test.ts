// Flashing the real interpreter ($ESPRUINO), over its standard streams and over TCP.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBoard } from "../../boards/index.js";
import { BoardConsole } from "../../cli/device/board-console.js";
import { Repl } from "../../cli/device/repl.js";
import { imageOf } from "../../cli/flash/image.js";
import { finishCode, FINISH_FILE, NEW_FILE } from "../../cli/flash/install.js";
import { upload } from "../../cli/flash/upload.js";
import { until } from "../examples/support.js";
import { endBoards, flash, programOf, wire } from "./flash-support.js";

const ESPRUINO = process.env.ESPRUINO ?? "";
const OLD = programOf("old", 1600);
const NEW = programOf("new", 1600);
const board = findBoard("linux");
const times = { attachMs: 12_000, tryMs: 700, settleMs: 200 };

(ESPRUINO ? describe : describe.skip)("flash of the real interpreter ($ESPRUINO)", function () {
  this.timeout(90_000);
  let dir = "";
  let port = "";
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "meerkat-flash-"));
    const script = join(dir, "board.sh");
    // Its flash is the file espruino.flash of the directory it runs in.
    writeFileSync(script, `#!/bin/sh\ncd "${dir}" && exec "${ESPRUINO}" 2>/dev/null\n`);
    chmodSync(script, 0o755);
    port = `exec:${script}`;
  });
  afterEach(() => {
    endBoards();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Starts the interpreter as power-up does, and answers what it prints until `text` is in it. */
  async function startsWith(text: string): Promise<string> {
    const child = spawn(join(dir, "board.sh"), { stdio: ["pipe", "pipe", "ignore"] });
    let out = "";
    child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString("latin1")));
    await until(() => out.includes(text), () => `${text} in ${out}`);
    child.kill("SIGKILL");
    return out;
  }

  /** The interpreter behind a TCP port: each connection starts it anew. */
  async function bridge(): Promise<number> {
    const server: Server = createServer((socket) => {
      const child = spawn(join(dir, "board.sh"), { stdio: ["pipe", "pipe", "ignore"] });
      child.stdout.on("data", (bytes: Buffer) => socket.write(bytes));
      child.stdin.on("error", () => undefined);
      socket.on("data", (bytes: Buffer) => child.stdin.write(bytes));
      socket.on("error", () => undefined);
      socket.on("close", () => child.kill("SIGKILL"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    after(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  it("over its standard streams: written, compared, started; and the next start runs it from flash", async () => {
    const ready = { ...NEW, code: `${NEW.code}setTimeout(function(){console.log("ready: yes")},200);\n` };
    const { error, lines } = await flash(port, ready, { board, times, ready: "ready: yes", deadlineMs: 10_000 });
    assert.equal(error, "");
    assert.match(lines.join("\n"), /LINUX, Espruino 2v[^]*read back and compared[^]*it printed "ready: yes"/);
    assert.match(await startsWith("ready: yes"), /this is new/);
  });

  it("over TCP: an upload that breaks off leaves the old program, and the next one goes on", async () => {
    const tcp = await bridge();
    assert.equal((await flash(tcp, OLD, { board, times, deadlineMs: 10_000 })).error, "");
    const cut = await flash(await wire(tcp, { cutAt: 3200 }), NEW, { board, times });
    assert.equal(cut.exit, 6, cut.error);
    await startsWith("this is old");
    assert.equal((await flash(tcp, NEW, { board, times, deadlineMs: 10_000 })).error, "");
    await startsWith("this is new");
  });

  it("a wire that loses bytes", async () => {
    const lossy = (n: number) => {
      let count = 0;
      return (bytes: Buffer): Buffer => Buffer.from([...bytes].filter(() => ++count % n !== 0));
    };
    const faults = { toBoard: lossy(1901), fromBoard: lossy(401) };
    const { error } = await flash(await wire(await bridge(), faults), NEW, { board, times, deadlineMs: 10_000, ready: "none" });
    assert.equal(error, "");
    await startsWith("this is new");
  });

  it("a program that hangs as it starts can be replaced", async () => {
    const hang = await flash(port, { ...OLD, code: 'console.log("hanging");while(1);' }, { board, times, deadlineMs: 1500 });
    assert.equal(hang.exit, 7);
    assert.match(hang.error, /did not say within 2 s that it was loaded[^]*\| hanging/);
    assert.equal((await flash(port, NEW, { board, times, deadlineMs: 10_000 })).error, "");
    await startsWith("this is new");
  });

  it("a program that floods the console can be replaced", async () => {
    const flood = { ...OLD, code: 'setInterval(function(){console.log("flood flood flood flood flood flood")},1);' };
    assert.equal((await flash(port, flood, { board, times, deadlineMs: 10_000 })).error, "");
    assert.equal((await flash(port, NEW, { board, times, deadlineMs: 10_000 })).error, "");
    await startsWith("this is new");
  });

  it("a program that throws as it starts: 7, with what it printed", async () => {
    const { error, exit } = await flash(port, { ...NEW, code: 'throw new Error("no such pin");' }, { board, times });
    assert.equal(exit, 7, error);
    assert.match(error, /fails as it starts:\n +Uncaught Error: no such pin/);
  });

  it("another board than the one asked for: 5", async () => {
    const { error, exit } = await flash(port, NEW, { times });
    assert.equal(exit, 5);
    assert.match(error, /is LINUX \(Espruino 2v[^)]*\), not ESP32/);
  });

  it("finishes by itself, at the next start, what was cut off while the program was replaced", async () => {
    assert.equal((await flash(port, OLD, { board, times, deadlineMs: 10_000 })).error, "");
    const console = await BoardConsole.open(port, 115200);
    const repl = new Repl(console, times);
    await repl.attach();
    await repl.reset();
    const image = imageOf(NEW.code);
    const nowhere = { at: () => undefined, restart: () => undefined, step: () => undefined };
    await upload(repl, { name: NEW_FILE, code: image.code, crc: image.crc, pieceBytes: 512 }, nowhere);
    const finish = JSON.stringify(finishCode(image));
    await repl.ask(`require("Storage").write(${JSON.stringify(FINISH_FILE)},${finish})`);
    // A power cut in the middle of copying: a file of the right length with only a part of its bytes.
    await repl.ask(`(function(s){s.erase(".bootcde");s.write(".bootcde","var half=1;",0,${image.code.length})})(require("Storage"))`);
    await console.close();
    assert.match(await startsWith(image.startedLine), /this is new/);
    const next = await startsWith(image.startedLine);
    assert.match(next, /this is new/);
    assert.doesNotMatch(next, /Uncaught/);
  });
});
