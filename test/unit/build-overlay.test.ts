// Functions that stay in flash until they are called: nothing but the memory they take may tell them from ordinary ones.

import assert from "node:assert/strict";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { createContext, Script } from "node:vm";
import { esp32 } from "../../boards/esp32.js";
import { buildBundle } from "../../cli/build/index.js";
import { hoist } from "../../cli/build/hoist.js";
import { movableFunctions, overlay, OVERLAY_KEPT_MAX } from "../../cli/build/overlay.js";
import { chooseMoved } from "../../cli/build/residents.js";
import { fixture, linesOf, temporaryDir } from "./build-support.js";

/** What a program logs, and the world it ran in. */
function run(code: string): { lines: unknown[]; world: Record<string, unknown> } {
  const lines: unknown[] = [];
  const world = createContext({ log: (...values: unknown[]) => lines.push(...values) }) as Record<string, unknown>;
  new Script(code).runInContext(world);
  return { lines, world };
}

/** The program with everything moved that can be; checks that it does the same. */
function moved(source: string): { names: string[]; code: string; lines: unknown[]; world: Record<string, unknown> } {
  const { code } = hoist(source);
  const result = overlay(code, new Set(movableFunctions(code).map(({ name }) => name)));
  const after = run(result?.code ?? code);
  assert.deepEqual(after.lines, run(code).lines);
  return { names: result?.moved.sort() ?? [], code: result?.code ?? code, ...after };
}

describe("overlay", () => {
  it("moves functions that are only called, and their calls give the same", () => {
    const { names, lines } = moved("function a(x,y){return b(x)+y} function b(z){return z*2} log(a(1,2)); log(b(a(3,4)))");
    assert.deepEqual(names, ["a", "b"]);
    assert.deepEqual(lines, [4, 20]);
  });

  it("moves a function that calls itself, while others take its place among those that are kept", () => {
    const others = Array.from({ length: 12 }, (_, i) => `function f${i}(n){return n+${i}}`).join(" ");
    const sum = Array.from({ length: 12 }, (_, i) => `f${i}(n)`).join("+");
    const { lines } = moved(`${others} function all(n){return n ? ${sum} + all(n-1) : 0} log(all(5))`);
    assert.deepEqual(lines, [12 * 15 + 66 * 5]);
  });

  it("keeps no more functions than it says", () => {
    const many = Array.from({ length: 30 }, (_, i) => `function f${i}(){return ${i}} log(f${i}());`).join("");
    const { world } = moved(many);
    assert.ok(Object.keys(world.$k as object).length <= OVERLAY_KEPT_MAX);
  });

  it("looks up the callee before the arguments, passes as many as there are, and takes any number up to seven", () => {
    moved("function g(v){log(v);return v} function f(a,b,c,d,e,h,i){log(a,b,c,d,e,h,i)} f(g(1),g(2)); f(1,2,3,4,5,6,7); f(); f(1,2,3,4,5,6,7,8)");
  });

  it("lets exceptions through, and finally after them", () => {
    moved("function f(x){if(x)throw x;return 1} function g(x){try{return f(x)}catch(e){return 'caught '+e}finally{log('end')}} log(g(0)); log(g(2))");
  });

  it("renames parameters wherever they are meant: in inner functions, in `var` of the same name, and nowhere else", () => {
    const { lines } = moved("function f(a,o){var a;function in1(){return a+o.a}var in2=function(a){return a*2};return in1()+in2(5)} log(f(1,{a:2}))");
    assert.deepEqual(lines, [13]);
  });

  it("leaves functions alone that are values, that look at `arguments`, that have more than seven parameters or are declared twice", () => {
    const value = "function a(){return 1} var t={a:a}; log(t.a(),a());";
    const args = "function b(){return arguments.length} log(b(1,2));";
    const many = "function c(a,b,c,d,e,f,g,h){return h} log(c(1,2,3,4,5,6,7,8));";
    const comment = "function d(){return '*/'.length} log(d());";
    assert.deepEqual(moved(value + args + many + comment).names, []);
  });

  it("has long texts read from flash where they can stand in a comment, line ends included", () => {
    const long = (text: string): string => `log(${JSON.stringify(text.repeat(60))});`;
    const { code, lines } = moved("var before=1;" + long("ab") + long("a\n") + long("*/") + long("é") + long("*{}") + long("\r\n") + 'log(Object.keys({"' + "k".repeat(120) + '":1})[0]);' + `function f(){return"${"r".repeat(120)}"} log(f());`);
    assert.equal(code.match(/\$f\.slice\(/g)?.length, 6, "four texts, and twice in the maker");
    assert.equal(lines.length, 8);
  });

  it("makes a regular expression where it is used, when only moved functions use it", () => {
    const { code } = moved("var r=/b+/,s=/c+/,g=/d/g; function f(t){return r.test(t)} function h(t){if(t)s.test(t);return g.test(t)} log(f('abb'),h('d'),h('d'))");
    assert.match(code, /return \/b\+\/\.test/);
    assert.match(code, /if\(\$0\)s\.test/);
    assert.match(code, /g=\/d\/g/);
  });

  it("maps what was moved to where it was", () => {
    const { code } = hoist("function f(){\n  log(1);\n}\nlog(0);\nf();");
    const result = overlay(code, new Set(["f"]))!;
    const map = new SourceMap(JSON.parse(result.map.toString()) as ConstructorParameters<typeof SourceMap>[0]);
    const before = result.code.slice(0, result.code.indexOf("log(1)"));
    const entry = map.findEntry(before.split("\n").length - 1, before.length - before.lastIndexOf("\n") - 1);
    assert.equal((entry as { originalLine: number }).originalLine, 1);
  });

  it("answers null when there is nothing to move", () => {
    assert.equal(overlay("log(1)", new Set(["f"])), null);
  });
});

describe("chooseMoved", () => {
  const movable = ["cold", "mine", "onDrained", "write"].map((name) => ({ name, variables: 10 }));
  const own = new Set(["cold", "write", "onDrained"]);
  const chosen = (idle: number): string[] => [...chooseMoved(movable, new Map(), own, { board: { ...esp32, variables: 1000 }, idle })];

  it("moves nothing while there is room", () => {
    assert.deepEqual(chosen(300), []);
  });

  it("moves what is not known to run often, then the program's own, then what runs least", () => {
    assert.deepEqual(chosen(365), ["cold"]);
    assert.deepEqual(chosen(390).slice(0, 3), ["cold", "onDrained", "mine"]);
    assert.deepEqual(chosen(2000).at(-1), "write");
  });
});

describe("a bundle for a small board", function () {
  this.timeout(240000);
  const dir = temporaryDir();
  const out = join(dir, "all.js");
  const print = 'console.log = (...v) => process.stdout.write(v.map(String).join(" ") + "\\n", "latin1");';

  it("prints what the bundle for a large one prints, on Node and on Espruino when $ESPRUINO is set", async () => {
    const large = await buildBundle({ app: fixture("all.ts"), board: esp32, defines: { NAME: "Zoë" } });
    const small = await buildBundle({ app: fixture("all.ts"), board: { ...esp32, variables: 1600, pool: { pages: 2, pageBytes: 64 } }, defines: { NAME: "Zoë", MEERKAT_SOCKETS: "2" }, out });
    assert.match(small.code, /\$k\[/);
    const expected = await linesOf(process.execPath, ["-e", print + large.code]);
    assert.deepEqual(await linesOf(process.execPath, ["-e", print + small.code]), expected);
    if (process.env.ESPRUINO) assert.deepEqual(await linesOf(process.env.ESPRUINO, [out]), expected);
  });
});
