/**
 * Owns: outgoing stream connections, plain and TLS, until they stand or have failed.
 */

import { Socket, connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ConnectionOptions } from "node:tls";
import type { ConnectSpec, Owner, TlsOptions } from "../../src/core/port.js";
import { checkPort, plainAddress } from "./addresses.js";
import { sharedRead } from "./shared-read.js";
import { Phase, StreamHandle, handleOf } from "./stream-handle.js";
import type { Uplink } from "./stream-handle.js";

/** Starts connecting. Never throws: what Node throws at once (bad port, unusable certificate) becomes `closed` too. */
export function connectStream(up: Uplink, owner: Owner, spec: ConnectSpec): StreamHandle {
  try {
    checkPort(spec.port);
    return spec.tls === undefined ? dialTcp(up, owner, spec) : dialTls(up, owner, spec, spec.tls);
  } catch (error) {
    return failSoon(up, owner, spec, error as Error);
  }
}

function dialTcp(up: Uplink, owner: Owner, spec: ConnectSpec): StreamHandle {
  const handle = new StreamHandle(up, owner, Phase.Connecting);
  const onread = sharedRead(handle);
  const socket = connectTcp({ host: spec.host, port: spec.port, allowHalfOpen: true, noDelay: true, onread });
  socket.once("connect", onOpen);
  handle.attach(socket, onread !== undefined);
  return handle;
}

function dialTls(up: Uplink, owner: Owner, spec: ConnectSpec, tls: TlsOptions): StreamHandle {
  const handle = new StreamHandle(up, owner, Phase.Connecting);
  const socket = connectTls(clientOptions(spec, tls));
  socket.setNoDelay(true);
  socket.once("connect", onTcpOpen);
  socket.once("secureConnect", onOpen);
  handle.attach(socket, false);
  return handle;
}

function clientOptions(spec: ConnectSpec, tls: TlsOptions): ConnectionOptions {
  return {
    host: spec.host,
    port: spec.port,
    // RFC 6066 §3: literal addresses are not permitted as server names. Node then verifies the host itself.
    servername: tls.serverName ?? (isIP(spec.host) === 0 ? spec.host : ""),
    rejectUnauthorized: tls.verify !== false,
    ca: tls.ca,
    cert: tls.cert,
    key: tls.key,
    allowHalfOpen: true,
  } as ConnectionOptions;
}

/** A handle for a connection that could not even start: its `closed` follows like any other. */
function failSoon(up: Uplink, owner: Owner, spec: ConnectSpec, error: Error): StreamHandle {
  const isTlsAtFault = spec.tls !== undefined && !(error instanceof RangeError);
  const handle = new StreamHandle(up, owner, isTlsAtFault ? Phase.Handshaking : Phase.Connecting);
  handle.attach(new Socket(), false);
  handle.socket.destroy(error);
  return handle;
}

function onTcpOpen(this: Socket): void {
  handleOf(this).phase = Phase.Handshaking;
}

function onOpen(this: Socket): void {
  const handle = handleOf(this);
  handle.phase = Phase.Open;
  if (handle.owner === undefined || handle.isClosing) return;
  handle.up.sink.connected(handle.owner, plainAddress(this.remoteAddress), this.remotePort ?? 0);
}
