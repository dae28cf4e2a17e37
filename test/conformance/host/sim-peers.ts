// Peers in a simulated world: time passes only while a script waits.

import { Err } from "../../../src/core/port.js";
import type { SimPeer, SimPeerServer, SimWorld } from "../../../platform/sim/index.js";
import type { Peer, Peers, PeerState, UdpPeer } from "./peers.js";

const WAIT_MAX_MS = 20_000;
const RETRY_MS = 10;
const RETRIES_MAX = 200;

class SimulatedPeer implements Peer {
  received = "";
  private sim: SimPeer = undefined as unknown as SimPeer;
  private calls: ((peer: SimPeer) => void)[] = [];

  /** Connects again while nobody listens: the calls so far are made again on the new connection. */
  dial(connect: () => SimPeer, world: SimWorld, triesLeft: number): void {
    this.use(connect());
    const look = (): void => {
      if (this.sim.state === "connecting") world.after(RETRY_MS, look);
      else if (this.sim.error === Err.Refused && triesLeft > 0) {
        this.dial(connect, world, triesLeft - 1);
        for (const call of this.calls) call(this.sim);
      }
    };
    world.after(RETRY_MS, look);
  }

  use(sim: SimPeer): void {
    this.sim = sim;
  }

  private call(call: (peer: SimPeer) => void): void {
    if (this.sim.state === "connecting") this.calls.push(call);
    call(this.sim);
  }

  /** What came in since is added to what was received. */
  pull(): void {
    if (this.sim.receivedCount) this.received += this.sim.take();
  }

  get state(): PeerState {
    return this.sim.state === "closed" && this.sim.error === Err.Refused ? "connecting" : this.sim.state;
  }

  get unsentCount(): number {
    return this.sim.unsentCount;
  }

  send(bytes: string): void {
    this.call((sim) => sim.send(bytes));
  }

  drop(count: number): void {
    this.received = this.received.slice(count);
  }

  end(): void {
    this.call((sim) => sim.fin());
  }

  reset(): void {
    this.sim.reset();
  }

  pause(): void {
    this.call((sim) => sim.pauseReading());
  }

  resume(): void {
    this.call((sim) => sim.resumeReading());
  }
}

/** Peers on one host of a world; the device is on `device`. */
export class SimPeers implements Peers {
  private readonly peers = new Set<SimulatedPeer>();
  private readonly servers = new Map<number, SimPeerServer>();
  private readonly udps = new Set<{ close(): void }>();
  private controlPeer: SimulatedPeer | undefined;
  private silencers = 0;

  constructor(
    readonly world: SimWorld,
    readonly device: string,
    readonly host: string,
    readonly controlHost: string,
  ) {}

  /** True when a script listens on this port. */
  isListening(port: number): boolean {
    return this.servers.has(port);
  }

  connect(port: number): Peer {
    const peer = this.dial(this.host, port);
    this.peers.add(peer);
    return peer;
  }

  /** From another host, which is never silent. */
  control(port: number): Peer {
    this.controlPeer = this.dial(this.controlHost, port);
    return this.controlPeer;
  }

  private dial(from: string, port: number): SimulatedPeer {
    const peer = new SimulatedPeer();
    peer.dial(() => this.world.connectPeer(from, this.device, port), this.world, RETRIES_MAX);
    return peer;
  }

  async listen(port: number, onPeer: (peer: Peer) => void): Promise<void> {
    const server = this.world.listenPeer(this.host, port, (sim) => {
      const peer = new SimulatedPeer();
      this.peers.add(peer);
      peer.use(sim);
      onPeer(peer);
    });
    this.servers.set(port, server);
  }

  /** The whole host falls silent: scripts that use this have nothing else to say. */
  async listenSilently(): Promise<void> {
    this.silencers++;
    this.world.blackhole(this.host);
  }

  async udp(port: number): Promise<UdpPeer> {
    const sim = this.world.udpPeer(this.host, port);
    this.udps.add(sim);
    const received: string[] = [];
    let lastPort = 0;
    return {
      port: sim.port,
      get received() {
        for (const datagram of sim.received.splice(0)) {
          lastPort = datagram.port;
          received.push(datagram.bytes);
        }
        return received;
      },
      send: (bytes, to) => sim.send(bytes, this.device, to),
      reply: (bytes) => sim.send(bytes, this.device, lastPort),
    };
  }

  private pull(): void {
    this.controlPeer?.pull();
    for (const peer of this.peers) peer.pull();
  }

  async until(isReached: () => boolean, what: string, maxMs = WAIT_MAX_MS): Promise<void> {
    const isThere = (): boolean => {
      this.pull();
      return isReached();
    };
    this.world.runUntil(isThere, maxMs, what);
  }

  async sleep(ms: number): Promise<void> {
    this.world.runFor(ms);
    this.pull();
  }

  endAll(): void {
    for (const peer of this.peers) peer.end();
  }

  clear(): void {
    if (this.silencers > 0) this.world.heal(this.host);
    this.silencers = 0;
    for (const peer of this.peers) peer.reset();
    for (const server of this.servers.values()) server.close();
    for (const udp of this.udps) udp.close();
    this.peers.clear();
    this.servers.clear();
    this.udps.clear();
  }
}
