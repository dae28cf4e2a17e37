// Listeners and the connections that come in through them.

import assert from "node:assert/strict";
import { Err } from "../../../src/core/port.js";
import { isGone, pattern, type Rules } from "./rig.js";

function bindingRules({ rule }: Rules): void {
  rule("listening reports the port that was asked for", async (rig) => {
    const port = await rig.fx.freePort();
    const listener = await rig.listen({ port });
    assert.equal(listener.port, port);
    assert.deepEqual(listener.events, ["listening"]);
  });

  rule("listening on port 0 reports a free port picked by the platform", async (rig) => {
    rig.needs(rig.platform.caps.listenPort0);
    const first = await rig.listen({ port: 0 });
    const second = await rig.listen({ port: 0 });
    assert.ok(first.port > 0 && second.port > 0);
    assert.notEqual(first.port, second.port);
  });

  rule("a listener on a port that another program holds closes with AddressInUse", async (rig) => {
    const server = await rig.fx.listenPeer(() => undefined);
    const listener = rig.startListen({ host: "", port: server.port });
    rig.needs(server.host === rig.fx.host);
    await rig.closed(listener);
    assert.equal(listener.closedErr, Err.AddressInUse);
    assert.deepEqual(listener.events, ["closed"]);
  });

  rule("a second listener on the same port closes with AddressInUse and the first goes on", async (rig) => {
    const first = await rig.listen();
    const second = rig.startListen({ host: "", port: first.port });
    await rig.closed(second);
    assert.equal(second.closedErr, Err.AddressInUse);
    rig.fx.connectPeer(first.port);
    await rig.fx.settle(() => first.accepted.length === 1, "a connection through the first");
  });

  rule("a listener on an address of another host closes with AddressNotAvailable", async (rig) => {
    const host = rig.fx.foreignAddress;
    rig.needs(host !== undefined);
    const listener = rig.startListen({ host: host as string, port: await rig.anyPort() });
    await rig.closed(listener);
    assert.equal(listener.closedErr, Err.AddressNotAvailable);
  });
}

function unbindingRules({ rule }: Rules): void {
  rule("a listener destroyed right after listen reports nothing", async (rig) => {
    const listener = rig.startListen({ host: "", port: await rig.fx.freePort() });
    rig.destroy(listener);
    await rig.fx.quiet();
    assert.deepEqual(listener.events, []);
  });

  rule("the port of a destroyed listener can be listened on again", async (rig) => {
    const port = await rig.fx.freePort();
    const first = await rig.listen({ port });
    rig.destroy(first);
    await rig.fx.quiet();
    const second = await rig.listen({ port });
    rig.fx.connectPeer(port);
    await rig.fx.settle(() => second.accepted.length === 1, "a connection through the second");
  });

  rule("nobody can connect to a destroyed listener", async (rig) => {
    const listener = await rig.listen();
    rig.destroy(listener);
    await rig.fx.quiet();
    const peer = rig.fx.connectPeer(listener.port);
    await rig.fx.settle(() => peer.state() === "closed", "the peer refused");
    assert.deepEqual(listener.events, ["listening"]);
  });

  rule("connections outlive the listener that accepted them", async (rig) => {
    const listener = await rig.listen();
    const peer = rig.fx.connectPeer(listener.port);
    await rig.fx.settle(() => listener.accepted.length === 1, "a connection accepted");
    rig.destroy(listener);
    const conn = listener.accepted[0];
    peer.send("still");
    await rig.fx.settle(() => conn.input === "still", "data after the listener is gone");
    await rig.send(conn, "here");
    await rig.fx.settle(() => peer.received() === "here", "an answer after the listener is gone");
  });

  rule("a listener can be destroyed inside its own accepted", async (rig) => {
    const listener = await rig.listen();
    listener.on.accepted = () => {
      rig.destroy(listener);
      return undefined;
    };
    const peer = rig.fx.connectPeer(listener.port);
    await rig.fx.settle(() => isGone(peer), "the peer let go");
    assert.deepEqual(listener.events, ["listening", "accepted"]);
  });
}

function acceptingRules({ rule }: Rules): void {
  rule("accepted names the peer's address and port where the platform knows them", async (rig) => {
    const listener = await rig.listen();
    const peer = rig.fx.connectPeer(listener.port);
    await rig.fx.settle(() => listener.accepted.length === 1 && peer.state() === "open", "a connection accepted");
    const { address, port } = listener.acceptedFrom[0];
    if (!rig.platform.caps.peerAddress) return assert.deepEqual([address, port], ["", 0]);
    assert.notEqual(address, "");
    assert.equal(port, peer.localPort());
  });

  rule("bytes sent with the connect arrive after accepted and whole", async (rig) => {
    const listener = await rig.listen();
    const peer = rig.fx.connectPeer(listener.port);
    peer.send("early bird");
    await rig.fx.settle(() => listener.accepted[0]?.input === "early bird", "the early bytes");
    assert.deepEqual(listener.accepted[0].events.filter((e) => e !== "data"), []);
  });

  rule("several connections at once keep their bytes apart", async (rig) => {
    const listener = await rig.listen();
    const texts = ["one", "two, longer", "three"];
    const peers = texts.map(() => rig.fx.connectPeer(listener.port));
    peers.forEach((peer, i) => peer.send(texts[i]));
    const inputs = (): string[] => listener.accepted.map((conn) => conn.input).sort();
    await rig.fx.settle(() => inputs().join() === [...texts].sort().join(), "every text on a connection of its own");
    for (const conn of listener.accepted) await rig.send(conn, conn.input.toUpperCase());
    await rig.fx.settle(() => peers.every((peer, i) => peer.received() === texts[i].toUpperCase()), "each its own answer");
  });
}

function decliningRules({ rule }: Rules): void {
  rule("a connection that accepted declines is ended and reports nothing", async (rig) => {
    const listener = await rig.listen();
    listener.on.accepted = () => undefined;
    const peer = rig.fx.connectPeer(listener.port);
    peer.send("hello?");
    await rig.fx.settle(() => isGone(peer), "the peer let go");
    assert.deepEqual(listener.events, ["listening", "accepted"]);
    assert.equal(peer.received(), "");
  });

  rule("a refusal written inside accepted reaches a declined peer before the end", async (rig) => {
    const listener = await rig.listen();
    const refusal = pattern(Math.min(300, rig.platform.caps.writeMaxBytes));
    let answer = 0;
    listener.on.accepted = (handle) => {
      answer = rig.platform.write(handle, rig.raw(refusal));
      return undefined;
    };
    const peer = rig.fx.connectPeer(listener.port);
    await rig.fx.settle(() => isGone(peer), "the peer let go");
    assert.equal(peer.received(), answer === refusal.length ? refusal : "");
  });

  rule("a connection destroyed inside accepted reports nothing", async (rig) => {
    const listener = await rig.listen();
    listener.on.accepted = (handle) => {
      const probe = rig.rec.probe("doomed", "stream");
      probe.handle = handle;
      rig.destroy(probe);
      return probe;
    };
    const peer = rig.fx.connectPeer(listener.port);
    peer.send("too late");
    await rig.fx.settle(() => isGone(peer), "the peer let go");
    assert.deepEqual(rig.rec.probes.at(-1)?.events, []);
  });

  rule("a peer that connects and leaves at once is accepted and closed, or never seen", async (rig) => {
    const listener = await rig.listen();
    const peer = rig.fx.connectPeer(listener.port);
    await rig.fx.settle(() => peer.state() !== "connecting", "the peer connected");
    peer.reset();
    await rig.fx.quiet();
    await rig.fx.settle(() => listener.accepted.every((conn) => conn.closedErr !== undefined), "closed of what was accepted");
  });
}

/** Rules for `listen` and `accepted`. */
export function listenRules(rules: Rules): void {
  describe("listen", () => {
    bindingRules(rules);
    unbindingRules(rules);
  });
  describe("accepted", () => {
    acceptingRules(rules);
    decliningRules(rules);
  });
}
