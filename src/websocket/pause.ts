import type { Connection } from "../core/connection.js";
import { goOnLater } from "./receive.js";
import { Ws } from "./state.js";

/** No messages for now: what comes waits, and the peer with it, when `recvMbufLimit` is reached. Pings wait too. */
export function pauseWebsocket(nc: Connection): void {
  if (nc._ps & Ws.Is) nc._ps |= Ws.Paused;
}

/** Messages again. */
export function resumeWebsocket(nc: Connection): void {
  if (!(nc._ps & Ws.Paused) || !(nc._ps & Ws.Is)) return;
  nc._ps &= ~Ws.Paused;
  goOnLater(nc);
}
