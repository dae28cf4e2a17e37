// What a bundle takes of the interpreter, measured, and the estimate that takes its place where there is none.

import assert from "node:assert/strict";
import { join } from "node:path";
import { esp32 } from "../../boards/esp32.js";
import { esp32c3 } from "../../boards/esp32c3.js";
import { buildBundle } from "../../cli/build/index.js";
import { meerkatRoot } from "../../cli/build/layout.js";
import { measure } from "../../cli/build/measure.js";
import { freePort } from "../examples/support.js";

const ESPRUINO = process.env.ESPRUINO ?? "";
/** How far the estimate may be from what is measured. */
const APART = 0.25;

describe("measuring a bundle", function () {
  this.timeout(120_000);

  it("answers nothing when there is no such interpreter, or it is something else", async () => {
    assert.equal(await measure("/no/such/interpreter", "1;"), undefined);
    assert.equal(await measure("true", "1;"), undefined);
  });

  (ESPRUINO ? it : it.skip)("comes out near the estimate ($ESPRUINO)", async function () {
    for (const board of [esp32, esp32c3]) {
      for (const example of ["hello", "demo"]) {
        const app = join(meerkatRoot, `examples/${example}.ts`);
        const { report } = await buildBundle({ app, board, defines: { PORT: String(await freePort()) }, interpreter: ESPRUINO });
        // Its variables are of another size: it tells nothing about the board.
        if (!report.measured) return this.skip();
        const estimate = report.variables.firmware + report.variables.code;
        const apart = Math.abs(estimate / report.measured.used - 1);
        assert.ok(apart < APART, `${example} on ${board.title}: ${report.measured.used}, estimated ${estimate}`);
      }
    }
  });
});
