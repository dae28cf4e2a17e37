import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_ACCEPT, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND } from "../../src/core/events.js";
import {
  MG_F_BUFFER_BUT_DONT_SEND, MG_F_CLOSE_IMMEDIATELY, MG_F_ENABLE_BROADCAST, MG_F_LISTENING, MG_F_SEND_AND_CLOSE, MG_F_SSL, MG_F_UDP, MG_F_USER_1,
  MG_F_USER_6, MG_F_USER_MASK, MG_F_WANT_READ, MG_F_WANT_WRITE, MG_F_WEBSOCKET_NO_DEFRAG,
} from "../../src/core/flags.js";
import { eventsOf, stage } from "./core-support.js";

describe("nc.flags", () => {
  it("keeps what a program may set and ignores the rest", () => {
    const { mgr } = stage();
    const nc = mgr.add(undefined);
    for (let bit = 0; bit < 32; bit++) {
      const flag = 1 << bit;
      if (flag & (MG_F_CLOSE_IMMEDIATELY | MG_F_SEND_AND_CLOSE)) continue;
      nc.flags = flag;
      assert.equal(nc.flags, flag & MG_F_USER_MASK, `bit ${bit}`);
    }
  });

  it("keeps the core's own bits whatever is assigned", () => {
    const s = stage();
    const nc = s.mgr.bind("tcp://:80", undefined);
    s.run();
    nc.flags = 0;
    assert.equal(nc.flags, MG_F_LISTENING);
    nc.flags = -1 & ~MG_F_CLOSE_IMMEDIATELY & ~MG_F_SEND_AND_CLOSE;
    nc.flags &= ~MG_F_LISTENING;
    assert.equal(nc.flags & (MG_F_LISTENING | MG_F_UDP | MG_F_SSL | MG_F_WANT_READ | MG_F_WANT_WRITE), MG_F_LISTENING);
    s.finish();
  });

  it("are preset by options where that is allowed, closing is not", () => {
    const s = stage();
    const flags = MG_F_USER_1 | MG_F_USER_6 | MG_F_WEBSOCKET_NO_DEFRAG | MG_F_ENABLE_BROADCAST | MG_F_CLOSE_IMMEDIATELY | MG_F_SEND_AND_CLOSE | MG_F_LISTENING | MG_F_BUFFER_BUT_DONT_SEND;
    const nc = s.mgr.add(s.note("T"), { flags });
    assert.equal(nc.flags, MG_F_USER_1 | MG_F_USER_6 | MG_F_WEBSOCKET_NO_DEFRAG | MG_F_ENABLE_BROADCAST);
    s.run(2000);
    assert.deepEqual(s.events, []);
    s.finish();
  });

  it("do not fail on values that are no bits", () => {
    const { mgr } = stage();
    const nc = mgr.add(undefined);
    for (const value of [NaN, Infinity, 1.5, undefined, "x"]) nc.flags = value as number;
    assert.equal(nc.flags & MG_F_LISTENING, 0);
  });
});

describe("MG_F_BUFFER_BUT_DONT_SEND", () => {
  it("holds output back until it is cleared, and then all of it goes in one piece", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.flags |= MG_F_BUFFER_BUT_DONT_SEND;
      if (ev !== MG_EV_RECV) return;
      nc.send(nc.recvMbuf);
      if (nc.recvMbuf.text().includes("!")) nc.flags &= ~MG_F_BUFFER_BUT_DONT_SEND;
      nc.recvMbuf.clear();
    }));
    const peer = s.peer(80);
    for (const text of ["one ", "two ", "three"]) {
      peer.send(text);
      s.run(1500);
    }
    assert.equal(peer.received, "");
    peer.send("!");
    s.run();
    assert.equal(peer.received, "one two three!");
    assert.deepEqual(eventsOf(s, "A").filter((e) => e.startsWith("SEND")), ["SEND 14"]);
    s.finish();
  });

  it("holds a source back too, and gives way when cleared from outside", () => {
    const s = stage();
    let asked = 0;
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_ACCEPT) return;
      nc.flags |= MG_F_BUFFER_BUT_DONT_SEND;
      nc.sendFrom({ next: () => (asked++ < 3 ? "piece" : null) });
    }));
    const peer = s.peer(80);
    s.run(2500);
    assert.equal(asked, 0);
    (s.mgr.next() as Connection).flags &= ~MG_F_BUFFER_BUT_DONT_SEND;
    s.run(5);
    assert.equal(peer.received, "piecepiecepiece");
    s.finish();
  });

  it("does not keep SEND_AND_CLOSE from closing once it is cleared", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) {
        nc.flags |= MG_F_BUFFER_BUT_DONT_SEND | MG_F_SEND_AND_CLOSE;
        nc.send("bye");
      }
      if (ev === MG_EV_POLL && nc.listener) nc.flags &= ~MG_F_BUFFER_BUT_DONT_SEND;
    }));
    const peer = s.peer(80);
    s.run(500);
    assert.equal(peer.received, "");
    s.run(1000);
    assert.equal(peer.received, "bye");
    assert.equal(peer.state, "ended");
    s.finish();
  });

  it("drops what it holds on CLOSE_IMMEDIATELY", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_ACCEPT) return;
      nc.flags |= MG_F_BUFFER_BUT_DONT_SEND;
      nc.send("never");
      nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    }));
    const peer = s.peer(80);
    s.run();
    assert.equal(peer.received, "");
    assert.equal(eventsOf(s, "A").pop(), "CLOSE");
    s.finish();
  });
});

describe("MG_F_WANT_WRITE", () => {
  it("is set while the platform takes no output, and output goes on when it does", () => {
    const s = stage();
    let total = 0;
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev, data) => {
      if (ev === MG_EV_ACCEPT) nc.send("z".repeat(50_000));
      if (ev === MG_EV_SEND) total += data as number;
    }));
    const peer = s.peer(80);
    peer.pauseReading();
    s.run();
    const nc = s.mgr.next() as Connection;
    assert.equal(nc.flags & MG_F_WANT_WRITE, MG_F_WANT_WRITE);
    assert.ok(nc.sendMbuf.len > 0 && total < 50_000);
    peer.resumeReading();
    s.run();
    assert.equal(nc.flags & MG_F_WANT_WRITE, 0);
    assert.equal(total, 50_000);
    assert.equal(peer.receivedCount, 50_000);
    s.finish();
  });
});
