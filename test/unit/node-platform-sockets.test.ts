// What is Node's own in its platform: addresses, ports of the host, ending, datagrams.

import assert from "node:assert/strict";
import * as net from "node:net";
import { networkInterfaces } from "node:os";
import { Err, WriteResult } from "../../src/core/port.js";
import { hostPortOf, parsePublish, plainAddress } from "../../platform/node/addresses.js";
import type { ListenHandle } from "../../platform/node/listen.js";
import type { StreamHandle } from "../../platform/node/stream-handle.js";
import type { PublishedPort } from "../../platform/node/index.js";
import { createBench, dial, inChild, reached, type Bench, type Seen } from "./node-platform-support.js";

const hasIpv6 = Object.values(networkInterfaces()).flat().some((i) => i?.address === "::1");

describe("Node platform", () => {
  let bench: Bench;
  let open: net.Socket[];

  beforeEach(() => {
    bench = createBench({ lingerMs: 100 });
    open = [];
  });
  afterEach(() => {
    for (const socket of open) socket.destroy();
    bench.close();
  });

  function call(port: number, host?: string): ReturnType<typeof dial> {
    const caller = dial(port, host);
    open.push(caller.socket);
    return caller;
  }

  async function up(seen: Seen): Promise<Seen> {
    await reached(() => seen.events.length > 0, "listening or closed");
    assert.deepEqual(seen.events, ["listening"]);
    return seen;
  }

  describe("addresses", () => {
    it("reports an IPv4 peer of a dual-stack listener by its plain address", async () => {
      const listener = await up(bench.listen({}));
      call(listener.port);
      await reached(() => listener.accepted.length === 1, "a connection");
      assert.equal(listener.accepted[0].address, "127.0.0.1");
    });

    it("listens on IPv6 as well when no host is named", async function () {
      if (!hasIpv6) this.skip();
      const listener = await up(bench.listen({}));
      call(listener.port, "::1");
      await reached(() => listener.accepted.length === 1, "a connection");
      assert.equal(listener.accepted[0].address, "::1");
    });

    it("listens on and connects to IPv6 literals", async function () {
      if (!hasIpv6) this.skip();
      const listener = await up(bench.listen({ host: "::1" }));
      assert.equal(listener.address, "::1");
      const conn = bench.connect({ host: "::1", port: listener.port });
      await reached(() => conn.events.length > 0, "connected");
      assert.deepEqual([conn.events[0], conn.address, conn.port], ["connected", "::1", listener.port]);
    });

    it("listens on the one literal address that is named", async () => {
      const listener = await up(bench.listen({ host: "127.0.0.1" }));
      assert.equal(listener.address, "127.0.0.1");
    });

    it("finds a server on localhost that listens on IPv4 only, and gets its bytes", async () => {
      const listener = await up(bench.listen({ host: "127.0.0.1" }));
      const conn = bench.connect({ host: "localhost", port: listener.port });
      await reached(() => listener.accepted.length === 1, "a connection");
      bench.platform.write(listener.accepted[0].handle, "hello");
      await reached(() => conn.input === "hello", "the bytes");
      assert.equal(conn.address, "127.0.0.1");
    });

    it("closes a listener with HostNotFound when the name of its host does not resolve", async () => {
      const listener = bench.listen({ host: "no-such-host.invalid" });
      await reached(() => listener.err !== undefined, "closed");
      assert.equal(listener.err, Err.HostNotFound);
    });

    it("reports nothing for a listener destroyed while its host is looked up", async () => {
      const listener = bench.listen({ host: "localhost" });
      bench.platform.destroy(listener.handle);
      const { server } = listener.handle as ListenHandle;
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(server.listening, false);
      assert.deepEqual(listener.events, []);
    });

    it("closes instead of throwing when a port is out of range", async () => {
      const all = [bench.listen({ port: 70000 }), bench.connect({ host: "127.0.0.1", port: 70000 }), bench.bind({ port: 70000 })];
      await reached(() => all.every((seen) => seen.err !== undefined), "closed");
      assert.deepEqual(all.map((seen) => [seen.events.join(), seen.err]), Array(3).fill(["closed", Err.Failed]));
    });

    it("plainAddress unwraps mapped IPv4 addresses and nothing else", () => {
      const given = ["::ffff:10.0.0.7", "::ffff:a00:7", "10.0.0.7", "::1", undefined];
      assert.deepEqual(given.map(plainAddress), ["10.0.0.7", "::ffff:a00:7", "10.0.0.7", "::1", ""]);
    });
  });

  describe("published ports", () => {
    it("binds the host's port and reports the app's", async () => {
      const free = await up(bench.listen({}));
      bench.platform.destroy(free.handle);
      const told: PublishedPort[] = [];
      bench = createBench({ publish: { 80: free.port }, onBound: (port) => told.push(port) });
      const listener = await up(bench.listen({ port: 80 }));
      call(free.port);
      await reached(() => listener.accepted.length === 1, "a connection through the host's port");
      assert.equal(listener.port, 80);
      assert.deepEqual(told, [{ appPort: 80, hostPort: free.port, isTls: false, isDatagram: false }]);
    });

    it("publishes datagram ports too", async () => {
      const free = await up(bench.bind({}));
      bench.platform.destroy(free.handle);
      bench = createBench({ publish: { 53: free.port } });
      const told: PublishedPort[] = [];
      bench.platform.onBound = (port) => told.push(port);
      assert.equal((await up(bench.bind({ port: 53 }))).port, 53);
      assert.deepEqual(told, [{ appPort: 53, hostPort: free.port, isTls: false, isDatagram: true }]);
    });

    it("tells of a port that could not be bound, before the program", async () => {
      const taken = [await up(bench.listen({})), await up(bench.bind({}))];
      const ports = { 80: taken[0].port, 53: taken[1].port };
      const told: string[] = [];
      const onBindFailed = (port: PublishedPort, err: Err): unknown =>
        told.push([port.appPort, port.hostPort, port.isDatagram, err].join());
      const other = createBench({ log: () => undefined, publish: ports, onBindFailed });
      const failed = [other.listen({ port: 80 }), other.bind({ port: 53 }), other.listen({ port: 81, tls: {} })];
      await reached(() => failed.every((seen) => seen.err !== undefined), "closed");
      const expected = [[80, ports[80], false, Err.AddressInUse], [53, ports[53], true, Err.AddressInUse], [81, 81, false, Err.Tls]];
      assert.deepEqual(told.sort(), expected.map((row) => row.join()).sort());
    });

    it("binds the default host when the program names none", async () => {
      bench = createBench({ host: "127.0.0.1" });
      assert.equal((await up(bench.listen({}))).address, "127.0.0.1");
    });

    it("moves low ports up only when asked to, and published ones never", () => {
      const up8000 = { publish: { 443: 9443 }, lowPortsUp: true };
      assert.deepEqual([80, 443, 1023, 1024, 0].map((port) => hostPortOf(up8000, port)), [8080, 9443, 9023, 1024, 0]);
      assert.equal(hostPortOf({ publish: {}, lowPortsUp: false }, 80), 80);
    });

    it("parsePublish reads HOST:APP pairs", () => {
      assert.deepEqual(parsePublish("8000:80, 8443:443,"), { 80: 8000, 443: 8443 });
      assert.deepEqual(parsePublish(""), {});
    });

    it("parsePublish names the pair it cannot read", () => {
      for (const pair of ["8000", "x:80", "8000:", "8000:0", "8000:65536", "1:2:3"]) {
        assert.throws(() => parsePublish(`9000:90,${pair}`), { name: "TypeError", message: new RegExp(`"${pair}"`) });
      }
      assert.throws(() => parsePublish("1:80,2:80"), { name: "TypeError", message: /Port 80 is published twice/ });
    });

    it("platform() is one object, set up from the environment", async () => {
      const code = `const p = m.platform(); const quit = () => process.exit();
        p.open({ listening: (owner, address, port) => { console.log(port, p === m.platform()); quit(); }, closed: quit });
        p.onBound = (port) => console.log(port.hostPort); p.listen({}, { host: "", port: 80 });`;
      const free = await up(bench.listen({}));
      bench.platform.destroy(free.handle);
      assert.equal(await inChild(code, { MEERKAT_PUBLISH: `${free.port}:80` }), `${free.port}\n80 true\n`);
    });
  });

  describe("ending", () => {
    it("delivers the reply whole although input was never read", async () => {
      const listener = await up(bench.listen({}));
      const caller = call(listener.port);
      caller.socket.write(Buffer.alloc(300_000));
      await reached(() => listener.accepted[0]?.input !== "" && listener.accepted.length === 1, "input");
      const conn = listener.accepted[0];
      bench.platform.pause(conn.handle);
      caller.socket.write(Buffer.alloc(3_000_000));
      bench.platform.write(conn.handle, "413 too large");
      bench.platform.end(conn.handle);
      await reached(() => caller.end() !== "" && caller.socket.writableLength === 0, "the end");
      caller.socket.end();
      await reached(() => conn.err !== undefined, "closed");
      assert.deepEqual([caller.end(), caller.input(), conn.err], ["end", "413 too large", Err.None]);
    });

    it("answers input that comes after the end with no reset", async () => {
      bench = createBench({ lingerMs: 3000 });
      const listener = await up(bench.listen({}));
      const caller = call(listener.port);
      await reached(() => listener.accepted.length === 1, "a connection");
      const conn = listener.accepted[0];
      bench.platform.write(conn.handle, "bye");
      bench.platform.end(conn.handle);
      await reached(() => caller.end() !== "", "the end");
      for (let turns = 0; turns < 3; turns++) {
        caller.socket.write("too late");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.deepEqual([caller.input(), caller.end(), conn.input, conn.err], ["bye", "end", "", undefined]);
      caller.socket.end();
      await reached(() => conn.err !== undefined, "closed");
      assert.equal(conn.err, Err.None);
    });

    it("closes in good order when the peer does not end within the linger time", async () => {
      const listener = await up(bench.listen({}));
      const caller = call(listener.port);
      await reached(() => listener.accepted.length === 1, "a connection");
      const conn = listener.accepted[0];
      bench.platform.end(conn.handle);
      await reached(() => conn.err !== undefined, "closed");
      assert.deepEqual([conn.err, caller.socket.writable], [Err.None, true]);
    });

    it("keeps bytes that Node delivers while paused, and offers them in order", async () => {
      const listener = await up(bench.listen({}));
      const caller = call(listener.port);
      await reached(() => listener.accepted.length === 1, "a connection");
      const conn = listener.accepted[0];
      const { socket } = conn.handle as StreamHandle;
      bench.platform.pause(conn.handle);
      for (const text of ["one ", "two ", "three"]) {
        const before = socket.bytesRead;
        socket.read(0);
        caller.socket.write(text);
        await reached(() => socket.bytesRead === before + text.length, text);
      }
      assert.equal(conn.input, "");
      bench.platform.resume(conn.handle);
      await reached(() => conn.input.length > 0, "the bytes");
      assert.equal(conn.input, "one two three");
    });

    it("does not report the peer's end while paused", async () => {
      const listener = await up(bench.listen({}));
      const caller = call(listener.port);
      await reached(() => listener.accepted.length === 1, "a connection");
      const conn = listener.accepted[0];
      bench.platform.pause(conn.handle);
      (conn.handle as StreamHandle).socket.emit("end");
      caller.socket.end();
      assert.deepEqual(conn.events, ["accepted"]);
      bench.platform.resume(conn.handle);
      assert.deepEqual(conn.events, ["accepted"]);
      await reached(() => conn.events.length > 1, "ended");
      assert.deepEqual(conn.events, ["accepted", "ended"]);
    });
  });

  describe("datagrams", () => {
    it("go between IPv6 sockets, and from one to an IPv4 peer", async function () {
      if (!hasIpv6) this.skip();
      const six = await up(bench.bind({ host: "::" }));
      const four = await up(bench.bind({}));
      assert.equal(bench.platform.sendTo(six.handle, "to six", "::1", six.port), 6);
      assert.equal(bench.platform.sendTo(six.handle, "to four", "127.0.0.1", four.port), 7);
      await reached(() => six.datagrams.length === 1 && four.datagrams.length === 1, "both datagrams");
      assert.deepEqual([six.datagrams[0].bytes, six.datagrams[0].address], ["to six", "::1"]);
      bench.platform.sendTo(four.handle, "back", "127.0.0.1", six.port);
      await reached(() => six.datagrams.length === 2, "the answer");
      assert.equal(six.datagrams[1].address, "127.0.0.1");
    });

    it("to a host the socket cannot reach, or to no port, answer Failed", async () => {
      const socket = await up(bench.bind({}));
      assert.equal(bench.platform.sendTo(socket.handle, "x", "::1", 9), WriteResult.Failed);
      assert.equal(bench.platform.sendTo(socket.handle, "x", "127.0.0.1", 0), WriteResult.Failed);
    });

    it("are lost when too many wait to be sent, until those are gone", async () => {
      const socket = await up(bench.bind({}));
      let count = 0;
      while (count < 1000 && bench.platform.sendTo(socket.handle, "x", "127.0.0.1", socket.port) === 1) count++;
      assert.ok(count < 1000, "a bound");
      assert.equal(bench.platform.sendTo(socket.handle, "x", "127.0.0.1", socket.port), WriteResult.Failed);
      await reached(() => bench.platform.sendTo(socket.handle, "x", "127.0.0.1", socket.port) === 1, "room");
      assert.deepEqual(socket.events, ["listening"]);
    });
  });
});
