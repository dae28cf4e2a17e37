// Wi-Fi is taken away at every single step of every protocol, and given back: what must hold, whatever was under way.

import assert from "node:assert/strict";
import type { SimPeer, SimPlatformOptions } from "../../platform/sim/index.js";
import { Broadcast } from "../../src/core/broadcast.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_ERR_LINK_DOWN } from "../../src/core/errors.js";
import { type AnyHandler, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_RECV } from "../../src/core/events.js";
import { MG_F_LISTENING, MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { Manager } from "../../src/core/manager.js";
import {
  connectHttp, fileUploadHandler, httpReply, httpReplyFrom, type HttpMessage, MG_EV_HTTP_CHUNK, MG_EV_HTTP_REPLY,
  MG_EV_HTTP_REQUEST, registerHttpEndpoint, sendHead, sendHttpChunk, setProtocolHttpWebsocket, sseSend, sseStart,
} from "../../src/http/index.js";
import { keep } from "../../src/link/keep.js";
import { watchLink } from "../../src/link/watch-link.js";
import {
  connectWs, MG_EV_WEBSOCKET_FRAME, MG_EV_WEBSOCKET_HANDSHAKE_DONE, sendWebsocketFrame, setProtocolWebsocket, WEBSOCKET_DONT_FIN, WEBSOCKET_OP_CONTINUE,
  WEBSOCKET_OP_TEXT, type WebsocketMessage,
} from "../../src/websocket/index.js";
import { assertAtRest, HERE, type Stage, stage, THERE } from "../unit/core-support.js";
import { form, post } from "../unit/http-multipart-support.js";
import { close as wsClose, text as wsText, upgrade } from "../unit/ws-support.js";
import { HOSTS } from "./story.js";

/** Virtual milliseconds a scenario is given; all of them end before. */
const SCENARIO_MS = 400;
/** How long the link is away. */
const AWAY_MS = 700;
const SEED = Number(process.env.SIM_SEED ?? 1);

/** Starts something; the manager under test is on HERE, the peers on THERE. */
type Scenario = (s: Stage, notes: Notes) => void;

/** What the handlers saw. */
interface Notes {
  handler(name: string, act?: AnyHandler): AnyHandler;
  /** Errors at CLOSE, in the order of the calls. */
  closed: { id: number; err: number }[];
}

function notesOf(s: Stage): Notes {
  const closed: Notes["closed"] = [];
  return {
    closed,
    handler: (name, act) =>
      s.note(name, (nc, ev, data) => {
        if (ev === MG_EV_CLOSE && !(nc.flags & MG_F_LISTENING)) closed.push({ id: nc.id, err: nc.err });
        act?.(nc, ev, data);
      }) as AnyHandler,
  };
}

/** Everything the HTTP and WebSocket server does here. */
function serve(nc: Connection, ev: number, data: unknown): void {
  if (ev === MG_EV_WEBSOCKET_FRAME) sendWebsocketFrame(nc, WEBSOCKET_OP_TEXT, data as WebsocketMessage);
  if (ev !== MG_EV_HTTP_REQUEST) return;
  const { uri } = data as HttpMessage;
  if (uri === "/large" || uri === "/medium") {
    let left = uri === "/large" ? 20 : 3;
    httpReplyFrom(nc, 200, "", { next: (max) => (left-- > 0 ? "x".repeat(Math.min(max, 500)) : null) }, -1);
  } else if (uri === "/chunks") {
    sendHead(nc, 200, -1, "");
    for (const piece of ["one", "two", ""]) sendHttpChunk(nc, piece);
  } else if (uri === "/sse") {
    const all = new Broadcast();
    const outlet = sseStart(nc);
    all.add(outlet);
    for (let i = 0; i < 5; i++) sseSend(outlet, { data: "message " + i });
  } else httpReply(nc, 200, "", "hello");
}

function httpServer(s: Stage, notes: Notes): void {
  const listener = s.mgr.bind("tcp://:80", notes.handler("srv", serve));
  setProtocolHttpWebsocket(listener);
  setProtocolWebsocket(listener);
  registerHttpEndpoint(listener, "/upload", (nc, ev, data) => fileUploadHandler(nc, ev, data, (_nc, name) => name));
}

/** A scripted client that says these pieces, 20 ms apart. */
function client(s: Stage, pieces: string[]): SimPeer {
  const peer = s.peer(80);
  pieces.forEach((piece, i) => s.world.after(10 + 20 * i, () => peer.state === "open" && peer.send(piece)));
  return peer;
}

function asks(...pieces: string[]): Scenario {
  return (s, notes) => {
    httpServer(s, notes);
    client(s, pieces);
  };
}

/** A server of our own on the other host, which knows nothing of the link. */
function otherServer(s: Stage): void {
  const mgr = new Manager(s.world.platform({ host: THERE }));
  const listener = mgr.bind("tcp://:99", serve as never);
  setProtocolHttpWebsocket(listener);
  setProtocolWebsocket(listener);
  mgr.run();
}

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const UPLOAD = post(form({ name: "f", fileName: "a.txt", data: "abc".repeat(700) }), undefined, "/upload");

const SCENARIOS: { [name: string]: Scenario } = {
  "TCP: an echo, half-closed by the peer": (s, notes) => {
    s.mgr.bind("tcp://:80", notes.handler("srv", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.send(nc.recvMbuf);
    }));
    const peer = client(s, ["hello", "x".repeat(3000), "bye"]);
    s.world.after(100, () => peer.fin());
  },
  "TCP: a client that sends, is answered and closes": (s, notes) => {
    s.world.listenPeer(THERE, 99, (peer) => s.world.after(30, () => peer.send("answer")));
    s.world.dns("server.example", THERE);
    s.mgr.connect("tcp://server.example:99", notes.handler("cli", (nc, ev, data) => {
      if (ev === MG_EV_CONNECT && !data) nc.send("question".repeat(200));
      if (ev === MG_EV_RECV) nc.flags |= MG_F_SEND_AND_CLOSE;
    }) as never);
  },
  "UDP: a question and an answer both ways": (s, notes) => {
    s.mgr.bind("udp://:53", notes.handler("udp", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.send(nc.recvMbuf);
    }) as never);
    const peer = s.world.udpPeer(THERE, 7);
    for (let i = 0; i < 3; i++) s.world.after(20 * i, () => peer.send("question", HERE, 53));
    s.mgr.connect(`udp://${THERE}:7`, notes.handler("cli", (nc, ev) => {
      if (ev === MG_EV_CONNECT) nc.send("hello");
    }) as never);
  },
  "HTTP: a head in pieces, its reply, and another request": asks("GET / HT", "TP/1.1\r\nHost", ": x\r\n\r\n", GET("/again")),
  "HTTP: a body with a length, in pieces": asks("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n", "hello ", "world!"),
  "HTTP: a body in chunks": asks("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhel", "lo\r\n0\r\n", "\r\n"),
  "HTTP: a long reply": asks(GET("/large")),
  "HTTP: a reply in chunks": asks(GET("/chunks")),
  "HTTP: events": asks(GET("/sse")),
  "HTTP: an upload": asks(UPLOAD.slice(0, 900), UPLOAD.slice(900, 1800), UPLOAD.slice(1800)),
  "WebSocket: handshake, message, fragments, close": asks(
    upgrade().slice(0, 50), upgrade().slice(50), wsText("hello"), wsText("frag", { fin: false }), wsText("ments", { op: 0 }), wsClose(1000),
  ),
  "HTTP client: a request with a body, and a long reply": (s, notes) => {
    otherServer(s);
    connectHttp(s.mgr, notes.handler("cli", (nc, ev) => {
      if (ev === MG_EV_HTTP_CHUNK || ev === MG_EV_HTTP_REPLY) nc.recvMbuf.clear();
    }) as never, `http://${THERE}:99/medium`, "", "body".repeat(100));
  },
  "WebSocket client: handshake, message, fragments": (s, notes) => {
    otherServer(s);
    connectWs(s.mgr, notes.handler("cli", (nc, ev) => {
      if (ev !== MG_EV_WEBSOCKET_HANDSHAKE_DONE) return;
      sendWebsocketFrame(nc, WEBSOCKET_OP_TEXT, "hello");
      sendWebsocketFrame(nc, WEBSOCKET_OP_TEXT | WEBSOCKET_DONT_FIN, "frag");
      sendWebsocketFrame(nc, WEBSOCKET_OP_CONTINUE, "ments");
    }) as never, `ws://${THERE}:99/`);
  },
  "keep: a client that is kept": (s, notes) => {
    s.world.listenPeer(THERE, 99, (peer) => s.world.after(30, () => peer.send("answer")));
    keep(s.mgr, `tcp://${THERE}:99`, notes.handler("cli") as never, { retryMs: 50, retryMaxMs: 50, firstMs: 200 }).send("queued");
  },
};

function begun(scenario: Scenario, host: Partial<SimPlatformOptions>): { s: Stage; notes: Notes } {
  const s = stage({ world: { seed: SEED }, platform: { ...host, caps: { ...host.caps, pauseRead: true, listenPort0: true } } });
  const notes = notesOf(s);
  watchLink(s.mgr);
  scenario(s, notes);
  return { s, notes };
}

/** Steps of the world that the scenario takes. */
function stepsOf(scenario: Scenario, host: Partial<SimPlatformOptions>): number {
  const { s } = begun(scenario, host);
  let count = 0;
  while (s.world.now < SCENARIO_MS && s.world.step()) count++;
  s.finish();
  return count;
}

/** The connections there are that have a socket, or stand for a datagram peer. */
function onTheNet(s: Stage): Set<number> {
  return new Set(s.mgr.list().filter((row) => row.kind !== "local" && row.kind !== "listener").map((row) => row.id));
}

function dropAt(step: number, scenario: Scenario, host: Partial<SimPlatformOptions>): void {
  const { s, notes } = begun(scenario, host);
  const servers = s.mgr.list().filter((row) => row.kind === "listener").length;
  for (let i = 0; i < step; i++) s.world.step();
  const before = onTheNet(s);
  const closedBefore = notes.closed.length;
  s.world.link(HERE).drop(AWAY_MS);
  s.world.runFor(0);
  const closed = notes.closed.slice(closedBefore);
  // Those that came in, or failed, in the very same millisecond are closed too: every one of them once.
  for (const id of before) assert.equal(closed.filter((one) => one.id === id).length, 1, `connection ${id} is closed once`);
  for (const one of closed) assert.ok(one.err === MG_ERR_LINK_DOWN || !before.has(one.id) || isOver(one.err), `connection ${one.id} ended with ${one.err}`);
  assert.deepEqual([...onTheNet(s)], [], "nothing is on the net while the link is down");
  assert.equal(s.mgr.pool.free, s.mgr.pool.pages, "the pool is full while the link is down");
  s.world.runFor(AWAY_MS + 1000);
  const ready = s.mgr.list().filter((row) => row.kind === "listener" && row.phase !== "connecting").length;
  assert.ok(ready >= servers, "listeners are back");
  answersAgain(s);
  assert.deepEqual(s.violations, []);
  s.finish();
}

/** Ends that a connection can come to in the millisecond in which the link goes, by itself. */
function isOver(err: number): boolean {
  return err === 0;
}

/** Whoever serves TCP at port 80 serves a new client. */
function answersAgain(s: Stage): void {
  if (!s.mgr.list().some((row) => row.kind === "listener" && row.peer.endsWith(":80"))) return;
  const peer = s.peer(80);
  peer.send(GET("/"));
  s.world.runFor(500);
  assert.ok(/hello$|^GET/.test(peer.received), `the server answers again: "${peer.received.slice(0, 40)}"`);
  peer.close();
}

for (const name of Object.keys(HOSTS)) {
  describe(`Wi-Fi goes at every step, on ${name}, seed ${SEED}`, () => {
    for (const [title, scenario] of Object.entries(SCENARIOS)) {
      it(title, function () {
        this.timeout(120_000);
        const count = stepsOf(scenario, HOSTS[name]);
        assert.ok(count > 10, `only ${count} steps`);
        for (let step = 0; step <= count; step++) {
          try {
            dropAt(step, scenario, HOSTS[name]);
          } catch (e) {
            (e as Error).message = `step ${step} of ${count}, seed ${SEED}: ${(e as Error).message}`;
            throw e;
          }
        }
      });
    }
  });
}

describe("a router that is power-cycled 20 times", () => {
  for (const name of Object.keys(HOSTS)) {
    it(`in the middle of downloads, uploads and WebSockets, on ${name}, seed ${SEED}`, function () {
      this.timeout(120_000);
      const s = stage({ world: { seed: SEED }, platform: { ...HOSTS[name], caps: { ...HOSTS[name].caps, pauseRead: true, listenPort0: true } } });
      const notes = notesOf(s);
      watchLink(s.mgr);
      httpServer(s, notes);
      s.run(50);
      for (let round = 0; round < 20; round++) {
        const peers = [client(s, [GET("/large"), GET("/large")]), client(s, [UPLOAD.slice(0, 1500)]), client(s, [upgrade(), wsText("hi"), wsText("frag", { fin: false })])];
        s.run(20 + 3 * round);
        const open = onTheNet(s).size;
        const closed = notes.closed.length;
        s.world.link(HERE).drop(2000);
        s.run(1);
        assert.equal(notes.closed.length - closed, open, `round ${round}: one CLOSE each`);
        assert.equal(s.mgr.pool.free, s.mgr.pool.pages, `round ${round}: the pool is full`);
        s.run(2100);
        answersAgain(s);
        for (const peer of peers) peer.close();
      }
      const lost = notes.closed.filter((one) => one.err === MG_ERR_LINK_DOWN).length;
      assert.ok(lost >= 50, `${lost} connections were lost`);
      s.finish();
      assertAtRest(s.mgr);
    });
  }
});
