/*
 * What a WebSocket echo on node:net costs at the least: one read, one write, the head of the answer before what came. It knows
 * one message only, that of the load, in one piece: no masks are taken off, nothing is checked, nothing is put together. What a
 * server that does these things needs besides is the difference.
 */

import { createHash } from "node:crypto";
import { buffer, serve } from "./shared-read.js";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY_BYTES = 4;

function handshake(request: string): string {
  const key = /\r\nSec-WebSocket-Key: (.*)\r\n/i.exec(request)?.[1] ?? "";
  const accept = createHash("sha1").update(key + GUID).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** The frame in the buffer, without its key, as a server sends it. */
function answer(count: number): string {
  const headBytes = (buffer[1] & 127) < 126 ? 2 : 4;
  buffer[1] &= 127;
  return buffer.toString("latin1", 0, headBytes) + buffer.toString("latin1", headBytes + KEY_BYTES, count);
}

serve((conn) => {
  let isOpen = false;
  return (count) => {
    conn.write(isOpen ? answer(count) : handshake(buffer.toString("latin1", 0, count)), "latin1");
    isOpen = true;
  };
});
