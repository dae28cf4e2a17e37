// The deterministic platform: a seeded world of hosts, each of which is a Platform, and scripted peers.

export type { RawForm } from "./byte-ops.js";
export { NO_FAULTS, type SimFaults } from "./faults.js";
export { createPrng, type Prng } from "./prng.js";
export { ESPRUINO_LIKE_CAPS, SIM_CAPS, type SimPlatformOptions } from "./sim-platform.js";
export type { SimPeer, SimPeerServer, SimPeerState, SimUdpPeer } from "./sim-peer.js";
export type { SimLink, SimWifi } from "./sim-link.js";
export { createSimWorld, type SimWorld, type SimWorldOptions } from "./sim-world.js";
