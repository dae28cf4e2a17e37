import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ask, exampleFile, freePort, until } from "../examples/support.js";
import { directory, meerkat, program } from "./cli-support.js";

const HELLO = exampleFile("hello.ts");
const ESPRUINO = process.env.ESPRUINO ?? "";

describe("cli build", function () {
  this.timeout(120_000);
  const dir = directory();

  it("writes the bundle and its source map, and prints what it takes", async () => {
    const { code, stdout, stderr } = await meerkat(["build", HELLO, "--board", "esp32", "-o", "out/hello.js"], { cwd: dir });
    assert.deepEqual([code, stderr], [0, ""]);
    const bundle = readFileSync(join(dir, "out/hello.js"), "latin1");
    assert.match(stdout, new RegExp(`^ESP32 \\(esp32\\)\n +flash +${bundle.length} of 917504 bytes`));
    assert.match(stdout, /\nWrote out\/hello\.js and out\/hello\.js\.map\n$/);
    const map = JSON.parse(readFileSync(join(dir, "out/hello.js.map"), "utf8"));
    assert.ok(map.sources.some((source: string) => source.endsWith("examples/hello.ts")));
    for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
  });

  it("puts in what --define says, and leaves names readable with --no-minify", async () => {
    const file = program(dir, "greet.ts", "const greeting = process.env.GREETING;", "console.log(greeting, process.env.NAME);");
    const args = ["--board", "esp32", "--define", "GREETING=a=b", "--define", "NAME=x"];
    const [small, large] = await Promise.all([
      meerkat(["build", file, "-o", join(dir, "small.js"), ...args]),
      meerkat(["build", file, "-o", join(dir, "large.js"), "--no-minify", ...args]),
    ]);
    assert.deepEqual([small.code, large.code], [0, 0]);
    assert.match(readFileSync(join(dir, "small.js"), "utf8"), /"a=b","x"/);
    assert.match(readFileSync(join(dir, "large.js"), "utf8"), /greeting/);
    assert.ok(statSync(join(dir, "small.js")).size < statSync(join(dir, "large.js")).size);
  });

  it("ends with 1 and writes nothing when the board could not run it", async () => {
    const file = program(dir, "symbol.ts", "console.log(typeof Symbol.iterator);");
    const { code, stderr } = await meerkat(["build", file, "--board", "esp32", "-o", "symbol.js"], { cwd: dir });
    assert.equal(code, 1);
    assert.match(stderr, /\nsymbol\.ts:1:20: Espruino has no Symbol\n {4}instead: /);
    assert.throws(() => statSync(join(dir, "symbol.js")), { code: "ENOENT" });
  });

  it("ends with 1 when it is over the board's budget", async () => {
    const file = program(dir, "big.ts", "console.log(1);");
    const args = ["build", file, "--board", "esp32", "--define", "MEERKAT_PAGES=1000", "-o", "big.js"];
    const { code, stderr } = await meerkat(args, { cwd: dir });
    assert.equal(code, 1);
    assert.match(stderr, /^This program is too big:\nthe program needs about \d+ variables, but ESP32 has at most 16383; most go to pool \d+, connections \d+\n/);
    assert.throws(() => statSync(join(dir, "big.js")), { code: "ENOENT" });
  });

  it("ends with 1 when the file cannot be written", async () => {
    mkdirSync(join(dir, "taken"));
    const file = program(dir, "small.ts", "console.log(1);");
    const { code, stderr } = await meerkat(["build", file, "--board", "esp32", "-o", "taken"], { cwd: dir });
    assert.equal(code, 1);
    assert.match(stderr, /^EISDIR: [^\n]*taken'\n$/);
  });

  it("does not overwrite the program itself", async () => {
    const file = program(dir, "self.ts", "console.log(1);");
    const { code, stderr } = await meerkat(["build", "self.ts", "--board", "esp32", "-o", "./self.ts"], { cwd: dir });
    assert.deepEqual([code, stderr], [1, "Cannot write ./self.ts: it is the program itself\n"]);
    assert.equal(readFileSync(file, "utf8"), "console.log(1);\n");
  });

  (ESPRUINO ? it : it.skip)("makes a file that the real interpreter ($ESPRUINO) serves from", async () => {
    const port = await freePort();
    const out = join(dir, "real.js");
    assert.equal((await meerkat(["build", HELLO, "--board", "linux", "--define", `PORT=${port}`, "-o", out])).code, 0);
    // Its prompt wants an open standard input, and ignores SIGTERM.
    const child = spawn(ESPRUINO, [out], { cwd: dir, stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
    await until(() => text.includes("ready: "), () => `"ready: " in ${text}`);
    const answer = await ask(port, "GET", "/");
    child.kill("SIGKILL");
    assert.deepEqual([answer.status, answer.headers["content-type"], answer.body], [200, "text/plain", "Hello World"]);
  });
});
