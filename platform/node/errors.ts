/**
 * Owns: the table from Node's error codes to the port's. Does not own: which errors are reported, and when.
 */

import { Err } from "../../src/core/port.js";

/** Codes of libuv and the resolver. What is missing here is {@link Err.Failed}. */
const ERR_BY_CODE = new Map<string, Err>([
  ["EADDRINUSE", Err.AddressInUse],
  ["ECONNREFUSED", Err.Refused],
  ["ETIMEDOUT", Err.TimedOut],
  ["ENOTFOUND", Err.HostNotFound],
  ["EAI_AGAIN", Err.HostNotFound],
  ["EAI_FAIL", Err.HostNotFound],
  ["EAI_NODATA", Err.HostNotFound],
  ["EAI_NONAME", Err.HostNotFound],
  ["EAI_MEMORY", Err.HostNotFound],
  ["ENETUNREACH", Err.Unreachable],
  ["ENETDOWN", Err.Unreachable],
  ["EHOSTUNREACH", Err.Unreachable],
  ["EHOSTDOWN", Err.Unreachable],
  ["ECONNRESET", Err.Reset],
  ["ECONNABORTED", Err.Reset],
  ["EPIPE", Err.Reset],
  ["EMFILE", Err.TooManySockets],
  ["ENFILE", Err.TooManySockets],
  ["ENOBUFS", Err.TooManySockets],
  ["EACCES", Err.Permission],
  ["EPERM", Err.Permission],
  ["EADDRNOTAVAIL", Err.AddressNotAvailable],
  ["EAFNOSUPPORT", Err.NotSupported],
  ["EMSGSIZE", Err.MessageTooLong],
  ["EPROTO", Err.Tls],
]);

/** The port's code for an error of Node; {@link Err.Failed} for one without a row. */
export function errOf(error: NodeJS.ErrnoException): Err {
  const code = error.code;
  if (code === undefined) return Err.Failed;
  const known = ERR_BY_CODE.get(code);
  if (known !== undefined) return known;
  return isTlsCode(code) ? Err.Tls : Err.Failed;
}

function isTlsCode(code: string): boolean {
  return code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") || code.startsWith("ERR_OSSL_");
}
