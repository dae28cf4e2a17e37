// The file store on Node: nothing outside of its root, atomic files, what crashes leave behind.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNodeFiles } from "../../platform/node/files.js";
import { partialFor } from "../../platform/node/partial-files.js";
import { Err, type FileWriter, type Files, type OpenFile } from "../../src/core/port.js";
import { asStore } from "./files-support.js";
import { contents, put } from "./port-contract/rules-files.js";

describe("the file store on Node", () => {
  let base: string;
  let root: string;
  let files: Files;

  beforeEach(() => {
    base = fs.mkdtempSync(join(tmpdir(), "meerkat-files-"));
    root = join(base, "served");
    fs.mkdirSync(join(root, "dir"), { recursive: true });
    fs.writeFileSync(join(base, "secret"), "secret");
    fs.mkdirSync(join(base, "served-too"));
    fs.writeFileSync(join(base, "served-too", "secret"), "secret");
    files = createNodeFiles(root);
  });

  afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

  it("follows links that stay below the root, and none that leads out, whatever they are called", () => {
    fs.writeFileSync(join(root, "dir", "inner"), "inner");
    fs.symlinkSync("dir", join(root, "in"));
    fs.symlinkSync(join(root, "dir", "inner"), join(root, "absolute"));
    assert.equal(contents(asStore(files), "in/inner"), "inner");
    assert.equal(contents(asStore(files), "absolute"), "inner");
    fs.symlinkSync(base, join(root, "out"));
    fs.symlinkSync(join(base, "secret"), join(root, "file"));
    fs.symlinkSync("../served-too", join(root, "too"));
    fs.symlinkSync("out/secret", join(root, "chain"));
    fs.symlinkSync("nowhere", join(root, "dangling"));
    for (const path of ["out", "out/secret", "file", "too", "too/secret", "chain", "dangling", "out/served/dir/none"]) {
      assert.equal(files.stat(path), undefined, path);
      assert.equal(files.open(path), undefined, path);
      assert.equal(files.list(path), undefined, path);
    }
    assert.deepEqual(files.list(""), ["absolute", "dir/", "in/"]);
    assert.equal(files.create("out/planted"), Err.BadName);
    assert.equal(files.remove("out/secret"), Err.BadName);
    assert.deepEqual(fs.readdirSync(base).sort(), ["secret", "served", "served-too"]);
  });

  it("replaces and removes a link itself, not what it leads to", () => {
    fs.symlinkSync(join(base, "secret"), join(root, "link"));
    assert.equal(put(asStore(files), "link", "mine"), Err.None);
    assert.equal(fs.readFileSync(join(base, "secret"), "latin1"), "secret");
    assert.equal(contents(asStore(files), "link"), "mine");
    fs.rmSync(join(root, "link"));
    fs.symlinkSync(join(base, "secret"), join(root, "link"));
    assert.equal(files.remove("link"), Err.None);
    assert.equal(fs.readFileSync(join(base, "secret"), "latin1"), "secret");
  });

  it("does not wait for the other end of a pipe, and shows none", function () {
    if (process.platform === "win32") return this.skip();
    execFileSync("mkfifo", [join(root, "pipe")]);
    assert.equal(files.open("pipe"), undefined);
    assert.equal(files.stat("pipe"), undefined);
    assert.deepEqual(files.list(""), ["dir/"]);
  });

  it("writes beside the file under a name that no call shows or takes", () => {
    const writer = files.create("dir/f") as FileWriter;
    writer.write("x");
    const [partial] = fs.readdirSync(join(root, "dir"));
    assert.match(partial, /^\.meerkat-.*\.part$/);
    assert.deepEqual(files.list("dir"), []);
    assert.equal(files.stat(`dir/${partial}`), undefined);
    assert.equal(files.open(`dir/${partial}`), undefined);
    assert.equal(files.create(`dir/${partial}`), Err.BadName);
    assert.equal(files.remove(`dir/${partial}`), Err.BadName);
    writer.commit();
    assert.deepEqual(fs.readdirSync(join(root, "dir")), ["f"]);
  });

  it("removes at the next writing of a name what a crash left of it, and nothing that is still being written", () => {
    const stale = partialFor("f").replace(/-\d+-/, "-4194999-");
    const ours = partialFor("f");
    const others = partialFor("other").replace(/-\d+-/, "-4194999-");
    for (const name of [stale, ours, others]) fs.writeFileSync(join(root, "dir", name), "half");
    const first = files.create("dir/f") as FileWriter;
    const second = files.create("dir/f") as FileWriter;
    const left = fs.readdirSync(join(root, "dir"));
    assert.ok(!left.includes(stale) && !left.includes(ours) && left.includes(others));
    assert.equal(left.length, 3);
    first.write("first");
    second.write("second");
    assert.equal(second.commit(), Err.None);
    assert.equal(first.commit(), Err.None);
    assert.equal(contents(asStore(files), "dir/f"), "first");
  });

  it("makes the directories of a file, and a name of the greatest length", () => {
    const name = "n".repeat(255);
    assert.equal(put(asStore(files), `deep/er/${name}`, "x"), Err.None);
    assert.equal(contents(asStore(files), `deep/er/${name}`), "x");
    assert.equal(files.create("n".repeat(256)), Err.BadName);
    assert.equal(files.create(`deep/er/${name}/below-a-file`), Err.BadName);
  });

  it("fails a read where the file was cut short, and reads nothing that it grew by", () => {
    fs.writeFileSync(join(root, "f"), "0123456789");
    const file = files.open("f") as OpenFile;
    fs.appendFileSync(join(root, "f"), "more");
    assert.equal(file.read(5, 100), "56789");
    assert.equal(file.read(10, 100), "");
    fs.truncateSync(join(root, "f"), 4);
    assert.equal(file.read(0, 4), "0123");
    assert.equal(file.read(2, 5), undefined);
    file.close();
  });

  it("answers that there is nothing where the root is missing, and writes nowhere", () => {
    const none = createNodeFiles(join(base, "missing"));
    assert.equal(none.stat(""), undefined);
    assert.equal(none.list(""), undefined);
    assert.equal(none.create("f"), Err.Failed);
    assert.equal(none.remove("f"), Err.Failed);
  });

  it("dates files in milliseconds since 1970", () => {
    fs.writeFileSync(join(root, "f"), "x");
    fs.utimesSync(join(root, "f"), 1_700_000_000, 1_700_000_000);
    assert.equal(files.stat("f")?.mtimeMs, 1_700_000_000_000);
  });
});
