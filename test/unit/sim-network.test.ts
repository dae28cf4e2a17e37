import assert from "node:assert/strict";
import { ESPRUINO_LIKE_CAPS } from "../../platform/sim/index.js";
import { Err } from "../../src/core/port.js";
import type { Probe } from "./port-contract/recorder.js";
import { createRig, pattern, type Pair, type Rig } from "./port-contract/rig.js";
import { simFixture, type SimFixture, type SimFixtureOptions } from "./port-contract/sim-fixture.js";

type SimRig = Rig & { fx: SimFixture };

const benches: SimRig[] = [];

function bench(options: SimFixtureOptions = {}): SimRig {
  const rig = createRig(simFixture(options)) as SimRig;
  benches.push(rig);
  return rig;
}

async function failing(rig: SimRig, host: string, port = 80): Promise<Err | undefined> {
  const conn = rig.connect({ host, port });
  await rig.closed(conn);
  return conn.closedErr;
}

/** Writes until the platform blocks; answers how many bytes it took. */
function fill(rig: Rig, conn: Probe): number {
  let count = 0;
  while (rig.write(conn, "x".repeat(500)) === 500) count += 500;
  return count;
}

describe("sim network", () => {
  afterEach(() => {
    for (const rig of benches.splice(0)) assert.deepEqual(rig.rec.violations, []);
  });

  describe("hosts and names", () => {
    it("connects to a name that dns knows, in any case", async () => {
      const rig = bench();
      rig.fx.world.dns("Device.Local", "10.0.0.2");
      const server = rig.fx.world.listenPeer("10.0.0.2", 80, () => undefined);
      const conn = rig.connect({ host: "device.local", port: server.port });
      await rig.fx.settle(() => conn.isUp, "connected");
      assert.equal(conn.address, "10.0.0.2");
    });

    it("refuses to let a name resolve to a name", () => {
      assert.throws(() => bench().fx.world.dns("a.local", "b.local"), TypeError);
    });

    it("says Unreachable for an address that no host has", async () => {
      assert.equal(await failing(bench(), "10.9.9.9"), Err.Unreachable);
    });

    it("lets localhost mean each host itself", async () => {
      const rig = bench();
      const other = rig.fx.world.listenPeer("10.0.0.2", 80, () => undefined);
      assert.equal(await failing(rig, "localhost", other.port), Err.Refused);
    });

    it("keeps a listener on the loopback address to its own host", async () => {
      const rig = bench();
      const listener = await rig.listen({ host: "127.0.0.1", port: 80 });
      const stranger = rig.fx.world.connectPeer("10.0.0.9", "10.0.0.1", 80);
      const own = rig.connect({ host: "127.0.0.1", port: 80 });
      await rig.fx.settle(() => own.isUp && listener.acceptedFrom.length > 0 && stranger.state === "closed", "both outcomes");
      assert.equal(stranger.error, Err.Refused);
      assert.deepEqual(listener.acceptedFrom.map((from) => from.address), ["127.0.0.1"]);
    });

    it("lets two platforms share a host and its ports", async () => {
      const rig = bench();
      await rig.listen({ port: 80 });
      const second = rig.fx.world.platform({ host: "10.0.0.1" });
      let err: Err | undefined;
      second.open({ ...rig.rec.sink, closed: (_owner, why) => void (err = why) });
      second.listen({}, { host: "", port: 80 });
      rig.fx.world.runFor(1);
      assert.equal(err, Err.AddressInUse);
    });
  });

  describe("silent hosts", () => {
    it("times out a connect after connectTimeoutMs", async () => {
      const rig = bench({ world: { connectTimeoutMs: 3000 } });
      assert.equal(await failing(rig, rig.fx.silentHost as string), Err.TimedOut);
      assert.equal(rig.fx.world.now, 3000);
    });

    it("lets a connect succeed when the host is heard again in time", async () => {
      const rig = bench();
      const { world } = rig.fx;
      world.listenPeer("10.0.0.2", 80, () => undefined);
      world.blackhole("10.0.0.2");
      const conn = rig.connect({ host: "10.0.0.2", port: 80 });
      world.runFor(1500);
      assert.deepEqual(conn.events, []);
      world.heal("10.0.0.2");
      await rig.fx.settle(() => conn.isUp, "connected");
    });

    it("stalls a connection while the host is silent and delivers everything in order afterwards", async () => {
      const rig = bench({ world: { latencyMs: 20, windowBytes: 60_000 } });
      const { conn, peer } = await rig.open("accepted");
      const all = pattern(40_000);
      const before = rig.fx.world.now;
      for (let at = 0; at < 20; at++) rig.fx.world.after(at, () => peer.send(all.slice(at * 2000, at * 2000 + 2000)));
      rig.fx.world.after(25, () => rig.fx.world.blackhole("10.0.0.9"));
      rig.fx.world.after(30, () => rig.fx.world.heal("10.0.0.9"));
      await rig.fx.settle(() => conn.input.length === all.length, "all bytes");
      assert.ok(conn.input === all, "in order");
      assert.ok(rig.fx.world.now - before >= 30 + 20, "after a stall");
    });

    it("reports nothing on either end of a silent connection", async () => {
      const rig = bench();
      const { conn, peer } = await rig.open("accepted");
      rig.fx.world.blackhole("10.0.0.9");
      peer.send("unheard");
      rig.write(conn, "unheard too");
      rig.fx.world.runFor(100_000);
      assert.deepEqual(conn.events, []);
      assert.equal(peer.received(), "");
    });
  });

  it("opens one connection although a slow network makes the client ask twice", async () => {
    const rig = bench({ world: { latencyMs: 1200 } });
    const listener = await rig.listen();
    const peer = rig.fx.connectPeer(listener.port);
    await rig.fx.settle(() => peer.state() === "open", "connected");
    rig.fx.world.runFor(5000);
    assert.equal(listener.accepted.length, 1);
  });

  describe("window", () => {
    it("lets a sender have exactly one window under way to a receiver that does not read", async () => {
      const rig = bench({ world: { windowBytes: 4000 } });
      const { conn, peer } = await rig.open("accepted");
      rig.pause(conn);
      peer.send("x".repeat(10_000));
      await rig.fx.quiet();
      assert.equal(peer.unsentCount(), 6000);
    });

    it("bounds what a platform takes by its send buffer and the peer's window", async () => {
      const rig = bench({ world: { windowBytes: 4000, sendBufferBytes: 2000 } });
      const { conn, peer } = await rig.open("accepted");
      peer.pauseReading();
      const taken = fill(rig, conn);
      assert.ok(taken >= 5500 && taken <= 6000, `${taken}`);
      await rig.fx.quiet();
      assert.equal(conn.drainedCount, 0);
    });

    it("takes a piece larger than the send buffer when that is empty", async () => {
      const rig = bench({ world: { windowBytes: 1000, sendBufferBytes: 500 } });
      const { conn, peer } = await rig.open("accepted");
      assert.equal(rig.write(conn, "x".repeat(5000)), 5000);
      await rig.fx.settle(() => peer.receivedCount() === 5000, "all bytes");
    });

    it("does not let the core change bytes that were taken", async () => {
      const rig = bench();
      const { conn, peer } = await rig.open("accepted");
      const bytes = Uint8Array.of(65, 66, 67);
      rig.platform.write(conn.handle, bytes);
      bytes.fill(0);
      await rig.fx.settle(() => peer.received() === "ABC", "the bytes as they were");
    });
  });

  describe("closing", () => {
    it("answers bytes for a closed connection with a reset, after what was sent before", async () => {
      const rig = bench();
      const { conn, peer } = await rig.open("accepted");
      await rig.send(conn, "answer");
      rig.end(conn);
      await rig.closed(conn);
      peer.send("one more request");
      await rig.fx.settle(() => peer.state() === "closed", "the reset");
      assert.equal(peer.received(), "answer");
    });

    it("goes on dropping input while end waits for output to leave", async () => {
      const rig = bench();
      const { conn, peer } = await rig.open("accepted");
      peer.pauseReading();
      fill(rig, conn);
      rig.end(conn);
      peer.send("x".repeat(50_000));
      await rig.fx.quiet();
      assert.equal(peer.unsentCount(), 0);
      assert.equal(conn.closedErr, undefined);
      peer.resumeReading();
      await rig.closed(conn);
    });

    it("destroys with a reset when bytes are lost by it, and with an ordinary end otherwise", async () => {
      const rig = bench();
      const { world } = rig.fx;
      const listener = await rig.listen();
      const calm = world.connectPeer("10.0.0.9", "10.0.0.1", listener.port);
      await rig.fx.settle(() => listener.accepted.length === 1, "the first");
      const cut = world.connectPeer("10.0.0.9", "10.0.0.1", listener.port);
      await rig.fx.settle(() => listener.accepted.length === 2, "the second");
      const [first, second] = listener.accepted;
      second.take = () => 0;
      cut.send("unread");
      await rig.fx.settle(() => second.isBlocked, "a rest");
      rig.destroy(first);
      rig.destroy(second);
      await rig.fx.quiet();
      assert.deepEqual([calm.state, cut.state, cut.error], ["ended", "closed", Err.Reset]);
    });

    it("resets a platform that writes to a peer that has closed", async () => {
      const rig = bench();
      const peers: { close(): void }[] = [];
      const server = rig.fx.world.listenPeer("10.0.0.2", 80, (peer) => peers.push(peer));
      const conn = rig.connect({ host: "10.0.0.2", port: server.port });
      await rig.fx.settle(() => conn.isUp && peers.length === 1, "connected");
      peers[0].close();
      await rig.fx.settle(() => conn.hasEnded, "ended");
      await rig.send(conn, "hello?");
      await rig.closed(conn);
      assert.equal(conn.closedErr, Err.Reset);
    });
  });

  describe("sockets and backlog", () => {
    it("lets connections wait while no socket is free, and accepts them when one is", async () => {
      const rig = bench({ platform: { caps: { sockets: 2 } } });
      const listener = await rig.listen();
      const peers = [1, 2, 3].map(() => rig.fx.connectPeer(listener.port));
      peers.forEach((peer, i) => peer.send(`client ${i}`));
      await rig.fx.quiet();
      assert.equal(listener.accepted.length, 1);
      assert.deepEqual(peers.map((peer) => peer.state()), ["open", "open", "open"]);
      rig.destroy(listener.accepted[0]);
      await rig.fx.settle(() => listener.accepted[1]?.input === "client 1", "the second");
      rig.end(listener.accepted[1]);
      await rig.fx.settle(() => listener.accepted[2]?.input === "client 2", "the third");
    });

    it("skips a waiting connection whose client has given up", async () => {
      const rig = bench({ platform: { caps: { sockets: 2 } } });
      const listener = await rig.listen();
      const peers = [1, 2, 3].map(() => rig.fx.connectPeer(listener.port));
      await rig.fx.quiet();
      peers[2].send("third");
      peers[1].reset();
      await rig.fx.quiet();
      rig.destroy(listener.accepted[0]);
      await rig.fx.settle(() => listener.accepted[1]?.input === "third", "the third");
      assert.equal(listener.accepted.length, 2);
    });

    it("refuses connections above the backlog", async () => {
      const rig = bench({ platform: { caps: { sockets: 1 } } });
      const listener = await rig.listen({ backlog: 2 });
      const peers = [1, 2, 3].map(() => rig.fx.connectPeer(listener.port));
      await rig.fx.quiet();
      assert.deepEqual(peers.map((peer) => peer.state()), ["open", "open", "closed"]);
      assert.equal(listener.accepted.length, 0);
    });

    it("resets what waits when the listener is destroyed", async () => {
      const rig = bench({ platform: { caps: { sockets: 1 } } });
      const listener = await rig.listen();
      const peer = rig.fx.connectPeer(listener.port);
      await rig.fx.quiet();
      rig.destroy(listener);
      await rig.fx.settle(() => peer.state() === "closed", "the reset");
    });

    it("gives every socket back: the cap can be reached again and again", async () => {
      const rig = bench({ platform: { caps: { sockets: 3 } } });
      const listener = await rig.listen();
      for (let round = 0; round < 20; round++) {
        const peer = rig.fx.connectPeer(listener.port);
        await rig.fx.settle(() => listener.accepted.length === round + 1, `connection ${round}`);
        const conn = listener.accepted[round];
        if (round % 4 === 0) rig.destroy(conn);
        else if (round % 4 === 1) rig.end(conn);
        else if (round % 4 === 2) peer.reset();
        else assert.equal(await failing(rig, "10.0.0.1", 9), Err.Refused);
        if (round % 4 === 3) rig.end(conn);
        await rig.fx.quiet();
      }
      rig.end(listener);
      await rig.closed(listener);
      for (let i = 0; i < 3; i++) await rig.listen();
    });
  });

  describe("abilities", () => {
    async function espruinoLike(options: SimFixtureOptions = {}): Promise<Pair & { rig: SimRig }> {
      const rig = bench({ ...options, platform: { caps: ESPRUINO_LIKE_CAPS, form: "string", ...options.platform } });
      return { rig, ...(await rig.open("accepted")) };
    }

    it("without half-close, the peer's end loses output that is still here and says UnsentData", async () => {
      const { rig, conn, peer } = await espruinoLike();
      peer.pauseReading();
      const taken = fill(rig, conn);
      peer.fin();
      await rig.closed(conn);
      assert.equal(conn.closedErr, Err.UnsentData);
      peer.resumeReading();
      await rig.fx.quiet();
      assert.ok(peer.receivedCount() < taken);
    });

    it("without half-close, the peer's end during end loses output too", async () => {
      const { rig, conn, peer } = await espruinoLike();
      peer.pauseReading();
      fill(rig, conn);
      rig.end(conn);
      peer.fin();
      await rig.closed(conn);
      assert.equal(conn.closedErr, Err.UnsentData);
    });

    it("without half-close, nothing can be written after the peer's end even before closed", async () => {
      const { rig, conn, peer } = await espruinoLike();
      conn.take = () => 0;
      peer.send("unread");
      peer.fin();
      await rig.fx.quiet();
      assert.equal(conn.closedErr, undefined);
      assert.ok(rig.write(conn, "x") < 0);
      rig.end(conn);
      await rig.closed(conn);
    });

    it("without pause, input that is not taken overflows the hold and closes with RecvOverflow", async () => {
      const { rig, conn, peer } = await espruinoLike({ platform: { holdMaxBytes: 1000 } });
      conn.take = () => 0;
      peer.send("x".repeat(990));
      await rig.fx.quiet();
      assert.equal(conn.closedErr, undefined);
      peer.send("x".repeat(20));
      await rig.closed(conn);
      assert.equal(conn.closedErr, Err.RecvOverflow);
      await rig.fx.settle(() => peer.state() === "closed", "the reset");
    });

    it("without pause, pause has no effect", async () => {
      const { rig, conn, peer } = await espruinoLike();
      rig.pause(conn);
      peer.send("still coming");
      await rig.fx.settle(() => conn.input === "still coming", "the bytes");
    });

    it("refuses what is not among the abilities with NotSupported", async () => {
      const rig = bench({ platform: { caps: { ipv6: false, listenPort0: false, udp: false } } });
      assert.equal(await failing(rig, "fd00::1"), Err.NotSupported);
      const refused = [
        rig.startListen({ host: "", port: 0 }), rig.startListen({ host: "::", port: 80 }), rig.bind({ host: "", port: 80 }),
      ];
      for (const probe of refused) await rig.closed(probe);
      assert.deepEqual(refused.map((probe) => probe.closedErr), [Err.NotSupported, Err.NotSupported, Err.NotSupported]);
    });

    it("cuts a datagram that is larger than the receiver can take", async () => {
      const rig = bench({ platform: { caps: { datagramMaxBytes: 100 } } });
      const socket = await rig.bound();
      rig.fx.world.udpPeer("10.0.0.9").send("x".repeat(150), "10.0.0.1", socket.port);
      await rig.fx.settle(() => socket.datagrams.length === 1, "the datagram");
      assert.equal(socket.datagrams[0].bytes.length, 100);
    });

    it("gives bytes in the form it was made with", async () => {
      for (const form of ["array", "string"] as const) {
        const rig = bench({ platform: { form } });
        assert.equal(typeof rig.platform.bytes.text("x") === "string", form === "string");
        const { conn, peer } = await rig.open("accepted");
        peer.send("ok");
        await rig.fx.settle(() => conn.input === "ok", "the bytes");
      }
    });
  });
});
