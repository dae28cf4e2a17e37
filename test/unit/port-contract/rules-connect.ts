// Outgoing connections: success, every way to fail, and a change of mind.

import assert from "node:assert/strict";
import { Err, WriteResult } from "../../../src/core/port.js";
import { isGone, type Rig, type Rules } from "./rig.js";
import type { PortPeer, PortServer } from "./fixture.js";

async function serve(rig: Rig): Promise<{ server: PortServer; peers: PortPeer[] }> {
  const peers: PortPeer[] = [];
  const server = await rig.fx.listenPeer((peer) => peers.push(peer));
  return { server, peers };
}

function successRules({ rule }: Rules): void {
  rule("connected comes once, first, with the peer's address where the platform knows it", async (rig) => {
    const { server } = await serve(rig);
    const conn = rig.connect({ host: server.host, port: server.port });
    await rig.fx.settle(() => conn.isUp, "connected");
    await rig.fx.quiet();
    assert.deepEqual(conn.events, ["connected"]);
    if (!rig.platform.caps.peerAddress) return assert.deepEqual([conn.address, conn.port], ["", 0]);
    assert.deepEqual([conn.address, conn.port], [server.host, server.port]);
  });

  rule("connected comes before the bytes of a server that speaks first", async (rig) => {
    const server = await rig.fx.listenPeer((peer) => peer.send("220 ready"));
    const conn = rig.connect({ host: server.host, port: server.port });
    await rig.fx.settle(() => conn.input === "220 ready", "the greeting");
    assert.equal(conn.events[0], "connected");
  });

  rule("the platform connects to its own listener by the name localhost", async (rig) => {
    const listener = await rig.listen();
    const conn = rig.connect({ host: "localhost", port: listener.port });
    await rig.fx.settle(() => conn.isUp && listener.accepted.length === 1, "both ends up");
    await rig.send(conn, "ping");
    await rig.fx.settle(() => listener.accepted[0].input === "ping", "ping");
    await rig.send(listener.accepted[0], "pong");
    await rig.fx.settle(() => conn.input === "pong", "pong");
  });

  rule("a write before connected is taken and delivered, or blocked until drained", async (rig) => {
    const { server, peers } = await serve(rig);
    const conn = rig.connect({ host: server.host, port: server.port });
    const answer = rig.write(conn, "first");
    assert.ok(answer === 5 || answer === WriteResult.WouldBlock, `answered ${answer}`);
    await rig.fx.settle(() => conn.isUp, "connected");
    if (answer !== 5) {
      await rig.fx.settle(() => conn.drainedCount === 1, "drained");
      await rig.send(conn, "first");
    }
    await rig.fx.settle(() => peers[0]?.received() === "first", "the first bytes");
  });
}

function failureRules({ rule }: Rules): void {
  rule("a connect to a port without listener closes with Refused and was never connected", async (rig) => {
    const conn = rig.connect({ host: rig.fx.host, port: await rig.fx.freePort() });
    await rig.closed(conn);
    assert.equal(conn.closedErr, Err.Refused);
    assert.deepEqual(conn.events, ["closed"]);
  });

  rule("a connect to a name that does not resolve closes with HostNotFound", async (rig) => {
    const host = rig.fx.unknownHost;
    rig.needs(host !== undefined);
    const conn = rig.connect({ host: host as string, port: 80 });
    await rig.closed(conn);
    assert.equal(conn.closedErr, Err.HostNotFound);
    assert.deepEqual(conn.events, ["closed"]);
  });

  rule("a connect to a host that never answers closes with TimedOut", async (rig) => {
    const host = rig.fx.silentHost;
    rig.needs(host !== undefined);
    const conn = rig.connect({ host: host as string, port: 80 });
    await rig.closed(conn);
    assert.equal(conn.closedErr, Err.TimedOut);
    assert.deepEqual(conn.events, ["closed"]);
  });

  rule("a write after a failed connect answers Closed", async (rig) => {
    const conn = rig.connect({ host: rig.fx.host, port: await rig.fx.freePort() });
    await rig.closed(conn);
    assert.equal(rig.write(conn, "x"), WriteResult.Closed);
  });

  rule("a connect destroyed before it stands reports nothing", async (rig) => {
    const { server } = await serve(rig);
    const conn = rig.connect({ host: server.host, port: server.port });
    rig.destroy(conn);
    await rig.fx.quiet();
    assert.deepEqual(conn.events, []);
  });

  rule("a failing connect destroyed in time reports nothing", async (rig) => {
    const conn = rig.connect({ host: rig.fx.host, port: await rig.fx.freePort() });
    rig.destroy(conn);
    await rig.fx.quiet();
    assert.deepEqual(conn.events, []);
  });

  rule("a connect ended before it stands is closed in the end, once", async (rig) => {
    const { server } = await serve(rig);
    const conn = rig.connect({ host: server.host, port: server.port });
    rig.end(conn);
    await rig.closed(conn);
    assert.equal(conn.events.filter((e) => e === "closed").length, 1);
  });
}

function insideRules({ rule }: Rules): void {
  rule("a connection can be written and ended inside connected", async (rig) => {
    const { server, peers } = await serve(rig);
    const conn = rig.connect({ host: server.host, port: server.port });
    let answer = 0;
    conn.on.up = () => {
      answer = rig.write(conn, "bye");
      rig.end(conn);
    };
    await rig.closed(conn);
    await rig.fx.settle(() => peers.length === 1 && isGone(peers[0]), "the peer's end");
    assert.equal(peers[0].received(), answer === 3 ? "bye" : "");
    assert.equal(conn.closedErr, Err.None);
  });

  rule("a connection can be destroyed inside connected", async (rig) => {
    const server = await rig.fx.listenPeer((peer) => peer.send("220 ready"));
    const conn = rig.connect({ host: server.host, port: server.port });
    conn.on.up = () => rig.destroy(conn);
    await rig.fx.settle(() => conn.isUp, "connected");
    await rig.fx.quiet();
    assert.deepEqual(conn.events, ["connected"]);
  });

  rule("a new connect can be started inside the closed of a failed one", async (rig) => {
    const { server } = await serve(rig);
    const first = rig.connect({ host: rig.fx.host, port: await rig.fx.freePort() });
    const spec = { host: server.host, port: server.port };
    let isUp = false;
    first.on.closed = () => {
      const second = rig.connect(spec);
      second.on.up = () => {
        isUp = true;
      };
    };
    await rig.fx.settle(() => isUp, "the second attempt connected");
  });
}

/** Rules for `connect` and `connected`. */
export function connectRules(rules: Rules): void {
  describe("connect", () => {
    successRules(rules);
    failureRules(rules);
    insideRules(rules);
  });
}
