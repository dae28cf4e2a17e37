import type { Behaviour } from "../host/behaviour.js";

/** Nothing to do for the peers: the device does it all by itself. */
async function watch(): Promise<void> {}

export const EVBUFFER: Behaviour[] = [
  {
    title: "an EvBuffer holds every byte, moves, searches, freezes, and tells of every change",
    on: "evbuffer",
    play: watch,
    expect: {
      note:
        "\\xc3\\xa9\\x00\\xff\\x0142 7, moved 0 3: \\xa9\\x00\\xff\\x0142 xy\\xc3, removed 3: 120 195, copied 2: 169 0, " +
        "search 4 -1 2, pullup 2 169, nothing, frozen -1 0, drained 0, left 0, Cannot take 4 bytes of 3, " +
        "told 0+3-0 3+2-0 5+2-0 7+2-0 9+0-3 6+1-0 7+0-7",
    },
  },
  {
    title: "EvBuffers take all or nothing from the pool, and move pages without taking any",
    on: "evbufferBounds",
    play: watch,
    expect: {
      note: "took 8 pages, free 0, one byte more -1, expand -1, all moved 0, free 0, some moved -1, a page moved 64, then some 0 10, free 0",
    },
  },
  {
    title: "readln knows every end of line, also when the bytes come one at a time",
    on: "evbufferLines",
    play: watch,
    expect: {
      note:
        "style 0 [a][][b][c][d\\x00e][] left , style 1 [a][b][c\\x0dd\\x00e] left , style 2 [a][b\\x0ac\\x0dd\\x00e] left , " +
        "style 3 [a\\x0d][b][c\\x0dd\\x00e\\x0d] left , style 4 [a\\x0d\\x0ab\\x0ac\\x0dd] left e\\x0d\\x0a",
    },
  },
  {
    title: "the cleanup of a reference comes when its last byte has left, wherever it was moved",
    on: "evbufferReference",
    play: watch,
    expect: { note: "not yet, done with abc 3 7" },
  },
  {
    title: "a persistent event keeps its beat, a timeout can be put off, and dispatch is over when no event is left",
    on: "eventTimers",
    play: watch,
    expect: { note: "beat 1, beat 1, beat 1, late, over 1" },
  },
  {
    title: "active events run by priority, and a callback that throws is reported once and harms nobody",
    on: "eventPriorities",
    play: watch,
    expect: { note: "priority 1 for 2, priority 0 for 4, priority 2 for 2, over 0 by loopexit" },
    stats: { threw: 1 },
  },
];
