import type { Connection } from "./connection.js";

/*
 * Events, numbered as in Mongoose 6.18 (mg_net.h, mg_http.h). The constants keep their C spelling; the build turns
 * them into literals. EventMap gives each event the type of its data; protocols add theirs by declaration merging.
 */

/** Sent to every connection on each poll. Data: the time, in whole seconds. */
export const MG_EV_POLL = 0;
/** A connection was accepted. Sent to the new connection. Data: the peer's address. */
export const MG_EV_ACCEPT = 1;
/** An outgoing connection stands, or failed. Data: 0, or the `Err` code; CLOSE follows a failure. */
export const MG_EV_CONNECT = 2;
/** Bytes were appended to recvMbuf. Data: how many. */
export const MG_EV_RECV = 3;
/** Bytes of sendMbuf went to the platform. Data: how many, or a negative `Err` code when writing failed. */
export const MG_EV_SEND = 4;
/** The connection is gone: last event, exactly once. Data: undefined; the reason is `nc.err`. */
export const MG_EV_CLOSE = 5;
/** The time set with setTimer has come. Data: the time that was asked for, in seconds. */
export const MG_EV_TIMER = 6;

/** Where a peer is. Both empty (`""`, 0) on a platform that cannot tell (`caps.peerAddress`). */
export interface PeerAddress {
  address: string;
  port: number;
}

/** Event number → type of its data. */
export interface EventMap {
  0: number;
  1: PeerAddress;
  2: number;
  3: number;
  4: number;
  5: undefined;
  6: number;
}

/** One member for each event, so that `switch (ev)` narrows `data`. */
export type EventArgs = { [E in keyof EventMap]: [nc: Connection, ev: E, data: EventMap[E]] }[keyof EventMap];

/** An event handler: `(nc, ev, data) => void`. Inside `switch (ev)` the type of `data` follows from `ev`. */
export type EventHandler = (...args: EventArgs) => void;

/** A handler that does not look at `data`. (Type inference needs it named: a tuple of three has no shorter form.) */
export type BriefHandler = (nc: Connection, ev: keyof EventMap) => void;

/** As the core calls handlers. */
export type AnyHandler = (nc: Connection, ev: number, data: unknown) => void;

/** The event's name without `MG_EV_`, for logs and traces. */
export function eventName(ev: number): string {
  const names =
    " 0:POLL 1:ACCEPT 2:CONNECT 3:RECV 4:SEND 5:CLOSE 6:TIMER 100:HTTP_REQUEST 101:HTTP_REPLY" +
    " 102:HTTP_CHUNK 103:HTTP_HDRS 105:SSI_CALL 111:WEBSOCKET_HANDSHAKE_REQUEST" +
    " 112:WEBSOCKET_HANDSHAKE_DONE 113:WEBSOCKET_FRAME 114:WEBSOCKET_CONTROL_FRAME" +
    " 121:HTTP_MULTIPART_REQUEST 122:HTTP_PART_BEGIN 123:HTTP_PART_DATA 124:HTTP_PART_END" +
    " 125:HTTP_MULTIPART_REQUEST_END ";
  const at = names.indexOf(" " + ev + ":");
  const from = at + ("" + ev).length + 2;
  return at < 0 ? "EV_" + ev : names.slice(from, names.indexOf(" ", from));
}
