import { type ConnectSpec, Err, type Handle, type ListenSpec, type Owner, type Raw, WriteResult } from "../../src/core/port.js";
import { freePort } from "./datagram.js";
import { failed, sink } from "./sink.js";
import type { Server, Sock } from "./types.js";

/*
 * Streams on Espruino's `net`. All handlers are top-level functions with `this`: a closure per connection would cost
 * variables and, mentioning its socket, a cycle that only garbage collection ends.
 *
 * Back-pressure. The firmware reads a socket in every pass whether anyone wants it or not. It looks the socket's number
 * up in the JavaScript object each time, though (`sckt`): with the number taken away the socket is passed over, its
 * bytes stay with the network stack, and TCP makes the peer wait. That is `park`. A parked socket does not send either,
 * so output un-parks it until it is out; what comes in meanwhile is held here. When that becomes much, because the peer
 * floods and does not read, the socket is un-parked for one pass now and then: a peer that reads again gets its output,
 * and what is held grows by a chunk at most each time.
 */

/** Held input beyond this parks the socket although output is waiting. */
const HELD_MAX_BYTES = 2144;

/** Held input beyond this keeps it parked: the write deadline will end it. */
const HELD_LAST_BYTES = 8576;

/** Between two passes in which a parked socket may send. */
const TRY_SEND_MS = 250;

/** Ports we listen on: with SO_REUSEPORT the Linux build would let two listeners share one. */
const ports: { [port: number]: number } = {};

/**
 * Bytes from the peer.
 * @hot
 */
function onData(this: Sock, data: string): void {
  const owner = this.u;
  if (!owner || this.p) return dataAside(this, data);
  const left = sink.data(owner, data);
  if (left) keep(this, data, left);
}

/** Input nobody wants, or that must wait while output goes out. */
function dataAside(c: Sock, data: string): void {
  if (!c.u) return;
  c.r = c.r ? c.r + data : data;
  if (c.r.length <= HELD_MAX_BYTES) return;
  park(c);
  if (c.dSnd) setTimeout(trySend, TRY_SEND_MS, c);
}

/** Lets the firmware send a chunk; if one came in as well, `dataAside` parks the socket again. */
function trySend(c: Sock): void {
  if (c.u && c.dSnd && c.r && c.r.length < HELD_LAST_BYTES) unpark(c);
}

/** The core took less than all: hold the rest and read no more. */
function keep(c: Sock, data: string, left: number): void {
  if (!c.u) return;
  c.r = data.slice(data.length - left);
  c.p = 1;
  if (!c.dSnd) park(c);
}

/** Takes the socket out of the firmware's sight: it neither reads nor sends. */
function park(c: Sock): void {
  if (!c.sckt) return;
  c.k = c.sckt;
  c.sckt = 0;
}

function unpark(c: Sock): void {
  if (!c.k) return;
  c.sckt = c.k;
  c.k = 0;
}

function onClose(this: Sock, hadError: boolean): void {
  const owner = this.u;
  if (!owner) return;
  // Reset and normal close look the same; the one error there is (-8) says that output was lost.
  const err = this.t ? Err.Tls : hadError ? Err.UnsentData : Err.None;
  this.k = 0;
  if (this.r) {
    this.z = err + 1;
    return;
  }
  this.u = undefined;
  sink.closed(owner, err);
}

function onDrain(this: Sock): void {
  if (this.p) park(this);
  if (!this.d) return;
  this.d = 0;
  if (this.u) sink.drained(this.u);
}

function ignoreData(): void {}

/** Hands out a new connection. One that died before we heard of it has no number and will never say anything. */
function onAccept(this: Server, c: Sock): void {
  if (!c.sckt || !this.u) return drop(c);
  c.p = 0;
  const owner = sink.accepted(this.u, c, "", 0);
  if (!owner) return drop(c);
  attach(c, owner);
}

/** Nobody wants this one: what was written to it goes out, then it closes. It needs a handler or its close waits for a reader. */
function drop(c: Sock): void {
  c.on("data", ignoreData as (this: Sock) => void);
  if (c.sckt) c.end();
}

function attach(c: Sock, owner: Owner): void {
  c.u = owner;
  c.on("data", onData as (this: Sock, arg: never) => void);
  c.on("close", onClose as (this: Sock, arg: never) => void);
}

/** See `Platform.listen`. The interpreter binds every address of the board; a narrower wish is refused, not ignored. */
export function listen(owner: Owner, spec: ListenSpec): Handle {
  if (spec.host && spec.host !== "0.0.0.0") return failed(owner, Err.NotSupported);
  if (ports[spec.port]) return failed(owner, Err.AddressInUse);
  const server: Server = require("net").createServer(onAccept);
  server.u = owner;
  server.o = spec.port;
  try {
    server.listen(spec.port);
  } catch (e) {
    return failed(owner, Err.AddressInUse);
  }
  ports[spec.port] = 1;
  setTimeout(reportListening, 0, server);
  return server;
}

function reportListening(server: Server): void {
  if (server.u) sink.listening(server.u, "", server.o as number);
}

/** See `Platform.connect`. Blocks until the peer has answered or TCP has given up; refusal and unknown names throw here. */
export function connect(owner: Owner, spec: ConnectSpec): Handle {
  const tls = spec.tls;
  // The interpreter never verifies: only a program that says so gets TLS here.
  if (tls && tls.verify !== false) return failed(owner, Err.NotSupported);
  let c: Sock;
  try {
    c = tls
      ? require("tls").connect({ host: spec.host, port: spec.port, ca: tls.ca, cert: tls.cert, key: tls.key }, onConnect)
      : require("net").connect({ host: spec.host, port: spec.port }, onConnect);
  } catch (e) {
    return failed(owner, String(e).indexOf("locate") >= 0 ? Err.HostNotFound : Err.Refused);
  }
  c.u = owner;
  c.p = 0;
  if (tls) c.t = 1;
  c.on("close", onClose as (this: Sock, arg: never) => void);
  return c;
}

/** The connect callback: `this` is the socket. Input that came first is still with the firmware, for want of a handler. */
function onConnect(this: Sock): void {
  if (!this.u) return;
  sink.connected(this.u, "", 0);
  if (this.u) this.on("data", (this.t ? onTlsData : onData) as (this: Sock, arg: never) => void);
}

/** The first bytes of a TLS client: until then a close means that the handshake failed. */
function onTlsData(this: Sock, data: string): void {
  this.t = 0;
  onData.call(this, data);
}

/** See `Platform.adopt`. */
export function adoptSocket(owner: Owner, socket: unknown): Handle {
  const c = socket as Sock;
  c.p = 0;
  attach(c, owner);
  return c;
}

/**
 * See `Platform.write`. One write at a time: the next when the firmware has sent the last one.
 * @hot
 */
export function write(handle: Handle, raw: Raw): number {
  const c = handle as Sock;
  if (c.dSnd || c.p) return writeAside(c, raw);
  if (!c.sckt) return WriteResult.Closed;
  c.write(raw as string);
  return raw.length;
}

/** A write while the last one is not out, or while reading is paused. */
function writeAside(c: Sock, raw: Raw): number {
  if (c.dSnd) return block(c);
  unpark(c);
  if (!c.sckt) return WriteResult.Closed;
  c.write(raw as string);
  listenForDrain(c);
  return raw.length;
}

function block(c: Sock): number {
  listenForDrain(c);
  c.d = 1;
  return WriteResult.WouldBlock;
}

/** The drain handler is attached when it is first needed: most connections never do. */
function listenForDrain(c: Sock): void {
  if (c.d !== undefined) return;
  c.d = 0;
  c.on("drain", onDrain as (this: Sock) => void);
}

/** See `Platform.pause`. */
export function pause(handle: Handle): void {
  const c = handle as Sock;
  if (c.p) return;
  c.p = 1;
  if (!c.dSnd) park(c);
  else listenForDrain(c);
}

/** See `Platform.resume`. */
export function resume(handle: Handle): void {
  const c = handle as Sock;
  if (c.p === 1) c.p = 2;
  if (c.p) setTimeout(readAgain, 0, c);
}

/** Offers what is held; when all of it was taken, reading goes on. */
function readAgain(c: Sock): void {
  if (!c.u || c.p !== 2) return;
  const held = c.r;
  if (held) {
    c.r = undefined;
    const left = sink.data(c.u, held);
    if (!c.u) return;
    if (left) {
      c.r = held.slice(held.length - left);
      c.p = 1;
      return;
    }
  }
  if (c.p !== 2) return;
  c.p = 0;
  unpark(c);
  if (c.z) closedLate(c);
}

/** The close that waited for its input to be taken. */
function closedLate(c: Sock): void {
  const owner = c.u;
  c.u = undefined;
  if (owner) sink.closed(owner, (c.z as number) - 1);
}

/** See `Platform.end`. */
export function end(handle: Handle): void {
  const c = handle as Sock;
  c.r = undefined;
  c.p = 0;
  unpark(c);
  if (c.z) setTimeout(closedLate, 0, c);
  else if (c.sckt) c.end();
}

/** See `Platform.destroy`: there is none in the API; this flag makes the firmware's next pass do it. */
export function destroy(handle: Handle): void {
  const h = handle as Partial<Sock & Server>;
  h.u = undefined;
  if (h.write) return kill(h as Sock);
  if (!h.close) return; // it never came to be
  if (h.listen) ports[h.o as number] = 0;
  else freePort(h.o as number);
  h.close();
}

function kill(h: Sock): void {
  h.r = undefined;
  unpark(h);
  h.clsNow = true;
}
