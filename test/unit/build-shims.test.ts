// The functions that stand in for Espruino's natives. Text is its UTF-8 bytes, one character for each.

import assert from "node:assert/strict";
import * as shims from "../../platform/espruino/shims.js";

/** Text as a board has it. */
function bytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

describe("fromCharCode", () => {
  it("answers ASCII as it is", () => {
    assert.equal(shims.fromCharCode(65), "A");
    assert.equal(shims.fromCharCode(72, 105, 0, 127), "Hi\0\x7f");
    assert.equal(shims.fromCharCode(), "");
  });

  it("answers the UTF-8 bytes of everything else", () => {
    for (const text of ["\x80", "é", "\u07ff", "\u0800", "€", "\ud7ff", "\ue000", "\uffff", "😀", "a\u{10ffff}b"]) {
      const units = [...Array(text.length).keys()].map((i) => text.charCodeAt(i));
      assert.equal(shims.fromCharCode(...units), bytes(text), JSON.stringify(text));
    }
  });

  it("makes U+FFFD of halves that stand alone", () => {
    for (const text of ["\ud800", "\udc00", "\ud800a", "\udc00\ud800", "\ud800\ud800\udc00"]) {
      const units = [...Array(text.length).keys()].map((i) => text.charCodeAt(i));
      assert.equal(shims.fromCharCode(...units), bytes(text), JSON.stringify(text));
    }
  });

  it("takes 16 bits of each number", () => {
    assert.equal(shims.fromCharCode(0x10041), "A");
    assert.equal(shims.fromCharCode(-1), bytes("\uffff"));
  });
});

describe("jsonStringify", () => {
  const native = JSON.stringify;
  afterEach(() => {
    JSON.stringify = native;
  });

  /** As Espruino writes JSON: every byte from 0x7f on as an escape, and control characters in upper case. */
  function pretendEspruino(): void {
    JSON.stringify = ((value: unknown) =>
      native(value)
        .replace(/\\(u00..|.)/g, (e) => (e.startsWith("\\u") ? "\\u" + e.slice(2).toUpperCase() : e))
        .replace(/[\x7f-\xff]/g, (c) => "\\u00" + c.charCodeAt(0).toString(16).toUpperCase())) as typeof JSON.stringify;
  }

  it("turns the firmware's escapes into the bytes of the text again", () => {
    pretendEspruino();
    for (const text of ["é", "€ and 😀", "a\x7fb", "\\u00e9", "\\\\é", "\\é", '"é"', "é\\", "\u0001\u001fé", "plain"]) {
      assert.equal(shims.jsonStringify({ k: bytes(text) }), bytes(native({ k: text })), text);
    }
  });

  it("writes what natives write where nothing needs to be done", () => {
    assert.equal(shims.jsonStringify({ a: [1, "b", null, true] }), '{"a":[1,"b",null,true]}');
    assert.equal(shims.jsonStringify([1], null, 2), "[\n  1\n]");
  });

  it("is undefined for what has no JSON", () => {
    assert.equal(shims.jsonStringify(undefined), undefined);
    assert.equal(
      shims.jsonStringify(() => 1),
      undefined,
    );
  });
});

describe("encodeComponent and decodeComponent", () => {
  const texts = ["", "plain", "a b/?:@&=+$,#", "-_.!~*'()", "é€😀", "100%", "\0\x7f", "ünï"];
  for (const text of texts) {
    it(`agree with the natives about ${JSON.stringify(text)}`, () => {
      assert.equal(shims.encodeComponent(bytes(text)), encodeURIComponent(text));
      assert.equal(shims.decodeComponent(encodeURIComponent(text)), bytes(text));
    });
  }

  it("encode numbers and booleans as text", () => {
    assert.equal(shims.encodeComponent(1.5) + shims.encodeComponent(true), "1.5true");
  });

  it("decode both cases of hex digits and leave + alone", () => {
    assert.equal(shims.decodeComponent("%c3%A9+%2f"), bytes("é+/"));
  });

  it("throw where the native one does", () => {
    const all = [
      "%",
      "a%",
      "%4",
      "%zz",
      "%g0",
      "% 1",
      "%80",
      "%bf",
      "%c0%80",
      "%c1%bf",
      "%c3",
      "%c3x",
      "%c3%",
      "%c3%28",
      "%e0%80%80",
      "%e2%82",
    ];
    all.push("%ed%a0%80", "%ed%bf%bf", "%f0%80%80%80", "%f4%90%80%80", "%f5%80%80%80", "%ff", "%e2%82%ac%");
    for (const text of all) {
      assert.throws(() => decodeURIComponent(text), text);
      assert.throws(() => shims.decodeComponent(text), { message: "URI malformed" }, text);
    }
  });
});

describe("number shims", () => {
  it("agree with the natives", () => {
    for (const value of [0, 1, -1, 1.5, NaN, Infinity, -Infinity, "1", null, undefined, {}, 2 ** 40]) {
      assert.equal(shims.isInteger(value), Number.isInteger(value), String(value));
      assert.equal(shims.isFiniteNumber(value), Number.isFinite(value), String(value));
      assert.equal(shims.isNotANumber(value), Number.isNaN(value), String(value));
    }
  });
});

describe("TypeScript's helpers", () => {
  it("spread arrays and array-likes", () => {
    assert.deepEqual(shims.__spreadArray([1], [2, 3]), [1, 2, 3]);
    assert.deepEqual(shims.__spreadArray([], { length: 2, 0: "a", 1: "b" }), ["a", "b"]);
  });

  it("spread objects and take the rest", () => {
    assert.deepEqual(shims.__assign({ a: 1 }, { b: 2 }), { a: 1, b: 2 });
    assert.deepEqual(shims.__rest({ a: 1, b: 2, c: 3 }, ["b"]), { a: 1, c: 3 });
  });
});

describe("text searches", () => {
  const nativeIndexOf = String.prototype.indexOf;
  afterEach(() => {
    String.prototype.indexOf = nativeIndexOf;
  });

  /** As Espruino's: also finds the beginning of a needle where the string ends, and nothing at its very end. */
  function pretendEspruino(): void {
    String.prototype.indexOf = function (this: string, needle: string, from = 0) {
      for (let i = from; i < this.length && needle.length <= this.length; i++) {
        if (needle.startsWith(this.slice(i, i + needle.length))) return i;
      }
      return -1;
    };
  }

  it("do not find half a needle at the end, and find all else as natives do", () => {
    const texts = ["", "A", "xA", "xAB", "ABxA", "xAAB", "AAA"];
    const needles = ["", "A", "AB", "ABC", "AA", "x"];
    const cases = texts.flatMap((text) => needles.flatMap((needle) => [undefined, 0, 1, 9].map((from) => ({ text, needle, from }))));
    const at = cases.map(({ text, needle, from }) => text.indexOf(needle, from));
    const replaced = cases.map(({ text, needle }) => [text.replace(needle, "<$&$$$1$`$'$"), text.replaceAll(needle, (m, i) => m + String(i))]);
    pretendEspruino();
    assert.equal("xA".indexOf("AB"), 1);
    const shimmed = cases.map(({ text, needle, from }) => shims.textIndexOf(text, needle, from));
    const included = cases.map(({ text, needle, from }) => shims.textIncludes(text, needle, from));
    const exchanged = cases.map(({ text, needle }) => [
      shims.textReplace(text, needle, "<$&$$$1$`$'$"),
      shims.textReplaceAll(text, needle, (m, i) => m + String(i)),
    ]);
    String.prototype.indexOf = nativeIndexOf;
    assert.deepEqual(shimmed, at);
    assert.deepEqual(included, at.map((i) => i >= 0));
    assert.deepEqual(exchanged, replaced);
  });

  it("ask what is no string itself, with as many arguments", () => {
    const own = { indexOf: (...args: unknown[]) => args, includes: (...args: unknown[]) => args, replace: (...args: unknown[]) => args };
    assert.deepEqual(shims.textIndexOf(own, "AB"), ["AB"]);
    assert.deepEqual(shims.textIncludes(own, "AB", 2), ["AB", 2]);
    assert.deepEqual(shims.textReplace(own, "AB", "c"), ["AB", "c"]);
    assert.equal(shims.textIndexOf([1, 2, 1] as never, 1, 1), 2);
  });

  it("leave regular expressions to the native", () => {
    assert.equal(shims.textReplace("abab", /b/g, "-"), "a-a-");
  });
});
