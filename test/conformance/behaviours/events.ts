import type { Behaviour } from "../host/behaviour.js";

/** Nothing to do for the peers: the device does it all by itself. */
async function watch(): Promise<void> {}

export const EVENTS: Behaviour[] = [
  {
    title: "TIMER comes before POLL in a pass",
    on: "timerThenPoll",
    play: watch,
    expect: { t: "TIMER, POLL, CLOSE 0" },
  },
  {
    title: "a timer fires once, can be set again in TIMER, answers what was set before, and can be cancelled",
    on: "timers",
    play: watch,
    expect: {
      t: "TIMER, on time, before 0, TIMER, on time, CLOSE 0",
      never: "CLOSE 0",
      note: "before 0 and 1, cancelled, Cannot set a timer to -1",
    },
  },
  {
    title: "a pass goes from the newest connection to the oldest, and one made in it has its turn in the next",
    on: "newestFirst",
    play: watch,
    expect: {
      a: "CLOSE 0", b: "CLOSE 0", c: "CLOSE 0", d: "CLOSE 0",
      note: "POLL c, POLL b, POLL a, POLL d",
    },
  },
  {
    title: "POLL comes again and again, with the time in seconds",
    on: "polls",
    async play(stage) {
      const client = await stage.connect();
      await client.ended();
    },
    expect: { c1: "ACCEPT, POLL, POLL, POLL, CLOSE 0" },
  },
  {
    title: "ACCEPT brings the peer's address, where the platform knows it, and the listener",
    on: "acceptData",
    async play(stage) {
      await stage.accepted();
    },
    expect: (caps) => ({ c1: "ACCEPT, CLOSE 0", note: `${caps.peerAddress ? "from the peer" : "from nowhere"}, through l1` }),
  },
  {
    title: "a handler sets and clears flags of its own, and cannot touch the core's",
    on: "flags",
    async play(stage) {
      const client = await stage.connect();
      await client.send("x").expect("x");
    },
    expect: { c1: "ACCEPT, RECV 1, SEND 1, CLOSE 0", note: "only USER_1 and USER_6, only USER_6" },
  },
  {
    title: "bind presets flags of the listener, not the core's, and accepted connections start without",
    on: "preset",
    async play(stage) {
      await stage.accepted();
    },
    expect: { c1: "ACCEPT, CLOSE 0", note: "only USER_2 and USER_3, accepted with 0" },
  },
  {
    title: "BUFFER_BUT_DONT_SEND holds output back until it is cleared",
    on: "cork",
    async play(stage) {
      const client = await stage.connect();
      await client.send("x").expect("held");
    },
    expect: { c1: "ACCEPT, RECV 1, TIMER, holds 4, SEND 4, CLOSE 0" },
  },
  {
    title: "a handler that is replaced gets no further event",
    on: "newHandler",
    async play(stage) {
      const client = await stage.connect();
      await client.send("x").expect("x");
    },
    expect: { c1: "ACCEPT, RECV 1, SEND 1, CLOSE 0" },
  },
];
