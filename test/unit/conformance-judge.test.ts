// What the conformance suite is judged by: transcripts, the rules that always hold, and why something is skipped.

import assert from "node:assert/strict";
import { SIM_CAPS, ESPRUINO_LIKE_CAPS } from "../../platform/sim/index.js";
import { BEHAVIOURS } from "../conformance/behaviours/index.js";
import { type Behaviour, whySkipped } from "../conformance/host/behaviour.js";
import type { Column } from "../conformance/host/bench.js";
import { Results } from "../conformance/host/results.js";
import { brokenRules, transcriptsOf } from "../conformance/host/transcript.js";
import { TABLE } from "../conformance/device/table.js";

describe("transcripts of the conformance suite", () => {
  it("are one for each connection, in the order of its events", () => {
    assert.deepEqual(transcriptsOf(["c1 ACCEPT", "c2 ACCEPT", "c1 CLOSE 0", "note a b", "c2 CLOSE 6"]), {
      c1: "ACCEPT, CLOSE 0",
      c2: "ACCEPT, CLOSE 6",
      note: "a b",
    });
  });

  it("add up RECV and SEND that follow each other, each in the place of its first", () => {
    const lines = ["RECV 3", "SEND 2", "RECV 4", "SEND 5", "REQUEST GET /", "SEND 1", "RECV 1", "SEND -20", "SEND 7"];
    assert.deepEqual(transcriptsOf(lines.map((line) => `c1 ${line}`)), {
      c1: "RECV 7, SEND 7, REQUEST GET /, SEND 1, RECV 1, SEND -20, SEND 7",
    });
  });

  it("break the rules when CLOSE is missing, or anything follows it", () => {
    assert.deepEqual(brokenRules(["c1 ACCEPT", "c1 CLOSE 0", "note x"]), []);
    assert.deepEqual(brokenRules(["c1 ACCEPT"]), ["no CLOSE for c1"]);
    assert.deepEqual(brokenRules(["c1 CLOSE 0", "c1 SEND 1", "c1 CLOSE 0"]), ["after CLOSE: c1 SEND 1", "after CLOSE: c1 CLOSE 0"]);
  });
});

describe("behaviours of the conformance suite", () => {
  it("have titles of their own, and a program each", () => {
    assert.equal(new Set(BEHAVIOURS.map((behaviour) => behaviour.title)).size, BEHAVIOURS.length);
    assert.deepEqual(BEHAVIOURS.filter((behaviour) => !Object.hasOwn(TABLE, behaviour.on)).map((behaviour) => behaviour.on), []);
  });

  it("use every program the device has", () => {
    const used = new Set(BEHAVIOURS.map((behaviour) => behaviour.on));
    assert.deepEqual(Object.keys(TABLE).filter((name) => !used.has(name)), []);
  });

  it("are skipped for a capability that is missing, or for one that must be", () => {
    const behaviour = { needs: ["halfClose", "!connectBlocks"] } as Behaviour;
    assert.equal(whySkipped(behaviour, SIM_CAPS), undefined);
    assert.equal(whySkipped(behaviour, ESPRUINO_LIKE_CAPS), "no halfClose, has connectBlocks");
  });

  it("each run on a board or on Node, or on both", () => {
    const nowhere = BEHAVIOURS.filter((behaviour) => whySkipped(behaviour, SIM_CAPS) !== undefined && whySkipped(behaviour, ESPRUINO_LIKE_CAPS) !== undefined);
    assert.deepEqual(nowhere.map((behaviour) => behaviour.title), []);
  });
});

describe("the conformance table", () => {
  const [a, b] = [{ title: "first" }, { title: "second" }] as Behaviour[];
  const [x, y] = [{ name: "x" }, { name: "y" }] as Column[];

  it("has a row for each behaviour, a column for each platform, sums, and the reasons of what was skipped", () => {
    const results = new Results([a, b], [x, y]);
    results.passed(a, x);
    results.failed(b, x);
    results.skipAll(y, "not there");
    assert.equal(results.failedCount, 1);
    assert.deepEqual(results.markdown().split("\n"), [
      "| behaviour | x | y |",
      "| --- | :-: | :-: |",
      "| first | ok | skip |",
      "| second | FAIL | skip |",
      "| **sum** | 1 ok, 1 FAIL | 2 skip |",
      "",
      "- skipped on y: first (not there)",
      "- skipped on y: second (not there)",
    ]);
  });
});
