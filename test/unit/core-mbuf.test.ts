import assert from "node:assert/strict";
import { byteOpsFor, type RawForm } from "../../platform/sim/byte-ops.js";
import { Mbuf, toRaw } from "../../src/core/mbuf.js";
import { Pool } from "../../src/core/pool.js";

const PAGES = 16;
const PAGE_BYTES = 8;

for (const form of ["array", "string"] as RawForm[]) {
  describe(`Mbuf over ${form}s`, () => {
    let pool: Pool;
    let m: Mbuf;
    beforeEach(() => {
      pool = new Pool(PAGES, PAGE_BYTES, 2, byteOpsFor(form));
      m = new Mbuf(pool);
    });
    const free = (): number => pool.free;
    const fill = (text: string): Mbuf => {
      m.clear();
      for (const char of text) m.append(char);
      return m;
    };

    it("begins empty and holds no page", () => {
      assert.deepEqual([m.len, m.size, m.text(), m.slice().length, free()], [0, 0, "", 0, PAGES]);
    });

    it("holds as many pages as its bytes need, after every byte in and every byte out", () => {
      for (let n = 1; n <= 40; n++) {
        assert.equal(m.append("x"), 1);
        assert.equal(free(), PAGES - Math.ceil(n / PAGE_BYTES), `${n} bytes`);
        assert.equal(m.size, Math.ceil(n / PAGE_BYTES) * PAGE_BYTES);
      }
      for (let n = 39; n >= 0; n--) {
        m.remove(1);
        assert.equal(m.len, n);
        assert.equal(free(), PAGES - Math.ceil(n / PAGE_BYTES), `${n} bytes`);
      }
    });

    it("appends text as UTF-8 and bytes as they are", () => {
      assert.equal(m.append("h\u00e9\u20ac"), 6);
      assert.equal(m.append(Uint8Array.of(0, 127, 128, 255)), 4);
      assert.deepEqual([...m.slice()], [0x68, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0, 127, 128, 255]);
      assert.equal(m.text(0, 6), "h\u00e9\u20ac");
    });

    it("keeps every byte value", () => {
      const all = Uint8Array.from({ length: 128 }, (_, i) => i * 2);
      m.append(all);
      assert.deepEqual(m.slice(), all);
      for (let i = 0; i < 128; i++) assert.equal(m.byteAt(i), i * 2);
    });

    it("does not notice later writes to an array that was appended", () => {
      const bytes = Uint8Array.of(1, 2, 3);
      m.append(bytes);
      bytes[1] = 99;
      assert.deepEqual([...m.slice()], [1, 2, 3]);
    });

    it("gives out copies: writing to a slice changes nothing", () => {
      m.append("abc");
      m.slice()[0] = 0;
      m.slice(1, 2)[0] = 0;
      assert.equal(m.text(), "abc");
    });

    it("appends the contents of another queue, and of itself", () => {
      const other = new Mbuf(pool);
      fill("abc");
      assert.equal(other.append(m), 3);
      assert.equal(other.append(other), 3);
      assert.deepEqual([m.text(), other.text()], ["abc", "abcabc"]);
    });

    it("takes all of it or nothing", () => {
      const most = PAGES * PAGE_BYTES;
      assert.equal(m.append("x".repeat(most + 1)), 0);
      assert.deepEqual([m.len, free()], [0, PAGES]);
      assert.equal(m.append("x".repeat(most)), most);
      assert.equal(m.append("y"), 0);
      assert.deepEqual([m.len, free()], [most, 0]);
    });

    it("appends nothing without taking a page", () => {
      assert.equal(m.append(""), 0);
      assert.equal(m.append(new Uint8Array(0)), 0);
      assert.equal(m.append(new Mbuf(pool)), 0);
      assert.equal(free(), PAGES);
    });

    it("throws TypeError for what is neither text nor bytes nor a queue", () => {
      for (const data of [null, undefined, 7, true, {}, [1, 2], new Uint16Array(2), new ArrayBuffer(3), new DataView(new ArrayBuffer(1))]) {
        assert.throws(() => m.append(data as unknown as string), { name: "TypeError", message: /^Cannot send .*: must be text, Uint8Array or Mbuf$/ });
      }
      assert.equal(m.len, 0);
    });

    it("removes from the front, and nothing at all for more than it holds", () => {
      fill("abcdef");
      m.remove(2);
      assert.equal(m.text(), "cdef");
      m.remove(5);
      assert.equal(m.text(), "cdef");
      m.remove(4);
      assert.deepEqual([m.text(), m.len, free()], ["", 0, PAGES]);
    });

    it("removes nothing for zero, negative, fractional below one, and no number", () => {
      fill("abc");
      for (const count of [0, -1, -Infinity, NaN, 0.5, Infinity, undefined as unknown as number]) m.remove(count);
      assert.equal(m.text(), "abc");
      assert.equal(m.len, 3);
    });

    it("removes whole bytes only", () => {
      fill("abcdef");
      m.remove(1.9);
      assert.deepEqual([m.len, m.text()], [5, "bcdef"]);
      m.resize(2.5);
      assert.deepEqual([m.len, m.text()], [2, "bc"]);
    });

    it("inserts anywhere from the front to the end", () => {
      fill("ad");
      assert.equal(m.insert(1, "bc"), 2);
      assert.equal(m.insert(0, ">"), 1);
      assert.equal(m.insert(5, Uint8Array.of(0x3c)), 1);
      assert.equal(m.text(), ">abcd<");
      assert.equal(m.insert(3, ""), 0);
      assert.equal(m.insert(0, m), 6);
      assert.equal(m.text(), ">abcd<>abcd<");
      assert.equal(free(), PAGES - 2);
    });

    it("throws RangeError for an offset outside, and has not changed", () => {
      fill("abc");
      for (const offset of [-1, 4, NaN, Infinity]) assert.throws(() => m.insert(offset, "x"), { name: "RangeError", message: /offset must be from 0 to 3$/ });
      assert.equal(m.text(), "abc");
    });

    it("inserts nothing when the pool has no room for it", () => {
      m.append("x".repeat(PAGES * PAGE_BYTES - 3));
      assert.equal(m.insert(1, "abcd"), 0);
      assert.equal(m.insert(1, "abc"), 3);
      assert.equal(m.len, PAGES * PAGE_BYTES);
    });

    it("cuts to a size and gives the pages behind it back", () => {
      fill("abcdefghijklmnopqrstuvwxyz");
      m.resize(27);
      m.resize(-1);
      m.resize(NaN);
      assert.equal(m.len, 26);
      m.resize(9);
      assert.deepEqual([m.text(), free()], ["abcdefghi", PAGES - 2]);
      m.resize(0);
      assert.deepEqual([m.text(), m.len, free()], ["", 0, PAGES]);
    });

    it("clears, and clears again", () => {
      fill("abcdefghijk");
      m.clear();
      m.clear();
      m.free();
      m.trim();
      assert.deepEqual([m.len, m.size, free()], [0, 0, PAGES]);
      assert.equal(m.append("z"), 1);
      assert.equal(m.text(), "z");
    });

    it("moves everything behind what another queue holds", () => {
      const to = new Mbuf(pool);
      to.append("ab");
      fill("cdefgh");
      assert.equal(m.moveTo(to), 6);
      assert.deepEqual([to.text(), m.len, free()], ["abcdefgh", 0, PAGES - 1]);
      assert.equal(m.moveTo(to), 0);
    });

    it("moves into itself without losing a byte", () => {
      fill("abc");
      assert.equal(m.moveTo(m), 3);
      assert.deepEqual([m.text(), free()], ["abc", PAGES - 1]);
    });

    it("moves between full queues, because one byte never needs two pages", () => {
      const to = new Mbuf(pool);
      to.append("x".repeat(PAGE_BYTES * 10));
      m.append("y".repeat(PAGE_BYTES * 6));
      assert.equal(free(), 0);
      assert.equal(m.moveTo(to), PAGE_BYTES * 6);
      assert.equal(to.len, PAGE_BYTES * 16);
    });

    it("reads bytes by index and -1 outside", () => {
      fill("ab");
      assert.deepEqual([m.byteAt(0), m.byteAt(1), m.byteAt(2), m.byteAt(-1), m.byteAt(NaN)], [97, 98, -1, -1, -1]);
    });

    it("finds text by its UTF-8 bytes, across the pieces it was appended in", () => {
      fill("GET / HTTP\r\n\r\nh\u00e9");
      assert.equal(m.indexOf("\r\n\r\n"), 10);
      assert.equal(m.indexOf("T"), 2);
      assert.equal(m.indexOf("T", 3), 7);
      assert.equal(m.indexOf("\u00e9"), 15);
      assert.equal(m.indexOf("zz"), -1);
      assert.equal(m.indexOf("G", 1), -1);
      assert.equal(m.indexOf("G", 99), -1);
    });

    it("searches from the front for a negative start", () => {
      fill("abcabc");
      assert.equal(m.indexOf("a", -1), 0);
      assert.equal(m.indexOf("a", -99), 0);
    });

    it("clamps slices and texts to what is there", () => {
      fill("abcdef");
      assert.deepEqual([m.text(2), m.text(2, 4), m.text(-5, 3), m.text(4, 99), m.text(9), m.text(4, 2)], ["cdef", "cd", "abc", "ef", "", ""]);
      const texts = [m.slice(2), m.slice(2, 4), m.slice(-5, 3), m.slice(4, 99), m.slice(9), m.slice(4, 2)].map((u) => Buffer.from(u).toString());
      assert.deepEqual(texts, ["cdef", "cd", "abc", "ef", "", ""]);
    });

    it("decodes malformed UTF-8 without throwing", () => {
      m.append(Uint8Array.of(0x61, 0xff, 0xc3));
      assert.equal(m.text().charAt(0), "a");
      assert.equal(String(m).charAt(0), "a");
    });

    it("gives binary strings, one character a byte", () => {
      m.append(Uint8Array.of(0, 128, 255, 65));
      assert.equal(m.latin1(0, 4), "\x00\x80\xffA");
      assert.equal(m.latin1(1, 3), "\x80\xff");
    });

    it("is bytes on the wire for toRaw, whatever came in", () => {
      const ops = byteOpsFor(form);
      fill("abc");
      for (const data of ["abc", Uint8Array.of(97, 98, 99), m]) {
        const raw = toRaw(ops, data);
        assert.equal(typeof raw, form === "string" ? "string" : "object");
        assert.equal(ops.latin1(raw, 0, raw.length), "abc");
      }
    });

    it("moves bytes from its front to another queue, with the pages they need and no more", () => {
      const to = new Mbuf(pool);
      fill("abcdefghijklmnopqrstuvwxyz");
      to.append("-");
      assert.equal(free(), PAGES - 5);
      assert.equal(m._moveFront(to, 20), true);
      assert.deepEqual([m.text(), to.text(), m.size, to.size, free()], ["uvwxyz", "-abcdefghijklmnopqrst", 8, 24, PAGES - 4]);
      assert.equal(m._moveFront(to, 6), true);
      assert.deepEqual([m.len, to.len, free()], [0, 27, PAGES - 4]);
      assert.equal(to._moveFront(m, 27), true);
      assert.deepEqual([m.text(), to.len, free()], ["-abcdefghijklmnopqrstuvwxyz", 0, PAGES - 4]);
    });

    it("moves nothing when the parts would take a page that the pool has not got", () => {
      const to = new Mbuf(pool);
      fill("x".repeat(PAGES * PAGE_BYTES));
      assert.equal(m._moveFront(to, 3), false);
      assert.deepEqual([m.len, to.len, free()], [PAGES * PAGE_BYTES, 0, 0]);
      assert.equal(m._moveFront(to, PAGE_BYTES), true);
    });

    it("moves pieces as they are: none is joined or copied that need not be cut", () => {
      const large = new Mbuf(new Pool(8, 1000, 1, byteOpsFor(form)));
      assert.equal(large.append("y".repeat(500)), 500);
      assert.equal(large._putFront("x".repeat(400)), 400);
      const target = new Mbuf(large._pool);
      target.append("-".repeat(300));
      large._moveFront(target, 900);
      assert.deepEqual(target._more?.map((raw) => raw.length), [400, 500]);
    });

    it("takes bytes in front of the first", () => {
      fill("cd");
      assert.equal(m._putFront("b"), 1);
      assert.equal(m._putFront("a"), 1);
      assert.equal(m._putFront(""), 0);
      assert.deepEqual([m.text(), m.byteAt(0), m.indexOf("bc"), free()], ["abcd", 97, 1, PAGES - 1]);
      assert.equal(m._putFront("x".repeat(PAGES * PAGE_BYTES)), 0);
      m.clear();
      assert.equal(m._putFront("z"), 1);
      assert.equal(m.text(), "z");
    });

    it("joins its first bytes as far as it is asked to", () => {
      fill("c");
      m._putFront("bb");
      m._putFront("a");
      assert.deepEqual([m._gather(1).length, m._gather(2).length, m._more?.length], [1, 3, 1]);
      assert.equal(m._gather(4).length, 4);
      assert.deepEqual([m._more, m.text()], [undefined, "abbc"]);
    });

    it("that keeps apart what is appended is the same queue", () => {
      fill("ab");
      m._apart();
      assert.equal(m.text(), "ab");
      m._apart();
      m.append("c");
      m.append("d");
      assert.equal(m._more?.length, 1, "small pieces are joined");
      m.remove(3);
      assert.equal(m.text(), "d");
      m._apart();
      m.remove(1);
      m.append("e");
      assert.deepEqual([m.text(), m._more, free()], ["e", undefined, PAGES - 1]);
      m._apart();
      const to = new Mbuf(pool);
      to.append("-");
      m._moveFront(to, 1);
      assert.deepEqual([to.text(), m.len, m.text()], ["-e", 0, ""]);
    });

    it("changes places with another queue", () => {
      const other = new Mbuf(pool);
      fill("abc");
      other.append("x".repeat(20));
      m._swap(other);
      assert.deepEqual([m.len, other.text(), m.size, other.size], [20, "abc", 24, 8]);
    });
  });
}
