import assert from "node:assert/strict";
import fc from "fast-check";
import { byteOpsFor, type RawForm } from "../../platform/sim/byte-ops.js";
import type { Raw } from "../../src/core/port.js";
import { Found, MultipartReader } from "../../src/http/multipart.js";
import { multipartBoundary, parsePartHead, type PartHead } from "../../src/http/multipart-head.js";
import { freshServer, get } from "../unit/http-support.js";
import { post, postChunks, talk } from "../unit/http-multipart-support.js";

/*
 * Multipart bodies from fuzzers: whatever comes, in whatever pieces, the reader gives the same parts or refuses, uses no
 * byte twice and holds back no more than it may; the server ends what it begins, and has nothing left at the end.
 */

const RUNS = Number(process.env.FUZZ_RUNS ?? 300);
const HEAD_MAX = 100;

/** Head and data of each part, and how it ended: -status, "over", or "open". */
interface Outcome {
  parts: [head: string, data: string, isWhole: boolean][];
  end: string | number;
}

/** Reads `body` cut at `cuts`, taking at most `takes[i]` bytes of the data each time. */
function read(body: string, cuts: number[], takes: number[], form: RawForm, boundary: string): Outcome {
  const ops = byteOpsFor(form);
  const reader = new MultipartReader(ops, boundary, HEAD_MAX);
  const parts: Outcome["parts"] = [];
  let raw: Raw = form === "string" ? "" : new Uint8Array(0);
  let turns = 0;
  for (const piece of cut(body, cuts)) {
    raw = ops.concat(raw, piece);
    for (;;) {
      const found = reader.next(raw);
      if (found < 0) return { parts, end: found };
      if (found === Found.More && !reader.used) break;
      assert.ok(++turns < 20 * body.length + 100, "goes round and round");
      const text = ops.latin1(raw, 0, reader.size);
      if (found === Found.Data && takes.length > 0) reader.take(Math.min(reader.size, 1 + takes[turns % takes.length]));
      if (found === Found.Head) parts.push([text, "", false]);
      if (found === Found.Data) parts[parts.length - 1][1] += text.slice(0, reader.used);
      if (found === Found.End) parts[parts.length - 1][2] = true;
      assert.ok(reader.used <= raw.length);
      raw = ops.slice(raw, reader.used, raw.length);
    }
    assert.ok(raw.length < Math.max(HEAD_MAX + 4, boundary.length + 24), `holds ${raw.length} bytes back`);
  }
  return { parts, end: reader.isOver ? "over" : "open" };
}

/** The text cut where `cuts` say, each a share of what is left. */
function cut(text: string, cuts: number[]): string[] {
  const pieces: string[] = [];
  let rest = text;
  for (const share of cuts) {
    const at = Math.floor(share * rest.length);
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return [...pieces, rest];
}

/** The slow and plain way to take a body apart: line by line, all of it at hand. */
function plainly(body: string, boundary: string): Outcome | undefined {
  const text = "\r\n" + body;
  const marks: { from: number; to: number; isLast: boolean }[] = [];
  for (let at = text.indexOf("\r\n--" + boundary); at >= 0; at = text.indexOf("\r\n--" + boundary, at + 1)) {
    const from = at + 4 + boundary.length;
    const match = /^(?:(--)|[ \t]{0,16}\r\n)/.exec(text.slice(from, from + 20));
    if (match) marks.push({ from: at, to: from + match[0].length, isLast: match[1] !== undefined });
    if (match?.[1] !== undefined) break;
  }
  if (marks.length === 0 || !marks[marks.length - 1].isLast) return undefined;
  const parts = marks.slice(0, -1).map((mark, i): [string, string, boolean] | undefined => {
    const part = text.slice(mark.to - 2, marks[i + 1].from + 2);
    const blank = part.indexOf("\r\n\r\n");
    return blank < 0 ? undefined : [part.slice(2, blank), part.slice(blank + 4, -2), true];
  });
  return parts.every((part) => part !== undefined) ? { parts, end: "over" } : undefined;
}

const cuts = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 12 });
const takes = fc.array(fc.nat(5), { maxLength: 3 });
const forms = fc.constantFrom<RawForm>("array", "string");
const byte = fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n));
/** What a boundary is made of, and what can be mistaken for one. */
const tricky = fc.constantFrom("\r\n", "\r", "\n", "-", "--", "--b", "\r\n--b", "\r\n--b--", "b", "bb", " ", "\t", "\r\n--", "--b\r\n", "\r\n\r\n", "x");
const data = fc.array(fc.oneof({ weight: 3, arbitrary: tricky }, byte), { maxLength: 20 }).map((list) => list.join(""));
const HEAD = 'Content-Disposition: form-data; name="a"';

describe("MultipartReader under fuzz", function () {
  this.timeout(120_000);

  it("finds the parts that a plain reader finds, however the bytes are cut and taken", () => {
    const part = fc.tuple(fc.constantFrom(HEAD, "A: b", "A: b\r\nC: d"), data).map(([head, bytes]) => `--b\r\n${head}\r\n\r\n${bytes}\r\n`);
    fc.assert(fc.property(fc.array(part, { maxLength: 4 }), data, cuts, takes, forms, (list, epilogue, at, few, form) => {
      const body = list.join("") + "--b--" + epilogue;
      const expected = plainly(body, "b");
      if (expected === undefined || expected.parts.some(([head]) => head.length > HEAD_MAX)) return;
      const seen = read(body, at, few, form, "b");
      assert.deepEqual(seen, expected, JSON.stringify(body));
    }), { numRuns: RUNS * 3 });
  });

  it("gives back exactly what was put in, where it holds no boundary", () => {
    const boundary = fc.string({ unit: fc.constantFrom(..."-'()+_,./:=?bB09".split("")), minLength: 1, maxLength: 70 });
    fc.assert(fc.property(boundary, fc.array(data, { maxLength: 4 }), cuts, takes, forms, (b, list, at, few, form) => {
      if (list.some((bytes) => bytes.includes(b))) return;
      const body = list.map((bytes) => `--${b}\r\n${HEAD}\r\n\r\n${bytes}\r\n`).join("") + `--${b}--`;
      assert.deepEqual(read(body, at, few, form, b), { parts: list.map((bytes) => [HEAD, bytes, true]), end: "over" });
    }), { numRuns: RUNS });
  });

  it("gives the same for nonsense, however the bytes are cut and taken", () => {
    const word = fc.oneof({ weight: 3, arbitrary: tricky }, fc.constantFrom(HEAD + "\r\n\r\n", "\r\n\r\n--b\r\n", "--b\r\nA: b\r\n\r\n", "x".repeat(40)), byte);
    fc.assert(fc.property(fc.array(word, { maxLength: 40 }), cuts, takes, forms, (words, at, few, form) => {
      const body = words.join("");
      assert.deepEqual(read(body, at, few, form, "b"), read(body, [], [], form, "b"));
    }), { numRuns: RUNS * 3 });
  });
});

describe("the head of a part under fuzz", () => {
  it("is read, or refused with a reason, and what was written is what is read", () => {
    const ops = byteOpsFor("array");
    const word = fc.oneof(fc.constantFrom("Content-Disposition", ":", "form-data", ";", " ", "name", "=", '"', "\\", "filename", "*", "a", "%22", "\r\n", "\t", "é"), fc.string({ maxLength: 3 }));
    fc.assert(fc.property(fc.array(word, { maxLength: 20 }), (words) => {
      const part: PartHead = { varName: "", fileName: undefined, contentType: "" };
      const head = Buffer.from("Content-Disposition: form-data; name=x" + words.join("")).toString("latin1");
      const why = parsePartHead(ops, head, part);
      assert.equal(typeof why, "string");
      assert.equal(typeof multipartBoundary("multipart/form-data;" + words.join("")), "string");
    }), { numRuns: RUNS * 3 });
    const name = fc.string({ unit: "grapheme", maxLength: 20 }).filter((s) => !/[\x00-\x1f\x7f\\%]/.test(s));
    fc.assert(fc.property(name, name, (varName, fileName) => {
      const part: PartHead = { varName: "", fileName: undefined, contentType: "" };
      const escaped = (s: string): string => Buffer.from(s.replace(/"/g, "%22"), "utf8").toString("latin1");
      assert.equal(parsePartHead(ops, `Content-Disposition: form-data; name="${escaped(varName)}"; filename="${escaped(fileName)}"`, part), "");
      const bytes = (s: string): string => Buffer.from(s, "utf8").toString("utf8");
      assert.deepEqual([part.varName, part.fileName], [bytes(varName), bytes(fileName)]);
    }), { numRuns: RUNS });
  });
});

describe("a server of multipart requests under fuzz", function () {
  this.timeout(120_000);
  before(freshServer);

  it("ends what it begins, answers once, and finds the next request or closes", () => {
    const word = fc.oneof({ weight: 2, arbitrary: tricky }, fc.constantFrom(`--b\r\n${HEAD}\r\n\r\n`, `\r\n--b\r\n${HEAD}\r\n\r\n`, "\r\n--b--"), byte);
    fc.assert(fc.property(fc.array(word, { maxLength: 25 }), fc.boolean(), fc.boolean(), cuts, forms, (words, isGood, isChunked, at, form) => {
      const body = (isGood ? `--b\r\n${HEAD}\r\n\r\n` : "") + words.join("") + (isGood ? "\r\n--b--\r\n" : "");
      const wire = (isChunked ? postChunks(body, 9) : post(body)) + get("/next");
      const t = talk(cut(wire, at).filter((piece) => piece !== ""), { platform: { form }, gapMs: 1, mgr: { pages: 32, pageBytes: 256 } });
      assert.deepEqual(t.s.logs, [], "the server failed");
      const count = (name: string): number => t.log.filter((line) => line.split(" ")[0] === name).length;
      assert.deepEqual([count("BEGIN"), count("MULTIPART")], [count("END"), count("OVER")], t.log.join());
      const statuses = t.replies.map((r) => r.status).join();
      assert.ok(statuses === "200,200" || statuses === "400" || statuses === "431", statuses);
      assert.equal(t.isClosed, statuses !== "200,200");
      assert.equal(t.log.includes("OVER"), statuses === "200,200" && count("OVER") > 0);
      t.s.finish();
    }), { numRuns: RUNS });
  });
});
