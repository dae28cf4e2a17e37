import assert from "node:assert/strict";
import { createSimWorld, type SimPeer, type SimWorld } from "../../platform/sim/index.js";
import { Err } from "../../src/core/port.js";

interface Meeting {
  world: SimWorld;
  client: SimPeer;
  server: SimPeer;
}

function meet(): Meeting {
  const world = createSimWorld({ seed: 1 });
  const servers: SimPeer[] = [];
  world.listenPeer("10.0.0.1", 80, (peer) => servers.push(peer));
  const client = world.connectPeer("10.0.0.9", "10.0.0.1", 80);
  world.runUntil(() => servers.length === 1);
  return { world, client, server: servers[0] };
}

describe("sim peer", () => {
  it("exchanges bytes both ways, as binary strings or arrays", () => {
    const { world, client, server } = meet();
    client.send("ask \xff");
    server.send(Uint8Array.of(0, 128, 255));
    world.runFor(10);
    assert.equal(server.received, "ask \xff");
    assert.deepEqual(client.receivedBytes, Uint8Array.of(0, 128, 255));
    assert.equal(client.receivedCount, 3);
  });

  it("knows its addresses", () => {
    const { client, server } = meet();
    assert.deepEqual([server.address, server.port, client.address], ["10.0.0.1", 80, "10.0.0.9"]);
    assert.ok(client.port > 1023);
  });

  it("keeps what is sent before the connection stands, the end too", () => {
    const world = createSimWorld({ seed: 1 });
    const servers: SimPeer[] = [];
    const client = world.connectPeer("10.0.0.9", "10.0.0.1", 80);
    client.send("early");
    client.fin();
    client.send("behind the end");
    assert.equal(client.unsentCount, 5);
    world.listenPeer("10.0.0.1", 80, (peer) => servers.push(peer));
    world.runFor(10);
    assert.deepEqual([servers[0].received, servers[0].state], ["early", "ended"]);
  });

  it("refuses text: a character above 255 is not a byte", () => {
    const { client } = meet();
    assert.throws(() => client.send("5 \u20ac"), /Character 2 is 8364/);
  });

  it("takes what was received and forgets it", () => {
    const { world, client, server } = meet();
    client.send("one");
    world.runFor(10);
    assert.equal(server.take(), "one");
    assert.equal(server.received, "");
    client.send("two");
    world.runFor(10);
    assert.equal(server.take(), "two");
  });

  it("goes from open to ended to closed as both ends end", () => {
    const { world, client, server } = meet();
    client.fin();
    assert.equal(client.state, "open");
    world.runFor(10);
    assert.deepEqual([client.state, server.state], ["open", "ended"]);
    server.send("last");
    server.fin();
    world.runFor(10);
    assert.deepEqual([client.state, server.state, client.received], ["closed", "closed", "last"]);
    assert.deepEqual([client.error, server.error], [Err.None, Err.None]);
  });

  it("resets, and the other end knows", () => {
    const { world, client, server } = meet();
    client.reset();
    assert.deepEqual([client.state, client.error], ["closed", Err.None]);
    world.runFor(10);
    assert.deepEqual([server.state, server.error], ["closed", Err.Reset]);
    server.send("ignored");
    assert.equal(server.unsentCount, 0);
  });

  it("closes like a process that exits: the end first, a reset for what still comes", () => {
    const { world, client, server } = meet();
    client.close();
    world.runFor(10);
    assert.equal(server.state, "ended");
    server.send("anyone?");
    world.runFor(10);
    assert.deepEqual([server.state, server.error], ["closed", Err.Reset]);
  });

  it("makes the other end wait while it does not read", () => {
    const { world, client, server } = meet();
    server.pauseReading();
    client.send("x".repeat(10_000));
    world.runFor(100);
    assert.equal(server.receivedCount, 0);
    assert.ok(client.unsentCount > 0);
    server.resumeReading();
    world.runFor(100);
    assert.equal(server.receivedCount, 10_000);
    assert.equal(client.unsentCount, 0);
  });

  it("does not see the end while it does not read", () => {
    const { world, client, server } = meet();
    server.pauseReading();
    client.fin();
    world.runFor(100);
    assert.equal(server.state, "open");
    server.resumeReading();
    assert.equal(server.state, "ended");
  });

  it("says why a connect failed", () => {
    const world = createSimWorld({ seed: 1, connectTimeoutMs: 500 });
    world.listenPeer("10.0.0.1", 80, () => undefined);
    world.blackhole("10.0.0.3");
    const refused = world.connectPeer("10.0.0.9", "10.0.0.1", 81);
    const unreachable = world.connectPeer("10.0.0.9", "10.0.0.2", 80);
    const silent = world.connectPeer("10.0.0.9", "10.0.0.3", 80);
    const nameless = world.connectPeer("10.0.0.9", "nobody.local", 80);
    world.runFor(1000);
    const errors = [refused, unreachable, silent, nameless].map((peer) => peer.error);
    assert.deepEqual(errors, [Err.Refused, Err.Unreachable, Err.TimedOut, Err.HostNotFound]);
  });

  it("gives up a connect that was reset before it stood", () => {
    const world = createSimWorld({ seed: 1 });
    const servers: SimPeer[] = [];
    world.listenPeer("10.0.0.1", 80, (peer) => servers.push(peer));
    world.connectPeer("10.0.0.9", "10.0.0.1", 80).reset();
    world.runFor(100);
    assert.deepEqual(servers, []);
  });

  it("stops listening, and keeps its connections", () => {
    const world = createSimWorld({ seed: 1 });
    const servers: SimPeer[] = [];
    const server = world.listenPeer("10.0.0.1", 0, (peer) => servers.push(peer));
    const first = world.connectPeer("10.0.0.9", "10.0.0.1", server.port);
    world.runFor(10);
    server.close();
    const second = world.connectPeer("10.0.0.9", "10.0.0.1", server.port);
    first.send("still");
    world.runFor(10);
    assert.equal(second.error, Err.Refused);
    assert.equal(servers[0].received, "still");
  });

  it("refuses a port that is in use", () => {
    const world = createSimWorld({ seed: 1 });
    world.listenPeer("10.0.0.1", 80, () => undefined);
    assert.throws(() => world.listenPeer("10.0.0.1", 80, () => undefined), /10\.0\.0\.1:80: in use/);
    world.udpPeer("10.0.0.1", 53);
    assert.throws(() => world.udpPeer("10.0.0.1", 53), /10\.0\.0\.1:53: in use/);
  });

  it("exchanges datagrams, until it is closed", () => {
    const world = createSimWorld({ seed: 1 });
    const one = world.udpPeer("10.0.0.1");
    const two = world.udpPeer("10.0.0.2", 53);
    one.send("query", "10.0.0.2", 53);
    world.runFor(10);
    assert.deepEqual(two.received, [{ bytes: "query", address: "10.0.0.1", port: one.port }]);
    two.close();
    one.send("query", "10.0.0.2", 53);
    world.runFor(10);
    assert.equal(two.received.length, 1);
  });
});
