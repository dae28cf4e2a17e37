// The rules of a file store, for every platform that has one, and for stores that belong to none.

import assert from "node:assert/strict";
import { Err, type Files, type FileWriter, type OpenFile, type Raw } from "../../../src/core/port.js";
import { pattern, type Rules } from "./rig.js";

/** A store under test, empty, and how its platform has bytes. */
export interface StoreFixture {
  files: Files;
  raw(binary: string): Raw;
  binary(raw: Raw): string;
}

/** All bytes, a few times over, and a length that is a multiple of nothing. */
const ALL = pattern(256).repeat(13) + "tail!";

function begin({ files }: StoreFixture, path: string): FileWriter {
  const writer = files.create(path);
  assert.equal(typeof writer, "object", `create("${path}") answers ${String(writer)}`);
  return writer as FileWriter;
}

/** Writes a file whole; bytes as a binary string. */
export function put(store: StoreFixture, path: string, bytes: string, piece = 1000): Err {
  const writer = begin(store, path);
  for (let at = 0; at < bytes.length; at += piece) {
    const err = writer.write(store.raw(bytes.slice(at, at + piece)));
    if (err !== Err.None) {
      writer.abort();
      return err;
    }
  }
  return writer.commit();
}

function drain(store: StoreFixture, file: OpenFile, piece: number): string {
  let out = "";
  for (;;) {
    const part = file.read(out.length, piece);
    assert.ok(part !== undefined, `a read at ${out.length} fails`);
    if (part.length === 0) return out;
    assert.ok(part.length <= piece);
    out += store.binary(part);
  }
}

/** A file's bytes as a binary string; undefined when there is none. */
export function contents(store: StoreFixture, path: string, piece = 700): string | undefined {
  const file = store.files.open(path);
  if (file === undefined) return undefined;
  const bytes = drain(store, file, piece);
  assert.equal(file.size, bytes.length);
  assert.equal(store.files.stat(path)?.size, bytes.length);
  file.close();
  return bytes;
}

type FileRule = [title: string, body: (store: StoreFixture) => void];

const WRITING: FileRule[] = [
  ["a file has every byte that was written, in whatever pieces it is written and read", (store) => {
    for (const [i, piece] of [1, 7, 999, 1024, 4000].entries()) {
      assert.equal(put(store, `d/f${i}`, ALL, piece), Err.None);
      assert.equal(contents(store, `d/f${i}`, piece), ALL);
    }
    assert.equal(contents(store, "d/f0", 100_000), ALL);
  }],
  ["a file that is being written is not there before its commit", (store) => {
    const writer = begin(store, "d/new");
    assert.equal(writer.write(store.raw("half")), Err.None);
    assert.equal(store.files.stat("d/new"), undefined);
    assert.equal(store.files.open("d/new"), undefined);
    assert.deepEqual(store.files.list("d") ?? [], []);
    assert.equal(writer.commit(), Err.None);
    assert.equal(contents(store, "d/new"), "half");
    assert.deepEqual(store.files.list("d"), ["new"]);
  }],
  ["what was there stays as it is until the commit of what replaces it", (store) => {
    put(store, "f", "old and longer");
    const writer = begin(store, "f");
    writer.write(store.raw("new"));
    assert.equal(contents(store, "f"), "old and longer");
    writer.commit();
    assert.equal(contents(store, "f"), "new");
    assert.deepEqual(store.files.list(""), ["f"]);
  }],
  ["an aborted file leaves nothing behind, and what it was to replace is still there", (store) => {
    put(store, "f", "old");
    const writer = begin(store, "f");
    writer.write(store.raw(ALL));
    writer.abort();
    writer.abort();
    assert.notEqual(writer.write(store.raw("x")), Err.None);
    assert.notEqual(writer.commit(), Err.None);
    assert.equal(contents(store, "f"), "old");
    assert.deepEqual(store.files.list(""), ["f"]);
  }],
  ["after the commit a writer does nothing more", (store) => {
    const writer = begin(store, "f");
    writer.write(store.raw("one"));
    assert.equal(writer.commit(), Err.None);
    writer.abort();
    assert.notEqual(writer.write(store.raw("two")), Err.None);
    assert.notEqual(writer.commit(), Err.None);
    assert.equal(contents(store, "f"), "one");
  }],
  ["two writers of one name do not disturb each other, and the last commit counts", (store) => {
    const a = begin(store, "f");
    const b = begin(store, "f");
    a.write(store.raw("aa"));
    b.write(store.raw("bbb"));
    a.write(store.raw("a"));
    assert.equal(b.commit(), Err.None);
    assert.equal(contents(store, "f"), "bbb");
    assert.equal(a.commit(), Err.None);
    assert.equal(contents(store, "f"), "aaa");
  }],
  ["an empty file is a file, or is refused at the commit and changes nothing", (store) => {
    put(store, "f", "old");
    const err = begin(store, "f").commit();
    assert.ok(err === Err.None || err === Err.NotSupported, `commit answers ${err}`);
    assert.equal(contents(store, "f"), err === Err.None ? "" : "old");
  }],
];

const READING: FileRule[] = [
  ["a read gives what is there: less at the end, nothing behind it, and fails after the close", (store) => {
    put(store, "f", "0123456789");
    const file = store.files.open("f") as OpenFile;
    const read = (at: number, most: number): string => store.binary(file.read(at, most) as Raw);
    assert.equal(read(8, 5), "89");
    assert.equal(read(3, 4), "3456");
    assert.equal(read(10, 5), "");
    assert.equal(read(99, 5), "");
    assert.equal(read(2, 0), "");
    file.close();
    file.close();
    assert.equal(file.read(0, 5), undefined);
  }],
  ["of a file that is replaced while it is read, the rest is the old one's or fails", (store) => {
    put(store, "f", "a".repeat(3000));
    const file = store.files.open("f") as OpenFile;
    const first = file.read(0, 1000) as Raw;
    put(store, "f", "b".repeat(3000));
    const rest = file.read(1000, 1000);
    assert.ok(rest === undefined || store.binary(rest) === "a".repeat(1000));
    assert.equal(store.binary(first), "a".repeat(1000));
    file.close();
    assert.equal(contents(store, "f"), "b".repeat(3000));
  }],
];

const NAMES: FileRule[] = [
  ["lists are sorted, of one level, directories with a slash; there is a root and no directory without files", (store) => {
    assert.deepEqual(store.files.list(""), []);
    for (const path of ["b", "a/y", "a/x/2", "a/x/1", "ab", "B"]) put(store, path, path);
    assert.deepEqual(store.files.list(""), ["B", "a/", "ab", "b"]);
    assert.deepEqual(store.files.list("a"), ["x/", "y"]);
    assert.deepEqual(store.files.list("a/x"), ["1", "2"]);
    assert.equal(store.files.list("x"), undefined);
    assert.equal(store.files.list("b"), undefined);
  }],
  ["a directory is no file", (store) => {
    put(store, "d/f", "x");
    assert.deepEqual({ ...store.files.stat("d"), mtimeMs: 0 }, { size: 0, mtimeMs: 0, isDirectory: true });
    assert.equal(store.files.stat("")?.isDirectory, true);
    assert.equal(store.files.open("d"), undefined);
    assert.equal(store.files.open(""), undefined);
    assert.equal(store.files.create("d"), Err.BadName);
    assert.equal(store.files.remove("d"), Err.BadName);
    assert.equal(contents(store, "d/f"), "x");
  }],
  ["paths that are not made of plain segments are refused by every call", (store) => {
    put(store, "a/b", "x");
    for (const path of ["/a/b", "a/b/", "a//b", "a/./b", "./a", "a/../a/b", "..", "../a", ".", "/", "a\0", "a/b\0"]) {
      assert.equal(store.files.stat(path), undefined, `stat ${path}`);
      assert.equal(store.files.list(path), undefined, `list ${path}`);
      assert.equal(store.files.open(path), undefined, `open ${path}`);
      assert.equal(store.files.create(path), Err.BadName, `create ${path}`);
      assert.notEqual(store.files.remove(path), Err.None, `remove ${path}`);
    }
    assert.equal(store.files.create(""), Err.BadName);
    assert.deepEqual(store.files.list("a"), ["b"]);
  }],
  ["a removed file is gone, and cannot be removed again", (store) => {
    put(store, "f", "x");
    assert.equal(store.files.remove("f"), Err.None);
    assert.equal(store.files.stat("f"), undefined);
    assert.equal(store.files.remove("f"), Err.Failed);
    assert.deepEqual(store.files.list(""), []);
  }],
];

const FILE_RULES = [...WRITING, ...READING, ...NAMES];

/** The rules for the store of a platform; it must be empty. */
export function fileRules({ rule }: Rules): void {
  for (const [title, body] of FILE_RULES) {
    rule(title, ({ platform, raw }) => {
      assert.ok(platform.files, "the platform has no file store");
      body({ files: platform.files, raw, binary: (bytes) => platform.bytes.latin1(bytes, 0, bytes.length) });
    });
  }
}

/** The rules for a store without a platform. */
export function describeStore(name: string, make: () => StoreFixture | Promise<StoreFixture>): void {
  describe(`rules of a file store on ${name}`, () => {
    for (const [title, body] of FILE_RULES) it(title, async () => body(await make()));
  });
}
