import assert from "node:assert/strict";
import { directory, endAll, meerkat, program, start } from "./cli-support.js";

describe("cli flash", function () {
  this.timeout(180_000);
  const dir = directory();
  afterEach(endAll);

  it("puts a program on the board of meerkat sim, and says each step", async () => {
    const before = program(dir, "before.ts", 'console.log("this is before");', "setInterval(() => {}, 1000);");
    const next = program(dir, "next.ts", 'console.log("ready: this is next");');
    const sim = start(["sim", before, "--board", "esp32c3", "--console", "0"]);
    await sim.prints("this is before");
    const port = /console: (tcp:\S+)/.exec(sim.stdout)?.[1] ?? "";
    const { code, stdout, stderr } = await meerkat(["flash", next, "--board", "esp32c3", "--port", port, "--ready", "ready:"]);
    assert.deepEqual([code, stderr], [0, ""], stdout);
    const lines = [
      /^next\.ts for ESP32-C3: \d+ bytes$/,
      /^tcp:\S+: ESP32C3_IDF4, Espruino 2v\S+, 4095 variables$/,
      /^ {2}written 100 % of \d+ bytes$/,
      /^ {2}replacing the old program$/,
      /^ {2}read back and compared: \d+ bytes, CRC [0-9a-f]{8}$/,
      /^ {2}started: it printed "ready:"$/,
      /^Done in \d+\.\d s\.$/,
    ];
    const printed = stdout.trimEnd().split("\n").filter((line) => !/written (25|50|75) %/.test(line));
    assert.equal(printed.length, lines.length, stdout);
    lines.forEach((line, i) => assert.match(printed[i], line));
    await sim.prints("ready: this is next");
  });

  it("names the place in the author's file when the program throws as it starts, and ends with 7", async () => {
    const hello = program(dir, "hello.ts", 'console.log("hello");', "setInterval(() => {}, 1000);");
    const throws = program(dir, "throws.ts", "function start(): void {", '  throw new Error("no pin");', "}", "start();");
    const sim = start(["sim", hello, "--board", "esp32", "--console", "0"]);
    await sim.prints("hello");
    const port = /console: (tcp:\S+)/.exec(sim.stdout)?.[1] ?? "";
    const { code, stderr } = await meerkat(["flash", throws, "--board", "esp32", "--port", port], { cwd: dir });
    assert.equal(code, 7, stderr);
    assert.match(stderr, /Uncaught Error: no pin\n[^]*throws\.ts:2/);
  });

  it("ends with 2 when something is missing, with 3 when the port is no port", async () => {
    const file = program(dir, "some.ts", "console.log(1);");
    const [none, noBoard, noPort, bad] = await Promise.all([
      meerkat(["flash"]),
      meerkat(["flash", file, "--port", "x"]),
      meerkat(["flash", file, "--board", "esp32"]),
      meerkat(["flash", file, "--board", "esp32", "--port", "tcp://localhost"]),
    ]);
    assert.deepEqual([none.code, noBoard.code, noPort.code, bad.code], [2, 2, 2, 3]);
    assert.match(none.stderr, /^error: name the program/);
    assert.match(noBoard.stderr, /^error: name the kind of board/);
    assert.match(noPort.stderr, /^error: name where the board is[^]*--list/);
    assert.match(bad.stderr, /it must be tcp:\/\/HOST:PORT/);
  });
});
