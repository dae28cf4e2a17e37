// The HTTP utilities on a board say what they say on Node. What is right is in the other tests; here it is the same.

import assert from "node:assert/strict";
import { join } from "node:path";
import { buildBundle, buildNode } from "../../cli/build/index.js";
import { linux } from "../../boards/linux.js";
import { fixture, linesOf, temporaryDir } from "./build-support.js";
import { printed } from "./virtual-board-support.js";

describe("URL, form, cookie, base64, hash and auth functions", function () {
  this.timeout(120_000);
  const dir = temporaryDir();
  const out = join(dir, "codecs.js");
  const nodeOut = join(dir, "codecs.mjs");
  let code = "";
  let expected: string[] = [];

  before(async () => {
    ({ code } = await buildBundle({ app: fixture("codecs.ts"), board: linux, out }));
    await buildNode({ app: fixture("codecs.ts"), out: nodeOut });
    expected = await linesOf(process.execPath, [nodeOut]);
    assert.ok(expected.length > 75, expected.join("\n"));
    assert.deepEqual(expected.filter((line) => /^(right|wrong) /.test(line)), ["right [false,true]", "wrong [false,false]", "right [false,true]", "wrong [false,false]"]);
  });

  it("print the same on the virtual board", () => {
    const lines = printed(code, { base: linux });
    assert.deepEqual(lines.slice(lines.indexOf("begin of output") + 1, lines.indexOf("end of output")), expected);
  });

  it("print the same on Espruino (skipped without $ESPRUINO)", async function () {
    if (!process.env.ESPRUINO) return this.skip();
    assert.deepEqual(await linesOf(process.env.ESPRUINO, [out]), expected);
  });
});
