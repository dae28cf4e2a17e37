// The pages for those who port a program leave nothing out, and name only what exists.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { meerkatRoot } from "../../cli/build/layout.js";
import { createSimWorld } from "../../platform/sim/index.js";
import * as http from "../../src/http/index.js";
import * as core from "../../src/index.js";
import * as websocket from "../../src/websocket/index.js";
import { MONGOOSE_6, MONGOOSE_7 } from "./docs-porting-support.js";

/** A row of a table with three columns: theirs, ours, remarks. */
interface Row {
  theirs: string[];
  ours: string[];
  remarks: string;
}

/** Every row of every such table of a page. */
function rowsOf(page: string): Row[] {
  const lines = readFileSync(join(meerkatRoot, page), "utf8").split("\n");
  const isBody = (at: number): boolean => lines[at].startsWith("| ") && !/^\| -/.test(lines[at]) && !/^\| -/.test(lines[at + 1] ?? "");
  return lines.flatMap((line, at) => {
    const cells = isBody(at) ? line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()) : [];
    return cells.length === 3 ? [{ theirs: names(cells[0]), ours: names(cells[1]), remarks: cells[2] }] : [];
  });
}

/** "`a`, `b`" → ["a", "b"]; words without quotes stay as they are. */
function names(cell: string): string[] {
  return cell.split(", ").map((name) => name.replace(/^`(.*)`$/, "$1"));
}

/** The functions of all headers. */
function all(...libraries: Record<string, string>[]): string[] {
  return libraries.flatMap((headers) => Object.values(headers).flatMap((list) => list.split(" ")));
}

/** Fails unless every row says what is ours, or why there is nothing. */
function assertSaysWhy(rows: Row[]): void {
  for (const { theirs, ours, remarks } of rows) {
    if (ours[0] === "no") assert.ok(remarks.length > 10, `${theirs.join(", ")}: "no" needs a reason`);
  }
}

describe("docs/from-mongoose.md", () => {
  const mgr = new core.Manager(createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1" }));
  const nc = mgr.add(() => undefined);
  const objects: Record<string, object> = { mgr, nc, m: mgr.mbuf() };
  const exported: Record<string, unknown> = { ...core, ...http, ...websocket };
  const rows = rowsOf("docs/from-mongoose.md");

  after(() => mgr.free());

  /** Whether this is a name of ours: a member of a manager, connection or queue, an export, or `new` of one. */
  function isOurs(name: string): boolean {
    const [object, member] = name.split(".");
    if (member !== undefined) return object in objects && member in objects[object];
    return name.replace(/^new /, "") in exported;
  }

  it("names only what exists", () => {
    assert.ok(rows.length > 130, `only ${rows.length} rows`);
    const missing = rows.flatMap(({ theirs, ours }) => {
      if (ours[0] === "no" || ours[0] === "not yet") return [];
      return ours.filter((name) => !isOurs(name)).map((name) => `${theirs.join(", ")}: there is no ${name}`);
    });
    assert.deepEqual(missing, []);
  });

  it("says why where there is nothing of ours", () => {
    assertSaysWhy(rows);
  });

  it("has a row for every function of Mongoose 6.18 and 7.22 that a program may have called", () => {
    const left = new Set(rows.flatMap(({ theirs }) => theirs));
    assert.deepEqual(all(MONGOOSE_6, MONGOOSE_7).filter((name) => !left.has(name)), []);
  });

  it("names no function that Mongoose does not have", () => {
    const theirs = new Set(all(MONGOOSE_6, MONGOOSE_7));
    const functions = rows.flatMap((row) => row.theirs).filter((name) => /^(mg|mbuf)_/.test(name));
    assert.deepEqual(functions.filter((name) => !theirs.has(name)), []);
  });
});
