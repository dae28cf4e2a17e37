import type { Connection } from "../core/connection.js";
import { rangeError } from "../core/errors.js";
import { Mbuf } from "../core/mbuf.js";
import type { Raw } from "../core/port.js";

/** Where a WebSocket stands: bits of `nc._ps`. Never 0, so that it does not give way to a newcomer as an idle HTTP connection does. */
export const enum Ws {
  /** We are the client: what we send is masked. */
  Client = 1,
  /** We sent Close: nothing else is sent. */
  CloseSent = 2,
  /** Nothing is read any more: Close came, or the peer broke the rules. */
  Deaf = 4,
  /** It is a WebSocket; with the bit of Http.Dead, which keeps HTTP from reading on. */
  On = 4096 + 8,
  Is = 4096,
  /** A Ping went out, and nothing came since. */
  Pinged = 32,
  /** The peer will send no more: what is here is read, then the connection closes. */
  Ended = 64,
  /** The program wants no messages for now. */
  Paused = 128,
  /** Messages may be compressed. */
  Deflate = 256,
  /** The next pass reads on. */
  Going = 512,
}

/** What the program sets for a listener's WebSockets, or for a client's. Times in milliseconds. */
export interface WebsocketLimits {
  /** Largest message, in bytes; a larger one is refused with 1009. Default and most: `recvMbufLimit`, half of the pool. */
  messageMaxBytes?: number;
  /** Most fragments of a message. Default 1024. */
  fragmentsMax?: number;
  /** Default false. `true`: messages are handed over in pieces as they come, and are not held; `messageMaxBytes` is for the whole then, without it there is no cap. */
  stream?: boolean;
  /** After so long without input a Ping is sent. Default 20000; 0: never. */
  pingMs?: number;
  /** After so long without an answer to it the connection is closed with MG_ERR_TIMED_OUT. Default 10000. */
  pongMs?: number;
  /** How long our Close waits for the peer's. Default 3000. */
  closeMs?: number;
}

/** The same with the defaults filled in; one for all connections of a listener. */
export interface Settings {
  /** 0: what the connection's limit and the pool allow. */
  max: number;
  fragments: number;
  stream: number;
  ping: number;
  pong: number;
  close: number;
}

/** Fills in the defaults. RangeError or TypeError for numbers that are none of those. */
export function settingsOf(o: WebsocketLimits): Settings {
  const s = { max: o.messageMaxBytes, fragments: o.fragmentsMax, stream: o.stream ? 1 : 0, ping: o.pingMs, pong: o.pongMs, close: o.closeMs };
  const normal: Settings = { max: 0, fragments: 1024, stream: 0, ping: 20000, pong: 10000, close: 3000 };
  let name: keyof Settings;
  for (name in normal) {
    const value = s[name];
    if (value === undefined) continue;
    if (typeof value !== "number") throw new TypeError("A limit of WebSocket must be a number, is " + typeof value);
    if (!(value >= 0) || Math.floor(value) !== value) throw rangeError("A limit of WebSocket is " + value + ": must be a whole number from 0");
    normal[name] = value;
  }
  return normal;
}

/** Hooks with the WebSocket's settings among them. */
export interface WsHooks {
  ws: Settings;
}

/** A message that is not all here yet: in `nc.protoData`, while there is one. */
export class Incomplete {
  /** Its opcode, and 64 if it is compressed. */
  kind: number;
  /** First byte of the frame being read. */
  first: number;
  /** Bytes of the frame still to come. */
  left: number;
  /** The frame's key, and how many bytes were unmasked with it. */
  key: string;
  at: number;
  /** Bytes of the message as far as it was announced, and frames. */
  size: number;
  count: number;
  /** What is here, unmasked. */
  held: Mbuf;
  /** Nonzero: the program takes it in pieces. A compressed message never goes so. */
  stream: number;
  /** Text: the end of what is here, if a character goes on behind it. */
  tail: Raw;

  constructor(nc: Connection, kind: number, stream: number) {
    this.kind = kind;
    this.stream = stream;
    this.first = 0;
    this.left = 0;
    this.key = "";
    this.at = 0;
    this.size = 0;
    this.count = 0;
    this.held = new Mbuf(nc.mgr.pool);
    this.tail = "";
  }
}

/** An extension of the protocol (RFC 6455 §9): `websocketDeflate()`. */
export interface WebsocketExtension {
  /** What a client offers: the value of a Sec-WebSocket-Extensions line; "" for nothing, where the platform cannot do it. */
  offer(nc: Connection): string;
  /** Server: the answer to what a client offers, or "" for no. Sets up the connection. */
  accept(nc: Connection, offered: string): string;
  /** Client: whether the server's answer is one to our offer. Sets up the connection. */
  agree(nc: Connection, answered: string): boolean;
}

/** Compression: filled in when an extension is set up. */
export const codec = {} as {
  /** Answers a message's bytes, or the code to fail with. */
  inflate(nc: Connection, bytes: Raw, maxBytes: number): Raw | number;
  /** Sends a message, compressed if that is worth it. Answers as putFrame does. */
  put(nc: Connection, op: number, raw: Raw): number;
};
