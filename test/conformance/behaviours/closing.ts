import assert from "node:assert/strict";
import type { Behaviour } from "../host/behaviour.js";
import { digits } from "./bytes.js";

export const CLOSING: Behaviour[] = [
  {
    title: "SEND_AND_CLOSE sends all there is, then closes",
    on: "sendAndClose",
    async play(stage) {
      const client = await stage.connect();
      assert.equal(await client.send("x").take(3000), digits(3000));
      await client.ended();
    },
    expect: { c1: "ACCEPT, RECV 1, SEND 3000, CLOSE 0" },
  },
  {
    title: "while SEND_AND_CLOSE waits for output, input is still read",
    on: "closingReads",
    async play(stage) {
      const client = await stage.accepted();
      await client.send("still here.").expect("last");
      await client.ended();
    },
    expect: { c1: "ACCEPT, RECV 11, has still here., SEND 4, CLOSE 0" },
  },
  {
    title: "SEND_AND_CLOSE that is cleared in time does not close",
    on: "clearedClose",
    async play(stage) {
      const client = await stage.connect();
      await client.expect("first ");
      await client.send("second").expect("second");
    },
    expect: { c1: "ACCEPT, TIMER, SEND 12, RECV 6, CLOSE 0" },
  },
  {
    title: "CLOSE_IMMEDIATELY drops output",
    on: "closeAtOnce",
    async play(stage) {
      const client = await stage.connect();
      assert.equal(await client.send("x").over(), "");
    },
    expect: { c1: "ACCEPT, RECV 1, CLOSE 0" },
  },
  {
    title: "after CLOSE nothing can be sent or set, and recvMbuf is readable in it",
    on: "afterClose",
    async play(stage) {
      const client = await stage.connect();
      client.send("rest");
      await stage.logged("c1 RECV");
      client.peer.end();
      await stage.logged("c1 CLOSE");
      stage.poke();
      await stage.logged("note later");
    },
    expect: {
      c1: "ACCEPT, RECV 4, CLOSE 0",
      note: "in CLOSE: recvMbuf rest, send 0, later: recvMbuf 0, send 0, setTimer 0, sendFrom false",
    },
  },
  {
    title: "closing inside ACCEPT, RECV, SEND, TIMER or POLL: CLOSE comes next, once",
    on: "closeIn",
    async play(stage) {
      for (let i = 0; i < 5; i++) {
        const client = await stage.accepted(i);
        if (i === 1 || i === 2) client.send("x");
        await client.over();
        client.peer.end();
        await stage.logged(`c${i + 1} CLOSE`);
      }
    },
    expect: {
      c1: "ACCEPT, CLOSE 0",
      c2: "ACCEPT, RECV 1, CLOSE 0",
      c3: "ACCEPT, RECV 1, SEND 2, CLOSE 0",
      c4: "ACCEPT, TIMER, CLOSE 0",
      c5: "ACCEPT, POLL, CLOSE 0",
    },
  },
  {
    title: "an exception in a handler closes its connection, and no other",
    on: "throwsOnWord",
    async play(stage) {
      const good = await stage.accepted();
      const bad = await stage.accepted();
      await bad.send("throw").over();
      await good.send("still here").expect("still here");
      const next = await stage.accepted();
      await next.send("me too").expect("me too");
    },
    expect: {
      c1: "ACCEPT, RECV 10, SEND 10, CLOSE 0",
      c2: "ACCEPT, RECV 5, CLOSE 15",
      c3: "ACCEPT, RECV 6, SEND 6, CLOSE 0",
    },
    stats: { threw: 1 },
  },
  {
    title: "exceptions in ACCEPT, SEND, TIMER, POLL and CLOSE close just as well",
    on: "throwIn",
    async play(stage) {
      for (let i = 0; i < 5; i++) {
        const client = await stage.accepted(i);
        if (i === 1) client.send("x");
        if (i < 4) await client.over();
        client.peer.end();
        await stage.logged(`c${i + 1} CLOSE`);
      }
    },
    expect: {
      c1: "ACCEPT, CLOSE 15",
      c2: "ACCEPT, RECV 1, SEND 2, CLOSE 15",
      c3: "ACCEPT, TIMER, CLOSE 15",
      c4: "ACCEPT, POLL, CLOSE 15",
      c5: "ACCEPT, CLOSE 0",
    },
    stats: { threw: 5 },
  },
  {
    title: "an exception in a listener's POLL leaves the listener",
    on: "listenerThrows",
    async play(stage) {
      await stage.logged("note throws");
      const client = await stage.connect();
      await client.send("x").expect("x");
    },
    expect: { c1: "ACCEPT, RECV 1, SEND 1, CLOSE 0", note: "throws" },
    stats: { threw: 1 },
  },
  {
    title: "freeing the manager in RECV: the handler returns, then everyone gets CLOSE, and nobody anything else",
    on: "freeInRecv",
    async play(stage) {
      const first = await stage.accepted();
      const second = await stage.accepted();
      assert.equal(await second.send("x").over(), "");
      assert.equal(await first.over(), "");
      await stage.logged("note");
    },
    expect: {
      c1: "ACCEPT, CLOSE 19",
      c2: "ACCEPT, RECV 1, free() returned, CLOSE 19",
      t: "CLOSE 19",
      note: "Cannot make a connection: the manager was freed",
    },
  },
  {
    title: "freeing the manager in CLOSE",
    on: "freeInClose",
    async play(stage) {
      const first = await stage.accepted();
      const second = await stage.accepted();
      first.peer.end();
      await second.over();
    },
    expect: { c1: "ACCEPT, CLOSE 0", c2: "ACCEPT, CLOSE 19" },
  },
  {
    title: "freeing the manager in TIMER",
    on: "freeInTimer",
    async play(stage) {
      const client = await stage.accepted();
      stage.poke();
      await client.over();
    },
    expect: { c1: "ACCEPT, CLOSE 19", t: "TIMER, CLOSE 19" },
  },
  {
    title: "a listener that is closed leaves its connections alone",
    on: "closeListener",
    async play(stage) {
      const client = await stage.accepted();
      stage.poke();
      await stage.logged("l1 CLOSE");
      await client.send("still here").expect("still here");
    },
    expect: { c1: "ACCEPT, RECV 10, SEND 10, CLOSE 0", l1: "CLOSE 0" },
  },
];
