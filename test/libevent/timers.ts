// Events without sockets: timers, priorities, the loop. The twin of timers.c.

import { EV_PERSIST, EV_READ, EV_TIMEOUT, Event, EVENT_BASE_COUNT_ADDED, type EventCb } from "../../src/libevent/index.js";
import type { Scenario, Stage } from "./stage.js";

function sayFired(s: Stage): EventCb {
  return (_fd, what, name) => s.say("loop", `${String(name)} ${what & EV_TIMEOUT ? "timeout" : what & EV_READ ? "read" : "other"}`);
}

/** An event that says its name. */
function named(s: Stage, name: string, events = 0): Event {
  return new Event(s.base, null, events, sayFired(s), name);
}

function sayLater(s: Stage, ms: number, name: string): void {
  s.base.once(null, EV_TIMEOUT, sayFired(s), name, s.seconds(ms));
}

const persistent: Scenario = (s) => {
  let count = 0;
  const ev = new Event(s.base, null, EV_PERSIST, (fd, what, name) => {
    sayFired(s)(fd, what, name);
    if (++count === 3) ev.free();
  }, "again");
  s.say("loop", `add ${ev.add(s.seconds(10))}`);
};

const onceAndAgain: Scenario = (s) => {
  let count = 0;
  const ev = new Event(s.base, null, 0, (fd, what, name) => {
    sayFired(s)(fd, what, name);
    s.say("loop", `pending ${ev.pending(EV_TIMEOUT)}`);
    if (++count < 3) ev.add(s.seconds(10));
    else ev.free();
  }, "once");
  s.say("loop", `pending ${ev.pending(EV_TIMEOUT)}`);
  ev.add(s.seconds(10));
  s.say("loop", `pending ${ev.pending(EV_TIMEOUT)}`);
  s.say("loop", `events ${s.base.getNumEvents(EVENT_BASE_COUNT_ADDED)}`);
};

const deleted: Scenario = (s) => {
  const gone = named(s, "gone");
  gone.add(s.seconds(10));
  s.say("loop", `del ${gone.del()}`);
  s.say("loop", `del ${gone.del()}`);
  gone.free();
  sayLater(s, 30, "left");
};

const setLater: Scenario = (s) => {
  const moved = named(s, "moved");
  moved.add(s.seconds(10));
  sayLater(s, 30, "other");
  moved.add(s.seconds(60));
};

const activated: Scenario = (s) => {
  const user = named(s, "user", EV_PERSIST);
  s.say("loop", "before");
  user.active(EV_READ, 0);
  user.active(EV_READ, 0);
  s.say("loop", "after");
};

/** What a call answers, or the kind of error it throws. */
function attempt(call: () => number): string {
  try {
    return String(call());
  } catch (error) {
    return (error as Error).name;
  }
}

const priorities: Scenario = (s) => {
  s.say("loop", `init ${s.base.priorityInit(3)}`);
  s.say("loop", `of ${s.base.getNpriorities()}`);
  const low = named(s, "low");
  const high = named(s, "high");
  s.say("loop", `default ${low.getPriority()}`);
  low.prioritySet(2);
  high.prioritySet(0);
  s.say("loop", `refused ${attempt(() => high.prioritySet(3))}`);
  s.base.once(null, EV_TIMEOUT, (fd, what, name) => {
    sayFired(s)(fd, what, name);
    low.active(EV_READ, 0);
    high.active(EV_READ, 0);
  }, "both", s.seconds(10));
};

const moreUrgent: Scenario = (s) => {
  s.base.priorityInit(2);
  const high = named(s, "high");
  const first = new Event(s.base, null, 0, (fd, what, name) => {
    sayFired(s)(fd, what, name);
    high.active(EV_READ, 0);
  }, "low 1");
  const second = named(s, "low 2");
  first.prioritySet(1);
  second.prioritySet(1);
  high.prioritySet(0);
  first.active(EV_READ, 0);
  second.active(EV_READ, 0);
};

const loopExit: Scenario = (s) => {
  const exiting = new Event(s.base, null, 0, (fd, what, name) => {
    sayFired(s)(fd, what, name);
    s.base.loopexit();
    s.say("loop", `got_exit ${Number(s.base.gotExit())}`);
  }, "exit");
  const same = named(s, "same pass");
  exiting.active(EV_READ, 0);
  same.active(EV_READ, 0);
  sayLater(s, 900, "never");
};

const loopBreak: Scenario = (s) => {
  const breaking = new Event(s.base, null, 0, (fd, what, name) => {
    sayFired(s)(fd, what, name);
    s.base.loopbreak();
    s.say("loop", `got_break ${Number(s.base.gotBreak())}`);
  }, "break");
  const same = named(s, "same pass, never");
  breaking.active(EV_READ, 0);
  same.active(EV_READ, 0);
};

const exitLater: Scenario = (s) => {
  named(s, "never", EV_PERSIST).add(s.seconds(900));
  sayLater(s, 20, "before");
  s.base.loopexit(s.seconds(50));
};

export const timerScenarios: Record<string, Scenario> = {
  "timers come in the order of their time": (s) => {
    sayLater(s, 60, "third");
    sayLater(s, 20, "first");
    sayLater(s, 40, "second");
  },
  "a persistent timer comes again until it is freed": persistent,
  "a timer that is added again in its callback": onceAndAgain,
  "a timer that is deleted does not come": deleted,
  "a timer that is added twice has the second time": setLater,
  "an event that is made active twice runs once": activated,
  "the more urgent of two active events runs first": priorities,
  "a more urgent event that becomes active runs before the rest": moreUrgent,
  "loopexit lets the pass end": loopExit,
  "loopbreak ends at once": loopBreak,
  "loopexit after a time": exitLater,
};
