import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_CLOSE } from "../../src/core/events.js";
import { MG_F_WEBSOCKET_NO_DEFRAG } from "../../src/core/flags.js";
import {
  closeWebsocket, MG_EV_WEBSOCKET_HANDSHAKE_DONE, pauseWebsocket, printfWebsocketFrame, resumeWebsocket, sendWebsocketFrame, sendWebsocketFramev, setProtocolWebsocket,
  WEBSOCKET_DONT_FIN, WEBSOCKET_OP_BINARY, WEBSOCKET_OP_CONTINUE, WEBSOCKET_OP_PING, WEBSOCKET_OP_TEXT, type WebsocketMessage,
} from "../../src/websocket/index.js";
import { accepted, type Stage, stage } from "./core-support.js";
import { binary, echo, frameOf, lineOf, openWs, ping, readWsFrames, serveWs, taken, text } from "./ws-support.js";

const FORMS: RawForm[] = ["array", "string"];

/** The server's side of the one connection. */
function theOne(s: Stage): Connection {
  return accepted(s.mgr)[0];
}

describe("websocket: what the handler gets", () => {
  it("is text for text and bytes for binary, and gone after the call", () => {
    for (const form of FORMS) {
      const s = stage({ platform: { form } });
      const seen: unknown[] = [];
      let kept: WebsocketMessage | undefined;
      serveWs(s, [], {}, (_nc, wm) => {
        seen.push(wm.op, wm.flags, wm.size, wm.op === 1 ? wm.text : [...wm.bytes()]);
        kept = wm;
      });
      const peer = openWs(s);
      peer.send(text("é€") + binary("\0\x80\xff") + binary("") + text(""));
      s.run(20);
      assert.deepEqual(seen, [1, 0x81, 5, "é€", 2, 0x82, 3, [0, 128, 255], 2, 0x82, 0, [], 1, 0x81, 0, ""]);
      assert.equal(kept!.size, 0);
      assert.equal(kept!.text, "");
      s.finish();
    }
  });

  it("is code and reason of a Close", () => {
    const s = stage();
    const seen: unknown[] = [];
    setProtocolWebsocket(s.mgr.bind("tcp://:80", (_nc, ev, data) => void (ev === 114 && seen.push(data.op, data.closeCode, data.closeReason))));
    openWs(s).send(frameOf({ op: 8, payload: "\x03\xe9b\xc3\xa9" }));
    openWs(s).send(frameOf({ op: 8 }));
    s.run(20);
    assert.deepEqual(seen, [8, 1001, "bé", 8, 1005, ""]);
    s.finish();
  });

  it("is each fragment with its own flags when MG_F_WEBSOCKET_NO_DEFRAG is set", () => {
    const s = stage();
    const lines: string[] = [];
    const listener = serveWs(s, lines, { messageMaxBytes: 100 }, () => undefined);
    const { handler } = listener;
    listener.handler = (nc, ev, data) => {
      if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) nc.flags |= MG_F_WEBSOCKET_NO_DEFRAG;
      handler!(nc, ev, data);
    };
    const peer = openWs(s);
    const wire = text("ab", { fin: false }) + frameOf({ op: 0, payload: "\xc3", fin: false }) + ping("p") + frameOf({ op: 0, payload: "\xa9", fin: false }) + frameOf({ op: 0 }) + binary("x".repeat(100));
    for (const byte of wire) {
      peer.send(byte);
      s.run(0.5);
    }
    s.run(20);
    assert.deepEqual(lines, ["text+ ab", "cont+ \\xc3", "ping p (control)", "cont+ \\xa9", "cont", "binary 100 bytes"]);
    peer.send(binary("x".repeat(101)));
    s.run(20);
    assert.deepEqual(taken(peer).slice(-1), ["close 1009"]);
    s.finish();
  });

  it("comes in pieces, and is not held, when it is streamed", () => {
    for (const form of FORMS) {
      const s = stage({ platform: { form }, mgr: { pages: 8, pageBytes: 64 } });
      const got: string[] = [];
      let whole = "";
      let held = 0;
      serveWs(s, [], { stream: true }, (nc, wm) => {
        got.push(`${wm.flags}`);
        whole += Buffer.from(wm.bytes()).toString("latin1");
        held = Math.max(held, nc.mgr.pool.pages - nc.mgr.pool.free);
      });
      const peer = openWs(s);
      const big = "0123456789".repeat(1000);
      peer.send(binary(big, { fin: false }));
      s.run(500);
      peer.send(frameOf({ op: 0, payload: "the end", fin: false }) + frameOf({ op: 0 }));
      s.run(50);
      assert.equal(whole, big + "the end");
      assert.equal(got[0], "2");
      assert.equal(got[got.length - 1], "128");
      assert.ok(got.slice(1, -1).every((flags) => flags === "0"));
      assert.ok(held <= 7, `${held} pages`);
      s.finish();
    }
  });

  it("is checked as text in pieces as well", () => {
    for (const [payload, more, code] of [["ab\xff", "", 1007], ["ab\xe2", "x", 1007], ["a\xe2\x82", "", 1007], ["a\xe2\x82", "\xac", 0]] as const) {
      const s = stage();
      serveWs(s, [], { stream: true }, () => undefined);
      const peer = openWs(s);
      peer.send(frameOf({ op: 1, payload, fin: false }) + frameOf({ op: 0, payload: more }));
      s.run(20);
      assert.deepEqual(taken(peer), code ? ["close " + code] : []);
      s.finish();
    }
  });

  it("may not be over messageMaxBytes, in pieces neither", () => {
    const s = stage();
    serveWs(s, [], { stream: true, messageMaxBytes: 10 }, () => undefined);
    const peer = openWs(s);
    peer.send(binary("x".repeat(10)) + binary("x".repeat(6), { fin: false }) + frameOf({ op: 0, payload: "x".repeat(5) }));
    s.run(20);
    assert.deepEqual(taken(peer), ["close 1009"]);
    s.finish();
  });

  it("is refused with 1009, not waited for, when it is larger than what the connection may hold", () => {
    const s = stage({ mgr: { pages: 8, pageBytes: 64 } });
    serveWs(s);
    const peer = openWs(s);
    peer.send(binary("x".repeat(193)));
    s.run(20);
    assert.deepEqual(taken(peer), ["close 1009"]);
    const other = openWs(s);
    other.send(binary("x".repeat(192)));
    s.run(100);
    assert.deepEqual(taken(other), ["binary 192 bytes"]);
    s.finish();
  });
});

describe("websocket: flow control", () => {
  it("hands over the next message when the answer to the last one is out, and loses none", () => {
    for (const form of FORMS) {
      const s = stage({ platform: { form }, mgr: { pages: 16, pageBytes: 64 } });
      serveWs(s, [], { messageMaxBytes: 600 });
      const peer = openWs(s);
      peer.pauseReading();
      const sent: string[] = [];
      for (let i = 0; i < 60; i++) {
        const payload = `${i}:` + "x".repeat((i * 37) % 500);
        sent.push(payload);
        peer.send(binary(payload));
      }
      s.run(2000);
      peer.resumeReading();
      s.run(5000);
      assert.deepEqual(readWsFrames(peer.take()).map((f) => f.payload), sent);
      s.finish();
    }
  });

  it("answers a message that is larger than half of the pool", () => {
    const s = stage({ mgr: { pages: 16, pageBytes: 64 } });
    serveWs(s, [], { messageMaxBytes: 700 });
    const peer = openWs(s);
    for (let i = 0; i < 3; i++) peer.send(binary(String(i).repeat(700)));
    s.run(1000);
    assert.deepEqual(readWsFrames(peer.take()).map((f) => f.payload.charAt(699)), ["0", "1", "2"]);
    s.finish();
  });

  it("waits with messages while the program has paused the connection", () => {
    const s = stage();
    const lines: string[] = [];
    serveWs(s, lines, {}, (nc) => pauseWebsocket(nc));
    const peer = openWs(s);
    peer.send(text("1") + text("2"));
    s.run(50);
    peer.send(text("3"));
    s.run(50);
    assert.deepEqual(lines, ["text 1"]);
    resumeWebsocket(theOne(s));
    s.run(50);
    assert.deepEqual(lines, ["text 1", "text 2"]);
    resumeWebsocket(theOne(s));
    s.run(50);
    assert.deepEqual(lines, ["text 1", "text 2", "text 3"]);
    s.finish();
  });
});

describe("websocket: sending", () => {
  function sent(act: (nc: Connection) => void, form: RawForm = "array"): string[] {
    const s = stage({ platform: { form } });
    serveWs(s, [], {}, (nc) => act(nc));
    const peer = openWs(s);
    peer.send(text("go"));
    s.run(50);
    const lines = taken(peer);
    s.finish();
    return lines;
  }

  for (const form of FORMS) {
    it(`makes a frame of text, bytes, a queue, parts or a format, with ${form}s`, () => {
      assert.deepEqual(sent((nc) => {
        assert.equal(sendWebsocketFrame(nc, WEBSOCKET_OP_TEXT, "é"), 4);
        sendWebsocketFrame(nc, WEBSOCKET_OP_BINARY, new Uint8Array([0, 128, 255]));
        const m = nc.mgr.mbuf();
        m.append("queue");
        sendWebsocketFrame(nc, WEBSOCKET_OP_BINARY, m);
        m.clear();
        sendWebsocketFramev(nc, WEBSOCKET_OP_TEXT, ["a", new Uint8Array([98]), "c"]);
        sendWebsocketFramev(nc, WEBSOCKET_OP_TEXT, []);
        printfWebsocketFrame(nc, WEBSOCKET_OP_TEXT, "%d-%s", 7, "x");
        sendWebsocketFrame(nc, WEBSOCKET_OP_PING, "p");
      }, form), ["text \\xc3\\xa9", "binary \\x00\\x80\\xff", "binary queue", "text abc", "text", "text 7-x", "ping p"]);
    });
  }

  it("makes fragments with WEBSOCKET_DONT_FIN", () => {
    assert.deepEqual(sent((nc) => {
      sendWebsocketFrame(nc, WEBSOCKET_OP_TEXT | WEBSOCKET_DONT_FIN, "a");
      sendWebsocketFrame(nc, WEBSOCKET_OP_CONTINUE | WEBSOCKET_DONT_FIN, "b");
      sendWebsocketFrame(nc, WEBSOCKET_OP_CONTINUE, "c");
    }), ["text+ a", "cont+ b", "cont c"]);
  });

  it("refuses what would break the rules", () => {
    sent((nc) => {
      for (const op of [3, 7, 11, 15, 16, 512, -1]) assert.throws(() => sendWebsocketFrame(nc, op, ""), TypeError);
      assert.throws(() => sendWebsocketFrame(nc, 1, 5 as unknown as string), TypeError);
      assert.throws(() => sendWebsocketFrame(nc, 9, "x".repeat(126)), RangeError);
      assert.throws(() => sendWebsocketFrame(nc, 9 | WEBSOCKET_DONT_FIN, ""), RangeError);
      for (const code of [0, 999, 1005, 1006, 1015, 5000]) assert.throws(() => closeWebsocket(nc, code), RangeError);
      assert.throws(() => closeWebsocket(nc, 1000, "x".repeat(124)), RangeError);
    });
  });

  it("answers 0 before the handshake, after Close, and on other connections", () => {
    const s = stage();
    const answers: number[] = [];
    setProtocolWebsocket(s.mgr.bind("tcp://:80", (nc, ev) => {
      if (ev === 1 || ev === 111 || ev === 5) answers.push(sendWebsocketFrame(nc, 1, "x"));
      if (ev === 112) {
        closeWebsocket(nc);
        answers.push(sendWebsocketFrame(nc, 1, "x"), closeWebsocket(nc));
      }
    }));
    const peer = openWsLoose(s);
    assert.deepEqual(peer, ["close 1000"]);
    s.finish();
    assert.deepEqual(answers, [0, 0, 0, 0, 0, 0]); // the last is the listener's own
  });

  function openWsLoose(s: Stage): string[] {
    const peer = s.peer(80);
    peer.send("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    s.run(20);
    return readWsFrames(peer.take().split("\r\n\r\n")[1]).map(lineOf);
  }

  it("of every size comes out whole", () => {
    const s = stage({ mgr: { pages: 64, pageBytes: 4096 } });
    serveWs(s);
    const peer = openWs(s);
    for (const size of [125, 126, 65535, 65536]) {
      peer.send(binary("z".repeat(size)));
      s.run(3000);
      assert.deepEqual(taken(peer), [`binary ${size} bytes`]);
    }
    s.finish();
  });

  it("of a message as it came is an echo", () => {
    const s = stage();
    serveWs(s, [], {}, echo);
    const peer = openWs(s);
    peer.send(text("a") + binary("\xff"));
    s.run(20);
    assert.deepEqual(taken(peer), ["text a", "binary \\xff"]);
    s.finish();
  });
});

describe("websocket: a handler that throws", () => {
  it("costs no pages, in however many pieces its message came", () => {
    for (const wire of [text("whole"), text("one", { fin: false }) + frameOf({ op: 0, payload: "two" })]) {
      const s = stage();
      serveWs(s, [], {}, () => { throw new Error("in a handler"); });
      const peer = openWs(s);
      for (const byte of wire) {
        peer.send(byte);
        s.run(1);
      }
      s.run(1000);
      assert.notEqual(peer.state, "open");
      assert.equal(s.logs.length, 1);
      s.finish();
    }
  });

  it("costs no pages when it throws in CLOSE either, with half a message here", () => {
    const s = stage();
    setProtocolWebsocket(s.mgr.bind("tcp://:80", (_nc, ev) => {
      if (ev === MG_EV_CLOSE) throw new Error("in CLOSE");
    }));
    const peer = openWs(s);
    peer.send(text("half of it").slice(0, 9));
    s.run(20);
    assert.ok(s.mgr.pool.free < s.mgr.pool.pages);
    peer.reset();
    s.run(1000);
    assert.equal(s.logs.length, 1);
    s.finish();
  });
});
