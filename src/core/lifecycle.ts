import { call, closeLater, guard, post, threw } from "./call.js";
import { Connection } from "./connection.js";
import { MG_EV_CLOSE, MG_EV_CONNECT } from "./events.js";
import {
  MG_F_CLOSE_IMMEDIATELY,
  MG_F_CONNECTING,
  MG_F_LISTENING,
  MG_F_RESOLVING,
  MG_F_SEND_AND_CLOSE,
  MG_F_SSL,
  MG_F_SSL_HANDSHAKE_DONE,
  MG_F_UDP,
  MG_F_WANT_WRITE,
} from "./flags.js";
import { errorText } from "./errors.js";
import { callAndSettle } from "./input.js";
import type { Manager } from "./manager.js";
import { isFlushed, leave, settle } from "./output.js";
import { Err, type Owner } from "./port.js";
import { unstarve } from "./room.js";
import { Gate, Listed, State } from "./state.js";

/** The listener or datagram socket is bound. */
export function onListening(owner: Owner, address: string, port: number): void {
  const nc = owner as Connection;
  nc._state = State.Open;
  nc.localAddress = address;
  nc.localPort = port;
  if (nc._f & MG_F_CONNECTING) return onConnected(nc, "", 0);
  nc._f |= MG_F_LISTENING;
}

/** A connection made by a listener: it starts with the listener's handlers, limit and user data. */
export function child(lnc: Connection, address: string, port: number): Connection {
  const mgr = lnc.mgr;
  const nc = new Connection(mgr, lnc.handler);
  nc.listener = lnc;
  if (lnc.userData !== undefined) nc.userData = lnc.userData;
  if (lnc._limit) nc._limit = lnc._limit;
  if (address) {
    nc.peerAddress = address;
    nc.peerPort = port;
    nc.localPort = lnc.localPort;
  }
  opened(nc);
  if (lnc.protoHandler) {
    nc.protoHandler = lnc.protoHandler;
    nc._gate |= Gate.First;
    if (lnc._quiet) nc._quiet = 1;
    if (lnc._hooks) nc._hooks = lnc._hooks;
  }
  return nc;
}

/** Events may flow from here on. */
export function opened(nc: Connection): void {
  const mgr = nc.mgr;
  nc._gate = (nc._gate & ~Gate.State) | (mgr._running ? 0 : Gate.Manual) | (mgr.pool._tight ? Gate.Tight : 0);
  if (nc.recvMbufLimit < mgr._chunkMax) nc._gate |= Gate.Limit;
  mgr._conns.push(nc);
}

/** The outgoing connection stands. */
export function onConnected(owner: Owner, address: string, port: number): void {
  const nc = owner as Connection;
  if (nc._state > State.Open || !(nc._f & MG_F_CONNECTING)) return;
  if (address) {
    nc.peerAddress = address;
    nc.peerPort = port;
  }
  if (nc.mgr._running) connectEvent(nc);
  else post(nc, connectEvent, undefined, undefined);
}

function connectEvent(nc: Connection): void {
  const mgr = nc.mgr;
  if (nc._state > State.Open) return;
  nc._f &= ~(MG_F_CONNECTING | MG_F_RESOLVING);
  if (nc._f & MG_F_SSL) nc._f |= MG_F_SSL_HANDSHAKE_DONE;
  nc._state = State.Open;
  nc._gate &= ~(Gate.State | Gate.Connecting);
  nc._idle = 0;
  mgr.stats.connected++;
  callAndSettle(nc, MG_EV_CONNECT, 0);
}

/** The peer will send no more: what we have is sent, then the connection closes (mg_net_if_socket.c, read of 0). */
export function onEnded(owner: Owner): void {
  const nc = owner as Connection;
  if (nc._gate & Gate.Manual) return post(nc, endEvent, undefined, undefined);
  endEvent(nc);
}

function endEvent(nc: Connection): void {
  if (nc._state !== State.Open || (nc._onEnded && nc._onEnded(nc))) return;
  nc._f |= MG_F_SEND_AND_CLOSE;
  settle(nc);
}

/** Output can be written again. */
export function onDrained(owner: Owner): void {
  const nc = owner as Connection;
  nc._gate &= ~Gate.Blocked;
  nc._f &= ~MG_F_WANT_WRITE;
  nc._idle = 0;
  if (nc._gate & Gate.Manual) return post(nc, settle, undefined, undefined);
  settle(nc);
  leave(nc.mgr);
}

/** The platform's socket is gone. */
export function onClosed(owner: Owner, err: Err): void {
  const nc = owner as Connection;
  nc._sock = undefined;
  if (nc.mgr._running) return goneEvent(nc, err);
  post(nc, goneEvent, err, undefined);
}

function goneEvent(nc: Connection, a: unknown): void {
  if (nc._state === State.Closed) return;
  let err = a as Err;
  if (nc._at !== undefined && nc.mgr._onGone && nc.mgr._onGone(nc, err)) return;
  if (!err && nc._state === State.Open && !isFlushed(nc)) err = Err.UnsentData;
  if (!nc.err && err) nc.err = err;
  if (nc._f & MG_F_CONNECTING) failConnect(nc, nc.err || Err.Failed);
  else close(nc);
  leave(nc.mgr);
}

/** CONNECT with the reason; CLOSE follows in the next pass. */
export function failConnect(nc: Connection, err: Err): void {
  nc.err = err;
  nc._f = (nc._f & ~(MG_F_CONNECTING | MG_F_RESOLVING)) | MG_F_CLOSE_IMMEDIATELY;
  nc.mgr.stats.connectFailed++;
  call(nc, MG_EV_CONNECT, err);
  closeLater(nc);
}

/** In a pass: closes the connection if its flags still say so. Output is ended in order where it was all written. */
export function closeIfAsked(nc: Connection): void {
  if (nc._state >= State.Ending) return;
  if (nc._f & MG_F_CLOSE_IMMEDIATELY) return close(nc);
  if (!(nc._f & MG_F_SEND_AND_CLOSE) || !isFlushed(nc)) return;
  if (nc._sock === undefined || nc._f & (MG_F_UDP | MG_F_LISTENING | MG_F_CONNECTING)) return close(nc);
  nc._state = State.Ending;
  nc._gate |= Gate.State;
  nc._since = nc.mgr._platform.now();
  unstarve(nc);
  nc.mgr._platform.end(nc._sock);
}

/** Closes for good: the socket, CLOSE (once, last), the pages. Never called while a handler of this connection runs. */
export function close(nc: Connection): void {
  const mgr = nc.mgr;
  if (nc._state === State.Closed) return;
  if (nc._f & MG_F_CONNECTING) call(nc, MG_EV_CONNECT, nc.err || Err.Failed);
  nc._state = State.Closed;
  nc._gate |= Gate.State;
  const at = mgr._conns.indexOf(nc);
  if (at >= 0) mgr._conns.splice(at, 1);
  if (nc._sock !== undefined) mgr._platform.destroy(nc._sock);
  nc._sock = undefined;
  if (nc._timer) mgr._timers--;
  nc._timer = 0;
  unstarve(nc);
  if (nc._detach) nc._detach(nc);
  mgr.stats.closed++;
  if (nc.err === Err.AddressInUse || nc._f & MG_F_LISTENING) logListener(mgr, nc);
  if (nc._onClose) guard(nc, "CLOSE", nc._onClose, 0, 0);
  if (!(nc._listed & Listed.Early)) call(nc, MG_EV_CLOSE, undefined);
  dropSource(nc);
  nc._in().clear();
  nc._outq().clear();
  if (nc._h) nc._h.clear();
}

function dropSource(nc: Connection): void {
  const source = nc._src;
  nc._src = undefined;
  if (!source || !source.done) return;
  try {
    source.done(false);
  } catch (e) {
    threw(nc, e, "a source's done");
  }
}

function logListener(mgr: Manager, nc: Connection): void {
  if (nc.err && nc.err !== Err.ManagerFreed) mgr._platform.log("meerkat: listener closed: " + errorText(nc.err));
}
