import assert from "node:assert/strict";
import { createSimWorld, type SimWorld } from "../../platform/sim/index.js";
import { EV_PERSIST, EV_READ, EV_SIGNAL, EV_TIMEOUT, EV_WRITE, Event, EventBase, type EventCb, eventSelfCbarg, EVLOOP_NO_EXIT_ON_EMPTY } from "../../src/libevent/index.js";

describe("Event", () => {
  let world: SimWorld;
  let base: EventBase;
  let said: string[];
  const note: EventCb = (_fd, what, arg) => void said.push(`${arg} ${what} at ${world.now}`);
  const take = (): string[] => said.splice(0);

  beforeEach(() => {
    world = createSimWorld({ seed: 1 });
    said = [];
    base = new EventBase(world.platform({ host: "10.0.0.1" }));
    base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
  });
  afterEach(() => base.free());

  it("becomes active once, that many seconds after it was added", () => {
    const a = new Event(base, null, 0, note, "a");
    world.runFor(10);
    a.add(0.25);
    world.runFor(2000);
    assert.deepEqual(take(), ["a 1 at 260"]);
  });

  it("with EV_PERSIST becomes active again and again, on the beat", () => {
    const a = new Event(base, null, EV_PERSIST, note, "a");
    a.add(0.3);
    world.runFor(1000);
    assert.deepEqual(take(), ["a 1 at 300", "a 1 at 600", "a 1 at 900"]);
    a.del();
    world.runFor(1000);
    assert.deepEqual(take(), []);
  });

  it("with EV_PERSIST counts from now when it was late by more than a beat", () => {
    const a = new Event(base, null, EV_PERSIST, note, "a");
    a.add(0.1);
    base.loopbreak();
    world.runFor(350);
    base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
    world.runFor(220);
    assert.deepEqual(take(), ["a 1 at 350", "a 1 at 450", "a 1 at 550"]);
  });

  it("with EV_PERSIST counts from now when `active` came first", () => {
    const a = new Event(base, null, EV_PERSIST, note, "a");
    a.add(0.1);
    world.runFor(50);
    a.active(EV_WRITE);
    world.runFor(160);
    assert.deepEqual(take(), ["a 4 at 50", "a 1 at 150"]);
  });

  it("that is no longer waited for when it became active for another reason does not time out", () => {
    const a = new Event(base, null, 0, note, "a");
    a.add(0.1);
    a.active(EV_READ);
    world.runFor(1000);
    assert.deepEqual(take(), ["a 2 at 0"]);
  });

  it("has one timeout: adding it again replaces it, without one it stays as it is", () => {
    const a = new Event(base, null, 0, note, "a");
    a.add(0.1);
    a.add(0.2);
    assert.equal(a.add(), 0);
    world.runFor(1000);
    assert.deepEqual(take(), ["a 1 at 200"]);
  });

  it("may be added again, changed and deleted in its own callback", () => {
    const a: Event = new Event(base, null, EV_PERSIST, () => {
      note(null, 0, "a");
      if (world.now === 100) a.add(0.5);
      else a.del();
    });
    a.add(0.1);
    world.runFor(2000);
    assert.deepEqual(take(), ["a 0 at 100", "a 0 at 600"]);
  });

  it("that was deleted or added again by another's callback of the same pass does not run", () => {
    const victims = [new Event(base, null, 0, note, "b"), new Event(base, null, 0, note, "c")];
    const a = new Event(base, null, 0, () => {
      victims[0].del();
      victims[1].add(1);
    });
    for (const ev of [a, ...victims]) ev.add(0.1);
    world.runFor(2000);
    assert.deepEqual(take(), ["c 1 at 1100"]);
  });

  it("runs in the order of the times, and of adding where those are equal", () => {
    const times = [0.3, 0.1, 0.2, 0.1, 0.3, 0.2];
    times.forEach((time, i) => void new Event(base, null, 0, note, i).add(time));
    world.runFor(1000);
    assert.deepEqual(take(), ["1 1 at 100", "3 1 at 100", "2 1 at 200", "5 1 at 200", "0 1 at 300", "4 1 at 300"]);
  });

  it("that is made active several times before its turn runs once, for all reasons", () => {
    const a = new Event(base, null, 0, note, "a");
    a.active(EV_READ);
    a.active(EV_WRITE, 3);
    assert.deepEqual(take(), [], "not inside of the call");
    world.runFor(10);
    assert.deepEqual(take(), ["a 6 at 0"]);
  });

  it("tells what it is pending for, and when it is due", () => {
    const a = new Event(base, null, 0, note, "a");
    const tv = [0];
    assert.equal(a.pending(EV_TIMEOUT), 0);
    const due = base.manager.time() + 2;
    a.add(2);
    assert.deepEqual([a.pending(EV_TIMEOUT | EV_READ, tv), a.pending(EV_READ)], [EV_TIMEOUT, 0]);
    assert.ok(Math.abs(tv[0] - due) < 0.001);
    a.active(EV_READ);
    assert.equal(a.pending(EV_TIMEOUT | EV_READ), EV_TIMEOUT | EV_READ);
    a.del();
    assert.equal(a.pending(EV_TIMEOUT | EV_READ), 0);
  });

  it("keeps its activity when only the timer is taken away, and repeats no more", () => {
    const a = new Event(base, null, EV_PERSIST, note, "a");
    a.add(0.1);
    a.active(EV_READ);
    assert.equal(a.removeTimer(), 0);
    world.runFor(1000);
    assert.deepEqual(take(), ["a 2 at 0"]);
  });

  it("answers what it was made of", () => {
    const a = new Event(base, null, EV_PERSIST, note, 7);
    assert.deepEqual([a.getFd(), a.getBase(), a.getEvents(), a.getCallback(), a.getCallbackArg(), a.getPriority(), a.initialized()], [null, base, EV_PERSIST, note, 7, 0, true]);
    const self = new Event(base, null, 0, note, eventSelfCbarg());
    assert.equal(self.getCallbackArg(), self);
  });

  it("refuses what cannot be waited for, at the call", () => {
    for (const what of [EV_READ, EV_WRITE, EV_SIGNAL, 0x100]) assert.throws(() => new Event(base, null, what, note), TypeError);
    assert.throws(() => new Event(base, null, 0, "note" as never), TypeError);
    assert.throws(() => new Event(base, 3 as never, 0, note), TypeError);
    const a = new Event(base, null, 0, note);
    for (const seconds of [-1, NaN, "1" as never]) assert.throws(() => a.add(seconds), RangeError);
    assert.equal(a.pending(EV_TIMEOUT), 0);
  });

  it("comes in thousands", () => {
    let count = 0;
    for (let i = 0; i < 5000; i++) new Event(base, null, 0, () => void count++).add(((i * 7919) % 1000) / 1000);
    world.runFor(1001);
    assert.equal(count, 5000);
  });
});
