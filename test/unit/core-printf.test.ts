import assert from "node:assert/strict";
import { format } from "../../src/core/printf.js";

/* What printf of glibc writes for the same format and arguments. */
const TABLE: [fmt: string, args: unknown[], out: string][] = [
  ["", [], ""], ["plain", [], "plain"], ["100%%", [], "100%"], ["%%%d", [1], "%1"],
  ["%d", [42], "42"], ["%i", [-42], "-42"], ["%d", [0], "0"], ["%5d|", [42], "   42|"], ["%-5d|", [42], "42   |"], ["%05d", [42], "00042"], ["%05d", [-42], "-0042"],
  ["%+d", [42], "+42"], ["%+d", [-42], "-42"], ["% d", [42], " 42"], ["% d", [-42], "-42"], ["%+05d", [42], "+0042"], ["%-05d|", [42], "42   |"], ["%.3d", [7], "007"], ["%.3d", [-7], "-007"],
  ["%5.3d", [7], "  007"], ["%05.3d", [7], "  007"], ["%-5.3d|", [7], "007  |"], ["%.0d", [0], ""], ["%.0d", [5], "5"], ["%5.0d|", [0], "     |"],
  ["%d", [2147483647], "2147483647"], ["%d", [-2147483648], "-2147483648"], ["%u", [4294967295], "4294967295"], ["%u", [-1], "4294967295"],
  ["%ld %lld %hd %zu %jd %td", [1, 2, 3, 4, 5, 6], "1 2 3 4 5 6"],
  ["%x", [255], "ff"], ["%X", [255], "FF"], ["%#x", [255], "0xff"], ["%#X", [255], "0XFF"], ["%#x", [0], "0"], ["%08x", [48879], "0000beef"], ["%#06x", [255], "0x00ff"], ["%#6x", [255], "  0xff"],
  ["%x", [-1], "ffffffff"], ["%.4x", [10], "000a"], ["%#.4x", [10], "0x000a"], ["%o", [8], "10"], ["%#o", [8], "010"], ["%+u", [3], "3"], ["% x", [3], "3"],
  ["%c", [65], "A"], ["%c", ["B"], "B"], ["%3c|", ["B"], "  B|"], ["%-3c|", ["B"], "B  |"], ["%c", ["xyz"], "x"],
  ["%s", ["text"], "text"], ["%6s|", ["ab"], "    ab|"], ["%-6s|", ["ab"], "ab    |"], ["%.2s", ["abcdef"], "ab"], ["%5.2s|", ["abcdef"], "   ab|"], ["%.0s|", ["abc"], "|"], ["%s", [""], ""], ["%2s", ["long"], "long"],
  ["%*d|", [5, 42], "   42|"], ["%-*d|", [5, 42], "42   |"], ["%*d|", [-5, 42], "42   |"], ["%.*s", [3, "abcdef"], "abc"], ["%*.*s|", [6, 2, "abc"], "    ab|"], ["%.*s", [-1, "abc"], "abc"],
  ["%f", [1.5], "1.500000"], ["%.2f", [3.14159], "3.14"], ["%.0f", [2.6], "3"], ["%8.3f|", [3.14159], "   3.142|"], ["%08.3f", [-3.14159], "-003.142"], ["%+.1f", [2], "+2.0"], ["%-8.1f|", [2], "2.0     |"],
  ["%f", [Infinity], "inf"], ["%f", [-Infinity], "-inf"], ["%f", [NaN], "nan"], ["%05f", [Infinity], "  inf"],
  ["%e", [0], "0.000000e+00"], ["%e", [1], "1.000000e+00"], ["%.2e", [12345], "1.23e+04"], ["%e", [9.9999999], "1.000000e+01"], ["%.0e", [5], "5e+00"], ["%.1e", [0.00123], "1.2e-03"],
  ["%d.%d.%d.%d", [10, 0, 0, 1], "10.0.0.1"], ["HTTP/1.1 %d %s\r\n", [200, "OK"], "HTTP/1.1 200 OK\r\n"],
];

describe("format", () => {
  for (const [fmt, args, out] of TABLE) {
    it(`writes ${JSON.stringify(fmt)} of ${args.join(", ")} as C does`, () => assert.equal(format(fmt, args), out));
  }

  it("copies what is no conversion as it stands", () => {
    assert.equal(format("%y", [1]), "%y");
    assert.equal(format("50%", []), "50%");
    assert.equal(format("%5", []), "%5");
    assert.equal(format("%-", []), "%-");
    assert.equal(format("%l", []), "%l");
    assert.equal(format("a%!b%d", [7]), "a%!b7");
  });

  it("goes on with the next argument behind an unknown conversion", () => assert.equal(format("%q %d", [1, 2]), "%q 1"));

  it("writes missing arguments without failing", () => {
    assert.equal(format("%s", []), "undefined");
    assert.equal(format("%d", []), "nan");
  });

  it("ignores arguments too many", () => assert.equal(format("%d", [1, 2, 3]), "1"));

  it("never writes a minus before zero", () => {
    assert.equal(format("%d", [-0.5]), "0");
    assert.equal(format("%d", [-0]), "0");
  });

  it("drops the fraction of a number written as an integer", () => {
    assert.equal(format("%d %d", [1.9, -1.9]), "1 -1");
    assert.equal(format("%x", [255.9]), "ff");
  });
});
