// Work on bytes on Node: strings and arrays alike, whoever made them.

import assert from "node:assert/strict";
import { nodeBytes } from "../../platform/node/byte-ops.js";
import { createNodePlatform } from "../../platform/node/index.js";
import type { Raw } from "../../src/core/port.js";

const EVERY = Array.from({ length: 256 }, (_, i) => i);
const AS_STRING = String.fromCharCode(...EVERY);
const FORMS: [string, Raw][] = [
  ["a binary string", AS_STRING],
  ["a Buffer", Buffer.from(EVERY)],
  ["a plain array", Uint8Array.from(EVERY)],
  ["a view into a larger array", Uint8Array.from([7, 7, ...EVERY, 7]).subarray(2, 258)],
];

function binary(raw: Raw): string {
  return nodeBytes.latin1(raw, 0, raw.length);
}

describe("Node platform bytes", () => {
  for (const [name, raw] of FORMS) {
    it(`are cut, searched and decoded in ${name}`, () => {
      assert.equal(nodeBytes.latin1(raw, 250, 256), AS_STRING.slice(250));
      assert.equal(binary(nodeBytes.slice(raw, 3, 200)), AS_STRING.slice(3, 200));
      assert.equal(nodeBytes.indexOf(raw, "\x80\x81", 0), 128);
      assert.equal(nodeBytes.indexOf(raw, "\xff", 255), 255);
      assert.equal(nodeBytes.indexOf(raw, "A", 66), -1);
      assert.equal(nodeBytes.utf8(raw, 65, 68), "ABC");
      assert.equal(nodeBytes.utf8(raw, 0x7f, 0x81), "\x7f\ufffd");
    });

    it(`are written to the front of an array from ${name}`, () => {
      const into = new Uint8Array(8).fill(7);
      nodeBytes.write?.(raw, 250, 256, into);
      assert.deepEqual([...into], [250, 251, 252, 253, 254, 255, 7, 7]);
    });

    for (const [other, second] of FORMS) {
      it(`are joined from ${name} and ${other}`, () => {
        assert.equal(binary(nodeBytes.concat(raw, second)), AS_STRING + AS_STRING);
      });
    }

    it(`become a fresh plain array from ${name}, few or many`, () => {
      for (const [from, to] of [[0, 0], [250, 256], [0, 256]]) {
        const array = nodeBytes.bytes(raw, from, to);
        assert.equal(Object.getPrototypeOf(array), Uint8Array.prototype);
        assert.deepEqual([...array], EVERY.slice(from, to));
      }
      nodeBytes.bytes(raw, 0, 256).fill(0);
      assert.equal(binary(raw), AS_STRING);
    });
  }

  it("text becomes UTF-8 and comes back", () => {
    assert.equal(nodeBytes.text("plain\0"), "plain\0");
    const text = "\u00e9\u20ac\ud83d\ude00";
    const raw = nodeBytes.text(text);
    assert.equal(binary(raw), Buffer.from(text).toString("latin1"));
    assert.equal(nodeBytes.utf8(raw, 0, raw.length), text);
    assert.equal(nodeBytes.utf8(raw, 2, 5), "\u20ac");
  });

  it("text that is no text, half a surrogate pair, becomes the replacement character", () => {
    assert.equal(binary(nodeBytes.text("\ud83d")), "\xef\xbf\xbd");
  });

  it("random gives any number of bytes, every value among them, and none twice", () => {
    const { random } = createNodePlatform();
    const pieces = [random(4096), random(5000), ...Array.from({ length: 600 }, () => random(16))];
    assert.deepEqual([...new Set(pieces.map((piece) => piece.length))], [4096, 5000, 16]);
    assert.equal(new Set(pieces).size, pieces.length);
    assert.equal(new Set(pieces.join("")).size, 256);
  });

  it("digest works on every byte value", () => {
    const platform = createNodePlatform();
    for (const [, raw] of FORMS) {
      assert.equal(Buffer.from(platform.digest("sha1", raw), "latin1").toString("hex"), "4916d6bdb7f78e6803698cab32d1586ea457dfc8");
    }
  });

  it("capabilities can be claimed smaller", () => {
    const { caps } = createNodePlatform({ caps: { sockets: 4, pages: 8 } });
    assert.deepEqual([caps.sockets, caps.pages, caps.pageBytes], [4, 8, 4096]);
  });
});
