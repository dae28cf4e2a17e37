// Files packed into a program: the pack's text, the store over it, and the same on Node, the virtual board and the interpreter.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { esp32 } from "../../boards/esp32.js";
import { buildBundle, buildNode, formatReport, isBuildError, readPack } from "../../cli/build/index.js";
import type { PackedFile } from "../../cli/build/index.js";
import { packText } from "../../cli/build/pack.js";
import { createProgram } from "../../cli/main.js";
import { Err, type OpenFile } from "../../src/core/port.js";
import { packedFiles } from "../../src/http/packed-files.js";
import { packed as none } from "../../src/packed/packed.js";
import { linesOf, temporaryDir } from "./build-support.js";
import { asStore } from "./files-support.js";
import { contents, type StoreFixture } from "./port-contract/rules-files.js";
import { printed } from "./virtual-board-support.js";

const ALL = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("").repeat(5);
const PAGE = `<p class="x">\t${"line\n".repeat(200)}</p>`;
const FILES: Record<string, string> = {
  "all.bin": ALL,
  "empty.txt": "",
  "index.html": PAGE,
  "js/app.js": `/* a comment */ var s = "\\x41\`";\n`,
  "js/deep/er.txt": "er",
  "one.bin": "\xff",
  "star.txt": "ends with *",
  "t/slash.txt": "/ at the start, \xc3\xa9 inside",
};

const PROGRAM = `
import { packedFiles } from "meerkat/http";
import { packed } from "meerkat/packed";

const files = packedFiles(packed);

function walk(dir: string): void {
  const names = files.list(dir) || [];
  for (let i = 0; i < names.length; i++) {
    const path = dir ? dir + "/" + names[i] : names[i];
    if (path.slice(-1) === "/") walk(path.slice(0, -1));
    else tell(path);
  }
}

function tell(path: string): void {
  const file = files.open(path);
  const info = files.stat(path);
  if (!file || !info) return;
  let sum = 0;
  let at = 0;
  while (at < file.size) {
    const part = file.read(at, 101) as string;
    for (let i = 0; i < part.length; i++) sum = (sum * 31 + part.charCodeAt(i)) % 16777213;
    at += part.length;
  }
  console.log(path + " " + at + " " + info.size + " " + sum + " " + info.hash);
}

console.log("begin of output");
walk("");
console.log("end of output");
`;

function storeOf(files: readonly PackedFile[], roomBytes?: number): StoreFixture {
  const { text } = packText(files, roomBytes);
  return asStore(packedFiles({
    text: (from, to) => text.slice(from, to),
    decode: (base64) => Buffer.from(base64, "base64").toString("latin1"),
  }));
}

function hashOf(binary: string): string {
  return createHash("sha256").update(binary, "latin1").digest("hex").slice(0, 16);
}

/** What {@link PROGRAM} prints of the files. */
function expected(): string[] {
  return Object.entries(FILES).map(([name, bytes]) => {
    let sum = 0;
    for (let i = 0; i < bytes.length; i++) sum = (sum * 31 + bytes.charCodeAt(i)) % 16777213;
    return `${name} ${bytes.length} ${bytes.length} ${sum} ${hashOf(bytes)}`;
  });
}

describe("files packed into a program", function () {
  this.timeout(120_000);
  const dir = temporaryDir();
  const www = join(dir, "www");
  const app = join(dir, "app.ts");

  before(() => {
    for (const [name, bytes] of Object.entries(FILES)) {
      mkdirSync(join(www, name, ".."), { recursive: true });
      writeFileSync(join(www, name), bytes, "latin1");
    }
    writeFileSync(join(www, ".secret"), "not packed");
    mkdirSync(join(www, ".git"));
    writeFileSync(join(www, ".git", "config"), "not packed");
    symlinkSync("nowhere", join(www, "dangling"));
    writeFileSync(app, PROGRAM);
  });

  it("are read back with every byte, in pieces of any size, with the hash of their contents", () => {
    const store = storeOf(readPack(www, true));
    for (const [name, bytes] of Object.entries(FILES)) {
      for (const piece of [1, 2, 3, 100, 10_000]) assert.equal(contents(store, name, piece), bytes, `${name} by ${piece}`);
      assert.deepEqual(store.files.stat(name), { size: bytes.length, mtimeMs: 0, isDirectory: false, hash: hashOf(bytes) });
    }
    const file = store.files.open("all.bin") as OpenFile;
    for (let at = 0; at < 8; at++) assert.equal(file.read(at, 5), ALL.slice(at, at + 5));
    assert.equal(file.read(1279, 9), "\xff");
    assert.equal(file.read(1280, 9), "");
    file.close();
    assert.equal(file.read(0, 1), undefined);
  });

  it("are listed as directories, without what begins with a dot and without compressed copies", () => {
    const { files } = storeOf(readPack(www, true));
    assert.deepEqual(files.list(""), ["all.bin", "empty.txt", "index.html", "js/", "one.bin", "star.txt", "t/"]);
    assert.deepEqual(files.list("js"), ["app.js", "deep/"]);
    assert.deepEqual(files.list("js/deep"), ["er.txt"]);
    assert.equal(files.stat("js")?.isDirectory, true);
    for (const path of ["nowhere", "index.html/", "j", "all.bin\t1280", "js/app.js\n", "/js", "js/", ".secret", "all.bin\t1280\tx\t0\tb\nempty.txt"]) {
      assert.equal(files.list(path), undefined, path);
      assert.equal(files.stat(path), undefined, path);
      assert.equal(files.open(path), undefined, path);
    }
  });

  it("cannot be changed", () => {
    const { files } = storeOf(readPack(www, true));
    assert.equal(files.create("new"), Err.NotSupported);
    assert.equal(files.remove("all.bin"), Err.NotSupported);
  });

  it("have a compressed copy as NAME.gz where that saves a tenth, unless --no-gzip or a file of that name", () => {
    const store = storeOf(readPack(www, true));
    const zipped = contents(store, "index.html.gz") as string;
    assert.equal(gunzipSync(Buffer.from(zipped, "latin1")).toString("latin1"), PAGE);
    assert.ok(zipped.length < PAGE.length * 0.9);
    assert.equal(store.files.stat("index.html.gz")?.hash, hashOf(zipped));
    assert.equal(store.files.stat("one.bin.gz"), undefined);
    assert.equal(storeOf(readPack(www, false)).files.stat("index.html.gz"), undefined);
    writeFileSync(join(www, "index.html.gz"), "own");
    assert.equal(contents(storeOf(readPack(www, true)), "index.html.gz"), "own");
    rmSync(join(www, "index.html.gz"));
  });

  it("go without compressed copies where there is no room for them", () => {
    const files = readPack(www, true);
    const whole = packText(files).text.length;
    assert.equal(packText(files).twinCount, 2);
    assert.equal(packText(files, 0).twinCount, 0);
    let twins = 2;
    for (let room = whole + 50; room > 0; room -= 25) {
      const pack = packText(files, room);
      assert.ok(pack.twinCount <= twins && (pack.twinCount === 0 || pack.text.length <= room));
      twins = pack.twinCount;
    }
  });

  it("are empty without --pack, and refuse a missing directory and names that a bundle cannot hold", () => {
    const empty = packedFiles(none);
    assert.deepEqual(empty.list(""), []);
    assert.equal(empty.stat("index.html"), undefined);
    assert.throws(() => readPack(join(dir, "missing"), true), (e) => isBuildError(e) && /there is no such directory/.test(e.message));
    for (const name of ["a*", "\u00e9", "tab\t"]) {
      const odd = join(dir, `odd${name.charCodeAt(0)}`);
      mkdirSync(odd);
      writeFileSync(join(odd, name), "x");
      assert.throws(() => readPack(odd, true), (e) => isBuildError(e) && /names in a pack/.test(e.message));
    }
  });

  it("are the same on Node and on the virtual board", async () => {
    const pack = readPack(www, true);
    const out = join(dir, "app.mjs");
    await buildNode({ app, pack, out });
    assert.deepEqual(await linesOf(process.execPath, [out]), expected());
    const { code } = await buildBundle({ app, board: esp32, pack });
    const lines = printed(code);
    assert.deepEqual(lines.slice(lines.indexOf("begin of output") + 1, lines.indexOf("end of output")), expected());
  });

  it("are the same on Espruino (skipped without $ESPRUINO)", async function () {
    if (!process.env.ESPRUINO) return this.skip();
    const out = join(dir, "board.js");
    await buildBundle({ app, board: esp32, pack: readPack(www, true), out });
    assert.deepEqual(await linesOf(process.env.ESPRUINO, [out]), expected());
  });

  it("leave the bundle ES5 in ASCII, its source map true, and are counted in the report", async () => {
    const { code, map, report } = await buildBundle({ app, board: esp32, pack: readPack(www, true) });
    assert.match(code, /^[\t\n\x20-\x7e]*$/);
    const at = code.indexOf("begin of output");
    const before = code.slice(0, at).split("\n");
    const entry = new SourceMap(JSON.parse(map)).findEntry(before.length - 1, before[before.length - 1].length);
    assert.ok("originalLine" in entry);
    assert.match(readFileSync(app, "utf8").split("\n")[entry.originalLine], /begin of output/);
    assert.deepEqual([report.pack?.files, report.pack?.twins], [8, 2]);
    assert.match(formatReport(report), /\n +of these \d+ are 8 packed files, 2 of them compressed too\n/);
    assert.equal(report.bytes, code.length);
  });

  it("stay out of a program that does not ask for them", async () => {
    writeFileSync(join(dir, "without.ts"), 'console.log("nothing");\n');
    const { code, report } = await buildBundle({ app: join(dir, "without.ts"), board: esp32, pack: readPack(www, true) });
    assert.ok(!code.includes("MEERKAT_PACK"));
    assert.equal(report.pack, undefined);
  });

  it("come in with --pack DIR of run, sim and build, without copies with --no-gzip", () => {
    for (const name of ["run", "sim", "build"]) {
      const flags = createProgram().commands.find((command) => command.name() === name)?.options.map((option) => option.flags);
      assert.ok(flags?.includes("--pack <DIR>") && flags.includes("--no-gzip"), name);
    }
  });
});
