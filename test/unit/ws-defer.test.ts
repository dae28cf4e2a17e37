import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_CLOSE } from "../../src/core/events.js";
import { MG_F_IS_WEBSOCKET } from "../../src/core/flags.js";
import { httpAddHeaders, type HttpMessage, httpReply, httpRoute, httpSendError } from "../../src/http/index.js";
import {
  acceptWebsocket, deferWebsocket, MG_EV_WEBSOCKET_FRAME, MG_EV_WEBSOCKET_HANDSHAKE_REQUEST, registerWebsocketEndpoint,
} from "../../src/websocket/index.js";
import { type Stage, stage } from "./core-support.js";
import { get, readReplies } from "./http-support.js";
import { acceptFor, echo, openWs, serveWs, text, upgrade } from "./ws-support.js";

describe("websocket: a handshake that is answered later", () => {
  /** A server that puts every handshake off, at an endpoint, and the id of whom it owes an answer. */
  function waiting(s: Stage, more = ""): { peer: SimPeer; id: number; nc: () => Connection; closes: number } {
    const listener = serveWs(s, [], { protocols: ["b"] });
    const found = { peer: s.peer(80), id: 0, closes: 0, nc: () => s.mgr.find(found.id) as Connection };
    registerWebsocketEndpoint(listener, "/ws$", (nc, ev, data) => {
      if (ev === MG_EV_WEBSOCKET_HANDSHAKE_REQUEST) {
        httpAddHeaders(nc, "X-A: 1\r\n");
        deferWebsocket(nc, data);
        found.id = nc.id;
      } else if (ev === MG_EV_WEBSOCKET_FRAME) echo(nc, data);
      else if (ev === MG_EV_CLOSE) found.closes++;
    });
    found.peer.send(upgrade("Sec-WebSocket-Protocol: a, b\r\n", "/ws") + more);
    s.run(500);
    assert.equal(found.peer.take(), "", "nothing is said before the answer");
    assert.equal(found.nc().flags & MG_F_IS_WEBSOCKET, 0);
    return found;
  }

  it("opens when it is accepted, with what was agreed on, and reads what came meanwhile", () => {
    const s = stage();
    const { peer, nc } = waiting(s, text("early"));
    const ws = nc();
    assert.equal(acceptWebsocket(ws), true);
    assert.equal(acceptWebsocket(ws), true, "still not answered: nothing happens inside the call");
    s.run(20);
    assert.equal(acceptWebsocket(ws), false);
    const [head, rest] = peer.take().split("\r\n\r\n");
    assert.match(head, /^HTTP\/1\.1 101 [^]*\r\nSec-WebSocket-Accept: .*\r\nSec-WebSocket-Protocol: b\r\nX-A: 1$/);
    assert.equal(rest, "\x81\x05early");
    assert.notEqual(ws.flags & MG_F_IS_WEBSOCKET, 0);
    peer.send(text("x"));
    s.run(20);
    assert.equal(peer.take(), "\x81\x01x");
    s.finish();
  });

  it("is refused by any reply, and cannot be accepted after that", () => {
    const s = stage();
    const { peer, nc, closes } = waiting(s);
    const ws = nc();
    httpReply(ws, 401, "", "no");
    assert.equal(acceptWebsocket(ws), false, "the reply is on its way");
    s.run(20);
    assert.equal(acceptWebsocket(ws), false);
    assert.equal(readReplies(peer.take())[0].status, 401);
    peer.send(get("/"));
    s.run(20);
    assert.equal(acceptWebsocket(ws), false, "another request is waiting");
    assert.equal(closes, 0);
    s.finish();
  });

  it("can be refused between being accepted and being opened", () => {
    const s = stage();
    const { peer, nc } = waiting(s);
    assert.equal(acceptWebsocket(nc()), true);
    httpSendError(nc(), 403);
    s.run(20);
    assert.deepEqual(readReplies(peer.take()).map((r) => r.status), [403]);
    s.finish();
  });

  it("gets 503 when nobody answers within answerMs", () => {
    const s = stage({ mgr: { limits: { answerMs: 2000 } } });
    const { peer } = waiting(s);
    s.run(5000);
    assert.equal(readReplies(peer.take())[0].status, 503);
    s.finish();
  });

  it("tells its endpoint's handler when the client goes away first", () => {
    const s = stage();
    const found = waiting(s);
    const ws = found.nc();
    found.peer.reset();
    s.run(20);
    assert.equal(found.closes, 1);
    assert.equal(acceptWebsocket(ws), false);
    s.finish();
  });

  it("waits for its turn behind an earlier reply that is not out yet", () => {
    const s = stage();
    const listener = serveWs(s, []);
    httpRoute(listener, "GET /big$", (nc) => void httpReply(nc, 200, "", "x".repeat(900)));
    let id = 0;
    registerWebsocketEndpoint(listener, "/ws$", (nc, ev, data) => {
      if (ev !== MG_EV_WEBSOCKET_HANDSHAKE_REQUEST) return;
      deferWebsocket(nc, data);
      id = nc.id;
    });
    const peer = s.peer(80);
    peer.send(get("/big") + upgrade("", "/ws"));
    s.run(20);
    assert.equal(acceptWebsocket(s.mgr.find(id) as Connection), true);
    s.run(20);
    assert.match(peer.take(), /^HTTP\/1\.1 200 [^]*x{900}HTTP\/1\.1 101 /);
    s.finish();
  });

  it("can be accepted in the event itself, when the answer is there at once", () => {
    const s = stage();
    const listener = serveWs(s, []);
    registerWebsocketEndpoint(listener, "/ws$", (nc, ev, data) => {
      if (ev === MG_EV_WEBSOCKET_FRAME) echo(nc, data);
      if (ev !== MG_EV_WEBSOCKET_HANDSHAKE_REQUEST) return;
      deferWebsocket(nc, data);
      assert.equal(acceptWebsocket(nc), true);
    });
    const peer = s.peer(80);
    for (const byte of upgrade("", "/ws") + text("early")) {
      peer.send(byte);
      s.run(1);
    }
    s.run(20);
    assert.match(peer.take(), /^HTTP\/1\.1 101 [^]*\r\n\r\n\x81\x05early$/);
    s.finish();
  });

  it("leaves nothing behind when it is refused: the next one on the connection is a new one", () => {
    for (const isAtOnce of [true, false]) {
      const s = stage();
      const listener = serveWs(s, []);
      let asked = 0;
      let id = 0;
      registerWebsocketEndpoint(listener, "/ws$", (nc, ev, data) => {
        if (ev !== MG_EV_WEBSOCKET_HANDSHAKE_REQUEST || asked++) return;
        id = nc.id;
        deferWebsocket(nc, data);
        if (isAtOnce) httpReply(nc, 401, "", "");
      });
      const peer = s.peer(80);
      peer.send(upgrade("", "/ws"));
      s.run(20);
      if (!isAtOnce) httpReply(s.mgr.find(id) as Connection, 401, "", "");
      s.run(20);
      assert.match(peer.take(), /^HTTP\/1\.1 401 /);
      const key = "AAAAAAAAAAAAAAAAAAAAAA==";
      peer.send(upgrade("", "/ws", key));
      s.run(20);
      const reply = peer.take();
      assert.match(reply, /^HTTP\/1\.1 101 /);
      assert.ok(reply.includes(acceptFor(key)));
      s.finish();
    }
  });

  it("cannot be put off when none is being asked for", () => {
    const s = stage();
    let mistake: unknown;
    const listener = serveWs(s, [], {}, (nc) => {
      assert.throws(() => deferWebsocket(nc, {} as HttpMessage), (e) => Boolean((mistake = e)));
    });
    const peer = openWs(s);
    peer.send(text("x"));
    s.run(20);
    assert.match(String(mistake), /^TypeError: Cannot defer/);
    assert.throws(() => deferWebsocket(listener, {} as HttpMessage), TypeError);
    s.finish();
  });
});
