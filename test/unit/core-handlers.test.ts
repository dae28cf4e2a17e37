import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_ERR_HANDLER_THREW, MG_ERR_MANAGER_FREED } from "../../src/core/errors.js";
import {
  eventName, MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND, MG_EV_TIMER,
} from "../../src/core/events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { eventsOf, HERE, type Stage, type StageOptions, stage } from "./core-support.js";

/* What a handler can do wrong, or abruptly, in each event: throw, close, free the manager. */

const SERVER_EVENTS = [MG_EV_ACCEPT, MG_EV_RECV, MG_EV_SEND, MG_EV_TIMER, MG_EV_POLL, MG_EV_CLOSE];

/** Runs a conversation in which every event comes to "A" once at least, beside a neighbour that only echoes. */
function conversation(act: (nc: Connection, ev: number) => void, options: StageOptions = {}): { s: Stage; errs: number[]; neighbour: () => string } {
  const s = stage(options);
  const errs: number[] = [];
  s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
    if (nc.listener === undefined) return;
    if (ev === MG_EV_ACCEPT) nc.setTimer(s.mgr.time() + 0.05);
    if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
    if (ev === MG_EV_CLOSE) errs.push(nc.err);
    act(nc, ev);
  }));
  s.mgr.bind("tcp://:81", s.note("N", (nc, ev) => {
    if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
  }));
  const peer = s.peer(80);
  const neighbour = s.peer(81);
  s.run(10);
  peer.send("question");
  s.run(1500);
  peer.fin();
  s.run(100);
  neighbour.send("ping");
  s.run(100);
  return { s, errs, neighbour: () => neighbour.received };
}

for (const manual of [false, true]) {
  const how = manual ? "in a manager driven by poll" : "in a manager that runs";
  const drive = (s: Stage): Stage => {
    if (!manual) return s;
    const runFor = s.world.runFor.bind(s.world);
    s.run = (ms = 100) => {
      for (let t = 0; t < ms; t += 5) {
        runFor(5);
        s.mgr.poll();
      }
    };
    return s;
  };

  describe(`a handler that throws ${how}`, () => {
    for (const ev of SERVER_EVENTS) {
      it(`in ${eventName(ev)} closes its own connection, is reported once, and nobody else notices`, () => {
        const options = { manual };
        const s = drive(stage(options));
        let err = -1;
        let throws = 0;
        s.mgr.bind("tcp://:80", s.note("A", (nc, e) => {
          if (nc.listener === undefined) return;
          if (e === MG_EV_ACCEPT) nc.setTimer(s.mgr.time() + 0.05);
          if (e === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
          if (e === MG_EV_CLOSE) err = nc.err;
          if (e !== ev) return;
          throws++;
          throw new Error("oops in " + eventName(ev));
        }));
        s.mgr.bind("tcp://:81", s.note("N", (nc, e) => {
          if (e === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
        }));
        s.run(10);
        const peer = s.peer(80);
        const neighbour = s.peer(81);
        s.run(20);
        peer.send("question");
        s.run(1500);
        peer.fin();
        s.run(100);
        neighbour.send("ping");
        s.run(100);
        assert.equal(throws, 1);
        assert.equal(err, ev === MG_EV_CLOSE ? 0 : MG_ERR_HANDLER_THREW);
        assert.equal(eventsOf(s, "A").filter((e) => e === "CLOSE").length, 1);
        assert.equal(s.mgr.stats.threw, 1);
        assert.equal(s.logs.length, 1);
        assert.match(s.logs[0], new RegExp(`threw in (RECV or SEND|${eventName(ev)}): Error: oops in ${eventName(ev)}`));
        assert.equal(neighbour.received, "ping");
        s.finish();
      });
    }
  });
}

describe("a handler that throws", () => {
  it("in CONNECT closes its connection", () => {
    const s = stage();
    s.world.listenPeer("10.0.0.9", 7, () => undefined);
    const nc = s.mgr.connect("10.0.0.9:7", s.note("C", (_nc, ev) => {
      if (ev === MG_EV_CONNECT) throw new TypeError("bad");
    }));
    s.run();
    assert.deepEqual(s.events, ["C CONNECT 0", "C CLOSE"]);
    assert.equal(nc.err, MG_ERR_HANDLER_THREW);
    s.finish();
  });

  it("in CONNECT with an error keeps that error", () => {
    const s = stage();
    s.world.platform({ host: "10.0.0.9" });
    const nc = s.mgr.connect("10.0.0.9:7", s.note("C", (_nc, ev) => {
      if (ev === MG_EV_CONNECT) throw new Error("bad");
    }));
    s.run();
    assert.deepEqual(s.events, ["C CONNECT 2", "C CLOSE"]);
    assert.equal(nc.err, 2);
    s.finish();
  });

  it("leaves its listener alone", () => {
    const s = stage();
    const listener = s.mgr.bind("tcp://:80", s.note("L", (nc, ev) => {
      if (ev === MG_EV_POLL && nc.listener === undefined) throw new Error("poll of the listener");
    }));
    s.run(3500);
    assert.equal(s.mgr.stats.threw, 3);
    assert.equal(listener.err, 0);
    const peer = s.peer(80);
    s.run();
    assert.equal(peer.state, "open");
    s.finish();
  });

  it("may throw anything", () => {
    const s = stage();
    const thrown: unknown[] = ["text", 7, undefined, null, { toString: () => "an object" }];
    for (const what of thrown) s.mgr.add(s.note("T", (_nc, ev) => {
      if (ev === MG_EV_POLL) throw what;
    }));
    s.run(1100);
    assert.equal(s.mgr.stats.threw, thrown.length);
    assert.equal(s.events.filter((e) => e === "T CLOSE").length, thrown.length);
    s.finish();
  });

  it("loses what it had sent in that event", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_RECV) return;
      nc.send("half an answer");
      throw new Error("and then");
    }));
    const peer = s.peer(80);
    peer.send("x");
    s.run();
    assert.equal(peer.received, "");
    assert.notEqual(peer.state, "open");
    s.finish();
  });
});

describe("a handler that closes its connection", () => {
  for (const ev of SERVER_EVENTS) {
    for (const [flag, name] of [[MG_F_CLOSE_IMMEDIATELY, "CLOSE_IMMEDIATELY"], [MG_F_SEND_AND_CLOSE, "SEND_AND_CLOSE"]] as const) {
      it(`by ${name} in ${eventName(ev)} gets CLOSE once, last, and without an error`, () => {
        const { s, errs, neighbour } = conversation((nc, e) => {
          if (e === ev) nc.flags |= flag;
        });
        const events = eventsOf(s, "A");
        assert.equal(events[events.length - 1], "CLOSE");
        assert.equal(events.filter((e) => e === "CLOSE").length, 1);
        assert.deepEqual(errs, [0]);
        assert.equal(neighbour(), "ping");
        assert.equal(s.mgr.stats.closed, 1);
        s.finish();
      });
    }
  }

  it("by CLOSE_IMMEDIATELY drops its output and reads nothing more", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_RECV) return;
      nc.send("never");
      nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    }));
    const peer = s.peer(80);
    peer.send("x".repeat(5000));
    s.run();
    assert.equal(eventsOf(s, "A").filter((e) => e.startsWith("RECV")).length, 1);
    assert.equal(peer.received, "");
    s.finish();
  });

  it("by SEND_AND_CLOSE sends what it has, and reads on meanwhile", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_ACCEPT) return;
      nc.send("y".repeat(40_000));
      nc.flags |= MG_F_SEND_AND_CLOSE;
    }));
    const peer = s.peer(80);
    peer.pauseReading();
    s.run();
    peer.send("late");
    s.run();
    assert.ok(eventsOf(s, "A").includes("RECV 4"));
    peer.resumeReading();
    s.run();
    assert.equal(peer.receivedCount, 40_000);
    assert.equal(peer.state, "ended");
    assert.equal(eventsOf(s, "A").pop(), "CLOSE");
    s.finish();
  });

  it("may take SEND_AND_CLOSE back before the pass that would close it", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.flags |= MG_F_SEND_AND_CLOSE;
      if (ev === MG_EV_RECV) nc.flags &= ~MG_F_SEND_AND_CLOSE;
    }));
    const peer = s.peer(80);
    peer.send("wait");
    s.run(5000);
    assert.deepEqual(eventsOf(s, "A").slice(0, 1), ["ACCEPT 10.0.0.9"]);
    if (eventsOf(s, "A").includes("RECV 4")) assert.equal(peer.state, "open");
    s.finish();
  });

  it("may close another one, which gets its CLOSE", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_RECV) return;
      for (let c = s.mgr.next(); c; c = s.mgr.next(c)) if (c.listener && c !== nc) c.flags |= MG_F_CLOSE_IMMEDIATELY;
    }));
    const peers = [s.peer(80), s.peer(80), s.peer(80)];
    s.run();
    peers[1].send("kill the others");
    s.run(5);
    assert.deepEqual(peers.map((p) => p.state), ["ended", "open", "ended"]);
    assert.equal(eventsOf(s, "A").filter((e) => e === "CLOSE").length, 2);
    s.finish();
  });
});

describe("freeing the manager", () => {
  for (const ev of SERVER_EVENTS) {
    it(`inside ${eventName(ev)} waits for the handler, then closes everything once`, () => {
      let after = 0;
      const { s, errs } = conversation((nc, e) => {
        if (e !== ev || after > 0) return;
        after = 1;
        nc.mgr.free();
        after = s_alive(nc) ? 2 : 3;
      });
      assert.equal(after, 2, "connections were closed while the handler ran");
      assert.equal(errs.length, 1);
      if (ev !== MG_EV_CLOSE) assert.equal(errs[0], MG_ERR_MANAGER_FREED);
      assert.equal(s.events.filter((e) => e.endsWith("CLOSE")).length >= 3, true);
      s.finish();
    });
  }

  /** Whether the manager still has connections: its listeners at least. */
  function s_alive(nc: Connection): boolean {
    return nc.mgr.next() !== undefined;
  }

  it("outside a handler closes everything at once, newest first", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("L"));
    s.mgr.add(s.note("T"));
    s.mgr.connect(HERE + ":80", s.note("C"));
    s.mgr.free();
    assert.deepEqual(s.events, ["C CONNECT 19", "C CLOSE", "T CLOSE", "L CLOSE"]);
    s.mgr.free();
    s.run(5000);
    assert.equal(s.events.length, 4);
    s.finish();
  });

  it("leaves nothing behind that could wake it", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("L"));
    const peer = s.peer(80);
    s.run();
    s.mgr.add(s.note("T")).setTimer(s.mgr.time() + 5);
    s.mgr.free();
    peer.send("anyone?");
    s.run(20_000);
    assert.equal(s.world.idle, true);
    assert.equal(s.mgr.poll(), 0);
    s.finish();
  });

  it("survives handlers that throw in CLOSE, free again, or make connections", () => {
    const s = stage();
    const acts: (() => void)[] = [
      () => { throw new Error("in CLOSE"); },
      () => s.mgr.free(),
      () => void s.mgr.add(undefined),
      () => void s.mgr.bind(":81", undefined),
      () => void s.mgr.poll(),
      () => void s.mgr.run(),
    ];
    for (const act of acts) s.mgr.add(s.note("T", (_nc, ev) => {
      if (ev === MG_EV_CLOSE) act();
    }));
    s.mgr.free();
    assert.equal(s.events.filter((e) => e === "T CLOSE").length, acts.length);
    assert.equal(s.mgr.stats.threw, 3);
    s.finish();
  });

  it("of one manager inside a handler of another takes effect, whether it runs or not", () => {
    for (const runs of [false, true]) {
      const s = stage();
      const other = stage({ manual: !runs, wrap: () => s.platform });
      other.mgr.bind("tcp://:81", other.note("O"));
      s.mgr.bind("tcp://:80", s.note("A", (_nc, ev) => {
        if (ev === MG_EV_ACCEPT) other.mgr.free();
      }));
      s.peer(80);
      s.run(50);
      assert.deepEqual(other.events, ["O CLOSE"]);
      s.finish();
    }
  });
});

describe("two managers on one platform", () => {
  it("relay from one to the other without waiting for a tick", () => {
    const s = stage();
    const other = stage({ wrap: () => s.platform });
    let out: Connection | undefined;
    other.mgr.bind("tcp://:81", other.note("O", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) out = nc;
    }));
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.recvMbuf.remove((out as Connection).send(nc.recvMbuf));
    }));
    const from = s.peer(80);
    const to = s.peer(81);
    s.run(20);
    from.send("through");
    s.run(20);
    assert.equal(to.received, "through");
    other.mgr.free();
    s.finish();
  });
});
