import assert from "node:assert/strict";
import { acceptFor, frameOf, readWsFrames, text, upgrade } from "../../unit/ws-support.js";
import type { Behaviour } from "../host/behaviour.js";
import type { Client, Stage } from "../host/stage.js";
import { digits } from "./bytes.js";

const ACCEPTED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const MESSAGE_BYTES = 1900;

async function open(stage: Stage): Promise<Client> {
  const client = await stage.connect();
  await client.send(upgrade()).expect(ACCEPTED);
  return client;
}

/** A frame as a server sends it. */
function plain(op: number, payload: string, fin = true): string {
  return frameOf({ op, payload, fin, masked: false });
}

/** What the device logs of a message. */
function line(flags: number, payload: string, word = "FRAME"): string {
  let sum = 0;
  for (let i = 0; i < payload.length; i++) sum = (sum * 3 + payload.charCodeAt(i)) & 0xffff;
  return `${word} ${flags} ${payload.length} ${sum}`;
}

const UTF8 = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
const BYTES = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");

/** It must be refused with this code, and the connection must end. */
function refused(title: string, wire: string, code: number, err: number, on = "wsEcho"): Behaviour {
  return {
    title: `WebSocket: ${title} is refused with ${code}`,
    on,
    async play(stage) {
      const client = await open(stage);
      await client.send(wire).ended(plain(8, String.fromCharCode(code >> 8, code & 255)));
      client.peer.end();
    },
    expect: { c1: `ACCEPT, DONE, CLOSE ${err}` },
  };
}

export const WS: Behaviour[] = [
  {
    title: "WebSocket: text, every byte, nothing and long messages come back as they were",
    on: "wsEcho",
    async play(stage) {
      const client = await open(stage);
      const long = digits(MESSAGE_BYTES);
      await client.send(frameOf({ op: 1, payload: UTF8 })).expect(plain(1, UTF8));
      await client.send(frameOf({ op: 2, payload: BYTES, key: "\xff\x00\x81\x7e" })).expect(plain(2, BYTES));
      await client.send(frameOf({ op: 1 })).expect(plain(1, ""));
      await client.send(frameOf({ op: 2, payload: long })).expect(plain(2, long));
    },
    expect: { c1: `ACCEPT, DONE, ${line(129, UTF8)}, ${line(130, BYTES)}, ${line(129, "")}, ${line(130, digits(MESSAGE_BYTES))}, CLOSE 0` },
  },
  {
    title: "WebSocket: fragments become one message, with a Ping between them, one byte at a time",
    on: "wsEcho",
    async play(stage) {
      const client = await open(stage);
      const wire = frameOf({ op: 1, payload: "a\xe2", fin: false }) + frameOf({ op: 9, payload: "p" }) + frameOf({ op: 0, payload: "\x82\xac" });
      for (const byte of wire) {
        client.send(byte);
        await stage.sleep(1);
      }
      await client.expect(plain(10, "p") + plain(1, "a\xe2\x82\xac"));
    },
    expect: { c1: `ACCEPT, DONE, ${line(137, "p", "CONTROL")}, ${line(129, "a\xe2\x82\xac")}, CLOSE 0` },
  },
  {
    title: "WebSocket: forty messages in one go are answered in order",
    on: "wsEcho",
    async play(stage) {
      const client = await open(stage);
      const texts = Array.from({ length: 40 }, (_, i) => digits(60 + i));
      await client.send(texts.map((t) => text(t)).join("")).expect(texts.map((t) => plain(1, t)).join(""));
    },
    expect: { c1: `ACCEPT, DONE, ${Array.from({ length: 40 }, (_, i) => line(129, digits(60 + i))).join(", ")}, CLOSE 0` },
  },
  refused("a frame without a mask", plain(1, "x"), 1002, 21),
  refused("text that is no UTF-8", frameOf({ op: 1, payload: "abc\xed\xa0\x80" }), 1007, 21),
  refused("a message over the cap", frameOf({ op: 2, payload: digits(101) }), 1009, 20, "wsSmall"),
  {
    title: "WebSocket: the peer's Close is echoed, and the connection ends",
    on: "wsEcho",
    async play(stage) {
      const client = await open(stage);
      const payload = "\x03\xe9bye";
      await client.send(frameOf({ op: 8, payload })).ended(plain(8, payload));
      client.peer.end();
    },
    expect: { c1: `ACCEPT, DONE, ${line(136, "\x03\xe9bye", "CONTROL")}, CLOSE 0` },
  },
  {
    title: "WebSocket: the device's own text, bytes and Close",
    on: "wsSpeak",
    async play(stage) {
      const client = await open(stage);
      await client.send(text("go")).expect(plain(1, "\xc3\xa9\xe2\x82\xac") + plain(2, "\0\x7f\x80\xff") + plain(8, "\x0f\xa0\xc3\xa9"));
      await client.send(frameOf({ op: 8, payload: "\x0f\xa0" })).ended();
      client.peer.end();
    },
    expect: { c1: `ACCEPT, DONE, ${line(129, "go")}, ${line(136, "\x0f\xa0", "CONTROL")}, CLOSE 0` },
  },
  {
    title: "WebSocket: a silent peer gets a Ping, and is closed when it does not answer",
    on: "wsPing",
    async play(stage) {
      const client = await open(stage);
      await client.expect(plain(9, ""));
      client.send(frameOf({ op: 10 }));
      await client.expect(plain(9, ""));
      await client.over();
    },
    expect: { c1: `ACCEPT, DONE, ${line(138, "", "CONTROL")}, CLOSE 3` },
  },
  {
    title: "WebSocket: a message of 100,000 bytes, streamed through a pool of 4,096",
    on: "wsStream",
    async play(stage) {
      const client = await open(stage);
      await client.send(frameOf({ op: 2, payload: digits(100000) })).expect(plain(1, "100000"));
    },
    expect: { c1: "ACCEPT, DONE, CLOSE 0" },
  },
  {
    title: "WebSocket: a broadcast reaches everyone",
    on: "wsEveryone",
    async play(stage) {
      const first = await open(stage);
      const second = await open(stage);
      first.send(text("hello"));
      await first.expect(plain(1, "hello"));
      await second.expect(plain(1, "hello"));
      second.peer.end();
      await stage.logged("c2 CLOSE");
      first.send(text("again"));
      await first.expect(plain(1, "again"));
    },
    expect: { note: "sent to 2, sent to 1", c1: "ACCEPT, CLOSE 0", c2: "ACCEPT, CLOSE 0" },
  },
  {
    title: "WebSocket: a client opens, sends masked, receives and closes",
    on: "wsClient",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await stage.until(() => peer.peer.received.endsWith("\r\n\r\n"), "the request");
      const asked = peer.peer.received;
      peer.peer.drop(asked.length);
      const key = /\r\nSec-WebSocket-Key: (.*)\r\n/.exec(asked)?.[1] ?? "";
      assert.match(asked, /^GET \/chat HTTP\/1\.1\r\nHost: /);
      peer.send(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n\r\n`);
      assert.deepEqual(readWsFrames(await peer.take(8), true), [{ op: 1, fin: true, payload: "\xc3\xa9" }]);
      peer.send(plain(2, "\x80\xff"));
      assert.deepEqual(readWsFrames(await peer.take(8), true), [{ op: 8, fin: true, payload: "\x03\xe8" }]);
      peer.send(plain(8, "\x03\xe8"));
      peer.peer.end();
      await peer.ended();
    },
    expect: { note: "ev 2, ev 5", out: `CONNECT 0, ${line(130, "\x80\xff")}, ${line(136, "\x03\xe8", "CONTROL")}, CLOSE 0` },
  },
];
