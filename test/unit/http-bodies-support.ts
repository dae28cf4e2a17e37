// A server whose handler gets the HTTP events, and requests with bodies of both framings.

import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_CLOSE } from "../../src/core/events.js";
import { type HttpMessage, httpReply, MG_EV_HTTP_REQUEST } from "../../src/http/index.js";
import { type Stage, stage, type StageOptions } from "./core-support.js";
import { type Reply, readReplies, setProtocolHttpWebsocket } from "./http-support.js";

export const POST = "POST /p HTTP/1.1\r\nHost: x\r\n";
export const CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";

/** "abc" "defghij" in chunks, with all that may be between them. */
export const PIECES = "3;x=y;z=\"q;\\\"\"\r\nabc\r\n0007 ; last\r\ndefghij\r\n0\r\nTrailer: one\r\nX:\r\n\r\n";

export function post(body: string): string {
  return POST + `Content-Length: ${body.length}\r\n\r\n${body}`;
}

export type Handler = (nc: Connection, ev: number, hm: HttpMessage) => void;

/** Talks to a server whose handler gets the HTTP events; answers the replies and a log of events. */
export function talk(pieces: string | string[], handle: Handler, options: StageOptions = {}, gapMs = 3): { replies: Reply[]; log: string[]; isClosed: boolean; s: Stage } {
  const s = stage(options);
  const log: string[] = [];
  const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
    if (ev === MG_EV_CLOSE) log.push("CLOSE " + nc.err);
    if (ev < 100) return;
    const hm = data as unknown as HttpMessage;
    log.push({ 100: "REQUEST", 102: "CHUNK", 103: "HDRS" }[ev as number] + " " + hm.bodyLength + ":" + hm.body);
    handle(nc, ev, hm);
  });
  setProtocolHttpWebsocket(listener);
  const peer = s.peer(80);
  for (const piece of typeof pieces === "string" ? [pieces] : pieces) {
    peer.send(piece);
    s.run(gapMs);
  }
  s.run(200);
  const wire = peer.take().split("HTTP/1.1 100 Continue\r\n\r\n").join("");
  assert.equal(s.mgr.pool.free + s.mgr.list().reduce((sum, c) => sum + c.pages, 0), s.mgr.pool.pages, "pages are missing");
  return { replies: readReplies(wire), log, isClosed: peer.state !== "open", s };
}

export const echo: Handler = (nc, ev, hm) => {
  if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", `${hm.uri} ${hm.body}`);
};
