import assert from "node:assert/strict";
import type { Behaviour } from "../host/behaviour.js";
import type { Stage } from "../host/stage.js";
import { digits } from "./bytes.js";

/** What a reset looks like in `nc.err`. */
function resetErr(caps: { seesReset: boolean }): number {
  return caps.seesReset ? 6 : 0;
}

/** Serves one more connection, then waits until at least `count` were accepted and all of them are closed. */
async function settled(stage: Stage, count: number): Promise<void> {
  const last = await stage.connect();
  await last.send("x").expect("x");
  last.peer.end();
  await last.over();
  stage.poke(String(count));
  await stage.logged("note");
}

/** A peer sends 60,000 bytes to a handler that uses none of its 1000 until it is told to. */
function flooding(title: string, on: string): Behaviour {
  return {
    title,
    on,
    async play(stage) {
      const client = await stage.connect();
      client.send(digits(60000));
      await stage.logged("note holds");
      stage.poke();
      client.peer.end();
      await stage.logged("c1 CLOSE");
    },
    expect: { c1: "ACCEPT, CLOSE 0", note: "holds 1000, WANT_READ, all in all 60000, never more than 1000 at once" },
  };
}

export const BOUNDS: Behaviour[] = [
  {
    title: "a peer that resets: CLOSE, with the reason where the platform sees it",
    on: "echo",
    async play(stage) {
      const client = await stage.connect();
      await client.send("x").expect("x");
      client.peer.reset();
      await stage.logged("c1 CLOSE");
    },
    expect: (caps) => ({ c1: `ACCEPT, RECV 1, SEND 1, CLOSE ${resetErr(caps)}` }),
  },
  {
    title: "peers that connect and are gone at once leave nothing behind",
    on: "cycles",
    async play(stage) {
      for (let i = 0; i < 20; i++) {
        const client = await stage.connect();
        if (i % 2) client.peer.reset();
        else client.peer.end();
        // A board has few sockets: those that are gone must have been noticed before there is room for more.
        if (i % 5 === 4) await stage.sleep(50);
      }
      await settled(stage, 1);
    },
    expect: { note: "all closed" },
  },
  {
    title: "a peer that ends its stream after a request still gets the answer",
    on: "answer",
    async play(stage) {
      const client = await stage.connect();
      client.send("ask").peer.end();
      await client.expect("012345");
      await client.ended();
    },
    expect: { c1: "ACCEPT, RECV 3, SEND 6, CLOSE 0" },
  },
  {
    title: "also a long answer, where the platform can send after the peer's end",
    on: "answerLong",
    needs: ["halfClose"],
    async play(stage) {
      const client = await stage.connect();
      client.send("ask").peer.end();
      assert.equal(await client.take(3000), digits(3000));
      await client.ended();
    },
    expect: { c1: "ACCEPT, RECV 3, SEND 3000, CLOSE 0" },
  },
  {
    title: "a peer that does not read: output waits within the pool, and a deadline closes",
    on: "stall",
    async play(stage) {
      const client = await stage.connectDeaf();
      client.send("x");
      // First this computer's own buffers fill up, some megabytes in pieces of a kilobyte.
      await stage.logged("c1 CLOSE", 25_000);
    },
    expect: { c1: "ACCEPT, WANT_WRITE, CLOSE 14", note: "never more than the pool, the source ends, not sent" },
    stats: { deadlines: 1 },
  },
  {
    title: "send answers 0 when the pool has no room, and SEND says when it has again",
    on: "stallThenRead",
    async play(stage) {
      const client = await stage.connectDeaf();
      client.send("x");
      await stage.logged("note refused");
      client.peer.resume();
      const all = await client.take(40000);
      assert.equal(all, digits(500).repeat(80));
      await client.ended();
    },
    expect: { c1: "ACCEPT, CLOSE 0", note: "refused, holding some" },
  },
  flooding("a peer that floods is made to wait at recvMbufLimit, and nothing is lost", "flood"),
  flooding("a peer that floods a manager that is driven by hand waits just as well", "floodByHand"),
  {
    title: "send takes all or nothing: an empty pool answers 0, and takes again when output is out",
    on: "poolEmpty",
    async play(stage) {
      const client = await stage.connect();
      client.send("x");
      assert.equal(await client.take(1400), digits(700) + digits(700));
    },
    expect: {
      c1: "ACCEPT, RECV 1, SEND 1400, CLOSE 0",
      note: "2000: 0, 700: 700, 700 more: 0, free 1, 700 in SEND: 700",
    },
  },
  {
    title: "while input that nobody uses fills the pool, others wait their turn, and lose nothing",
    on: "holders",
    async play(stage) {
      const first = await stage.accepted();
      first.send("hold" + digits(5000));
      const second = await stage.accepted();
      second.send("hold" + digits(5000));
      await stage.logged("note free");
      const third = await stage.accepted();
      third.send("my turn");
      await stage.sleep(100);
      stage.poke();
      await third.expect("my turn");
      first.peer.reset();
      second.peer.reset();
      await stage.logged("c2 CLOSE");
    },
    expect: (caps) => ({
      c1: `ACCEPT, CLOSE ${resetErr(caps)}`,
      c2: `ACCEPT, CLOSE ${resetErr(caps)}`,
      c3: "ACCEPT, CLOSE 0",
      note: "free 2 of 8",
    }),
  },
  {
    title: "who sits on the pool for too long while others wait is closed",
    on: "starved",
    async play(stage) {
      const first = await stage.accepted();
      first.send("hold" + digits(5000));
      await stage.sleep(60);
      const second = await stage.accepted();
      second.send("hold" + digits(700));
      await stage.sleep(60);
      const third = await stage.accepted();
      await third.send("my turn").expect("my turn");
      await first.over();
    },
    expect: { c1: "ACCEPT, CLOSE 8", c2: "ACCEPT, CLOSE 0", c3: "ACCEPT, CLOSE 0", note: "free 2 of 8" },
    stats: { starved: 1 },
  },
  {
    title: "more connections than the budget: the newcomer is turned away politely, and counted",
    on: "budget",
    async play(stage) {
      const first = await stage.accepted();
      const second = await stage.accepted();
      const third = await stage.connect();
      await third.ended();
      await first.send("still here").expect("still here");
      await second.send("me too").expect("me too");
      third.peer.end();
      first.peer.end();
      await stage.logged("c1 CLOSE");
      const fourth = await stage.accepted();
      await fourth.send("x").expect("x");
    },
    expect: {
      c1: "ACCEPT, RECV 10, SEND 10, CLOSE 0",
      c2: "ACCEPT, RECV 6, SEND 6, CLOSE 0",
      c3: "ACCEPT, RECV 1, SEND 1, CLOSE 0",
    },
    stats: { refused: 1 },
  },
  {
    title: "a connection that has long been silent makes room for a newcomer",
    on: "budgetIdle",
    async play(stage) {
      const first = await stage.accepted();
      await stage.sleep(250);
      const second = await stage.accepted();
      await second.send("x").expect("x");
      const third = await stage.accepted();
      await third.send("y").expect("y");
      await first.over();
    },
    expect: { c1: "ACCEPT, CLOSE 16", c2: "ACCEPT, RECV 1, SEND 1, CLOSE 0", c3: "ACCEPT, RECV 1, SEND 1, CLOSE 0" },
    stats: { evicted: 1 },
  },
  {
    title: "100 connections, one after the other: each is closed, and the pool is full",
    on: "cycles",
    async play(stage) {
      for (let i = 0; i < 100; i++) {
        const client = await stage.connect();
        await client.send("x").expect("x");
        client.peer.end();
        await client.over();
      }
      await settled(stage, 100);
    },
    expect: { note: "all closed" },
  },
  {
    title: "list() tells what there is, newest first",
    on: "rows",
    async play(stage) {
      const client = await stage.accepted();
      client.send(digits(300));
      await stage.logged("c1 RECV");
      stage.poke("end");
      await stage.logged("t CLOSE");
    },
    expect: {
      c1: "ACCEPT, RECV 300, CLOSE 0",
      t: "CLOSE 0",
      note: "in open 3, local open 0, listener open 0",
    },
  },
  {
    title: "options outside their limits throw, and name the limit",
    on: "wrongOptions",
    async play() {},
    expect: {
      note: [
        "Option pages is 1: must be a whole number from 2 to 65535",
        "Option pageBytes is 12.5: must be a whole number from 64 to 65536",
        "Limit idleMs is -1: must be a whole number from 0 to 86400000",
        'Unknown limit "noSuch"',
        "Limit headMs is 9: must be a whole number from 0 to 3600000",
      ].join(", "),
    },
  },
];
