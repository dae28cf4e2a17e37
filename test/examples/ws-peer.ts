// The WebSocket library `ws`, as the peer that was written by others; typed as far as the tests use it.

import { createRequire } from "node:module";
import type { EventEmitter } from "node:events";

/** A WebSocket of `ws`. */
export interface Peer extends EventEmitter {
  protocol: string;
  extensions: string;
  send(data: string | Uint8Array, options?: { fin?: boolean; binary?: boolean }): void;
  ping(data?: string): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

interface Server extends EventEmitter {
  close(): void;
  address(): { port: number };
}

interface Library {
  new (url: string, protocols?: string[], options?: object): Peer;
  Server: new (options: object) => Server;
}

const library = createRequire(import.meta.url)("ws") as Library;

/** A message as `ws` gives it. */
export interface Message {
  bytes: Buffer;
  isBinary: boolean;
}

/** Opens a WebSocket without compression, unless the options say more. */
export async function openPeer(url: string, protocols: string[] = [], options: object = {}): Promise<Peer> {
  const peer = new library(url, protocols, { perMessageDeflate: false, ...options });
  await once(peer, "open");
  return peer;
}

/** A server of `ws` on a free port, or on `port`. */
export async function peerServer(options: object, onPeer: (peer: Peer) => void, port = 0): Promise<{ port: number; close(): void }> {
  const server = new library.Server({ host: "127.0.0.1", port, ...options });
  server.on("connection", onPeer);
  await once(server, "listening");
  return { port: server.address().port, close: () => server.close() };
}

/** The next event's arguments; an `error` rejects. */
export function once(peer: EventEmitter, event: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    peer.once("error", reject);
    peer.once(event, (...args: unknown[]) => {
      peer.off("error", reject);
      resolve(args);
    });
  });
}

/** The next message. */
export async function message(peer: Peer): Promise<Message> {
  const [bytes, isBinary] = await once(peer, "message");
  return { bytes: bytes as Buffer, isBinary: isBinary as boolean };
}

/** How the connection was closed: code and reason. */
export async function closed(peer: Peer): Promise<[code: number, reason: string]> {
  const [code, reason] = await once(peer, "close");
  return [code as number, String(reason)];
}
