// Output: all or nothing, would-block and drained, order, and writing to what is gone.

import assert from "node:assert/strict";
import { WriteResult } from "../../../src/core/port.js";
import type { Probe } from "./recorder.js";
import { partingWith, pattern, type Rig, type Rules } from "./rig.js";

/** Writes pieces until the platform blocks; answers everything that was taken. */
function fill(rig: Rig, conn: Probe, pieceBytes: number): string {
  const piece = pattern(pieceBytes);
  const taken: string[] = [];
  const most = 2 * Math.ceil(rig.fx.floodBytes / pieceBytes);
  while (taken.length < most && rig.write(conn, piece) === piece.length) taken.push(piece);
  return taken.join("");
}

function takingRules({ both }: Rules): void {
  both("every byte value goes out as it was written", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    const all = pattern(1024);
    await rig.send(conn, all);
    await rig.fx.settle(() => peer.receivedCount() >= all.length, "all bytes");
    assert.equal(peer.received(), all);
  });

  both("text goes out as UTF-8", async (rig, how) => {
    rig.needs(rig.fx.textIsBytes !== true);
    const { conn, peer } = await rig.open(how);
    const text = rig.platform.bytes.text("caf\u00e9\0");
    await rig.send(conn, rig.platform.bytes.latin1(text, 0, text.length));
    await rig.fx.settle(() => peer.receivedCount() >= 6, "all bytes");
    assert.equal(peer.received(), "caf\u00c3\u00a9\0");
  });

  both("the largest piece is taken whole", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    const all = pattern(rig.platform.caps.writeMaxBytes);
    await rig.send(conn, all);
    await rig.fx.settle(() => peer.receivedCount() >= all.length, "all bytes");
    assert.equal(peer.received(), all);
  });

  both("much output arrives whole and in order", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    const all = pattern(50_000);
    await rig.send(conn, all);
    await rig.fx.settle(() => peer.receivedCount() >= all.length, "all bytes");
    assert.equal(peer.received(), all);
  });

  both("a slice of received bytes can be written back", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    const all = pattern(300);
    peer.send(all);
    await rig.fx.settle(() => conn.input === all, "all bytes");
    const { bytes } = rig.platform;
    const part = bytes.slice(rig.raw(all), 100, 200);
    await rig.send(conn, bytes.latin1(part, 0, part.length));
    await rig.fx.settle(() => peer.received() === all.slice(100, 200), "the slice");
  });
}

function blockingRules({ both }: Rules): void {
  both("a peer that does not read blocks the writer, and drained follows when it reads", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.pauseReading();
    let taken = fill(rig, conn, rig.platform.caps.writeMaxBytes);
    assert.ok(conn.wantsDrained, "the platform blocked in the end");
    peer.resumeReading();
    await rig.fx.settle(() => conn.drainedCount > 0, "drained");
    await rig.send(conn, "tail");
    taken += "tail";
    await rig.fx.settle(() => peer.receivedCount() >= taken.length, "all bytes taken");
    assert.ok(peer.received() === taken, "what was taken arrived once, in order, and nothing else");
  });

  both("a blocked write took nothing", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.pauseReading();
    const taken = fill(rig, conn, rig.platform.caps.writeMaxBytes);
    const again = rig.write(conn, "x");
    const all = taken + (again === 1 ? "x" : "");
    peer.resumeReading();
    await rig.fx.settle(() => peer.receivedCount() >= all.length, "all bytes taken");
    await rig.fx.quiet();
    assert.ok(peer.received() === all, "nothing but what was taken arrived");
  });

  both("a write inside drained is allowed", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.pauseReading();
    let count = fill(rig, conn, rig.platform.caps.writeMaxBytes).length;
    let isSent = false;
    conn.on.drained = () => {
      if (isSent) return;
      isSent = rig.write(conn, "!") === 1;
    };
    peer.resumeReading();
    await rig.fx.settle(() => isSent, "a write taken inside drained");
    count++;
    await rig.fx.settle(() => peer.receivedCount() >= count, "all bytes");
    assert.equal(peer.received().slice(-1), "!");
  });
}

function blockedTwistRules({ both }: Rules): void {
  both("a connection can be destroyed inside drained", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.pauseReading();
    fill(rig, conn, rig.platform.caps.writeMaxBytes);
    conn.on.drained = () => rig.destroy(conn);
    peer.resumeReading();
    await rig.fx.settle(() => peer.state() !== "open", "the peer's end");
  });

  both("a blocked connection can be ended and sends what was taken", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.pauseReading();
    const taken = fill(rig, conn, rig.platform.caps.writeMaxBytes);
    rig.end(conn);
    await rig.fx.quiet();
    peer.resumeReading();
    await partingWith(rig, { conn, peer });
    await rig.fx.settle(() => peer.receivedCount() >= taken.length, "all bytes taken");
    assert.ok(peer.received() === taken, "what was taken arrived");
  });

  both("two connections do not block each other", async (rig, how) => {
    const slow = await rig.open(how);
    slow.peer.pauseReading();
    fill(rig, slow.conn, rig.platform.caps.writeMaxBytes);
    const quick = await rig.open(how);
    await rig.send(quick.conn, "quick");
    await rig.fx.settle(() => quick.peer.received() === "quick", "the other connection's bytes");
  });
}

function goneRules({ both }: Rules): void {
  both("a write after end answers Closed", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    rig.end(conn);
    assert.equal(rig.write(conn, "x"), WriteResult.Closed);
    await partingWith(rig, { conn, peer });
    assert.equal(rig.write(conn, "x"), WriteResult.Closed);
  });

  both("a write after destroy answers Closed", async (rig, how) => {
    const { conn } = await rig.open(how);
    rig.destroy(conn);
    assert.equal(rig.write(conn, "x"), WriteResult.Closed);
  });

  both("a write inside closed answers Closed", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    let answer = 0;
    conn.on.closed = () => {
      answer = rig.write(conn, "x");
    };
    peer.reset();
    await rig.closed(conn);
    assert.equal(answer, WriteResult.Closed);
  });

  both("writing on to a peer that is gone ends in closed, never in an exception", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    peer.reset();
    let turns = 0;
    while (conn.closedErr === undefined && turns++ < 1000) {
      if (!conn.wantsDrained) rig.write(conn, "anyone?");
      await rig.fx.settle(() => true, "a turn");
      if (turns % 10 === 0) await rig.fx.quiet();
    }
    assert.notEqual(conn.closedErr, undefined);
  });
}

/** Rules for `write` and `drained`. */
export function writeRules(rules: Rules): void {
  describe("write", () => {
    takingRules(rules);
    blockingRules(rules);
    blockedTwistRules(rules);
    goneRules(rules);
  });
}
