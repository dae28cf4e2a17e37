// One description of behaviours, on every platform.

import { BEHAVIOURS } from "./behaviours/index.js";
import { type Bench, makeDir, portOf } from "./host/bench.js";
import { whySkipped } from "./host/behaviour.js";
import { COLUMNS } from "./host/columns.js";
import { play } from "./host/play.js";
import { Results } from "./host/results.js";
import type { Capabilities } from "../../src/core/port.js";

const START_MAX_MS = 120_000;
const EACH_MAX_MS = 30_000;

describe("conformance", function () {
  const results = new Results(BEHAVIOURS, COLUMNS);
  const { dir, remove } = makeDir();

  for (const column of COLUMNS) {
    describe(column.name, function () {
      let bench: Bench | undefined;

      before(async function () {
        this.timeout(START_MAX_MS);
        if (column.skip === undefined) bench = await column.start(dir);
      });

      after(async () => bench?.stop());

      BEHAVIOURS.forEach((behaviour, index) => {
        it(behaviour.title, async function () {
          this.timeout(EACH_MAX_MS);
          const why = column.skip ?? whySkipped(behaviour, bench?.control.caps as Capabilities);
          if (why !== undefined) {
            results.skipped(behaviour, column, why);
            Object.assign(this.test as object, { skipReason: why });
            return this.skip();
          }
          results.failed(behaviour, column);
          await play(behaviour, bench as Bench, portOf(bench as Bench, index));
          results.passed(behaviour, column);
        });
      });
    });
  }

  after(() => {
    remove();
    console.log(`\n${results.text()}`);
  });
});
