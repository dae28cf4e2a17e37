import { closeLater, later } from "../core/call.js";
import { MG_EV_CLOSE, MG_EV_RECV } from "../core/events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_LISTENING, MG_F_SEND_AND_CLOSE } from "../core/flags.js";
import { cur } from "../core/hot.js";
import type { Mbuf } from "../core/mbuf.js";
import { Err } from "../core/port.js";
import { Gate, State } from "../core/state.js";
import type { EvSocket } from "./ev-socket.js";

/*
 * What stands for a file descriptor while nobody has it: a connection that reads nothing, where the platform can make the
 * peer wait, and otherwise holds as much as one connection may. It stays when the peer ends or breaks it, since a
 * descriptor stays too: who takes it over finds what came, then the end.
 */

/** In `_ps` of a connection: the peer has ended. */
export const FD_ENDED = 32;

/** Makes a connection wait for somebody who takes it over. */
export function parkFd(nc: EvSocket): void {
  nc.handler = parkedEvent;
  nc.protoData = undefined;
  nc._onEnded = parkedEnded;
  if (nc._state === State.Closed) return;
  closeInput(nc);
}

/** Reads nothing more for now, where the platform can make the peer wait. */
export function closeInput(nc: EvSocket): void {
  if (!nc.mgr._platform.caps.pauseRead) return;
  nc._limit = -1;
  nc._gate |= Gate.Limit;
}

function parkedEvent(nc: EvSocket, ev: number): void {
  if (ev === MG_EV_CLOSE && !isDropped(nc)) nc.protoData = takeLanding(nc);
}

/** Whether nobody will ask for what came: the callback that got the connection threw, or its pages are wanted. */
export function isDropped(nc: EvSocket): boolean {
  return nc.err === Err.HandlerThrew || nc.err === Err.PoolEmpty || nc.err === Err.ManagerFreed;
}

function parkedEnded(nc: EvSocket): boolean {
  nc._ps |= FD_ENDED;
  return true;
}

/** What came and was not read yet, taken away from a connection that closes. */
export function takeLanding(nc: EvSocket): Mbuf | undefined {
  const m = nc._i ? nc._in() : nc._r;
  if (!m || !m.len) return undefined;
  nc._r = undefined;
  return m;
}

/** Input of a connection that nobody has any more. */
function discard(nc: EvSocket, ev: number): void {
  if (ev !== MG_EV_RECV) return;
  nc._i = 0;
  if (nc._r) nc._r.clear();
}

/**
 * Closes like close(2): what was handed to the platform still goes out, what came in and was not read is dropped, and
 * nobody hears of the connection any more.
 */
export function closeFd(nc: EvSocket): void {
  if (nc._state === State.Closed) {
    const left = nc.handler === parkedEvent ? (nc.protoData as Mbuf | undefined) : undefined;
    if (left) left.clear();
    nc.protoData = undefined;
    return;
  }
  nc.handler = discard;
  nc.protoData = undefined;
  nc._onEnded = undefined;
  discard(nc, MG_EV_RECV);
  nc._limit = 0;
  nc._gate &= ~Gate.Cork;
  if (nc._state !== State.Open || nc._f & MG_F_LISTENING) {
    nc._f |= MG_F_CLOSE_IMMEDIATELY;
    nc._gate |= Gate.Dropped;
  } else {
    nc._f |= MG_F_SEND_AND_CLOSE;
  }
  closeLater(nc);
  if (cur !== nc.id) later(nc);
}
