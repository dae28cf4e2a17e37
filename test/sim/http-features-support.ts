// A server that uses every feature of HTTP at once, and a ledger of what it was promised: each thing that is begun ends once.

import type { Connection, Source } from "../../src/core/connection.js";
import { type AnyHandler, eventName, MG_EV_CLOSE } from "../../src/core/events.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../../src/core/flags.js";
import { Broadcast } from "../../src/core/broadcast.js";
import type { Mbuf } from "../../src/core/mbuf.js";
import type { Files, FileWriter, OpenFile } from "../../src/core/port.js";
import {
  basicAuth, type BodySink, cors, directoryListing, fileUploadHandler, getHttpVar, httpAddHeaders, httpEnableMultipart, httpGuard, type HttpMessage,
  httpReply, httpReplyFrom, httpStreamBody, httpUpload, httpWakeBody, MG_EV_HTTP_CHUNK, MG_EV_HTTP_HDRS, MG_EV_HTTP_MULTIPART_REQUEST,
  MG_EV_HTTP_MULTIPART_REQUEST_END, MG_EV_HTTP_PART_BEGIN, MG_EV_HTTP_PART_END, MG_EV_HTTP_REQUEST, registerHttpEndpoint,
  removeHttpEndpoint, sendHead, sendHttpChunk, serveHttp, ssi, sseSend, sseStart, urlRewrites,
} from "../../src/http/index.js";
import { setProtocolHttpWebsocket } from "../../src/http/server.js";
import type { Stage } from "../unit/core-support.js";

/** Everything that was begun and must end, and what was done wrong. */
export interface Ledger {
  wrong: string[];
  /** Begun and not yet over, by what they are. */
  open: Set<string>;
  sink(name: string, sink: BodySink): BodySink;
  source(name: string, source: Source): Source;
  files(files: Files): Files;
}

/** Makes a ledger. */
export function createLedger(): Ledger {
  const wrong: string[] = [];
  const open = new Set<string>();
  let count = 0;
  const begin = (what: string): { over(): void; use(how: string): void } => {
    const name = `${what} ${++count}`;
    open.add(name);
    return {
      over: () => void (open.delete(name) || wrong.push(`${name} ended twice`)),
      use: (how) => void (open.has(name) || wrong.push(`${name}: ${how} after its end`)),
    };
  };
  return {
    wrong,
    open,
    sink: (name, sink) => countedSink(begin("sink " + name), sink),
    source: (name, source) => countedSource(begin("source " + name), source),
    files: (files) => ({
      ...files,
      open(path) {
        const file = files.open(path);
        return file && countedFile(begin("file " + path), file);
      },
      create(path) {
        const writer = files.create(path);
        return typeof writer === "number" ? writer : countedWriter(begin("writer " + path), writer);
      },
    }),
  };
}

type Entry = { over(): void; use(how: string): void };

function countedSink(entry: Entry, sink: BodySink): BodySink {
  return {
    data(m, isLast) {
      entry.use("data");
      sink.data(m, isLast);
    },
    end(isWhole) {
      entry.over();
      sink.end(isWhole);
    },
  };
}

function countedSource(entry: Entry, source: Source): Source {
  return {
    next(max) {
      entry.use("next");
      return source.next(max);
    },
    done(sent) {
      entry.over();
      source.done?.(sent);
    },
  };
}

/** Closing twice is allowed; never is not. */
function countedFile(entry: Entry, file: OpenFile): OpenFile {
  let isOpen = true;
  return {
    size: file.size,
    read(at, max) {
      entry.use("read");
      return file.read(at, max);
    },
    close() {
      if (isOpen) entry.over();
      isOpen = false;
      file.close();
    },
  };
}

function countedWriter(entry: Entry, writer: FileWriter): FileWriter {
  let isOpen = true;
  const over = (): void => {
    if (isOpen) entry.over();
    isOpen = false;
  };
  return {
    write: (bytes) => writer.write(bytes),
    commit() {
      over();
      return writer.commit();
    },
    abort() {
      over();
      writer.abort();
    },
  };
}

/** What a server with all features is doing, and what its owner can do to it. */
export interface Features {
  ledger: Ledger;
  /** Ends what would go on for ever: event streams. */
  windDown(): void;
  /** No more replies that were put off. */
  stop(): void;
}

type Answer = (nc: Connection, hm: HttpMessage) => void;

/** The value of a query's variable. */
export function arg(hm: HttpMessage, name: string): string {
  return getHttpVar(hm.queryString, name) ?? "";
}

/** Text of a body or a page of `count` characters for the request `id`: nobody else's. */
export function textFor(id: string, count: number): string {
  return (id + ".").repeat(Math.ceil(count / (id.length + 1))).slice(0, count);
}

/** Starts a server on port 80 in which `chance` decides what has no reason. */
export function serveFeatures(s: Stage, chance: (p: number) => boolean): Features {
  const ledger = createLedger();
  const platform = s.platform as { files?: Files };
  platform.files = ledger.files(platform.files as Files);
  const listener = s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => void (ev === MG_EV_HTTP_REQUEST && httpReply(nc, 404, "", "nobody's"))));
  setProtocolHttpWebsocket(listener);
  httpEnableMultipart(listener, { partsMax: 5, partMaxBytes: 4000 });
  httpGuard(listener, (nc, hm) => {
    const id = arg(hm, "i");
    if (id) httpAddHeaders(nc, `X-Id: ${id}\r\n`);
    return true;
  });
  cors(listener, { origin: ["http://a.example"] });
  fillStore(platform.files, s);
  return new Server(s, listener, ledger, chance);
}

function fillStore(files: Files, s: Stage): void {
  const put = (path: string, text: string): void => {
    const writer = files.create(path) as FileWriter;
    writer.write(s.platform.bytes.text(text));
    writer.commit();
  };
  put("www/big.txt", textFor("big", 5000));
  put("www/d/a.txt", "small");
  put("www/page.shtml", 'A<!--#include virtual="d/a.txt" -->B<!--#call x -->C<!--#include virtual="no" -->' + "d".repeat(600));
}

class Server implements Features {
  readonly ledger: Ledger;
  private readonly events = new Broadcast();
  private readonly later: { run(): boolean }[] = [];
  /** What the upload that began last asked for. */
  private mishap = "";
  /** Events of uploads that ask for another one, by connection. */
  private readonly begun: { [id: number]: number[] } = {};
  private isWindingDown = false;
  private isOver = false;

  constructor(private readonly s: Stage, private readonly listener: Connection, ledger: Ledger, private readonly chance: (p: number) => boolean) {
    this.ledger = ledger;
    const on = (path: string, answer: Answer, hdrs?: Answer): void => this.endpoint(path, answer, hdrs);
    on("/static", (nc, hm) => serveHttp(nc, hm, { urlRewrites: urlRewrites("/static=www"), directoryListing, ssi }));
    on("/echo", (nc) => httpReply(nc, 200, "", ""), (nc, hm) => this.echo(nc, hm));
    on("/slow", (nc) => httpReply(nc, 200, "", "0"), (nc, hm) => this.slow(nc, hm));
    on("/put", (nc, hm) => httpUpload(nc, hm, "put/" + arg(hm, "i")), (nc, hm) => httpUpload(nc, hm, "put/" + arg(hm, "i")));
    on("/later", (nc, hm) => this.replyLater(nc, hm));
    on("/sse", (nc) => void this.events.add(sseStart(nc, { policy: chance(0.5) ? "dropOld" : "close", shareBytes: 300 })));
    on("/chunks", (nc, hm) => this.chunks(nc, hm));
    on("/src", (nc, hm) => this.fromSource(nc, hm));
    on("/length", (nc, hm) => httpReply(nc, 200, "", "" + hm.bodyLength));
    on("/early", (nc) => httpReply(nc, 403, "", "no"), (nc) => httpReply(nc, 403, "", "no"));
    on("/gone", (nc) => {
      removeHttpEndpoint(listener, "/gone");
      httpReply(nc, 200, "", "gone");
    });
    on("/swap", (nc) => {
      nc.handler = chance(0.5) ? undefined : (s.note("S", (one, ev) => void (ev === MG_EV_HTTP_REQUEST && httpReply(one, 404, "", "swapped"))) as AnyHandler);
      httpReply(nc, 200, "", "swapped");
    });
    registerHttpEndpoint(listener, "/secret", (nc, ev) => void (ev === MG_EV_HTTP_REQUEST && httpReply(nc, 200, "", "secret")), { guard: basicAuth("r", { u: "p" }) });
    registerHttpEndpoint(listener, "/up", this.watched("/up", (nc, ev, data) => this.upload(nc, ev, data)));
    this.tick();
  }

  /** An endpoint whose handler may also throw, or close the connection, in an event that the request names. */
  private endpoint(path: string, answer: Answer, hdrs?: Answer): void {
    registerHttpEndpoint(this.listener, path, this.watched(path, (nc, ev, data) => {
      const hm = data as HttpMessage;
      if (ev === MG_EV_HTTP_REQUEST || ev === MG_EV_HTTP_HDRS || ev === MG_EV_HTTP_CHUNK) mischief(nc, arg(hm, "t"), eventName(ev));
      if (ev === MG_EV_HTTP_REQUEST) answer(nc, hm);
      else if (ev === MG_EV_HTTP_HDRS) hdrs?.(nc, hm);
    }));
  }

  /** An endpoint hears nothing of a connection after its CLOSE. */
  private watched(path: string, handler: AnyHandler): AnyHandler {
    const closed = new Set<Connection>();
    return (nc, ev, data) => {
      if (closed.has(nc)) this.ledger.wrong.push(`${path}: ${eventName(ev)} after CLOSE`);
      if (ev === MG_EV_CLOSE) closed.add(nc);
      handler(nc, ev, data);
    };
  }

  /** Goes wrong, if asked to, before or behind the handler of uploads. */
  private upload(nc: Connection, ev: number, data: unknown): void {
    if (ev === MG_EV_HTTP_MULTIPART_REQUEST) this.mishap = arg(data as HttpMessage, "t");
    this.pair(nc.id, ev);
    const isBefore = this.chance(0.5);
    if (isBefore) mischief(nc, this.mishap, eventName(ev));
    fileUploadHandler(nc, ev, data, (_nc, name) => (name === "no" ? "" : "up/" + name));
    if (!isBefore) mischief(nc, this.mishap, eventName(ev));
    if (ev === MG_EV_HTTP_MULTIPART_REQUEST_END) this.mishap = "";
  }

  /** Request and parts begin and end in pairs, one in the other. */
  private pair(id: number, ev: number): void {
    const open = (this.begun[id] ??= []);
    const from = ev === MG_EV_HTTP_PART_END ? MG_EV_HTTP_PART_BEGIN : ev === MG_EV_HTTP_MULTIPART_REQUEST_END ? MG_EV_HTTP_MULTIPART_REQUEST : 0;
    if (ev === MG_EV_HTTP_MULTIPART_REQUEST || ev === MG_EV_HTTP_PART_BEGIN) open.push(ev);
    if (from && open.pop() !== from) this.ledger.wrong.push(`${eventName(ev)} without a beginning`);
    if (ev === MG_EV_CLOSE && open.length) this.ledger.wrong.push("CLOSE before the end of an upload");
  }

  private echo(nc: Connection, hm: HttpMessage): void {
    const t = arg(hm, "t");
    sendHead(nc, 200, -1, "");
    httpStreamBody(nc, this.ledger.sink("echo", {
      data(m) {
        mischief(nc, t, "data");
        const n = Math.min(m.len, 64);
        if (!sendHttpChunk(nc, m.slice(0, n))) return; // no room: POLL comes
        m.remove(n);
        if (m.len) httpWakeBody(nc);
      },
      end(isWhole) {
        mischief(nc, t, "end");
        if (isWhole) sendHttpChunk(nc, "");
      },
    }));
  }

  private slow(nc: Connection, hm: HttpMessage): void {
    const t = arg(hm, "t");
    let got = 0;
    const { chance } = this;
    httpStreamBody(nc, this.ledger.sink("slow", {
      data(m: Mbuf) {
        mischief(nc, t, "data");
        const n = chance(0.3) ? 0 : Math.min(m.len, 200);
        m.remove(n);
        got += n;
      },
      end(isWhole) {
        mischief(nc, t, "end");
        if (isWhole) httpReply(nc, 200, "", "" + got);
      },
    }));
    this.later.push({ run: () => (httpWakeBody(nc), nc.protoData === undefined) });
  }

  private replyLater(nc: Connection, hm: HttpMessage): void {
    const { id, mgr } = nc;
    const text = textFor(arg(hm, "i"), Number(arg(hm, "n")));
    this.later.push({
      run: () => {
        const now = mgr.find(id);
        return !now || httpReply(now, 200, "", text);
      },
    });
  }

  private chunks(nc: Connection, hm: HttpMessage): void {
    const { id, mgr } = nc;
    let left = 3;
    const text = textFor(arg(hm, "i"), 40);
    if (!sendHead(nc, 200, -1, "")) return;
    this.later.push({
      run: () => {
        const now = mgr.find(id);
        if (!now || left < 0) return true;
        if (!left || sendHttpChunk(now, text)) left--;
        return left < 0 && (sendHttpChunk(now, ""), true);
      },
    });
  }

  private fromSource(nc: Connection, hm: HttpMessage): void {
    const id = arg(hm, "i");
    const size = Number(arg(hm, "n"));
    const text = textFor(id, size);
    let at = 0;
    const source = this.ledger.source("src", {
      next: (max) => {
        mischief(nc, arg(hm, "t"), "next");
        if (at >= size) return null;
        if (this.chance(0.2)) return undefined;
        const piece = text.slice(at, at + Math.min(max, 300));
        at += piece.length;
        return piece;
      },
    });
    if (!httpReplyFrom(nc, 200, "", source, size % 2 ? size : -1)) source.done?.(false);
    else this.later.push({ run: () => (nc.wakeSource(), !nc.hasSource) });
  }

  /** What happens by itself: replies that were put off, messages to all. */
  private tick(): void {
    if (this.isOver) return;
    for (const one of this.later.splice(0)) if (!this.chance(0.5) || !one.run()) this.later.push(one);
    if (this.isWindingDown) for (const outlet of this.events._outlets) outlet.end();
    if (this.chance(0.3)) sseSend(this.events, { data: "tick", event: this.chance(0.5) ? "a" : undefined });
    this.s.world.after(40, () => this.tick());
  }

  windDown(): void {
    this.isWindingDown = true;
  }

  stop(): void {
    this.isOver = true;
  }
}

/** `what` is the place the request named: something goes wrong there. */
function mischief(nc: Connection, what: string, where: string): void {
  if (what === "throw-" + where) throw new Error("mischief");
  if (what === "close-" + where) nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  if (what === "reply-" + where) httpReply(nc, 409, "", "enough");
  if (what === "free-" + where) nc.mgr.free();
}
