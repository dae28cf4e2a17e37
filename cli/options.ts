/*
 * What the options of the command line may be. Each function is a parser for commander: it gets the text and what
 * earlier uses of the same option gave, and throws InvalidArgumentError with what is wrong.
 */

import { InvalidArgumentError } from "commander";
import { findBoard } from "../boards/index.js";
import type { Board } from "../boards/index.js";

/** Port of the program to port of the host, where 0 is any free one. */
export type Publish = ReadonlyMap<number, number>;

const PORT_MAX = 65535;
const SEED_MAX = 4294967295;
const BAUD_MIN = 300;
const BAUD_MAX = 4_000_000;

/** Adds `HOST:APP_PORT`, as in `8000:80`. HOST is 0 to 65535, APP_PORT 1 to 65535 and must not come twice. */
export function addPort(text: string, ports: Publish = new Map()): Publish {
  const [host, app, ...rest] = text.split(":");
  if (app === undefined || rest.length > 0) {
    throw new InvalidArgumentError("It must be HOST:APP_PORT, as in 8000:80.");
  }
  const hostPort = portOf(host, "HOST", 0);
  const appPort = portOf(app, "APP_PORT", 1);
  if (ports.has(appPort)) throw new InvalidArgumentError(`Port ${appPort} is published twice.`);
  return new Map([...ports, [appPort, hostPort]]);
}

/** A port of this computer, 0 to 65535. */
export function portNumberOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= PORT_MAX) return Number(text);
  throw new InvalidArgumentError(`It must be a port from 0 to ${PORT_MAX}.`);
}

function portOf(text: string, what: string, min: number): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port >= min && port <= PORT_MAX) return port;
  throw new InvalidArgumentError(`${what} must be a port from ${min} to ${PORT_MAX}, is "${text}".`);
}

/** Adds `KEY=VALUE`; the value may be empty and may contain `=`. The last one of a key counts. */
export function addDefine(text: string, defines: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  const key = at < 0 ? text : text.slice(0, at);
  if (at < 0 || !/^[A-Za-z_]\w*$/.test(key)) {
    throw new InvalidArgumentError("It must be KEY=VALUE, KEY of letters, digits and _, as in PORT=8002.");
  }
  return { ...defines, [key]: text.slice(at + 1) };
}

/** How often and for how long Wi-Fi goes, in milliseconds. */
export interface WifiDrop {
  everyMs: number;
  forMs: number;
}

/** `EVERY:FOR` in seconds, as in `60:5`; fractions are allowed, both are above 0. */
export function wifiDropOf(text: string): WifiDrop {
  const [everyMs, forMs, ...rest] = text.split(":").map((part) => (/^\d+(\.\d+)?$/.test(part) ? Number(part) * 1000 : NaN));
  if (everyMs > 0 && forMs > 0 && rest.length === 0) return { everyMs, forMs };
  throw new InvalidArgumentError("It must be EVERY:FOR, both in seconds and above 0, as in 60:5.");
}

/** A whole number from 0 to 4294967295. */
export function seedOf(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (seed >= 0 && seed <= SEED_MAX) return seed;
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${SEED_MAX}.`);
}

/** The board with that id. */
export function boardOf(text: string): Board {
  try {
    return findBoard(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}

/** A speed in bits a second, 300 to 4000000. */
export function baudOf(text: string): number {
  const baud = /^\d{3,7}$/.test(text) ? Number(text) : -1;
  if (baud >= BAUD_MIN && baud <= BAUD_MAX) return baud;
  throw new InvalidArgumentError(`It must be a speed from ${BAUD_MIN} to ${BAUD_MAX}.`);
}

/** A time in whole seconds, 1 to 3600. */
export function secondsOf(text: string): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : -1;
  if (seconds >= 1 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError("It must be a number of seconds from 1 to 3600.");
}
