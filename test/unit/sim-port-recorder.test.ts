// The contract's own judge: each broken rule of the port must be seen.

import assert from "node:assert/strict";
import { createSimWorld } from "../../platform/sim/index.js";
import { Err, type Platform, type Sink } from "../../src/core/port.js";
import { createRecorder, watchCalls, type Probe, type Recorder } from "./port-contract/recorder.js";
import { runRule } from "./port-contract/rig.js";
import { simFixture } from "./port-contract/sim-fixture.js";

interface Bench {
  platform: Platform;
  rec: Recorder;
  conn: Probe;
  give(bytes: string): number;
}

function setUp(caps = {}): Bench {
  const platform = createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1", form: "string", caps });
  const rec = createRecorder(platform);
  const conn = rec.probe("conn", "stream");
  rec.sink.connected(conn, "10.0.0.9", 80);
  return { platform, rec, conn, give: (bytes) => rec.sink.data(conn, bytes) };
}

describe("the judge of the port's rules", () => {
  it("has nothing to say about a conversation in good order", () => {
    const { rec, conn, give } = setUp();
    conn.take = (count) => Math.min(count, 2);
    give("abc");
    conn.isBlocked = false;
    give("c");
    rec.sink.ended(conn);
    conn.wantsDrained = true;
    rec.sink.drained(conn);
    rec.sink.closed(conn, Err.None);
    assert.deepEqual(rec.violations, []);
    assert.deepEqual(conn.events, ["connected", "data", "data", "ended", "drained", "closed"]);
  });

  it("sees an upcall from inside a call", () => {
    const { platform, rec, conn } = setUp();
    const eager = watchCalls({ ...platform, resume: () => void rec.sink.data(conn, "x") }, rec);
    eager.resume(undefined);
    assert.deepEqual(rec.violations, ["data came from inside a call"]);
  });

  it("sees an upcall after closed and after destroy", () => {
    const { rec, conn } = setUp();
    rec.sink.closed(conn, Err.None);
    rec.sink.closed(conn, Err.None);
    const other = rec.probe("other", "stream");
    other.isDestroyed = true;
    rec.sink.ended(other);
    assert.deepEqual(rec.violations, ["closed came for conn after closed", "ended came for other after destroy"]);
  });

  it("sees an owner nobody gave", () => {
    const { rec } = setUp();
    rec.sink.closed({}, Err.None);
    assert.deepEqual(rec.violations, ["closed named an owner that nobody gave"]);
  });

  it("sees connected that is not first", () => {
    const { rec, conn } = setUp();
    rec.sink.connected(conn, "", 0);
    assert.deepEqual(rec.violations, ["connected was not the first for conn"]);
  });

  it("sees data before connected, without bytes, and above the largest piece", () => {
    const { rec, give } = setUp({ readMaxBytes: 3 });
    rec.sink.data(rec.probe("new", "stream"), "a");
    give("");
    give("abcd");
    assert.deepEqual(rec.violations, [
      "data came for new before it was connected",
      "data without bytes came for conn",
      "data above readMaxBytes came for conn",
    ]);
  });

  it("sees data before resume, and a rest that is not offered first", () => {
    const { rec, conn, give } = setUp();
    conn.take = () => 1;
    give("abc");
    give("xy");
    assert.deepEqual(rec.violations, [
      "data came for conn before resume, with a rest not taken",
      "conn was not offered the rest first",
    ]);
  });

  it("sees data while paused, after end, and after ended", () => {
    const { rec, conn, give } = setUp();
    conn.isPaused = true;
    give("a");
    conn.isPaused = false;
    rec.sink.ended(conn);
    give("b");
    conn.isEnding = true;
    give("c");
    assert.deepEqual(rec.violations.slice(0, 2), ["data came for conn while paused", "data came for conn after ended"]);
    assert.ok(rec.violations.includes("data came for conn after end"));
  });

  it("sees ended twice, before the last byte was taken, and where there is no half-close", () => {
    const { rec, conn, give } = setUp({ halfClose: false });
    conn.take = () => 0;
    give("a");
    rec.sink.ended(conn);
    rec.sink.ended(conn);
    const told = rec.violations.join("; ");
    for (const part of ["halfClose is false", "ended came twice", "before its last byte was taken"]) {
      assert.ok(told.includes(part), part);
    }
  });

  it("sees closed in good order although bytes were not taken", () => {
    const { rec, conn, give } = setUp();
    conn.take = () => 0;
    give("a");
    rec.sink.closed(conn, Err.None);
    assert.deepEqual(rec.violations, ["conn closed in good order with bytes not taken"]);
  });

  it("sees drained that nobody waits for", () => {
    const { rec, conn } = setUp();
    rec.sink.drained(conn);
    assert.deepEqual(rec.violations, ["drained came for conn and nothing was blocked"]);
  });

  it("sees an upcall of the wrong kind, and accepted before listening", () => {
    const { rec, conn } = setUp();
    rec.sink.datagram(conn, "x", "", 0);
    rec.sink.accepted(rec.probe("server", "listener"), {}, "", 0);
    assert.deepEqual(rec.violations, ["datagram came for conn, a stream", "accepted came before listening"]);
  });

  it("fails a rule on a platform that breaks it on the way, although the rule did not look", async () => {
    const twice = (sink: Sink): Sink => ({
      ...sink,
      closed(owner, err) {
        sink.closed(owner, err);
        sink.closed(owner, err);
      },
    });
    const careless = (platform: Platform): Platform => ({ ...platform, open: (sink) => platform.open(twice(sink)) });
    const rule = runRule(() => simFixture({ wrap: careless }), async (rig) => {
      const { conn } = await rig.open("accepted");
      rig.end(conn);
      await rig.closed(conn);
    }, () => undefined);
    await assert.rejects(rule, /closed came for listener1\.1 after closed/);
  });
});
