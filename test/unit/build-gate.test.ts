// What the build refuses, where it says it is, and what it lets pass.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gateOutput } from "../../cli/build/gate-output.js";
import { regexTrouble } from "../../cli/build/gate-regex.js";
import type { Problem } from "../../cli/build/index.js";
import { fixture, problemsOf, temporaryDir } from "./build-support.js";

describe("gate on the sources", function () {
  this.timeout(60000);
  const file = fixture("refused.ts");
  let problems: Problem[];

  before(async () => {
    problems = await problemsOf(file);
  });

  // One test for each marked line, so that a rule that stops working says which.
  readFileSync(file, "utf8")
    .split("\n")
    .forEach((line, at) => {
      const mark = /^(.*?)\s*\/\/ ! (.*)$/.exec(line);
      if (!mark) return;
      it(`refuses \`${mark[1].trim()}\``, () => {
        const found = problems.filter((p) => p.line === at + 1).map((p) => p.rule);
        assert.deepEqual(found.sort(), mark[2].split(", ").sort());
      });
    });

  it("refuses nothing else in that file", () => {
    const marked = readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.includes("// ! "));
    assert.deepEqual(
      problems.filter((p) => !marked[p.line - 1]),
      [],
    );
  });

  it("names file, line, column, and what to write instead", () => {
    const label = problems.find((p) => p.rule === "label");
    assert.equal(label?.file, file);
    assert.equal(label?.column, 3);
    assert.match(label?.what ?? "", /no labels/);
    assert.match(label?.instead ?? "", /a function that returns/);
  });

  it("lets mistakes of type speak for themselves", async () => {
    const wrong = join(temporaryDir(), "wrong.ts");
    writeFileSync(wrong, 'const n: number = "one";\nconsole.log(n);\n');
    const [only, ...more] = await problemsOf(wrong);
    assert.deepEqual([only.file, only.line, only.rule, more.length], [wrong, 1, "types", 0]);
    assert.match(only.what, /TS2322/);
  });
});

describe("gate on the finished bundle", function () {
  this.timeout(60000);

  it("finds the place in the source of what only minified code shows", async () => {
    const [problem] = await problemsOf(fixture("accessor.ts"));
    assert.deepEqual([problem.file, problem.line, problem.rule], [fixture("accessor.ts"), 4, "accessor-name"]);
  });

  const refused: [rule: string, code: string][] = [
    ["es5", "f(()=>1)"],
    ["label", "a:for(;;)break a"],
    ["case-after-default", "switch(a){default:f();case 1:}"],
    ["global", "new Map"],
    ["reserved-name", "function f(of){return of}"],
    ["long-name", `f.${"a".repeat(64)}`],
    ["wide-string", 'f("\\u20ac")'],
    ["ascii", 'f("é")'],
    ["accessor-name", "f({get in(){return 1}})"],
    ["accessor-name", 'f({set "a-b"(x){}})'],
  ];
  for (const [rule, code] of refused) {
    it(`refuses \`${code.slice(0, 40)}\``, () =>
      assert.deepEqual(
        gateOutput(code, null, ".").map((p) => p.rule),
        [rule],
      ));
  }

  const allowed = [
    'f("undefined"==typeof Map?1:new Map)',
    "f(typeof Symbol)",
    "f({get a(){return 1},default:1})",
    'f("\\xff",o.default)',
    "switch(a){case 1:default:f()}",
    "(function(Map){new Map})()",
    `f.${"a".repeat(63)}`,
  ];
  for (const code of allowed) {
    it(`allows \`${code.slice(0, 40)}\``, () => assert.deepEqual(gateOutput(code, null, "."), []));
  }
});

describe("regexTrouble", () => {
  const safe = [
    "abc",
    "^a+$",
    "[a-z]*",
    "(a)(b)",
    "(\\d+)\\.(\\d+)",
    "\\s*,\\s*",
    "a|b|c",
    "[^\\]]",
    "\\?",
    "\\{",
    "\\x41",
    "[?{(|)]",
    "a|b$",
  ];
  for (const source of safe)
    it(`finds nothing wrong with /${source}/`, () => assert.equal(regexTrouble(source, "gi"), undefined));

  const unsafe = [
    "a?",
    "a+?",
    "a{2}",
    "(?:a)",
    "(?=a)",
    "(?<n>a)",
    "\\bx",
    "\\u0041",
    "(a)\\1",
    "(a|b)",
    "(a)+",
    "((a))",
    "^a|b",
    "[[]",
    "[]",
    "é",
  ];
  for (const source of unsafe)
    it(`finds fault with /${source}/`, () => assert.equal(typeof regexTrouble(source, ""), "string"));

  it("finds fault with more than nine groups, and with flags but g and i", () => {
    assert.equal(typeof regexTrouble("(a)".repeat(10), ""), "string");
    assert.equal(regexTrouble("(a)".repeat(9), ""), undefined);
    for (const flag of ["m", "s", "u", "y"]) assert.equal(typeof regexTrouble("a", flag), "string", flag);
  });
});
