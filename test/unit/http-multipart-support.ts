// Multipart requests, a server that notes the events made of them, and conversations between the two.

import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { type AnyHandler, MG_EV_CLOSE } from "../../src/core/events.js";
import {
  httpEnableMultipart,
  type HttpMessage,
  type HttpPart,
  httpReply,
  MG_EV_HTTP_MULTIPART_REQUEST,
  MG_EV_HTTP_MULTIPART_REQUEST_END,
  MG_EV_HTTP_PART_BEGIN,
  MG_EV_HTTP_PART_DATA,
  MG_EV_HTTP_PART_END,
  MG_EV_HTTP_REQUEST,
  type MultipartOptions,
} from "../../src/http/index.js";
import { type Stage, stage, type StageOptions } from "./core-support.js";
import { type Reply, readReplies, setProtocolHttpWebsocket } from "./http-support.js";

export const TYPE = "Content-Type: multipart/form-data; boundary=b\r\n";

/** One part of a body. */
export interface PartText {
  name: string;
  fileName?: string;
  data: string;
}

export function part(p: PartText): string {
  return `Content-Disposition: form-data; name="${p.name}"${p.fileName === undefined ? "" : `; filename="${p.fileName}"`}\r\n\r\n${p.data}`;
}

/** A whole body, with boundary `b`. */
export function form(...parts: PartText[]): string {
  return parts.map((p) => `--b\r\n${part(p)}\r\n`).join("") + "--b--\r\n";
}

/** A request with its body by length. */
export function post(body: string, type = TYPE, path = "/up"): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\n${type}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** A request with its body in chunks of `size` bytes. */
export function postChunks(body: string, size: number): string {
  let wire = `POST /up HTTP/1.1\r\nHost: x\r\n${TYPE}Transfer-Encoding: chunked\r\n\r\n`;
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size);
    wire += `${piece.length.toString(16)}\r\n${piece}\r\n`;
  }
  return wire + "0\r\n\r\n";
}

/** What an event is called in the log. */
export const NAMES: { [ev: number]: string } = {
  [MG_EV_HTTP_REQUEST]: "REQUEST",
  [MG_EV_HTTP_MULTIPART_REQUEST]: "MULTIPART",
  [MG_EV_HTTP_PART_BEGIN]: "BEGIN",
  [MG_EV_HTTP_PART_DATA]: "DATA",
  [MG_EV_HTTP_PART_END]: "END",
  [MG_EV_HTTP_MULTIPART_REQUEST_END]: "OVER",
};

export type PartHandler = (nc: Connection, ev: number, part: HttpPart) => void;

/** Notes the multipart events (pieces of data as one), does what `act` does, and replies at the end. */
export function noting(log: string[], act?: PartHandler, options?: { separate?: boolean }): AnyHandler {
  return (nc, ev, data) => {
    if (ev === MG_EV_CLOSE && nc.listener) log.push("CLOSE");
    if (NAMES[ev] === undefined) return;
    if (ev === MG_EV_HTTP_REQUEST || ev === MG_EV_HTTP_MULTIPART_REQUEST) {
      log.push(`${NAMES[ev]} ${(data as HttpMessage).uri}`);
      if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", "plain");
      else act?.(nc, ev, {} as HttpPart);
      return;
    }
    const p = data as HttpPart;
    const text = Buffer.from(p.bytes()).toString("latin1");
    assert.equal(p.dataLength, text.length);
    if (ev === MG_EV_HTTP_PART_BEGIN) log.push(`BEGIN ${p.varName} ${p.fileName ?? "-"} ${p.contentType}`.trim());
    else if (ev !== MG_EV_HTTP_PART_DATA) log.push(NAMES[ev] + (p.varName && " " + p.varName) + (p.status ? " " + p.status : ""));
    act?.(nc, ev, p);
    if (ev === MG_EV_HTTP_PART_DATA) {
      const used = text.slice(0, Math.max(0, p.numDataConsumed));
      if (!options?.separate && log[log.length - 1].startsWith("DATA ")) log[log.length - 1] += used;
      else log.push("DATA " + used);
    }
    if (ev === MG_EV_HTTP_MULTIPART_REQUEST_END && p.status === 0) httpReply(nc, 200, "", "done");
  };
}

/** What came of a conversation. */
export interface Talk {
  log: string[];
  replies: Reply[];
  isClosed: boolean;
  peer: SimPeer;
  s: Stage;
}

/** How a conversation is held. */
export interface TalkOptions extends StageOptions {
  act?: PartHandler;
  /** In place of the noting handler. */
  handler?: AnyHandler;
  limits?: MultipartOptions;
  separate?: boolean;
  gapMs?: number;
  /** The client goes away at the end: half-closed, or reset. */
  leave?: "fin" | "reset";
  /** A stage that is there already. */
  on?: Stage;
}

/** Sends `pieces` to a server that takes multipart bodies apart. */
export function talk(pieces: string | string[], options: TalkOptions = {}): Talk {
  const s = options.on ?? stage(options);
  const log: string[] = [];
  const listener = s.mgr.bind("tcp://:80", options.handler ?? noting(log, options.act, options));
  setProtocolHttpWebsocket(listener);
  httpEnableMultipart(listener, options.limits);
  const peer = s.peer(80);
  for (const piece of typeof pieces === "string" ? [pieces] : pieces) {
    peer.send(piece);
    s.run(options.gapMs ?? 3);
  }
  if (options.leave) peer[options.leave]();
  s.run(200);
  const wire = peer.take().split("HTTP/1.1 100 Continue\r\n\r\n").join("");
  return { log, replies: readReplies(wire), isClosed: peer.state !== "open", peer, s };
}
