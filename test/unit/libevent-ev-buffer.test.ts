import assert from "node:assert/strict";
import { createSimWorld } from "../../platform/sim/index.js";
import type { RawForm } from "../../platform/sim/byte-ops.js";
import { EvBuffer, type EvBufferPtr, EVBUFFER_PTR_ADD, EVBUFFER_PTR_SET, EventBase, type EvIovec } from "../../src/libevent/index.js";

const PAGES = 16;
const PAGE_BYTES = 64;

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

for (const form of ["array", "string"] as RawForm[]) {
  describe(`EvBuffer over ${form}s`, () => {
    let base: EventBase;
    let buf: EvBuffer;
    let other: EvBuffer;
    const free = (): number => base.manager.pool.free;

    beforeEach(() => {
      base = new EventBase(createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1", form }), { pages: PAGES, pageBytes: PAGE_BYTES });
      buf = new EvBuffer(base);
      other = new EvBuffer(base);
    });
    afterEach(() => {
      buf.free();
      other.free();
      assert.equal(free(), PAGES, "pages are missing");
      base.free();
    });

    it("begins empty", () => {
      assert.deepEqual([buf.getLength(), buf.getContiguousSpace(), buf.text(), buf.pullup(-1), free()], [0, 0, "", undefined, PAGES]);
    });

    it("appends text as UTF-8, bytes as they are, and of either as much as is asked for", () => {
      assert.deepEqual([buf.add("h\u00e9"), buf.add(bytes("\x00\xff")), buf.add(bytes("abc"), 2), buf.add("xyz", 1), buf.add("")], [0, 0, 0, 0, 0]);
      assert.deepEqual([...buf.slice()], [0x68, 0xc3, 0xa9, 0, 255, 0x61, 0x62, 0x78]);
    });

    it("refuses data that is none, and more of it than there is", () => {
      assert.throws(() => buf.add(7 as unknown as string), TypeError);
      assert.throws(() => buf.add("abc", 4), RangeError);
      assert.throws(() => buf.prepend("abc", -1), RangeError);
      assert.equal(buf.getLength(), 0);
    });

    it("takes all of the data or, when the pool has no page for it, nothing", () => {
      const most = PAGES * PAGE_BYTES;
      assert.equal(buf.add(new Uint8Array(most - 1)), 0);
      assert.equal(other.add("x"), -1);
      assert.equal(buf.add("xy"), -1);
      assert.equal(buf.expand(2), -1);
      assert.equal(buf.expand(1), 0);
      assert.equal(buf.add("x"), 0);
      assert.deepEqual([buf.prepend("x"), buf.addPrintf("%d", 7), buf.addReference("x"), buf.getLength()], [-1, -1, -1, most]);
    });

    it("moves whole bytes, whatever it is asked for", () => {
      const other = new EvBuffer(base);
      buf.add("hello");
      assert.deepEqual([NaN, -1, 0.5].map((n) => buf.removeBuffer(other, n)), [0, 0, 0]);
      assert.deepEqual([buf.removeBuffer(other, 1.5), other.text(), buf.text(), buf.getLength()], [1, "h", "ello", 4]);
      assert.equal(buf.removeBuffer(other, Infinity), 4);
      other.free();
    });

    it("formats", () => {
      assert.equal(buf.addPrintf("%s=%d;", "a", 7), 4);
      assert.equal(buf.addVprintf("%x", [255]), 2);
      assert.equal(buf.text(), "a=7;ff");
    });

    it("drains from the front, no more than there is", () => {
      buf.add("abcdef");
      assert.deepEqual([buf.drain(2), buf.text()], [0, "cdef"]);
      assert.deepEqual([buf.drain(0), buf.drain(100), buf.getLength(), buf.drain(1)], [0, 0, 0, 0]);
      assert.throws(() => buf.drain(-1), RangeError);
    });

    it("copies out, and with remove takes away what was copied", () => {
      buf.add("abcdef");
      const to = new Uint8Array(4);
      assert.deepEqual([buf.copyout(to), Buffer.from(to).toString(), buf.getLength()], [4, "abcd", 6]);
      assert.deepEqual([buf.remove(to, 3), Buffer.from(to).toString(), buf.text()], [3, "abcd", "def"]);
      assert.deepEqual([buf.remove(to), Buffer.from(to).toString(), buf.getLength()], [3, "defd", 0]);
      assert.deepEqual([buf.remove(to), buf.copyout(to)], [0, 0]);
      assert.throws(() => buf.copyout(to, 5), RangeError);
    });

    it("copies out from the middle", () => {
      buf.add("abcdef");
      const to = new Uint8Array(3);
      const at: EvBufferPtr = { pos: 0 };
      assert.equal(buf.ptrSet(at, 4, EVBUFFER_PTR_SET), 0);
      assert.deepEqual([buf.copyoutFrom(at, to), Buffer.from(to.subarray(0, 2)).toString()], [2, "ef"]);
      assert.equal(buf.ptrSet(at, 6, EVBUFFER_PTR_SET), 0);
      assert.equal(buf.copyoutFrom(at, to), 0);
      assert.equal(buf.copyoutFrom({ pos: -1 }, to), -1);
    });

    it("sets pointers from the front and onwards, up to the end and not beyond", () => {
      buf.add("abcdef");
      const at: EvBufferPtr = { pos: -1 };
      assert.equal(buf.ptrSet(at, 1, EVBUFFER_PTR_ADD), -1);
      assert.deepEqual([buf.ptrSet(at, 2, EVBUFFER_PTR_SET), at.pos], [0, 2]);
      assert.deepEqual([buf.ptrSet(at, 4, EVBUFFER_PTR_ADD), at.pos], [0, 6]);
      assert.deepEqual([buf.ptrSet(at, 1, EVBUFFER_PTR_ADD), at.pos], [-1, -1]);
      assert.throws(() => buf.ptrSet(at, 1, 2), TypeError);
    });

    it("moves everything to the back of another: the same pages, and none more", () => {
      buf.add("x".repeat(40));
      other.add("y".repeat(30));
      assert.equal(free(), PAGES - 2);
      assert.equal(other.addBuffer(buf), 0);
      assert.deepEqual([buf.getLength(), other.text(), free()], [0, "y".repeat(30) + "x".repeat(40), PAGES - 2]);
      assert.equal(buf.addBuffer(other), 0);
      assert.deepEqual([other.getLength(), buf.getLength(), free()], [0, 70, PAGES - 2]);
    });

    it("moves nothing to itself, and nothing where there is nothing", () => {
      buf.add("abc");
      assert.deepEqual([buf.addBuffer(buf), buf.prependBuffer(buf), buf.addBuffer(other), buf.prependBuffer(other), buf.removeBuffer(buf, 2)], [0, 0, 0, 0, 0]);
      assert.equal(buf.addBufferReference(buf), -1);
      assert.equal(buf.text(), "abc");
    });

    it("moves some of it, and no more than there is", () => {
      buf.add("abcdef");
      other.add("-");
      assert.deepEqual([buf.removeBuffer(other, 2), buf.text(), other.text()], [2, "cdef", "-ab"]);
      assert.deepEqual([buf.removeBuffer(other, 100), buf.text(), other.text()], [4, "", "-abcdef"]);
      assert.deepEqual([buf.removeBuffer(other, 1), other.removeBuffer(buf, 0)], [0, 0]);
    });

    it("moves nothing when two parts would take a page that the pool has not got", () => {
      const rest = new EvBuffer(base);
      buf.add("x".repeat(PAGE_BYTES));
      rest.add(new Uint8Array((PAGES - 1) * PAGE_BYTES));
      assert.equal(buf.removeBuffer(other, 10), -1);
      assert.deepEqual([buf.getLength(), other.getLength(), free()], [PAGE_BYTES, 0, 0]);
      assert.equal(buf.removeBuffer(other, PAGE_BYTES), PAGE_BYTES);
      rest.free();
    });

    it("shares its bytes with another and keeps them", () => {
      buf.add("abc");
      other.add("-");
      assert.deepEqual([other.addBufferReference(buf), buf.text(), other.text(), free()], [0, "abc", "-abc", PAGES - 2]);
      buf.drain(3);
      assert.equal(other.text(), "-abc");
    });

    it("puts data, or everything in another, before the front", () => {
      buf.add("def");
      assert.deepEqual([buf.prepend("bc"), buf.prepend(bytes("a")), buf.prepend(""), buf.text()], [0, 0, 0, "abcdef"]);
      other.add("12");
      assert.deepEqual([buf.prependBuffer(other), other.getLength(), buf.text()], [0, 0, "12abcdef"]);
      assert.deepEqual([other.prependBuffer(buf), buf.getLength(), other.text(), free()], [0, 0, "12abcdef", PAGES - 1]);
    });

    it("moves between bases, from one pool to the other", () => {
      const there = new EventBase(createSimWorld({ seed: 2 }).platform({ host: "10.0.0.2", form }), { pages: 2, pageBytes: 64 });
      const far = new EvBuffer(there);
      buf.add("abc".repeat(50));
      assert.deepEqual([far.addBuffer(buf), buf.removeBuffer(far, 100), far.prependBuffer(buf), far.removeBuffer(buf, 90)], [-1, 100, -1, 90]);
      assert.deepEqual([far.prependBuffer(buf), buf.getLength(), far.getLength(), there.manager.pool.free], [-1, 140, 10, 1]);
      buf.drain(50);
      assert.deepEqual([far.prependBuffer(buf), far.text(), free(), there.manager.pool.free], [0, "abc".repeat(34).slice(0, 100), PAGES, 0]);
      there.free();
    });

    it("pulls up the first bytes, all of them with -1, and nothing when there are not as many", () => {
      buf.add("abc");
      other.add("x".repeat(300));
      buf.addBuffer(other);
      assert.deepEqual([buf.pullup(4), buf.pullup(304), buf.pullup(0)], [bytes("abcx"), undefined, undefined]);
      assert.equal(buf.pullup(-1)?.length, 303);
      assert.equal(buf.getContiguousSpace(), 303);
    });

    it("shows its pieces without moving them", () => {
      buf.add("a".repeat(300));
      other.add("b".repeat(300));
      buf.addBuffer(other);
      const vec: EvIovec[] = [];
      assert.equal(buf.peek(-1), 2);
      assert.equal(buf.peek(300), 1);
      assert.equal(buf.peek(301, undefined, vec, 2), 2);
      assert.deepEqual(vec.map((one) => one.iovLen), [300, 300]);
      assert.equal(buf.peek(10, { pos: 299 }, vec, 2), 2);
      assert.deepEqual([vec[0].iovLen, vec[0].iovBase[0], vec[1].iovBase[0]], [1, 0x61, 0x62]);
      assert.deepEqual([buf.peek(-1, undefined, vec, 1), buf.peek(1, { pos: 600 }), buf.peek(1, { pos: -1 })], [1, 0, 0]);
      assert.equal(buf.getLength(), 600);
    });

    it("reserves space and commits as much of it as was filled", () => {
      const vec: EvIovec[] = [];
      assert.equal(buf.reserveSpace(10, vec), 1);
      assert.equal(vec[0].iovLen, 10);
      vec[0].iovBase.set(bytes("abc"));
      vec[0].iovLen = 3;
      assert.deepEqual([buf.commitSpace(vec), buf.text()], [0, "abc"]);
      assert.equal(buf.commitSpace(vec), -1, "twice");
      assert.equal(buf.commitSpace(vec, 0), 0);
      buf.reserveSpace(4, vec);
      vec[0].iovLen = 5;
      assert.equal(buf.commitSpace(vec), -1, "too long");
      assert.equal(buf.commitSpace([{ iovBase: new Uint8Array(4), iovLen: 4 }]), -1, "another's");
      assert.equal(buf.reserveSpace(PAGES * PAGE_BYTES, vec), -1);
      assert.throws(() => buf.reserveSpace(-1, vec), RangeError);
      assert.equal(buf.text(), "abc");
    });

    it("appends extents, all or none", () => {
      const vec = [{ iovBase: bytes("abc"), iovLen: 2 }, { iovBase: bytes("de"), iovLen: 2 }];
      assert.deepEqual([buf.addIovec(vec), buf.addIovec(vec, 1), buf.text()], [4, 2, "abdeab"]);
      assert.equal(buf.addIovec([vec[0], { iovBase: new Uint8Array(2000), iovLen: 2000 }]), 0);
      assert.equal(buf.getLength(), 6);
    });

    it("searches across pieces, from a place on, and up to another", () => {
      buf.add("xab" + "-".repeat(300));
      other.add("abc" + "-".repeat(300));
      buf.addBuffer(other);
      assert.equal(buf.search("ab").pos, 1);
      assert.equal(buf.search("-abc").pos, 302);
      assert.equal(buf.search(bytes("abc"), { pos: 2 }).pos, 303);
      assert.deepEqual([buf.search("ab", { pos: 304 }).pos, buf.search("abd").pos, buf.search("-", { pos: 606 }).pos], [-1, -1, -1]);
      assert.equal(buf.search("", { pos: 5 }).pos, 5);
      assert.equal(buf.search("a", { pos: -1 }).pos, -1);
      assert.equal(buf.searchRange("ab", { pos: 2 }, { pos: 305 }).pos, 303);
      assert.equal(buf.searchRange("ab", { pos: 2 }, { pos: 304 }).pos, -1);
    });

    it("changes nothing at a frozen front", () => {
      buf.add("a\nb");
      other.add("c");
      assert.equal(buf.freeze(true), 0);
      const to = new Uint8Array(1);
      assert.deepEqual([buf.drain(1), buf.remove(to), buf.copyout(to), buf.prepend("x"), buf.prependBuffer(other), buf.removeBuffer(other, 1)], [-1, -1, -1, -1, -1, -1]);
      assert.equal(other.addBuffer(buf), -1);
      assert.equal(buf.readln(3), undefined);
      assert.deepEqual([buf.add("d"), buf.addBuffer(other), buf.text()], [0, 0, "a\nbdc"]);
      assert.deepEqual([buf.unfreeze(true), buf.drain(2), buf.text()], [0, 0, "bdc"]);
    });

    it("changes nothing at a frozen back", () => {
      buf.add("ab");
      other.add("c");
      const vec = [{ iovBase: bytes("x"), iovLen: 1 }];
      buf.freeze(false);
      assert.deepEqual([buf.add("x"), buf.add(""), buf.addPrintf("x"), buf.addBuffer(other), buf.addBufferReference(other), buf.addReference("x")], [-1, -1, -1, -1, -1, -1]);
      assert.deepEqual([other.removeBuffer(buf, 1), buf.reserveSpace(1, vec), buf.addIovec(vec)], [-1, -1, 0]);
      assert.deepEqual([buf.prepend("x"), buf.drain(2), buf.text(), other.text()], [0, 0, "b", "c"]);
      assert.deepEqual([buf.unfreeze(false), buf.add("y"), buf.text()], [0, 0, "by"]);
    });
  });
}
