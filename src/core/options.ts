import { rangeError } from "./errors.js";
import type { Limits } from "./limits.js";
import { Pool } from "./pool.js";
import type { Platform, TlsOptions } from "./port.js";

/** Options of a manager. */
export interface ManagerOptions {
  /** Pages of the pool; default: the platform's or board's budget. */
  pages?: number;
  /** Bytes in a page; default likewise. */
  pageBytes?: number;
  limits?: Partial<Limits>;
  /** Anything the program wants to keep in `mgr.userData`. */
  userData?: unknown;
}

/** Options of bind, connect and add. */
export interface ConnectionOptions {
  userData?: unknown;
  /** MG_F_USER_1…6, MG_F_WEBSOCKET_NO_DEFRAG, MG_F_ENABLE_BROADCAST; other bits are ignored. */
  flags?: number;
  /** For `ssl://`: keys, certificates, what to trust. */
  tls?: TlsOptions;
  /** bind: who may connect, as in `checkIpAcl`. */
  ipAcl?: string;
  /** bind: connections waiting to be accepted. */
  backlog?: number;
  /** bind to an IPv6 address: not to IPv4 as well. */
  ipv6Only?: boolean;
  /** See `nc.recvMbufLimit`. */
  recvMbufLimit?: number;
}

/** The pool that the options ask for, or the platform's own. Throws TypeError or RangeError outside of 2–65535 pages of 64–65536 bytes. */
export function makePool(platform: Platform, o: ManagerOptions, limits: Limits): Pool {
  const pages = wholeNumber("pages", o.pages === undefined ? platform.caps.pages : o.pages, 2, 65535);
  const pageBytes = wholeNumber("pageBytes", o.pageBytes === undefined ? platform.caps.pageBytes : o.pageBytes, 64, 65536);
  const reserve = limits.pageReserve || Math.max(1, Math.floor(pages / 4));
  if (reserve >= pages) throw rangeError("Limit pageReserve is " + reserve + ": must be less than the " + pages + " pages of the pool");
  return new Pool(pages, pageBytes, reserve, platform.bytes);
}

/** What one connection may hold when no limit says: half of the pages that input may use. */
export function recvDefault(pool: Pool): number {
  return Math.max(1, Math.floor((pool.pages - pool._reserve) / 2)) * pool.pageBytes;
}

function wholeNumber(name: string, value: number, min: number, max: number): number {
  if (typeof value !== "number") throw new TypeError("Option " + name + " is " + value + ": must be a whole number");
  if (!(value >= min && value <= max) || Math.floor(value) !== value) {
    throw rangeError("Option " + name + " is " + value + ": must be a whole number from " + min + " to " + max);
  }
  return value;
}
