import { post } from "../core/call.js";
import type { Connection } from "../core/connection.js";
import { type AnyHandler, MG_EV_CLOSE } from "../core/events.js";
import { CLOSE_FLAGS, MG_F_IS_WEBSOCKET } from "../core/flags.js";
import { guarded } from "../core/output.js";
import { State } from "../core/state.js";
import type { HttpMessage } from "../http/message.js";
import { isBegun } from "../http/turn.js";
import { agree, type Asked, type Waiting } from "./server.js";
import { Ws } from "./state.js";

/**
 * In MG_EV_WEBSOCKET_HANDSHAKE_REQUEST: the answer comes later. Until then the connection is one that owes a reply:
 * `acceptWebsocket` opens the WebSocket, any reply (`httpSendError(nc, 401)`) refuses it, and after `limits.answerMs` it gets 503.
 * Keep `nc.id` and look the connection up with `mgr.find`: it may have closed. TypeError outside of that event.
 */
export function deferWebsocket(nc: Connection, hm: HttpMessage): void {
  if (!(nc._f & MG_F_IS_WEBSOCKET) || nc._ps & Ws.Is) throw new TypeError("Cannot defer on connection " + nc.id + ": no handshake is being asked for");
  (nc as Asked)._asked = { hm: hm, handler: undefined, onEvent: onWaiting };
}

/**
 * Accepts a handshake that was deferred: MG_EV_WEBSOCKET_HANDSHAKE_DONE follows, not inside this call. Answers false, without
 * effect, when it does not wait any more: the connection closed, or the handshake was answered.
 */
export function acceptWebsocket(nc: Connection): boolean {
  if (!isWaiting(nc) && !isAsked(nc)) return false;
  post(nc, accept, undefined, undefined);
  return true;
}

/** Whether nobody has answered, not even in the event that is going on. */
function isWaiting(nc: Connection): boolean {
  return nc._state === State.Open && nc._owner === onWaiting && !(nc._f & CLOSE_FLAGS) && nc._unsent() <= nc._due && !isBegun(nc);
}

/** Whether the program is being asked, and has put its answer off in the same breath. */
function isAsked(nc: Connection): boolean {
  return (nc._f & MG_F_IS_WEBSOCKET) !== 0 && !(nc._ps & Ws.Is) && (nc as Asked)._asked !== undefined;
}

function accept(nc: Connection): void {
  if (isWaiting(nc)) guarded(nc, acceptNow);
}

function acceptNow(nc: Connection): void {
  const waiting = (nc as Asked)._asked as Waiting;
  (nc as Asked)._asked = undefined;
  nc._owner = undefined;
  agree(nc, waiting.hm, waiting.handler as AnyHandler);
}

/** Has the connection's events of the request while it waits: an endpoint's handler learns when the connection closes before the answer. */
function onWaiting(nc: Connection, ev: number): void {
  const handler = ((nc as Asked)._asked as Waiting).handler;
  if (ev === MG_EV_CLOSE && handler && handler !== nc.handler) handler(nc, ev, undefined);
}
