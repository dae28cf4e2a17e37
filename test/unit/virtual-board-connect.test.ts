// Connecting, listening and datagrams on the virtual board, one quirk of the firmware a test.

import assert from "node:assert/strict";
import { Err } from "../../src/core/port.js";
import { BOARD_HOST, PEER_HOST, WATCH, bench, esp32, linux, printed } from "./virtual-board-support.js";

describe("virtual board: connecting", () => {
  const connect = (what: string): string => `${WATCH} try { var c = require("net").connect({ host: "${PEER_HOST}", port: 7 },
    function (x) { print("connected", x === c, c.conn); ${what} }); watch(c, "c"); print("returned"); } catch (e) { print(e); }`;

  it("fires connect once the connection stands, then drain, though the call returned at once", () => {
    const one = bench("");
    one.serve(7, () => undefined);
    one.board.run(connect(""));
    one.pass();
    assert.deepEqual(one.lines, ["returned", "connected true true", "c drain"]);
  });

  it("lets nothing else happen on the board until the connect was answered", () => {
    const one = bench("", { world: { latencyMs: 50 } });
    one.serve(7, () => undefined);
    one.board.run(`setTimeout(function () { print("timer"); }, 10); ${connect("")}`);
    one.pass(500);
    assert.deepEqual(one.lines.slice(0, 2), ["returned", "timer"]);
    assert.ok(one.board.passCount < 10, `${one.board.passCount} passes`);
  });

  it("delivers data before the connect callback when the server speaks first", () => {
    const one = bench("", { world: { latencyMs: 0 } });
    one.serve(7, (peer) => peer.send("hi"));
    one.board.run(connect(""));
    one.pass();
    const data = one.lines.indexOf("c data 2");
    assert.ok(data > 0 && data < one.lines.indexOf("connected true true"), one.lines.join("|"));
  });

  it("throws from connect when the probe says that the peer refuses", () => {
    const lines = printed(connect(""), { connectProbe: () => Err.Refused });
    assert.deepEqual(lines, ["ERROR: Connect failed (err 111)", "InternalError: InternalError: Unable to create socket"]);
  });

  it("throws from connect when the probe does not find the name", () => {
    const lines = printed(connect(""), { connectProbe: () => Err.HostNotFound });
    assert.deepEqual(lines, ["InternalError: InternalError: Unable to locate host"]);
  });

  it("reports the failure as an error event where nobody can say beforehand", () => {
    const one = bench("");
    one.serve(8, () => undefined);
    one.board.run(connect(""));
    one.pass();
    assert.deepEqual(one.lines, ["returned", "c error -9 connection reset", "c end undefined", "c close true"]);
  });

  it("throws when the last socket is in use", () => {
    const lines = printed(`require("net").createServer(function () {}).listen(80); ${connect("")}`, { on: { sockets: 1 } });
    assert.deepEqual(lines, ["ERROR: Socket creation failed", "InternalError: InternalError: Unable to create socket"]);
  });

  it("connects a program to its own server", () => {
    const lines = printed(`${WATCH} var net = require("net");
      net.createServer(function (s) { watch(s, "s"); }).listen(80);
      var c = net.connect({ host: "localhost", port: 80 }, function () { c.end("hello"); });`);
    assert.deepEqual(lines, ["s data 5", "s end undefined", "s close false"]);
  });

  it("breaks the connect event of a socket that got a callback and a listener for it", () => {
    const one = bench("");
    one.serve(7, () => undefined);
    one.board.run(`var c = require("net").connect({ host: "${PEER_HOST}", port: 7 }, function () { print("callback"); });
      c.on("connect", function () { print("listener"); });`);
    one.pass();
    assert.deepEqual(one.lines, ["Execution Interrupted during event processing."]);
  });
});

describe("virtual board: listening", () => {
  it("throws on a port that is listened on already", () => {
    const lines = printed(`var net = require("net"); net.createServer(function () {}).listen(80);
      try { net.createServer(function () {}).listen(80); } catch (e) { print(e.message); }`);
    assert.deepEqual(lines, ["ERROR: Socket bind failed", "Unable to create socket"]);
  });

  it("lets two listeners share a port on Linux, in turn", () => {
    const one = bench(`var net = require("net"); function on(name) {
      net.createServer(function (c) { print(name); c.end(); }).listen(80); } on("a"); on("b");`, { base: linux });
    for (let i = 0; i < 4; i++) one.connect(80);
    one.pass();
    assert.deepEqual([...one.lines].sort(), ["a", "a", "b", "b"]);
  });

  it("stays deaf without an exception when there is no socket left to listen with", () => {
    const lines = printed(`var net = require("net"); net.createServer(function () {}).listen(80);
      var s = net.createServer(function () {}); s.listen(81); print(s.sckt);`, { on: { sockets: 1 } });
    assert.deepEqual(lines, ["ERROR: Socket creation failed", "1"]);
  });

  it("stops listening on close, keeps connections, and can listen again at once", () => {
    const one = bench(`${WATCH} var s = require("net").createServer(function (c) { watch(c, "c"); }); s.listen(80);
      setTimeout(function () { s.close(); }, 100); setTimeout(function () { s.listen(80); s.close(); s.close(); }, 200);`);
    const peer = one.connect(80);
    one.pass(150);
    const late = one.connect(80);
    one.pass(40);
    peer.send("still here");
    one.pass(400);
    assert.equal(late.error, Err.Refused);
    assert.deepEqual(one.lines, ["c data 10", "WARNING: Server not found!"]);
  });

  it("publishes low ports 8000 above unless told otherwise, and says where", () => {
    const seen: string[] = [];
    const one = bench(`require("net").createServer(function (c) { c.end("hi"); }).listen(80);`, {
      publish: undefined,
      onListening: (port, hostPort) => seen.push(`${port} at ${hostPort}`),
    });
    one.pass();
    const peer = one.connect(8080);
    one.pass();
    assert.deepEqual(seen, ["80 at 8080"]);
    assert.equal(one.board.hostPort(80), 8080);
    assert.equal(peer.received, "hi");
  });

  it("says so when the host cannot bind the port, and does not trouble the program", () => {
    const failed: number[] = [];
    const one = bench("", { onListenFailed: (port) => failed.push(port) });
    one.world.listenPeer(BOARD_HOST, 80, () => undefined);
    one.board.run(`require("net").createServer(function () {}).listen(80); print("listening");`);
    one.pass();
    assert.deepEqual(one.lines, ["listening"]);
    assert.deepEqual(failed, [80]);
  });
});

describe("virtual board: datagrams", () => {
  it("receives, answers and shows the firmware's own framing in dSnd", () => {
    const one = bench(`var s = require("dgram").createSocket("udp4"); s.bind(53, function () { print("bound"); });
      s.on("message", function (m, r) { s.send("re:" + m, r.port, r.address); print(m, r.address, r.size, s.dSnd.length); });`);
    const peer = one.world.udpPeer(PEER_HOST);
    one.pass();
    peer.send("ping", "10.0.0.1", 53);
    one.pass();
    assert.deepEqual(one.lines, ["bound", `ping ${PEER_HOST} 4 15`]);
    assert.deepEqual(peer.received.map((got) => got.bytes), ["re:ping"]);
  });

  it("cuts datagrams of more than a chunk less its header without a word", () => {
    const one = bench(`var s = require("dgram").createSocket("udp4"); s.bind(53);
      s.on("message", function (m) { print(m.length); });`);
    one.pass();
    one.world.udpPeer(PEER_HOST).send("x".repeat(600), "10.0.0.1", 53);
    one.pass();
    assert.deepEqual(one.lines, [String(esp32.chunkBytes - 8)]);
  });

  it("throws from bind on a port in use and calls its callback all the same", () => {
    const lines = printed(`function bind() { require("dgram").createSocket("udp4").bind(53, function () { print("called"); }); }
      bind(); try { bind(); } catch (e) { print(e.message); }`);
    assert.deepEqual(lines, ["ERROR: Socket bind failed", "Unable to create socket", "called", "called"]);
  });
});
