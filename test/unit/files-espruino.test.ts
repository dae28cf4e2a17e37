// The board's file store over Storage: power cuts at every change of the flash, full flash, names.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { linux } from "../../boards/linux.js";
import { buildBundle } from "../../cli/build/index.js";
import type { FlashStorage } from "../../platform/virtual-board/storage.js";
import { Err, type FileWriter } from "../../src/core/port.js";
import { linesOf, temporaryDir } from "./build-support.js";
import { bootStore, flashOf } from "./files-support.js";
import { contents, describeStore, put } from "./port-contract/rules-files.js";
import { printed } from "./virtual-board-support.js";

const TOTAL = 64 * 1024;
const OLD = "old ".repeat(700);
const NEW = "newer ".repeat(600);

describeStore("Espruino's Storage", () => bootStore(flashOf(TOTAL)));

/** Names in flash that are not files of the program. */
function strays(flash: FlashStorage): string[] {
  return flash.names().filter((name) => name.startsWith("~mk"));
}

/** Replaces "f" with the power failing at the given change; answers the flash as the next start finds it, and the answer of the commit. */
async function cutAt(change: number, initial: Record<string, string>): Promise<{ flash: FlashStorage; err: Err; wasCut: boolean }> {
  const flash = flashOf(TOTAL, initial);
  const store = await bootStore(flash);
  flash.cutPowerAt(change);
  const err = put(store, "f", NEW, 500);
  return { flash: flashOf(TOTAL, flash.contents()), err, wasCut: flash.changes >= change };
}

describe("the file store on Espruino", () => {
  it("has the old file or the new one, whole, wherever the power fails", async () => {
    const seen = new Set<string>();
    let changes = 1;
    for (; ; changes++) {
      const { flash, wasCut } = await cutAt(changes, { f: OLD, other: "untouched" });
      const store = await bootStore(flash);
      const found = contents(store, "f");
      assert.ok(found === OLD || found === NEW, `cut at change ${changes}: ${found?.length} bytes`);
      assert.equal(contents(store, "other"), "untouched");
      assert.deepEqual(store.files.list(""), ["f", "other"]);
      assert.deepEqual(strays(flash), [], `cut at change ${changes}`);
      seen.add(found === OLD ? "old" : "new");
      if (!wasCut) break;
    }
    assert.deepEqual([...seen], ["old", "new"]);
    assert.ok(changes > 15, `only ${changes} changes`);
  });

  it("has no file or the whole one when a new one is cut off, also when the power fails again while it is mended", async () => {
    for (let change = 1; ; change++) {
      const { flash, wasCut } = await cutAt(change, {});
      for (let again = 1; ; again++) {
        const second = flashOf(TOTAL, flash.contents());
        second.cutPowerAt(again);
        await bootStore(second);
        const third = flashOf(TOTAL, second.contents());
        const found = contents(await bootStore(third), "f");
        assert.ok(found === undefined || found === NEW, `cut at ${change}, then ${again}: ${found?.length} bytes`);
        assert.deepEqual(strays(third), []);
        if (second.changes < again) break;
      }
      if (!wasCut) break;
    }
  });

  it("says so when the flash is full, and keeps what is there", async () => {
    const flash = flashOf(8000, { f: OLD });
    const store = await bootStore(flash);
    const writer = store.files.create("f") as FileWriter;
    const answers: Err[] = [];
    for (let i = 0; i < 12; i++) answers.push(writer.write("x".repeat(600)));
    assert.equal(answers[0], Err.None);
    assert.equal(answers[11], Err.StorageFull);
    assert.equal(writer.commit(), Err.StorageFull);
    assert.equal(contents(store, "f"), OLD);
    assert.deepEqual(strays(flash), []);
    assert.equal(put(store, "small", "fits"), Err.None);
  });

  it("says at the commit that there is no room for the finished file beside its pieces, and keeps what is there", async () => {
    const flash = flashOf(9000, { f: OLD });
    const store = await bootStore(flash);
    assert.equal(put(store, "f", "x".repeat(3500)), Err.StorageFull);
    assert.equal(contents(store, "f"), OLD);
    assert.deepEqual(strays(flash), []);
  });

  it("takes names of 28 bytes and no longer ones, and neither shows nor touches the firmware's own", async () => {
    const flash = flashOf(TOTAL, { ".bootcde": "program", "log\x01": "StorageFile" });
    const store = await bootStore(flash);
    const longest = "a/".repeat(12) + "four";
    assert.equal(longest.length, 28);
    assert.equal(put(store, longest, "x"), Err.None);
    assert.equal(contents(store, longest), "x");
    for (const path of [`${longest}r`, ".bootcde", ".boot0", "C:file", "~mk1", "~mk1.0"]) {
      assert.equal(store.files.create(path), Err.BadName, path);
      assert.equal(store.files.stat(path), undefined, path);
      assert.equal(store.files.remove(path), Err.BadName, path);
    }
    assert.equal(flash.read(".bootcde", 0, 0), "program");
    assert.ok(!store.files.list("")?.includes(".bootcde"));
  });

  it("removes at the next start what a writer that never finished left behind", async () => {
    const flash = flashOf(TOTAL);
    const store = await bootStore(flash);
    (store.files.create("f") as FileWriter).write("x".repeat(3000));
    assert.equal(strays(flash).length, 3);
    assert.deepEqual((await bootStore(flash)).files.list(""), []);
    assert.deepEqual(strays(flash), []);
  });

  it("fails a read when the firmware has taken the string away with the file", async () => {
    const store = await bootStore(flashOf(TOTAL, { f: "x" }));
    const file = store.files.open("f") as unknown as { d: string | null; read(at: number, most: number): unknown };
    file.d = null;
    assert.equal(file.read(0, 1), undefined);
  });
});

/** Writes more than the flash holds, so that it has to compact, and then until it is full. */
const FILL = `
import { Manager } from "meerkat";
import { platform } from "meerkat/platform";

const files = new Manager(platform(), {}).files;

function kilobyte(first: number): string {
  let s = String.fromCharCode(97 + (first % 26)) + "123456789abcdef";
  while (s.length < 1024) s += s;
  return s;
}

function put(name: string, first: number, count: number): number {
  const writer = files ? files.create(name) : 0;
  if (typeof writer === "number") return writer;
  for (let i = 0; i < count; i++) writer.write(kilobyte(first + i));
  return writer.commit();
}

/** How many of its kilobytes are as they were written. */
function right(name: string, first: number): number {
  const file = files && files.open(name);
  let count = 0;
  for (let at = 0; file && at < file.size; at += 1024) if (file.read(at, 1024) === kilobyte(first + at / 1024)) count++;
  return count;
}

console.log("begin of output");
let errs = 0;
for (let i = 0; i < 9; i++) errs += put("big", i, 60);
console.log("big " + errs + " " + right("big", 8));
let full = 0;
let err = 0;
while (full < 100 && !err) err = put("fill" + full++, full, 10);
console.log("full " + err + " " + (full > 3 && full < 100) + " big " + right("big", 8) + " last " + right("fill" + (full - 2), full - 1));
console.log("again " + put("big", 1, 60) + " big " + right("big", 8));
for (let i = 0; i < full; i++) if (files) files.remove("fill" + i);
console.log("later " + put("big", 1, 60) + " big " + right("big", 1) + " " + (files && (files.list("") || []).join(" ")));
console.log("end of output");
`;

describe("the file store on a board that has to compact", function () {
  this.timeout(120_000);
  const dir = temporaryDir();
  const out = join(dir, "fill.js");
  const expected = ["big 0 60", "full 23 true big 60 last 10", "again 23 big 60", "later 0 big 60 big"];
  let code: string;

  before(async () => {
    writeFileSync(join(dir, "fill.ts"), FILL);
    code = (await buildBundle({ app: join(dir, "fill.ts"), board: linux, out })).code;
  });

  it("keeps what is there when it is full, on the virtual board", () => {
    const lines = printed(code, { base: linux, on: { storageBytes: 256 * 1024 } });
    assert.deepEqual(lines.slice(lines.indexOf("begin of output") + 1, lines.indexOf("end of output")), expected);
  });

  it("keeps what is there when it is full, on Espruino (skipped without $ESPRUINO)", async function () {
    if (!process.env.ESPRUINO) return this.skip();
    // The flash is a file in the working directory; the firmware tells of each compaction on its console.
    const lines = await linesOf(process.env.ESPRUINO, [out], dir);
    assert.deepEqual(lines.filter((line) => /^(big|full|again|later) /.test(line)), expected);
  });
});
