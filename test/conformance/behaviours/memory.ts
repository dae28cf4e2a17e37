import type { Behaviour } from "../host/behaviour.js";

async function watch(): Promise<void> {}

const PAIR = {
  a: "SEND 7, RECV 7, has \\xc3\\xa9\\x00ping, CLOSE 0",
  b: "RECV 7, SEND 7, CLOSE 0",
};

export const MEMORY: Behaviour[] = [
  { title: "a connection without a socket has timers, and closes by flag", on: "timerOnly", play: watch, expect: { t: "TIMER, CLOSE 0" } },
  { title: "what one end of a pair sends the other receives, and the end of one is the end of both", on: "pair", play: watch, expect: PAIR },
  { title: "a pair that is driven by hand does the same", on: "pairByHand", play: watch, expect: PAIR },
  {
    title: "an end of a pair takes no more at once than its recvMbufLimit",
    on: "pairLimit",
    play: watch,
    expect: { a: "SEND 2000, CLOSE 0", b: "RECV 2000, CLOSE 0", note: "never more than 300" },
  },
];
