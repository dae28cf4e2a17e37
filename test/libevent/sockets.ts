// Sockets: connecting, ending, timeouts, triggers. The twin of sockets.c.

import {
  BEV_EVENT_EOF, BEV_EVENT_READING, BEV_EVENT_TIMEOUT, BEV_OPT_DEFER_CALLBACKS, BEV_TRIG_DEFER_CALLBACKS, BEV_TRIG_IGNORE_WATERMARKS, type BufferEvent, EV_READ, EV_WRITE,
} from "../../src/libevent/index.js";
import { enabledText, type Scenario, type Stage } from "./stage.js";

function freeingServer(s: Stage): void {
  s.serve({ readcb: s.sayRead, writecb: s.sayWrote, eventcb: s.sayEventAndFree, enabled: EV_READ | EV_WRITE });
}

function freeWhenWritten(s: Stage): (bev: BufferEvent, who: string) => void {
  return (bev, who) => {
    s.sayWrote(bev, who);
    bev.free();
  };
}

function freeClientLater(s: Stage, bev: BufferEvent, ms: number): void {
  s.later(ms, () => {
    s.say("client", `enabled ${enabledText(bev)}`);
    bev.free();
  });
}

const echoes: Scenario = (s) => {
  s.serve({ readcb: (bev) => void bev.writeBuffer(bev.getInput()), eventcb: s.sayEventAndFree, enabled: EV_READ | EV_WRITE });
  const peer = s.peer("peer");
  peer.send("hello");
  peer.wants(5, () => peer.close());
};

const halfClose: Scenario = (s) => {
  s.serve({
    readcb: s.sayRead,
    writecb: freeWhenWritten(s),
    eventcb(bev, what, who) {
      s.sayEvent(bev, what, who);
      s.say(who, `enabled ${enabledText(bev)}`);
      bev.write("reply");
    },
    enabled: EV_READ,
  });
  const peer = s.peer("peer");
  peer.send("request");
  peer.end();
};

const resets: Scenario = (s) => {
  freeingServer(s);
  const peer = s.peer("peer");
  s.later(30, () => peer.reset());
};

const connects: Scenario = (s) => {
  freeingServer(s);
  const bev = s.client();
  bev.setCb(s.sayRead, s.sayWrote, s.sayEvent, "client");
  s.say("client", `enabled ${enabledText(bev)}`);
  s.say("client", `connect ${bev.connect(s.address)}`);
  freeClientLater(s, bev, 50);
};

const writtenBefore: Scenario = (s) => {
  freeingServer(s);
  const bev = s.client();
  bev.setCb(s.sayRead, freeWhenWritten(s), s.sayEvent, "client");
  s.say("client", `write ${bev.write("early")}`);
  s.say("client", `connect ${bev.connect(s.address)}`);
};

const refused: Scenario = (s) => {
  const bev = s.client();
  bev.setCb(s.sayRead, s.sayWrote, (_bev, what, who) => {
    s.sayEvent(bev, what, who);
    s.say(who, `enabled ${enabledText(bev)}`);
    bev.free();
  }, "client");
  s.say("client", `connect ${bev.connect(s.address)}`);
};

const deferred: Scenario = (s) => {
  freeingServer(s);
  const bev = s.client(BEV_OPT_DEFER_CALLBACKS);
  bev.setCb(null, null, s.sayEventAndFree, "client");
  s.say("client", `connect ${bev.connect(s.address)}`);
  s.say("client", "connecting");
};

const noSuchName: Scenario = (s) => {
  const bev = s.client();
  bev.setCb(null, null, (_bev, what, who) => {
    s.sayEvent(bev, what, who);
    s.say(who, bev.getDnsError() ? "a DNS error" : "no DNS error");
    bev.free();
  }, "client");
  bev.connectHostname(null, 2, "no-such-name.invalid", 80);
};

function timedOut(s: Stage, times: number): (bev: BufferEvent, what: number, who: string) => void {
  let left = times;
  return (bev, what, who) => {
    s.sayEvent(bev, what, who);
    s.say(who, `enabled ${enabledText(bev)}`);
    if (--left === 0) bev.free();
    else bev.enable(EV_READ | EV_WRITE);
  };
}

const readTimeout: Scenario = (s) => {
  const made = (bev: BufferEvent): void => void bev.setTimeouts(s.seconds(30), null);
  s.serve({ readcb: s.sayRead, writecb: s.sayWrote, eventcb: timedOut(s, 2), enabled: EV_READ | EV_WRITE, made });
  s.peer("peer");
};

const writeTimeout: Scenario = (s) => {
  const block = new Uint8Array(4096);
  s.serve({
    readcb: s.sayRead,
    writecb(bev, who) {
      s.sayWrote(bev, who);
      bev.write(block);
    },
    eventcb: timedOut(s, 1),
    enabled: EV_WRITE,
    made(bev) {
      bev.setTimeouts(null, s.seconds(50));
      bev.write("first");
    },
  });
  s.peer("peer").stopReading();
};

const triggers: Scenario = (s) => {
  const bev = s.client();
  bev.setCb(s.sayRead, s.sayWrote, s.sayEvent, "client");
  bev.enable(EV_READ);
  bev.setWatermark(EV_READ, 10, 0);
  s.later(10, () => triggerAll(s, bev));
  freeClientLater(s, bev, 40);
};

function triggerAll(s: Stage, bev: BufferEvent): void {
  s.say("client", "trigger");
  bev.trigger(EV_READ, 0);
  s.say("client", "trigger, no watermarks");
  bev.trigger(EV_READ | EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS);
  s.say("client", "trigger event");
  bev.triggerEvent(BEV_EVENT_READING | BEV_EVENT_EOF, 0);
  s.say("client", "trigger, deferred");
  bev.trigger(EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
  bev.triggerEvent(BEV_EVENT_TIMEOUT, BEV_TRIG_DEFER_CALLBACKS);
  s.say("client", "end");
}

const triggerEarly: Scenario = (s) => {
  const bev = s.client();
  bev.setCb(s.sayRead, s.sayWrote, s.sayEvent, "client");
  bev.trigger(EV_READ, 0);
  s.say("client", "now the loop");
  freeClientLater(s, bev, 20);
};

export const socketScenarios: Record<string, Scenario> = {
  "an echo, until the peer closes": echoes,
  "a peer that ends its stream still gets the reply": halfClose,
  "a peer that resets": resets,
  "connecting: CONNECTED, and no write callback without output": connects,
  "connecting: what was written before goes out after CONNECTED": writtenBefore,
  "connecting: a port where nobody listens": refused,
  "connecting: deferred callbacks": deferred,
  "connecting: a name that does not resolve": noSuchName,
  "a read timeout disables reading only, and comes again when it is enabled": readTimeout,
  "a write timeout disables writing only": writeTimeout,
  "triggers: at once, with and without watermarks, and deferred": triggers,
  "a trigger before the loop runs": triggerEarly,
};
