import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { mask as nodeMask, utf8Tail as nodeTail } from "../../platform/node/mask.js";
import { nodeBytes } from "../../platform/node/byte-ops.js";
import { createPrng, createSimWorld } from "../../platform/sim/index.js";
import { frame, frameHead, isCloseCode, parseFrameHead } from "../../src/websocket/frame.js";
import { masked } from "../../src/websocket/mask.js";
import { utf8Tail } from "../../src/websocket/utf8.js";
import { base64, hasToken, listOf } from "../../src/websocket/accept.js";
import { frameOf } from "./ws-support.js";

const binaryOf = (u: Uint8Array): string => Buffer.from(u).toString("latin1");

describe("websocket: frame heads", () => {
  for (const size of [0, 1, 125, 126, 127, 65535, 65536, 2 ** 32, 2 ** 53 - 1]) {
    for (const isMasked of [false, true]) {
      it(`of ${size} bytes, ${isMasked ? "" : "not "}masked, read as they were written`, () => {
        const head = binaryOf(frameHead(0x82, size, isMasked)) + (isMasked ? "abcd" : "");
        for (let n = 0; n < head.length; n++) assert.equal(parseFrameHead(head.slice(0, n), isMasked, false), 0);
        assert.equal(parseFrameHead(head + "more", isMasked, false), head.length);
        assert.deepEqual(frame, { op: 2, fin: 128, rsv1: 0, size });
        assert.equal(parseFrameHead(head, !isMasked, false), -1002);
      });
    }
  }

  it("have RSV1 on the first frame of a message only, and only when that was agreed on", () => {
    assert.equal(parseFrameHead(frameOf({ op: 1, rsv: 4 }), true, true), 6);
    assert.equal(frame.rsv1, 64);
    for (const op of [0, 8, 9, 10]) assert.equal(parseFrameHead(frameOf({ op, rsv: 4 }), true, true), -1002);
    assert.equal(parseFrameHead(frameOf({ op: 1, rsv: 4 }), true, false), -1002);
  });

  it("never answer anything but a size, 0 or a close code", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 16 }), fc.boolean(), fc.boolean(), (bytes, isMasked, mayCompress) => {
      const n = parseFrameHead(binaryOf(bytes), isMasked, mayCompress);
      assert.ok((n >= 2 && n <= 14 && n <= bytes.length) || [0, -1002, -1009].includes(n));
    }));
  });
});

describe("websocket: close codes", () => {
  it("are those of RFC 6455 §7.4 that may be sent, and those that were registered since", () => {
    const good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
    const bad = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
    assert.deepEqual(good.filter((c) => !isCloseCode(c)), []);
    assert.deepEqual(bad.filter(isCloseCode), []);
  });
});

/** What a plain reading of RFC 3629 says. */
function tailByTrying(b: string): number {
  const bytes = Buffer.from(b, "latin1");
  for (let tail = 0; tail < 4 && tail <= bytes.length; tail++) {
    if (!isUtf8(bytes.subarray(0, bytes.length - tail))) continue;
    if (!tail) return 0;
    const part = [...bytes.subarray(bytes.length - tail)];
    for (const fill of [0x80, 0xbf]) for (let more = 1; more < 4; more++) {
      const whole = Buffer.from([...part, ...Array(more).fill(fill)]);
      if (isUtf8(whole) && [...whole.toString("utf8")].length === 1) return tail;
    }
    return -1;
  }
  return -1;
}

describe("websocket: UTF-8", () => {
  const check = (b: string): void => {
    const expected = tailByTrying(b);
    assert.equal(utf8Tail(b), expected, JSON.stringify(b));
    assert.equal(nodeTail(b), expected, JSON.stringify(b));
    assert.equal(nodeTail(new Uint8Array(Buffer.from(b, "latin1"))), expected, JSON.stringify(b));
  };

  it("every one and two bytes, and every three around the edges", () => {
    const edges = [0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
    for (let a = 0; a < 256; a++) {
      check(String.fromCharCode(a));
      for (const b of edges) check(String.fromCharCode(a, b));
    }
    for (const a of edges) for (const b of edges) for (const c of edges) check(String.fromCharCode(a, b, c));
  });

  it("texts, cut anywhere and with bytes changed", () => {
    const prng = createPrng(7);
    const letters = ["a", "é", "ß", "€", "\ud7ff", "\ue000", "😀", "\u{10ffff}", "\0"];
    for (let i = 0; i < 1500; i++) {
      let t = "";
      for (let k = prng.below(12); k >= 0; k--) t += letters[prng.below(letters.length)];
      const b = Buffer.from(t).toString("latin1");
      check(b.slice(0, 1 + prng.below(b.length)));
      const at = prng.below(b.length);
      check(b.slice(0, at) + String.fromCharCode(prng.below(256)) + b.slice(at + 1));
    }
  });
});

describe("websocket: masking", () => {
  for (const form of ["array", "string"] as const) {
    it(`is the same as byte by byte, from any place in the key, on ${form}s and on Node`, () => {
      const platform = createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1", form });
      const key = "\x01\x82\xf3\x44";
      for (let n = 0; n < 40; n++) {
        for (let at = 0; at < 6; at++) {
          const bytes = Uint8Array.from({ length: n }, (_, i) => i * 37);
          const expected = binaryOf(bytes.map((b, i) => b ^ key.charCodeAt((i + at) & 3)));
          const raw = platform.bytes.copy(bytes);
          const got = masked(platform, raw, key, at);
          assert.equal(platform.bytes.latin1(got, 0, n), expected);
          assert.equal(platform.bytes.latin1(raw, 0, n), binaryOf(bytes), "the original is unchanged");
          const turned = key.slice(at & 3) + key.slice(0, at & 3);
          assert.equal(nodeMask(binaryOf(bytes), turned), expected);
          assert.equal(nodeMask(bytes, turned), expected);
        }
      }
    });
  }

  it("in place where the bytes are nobody else's, at every address, and leaves its neighbours alone", () => {
    const key = "\x01\x82\xf3\x44";
    for (let at = 16; at < 32; at++) {
      const whole = Uint8Array.from({ length: 20_000 }, (_, i) => i * 37);
      const before = whole.slice();
      const part = whole.subarray(at, at + 9_001 + (at & 7));
      const got = nodeMask(part, key, 14);
      assert.equal(got, part);
      const expected = before.map((b, i) => (i < at || i >= at + part.length ? b : b ^ key.charCodeAt((i - at) & 3)));
      assert.deepEqual(whole, expected);
    }
  });

  it("and a head put before it is not put into memory that is somebody's, the second time either", () => {
    const whole = new Uint8Array(20_000).fill(7);
    const part = nodeMask(whole.subarray(14, 14 + 9_000), "\x00\x00\x00\x00", 14);
    const first = nodeBytes.concat("head", part) as Uint8Array;
    const second = nodeBytes.concat("HEAD", part) as Uint8Array;
    const long = nodeBytes.concat("longer than there is room for", nodeMask(whole.subarray(14, 14 + 9_000), "\x00\x00\x00\x00", 14));
    assert.equal(first.buffer, whole.buffer, "not copied");
    assert.equal(nodeBytes.latin1(first, 0, 5), "head\x07");
    assert.equal(nodeBytes.latin1(second, 0, 5), "HEAD\x07");
    assert.equal(nodeBytes.latin1(long, 0, 30), "longer than there is room for\x07");
    assert.equal(binaryOf(whole.subarray(0, 14)), "\x07".repeat(10) + "head");
    assert.equal(second.length, 9_004);
  });

  it("of more than fits Node's room at once", () => {
    const bytes = Uint8Array.from({ length: 200_003 }, (_, i) => i * 7);
    const key = "\xff\x00\x0f\xf0";
    const expected = binaryOf(bytes.map((b, i) => b ^ key.charCodeAt(i & 3)));
    for (const raw of [bytes, binaryOf(bytes)]) assert.ok(nodeBytes.latin1(nodeMask(raw, key), 0, bytes.length) === expected);
    assert.equal(bytes[200_000], (200_000 * 7) & 255, "the original is unchanged");
    assert.equal(nodeTail("a".repeat(99_999) + "\xe2\x82"), 2);
    assert.equal(nodeTail("\xc3\xa9".repeat(99_999) + "\xff"), -1);
  });
});

describe("websocket: header lists and base64", () => {
  it("joins lines of the same name and finds tokens in any case", () => {
    const head = "GET / HTTP/1.1\r\nA: x\r\naB: no\r\nA:y , Z";
    assert.equal(listOf(head, "a"), "x,y , Z");
    assert.equal(listOf(head, "b"), "");
    assert.ok(hasToken("x,y , Z", "z") && !hasToken("xy", "x"));
  });

  it("encodes binary strings as everyone does", () => {
    for (let n = 0; n < 30; n++) {
      const u = Uint8Array.from({ length: n }, (_, i) => 255 - i * 11);
      assert.equal(base64(binaryOf(u)), Buffer.from(u).toString("base64"));
    }
  });
});
