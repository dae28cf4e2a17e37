// The world around the device, as the scripts of the suite see it: two implementations, real sockets and simulated ones.

/** Where one end of a connection stands: "ended" has seen the end of the device's stream, "closed" is gone for good. */
export type PeerState = "connecting" | "open" | "ended" | "closed";

/** A peer's end of a connection. Bytes are binary strings: one character for each. */
export interface Peer {
  readonly state: PeerState;
  /** Everything received and not taken yet. */
  readonly received: string;
  /** Bytes given to `send` that the network has not taken yet. */
  readonly unsentCount: number;
  send(bytes: string): void;
  /** Forgets the first `count` bytes received. */
  drop(count: number): void;
  /** Ends the own stream and goes on reading. */
  end(): void;
  /** Breaks the connection. */
  reset(): void;
  pause(): void;
  resume(): void;
}

/** A datagram socket of a peer. */
export interface UdpPeer {
  readonly port: number;
  /** Datagrams received and not taken yet. */
  readonly received: string[];
  send(bytes: string, port: number): void;
  /** Sends to where the last datagram came from. */
  reply(bytes: string): void;
}

/** What a script can do, on any platform. */
export interface Peers {
  /** The address under which the device finds its peers. */
  readonly host: string;
  /** Connects to a port of the device. */
  connect(port: number): Peer;
  /** Connects to the device's control port; stays when everything else is cleared. */
  control(port: number): Peer;
  /** Listens; `onPeer` gets every connection of the device. */
  listen(port: number, onPeer: (peer: Peer) => void): Promise<void>;
  /** Listens where nobody ever answers a connect: it neither succeeds nor fails. */
  listenSilently(port: number): Promise<void>;
  /** A datagram socket; port 0 is any. */
  udp(port: number): Promise<UdpPeer>;
  /** Lets time pass until `isReached` holds; throws naming `what` when that takes too long. */
  until(isReached: () => boolean, what: string, maxMs?: number): Promise<void>;
  sleep(ms: number): Promise<void>;
  /** Ends the own stream of every connection but the control connection. */
  endAll(): void;
  /** Breaks whatever is still open but the control connection, so that the next behaviour starts in peace. */
  clear(): void;
}
