import assert from "node:assert/strict";
import { createSimWorld } from "../../platform/sim/index.js";
import type { RawForm } from "../../platform/sim/byte-ops.js";
import type { Raw } from "../../src/core/port.js";
import {
  EvBuffer, EVBUFFER_EOL_ANY, EVBUFFER_EOL_CRLF, EVBUFFER_EOL_CRLF_STRICT, EVBUFFER_EOL_LF, EVBUFFER_EOL_NUL, EventBase,
} from "../../src/libevent/index.js";

const STYLES = {
  EVBUFFER_EOL_ANY, EVBUFFER_EOL_CRLF, EVBUFFER_EOL_CRLF_STRICT, EVBUFFER_EOL_LF, EVBUFFER_EOL_NUL,
};

/** Style → text → its lines, and what is left. As libevent 2.1.12 splits it when all of it is there. */
const SPLITS: { [style in keyof typeof STYLES]: [text: string, lines: string[], rest: string][] } = {
  EVBUFFER_EOL_ANY: [["a\nb\rc\r\nd\n\r\r\ne", ["a", "b", "c", "d"], "e"], ["\r\n\na", [""], "a"]],
  EVBUFFER_EOL_CRLF: [["a\r\nb\nc\rd\r\r\n\n", ["a", "b", "c\rd\r", ""], ""], ["\na\r", [""], "a\r"]],
  EVBUFFER_EOL_CRLF_STRICT: [["a\nb\r\nc\n\r\n\r\n", ["a\nb", "c\n", ""], ""], ["\n\r", [], "\n\r"]],
  EVBUFFER_EOL_LF: [["a\r\nb\n\nc", ["a\r", "b", ""], "c"]],
  EVBUFFER_EOL_NUL: [["a\nb\0\0c", ["a\nb", ""], "c"]],
};

for (const form of ["array", "string"] as RawForm[]) {
  describe(`lines of an EvBuffer over ${form}s`, () => {
    const base = new EventBase(createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1", form }), { pages: 16, pageBytes: 1024 });
    let buf: EvBuffer;
    beforeEach(() => {
      buf = new EvBuffer(base);
    });
    afterEach(() => buf.free());
    after(() => base.free());

    const all = (style: number): string[] => {
      const lines: string[] = [];
      for (let line = buf.readln(style); line !== undefined; line = buf.readln(style)) lines.push(line);
      return lines;
    };

    for (const [name, splits] of Object.entries(SPLITS) as [keyof typeof STYLES, [string, string[], string][]][]) {
      it(`end as ${name} says`, () => {
        for (const [text, lines, rest] of splits) {
          buf.add(text);
          assert.deepEqual([all(STYLES[name]), buf.text()], [lines, rest], JSON.stringify(text));
          buf.drain(100);
        }
      });

      if (STYLES[name] === EVBUFFER_EOL_ANY) continue;
      it(`end as ${name} says when the bytes come one at a time`, () => {
        for (const [text, lines, rest] of splits) {
          const read: string[] = [];
          for (const byte of text) {
            buf.add(byte);
            read.push(...all(STYLES[name]));
          }
          assert.deepEqual([read, buf.text()], [lines, rest], JSON.stringify(text));
          buf.drain(100);
        }
      });
    }

    it("of EVBUFFER_EOL_ANY that come one byte at a time end at the first CR or LF, as in C: the rest of the run is a line of its own", () => {
      const read: string[] = [];
      for (const byte of "a\r\nb") {
        buf.add(byte);
        read.push(...all(EVBUFFER_EOL_ANY));
      }
      assert.deepEqual([read, buf.text()], [["a", ""], "b"]);
    });

    it("are text: UTF-8 is decoded, also where it was cut", () => {
      buf.add(Uint8Array.of(0x68, 0xc3));
      assert.equal(buf.readln(EVBUFFER_EOL_LF), undefined);
      buf.add(Uint8Array.of(0xa9, 10));
      assert.equal(buf.readln(EVBUFFER_EOL_LF), "h\u00e9");
    });

    it("are found anew after bytes were put in front, and with another style", () => {
      buf.add("abc");
      assert.equal(buf.readln(EVBUFFER_EOL_LF), undefined);
      buf.prepend("x\n");
      assert.equal(buf.readln(EVBUFFER_EOL_LF), "x");
      buf.add("\0d");
      assert.equal(buf.readln(EVBUFFER_EOL_LF), undefined);
      assert.equal(buf.readln(EVBUFFER_EOL_NUL), "abc");
      buf.add("\n");
      assert.equal(buf.readln(EVBUFFER_EOL_LF), "d");
    });

    it("are found after part of what was searched in vain was drained", () => {
      buf.add("abcdef");
      assert.equal(buf.readln(EVBUFFER_EOL_CRLF), undefined);
      buf.drain(4);
      buf.add("g\r");
      assert.equal(buf.readln(EVBUFFER_EOL_CRLF), undefined);
      buf.add("\n");
      assert.equal(buf.readln(EVBUFFER_EOL_CRLF), "efg");
    });

    it("may be long and come in any pieces", () => {
      for (let size = 250; size < 2600; size += 391) {
        for (let at = 0; at < size; at++) {
          assert.equal(buf.readln(EVBUFFER_EOL_CRLF_STRICT), undefined);
          buf.add(at % 7 ? "x" : "\n");
        }
        buf.add("\r");
        assert.equal(buf.readln(EVBUFFER_EOL_CRLF_STRICT), undefined);
        buf.add("\n-");
        assert.equal(buf.readln(EVBUFFER_EOL_CRLF_STRICT)?.length, size);
        assert.equal(buf.text(), "-");
        buf.drain(1);
      }
    });

    it("are searched for without taking them", () => {
      buf.add("a\r\nb\n");
      assert.deepEqual(buf.searchEol(undefined, EVBUFFER_EOL_CRLF), { pos: 1, eolLen: 2 });
      assert.deepEqual(buf.searchEol({ pos: 2 }, EVBUFFER_EOL_CRLF), { pos: 2, eolLen: 1 }, "a CR before the start does not count");
      assert.deepEqual(buf.searchEol({ pos: 3 }, EVBUFFER_EOL_CRLF), { pos: 4, eolLen: 1 });
      assert.deepEqual(buf.searchEol({ pos: 3 }, EVBUFFER_EOL_CRLF_STRICT), { pos: -1, eolLen: 0 });
      assert.deepEqual(buf.searchEol({ pos: -1 }, EVBUFFER_EOL_LF), { pos: -1, eolLen: 0 });
      assert.deepEqual(buf.searchEol({ pos: 5 }, EVBUFFER_EOL_ANY), { pos: -1, eolLen: 0 });
      assert.equal(buf.getLength(), 5);
    });

    it("that come one byte at a time are searched once, and copied a bounded number of times", () => {
      const platform = createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1", form });
      const ops = platform.bytes;
      let searched = 0;
      let copied = 0;
      const counting = {
        ...ops,
        indexOf: (raw: Raw, needle: string, from: number): number => ((searched += raw.length - from), ops.indexOf(raw, needle, from)),
        concat: (a: Raw, b: Raw): Raw => ((copied += a.length + b.length), ops.concat(a, b)),
      };
      const counted = new EventBase({ ...platform, bytes: counting }, { pages: 64, pageBytes: 1024 });
      const slow = new EvBuffer(counted);
      const size = 20_000;
      for (let at = 0; at < size; at++) {
        slow.add("x");
        assert.equal(slow.readln(EVBUFFER_EOL_CRLF), undefined);
      }
      assert.ok(searched < size * 2, `searched ${searched}`);
      assert.ok(copied < size * 300, `copied ${copied}`);
      const pieces = slow._m._more?.length ?? 0;
      assert.ok(pieces > size / 1000 && pieces < size / 100, `${pieces} pieces`);
      counted.free();
    });

    it("have no other style", () => {
      buf.add("a\n");
      assert.throws(() => buf.readln(5), TypeError);
      assert.throws(() => buf.searchEol(undefined, -1), TypeError);
      assert.equal(buf.getLength(), 2);
    });
  });
}
