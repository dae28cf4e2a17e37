import assert from "node:assert/strict";
import type { SimFaults } from "../../platform/sim/index.js";
import { Err } from "../../src/core/port.js";
import { createRig, pattern, type Rig } from "./port-contract/rig.js";
import { simFixture, type SimFixture } from "./port-contract/sim-fixture.js";

type SimRig = Rig & { fx: SimFixture };

const benches: SimRig[] = [];

function bench(faults: Partial<SimFaults>, seed = 1): SimRig {
  const rig = createRig(simFixture({ world: { seed, faults } })) as SimRig;
  benches.push(rig);
  return rig;
}

/** The sizes of the pieces in which 200 bytes arrive. */
async function pieces(faults: Partial<SimFaults>): Promise<number[]> {
  const rig = bench(faults);
  const { conn, peer } = await rig.open("accepted");
  const sizes: number[] = [];
  let seen = 0;
  conn.on.data = () => {
    sizes.push(conn.input.length - seen);
    seen = conn.input.length;
  };
  peer.send(pattern(200));
  await rig.fx.settle(() => conn.input.length === 200, "all bytes");
  return sizes;
}

describe("sim faults", () => {
  afterEach(() => {
    for (const rig of benches.splice(0)) assert.deepEqual(rig.rec.violations, []);
  });

  it("brings bytes in one piece without faults", async () => {
    assert.deepEqual(await pieces({}), [200]);
  });

  it("brings bytes in pieces with recvPartial", async () => {
    const sizes = await pieces({ recvPartial: 1 });
    assert.ok(sizes.length > 2 && Math.max(...sizes) > 1, sizes.join());
  });

  it("brings bytes one at a time with byteAtATime", async () => {
    assert.deepEqual(await pieces({ byteAtATime: 1 }), Array(200).fill(1));
  });

  it("blocks writes with sendWouldBlock, and drained follows within blockMaxMs", async () => {
    const rig = bench({ sendWouldBlock: 1, blockMaxMs: 8 });
    const { conn } = await rig.open("accepted");
    const startMs = rig.fx.world.now;
    assert.equal(rig.write(conn, "x"), -1);
    await rig.fx.settle(() => conn.drainedCount === 1, "drained");
    assert.ok(rig.fx.world.now - startMs <= 8);
    rig.fx.world.faults.sendWouldBlock = 0;
    assert.equal(rig.write(conn, "x"), 1);
  });

  it("resets connections before they are accepted with acceptError", async () => {
    const rig = bench({ acceptError: 1 });
    const listener = await rig.listen();
    const peer = rig.fx.world.connectPeer("10.0.0.9", "10.0.0.1", listener.port);
    await rig.fx.settle(() => peer.state === "closed", "the reset");
    assert.equal(peer.error, Err.Reset);
    assert.deepEqual(listener.events, ["listening"]);
  });

  it("fails connects in every way with connectError, scripted peers excepted", async () => {
    const rig = bench({ connectError: 1 });
    const server = await rig.fx.listenPeer(() => undefined);
    const seen = new Set<Err | undefined>();
    for (let i = 0; i < 30; i++) {
      const conn = rig.connect({ host: server.host, port: server.port });
      await rig.closed(conn);
      seen.add(conn.closedErr);
    }
    assert.deepEqual([...seen].sort(), [Err.Refused, Err.TimedOut, Err.Unreachable].sort());
    const peer = rig.fx.world.connectPeer("10.0.0.9", server.host, server.port);
    await rig.fx.settle(() => peer.state === "open", "the peer");
  });

  it("fails listens and datagram sockets with listenError", async () => {
    const rig = bench({ listenError: 1 });
    const probes = [rig.startListen({ host: "", port: 80 }), rig.bind({ host: "", port: 53 })];
    for (const probe of probes) await rig.closed(probe);
    assert.deepEqual(probes.map((probe) => probe.closedErr), [Err.AddressInUse, Err.AddressInUse]);
  });

  it("fails names but not addresses with dnsError", async () => {
    const rig = bench({ dnsError: 1 });
    const server = await rig.fx.listenPeer(() => undefined);
    rig.fx.world.dns("here.local", server.host);
    const named = rig.connect({ host: "here.local", port: server.port });
    await rig.closed(named);
    assert.equal(named.closedErr, Err.HostNotFound);
    const literal = rig.connect({ host: server.host, port: server.port });
    await rig.fx.settle(() => literal.isUp, "connected");
  });

  it("resets both ends of a connection with resetProbability", async () => {
    const rig = bench({ resetProbability: 1 });
    const { conn, peer } = await rig.open("accepted");
    peer.send("never arrives");
    await rig.closed(conn);
    await rig.fx.settle(() => peer.state() === "closed", "the peer's reset");
    assert.deepEqual([conn.closedErr, conn.input], [Err.Reset, ""]);
  });

  it("keeps the order of bytes with jitter and stalls", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const rig = bench({ jitterMs: 20, stall: 0.2, stallMaxMs: 200 }, seed);
      const { conn, peer } = await rig.open("accepted");
      const all = pattern(20_000);
      for (let at = 0; at < all.length; at += 500) rig.fx.world.after(at / 500, () => peer.send(all.slice(at, at + 500)));
      await rig.fx.settle(() => conn.input.length === all.length, "all bytes");
      assert.ok(conn.input === all, rig.fx.world.describe());
    }
  });

  it("loses, doubles and reorders datagrams", async () => {
    const arrivals = async (faults: Partial<SimFaults>): Promise<string> => {
      const rig = bench(faults);
      const socket = await rig.bound();
      const peer = await rig.fx.udpPeer();
      for (const text of "abcdefgh") peer.send(text, rig.fx.host, socket.port);
      await rig.fx.quiet();
      return socket.datagrams.map((datagram) => datagram.bytes).join("");
    };
    assert.equal(await arrivals({}), "abcdefgh");
    assert.equal(await arrivals({ udpLoss: 1 }), "");
    assert.equal(await arrivals({ udpDuplicate: 1 }), "aabbccddeeffgghh");
    const mixed = await arrivals({ udpReorder: 0.5 });
    assert.notEqual(mixed, "abcdefgh");
    assert.equal([...mixed].sort().join(""), "abcdefgh");
  });

  it("keeps the port's rules whatever goes wrong", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const rig = bench({
        recvPartial: 0.3, byteAtATime: 0.1, sendWouldBlock: 0.3, acceptError: 0.1, connectError: 0.2, resetProbability: 0.05,
        stall: 0.1, jitterMs: 10, stallMaxMs: 100,
      }, seed);
      const listener = await rig.listen();
      for (let i = 0; i < 6; i++) {
        const peer = rig.fx.connectPeer(listener.port);
        peer.send(pattern(1000 * i));
        rig.fx.world.after(30 * i, () => (i % 2 === 0 ? peer.fin() : peer.reset()));
        rig.connect({ host: "localhost", port: listener.port });
      }
      rig.fx.world.runFor(50);
      for (const probe of rig.rec.probes) {
        if (probe.kind !== "stream" || probe.closedErr !== undefined || !probe.isUp) continue;
        rig.write(probe, pattern(700));
        rig.end(probe);
      }
      rig.fx.world.runFor(60_000);
      const open = rig.rec.probes.filter((probe) => probe.isEnding && probe.closedErr === undefined);
      assert.deepEqual(open.map((probe) => probe.name), [], rig.fx.world.describe());
      assert.deepEqual(rig.rec.violations, [], rig.fx.world.describe());
    }
  });
});
