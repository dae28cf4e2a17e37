import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { createNodePlatform } from "../../platform/node/index.js";
import { byteOpsFor } from "../../platform/sim/byte-ops.js";
import { createSimWorld } from "../../platform/sim/index.js";
import type { ByteOps, Hasher, HashName, Raw } from "../../src/core/port.js";
import { hexOf, md5Hasher, sha1Hasher, sha256Hasher } from "../../src/hash/hasher.js";
import { md5 } from "../../src/hash/md5.js";
import { sha1 } from "../../src/hash/sha1.js";
import { sha256 } from "../../src/hash/sha256.js";

const PURE: [HashName, (ops: ByteOps) => Hasher][] = [["md5", md5], ["sha1", sha1], ["sha256", sha256]];

const node = createNodePlatform();
const array = byteOpsFor("array");
const string = byteOpsFor("string");

function hex(raw: Raw): string {
  return Buffer.from(raw as string, "latin1").toString("hex");
}

/** Cuts `data` at these places, and hashes the pieces in the given form. */
function inPieces(hasher: Hasher, ops: ByteOps, data: Uint8Array, cuts: number[]): string {
  const places = [0, ...cuts.map((cut) => cut % (data.length + 1)).sort((a, b) => a - b), data.length];
  for (let i = 1; i < places.length; i++) hasher.update(ops.copy(data.subarray(places[i - 1], places[i])));
  return hex(hasher.digest());
}

for (const [name, make] of PURE) {
  describe(`${name}()`, () => {
    it("says what node:crypto says for every length up to five blocks", () => {
      for (let length = 0; length <= 320; length++) {
        const data = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
        assert.equal(inPieces(make(array), array, data, []), createHash(name).update(data).digest("hex"), `${length} bytes`);
      }
    });

    it("does not care how the bytes are cut, nor in which form they come", () => {
      const ops = fc.constantFrom(array, string, node.bytes);
      fc.assert(fc.property(ops, fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(400), { maxLength: 8 }), (form, data, cuts) => {
        assert.equal(inPieces(make(form), form, data, cuts), createHash(name).update(data).digest("hex"));
      }), { numRuns: 300 });
    });

    it("counts a million bytes", () => {
      const data = new Uint8Array(1_000_000).fill(97);
      assert.equal(inPieces(make(array), array, data, [1, 63, 64, 999_999]), createHash(name).update(data).digest("hex"));
    });
  });
}

describe("hashers of a manager", () => {
  const world = createSimWorld({ seed: 1 });
  const sim = world.platform({ host: "10.0.0.1" });

  it("are the platform's own where it has some", () => {
    let asked = "";
    const platform = { ...node, hasher: (name: HashName) => ((asked += name + " "), node.hasher!(name)) };
    for (const make of [md5Hasher, sha1Hasher, sha256Hasher]) make({ _platform: platform });
    assert.equal(asked, "md5 sha1 sha256 ");
  });

  it("say the same with the platform's and without", () => {
    assert.equal(sim.hasher, undefined);
    for (const make of [md5Hasher, sha1Hasher, sha256Hasher]) {
      const said = [node, sim].map((platform) => {
        const hasher = make({ _platform: platform });
        hasher.update(platform.bytes.text("caf\u00e9 "));
        hasher.update(new Uint8Array([0, 255, 128]));
        return hexOf({ _platform: platform }, hasher.digest());
      });
      assert.equal(said[0], said[1]);
    }
  });
});

describe("hexOf", () => {
  it("writes two digits for each byte of bytes in any form", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
      const wanted = Buffer.from(data).toString("hex");
      assert.equal(hexOf({ _platform: node }, data), wanted);
      assert.equal(hexOf({ _platform: node }, Buffer.from(data).toString("latin1")), wanted);
    }));
  });
});
