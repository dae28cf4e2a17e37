import assert from "node:assert/strict";
import { ESPRUINO_LIKE_CAPS } from "../../platform/sim/index.js";
import { fault, type FaultOptions } from "../../platform/wrap/index.js";
import { Err, WriteResult } from "../../src/core/port.js";
import { createRig, pattern, type Rig } from "./port-contract/rig.js";
import { simFixture, type SimFixture, type SimFixtureOptions } from "./port-contract/sim-fixture.js";

type SimRig = Rig & { fx: SimFixture };

const benches: SimRig[] = [];

function bench(faults: Partial<FaultOptions>, given: SimFixtureOptions = {}): SimRig {
  const options: FaultOptions = Object.assign(faults, { seed: faults.seed ?? 1 });
  const rig = createRig(simFixture({ ...given, wrap: (platform) => fault(platform, options) })) as SimRig;
  benches.push(rig);
  return rig;
}

async function pieces(faults: Partial<FaultOptions>): Promise<number[]> {
  const rig = bench(faults);
  const { conn, peer } = await rig.open("accepted");
  const sizes: number[] = [];
  let seen = 0;
  conn.on.data = () => {
    sizes.push(conn.input.length - seen);
    seen = conn.input.length;
  };
  peer.send(pattern(100));
  await rig.fx.settle(() => conn.input.length === 100, "all bytes");
  assert.equal(conn.input, pattern(100));
  return sizes;
}

describe("wrap fault", () => {
  afterEach(() => {
    for (const rig of benches.splice(0)) assert.deepEqual(rig.rec.violations, []);
  });

  it("changes nothing without faults", async () => {
    assert.deepEqual(await pieces({}), [100]);
  });

  it("splits what arrives with recvPartial, and into single bytes with byteAtATime", async () => {
    const split = await pieces({ recvPartial: 1 });
    assert.ok(split.length > 1 && Math.max(...split) > 1, split.join());
    assert.deepEqual(await pieces({ byteAtATime: 1 }), Array(100).fill(1));
  });

  it("splits differently with another seed, and the same with the same seed", async () => {
    const first = await pieces({ seed: 5, recvPartial: 1 });
    assert.deepEqual(await pieces({ seed: 5, recvPartial: 1 }), first);
    assert.notDeepEqual(await pieces({ seed: 6, recvPartial: 1 }), first);
  });

  it("makes the peer wait while it deals out pieces: what it holds stays bounded", async () => {
    const rig = bench({ byteAtATime: 1, delay: 1, delayMaxMs: 5 });
    const { conn, peer } = await rig.open("accepted");
    peer.send(pattern(20_000));
    await rig.fx.settle(() => conn.input.length > 10, "the first pieces");
    assert.ok(peer.unsentCount() > 10_000);
  });

  it("blocks writes with sendWouldBlock until drained", async () => {
    const faults = { seed: 1, sendWouldBlock: 1 };
    const rig = bench(faults);
    const { conn, peer } = await rig.open("accepted");
    assert.equal(rig.write(conn, "x"), WriteResult.WouldBlock);
    assert.equal(rig.write(conn, "x"), WriteResult.WouldBlock);
    faults.sendWouldBlock = 0;
    await rig.fx.settle(() => conn.drainedCount === 1, "drained");
    assert.equal(rig.write(conn, "y"), 1);
    await rig.fx.settle(() => peer.received() === "y", "the byte that was taken");
  });

  it("reports drained once when it and the platform below block at the same time", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const rig = bench({ seed, sendWouldBlock: 0.5, delayMaxMs: 30 }, { world: { windowBytes: 500, sendBufferBytes: 500 } });
      const { conn, peer } = await rig.open("accepted");
      await rig.send(conn, pattern(5000));
      await rig.fx.settle(() => peer.receivedCount() === 5000, "all bytes");
    }
  });

  it("reports drained only when neither it nor the platform below blocks", async () => {
    const faults = { seed: 1, sendWouldBlock: 0, delayMaxMs: 0 };
    const rig = bench(faults, { world: { windowBytes: 500, sendBufferBytes: 500 } });
    const { conn, peer } = await rig.open("accepted");
    peer.pauseReading();
    while (rig.write(conn, "x".repeat(100)) > 0);
    faults.sendWouldBlock = 1;
    rig.write(conn, "y");
    await rig.fx.quiet();
    assert.equal(conn.drainedCount, 0, "full below");
    faults.delayMaxMs = 3000;
    rig.write(conn, "y");
    peer.resumeReading();
    rig.fx.world.runFor(20);
    assert.equal(conn.drainedCount, 0, "blocked here");
    await rig.fx.settle(() => conn.drainedCount === 1, "drained");
  });

  it("reports drained after connected although connected comes late", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const rig = bench({ seed, delay: 1, delayMaxMs: 20 });
      const server = await rig.fx.listenPeer(() => undefined);
      const conn = rig.connect({ host: server.host, port: server.port });
      assert.equal(rig.write(conn, "early"), WriteResult.WouldBlock);
      await rig.fx.settle(() => conn.drainedCount === 1, "drained");
      assert.deepEqual(conn.events, ["connected", "drained"]);
    }
  });

  it("reports listening before the first connection although listening comes late", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const rig = bench({ seed, delay: 1, delayMaxMs: 50 });
      const listener = rig.startListen({ host: "", port: 80 });
      rig.fx.connectPeer(80);
      await rig.fx.settle(() => listener.accepted.length === 1, "accepted");
      assert.deepEqual(listener.events, ["listening", "accepted"]);
    }
  });

  it("fails connects in every way with connectError, without trying", async () => {
    const rig = bench({ connectError: 1 });
    const reached: unknown[] = [];
    const server = await rig.fx.listenPeer((peer) => reached.push(peer));
    const seen = new Set<Err | undefined>();
    for (let i = 0; i < 30; i++) {
      const conn = rig.connect({ host: server.host, port: server.port });
      assert.equal(rig.write(conn, "x"), WriteResult.WouldBlock);
      await rig.closed(conn);
      assert.equal(rig.write(conn, "x"), WriteResult.Closed);
      seen.add(conn.closedErr);
    }
    assert.deepEqual([...seen].sort(), [Err.Refused, Err.TimedOut, Err.Unreachable].sort());
    assert.deepEqual(reached, []);
  });

  it("lets every call on a connect that will fail be harmless", async () => {
    const rig = bench({ connectError: 1 });
    const ended = rig.connect({ host: "10.0.0.1", port: 80 });
    rig.pause(ended);
    rig.resume(ended);
    rig.end(ended);
    rig.end(ended);
    const destroyed = rig.connect({ host: "10.0.0.1", port: 80 });
    rig.destroy(destroyed);
    await rig.closed(ended);
    await rig.fx.quiet();
    assert.deepEqual([ended.events, destroyed.events], [["closed"], []]);
  });

  it("fails listens and datagram sockets with listenError", async () => {
    const rig = bench({ listenError: 1 });
    const probes = [rig.startListen({ host: "", port: 80 }), rig.bind({ host: "", port: 53 })];
    for (const probe of probes) await rig.closed(probe);
    assert.deepEqual(probes.map((probe) => probe.closedErr), [Err.AddressInUse, Err.AddressInUse]);
    assert.equal(rig.platform.sendTo(probes[1].handle, rig.raw("x"), "10.0.0.9", 1), WriteResult.Closed);
  });

  it("loses connections before they are accepted with acceptError", async () => {
    const rig = bench({ acceptError: 1 });
    const listener = await rig.listen();
    const peer = rig.fx.connectPeer(listener.port);
    await rig.fx.settle(() => peer.state() === "ended", "the peer let go");
    assert.deepEqual(listener.events, ["listening"]);
  });

  it("resets connections within resetAfterMaxBytes, closed once and last, and the peer notices", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const rig = bench({ seed, resetProbability: 1, resetAfterMaxBytes: 3000, recvPartial: 0.5, delay: 0.3 });
      const { conn, peer } = await rig.open("accepted");
      conn.on.data = () => void rig.write(conn, "y".repeat(50));
      for (let i = 0; i < 10; i++) peer.send("x".repeat(300));
      await rig.closed(conn);
      assert.equal(conn.closedErr, Err.Reset);
      assert.equal(rig.write(conn, "z"), WriteResult.Closed);
      await rig.fx.settle(() => peer.state() !== "open", "the peer's end");
      await rig.fx.quiet();
      assert.equal(conn.events.at(-1), "closed");
    }
  });

  it("resets a connection that only writes, too", async () => {
    const rig = bench({ resetProbability: 1, resetAfterMaxBytes: 1 });
    const { conn } = await rig.open("accepted");
    assert.equal(rig.write(conn, "one"), 3);
    assert.deepEqual(conn.events, [], "not from inside write");
    assert.equal(rig.write(conn, "two"), WriteResult.Closed);
    await rig.closed(conn);
    assert.equal(conn.closedErr, Err.Reset);
  });

  it("resets look like an ordinary close where the platform cannot see them", async () => {
    const rig = bench({ resetProbability: 1, resetAfterMaxBytes: 1 }, { platform: { caps: ESPRUINO_LIKE_CAPS, form: "string" } });
    const { conn, peer } = await rig.open("accepted");
    peer.send("x");
    await rig.closed(conn);
    assert.equal(conn.closedErr, Err.None);
  });

  it("tells closed of a connection that ended below when the core ends it with input waiting", async () => {
    const rig = bench({ recvPartial: 1 }, { platform: { caps: ESPRUINO_LIKE_CAPS, form: "string" } });
    const { conn, peer } = await rig.open("accepted");
    conn.take = () => 0;
    peer.send("unwanted");
    peer.fin();
    await rig.fx.quiet();
    assert.equal(conn.closedErr, undefined);
    rig.end(conn);
    await rig.closed(conn);
  });

  it("lets a reset overtake input that waits", async () => {
    const rig = bench({ byteAtATime: 1, delay: 1, delayMaxMs: 50 });
    const { conn, peer } = await rig.open("accepted");
    peer.send(pattern(1000));
    await rig.fx.settle(() => conn.input.length > 2, "the first bytes");
    peer.reset();
    await rig.closed(conn);
    assert.equal(conn.closedErr, Err.Reset);
    assert.ok(conn.input.length < 1000);
  });

  it("loses datagrams on their way in and out with udpLoss", async () => {
    const rig = bench({ udpLoss: 1 });
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    peer.send("in", rig.fx.host, socket.port);
    assert.equal(rig.platform.sendTo(socket.handle, rig.raw("out"), peer.host, peer.port), 3);
    await rig.fx.quiet();
    assert.deepEqual([socket.datagrams, peer.received], [[], []]);
  });

  it("leaves the core's own timers alone", async () => {
    const rig = bench({ delay: 1, delayMaxMs: 50 });
    const timer = rig.rec.probe("timer", "timer");
    rig.platform.wakeAfter(timer, 10);
    await rig.fx.settle(() => timer.wakeCount === 1, "wake");
    assert.equal(rig.fx.world.now, 10);
  });

  it("keeps the port's rules whatever it does", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const rig = bench({
        seed, recvPartial: 0.3, byteAtATime: 0.1, sendWouldBlock: 0.3, acceptError: 0.1, connectError: 0.2,
        resetProbability: 0.3, resetAfterMaxBytes: 2000, delay: 0.4, delayMaxMs: 15,
      }, seed % 2 === 0 ? {} : { platform: { caps: { ...ESPRUINO_LIKE_CAPS, sockets: 20 }, form: "string" } });
      const listener = await rig.listen({ port: 80 });
      for (let i = 0; i < 6; i++) {
        const peer = rig.fx.connectPeer(80);
        peer.send(pattern(600 * i));
        rig.fx.world.after(20 * i, () => (i % 2 === 0 ? peer.fin() : peer.reset()));
        rig.connect({ host: "localhost", port: listener.port });
      }
      rig.fx.world.runFor(40);
      const streams = rig.rec.probes.filter((probe) => probe.kind === "stream" && probe.closedErr === undefined);
      streams.forEach((probe, i) => {
        if (i % 3 === 0) rig.destroy(probe);
        else rig.write(probe, pattern(700));
        if (i % 3 === 1) rig.end(probe);
      });
      rig.fx.world.runFor(60_000);
      const open = streams.filter((probe) => probe.isEnding && probe.closedErr === undefined);
      assert.deepEqual(open.map((probe) => probe.name), [], `seed ${seed}`);
      assert.deepEqual(rig.rec.violations, [], `seed ${seed}`);
    }
  });
});
