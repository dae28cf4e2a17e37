// TLS on Node: who is accepted, who is refused, and what is said about it.

import assert from "node:assert/strict";
import * as net from "node:net";
import * as tls from "node:tls";
import { Err } from "../../src/core/port.js";
import { certificate, createBench, reached, type Bench, type Certificate, type Seen } from "./node-platform-support.js";

describe("Node platform TLS", () => {
  let bench: Bench;
  let made: Certificate;
  let lines: string[];
  let servers: net.Server[];

  before("needs the openssl command for a certificate", function () {
    const found = certificate();
    if (found === undefined) return this.skip();
    made = found;
  });

  beforeEach(() => {
    lines = [];
    servers = [];
    bench = createBench({ lingerMs: 100, log: (line) => lines.push(line) });
  });
  afterEach(() => {
    bench.close();
    for (const server of servers) server.close();
  });

  async function portOf(server: net.Server): Promise<number> {
    servers.push(server.listen(0, "127.0.0.1"));
    await reached(() => server.listening, "listening");
    return (server.address() as net.AddressInfo).port;
  }

  async function listening(): Promise<Seen> {
    const listener = bench.listen({ tls: made });
    await reached(() => listener.events.length > 0, "listening");
    return listener;
  }

  async function outcome(seen: Seen): Promise<string> {
    await reached(() => seen.events.length > 0, "connected or closed");
    return seen.events[0] === "closed" ? `closed ${seen.err}` : seen.events[0];
  }

  it("accepts a connection with its peer's address when the handshake is done", async () => {
    const listener = await listening();
    const client = bench.connect({ host: "localhost", port: listener.port, tls: { ca: made.cert } });
    assert.equal(await outcome(client), "connected");
    await reached(() => listener.accepted.length === 1, "accepted");
    assert.equal(client.port, listener.port);
    assert.ok(["127.0.0.1", "::1"].includes(listener.accepted[0].address));
  });

  it("carries many bytes both ways, unchanged", async () => {
    const listener = await listening();
    const client = bench.connect({ host: "localhost", port: listener.port, tls: { ca: made.cert } });
    await reached(() => listener.accepted.length === 1 && client.events.length > 0, "both ends");
    const piece = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)).repeat(120);
    const server = listener.accepted[0];
    assert.equal(bench.platform.write(client.handle, piece), piece.length);
    assert.equal(bench.platform.write(server.handle, piece), piece.length);
    await reached(() => client.input.length === piece.length && server.input.length === piece.length, "all bytes");
    assert.ok(client.input === piece && server.input === piece);
  });

  it("reports the peer's end and still sends", async () => {
    const listener = await listening();
    const client = tls.connect({ host: "127.0.0.1", port: listener.port, ca: made.cert, allowHalfOpen: true } as tls.ConnectionOptions);
    let input = "";
    client.setEncoding("latin1").on("data", (text: string) => (input += text));
    client.end("question");
    await reached(() => listener.accepted[0]?.events.includes("ended") === true, "ended");
    bench.platform.write(listener.accepted[0].handle, "answer");
    bench.platform.end(listener.accepted[0].handle);
    await reached(() => listener.accepted[0].err !== undefined, "closed");
    assert.deepEqual([listener.accepted[0].input, input, listener.accepted[0].err], ["question", "answer", Err.None]);
  });

  it("verifies a literal address by the certificate's addresses", async () => {
    const listener = await listening();
    const client = bench.connect({ host: "127.0.0.1", port: listener.port, tls: { ca: made.cert } });
    assert.equal(await outcome(client), "connected");
  });

  it("refuses a certificate for another name, unless told not to verify", async () => {
    const listener = await listening();
    const other = { ca: made.cert, serverName: "elsewhere.example" };
    const spec = { host: "127.0.0.1", port: listener.port };
    assert.equal(await outcome(bench.connect({ ...spec, tls: other })), `closed ${Err.Tls}`);
    assert.equal(await outcome(bench.connect({ ...spec, tls: { ...other, verify: false } })), "connected");
  });

  it("asks for the host of the address by name, or for serverName instead", async () => {
    const asked: string[] = [];
    const port = await portOf(tls.createServer({ ...made, SNICallback: (name, done) => (asked.push(name), done(null)) }));
    await outcome(bench.connect({ host: "localhost", port, tls: { ca: made.cert } }));
    await outcome(bench.connect({ host: "127.0.0.1", port, tls: { ca: made.cert, serverName: "board.example" } }));
    assert.deepEqual(asked, ["localhost", "board.example"]);
  });

  it("counts failed handshakes and tells the program nothing of them", async () => {
    const listener = await listening();
    const peer = net.connect(listener.port, "127.0.0.1");
    peer.on("error", () => undefined);
    peer.write("GET / HTTP/1.1\r\n\r\n");
    await reached(() => bench.platform.tlsFailedCount === 1, "a failed handshake");
    peer.destroy();
    assert.deepEqual(listener.events, ["listening"]);
  });

  it("calls a peer that hangs up during the handshake a failed handshake", async () => {
    const port = await portOf(net.createServer((socket) => socket.destroy()));
    const client = bench.connect({ host: "127.0.0.1", port, tls: {} });
    assert.equal(await outcome(client), `closed ${Err.Tls}`);
    assert.deepEqual(client.events, ["closed"]);
  });

  it("reports refused and unknown hosts as without TLS", async () => {
    const listener = await listening();
    bench.platform.destroy(listener.handle);
    assert.equal(await outcome(bench.connect({ host: "127.0.0.1", port: listener.port, tls: {} })), `closed ${Err.Refused}`);
    assert.equal(await outcome(bench.connect({ host: "no-such-host.invalid", port: 1, tls: {} })), `closed ${Err.HostNotFound}`);
  });

  it("closes a listener whose certificate cannot be used, and logs why", async () => {
    const unusable = [{ cert: "no certificate", key: made.key }, { cert: made.cert }, { key: made.key }];
    for (const options of unusable) {
      const listener = bench.listen({ port: 8443, tls: options });
      assert.equal(await outcome(listener), `closed ${Err.Tls}`);
      assert.match(lines.pop() ?? "", /^Cannot listen on port 8443 with TLS: ./);
    }
  });

  it("closes a connection whose certificate authority cannot be read", async () => {
    const client = bench.connect({ host: "127.0.0.1", port: 1, tls: { cert: "no certificate", key: "no key" } });
    assert.equal(await outcome(client), `closed ${Err.Tls}`);
  });

  it("reports nothing for a listener with an unusable certificate that is destroyed at once", async () => {
    const listener = bench.listen({ tls: {} });
    bench.platform.destroy(listener.handle);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(listener.events, []);
  });
});
