// A fixture of real sockets on this machine, for every platform that runs inside Node.

import * as dgram from "node:dgram";
import { once } from "node:events";
import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Platform } from "../../../src/core/port.js";
import type { PeerState, PortFixture, PortPeer, PortServer, PortUdpPeer } from "./fixture.js";

const HOST = "127.0.0.1";
const SETTLE_MS = 5000;
const QUIET_MS = 10;
/** Linux lets a loopback connection hold up to about 10 MB (net.ipv4.tcp_rmem and tcp_wmem). */
const FLOOD_BYTES = 16 * 1024 * 1024;

function asPeer(socket: net.Socket, firstState: PeerState): PortPeer {
  const chunks: Buffer[] = [];
  let count = 0;
  let state: PeerState = firstState;
  let localPort = socket.localPort ?? 0;
  socket.on("connect", () => {
    state = "open";
    localPort = socket.localPort ?? 0;
  });
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    count += chunk.length;
  });
  socket.on("end", () => {
    if (state === "open") state = "ended";
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    state = "closed";
  });
  return {
    send: (bytes) => void socket.write(bytes, "latin1"),
    received: () => Buffer.concat(chunks).toString("latin1"),
    receivedCount: () => count,
    unsentCount: () => socket.writableLength,
    fin: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    pauseReading: () => void socket.pause(),
    resumeReading: () => void socket.resume(),
    state: () => state,
    localPort: () => localPort,
  };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function settle(isReached: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + SETTLE_MS;
  for (let turns = 0; ; turns++) {
    await (turns < 50 ? new Promise((resolve) => setImmediate(resolve)) : sleep(1));
    if (isReached()) return;
    if (performance.now() > endMs) throw new Error(`Not reached within ${SETTLE_MS} ms: ${what}`);
  }
}

async function openUdpPeer(open: Set<{ close(): void }>): Promise<PortUdpPeer> {
  const socket = dgram.createSocket("udp4").bind(0, HOST);
  await once(socket, "listening");
  open.add(socket);
  const peer: PortUdpPeer = {
    host: HOST,
    port: socket.address().port,
    send: (bytes, host, port) => socket.send(Buffer.from(bytes, "latin1"), port, host),
    received: [],
  };
  socket.on("message", (bytes, from) => {
    peer.received.push({ bytes: bytes.toString("latin1"), address: from.address, port: from.port });
  });
  socket.on("error", () => undefined);
  return peer;
}

/**
 * Peers on node:net and node:dgram for `platform`. `extra` overrides what a platform does differently, brings TLS
 * options along, or closes the platform's own things in `close`.
 */
export function realFixture(platform: Platform, extra: Partial<PortFixture> = {}): PortFixture {
  const sockets = new Set<net.Socket>();
  const open = new Set<{ close(): void }>();
  const fixture: PortFixture = {
    platform,
    host: HOST,
    floodBytes: FLOOD_BYTES,
    unknownHost: "no-such-host.invalid",
    foreignAddress: "192.0.2.1",
    freePort,
    settle,
    quiet: async () => void (await sleep(QUIET_MS)),
    connectPeer(port) {
      const socket = net.connect({ host: HOST, port, allowHalfOpen: true, noDelay: true });
      sockets.add(socket);
      return asPeer(socket, "connecting");
    },
    async listenPeer(onPeer): Promise<PortServer> {
      const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        sockets.add(socket);
        onPeer(asPeer(socket, "open"));
      });
      server.listen(0, HOST);
      await once(server, "listening");
      open.add(server);
      return { host: HOST, port: (server.address() as net.AddressInfo).port };
    },
    udpPeer: () => openUdpPeer(open),
    ...extra,
    async close() {
      for (const socket of sockets) socket.destroy();
      for (const thing of open) thing.close();
      await extra.close?.();
    },
  };
  return fixture;
}
