/**
 * Owns: the board's sockets as the firmware's network driver sees them (network_esp32.c, a copy of network_linux.c):
 * numbers, accept, recv, send, close, over the sockets of a host platform. Receives the host's upcalls.
 * Does not own: what the firmware does with them (see socket-loop.ts).
 *
 * Invariants
 * - At most `board.sockets` sockets have a number. lwip then refuses what it accepts (alloc_socket of sockets.c fails
 *   and the connection is deleted); Linux leaves it in the backlog.
 * - A socket takes at most {@link RECV_WINDOW_BYTES} from the host that the program has not read: TCP then makes the
 *   peer wait, as the board's own window does.
 * - While `heldCount` is above zero a connect has not been answered and the board stands still, as it does on the chip.
 */

import { Err, WriteResult } from "../../src/core/port.js";
import type { Handle, Owner, Platform, Raw, Sink, TlsOptions } from "../../src/core/port.js";
import type { Board } from "../../boards/board.js";
import { NameTable, decodeDatagrams, encodeDatagram } from "./datagrams.js";
import { ListenSocket, PortGroup, PortTable } from "./port-table.js";
import { errnoOf, Progress, SocketError, socketErrorOf, SocketKind, StackSocket } from "./stack-socket.js";

/** TCP window of the shipped ESP32 configuration (CONFIG_TCP_WND_DEFAULT): four segments. */
const RECV_WINDOW_BYTES = 5744;
/** Datagrams a socket holds that were not read (lwip's mailbox). */
const INBOX_MAX = 6;

/** Says at once whether a connect would succeed: `None`, or why not. Blocks, as the chip does. */
export type ConnectProbe = (host: string, port: number) => Err;

/** What the stack needs of the board around it. */
export interface StackOptions {
  host: Platform;
  board: Board;
  /** Undefined: nobody can say at once, so failures come as events. */
  probe: ConnectProbe | undefined;
  /** False: connect does not block, failures come as events (ESP8266). */
  isConnectBlocking: boolean;
  hostPortFor(port: number): number;
  /** Something happened that the next pass must look at. */
  onActivity(): void;
  /** A new connection stands: the pass that looks at it may come a little later. */
  onFresh(): void;
  onWake(): void;
  onBound(port: number, hostPort: number, address: string): void;
  onBindFailed(port: number, hostPort: number, err: Err): void;
  /** The TLS handshake of a connection failed. */
  onTlsFailed(): void;
  printLine(line: string): void;
}

/** Answers of `listen`, `connect` and `openDatagram` below zero. */
export const enum CreateResult {
  Failed = -1,
  HostNotFound = -2,
}

/** The number of a listener that could not be made: the firmware takes "no socket left" for socket 0 there. */
const DEAF_FD = 0;

/** The network stack of one board. */
export class NetworkStack implements Sink {
  /** Sockets that hold the board until the host has answered. */
  heldCount = 0;
  /** Why `recv` answered undefined. */
  recvError = 0;
  /** The link is down: nothing new comes in, nothing goes out, and no socket is told. */
  private isCut = false;
  private readonly fds = new Map<number, StackSocket | ListenSocket>();
  private readonly ports: PortTable;
  private readonly datagramPorts = new Map<number, StackSocket>();
  private readonly lingering = new Set<StackSocket>();
  private readonly names = new NameTable();
  private readonly isLinux: boolean;

  constructor(private readonly opts: StackOptions) {
    this.isLinux = opts.board.id === "linux";
    this.ports = new PortTable(opts, {
      drop: (socket) => this.drop(socket),
      refuse: (socket) => this.fail(socket, SocketError.Reset),
    });
    opts.host.open(this);
  }

  /** Sockets in use, listeners included. */
  get usedCount(): number {
    return this.fds.size;
  }

  /** The host's port for a port the program listens on; undefined while not bound. */
  hostPortOf(port: number): number | undefined {
    const hostPort = this.ports.find(port)?.hostPort ?? -1;
    return hostPort < 0 ? undefined : hostPort;
  }

  /** socket + bind + listen. The number, or {@link CreateResult}. */
  listen(port: number): number {
    if (!this.hasRoom()) return this.complain("Socket creation failed", DEAF_FD);
    const listener = this.ports.open(port);
    return listener === undefined ? this.complain("Socket bind failed", CreateResult.Failed) : this.number(listener);
  }

  /** socket + connect. The number, or {@link CreateResult}: then the reason was printed. */
  connect(host: string, port: number, tls: TlsOptions | undefined): number {
    const own = isLoopback(host) ? this.ports.find(port) : undefined;
    const err = own === undefined ? this.probe(host, port) : ownPortErr(own);
    if (err === Err.HostNotFound) return CreateResult.HostNotFound;
    if (!this.hasRoom()) return this.complain("Socket creation failed", CreateResult.Failed);
    if (err !== Err.None) return this.complain(`Connect failed (err ${errnoOf(err)})`, CreateResult.Failed);
    const socket = new StackSocket(SocketKind.Stream, tls === undefined ? Progress.Connecting : Progress.Handshaking);
    if (this.opts.isConnectBlocking && tls === undefined) this.hold(socket);
    if (own === undefined) socket.handle = this.opts.host.connect(socket, { host, port, tls });
    else this.ports.connectOwn(socket, own);
    return this.number(socket);
  }

  /** Takes the link away, or gives it back: what waited goes on. */
  cut(isCut: boolean): void {
    this.isCut = isCut;
    this.opts.onActivity();
  }

  private probe(host: string, port: number): Err {
    if (this.isCut) return Err.Unreachable;
    if (port === 0) return Err.Refused;
    if (!this.opts.isConnectBlocking || this.opts.probe === undefined) return Err.None;
    return this.opts.probe(host, port);
  }

  /** A datagram socket; `port` 0 is any. The number, or {@link CreateResult}. */
  openDatagram(port: number): number {
    if (!this.hasRoom()) return this.complain("Socket creation failed", port > 0 ? DEAF_FD : CreateResult.Failed);
    if (port > 0 && this.datagramPorts.has(port)) return this.complain("Socket bind failed", CreateResult.Failed);
    const socket = new StackSocket(SocketKind.Datagram, Progress.Open);
    socket.port = port;
    if (port > 0) this.datagramPorts.set(port, socket);
    const hostPort = port > 0 ? this.opts.hostPortFor(port) : 0;
    socket.handle = this.opts.host.openDatagram(socket, { host: "", port: hostPort });
    return this.number(socket);
  }

  /** Number of a connection that waits, or -1. */
  accept(fd: number): number {
    const listener = this.fds.get(fd);
    if (!(listener instanceof ListenSocket) || listener.backlog.length === 0 || this.isCut) return -1;
    if (this.hasRoom()) return this.number(listener.backlog.shift() as StackSocket);
    if (!this.isLinux) this.drop(listener.backlog.shift() as StackSocket);
    return -1;
  }

  /** Up to `maxBytes` that arrived, "" for nothing yet, undefined for the end: see `recvError`. */
  recv(fd: number, maxBytes: number): string | undefined {
    this.recvError = SocketError.Closed;
    const socket = this.fds.get(fd);
    if (!(socket instanceof StackSocket)) return undefined;
    if (this.isCut) return "";
    if (socket.kind === SocketKind.Datagram) return this.recvDatagram(socket, maxBytes);
    if (socket.received.length > 0) return this.take(socket, maxBytes);
    if (socket.isEnded) {
      if (socket.error !== 0) this.recvError = socket.error;
      return undefined;
    }
    if (socket.progress !== Progress.Connecting) return "";
    this.recvError = SocketError.NoConnection;
    return undefined;
  }

  private take(socket: StackSocket, maxBytes: number): string {
    const all = socket.received;
    const piece = all.length > maxBytes ? all.slice(0, maxBytes) : all;
    socket.received = all.slice(piece.length);
    if (socket.hasMore && socket.received.length * 2 <= RECV_WINDOW_BYTES && !socket.isGone) {
      socket.hasMore = false;
      this.opts.host.resume(socket.handle);
    }
    return piece;
  }

  /** An empty datagram counts as the end of the socket, as in the firmware. */
  private recvDatagram(socket: StackSocket, maxBytes: number): string | undefined {
    const next = socket.inbox.shift();
    if (next === undefined) return socket.isGone ? undefined : "";
    return next.bytes === "" ? undefined : encodeDatagram(next, maxBytes);
  }

  /** Bytes taken, 0 for "not now", below zero for a dead socket. */
  send(fd: number, data: string): number {
    const socket = this.fds.get(fd);
    if (!(socket instanceof StackSocket) || socket.isGone) return SocketError.Closed;
    if (socket.isBlocked) return 0;
    if (this.isCut) return socket.kind === SocketKind.Datagram ? data.length : 0;
    if (socket.kind === SocketKind.Datagram) return this.sendDatagram(socket, data);
    if (socket.progress !== Progress.Open) return 0;
    return outcome(socket, this.opts.host.write(socket.handle, data));
  }

  /** One whole datagram from the front of `data`. One that fails is lost, as the network loses them. */
  private sendDatagram(socket: StackSocket, data: string): number {
    const { bytes, address, port, size } = decodeDatagrams(data, this.names);
    const isOwn = isLoopback(address) && this.datagramPorts.has(port);
    const hostPort = isOwn ? this.opts.hostPortFor(port) : port;
    const result = this.opts.host.sendTo(socket.handle, bytes, address, hostPort);
    return result === (WriteResult.WouldBlock as number) ? outcome(socket, result) : size;
  }

  /** Four bytes that stand for a host in a datagram's header. */
  addressBytes(host: string): string {
    return this.names.encode(host);
  }

  /** close(2): what was taken is sent, what was not read makes it a reset. */
  close(fd: number): void {
    const entry = this.fds.get(fd);
    if (entry === undefined) return;
    this.fds.delete(fd);
    if (entry instanceof ListenSocket) this.ports.close(entry);
    else this.closeSocket(entry);
  }

  private closeSocket(socket: StackSocket): void {
    this.release(socket);
    socket.isClosed = true;
    if (this.datagramPorts.get(socket.port) === socket) this.datagramPorts.delete(socket.port);
    if (socket.isGone) return;
    const isUnread = socket.received !== "" || socket.hasMore;
    if (socket.kind === SocketKind.Datagram || socket.progress !== Progress.Open || isUnread) return this.drop(socket);
    this.lingering.add(socket);
    this.opts.host.end(socket.handle);
  }

  private drop(socket: StackSocket): void {
    this.release(socket);
    socket.isClosed = true;
    if (socket.isGone) return;
    socket.isGone = true;
    if (socket.handle !== undefined) this.opts.host.destroy(socket.handle);
  }

  /** Closes everything in good order. */
  closeAll(): void {
    for (const fd of [...this.fds.keys()]) this.close(fd);
  }

  /** Closes everything at once, also what lingers. */
  destroy(): void {
    this.closeAll();
    for (const socket of this.lingering) this.drop(socket);
    this.lingering.clear();
  }

  /** True when `accept` would do something. */
  canAccept(fd: number): boolean {
    const entry = this.fds.get(fd);
    return !this.isCut && entry instanceof ListenSocket && entry.backlog.length > 0 && (this.hasRoom() || !this.isLinux);
  }

  /** True when `recv` would bring something, or the end. */
  isReadable(fd: number): boolean {
    const entry = this.fds.get(fd);
    if (!(entry instanceof StackSocket)) return true;
    return !this.isCut && (entry.received !== "" || entry.isEnded || entry.inbox.length > 0);
  }

  /** True when only the end is left to read. */
  isAtEnd(fd: number): boolean {
    const entry = this.fds.get(fd);
    return entry instanceof StackSocket && entry.isEnded && entry.received === "" && entry.inbox.length === 0;
  }

  /** True when `send` would take something or fail. */
  isWritable(fd: number): boolean {
    const entry = this.fds.get(fd);
    return !(entry instanceof StackSocket) || entry.isGone || (!this.isCut && entry.progress === Progress.Open && !entry.isBlocked);
  }

  /** True when the connection counts as standing. */
  isConnected(fd: number): boolean {
    const entry = this.fds.get(fd);
    return entry instanceof StackSocket && entry.progress !== Progress.Connecting;
  }

  private hasRoom(): boolean {
    return this.fds.size < this.opts.board.sockets;
  }

  private number(socket: StackSocket | ListenSocket): number {
    let fd = DEAF_FD + 3;
    while (this.fds.has(fd)) fd++;
    this.fds.set(fd, socket);
    socket.fd = fd;
    return fd;
  }

  private complain(message: string, answer: number): number {
    this.opts.printLine(`ERROR: ${message}`);
    return answer;
  }

  private hold(socket: StackSocket): void {
    socket.isHoldingBoard = true;
    this.heldCount++;
  }

  private release(socket: StackSocket): void {
    if (!socket.isHoldingBoard) return;
    socket.isHoldingBoard = false;
    this.heldCount--;
  }

  private fail(socket: StackSocket, error: number): void {
    this.release(socket);
    socket.isGone = true;
    socket.isEnded = true;
    socket.error = error;
  }

  // The host's upcalls.

  listening(owner: Owner, address: string, port: number): void {
    if (owner instanceof PortGroup) this.ports.bound(owner, address, port);
  }

  accepted(listener: Owner, handle: Handle): Owner | undefined {
    const socket = this.ports.accepted(listener as PortGroup, handle);
    if (socket !== undefined) this.opts.onFresh();
    return socket;
  }

  connected(owner: Owner): void {
    const socket = owner as StackSocket;
    socket.progress = Progress.Open;
    this.release(socket);
    this.opts.onFresh();
  }

  data(owner: Owner, bytes: Raw): number {
    const socket = owner as StackSocket;
    if (socket.isClosed) return 0;
    const count = Math.min(RECV_WINDOW_BYTES - socket.received.length, bytes.length);
    if (count < bytes.length) socket.hasMore = true;
    if (count > 0) socket.received += this.opts.host.bytes.latin1(bytes, 0, count);
    this.opts.onActivity();
    return bytes.length - count;
  }

  ended(owner: Owner): void {
    (owner as StackSocket).isEnded = true;
    this.opts.onActivity();
  }

  drained(owner: Owner): void {
    (owner as StackSocket).isBlocked = false;
    this.opts.onActivity();
  }

  closed(owner: Owner, err: Err): void {
    if (owner instanceof PortGroup) this.ports.failed(owner, err);
    else this.socketClosed(owner as StackSocket, err);
    this.opts.onActivity();
  }

  private socketClosed(socket: StackSocket, err: Err): void {
    this.lingering.delete(socket);
    // A reset after the connection stood looks like a close; only a connect that failed has a code of its own.
    this.fail(socket, socket.progress === Progress.Connecting ? socketErrorOf(err) : 0);
    if (socket.isClosed) return;
    if (socket.progress === Progress.Handshaking) this.opts.onTlsFailed();
    if (socket.port > 0) this.opts.onBindFailed(socket.port, this.opts.hostPortFor(socket.port), err);
  }

  datagram(owner: Owner, bytes: Raw, address: string, port: number): void {
    const socket = owner as StackSocket;
    if (socket.isClosed || socket.inbox.length >= INBOX_MAX) return;
    socket.inbox.push({ bytes: this.opts.host.bytes.latin1(bytes, 0, bytes.length), address, port });
    this.opts.onActivity();
  }

  wake(): void {
    this.opts.onWake();
  }
}

function outcome(socket: StackSocket, result: number): number {
  if (result >= 0) return result;
  if (result !== (WriteResult.WouldBlock as number)) return SocketError.Closed;
  socket.isBlocked = true;
  return 0;
}

function ownPortErr(group: PortGroup): Err {
  return group.isFailed ? Err.Refused : Err.None;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.startsWith("127.");
}
