/*
 * Connection flags, with the bits of Mongoose 6.18 (mg_net.h). Those a program may set and clear are in
 * MG_F_USER_MASK; the others are the core's and assignments to them are ignored.
 */

/** A listener that is bound. */
export const MG_F_LISTENING = 1;
/** UDP: a listener's pseudo-connection, or an outgoing one. */
export const MG_F_UDP = 2;
/** The name is being looked up. */
export const MG_F_RESOLVING = 4;
/** The connection is being made. */
export const MG_F_CONNECTING = 8;
/** TLS. */
export const MG_F_SSL = 16;
/** The TLS handshake is done. */
export const MG_F_SSL_HANDSHAKE_DONE = 32;
/** Reading is paused: recvMbuf is at its limit or the pool has no page to spare. */
export const MG_F_WANT_READ = 64;
/** Output waits until the platform can take more. */
export const MG_F_WANT_WRITE = 128;
/** The connection speaks WebSocket. */
export const MG_F_IS_WEBSOCKET = 256;
/** Never set: a platform delivers throttled input before it reports the end. Kept for its name and number. */
export const MG_F_RECV_AND_CLOSE = 512;
/** Close when sendMbuf is empty; input is still read meanwhile. */
export const MG_F_SEND_AND_CLOSE = 1024;
/** Close in the next pass; output is dropped and nothing more is read. */
export const MG_F_CLOSE_IMMEDIATELY = 2048;
/** Deliver WebSocket fragments as they come. */
export const MG_F_WEBSOCKET_NO_DEFRAG = 4096;
/** In HTTP_CHUNK: the chunk was used, drop it. */
export const MG_F_DELETE_CHUNK = 8192;
/** UDP: broadcasts are allowed. Preset only. */
export const MG_F_ENABLE_BROADCAST = 16384;
/** Cork: output is buffered, not sent, until the flag is cleared. */
export const MG_F_BUFFER_BUT_DONT_SEND = 32768;
/** For the program's own use. */
export const MG_F_USER_1 = 1048576;
export const MG_F_USER_2 = 2097152;
export const MG_F_USER_3 = 4194304;
export const MG_F_USER_4 = 8388608;
export const MG_F_USER_5 = 16777216;
export const MG_F_USER_6 = 33554432;

/** Flags a program may set and clear in a handler. */
export const MG_F_USER_MASK =
  MG_F_USER_1 |
  MG_F_USER_2 |
  MG_F_USER_3 |
  MG_F_USER_4 |
  MG_F_USER_5 |
  MG_F_USER_6 |
  MG_F_WEBSOCKET_NO_DEFRAG |
  MG_F_SEND_AND_CLOSE |
  MG_F_CLOSE_IMMEDIATELY |
  MG_F_IS_WEBSOCKET |
  MG_F_DELETE_CHUNK |
  MG_F_BUFFER_BUT_DONT_SEND;

/** Flags that options of bind, connect and add may preset. */
export const MG_F_PRESET_MASK =
  MG_F_USER_1 |
  MG_F_USER_2 |
  MG_F_USER_3 |
  MG_F_USER_4 |
  MG_F_USER_5 |
  MG_F_USER_6 |
  MG_F_WEBSOCKET_NO_DEFRAG |
  MG_F_ENABLE_BROADCAST;

/** Flags that end a connection. */
export const CLOSE_FLAGS = MG_F_SEND_AND_CLOSE | MG_F_CLOSE_IMMEDIATELY;
