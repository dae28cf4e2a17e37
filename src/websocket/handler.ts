import type { Connection } from "../core/connection.js";
import { type AnyHandler, MG_EV_CLOSE, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND } from "../core/events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_IS_WEBSOCKET } from "../core/flags.js";
import { Err } from "../core/port.js";
import { Phase } from "../core/state.js";
import { WEBSOCKET_OP_PING } from "./ops.js";
import { forget, goOnLater, readFrames } from "./receive.js";
import { putFrame } from "./send.js";
import { Ws, type WsHooks } from "./state.js";

/** Makes a connection whose handshake is done a WebSocket. `bits`: of {@link Ws}. */
export function open(nc: Connection, handler: AnyHandler | undefined, bits: number): void {
  nc.handler = handler;
  nc.protoHandler = onWebsocket;
  nc.protoData = undefined;
  nc._ps = Ws.On | bits;
  nc._f |= MG_F_IS_WEBSOCKET;
  nc._phase = Phase.Reply; // no deadline of the core's: see tick
  nc._since = 0;
  if (nc._onClose) nc._onClose = undefined;
  if (nc._onEnded) nc._onEnded = undefined;
  if (nc._onSent) nc._onSent = undefined;
}

/** Raw events go to the program first, if it wants them. What is held of a message goes before: its handler may throw. */
function onWebsocket(nc: Connection, ev: number, data: unknown): void {
  if (ev === MG_EV_CLOSE) forget(nc);
  if (nc.handler && !(nc._quiet && (ev === MG_EV_RECV || ev === MG_EV_SEND))) nc.handler(nc, ev, data);
  if (ev === MG_EV_RECV) {
    if (nc._since && !(nc._ps & Ws.CloseSent)) {
      nc._since = 0; // it is alive: `_since` is when it was first found silent
      nc._ps &= ~Ws.Pinged;
    }
    readFrames(nc);
  } else if (ev === MG_EV_SEND) {
    if (nc._i || (nc._r && nc._r.len)) goOnLater(nc);
  } else if (ev === MG_EV_POLL) tick(nc);
}

/** Once a tick: a Ping for a silent peer, the end for one that does not answer, or lets us wait for its Close. */
function tick(nc: Connection): void {
  const s = (nc._hooks as unknown as WsHooks).ws;
  const now = nc.mgr._platform.now();
  const silentMs = nc._since ? now - nc._since : 0;
  const isClosing = nc._ps & Ws.CloseSent;
  if (nc._ps & Ws.Paused && !isClosing) nc._since = 0; // nobody listens whether the peer answers
  else if (!nc._since) nc._since = now;
  else if (isClosing ? silentMs >= s.close : nc._ps & Ws.Pinged && silentMs >= s.ping + s.pong) {
    if (!nc.err && !(nc._ps & Ws.Deaf)) nc.err = isClosing ? Err.Deadline : Err.TimedOut;
    nc._f |= MG_F_CLOSE_IMMEDIATELY;
  } else if (!isClosing && !(nc._ps & Ws.Pinged) && s.ping && silentMs >= s.ping && putFrame(nc, WEBSOCKET_OP_PING, "")) nc._ps |= Ws.Pinged;
  if (nc._i || (nc._r && nc._r.len)) goOnLater(nc);
}
