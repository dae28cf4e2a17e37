// Freeing a bufferevent in each of its callbacks: nothing comes afterwards, and the peer sees the end. The twin of frees.c.

import { BEV_OPT_DEFER_CALLBACKS, BEV_TRIG_DEFER_CALLBACKS, BEV_TRIG_IGNORE_WATERMARKS, type BufferEvent, EV_READ, EV_WRITE } from "../../src/libevent/index.js";
import type { Scenario, Stage } from "./stage.js";

const BOTH = EV_READ | EV_WRITE;

function freeInRead(s: Stage): (bev: BufferEvent, who: string) => void {
  return (bev, who) => {
    s.sayRead(bev, who);
    bev.write("dropped");
    bev.free();
  };
}

const readCallback: Scenario = (s) => {
  s.serve({ readcb: freeInRead(s), writecb: s.sayWrote, eventcb: s.sayEvent, enabled: EV_READ });
  s.peer("peer").send("hello");
};

const writeCallback: Scenario = (s) => {
  const writecb = (bev: BufferEvent, who: string): void => {
    s.sayWrote(bev, who);
    bev.free();
  };
  s.serve({ readcb: s.sayRead, writecb, eventcb: s.sayEvent, enabled: BOTH, made: (bev) => void bev.write("hello") });
  s.peer("peer");
};

const eventCallback: Scenario = (s) => {
  s.serve({ readcb: s.sayRead, writecb: s.sayWrote, eventcb: s.sayEventAndFree, enabled: BOTH });
  const peer = s.peer("peer");
  peer.send("hello");
  peer.end();
};

const deferredCallback: Scenario = (s) => {
  s.serve({ readcb: freeInRead(s), writecb: s.sayWrote, eventcb: s.sayEvent, enabled: EV_READ, options: BEV_OPT_DEFER_CALLBACKS });
  s.peer("peer").send("hello");
};

const connectedCallback: Scenario = (s) => {
  s.serve({ readcb: s.sayRead, writecb: s.sayWrote, eventcb: s.sayEventAndFree, enabled: BOTH });
  const bev = s.client();
  bev.setCb(s.sayRead, s.sayWrote, s.sayEventAndFree, "client");
  bev.write("dropped");
  bev.connect(s.address);
};

const callbacksUnset: Scenario = (s) => {
  const readcb = (bev: BufferEvent, who: string): void => {
    s.sayRead(bev, who);
    bev.setCb(null, null, s.sayEventAndFree, who);
    bev.write("ok");
  };
  s.serve({ readcb, writecb: s.sayWrote, eventcb: s.sayEvent, enabled: BOTH });
  const peer = s.peer("peer");
  peer.send("hello");
  peer.wants(2, () => {
    peer.send("unheard");
    peer.close();
  });
};

export const freeScenarios: Record<string, Scenario> = {
  "freed in the read callback: output is dropped": readCallback,
  "freed in the write callback": writeCallback,
  "freed in the event callback": eventCallback,
  "freed in a deferred callback": deferredCallback,
  "freed when it is connected": connectedCallback,
  "freed with a callback deferred: it does not come": (s) => {
    const bev = s.client();
    bev.setCb(s.sayRead, s.sayWrote, s.sayEvent, "client");
    bev.trigger(EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
    bev.free();
  },
  "callbacks that are taken away are not called": callbacksUnset,
};
