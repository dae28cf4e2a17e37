import type { Connection } from "../core/connection.js";
import { MG_EV_CLOSE, MG_EV_POLL } from "../core/events.js";
import type { Manager } from "../core/manager.js";
import { httpDate } from "./date.js";
import { setStamp } from "./reply.js";

/** 1 January 2020: a board whose clock was not set is before that, and sends no Date. */
const CLOCK_SET_MS = 1577836800000;

/**
 * Sends a Date with every reply from now on, as servers with a clock must (RFC 9110 §6.6.1); one that is full says 503
 * without. Mongoose sends none, and a reply costs a little more with it, so it is asked for, for all managers of the
 * program at once. Answers the connection that keeps the time: closing it ends the sending.
 */
export function httpSendDate(mgr: Manager): Connection {
  const clock = mgr.add((_nc, ev) => {
    if (ev === MG_EV_POLL) tell(mgr);
    else if (ev === MG_EV_CLOSE) setStamp("");
  });
  tell(mgr);
  return clock;
}

function tell(mgr: Manager): void {
  const ms = mgr._platform.wallMs();
  setStamp(ms < CLOCK_SET_MS ? "" : "Date: " + httpDate(ms) + "\r\n");
}
