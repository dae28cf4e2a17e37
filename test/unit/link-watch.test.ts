import assert from "node:assert/strict";
import type { SimPlatformOptions } from "../../platform/sim/index.js";
import { MG_EV_CLOSE, MG_EV_RECV } from "../../src/core/events.js";
import { errorText, MG_ERR_LINK_DOWN } from "../../src/core/errors.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../../src/core/flags.js";
import { watchLink } from "../../src/link/watch-link.js";
import { HERE, stage, type Stage, THERE } from "./core-support.js";

/** A stage whose manager follows its link, with an echo server on port 80. */
function linked(platform: Partial<SimPlatformOptions> = {}, manual = false): Stage {
  const s = stage({ platform, manual });
  watchLink(s.mgr);
  s.mgr.bind("tcp://:80", s.note("srv", (nc, ev) => {
    if (ev === MG_EV_RECV) nc.send(nc.recvMbuf);
    if (ev === MG_EV_CLOSE) assert.equal(nc.err, MG_ERR_LINK_DOWN);
  }));
  return s;
}

function driven(s: Stage, ms: number): void {
  for (let i = 0; i < ms; i += 10) {
    s.run(10);
    s.mgr.poll();
  }
}

describe("watchLink: the link goes down", () => {
  it("gives every connection its error and CLOSE, once, in the same turn; listeners stay", () => {
    const s = linked();
    s.run();
    const peers = [s.peer(80), s.peer(80)];
    s.run();
    peers[0].send("x");
    s.run();
    s.events.length = 0;
    s.world.link(HERE).drop();
    s.run(0);
    assert.deepEqual(s.events, ["srv CLOSE", "srv CLOSE"]);
    assert.deepEqual(s.mgr.list().map((row) => row.kind), ["listener", "local"]);
    s.run(5000);
    assert.deepEqual(s.events, ["srv CLOSE", "srv CLOSE"]);
    s.world.link(HERE).regain();
    s.run();
    assert.equal(peers[0].state, "ended");
    const again = s.peer(80);
    again.send("again");
    s.run();
    assert.equal(again.received, "again");
  });

  it("gives a connection that connects CONNECT with the error first, and counts it", () => {
    const s = linked();
    s.world.blackhole(THERE);
    s.mgr.connect(`tcp://${THERE}:99`, s.note("cli"));
    s.run();
    s.world.link(HERE).drop();
    s.run(0);
    assert.deepEqual(s.events, [`cli CONNECT ${MG_ERR_LINK_DOWN}`, "cli CLOSE"]);
    assert.equal(s.mgr.stats.connectFailed, 1);
    s.finish();
  });

  it("fails at once what is connected while it is down, also by handlers that hear of it", () => {
    const s = linked();
    s.world.listenPeer(THERE, 99, () => undefined);
    s.mgr.connect(`tcp://${THERE}:99`, s.note("one", (nc, ev) => {
      if (ev === MG_EV_CLOSE) nc.mgr.connect(`tcp://${THERE}:99`, s.note("two"));
    }));
    s.run();
    s.world.link(HERE).drop();
    s.run(1);
    assert.deepEqual(s.events, ["one CONNECT 0", "one CLOSE", `two CONNECT ${MG_ERR_LINK_DOWN}`, "two CLOSE"]);
    s.finish();
  });

  it("leaves pairs, timers and connections without a socket alone", () => {
    const s = linked();
    const [a] = s.mgr.pair(s.note("a"), s.note("b"));
    const timer = s.mgr.add(s.note("timer"));
    timer.setTimer(s.mgr.time() + 1);
    s.world.link(HERE).drop();
    a.send("still here");
    s.run(2000);
    assert.deepEqual(s.events.map((line) => line.split(" ").slice(0, 2).join(" ")), ["a SEND", "b RECV", "timer TIMER"]);
    s.finish();
  });

  it("closes datagram peers and clients, and binds a datagram listener again", () => {
    const s = linked();
    s.mgr.bind("udp://:53", s.note("udp", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.flags = 0;
    }));
    s.mgr.connect(`udp://${THERE}:7`, s.note("cli"));
    const peer = s.world.udpPeer(THERE);
    s.run();
    peer.send("one", HERE, 53);
    s.run();
    s.events.length = 0;
    s.world.link(HERE).drop(1000);
    s.run(0);
    assert.deepEqual(s.events, ["udp CLOSE", "cli CLOSE"]);
    s.run(2000);
    peer.send("two", HERE, 53);
    s.run();
    assert.deepEqual(s.events.slice(2), ["udp ACCEPT 10.0.0.9", "udp RECV 3"]);
    s.finish();
  });

  it("waits for the poll in a manager that is driven by hand", () => {
    const s = linked({}, true);
    driven(s, 50);
    s.peer(80);
    driven(s, 50);
    s.events.length = 0;
    s.world.link(HERE).drop();
    s.run();
    assert.deepEqual(s.events, []);
    driven(s, 10);
    assert.deepEqual(s.events, ["srv CLOSE"]);
    s.world.link(HERE).regain();
    driven(s, 50);
    const peer = s.peer(80);
    driven(s, 50);
    assert.equal(peer.state, "open");
  });

  it("can free the manager from a handler that hears of it", () => {
    const s = stage();
    watchLink(s.mgr);
    s.mgr.bind("tcp://:80", s.note("srv", (nc, ev) => {
      if (ev === MG_EV_CLOSE) nc.mgr.free();
    }));
    s.peer(80);
    s.run();
    s.world.link(HERE).drop();
    s.run();
    assert.equal(s.mgr.next(), undefined);
    s.finish();
  });

  it("has a text for its error", () => assert.equal(errorText(MG_ERR_LINK_DOWN), "link down"));
});

describe("watchLink: the link comes up", () => {
  it("binds what was bound while it was down", () => {
    const s = linked({ wifi: { ssid: "net", password: "" } });
    s.run();
    assert.equal(watchLink(s.mgr).isUp, false);
    s.platform.link!.join("net", "");
    s.run(500);
    assert.equal(s.mgr.next(s.mgr.next())!.localPort + s.mgr.next()!.localPort, 80);
    const peer = s.peer(80);
    s.run();
    assert.equal(peer.state, "open");
  });

  it("keeps the port that was chosen for port 0", () => {
    const s = stage();
    watchLink(s.mgr);
    const listener = s.mgr.bind("tcp://:0", s.note("srv"));
    s.run();
    const port = listener.localPort;
    s.world.link(HERE).drop(100);
    s.run(500);
    assert.equal(listener.localPort, port);
    assert.equal(s.events.length, 0);
    s.finish();
  });

  it("tries for ever, with longer pauses, to bind what cannot be bound again, and says so", () => {
    const s = stage();
    watchLink(s.mgr);
    s.mgr.bind("tcp://:80", s.note("srv"));
    s.run();
    s.world.link(HERE).drop(100);
    s.run(50);
    const thief = s.world.listenPeer(HERE, 80, () => undefined);
    s.run(120_000);
    assert.deepEqual(s.events, []);
    assert.match(s.logs[0], /^meerkat: cannot listen at tcp:\/\/:80 again: address in use; trying again in 1 s$/);
    assert.ok(s.logs.length >= 6 && s.logs.length <= 12, `${s.logs.length} attempts in two minutes`);
    thief.close();
    s.run(61_000);
    assert.equal(s.peer(80).state, "connecting");
    s.run();
    assert.deepEqual(s.events, ["srv ACCEPT 10.0.0.9"]);
    s.finish();
  });

  it("does not bring back a listener that was closed meanwhile, and a first bind that fails is CLOSE as ever", () => {
    const s = stage();
    watchLink(s.mgr);
    const listener = s.mgr.bind("tcp://:80", s.note("closed"));
    s.run();
    s.world.link(HERE).drop();
    s.run();
    listener.flags |= MG_F_CLOSE_IMMEDIATELY;
    s.world.listenPeer(HERE, 81, () => undefined);
    s.mgr.bind("tcp://:81", s.note("taken"));
    s.run();
    s.world.link(HERE).regain();
    s.run();
    assert.deepEqual(s.events, ["closed CLOSE", "taken CLOSE"]);
    s.finish();
  });

  it("tells those who asked, in their order, and goes on when one of them throws", () => {
    const s = stage();
    const link = watchLink(s.mgr);
    const told: string[] = [];
    link.ready(() => told.push("at once"));
    link.onChange((isUp) => {
      told.push(isUp ? "up" : "down");
      throw new Error("oops");
    });
    s.world.link(HERE).drop();
    s.run();
    link.ready(() => told.push("ready"));
    s.world.link(HERE).regain();
    s.run();
    s.world.link(HERE).drop(100);
    s.run(200);
    assert.deepEqual(told, ["at once", "down", "up", "ready", "down", "up"]);
    assert.throws(() => link.onChange(5 as never), /^TypeError: Handler must be a function, is number/);
    assert.equal(s.mgr.stats.threw, 4);
    assert.match(s.logs[0], /told that the link is down, the program threw: Error: oops/);
    s.finish();
  });
});

describe("watchLink: the same watch", () => {
  it("is answered to everybody who asks, and ends with the manager", () => {
    const s = stage();
    assert.equal(watchLink(s.mgr), watchLink(s.mgr));
    s.mgr.free();
    s.world.link(HERE).drop();
    s.run();
    assert.deepEqual(s.logs, []);
  });

  it("is always up where the platform has no link", () => {
    const s = stage({ wrap: (platform) => ({ ...platform, link: undefined }) });
    const link = watchLink(s.mgr);
    assert.equal(link.isUp, true);
    assert.equal(link.status().isUp, true);
    s.finish();
  });

  it("costs nothing to who does not watch: connections live through a short loss", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("srv", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.send(nc.recvMbuf);
    }));
    const peer = s.peer(80);
    s.run();
    s.world.link(HERE).drop(500);
    peer.send("late");
    s.run(1000);
    assert.equal(peer.received, "late");
    assert.ok(!s.events.includes("srv CLOSE"));
  });
});
