// Incoming bytes: content, order, partial takes, pausing, and the end of the stream.

import assert from "node:assert/strict";
import { pattern, type Rules } from "./rig.js";
import { takeAll, takeOnly, type Probe } from "./recorder.js";

/** The most bytes a platform without back-pressure must hold for us. */
const HOLD_MAX_BYTES = 512;

function offers(conn: Probe): number {
  return conn.events.filter((event) => event === "data").length;
}

function contentRules({ both }: Rules): void {
  both("every byte value arrives as it was sent", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    const all = pattern(1024);
    peer.send(all);
    await rig.fx.settle(() => conn.input.length >= all.length, "all bytes");
    assert.equal(conn.input, all);
  });

  both("much more than one piece arrives whole and in order", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    const all = pattern(50_000);
    peer.send(all);
    await rig.fx.settle(() => conn.input.length >= all.length, "all bytes");
    assert.equal(conn.input, all);
  });

  both("bytes sent one by one arrive in order", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    for (const byte of "one by one") peer.send(byte);
    await rig.fx.settle(() => conn.input === "one by one", "all bytes");
  });

  both("an answer written inside data reaches the peer", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    let isSent = false;
    const answer = (): void => {
      if (!isSent) isSent = rig.write(conn, "ok") === 2;
    };
    conn.on.data = answer;
    conn.on.drained = answer;
    peer.send("go");
    await rig.fx.settle(() => peer.received() === "ok", "the answer");
  });
}

function takeRules({ both }: Rules): void {
  both("what data did not take is offered again first, after resume", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    conn.take = takeOnly(3);
    peer.send("abcdefgh");
    await rig.fx.settle(() => conn.isBlocked, "a rest");
    await rig.fx.quiet();
    const seen = conn.input;
    conn.take = takeAll;
    rig.resume(conn);
    assert.equal(conn.input, seen, "not from inside resume");
    await rig.fx.settle(() => conn.input === "abcdefgh", "the rest");
  });

  both("data that takes nothing is offered the same bytes after each resume", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    conn.take = () => 0;
    peer.send("again");
    for (let i = 1; i <= 3; i++) {
      await rig.fx.settle(() => offers(conn) === i && conn.isBlocked, `offer ${i}`);
      if (i < 3) rig.resume(conn);
    }
    conn.take = takeAll;
    rig.resume(conn);
    await rig.fx.settle(() => conn.input === "again", "all bytes");
  });

  both("bytes that arrive after a partial take follow the rest", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    const late = pattern(HOLD_MAX_BYTES / 2);
    conn.take = takeOnly(1);
    peer.send("12345");
    await rig.fx.settle(() => conn.isBlocked, "a rest");
    peer.send(late);
    await rig.fx.quiet();
    conn.take = takeAll;
    rig.resume(conn);
    await rig.fx.settle(() => conn.input.length === 5 + late.length, "all bytes");
    assert.equal(conn.input, "12345" + late);
  });

  both("taking one byte an offer gets everything in order", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    const all = pattern(64);
    conn.take = () => 1;
    peer.send(all);
    while (conn.input.length < all.length) {
      const before = conn.input.length;
      await rig.fx.settle(() => conn.input.length > before, `byte ${before}`);
      if (conn.isBlocked) rig.resume(conn);
    }
    assert.equal(conn.input, all);
  });
}

function pauseRules({ both }: Rules): void {
  both("a paused connection gets no data until resume, and loses none", async (rig, how) => {
    rig.needs(rig.platform.caps.pauseRead);
    const { conn, peer } = await rig.open(how);
    rig.pause(conn);
    peer.send("patience");
    await rig.fx.quiet();
    assert.equal(conn.input, "");
    rig.resume(conn);
    await rig.fx.settle(() => conn.input === "patience", "all bytes");
  });

  both("a pause inside data holds back the following pieces", async (rig, how) => {
    rig.needs(rig.platform.caps.pauseRead);
    const { conn, peer } = await rig.open(how);
    const all = pattern(20_000);
    conn.on.data = () => {
      if (!conn.isPaused) rig.pause(conn);
    };
    peer.send(all);
    while (conn.input.length < all.length) {
      const before = conn.input.length;
      await rig.fx.settle(() => conn.input.length > before, "the next piece");
      if (conn.isPaused) rig.resume(conn);
    }
    assert.equal(conn.input, all);
  });

  both("pause and resume may be called any number of times", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    rig.resume(conn);
    rig.pause(conn);
    rig.pause(conn);
    rig.resume(conn);
    rig.resume(conn);
    peer.send("fine");
    await rig.fx.settle(() => conn.input === "fine", "all bytes");
    await rig.fx.quiet();
    assert.equal(conn.input, "fine");
  });
}

function backPressureRules({ both }: Rules): void {
  both("a paused connection makes its peer wait", async (rig, how) => {
    rig.needs(rig.platform.caps.pauseRead);
    const { conn, peer } = await rig.open(how);
    rig.pause(conn);
    const all = pattern(rig.fx.floodBytes);
    peer.send(all);
    await rig.fx.quiet();
    assert.ok(peer.unsentCount() > 0, "the peer still has bytes to send");
    rig.resume(conn);
    await rig.fx.settle(() => conn.input.length === all.length, "all bytes");
    assert.ok(conn.input === all, "the bytes are those that were sent");
  });

  both("pausing stops input only: output still flows", async (rig, how) => {
    const { conn, peer } = await rig.open(how);
    rig.pause(conn);
    await rig.send(conn, "out");
    await rig.fx.settle(() => peer.received() === "out", "output");
  });
}

function endedRules({ both }: Rules): void {
  both("ended comes once, after the last byte, and leaves the connection open", async (rig, how) => {
    rig.needs(rig.platform.caps.halfClose);
    const { conn, peer } = await rig.open(how);
    const all = pattern(5000);
    peer.send(all);
    peer.fin();
    await rig.fx.settle(() => conn.hasEnded, "ended");
    assert.equal(conn.input, all);
    await rig.fx.quiet();
    assert.equal(conn.closedErr, undefined);
  });

  both("output written after ended reaches the peer", async (rig, how) => {
    rig.needs(rig.platform.caps.halfClose);
    const { conn, peer } = await rig.open(how);
    peer.fin();
    await rig.fx.settle(() => conn.hasEnded, "ended");
    const all = pattern(3000);
    await rig.send(conn, all);
    rig.end(conn);
    await rig.closed(conn);
    await rig.fx.settle(() => peer.state() === "closed", "the peer's end");
    assert.equal(peer.received(), all);
    assert.equal(conn.closedErr, 0);
  });

  both("ended waits for bytes that were not taken", async (rig, how) => {
    rig.needs(rig.platform.caps.halfClose);
    const { conn, peer } = await rig.open(how);
    conn.take = () => 0;
    peer.send("last words");
    peer.fin();
    await rig.fx.settle(() => conn.isBlocked, "a rest");
    await rig.fx.quiet();
    assert.equal(conn.hasEnded, false);
    conn.take = takeAll;
    rig.resume(conn);
    await rig.fx.settle(() => conn.hasEnded, "ended");
    assert.equal(conn.input, "last words");
  });
}

function fullCloseRules({ both }: Rules): void {
  both("without half-close the peer's end is closed, after the last byte", async (rig, how) => {
    rig.needs(!rig.platform.caps.halfClose);
    const { conn, peer } = await rig.open(how);
    peer.send("last words");
    peer.fin();
    await rig.closed(conn);
    assert.equal(conn.input, "last words");
    assert.equal(conn.closedErr, 0);
  });

  both("without half-close the peer's end waits for bytes that were not taken", async (rig, how) => {
    rig.needs(!rig.platform.caps.halfClose);
    const { conn, peer } = await rig.open(how);
    conn.take = () => 0;
    peer.send("last words");
    peer.fin();
    await rig.fx.settle(() => conn.isBlocked, "a rest");
    await rig.fx.quiet();
    assert.equal(conn.closedErr, undefined);
    conn.take = takeAll;
    rig.resume(conn);
    await rig.closed(conn);
    assert.equal(conn.input, "last words");
  });
}

/** Rules for `data`, `pause`, `resume` and `ended`. */
export function dataRules(rules: Rules): void {
  describe("data", () => {
    contentRules(rules);
    takeRules(rules);
  });
  describe("pause and resume", () => {
    pauseRules(rules);
    backPressureRules(rules);
  });
  describe("the peer's end", () => {
    endedRules(rules);
    fullCloseRules(rules);
  });
}
