import assert from "node:assert/strict";
import { ESPRUINO_LIKE_CAPS } from "../../platform/sim/index.js";
import { Broadcast, type Outlet } from "../../src/core/broadcast.js";
import type { Connection } from "../../src/core/connection.js";
import { type HttpMessage, httpReply, httpRoute, setProtocolHttpWebsocket, type SseOptions, sseSend, sseStart } from "../../src/http/index.js";
import { stage, type StageOptions } from "./core-support.js";
import { get, readReplies } from "./http-support.js";

/** A server whose /events is a stream; what it handed out. */
function streaming(options: SseOptions = {}, stageOptions: StageOptions = {}) {
  const s = stage(stageOptions);
  const outlets: Outlet[] = [];
  const lastIds: (string | undefined)[] = [];
  const all = new Broadcast();
  const listener = s.mgr.bind("tcp://:80", undefined);
  setProtocolHttpWebsocket(listener);
  httpRoute(listener, "GET /events$", (nc: Connection, hm: HttpMessage) => {
    lastIds.push(hm.header("Last-Event-ID"));
    outlets.push(all.add(sseStart(nc, options)));
  });
  httpRoute(listener, "GET /x$", (nc) => void httpReply(nc, 200, "", "x"));
  return { s, outlets, lastIds, all };
}

/** Head and body of a chunked reply that may not be over yet. */
function readStream(wire: string): { head: string; text: string; isOver: boolean } {
  const end = wire.indexOf("\r\n\r\n");
  const head = wire.slice(0, end);
  let rest = wire.slice(end + 4);
  let text = "";
  while (rest) {
    const size = parseInt(rest, 16);
    const from = rest.indexOf("\r\n") + 2;
    assert.equal(rest.slice(from + size, from + size + 2), "\r\n");
    text += rest.slice(from, from + size);
    rest = rest.slice(from + size + 2);
    if (!size) return { head, text, isOver: true };
  }
  return { head, text, isOver: false };
}

/** What EventSource makes of a stream (HTML standard §9.2.6). */
function parseEvents(text: string): object[] {
  const out: object[] = [];
  let lastId: string | undefined;
  for (const block of text.split("\n\n").slice(0, -1)) {
    const data: string[] = [];
    let event = "message";
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      const value = line.slice(colon + 1).replace(/^ /, "");
      if (line.startsWith("data")) data.push(value);
      if (line.startsWith("event")) event = value;
      if (line.startsWith("id")) lastId = value;
    }
    if (data.length) out.push({ event, data: data.join("\n"), ...(lastId !== undefined && { id: lastId }) });
  }
  return out;
}

describe("event streams", () => {
  it("begin with a head that browsers and proxies understand, and stay open", () => {
    const { s, outlets } = streaming({ headers: "X-Own: 1\r\n" });
    const peer = s.peer(80);
    peer.send(get("/events"));
    s.run(20);
    const { head, isOver } = readStream(peer.take());
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
    for (const line of ["Content-Type: text/event-stream", "Cache-Control: no-store", "Transfer-Encoding: chunked", "X-Own: 1"]) {
      assert.ok(head.includes("\r\n" + line), line);
    }
    assert.deepEqual([isOver, outlets[0].isOpen, peer.state], [false, true, "open"]);
    s.finish();
    assert.equal(outlets[0].isOpen, false);
  });

  it("carry events as the page will see them", () => {
    const { s, outlets } = streaming();
    const peer = s.peer(80);
    peer.send(get("/events"));
    s.run(20);
    sseSend(outlets[0], { data: "plain" });
    sseSend(outlets[0], { event: "reading", id: "7", data: '{"t":21.5}', retryMs: 500 });
    sseSend(outlets[0], { data: "two\nlines\r\nthree\rfour" });
    sseSend(outlets[0], { id: "", data: "" });
    sseSend(outlets[0], { data: ":no comment\n\ndata: x" });
    s.run(20);
    const { text } = readStream(peer.take());
    assert.ok(text.includes("retry: 500\n"));
    assert.deepEqual(parseEvents(text), [
      { event: "message", data: "plain" },
      { event: "reading", id: "7", data: '{"t":21.5}' },
      { event: "message", id: "7", data: "two\nlines\nthree\nfour" },
      { event: "message", id: "", data: "" },
      { event: "message", id: "", data: ":no comment\n\ndata: x" },
    ]);
    s.finish();
  });

  it("carry text beyond ASCII as UTF-8", () => {
    const { s, outlets } = streaming();
    const peer = s.peer(80);
    peer.send(get("/events"));
    s.run(20);
    sseSend(outlets[0], { data: "21 °C €" });
    s.run(20);
    assert.equal(Buffer.from(readStream(peer.take()).text, "latin1").toString("utf8"), "data: 21 °C €\n\n");
    s.finish();
  });

  it("cannot be split through the name or the id of an event", () => {
    const { s, outlets } = streaming();
    const peer = s.peer(80);
    peer.send(get("/events"));
    s.run(20);
    for (const bad of ["a\nb", "a\rb", "a\u0000b"]) {
      assert.throws(() => sseSend(outlets[0], { event: bad, data: "" }), TypeError);
      assert.throws(() => sseSend(outlets[0], { id: bad, data: "" }), TypeError);
    }
    assert.throws(() => sseSend(outlets[0], { retryMs: -1, data: "" }), /retryMs/);
    s.run(20);
    assert.equal(readStream(peer.take()).text, "");
    s.finish();
  });

  it("hand over what a browser saw last", () => {
    const { s, lastIds } = streaming();
    s.peer(80).send(get("/events", "Last-Event-ID: 41\r\n"));
    s.run(20);
    assert.deepEqual(lastIds, ["41"]);
    s.finish();
  });

  it("go out bare to an HTTP/1.0 client, until the connection closes", () => {
    const { s, outlets } = streaming();
    const peer = s.peer(80);
    peer.send("GET /events HTTP/1.0\r\n\r\n");
    s.run(20);
    sseSend(outlets[0], { data: "x" });
    outlets[0].end();
    s.run(50);
    const wire = peer.take();
    assert.ok(wire.endsWith("\r\n\r\ndata: x\n\n"));
    assert.ok(!wire.includes("chunked"));
    assert.notEqual(peer.state, "open");
    s.finish();
  });

  it("are over at once for HEAD", () => {
    const { s, outlets } = streaming();
    const peer = s.peer(80);
    peer.send("HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n" + get("/x"));
    s.run(20);
    assert.deepEqual(readReplies(peer.take(), ["HEAD"]).map((r) => r.body), ["", "x"]);
    assert.deepEqual([outlets[0].isOpen, sseSend(outlets[0], { data: "x" })], [false, 0]);
    s.finish();
  });

  it("end when the program says so, after what was sent, and the connection goes on", () => {
    const { s, outlets } = streaming();
    const peer = s.peer(80);
    peer.send(get("/events") + get("/x"));
    s.run(20);
    sseSend(outlets[0], { data: "last" });
    outlets[0].end();
    assert.equal(sseSend(outlets[0], { data: "too late" }), 0);
    s.run(50);
    const wire = peer.take();
    const next = wire.indexOf("HTTP/1.1", 10);
    assert.deepEqual(readStream(wire.slice(0, next)).text, "data: last\n\n");
    assert.equal(readReplies(wire.slice(next))[0].body, "x");
    s.finish();
  });

  it("send a comment when nothing was sent for a while, and only then", () => {
    const { s, outlets } = streaming({ keepAliveS: 5 });
    const peer = s.peer(80);
    peer.send(get("/events"));
    s.run(20);
    peer.take();
    for (let i = 0; i < 4; i++) {
      s.run(3000);
      sseSend(outlets[0], { data: "x" });
    }
    s.run(1000);
    assert.equal(readStreamPart(peer.take()), "data: x\n\n".repeat(4));
    s.run(11_000);
    assert.equal(readStreamPart(peer.take()), ":\n\n".repeat(2));
    s.finish();
  });

  it("are never silent for ever: a peer that takes nothing more is found and closed", () => {
    const { s, outlets } = streaming({ keepAliveS: 5 }, { world: { sendBufferBytes: 16, windowBytes: 16 } });
    const peer = s.peer(80);
    peer.send(get("/events"));
    s.run(20);
    peer.pauseReading();
    s.run(300_000);
    assert.equal(outlets[0].isOpen, false);
    s.finish();
  });

  it("do not come late to anybody because one of them sleeps, on a small board", () => {
    const { s, all, outlets } = streaming({ policy: "latest" }, { platform: { caps: { ...ESPRUINO_LIKE_CAPS, pages: 8, pageBytes: 512 }, form: "string" } });
    const peers = [1, 2, 3, 4].map(() => s.peer(80));
    for (const peer of peers) {
      peer.send(get("/events"));
      s.run(20);
      peer.take();
    }
    peers[0].pauseReading();
    let fewest = s.mgr.pool.pages;
    for (let i = 1; i <= 3000; i++) {
      sseSend(all, { event: "reading", id: String(i), data: "x".repeat(200) });
      s.run(20); // 50 a second, for a minute
      for (const peer of peers.slice(1)) assert.ok(readStreamPart(peer.take()).startsWith(`event: reading\nid: ${i}\n`));
      fewest = Math.min(fewest, s.mgr.pool.free);
    }
    assert.ok(fewest >= s.mgr.pool.pages - 2, `${fewest} pages left`);
    assert.deepEqual(outlets.map((one) => one.isOpen), [false, true, true, true]);
    s.finish();
  });

  it("go to many at once", () => {
    const { s, all } = streaming();
    const peers = [1, 2, 3].map(() => s.peer(80));
    for (const peer of peers) peer.send(get("/events"));
    s.run(20);
    assert.equal(sseSend(all, { data: "hello" }), 3);
    s.run(20);
    for (const peer of peers) assert.equal(readStream(peer.take()).text, "data: hello\n\n");
    peers[1].reset();
    s.run(20);
    assert.deepEqual([all.size, sseSend(all, { data: "again" })], [2, 2]);
    s.finish();
    assert.deepEqual([all.size, sseSend(all, { data: "nobody" })], [0, 0]);
  });
});

/** The text in chunks that continue a stream. */
function readStreamPart(wire: string): string {
  return readStream("\r\n\r\n" + wire).text;
}
