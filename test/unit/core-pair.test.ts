import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_RECV, MG_EV_SEND } from "../../src/core/events.js";
import { MG_F_BUFFER_BUT_DONT_SEND, MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { eventsOf, stage } from "./core-support.js";

for (const form of ["array", "string"] as RawForm[]) {
  describe(`a pair in memory (${form}s)`, () => {
    it("gives to each end what the other sends, with SEND for the one and RECV for the other", () => {
      const s = stage({ platform: { form } });
      const [a, b] = s.mgr.pair(s.note("a"), s.note("b"));
      a.send("h\u00e9llo");
      b.send(Uint8Array.of(0, 255));
      s.run(5);
      assert.equal(b.recvMbuf.text(), "h\u00e9llo");
      assert.deepEqual([...a.recvMbuf.slice()], [0, 255]);
      assert.deepEqual(s.events.slice().sort(), ["a RECV 2", "a SEND 6", "b RECV 6", "b SEND 2"]);
      s.finish();
    });

    it("moves nothing inside send, and everything within a pass or two", () => {
      const s = stage({ platform: { form } });
      const [a, b] = s.mgr.pair(s.note("a"), s.note("b"));
      a.send("x");
      assert.equal(b.recvMbuf.len, 0);
      assert.deepEqual(s.events, []);
      s.run(2);
      assert.equal(b.recvMbuf.len, 1);
      s.finish();
    });

    it("plays ping-pong for as long as both go on", () => {
      const s = stage({ platform: { form } });
      let count = 0;
      const bounce = (nc: Connection, ev: number): void => {
        if (ev !== MG_EV_RECV || ++count > 500) return;
        nc.recvMbuf.remove(nc.send(nc.recvMbuf));
      };
      const [a] = s.mgr.pair(s.note("a", bounce), s.note("b", bounce));
      a.send("ball");
      s.run(50);
      assert.equal(count, 501);
      s.finish();
    });

    it("holds no more than the receiver's limit, waits without turning in a circle, and loses nothing", () => {
      const s = stage({ platform: { form } });
      const [a, b] = s.mgr.pair(s.note("a"), s.note("b"));
      b.recvMbufLimit = 10;
      const sent = "0123456789abcdefghijklmnopqrstuvwxyz";
      a.send(sent);
      let got = "";
      for (let i = 0; i < 10; i++) {
        s.run(1500);
        assert.ok(b.recvMbuf.len <= 10);
        got += b.recvMbuf.text();
        b.recvMbuf.clear();
      }
      assert.equal(got, sent);
      s.finish();
    });

    it("loses nothing when the pool is short", () => {
      const s = stage({ platform: { form }, mgr: { pages: 4, pageBytes: 64, limits: { starveMs: 600_000 } } });
      const [a, b] = s.mgr.pair(s.note("a"), s.note("b"));
      b.recvMbufLimit = 50;
      let sent = "";
      let got = "";
      const hold = s.mgr.mbuf();
      for (let i = 0; i < 60; i++) {
        const piece = String.fromCharCode(97 + (i % 26)).repeat(1 + (i * 7) % 40);
        if (a.send(piece)) sent += piece;
        if (i % 7 === 0) hold.append("h".repeat(64));
        if (i % 11 === 0) hold.clear();
        s.run(i % 3 === 0 ? 1100 : 3);
        got += b.recvMbuf.text();
        b.recvMbuf.clear();
      }
      hold.clear();
      for (let i = 0; i < 20; i++) {
        s.run(1100);
        got += b.recvMbuf.text();
        b.recvMbuf.clear();
      }
      assert.equal(got, sent);
      s.finish();
    });

    it("closes the other end when one closes", () => {
      const s = stage({ platform: { form } });
      const [a] = s.mgr.pair(s.note("a"), s.note("b"));
      a.flags |= MG_F_CLOSE_IMMEDIATELY;
      s.run(10);
      assert.deepEqual(s.events, ["a CLOSE", "b CLOSE"]);
      s.finish();
    });

    it("lets the other end have everything before it closes by SEND_AND_CLOSE", () => {
      const s = stage({ platform: { form } });
      let got = "";
      const [a] = s.mgr.pair(s.note("a"), s.note("b", (nc, ev) => {
        if (ev === MG_EV_RECV) got = nc.recvMbuf.text();
      }));
      a.send("the last words");
      a.flags |= MG_F_SEND_AND_CLOSE;
      s.run(50);
      assert.equal(got, "the last words");
      assert.deepEqual(s.events.filter((e) => e.endsWith("CLOSE")), ["a CLOSE", "b CLOSE"]);
      s.finish();
    });

    it("sends from a source", () => {
      const s = stage({ platform: { form } });
      let left = 50;
      const done: boolean[] = [];
      let got = 0;
      const [a] = s.mgr.pair(s.note("a"), s.note("b", (nc, ev, data) => {
        if (ev !== MG_EV_RECV) return;
        got += data as number;
        nc.recvMbuf.clear();
      }));
      const isTaken = a.sendFrom({ next: (max) => (left-- > 0 ? "x".repeat(Math.min(max, 100)) : null), done: (sent) => void done.push(sent) });
      s.run(5000);
      // Either a pair has sources, or it says at once that it has none.
      assert.deepEqual([got, done], isTaken ? [5000, [true]] : [0, []]);
      s.finish();
    });

    it("holds back what is corked", () => {
      const s = stage({ platform: { form } });
      const [a, b] = s.mgr.pair(s.note("a"), s.note("b"));
      a.flags |= MG_F_BUFFER_BUT_DONT_SEND;
      a.send("wait");
      s.run(2500);
      assert.equal(b.recvMbuf.len, 0);
      a.flags &= ~MG_F_BUFFER_BUT_DONT_SEND;
      s.run(10);
      assert.equal(b.recvMbuf.text(), "wait");
      s.finish();
    });

    it("survives handlers that throw, close and free in the middle", () => {
      const acts: ((nc: Connection) => void)[] = [
        () => { throw new Error("in RECV"); },
        (nc) => (nc.flags |= MG_F_CLOSE_IMMEDIATELY),
        (nc) => nc.mgr.free(),
      ];
      for (const act of acts) {
        for (const on of [MG_EV_RECV, MG_EV_SEND]) {
          const s = stage({ platform: { form } });
          const handler = (nc: Connection, ev: number): void => {
            if (ev === on) act(nc);
          };
          const [a, b] = s.mgr.pair(s.note("a", handler), s.note("b", handler));
          a.send("x");
          b.send("y");
          s.run(50);
          assert.deepEqual(s.events.filter((e) => e.endsWith("CLOSE")).sort(), ["a CLOSE", "b CLOSE"]);
          s.finish();
        }
      }
    });
  });
}

describe("a connection without a socket", () => {
  it("has timers, POLL and CLOSE only, and takes no output it cannot send", () => {
    const s = stage();
    const nc = s.mgr.add(s.note("T"), { userData: 5 });
    assert.equal(nc.userData, 5);
    assert.equal(nc.send("to nobody"), 0);
    nc.flags |= MG_F_SEND_AND_CLOSE;
    s.run(2000);
    assert.deepEqual(eventsOf(s, "T"), ["CLOSE"]);
    s.finish();
  });
});
