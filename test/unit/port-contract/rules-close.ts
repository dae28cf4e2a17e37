// The ways a connection is over: end, destroy, reset; each reported once, last, or not at all.

import assert from "node:assert/strict";
import { Err } from "../../../src/core/port.js";
import { isGone, partingWith, pattern, type Rig, type Rules } from "./rig.js";
import type { Probe } from "./recorder.js";

function closings(conn: Probe): number {
  return conn.events.filter((event) => event === "closed").length;
}

function endRules({ both }: Rules): void {
  both("end sends what was taken, then the peer sees the end, and closed says None", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    const all = pattern(6000);
    await rig.send(conn, all);
    rig.end(conn);
    await partingWith(rig, { conn, peer });
    assert.equal(conn.closedErr, Err.None);
    assert.equal(peer.received(), all);
  });

  both("end without output closes in good order", async (rig, how) => {
    const pair = await rig.open(how);
    rig.end(pair.conn);
    await partingWith(rig, pair);
    assert.equal(pair.conn.closedErr, Err.None);
  });

  both("closed follows end although the peer keeps its own stream open", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    await rig.send(conn, "bye");
    rig.end(conn);
    await rig.closed(conn);
    await rig.fx.settle(() => isGone(peer), "the peer's end");
    assert.equal(conn.closedErr, Err.None);
    assert.equal(peer.received(), "bye");
  });
}

function endTwistRules({ both }: Rules): void {
  both("end may be called twice and closed still comes once", async (rig, how) => {
    const pair = await rig.open(how);
    rig.end(pair.conn);
    rig.end(pair.conn);
    await partingWith(rig, pair);
    rig.end(pair.conn);
    await rig.fx.quiet();
    assert.equal(closings(pair.conn), 1);
  });

  both("input that comes after end is dropped", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    rig.end(conn);
    peer.send("too late");
    await partingWith(rig, { conn, peer });
    assert.equal(conn.input, "");
  });

  both("end inside data drops the bytes behind it and flushes the answer", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    await rig.send(conn, "hello ");
    conn.on.data = () => rig.end(conn);
    peer.send("quit");
    await partingWith(rig, { conn, peer });
    assert.equal(peer.received(), "hello ");
    assert.equal(closings(conn), 1);
  });

  both("end works on a connection with bytes that were not taken", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    conn.take = () => 0;
    peer.send("unwanted");
    await rig.fx.settle(() => conn.isBlocked, "a rest");
    rig.end(conn);
    await partingWith(rig, { conn, peer });
    assert.equal(closings(conn), 1);
  });

  both("end works after the peer's end, with bytes that were not taken", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    conn.take = () => 0;
    peer.send("unwanted");
    peer.fin();
    await rig.fx.settle(() => conn.isBlocked, "a rest");
    await rig.fx.quiet();
    rig.end(conn);
    await rig.closed(conn);
    assert.equal(conn.hasEnded, false);
    assert.equal(conn.closedErr, Err.None);
  });

  both("end inside ended closes the connection in good order", async (rig, how) => {
    rig.needs(rig.platform.caps.halfClose);
    const { conn, peer } = await rig.open(how);
    conn.on.ended = () => rig.end(conn);
    peer.send("bye");
    peer.fin();
    await rig.closed(conn);
    assert.deepEqual([conn.input, conn.hasEnded, conn.closedErr], ["bye", true, Err.None]);
  });
}

/** Destroys `conn` and checks that nothing follows while the peer goes on sending. */
async function destroyAndWatch(rig: Rig, conn: Probe): Promise<void> {
  const before = conn.events.length;
  rig.destroy(conn);
  await rig.fx.quiet();
  assert.equal(conn.events.length, before);
}

function destroyRules({ both }: Rules): void {
  both("destroy is silent and the peer notices", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    await destroyAndWatch(rig, conn);
    await rig.fx.settle(() => isGone(peer), "the peer's end");
  });

  both("destroy is silent while bytes are on their way", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.send(pattern(5000));
    await destroyAndWatch(rig, conn);
  });

  both("destroy inside data is silent although more bytes wait", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    conn.on.data = () => rig.destroy(conn);
    peer.send(pattern(20_000));
    await rig.fx.settle(() => conn.input !== "", "data");
    await rig.fx.quiet();
    assert.equal(conn.events.filter((event) => event === "data").length, 1);
  });

  both("destroy inside data that took nothing is silent", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    conn.take = () => 0;
    conn.on.data = () => rig.destroy(conn);
    peer.send("unwanted");
    await rig.fx.settle(() => isGone(peer), "the peer's end");
  });
}

function destroyTwistRules({ both }: Rules): void {
  both("destroy after end is silent: closed does not follow", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.pauseReading();
    await rig.send(conn, "output");
    rig.end(conn);
    await destroyAndWatch(rig, conn);
  });

  both("destroy gives up a connection that end could not flush", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.pauseReading();
    const piece = pattern(rig.platform.caps.writeMaxBytes);
    let most = 2 * Math.ceil(rig.fx.floodBytes / piece.length);
    while (most-- > 0 && rig.write(conn, piece) === piece.length);
    rig.end(conn);
    await rig.fx.quiet();
    await destroyAndWatch(rig, conn);
  });

  both("destroy inside ended is silent", async (rig, how) => {
    rig.needs(rig.platform.caps.halfClose);
    const { conn, peer } = await rig.open(how);
    conn.on.ended = () => rig.destroy(conn);
    peer.fin();
    await rig.fx.settle(() => conn.hasEnded, "ended");
    await rig.fx.quiet();
    assert.equal(conn.events.at(-1), "ended");
  });

  both("every call on a destroyed connection is harmless", async (rig, how) => {
    const { conn } = await rig.open(how);
    rig.destroy(conn);
    rig.destroy(conn);
    rig.pause(conn);
    rig.resume(conn);
    rig.end(conn);
    await rig.fx.quiet();
    assert.equal(closings(conn), 0);
  });

  both("every call on a closed connection is harmless, inside closed too", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    const poke = (): void => {
      rig.pause(conn);
      rig.resume(conn);
      rig.end(conn);
      rig.destroy(conn);
    };
    conn.on.closed = poke;
    rig.end(conn);
    await partingWith(rig, { conn, peer });
    poke();
    await rig.fx.quiet();
    assert.equal(closings(conn), 1);
  });
}

function resetRules({ both }: Rules): void {
  both("a reset is closed with Reset, or None where the platform cannot see it", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.reset();
    await rig.closed(conn);
    assert.equal(conn.closedErr, rig.platform.caps.seesReset ? Err.Reset : Err.None);
    assert.equal(conn.hasEnded, false);
    assert.equal(closings(conn), 1);
  });

  both("bytes taken before a reset are kept, and closed comes once", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.send("before");
    await rig.fx.settle(() => conn.input === "before", "the bytes");
    peer.reset();
    await rig.closed(conn);
    await rig.fx.quiet();
    assert.equal(conn.events.at(-1), "closed");
  });

  both("a reset while output is blocked closes with an error, and drained does not follow", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.pauseReading();
    const piece = pattern(rig.platform.caps.writeMaxBytes);
    let most = 2 * Math.ceil(rig.fx.floodBytes / piece.length);
    while (most-- > 0 && rig.write(conn, piece) === piece.length);
    await rig.fx.quiet();
    peer.reset();
    await rig.closed(conn);
    if (rig.platform.caps.seesReset) assert.ok(conn.closedErr !== Err.None, "closed says why");
    assert.equal(conn.events.at(-1), "closed");
  });

  both("a reset during end is closed once", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    await rig.send(conn, "output");
    rig.end(conn);
    peer.reset();
    await rig.closed(conn);
    await rig.fx.quiet();
    assert.equal(closings(conn), 1);
  });
}

/** Rules for `end`, `destroy`, resets and `closed`. */
export function closeRules(rules: Rules): void {
  describe("end", () => {
    endRules(rules);
    endTwistRules(rules);
  });
  describe("destroy", () => {
    destroyRules(rules);
    destroyTwistRules(rules);
  });
  describe("reset", () => resetRules(rules));
}
