/*
 * mocha's spec report, and after it what was skipped, by name, what failed, once more and short, so that the end of the
 * output says it, and the closing line "N passed, N failed".
 * Skipped tests are listed by the reason for it: `test.skipReason` where a test set one, else the variable or the
 * program that its title or its suites' titles ask for.
 */

"use strict";

const { Spec } = require("mocha").reporters;

const COLUMNS_MAX = 110;

/** The variable that a test of the real interpreter asks for; in the conformance suite its column is named after it. */
const NEEDS_INTERPRETER = /\$ESPRUINO|real interpreter|conformance (espruino)\b/;

class Report extends Spec {
  constructor(runner, options) {
    super(runner, options);
    this.skipped = [];
    runner.on("pending", (test) => this.skipped.push(test));
  }

  epilogue() {
    super.epilogue();
    const groups = groupBy(this.skipped, reasonOf);
    for (const [reason, tests] of groups) {
      console.log(`${tests.length} skipped: ${reason}`);
      printList([...groupBy(tests, (test) => test.title)].map(([title, same]) => title + times(same.length)));
    }
    for (const test of this.failures) console.log(`failed: ${test.fullTitle()}: ${firstLine(test.err)}`);
    console.log(`${this.stats.passes} passed, ${this.stats.failures} failed`);
  }
}

function firstLine(error) {
  return String(error?.message ?? error).split("\n")[0];
}

function reasonOf(test) {
  if (test.skipReason) return test.skipReason;
  const title = test.fullTitle();
  if (NEEDS_INTERPRETER.test(title) && !process.env.ESPRUINO) return "ESPRUINO does not name an interpreter";
  return "not possible on this machine or platform";
}

/** The same test is there once for each platform. */
function times(count) {
  return count > 1 ? ` (${count} times)` : "";
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}

/** The titles, one after the other, in lines of bearable length. */
function printList(titles) {
  let line = " ";
  titles.forEach((title, at) => {
    const item = ` ${title}${at < titles.length - 1 ? ";" : ""}`;
    if (line.length + item.length > COLUMNS_MAX && line.trim()) {
      console.log(line);
      line = " ";
    }
    line += item;
  });
  console.log(line);
}

module.exports = Report;
