/**
 * Owns: the form in which the firmware keeps datagrams in `dSnd` and `dRcv`: JsNetUDPPacketHeader (four bytes of
 * address, port and length in the chip's byte order), then the payload.
 */

import type { Datagram } from "./stack-socket.js";

/** sizeof(JsNetUDPPacketHeader). */
export const HEADER_BYTES = 8;

/** A datagram as it goes into `dRcv`; what exceeds `maxBytes` with its header is cut off silently. */
export function encodeDatagram(datagram: Datagram, maxBytes: number): string {
  const payload = datagram.bytes.slice(0, maxBytes - HEADER_BYTES);
  return datagramHeader(literalBytes(datagram.address) ?? "\0\0\0\0", datagram.port, payload.length) + payload;
}

/** The header for a payload. `address` is four bytes. */
export function datagramHeader(address: string, port: number, size: number): string {
  return address + String.fromCharCode(port & 255, (port >> 8) & 255, size & 255, (size >> 8) & 255);
}

/** What the header at the front of `data` says. `size` is header and payload together. */
export interface Decoded {
  address: string;
  port: number;
  bytes: string;
  size: number;
}

/** Takes the first datagram apart; names are looked up in `names`. */
export function decodeDatagrams(data: string, names: NameTable): Decoded {
  const length = data.charCodeAt(6) | (data.charCodeAt(7) << 8);
  return {
    address: names.decode(data.slice(0, 4)),
    port: data.charCodeAt(4) | (data.charCodeAt(5) << 8),
    bytes: data.slice(HEADER_BYTES, HEADER_BYTES + length),
    size: HEADER_BYTES + length,
  };
}

/**
 * Stands in for the blocking look-up of `send`: a name becomes an address of the reserved block 240.0.0.0/4 and is
 * turned back into the name when the datagram goes out, for the host to resolve. (A board sends to 0.0.0.0 when a
 * name does not resolve; here that datagram is lost.)
 */
export class NameTable {
  private readonly names: string[] = [];

  /** Four bytes for a host. */
  encode(host: string): string {
    if (host === "localhost") return "\x7f\0\0\x01";
    const literal = literalBytes(host);
    if (literal !== undefined) return literal;
    let index = this.names.indexOf(host);
    if (index < 0) index = this.names.push(host) - 1;
    return String.fromCharCode(240, (index >> 16) & 255, (index >> 8) & 255, index & 255);
  }

  /** The host for four bytes. */
  decode(bytes: string): string {
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => bytes.charCodeAt(i));
    const name = a === 240 ? this.names[(b << 16) | (c << 8) | d] : undefined;
    return name ?? `${a}.${b}.${c}.${d}`;
  }
}

/** The bytes of a dotted address; undefined for anything else. */
function literalBytes(address: string): string | undefined {
  const parts = address.replace(/^::ffff:/, "").split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) return undefined;
  return String.fromCharCode(...parts.map((part) => Number(part) & 255));
}
