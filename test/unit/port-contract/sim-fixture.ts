// A fixture of virtual sockets in virtual time, for the simulator and everything wrapped around it.

import type { Platform } from "../../../src/core/port.js";
import {
  createSimWorld, type SimPeer, type SimPlatformOptions, type SimWorld, type SimWorldOptions,
} from "../../../platform/sim/index.js";
import type { PortFixture, PortPeer } from "./fixture.js";

const HERE = "10.0.0.1";
const THERE = "10.0.0.9";
const SILENT = "10.0.0.66";
/** Long enough for everything under way, far shorter than the time-out of a connect. */
const QUIET_MS = 500;
const SETTLE_MS = 60_000;
const FLOOD_BYTES = 64 * 1024;

function asPeer(peer: SimPeer): PortPeer {
  return {
    send: (bytes) => peer.send(bytes),
    received: () => peer.received,
    receivedCount: () => peer.receivedCount,
    unsentCount: () => peer.unsentCount,
    fin: () => peer.fin(),
    reset: () => peer.reset(),
    pauseReading: () => peer.pauseReading(),
    resumeReading: () => peer.resumeReading(),
    state: () => peer.state,
    localPort: () => peer.port,
  };
}

/** What a fixture of the simulator can be told. */
export interface SimFixtureOptions {
  world?: Partial<SimWorldOptions>;
  platform?: Partial<SimPlatformOptions>;
  /** Put around the platform before the rules see it. */
  wrap?: (platform: Platform, world: SimWorld) => Platform;
}

/** A fixture with its world at hand. */
export interface SimFixture extends PortFixture {
  world: SimWorld;
}

/** A world with the platform under test on 10.0.0.1 and its peers on 10.0.0.9. */
export function simFixture(options: SimFixtureOptions = {}): SimFixture {
  const world = createSimWorld({ seed: 1, connectTimeoutMs: 5000, ...options.world });
  const plain = world.platform({ host: HERE, ...options.platform });
  const platform = options.wrap === undefined ? plain : options.wrap(plain, world);
  let nextPort = 1000;
  world.blackhole(SILENT);
  return {
    world,
    platform,
    host: HERE,
    floodBytes: FLOOD_BYTES,
    unknownHost: "no-such-host.invalid",
    foreignAddress: "192.0.2.1",
    silentHost: SILENT,
    tls: { server: { cert: "certificate", key: "key" }, client: { ca: "certificate" }, distrusting: { ca: "another" } },
    freePort: async () => nextPort++,
    connectPeer: (port) => asPeer(world.connectPeer(THERE, HERE, port)),
    // On the platform's own host, so that ports in use can be rehearsed.
    listenPeer: async (onPeer) => {
      const server = world.listenPeer(HERE, nextPort++, (peer) => onPeer(asPeer(peer)));
      return { host: HERE, port: server.port };
    },
    udpPeer: async () => {
      const peer = world.udpPeer(HERE);
      return {
        host: HERE,
        port: peer.port,
        send: (bytes, host, port) => peer.send(bytes, host, port),
        received: peer.received,
      };
    },
    settle: async (isReached, what) => world.runUntil(isReached, SETTLE_MS, what),
    quiet: async () => world.runFor(QUIET_MS),
    link: world.link(HERE),
    close: async () => undefined,
  };
}
