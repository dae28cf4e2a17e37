import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { esp32c3 } from "../../boards/esp32c3.js";
import { buildBundle } from "../../cli/build/index.js";
import { meerkatRoot } from "../../cli/build/layout.js";
import { ask } from "../examples/support.js";
import { type Command, directory, endAll, meerkat, start } from "./cli-support.js";

const FILES = [".gitignore", "README.md", "package.json", "src", "test", "tsconfig.json"];

describe("cli init", function () {
  // npm, the compiler and builds, on a machine that may be busy.
  this.timeout(600_000);
  const dir = directory();
  const project = join(dir, "My Device");
  let made: Command;

  before(async () => (made = await meerkat(["init", "My Device", "--board", "esp32c3"], { cwd: dir })));
  afterEach(endAll);

  /** What a command of the project prints. */
  function run(command: string, ...args: string[]): string {
    return execFileSync(command, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  it("writes a project, says what each file is, and what to do next, within 80 columns", () => {
    assert.equal(made.code, 0, made.stderr);
    assert.deepEqual(readdirSync(project).sort(), FILES);
    const lines = made.stdout.split("\n");
    assert.equal(lines[0], "A project for ESP32-C3 in My Device:");
    for (const name of ["package.json", "tsconfig.json", "src/main.ts", "test/main.test.ts"]) {
      assert.ok(lines.some((line) => line.startsWith(`  ${name} `)), name);
    }
    assert.match(made.stdout, /\nNext:\n {2}cd "My Device"\n {2}npm install\n {2}npm start /);
    for (const line of [...lines, ...readFileSync(join(project, "README.md"), "utf8").split("\n")]) assert.ok(line.length <= 80, line);
  });

  it("fills in its name, its board and where meerkat is", () => {
    const json = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as Record<string, Record<string, string>>;
    assert.equal(json.name, "my-device");
    assert.deepEqual(json.devDependencies, { meerkat: `file:${relative(project, meerkatRoot)}` });
    for (const script of ["start", "build", "flash", "monitor"]) assert.match(json.scripts[script], /--board esp32c3\b/);
    for (const name of ["README.md", "src/main.ts", "test/main.test.ts"]) {
      assert.doesNotMatch(readFileSync(join(project, name), "utf8"), /PROJECT_NAME|BOARD_ID|BOARD_TITLE|MEERKAT_PATH/);
    }
  });

  it("its project installs without a network, type-checks, passes its tests, builds and runs", async () => {
    run("npm", "install", "--offline", "--ignore-scripts");
    run(process.execPath, join(meerkatRoot, "node_modules/typescript/bin/tsc"), "-p", ".");
    assert.match(run("npm", "test"), /pass 3\n[^]*fail 0\n/);
    assert.match(run("npm", "run", "build"), /ESP32-C3 \(esp32c3\)\n[^]*Wrote out\/main\.js and out\/main\.js\.map\n/);
    const sim = start(["sim", "src/main.ts", "--board", "esp32c3", "-p", "0:80"], { cwd: project });
    await sim.prints(/http:\/\/localhost:\d+ /);
    const port = Number(/localhost:(\d+)/.exec(sim.stdout)?.[1]);
    assert.match((await ask(port, "GET", "/")).body, /My device/);
    assert.equal(existsSync(join(project, "out/main.js.map")), true);
  });

  it("a test of the project that fails, or does not compile, ends with 1", async () => {
    const failing = join(project, "test/failing.test.ts");
    writeFileSync(failing, 'import { test } from "node:test";\ntest("fails", () => { throw new Error("on purpose"); });\n');
    const failed = await meerkat(["test", "test/failing.test.ts"], { cwd: project });
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /on purpose[^]*failing\.test\.ts:2:/);
    writeFileSync(failing, 'const n: number = "x";\nconsole.log(n);\n');
    const wrong = await meerkat(["test", "test/failing.test.ts"], { cwd: project });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /test\/failing\.test\.ts:1:7: TS2322/);
    const none = await meerkat(["test", "src"], { cwd: project });
    assert.deepEqual([none.code, none.stderr], [1, "There are no tests in src: their names end with .test.ts\n"]);
  });

  it("refuses a directory that has something in it, and writes nothing", async () => {
    const taken = join(dir, "taken");
    mkdirSync(taken);
    writeFileSync(join(taken, "mine.txt"), "mine");
    const refused = await meerkat(["init", "taken"], { cwd: dir });
    assert.equal(refused.code, 1);
    assert.equal(refused.stderr, "Cannot make a project in taken: it is not empty (mine.txt). Name a new or an empty directory\n");
    assert.deepEqual(readdirSync(taken), ["mine.txt"]);
    const file = await meerkat(["init", "taken/mine.txt"], { cwd: dir });
    assert.equal(file.stderr, "Cannot make a project in taken/mine.txt: it is a file\n");
  });

  it("goes into a directory that only has a repository in it", async () => {
    mkdirSync(join(dir, "repo/.git"), { recursive: true });
    const here = await meerkat(["init", "."], { cwd: join(dir, "repo") });
    assert.equal(here.code, 0, here.stderr);
    assert.match(here.stdout, /\nNext:\n {2}npm install\n/);
  });

  it("its program fits the smallest ESP32", async () => {
    const { report } = await buildBundle({ app: join(meerkatRoot, "cli/init/template/src/main.ts"), board: esp32c3 });
    assert.ok(report.variables.total <= esp32c3.variables);
  });
});
