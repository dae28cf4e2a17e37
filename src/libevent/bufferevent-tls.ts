import type { TlsOptions } from "../core/port.js";
import { MG_F_SSL_HANDSHAKE_DONE } from "../core/flags.js";
import { soon } from "./bev-callbacks.js";
import { buffereventSocketNew } from "./bufferevent-socket.js";
import type { BufferEvent } from "./bufferevent.js";
import { BEV_EVENT_CONNECTED, BUFFEREVENT_SSL_ACCEPTING, BUFFEREVENT_SSL_CONNECTING, BUFFEREVENT_SSL_OPEN } from "./constants.js";
import type { EvSocket } from "./ev-socket.js";
import type { EventBase } from "./event-base.js";

/**
 * A bufferevent over the platform's TLS (bufferevent_openssl_socket_new, bufferevent_mbedtls_socket_new). `tls` takes the place
 * of the SSL object. Without `fd`: `connect` makes a TLS connection, and CONNECTED comes when the handshake is done. With `fd`:
 * one that a TLS listener (`ssl://`) accepted, or that stands already; the platform has done the handshake, and with
 * BUFFEREVENT_SSL_ACCEPTING or _CONNECTING CONNECTED comes from the loop.
 *
 * Undefined as `buffereventSocketNew`; TypeError for an unknown state and for a connection that is not TLS: no platform can
 * begin TLS on one that stands.
 */
export function buffereventTlsSocketNew(
  base: EventBase, fd: EvSocket | undefined | null, tls: TlsOptions | undefined, state: number, options: number,
): BufferEvent | undefined {
  const isKnown = state === BUFFEREVENT_SSL_OPEN || state === BUFFEREVENT_SSL_CONNECTING || state === BUFFEREVENT_SSL_ACCEPTING;
  if (!isKnown) throw new TypeError("TLS state is " + state + ": must be a BUFFEREVENT_SSL_ constant");
  if (fd && !(fd._f & MG_F_SSL_HANDSHAKE_DONE)) throw new TypeError("Connection " + fd.id + " is not TLS: it has to be made or accepted so");
  const bev = buffereventSocketNew(base, fd, options);
  if (!bev) return undefined;
  bev._tls = tls || {};
  if (fd && state !== BUFFEREVENT_SSL_OPEN) {
    bev._ev = BEV_EVENT_CONNECTED; // for whoever sets callbacks right after this call
    soon(bev, 0);
  }
  return bev;
}
