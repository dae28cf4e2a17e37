/**
 * Owns: the firmware's socket handling, pass by pass: libs/network/socketserver.c for plain and datagram sockets, with
 * its own field names and its faults, because programs see both. Function names in comments are those of that file.
 * Does not own: sockets (see network-stack.ts), the JavaScript functions that get here (net-library.ts).
 *
 * What a program notices of it: one recv and one send of `chunkBytes` a pass; `data` inside the pass, everything else
 * queued to its end for the listeners there are now; the end of the peer's stream is a full close; an accepted socket
 * is polled in the pass that accepted it, so it may be dead, or have data, before its callback runs; without a data
 * listener all that arrives is kept; data left in `dRcv` by a full buffer is handed on again in every pass.
 */

import { canPush, hasDataListener, pushData } from "./emitter.js";
import type { Interpreter } from "./interpreter.js";
import type { NetworkStack } from "./network-stack.js";
import { CreateResult } from "./network-stack.js";
import { HEADER_BYTES } from "./datagrams.js";
import type { JsObject } from "./realm.js";
import { asString } from "./print.js";
import { SocketError, socketErrorText } from "./stack-socket.js";
import type { TlsOptions } from "../../src/core/port.js";

/** Bits of the field `type`. */
export const enum SocketType {
  Normal = 0,
  Datagram = 2,
  TypeMask = 3,
  Tls = 4,
}

/** The fields a program can see on a socket, a datagram socket or a server, under the firmware's names. */
export interface SocketObject extends JsObject {
  type: number;
  port?: number;
  /** Number of the socket plus one; absent when there is none. A program may take it away: the socket is skipped. */
  sckt?: number;
  conn?: boolean;
  opt?: JsObject;
  hdrs?: boolean;
  endd?: boolean;
  /** Received and not yet handed on. */
  dRcv?: string;
  /** Written and not yet sent. */
  dSnd?: string;
  /** Close in the next pass, whatever is left. */
  clsNow?: boolean;
  /** Close when everything was sent; writing is over. */
  cls?: boolean;
}

/** What the loop needs of its board. */
export interface SocketLoopOptions {
  interp: Interpreter;
  stack: NetworkStack;
  chunkBytes: number;
  makeSocket(type: SocketType): SocketObject;
  tlsOptions(options: JsObject): TlsOptions;
}

/** The three lists of the firmware and what it does with them. */
export class SocketLoop {
  /** HttpS: servers. */
  readonly servers: SocketObject[] = [];
  /** HttpSC: of these only bound datagram sockets. */
  readonly serverConns: SocketObject[] = [];
  /** HttpCC: client and accepted sockets, and every datagram socket. */
  readonly clients: SocketObject[] = [];
  /** Receive and send at most this much; a datagram socket with `recvBufferSize` raises it for all. */
  chunkBytes: number;
  private readonly interp: Interpreter;
  private readonly stack: NetworkStack;
  /** What the pass over one socket works on: its `dRcv`, and the error it met. */
  private rest: string | undefined;
  private error = 0;
  /** The firmware makes its list of servers with the first listen, and does nothing for `close` before. */
  private hasServerList = false;
  /** Something was kept in this pass that could not be handed on: the next pass may meet the end behind it. */
  private hasKept = false;

  constructor(private readonly opts: SocketLoopOptions) {
    this.interp = opts.interp;
    this.stack = opts.stack;
    this.chunkBytes = opts.chunkBytes;
  }

  /** socketIdle: one pass. */
  idle(): void {
    this.hasKept = false;
    for (let i = 0; i < this.servers.length; i++) this.accept(this.servers[i]);
    sweep(this.serverConns, (conn) => this.serverConnIdle(conn));
    sweep(this.clients, (conn) => this.clientIdle(conn));
  }

  private accept(server: SocketObject): void {
    const fd = this.stack.accept(fdOf(server));
    if (fd < 0) return;
    const socket = this.opts.makeSocket(server.type);
    this.clients.push(socket);
    socket.sckt = fd + 1;
    this.interp.queueListeners(server, "connect", [socket]);
  }

  /** socketClientConnectionsIdle for one socket; true when it is gone. */
  private clientIdle(conn: SocketObject): boolean {
    let isClosing = Boolean(conn.clsNow);
    const wasConnected = Boolean(conn.conn);
    const fd = fdOf(conn);
    this.rest = undefined;
    this.error = 0;
    if (fd >= 0) {
      this.rest = conn.dRcv;
      this.pushRest(conn, false);
      if (!isClosing) isClosing = this.exchange(conn, fd, wasConnected);
    }
    return isClosing && this.closeClient(conn);
  }

  /** Sends, then receives; true when the socket must be closed. */
  private exchange(conn: SocketObject, fd: number, wasConnected: boolean): boolean {
    let isClosing = false;
    if (conn.dSnd) {
      this.error = this.sendSome(conn, fd);
      isClosing = this.error < 0;
    } else if (conn.cls) {
      isClosing = true;
    }
    const piece = this.stack.recv(fd, this.chunkBytes);
    if (piece === undefined) {
      const code = this.stack.recvError;
      if (!wasConnected && code === (SocketError.NoConnection as number)) return isClosing;
      this.error = code;
      return true;
    }
    if (!wasConnected) this.nowConnected(conn);
    if (piece !== "") this.received(conn, piece);
    return isClosing;
  }

  private nowConnected(conn: SocketObject): void {
    this.interp.queueListeners(conn, "connect", [conn]);
    conn.conn = true;
    if (!conn.dSnd) this.interp.queueListeners(conn, "drain", [conn]);
  }

  /** socketSendData: 0, or why it failed. */
  private sendSome(conn: SocketObject, fd: number): number {
    const all = conn.dSnd as string;
    const isDatagram = isDatagramType(conn);
    const piece = isDatagram || all.length <= this.chunkBytes ? all : all.slice(0, this.chunkBytes);
    const sent = this.stack.send(fd, piece);
    if (sent < 0) return sent;
    if (sent === 0) return 0;
    const isAll = sent >= all.length;
    if (isAll && !conn.cls) this.interp.queueListeners(conn, "drain", [conn]);
    conn.dSnd = isAll ? "" : all.slice(sent);
    return 0;
  }

  /** socketReceived. */
  private received(conn: SocketObject, piece: string): void {
    this.rest = this.rest === undefined ? piece : this.rest + piece;
    if (isDatagramType(conn)) {
      this.receivedDatagram(conn);
    } else {
      conn.hdrs = true;
      this.pushRest(conn, false);
    }
    conn.dRcv = this.rest;
    if (this.rest) this.hasKept = true;
  }

  private receivedDatagram(conn: SocketObject): void {
    const rest = this.rest as string;
    const length = rest.charCodeAt(6) | (rest.charCodeAt(7) << 8);
    if (rest.length < HEADER_BYTES) return;
    const info = this.interp.realm.object({
      address: [0, 1, 2, 3].map((i) => rest.charCodeAt(i)).join("."),
      port: rest.charCodeAt(4) | (rest.charCodeAt(5) << 8),
      size: length,
    });
    const end = HEADER_BYTES + length;
    this.rest = rest.length > end ? rest.slice(end) : undefined;
    this.interp.queueListeners(conn, "message", [rest.slice(HEADER_BYTES, end), info]);
  }

  /** socketPushReceiveData: hands `rest` on; it is kept when there is neither listener nor room. */
  private pushRest(conn: SocketObject, isForced: boolean): void {
    const rest = this.rest;
    if (!rest) return;
    if (pushData(this.interp, conn, rest, isForced)) this.rest = undefined;
    else this.rest = rest;
  }

  /** The end of socketClientConnectionsIdle: held back while data cannot be handed on. */
  private closeClient(conn: SocketObject): boolean {
    this.pushRest(conn, true);
    if (this.rest) return false;
    if (conn.dSnd && this.error === (SocketError.Closed as number)) this.error = SocketError.UnsentData;
    this.kill(conn);
    const hadError = this.fireError(conn);
    if (!conn.endd) {
      conn.endd = true;
      this.interp.queueListeners(conn, "end", []);
    }
    this.interp.queueListeners(conn, "close", [hadError]);
    return true;
  }

  private fireError(conn: SocketObject): boolean {
    const code = this.error;
    if (code >= 0 || code === (SocketError.Closed as number)) return false;
    const details = this.interp.realm.object({ code, message: socketErrorText(code) });
    this.interp.queueListeners(conn, "error", [details]);
    return true;
  }

  /** socketServerConnectionsIdle for one bound datagram socket; true when it is gone. */
  private serverConnIdle(conn: SocketObject): boolean {
    const fd = fdOf(conn);
    let isClosing = Boolean(conn.clsNow);
    this.error = 0;
    if (!isClosing) {
      const piece = this.stack.recv(fd, this.chunkBytes);
      this.rest = conn.dRcv;
      if (piece) this.received(conn, piece);
      if (conn.dSnd) this.error = this.sendSome(conn, fd);
      isClosing = piece === undefined || this.error < 0;
      if (!conn.dSnd && !piece) isClosing = Boolean(conn.cls);
      else if (piece) isClosing = false;
    }
    if (!isClosing) return false;
    const hadError = this.fireError(conn);
    this.interp.queueListeners(conn, "end", []);
    this.interp.queueListeners(conn, "close", [hadError]);
    this.kill(conn);
    return true;
  }

  /** _socketConnectionKill. A socket whose number the program took away keeps its place in the stack. */
  private kill(conn: SocketObject): void {
    const fd = fdOf(conn);
    if (fd < 0) return;
    this.stack.close(fd);
    delete conn.sckt;
    conn.conn = false;
    conn.cls = true;
  }

  /** serverListen. */
  listen(server: SocketObject, port: number): void {
    const isDatagram = isDatagramType(server);
    this.hasServerList = true;
    server.port = port & 0xffff;
    const fd = isDatagram ? this.stack.openDatagram(server.port) : this.stack.listen(server.port);
    if (fd < 0) {
      server.clsNow = true;
      throw this.interp.realm.error("InternalError", "Unable to create socket");
    }
    server.sckt = fd + 1;
    (isDatagram ? this.serverConns : this.servers).push(server);
  }

  /** serverClose. */
  closeServer(server: SocketObject): void {
    if (!this.hasServerList) return;
    this.kill(server);
    const index = this.servers.indexOf(server);
    if (index >= 0) this.servers.splice(index, 1);
    else this.interp.printLine("WARNING: Server not found!");
  }

  /** clientRequestNew. */
  addClient(conn: SocketObject, options: JsObject, callback: unknown): void {
    if (callback !== undefined) conn["#onconnect"] = callback;
    this.clients.push(conn);
    conn.opt = options;
  }

  /** clientRequestConnect. */
  connect(conn: SocketObject): void {
    if (fdOf(conn) >= 0) return;
    const fd = isDatagramType(conn) ? this.stack.openDatagram(0) : this.dial(conn);
    if (fd >= 0) {
      conn.sckt = fd + 1;
      return;
    }
    conn.clsNow = true;
    const isUnknown = fd === (CreateResult.HostNotFound as number);
    throw this.interp.realm.error("InternalError", isUnknown ? "Unable to locate host" : "Unable to create socket");
  }

  private dial(conn: SocketObject): number {
    const options = conn.opt as JsObject;
    const host = options.host === undefined ? "127.0.0.1" : asString(options.host).slice(0, 127);
    let port = Number(options.port ?? 0) & 0xffff;
    const isTls = (conn.type & SocketType.Tls) !== 0;
    if (isTls && port === 0) port = 443;
    return this.stack.connect(host, port, isTls ? this.opts.tlsOptions(options) : undefined);
  }

  /** clientRequestWrite. `header` goes before the data of a datagram. */
  write(conn: SocketObject, data: unknown, header?: (size: number) => string): void {
    if (conn.clsNow || conn.cls) throw this.interp.realm.error("Error", "This socket is closed");
    if (conn.dSnd === undefined) conn.dSnd = "";
    if (data !== undefined) {
      const text = asString(data);
      conn.dSnd += header === undefined ? text : header(text.length) + text;
    }
    if (header !== undefined) this.connect(conn);
  }

  /** clientRequestEnd. */
  end(conn: SocketObject): void {
    if (!conn.dSnd) conn.clsNow = true;
    conn.cls = true;
  }

  /** True when another pass would do something: the caller then need not wait for the host. */
  hasWork(): boolean {
    return (
      this.hasKept ||
      this.servers.some((server) => this.stack.canAccept(fdOf(server))) ||
      this.serverConns.some((conn) => this.canProgress(conn)) ||
      this.clients.some((conn) => this.canProgress(conn))
    );
  }

  private canProgress(conn: SocketObject): boolean {
    const fd = fdOf(conn);
    if (fd < 0) return Boolean(conn.clsNow);
    const isHeld = Boolean(conn.dRcv) && !canPush(conn, conn.dRcv as string);
    if (conn.clsNow || (conn.cls && !conn.dSnd)) return !isHeld;
    if (conn.dSnd && this.stack.isWritable(fd)) return true;
    if (conn.dRcv && (hasDataListener(conn) || !isHeld)) return true;
    if (!conn.conn && this.stack.isConnected(fd)) return true;
    return this.stack.isAtEnd(fd) ? !isHeld : this.stack.isReadable(fd);
  }

  /** _socketCloseAllConnections: no events. */
  killAll(): void {
    for (const conn of [...this.serverConns, ...this.clients, ...this.servers]) this.kill(conn);
    this.serverConns.length = 0;
    this.clients.length = 0;
    this.servers.length = 0;
  }
}

/** Goes through a list that may grow meanwhile; takes out what `isGone` says is gone. */
function sweep(list: SocketObject[], isGone: (conn: SocketObject) => boolean): void {
  for (let i = 0; i < list.length; i++) {
    const conn = list[i];
    if (!isGone(conn)) continue;
    const at = list[i] === conn ? i : list.indexOf(conn);
    if (at < 0) continue;
    list.splice(at, 1);
    if (at <= i) i--;
  }
}

/** Number of the socket, -1 when there is none. */
function fdOf(conn: SocketObject): number {
  return (Number(conn.sckt ?? 0) | 0) - 1;
}

function isDatagramType(conn: SocketObject): boolean {
  return (conn.type & SocketType.TypeMask) === (SocketType.Datagram as number);
}
