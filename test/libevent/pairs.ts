// Pairs and filters. The twin of pairs.c.

import {
  BEV_ERROR, BEV_FINISHED, BEV_NEED_MORE, BEV_NORMAL, BEV_OK, BEV_OPT_CLOSE_ON_FREE, type BevFilterCb, type BufferEvent, buffereventFilterNew,
  buffereventPairGetPartner, buffereventPairNew, EV_READ, EV_WRITE,
} from "../../src/libevent/index.js";
import { enabledText, readText, type Scenario, type Stage } from "./stage.js";

function makePair(s: Stage): [BufferEvent, BufferEvent] {
  const pair = buffereventPairNew(s.base, 0)!;
  pair[0].setCb(s.sayRead, s.sayWrote, s.sayEvent, "left");
  pair[1].setCb(s.sayRead, s.sayWrote, s.sayEvent, "right");
  return pair;
}

const transfer: Scenario = (s) => {
  const [left, right] = makePair(s);
  s.say("left", buffereventPairGetPartner(left) === right ? "partner" : "no partner");
  s.say("left", `enabled ${enabledText(left)}`);
  s.say("left", `write ${left.write("hello")}`);
  s.later(30, () => {
    s.say("right", `has ${right.getInput().getLength()}`);
    right.enable(EV_READ);
  });
  freeLater(s, 60, left, right);
};

function freeLater(s: Stage, ms: number, ...all: BufferEvent[]): void {
  s.later(ms, () => all.forEach((bev) => bev.free()));
}

const finished: Scenario = (s) => {
  const [left, right] = makePair(s);
  right.enable(EV_READ);
  left.write("last");
  s.say("left", `flush ${left.flush(EV_WRITE, BEV_FINISHED)}`);
  freeLater(s, 60, left, right);
};

const high: Scenario = (s) => {
  const [left, right] = makePair(s);
  right.setCb(null, null, s.sayEvent, "right");
  right.setWatermark(EV_READ, 0, 4);
  right.enable(EV_READ);
  left.write("abcdefgh");
  s.say("right", `has ${right.getInput().getLength()}`);
  s.say("left", `left ${left.getOutput().getLength()}`);
  right.getInput().drain(4);
  s.say("right", `has ${right.getInput().getLength()}`);
  freeLater(s, 30, left, right);
};

const partnerFreed: Scenario = (s) => {
  const [left, right] = makePair(s);
  right.enable(EV_READ);
  s.later(20, () => {
    s.say("right", "partner freed");
    left.free();
    s.say("right", buffereventPairGetPartner(right) ? "partner" : "no partner");
  });
  freeLater(s, 60, right);
};

function rot13(s: Stage): (bev: BufferEvent, who: string) => void {
  return (bev, who) => {
    const text = readText(bev, 99).replace(/[a-z]/gi, (c) => String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() <= "m" ? 13 : -13)));
    s.say(who, `read ${text}`);
  };
}

/** Four bytes at a time, in capitals. */
function fours(s: Stage): BevFilterCb<string> {
  return (src, dst, _limit, mode, who) => {
    if (src.getLength() < 4 && mode === BEV_NORMAL) {
      s.say(who, "needs more");
      return BEV_NEED_MORE;
    }
    const block = new Uint8Array(4);
    const n = src.remove(block);
    for (let i = 0; i < n; i++) if (block[i] >= 97 && block[i] <= 122) block[i] -= 32;
    dst.add(block, n);
    return BEV_OK;
  };
}

function freeCtx(s: Stage): (who: string) => void {
  return (who) => s.say(who, "context freed");
}

const filterInput: Scenario = (s) => {
  const [left, right] = makePair(s);
  const filter = buffereventFilterNew(right, fours(s), null, BEV_OPT_CLOSE_ON_FREE, freeCtx(s), "filter")!;
  filter.setCb(rot13(s), s.sayWrote, s.sayEvent, "program");
  s.say("program", filter.getUnderlying() === right ? "on the pair" : "on nothing");
  filter.enable(EV_READ);
  left.write("ab");
  s.later(20, () => void left.write("cdef"));
  s.later(40, () => void left.write("gh"));
  freeLater(s, 80, filter, left);
};

const filterOutput: Scenario = (s) => {
  const [left, right] = makePair(s);
  left.enable(EV_READ);
  const filter = buffereventFilterNew(right, null, fours(s), BEV_OPT_CLOSE_ON_FREE, freeCtx(s), "filter")!;
  filter.setCb(rot13(s), null, s.sayEvent, "program");
  s.say("program", `write ${filter.write("abcdefg")}`);
  freeLater(s, 80, filter, left);
};

const filterError: Scenario = (s) => {
  const [left, right] = makePair(s);
  const filter = buffereventFilterNew(right, () => BEV_ERROR, null, BEV_OPT_CLOSE_ON_FREE, null, undefined)!;
  filter.setCb(s.sayRead, null, s.sayEvent, "program");
  filter.enable(EV_READ);
  left.write("ab");
  freeLater(s, 60, filter, left);
};

const filterEof: Scenario = (s) => {
  const [left, right] = makePair(s);
  const filter = buffereventFilterNew(right, null, null, BEV_OPT_CLOSE_ON_FREE, null, undefined)!;
  filter.setCb(s.sayRead, null, s.sayEvent, "program");
  filter.enable(EV_READ);
  left.write("last");
  s.later(30, () => void left.flush(EV_WRITE, BEV_FINISHED));
  freeLater(s, 60, filter, left);
};

export const pairScenarios: Record<string, Scenario> = {
  "a pair: what one writes the other reads, when it is enabled": transfer,
  "a pair: flushed with FINISHED, the other gets EOF": finished,
  "a pair: a high watermark holds the rest back": high,
  "a pair: one is freed": partnerFreed,
  "a filter of input that needs more": filterInput,
  "a filter of output": filterOutput,
  "a filter that fails": filterError,
  "a filter passes on the end": filterEof,
};
