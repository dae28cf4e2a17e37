// What the server of the golden conversations does with each path; README.md lists them. It runs on devices too.

import type { Connection } from "../../src/core/connection.js";
import { MG_EV_CLOSE } from "../../src/core/events.js";
import { MG_F_DELETE_CHUNK } from "../../src/core/flags.js";
import type { Mbuf } from "../../src/core/mbuf.js";
import {
  type BodySink, httpCollectBody, type HttpMessage, httpReply, httpReplyFrom, httpStreamBody, httpWakeBody, MG_EV_HTTP_CHUNK,
  MG_EV_HTTP_HDRS, MG_EV_HTTP_REQUEST, sendHead, sendHttpChunk,
} from "../../src/http/index.js";

/** The limits the conversations are about. */
export const GOLDEN_LIMITS = { headMaxBytes: 400, uriMaxBytes: 100, headersMax: 8, bodyMaxBytes: 300, drainMaxBytes: 200, chunkLineMaxBytes: 40 };

/** What a conversation is replayed with. */
export interface Act {
  /** Where to note what the handler of this connection saw. */
  events(nc: Connection): string[];
  later(act: () => void, ms: number): void;
}

/** Printable, with every other byte as \\xNN; from a binary string or bytes. */
function visible(data: string | Uint8Array): string {
  let out = "";
  for (let i = 0; i < data.length; i++) {
    const code = typeof data === "string" ? data.charCodeAt(i) : data[i];
    out += code > 31 && code < 127 ? String.fromCharCode(code) : "\\x" + (code + 256).toString(16).slice(1);
  }
  return out;
}

function describeRequest(hm: HttpMessage): string {
  const body = hm.bodyLength > 0 ? " " + hm.bodyLength + ' "' + visible(hm.bodyBytes()) + '"' : "";
  const note = hm.header("X-Note");
  return hm.method + " " + hm.uri + (hm.queryString ? " ?" + hm.queryString : "") + " " + hm.proto + body + (note === undefined ? "" : ' note="' + visible(note) + '"');
}

function letters(letter: string, count: number): string {
  let out = letter;
  while (out.length < count) out += out;
  return out.slice(0, count);
}

/** Gives `left` bytes, a few at a time. */
class Letters {
  left: number;

  constructor(left: number) {
    this.left = left;
  }

  next(max: number): string | null {
    const n = Math.min(this.left, max, 700);
    this.left -= n;
    return n > 0 ? letters("g", n) : null;
  }
}

/** Notes what came in one line, answers at the end. Slow: takes at most two bytes, and the next ones a moment later. */
class Collector implements BodySink {
  nc: Connection;
  uri: string;
  act: Act;
  got: string;

  constructor(nc: Connection, uri: string, act: Act) {
    this.nc = nc;
    this.uri = uri;
    this.act = act;
    this.got = "";
  }

  data(m: Mbuf): void {
    const isSlow = this.uri === "/slow";
    const n = isSlow ? Math.min(2, m.len) : m.len;
    this.got += visible(m.slice(0, n));
    m.remove(n);
    if (isSlow) this.act.later(() => httpWakeBody(this.nc), 0.2);
  }

  end(isWhole: boolean): void {
    this.act.events(this.nc).push((isWhole ? "whole " : "cut off ") + this.uri + ' "' + this.got + '"');
    if (isWhole) httpReply(this.nc, 200, "", this.got.slice(0, 20));
  }
}

function answer(nc: Connection, hm: HttpMessage, act: Act): void {
  const uri = hm.uri;
  const words = hm.method + " " + uri;
  if (uri === "/later") act.later(() => void httpReply(nc, 200, "", words), 5);
  else if (uri === "/none") httpReply(nc, 204, "", "");
  else if (uri === "/big") httpReply(nc, 200, "", letters("b", 9000));
  else if (uri === "/from") httpReplyFrom(nc, 200, "", new Letters(5000), -1);
  else if (uri === "/sized") httpReplyFrom(nc, 200, "", new Letters(5000), 5000);
  else if (uri === "/chunks") {
    sendHead(nc, 200, -1, "");
    sendHttpChunk(nc, words);
    act.later(() => endChunks(nc), 2);
  } else httpReply(nc, 200, "", words);
}

function endChunks(nc: Connection): void {
  sendHttpChunk(nc, "!");
  sendHttpChunk(nc, "");
}

function headers(nc: Connection, hm: HttpMessage, act: Act): void {
  const uri = hm.uri;
  if (uri === "/hdrs") act.events(nc).push("hdrs " + hm.contentLength);
  else if (uri === "/refuse") httpReply(nc, 403, "", "no");
  else if (uri === "/collect") httpCollectBody(nc, 20);
  else if (uri === "/stream" || uri === "/slow") httpStreamBody(nc, new Collector(nc, uri, act));
}

/** Pieces that follow each other are one line: how many there are depends on how they came. */
function chunk(nc: Connection, hm: HttpMessage, events: string[]): void {
  if (hm.uri !== "/pieces" && hm.uri !== "/drop") return;
  const last = events.length - 1;
  const text = visible(hm.bodyBytes());
  if (last >= 0 && events[last].slice(0, 6) === "chunk ") events[last] += text;
  else events.push("chunk " + text);
  if (hm.uri === "/drop") nc.flags |= MG_F_DELETE_CHUNK;
}

/** The handler. */
export function goldenHandler(act: Act): (nc: Connection, ev: number, data: unknown) => void {
  return (nc, ev, data) => {
    if (ev === MG_EV_CLOSE && nc.listener) act.events(nc).push("close");
    else if (ev === MG_EV_HTTP_HDRS) headers(nc, data as HttpMessage, act);
    else if (ev === MG_EV_HTTP_CHUNK) chunk(nc, data as HttpMessage, act.events(nc));
    else if (ev === MG_EV_HTTP_REQUEST) {
      act.events(nc).push(describeRequest(data as HttpMessage));
      answer(nc, data as HttpMessage, act);
    }
  };
}
