// One program that throws at known places, on every interpreter there is: what its traces say must be these places, to the
// column, whatever the build did to the program.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { esp32 } from "../../boards/esp32.js";
import { type Bundle, buildBundle } from "../../cli/build/index.js";
import { meerkatRoot } from "../../cli/build/layout.js";
import { BundlePlaces } from "../../cli/monitor/bundle-places.js";
import { ConsoleLines } from "../../cli/monitor/console-lines.js";
import { TraceReader } from "../../cli/monitor/trace-reader.js";
import { ESPRUINO, onEspruino, onVirtualBoard } from "./monitor-support.js";

const APP = join(meerkatRoot, "test/fixtures/monitor/places.ts");
const SOURCE = readFileSync(APP, "utf8");
const LAST = "end of the cases";

/** `line:column` of what stands behind the comment with this name. */
function placeOf(name: string): string {
  const at = SOURCE.indexOf(`/*${name}*/`) + name.length + 4;
  assert.ok(at > name.length + 4, `no comment ${name}`);
  const before = SOURCE.slice(0, at).split("\n");
  return `${before.length}:${before[before.length - 1].length + 1}`;
}

/** V8 and Espruino differ in the column of a call whose name is computed. */
const LINE_ONLY = placeOf("computed");

/** The frames of one case: function and the name of its place. */
type Frames = [name: string, place: string][];

const CASES: [exception: string, frames: Frames][] = [
  ["Error: part 1 at 2", [["Part._check", "method"], ["Part._check", "again"], ["Part.run", "run"], ["inner", "chain"], ["outer", "argument"], ["", "method: case"]]],
  ["Error: part 6 at 2", [["Part._check", "method"], ["Part._check", "again"], ["Part.run", "run"], ["inner", "chain"], ["outer", "var"], ["", "var: case"]]],
  ["_level", [["Part.level", "getter"], ["", "getter: case"]]],
  ["Error: no title", [["Part", "constructor"], ["", "constructor: case"]]],
  ["TypeError: cannot take 1", [["fail", "table"], ["divide", "computed"], ["", "table: case"]]],
  ["Error: unsorted", [["", "native"], ["", "native: case"]]],
];

/** What a reader makes of a console's text, in pieces of `size` characters. */
function read(bundle: Pick<Bundle, "code" | "map">, text: string, size = text.length): string {
  const shown: string[] = [];
  const places = new BundlePlaces(bundle.code, bundle.map, process.cwd());
  const reader = new TraceReader(places, (line) => shown.push(line), () => shown.push("HINT"));
  const lines = new ConsoleLines((line) => reader.line(line));
  for (let at = 0; at < text.length; at += size) lines.push(text.slice(at, at + size));
  lines.flush();
  reader.flush();
  return shown.join("\n");
}

/** The frames in the order of the trace, as [name, line:column]. */
function framesIn(trace: string): string[][] {
  const frames = trace.matchAll(/^ {4}at (?:(\S+) \()?test\/fixtures\/monitor\/places\.ts:(\d+:\d+)\)?$/gm);
  const known = (place: string): string => (place.split(":")[0] === LINE_ONLY.split(":")[0] ? LINE_ONLY : place);
  return [...frames].map(([, name = "", place]) => [name, known(place)]);
}

/**
 * What is said of each case must be its exception and its places. `isVague`: 64-bit builds print no excerpts, so that
 * some places in memory stay unknown; wrong ones are still wrong.
 */
function check(shown: string, isVague = false): void {
  const parts = shown.split(/^case \d+\n/m).slice(1);
  assert.equal(parts.length, CASES.length, shown);
  for (const [i, [exception, frames]] of CASES.entries()) {
    const [first] = parts[i].split("\n");
    assert.ok(first.startsWith("Uncaught ") && first.includes(exception), first);
    const expected = [...frames, ["call", "call"], ["next", "next"]].map(([name, place]) => [name, placeOf(place)]);
    const found = framesIn(parts[i]);
    const known = isVague ? expected.filter((frame) => found.some((one) => one.join() === frame.join())) : expected;
    assert.deepEqual(found, known, parts[i]);
  }
  assert.doesNotMatch(shown, /HINT/);
}

describe("monitor: stack traces", function () {
  this.timeout(120_000);
  let bundle: Bundle;
  let readable: Bundle;
  before(async () => {
    bundle = await buildBundle({ app: APP, board: esp32 });
    readable = await buildBundle({ app: APP, board: esp32, minify: false });
  });

  it("of a virtual board, minified and not", async () => {
    for (const { code, map } of [bundle, readable]) check(read({ code, map }, await onVirtualBoard(code, LAST)));
  });

  for (const from of ["memory", "flash"] as const) {
    (ESPRUINO ? it : it.skip)(`of the real interpreter ($ESPRUINO), from ${from}, minified and not, in pieces of any size`, async () => {
      for (const { code, map } of [bundle, readable]) {
        const text = await onEspruino(code, from, LAST);
        check(read({ code, map }, text), from === "memory" && /\(:1:\d+\)\r\n\r\n/.test(text));
        assert.equal(read({ code, map }, text, 1), read({ code, map }, text));
      }
    });
  }
});
