import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { meerkatRoot } from "../../cli/build/layout.js";
import { directory, meerkat } from "./cli-support.js";

const COMMANDS = [[], ["run"], ["sim"], ["build"]];

describe("cli", function () {
  this.timeout(60_000);

  it("shows help within 80 columns, with examples and the boards", async () => {
    for (const command of COMMANDS) {
      const { code, stdout, stderr } = await meerkat([...command, "--help"]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /^Usage: meerkat /);
      for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
      if (command.length > 0) assert.match(stdout, /\nExamples:\n {2}meerkat /);
      if (command[0] !== "run") assert.match(stdout, /\nBoards:\n {2}esp32 +ESP32\n/);
      assert.doesNotMatch(stdout, /\u001b/);
    }
  });

  it("tells its version", async () => {
    const { version } = JSON.parse(readFileSync(join(meerkatRoot, "package.json"), "utf8"));
    assert.equal((await meerkat(["--version"])).stdout, `${version}\n`);
  });

  const wrong: [args: string, says: RegExp][] = [
    ["", /^Usage: meerkat /],
    ["frob", /unknown command 'frob'/],
    ["run", /missing required argument 'app'/],
    ["run a.ts b.ts", /too many arguments for 'run'/],
    ["run a.ts --frob", /unknown option '--frob'/],
    ["run a.ts -p 80", /'80' is invalid. It must be HOST:APP_PORT/],
    ["run a.ts -p 70000:80", /HOST must be a port from 0 to 65535, is "70000"/],
    ["run a.ts -p 8000:80 -p 8001:80", /Port 80 is published twice/],
    ["run a.ts --define PORT", /It must be KEY=VALUE/],
    ["sim a.ts", /required option '--board <ID>' not specified/],
    ["sim a.ts --board esp99", /Unknown board "esp99": known are esp32, esp32c3, esp32s3, esp8266, linux/],
    ["sim a.ts --board esp32 --seed x", /It must be a whole number/],
    ["build a.ts --board esp32", /required option '-o, --output <FILE>' not specified/],
  ];
  for (const [args, says] of wrong) {
    it(`ends with 2 and says why for: meerkat ${args}`, async () => {
      const { code, stdout, stderr } = await meerkat(args.split(" ").filter(Boolean));
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, says);
    });
  }

  it("ends with 1 when there is no such program, wherever it is called", async () => {
    for (const args of ["run no.ts", "sim no.ts --board esp32", "build no.ts --board esp32 -o no.js"]) {
      const { code, stderr } = await meerkat(args.split(" "), { cwd: directoryOnce });
      assert.deepEqual([code, stderr], [1, "Cannot find the program no.ts\n"]);
    }
  });
  const directoryOnce = directory();
});
