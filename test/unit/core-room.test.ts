import assert from "node:assert/strict";
import type { RawForm, SimPeer } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_ERR_POOL_EMPTY, MG_ERR_RECV_OVERFLOW } from "../../src/core/errors.js";
import { MG_EV_CLOSE, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND } from "../../src/core/events.js";
import { MG_F_WANT_READ } from "../../src/core/flags.js";
import { accepted, eventsOf, type Stage, stage } from "./core-support.js";

/** Text in which every place can be told from every other near it. */
function pattern(length: number): string {
  let out = "";
  for (let i = 0; out.length < length; i++) out += i.toString(36) + ".";
  return out.slice(0, length);
}

for (const form of ["array", "string"] as RawForm[]) {
  describe(`input and its limit (${form}s)`, () => {
    for (const limit of [1, 60, 100, 1459, 1460, 1461, 3000]) {
      it(`holds ${limit} bytes at most and makes the peer wait, losing nothing`, () => {
        const s = stage({ platform: { form } });
        let got = "";
        let most = 0;
        s.mgr.bind("tcp://:80", s.note("A", (nc, ev, data) => {
          if (ev === MG_EV_RECV) most = Math.max(most, nc.recvMbuf.len);
          if (ev === MG_EV_RECV) assert.ok((data as number) <= limit);
          if (ev !== MG_EV_POLL) return;
          got += nc.recvMbuf.text();
          nc.recvMbuf.clear();
        }), { recvMbufLimit: limit });
        const sent = pattern(limit * 5 + 7);
        const peer = s.peer(80);
        peer.send(sent);
        s.run(20_000);
        assert.equal(got, sent);
        assert.ok(most <= limit, `held ${most}`);
        assert.deepEqual(s.logs, []);
        s.finish();
      });
    }

    it("reads on at once when the handler makes room in RECV", () => {
      const s = stage({ platform: { form } });
      let got = "";
      s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
        if (ev !== MG_EV_RECV) return;
        got += nc.recvMbuf.text();
        nc.recvMbuf.clear();
      }), { recvMbufLimit: 100 });
      const sent = pattern(20_000);
      s.peer(80).send(sent);
      s.run(900);
      assert.equal(got, sent);
      s.finish();
    });

    it("reads on when somebody else makes room, or the limit is raised", () => {
      const s = stage({ platform: { form } });
      s.mgr.bind("tcp://:80", s.note("A"), { recvMbufLimit: 10 });
      s.peer(80).send("0123456789abcdefghijklmnopqrstuvwxyz");
      s.run(50);
      const nc = accepted(s.mgr)[0];
      assert.equal(nc.recvMbuf.text(), "0123456789");
      assert.equal(nc.flags & MG_F_WANT_READ, MG_F_WANT_READ);
      nc.recvMbuf.remove(4);
      s.run(1200);
      assert.equal(nc.recvMbuf.text(), "456789abcd");
      nc.recvMbufLimit = 20;
      s.run(1200);
      assert.equal(nc.recvMbuf.text(), "456789abcdefghijklmn");
      nc.recvMbufLimit = 0;
      s.run(1200);
      assert.equal(nc.recvMbuf.text(), "456789abcdefghijklmnopqrstuvwxyz");
      assert.equal(nc.flags & MG_F_WANT_READ, 0);
      s.finish();
    });

    it("is the manager's recvMaxBytes where the connection has none of its own", () => {
      for (const recvMaxBytes of [100, 1460, 2000]) {
        const s = stage({ platform: { form }, mgr: { limits: { recvMaxBytes } } });
        s.mgr.bind("tcp://:80", s.note("A"));
        s.peer(80).send("x".repeat(5000));
        s.run(3000);
        const nc = accepted(s.mgr)[0];
        assert.equal(nc.recvMbuf.len, recvMaxBytes);
        assert.equal(nc.recvMbufLimit, recvMaxBytes);
        s.finish();
      }
    });

    it("does not deliver the peer's end before its last byte was taken", () => {
      const s = stage({ platform: { form } });
      let got = "";
      let closedWith = -1;
      s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
        if (ev === MG_EV_POLL) {
          got += nc.recvMbuf.text();
          nc.recvMbuf.clear();
        }
        if (ev === MG_EV_CLOSE) closedWith = got.length + nc.recvMbuf.len;
      }), { recvMbufLimit: 50 });
      const peer = s.peer(80);
      peer.send("y".repeat(333));
      peer.fin();
      s.run(30_000);
      assert.equal(closedWith, 333);
      s.finish();
    });
  });
}

describe("nc.recvMbufLimit", () => {
  it("throws for what is no number of bytes", () => {
    const { mgr } = stage();
    const nc = mgr.add(undefined);
    for (const bytes of [-1, NaN, "100", null, undefined, 0.5, 10.5]) {
      assert.throws(() => (nc.recvMbufLimit = bytes as number), (e: Error) => e instanceof TypeError || e instanceof RangeError, String(bytes));
    }
    assert.ok(nc.recvMbufLimit > 0);
  });
});

describe("a platform that cannot make the peer wait", () => {
  it("closes the connection that holds more than its limit, with the reason, and no other", () => {
    const s = stage({ platform: { form: "string", caps: { pauseRead: false } } });
    const errs: number[] = [];
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_CLOSE) errs.push(nc.err);
    }), { recvMbufLimit: 2000 });
    const flood = s.peer(80);
    const calm = s.peer(80);
    calm.send("z".repeat(2000));
    s.run();
    flood.send("x".repeat(4000));
    s.run();
    assert.deepEqual(errs, [MG_ERR_RECV_OVERFLOW]);
    assert.equal(s.mgr.stats.overflows, 1);
    assert.equal(calm.state, "open");
    s.finish();
  });

  it("goes on with a connection whose handler uses everything", () => {
    const s = stage({ platform: { form: "string", caps: { pauseRead: false, readMaxBytes: 536 } } });
    let count = 0;
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev, data) => {
      if (ev !== MG_EV_RECV) return;
      count += data as number;
      nc.recvMbuf.clear();
    }), { recvMbufLimit: 536 });
    const peer = s.peer(80);
    peer.send("x".repeat(100_000));
    s.run(5000);
    assert.equal(count, 100_000);
    assert.equal(s.mgr.stats.overflows, 0);
    s.finish();
  });
});

/** A stage with a small pool, whose free pages are watched at every event. */
function small(options: { pages: number; pageBytes: number; readMaxBytes?: number }): { s: Stage; least: () => number } {
  const s = stage({ platform: { caps: { readMaxBytes: options.readMaxBytes ?? 1460 } }, mgr: { pages: options.pages, pageBytes: options.pageBytes } });
  return { s, least: () => s.mgr.pool.lowWater };
}

describe("a small pool", () => {
  for (const [pages, pageBytes] of [[2, 64], [4, 64], [4, 512], [8, 128], [8, 2048]]) {
    it(`of ${pages} pages of ${pageBytes} B is never overdrawn by input that stays`, () => {
      const { s, least } = small({ pages, pageBytes });
      s.mgr.bind("tcp://:80", s.note("A"));
      for (let i = 0; i < 4; i++) s.peer(80).send("x".repeat(5000));
      s.run(2000);
      // One page in hand for the event that is under way may be missing, no more.
      assert.ok(least() >= -1, `${least()} pages were free`);
      s.finish();
    });

    it(`of ${pages} pages of ${pageBytes} B is never overdrawn by an echo to peers that do not read`, () => {
      const { s, least } = small({ pages, pageBytes });
      s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
        if (ev === MG_EV_RECV || ev === MG_EV_SEND) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
      }));
      for (let i = 0; i < 4; i++) {
        const peer = s.peer(80);
        peer.pauseReading();
        peer.send("x".repeat(30_000));
      }
      s.run(2000);
      assert.ok(least() >= -1, `${least()} pages were free`);
      s.finish();
    });
  }

  it("lets input wait, and go on in turn as pages come back", () => {
    const s = stage({ mgr: { pages: 8, pageBytes: 512, limits: { pageReserve: 2 } } });
    const got = new Map<Connection, number>();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_POLL || !nc.listener) return;
      got.set(nc, (got.get(nc) ?? 0) + nc.recvMbuf.len);
      nc.recvMbuf.clear();
    }));
    for (let i = 0; i < 5; i++) s.peer(80).send("x".repeat(20_000));
    s.run(120_000);
    assert.deepEqual([...got.values()], [20_000, 20_000, 20_000, 20_000, 20_000]);
    assert.equal(s.mgr.stats.starved, 0);
    s.finish();
  });

  it("closes the longest-waiting holder of pages when the others have waited too long", () => {
    const s = stage({ mgr: { pages: 8, pageBytes: 512, limits: { starveMs: 3000, recvMaxBytes: 4096 } } });
    const errs: number[] = [];
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_CLOSE) errs.push(nc.err);
    }));
    s.mgr.bind("tcp://:81", s.note("E", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
    }));
    const hog = s.peer(80);
    hog.send("x".repeat(10_000));
    s.run(1000);
    const echo = s.peer(81);
    echo.send("still there?".repeat(50));
    s.run(20_000);
    assert.equal(echo.received, "still there?".repeat(50));
    assert.deepEqual(errs, [MG_ERR_POOL_EMPTY]);
    assert.equal(s.mgr.stats.starved, 1);
    s.finish();
  });

  it("still answers while it is full of input that waits: the reserve is for output", () => {
    const s = stage({ mgr: { pages: 8, pageBytes: 256, limits: { pageReserve: 2, starveMs: 3_600_000 } } });
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_POLL && nc.recvMbuf.len) nc.send("busy");
    }));
    const peers = [s.peer(80), s.peer(80), s.peer(80)];
    for (const peer of peers) peer.send("x".repeat(5000));
    s.run(1500);
    assert.ok(peers.every((p) => p.received.includes("busy") || p.receivedCount === 0));
    assert.ok(peers.some((p) => p.received.includes("busy")));
    s.finish();
  });

  it("cannot be held by connections that come, fill it and wait: others are served in the end", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const s = stage({ world: { seed }, mgr: { pages: 6, pageBytes: 256, limits: { starveMs: 1000, connMax: 20 } } });
      s.mgr.bind("tcp://:80", s.note("hog"));
      s.mgr.bind("tcp://:81", s.note("E", (nc, ev) => {
        if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
      }));
      const hogs: SimPeer[] = [];
      for (let i = 0; i < 4; i++) {
        const hog = s.peer(80);
        hog.send("x".repeat(3000));
        hogs.push(hog);
      }
      s.run(50);
      const echo = s.peer(81);
      echo.send("y".repeat(700));
      s.run(60_000);
      assert.equal(echo.receivedCount, 700, `seed ${seed}`);
      s.finish();
    }
  });

  it("gives everything back when its connections close in whatever state", () => {
    const s = stage({ mgr: { pages: 16, pageBytes: 128 } });
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.send(nc.recvMbuf);
    }));
    const ways: ((p: SimPeer) => void)[] = [(p) => p.fin(), (p) => p.reset(), (p) => p.close(), () => undefined, (p) => p.pauseReading()];
    ways.forEach((end, i) => {
      const peer = s.peer(80);
      if (i === 4) peer.pauseReading();
      peer.send("x".repeat(400 * (i + 1)));
      s.run(20);
      end(peer);
    });
    s.run(5000);
    assert.ok(eventsOf(s, "A").includes("CLOSE"));
    s.finish();
  });
});
