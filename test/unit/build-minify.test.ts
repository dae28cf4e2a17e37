// terser's output, as far as Espruino is particular about it.

import assert from "node:assert/strict";
import { parseBundle, walk } from "../../cli/build/ast.js";
import { minify } from "../../cli/build/minify.js";

const NONE: ReadonlySet<string> = new Set();

/** Every identifier of the code, properties included. */
function identifiers(code: string): Set<string> {
  const names = new Set<string>();
  walk(parseBundle(code), (node) => {
    if (node.type === "Identifier") names.add(node.name as string);
  });
  return names;
}

describe("minify", function () {
  this.timeout(30000);

  it("never calls a variable `of`, which is a word of the language on Espruino", async () => {
    let code = "";
    for (let i = 0; i < 4000; i++) code += `function name${i}(){return name${(i + 1) % 4000}}`;
    const { code: small } = await minify(`(function(){${code}use(name1)})()`, NONE);
    const names = identifiers(small);
    // Enough names were given out for `of` to have come up.
    assert.ok([...names].filter((name) => name.length === 2).length > 2000);
    for (const word of ["of", "let", "static"]) assert.ok(!names.has(word), word);
  });

  it("never gives a private property a name that every object has on Espruino", async () => {
    const privates = new Set<string>();
    let code = "";
    for (let i = 0; i < 4000; i++) {
      privates.add(`_p${i}`);
      code += `o._p${i}=1;`;
    }
    const names = identifiers((await minify(`(function(o){${code}})(x)`, privates)).code);
    assert.ok([...names].filter((name) => name.length === 2).length > 2000);
    for (const word of ["on", "opt", "res", "svr", "cls"]) assert.ok(!names.has(word), word);
  });

  it("shortens only the property names it was given, and none that is also used in quotes", async () => {
    const code = '(function(o){o._a=1;o._b=o._c;o["_c"]=2})(x)';
    const { code: small } = await minify(code, new Set(["_a", "_c"]));
    assert.ok(!small.includes("_a") && small.includes("_b") && small.includes("_c"), small);
  });

  it("does not move a function into another that uses it", async () => {
    const code =
      "(function(){function h(){log(1)}var k=function(){log(2)};x.go=function(){on(h);on(k)};x.more=function(){on(1)}})()";
    const { code: small } = await minify(code, NONE);
    assert.match(small, /\.go=function\(\)\{on\(\w+\),on\(\w+\)\}/);
  });

  it("keeps guards as they are, because nesting costs stack", async () => {
    const { code } = await minify("(function(){x.f=function(a){if(!a)return;b(a);c(a)}})()", NONE);
    assert.match(code, /if\(!\w+\)return;/);
  });

  it("writes ASCII only, and leaves out parameters that nothing uses", async () => {
    const { code } = await minify('(function(){x.f=function(a,b){return a+"\xff"}})()', NONE);
    assert.match(code, /function\(\w\)\{return \w\+"\\xff"\}/);
  });
});
