import assert from "node:assert/strict";
import { type Limits, LIMITS, resolveLimits } from "../../src/core/limits.js";
import { stage } from "./core-support.js";

const NAMES = Object.keys(LIMITS) as (keyof Limits)[];

describe("resolveLimits", () => {
  it("gives the defaults when nothing is changed", () => {
    for (const given of [undefined, {}]) {
      const limits = resolveLimits(given);
      for (const name of NAMES) assert.equal(limits[name], LIMITS[name][0], name);
    }
  });

  it("has every default inside its own range", () => {
    for (const name of NAMES) {
      const [normal, min, max] = LIMITS[name];
      assert.ok(normal >= min && normal <= max, name);
    }
  });

  for (const name of NAMES) {
    it(`takes ${name} at both ends of its range, and nothing outside`, () => {
      const [, min, max] = LIMITS[name];
      assert.equal(resolveLimits({ [name]: min })[name], min);
      assert.equal(resolveLimits({ [name]: max })[name], max);
      const message = (value: number): RegExp => new RegExp(`^Limit ${name} is ${value}: must be a whole number from ${min} to ${max}$`);
      assert.throws(() => resolveLimits({ [name]: min - 1 }), { name: "RangeError", message: message(min - 1) });
      assert.throws(() => resolveLimits({ [name]: max + 1 }), { name: "RangeError", message: message(max + 1) });
    });
  }

  it("changes only what is named", () => {
    const limits = resolveLimits({ headMs: 3000, connMax: 7 });
    for (const name of NAMES) assert.equal(limits[name], name === "headMs" ? 3000 : name === "connMax" ? 7 : LIMITS[name][0]);
  });

  it("takes undefined as the default", () => assert.equal(resolveLimits({ headMs: undefined }).headMs, LIMITS.headMs[0]));

  for (const value of [NaN, Infinity, -Infinity, 1.5]) {
    it(`throws RangeError for ${value}`, () => assert.throws(() => resolveLimits({ idleMs: value }), RangeError));
  }

  for (const value of ["100", null, true, [], {}]) {
    it(`throws TypeError for ${JSON.stringify(value)}`, () => {
      assert.throws(() => resolveLimits({ idleMs: value as unknown as number }), TypeError);
    });
  }

  for (const name of ["idleSeconds", "IDLEMS", "", "toString", "constructor", "hasOwnProperty"]) {
    it(`throws TypeError for the unknown name "${name}"`, () => {
      assert.throws(() => resolveLimits({ [name]: 1 } as Partial<Limits>), { name: "TypeError", message: `Unknown limit "${name}"` });
    });
  }

  it("does not change the table", () => {
    const before = JSON.stringify(LIMITS);
    resolveLimits({ headMs: 1, connMax: 2 });
    assert.equal(JSON.stringify(LIMITS), before);
  });
});

describe("options of a manager", () => {
  it("throws before it opens anything for options outside their range", () => {
    for (const mgr of [{ pages: 1 }, { pages: 65536 }, { pages: 2.5 }, { pageBytes: 63 }, { pageBytes: 65537 }, { pages: NaN }]) {
      assert.throws(() => stage({ mgr }), RangeError, JSON.stringify(mgr));
    }
    for (const mgr of [{ pages: "16" }, { pageBytes: null }]) {
      assert.throws(() => stage({ mgr: mgr as unknown as { pages: number } }), TypeError, JSON.stringify(mgr));
    }
  });

  it("throws for a reserve that leaves no page for input", () => {
    assert.throws(() => stage({ mgr: { pages: 4, limits: { pageReserve: 4 } } }), { name: "RangeError", message: /pageReserve is 4: must be less than the 4 pages/ });
    assert.equal(stage({ mgr: { pages: 4, limits: { pageReserve: 3 } } }).mgr.pool.pages, 4);
  });

  it("has the platform's pool when they do not say", () => {
    const { mgr, platform } = stage();
    assert.equal(mgr.pool.pages, platform.caps.pages);
    assert.equal(mgr.pool.pageBytes, platform.caps.pageBytes);
    assert.equal(mgr.pool.free, mgr.pool.pages);
  });

  it("prints the pool as a sum of its consumers", () => {
    const { mgr } = stage({ mgr: { pages: 16, pageBytes: 512, limits: { connMax: 5 } } });
    assert.match(mgr.budget(), /^pool: 16 pages x 512 B = 12 for input and output \+ 4 for output only; .* 3072 B of input; at most 5 connections$/);
  });
});
