import assert from "node:assert/strict";
import type { Behaviour } from "../host/behaviour.js";
import { digits } from "./bytes.js";

/** Every byte there is. */
const ALL = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");

/** Nothing to do for the peers: the device does it all by itself. */
async function watch(): Promise<void> {}

export const BUFFEREVENT: Behaviour[] = [
  {
    title: "a listener and a bufferevent echo every byte, and the end of the peer ends the loop",
    on: "bevEcho",
    async play(stage) {
      const client = await stage.connect();
      await client.send(ALL).expect(ALL);
      await client.send(digits(3000)).expect(digits(3000));
      client.peer.end();
      await client.over();
    },
    expect: { note: "b READING|EOF, over 1" },
  },
  {
    title: "deferred callbacks come from the loop, never inside the call that causes them",
    on: "bevDeferred",
    async play(stage) {
      const client = await stage.connect();
      await client.send("hello").expect("world");
      await stage.logged("note b wrote");
      client.peer.end();
      await client.over();
    },
    expect: { note: "read hello, after write, b wrote, b READING|EOF, over 1" },
  },
  {
    title: "a bufferevent connects: CONNECTED, then what was written before, then what the peer says",
    on: "bevConnect",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect("early");
      await stage.logged("note c wrote");
      peer.send("hello");
      await stage.logged("note c read");
      peer.peer.end();
      await peer.over();
    },
    expect: { note: "write 0, connect 0, c CONNECTED, c wrote, c read hello, c READING|EOF, over 1" },
  },
  {
    title: "a bufferevent that is refused: ERROR alone, and why",
    on: "bevRefused",
    async play(stage) {
      await stage.logged("note over");
    },
    expect: { note: "connect 0, c ERROR, error 2 0, over 1" },
    stats: { connectFailed: 1 },
  },
  {
    title: "a bufferevent to a name that does not exist: ERROR, and a DNS error",
    on: "bevUnknownHost",
    async play(stage) {
      await stage.logged("note over");
    },
    expect: { note: "connect 0, c ERROR, error 4 4, over 1" },
    stats: { connectFailed: 1 },
  },
  {
    title: "watermarks: no callback below the low one, nothing above the high one, and on when something was taken",
    on: "bevHigh",
    async play(stage) {
      const client = await stage.connect();
      client.send("abcdefghij");
      await stage.logged("note has abcd");
      stage.poke("2");
      await stage.logged("note has cdef");
      stage.poke("4");
      await stage.logged("note has ghij");
      stage.poke("4");
      client.peer.end();
      await client.over();
    },
    expect: { note: "has abcd, has cdef, has ghij, b READING|EOF, over 0" },
  },
  {
    title: "a reader that stops makes the peer wait, and misses nothing",
    on: "bevPause",
    needs: ["pauseRead"],
    async play(stage) {
      const client = await stage.connect();
      client.send(digits(20000));
      await stage.logged("note stopped");
      await stage.sleep(100);
      stage.poke();
      await client.over();
    },
    expect: { note: "stopped, holds 0, bounded, all there, over 0" },
  },
  {
    title: "a read timeout disables reading only",
    on: "bevTimeout",
    async play(stage) {
      const client = await stage.connect();
      await stage.logged("note b READING|TIMEOUT");
      stage.poke();
      await client.expect("still here");
      await stage.logged("note b wrote");
      client.peer.end();
      await client.over();
    },
    expect: { note: "b READING|TIMEOUT, enabled 4, b wrote, b READING|EOF, over 0" },
  },
  {
    title: "a bufferevent is freed in its read, write and event callback: its output is dropped, the peer sees the end",
    on: "bevFrees",
    async play(stage) {
      const first = await stage.connect();
      assert.equal(await first.send("x").over(), "");
      const second = await stage.connect();
      assert.equal(await second.over(), "seen");
      const third = await stage.connect();
      await stage.logged("note accept 2");
      third.peer.end();
      assert.equal(await third.over(), "");
    },
    expect: { note: "accept 0, end 0, accept 1, end 1, accept 2, end 2, over 1" },
  },
  {
    title: "a callback that throws loses its connection, hears of it, and harms nobody",
    on: "bevThrows",
    async play(stage) {
      const bad = await stage.connect();
      await bad.send("x").over();
      await stage.logged("note bad");
      const good = await stage.connect();
      await good.send("y").expect("y");
      await stage.logged("note good wrote");
      good.peer.end();
      await good.over();
    },
    expect: { note: "bad READING|ERROR, good wrote, good READING|EOF, over 1" },
    stats: { threw: 1 },
  },
  {
    title: "a rate limit: never more than a tick's worth at once, and everything in the end",
    on: "bevRate",
    async play(stage) {
      const client = await stage.connect();
      await client.send(digits(400)).over();
    },
    expect: { note: "never more than 100, over 1" },
  },
  {
    title: "a filter changes bytes both ways, waits for what it needs, and frees its context",
    on: "bevFilter",
    async play(stage) {
      const client = await stage.connect();
      await client.send("aabbc").expect("aabb");
      await client.send("c").expect("cc");
      await stage.logged("note read c");
      client.peer.end();
      await client.over();
    },
    expect: { note: "read ab, f wrote, read c, f wrote, f READING|EOF, context freed, over 1" },
  },
  {
    title: "a pair carries bytes up to the watermark, both ways, and tells of the end when one side is freed",
    on: "bevPair",
    play: watch,
    expect: {
      note: "moved 4, left 2, right has abcd, right wrote, right has ef, right wrote, left read abcdef, left wrote, right READING|EOF, over 0",
    },
  },
  {
    title: "connections wait for a listener that is disabled or has no callback, and are handed out when it has",
    on: "levWaits",
    async play(stage) {
      const first = await stage.connect();
      const second = await stage.connect();
      stage.poke("enable");
      await stage.logged("note accepted by the first");
      await first.over();
      stage.poke("none");
      stage.poke("enable");
      stage.poke("take");
      await stage.logged("note accepted by the second");
      await second.over();
      stage.poke("free");
    },
    expect: { note: "enable 0, accepted by the first, enable 0, accepted by the second, over 0" },
  },
  {
    title: "a listener whose port is taken says so once",
    on: "levTaken",
    async play(stage) {
      await stage.logged("note failed");
    },
    expect: { note: "failed ptr 1, over 1" },
  },
];
