// The last pass: declarations before their uses, and spellings that Espruino's lexer takes for something else.

import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { hoist } from "../../cli/build/hoist.js";

function hoisted(code: string): string {
  return hoist(code).code;
}

describe("hoist", () => {
  const cases: [title: string, before: string, after: string][] = [
    [
      "puts function declarations first in their function",
      "(function(){a();var x=1;function a(){b()}function b(){}})()",
      "(function(){function a(){b()}function b(){}a();var x=1;})()",
    ],
    ["leaves a var that comes before all its uses", "function f(){var a=1;return a}", "function f(){var a=1;return a}"],
    [
      "declares at the top what an inner function declaration uses",
      "function f(){g();var a=1;function g(){return a}}",
      "function f(){function g(){return a}var a;g();a=1;}",
    ],
    ["declares at the top what is used before", "function f(){u(a);var a=1}", "function f(){var a;u(a);a=1}"],
    [
      "declares at the top what is used outside of the branch with the declaration",
      "function f(x){if(x){var a=1}return a}",
      "function f(x){var a;if(x){a=1}return a}",
    ],
    [
      "leaves a var that is used only in the branch with the declaration",
      "function f(x){if(x){var a=1;u(a)}}",
      "function f(x){if(x){var a=1;u(a)}}",
    ],
    [
      "is content with one declaration in each branch",
      "function f(x){if(x){var a=1;u(a)}else{var a=2;u(a)}}",
      "function f(x){if(x){var a=1;u(a)}else{var a=2;u(a)}}",
    ],
    [
      "takes a name that only one case of a switch declares to the top",
      "function f(x){switch(x){case 1:var a=1;break;default:a=2}return 0}",
      "function f(x){var a;switch(x){case 1:a=1;break;default:a=2}return 0}",
    ],
    [
      "splits a list of declarations",
      "function f(){u(b);var a=1,b=2,c=3,d;u(a,c,d)}",
      "function f(){var b;u(b);var a=1;b=2;var c=3,d;u(a,c,d)}",
    ],
    ["removes a declaration without a value", "function f(){u(a);var a;a=1}", "function f(){var a;u(a);a=1}"],
    [
      "keeps an empty statement where one is needed",
      "function f(x){if(x)var a;return a}",
      "function f(x){var a;if(x);return a}",
    ],
    [
      "hoists all or nothing of the head of a for",
      "function f(){u(n);for(var i=0,n=2;i<n;i++);}",
      "function f(){var n,i;u(n);for(i=0,n=2;i<n;i++);}",
    ],
    [
      "hoists the name of a for-in",
      "function f(o){u(k);for(var k in o)u(k)}",
      "function f(o){var k;u(k);for(k in o)u(k)}",
    ],
    [
      "leaves the names of a for that is their only user",
      "function f(){for(var i=0;i<2;i++)u(i)}",
      "function f(){for(var i=0;i<2;i++)u(i)}",
    ],
    [
      "declares early what its own value mentions",
      "function f(){var a=a||1;return a}",
      "function f(){var a;a=a||1;return a}",
    ],
    [
      "leaves a var that a function expression after it uses",
      "function f(){var a=1;return function(){return a}}",
      "function f(){var a=1;return function(){return a}}",
    ],
    [
      "moves `in` out of the head of a for",
      'function f(o){for(var a=("x"in o?1:2),i=0;i<a;i++)u(i)}',
      'function f(o){var a=("x"in o?1:2),i=0;for(;i<a;i++)u(i)}',
    ],
    [
      "moves `in` out of the head of a for that is not in a list",
      'function f(o,i){if(i)for(i=("x"in o);i;)u(i)}',
      'function f(o,i){if(i){i=("x"in o);for(;i;)u(i)}}',
    ],
    [
      "does not let a division after ++ look like a regular expression",
      "function f(a,b){return a++/b/2}",
      "function f(a,b){return (a++)/b/2}",
    ],
    [
      "does not let a division after this look like a regular expression",
      "function f(){return this/2}",
      "function f(){return (this)/2}",
    ],
    [
      "does not let a regular expression after ) look like a division",
      "function f(a){if(a)/x/.exec(a)}",
      "function f(a){if(a)(/x/).exec(a)}",
    ],
    [
      "ends a bare return, because a function that ends with one does not parse",
      "function f(a){if(a)return}",
      "function f(a){if(a)return;}",
    ],
    [
      "writes integers with all digits, because 1e3 is a float",
      "f(1e3,12e5,1e21,.5,1.5e3)",
      "f(1000,1200000,1e21,.5,1500)",
    ],
  ];
  for (const [title, before, after] of cases) {
    it(title, () => assert.equal(hoisted(before), after));
  }

  it("changes nothing about what a program does", () => {
    const code = `
      (function () {
        log(typeof late, early(2), typeof never);
        if (early(1) === 2) { var late = 5; } else var never = 1, other;
        for (var i = 0, n = 2; i < n; i++) { if (i) late += i; }
        for (var k in { a: 1, b: 2 }) log(k);
        function early(x) { return x + (offset === undefined ? 1 : offset); }
        var offset = 10;
        try { throw offset; } catch (e) { var caught = e; } finally { log(caught, late, i, k, early(1), other); }
      })();`;
    const outputs = [code, hoisted(code)].map((text) => {
      const out: unknown[] = [];
      runInNewContext(text, { log: (...values: unknown[]) => out.push(values.map(String).join()) });
      return out;
    });
    assert.deepEqual(outputs[1], outputs[0]);
    assert.equal(outputs[0].length, 4);
  });

  it("maps what it moved to where it was", () => {
    const { map } = hoist("a();\nfunction a(){}");
    assert.match(map.mappings, /^AACA/);
  });

  it("refuses what is not ES5", () => {
    assert.throws(() => hoist("let a = () => 1"), SyntaxError);
  });
});
