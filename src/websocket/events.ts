import type { HttpMessage } from "../http/message.js";
import type { WebsocketMessage } from "./message.js";

/** A request or reply that opens a WebSocket: the HTTP message, and the subprotocol that was agreed on. */
export interface WebsocketHandshake extends HttpMessage {
  /** "" without. */
  wsProtocol: string;
}

/**
 * Server: a client wants a WebSocket, and its request is in order. Data: the request. Reply (`httpSendError`) or set a
 * closing flag to refuse: then there is no 101 and no HANDSHAKE_DONE.
 */
export const MG_EV_WEBSOCKET_HANDSHAKE_REQUEST = 111;
/** The WebSocket is open. Data: the request (server) or the reply (client). */
export const MG_EV_WEBSOCKET_HANDSHAKE_DONE = 112;
/** A whole message; or a piece of one, where the program asked for pieces. Data: the message. */
export const MG_EV_WEBSOCKET_FRAME = 113;
/** A Ping (which has been answered), Pong or Close (which has been answered) arrived. Data: the frame. */
export const MG_EV_WEBSOCKET_CONTROL_FRAME = 114;

declare module "../core/events.js" {
  interface EventMap {
    111: HttpMessage;
    112: WebsocketHandshake;
    113: WebsocketMessage;
    114: WebsocketMessage;
  }
}
