// Plays the suite and prints its table as Markdown:
//
//   node dist/test/conformance/table.js [PLATFORM…]      ESPRUINO=/path/of/espruino adds the real interpreter
//   node dist/test/conformance/table.js --write          also puts it into docs/conformance.md, and the sums into the README

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { meerkatRoot } from "../../cli/build/layout.js";
import { BEHAVIOURS } from "./behaviours/index.js";
import { type Bench, type Column, makeDir, portOf } from "./host/bench.js";
import { whySkipped } from "./host/behaviour.js";
import { COLUMNS } from "./host/columns.js";
import { play } from "./host/play.js";
import { Results } from "./host/results.js";

async function playAll(column: Column, bench: Bench, results: Results): Promise<void> {
  for (const [index, behaviour] of BEHAVIOURS.entries()) {
    const why = bench.control.caps && whySkipped(behaviour, bench.control.caps);
    if (why !== undefined) {
      results.skipped(behaviour, column, why);
      continue;
    }
    try {
      await play(behaviour, bench, portOf(bench, index));
      results.passed(behaviour, column);
    } catch (error) {
      results.failed(behaviour, column);
      console.error(`${column.name}: ${behaviour.title}\n${(error as Error).message}\n`);
    }
  }
}

/** Puts a table between the marks of a page. */
function writeSection(page: string, table: string): void {
  const path = join(meerkatRoot, page);
  const marks = /(<!-- conformance -->\n)[^]*?(\n<!-- \/conformance -->)/;
  writeFileSync(path, readFileSync(path, "utf8").replace(marks, (_, from: string, to: string) => `${from}\n${table}\n${to}`));
}

async function main(args: readonly string[]): Promise<void> {
  const names = args.filter((arg) => arg !== "--write");
  if (names.length > 0 && args.includes("--write")) throw new TypeError("--write takes no platforms: the page shows all of them");
  const columns = COLUMNS.filter((column) => names.length === 0 || names.includes(column.name));
  const results = new Results(BEHAVIOURS, columns);
  const { dir, remove } = makeDir();
  try {
    for (const column of columns) {
      if (column.skip !== undefined) {
        results.skipAll(column, column.skip);
        continue;
      }
      const bench = await column.start(dir);
      await playAll(column, bench, results).finally(() => bench.stop());
    }
  } finally {
    remove();
  }
  console.log(results.markdown());
  if (args.includes("--write")) {
    writeSection("docs/conformance.md", results.markdown());
    writeSection("README.md", results.sums());
  }
  process.exitCode = results.failedCount > 0 ? 1 : 0;
}

await main(process.argv.slice(2));
