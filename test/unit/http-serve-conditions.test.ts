import assert from "node:assert/strict";
import { once, testFiles, WRITTEN, WRITTEN_MS } from "./http-serve-support.js";

const TAG = '"2ebc98a1.fa.a"';
const EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT";
const LATER = "Sun, 06 Nov 1994 08:49:38 GMT";
const BODY = "0123456789";

/** Status of a GET for a file with these bytes, its tag and date as above. */
function statusOf(lines: string[], method = "GET"): number {
  return once(testFiles({ "f.txt": BODY }), {}, "/f.txt", lines.map((line) => line + "\r\n").join(""), method).status;
}

const MATCH: [line: string, ok: boolean | undefined][] = [
  ["", undefined], [`If-Match: ${TAG}`, true], ["If-Match: *", true], [`If-Match: "x", ${TAG}`, true], ['If-Match: "x"', false], [`If-Match: W/${TAG}`, false], ["If-Match: ", false],
];
const UNMODIFIED: [line: string, ok: boolean | undefined][] = [
  ["", undefined], [`If-Unmodified-Since: ${WRITTEN}`, true], [`If-Unmodified-Since: ${LATER}`, true], [`If-Unmodified-Since: ${EARLIER}`, false], ["If-Unmodified-Since: yesterday", undefined],
];
const NONE_MATCH: [line: string, isSame: boolean | undefined][] = [
  ["", undefined], [`If-None-Match: ${TAG}`, true], [`If-None-Match: W/${TAG}`, true], ["If-None-Match: *", true], [`If-None-Match: "a,b" ,\t${TAG}`, true], ['If-None-Match: "x"', false], [`If-None-Match: ${TAG.slice(1, -1)}`, false],
];
const MODIFIED: [line: string, isSame: boolean | undefined][] = [
  ["", undefined], [`If-Modified-Since: ${WRITTEN}`, true], [`If-Modified-Since: ${LATER}`, true], [`If-Modified-Since: ${EARLIER}`, false], ["If-Modified-Since: Sun Nov  6 08:49:37 1994", true], ["If-Modified-Since: 1", undefined],
];
const RANGE: [line: string, status: number][] = [["", 200], ["Range: bytes=2-4", 206], ["Range: bytes=10-", 416], ["Range: bytes=0-1,3-4", 200], ["Range: lines=1-2", 200]];

/** RFC 9110 §13.2.2, written once more. */
function expected(match?: boolean, unmodified?: boolean, noneMatch?: boolean, modified?: boolean, ranged = 200): number {
  if (match === false || (match === undefined && unmodified === false)) return 412;
  if (noneMatch || (noneMatch === undefined && modified)) return 304;
  return ranged;
}

describe("conditions of a request for a file", () => {
  for (const [match, isMatch] of MATCH) {
    it(`are evaluated in the order of RFC 9110 §13.2.2, with ${match || "no If-Match"}`, function () {
      this.timeout(60_000);
      for (const [unmodified, isUnmodified] of UNMODIFIED)
        for (const [none, isSame] of NONE_MATCH)
          for (const [modified, isUnchanged] of MODIFIED) {
            const [range, ranged] = RANGE[(none.length + modified.length + unmodified.length) % RANGE.length];
            const lines = [range, modified, none, unmodified, match].filter((line) => line);
            assert.equal(statusOf(lines), expected(isMatch, isUnmodified, isSame, isUnchanged, ranged), lines.join(" | "));
          }
    });
  }

  it("are the same for HEAD, but for ranges", () => {
    assert.equal(statusOf([`If-None-Match: ${TAG}`], "HEAD"), 304);
    assert.equal(statusOf([`If-Modified-Since: ${WRITTEN}`], "HEAD"), 304);
    assert.equal(statusOf(["If-Match: x"], "HEAD"), 412);
    assert.equal(statusOf(["Range: bytes=0-1"], "HEAD"), 200);
    assert.equal(statusOf(["Range: bytes=99-"], "HEAD"), 200);
  });

  it("send 304 with the tag, the date and what caches need, and no type or length", () => {
    const reply = once(testFiles({ "f.txt": BODY, "f.txt.gz": "zip" }), { extraHeaders: "X-A: b\r\n" }, "/f.txt", "If-None-Match: *\r\n");
    assert.deepEqual(reply.headers, { vary: "Accept-Encoding", "cache-control": "no-cache", "x-a": "b", etag: TAG, "last-modified": WRITTEN });
  });

  it("leave dates alone where none is known, and tags where neither date nor hash is", () => {
    const files = testFiles({});
    files.put("f.txt", BODY, 0);
    const reply = once(files, {}, "/f.txt", `If-Modified-Since: ${LATER}\r\n`);
    assert.deepEqual([reply.status, reply.headers.etag, reply.headers["last-modified"]], [200, undefined, undefined]);
    assert.equal(once(files, {}, "/f.txt", `If-Unmodified-Since: ${EARLIER}\r\n`).status, 200);
    assert.equal(once(files, {}, "/f.txt", 'If-None-Match: ""\r\n').status, 200);
    assert.equal(once(files, {}, "/f.txt", 'If-Match: ""\r\n').status, 412);
    assert.equal(once(files, {}, "/f.txt", 'If-Range: ""\r\nRange: bytes=0-1\r\n').status, 200);
  });

  it("take the store's hash for the tag, where it has one", () => {
    const files = testFiles({});
    files.put("f.txt", BODY, 0, "abc");
    assert.equal(once(files, {}, "/f.txt").headers.etag, '"abc"');
    assert.equal(once(files, {}, "/f.txt", 'If-None-Match: "abc"\r\n').status, 304);
  });

  it("do not believe a date that is still to come", () => {
    const files = testFiles({});
    files.put("f.txt", BODY, 99e12);
    const reply = once(files, {}, "/f.txt", "If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT\r\n");
    assert.deepEqual([reply.status, reply.headers["last-modified"]], [200, undefined]);
  });

  it("give another tag to a file of the same size that was changed", () => {
    const tags = [WRITTEN_MS, WRITTEN_MS + 1, WRITTEN_MS + 1000].map((ms) => {
      const files = testFiles({});
      files.put("f.txt", BODY, ms);
      return once(files, {}, "/f.txt").headers.etag;
    });
    assert.equal(new Set(tags).size, 3);
  });
});

describe("ranges of a file", () => {
  const part = (more: string): [number, string, string | undefined, string] => {
    const { status, body, headers } = once(testFiles({ "f.txt": BODY }), {}, "/f.txt", more);
    return [status, body, headers["content-range"], headers["content-length"]];
  };

  it("are sent with what they are", () => {
    assert.deepEqual(part("Range: bytes=2-4\r\n"), [206, "234", "bytes 2-4/10", "3"]);
    assert.deepEqual(part("Range: bytes=7-\r\n"), [206, "789", "bytes 7-9/10", "3"]);
    assert.deepEqual(part("Range: bytes=-1\r\n"), [206, "9", "bytes 9-9/10", "1"]);
    assert.deepEqual(part("Range: bytes=0-99\r\n"), [206, BODY, "bytes 0-9/10", "10"]);
    assert.deepEqual(part("Range: bytes=0-1,4-5\r\n"), [200, BODY, undefined, "10"]);
  });

  it("that do not exist are 416 with the size", () => {
    const [status, body, range] = part("Range: bytes=10-12\r\n");
    assert.deepEqual([status, body, range], [416, "Range Not Satisfiable\n", "bytes */10"]);
  });

  it("count only while If-Range names what is there", () => {
    const table: [ifRange: string, status: number][] = [
      [TAG, 206], [`W/${TAG}`, 200], ['"x"', 200], ["*", 200], [`${TAG}, ${TAG}`, 200], [WRITTEN, 206], [EARLIER, 200], [LATER, 200], ["Sunday, 06-Nov-94 08:49:37 GMT", 206], ["", 200], ["x", 200],
    ];
    for (const [ifRange, status] of table) assert.equal(statusOf([`If-Range: ${ifRange}`, "Range: bytes=0-1"]), status, ifRange);
    assert.equal(statusOf([`If-Range: "x"`, "Range: bytes=99-"]), 200);
  });
});
