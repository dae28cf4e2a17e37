import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { ask, exampleFile, freePort } from "../examples/support.js";
import { directory, endAll, meerkat, program, start } from "./cli-support.js";

const HELLO = exampleFile("hello.ts");

describe("cli sim", function () {
  this.timeout(120_000);
  const dir = directory();
  afterEach(endAll);

  it("serves from a virtual board, says what it runs, and ends with 130 at Ctrl-C", async () => {
    const port = await freePort();
    const command = start(["sim", HELLO, "--board", "esp32c3", "-p", `${port}:80`, "--seed", "7"], { cwd: dir });
    await command.prints(`http://localhost:${port} \u2192 port 80\n`);
    assert.match(command.stdout, /^ESP32-C3 \(esp32c3\), bundle of \d+ bytes, seed 7\n/);
    assert.match(command.stdout, /\nready: pool: \d+ pages x 512 B/);
    assert.equal((await ask(port, "GET", "/")).body, "Hello World");
    assert.equal((await command.interrupt()).code, 130);
    assert.equal(command.stderr, "");
  });

  it("gives the same random numbers for the same seed, and tells the seed it made up", async () => {
    const file = program(dir, "random.ts", "console.log(`got ${Math.random()}`);");
    const first = await meerkat(["sim", file, "--board", "esp32"]);
    assert.equal(first.code, 0);
    const seed = /, seed (\d+)\n/.exec(first.stdout)?.[1] ?? "";
    const [again, other] = await Promise.all(
      [seed, seed === "1" ? "2" : "1"].map((value) => meerkat(["sim", file, "--board", "esp32", "--seed", value])),
    );
    assert.match(first.stdout, /\ngot 0\.\d+\n/);
    assert.equal(again.stdout, first.stdout);
    assert.notEqual(other.stdout.split("\n")[1], first.stdout.split("\n")[1]);
  });

  it("ends with 1 and says which port is in use", async () => {
    const other = createServer().listen(0);
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const command = await meerkat(["sim", HELLO, "--board", "esp32", "-p", `${port}:80`]);
    other.close();
    assert.equal(command.code, 1);
    assert.match(command.stderr, new RegExp(`^Cannot listen on port ${port}, for port 80 of the program: address in use\\.\n`));
  });

  it("ends with 1 and the author's line when the program does not boot", async () => {
    const file = program(dir, "throws.ts", 'import { Manager } from "meerkat";', "", "throw new Error(`no ${typeof Manager}`);");
    const { code, stdout, stderr } = await meerkat(["sim", file, "--board", "esp32"], { cwd: dir });
    assert.equal(code, 1);
    assert.match(stdout, /\nUncaught Error: no function\n.*\bthrows\.ts:3:/);
    assert.equal(stderr, "The program ended with an exception while it was loaded.\n");
  });

  it("takes Wi-Fi away as often as it is told to, and the program comes back", async () => {
    const file = program(
      dir, "away.ts",
      'import { Manager } from "meerkat"; import { joinWifi } from "meerkat/link"; import { platform } from "meerkat/platform";',
      'const mgr = new Manager(platform()); joinWifi(mgr, { ssid: "home", retryMs: 100 }); mgr.run();',
    );
    const command = start(["sim", file, "--board", "esp32", "--wifi-drop", "0.4:0.2"], { cwd: dir });
    await command.prints("up: \"home\"");
    for (let round = 1; round <= 2; round++) {
      const cycle = "Wi-Fi is gone for 0.2 s.[^]*Wi-Fi: down: [^]*Wi-Fi: up: ";
      await command.prints(new RegExp(Array.from({ length: round }, () => cycle).join("[^]*")));
    }
    assert.equal((await command.interrupt()).code, 130);
  });

  it("keeps the board running when an exception comes later, as a board does", async () => {
    const file = program(
      dir, "later.ts",
      'setTimeout(() => { throw new Error("late"); }, 1);',
      'setTimeout(() => console.log("on"), 50);',
    );
    const { code, stdout } = await meerkat(["sim", file, "--board", "esp32"], { cwd: dir });
    assert.equal(code, 0);
    assert.match(stdout, /\nUncaught Error: late\n[^]*later\.ts:1:[^]*\non\n$/);
  });

  it("refuses what the board could not run, with the place and what to write instead", async () => {
    const file = program(dir, "map.ts", "", 'console.log(new Map([["a", 1]]).size);');
    const { code, stdout, stderr } = await meerkat(["sim", file, "--board", "esp32"], { cwd: dir });
    assert.deepEqual([code, stdout], [1, ""]);
    const said = /^This program cannot run on a board:\nmap\.ts:2:17: Espruino has no Map\n {4}instead: an object used/;
    assert.match(stderr, said);
  });
});
