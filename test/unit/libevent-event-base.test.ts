import assert from "node:assert/strict";
import { createSimWorld, type SimPeer, type SimWorld } from "../../platform/sim/index.js";
import { Manager, MG_EV_POLL, MG_EV_RECV, MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "../../src/index.js";
import {
  EV_PERSIST, EV_TIMEOUT, Event, EVENT_BASE_COUNT_ACTIVE, EVENT_BASE_COUNT_ADDED, EVENT_BASE_COUNT_VIRTUAL, EventBase, type EventCb,
  EVLOOP_NO_EXIT_ON_EMPTY, EVLOOP_NONBLOCK, EVLOOP_ONCE,
} from "../../src/libevent/index.js";

describe("EventBase", () => {
  let world: SimWorld;
  let base: EventBase;
  let said: string[];
  let logs: string[];
  const note: EventCb = (_fd, what, arg) => void said.push(`${arg} ${what} at ${world.now}`);
  const done = (result: number): void => void said.push(`done ${result} at ${world.now}`);
  const take = (): string[] => said.splice(0);
  const make = (arg: string, act?: () => void, events = 0): Event => new Event(base, null, events, (fd, what) => {
    note(fd, what, arg);
    act?.();
  });

  beforeEach(() => {
    world = createSimWorld({ seed: 1 });
    logs = [];
    said = [];
    base = new EventBase(world.platform({ host: "10.0.0.1", log: (line) => logs.push(line) }));
  });
  afterEach(() => {
    base.free();
    assert.deepEqual(logs, []);
  });

  describe("loop", () => {
    it("is over with 1 when there are no events left, and at once when there were none", () => {
      assert.equal(base.dispatch(done), 0);
      assert.deepEqual(take(), [], "done is not called inside of dispatch");
      world.runFor(5);
      assert.deepEqual(take(), ["done 1 at 0"]);
      make("a").add(0.1);
      base.dispatch(done);
      world.runFor(1000);
      assert.deepEqual(take(), ["a 1 at 105", "done 1 at 105"]);
    });

    it("goes on without events when told to, and ends by loopexit with 0", () => {
      base.loop(EVLOOP_NO_EXIT_ON_EMPTY, done);
      world.runFor(100);
      assert.deepEqual(take(), []);
      base.loopexit(0.2);
      assert.equal(base.gotExit(), false);
      world.runFor(1000);
      assert.deepEqual(take(), ["done 0 at 300"]);
      assert.deepEqual([base.gotExit(), base.gotBreak()], [true, false]);
    });

    it("ends by loopexit when what is active has run, and by loopbreak at once", () => {
      const a = make("a", () => base.loopexit());
      const b = make("b", () => base.loopbreak());
      const c = make("c");
      for (const ev of [a, b, c]) ev.active(4);
      base.dispatch(done);
      world.runFor(10);
      assert.deepEqual(take(), ["a 4 at 0", "b 4 at 0", "done 0 at 0"]);
      assert.deepEqual([base.gotExit(), base.gotBreak()], [false, true]);
      base.dispatch(done);
      world.runFor(10);
      assert.deepEqual(take(), ["c 4 at 10", "done 0 at 10"], "what was left comes with the next loop, and so does the exit");
      assert.deepEqual([base.gotExit(), base.gotBreak()], [true, false]);
    });

    it("has no second one", () => {
      const a = make("a", () => assert.equal(base.dispatch(), -1));
      a.add(0.1);
      base.dispatch(done);
      assert.equal(base.loop(EVLOOP_ONCE), -1);
      world.runFor(1000);
      assert.deepEqual(take(), ["a 1 at 100", "done 1 at 100"]);
    });

    it("delivers nothing before it and after it", () => {
      const a = make("a", () => base.loopbreak(), EV_PERSIST);
      a.add(0.1);
      world.runFor(1000);
      assert.deepEqual(take(), []);
      base.dispatch(done);
      world.runFor(1);
      assert.deepEqual(take(), ["a 1 at 1000", "done 0 at 1000"], "what became due meanwhile comes first");
      world.runFor(1000);
      assert.deepEqual(take(), []);
    });

    it("makes one pass with EVLOOP_NONBLOCK, before it returns", () => {
      assert.equal(base.loop(EVLOOP_NONBLOCK, done), 1);
      assert.deepEqual(take(), ["done 1 at 0"]);
      make("a").active(2);
      make("b").add(0);
      make("c").add(0.1);
      assert.equal(base.loop(EVLOOP_NONBLOCK), 0);
      assert.deepEqual(take(), ["a 2 at 0", "b 1 at 0"]);
      world.runFor(100);
      assert.deepEqual(take(), []);
      assert.deepEqual([base.loop(EVLOOP_NONBLOCK), take()], [0, ["c 1 at 100"]]);
      assert.equal(base.loop(EVLOOP_NONBLOCK), 1);
    });

    it("with EVLOOP_ONCE waits until something has run", () => {
      make("a", undefined, EV_PERSIST).add(0.1);
      base.loop(EVLOOP_ONCE, done);
      world.runFor(1000);
      assert.deepEqual(take(), ["a 1 at 100", "done 0 at 100"]);
    });

    it("refuses flags it does not know and a done that is no function", () => {
      assert.throws(() => base.loop(8), TypeError);
      assert.throws(() => base.dispatch(1 as never), TypeError);
    });

    it("is over without a word when its base is freed in a callback", () => {
      make("a", () => base.free()).active(1);
      make("b").active(1);
      base.dispatch(done);
      world.runFor(1000);
      assert.deepEqual(take(), ["a 1 at 0"]);
    });

    it("survives a callback that throws, which is reported once", () => {
      make("a", () => {
        throw new Error("mine");
      }, EV_PERSIST).add(0.1);
      base.loopexit(0.25);
      base.dispatch(done);
      world.runFor(1000);
      assert.deepEqual(take(), ["a 1 at 100", "a 1 at 200", "done 0 at 250"]);
      assert.equal(logs.length, 2);
      assert.match(logs.splice(0)[0], /threw in an event: Error: mine/);
      assert.equal(base.manager.stats.threw, 2);
    });

    it("survives a done that throws", () => {
      base.dispatch(() => {
        throw new Error("mine");
      });
      world.runFor(10);
      assert.match(logs.splice(0).join(), /threw in the end of a loop: Error: mine/);
    });

    it("is over only when connections that its last callback closed are closed", () => {
      const peers: SimPeer[] = [];
      world.listenPeer("10.0.0.9", 80, (peer) => void peers.push(peer));
      const nc = base.manager.connect("tcp://10.0.0.9:80", () => undefined);
      nc.send("bye");
      make("a", () => void (nc.flags |= MG_F_SEND_AND_CLOSE)).add(0.1);
      base.dispatch(done);
      world.runFor(1000);
      assert.deepEqual(take(), ["a 1 at 100", "done 1 at 100"]);
      assert.deepEqual(peers.map((peer) => [peer.received, peer.state]), [["bye", "ended"]]);
    });

    it("keeps what comes when it is over for the next one, and makes the peer wait", () => {
      const nc = base.manager.bind("tcp://:80", (c, ev, data) => void (ev === MG_EV_RECV && said.push(`${c.recvMbuf.len} of ${data}`)));
      base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
      world.runFor(10);
      const peer = world.connectPeer("10.0.0.9", "10.0.0.1", 80);
      peer.send("abc");
      world.runFor(100);
      assert.deepEqual(take(), ["3 of 3"]);
      base.loopbreak();
      world.runFor(1);
      peer.send("x".repeat(100));
      world.runFor(100);
      peer.send("y".repeat(100_000));
      const late = world.connectPeer("10.0.0.9", "10.0.0.1", 80);
      late.send("late");
      world.runFor(1000);
      assert.deepEqual(take(), []);
      assert.ok(peer.unsentCount > 0);
      base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
      world.runFor(5);
      assert.deepEqual(take().slice(0, 2).sort(), ["103 of 100", "4 of 4"]);
      nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    });

    it("may begin again in done", () => {
      let left = 3;
      const again = (result: number): void => {
        done(result);
        if (--left) base.loop(EVLOOP_NO_EXIT_ON_EMPTY, again);
        base.loopexit(0.1);
      };
      again(0);
      world.runFor(1000);
      assert.deepEqual(take(), ["done 0 at 0", "done 0 at 100", "done 0 at 200"]);
    });
  });

  describe("priorities", () => {
    beforeEach(() => {
      assert.equal(base.priorityInit(3), 0);
    });
    const at = (priority: number, arg: string, act?: () => void): Event => {
      const ev = make(arg, act);
      assert.equal(ev.prioritySet(priority), 0);
      return ev;
    };

    it("run the most urgent first, in the order in which they became active", () => {
      for (const ev of [at(2, "c"), at(1, "b1"), at(0, "a"), at(1, "b2")]) ev.active(1);
      base.dispatch();
      world.runFor(10);
      assert.deepEqual(take(), ["a 1 at 0", "b1 1 at 0", "b2 1 at 0", "c 1 at 0"]);
    });

    it("look for the most urgent anew when one became active meanwhile", () => {
      const urgent = at(0, "urgent");
      for (const ev of [at(1, "b1", () => urgent.active(1)), at(1, "b2")]) ev.active(1);
      base.dispatch();
      world.runFor(10);
      assert.deepEqual(take(), ["b1 1 at 0", "urgent 1 at 0", "b2 1 at 0"]);
    });

    it("leave the less urgent without a turn while the more urgent are always active", () => {
      let left = 5;
      const busy: Event = at(0, "busy", () => {
        if (--left) busy.active(1);
      });
      busy.active(1);
      at(1, "late").active(1);
      base.dispatch();
      world.runFor(10);
      assert.deepEqual(take(), [...Array<string>(5).fill("busy 1 at 0"), "late 1 at 0"]);
    });

    it("begin in the middle, and cannot be set outside of the range or while active", () => {
      const ev = make("a");
      assert.deepEqual([base.getNpriorities(), ev.getPriority()], [3, 1]);
      assert.throws(() => ev.prioritySet(3), RangeError);
      assert.throws(() => ev.prioritySet(-1), RangeError);
      ev.active(1);
      assert.deepEqual([ev.prioritySet(0), base.priorityInit(2)], [-1, -1]);
      ev.del();
      assert.equal(base.priorityInit(2), 0);
      assert.throws(() => base.priorityInit(0), RangeError);
      assert.throws(() => base.priorityInit(256), RangeError);
      assert.throws(() => base.priorityInit(1.5), RangeError);
      assert.throws(() => ev.prioritySet(0.5), RangeError);
    });

    it("that the base has no longer count as its least urgent", () => {
      const ev = at(2, "a");
      base.priorityInit(1);
      ev.active(1);
      base.dispatch();
      world.runFor(10);
      assert.deepEqual(take(), ["a 1 at 0"]);
    });

    it("are looked for anew by loopcontinue", () => {
      const b1 = at(1, "b1", () => base.loopcontinue());
      for (const ev of [b1, at(1, "b2")]) ev.active(1);
      base.dispatch(done);
      world.runFor(10);
      assert.deepEqual(take(), ["b1 1 at 0", "b2 1 at 0", "done 1 at 0"]);
    });
  });

  it("calls once", () => {
    base.once(null, EV_TIMEOUT, note, "a", 0.1);
    base.once(null, EV_TIMEOUT, note, "b");
    base.dispatch();
    world.runFor(1000);
    assert.deepEqual(take(), ["b 1 at 0", "a 1 at 100"]);
    for (const seconds of [-1, NaN]) {
      assert.throws(() => base.once(null, EV_TIMEOUT, note, "a", seconds), RangeError);
      assert.throws(() => base.loopexit(seconds), RangeError);
    }
    assert.throws(() => base.once(null, EV_TIMEOUT, undefined as never), TypeError);
  });

  it("counts its events", () => {
    const counts = (): number[] => [EVENT_BASE_COUNT_ACTIVE, EVENT_BASE_COUNT_ADDED, EVENT_BASE_COUNT_VIRTUAL].map((flags) => base.getNumEvents(flags));
    const a = make("a");
    assert.deepEqual(counts(), [0, 0, 0]);
    a.add(1);
    make("b").active(1);
    assert.deepEqual(counts(), [1, 2, 0]);
    assert.match(base.dumpEvents(), /^timeout in 1000 ms, priority 0\n1 active at priority 0\n$/);
    a.del();
    assert.deepEqual(counts(), [1, 1, 0]);
  });

  it("shows its events one by one until it is told to stop", () => {
    const a = make("a");
    const b = make("b");
    a.add(1);
    b.active(1);
    base.once(null, 0, note, "c");
    const seen: Event[] = [];
    assert.equal(base.foreachEvent((_base, ev) => { seen.push(ev); return 0; }), 0);
    assert.deepEqual(seen, [a, b]);
    assert.equal(base.foreachEvent((_base, ev, arg) => (ev === arg ? 7 : 0), b), 7);
  });

  it("knows the event that is running, and the time at which the pass began", () => {
    const before = base.gettimeofdayCached();
    const a = make("a", () => {
      assert.equal(base.getRunningEvent(), a);
      assert.equal(Math.round(1000 * (base.gettimeofdayCached() - before)), 100);
      assert.equal(base.updateCacheTime(), 0);
    });
    a.add(0.1);
    base.dispatch();
    world.runFor(1000);
    assert.equal(base.getRunningEvent(), undefined);
    assert.equal(take().length, 1);
  });

  it("shares a manager with other programs, which go on when its loop is over", () => {
    const mgr = new Manager(world.platform({ host: "10.0.0.2" }));
    const shared = new EventBase(mgr);
    let polls = 0;
    mgr.add((_nc, ev) => void (polls += ev === MG_EV_POLL ? 1 : 0));
    mgr.run();
    new Event(shared, null, EV_PERSIST, note, "a").add(1.5);
    shared.loopexit(2);
    shared.dispatch(done);
    world.runFor(10_000);
    assert.deepEqual(take(), ["a 1 at 1500", "done 0 at 2000"]);
    assert.ok(polls >= 9);
    shared.free();
    world.runFor(10);
    assert.equal([...mgr.list()].length, 1);
    mgr.free();
  });
});
