// Capabilities and what happens at their edge; TLS as far as the port shows it.

import assert from "node:assert/strict";
import { Err } from "../../../src/core/port.js";
import type { Rules } from "./rig.js";

/** Platforms with more sockets than this are not filled up by a test. */
const FILL_MAX = 64;

function limitsRules({ rule }: Rules): void {
  rule("the sizes among the capabilities are whole and above zero", (rig) => {
    const { caps } = rig.platform;
    const sizes = [caps.readMaxBytes, caps.writeMaxBytes, caps.sockets, caps.pages, caps.pageBytes];
    if (caps.udp) sizes.push(caps.datagramMaxBytes);
    for (const size of sizes) assert.ok(Number.isInteger(size) && size > 0, `${size}`);
    assert.notEqual(rig.platform.name, "");
  });

  rule("a listener above the number of sockets closes with TooManySockets", async (rig) => {
    rig.needs(rig.platform.caps.sockets <= FILL_MAX);
    for (let i = 0; i < rig.platform.caps.sockets; i++) await rig.listen();
    const extra = rig.startListen({ host: "", port: await rig.anyPort() });
    await rig.closed(extra);
    assert.equal(extra.closedErr, Err.TooManySockets);
  });

  rule("a connect above the number of sockets closes with TooManySockets, and a freed socket can be used", async (rig) => {
    rig.needs(rig.platform.caps.sockets <= FILL_MAX);
    const server = await rig.fx.listenPeer(() => undefined);
    const listeners = [];
    for (let i = 0; i < rig.platform.caps.sockets; i++) listeners.push(await rig.listen());
    const refused = rig.connect({ host: server.host, port: server.port });
    await rig.closed(refused);
    assert.equal(refused.closedErr, Err.TooManySockets);
    rig.destroy(listeners[0]);
    await rig.fx.quiet();
    const conn = rig.connect({ host: server.host, port: server.port });
    await rig.fx.settle(() => conn.isUp, "connected");
  });

  rule("tidy, memory and log answer without complaint", (rig) => {
    rig.platform.tidy();
    const memory = rig.platform.memory();
    if (memory !== undefined) assert.ok(memory.free >= 0 && memory.total >= memory.free && memory.unit !== "");
    rig.platform.log("a line from the port's contract");
  });
}

function tlsRules({ rule }: Rules): void {
  rule("a TLS client on a platform without it closes with NotSupported", async (rig) => {
    rig.needs(!rig.platform.caps.tlsClient);
    const server = await rig.fx.listenPeer(() => undefined);
    const conn = rig.connect({ host: server.host, port: server.port, tls: {} });
    await rig.closed(conn);
    assert.equal(conn.closedErr, Err.NotSupported);
  });

  rule("a TLS listener on a platform without it closes with NotSupported", async (rig) => {
    rig.needs(!rig.platform.caps.tlsServer);
    const listener = rig.startListen({ host: "", port: await rig.fx.freePort(), tls: { cert: "c", key: "k" } });
    await rig.closed(listener);
    assert.equal(listener.closedErr, Err.NotSupported);
  });

  rule("two ends with TLS exchange bytes and end in good order", async (rig) => {
    const tls = rig.fx.tls;
    rig.needs(rig.platform.caps.tlsServer && rig.platform.caps.tlsClient && tls !== undefined);
    const listener = await rig.listen({ tls: tls?.server });
    const client = rig.connect({ host: "localhost", port: listener.port, tls: tls?.client });
    await rig.fx.settle(() => client.isUp && listener.accepted.length === 1, "both ends up");
    const server = listener.accepted[0];
    await rig.send(client, "secret");
    await rig.fx.settle(() => server.input === "secret", "the request");
    await rig.send(server, "answer");
    rig.end(server);
    await rig.closed(server);
    await rig.fx.settle(() => client.input === "answer", "the answer");
    await rig.fx.settle(() => client.hasEnded || client.closedErr === Err.None, "the end");
  });
}

function tlsRefusalRules({ rule }: Rules): void {
  rule("a certificate that is not trusted closes with Tls, and was never connected", async (rig) => {
    const tls = rig.fx.tls;
    rig.needs(rig.platform.caps.tlsVerifies && rig.platform.caps.tlsServer && tls !== undefined);
    const listener = await rig.listen({ tls: tls?.server });
    const client = rig.connect({ host: "localhost", port: listener.port, tls: tls?.distrusting });
    await rig.closed(client);
    assert.equal(client.closedErr, Err.Tls);
    assert.deepEqual(client.events, ["closed"]);
  });

  rule("a client without TLS is not accepted by a TLS listener", async (rig) => {
    const tls = rig.fx.tls;
    rig.needs(rig.platform.caps.tlsServer && tls !== undefined);
    const listener = await rig.listen({ tls: tls?.server });
    const peer = rig.fx.connectPeer(listener.port);
    peer.send("GET / HTTP/1.1\r\n\r\n");
    await rig.fx.settle(() => peer.state() === "closed" || peer.state() === "ended", "the peer let go");
    assert.deepEqual(listener.events, ["listening"]);
  });

  rule("a TLS client at a server without TLS closes with an error, and was never connected", async (rig) => {
    rig.needs(rig.platform.caps.tlsClient && rig.fx.tls !== undefined);
    const server = await rig.fx.listenPeer((peer) => peer.send("220 no handshake here\r\n"));
    const conn = rig.connect({ host: server.host, port: server.port, tls: rig.fx.tls?.client });
    await rig.closed(conn);
    assert.equal(conn.closedErr, Err.Tls);
    assert.deepEqual(conn.events, ["closed"]);
  });
}

/** Rules for the capabilities, the number of sockets, and TLS. */
export function limitRules(rules: Rules): void {
  describe("limits", () => limitsRules(rules));
  describe("TLS", () => {
    tlsRules(rules);
    tlsRefusalRules(rules);
  });
}
