import { Err, type Handle, type ListenSpec, type Owner, type Raw, WriteResult } from "../../src/core/port.js";
import { failed, sink } from "./sink.js";

/** A datagram socket of Espruino's `dgram`. */
interface Datagrams {
  bind(port: number, ready: (this: Datagrams) => void): void;
  send(data: string, port: number, address: string): void;
  on(event: string, handler: unknown): void;
  close(): void;
  u?: Owner;
  /** Its port; 0 when not bound. */
  o: number;
}

/** Ports in use: binding a busy one throws and calls back all the same. */
const ports: { [port: number]: number } = {};

function onMessage(this: Datagrams, data: string, from: { address: string; port: number }): void {
  if (this.u) sink.datagram(this.u, data, from.address, from.port);
}

function ignore(): void {}

/** See `Platform.openDatagram`. A socket with port 0 is not bound: it can send, and gets the answers. */
export function openDatagram(owner: Owner, spec: ListenSpec): Handle {
  if (spec.host && spec.host !== "0.0.0.0") return failed(owner, Err.NotSupported);
  if (ports[spec.port]) return failed(owner, Err.AddressInUse);
  const s: Datagrams = require("dgram").createSocket("udp4");
  s.u = owner;
  s.o = spec.port;
  s.on("message", onMessage);
  if (spec.port) {
    try {
      s.bind(spec.port, ignore);
    } catch (e) {
      return failed(owner, Err.AddressInUse);
    }
    ports[spec.port] = 1;
  }
  setTimeout(reportBound, 0, s);
  return s;
}

function reportBound(s: Datagrams): void {
  if (s.u) sink.listening(s.u, "", s.o);
}

/** See `Platform.sendTo`. Only to literal addresses: a name that does not resolve would go to 0.0.0.0, to ourselves. */
export function sendTo(handle: Handle, raw: Raw, host: string, port: number): number {
  const s = handle as Datagrams;
  if (!isLiteral(host)) return WriteResult.Failed;
  s.send(raw as string, port, host === "localhost" ? "127.0.0.1" : host);
  return raw.length;
}

function isLiteral(host: string): boolean {
  if (host === "localhost") return true;
  const parts = host.split(".");
  for (let i = 0; i < parts.length; i++) if (!(parseInt(parts[i], 10) >= 0)) return false;
  return parts.length === 4;
}

/** The socket on this port is being closed. */
export function freePort(port: number): void {
  ports[port] = 0;
}
