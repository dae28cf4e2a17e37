import assert from "node:assert/strict";
import fc from "fast-check";
import { captures, compilePattern, matchPattern, matchPrefix } from "../../src/http/match.js";

/** mg_match_prefix as its documentation says it, by trying everything: slow, and short enough to be seen to be right. */
function slowly(pattern: string, text: string): number {
  for (const one of pattern.split(/[|,]/)) {
    const n = from(one.toLowerCase(), text.toLowerCase());
    if (n > 0) return n;
  }
  return 0;
}

function from(pattern: string, text: string): number {
  if (pattern === "") return 0;
  if (pattern === "$") return text === "" ? 0 : -1;
  if (pattern[0] === "*") {
    const isAny = pattern[1] === "*";
    const slash = isAny ? -1 : text.indexOf("/");
    for (let end = slash < 0 ? text.length : slash; end >= 0; end--) {
      const n = from(pattern.slice(isAny ? 2 : 1), text.slice(end));
      if (n >= 0) return end + n;
    }
    return -1;
  }
  if (text === "" || (pattern[0] !== "?" && pattern[0] !== text[0])) return -1;
  const n = from(pattern.slice(1), text.slice(1));
  return n < 0 ? -1 : n + 1;
}

/** What the wildcards of a pattern stand for. */
function captured(pattern: string, path: string): string[] | undefined {
  return matchPattern(compilePattern(pattern), path.toLowerCase()) ? captures(path) : undefined;
}

describe("patterns of endpoints", () => {
  const rows: [pattern: string, text: string, length: number][] = [
    ["/foo", "/foo", 4],
    ["/foo", "/foobaz", 4],
    ["/foo", "/fo", 0],
    ["/foo", "/x/foo", 0],
    ["/foo$", "/foo", 4],
    ["/foo$", "/foobaz", 0],
    ["$", "/", 0],
    ["", "/", 0],
    ["/FOO", "/foo", 4],
    ["/foo", "/FOO", 4],
    ["?", "/", 1],
    ["a?c", "abc", 3],
    ["a?c", "ac", 0],
    ["?*", "abc", 3],
    ["?*", "", 0],
    ["a*f", "abcdefgh", 6],
    ["a*f", "abcdexgh", 0],
    ["a*f|de*,xy", "defgh", 5],
    ["/a/*", "/a/b/c", 4],
    ["/a/**", "/a/b/c", 6],
    ["/a/*$", "/a/b", 4],
    ["/a/*$", "/a/b/c", 0],
    ["/a/**$", "/a/b/c", 6],
    ["/a/*/c$", "/a/b/c", 6],
    ["/a/*/c$", "/a/b/d/c", 0],
    ["/a/**/c$", "/a/b/d/c", 8],
    ["/a/*", "/a/", 3],
    ["**.shtml$|**.shtm$", "/x/y.shtm", 9],
    ["**.shtml$|**.shtm$", "/x/y.shtmx", 0],
    ["**/d$", "a/d/d/d", 7],
    ["*a*b*c", "xaxbxcxc", 8],
    ["/a|/ab", "/abc", 2],
    ["/a$|/ab,/q", "/quit", 2],
    ["/a$b", "/a$b", 4],
  ];
  for (const [pattern, text, length] of rows) {
    it(`"${pattern}" matches ${length} characters of "${text}"`, () => {
      assert.equal(matchPrefix(pattern, text), length);
      assert.equal(slowly(pattern, text), length, "the slow matcher of this test");
    });
  }

  it("gives the same as trying every way, for any pattern and text", () => {
    const chars = (all: string, max: number) => fc.array(fc.constantFrom(...all), { maxLength: max }).map((list) => list.join(""));
    fc.assert(
      fc.property(chars("aB/*?|$", 9), chars("aAb/", 10), (pattern, text) => {
        fc.pre(!/\$[^|]/.test(pattern)); // "$" is special at the end only
        assert.equal(matchPrefix(pattern, text), slowly(pattern, text));
      }),
      { numRuns: 20_000 },
    );
  });

  it("needs no more steps for a hostile pattern and path than their sizes multiplied", function () {
    this.timeout(5_000); // trying every way would take longer than the universe has
    const path = "/" + "a".repeat(1000) + "b";
    assert.equal(matchPrefix("/" + "*a".repeat(40) + "c", path), 0);
    assert.equal(matchPrefix("**a".repeat(40) + "$", path), 0);
    assert.equal(matchPrefix("*?a*?a*?a*?a*?a*?a*?a*?a$", path), 0);
    assert.equal(matchPrefix("/" + "*a".repeat(40) + "b$", path), path.length);
  });

  it("captures what the wildcards stand for, as it was sent", () => {
    assert.deepEqual(captured("/api/items/*$", "/API/items/A%20b"), ["A%20b"]);
    assert.deepEqual(captured("/a/*/c/**", "/a/B/c/D/e"), ["B", "D/e"]);
    assert.deepEqual(captured("/v?/x", "/V2/x"), ["2"]);
    assert.deepEqual(captured("/a/*", "/a/"), [""]);
    assert.deepEqual(captured("/plain", "/plain"), []);
    assert.deepEqual(captured("/x/*$|/y/*/z$", "/y/Q/z"), ["Q"]);
    assert.equal(captured("/x/*$", "/z"), undefined);
  });

  it("lets the first wildcards take as much as they can", () => {
    assert.deepEqual(captured("/*-*$", "/a-b-c"), ["a-b", "c"]);
    assert.deepEqual(captured("**/**", "/a/b/c"), ["/a/b", "c"]);
  });

  it("captures pieces that are the path again when put back into the pattern", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("/a/", "b", "*", "**", "?"), { minLength: 1, maxLength: 6 }), fc.array(fc.constantFrom("a", "b", "/"), { maxLength: 12 }), (parts, letters) => {
        const path = letters.join("");
        const pattern = compilePattern(parts.join("") + "$");
        fc.pre(matchPattern(pattern, path) > 0);
        const [{ literals }] = pattern;
        const caught = captures(path);
        assert.equal(literals.map((literal, i) => literal + (caught[i] ?? "")).join(""), path);
      }),
    );
  });
});
