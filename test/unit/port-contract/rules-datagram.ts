// Datagram sockets.

import assert from "node:assert/strict";
import { Err, WriteResult } from "../../../src/core/port.js";
import { pattern, type Rules } from "./rig.js";

function exchangeRules({ rule }: Rules): void {
  rule("a datagram socket reports listening with its port", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const port = await rig.fx.freePort();
    const socket = await rig.bound({ port });
    assert.equal(socket.port, port);
    assert.deepEqual(socket.events, ["listening"]);
  });

  rule("a datagram arrives whole, with every byte value and its sender", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    const all = pattern(300);
    peer.send(all, rig.fx.host, socket.port);
    await rig.fx.settle(() => socket.datagrams.length === 1, "the datagram");
    assert.deepEqual(socket.datagrams[0], { bytes: all, address: peer.host, port: peer.port });
  });

  rule("sendTo answers the size and the peer gets it from our port", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    const all = pattern(256);
    assert.equal(rig.platform.sendTo(socket.handle, rig.raw(all), peer.host, peer.port), 256);
    await rig.fx.settle(() => peer.received.length === 1, "the datagram");
    assert.equal(peer.received[0].bytes, all);
    assert.equal(peer.received[0].port, socket.port);
  });

  rule("datagrams are neither joined nor split", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    for (const text of ["a", "bb", "ccc"]) peer.send(text, rig.fx.host, socket.port);
    await rig.fx.settle(() => socket.datagrams.length === 3, "three datagrams");
    assert.deepEqual(socket.datagrams.map((d) => d.bytes).sort(), ["a", "bb", "ccc"]);
  });
}

function reachRules({ rule }: Rules): void {
  rule("a datagram can be answered inside datagram", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    peer.send("ping", rig.fx.host, socket.port);
    await rig.fx.settle(() => socket.datagrams.length === 1, "ping");
    const from = socket.datagrams[0];
    assert.equal(rig.platform.sendTo(socket.handle, rig.raw("pong"), from.address, from.port), 4);
    await rig.fx.settle(() => peer.received.length === 1, "pong");
  });

  rule("the largest datagram goes out whole", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    const all = pattern(rig.platform.caps.datagramMaxBytes);
    assert.equal(rig.platform.sendTo(socket.handle, rig.raw(all), peer.host, peer.port), all.length);
    await rig.fx.settle(() => peer.received.length === 1, "the datagram");
    assert.ok(peer.received[0].bytes === all);
  });

  rule("a host name is resolved by the platform", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const here = await rig.bound();
    const there = await rig.bound();
    assert.equal(rig.platform.sendTo(here.handle, rig.raw("by name"), "localhost", there.port), 7);
    await rig.fx.settle(() => there.datagrams.length === 1, "the datagram");
  });
}

function troubleRules({ rule }: Rules): void {
  rule("a datagram above the limit answers Failed and the socket goes on", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    const tooLong = rig.raw(pattern(rig.platform.caps.datagramMaxBytes + 1));
    assert.equal(rig.platform.sendTo(socket.handle, tooLong, peer.host, peer.port), WriteResult.Failed);
    assert.equal(rig.platform.sendTo(socket.handle, rig.raw("short"), peer.host, peer.port), 5);
    await rig.fx.settle(() => peer.received.length === 1, "the next datagram");
  });

  rule("a datagram to a port where nobody listens is lost without consequence", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    rig.platform.sendTo(socket.handle, rig.raw("lost"), peer.host, await rig.fx.freePort());
    await rig.fx.quiet();
    assert.equal(rig.platform.sendTo(socket.handle, rig.raw("found"), peer.host, peer.port), 5);
    await rig.fx.settle(() => peer.received.length === 1, "the next datagram");
    assert.equal(socket.closedErr, undefined);
  });

  rule("a datagram to a name that does not resolve is lost without consequence", async (rig) => {
    rig.needs(rig.platform.caps.udp && rig.fx.unknownHost !== undefined);
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    rig.platform.sendTo(socket.handle, rig.raw("lost"), rig.fx.unknownHost as string, 9);
    await rig.fx.quiet();
    assert.equal(rig.platform.sendTo(socket.handle, rig.raw("found"), peer.host, peer.port), 5);
    await rig.fx.settle(() => peer.received.length === 1, "the next datagram");
  });

  rule("a datagram socket on a port in use closes with AddressInUse", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const peer = await rig.fx.udpPeer();
    rig.needs(peer.host === rig.fx.host);
    const socket = rig.bind({ host: "", port: peer.port });
    await rig.closed(socket);
    assert.equal(socket.closedErr, Err.AddressInUse);
    assert.deepEqual(socket.events, ["closed"]);
  });
}

function goneRules({ rule }: Rules): void {
  rule("destroy of a datagram socket is silent and sendTo then answers Closed", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    peer.send("late", rig.fx.host, socket.port);
    rig.destroy(socket);
    await rig.fx.quiet();
    assert.deepEqual(socket.events, ["listening"]);
    assert.equal(rig.platform.sendTo(socket.handle, rig.raw("x"), peer.host, peer.port), WriteResult.Closed);
  });

  rule("a datagram socket can be destroyed inside datagram", async (rig) => {
    rig.needs(rig.platform.caps.udp);
    const socket = await rig.bound();
    const peer = await rig.fx.udpPeer();
    peer.send("one", rig.fx.host, socket.port);
    peer.send("two", rig.fx.host, socket.port);
    await rig.fx.settle(() => socket.datagrams.length >= 1, "a datagram");
    const count = socket.datagrams.length;
    rig.destroy(socket);
    await rig.fx.quiet();
    assert.equal(socket.datagrams.length, count);
  });

  rule("a platform without datagrams closes the socket with NotSupported", async (rig) => {
    rig.needs(!rig.platform.caps.udp);
    const socket = rig.bind({ host: "", port: await rig.fx.freePort() });
    await rig.closed(socket);
    assert.equal(socket.closedErr, Err.NotSupported);
  });
}

/** Rules for `openDatagram`, `sendTo` and `datagram`. */
export function datagramRules(rules: Rules): void {
  describe("datagrams", () => {
    exchangeRules(rules);
    reachRules(rules);
    troubleRules(rules);
    goneRules(rules);
  });
}
