// What happens to a single module: text as bytes, natives replaced, environment, classes, templates, constants.

import assert from "node:assert/strict";
import { inlineConstants } from "../../cli/build/inline-constants.js";
import { passModule } from "../../cli/build/module-pass.js";
import type { ModulePass } from "../../cli/build/module-pass.js";

const BOARD: ModulePass = { defines: { NAME: "Zoë", PORT: "80" }, dropUndefined: true, text: true, flatten: true };
const NODE: ModulePass = { defines: { PORT: "80" }, dropUndefined: false, text: false, flatten: false };

function passed(code: string, pass = BOARD): string {
  return passModule(code, pass)?.code ?? code;
}

describe("module pass", () => {
  it("writes text beyond ASCII as its UTF-8 bytes", () => {
    assert.equal(
      passed('f("é€", "\\u00e9", "\\ud83d\\ude00", "\\x41")'),
      'f("\\xc3\\xa9\\xe2\\x82\\xac", "\\xc3\\xa9", "\\xf0\\x9f\\x98\\x80", "\\x41")',
    );
  });

  it("makes U+FFFD of half a pair, as sending it from Node would", () => {
    assert.equal(passed('f("\\ud800")'), 'f("\\xef\\xbf\\xbd")');
  });

  it("writes keys in quotes as bytes too", () => {
    assert.equal(passed('f({ "naïve": 1 })'), 'f({ "na\\xc3\\xafve": 1 })');
  });

  it("leaves comments, file names and plain ASCII alone", () => {
    const code = '/* "é" process.env.PORT */ import "./é.js"; f("plain");';
    assert.equal(passed(code), code);
  });

  it("leaves strings as they are for Node", () => {
    assert.equal(passed('f("é", String.fromCharCode(233))', NODE), 'f("é", String.fromCharCode(233))');
  });

  it("puts shims in the place of natives that do not know UTF-8", () => {
    const code = passed("f(String.fromCharCode(a), JSON.stringify(b), encodeURIComponent(c))");
    assert.match(code, /f\(\$fromCharCode\(a\), \$jsonStringify\(b\), \$encodeComponent\(c\)\)$/);
    for (const name of ["fromCharCode", "jsonStringify", "encodeComponent"]) {
      assert.ok(code.includes(`import { ${name} as $${name} } from "meerkat:shims";`), name);
    }
  });

  it("imports only the shims that are used", () => {
    assert.equal(passed("f(JSON.parse(a), String(b))"), "f(JSON.parse(a), String(b))");
  });

  it("puts shims in the place of searches for text, whatever stands in parentheses or in a row", () => {
    const body = (code: string): string => passed(code).replace(/^(import [^;]*;)+/, "");
    assert.equal(body("f(x.indexOf(n), x.includes(n, 2))"), "f($textIndexOf((x), (n)), $textIncludes((x), (n), (2)))");
    assert.equal(body("(a, b).indexOf((c, d))"), "$textIndexOf((a, b), (c, d))");
    assert.equal(body('"a".concat(b).replace(c, "é").indexOf(d)'), '$textIndexOf(($textReplace((("a"+(b))), (c), ("\\xc3\\xa9"))), (d))');
    assert.equal(body("((a).replaceAll(b, c)).includes(d)"), "$textIncludes(($textReplaceAll((a), (b), (c))), (d))");
  });

  it("leaves searches that the native does right, or that have other arguments", () => {
    const code = 'f(x.indexOf(":"), x.includes("a", 1), x.replace(/a/g, b), ops.indexOf(a, b, 0), x.indexOf(), x.split(a))';
    assert.equal(passed(code), code);
    assert.equal(passed("f(x.indexOf(n))", NODE), "f(x.indexOf(n))");
    assert.match(passed('x.indexOf("é")'), /textIndexOf/);
  });

  it("does not touch a variable of the program that has the name of a native", () => {
    const code = "function g(JSON, String) { return JSON.stringify(String.fromCharCode(1)); }";
    assert.equal(passed(code), code);
  });

  it("substitutes what is defined, by name or in brackets", () => {
    assert.equal(passed('f(process.env.PORT, process.env["PORT"], process.env.NAME)'), 'f("80", "80", "Zo\\xc3\\xab")');
  });

  it("makes undefined of what is not defined on a board, and leaves it on Node", () => {
    assert.equal(passed("f(process.env.OTHER)"), "f(void 0)");
    assert.equal(passed("f(process.env.OTHER, process.env.PORT)", NODE), 'f(process.env.OTHER, "80")');
  });

  it("does not take the names of Object.prototype for definitions", () => {
    assert.equal(passed("f(process.env.constructor, toString.call(x))"), "f(void 0, toString.call(x))");
  });

  it("does not substitute in strings, nor a process of the program's own", () => {
    const code = 'f("process.env.PORT", function (process) { return process.env.PORT; })';
    assert.equal(passed(code), code);
  });

  it("leaves assignments to the environment", () => {
    assert.equal(passed('process.env.PORT = "1"'), 'process.env.PORT = "1"');
  });

  it("adds up what TypeScript concatenates for a template", () => {
    assert.equal(passed('f("a".concat(b, " c").concat(d))'), 'f((("a"+(b)+(" c"))+(d)))');
    assert.equal(passed("f(a.concat(b), [].concat(c))"), "f(a.concat(b), [].concat(c))");
  });

  it("takes a class of the module's top out of its function", () => {
    const code =
      "var A = /** @class */ (function () {\n    function A() { }\n    A.prototype.m = function () { return this; };\n    return A;\n}());";
    const flat = passed(code);
    assert.ok(!flat.includes("@class") && !flat.includes("return A;"), flat);
    assert.match(flat, /^function A\(\) \{ \}\s+A\.prototype\.m = function \(\) \{ return this; \};\s*$/);
  });

  it("leaves a class alone that has something of its own in its function", () => {
    const code = "var A = /** @class */ (function () { function A() { } var _a; _a = A; A.x = _a; return A; }());";
    assert.equal(passed(code), code);
  });
});

describe("inlined constants", () => {
  const cases: [title: string, before: string, after: string][] = [
    [
      "are numbers and booleans, also computed from others",
      "var A=1,B=A<<3|2,C=true;f(B,C,A)",
      "var A=1,B=1<<3|2,C=true;f(10,true,1)",
    ],
    ["keep their sign", "var A=-1;f(2-A)", "var A=-1;f(2-(-1))"],
    ["reach into functions", "var A=1;function g(){return A}", "var A=1;function g(){return 1}"],
  ];
  for (const [title, before, after] of cases) it(title, () => assert.equal(inlineConstants(before)?.code, after));

  const kept: [title: string, code: string][] = [
    ["are not what is written to again", "var A=1;A++;f(A)"],
    ["are not what is declared twice", "var A=1;var A=2;f(A)"],
    ["are not strings, which terser knows better", 'var A="x";f(A)'],
    ["are not what has a value only in a branch", "if(x){var A=1}f(A)"],
    ["are not the names of a for-in", "for(var A in {x:1})f(A)"],
    ["are not Infinity or NaN", "var A=1/0,B=0/0;f(A,B)"],
    ["are not parameters", "function g(A){return A}"],
  ];
  for (const [title, code] of kept) it(title, () => assert.equal(inlineConstants(code), null));
});
