// What a platform's test brings along so that the port's rules can be run against it.

import type { Platform, TlsOptions } from "../../../src/core/port.js";

/** Where the far end of a connection stands: "ended" has seen the end of our stream, "closed" is gone for good. */
export type PeerState = "connecting" | "open" | "ended" | "closed";

/** The far end of one connection, not going through the platform under test. Bytes are binary strings. */
export interface PortPeer {
  send(bytes: string): void;
  /** All bytes received so far. */
  received(): string;
  /** How many bytes were received so far; cheap. */
  receivedCount(): number;
  /** Bytes given to `send` that the network has not taken yet. */
  unsentCount(): number;
  /** Ends this peer's own stream and goes on reading. */
  fin(): void;
  /** Breaks the connection with a reset. */
  reset(): void;
  pauseReading(): void;
  resumeReading(): void;
  state(): PeerState;
  /** The peer's own port, 0 while connecting. */
  localPort(): number;
}

/** A server outside the platform under test. It holds its port until the fixture is closed. */
export interface PortServer {
  host: string;
  port: number;
}

/** A datagram socket outside the platform under test. */
export interface PortUdpPeer {
  host: string;
  port: number;
  send(bytes: string, host: string, port: number): void;
  received: { bytes: string; address: string; port: number }[];
}

/** One platform, fresh for one rule, and the world around it. Time may be real or virtual. */
export interface PortFixture {
  /** The platform under test, not opened yet. */
  platform: Platform;
  /** The address under which peers reach the platform's listeners. */
  host: string;
  /** A port nobody uses. */
  freePort(): Promise<number>;
  /** Connects to a listener of the platform under test. */
  connectPeer(port: number): PortPeer;
  /** Listens outside the platform under test. */
  listenPeer(onPeer: (peer: PortPeer) => void): Promise<PortServer>;
  udpPeer(): Promise<PortUdpPeer>;
  /** Lets time pass until `isReached` holds; rejects naming `what` when it does not. */
  settle(isReached: () => boolean, what: string): Promise<void>;
  /** Lets everything that is under way happen. */
  quiet(): Promise<void>;
  /** Bytes certain to exceed all buffers between the platform and a peer that does not read. */
  floodBytes: number;
  /** The platform's strings are their bytes already (Espruino), so text of other alphabets is not converted. */
  textIsBytes?: boolean;
  /** A name that does not resolve, an address of another host: rules that need one are skipped without it. */
  unknownHost?: string;
  foreignAddress?: string;
  /** An address that never answers a connect; only where the time-out is short enough for a test. */
  silentHost?: string;
  /** Options with which a TLS connection of the platform to itself works, and client options that refuse the server. */
  tls?: { server: TlsOptions; client: TlsOptions; distrusting: TlsOptions };
  /** What takes the platform's link away, and gives it back; it is up at the start. */
  link?: { drop(): void; regain(): void };
  close(): Promise<void>;
}

/** Makes a fixture with a platform of its own for one rule. */
export type MakeFixture = () => PortFixture | Promise<PortFixture>;
