import assert from "node:assert/strict";
import type { RawForm, SimPeer } from "../../platform/sim/index.js";
import type { Connection, Source } from "../../src/core/connection.js";
import { MG_ERR_HANDLER_THREW } from "../../src/core/errors.js";
import { MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_RECV, MG_EV_SEND } from "../../src/core/events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { accepted, eventsOf, type Stage, stage, type StageOptions } from "./core-support.js";

/** A source of `total` bytes in pieces as large as it is asked for. */
function counted(total: number, log: { asked: number[]; done: boolean[] } = { asked: [], done: [] }): Source {
  let at = 0;
  return {
    next(maxBytes) {
      log.asked.push(maxBytes);
      if (at >= total) return null;
      const n = Math.min(maxBytes, total - at);
      at += n;
      return "s".repeat(n);
    },
    done: (sent) => void log.done.push(sent),
  };
}

/** Serves `start` on 80 for each connection that comes in. */
function server(start: (nc: Connection) => void, options: StageOptions = {}): Stage {
  const s = stage(options);
  s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
    if (ev === MG_EV_ACCEPT) start(nc);
  }));
  return s;
}

for (const form of ["array", "string"] as RawForm[]) {
  describe(`nc.sendFrom (${form}s)`, () => {
    it("sends what the source gives, behind what is in sendMbuf, and says when it is done", () => {
      const log = { asked: [] as number[], done: [] as boolean[] };
      const s = server((nc) => {
        nc.send("first ");
        assert.equal(nc.sendFrom(counted(100_000, log)), true);
        assert.equal(nc.hasSource, true);
      }, { platform: { form } });
      const peer = s.peer(80);
      s.run(500);
      assert.equal(peer.received, "first " + "s".repeat(100_000));
      assert.deepEqual(log.done, [true]);
      assert.ok(log.asked.every((n) => n > 0 && n <= s.platform.caps.writeMaxBytes));
      assert.equal(accepted(s.mgr)[0].hasSource, false);
      s.finish();
    });

    it("takes text as UTF-8 and bytes as they are", () => {
      const pieces: (string | Uint8Array)[] = ["h\u00e9", Uint8Array.of(0, 255, 128), "\u20ac"];
      const s = server((nc) => void nc.sendFrom({ next: () => pieces.shift() ?? null }), { platform: { form } });
      const peer = s.peer(80);
      s.run();
      assert.equal(peer.received, "h\xc3\xa9\x00\xff\x80\xe2\x82\xac");
      s.finish();
    });

    it("reports each piece with SEND, and their sum is the whole", () => {
      let sum = 0;
      const s = stage({ platform: { form } });
      s.mgr.bind("tcp://:80", s.note("A", (nc, ev, data) => {
        if (ev === MG_EV_ACCEPT) nc.sendFrom(counted(33_333));
        if (ev === MG_EV_SEND) sum += data as number;
      }));
      s.peer(80);
      s.run();
      assert.equal(sum, 33_333);
      s.finish();
    });

    it("asks no further while the peer does not read, and goes on when it does", () => {
      const log = { asked: [] as number[], done: [] as boolean[] };
      const s = server((nc) => void nc.sendFrom(counted(500_000, log)), { platform: { form } });
      const peer = s.peer(80);
      peer.pauseReading();
      s.run(5000);
      const asked = log.asked.length;
      assert.ok(asked < 6, `asked ${asked} times`);
      s.run(5000);
      assert.equal(log.asked.length, asked);
      peer.resumeReading();
      s.run(2000);
      assert.equal(peer.receivedCount, 500_000);
      assert.deepEqual(log.done, [true]);
      s.finish();
    });
  });
}

describe("a source", () => {
  it("that has nothing now is asked again when it is woken", () => {
    let ready = false;
    let asked = 0;
    const s = server((nc) => void nc.sendFrom({
      next() {
        asked++;
        if (!ready) return undefined;
        ready = false;
        return "piece ";
      },
    }));
    const peer = s.peer(80);
    s.run(20);
    assert.ok(asked <= 2);
    for (let i = 0; i < 3; i++) {
      ready = true;
      accepted(s.mgr)[0].wakeSource();
      s.run(5);
    }
    assert.equal(peer.received, "piece piece piece ");
    s.finish();
  });

  it("that gives an empty piece is not asked for ever", () => {
    for (const empty of ["", new Uint8Array(0)]) {
      let asked = 0;
      const s = server((nc) => void nc.sendFrom({ next: () => (++asked > 200 ? null : empty) }));
      s.peer(80);
      s.run(50);
      assert.ok(asked < 20, `asked ${asked} times within 50 ms`);
      s.finish();
    }
  });

  it("that throws, gives too much or gives no bytes closes its connection, and is told so", () => {
    const bad: (() => unknown)[] = [
      () => { throw new Error("disk on fire"); },
      () => "x".repeat(100_000),
      () => 42,
      () => ({}),
      () => true,
    ];
    for (const next of bad) {
      const done: boolean[] = [];
      let err = -1;
      const s = stage();
      s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
        if (ev === MG_EV_ACCEPT) nc.sendFrom({ next: next as Source["next"], done: (sent) => void done.push(sent) });
        if (ev === MG_EV_CLOSE) err = nc.err;
      }));
      const peer = s.peer(80);
      s.run();
      assert.equal(err, MG_ERR_HANDLER_THREW);
      assert.deepEqual(done, [false]);
      assert.equal(peer.received, "");
      assert.equal(s.logs.length, 1);
      s.finish();
    }
  });

  it("is told false once when its connection closes in the middle, whoever closes it", () => {
    const ways: ((s: Stage, nc: Connection, peer: SimPeer) => void)[] = [
      (_s, nc) => (nc.flags |= MG_F_CLOSE_IMMEDIATELY),
      (s) => s.mgr.free(),
      (_s, _nc, peer) => peer.reset(),
    ];
    for (const way of ways) {
      const log = { asked: [] as number[], done: [] as boolean[] };
      const s = server((nc) => void nc.sendFrom(counted(1_000_000, log)));
      const peer = s.peer(80);
      peer.pauseReading();
      s.run(50);
      way(s, accepted(s.mgr)[0], peer);
      s.run(50);
      assert.deepEqual(log.done, [false]);
      s.finish();
      assert.deepEqual(log.done, [false]);
    }
  });

  it("is told after CLOSE came, and may throw there", () => {
    const order: string[] = [];
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.sendFrom({
        next: () => undefined,
        done() {
          order.push("done");
          throw new Error("in done");
        },
      });
      if (ev === MG_EV_CLOSE) order.push("CLOSE");
    }));
    const peer = s.peer(80);
    s.run(10);
    peer.reset();
    s.run(10);
    assert.deepEqual(order, ["CLOSE", "done"]);
    assert.equal(s.mgr.stats.threw, 1);
    s.finish();
  });

  it("keeps send from mixing in, and refuses a second one", () => {
    const answers: unknown[] = [];
    const s = server((nc) => {
      nc.sendFrom(counted(20));
      answers.push(nc.send("mixed in"), nc.sendFrom(counted(5)), nc.printf("%d", 1));
    });
    const peer = s.peer(80);
    s.run();
    assert.deepEqual(answers, [0, false, 0]);
    assert.equal(peer.received, "s".repeat(20));
    s.finish();
  });

  it("lets SEND_AND_CLOSE wait for its end", () => {
    const s = server((nc) => {
      nc.sendFrom(counted(200_000));
      nc.flags |= MG_F_SEND_AND_CLOSE;
    });
    const peer = s.peer(80);
    s.run(1000);
    assert.equal(peer.receivedCount, 200_000);
    assert.equal(peer.state, "ended");
    s.finish();
  });

  it("may be followed by another, by output and by closing, in its done", () => {
    const s = server((nc) => void nc.sendFrom({
      ...counted(10),
      done() {
        nc.send("-then-");
        nc.sendFrom({
          ...counted(10),
          done() {
            nc.send("-end");
            nc.flags |= MG_F_SEND_AND_CLOSE;
          },
        });
      },
    }));
    const peer = s.peer(80);
    s.run(2500);
    assert.equal(peer.received, "ssssssssss-then-ssssssssss-end");
    assert.equal(peer.state, "ended");
    s.finish();
  });

  it("may close its connection, free the manager or send from inside next", () => {
    const acts: ((nc: Connection) => void)[] = [
      (nc) => (nc.flags |= MG_F_CLOSE_IMMEDIATELY),
      (nc) => nc.mgr.free(),
      (nc) => assert.equal(nc.send("from next"), 0),
      (nc) => assert.equal(nc.sendFrom(counted(1)), false),
    ];
    for (const act of acts) {
      const done: boolean[] = [];
      let count = 0;
      const s = server((nc) => void nc.sendFrom({
        next() {
          if (count++ > 3) return null;
          act(nc);
          return "abc";
        },
        done: (sent) => void done.push(sent),
      }));
      s.peer(80);
      s.run();
      assert.equal(done.length, 1);
      assert.deepEqual(s.logs, []);
      s.finish();
    }
  });

  it("waits for pages where the pool is empty, and goes on when there are some", () => {
    const s = stage({ mgr: { pages: 4, pageBytes: 128, limits: { starveMs: 600_000 } } });
    const hold = s.mgr.mbuf();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.sendFrom(counted(5000));
    }));
    const peer = s.peer(80);
    s.run(10);
    assert.equal(hold.append("x".repeat(512)), 512);
    accepted(s.mgr)[0].sendFrom(counted(5000));
    s.run(3000);
    assert.equal(peer.received, "");
    hold.clear();
    s.run(3000);
    assert.equal(peer.receivedCount, 5000);
    s.finish();
  });

  it("loses no piece when its own next uses up the pages it was asked to fill", () => {
    const s = stage({ mgr: { pages: 8, pageBytes: 64, limits: { starveMs: 600_000 } } });
    const hold = s.mgr.mbuf();
    let count = 0;
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_ACCEPT) return;
      nc.sendFrom({
        next() {
          if (count === 10) return null;
          while (hold.append("h".repeat(64)));
          s.world.after(50, () => hold.clear());
          return String(count++).repeat(60);
        },
      });
    }));
    const peer = s.peer(80);
    s.run(20_000);
    assert.equal(peer.received, [..."0123456789"].map((c) => c.repeat(60)).join(""));
    s.finish();
  });

  it("sent before CONNECT goes out behind it", () => {
    const s = stage();
    let got = 0;
    s.world.listenPeer("10.0.0.9", 7, (peer) => s.world.after(50, () => (got = peer.receivedCount)));
    const nc = s.mgr.connect("10.0.0.9:7", s.note("C"));
    nc.send("head ");
    assert.equal(nc.sendFrom(counted(3000)), true);
    s.run();
    assert.equal(got, 3005);
    assert.equal(eventsOf(s, "C")[0], "CONNECT 0");
    s.finish();
  });

  it("cannot be begun on a connection that is over", () => {
    const s = server((nc) => (nc.flags |= MG_F_CLOSE_IMMEDIATELY));
    const peer = s.peer(80);
    s.run(5);
    let late: Connection | undefined;
    s.mgr.bind("tcp://:81", s.note("B", (nc, ev) => {
      if (ev === MG_EV_CLOSE && nc.listener) {
        late = nc;
        assert.equal(nc.sendFrom(counted(5)), false);
      }
    }));
    const other = s.peer(81);
    s.run(10);
    other.reset();
    s.run(10);
    assert.equal(late?.sendFrom(counted(5)), false);
    late?.wakeSource();
    assert.equal(peer.received, "");
    s.finish();
  });
});
