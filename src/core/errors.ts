import { Err } from "./port.js";

/*
 * Error codes as programs see them: in `nc.err`, as the data of MG_EV_CONNECT, and negative as the data of
 * MG_EV_SEND. The numbers are the port's (`Err`); docs/errors.md has one row for each.
 */

export const MG_OK = 0;
export const MG_ERR_ADDRESS_IN_USE = 1;
export const MG_ERR_REFUSED = 2;
export const MG_ERR_TIMED_OUT = 3;
export const MG_ERR_HOST_NOT_FOUND = 4;
export const MG_ERR_UNREACHABLE = 5;
export const MG_ERR_RESET = 6;
export const MG_ERR_UNSENT_DATA = 7;
export const MG_ERR_POOL_EMPTY = 8;
export const MG_ERR_TOO_MANY_SOCKETS = 9;
export const MG_ERR_NOT_SUPPORTED = 10;
export const MG_ERR_TLS = 11;
export const MG_ERR_PERMISSION = 12;
export const MG_ERR_ADDRESS_NOT_AVAILABLE = 13;
export const MG_ERR_DEADLINE = 14;
export const MG_ERR_HANDLER_THREW = 15;
export const MG_ERR_EVICTED = 16;
export const MG_ERR_ACL_DENIED = 17;
export const MG_ERR_RECV_OVERFLOW = 18;
export const MG_ERR_MANAGER_FREED = 19;
export const MG_ERR_MESSAGE_TOO_LONG = 20;
export const MG_ERR_PROTOCOL = 21;
export const MG_ERR_FAILED = 22;
export const MG_ERR_STORAGE_FULL = 23;
export const MG_ERR_BAD_NAME = 24;
export const MG_ERR_LINK_DOWN = 25;

/** What an error code means, in a few words; the code itself is the identity. */
export function errorText(err: Err | number): string {
  // One text, taken apart when it is asked for: a table would take some hundred variables of a board for good.
  const texts =
    "no error, address in use, connection refused, timed out, " +
    "host not found, unreachable, connection reset by peer, closed with output unsent, " +
    "no page left in the pool, no socket left, not supported on this platform, TLS failed, " +
    "not permitted, address not available, closed by a deadline, a handler threw an exception, " +
    "closed to make room, denied by the access list, more input than the limit, the manager was freed, " +
    "datagram too long, protocol violation, failed, storage full, " +
    "bad file name, link down";
  return texts.split(", ")[err] || "error " + err;
}

/** A RangeError, or a plain Error where the interpreter has no RangeError (Espruino). */
export function rangeError(message: string): Error {
  return typeof RangeError === "undefined" ? new Error(message) : new RangeError(message);
}
