import assert from "node:assert/strict";
import fc from "fast-check";
import { byteOpsFor, type RawForm } from "../../platform/sim/byte-ops.js";
import { Mbuf } from "../../src/core/mbuf.js";
import { Pool } from "../../src/core/pool.js";

/* Mbuf against a plain array of numbers: after every operation the bytes, the length and the pages are the same. */

const PAGES = 12;
const PAGE_BYTES = 5;
const RUNS = Number(process.env.FUZZ_RUNS ?? 300);

type Adding = { op: "append" | "insert"; at: number; bytes: number[]; form: "array" | "text" | "mbuf" };
type Step =
  | Adding
  | { op: "remove" | "resize"; count: number }
  | { op: "clear" | "moveOut" | "moveIn" };

const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 24 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constantFrom("append" as const, "insert" as const), at: fc.nat(40), bytes, form: fc.constantFrom("array" as const, "text" as const, "mbuf" as const) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom("remove" as const, "resize" as const), count: fc.integer({ min: -2, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom("clear" as const, "moveOut" as const, "moveIn" as const) }) },
);

/** Both queues and their models; `other` is where moves go and come from. */
interface Pair {
  pool: Pool;
  m: Mbuf;
  model: number[];
  other: Mbuf;
  otherModel: number[];
}

function pagesOf(model: number[]): number {
  return Math.ceil(model.length / PAGE_BYTES);
}

/** Whether `model` may grow to `length` with what the pool has. */
function fits(p: Pair, model: number[], length: number): boolean {
  return Math.ceil(length / PAGE_BYTES) - pagesOf(model) <= PAGES - pagesOf(p.model) - pagesOf(p.otherModel);
}

function dataOf(p: Pair, s: Adding): { data: string | Uint8Array | Mbuf; bytes: number[] } {
  const ascii = s.bytes.map((b) => b & 127);
  if (s.form === "text") return { data: String.fromCharCode(...ascii), bytes: ascii };
  if (s.form === "mbuf") return { data: p.other, bytes: p.otherModel };
  return { data: Uint8Array.from(s.bytes), bytes: s.bytes };
}

function add(p: Pair, s: Adding): void {
  const given = dataOf(p, s);
  const at = s.op === "append" ? p.model.length : Math.min(s.at, p.model.length);
  const taken = given.bytes.length > 0 && fits(p, p.model, p.model.length + given.bytes.length) ? given.bytes.length : 0;
  const answer = s.op === "append" ? p.m.append(given.data) : p.m.insert(at, given.data);
  assert.equal(answer, taken);
  if (taken > 0) p.model.splice(at, 0, ...given.bytes);
}

function apply(p: Pair, s: Step): void {
  const n = p.model.length;
  if (s.op === "append" || s.op === "insert") return add(p, s);
  if (s.op === "remove") {
    p.m.remove(s.count);
    if (s.count > 0 && s.count <= n) p.model.splice(0, s.count);
  } else if (s.op === "resize") {
    p.m.resize(s.count);
    if (s.count >= 0 && s.count < n) p.model.length = s.count;
  } else if (s.op === "clear") {
    p.m.clear();
    p.model.length = 0;
  } else if (s.op === "moveOut") {
    assert.equal(p.m.moveTo(p.other), n);
    p.otherModel.push(...p.model.splice(0, n));
  } else {
    const moved = p.otherModel.length;
    assert.equal(p.other.moveTo(p.m), moved);
    p.model.push(...p.otherModel.splice(0, moved));
  }
}

function check(p: Pair): void {
  assert.equal(p.m.len, p.model.length);
  assert.deepEqual([...p.m.slice()], p.model);
  assert.deepEqual([...p.other.slice()], p.otherModel);
  assert.equal(p.m.size, pagesOf(p.model) * PAGE_BYTES);
  assert.equal(p.pool.free, PAGES - pagesOf(p.model) - pagesOf(p.otherModel), "pages");
  const at = p.model.length >> 1;
  assert.equal(p.m.byteAt(at), p.model.length > at ? p.model[at] : -1);
}

for (const form of ["array", "string"] as RawForm[]) {
  describe(`Mbuf over ${form}s against a plain array`, function () {
    this.timeout(60_000);

    it("holds the same bytes and exactly the pages they need after every operation", () => {
      fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pool = new Pool(PAGES, PAGE_BYTES, 1, byteOpsFor(form));
        const p: Pair = { pool, m: new Mbuf(pool), model: [], other: new Mbuf(pool), otherModel: [] };
        for (const s of steps) {
          apply(p, s);
          check(p);
        }
        p.m.clear();
        p.other.clear();
        assert.equal(pool.free, PAGES);
      }), { numRuns: RUNS });
    });

    it("finds the first place of a needle at or after a start, as a plain search does", () => {
      const letters = fc.array(fc.constantFrom("a", "b", "\r", "\n"), { maxLength: 30 });
      fc.assert(fc.property(fc.array(letters, { maxLength: 6 }), letters, fc.integer({ min: -3, max: 40 }), (pieces, needle, from) => {
        const m = new Mbuf(new Pool(1000, 8, 1, byteOpsFor(form)));
        for (const piece of pieces) m.append(piece.join(""));
        const text = pieces.map((piece) => piece.join("")).join("");
        fc.pre(needle.length > 0);
        assert.equal(m.indexOf(needle.join(""), from), text.indexOf(needle.join(""), from));
      }), { numRuns: RUNS });
    });
  });
}
