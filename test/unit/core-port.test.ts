import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_ERR_FAILED, MG_ERR_REFUSED, MG_ERR_RESET, MG_ERR_UNSENT_DATA } from "../../src/core/errors.js";
import { type AnyHandler, eventName, MG_EV_ACCEPT, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND } from "../../src/core/events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE, MG_F_WANT_WRITE } from "../../src/core/flags.js";
import { Manager } from "../../src/core/manager.js";
import type { ManagerOptions } from "../../src/core/options.js";
import { type Capabilities, Err, type Owner, WriteResult } from "../../src/core/port.js";
import { type Fake, fakePlatform, type FakeHandle } from "./core-fake.js";

/* The core against a platform of which every answer is decided here. */

interface Rig {
  fake: Fake;
  mgr: Manager;
  events: string[];
  listener: Connection;
  handle: FakeHandle;
  nc: Connection;
}

/** A manager with one listener and one connection on it. */
function rig(act: AnyHandler = () => undefined, caps: Partial<Capabilities> = {}, options?: ManagerOptions): Rig {
  const fake = fakePlatform(caps);
  const mgr = new Manager(fake.platform, options);
  const events: string[] = [];
  mgr.run();
  const listener = mgr.bind("tcp://:80", (...args) => {
    const [nc, ev, data] = args;
    if (ev !== MG_EV_POLL) events.push(eventName(ev) + (typeof data === "number" ? " " + data : ""));
    act(nc, ev, data);
  });
  fake.sink.listening(listener, "", 80);
  const handle = fake.accept(listener);
  return { fake, mgr, events, listener, handle, nc: handle.owner as Connection };
}

function give(r: Rig, bytes: string): number {
  return r.fake.sink.data(r.nc, bytes);
}

/** Echo of everything. */
const echo: AnyHandler = (nc, ev) => {
  if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
};

describe("the core and a write", () => {
  it("that is taken brings SEND with its size", () => {
    const r = rig(echo);
    assert.equal(give(r, "abc"), 0);
    assert.deepEqual(r.handle.calls, ["write abc"]);
    assert.deepEqual(r.events, ["ACCEPT", "RECV 3", "SEND 3"]);
  });

  it("that would block keeps the bytes, marks the connection and waits for drained", () => {
    const r = rig(echo);
    r.fake.answers = [WriteResult.WouldBlock];
    give(r, "abc");
    assert.equal(r.nc.flags & MG_F_WANT_WRITE, MG_F_WANT_WRITE);
    assert.equal(r.nc.sendMbuf.text(), "abc");
    assert.equal(r.mgr.pool.free, r.mgr.pool.pages - 1);
    give(r, "def");
    r.fake.advance(2500);
    assert.deepEqual(r.handle.calls, ["write abc -1"]);
    r.fake.sink.drained(r.nc);
    assert.equal(r.nc.flags & MG_F_WANT_WRITE, 0);
    assert.deepEqual(r.handle.calls, ["write abc -1", "write abcdef"]);
    assert.deepEqual(r.events, ["ACCEPT", "RECV 3", "RECV 3", "SEND 6"]);
    assert.equal(r.mgr.pool.free, r.mgr.pool.pages);
  });

  it("that would block again and again is tried once for each drained", () => {
    const r = rig(echo);
    r.fake.answers = [-1, -1, -1];
    give(r, "x");
    for (let i = 0; i < 3; i++) r.fake.sink.drained(r.nc);
    assert.deepEqual(r.handle.calls, ["write x -1", "write x -1", "write x -1", "write x"]);
  });

  it("that fails for good brings SEND below zero, then CLOSE with the platform's reason", () => {
    const r = rig(echo);
    r.fake.answers = [WriteResult.Failed];
    give(r, "abc");
    assert.deepEqual(r.events, ["ACCEPT", "RECV 3", `SEND ${-MG_ERR_FAILED}`]);
    r.fake.sink.closed(r.nc, Err.Reset);
    r.fake.advance(10);
    assert.deepEqual(r.events.slice(3), ["CLOSE"]);
    assert.ok(r.nc.err === MG_ERR_FAILED || r.nc.err === MG_ERR_RESET);
    assert.equal(r.mgr.pool.free, r.mgr.pool.pages);
  });

  it("on a closed socket says nothing and waits for closed", () => {
    const r = rig(echo);
    r.fake.answers = [WriteResult.Closed];
    give(r, "abc");
    assert.deepEqual(r.events, ["ACCEPT", "RECV 3"]);
    r.fake.sink.closed(r.nc, Err.None);
    assert.deepEqual(r.events, ["ACCEPT", "RECV 3", "CLOSE"]);
    assert.equal(r.nc.err, MG_ERR_UNSENT_DATA);
    assert.equal(r.mgr.pool.free, r.mgr.pool.pages);
  });

  it("is never larger than writeMaxBytes", () => {
    const r = rig((nc, ev) => {
      if (ev === MG_EV_RECV) nc.send("0123456789".repeat(10));
    }, { writeMaxBytes: 30 });
    give(r, "x");
    assert.deepEqual(r.handle.calls.map((c) => c.length - "write ".length), [30, 30, 30, 10]);
    assert.equal(r.handle.calls.map((c) => c.slice(6)).join(""), "0123456789".repeat(10));
  });

  it("happens once for all that was sent in one event", () => {
    const r = rig((nc, ev) => {
      if (ev === MG_EV_RECV) for (const c of "abc") nc.send(c);
    });
    give(r, "x");
    assert.deepEqual(r.handle.calls, ["write abc"]);
  });
});

describe("the core and the end of a connection", () => {
  it("ends the socket when SEND_AND_CLOSE has sent everything, and closes when the platform says so", () => {
    const r = rig((nc, ev) => {
      if (ev === MG_EV_RECV) {
        nc.send("bye");
        nc.flags |= MG_F_SEND_AND_CLOSE;
      }
    });
    give(r, "x");
    assert.deepEqual(r.handle.calls, ["write bye"]);
    r.fake.advance(1);
    assert.deepEqual(r.handle.calls, ["write bye", "end"]);
    assert.equal(give(r, "ignored"), 0);
    assert.deepEqual(r.events.slice(-1), ["SEND 3"]);
    r.fake.sink.closed(r.nc, Err.None);
    assert.deepEqual(r.events.slice(-1), ["CLOSE"]);
    assert.equal(r.nc.err, 0);
    assert.deepEqual(r.handle.calls, ["write bye", "end"]);
  });

  it("destroys the socket on CLOSE_IMMEDIATELY, and takes no upcall for it afterwards", () => {
    const r = rig((nc, ev) => {
      if (ev === MG_EV_RECV) nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    });
    give(r, "x");
    r.fake.advance(1);
    assert.deepEqual(r.handle.calls, ["destroy"]);
    assert.deepEqual(r.events, ["ACCEPT", "RECV 1", "CLOSE"]);
  });

  it("does not touch a socket that is gone", () => {
    const r = rig(echo);
    r.fake.sink.closed(r.nc, Err.Reset);
    r.nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    assert.equal(r.nc.send("x"), 0);
    r.nc.recvMbuf.clear();
    r.nc.wakeSource();
    r.fake.advance(5000);
    assert.deepEqual(r.handle.calls, []);
    assert.deepEqual(r.events, ["ACCEPT", "CLOSE"]);
  });

  it("closes once, though a platform that breaks the contract says closed twice, or speaks after it", () => {
    const r = rig(echo);
    r.fake.sink.closed(r.nc, Err.None);
    r.fake.sink.closed(r.nc, Err.Reset);
    give(r, "late");
    r.fake.sink.drained(r.nc);
    r.fake.sink.ended(r.nc);
    r.fake.advance(5000);
    assert.deepEqual(r.events, ["ACCEPT", "CLOSE"]);
    assert.equal(r.mgr.pool.free, r.mgr.pool.pages);
  });

  it("closes once when the socket is gone between the flag and the pass", () => {
    const r = rig((nc, ev) => {
      if (ev === MG_EV_RECV) nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    });
    give(r, "x");
    r.fake.sink.closed(r.nc, Err.Reset);
    r.fake.advance(5000);
    assert.deepEqual(r.events, ["ACCEPT", "RECV 1", "CLOSE"]);
    assert.deepEqual(r.handle.calls, []);
  });

  it("sends what it has when the peer has ended its stream", () => {
    const r = rig(echo);
    r.fake.answers = [-1];
    give(r, "abc");
    r.fake.sink.ended(r.nc);
    r.fake.advance(10);
    assert.deepEqual(r.handle.calls, ["write abc -1"]);
    r.fake.sink.drained(r.nc);
    r.fake.advance(10);
    assert.deepEqual(r.handle.calls, ["write abc -1", "write abc", "end"]);
  });
});

describe("the core and a connection being made", () => {
  function connecting(): { fake: Fake; mgr: Manager; events: string[]; nc: Connection; handle: FakeHandle } {
    const fake = fakePlatform();
    const mgr = new Manager(fake.platform);
    const events: string[] = [];
    mgr.run();
    const nc = mgr.connect("10.0.0.2:80", (_nc, ev, data) => {
      if (ev !== MG_EV_POLL) events.push(eventName(ev) + (typeof data === "number" ? " " + data : ""));
    });
    return { fake, mgr, events, nc, handle: fake.handles[0] };
  }

  it("writes nothing before it stands", () => {
    const c = connecting();
    c.nc.send("early");
    c.fake.advance(3000);
    assert.deepEqual(c.handle.calls, []);
    c.fake.sink.connected(c.nc, "10.0.0.2", 80);
    assert.deepEqual(c.events, ["CONNECT 0", "SEND 5"]);
    assert.deepEqual(c.handle.calls, ["write early"]);
  });

  it("gives the reason in CONNECT, CLOSE later, and takes nothing twice", () => {
    const c = connecting();
    c.fake.sink.closed(c.nc, Err.Refused);
    assert.deepEqual(c.events, [`CONNECT ${MG_ERR_REFUSED}`]);
    c.fake.advance(1);
    assert.deepEqual(c.events, [`CONNECT ${MG_ERR_REFUSED}`, "CLOSE"]);
    c.fake.sink.connected(c.nc, "", 0);
    c.fake.sink.closed(c.nc, Err.Refused);
    c.fake.advance(5000);
    assert.equal(c.events.length, 2);
    assert.deepEqual(c.handle.calls, []);
  });

  it("treats a connect that ended in good order before it stood as failed", () => {
    const c = connecting();
    c.fake.sink.closed(c.nc, Err.None);
    c.fake.advance(1);
    assert.deepEqual(c.events, [`CONNECT ${MG_ERR_FAILED}`, "CLOSE"]);
  });

  it("destroys the attempt that takes too long", () => {
    const c = connecting();
    c.fake.advance(20_000);
    assert.deepEqual(c.handle.calls, ["destroy"]);
    assert.deepEqual(c.events, ["CONNECT 3", "CLOSE"]);
  });
});

describe("the core and the platform's clock", () => {
  it("asks to be woken once at a time, and not at all when freed", () => {
    const r = rig();
    assert.equal(r.fake.wakes.size, 1);
    r.mgr.add(undefined).setTimer(r.mgr.time() + 0.3);
    assert.equal(r.fake.wakes.get(r.mgr as Owner), r.fake.nowMs + 300);
    r.mgr.free();
    assert.equal(r.fake.wakes.size, 0);
  });

  it("survives being woken early, late and for nothing", () => {
    const r = rig();
    for (let i = 0; i < 5; i++) r.fake.sink.wake(r.mgr);
    r.fake.nowMs += 1_000_000;
    r.fake.sink.wake(r.mgr);
    r.fake.sink.wake(r.mgr);
    assert.deepEqual(r.events, ["ACCEPT"]);
    r.mgr.free();
    r.fake.sink.wake(r.mgr);
    assert.deepEqual(r.events, ["ACCEPT", "CLOSE", "CLOSE"]);
  });

  it("does not spin when the platform wakes it a little too early", () => {
    const r = rig();
    let fired = 0;
    r.mgr.add((_nc, ev) => void (ev === 6 && fired++)).setTimer(r.mgr.time() + 0.1001);
    r.fake.nowMs += 99;
    r.fake.sink.wake(r.mgr);
    assert.equal(fired, 0);
    r.fake.advance(5);
    assert.equal(fired, 1);
  });
});

describe("the core and a newcomer", () => {
  it("refuses it when its listener is closing, or the manager is freed", () => {
    const r = rig();
    r.mgr.free();
    assert.equal(r.fake.accept(r.listener).owner, undefined);
    assert.equal(r.events.filter((e) => e === "ACCEPT").length, 1);
  });

  it("keeps its contract when the handler closes it in ACCEPT", () => {
    const r = rig((nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    });
    assert.equal(give(r, "x"), 0);
    r.fake.advance(1);
    assert.deepEqual(r.events, ["ACCEPT", "CLOSE"]);
    assert.deepEqual(r.handle.calls, ["destroy"]);
  });

  it("is written to when the handler sends in ACCEPT", () => {
    const r = rig((nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.send("welcome");
    });
    assert.deepEqual(r.handle.calls, ["write welcome"]);
    assert.deepEqual(r.events, ["ACCEPT", "SEND 7"]);
  });
});

describe("the core and input it does not take", () => {
  it("answers how much of a piece is left, and resumes when there is room, never inside the upcall", () => {
    let inside = false;
    const resumes: boolean[] = [];
    const r = rig(() => undefined, {}, { limits: { recvMaxBytes: 4 } });
    const resume = r.fake.platform.resume.bind(r.fake.platform);
    r.fake.platform.resume = (handle) => {
      resumes.push(inside);
      resume(handle);
    };
    const offer = (bytes: string): number => {
      inside = true;
      const rest = give(r, bytes);
      inside = false;
      return rest;
    };
    assert.equal(offer("abcdefg"), 3);
    assert.deepEqual(r.events, ["ACCEPT", "RECV 4"]);
    r.nc.recvMbuf.clear();
    r.fake.advance(1500);
    assert.deepEqual(resumes, [false]);
    assert.equal(offer("efg"), 0);
    assert.equal(r.nc.recvMbuf.text(), "efg");
  });

  it("says so too when the handler uses up what it was given", () => {
    let inside = false;
    const resumes: boolean[] = [];
    const r = rig((nc, ev) => {
      if (ev === MG_EV_RECV) nc.recvMbuf.clear();
    }, {}, { limits: { recvMaxBytes: 4 } });
    const resume = r.fake.platform.resume.bind(r.fake.platform);
    r.fake.platform.resume = (handle) => {
      resumes.push(inside);
      resume(handle);
    };
    inside = true;
    assert.equal(give(r, "abcdefg"), 3);
    inside = false;
    r.fake.advance(5);
    assert.deepEqual(resumes, [false]);
  });
});

describe("the core and SEND handlers that send", () => {
  it("goes on until the platform blocks, and again when it drains", () => {
    let left = 6;
    const r = rig((nc, ev) => {
      if (ev === MG_EV_RECV || (ev === MG_EV_SEND && left-- > 0)) nc.send("p");
    });
    r.fake.answers = [1, 1, -1];
    give(r, "x");
    assert.deepEqual(r.handle.calls, ["write p", "write p", "write p -1"]);
    r.fake.sink.drained(r.nc);
    assert.equal(r.handle.calls.filter((c) => c === "write p").length, 7);
  });

  it("lets a handler that was replaced in RECV rest from the next event of the platform on", () => {
    const seen: string[] = [];
    const r = rig((nc, ev) => {
      if (ev !== MG_EV_RECV) return;
      nc.send("x");
      nc.handler = (_nc, e) => void (e !== MG_EV_POLL && seen.push(eventName(e)));
    });
    give(r, "go");
    r.fake.sink.closed(r.nc, Err.None);
    assert.deepEqual(seen, ["CLOSE"]);
    assert.deepEqual(r.events, ["ACCEPT", "RECV 2", "SEND 1"]);
  });
});
