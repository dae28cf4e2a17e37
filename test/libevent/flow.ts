// Flow control: watermarks, enabling and disabling, rate limits. The twin of flow.c.

import { type BufferEvent, EV_RATE_LIMIT_MAX, EV_READ, EV_WRITE, evTokenBucketCfgNew } from "../../src/libevent/index.js";
import { enabledText, readText, type Scenario, type Stage } from "./stage.js";

/** The server's bufferevent, once it is there. */
interface Kept {
  bev: BufferEvent;
}

function keeper(act?: (bev: BufferEvent) => void): Kept & { made(bev: BufferEvent): void } {
  const kept = {
    bev: undefined as unknown as BufferEvent,
    made(bev: BufferEvent) {
      kept.bev = bev;
      act?.(bev);
    },
  };
  return kept;
}

function readAndFree(s: Stage): (bev: BufferEvent, who: string) => void {
  return (bev, who) => {
    s.sayRead(bev, who);
    bev.free();
  };
}

const lowWatermark: Scenario = (s) => {
  const kept = keeper((bev) => {
    bev.setWatermark(EV_READ, 5, 0);
    const marks = bev.getWatermark(EV_READ)!;
    s.say("server", `watermarks ${marks.low} ${marks.high}`);
  });
  s.serve({ readcb: readAndFree(s), eventcb: s.sayEvent, enabled: EV_READ, made: kept.made });
  const peer = s.peer("peer");
  peer.send("abc");
  s.later(50, () => {
    s.say("server", `has ${kept.bev.getInput().getLength()}`);
    peer.send("defg");
  });
};

function freeLater(s: Stage, ms: number, kept: Kept): void {
  s.later(ms, () => {
    s.say("server", "free");
    kept.bev.free();
  });
}

const highWatermark: Scenario = (s) => {
  const kept = keeper((bev) => bev.setWatermark(EV_READ, 0, 4));
  const readcb = (bev: BufferEvent, who: string): void => {
    const n = bev.getInput().getLength();
    if (n > 0) s.say(who, `full ${n}`);
  };
  s.serve({ readcb, eventcb: s.sayEvent, enabled: EV_READ, made: kept.made });
  s.peer("peer").send("abcdefghij");
  s.later(40, () => s.say("server", `read ${readText(kept.bev, 4)}`));
  freeLater(s, 80, kept);
};

function wroteAndFree(s: Stage): (bev: BufferEvent, who: string) => void {
  return (bev, who) => {
    s.say(who, `wrote, ${bev.getOutput().getLength()} left`);
    bev.free();
  };
}

const writtenOnce: Scenario = (s) => {
  const kept = keeper((bev) => {
    bev.setWatermark(EV_WRITE, 0, 0);
    bev.write("one");
    bev.write("two");
  });
  s.serve({ writecb: wroteAndFree(s), eventcb: s.sayEvent, enabled: 0, made: kept.made });
  s.peer("peer");
};

function enableReading(s: Stage, ms: number, kept: Kept): void {
  s.later(ms, () => {
    s.say("server", `has ${kept.bev.getInput().getLength()}, enabled ${enabledText(kept.bev)}`);
    kept.bev.enable(EV_READ);
  });
}

const enabledLater: Scenario = (s) => {
  const kept = keeper();
  s.serve({ readcb: readAndFree(s), eventcb: s.sayEvent, enabled: 0, made: kept.made });
  s.peer("peer").send("hello");
  enableReading(s, 50, kept);
};

const disabledAfterFirst: Scenario = (s) => {
  const kept = keeper();
  const readcb = (bev: BufferEvent, who: string): void => {
    s.sayRead(bev, who);
    bev.disable(EV_READ);
    s.say(who, `enabled ${enabledText(bev)}`);
    bev.write("more");
  };
  s.serve({ readcb, eventcb: s.sayEvent, enabled: EV_READ, made: kept.made });
  const peer = s.peer("peer");
  peer.send("first");
  peer.wants(4, () => peer.send("second"));
  enableReading(s, 60, kept);
  freeLater(s, 120, kept);
};

const writingDisabled: Scenario = (s) => {
  const kept = keeper((bev) => {
    bev.disable(EV_WRITE);
    bev.write("held");
  });
  s.serve({ writecb: wroteAndFree(s), eventcb: s.sayEvent, enabled: 0, made: kept.made });
  s.peer("peer");
  s.later(50, () => {
    s.say("server", `output ${kept.bev.getOutput().getLength()}`);
    kept.bev.enable(EV_WRITE);
  });
};

/** Sixteen bytes to a server that notes the most it got at once. */
function measured(s: Stage, made: (bev: BufferEvent) => void): void {
  let most = 0;
  s.serve({
    readcb(bev, who) {
      most = Math.max(most, bev.getInput().getLength());
      s.sayRead(bev, who);
    },
    eventcb(bev, what, who) {
      s.say(who, most <= 4 ? "never more than 4" : "more than 4");
      s.sayEventAndFree(bev, what, who);
    },
    enabled: EV_READ,
    made,
  });
  const peer = s.peer("peer");
  peer.send("abcdefghijklmnop");
  peer.end();
}

const rateLimit: Scenario = (s) => {
  measured(s, (bev) => void bev.setRateLimit(evTokenBucketCfgNew(4, 4, EV_RATE_LIMIT_MAX, EV_RATE_LIMIT_MAX, s.seconds(20))));
};

const maxSingleRead: Scenario = (s) => {
  measured(s, (bev) => {
    s.say("server", `max ${bev.getMaxSingleRead()}`);
    s.say("server", `answer ${bev.setMaxSingleRead(4)}`);
    s.say("server", `max ${bev.getMaxSingleRead()}`);
  });
};

export const flowScenarios: Record<string, Scenario> = {
  "a low watermark: no read callback until there is enough": lowWatermark,
  "a high watermark: no more is read until there is room": highWatermark,
  "output that is written together has one write callback": writtenOnce,
  "reading that is enabled later": enabledLater,
  "reading that is disabled in the callback, and enabled again": disabledAfterFirst,
  "output waits while writing is disabled": writingDisabled,
  "a rate limit of 4 bytes a tick": rateLimit,
  "no more than 4 bytes at once": maxSingleRead,
};
