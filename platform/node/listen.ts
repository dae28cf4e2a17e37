/**
 * Owns: listeners, plain and TLS, and handing accepted connections to the core.
 *
 * A TLS connection is accepted when its handshake is done; one that fails never goes up and is only counted. Running
 * out of file descriptors does not end a listener: it stops accepting for a moment (the backlog of the kernel waits).
 */

import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { ListenSpec, Owner, TlsOptions } from "../../src/core/port.js";
import { Err } from "../../src/core/port.js";
import { plainAddress } from "./addresses.js";
import type { PublishedPort } from "./addresses.js";
import { errOf } from "./errors.js";
import { attachShared } from "./shared-read.js";
import { Phase, StreamHandle } from "./stream-handle.js";
import type { Closable, Uplink } from "./stream-handle.js";

/** The listener as the kernel sees it: the host port may be another one than the program asked for. */
export interface Binding {
  host: string;
  hostPort: number;
}

/** What listeners tell the platform besides the sink. */
export interface ListenUplink extends Uplink {
  bound(port: PublishedPort): void;
  bindFailed(port: PublishedPort, err: Err): void;
  tlsFailed(): void;
  log(line: string): void;
}

/** Connections the kernel completes and keeps until we accept them; the kernel has its own limit too. */
const BACKLOG = 511;
/** How long a listener rests after the host had no file descriptor for a new connection. */
const ACCEPT_REST_MS = 100;

/** A listener; the {@link Handle} the core gets. */
export class ListenHandle implements Closable {
  /** Undefined: destroyed or closed, nothing goes up. */
  owner: Owner | undefined;
  isListening = false;
  restTimer: NodeJS.Timeout | undefined = undefined;

  constructor(
    readonly up: ListenUplink,
    readonly server: Server,
    owner: Owner,
    readonly spec: ListenSpec,
    /** Where it is bound; a port of 0 becomes the real one. */
    readonly at: Binding,
  ) {
    this.owner = owner;
    server.on("listening", () => onListening(this));
    server.on("error", (error) => onError(this, error));
    server.on(spec.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => onSocket(this, socket));
    server.on("tlsClientError", up.tlsFailed);
  }

  bind(): void {
    const { host, hostPort } = this.at;
    const backlog = this.spec.backlog ?? BACKLOG;
    // Without a host Node takes every address, IPv6 and IPv4, or IPv4 alone where there is no IPv6.
    if (host === "") this.server.listen({ port: hostPort, backlog });
    else this.server.listen({ host, port: hostPort, backlog, ipv6Only: this.spec.ipv6Only === true });
  }

  destroy(): void {
    this.owner = undefined;
    if (this.restTimer !== undefined) clearTimeout(this.restTimer);
    this.server.close();
  }
}

/** Starts listening. Never throws: what Node throws at once (bad port, unusable certificate) becomes `closed` too. */
export function listenStream(up: ListenUplink, owner: Owner, spec: ListenSpec, at: Binding): Closable {
  let server: Server;
  try {
    server = spec.tls === undefined ? createTcpServer({ ...SOCKET_OPTIONS, pauseOnConnect: true }) : createTls(spec.tls);
  } catch (error) {
    up.log(`Cannot listen on port ${spec.port} with TLS: ${(error as Error).message}`);
    return failSoon(up, owner, spec, at, Err.Tls);
  }
  const handle = new ListenHandle(up, server, owner, spec, at);
  try {
    handle.bind();
  } catch (error) {
    handle.destroy();
    return failSoon(up, owner, spec, at, errOf(error as Error));
  }
  return handle;
}

function publishedPort(spec: ListenSpec, at: Binding): PublishedPort {
  return { appPort: spec.port, hostPort: at.hostPort, isTls: spec.tls !== undefined, isDatagram: false };
}

const SOCKET_OPTIONS = { allowHalfOpen: true, noDelay: true };

function createTls(tls: TlsOptions): Server {
  // Node itself starts without them, and then fails every handshake.
  if (tls.cert === undefined || tls.key === undefined) throw new Error("a certificate and its key are needed");
  // `ca` and `verify` are a client's business: a certificate of the peer is not asked for.
  return createTlsServer({ ...SOCKET_OPTIONS, cert: tls.cert, key: tls.key });
}

/** A handle for a listener that could not even start: `closed` follows in the next turn. */
function failSoon(up: ListenUplink, owner: Owner, spec: ListenSpec, at: Binding, err: Err): Closable {
  const immediate = setImmediate(() => {
    up.bindFailed(publishedPort(spec, at), err);
    up.sink.closed(owner, err);
  });
  return { destroy: () => clearImmediate(immediate) };
}

function onListening(handle: ListenHandle): void {
  // Destroyed while the name of the host was looked up.
  if (handle.owner === undefined) return void handle.server.close();
  if (handle.isListening) return;
  handle.isListening = true;
  const bound = handle.server.address() as AddressInfo;
  const appPort = handle.spec.port === 0 ? bound.port : handle.spec.port;
  handle.at.hostPort = bound.port;
  handle.up.bound({ appPort, hostPort: bound.port, isTls: handle.spec.tls !== undefined, isDatagram: false });
  handle.up.sink.listening(handle.owner, plainAddress(bound.address), appPort);
}

function onSocket(handle: ListenHandle, socket: Socket): void {
  const listener = handle.owner;
  if (listener === undefined) return void socket.destroy();
  const stream = new StreamHandle(handle.up, undefined, Phase.Open);
  if (handle.spec.tls === undefined) attachShared(stream, socket);
  else stream.attach(socket, false);
  const peer = stream.socket;
  const owner = handle.up.sink.accepted(listener, stream, plainAddress(peer.remoteAddress), peer.remotePort ?? 0);
  if (owner === undefined) stream.end();
  else if (!stream.isDestroyed) stream.owner = owner;
}

function onError(handle: ListenHandle, error: NodeJS.ErrnoException): void {
  if (handle.owner === undefined) return;
  const err = errOf(error);
  if (handle.isListening && err === Err.TooManySockets) return rest(handle);
  const owner = handle.owner;
  if (!handle.isListening) handle.up.bindFailed(publishedPort(handle.spec, handle.at), err);
  handle.destroy();
  handle.up.sink.closed(owner, err);
}

/**
 * Where libuv has no spare descriptor to turn a connection away with, it reports the same one again and again at full
 * speed. Only closing stops that.
 */
function rest(handle: ListenHandle): void {
  if (handle.restTimer !== undefined) return;
  handle.server.close();
  handle.restTimer = setTimeout(() => {
    handle.restTimer = undefined;
    handle.bind();
  }, ACCEPT_REST_MS);
}
