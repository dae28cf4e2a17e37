// Methods that a bundle never names are left out of it; what could be reached otherwise stays.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { esp32 } from "../../boards/esp32.js";
import { buildBundle } from "../../cli/build/index.js";
import { dropMethods } from "../../cli/build/drop-methods.js";
import { temporaryDir } from "./build-support.js";

const CLASSES = new Set(["A"]);

/** The bundle of some statements, and the names of what is dropped from it. */
function dropped(...statements: string[]): string[] {
  return dropMethods(`(function(){function A(){}\n${statements.join("\n")}\n})()`, CLASSES)?.dropped ?? [];
}

function method(name: string, body = ""): string {
  return `A.prototype.${name} = function () {${body}};`;
}

describe("dropMethods", () => {
  it("drops a method that nothing names, and its text with it", () => {
    const code = `(function(){function A(){}${method("one", "log(1)")}${method("two", "log(2)")}new A().one();})()`;
    const result = dropMethods(code, CLASSES);
    assert.deepEqual(result?.dropped, ["two"]);
    assert.equal(result?.code, `(function(){function A(){}${method("one", "log(1)")}new A().one();})()`);
  });

  it("answers null when every method is used", () => {
    assert.equal(dropMethods(`${method("one")} a.one();`, CLASSES), null);
  });

  it("keeps a method that is named after a dot, in brackets, as a key or in any string", () => {
    assert.deepEqual(dropped(method("one"), "x.one();"), []);
    assert.deepEqual(dropped(method("one"), 'x["one"]();'), []);
    assert.deepEqual(dropped(method("one"), "f({ one: 1 });"), []);
    assert.deepEqual(dropped(method("one"), 'var name = "one"; x[name]();'), []);
    assert.deepEqual(dropped(method("one"), "x.one = 1;"), []);
  });

  it("does not take a variable of the same name for a use", () => {
    assert.deepEqual(dropped(method("one"), "var one = 1; x[one] = f(one);"), ["one"]);
  });

  it("keeps what a used method uses, and what that uses", () => {
    const chain = [method("one", "this.two()"), method("two", "this.three()"), method("three")];
    assert.deepEqual(dropped(...chain, "x.one();"), []);
    assert.deepEqual(dropped(...[...chain].reverse(), "x.one();"), []);
  });

  it("drops what only dropped methods use, also when they use each other or themselves", () => {
    const chain = [method("one", "this.two()"), method("two", "this.three()"), method("three")];
    assert.deepEqual(dropped(...chain, "x.two();"), ["one"]);
    assert.deepEqual(dropped(...chain), ["one", "two", "three"]);
    assert.deepEqual(dropped(method("one", "this.two()"), method("two", "this.one()")), ["one", "two"]);
    assert.deepEqual(dropped(method("one", "this.one()")), ["one"]);
  });

  it("drops what the program never names of the board's platform, wherever it stands in the object", () => {
    const platform = (...parts: string[]): string => `var espruinoPlatform = { ${parts.join(", ")} };`;
    const result = dropMethods(`${platform("one: one", "two: f", "three: f", "four: f,")} x.two();`, CLASSES);
    assert.deepEqual(result?.dropped, ["one", "three", "four"]);
    assert.equal(result?.code.replace(/\s+/g, " "), "var espruinoPlatform = { two: f, }; x.two();");
    assert.deepEqual(dropped("var other = { one: f };"), []);
    assert.deepEqual(dropped(platform("files: f"), "Object.defineProperty(A.prototype, \"files\", { get: function () { return this.p.files; } });"), ["files", "files"]);
  });

  it("drops what only a function uses that only dropped methods call", () => {
    const shared = [method("one", "help(this)"), method("two"), "function help(a) { a.two(); }"];
    assert.deepEqual(dropped(...shared), ["one", "two"]);
    assert.deepEqual(dropped(...shared, "help(x);"), ["one"]);
  });

  it("drops accessors that are neither read nor written", () => {
    const size = 'Object.defineProperty(A.prototype, "size", { get: function () { return this.two(); } });';
    assert.deepEqual(dropped(size, method("two")), ["size", "two"]);
    assert.deepEqual(dropped(size, method("two"), "f(x.size);"), []);
    assert.deepEqual(dropped(size, method("two"), "x.size = 1;"), []);
  });

  it("keeps methods that the language calls, methods of other classes, and defaults", () => {
    assert.deepEqual(dropped(method("toString"), method("toJSON"), method("valueOf")), []);
    assert.deepEqual(dropped("B.prototype.one = function () {};"), []);
    assert.deepEqual(dropped("A.prototype.one = 0;"), []);
    assert.deepEqual(dropped("A.prototype.one = A.prototype.two = function () {};"), []);
  });
});

describe("a bundle without the methods it never names", function () {
  this.timeout(60000);
  const dir = temporaryDir();

  /** The readable bundle of a program that has a manager `mgr`. */
  async function bundleOf(body: string): Promise<string> {
    const app = join(dir, "app.ts");
    const head = 'import { Manager } from "meerkat";\nimport { platform } from "meerkat/platform";\n';
    writeFileSync(app, `${head}const mgr = new Manager(platform());\n${body}\n`);
    return (await buildBundle({ app, board: esp32, minify: false })).code;
  }

  it("has the methods the program calls, and not the others", async () => {
    const code = await bundleOf("mgr.list();");
    assert.ok(code.includes("Manager.prototype.list = "));
    assert.ok(!code.includes("Manager.prototype.broadcast = "));
    assert.ok(!code.includes("Connection.prototype.printf = "));
  });

  it("has all of them when the program makes up names of methods at run time", async () => {
    const key = 'const key = "broad" + "cast" + process.env.MORE;\n';
    const open = "const any = mgr as unknown as Record<string, (f: () => void) => void>;\n";
    for (const use of ["any[key](() => {});", "const f = any[key]; f(() => {});", "const { [key]: f } = any; f(() => {});"]) {
      assert.ok((await bundleOf(key + open + use)).includes("Manager.prototype.broadcast = "), use);
    }
  });

  it("does not mind tables of numbers, nor lists of functions", async () => {
    const code = await bundleOf(
      'const sums: Record<string, number> = {}; sums[process.env.A + "b"] = 1;\nconst all = [() => {}]; all[sums.a]();',
    );
    assert.ok(!code.includes("Manager.prototype.broadcast = "));
  });

  it("leaves classes of the program alone, whatever their names", async () => {
    const code = await bundleOf("class Pool { idle() {} }\nmgr.run(); console.log(new Pool());");
    assert.ok(/Pool(\$1)?\.prototype\.idle = /.test(code));
  });
});
