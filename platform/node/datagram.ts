/**
 * Owns: datagram sockets.
 *
 * IPv4 unless the host of the spec is an IPv6 literal. Names are resolved by Node, literals without leaving the turn.
 * A datagram is lost silently when its name does not resolve, when there is no route, or when the peer's host refuses
 * it (an ICMP answer): UDP promises no more, and one bad peer must not end a socket that serves others.
 */

import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { lookup } from "node:dns";
import type { LookupOneOptions } from "node:dns";
import { isIP } from "node:net";
import { Err, WriteResult } from "../../src/core/port.js";
import type { ListenSpec, Owner, Raw } from "../../src/core/port.js";
import { checkPort, plainAddress } from "./addresses.js";
import { binaryOf } from "./byte-ops.js";
import { errOf } from "./errors.js";
import type { Binding, ListenUplink } from "./listen.js";
import type { Closable } from "./stream-handle.js";

/** Largest payload of an IPv4 datagram: 65535 less the IP and UDP heads. */
export const DATAGRAM_MAX_BYTES = 65507;
/** Datagrams of one socket that may wait in Node (name look-up, kernel buffer full); what is above is lost. */
const UNSENT_MAX = 256;

type LookupDone = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/** A datagram socket; the {@link Handle} the core gets. */
export class DatagramHandle implements Closable {
  /** Undefined: destroyed or closed, nothing goes up. */
  owner: Owner | undefined;
  isBound = false;
  unsentCount = 0;
  readonly family: 4 | 6;
  readonly socket: Socket;
  readonly onSent: () => void;

  constructor(
    readonly up: ListenUplink,
    owner: Owner,
    readonly spec: ListenSpec,
    readonly at: Binding,
  ) {
    this.owner = owner;
    this.family = isIP(at.host) === 6 ? 6 : 4;
    this.onSent = () => void this.unsentCount--;
    this.socket = createSocket({ type: this.family === 6 ? "udp6" : "udp4", lookup: resolverOf(this) });
    this.socket.on("listening", () => onListening(this));
    this.socket.on("error", (error) => onError(this, error));
    this.socket.on("message", (bytes, from) => {
      if (this.owner !== undefined) up.sink.datagram(this.owner, binaryOf(bytes, 0, bytes.length), plainAddress(from.address), from.port);
    });
  }

  /** See {@link Platform.sendTo}. Failed also means: an IPv6 literal on an IPv4 socket, no valid port, or too many unsent. */
  send(bytes: Raw, host: string, port: number): number {
    if (this.owner === undefined) return WriteResult.Closed;
    const canReach = port > 0 && port <= 65535 && (this.family === 6 || host.indexOf(":") < 0);
    if (!canReach || bytes.length > DATAGRAM_MAX_BYTES) return WriteResult.Failed;
    if (this.unsentCount >= UNSENT_MAX) return WriteResult.Failed;
    this.unsentCount++;
    // Node would send a string as UTF-8.
    this.socket.send(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, port, host, this.onSent);
    return bytes.length;
  }

  destroy(): void {
    if (this.owner === undefined) return;
    this.owner = undefined;
    this.socket.close();
  }
}

/** Opens and binds a datagram socket. Never throws: a port Node does not accept becomes `closed`. */
export function openDatagramSocket(up: ListenUplink, owner: Owner, spec: ListenSpec, at: Binding): DatagramHandle {
  const handle = new DatagramHandle(up, owner, spec, at);
  try {
    checkPort(at.hostPort);
    handle.socket.bind({ port: at.hostPort, address: at.host === "" ? undefined : at.host });
  } catch (error) {
    setImmediate(onError, handle, error as Error);
  }
  return handle;
}

/** Literals are answered at once (Node's own look-up takes another turn for each datagram); names go to the resolver. */
function resolverOf(handle: DatagramHandle): (host: string, options: LookupOneOptions, done: LookupDone) => void {
  return (host, options, done) => {
    const literal = isIP(host);
    // Not before it is bound: `bind` too comes here, and must not report back from inside `openDatagram`.
    if (literal === 0 || !handle.isBound) return lookup(host, options, done);
    // An IPv6 socket reaches IPv4 hosts by their mapped address.
    if (literal === 4 && handle.family === 6) return done(null, `::ffff:${host}`, 6);
    done(null, host, literal);
  };
}

function onListening(handle: DatagramHandle): void {
  if (handle.owner === undefined) return;
  handle.isBound = true;
  if (handle.family === 4) handle.socket.setBroadcast(true);
  const bound = handle.socket.address();
  const appPort = handle.spec.port === 0 ? bound.port : handle.spec.port;
  // Port 0 is a client's as a rule: nobody is to be told of it.
  if (handle.spec.port !== 0) handle.up.bound({ appPort, hostPort: bound.port, isTls: false, isDatagram: true });
  handle.up.sink.listening(handle.owner, plainAddress(bound.address), appPort);
}

function onError(handle: DatagramHandle, error: NodeJS.ErrnoException): void {
  const err = errOf(error);
  // Windows reports the ICMP answer to an earlier datagram as an error of receiving.
  if (handle.owner === undefined || (handle.isBound && (err === Err.Refused || err === Err.Reset))) return;
  const owner = handle.owner;
  if (!handle.isBound) {
    handle.up.bindFailed({ appPort: handle.spec.port, hostPort: handle.at.hostPort, isTls: false, isDatagram: true }, err);
  }
  handle.destroy();
  handle.up.sink.closed(owner, err);
}
