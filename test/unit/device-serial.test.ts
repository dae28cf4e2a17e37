// A serial port, as far as a pseudo-terminal made by socat is one.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../examples/support.js";
import { endBoards, flash, programOf, startsWith, switchOn } from "./flash-support.js";

const hasSocat = spawnSync("socat", ["-V"]).status === 0;
const OLD = programOf("old");
const NEW = programOf("new");

(hasSocat ? describe : describe.skip)("device: serial (needs socat)", function () {
  this.timeout(60_000);
  let dir = "";
  let socat: ChildProcess | undefined;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "meerkat-serial-"))));
  afterEach(() => {
    socat?.kill("SIGKILL");
    endBoards();
    rmSync(dir, { recursive: true, force: true });
  });

  /** A pseudo-terminal that leads to the TCP port. */
  async function serialTo(port: number): Promise<string> {
    const path = join(dir, "tty");
    socat = spawn("socat", [`pty,link=${path},raw,echo=0`, `tcp:127.0.0.1:${port}`], { stdio: "ignore" });
    await until(() => existsSync(path), () => path);
    return path;
  }

  it("a program goes through it, and nobody else can open it meanwhile", async () => {
    const { port, virtual } = await switchOn({ ".bootcde": OLD.code });
    const path = await serialTo(port);
    const [first, second] = await Promise.all([flash(path, NEW), flash(path, NEW).catch((error: Error) => error)]);
    assert.equal(first.error, "");
    assert.match((second as Error).message, /is in use by another program/);
    assert.match(await startsWith(virtual.flash.contents()), /^this is new\n/);
  });

  it("a cable that is pulled half-way: 6, and the board keeps its program", async () => {
    const { port, virtual } = await switchOn({ ".bootcde": OLD.code });
    const path = await serialTo(port);
    const flashing = flash(path, programOf("large", 20_000));
    await until(() => virtual.flash.changes > 4, () => "the first pieces");
    socat?.kill("SIGKILL");
    const { error, exit } = await flashing;
    assert.equal(exit, 6);
    assert.match(error, /^Lost the board at \S+: the port is gone \(was the cable pulled\?\)\.\n {2}The old program is untouched/);
    assert.equal(await startsWith(virtual.flash.contents()), "this is old");
  });
});
