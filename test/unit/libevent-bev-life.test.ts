import assert from "node:assert/strict";
import { MG_ERR_EVICTED, MG_ERR_HANDLER_THREW, MG_ERR_RESET } from "../../src/core/errors.js";
import {
  BEV_EVENT_EOF, BEV_EVENT_READING, BEV_EVENT_TIMEOUT, BEV_OPT_CLOSE_ON_FREE, BEV_OPT_DEFER_CALLBACKS, BEV_TRIG_DEFER_CALLBACKS, BEV_TRIG_IGNORE_WATERMARKS,
  type BufferEvent, EV_READ, EV_WRITE, EvBuffer, EVBUFFER_EOL_LF, EventBase, type EvSocket, evutilSocketGeterror,
} from "../../src/libevent/index.js";
import { starve } from "../../src/core/room.js";
import { type Acts, enabledText, evStage, HERE, HOSTS, THERE } from "./libevent-support.js";

const DEFERRED = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;

for (const name of Object.keys(HOSTS)) {
  const platform = HOSTS[name];
  const seesAll = platform.caps === undefined;
  describe(`the life of a bufferevent, on ${name}`, () => {
    for (const options of [BEV_OPT_CLOSE_ON_FREE, DEFERRED]) {
      for (const which of ["read", "write", "event"] as const) {
        it(`may end in its ${which} callback${options === DEFERRED ? ", deferred" : ""}: nothing follows, output is dropped, the peer sees the end`, () => {
          const st = evStage({ platform });
          const acts: Acts = { [which]: (b: BufferEvent) => { b.write("never"); b.free(); b.free(); } };
          const { bev, peer } = st.connected("b", acts, options);
          bev.enable(EV_READ);
          if (which === "write") bev.write("w");
          else peer.send("abc");
          if (which === "event") peer.fin();
          st.run(1000);
          const last = { read: "b read 3", write: "b wrote", event: "b READING|EOF" }[which];
          assert.equal(st.said[st.said.length - 1], last);
          assert.equal(peer.received, which === "write" ? "w" : "");
          assert.notEqual(peer.state, "open");
          const count = st.said.length;
          peer.send("more");
          st.run(1000);
          assert.equal(st.said.length, count);
          st.finish();
        });
      }
    }

    it("sends what the platform has taken although it is freed in the write callback", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", { write: (b) => { if (!b.getOutput().getLength()) b.free(); } });
      bev.write("Now is the time for all good events");
      st.run(1000);
      assert.equal(peer.received, "Now is the time for all good events");
      assert.equal(peer.state, "ended");
      st.finish();
    });

    it("calls nothing that was taken away, nothing at all without callbacks", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", {}, DEFERRED);
      bev.enable(EV_READ);
      const all = bev.getCb();
      assert.equal(typeof all.readcb, "function");
      peer.send("x");
      st.run(0);
      bev.setCb(null, null, null, "arg");
      assert.deepEqual(bev.getCb(), { readcb: undefined, writecb: undefined, eventcb: undefined, arg: "arg" });
      bev.write("y");
      peer.fin();
      st.run(1000);
      assert.deepEqual(st.said, []);
      assert.equal(bev.getInput().text(), "x");
      st.finish();
    });

    it("does not come back when it was freed with a callback due", () => {
      const st = evStage({ platform });
      const { bev } = st.connected("b", {}, DEFERRED);
      bev.trigger(EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
      bev.triggerEvent(BEV_EVENT_TIMEOUT, 0);
      bev.free();
      st.run();
      assert.deepEqual(st.said, []);
      assert.equal(bev.enable(EV_READ), -1);
      st.finish();
    });

    it("lives until its last reference is gone", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      bev.incref();
      bev.free();
      st.run();
      assert.equal(peer.state, "open");
      bev.write("still here");
      st.run();
      assert.equal(peer.received, "still here");
      assert.equal(bev.decref(), 1);
      assert.equal(bev.decref(), 0);
      st.run();
      assert.equal(peer.state, "ended");
      st.finish();
    });

    it("hears of a reset as an error of reading, where the platform sees it, after what came before", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      bev.enable(EV_READ);
      peer.send("abc");
      st.run();
      peer.reset();
      st.run();
      assert.deepEqual(st.said, ["b read 3", seesAll ? "b READING|ERROR" : "b READING|EOF"]);
      assert.equal(evutilSocketGeterror(bev.getFd()), seesAll ? MG_ERR_RESET : 0);
      assert.equal(enabledText(bev), "WRITE");
      bev.write("to nobody");
      st.run();
      assert.equal(st.said[2], "b WRITING|ERROR");
      assert.equal(enabledText(bev), "nothing");
      st.run(3000);
      assert.equal(st.said.length, 3);
      st.finish();
    });

    it("that knows of the end hears of a reset when output is left", () => {
      if (!seesAll) return; // there the end is the end of everything
      const st = evStage({ platform, world: { sendBufferBytes: 500, windowBytes: 500 } });
      const { bev, peer } = st.connected("b");
      bev.enable(EV_READ);
      peer.pauseReading();
      peer.fin();
      for (let i = 0; i < 5; i++) {
        bev.write("x".repeat(400));
        st.run(10);
      }
      peer.reset();
      st.run();
      assert.deepEqual(st.said.filter((line) => line !== "b wrote"), ["b READING|EOF", "b WRITING|ERROR"]);
      st.finish();
    });

    it("may lose its connection in its read callback to another bufferevent", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", { read(b) {
        const fd = b.getFd() as EvSocket;
        b.setFd(undefined);
        st.socket("next", fd).enable(EV_READ);
      } });
      bev.setMaxSingleRead(2);
      bev.enable(EV_READ);
      peer.send("abcdef");
      st.run();
      assert.deepEqual(st.said.filter((line) => line.includes("read")), ["b read 2", "next read 4"]);
      st.finish();
    });

    it("may change its connection in its write callback: what is left goes to the next one", () => {
      const st = evStage({ platform: { ...platform, caps: { ...platform.caps, writeMaxBytes: 100 } } });
      const other = st.connected("other");
      const next = other.bev.getFd() as EvSocket;
      other.bev.setFd(null);
      const { bev, peer } = st.connected("b", { write(b) {
        if (b.getFd() !== next) b.replaceFd(next);
      } });
      bev.setWatermark(EV_WRITE, 1000, 0);
      bev.write("x".repeat(300));
      st.run(1000);
      assert.deepEqual([peer.received.length, other.peer.received.length], [100, 200]);
      st.finish();
    });

    it("may give its connection away in its write callback, to one that has something to write", () => {
      const st = evStage({ platform });
      const heir = st.socket("heir", null);
      heir.write("more");
      const { bev, peer } = st.connected("b", { write(b) {
        const fd = b.getFd();
        b.setFd(null);
        heir.setFd(fd);
      } });
      bev.write("first ");
      st.run(1000);
      assert.equal(peer.received, "first more");
      st.finish();
    });

    it("sends what its connection was given before it had it, first", () => {
      const st = evStage({ platform });
      const fds: EvSocket[] = [];
      st.listen(80, (fd) => fds.push(fd));
      const peer = st.s.world.connectPeer(THERE, HERE, 80);
      st.run();
      fds[0].send("before ");
      const bev = st.socket("b", null);
      bev.write("after");
      bev.setFd(fds[0]);
      st.run();
      assert.equal(peer.received, "before after");
      st.finish();
    });

    it("has an empty input that is like a new one when its pages were taken away", () => {
      const st = evStage({ platform, mgr: { limits: { starveMs: 1000 } } });
      const { bev, peer } = st.connected("b");
      const told: string[] = [];
      bev.getInput().addCb((_buf, info) => told.push(`${info.nAdded} ${info.nDeleted}`));
      bev.enable(EV_READ);
      peer.send("half a line");
      st.run();
      assert.equal(bev.getInput().readln(EVBUFFER_EOL_LF), undefined);
      const hog = new EvBuffer(st.base);
      while (hog.add("x") === 0);
      starve(bev.getFd() as EvSocket);
      st.run(60_000);
      assert.deepEqual([st.said.pop(), told], ["b READING|ERROR", ["11 0", "0 11"]]);
      hog.free();
      const other = st.connected("other");
      const fd = other.bev.getFd();
      other.bev.setFd(null);
      bev.replaceFd(fd);
      bev.enable(EV_READ);
      other.peer.send("a\nb\n");
      st.run();
      assert.equal(bev.getInput().readln(EVBUFFER_EOL_LF), "a");
      st.finish();
    });

    it("not reading, hears of a reset when it writes or when it reads", () => {
      const st = evStage({ platform });
      const one = st.connected("one");
      const two = st.connected("two");
      one.peer.reset();
      two.peer.reset();
      st.run(3000);
      one.bev.write("x");
      st.run();
      two.bev.enable(EV_READ);
      st.run();
      if (seesAll) assert.deepEqual(st.said, ["one WRITING|ERROR", "two READING|ERROR"]);
      else assert.deepEqual(st.said, ["one WRITING|ERROR", "two READING|EOF"]);
      st.finish();
    });

    it("whose callback throws loses its connection, hears of it once, and the base goes on", () => {
      const throwing = { read: () => { throw new Error("in a callback"); } };
      for (const options of [BEV_OPT_CLOSE_ON_FREE, DEFERRED]) {
        const st = evStage({ platform });
        const bad = st.connected("bad", throwing, options);
        const good = st.connected("good");
        bad.bev.enable(EV_READ);
        good.bev.enable(EV_READ);
        bad.peer.send("x");
        st.run();
        good.peer.send("y");
        bad.peer.send("z");
        st.run(1000);
        assert.deepEqual(st.said, ["bad read 1", "bad READING|ERROR", "good read 1"]);
        assert.equal(evutilSocketGeterror(bad.bev.getFd()), MG_ERR_HANDLER_THREW);
        assert.notEqual(bad.peer.state, "open");
        assert.equal(st.s.logs.filter((line) => line.includes("in a callback")).length, 1);
        st.finish();
      }
    });

    it("whose event callback throws as well is left alone", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", { read: () => { throw new Error("first"); }, event: () => { throw new Error("second"); } });
      bev.enable(EV_READ);
      peer.send("x");
      st.run(3000);
      assert.deepEqual(st.said, ["b read 1", "b READING|ERROR"]);
      assert.equal(st.s.logs.length, 2);
      st.finish();
    });

    it("closed by us to make room hears of it, whatever is enabled", () => {
      const st = evStage({ platform, mgr: { limits: { connMax: 1, evictIdleMs: 1000 } } });
      const { bev } = st.connected("old");
      st.run(5000);
      const young = st.connected("young");
      assert.deepEqual(st.said, ["old WRITING|ERROR"]);
      assert.equal(evutilSocketGeterror(bev.getFd()), MG_ERR_EVICTED);
      assert.equal(young.peer.state, "open");
      st.finish();
    });

    it("triggers callbacks at once, with and without watermarks, or deferred", () => {
      const st = evStage({ platform });
      const { bev } = st.connected("b");
      bev.setWatermark(EV_READ, 1, 0);
      bev.trigger(EV_READ, 0);
      assert.deepEqual(st.said.splice(0), [], "the watermark is not reached");
      bev.trigger(EV_READ | EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS);
      assert.deepEqual(st.said.splice(0), ["b read 0", "b wrote"]);
      bev.triggerEvent(BEV_EVENT_READING | BEV_EVENT_EOF, 0);
      assert.deepEqual(st.said.splice(0), ["b READING|EOF"]);
      bev.trigger(EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
      bev.triggerEvent(BEV_EVENT_TIMEOUT, BEV_TRIG_DEFER_CALLBACKS);
      assert.deepEqual(st.said, []);
      st.run();
      assert.deepEqual(st.said, ["b read 0", "b TIMEOUT"]);
      st.finish();
    });

    it("deferred, tells in one go what happened in one turn: read, wrote, then the rest together", () => {
      const st = evStage({ platform });
      const { bev } = st.connected("b", {}, DEFERRED);
      bev.triggerEvent(BEV_EVENT_TIMEOUT, 0);
      bev.trigger(EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS);
      bev.triggerEvent(BEV_EVENT_READING | BEV_EVENT_EOF, 0);
      bev.trigger(EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
      bev.triggerEvent(0x80, 0);
      st.run();
      assert.deepEqual(st.said, ["b CONNECTED", "b read 0", "b wrote", "b READING|EOF|TIMEOUT"]);
      st.finish();
    });

    it("with a priority takes its turn: the more urgent first", () => {
      const st = evStage({ platform });
      const low = st.connected("low");
      const high = st.connected("high");
      assert.deepEqual([low.bev.getPriority(), low.bev.prioritySet(3)], [0, -1]);
      const base = new EventBase(st.s.mgr);
      base.priorityInit(3);
      low.bev.baseSet(base);
      high.bev.baseSet(base);
      assert.deepEqual([low.bev.prioritySet(2), high.bev.prioritySet(0), low.bev.getPriority()], [0, 0, 2]);
      low.bev.enable(EV_READ);
      high.bev.enable(EV_READ);
      low.peer.send("l");
      high.peer.send("h");
      st.run();
      base.dispatch();
      st.run();
      assert.deepEqual(st.said, ["high read 1", "low read 1"]);
      low.bev.free();
      high.bev.free();
      base.free();
      st.finish();
    });
  });
}

describe("a bufferevent and the loop", () => {
  it("keeps the loop going while it reads, or has something to write, and no longer", () => {
    const st = evStage();
    const { bev, peer } = st.connected("b");
    st.base.loopbreak();
    st.run();
    const results: number[] = [];
    bev.enable(EV_READ);
    st.base.dispatch((r) => results.push(r));
    st.run(3000);
    assert.equal(results.length, 0);
    peer.send("x");
    st.run();
    bev.disable(EV_READ);
    st.run();
    assert.deepEqual(results, [1]);
    bev.write("y");
    st.base.dispatch((r) => results.push(r));
    st.run();
    assert.deepEqual(results, [1, 1]);
    assert.equal(peer.received, "y");
    st.finish();
  });

  it("says nothing while the loop is over, and what came meanwhile when it runs again", () => {
    const st = evStage();
    const { bev, peer } = st.connected("b");
    bev.enable(EV_READ);
    st.base.loopbreak();
    st.run();
    peer.send("abc");
    peer.fin();
    st.run(3000);
    assert.deepEqual(st.said, []);
    st.base.dispatch();
    st.run();
    assert.deepEqual(st.said, ["b read 3", "b READING|EOF"]);
    st.finish();
  });

  it("is triggered at once also while the loop is over, since the program asks for it", () => {
    const st = evStage();
    const { bev } = st.connected("b");
    st.base.loopbreak();
    st.run();
    bev.trigger(EV_WRITE, 0);
    bev.triggerEvent(BEV_EVENT_TIMEOUT, 0);
    assert.deepEqual(st.said, ["b wrote", "b TIMEOUT"]);
    st.finish();
  });

  it("lives and dies with a base that drives its own manager, too", () => {
    const st = evStage();
    const base = new EventBase(st.s.world.platform({ host: "10.0.0.3" }));
    assert.equal(base.dispatch(), 0);
    base.free();
    st.finish();
  });
});
