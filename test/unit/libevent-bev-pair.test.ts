import assert from "node:assert/strict";
import {
  BEV_FINISHED, BEV_FLUSH, BEV_NORMAL, BEV_OPT_UNLOCK_CALLBACKS, type BufferEvent, buffereventPairGetPartner, buffereventPairNew, EV_READ, EV_WRITE,
  EventBase,
} from "../../src/libevent/index.js";
import { type Acts, enabledText, type EvStage, evStage, HOSTS } from "./libevent-support.js";

/** Two sides that note. */
function pairOf(st: EvStage, left: Acts = {}, right: Acts = {}): [BufferEvent, BufferEvent] {
  const pair = buffereventPairNew(st.base, 0) as [BufferEvent, BufferEvent];
  st.watch(pair[0], "left", left);
  st.watch(pair[1], "right", right);
  return pair;
}

for (const name of Object.keys(HOSTS)) {
  const platform = HOSTS[name];
  describe(`a pair of bufferevents, on ${name}`, () => {
    it("brings what one writes to the other once that reads, with deferred callbacks", () => {
      const st = evStage({ platform });
      const [left, right] = pairOf(st, {}, { read: (b) => st.said.push(b.getInput().text()) });
      assert.equal(buffereventPairGetPartner(left), right);
      assert.equal(buffereventPairGetPartner(right), left);
      assert.equal(left.getFd(), undefined);
      assert.equal(left.getUnderlying(), undefined);
      assert.equal(enabledText(left), "WRITE");
      assert.equal(left.write("hello"), 0);
      st.run();
      assert.deepEqual(st.said, []);
      assert.equal(right.getInput().getLength(), 0);
      right.enable(EV_READ);
      assert.equal(right.getInput().getLength(), 5);
      assert.deepEqual(st.said, [], "called inside enable");
      st.run();
      assert.deepEqual(st.said, ["right read 5", "hello", "left wrote"]);
      st.finish();
    });

    it("holds output back while writing is disabled", () => {
      const st = evStage({ platform });
      const [left, right] = pairOf(st);
      right.enable(EV_READ);
      left.disable(EV_WRITE);
      left.write("x");
      st.run();
      assert.equal(right.getInput().getLength(), 0);
      left.enable(EV_WRITE);
      st.run();
      assert.deepEqual(st.said, ["right read 1", "left wrote"]);
      st.finish();
    });

    it("stops at the high watermark of the reader, and moves on at once when that takes something", () => {
      const st = evStage({ platform });
      const [left, right] = pairOf(st);
      right.setWatermark(EV_READ, 0, 4);
      right.enable(EV_READ);
      left.write("abcdefgh");
      assert.equal(right.getInput().getLength(), 4);
      assert.equal(left.getOutput().getLength(), 4);
      right.getInput().drain(4);
      assert.equal(right.getInput().text(), "efgh");
      st.run(1000);
      assert.ok(st.said.length <= 3, "called again and again");
      st.finish();
    });

    it("brings everything through a narrow window in both directions", () => {
      const st = evStage({ platform });
      let got = "";
      const text = "0123456789".repeat(200);
      const [left, right] = pairOf(st, {}, { read: (b) => {
        assert.ok(b.getInput().getLength() >= 10 && b.getInput().getLength() <= 20);
        got += b.getInput().text();
        b.getInput().drain(20);
      } });
      right.setWatermark(EV_READ, 10, 20);
      left.setWatermark(EV_WRITE, 100, 2000);
      right.enable(EV_READ);
      left.write(text);
      st.run(5000);
      assert.ok(got === text, `${got.length} bytes of ${text.length}`);
      st.finish();
    });

    it("flushes: NORMAL nothing, FLUSH past the watermark, FINISHED also tells the partner", () => {
      const st = evStage({ platform });
      const [left, right] = pairOf(st);
      right.setWatermark(EV_READ, 0, 2);
      left.write("abcd");
      assert.equal(left.flush(EV_WRITE, BEV_NORMAL), 0);
      assert.equal(right.getInput().getLength(), 0);
      assert.equal(left.flush(EV_WRITE, BEV_FLUSH), 0);
      assert.equal(right.getInput().getLength(), 4, "whether it reads or not");
      st.run();
      assert.deepEqual(st.said.splice(0), ["right read 4", "left wrote"]);
      left.write("last");
      assert.equal(left.flush(EV_WRITE, BEV_FINISHED), 0);
      st.run();
      assert.deepEqual(st.said.splice(0), ["right read 8", "right READING|EOF", "left wrote"]);
      right.write("from right");
      left.flush(EV_READ, BEV_FINISHED);
      st.run();
      assert.equal(left.getInput().text(), "from right");
      assert.ok(st.said.includes("right WRITING|EOF"));
      st.finish();
    });

    it("tells a side that reads of the end when the other is freed, after what came before", () => {
      const st = evStage({ platform });
      const [left, right] = pairOf(st);
      right.enable(EV_READ);
      left.write("last");
      left.free();
      assert.equal(buffereventPairGetPartner(right), undefined);
      assert.equal(right.flush(EV_WRITE, BEV_FLUSH), -1);
      st.run();
      assert.deepEqual(st.said, ["right read 4", "right READING|EOF"]);
      assert.equal(enabledText(right), "WRITE");
      right.enable(EV_READ);
      st.run();
      assert.equal(st.said.length, 2, "told twice");
      st.finish();
    });

    it("tells a side that does not read when it begins to", () => {
      const st = evStage({ platform });
      const [left, right] = pairOf(st);
      left.free();
      st.run();
      assert.deepEqual(st.said, []);
      right.enable(EV_READ);
      st.run();
      assert.deepEqual(st.said, ["right READING|EOF"]);
      st.finish();
    });

    it("can be freed in any callback, both sides at once", () => {
      for (const which of ["read", "write", "event"] as const) {
        const st = evStage({ platform });
        const pair: BufferEvent[] = [];
        const both = { [which]: () => pair.forEach((p) => p.free()) };
        pair.push(...pairOf(st, both, both));
        pair[0].enable(EV_READ);
        pair[1].enable(EV_READ);
        pair[0].write("x");
        if (which === "event") pair[0].flush(EV_WRITE, BEV_FINISHED);
        st.run();
        assert.ok(st.said.length >= 1 && st.said.length <= 2, st.said.join());
        st.finish();
      }
    });

    it("ends the side whose callback throws: reported once, and the partner gets the end", () => {
      const st = evStage({ platform });
      const [left, right] = pairOf(st, {}, { read: () => { throw new Error("in a pair"); } });
      left.enable(EV_READ);
      right.enable(EV_READ);
      left.write("x");
      st.run();
      assert.deepEqual(st.said, ["right read 1", "left wrote", "left READING|EOF", "right READING|ERROR"]);
      assert.equal(st.s.logs.filter((line) => line.includes("in a pair")).length, 1);
      st.finish();
    });

    it("plays ping-pong without deepening the stack", () => {
      const st = evStage({ platform });
      let count = 0;
      const bounce = { read: (b: BufferEvent) => { if (++count < 2000) b.writeBuffer(b.getInput()); } };
      const [left, right] = pairOf(st, bounce, bounce);
      left.enable(EV_READ);
      right.enable(EV_READ);
      left.write("ball");
      st.run(5000);
      assert.equal(count, 2000);
      st.finish();
    });
  });
}

describe("a pair and the loop", () => {
  it("runs out of events when both have said what they had to", () => {
    const st = evStage();
    st.base.loopbreak();
    st.run();
    const [left, right] = pairOf(st);
    right.enable(EV_READ);
    left.write("x");
    const results: number[] = [];
    st.base.dispatch((r) => results.push(r));
    st.run();
    assert.deepEqual(st.said, ["right read 1", "left wrote"]);
    assert.deepEqual(results, [1]);
    st.finish();
  });

  it("takes UNLOCK_CALLBACKS, since callbacks are deferred anyway; other bits throw", () => {
    const st = evStage();
    const pair = buffereventPairNew(st.base, BEV_OPT_UNLOCK_CALLBACKS) as [BufferEvent, BufferEvent];
    pair.forEach((p) => p.free());
    assert.throws(() => buffereventPairNew(st.base, 64), /Options/);
    assert.equal(buffereventPairGetPartner(st.connected("b").bev), undefined);
    st.finish();
  });

  it("does not need the manager to have connections", () => {
    const st = evStage();
    assert.ok(st.base instanceof EventBase);
    const pair = pairOf(st);
    assert.equal(st.s.mgr.list().length, 1, "only the base's own");
    pair.forEach((p) => p.free());
    st.finish();
  });
});
