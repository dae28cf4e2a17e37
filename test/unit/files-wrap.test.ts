// The simulator's file store and the faults of a wrapped one.

import assert from "node:assert/strict";
import { createSimWorld } from "../../platform/sim/index.js";
import { fault, type FaultOptions } from "../../platform/wrap/index.js";
import { Err, type Files, type FileWriter, type OpenFile } from "../../src/core/port.js";
import { Manager } from "../../src/index.js";
import { asStore } from "./files-support.js";
import { contents, put } from "./port-contract/rules-files.js";

const HOST = "10.0.0.1";

function faulty(faults: Partial<FaultOptions>): { plain: Files; files: Files; options: FaultOptions } {
  const below = createSimWorld({ seed: 1 }).platform({ host: HOST, form: "string" });
  const options = { seed: 1, ...faults };
  return { plain: below.files as Files, files: fault(below, options).files as Files, options };
}

describe("the file store of a simulated host", () => {
  it("is shared by the platforms of a host, and another host has another", () => {
    const world = createSimWorld({ seed: 1 });
    const [a, b] = [1, 2].map(() => asStore(world.platform({ host: HOST, form: "string" }).files as Files));
    assert.equal(put(a, "f", "x"), Err.None);
    assert.equal(contents(b, "f"), "x");
    assert.deepEqual(world.platform({ host: "10.0.0.2" }).files?.list(""), []);
  });

  it("dates a file by virtual time", () => {
    const world = createSimWorld({ seed: 1, epochMs: 1_000_000 });
    const store = asStore(world.platform({ host: HOST, form: "string" }).files as Files);
    world.runFor(500);
    put(store, "f", "x");
    assert.equal(store.files.stat("f")?.mtimeMs, 1_000_500);
  });

  it("is full when its room is used up, what is being written included, and has it back from what is removed", () => {
    const platform = createSimWorld({ seed: 1 }).platform({ host: HOST, form: "string", storageBytes: 100 });
    const store = asStore(platform.files as Files);
    assert.equal(put(store, "f", "x".repeat(60)), Err.None);
    const writer = store.files.create("g") as FileWriter;
    assert.equal(writer.write("y".repeat(40)), Err.None);
    assert.equal(writer.write("y"), Err.StorageFull);
    assert.equal(writer.commit(), Err.StorageFull);
    assert.equal(store.files.stat("g"), undefined);
    assert.equal(contents(store, "f"), "x".repeat(60));
    assert.equal(store.files.remove("f"), Err.None);
    assert.equal(put(store, "g", "z".repeat(100)), Err.None);
  });
});

describe("the file store of a faulty platform", () => {
  it("fails reads, writes and commits as told, and what was there stays", () => {
    const { plain, files, options } = faulty({ fileReadError: 1 });
    put(asStore(plain), "f", "old");
    const file = files.open("f") as OpenFile;
    assert.equal(file.read(0, 3), undefined);
    options.fileReadError = 0;
    assert.equal(file.read(0, 3), "old");
    options.fileCommitError = 1;
    assert.equal(put(asStore(files), "f", "new"), Err.Failed);
    options.fileWriteError = 1;
    const writer = files.create("f") as FileWriter;
    assert.equal(writer.write("new"), Err.StorageFull);
    options.fileWriteError = 0;
    assert.equal(writer.write("new"), Err.StorageFull);
    assert.equal(writer.commit(), Err.StorageFull);
    assert.equal(writer.commit(), Err.Failed);
    assert.equal(contents(asStore(plain), "f"), "old");
    assert.deepEqual(plain.list(""), ["f"]);
  });
});

describe("mgr.files", () => {
  it("is the platform's store, also through wrappers, and undefined where there is none", () => {
    const platform = createSimWorld({ seed: 1 }).platform({ host: HOST });
    assert.equal(new Manager(platform).files, platform.files);
    const world = createSimWorld({ seed: 2 });
    const without = { ...world.platform({ host: HOST }), files: undefined };
    assert.equal(new Manager(without).files, undefined);
    assert.equal(new Manager(fault({ ...world.platform({ host: "10.0.0.3" }), files: undefined }, { seed: 1 })).files, undefined);
  });
});
