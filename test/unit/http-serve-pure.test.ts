import assert from "node:assert/strict";
import fc from "fast-check";
import { httpDate, mimeType, parseHttpDate } from "../../src/http/index.js";
import { parseRange } from "../../src/http/range.js";
import { BodySource } from "../../src/http/source.js";
import { byteOpsFor, type RawForm } from "../../platform/sim/byte-ops.js";
import { gzipWish } from "../../src/http/serve-encoding.js";

const NOW_MS = Date.UTC(2026, 10, 20);

describe("HTTP dates", () => {
  it("are written as toUTCString writes them", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 253402300799999 }), (ms) => httpDate(ms) === new Date(ms).toUTCString()));
    assert.equal(httpDate(784111777250), "Sun, 06 Nov 1994 08:49:37 GMT");
    for (const ms of [-1, NaN, 253402300800000, Infinity]) assert.throws(() => httpDate(ms), /must be in the years/);
  });

  it("are read in all three forms", () => {
    for (const text of ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]) assert.equal(parseHttpDate(text, NOW_MS), 784111777000, text);
    assert.equal(parseHttpDate("Wed Nov 16 08:49:37 1994", NOW_MS), Date.UTC(1994, 10, 16, 8, 49, 37));
    assert.equal(parseHttpDate("Thu, 29 Feb 2024 23:59:60 GMT", NOW_MS), Date.UTC(2024, 2, 1));
  });

  it("come back as they were, whatever the form", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 253402300799 }), (s) => {
      const text = httpDate(s * 1000);
      const [, day, month, year, time] = /, (..) (...) (....) (.{8})/.exec(text)!;
      const asctime = `${text.slice(0, 3)} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`;
      return parseHttpDate(text, NOW_MS) === s * 1000 && parseHttpDate(asctime, NOW_MS) === s * 1000;
    }));
  });

  it("with two digits for the year are at most 50 years ahead", () => {
    const year = (text: string): number => new Date(parseHttpDate(text, NOW_MS)).getUTCFullYear();
    assert.equal(year("Monday, 01-Jan-76 00:00:00 GMT"), 2076);
    assert.equal(year("Monday, 01-Jan-77 00:00:00 GMT"), 1977);
    assert.equal(year("Monday, 01-Jan-26 00:00:00 GMT"), 2026);
    assert.equal(year("Monday, 01-Jan-00 00:00:00 GMT"), 2000);
  });

  it("are nothing when malformed", () => {
    const bad = [
      "", "0", "784111777", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 +0000", "Sun 06 Nov 1994 08:49:37 GMT",
      "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Xyz, 06 Nov 1994 08:49:37 GMT", "unS, 06 Nov 1994 08:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT",
      "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Dec 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 08-49-37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1e94 08:49:37 GMT",
      "Sunday, 06 Nov 94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunnyday, 06-Xyz-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94", "Sun Nov  6 08:49:37 1994 ",
      "Sun, 06 Nov 1969 08:49:37 GMT", ", 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
    ];
    for (const text of bad) assert.equal(parseHttpDate(text, NOW_MS), -1, text);
    fc.assert(fc.property(fc.string(), (text) => parseHttpDate(text, NOW_MS) === -1));
  });
});

describe("Range", () => {
  const table: [header: string, size: number, answer: [number, number] | 200 | 416][] = [
    ["bytes=0-0", 10, [0, 1]], ["bytes=0-9", 10, [0, 10]], ["bytes=0-99", 10, [0, 10]], ["bytes=3-5", 10, [3, 6]], ["bytes=9-", 10, [9, 10]], ["bytes=0-", 10, [0, 10]],
    ["bytes=-1", 10, [9, 10]], ["bytes=-10", 10, [0, 10]], ["bytes=-99", 10, [0, 10]], ["BYTES=3-5", 10, [3, 6]], ["bytes= 3-5 ", 10, [3, 6]], ["bytes=03-005", 10, [3, 6]],
    ["bytes=10-", 10, 416], ["bytes=10-20", 10, 416], ["bytes=-0", 10, 416], ["bytes=0-", 0, 416], ["bytes=0-0", 0, 416], ["bytes=-0", 0, 416], ["bytes=99999999999999999999-", 10, 416],
    ["bytes=0-99999999999999999999", 10, [0, 10]], ["bytes=-99999999999999999999", 10, [0, 10]], ["bytes=-5", 0, 200],
    ["bytes=5-3", 10, 200], ["bytes=0-1,3-4", 10, 200], ["bytes=,0-1", 10, 200], ["bytes=", 10, 200], ["bytes=-", 10, 200], ["bytes", 10, 200], ["", 10, 200], ["bytes=a-b", 10, 200], ["bytes=1", 10, 200],
    ["bytes=--1", 10, 200], ["bytes=1-2-3", 10, 200], ["bytes=1.5-2", 10, 200], ["bytes=+1-2", 10, 200], ["bytes=0x1-2", 10, 200], ["bytes=1 -2", 10, 200], ["items=0-1", 10, 200], ["bytes:0-1", 10, 200],
  ];

  it("gives the range, the whole, or nothing, as RFC 9110 §14 says", () => {
    for (const [header, size, answer] of table) assert.deepEqual(parseRange(header, size), typeof answer === "number" ? answer : { from: answer[0], to: answer[1] }, header);
  });

  it("never gives what is outside, whatever is asked", () => {
    fc.assert(fc.property(fc.string(), fc.nat(), (text, size) => {
      const range = parseRange("bytes=" + text, size);
      return typeof range === "number" || (range.from >= 0 && range.from < range.to && range.to <= size);
    }));
  });
});

describe("Accept-Encoding", () => {
  it("is weighed", () => {
    const table: [header: string | undefined, wish: number][] = [
      [undefined, 1], ["", 0], ["gzip", 2], ["GZIP", 2], ["x-gzip", 2], ["gzip, deflate, br", 2], ["deflate,gzip;q=0.5", 2], ["gzip;q=0", 0], ["gzip;q=0.000", 0], ["gzip; q=0.001", 2],
      ["*", 2], ["*;q=0", 0], ["gzip;q=0, *", 0], ["*;q=0, gzip", 2], ["identity", 0], ["identity, gzip;q=0.5", 1], ["identity;q=0.5, gzip", 2], ["gzip;q=0.5, identity;q=0.5", 2],
      ["br", 0], ["gzipx", 0], ["gzip;q=", 0], ["gzip;q=x", 0], ["gzip;q=2", 0], ["gzip;q=-1", 0], ["gzip;x=1", 0], [" \tgzip ;\tq=1.000", 2], [",,gzip,,", 2],
    ];
    for (const [header, wish] of table) assert.equal(gzipWish(header), wish, header);
  });
});

describe("mimeType", () => {
  it("goes by the last ending of the name, without regard to case", () => {
    const table: [path: string, type: string][] = [
      ["a.html", "text/html; charset=utf-8"], ["A.HTML", "text/html; charset=utf-8"], ["a/b.css", "text/css; charset=utf-8"], ["a.min.js", "text/javascript; charset=utf-8"], ["x.tar.gz", "application/gzip"],
      ["a.json", "application/json"], ["a.svg", "image/svg+xml"], ["a.woff2", "font/woff2"], ["a.webmanifest", "application/manifest+json"],
    ];
    for (const [path, type] of table) assert.equal(mimeType(path), type, path);
  });

  it("is octet-stream for what it does not know", () => {
    for (const path of ["", "a", "a.", ".html", "d.html/a", "a.unknown", "a.ht", "a.tml", "a.h=t", "a.,", "a.utf-8"]) assert.equal(mimeType(path), "application/octet-stream", path);
  });

  it("asks the program's own types first", () => {
    assert.equal(mimeType("a.x", ".x=A/B"), "A/B");
    assert.equal(mimeType("a.js", ".x=a/b,.js=c/d; e=f"), "c/d; e=f");
    assert.equal(mimeType("a.html", ".x=a/b"), "text/html; charset=utf-8");
    assert.equal(mimeType("a.ml", ".html=a/b"), "application/octet-stream");
  });
});

describe("BodySource", () => {
  /** Everything that comes out of a source of these pieces, asked for so many bytes at a time. */
  function wire(form: RawForm, pieces: string[], length: number, head: string, max: number): { text: string; count: number } {
    const left = [...pieces];
    let rest = "";
    const inner = {
      next(bytes: number): string | null {
        if (!rest && !left.length) return null;
        if (!rest) rest = left.shift()!;
        const piece = rest.slice(0, bytes);
        rest = rest.slice(bytes);
        return piece;
      },
    };
    const source = new BodySource(byteOpsFor(form), inner, length, head);
    let text = "";
    for (let count = 0; ; count++) {
      const piece = source.next(max);
      if (piece === null) return { text, count };
      assert.ok(piece !== undefined && piece.length > 0 && piece.length <= max, `${piece?.length} of ${max}`);
      text += typeof piece === "string" ? piece : Buffer.from(piece).toString("latin1");
    }
  }

  for (const form of ["array", "string"] as RawForm[]) {
    it(`gives head, body and last chunk in their order, however it is asked (${form}s)`, () => {
      const pieces = fc.array(fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom("a", "b", "\r", "\n") }), { maxLength: 8 });
      fc.assert(fc.property(pieces, fc.constantFrom("", "HEAD\r\n\r\n"), fc.integer({ min: 64, max: 300 }), (list, head, max) => {
        const body = list.join("");
        assert.equal(wire(form, list, body.length, head, max).text, head + body);
        assert.equal(wire(form, list, -2, head, max).text, head + body);
        let chunked = wire(form, list, -1, head, max).text.slice(head.length);
        let got = "";
        for (let n = -1; n !== 0; ) {
          const at = chunked.indexOf("\r\n");
          n = parseInt(chunked.slice(0, at), 16);
          got += chunked.slice(at + 2, at + 2 + n);
          assert.equal(chunked.slice(at + 2 + n, at + 4 + n), "\r\n");
          chunked = chunked.slice(at + 4 + n);
        }
        assert.deepEqual([got, chunked], [body, ""]);
      }));
    });

    it(`joins what is small (${form}s)`, () => {
      assert.deepEqual(wire(form, ["a", "b", "c"], -1, "H\r\n\r\n", 500), { text: "H\r\n\r\n3\r\nabc\r\n0\r\n\r\n", count: 1 });
      assert.deepEqual(wire(form, ["a", "b"], 2, "H\r\n\r\n", 500), { text: "H\r\n\r\nab", count: 1 });
      assert.deepEqual(wire(form, [], -1, "H\r\n\r\n", 500), { text: "H\r\n\r\n0\r\n\r\n", count: 1 });
      assert.deepEqual(wire(form, [], 0, "H\r\n\r\n", 500), { text: "H\r\n\r\n", count: 1 });
    });

    it(`throws when a source gives less than was announced (${form}s)`, () => {
      assert.throws(() => wire(form, ["a"], 2, "H", 500), /ended 1 bytes before/);
    });
  }
});
