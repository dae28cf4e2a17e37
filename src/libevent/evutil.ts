import { errorText } from "../core/errors.js";
import { State } from "../core/state.js";
import type { EvSocket } from "./ev-socket.js";
import { closeFd } from "./fd.js";

/**
 * Closes a socket that nobody has taken over (evutil_closesocket). Answers 0, or -1 when it is closed already. One that a
 * bufferevent has is closed by freeing the bufferevent with BEV_OPT_CLOSE_ON_FREE.
 */
export function evutilClosesocket(fd: EvSocket): number {
  const isGone = fd._state === State.Closed;
  closeFd(fd);
  return isGone ? -1 : 0;
}

/** Why the socket failed: 0 or an MG_ERR_ code (EVUTIL_SOCKET_ERROR, evutil_socket_geterror). */
export function evutilSocketGeterror(fd: EvSocket | undefined): number {
  return fd ? fd.err : 0;
}

/** That code in words (evutil_socket_error_to_string). */
export function evutilSocketErrorToString(err: number): string {
  return errorText(err);
}
