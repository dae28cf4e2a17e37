/**
 * Owns: what `--port` may name, and the way to a board as bytes: a serial port, `tcp://HOST:PORT`, or `exec:COMMAND` (the
 * standard streams of a program, such as Espruino on Linux).
 * Does not own: what the bytes mean (see board-console.ts).
 */

import { Exit, deviceError } from "./problem.js";

/** Receives what comes from the board. */
export interface TransportEvents {
  data(bytes: Uint8Array): void;
  /** The other end is gone: `why` is one sentence without a full stop. Not called after `close`. */
  closed(why: string): void;
}

/** An open way to a board. */
export interface Transport {
  /** Resolves when the bytes are on their way. Rejects when they cannot be, with what `closed` says if it comes first. */
  write(bytes: Uint8Array): Promise<void>;
  /** Lets go of the port. Events are no longer delivered. */
  close(): Promise<void>;
}

/** Settings of a serial port; other ways have none. */
export interface TransportOptions {
  baud: number;
}

const TCP = "tcp://";
const EXEC = "exec:";

/** Opens what `--port` names. Rejects with a DeviceError (`Exit.Port`) that says why it cannot be opened. */
export async function openTransport(port: string, options: TransportOptions, events: TransportEvents): Promise<Transport> {
  if (port.startsWith(TCP)) {
    const { host, number } = tcpAddress(port);
    return (await import("./transport-tcp.js")).openTcp(host, number, events);
  }
  if (port.startsWith(EXEC)) return (await import("./transport-exec.js")).openExec(port.slice(EXEC.length), events);
  return (await import("./transport-serial.js")).openSerial(port, options.baud, events);
}

/** The parts of `tcp://HOST:PORT`; a literal IPv6 address is in brackets. */
function tcpAddress(port: string): { host: string; number: number } {
  const match = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[^:/[\]]+):(\d{1,5})\/?$/.exec(port);
  const number = match === null ? 0 : Number(match[2]);
  if (match === null || number < 1 || number > 65535) {
    throw deviceError(Exit.Port, `Cannot open "${port}": it must be tcp://HOST:PORT, as in tcp://192.168.1.20:23.`);
  }
  return { host: match[1].replace(/[[\]]/g, ""), number };
}
