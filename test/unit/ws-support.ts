// A WebSocket peer of scripts for tests: it makes frames, right and wrong, and reads those that come, strictly.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { SimPeer } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_WEBSOCKET_FRAME, sendWebsocketFrame, setProtocolWebsocket, type WebsocketMessage, type WebsocketOptions } from "../../src/websocket/index.js";
import type { Stage } from "./core-support.js";

export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** A frame. Default: the whole of a message, masked. */
export interface FrameSpec {
  op: number;
  payload?: string;
  fin?: boolean;
  rsv?: number;
  masked?: boolean;
  /** Announced size; default: the payload's. */
  size?: number;
  /** Bytes of the extended size: 0, 2 or 8; default: as few as do. */
  sizeBytes?: number;
  key?: string;
}

/** The bytes of a frame, as a binary string. */
export function frameOf(f: FrameSpec): string {
  const payload = f.payload ?? "";
  const size = f.size ?? payload.length;
  const sizeBytes = f.sizeBytes ?? (size < 126 ? 0 : size < 65536 ? 2 : 8);
  const isMasked = f.masked ?? true;
  const key = f.key ?? "\x11\xa2\x03\xf4";
  const head = Buffer.alloc(2 + sizeBytes);
  head[0] = (f.fin === false ? 0 : 128) | ((f.rsv ?? 0) << 4) | f.op;
  head[1] = (isMasked ? 128 : 0) | (sizeBytes === 0 ? size : sizeBytes === 2 ? 126 : 127);
  if (sizeBytes === 2) head.writeUInt16BE(size, 2);
  if (sizeBytes === 8) head.writeBigUInt64BE(BigInt(size), 2);
  return head.toString("latin1") + (isMasked ? key + xor(payload, key) : payload);
}

function xor(payload: string, key: string): string {
  const bytes = Buffer.from(payload, "latin1");
  for (let i = 0; i < bytes.length; i++) bytes[i] ^= key.charCodeAt(i & 3);
  return bytes.toString("latin1");
}

export const text = (payload: string, more: Partial<FrameSpec> = {}): string => frameOf({ op: 1, payload: Buffer.from(payload).toString("latin1"), ...more });
export const binary = (payload: string, more: Partial<FrameSpec> = {}): string => frameOf({ op: 2, payload, ...more });
export const ping = (payload = "", more: Partial<FrameSpec> = {}): string => frameOf({ op: 9, payload, ...more });
export const close = (code?: number, reason = ""): string =>
  frameOf({ op: 8, payload: code === undefined ? "" : String.fromCharCode(code >> 8, code & 255) + reason });

/** A frame that was read. */
export interface Frame {
  op: number;
  fin: boolean;
  payload: string;
}

/** Reads whole frames; anything wrong, and anything left over, fails. */
export function readWsFrames(wire: string, isMasked = false): Frame[] {
  const frames: Frame[] = [];
  const bytes = Buffer.from(wire, "latin1");
  for (let at = 0; at < bytes.length;) {
    assert.ok(at + 2 <= bytes.length, "half a head");
    const first = bytes[at];
    let size = bytes[at + 1] & 127;
    assert.equal(first & 0x70, 0, "reserved bits");
    assert.equal(bytes[at + 1] > 127, isMasked, "the mask bit");
    at += 2;
    if (size === 126) {
      size = bytes.readUInt16BE(at);
      assert.ok(size > 125, "not minimal");
      at += 2;
    } else if (size === 127) {
      size = Number(bytes.readBigUInt64BE(at));
      assert.ok(size > 65535, "not minimal");
      at += 8;
    }
    const key = bytes.toString("latin1", at, at + 4);
    if (isMasked) at += 4;
    assert.ok(at + size <= bytes.length, `an unfinished frame of ${size} bytes`);
    const payload = bytes.toString("latin1", at, at + size);
    frames.push({ op: first & 15, fin: first > 127, payload: isMasked ? xor(payload, key) : payload });
    at += size;
  }
  return frames;
}

const NAMES: { [op: number]: string } = { 0: "cont", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };

/** A frame as one line: `text hello`, `close 1002`, `text+ he` where more follows. */
export function lineOf(f: Frame): string {
  const words = f.op === 8 && f.payload.length > 1 ? `${(f.payload.charCodeAt(0) << 8) | f.payload.charCodeAt(1)} ${f.payload.slice(2)}` : f.payload;
  const long = words.length > 60 ? `${words.length} bytes` : words.replace(/[^ -~]/g, (c) => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0"));
  return (NAMES[f.op] + (f.fin ? "" : "+") + " " + long).trim();
}

/** What an event's message says, in the same form. */
export function eventLine(ev: number, wm: WebsocketMessage): string {
  return lineOf({ op: wm.flags & 15, fin: wm.flags > 127, payload: Buffer.from(wm.bytes()).toString("latin1") }) + (ev === MG_EV_WEBSOCKET_FRAME ? "" : " (control)");
}

/** An opening request. */
export function upgrade(more = "", target = "/", key = KEY): string {
  return `GET ${target} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`;
}

/** What the server accepts a key with. */
export function acceptFor(key: string): string {
  return createHash("sha1").update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
}

/** What happens on a server's messages. */
export type OnMessage = (nc: Connection, wm: WebsocketMessage) => void;

export const echo: OnMessage = (nc, wm) => void sendWebsocketFrame(nc, wm.op, wm);

/** A server of WebSockets on port 80 that notes its messages in `lines`. */
export function serveWs(s: Stage, lines: string[] = [], options: WebsocketOptions = {}, onMessage: OnMessage = echo): Connection {
  const listener = s.mgr.bind("tcp://:80", s.note("W", (nc, ev, data) => {
    if (ev === 113 || ev === 114) lines.push(eventLine(ev, data as WebsocketMessage));
    if (ev === 113) onMessage(nc, data as WebsocketMessage);
  }));
  setProtocolWebsocket(listener, options);
  return listener;
}

/** A client whose WebSocket is open. */
export function openWs(s: Stage, more = ""): SimPeer {
  const peer = s.peer(80);
  peer.send(upgrade(more));
  s.run(20);
  const head = peer.take();
  assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.ok(head.endsWith("\r\n\r\n"), "frames before the client sent any");
  return peer;
}

/** What the peer got since the last look, a line for each frame. */
export function taken(peer: SimPeer): string[] {
  return readWsFrames(peer.take()).map(lineOf);
}
