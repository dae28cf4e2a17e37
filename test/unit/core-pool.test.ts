import assert from "node:assert/strict";
import { byteOpsFor } from "../../platform/sim/byte-ops.js";
import { Pool } from "../../src/core/pool.js";

function pool(pages = 8, pageBytes = 64, reserve = 2): Pool {
  return new Pool(pages, pageBytes, reserve, byteOpsFor("array"));
}

describe("Pool", () => {
  it("begins full", () => {
    const p = pool();
    assert.deepEqual([p.pages, p.pageBytes, p.free, p.lowWater], [8, 64, 8, 8]);
  });

  it("counts pages for bytes rounding up", () => {
    const p = pool();
    assert.deepEqual([0, 1, 63, 64, 65, 128, 129, 6400].map((n) => p.pagesFor(n)), [0, 1, 1, 1, 2, 2, 3, 100]);
  });

  it("leases what there is and gives back what was leased", () => {
    const p = pool();
    assert.equal(p.take(3, 0), true);
    assert.equal(p.free, 5);
    p.give(2);
    assert.equal(p.free, 7);
    p.give(1);
    assert.equal(p.free, 8);
  });

  it("takes nothing when there is not enough", () => {
    const p = pool();
    assert.equal(p.take(9, 0), false);
    assert.equal(p.free, 8);
    assert.equal(p.take(8, 0), true);
    assert.equal(p.take(1, 0), false);
    assert.equal(p.take(0, 0), true);
    assert.equal(p.free, 0);
  });

  it("leaves as many free as it is asked to keep", () => {
    const p = pool();
    assert.equal(p.take(7, 2), false);
    assert.equal(p.take(6, 2), true);
    assert.equal(p.take(1, 2), false);
    assert.equal(p.take(1, 1), true);
  });

  it("remembers the fewest pages that were ever free", () => {
    const p = pool();
    p.take(5, 0);
    p.give(5);
    p.take(2, 0);
    assert.equal(p.lowWater, 3);
  });

  it("says when only the reserve is left, once, and when there is more again, once", () => {
    const p = pool();
    const said: number[] = [];
    p._onTight = (which) => said.push(which._tight);
    p.take(5, 0);
    assert.deepEqual(said, []);
    p.take(1, 0);
    assert.deepEqual(said, [1]);
    p.take(1, 0);
    p.give(1);
    assert.deepEqual(said, [1]);
    p.give(1);
    assert.deepEqual(said, [1, 0]);
    p.give(5);
    assert.deepEqual(said, [1, 0]);
  });

  it("says that pages came back only while somebody wants them", () => {
    const p = pool();
    let told = 0;
    p._onGive = () => told++;
    p.take(4, 0);
    p.give(1);
    assert.equal(told, 0);
    p._wanted = 1;
    p.give(0);
    assert.equal(told, 0);
    p.give(2);
    assert.equal(told, 1);
    p._wanted = 0;
    p.give(1);
    assert.equal(told, 1);
  });
});
