import assert from "node:assert/strict";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_IS_WEBSOCKET, MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_POLL } from "../../src/core/events.js";
import { httpAddHeaders, type HttpMessage, httpReply, httpRoute, httpSendError, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "../../src/http/index.js";
import {
  isSameOrigin, MG_EV_WEBSOCKET_FRAME, MG_EV_WEBSOCKET_HANDSHAKE_DONE, MG_EV_WEBSOCKET_HANDSHAKE_REQUEST, registerWebsocketEndpoint, sendWebsocketFrame,
  setProtocolWebsocket, type WebsocketHandshake, type WebsocketMessage, type WebsocketOptions,
} from "../../src/websocket/index.js";
import { eventsOf, type Stage, stage } from "./core-support.js";
import { get, readReplies, type Reply } from "./http-support.js";
import { ACCEPT, acceptFor, echo, KEY, openWs, readWsFrames, serveWs, taken, text, upgrade } from "./ws-support.js";

/** What a fresh server answers. */
function answer(wire: string, options: WebsocketOptions = {}): { head: string; rest: string } {
  const s = stage();
  serveWs(s, [], options);
  const peer = s.peer(80);
  peer.send(wire);
  s.run(50);
  const [head, ...rest] = peer.take().split("\r\n\r\n");
  s.finish();
  return { head, rest: rest.join("\r\n\r\n") };
}

function refusal(wire: string, options: WebsocketOptions = {}): Reply {
  const s = stage();
  serveWs(s, [], options);
  const peer = s.peer(80);
  peer.send(wire);
  s.run(50);
  const [reply, ...more] = readReplies(peer.take());
  assert.equal(more.length, 0);
  assert.deepEqual(eventsOf(s, "W").filter((e) => e.startsWith("EV_11")), []);
  s.finish();
  return reply;
}

const without = (line: string): string => upgrade().replace(new RegExp(`${line}: .*\r\n`), "");

describe("websocket: the server's handshake", () => {
  it("answers the example of RFC 6455 §1.3 as it says", () => {
    assert.equal(answer(upgrade()).head, `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}`);
  });

  it("takes names and tokens in any case, and among others", () => {
    const wire = upgrade().replace("Upgrade: websocket", "uPGRADE: h2c, WebSocket").replace("Connection: Upgrade", "CONNECTION: keep-alive, upGrade");
    assert.match(answer(wire).head, /^HTTP\/1.1 101 /);
  });

  it("keeps what came with a handshake that waited behind another request, whose reply is just out", () => {
    const s = stage({ manual: true });
    const lines: string[] = [];
    let owed: Connection | undefined;
    let isDue = false;
    const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
      if (ev === MG_EV_HTTP_REQUEST) owed = nc;
      if (ev === MG_EV_WEBSOCKET_FRAME) lines.push(data.text);
      if (ev !== MG_EV_POLL || nc !== owed || !isDue) return;
      isDue = false;
      httpReply(nc, 200, "", "late");
    });
    setProtocolWebsocket(listener);
    const step = (count: number): void => {
      for (let i = 0; i < count; i++) {
        s.world.runFor(20);
        s.mgr.poll();
      }
    };
    const peer = s.peer(80);
    peer.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + upgrade().slice(0, 20));
    step(6);
    peer.send(upgrade().slice(20) + text("one") + text("two").slice(0, 4));
    s.world.runFor(20);
    isDue = true;
    s.mgr.poll();
    step(30);
    peer.send(text("two").slice(4));
    step(6);
    assert.match(peer.take(), /late[^]*101 Switching/);
    assert.deepEqual(lines, ["one", "two"]);
    s.finish();
  });

  it("fires HANDSHAKE_REQUEST, then DONE, then FRAME for what came with the handshake", () => {
    const s = stage();
    const lines: string[] = [];
    serveWs(s, lines);
    const peer = s.peer(80);
    peer.send(upgrade() + text("early"));
    s.run(20);
    assert.deepEqual(eventsOf(s, "W").map((e) => e.split(" ")[0]), ["ACCEPT", "RECV", "WEBSOCKET_HANDSHAKE_REQUEST", "WEBSOCKET_HANDSHAKE_DONE", "SEND", "WEBSOCKET_FRAME", "SEND"]);
    assert.deepEqual(lines, ["text early"]);
    assert.deepEqual(readWsFrames(peer.take().split("\r\n\r\n")[1]).length, 1);
    s.finish();
  });

  it("is the same one byte at a time", () => {
    const s = stage();
    serveWs(s);
    const peer = s.peer(80);
    for (const byte of upgrade() + text("x")) {
      peer.send(byte);
      s.run(0.5);
    }
    s.run(20);
    assert.equal(peer.take().split("\r\n\r\n")[1], "\x81\x01x");
    s.finish();
  });

  it("answers 426 with the version it speaks to another version", () => {
    const reply = refusal(upgrade().replace("Version: 13", "Version: 8"));
    assert.equal(reply.status, 426);
    assert.equal(reply.headers["sec-websocket-version"], "13");
  });

  for (const [what, wire] of [
    ["no key", without("Sec-WebSocket-Key")],
    ["a short key", upgrade("", "/", "AAAA")],
    ["a key of 17 bytes", upgrade("", "/", Buffer.alloc(17).toString("base64"))],
    ["a key that is no base64", upgrade("", "/", "dGhlIHNhbXBsZSBub25j*Q==")],
    ["a key with bits left over", upgrade("", "/", "dGhlIHNhbXBsZSBub25jZR==")],
    ["two keys", upgrade(`Sec-WebSocket-Key: ${KEY}\r\n`)],
    ["no version", without("Sec-WebSocket-Version")],
    ["no Connection: Upgrade", without("Connection")],
    ["another method", upgrade().replace("GET", "PUT")],
    ["HTTP/1.0", upgrade().replace("HTTP/1.1", "HTTP/1.0")],
  ] as const) {
    it(`answers 400 to a handshake with ${what}`, () => assert.equal(refusal(wire).status, 400));
  }

  it("leaves a request that asks for another protocol, or has a body, to HTTP", () => {
    for (const wire of [without("Upgrade"), upgrade().replace("Upgrade: websocket", "Upgrade: h2c"), upgrade("Content-Length: 1\r\n") + "a"]) {
      const s = stage();
      setProtocolWebsocket(s.mgr.bind("tcp://:80", s.note("W", (nc, ev) => ev === 100 && void httpReply(nc, 200, "", "http"))));
      const peer = s.peer(80);
      peer.send(wire);
      s.run(20);
      assert.equal(readReplies(peer.take())[0].body, "http");
      s.finish();
    }
  });

  it("answers ordinary requests before, and a handshake behind them on the same connection", () => {
    const s = stage();
    setProtocolWebsocket(s.mgr.bind("tcp://:80", (nc, ev, data) => {
      if (ev === 100) httpReply(nc, 200, "", data.uri);
      if (ev === MG_EV_WEBSOCKET_FRAME) echo(nc, data);
    }));
    const peer = s.peer(80);
    peer.send(get("/a") + get("/b") + upgrade() + text("x"));
    s.run(50);
    const parts = peer.take().split("\r\n\r\n");
    assert.equal(parts[0].slice(9, 12) + parts[1].slice(0, 2) + parts[2].slice(0, 2), "200/a/b");
    assert.equal(parts[3], "\x81\x01x");
    s.finish();
  });

  it("does not take a handshake for a request it has seen before", () => {
    const s = stage();
    serveWs(s);
    for (let i = 0; i < 3; i++) openWs(s);
    s.finish();
  });

  it("agrees on the first of its own subprotocols that the client offers", () => {
    const protocols = ["b", "a"];
    assert.match(answer(upgrade("Sec-WebSocket-Protocol: a, b\r\n"), { protocols }).head, /\r\nSec-WebSocket-Protocol: b$/);
    assert.match(answer(upgrade("Sec-WebSocket-Protocol: c\r\nSec-WebSocket-Protocol: a\r\n"), { protocols }).head, /\r\nSec-WebSocket-Protocol: a$/);
    assert.doesNotMatch(answer(upgrade("Sec-WebSocket-Protocol: c\r\n"), { protocols }).head, /Protocol:/);
    assert.doesNotMatch(answer(upgrade("Sec-WebSocket-Protocol: c\r\n")).head, /Protocol:/);
  });

  it("names the subprotocol in HANDSHAKE_DONE", () => {
    const s = stage();
    let agreed = "?";
    setProtocolWebsocket(s.mgr.bind("tcp://:80", (_nc, ev, data) => {
      if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) agreed = data.wsProtocol;
    }), { protocols: ["chat"] });
    openWs(s, "Sec-WebSocket-Protocol: chat\r\n");
    assert.equal(agreed, "chat");
    s.finish();
  });

  it("answers 403 to a page of another origin when told to look", () => {
    assert.equal(refusal(upgrade("Origin: http://evil\r\n"), { origin: isSameOrigin }).status, 403);
    assert.match(answer(upgrade("Origin: http://X\r\n"), { origin: isSameOrigin }).head, / 101 /);
    assert.match(answer(upgrade(), { origin: isSameOrigin }).head, / 101 /);
    assert.match(answer(upgrade("Origin: http://evil\r\n")).head, / 101 /);
  });

  it("sends header lines that were added in HANDSHAKE_REQUEST with the 101", () => {
    const s = stage();
    setProtocolWebsocket(s.mgr.bind("tcp://:80", (nc, ev) => {
      if (ev === MG_EV_WEBSOCKET_HANDSHAKE_REQUEST) httpAddHeaders(nc, "Set-Cookie: a=b\r\n");
    }));
    const peer = s.peer(80);
    peer.send(upgrade());
    s.run(20);
    assert.match(peer.take(), /^HTTP\/1.1 101 [^]*\r\nSet-Cookie: a=b\r\n\r\n$/);
    s.finish();
  });

  const vetoes: [string, (nc: Connection) => void, number][] = [
    ["a reply", (nc) => void httpReply(nc, 401, "", ""), 401],
    ["a reply and MG_F_SEND_AND_CLOSE", (nc) => {
      httpSendError(nc, 404);
      nc.flags |= MG_F_SEND_AND_CLOSE;
    }, 404],
    ["MG_F_SEND_AND_CLOSE alone", (nc) => void (nc.flags |= MG_F_SEND_AND_CLOSE), 403],
    ["MG_F_CLOSE_IMMEDIATELY", (nc) => void (nc.flags |= MG_F_CLOSE_IMMEDIATELY), 0],
  ];
  for (const [how, veto, status] of vetoes) {
    it(`is refused by the handler with ${how}: no 101 and no DONE`, () => {
      const s = stage();
      let flags = 0;
      setProtocolWebsocket(s.mgr.bind("tcp://:80", s.note("W", (nc, ev) => {
        if (ev === MG_EV_WEBSOCKET_HANDSHAKE_REQUEST) {
          flags = nc.flags;
          veto(nc);
        }
      })));
      const peer = s.peer(80);
      peer.send(upgrade());
      s.run(50);
      assert.ok(flags & MG_F_IS_WEBSOCKET);
      assert.equal(readReplies(peer.take())[0]?.status ?? 0, status);
      assert.ok(!eventsOf(s, "W").some((e) => e.startsWith("WEBSOCKET_HANDSHAKE_DONE")));
      if (status === 401) {
        peer.send(upgrade());
        s.run(20);
        assert.equal(readReplies(peer.take())[0].status, 401, "the connection speaks HTTP as before");
      }
      s.finish();
    });
  }

  it("throws for options outside their limits", () => {
    const s = stage();
    const listener = s.mgr.bind("tcp://:80", undefined);
    assert.throws(() => setProtocolWebsocket(listener, { pingMs: -1 }), RangeError);
    assert.throws(() => setProtocolWebsocket(listener, { fragmentsMax: 1.5 }), RangeError);
    assert.throws(() => setProtocolWebsocket(listener, { messageMaxBytes: "1" as unknown as number }), TypeError);
    s.finish();
  });

  it("needs a handler: without one the answer is 404", () => {
    const s = stage();
    setProtocolWebsocket(s.mgr.bind("tcp://:80", undefined));
    const peer = s.peer(80);
    peer.send(upgrade());
    s.run(20);
    assert.equal(readReplies(peer.take())[0].status, 404);
    s.finish();
  });

  it("makes the same accept values as others do", () => {
    for (let i = 0; i < 20; i++) {
      const key = Buffer.alloc(16, i * 13).toString("base64");
      assert.ok(answer(upgrade("", "/", key)).head.endsWith("Accept: " + acceptFor(key)));
    }
  });
});

describe("websocket: endpoints", () => {
  function routed(s: Stage, order: "before" | "after"): string[] {
    const seen: string[] = [];
    const listener = s.mgr.bind("tcp://:80", (nc, ev) => ev === 100 && void httpReply(nc, 200, "", "default"));
    const on = (name: string) => (nc: Connection, ev: number, data: unknown): void => {
      if (ev >= 111 || ev === 5) seen.push(name + " " + ev);
      if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) seen.push(name + " " + (data as WebsocketHandshake).uri);
      if (ev === MG_EV_WEBSOCKET_FRAME) sendWebsocketFrame(nc, 1, name + ":" + (data as WebsocketMessage).text);
    };
    if (order === "after") setProtocolWebsocket(listener);
    registerWebsocketEndpoint(listener, "/a$", on("a"));
    registerWebsocketEndpoint(listener, "/b/*$", on("b"));
    httpRoute(listener, "GET /page$", (nc: Connection, hm: HttpMessage) => void httpReply(nc, 200, "", "page " + hm.uri));
    if (order === "before") setProtocolWebsocket(listener);
    return seen;
  }

  for (const order of ["before", "after"] as const) {
    it(`become the connection's handler, registered ${order} the protocol is set`, () => {
      const s = stage();
      const seen = routed(s, order);
      for (const [target, name] of [["/a", "a"], ["/b/c", "b"]]) {
        const peer = s.peer(80);
        peer.send(upgrade("", target) + text("hi"));
        s.run(20);
        assert.equal(peer.take().split("\r\n\r\n")[1].slice(2), name + ":hi");
        peer.close();
        s.run(20);
        assert.deepEqual(seen.splice(0), [`${name} 111`, `${name} 112`, `${name} ${target}`, `${name} 113`, `${name} 5`]);
      }
      s.finish();
    });
  }

  it("answer 426 to a request for no WebSocket, and other endpoints take no WebSocket", () => {
    const s = stage();
    routed(s, "after");
    const peer = s.peer(80);
    peer.send(get("/a") + upgrade("", "/page") + upgrade("", "/other") + get("/page"));
    s.run(50);
    const replies = readReplies(peer.take());
    assert.deepEqual(replies.map((r) => [r.status, r.body]), [[426, ""], [200, "page /page"], [200, "default"], [200, "page /page"]]);
    assert.equal(replies[0].headers.upgrade, "websocket");
    s.finish();
  });

  it("do without events of their own on plain HTTP listeners", () => {
    const s = stage();
    const listener = s.mgr.bind("tcp://:80", (nc, ev) => ev === 100 && void httpReply(nc, 200, "", "http"));
    setProtocolHttpWebsocket(listener);
    const peer = s.peer(80);
    peer.send(upgrade());
    s.run(20);
    assert.equal(readReplies(peer.take())[0].body, "http");
    s.finish();
  });

  it("keep the endpoint's handler for frames after the handshake", () => {
    const s = stage();
    routed(s, "after");
    const peer = s.peer(80);
    peer.send(upgrade("", "/a"));
    s.run(20);
    peer.take();
    peer.send(text("1"));
    s.run(5);
    peer.send(text("2"));
    s.run(5);
    assert.deepEqual(taken(peer), ["text a:1", "text a:2"]);
    s.finish();
  });
});
