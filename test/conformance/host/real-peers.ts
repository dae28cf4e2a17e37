// Peers on real sockets of this machine.

import * as dgram from "node:dgram";
import { once } from "node:events";
import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Peer, Peers, PeerState, UdpPeer } from "./peers.js";

const HOST = "127.0.0.1";
const WAIT_MAX_MS = 8000;
/** How often, and how often at most, a connect is tried again: the device may say that it listens before it does. */
const RETRY_MS = 10;
const RETRIES_MAX = 200;
/** Connections that wait to be accepted, until the kernel answers no more. */
const FILL_MAX = 8;

/** A thread that listens with the shortest queue there is, and never accepts anyone. */
const DEAF = `
const { workerData, parentPort } = require("node:worker_threads");
const server = require("node:net").createServer();
server.listen({ host: "${HOST}", port: workerData, backlog: 1 }, () => {
  parentPort.postMessage("listening");
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});`;

class RealPeer implements Peer {
  state: PeerState = "connecting";
  received = "";
  private socket: net.Socket = undefined as unknown as net.Socket;
  /** What was asked for before the connection stood. */
  private early = "";
  private wantsEnd = false;
  private isPaused = false;
  isDropped = false;

  /** Connects, again and again while nobody listens. */
  dial(port: number, triesLeft: number): void {
    const socket = net.connect({ host: HOST, port, allowHalfOpen: true, noDelay: true });
    this.socket = socket;
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (this.isDropped) return;
      if (error.code !== "ECONNREFUSED" || triesLeft < 1 || this.state !== "connecting") this.state = "closed";
      else setTimeout(() => !this.isDropped && this.dial(port, triesLeft - 1), RETRY_MS);
    });
    socket.on("connect", () => this.use(socket));
  }

  use(socket: net.Socket): void {
    this.socket = socket;
    this.state = "open";
    socket.on("data", (bytes: Buffer) => (this.received += bytes.toString("latin1")));
    socket.on("end", () => (this.state = "ended"));
    socket.on("error", () => undefined);
    socket.on("close", () => (this.state = "closed"));
    if (this.isPaused) socket.pause();
    if (this.early) socket.write(this.early, "latin1");
    if (this.wantsEnd) socket.end();
  }

  get unsentCount(): number {
    return this.state === "connecting" ? this.early.length : this.socket.writableLength;
  }

  send(bytes: string): void {
    if (this.state === "connecting") this.early += bytes;
    else this.socket.write(bytes, "latin1");
  }

  drop(count: number): void {
    this.received = this.received.slice(count);
  }

  end(): void {
    this.wantsEnd = true;
    if (this.state !== "connecting") this.socket.end();
  }

  reset(): void {
    this.isDropped = true;
    this.socket.resetAndDestroy();
  }

  pause(): void {
    this.isPaused = true;
    if (this.state !== "connecting") this.socket.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.socket.resume();
  }
}

/** Peers on node:net and node:dgram. */
export class RealPeers implements Peers {
  readonly host = HOST;
  private readonly peers = new Set<RealPeer>();
  private readonly open = new Set<{ close(): unknown }>();

  connect(port: number): Peer {
    const peer = new RealPeer();
    this.peers.add(peer);
    peer.dial(port, RETRIES_MAX);
    return peer;
  }

  control(port: number): Peer {
    const peer = new RealPeer();
    peer.dial(port, RETRIES_MAX);
    return peer;
  }

  async listen(port: number, onPeer: (peer: Peer) => void): Promise<void> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const peer = new RealPeer();
      this.peers.add(peer);
      peer.use(socket);
      onPeer(peer);
    });
    server.listen(port, HOST);
    await once(server, "listening");
    this.open.add(server);
  }

  async listenSilently(port: number): Promise<void> {
    const worker = new Worker(DEAF, { eval: true, workerData: port });
    this.open.add({ close: () => void worker.terminate() });
    await once(worker, "message");
    for (let i = 0; i < FILL_MAX; i++) {
      const socket = net.connect({ host: HOST, port });
      socket.on("error", () => undefined);
      this.open.add({ close: () => socket.destroy() });
      const isIn = await Promise.race([once(socket, "connect").then(() => true), sleep(100).then(() => false)]);
      if (!isIn) return;
    }
    throw new Error(`Port ${port} was to be silent, and still takes connections`);
  }

  async udp(port: number): Promise<UdpPeer> {
    const socket = dgram.createSocket("udp4").bind(port, HOST);
    await once(socket, "listening");
    this.open.add(socket);
    const received: string[] = [];
    let lastPort = 0;
    socket.on("message", (bytes, from) => {
      lastPort = from.port;
      received.push(bytes.toString("latin1"));
    });
    socket.on("error", () => undefined);
    const send = (bytes: string, to: number): void => socket.send(Buffer.from(bytes, "latin1"), to, HOST);
    return { port: socket.address().port, received, send, reply: (bytes) => send(bytes, lastPort) };
  }

  async until(isReached: () => boolean, what: string, maxMs = WAIT_MAX_MS): Promise<void> {
    const endMs = performance.now() + maxMs;
    for (let turns = 0; !isReached(); turns++) {
      if (performance.now() > endMs) throw new Error(`Not reached within ${maxMs} ms: ${what}`);
      await (turns < 20 ? new Promise((resolve) => setImmediate(resolve)) : sleep(1));
    }
  }

  async sleep(ms: number): Promise<void> {
    await sleep(ms);
  }

  endAll(): void {
    for (const peer of this.peers) peer.end();
  }

  clear(): void {
    for (const peer of this.peers) peer.reset();
    for (const thing of this.open) thing.close();
    this.peers.clear();
    this.open.clear();
  }
}
