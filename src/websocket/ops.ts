/*
 * Opcodes and close codes (RFC 6455 §5.2, §7.4.1), with the names of Mongoose.
 */

/** The message goes on. */
export const WEBSOCKET_OP_CONTINUE = 0;
export const WEBSOCKET_OP_TEXT = 1;
export const WEBSOCKET_OP_BINARY = 2;
export const WEBSOCKET_OP_CLOSE = 8;
export const WEBSOCKET_OP_PING = 9;
export const WEBSOCKET_OP_PONG = 10;
/** Added to an opcode: more fragments of this message follow. */
export const WEBSOCKET_DONT_FIN = 256;

/** Why a connection is closed, as a Close frame says it. */
export const enum Close {
  Normal = 1000,
  GoingAway = 1001,
  /** The peer broke the rules of the protocol. */
  Protocol = 1002,
  /** A Close frame without a code; never sent. */
  NoStatus = 1005,
  /** Text that is no UTF-8, or compressed data that is none. */
  BadData = 1007,
  /** What the program does not put up with: too many fragments. */
  Policy = 1008,
  /** A message over the cap. */
  TooBig = 1009,
  /** The server agreed on an extension in a way that was not offered. */
  Extension = 1010,
}
