import assert from "node:assert/strict";
import { createSimWorld } from "../../platform/sim/index.js";
import { createAgenda } from "../../platform/wrap/agenda.js";
import { throttle, type ThrottleOptions } from "../../platform/wrap/index.js";
import type { Sink } from "../../src/core/port.js";
import { createRig, pattern, type Rig } from "./port-contract/rig.js";
import { simFixture, type SimFixture } from "./port-contract/sim-fixture.js";

type SimRig = Rig & { fx: SimFixture };

const benches: SimRig[] = [];

function bench(options: ThrottleOptions): SimRig {
  const rig = createRig(simFixture({ wrap: (platform) => throttle(platform, options) })) as SimRig;
  benches.push(rig);
  return rig;
}

describe("wrap throttle", () => {
  afterEach(() => {
    for (const rig of benches.splice(0)) assert.deepEqual(rig.rec.violations, []);
  });

  it("lets input through at the rate, and makes the peer wait for the rest", async () => {
    const rig = bench({ inBytesPerSecond: 10_000 });
    const { conn, peer } = await rig.open("accepted");
    const startMs = rig.fx.world.now;
    peer.send(pattern(50_000));
    rig.fx.world.runFor(1000);
    assert.ok(conn.input.length >= 9000 && conn.input.length <= 12_500, `${conn.input.length}`);
    assert.ok(peer.unsentCount() > 20_000);
    await rig.fx.settle(() => conn.input.length === 50_000, "all bytes");
    assert.ok(conn.input === pattern(50_000));
    assert.ok(rig.fx.world.now - startMs > 4000);
  });

  it("lets output through at the rate, by blocking writes", async () => {
    const rig = bench({ outBytesPerSecond: 10_000 });
    const { conn, peer } = await rig.open("accepted");
    const startMs = rig.fx.world.now;
    for (let i = 0; i < 100; i++) await rig.send(conn, pattern(500));
    await rig.fx.settle(() => peer.receivedCount() === 50_000, "all bytes");
    const tookMs = rig.fx.world.now - startMs;
    assert.ok(tookMs > 4000 && tookMs < 6000, `${tookMs}`);
  });

  it("does not slow down a direction without a rate", async () => {
    const rig = bench({ inBytesPerSecond: 100 });
    const { conn, peer } = await rig.open("accepted");
    const startMs = rig.fx.world.now;
    await rig.send(conn, pattern(50_000));
    await rig.fx.settle(() => peer.receivedCount() === 50_000, "all bytes");
    assert.ok(rig.fx.world.now - startMs < 100);
  });

  it("shares the rate among connections", async () => {
    const rig = bench({ inBytesPerSecond: 10_000 });
    const pairs = [await rig.open("accepted"), await rig.open("connected")];
    for (const { peer } of pairs) peer.send(pattern(20_000));
    rig.fx.world.runFor(1000);
    const counts = pairs.map(({ conn }) => conn.input.length);
    assert.ok(counts[0] > 0 && counts[1] > 0, counts.join());
    assert.ok(counts[0] + counts[1] <= 12_500, counts.join());
  });

  it("offers nothing by itself to a core that took less than it was offered", async () => {
    const rig = bench({ inBytesPerSecond: 1000 });
    const { conn, peer } = await rig.open("accepted");
    conn.take = (count) => Math.min(count, 3);
    peer.send(pattern(500));
    for (let i = 1; i <= 5; i++) {
      await rig.fx.settle(() => conn.isBlocked, "a rest");
      rig.fx.world.runFor(500);
      rig.resume(conn);
    }
    await rig.fx.quiet();
    assert.equal(conn.input, pattern(conn.input.length));
  });

  it("stays paused while its turn to go on comes", async () => {
    const rig = bench({ inBytesPerSecond: 1000 });
    const { conn, peer } = await rig.open("accepted");
    conn.on.data = () => {
      if (conn.input.length >= 100 && !conn.isPaused) rig.pause(conn);
    };
    peer.send(pattern(500));
    await rig.fx.settle(() => conn.isPaused, "the pause");
    const count = conn.input.length;
    rig.fx.world.runFor(5000);
    assert.equal(conn.input.length, count);
    conn.on.data = undefined;
    rig.resume(conn);
    await rig.fx.settle(() => conn.input.length === 500, "all bytes");
  });

  it("loses datagrams above the rate", async () => {
    const rig = bench({ inBytesPerSecond: 1000, outBytesPerSecond: 1000 });
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    for (let i = 0; i < 10; i++) {
      peer.send(pattern(60), rig.fx.host, socket.port);
      assert.equal(rig.platform.sendTo(socket.handle, rig.raw(pattern(60)), peer.host, peer.port), 60);
    }
    await rig.fx.quiet();
    assert.deepEqual([socket.datagrams.length, peer.received.length], [2, 2]);
  });

  it("refuses a rate that is none", () => {
    for (const rate of [0, -1, NaN]) assert.throws(() => bench({ inBytesPerSecond: rate }), /bytes a second is not above 0/);
  });
});

describe("wrap agenda", () => {
  it("does things in order of time, then of request, and never at once", () => {
    const world = createSimWorld({ seed: 1 });
    const platform = world.platform({ host: "10.0.0.1" });
    const agenda = createAgenda(platform);
    const done: string[] = [];
    platform.open({ wake: (owner) => owner === agenda.owner && agenda.woken() } as Partial<Sink> as Sink);
    for (const [ms, name] of [[5, "c"], [0, "a"], [9, "e"], [5, "d"], [0, "b"]] as const) {
      agenda.after(ms, () => done.push(`${world.now}${name}`));
    }
    assert.deepEqual(done, []);
    world.runFor(20);
    assert.deepEqual(done, ["0a", "0b", "5c", "5d", "9e"]);
  });

  it("leaves what is added while it works to the next turn", () => {
    const world = createSimWorld({ seed: 1 });
    const platform = world.platform({ host: "10.0.0.1" });
    const agenda = createAgenda(platform);
    let turns = 0;
    let count = 0;
    platform.open({
      wake() {
        turns++;
        agenda.woken();
      },
    } as Partial<Sink> as Sink);
    const again = (): void => {
      if (++count < 5) agenda.after(0, again);
    };
    agenda.after(0, again);
    world.runFor(1);
    assert.deepEqual([count, turns], [5, 5]);
  });
});
