import assert from "node:assert/strict";
import { codeOf, excerptAt, isExcerptAt, offsetsOf } from "../../cli/monitor/espruino-position.js";

/** The code of a function, and what a 32-bit Espruino 2v29 printed for exceptions in it: column, excerpt, caret's column. */
const READ = 'this.qi++;if(0===t)throw new Error("sensor "+this.name+" is broken");return this.read(t-1)+1';
const PRINTED: [code: string, column: number, excerpt: string][] = [
  [READ, 68, '...ensor "+this.name+" is broken");return this.read(t-1)+1'],
  [READ, 90, '... broken");return this.read(t-1)+1'],
  ["Gi.read(t)", 10, "Gi.read(t)"],
  ["function i(t){return Gi.read(t)}return i(t)+i(t+1)", 43, "function i(t){return Gi.read(t)}return i(t)+i(t+1)"],
  ["var n=this.ei(t,r),e=r||{},f=this.D.caps;if(!n.host||!n.port)return 0;", 18, "var n=this.ei(t,r),e=r||{},f=this.D.caps;if(!n.host||!n.port..."],
];

describe("monitor: positions as Espruino prints them", () => {
  it("the excerpt below a position is the line, cut to 60 characters around it", () => {
    for (const [text, column, excerpt] of PRINTED) assert.equal(excerptAt(codeOf(text), column - 1), excerpt);
    assert.ok(isExcerptAt(codeOf("f() "), 2, "f()"));
    assert.ok(!isExcerptAt(codeOf("f()"), 2, "g()"));
  });

  it("lines and columns count from 1, and nothing is outside of the text", () => {
    const code = codeOf("ab\ncd\n");
    assert.deepEqual(offsetsOf(code, 1, 1), [0]);
    assert.deepEqual(offsetsOf(code, 2, 2), [4]);
    for (const [line, column] of [[0, 1], [1, 9], [2, 0], [4, 1], [-1, 1]]) assert.deepEqual(offsetsOf(code, line, column), []);
  });

  it("lines count one less after the letters of Modules.addCached have all come in the first line", () => {
    const code = codeOf("M=0;od=u=le;s=a.add;C=ac;he;d;x=1\ny=2");
    const shift = code.shiftAt;
    assert.equal(code.text.slice(shift - 5, shift + 1), "ac;he;d".slice(-6));
    // Here both counts give a place.
    assert.deepEqual(offsetsOf(code, 1, 1), [0, code.text.indexOf("\n") + 1]);
    assert.deepEqual(offsetsOf(code, 0, shift + 2), [shift + 1]);
    assert.deepEqual(offsetsOf(code, 1, shift + 2), []);
  });

  it("letters in later lines shift nothing", () => {
    const code = codeOf("Modules\n.addCached\nx");
    assert.equal(code.shiftAt, Infinity);
    assert.deepEqual(offsetsOf(code, 3, 1), [19]);
  });
});
