// From an app to the file that is flashed: it runs, it is small, it maps back, and it does not exceed the board.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseBundle } from "../../cli/build/ast.js";
import { boardDefines, buildBundle, buildNode, formatReport, isBuildError } from "../../cli/build/index.js";
import type { Bundle } from "../../cli/build/index.js";
import { esp32 } from "../../boards/esp32.js";
import { esp8266 } from "../../boards/esp8266.js";
import { fixture, linesOf, temporaryDir } from "./build-support.js";

const DEFINES = { NAME: "Zoë" };

describe("a bundle", function () {
  this.timeout(120000);
  const dir = temporaryDir();
  const out = join(dir, "deep/all.js");
  const nodeOut = join(dir, "all.mjs");
  let bundle: Bundle;
  let expected: string[];

  before(async () => {
    bundle = await buildBundle({ app: fixture("all.ts"), board: esp32, defines: DEFINES, out });
    await buildNode({ app: fixture("all.ts"), defines: DEFINES, out: nodeOut });
    expected = await linesOf(process.execPath, [nodeOut]);
  });

  it("prints on Node what the program itself prints there", async () => {
    assert.ok(expected.length > 40, expected.join("\n"));
    // Standard output is text on Node; the board's strings are bytes already.
    const print = 'console.log = (...v) => process.stdout.write(v.map(String).join(" ") + "\\n", "latin1");';
    const board = await linesOf(process.execPath, ["-e", print + bundle.code]);
    assert.deepEqual(board, expected);
  });

  it("prints the same on Espruino (skipped without $ESPRUINO)", async function () {
    if (!process.env.ESPRUINO) return this.skip();
    assert.deepEqual(await linesOf(process.env.ESPRUINO, [out]), expected);
  });

  it("prints the same on Espruino when it is not minified (skipped without $ESPRUINO)", async function () {
    if (!process.env.ESPRUINO) return this.skip();
    const readable = join(dir, "readable.js");
    await buildBundle({ app: fixture("readable.ts"), board: esp32, out: readable, minify: false });
    const [line] = await linesOf(process.env.ESPRUINO, [readable]);
    assert.ok(expected.includes(line), line);
  });

  it("is whole also where the program is below a directory called src", async () => {
    mkdirSync(join(dir, "src"));
    const app = join(dir, "src/main.ts");
    writeFileSync(app, 'import "./part.js";\nconsole.log("main");\n');
    writeFileSync(join(dir, "src/part.ts"), 'console.log("part");\n');
    const { code } = await buildBundle({ app, board: esp32 });
    assert.match(code, /"part"[^]*"main"/);
  });

  it("is written to the file, with its source map beside it", () => {
    assert.equal(readFileSync(out, "utf8"), bundle.code);
    assert.equal(readFileSync(out + ".map", "utf8"), bundle.map);
    assert.ok(existsSync(nodeOut + ".map"));
  });

  it("is ES5 in ASCII, without a trace of the environment it was built in", () => {
    parseBundle(bundle.code);
    assert.match(bundle.code, /^[\x20-\x7e\n]*$/);
    assert.ok(!bundle.code.includes("sourceMappingURL"));
    assert.equal(bundle.bytes, bundle.code.length);
    assert.deepEqual(bundle.warnings, []);
  });

  it("has literals where the program has constants", () => {
    for (const name of ["EV_OPEN", "EV_DATA", "EV_CLOSE", "LIMIT"]) assert.ok(!bundle.code.includes(name), name);
    assert.match(bundle.code, /\(3,"closed: "\+/);
    assert.match(bundle.code, /case 1:\w+\.push\("open "/);
  });

  it("keeps shared functions at its top, also those used once from inside another function", () => {
    const statements = parseBundle(bundle.code).body as unknown as TopLevel[];
    const handler = statements.filter(
      (s) => s.type === "FunctionDeclaration" && bundle.code.slice(s.start, s.end).includes("closed: "),
    );
    assert.equal(handler.length, 1);
    const first = statements.findIndex((s) => s.type !== "FunctionDeclaration");
    assert.ok(statements.slice(first).every((s) => s.type !== "FunctionDeclaration"));
  });

  it("stands without a function around it, and calls nothing as the firmware calls a pin or its own object", () => {
    assert.ok(!/^[!(]/.test(bundle.code));
    const names = (parseBundle(bundle.code).body as unknown as { type: string; id?: { name: string } }[]).map((s) => s.id?.name);
    assert.ok(names.some((name) => name));
    assert.deepEqual(names.filter((name) => /^([A-Z]\d|E)$/.test(name ?? "")), []);
  });

  it("leaves out what nothing uses", () => {
    assert.ok(!bundle.code.includes("unused class"));
  });

  it("has no private names of classes left", () => {
    for (const name of ["_handler", "_slots", "_count", "_items"]) assert.ok(!bundle.code.includes(name), name);
  });

  it("maps its code back to the lines of the sources", () => {
    const at = bundle.code.indexOf('"closed: "');
    const map = new SourceMap(JSON.parse(bundle.map));
    const entry = map.findEntry(0, at) as { originalSource: string; originalLine: number };
    assert.equal(resolve(dirname(out), entry.originalSource), fixture("parts/station.ts"));
    const line = readFileSync(fixture("parts/station.ts"), "utf8").split("\n")[entry.originalLine];
    assert.match(line, /closed: /);
  });

  it("comes with a short report", () => {
    const text = formatReport(bundle.report);
    assert.ok(text.split("\n").length <= 12);
    assert.match(text, /ESP32 \(esp32\)/);
    assert.match(text, new RegExp(`${bundle.bytes} of ${esp32.storageBytes} bytes`));
    assert.match(text, /32 pages of 512 bytes/);
  });
});

interface TopLevel {
  type: string;
  start: number;
  end: number;
}

describe("building", function () {
  this.timeout(120000);

  it("knows the board's numbers, which a definition may change", async () => {
    const dir = temporaryDir();
    const app = join(dir, "app.ts");
    writeFileSync(
      app,
      "console.log(process.env.MEERKAT_BOARD, process.env.MEERKAT_PAGES, process.env.MEERKAT_CHUNK_BYTES);\n",
    );
    const bundle = await buildBundle({ app, board: esp8266, defines: { MEERKAT_PAGES: "4" } });
    assert.match(bundle.code, /"esp8266","4","268"/);
    assert.deepEqual(bundle.report.pool, { pages: 4, pageBytes: 256 });
    assert.equal(boardDefines(esp8266).MEERKAT_TLS, "0");
  });

  it("takes an app from anywhere, with files of its own", async () => {
    const dir = temporaryDir();
    mkdirSync(join(dir, "lib"));
    writeFileSync(join(dir, "lib/twice.ts"), "export const twice = (n: number): number => n * 2;\n");
    writeFileSync(
      join(dir, "app.ts"),
      'import { twice } from "./lib/twice.js";\nimport { MG_EV_RECV } from "meerkat";\nconsole.log(twice(MG_EV_RECV + Number("1")), [...[1], 2].length);\n',
    );
    const { code } = await buildBundle({ app: join(dir, "app.ts"), board: esp32 });
    assert.match(code, /3\+Number\("1"\)/);
  });

  it("keeps names with _ that may come from elsewhere", async () => {
    const app = join(temporaryDir(), "app.ts");
    writeFileSync(app, "const got = JSON.parse('{\"_id\":1}') as { _id: number };\nconsole.log(got._id);\n");
    assert.match((await buildBundle({ app, board: esp32 })).code, /\._id/);
  });

  it("refuses a program that is too big for its board", async () => {
    const app = join(temporaryDir(), "app.ts");
    writeFileSync(app, "console.log(1);\n");
    const small = { ...esp32, id: "small", title: "Small", variables: 700, storageBytes: 8 };
    await assert.rejects(buildBundle({ app, board: small }), (error) => {
      assert.ok(isBuildError(error));
      assert.deepEqual(
        error.problems.map((p) => p.rule),
        ["budget", "budget"],
      );
      assert.match(error.message, /too big/);
      assert.match(error.message, /Small has 8 for saved code/);
      return true;
    });
  });

  it("says which program or module is not there", async () => {
    await assert.rejects(buildBundle({ app: "no/such.ts", board: esp32 }), /Cannot find the program no\/such\.ts/);
    await assert.rejects(buildNode({ app: fixture("../build") }), /a program is a TypeScript file/);
    const app = join(temporaryDir(), "app.ts");
    writeFileSync(app, 'import "meerkat/nothing";\n');
    await assert.rejects(buildBundle({ app, board: esp32 }), /Unknown module "meerkat\/nothing"/);
  });
});
