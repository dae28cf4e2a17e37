import assert from "node:assert/strict";
import { createPrng } from "../../platform/sim/index.js";
import { createPrng as createWrapPrng } from "../../platform/wrap/prng.js";

function draw(seed: number, count: number): number[] {
  const prng = createPrng(seed);
  return Array.from({ length: count }, () => prng.next());
}

describe("sim prng", () => {
  it("gives the same numbers for the same seed, and others for another", () => {
    assert.deepEqual(draw(42, 20), draw(42, 20));
    assert.notDeepEqual(draw(42, 20), draw(43, 20));
    assert.notDeepEqual(draw(0, 20), draw(1, 20));
  });

  it("gives the numbers that it has always given: recorded seeds stay valid", () => {
    assert.deepEqual(draw(1, 3), [2847012155, 3715889672, 267572559]);
  });

  it("draws below a bound, evenly enough to reach every value", () => {
    const prng = createPrng(7);
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 5000; i++) counts[prng.below(5)]++;
    for (const count of counts) assert.ok(count > 850 && count < 1150, `${counts.join()}`);
    assert.equal(prng.below(1), 0);
    assert.equal(prng.below(0), 0);
  });

  it("meets a probability, and draws nothing for 0 and 1", () => {
    const prng = createPrng(7);
    const before = prng.state();
    assert.equal(prng.chance(0), false);
    assert.equal(prng.chance(1), true);
    assert.equal(prng.state(), before);
    let hits = 0;
    for (let i = 0; i < 5000; i++) if (prng.chance(0.2)) hits++;
    assert.ok(hits > 850 && hits < 1150, `${hits}`);
  });

  it("forks a stream for each label without moving itself", () => {
    const prng = createPrng(9);
    const before = prng.state();
    const one = prng.fork("one").next();
    assert.equal(prng.fork("one").next(), one);
    assert.notEqual(prng.fork("two").next(), one);
    assert.equal(prng.state(), before);
  });

  it("gives bytes of every value as a binary string", () => {
    const seen = new Set(createPrng(3).binary(8000));
    assert.equal(seen.size, 256);
  });
});

describe("wrap prng", () => {
  it("gives the same draws for the same seed, and others for another", () => {
    const draws = (seed: number): number[] => {
      const prng = createWrapPrng(seed);
      return Array.from({ length: 20 }, () => prng.below(1000));
    };
    assert.deepEqual(draws(1), draws(1));
    assert.notDeepEqual(draws(1), draws(2));
  });

  it("meets a probability", () => {
    const prng = createWrapPrng(5);
    let hits = 0;
    for (let i = 0; i < 5000; i++) if (prng.chance(0.5)) hits++;
    assert.ok(hits > 2350 && hits < 2650, `${hits}`);
    assert.equal(prng.chance(0), false);
    assert.equal(prng.chance(1), true);
  });
});
