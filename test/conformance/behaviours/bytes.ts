import assert from "node:assert/strict";
import type { Behaviour } from "../host/behaviour.js";

const ALL_BYTES = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");

/** Text as its UTF-8 bytes, one character for each. */
export function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** `count` characters: 0123456789012… */
export function digits(count: number): string {
  return "0123456789".repeat(Math.ceil(count / 10)).slice(0, count);
}

export const BYTES: Behaviour[] = [
  {
    title: "what is sent is received: an echo",
    on: "echo",
    async play(stage) {
      const client = await stage.connect();
      await client.send("hello").expect("hello");
    },
    expect: { c1: "ACCEPT, RECV 5, SEND 5, CLOSE 0" },
  },
  {
    title: "every byte from 0x00 to 0xFF comes back unchanged",
    on: "echo",
    async play(stage) {
      const client = await stage.connect();
      await client.send(ALL_BYTES).expect(ALL_BYTES);
    },
    expect: { c1: "ACCEPT, RECV 256, SEND 256, CLOSE 0" },
  },
  {
    title: "text goes out as UTF-8, and UTF-8 comes in as text",
    on: "text",
    async play(stage) {
      const client = await stage.connect();
      await client.send(utf8("é € 漢 ü")).expect(utf8("é € 漢 ü"));
    },
    expect: { c1: "ACCEPT, RECV 13, SEND 13, CLOSE 0", note: "the same text, found at 7" },
  },
  {
    title: "NUL is a byte like any other",
    on: "nul",
    async play(stage) {
      const client = await stage.connect();
      await client.send("\0x\0").expect("a\0b\0");
    },
    expect: { c1: "ACCEPT, RECV 3, SEND 4, CLOSE 0", note: "3 bytes: \\x00x\\x00, NUL at 0" },
  },
  {
    title: "a Uint8Array, or a part of one, is sent as it is at the call",
    on: "uint8",
    async play(stage) {
      const client = await stage.connect();
      await client.send("?").expect("\0\x7f\x80\xff\x7f\x80");
    },
    expect: { c1: "ACCEPT, RECV 1, SEND 6, CLOSE 0", note: "taken 4 and 2" },
  },
  {
    title: "an Mbuf can be searched, cut, filled, moved and sent",
    on: "mbuf",
    async play(stage) {
      const client = await stage.connect();
      await client.send("abcdef").expect(utf8("<-é-!"));
    },
    expect: {
      c1: "ACCEPT, RECV 6, SEND 6, CLOSE 0",
      note: [
        "len 6, byteAt 97 -1, indexOf 2 -1 -1",
        "text bc, slice 2 101",
        "insert 4: abc-\\xc3\\xa9-def",
        "Cannot insert at 99: offset must be from 0 to 10",
        "removed 3: -\\xc3\\xa9-def",
        "resized to 4: -\\xc3\\xa9-, appended 1: -\\xc3\\xa9-!",
        "moved 5, left 0, there <-\\xc3\\xa9-!",
      ].join(", "),
    },
  },
  {
    title: "bytes that come one at a time make the same message",
    on: "lines",
    async play(stage) {
      const client = await stage.connect();
      for (const byte of "by and by\n") {
        client.send(byte);
        await stage.sleep(2);
      }
      await client.expect("[by and by]");
    },
    expect: { c1: "ACCEPT, RECV 10, SEND 11, CLOSE 0" },
  },
  {
    title: "20,000 bytes go through a pool of 8,192, in order",
    on: "echoSmall",
    async play(stage) {
      const client = await stage.connect();
      client.send(digits(20000));
      assert.equal(await client.take(20000), digits(20000));
    },
    expect: { c1: "ACCEPT, RECV 20000, SEND 20000, CLOSE 0" },
  },
  {
    title: "send throws for what is neither text nor bytes, and sends nothing of it",
    on: "wrongData",
    async play(stage) {
      const client = await stage.connect();
      await client.send("?").expect("-7|  2.3|ff|text|A|%");
    },
    expect: {
      c1: "ACCEPT, RECV 1, SEND 20, CLOSE 0",
      note: "Cannot send number: must be text, Uint8Array or Mbuf, Cannot send null: must be text, Uint8Array or Mbuf, empty 0",
    },
  },
  {
    title: "a manager that is driven by hand delivers the same",
    on: "echoByHand",
    async play(stage) {
      const client = await stage.connect();
      await client.send("hello").expect("hello");
      client.send(digits(5000));
      assert.equal(await client.take(5000), digits(5000));
    },
    expect: { c1: "ACCEPT, RECV 5005, SEND 5005, CLOSE 0" },
  },
];
