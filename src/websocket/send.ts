import type { Connection, Source } from "../core/connection.js";
import { rangeError } from "../core/errors.js";
import { type Data, toRaw } from "../core/mbuf.js";
import type { Raw } from "../core/port.js";
import { format } from "../core/printf.js";
import { RawSource } from "../http/source.js";
import { frameHead, isCloseCode } from "./frame.js";
import { masked } from "./mask.js";
import { WebsocketMessage } from "./message.js";
import { WEBSOCKET_DONT_FIN, WEBSOCKET_OP_BINARY, WEBSOCKET_OP_CLOSE, WEBSOCKET_OP_TEXT } from "./ops.js";
import { codec, Ws } from "./state.js";

/** What a frame can be made of: text (as UTF-8), bytes, the contents of a queue, or a message as it came. */
export type WebsocketData = Data | WebsocketMessage;

/** The head that was made last, without a key, and what for: messages tend to be of one size. */
let lastFirst = -1;
let lastSize = 0;
let lastHead: Raw = "";

/**
 * Sends a frame (mg_send_websocket_frame): `op` is WEBSOCKET_OP_TEXT, _BINARY, _PING, _PONG, _CLOSE or, for the fragments
 * behind the first, _CONTINUE; with WEBSOCKET_DONT_FIN for all fragments but the last. All of it is taken, and its size
 * answered; or nothing, and 0: when the connection is no WebSocket (any more), Close was sent, or an earlier message larger
 * than the pool had room for is still going out (then try again when SEND or POLL comes). Throws TypeError for another
 * opcode or kind of data, RangeError for a control frame over 125 bytes.
 */
export function sendWebsocketFrame(nc: Connection, op: number, data: WebsocketData): number {
  return sendRaw(nc, op, rawOf(nc, data));
}

/** The same for data in several parts, which become one frame (mg_send_websocket_framev). */
export function sendWebsocketFramev(nc: Connection, op: number, parts: WebsocketData[]): number {
  const ops = nc.mgr._ops;
  let all: Raw = ops.text("");
  for (let i = 0; i < parts.length; i++) all = ops.concat(all, rawOf(nc, parts[i]));
  return sendRaw(nc, op, all);
}

/** Formats like `nc.printf` and sends the text as a frame (mg_printf_websocket_frame). */
export function printfWebsocketFrame(nc: Connection, op: number, fmt: string, ...args: unknown[]): number {
  return sendRaw(nc, op, toRaw(nc.mgr._ops, format(fmt, args)));
}

/**
 * Starts the closing handshake: Close with this code (default 1000) and reason (at most 123 bytes); the connection ends when
 * the peer has answered, or after `closeMs`. Answers as `sendWebsocketFrame`. RangeError for a code that must not be sent.
 */
export function closeWebsocket(nc: Connection, code?: number, reason?: string): number {
  const c = code === undefined ? 1000 : code;
  if (!isCloseCode(c)) throw rangeError("Cannot close with code " + c + ": must be 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  const ops = nc.mgr._ops;
  const head = ops.copy(new Uint8Array([c >> 8, c & 255]));
  return sendRaw(nc, WEBSOCKET_OP_CLOSE, reason ? ops.concat(head, ops.text(reason)) : head);
}

function rawOf(nc: Connection, data: WebsocketData): Raw {
  return data instanceof WebsocketMessage ? data._raw : toRaw(nc.mgr._ops, data);
}

/** Checks what the program wants to send. */
function sendRaw(nc: Connection, op: number, raw: Raw): number {
  const code = op & 15;
  if (op & ~(WEBSOCKET_DONT_FIN | 15) || code > 10 || (code > 2 && code < 8)) throw new TypeError("Unknown WebSocket opcode " + op);
  if (code > 7 && (raw.length > 125 || op & WEBSOCKET_DONT_FIN)) throw rangeError("A control frame has at most 125 bytes, and is not fragmented");
  if ((nc._ps & (Ws.Is | Ws.CloseSent)) !== Ws.Is) return 0;
  const isWhole = op === WEBSOCKET_OP_TEXT || op === WEBSOCKET_OP_BINARY;
  // Not by `putFrame`: where messages are answered, each call that is saved is stack for others.
  const n = nc._ps & Ws.Deflate && isWhole ? codec.put(nc, op, raw) : putWhole(nc, frameOf(nc, op, raw));
  if (code === WEBSOCKET_OP_CLOSE && n) {
    nc._ps |= Ws.CloseSent;
    nc._since = nc.mgr._platform.now();
  }
  return n;
}

/** Sends a frame that is in order; 64 in `op` is RSV1. Answers its size, or 0. */
export function putFrame(nc: Connection, op: number, raw: Raw): number {
  return putWhole(nc, frameOf(nc, op, raw));
}

function frameOf(nc: Connection, op: number, raw: Raw): Raw {
  const mgr = nc.mgr;
  const first = op & WEBSOCKET_DONT_FIN ? op & 15 : op | 128;
  const size = raw.length;
  if (!(nc._ps & Ws.Client)) {
    if (first !== lastFirst || size !== lastSize) {
      lastFirst = first;
      lastSize = size;
      lastHead = mgr._ops.copy(frameHead(first, size, false));
    }
    return size ? mgr._ops.concat(lastHead, raw) : lastHead;
  }
  const key = mgr._platform.random(4); // §5.3: not to be foreseen
  const head = mgr._ops.concat(mgr._ops.copy(frameHead(first, size, true)), key);
  return size ? mgr._ops.concat(head, masked(mgr._platform, raw, key, 0)) : head;
}

/** Into sendMbuf; what the pool has no room for goes out piece by piece; to a broadcast's receiver, behind what waits for it. */
export function putWhole(nc: Connection, bytes: Raw): number {
  if (nc._src) return isShared(nc) ? (nc._src as Shared)._insert(bytes) : 0;
  return nc._put(bytes) || (nc.sendFrom(new RawSource(nc.mgr._ops, bytes)) ? bytes.length : 0);
}

/** A source that sends whole frames, and takes more of them: a broadcast's. */
export interface Shared extends Source {
  _insert(bytes: Raw): number;
}

/** Whether the connection's source is one that other frames can join. */
export function isShared(nc: Connection): boolean {
  const source = nc._src as Partial<Shared> | undefined;
  return source !== undefined && source._insert !== undefined;
}
