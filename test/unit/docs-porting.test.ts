// The pages for those who port a program leave nothing out, and name only what exists.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { meerkatRoot } from "../../cli/build/layout.js";
import { createSimWorld } from "../../platform/sim/index.js";
import * as http from "../../src/http/index.js";
import * as core from "../../src/index.js";
import * as libevent from "../../src/libevent/index.js";
import * as websocket from "../../src/websocket/index.js";
import { LIBEVENT, MONGOOSE_6, MONGOOSE_7 } from "./docs-porting-support.js";

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

/** Rows whose middle column names something that is neither of ours, nor "no" or "not yet". */
function strangers(rows: Row[], objects: Record<string, object>, exported: Record<string, unknown>): string[] {
  const isOurs = (name: string): boolean => {
    const [object, member] = name.split(".");
    if (member !== undefined) return object in objects && member in objects[object];
    return name.replace(/^new /, "") in exported;
  };
  return rows.flatMap(({ theirs, ours }) => {
    if (ours[0] === "no" || ours[0] === "not yet") return [];
    return ours.filter((name) => !isOurs(name)).map((name) => `${theirs.join(", ")}: there is no ${name}`);
  });
}

/** Rows that have nothing of ours and do not say why. */
function unexplained(rows: Row[]): string[] {
  return rows.filter(({ ours, remarks }) => ours[0] === "no" && remarks.length <= 10).map(({ theirs }) => theirs.join(", "));
}

/** Functions that no row has, and functions in rows that the library does not have. */
function differences(rows: Row[], functions: string[], prefix: RegExp): { missing: string[]; invented: string[] } {
  const left = rows.flatMap(({ theirs }) => theirs);
  const missing = functions.filter((name) => !left.includes(name));
  return { missing, invented: left.filter((name) => prefix.test(name) && !functions.includes(name)) };
}

describe("docs/from-mongoose.md", () => {
  const mgr = new core.Manager(createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1" }));
  const objects = { mgr, nc: mgr.add(() => undefined), m: mgr.mbuf() };
  const rows = rowsOf("docs/from-mongoose.md");

  after(() => mgr.free());

  it("names only what exists", () => {
    assert.ok(rows.length > 130, `only ${rows.length} rows`);
    assert.deepEqual(strangers(rows, objects, { ...core, ...http, ...websocket }), []);
  });

  it("says why where there is nothing of ours", () => {
    assert.deepEqual(unexplained(rows), []);
  });

  it("has a row for every function of Mongoose 6.18 and 7.22 that a program may have called, and for no other", () => {
    assert.deepEqual(differences(rows, all(MONGOOSE_6, MONGOOSE_7), /^(mg|mbuf)_/), { missing: [], invented: [] });
  });
});

/** Where Debian's libevent-dev puts its headers; the list of 2.2 has all there is in them. */
const HEADERS = "/usr/include/event2";

/** Names that a header declares as functions, or defines as macros that are called like functions. */
function declared(header: string): string[] {
  const text = readFileSync(join(HEADERS, header), "utf8").replace(/\/\*[^]*?\*\//g, " ");
  const macros = [...text.matchAll(/^#[ \t]*define[ \t]+(\w+)\(/gm)];
  let code = text.replace(/^[ \t]*#(?:.*\\\n)*.*$/gm, "");
  for (let before = ""; before !== code; ) [before, code] = [code, code.replace(/\([^()]+\)/g, "()")];
  const names = [...macros, ...code.matchAll(/(\w+)\s*\(\)/g)].map(([, name]) => name);
  return [...new Set(names)].filter((name) => /^(ev[a-z]*_|event_|bufferevent_|libevent_)/.test(name) && !code.includes(`enum ${name}`));
}

describe("docs/from-libevent.md", () => {
  const base = new libevent.EventBase(createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1" }));
  const cfg = libevent.evTokenBucketCfgNew(1, 1, 1, 1)!;
  const objects = {
    base,
    cfg,
    ev: new libevent.Event(base, null, 0, () => undefined),
    buf: new libevent.EvBuffer(base),
    bev: libevent.buffereventSocketNew(base, null, 0)!,
    lev: libevent.evconnlistenerNewBind(base, null, undefined, libevent.LEV_OPT_CLOSE_ON_FREE, -1, "80")!,
    group: libevent.buffereventRateLimitGroupNew(base, cfg),
  };
  const rows = rowsOf("docs/from-libevent.md");
  const functions = all(LIBEVENT);

  after(() => base.free());

  it("names only what exists", () => {
    assert.ok(rows.length > 120, `only ${rows.length} rows`);
    assert.deepEqual(strangers(rows, objects, libevent), []);
  });

  it("says why where there is nothing of ours", () => {
    assert.deepEqual(unexplained(rows), []);
  });

  it("has a row for every function of libevent's headers, and for no other", () => {
    const tables = rows.filter(({ theirs }) => !/^evutil/i.test(theirs[0]));
    assert.deepEqual(differences(tables, functions, /^(ev|bufferevent|libevent)/), { missing: [], invented: [] });
  });

  it("leaves out nothing that we export, and no method of ours", () => {
    const ours = new Set(rows.flatMap((row) => row.ours.map((name) => name.replace(/^new /, ""))));
    const functionsOfOurs = Object.entries(libevent).filter(([name, value]) => typeof value === "function" && !/^[A-Z]/.test(name));
    assert.deepEqual(functionsOfOurs.map(([name]) => name).filter((name) => !ours.has(name)), []);
    const methods = Object.entries(objects).flatMap(([object, it]) => {
      const members = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(it) as object));
      return members.filter(([name, { value }]) => typeof value === "function" && !/^(_|constructor$)/.test(name)).map(([name]) => `${object}.${name}`);
    });
    const added = ["buf.text", "buf.slice", "buf.toString"]; // ours alone
    assert.deepEqual(methods.filter((name) => !ours.has(name) && !added.includes(name)), []);
  });

  (existsSync(HEADERS) ? it : it.skip)(`knows every function of the installed headers (${HEADERS})`, () => {
    for (const header of Object.keys(LIBEVENT).filter((name) => existsSync(join(HEADERS, name)))) {
      const found = declared(header);
      assert.ok(found.length >= 5, `${header}: only ${found.join(", ")}`);
      assert.deepEqual(found.filter((name) => !functions.includes(name)), [], header);
    }
  });
});
