// Listeners: when connections are accepted, and when not. The twin of listeners.c.

import { type EvConnListener, type EvConnListenerCb, evconnlistenerNewBind, evutilClosesocket, type EvSocket, LEV_OPT_DISABLED, LEV_OPT_REUSEABLE } from "../../src/libevent/index.js";
import type { Scenario, Stage } from "./stage.js";

function acceptAndClose(s: Stage): EvConnListenerCb {
  return (_lev, fd: EvSocket, address) => {
    s.say("server", `accept ${address.address !== "" && address.port !== 0 ? "with address" : "without address"}`);
    evutilClosesocket(fd);
  };
}

/** Frees the listener when so many have come. */
function acceptUntil(s: Stage, count: number): EvConnListenerCb {
  let left = count;
  const one = acceptAndClose(s);
  return (lev, ...rest) => {
    one(lev, ...rest);
    if (--left === 0) lev.free();
  };
}

function enableLater(s: Stage, lev: EvConnListener): void {
  s.later(30, () => {
    s.say("server", "enable");
    s.say("server", `answer ${lev.enable()}`);
  });
}

const disableInCallback: Scenario = (s) => {
  let count = 0;
  const accept = acceptUntil(s, 2);
  s.listen((lev, ...rest) => {
    accept(lev, ...rest);
    if (++count === 2) return;
    s.say("server", `disable ${lev.disable()}`);
    enableLater(s, lev);
  });
  s.peer("first");
  s.peer("second");
};

const callbackLater: Scenario = (s) => {
  const lev = s.listen(undefined);
  s.peer("first");
  s.peer("second");
  s.later(30, () => {
    s.say("server", "set_cb");
    lev.setCb(acceptUntil(s, 2), undefined as never);
  });
};

const callbackRemoved: Scenario = (s) => {
  const lev = s.listen(acceptAndClose(s));
  lev.setCb(undefined, undefined);
  s.peer("peer");
  s.later(30, () => {
    s.say("server", "set_cb");
    lev.setCb(acceptAndClose(s), undefined as never);
  });
  s.later(80, () => {
    s.say("server", "free");
    lev.free();
  });
};

const portTaken: Scenario = (s) => {
  const lev = s.listen(acceptAndClose(s));
  s.later(10, () => {
    const second = evconnlistenerNewBind(s.base, acceptAndClose(s), "ptr" as never, 0, -1, s.address);
    s.say("server", second ? "a listener" : "no listener");
    second?.setErrorCb((which, ptr) => {
      s.say("server", `error ${which === second} ${String(ptr)}`);
      which.free();
    });
  });
  s.later(60, () => {
    s.say("server", "free");
    lev.free();
  });
};

const getters: Scenario = (s) => {
  const lev = s.listen(acceptAndClose(s));
  s.say("server", lev.getBase() === s.base ? "its base" : "another base");
  s.say("server", lev.getFd() ? "a socket" : "no socket");
  s.say("server", `disable ${lev.disable()} ${lev.disable()}`);
  s.say("server", `enable ${lev.enable()} ${lev.enable()}`);
  lev.free();
};

export const listenerScenarios: Record<string, Scenario> = {
  "a listener accepts until it is freed, in its callback": (s) => {
    s.listen(acceptUntil(s, 3), LEV_OPT_REUSEABLE);
    s.peer("first");
    s.peer("second");
    s.peer("third");
  },
  "a listener that starts disabled accepts when it is enabled": (s) => {
    const lev = s.listen(acceptUntil(s, 1), LEV_OPT_DISABLED);
    s.peer("peer");
    enableLater(s, lev);
  },
  "a listener that is disabled in its callback keeps the others waiting": disableInCallback,
  "a listener without a callback keeps connections waiting until it has one": callbackLater,
  "a listener whose callback is taken away": callbackRemoved,
  "a listener with a backlog of 0": (s) => {
    const lev = evconnlistenerNewBind(s.base, acceptAndClose(s), undefined as never, 0, 0, s.address);
    s.say("server", lev ? "a listener" : "no listener");
  },
  "a listener at a port that is taken": portTaken,
  "a listener answers its base and its socket": getters,
};
