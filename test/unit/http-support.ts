// An HTTP server on a stage, and a strict reader of what it answered.

import assert from "node:assert/strict";
import type { RawForm, SimPeer } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { httpReply, type HttpMessage, MG_EV_HTTP_REQUEST, type HttpOptions } from "../../src/http/index.js";
import * as usual from "../../src/http/server.js";
import { type Stage, stage, type StageOptions } from "./core-support.js";

/** One reply as it came over the wire. */
export interface Reply {
  status: number;
  reason: string;
  /** Names in lower case. */
  headers: { [name: string]: string };
  body: string;
}

const LINE = /^HTTP\/1\.1 (\d{3}) ([^\r\n]*)$/;

function readHead(head: string): Reply {
  const [first, ...lines] = head.split("\r\n");
  const match = LINE.exec(first);
  assert.ok(match, `no status line: ${JSON.stringify(first)}`);
  const headers: { [name: string]: string } = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    assert.ok(colon > 0, `no header line: ${JSON.stringify(line)}`);
    const name = line.slice(0, colon).toLowerCase();
    assert.equal(headers[name], undefined, `${name} comes twice`);
    headers[name] = line.slice(colon + 1).trim();
  }
  return { status: Number(match[1]), reason: match[2], headers, body: "" };
}

/** Reads replies to requests with these methods (default GET) from the start of `wire` to its end; anything else fails. */
export function readReplies(wire: string, methods: string[] = []): Reply[] {
  const replies: Reply[] = [];
  let at = 0;
  while (at < wire.length) {
    const end = wire.indexOf("\r\n\r\n", at);
    assert.ok(end >= 0, `an unfinished head: ${JSON.stringify(wire.slice(at, at + 100))}`);
    const reply = readHead(wire.slice(at, end));
    at = end + 4;
    const isBare = methods[replies.length] === "HEAD" || reply.status === 204 || reply.status === 304 || reply.status < 200;
    if (!isBare && reply.headers["transfer-encoding"] === "chunked") {
      assert.equal(reply.headers["content-length"], undefined, "a length beside chunks");
      at = readChunks(wire, at, reply);
    } else if (!isBare && reply.headers["content-length"] === undefined && reply.headers.connection === "close") {
      reply.body = wire.slice(at);
      at = wire.length;
    } else if (!isBare) {
      const length = Number(reply.headers["content-length"]);
      assert.ok(length >= 0, `no length in ${JSON.stringify(wire.slice(0, end))}`);
      assert.ok(wire.length >= at + length, "an unfinished body");
      reply.body = wire.slice(at, at + length);
      at += length;
    }
    replies.push(reply);
  }
  return replies;
}

/** Decodes a body in chunks, and answers where it ends. */
function readChunks(wire: string, start: number, reply: Reply): number {
  let at = start;
  for (;;) {
    const match = /^([0-9a-f]+)\r\n/.exec(wire.slice(at, at + 12));
    assert.ok(match, `no chunk: ${JSON.stringify(wire.slice(at, at + 40))}`);
    const size = parseInt(match[1], 16);
    at += match[0].length;
    reply.body += wire.slice(at, at + size);
    at += size;
    assert.equal(wire.slice(at, at + 2), "\r\n", "no line end behind a chunk");
    at += 2;
    if (!size) return at;
  }
}

let http = usual;
let rawEvents = true;
let copies = 0;

/**
 * Takes a fresh copy of the server, which has not seen any request yet and knows no manager: managers with different
 * limits in one program end its remembering for good, and other tests made some. For `beforeEach`.
 */
export async function freshServer(): Promise<void> {
  http = (await import("../../src/http/server.js?copy=" + ++copies)) as typeof usual;
  rawEvents = true;
}

/** The same, and {@link serve} attaches it without raw events. */
export async function freshQuietServer(): Promise<void> {
  await freshServer();
  rawEvents = false;
}

// Others import this file as well: what was made for one test ends with it.
afterEach(() => {
  rawEvents = true;
});

/** The server in use: see {@link freshServer}. */
export function setProtocolHttpWebsocket(nc: Connection, options: HttpOptions = { rawEvents }): void {
  http.setProtocolHttpWebsocket(nc, options);
}

/** What a handler of requests does. */
export type RequestHandler = (nc: Connection, hm: HttpMessage) => void;

/** Answers 200 with the request's own words. */
export const mirror: RequestHandler = (nc, hm) => {
  httpReply(nc, 200, "Content-Type: text/plain\r\n", `${hm.method} ${hm.uri} ${hm.queryString} ${hm.proto} ${hm.bodyLength} ${hm.body}`);
};

/** Lets a listener on `port` answer requests; default 80 and {@link mirror}. */
export function serve(s: Stage, answer: RequestHandler = mirror, port = 80): Connection {
  const listener = s.mgr.bind("tcp://:" + port, s.note("H" + port, (nc, ev, data) => {
    if (ev === MG_EV_HTTP_REQUEST) answer(nc, data as HttpMessage);
  }));
  setProtocolHttpWebsocket(listener);
  return listener;
}

/** What came of one conversation. */
export interface Talk {
  s: Stage;
  wire: string;
  replies: Reply[];
  /** The server has ended or broken the connection. */
  isClosed: boolean;
  events: string[];
}

/** Sends `pieces` one after another, 3 ms apart, to a fresh server, and reads what it answers. */
export function talk(pieces: string | string[], answer: RequestHandler = mirror, options: StageOptions = {}, methods: string[] = []): Talk {
  const s = stage(options);
  serve(s, answer);
  const peer = s.peer(80);
  for (const piece of typeof pieces === "string" ? [pieces] : pieces) {
    peer.send(piece);
    s.run(3);
  }
  s.run(200);
  const wire = peer.take();
  const result = { s, wire, replies: readReplies(wire, methods), isClosed: peer.state !== "open", events: s.events.map((e) => e.slice(e.indexOf(" ") + 1)) };
  s.finish();
  return result;
}

/** A GET request for `uri` with more header lines. */
export function get(uri = "/", more = ""): string {
  return `GET ${uri} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
}

/** Sends each wire over one connection, 5 ms apart, and gives the bodies of the replies. */
export function bodies(peer: SimPeer, s: Stage, wires: string[], methods?: string[]): string[] {
  for (const wire of wires) {
    peer.send(wire);
    s.run(5);
  }
  return readReplies(peer.take(), methods).map((r) => r.body);
}

/** Bytes in both forms, with raw events for the handler and without. */
export const KINDS: [form: RawForm, fresh: () => Promise<void>, how: string][] = [
  ["array", freshServer, ""],
  ["string", freshServer, ""],
  ["array", freshQuietServer, ", without raw events"],
  ["string", freshQuietServer, ", without raw events"],
];
