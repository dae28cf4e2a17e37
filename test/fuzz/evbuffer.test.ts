import assert from "node:assert/strict";
import fc from "fast-check";
import type { RawForm } from "../../platform/sim/byte-ops.js";
import { createSimWorld } from "../../platform/sim/index.js";
import { EvBuffer, type EvBufferCbInfo, EventBase, type EvIovec } from "../../src/libevent/index.js";

/* Two EvBuffers against plain strings: after every operation bytes, pages, callbacks and owed cleanups are as they should be. */

const PAGES = 12;
const PAGE_BYTES = 64;
const RUNS = Number(process.env.FUZZ_RUNS ?? 300);

type Step =
  | { op: "add" | "prepend" | "reference"; size: number; ends: string }
  | { op: "drain" | "remove" | "removeBuffer" | "pullup" | "copyout" | "commit"; size: number }
  | { op: "readln" | "searchEol"; style: number }
  | { op: "search"; from: number }
  | { op: "addBuffer" | "prependBuffer" | "share" | "swap" | "peek" | "apart" };

const size = fc.oneof(fc.nat(5), fc.nat(70), fc.nat(400));
const ends = fc.constantFrom("", "\n", "\r", "\r\n", "\0", "\n\r\n");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constantFrom("add" as const, "prepend" as const, "reference" as const), size, ends }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constantFrom("drain" as const, "remove" as const, "removeBuffer" as const, "pullup" as const, "copyout" as const, "commit" as const), size }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom("readln" as const, "searchEol" as const), style: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("search" as const), from: fc.nat(400) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom("addBuffer" as const, "prependBuffer" as const, "share" as const, "swap" as const, "peek" as const, "apart" as const) }) },
);

/** A buffer, what should be in it, and in each byte's place whether it is the last of a reference that is owed. */
interface Side {
  buf: EvBuffer;
  text: string;
  /** Ends of owed references: bytes from the front → their numbers. */
  owed: [end: number, id: number][];
  /** Length as the callbacks tell it. */
  told: number;
}

class Model {
  base: EventBase;
  a: Side;
  b: Side;
  cleaned: number[] = [];
  due: number[] = [];
  next = 0;

  constructor(form: RawForm) {
    this.base = new EventBase(createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1", form }), { pages: PAGES, pageBytes: PAGE_BYTES });
    this.a = this.side();
    this.b = this.side();
  }

  side(): Side {
    const side: Side = { buf: new EvBuffer(this.base), text: "", owed: [], told: 0 };
    side.buf.addCb((_buf, info: EvBufferCbInfo) => {
      assert.equal(info.origSize, side.told);
      assert.ok(info.nAdded || info.nDeleted);
      side.told += info.nAdded - info.nDeleted;
    });
    return side;
  }

  pages(): number {
    return Math.ceil(this.a.text.length / PAGE_BYTES) + Math.ceil(this.b.text.length / PAGE_BYTES);
  }

  /** Bytes for a step: letters that tell where they came from, and ends of lines. */
  bytes(s: { size: number; ends: string }): string {
    return (s.ends + String.fromCharCode(97 + (this.next++ % 26)).repeat(s.size) + s.ends).slice(0, 450);
  }

  /** What the model says of taking `n` bytes off the front. */
  shorten(side: Side, n: number): void {
    side.text = side.text.slice(n);
    for (const [end, id] of side.owed) if (end <= n) this.due.push(id);
    side.owed = side.owed.filter(([end]) => end > n).map(([end, id]) => [end - n, id]);
  }

  /** `n` bytes from `from` behind, or before, what is in `to`. */
  move(from: Side, to: Side, n: number, isFront: boolean): void {
    const moved = from.text.slice(0, n);
    if (isFront) to.owed = to.owed.map(([end, id]) => [end + n, id]);
    const before = isFront ? 0 : to.text.length;
    to.owed.push(...from.owed.filter(([end]) => end <= n).map(([end, id]): [number, number] => [end + before, id]));
    from.owed = from.owed.filter(([end]) => end > n).map(([end, id]) => [end - n, id]);
    to.text = isFront ? moved + to.text : to.text + moved;
    from.text = from.text.slice(n);
  }

  check(): void {
    for (const side of [this.a, this.b]) {
      assert.equal(side.buf.getLength(), side.text.length);
      assert.equal(side.told, side.text.length, "told");
    }
    assert.equal(this.base.manager.pool.free, PAGES - this.pages(), "pages");
    assert.deepEqual(this.cleaned.splice(0).sort(), this.due.splice(0).sort(), "cleanups");
  }

  /** Looks at the bytes, which joins them: not after every step. */
  compare(): void {
    for (const side of [this.a, this.b]) assert.equal(side.buf.text(), side.text);
  }
}

const EOL = [/[\r\n]+/, /\r?\n/, /\r\n/, /\n/, /\0/];

function grow(m: Model, s: Extract<Step, { ends: string }>): void {
  const { a } = m;
  const text = m.bytes(s);
  const fits = m.pages() - Math.ceil(a.text.length / PAGE_BYTES) + Math.ceil((a.text.length + text.length) / PAGE_BYTES) <= PAGES;
  const id = m.next;
  const answer = s.op === "add" ? a.buf.add(text) : s.op === "prepend" ? a.buf.prepend(text) : a.buf.addReference(text, undefined, () => void m.cleaned.push(id));
  assert.equal(answer, fits || !text ? 0 : -1);
  if (answer < 0) return;
  if (s.op === "prepend") a.owed = a.owed.map(([end, one]) => [end + text.length, one]);
  a.text = s.op === "prepend" ? text + a.text : a.text + text;
  if (s.op === "reference") a.owed.push([a.text.length, id]);
}

function take(m: Model, s: Extract<Step, { op: "drain" | "remove" | "removeBuffer" | "pullup" | "copyout" | "commit" }>): void {
  const { a, b } = m;
  const n = Math.min(s.size, a.text.length);
  const out = new Uint8Array(s.size);
  if (s.op === "drain") {
    assert.equal(a.buf.drain(s.size), 0);
    if (n) m.shorten(a, n);
  } else if (s.op === "remove" || s.op === "copyout") {
    assert.equal(s.op === "remove" ? a.buf.remove(out) : a.buf.copyout(out), n);
    assert.equal(Buffer.from(out.subarray(0, n)).toString("latin1"), a.text.slice(0, n));
    if (s.op === "remove" && n) m.shorten(a, n);
  } else if (s.op === "pullup") {
    const front = a.buf.pullup(s.size);
    assert.equal(front && Buffer.from(front).toString("latin1"), s.size && s.size <= a.text.length ? a.text.slice(0, s.size) : undefined);
  } else if (s.op === "removeBuffer") {
    const need = Math.ceil((a.text.length - n) / PAGE_BYTES) + Math.ceil((b.text.length + n) / PAGE_BYTES);
    const moved = a.buf.removeBuffer(b.buf, s.size);
    assert.equal(moved, n === 0 || need <= PAGES ? n : -1);
    if (moved > 0) m.move(a, b, n, false);
  } else {
    const vec: EvIovec[] = [];
    if (a.buf.reserveSpace(s.size, vec) < 0) return;
    vec[0].iovBase.fill(0x2e);
    assert.equal(a.buf.commitSpace(vec), 0);
    a.text += ".".repeat(s.size);
  }
}

function look(m: Model, s: Extract<Step, { style: number } | { from: number }>): void {
  const { a } = m;
  if (s.op === "search") {
    const needle = a.text.slice(a.text.length >> 1, (a.text.length >> 1) + 4);
    if (needle) assert.equal(a.buf.search(needle, { pos: s.from }).pos, s.from <= a.text.length ? a.text.indexOf(needle, s.from) : -1);
    return;
  }
  const found = EOL[s.style].exec(a.text);
  if (s.op === "searchEol") {
    assert.deepEqual(a.buf.searchEol(undefined, s.style), { pos: found ? found.index : -1, eolLen: found ? found[0].length : 0 });
    return;
  }
  assert.equal(a.buf.readln(s.style), found ? a.text.slice(0, found.index) : undefined);
  if (found) m.shorten(a, found.index + found[0].length);
}

function whole(m: Model, s: Extract<Step, { op: "addBuffer" | "prependBuffer" | "share" | "swap" | "peek" | "apart" }>): void {
  const { a, b } = m;
  if (s.op === "swap") [m.a, m.b] = [b, a];
  else if (s.op === "apart") m.compare();
  else if (s.op === "peek") {
    const vec: EvIovec[] = [];
    const count = a.buf.peek(-1);
    assert.equal(a.buf.peek(-1, undefined, vec, count), count);
    assert.equal(Buffer.concat(vec.map((one) => one.iovBase)).toString("latin1"), a.text);
  } else if (s.op === "share") {
    const need = Math.ceil(a.text.length / PAGE_BYTES) + Math.ceil((a.text.length + b.text.length) / PAGE_BYTES);
    const answer = b.buf.addBufferReference(a.buf);
    assert.equal(answer, need <= PAGES || !a.text ? 0 : -1);
    if (answer === 0) b.text += a.text;
  } else {
    const isFront = s.op === "prependBuffer";
    assert.equal(isFront ? b.buf.prependBuffer(a.buf) : b.buf.addBuffer(a.buf), 0);
    if (a.text) m.move(a, b, a.text.length, isFront);
  }
}

for (const form of ["array", "string"] as RawForm[]) {
  describe(`EvBuffer over ${form}s against plain strings`, function () {
    this.timeout(120_000);

    it("holds the same bytes, and tells, leases and cleans up for exactly those, after every operation", () => {
      fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const m = new Model(form);
        for (const s of steps) {
          if ("ends" in s) grow(m, s);
          else if ("size" in s) take(m, s);
          else if ("style" in s || "from" in s) look(m, s);
          else whole(m, s);
          m.check();
        }
        m.compare();
        for (const side of [m.a, m.b]) {
          side.buf.free();
          m.due.push(...side.owed.map(([, id]) => id));
        }
        assert.deepEqual(m.cleaned.sort(), m.due.sort(), "cleanups at the end");
        assert.equal(m.base.manager.pool.free, PAGES);
        m.base.free();
      }), { numRuns: RUNS });
    });

    it("reads the same lines however their bytes were cut, but for runs of CR and LF", () => {
      const text = fc.array(fc.constantFrom("a", "bc", "\r", "\n", "\r\n", "\0", "x".repeat(90)), { maxLength: 40 }).map((parts) => parts.join(""));
      fc.assert(fc.property(text, fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (all, cuts, style) => {
        const base = new EventBase(createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1", form }), { pages: 100, pageBytes: 64 });
        const buf = new EvBuffer(base);
        const lines: string[] = [];
        for (let at = 0, i = 0; at < all.length; i++) {
          const n = cuts[i] ?? 1;
          buf.add(all.slice(at, at + n));
          at += n;
          for (let line = buf.readln(style); line !== undefined; line = buf.readln(style)) lines.push(line);
        }
        const wanted = all.split(EOL[style]);
        assert.deepEqual([...lines, buf.text()], wanted);
        base.free();
      }), { numRuns: RUNS });
    });
  });
}
