// A server of scripts for tests of the HTTP client: what it was asked, and what it answers, without meerkat in it.

import type { SimPeer } from "../../platform/sim/index.js";
import type { Connection, Source } from "../../src/core/connection.js";
import { MG_EV_CLOSE, MG_EV_CONNECT } from "../../src/core/events.js";
import { MG_EV_HTTP_CHUNK, MG_EV_HTTP_HDRS, MG_EV_HTTP_REPLY } from "../../src/http/events.js";
import type { HttpMessage } from "../../src/http/message.js";
import { connectHttp, type ConnectHttpOptions } from "../../src/http/client.js";
import { stage, type Stage, type StageOptions, THERE } from "./core-support.js";

/** One request as the server got it: its head, without the blank line, and its body. */
export interface Asked {
  head: string;
  body: string;
  /** Number of the connection, from 0. */
  on: number;
}

/** The server. */
export interface Script {
  asked: Asked[];
  peers: SimPeer[];
}

/** What the server does with a request. A text is sent; undefined: nothing happens. */
export type Answer = (asked: Asked, peer: SimPeer) => string | undefined;

/** A reply with this body. */
export function ok(body: string, more = "", status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
}

/** Takes whole requests from the front of the text; the rest stays. Answers undefined when there is none. */
function take(text: string): { head: string; body: string; rest: string } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const rest = text.slice(end + 4);
  if (/\r\ntransfer-encoding: chunked/i.test(head)) return takeChunks(head, rest);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  return rest.length < length ? undefined : { head, body: rest.slice(0, length), rest: rest.slice(length) };
}

function takeChunks(head: string, text: string): { head: string; body: string; rest: string } | undefined {
  let body = "";
  for (let at = 0; ;) {
    const end = text.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const size = parseInt(text.slice(at, end), 16);
    if (text.length < end + 4 + size) return undefined;
    if (text.slice(end + 2 + size, end + 4 + size) !== "\r\n") throw new Error("A chunk is longer than its size");
    body += text.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
    if (size === 0) return { head, body, rest: text.slice(at) };
  }
}

/** A server on `address` that answers each request as it is told. */
export function script(s: Stage, answer: Answer, address = THERE, port = 80, tls = false): Script {
  const found: Script = { asked: [], peers: [] };
  s.world.listenPeer(address, port, (peer) => {
    const on = found.peers.push(peer) - 1;
    let text = "";
    const look = (): void => {
      text += peer.take();
      for (let one = take(text); one !== undefined; one = take(text)) {
        text = one.rest;
        const asked = { head: one.head, body: one.body, on };
        found.asked.push(asked);
        const reply = answer(asked, peer);
        if (reply !== undefined) peer.send(reply);
      }
      if (peer.state === "open" || peer.state === "connecting") s.world.after(1, look);
    };
    look();
  }, { tls });
  return found;
}

/** A handler that logs what an HTTP client's program sees, and then does what `act` does. */
export function log(s: Stage, lines: string[], act?: (nc: Connection, ev: number, hm: HttpMessage) => void) {
  return s.note("C", (nc, ev, data) => {
    const hm = data as HttpMessage;
    if (ev === MG_EV_CONNECT) lines.push(`CONNECT ${data}`);
    if (ev === MG_EV_HTTP_HDRS) lines.push(`HDRS ${hm.respCode}`);
    if (ev === MG_EV_HTTP_CHUNK && lines[lines.length - 1] !== "CHUNK") lines.push("CHUNK");
    if (ev === MG_EV_HTTP_REPLY) lines.push(`REPLY ${hm.respCode} ${hm.body.length > 60 ? hm.bodyLength : hm.body}`.trim());
    if (ev === MG_EV_CLOSE) lines.push(`CLOSE ${nc.err}`);
    act?.(nc, ev, hm);
  });
}

/** A source of `size` bytes, a digit each, in pieces of at most `piece`; every other time it answers "not now". */
export function digitsSource(nc: () => Connection | undefined, size: number, piece: number): Source {
  let at = 0;
  let isLater = false;
  return {
    next(maxBytes) {
      if (at >= size) return null;
      isLater = !isLater;
      if (isLater) {
        nc()?.wakeSource();
        return undefined;
      }
      const n = Math.min(piece, maxBytes, size - at);
      const text = digits(at + n).slice(at);
      at += n;
      return text;
    },
  };
}

/** That many digits. */
export function digits(count: number): string {
  return "0123456789".repeat(Math.ceil(count / 10)).slice(0, count);
}

export const URL = `http://${THERE}/path?q`;

/** What came of one connection. */
export interface Talk {
  s: Stage;
  lines: string[];
  server: Script;
  nc: Connection;
}

/** What a test's handler does besides logging. */
export type Act = (nc: Connection, ev: number, hm: HttpMessage) => void;

/** Connects with these options to a server that answers like this, and lets `ms` pass. */
export function talk(answer: Answer, options: ConnectHttpOptions = {}, act?: Act, ms = 200, stageOptions: StageOptions = {}): Talk {
  const s = stage(stageOptions);
  const server = script(s, answer);
  const lines: string[] = [];
  const nc = connectHttp(s.mgr, log(s, lines, act), URL, options);
  s.run(ms);
  return { s, lines, server, nc };
}
