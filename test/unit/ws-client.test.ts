import assert from "node:assert/strict";
import type { RawForm, SimPeer } from "../../platform/sim/index.js";
import { Err } from "../../src/core/port.js";
import type { HttpMessage } from "../../src/http/index.js";
import {
  closeWebsocket, connectWs, type ConnectWsOptions, MG_EV_WEBSOCKET_HANDSHAKE_DONE, sendWebsocketFrame, sendWebsocketHandshake, setProtocolWebsocket,
  type WebsocketMessage,
} from "../../src/websocket/index.js";
import { eventsOf, HERE, type Stage, stage, THERE } from "./core-support.js";
import { acceptFor, eventLine, frameOf, lineOf, readWsFrames } from "./ws-support.js";

/** A server of scripts at THERE:8080. */
interface Script {
  s: Stage;
  /** The request's head, once it came. */
  asked: string;
  peer: SimPeer | undefined;
  lines: string[];
  err: number | undefined;
  /** Frames from the client since the last look. */
  frames(): string[];
}

/** Connects; the server answers with `answer(key)`, cut into pieces of `pieceBytes`. */
function connect(answer: (key: string) => string, options: ConnectWsOptions = {}, url = `ws://${THERE}:8080/chat?x=1`, form: RawForm = "array", pieceBytes = 0): Script {
  const s = stage({ platform: { form } });
  const script: Script = { s, asked: "", peer: undefined, lines: [], err: undefined, frames: () => readWsFrames(script.peer!.take(), true).map(lineOf) };
  s.world.listenPeer(THERE, 8080, (peer) => {
    script.peer = peer;
  });
  connectWs(s.mgr, s.note("C", (nc, ev, data) => {
    if (ev === 113 || ev === 114) script.lines.push(eventLine(ev, data as WebsocketMessage));
    if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) script.lines.push("done " + (data as HttpMessage & { wsProtocol: string }).wsProtocol);
    if (ev === 101) script.lines.push("reply " + (data as HttpMessage).respCode);
    if (ev === 5) script.err = nc.err;
  }), url, options);
  s.run(50);
  script.asked = script.peer!.take();
  const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(script.asked)![1];
  const wire = answer(key);
  if (!pieceBytes) script.peer!.send(wire);
  for (let at = 0; pieceBytes && at < wire.length; at += pieceBytes) {
    if (script.peer!.state === "open") script.peer!.send(wire.slice(at, at + pieceBytes));
    s.run(1);
  }
  s.run(50);
  return script;
}

const yes = (more = "") => (key: string): string =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n${more}\r\n`;
const from = (payload: string, op = 1): string => frameOf({ op, payload, masked: false });

describe("websocket: the client's handshake", () => {
  it("asks as RFC 6455 §4.1 says", () => {
    const c = connect(yes(), { protocols: ["a", "b"], headers: "Origin: http://me\r\n" }, `ws://user:pass@${THERE}:8080/chat?x=1#part`);
    const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(c.asked)![1];
    assert.equal(Buffer.from(key, "base64").length, 16);
    assert.equal(c.asked, [
      "GET /chat?x=1 HTTP/1.1", `Host: ${THERE}:8080`, "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Key: ${key}`, "Sec-WebSocket-Version: 13",
      `Authorization: Basic ${Buffer.from("user:pass").toString("base64")}`, "Sec-WebSocket-Protocol: a, b", "Origin: http://me", "", "",
    ].join("\r\n"));
    assert.deepEqual(c.lines, ["done "]);
    c.s.finish();
  });

  for (const pieceBytes of [0, 1, 7]) {
    it(`is done with the server's 101, and frames behind it arrive, ${pieceBytes ? `${pieceBytes} bytes at a time` : "all at once"}`, () => {
      for (const form of ["array", "string"] as RawForm[]) {
        const c = connect((key) => yes("Sec-WebSocket-Protocol: b\r\n")(key) + from("hi") + from("", 9), { protocols: ["a", "b"] }, undefined, form, pieceBytes);
        assert.deepEqual(c.lines, ["done b", "text hi", "ping (control)"]);
        assert.deepEqual(c.frames(), ["pong"]);
        c.s.finish();
      }
    });
  }

  const wrong: [string, (key: string) => string][] = [
    ["a wrong Accept", () => yes()("x")],
    ["no Accept", (key) => yes()(key).replace(/Sec-WebSocket-Accept.*\r\n/, "")],
    ["no Upgrade", (key) => yes()(key).replace(/Upgrade: websocket\r\n/, "")],
    ["no Connection: Upgrade", (key) => yes()(key).replace(/Connection: Upgrade\r\n/, "")],
    ["a subprotocol that was not offered", yes("Sec-WebSocket-Protocol: z\r\n")],
    ["an extension that was not offered", yes("Sec-WebSocket-Extensions: permessage-deflate\r\n")],
    ["no HTTP", () => "220 mail.example\r\n\r\n"],
    ["a head without end", () => "HTTP/1.1 101 " + "x".repeat(3000)],
  ];
  for (const [what, answer] of wrong) {
    it(`fails with ${what}: CLOSE with MG_ERR_PROTOCOL, no DONE`, () => {
      const c = connect(answer);
      assert.deepEqual([c.lines, c.err], [[], Err.Protocol]);
      c.s.finish();
    });
  }

  it("that is refused gives the reply, then CLOSE", () => {
    const c = connect(() => "HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nno!");
    assert.deepEqual([c.lines, c.err], [["reply 401"], Err.Protocol]);
    assert.deepEqual(eventsOf(c.s, "C").map((e) => e.split(" ")[0]), ["CONNECT", "SEND", "RECV", "HTTP_REPLY", "CLOSE"]);
    c.s.finish();
  });

  it("that is not answered ends after headMs", () => {
    const c = connect(() => "");
    c.s.run(20_000);
    assert.equal(c.err, Err.Deadline);
    c.s.finish();
  });

  it("to nobody is CONNECT with the reason, then CLOSE", () => {
    const s = stage();
    const seen: number[] = [];
    connectWs(s.mgr, (_nc, ev) => void seen.push(ev), `ws://${THERE}:9/`);
    s.run(1000);
    assert.deepEqual(seen.filter((ev) => ev), [2, 5]);
    s.finish();
  });

  it("throws for what it cannot send", () => {
    const s = stage();
    const to = (url: string, options?: ConnectWsOptions) => () => connectWs(s.mgr, undefined, url, options);
    for (const url of ["http://a/", "ws:/a", "ws://", "ws://a:0/", "ws://a b/", ""]) assert.throws(to(url), TypeError, url);
    for (const headers of ["A: b", "A: b\r\n\r\n", "A b\r\n", "A: b\rc\r\n"]) assert.throws(to("ws://a/", { headers }), TypeError, headers);
    for (const protocol of ["", "a b", "a,b", "a\r\nb"]) assert.throws(to("ws://a/", { protocols: [protocol] }), TypeError, protocol);
    s.finish();
  });

  it("can be sent on a connection made some other way", () => {
    const s = stage();
    const lines: string[] = [];
    setProtocolWebsocket(s.mgr.bind("tcp://:80", (nc, ev, data) => ev === 113 && void sendWebsocketFrame(nc, data.op, data)));
    const nc = s.mgr.connect(`tcp://${HERE}:80`, (conn, ev, data) => {
      if (ev === 112) sendWebsocketFrame(conn, 1, "hi");
      if (ev === 113) lines.push(eventLine(ev, data));
    });
    assert.throws(() => sendWebsocketHandshake(nc, "no-slash", "x"), TypeError);
    assert.throws(() => sendWebsocketHandshake(nc, "/", "x\r\ny"), TypeError);
    sendWebsocketHandshake(nc, "/", "x");
    s.run(200);
    assert.deepEqual(lines, ["text hi"]);
    s.finish();
  });
});

describe("websocket: a client's connection", () => {
  it("masks what it sends with keys that differ", () => {
    const c = connect((key) => yes()(key));
    const nc = c.s.mgr.next()!;
    for (const payload of ["a", "", "x".repeat(300)]) sendWebsocketFrame(nc, 1, payload);
    c.s.run(20);
    const wire = c.peer!.take();
    assert.deepEqual(readWsFrames(wire, true).map((f) => f.payload.length), [1, 0, 300]);
    assert.notEqual(wire.slice(2, 6), wire.slice(9, 13));
    c.s.finish();
  });

  it("refuses a masked frame with 1002", () => {
    const c = connect((key) => yes()(key) + frameOf({ op: 1, payload: "a" }));
    assert.deepEqual(c.frames(), ["close 1002"]);
    c.s.run(10_000);
    assert.equal(c.err, Err.Protocol);
    c.s.finish();
  });

  it("answers the server's Close and lets it close first", () => {
    const c = connect((key) => yes()(key) + from("\x03\xe9", 8));
    assert.deepEqual(c.frames(), ["close 1001"]);
    assert.equal(c.peer!.state, "open");
    c.peer!.fin();
    c.s.run(50);
    assert.equal(c.err, 0);
    c.s.finish();
  });

  it("closes itself when the server does not", () => {
    const c = connect((key) => yes()(key) + from("\x03\xe9", 8), { closeMs: 1000 });
    c.s.run(5000);
    assert.equal(c.err, 0);
    c.s.finish();
  });

  it("starts the closing handshake itself", () => {
    const c = connect((key) => yes()(key));
    closeWebsocket(c.s.mgr.next()!, 3000, "bye");
    c.s.run(20);
    assert.deepEqual(c.frames(), ["close 3000 bye"]);
    c.peer!.send(from("\x0b\xb8bye", 8));
    c.peer!.fin();
    c.s.run(50);
    assert.deepEqual([c.lines.slice(-1), c.err], [["close 3000 bye (control)"], 0]);
    c.s.finish();
  });

  it("pings a silent server and gives it up", () => {
    const c = connect((key) => yes()(key), { pingMs: 2000, pongMs: 2000 });
    c.s.run(4000);
    assert.deepEqual(c.frames(), ["ping"]);
    c.s.run(4000);
    assert.equal(c.err, Err.TimedOut);
    c.s.finish();
  });
});
