import assert from "node:assert/strict";
import { BEV_OPT_CLOSE_ON_FREE, type BufferEvent, buffereventFilterNew, buffereventPairNew, EV_READ, EV_WRITE } from "../../src/libevent/index.js";
import { enabledText, type EvStage, evStage, HOSTS, THERE } from "./libevent-support.js";

/** Notes when each event comes, in milliseconds since now. */
function timed(st: EvStage): (bev: BufferEvent) => void {
  const from = st.s.platform.now();
  return () => st.said.push(`at ${Math.round(st.s.platform.now() - from)}`);
}

for (const name of Object.keys(HOSTS)) {
  const platform = HOSTS[name];
  describe(`timeouts of a bufferevent, on ${name}`, () => {
    it("disable reading only, and come again when it is enabled again", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      st.watch(bev, "b", { event: timed(st) });
      bev.setTimeouts(0.15, null);
      bev.enable(EV_READ);
      st.run(1000);
      assert.deepEqual(st.said.splice(0), ["b READING|TIMEOUT", "at 150"]);
      assert.equal(enabledText(bev), "WRITE");
      peer.send("late");
      st.run();
      assert.deepEqual(st.said, []);
      bev.enable(EV_READ);
      st.run(1000);
      assert.deepEqual(st.said.splice(0), ["b read 4", "b READING|TIMEOUT", "at 1250"]);
      bev.write("still works");
      st.run();
      assert.equal(peer.received, "still works");
      st.finish();
    });

    it("begin anew with each byte, and with each enable", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      bev.setTimeouts(0.2, null);
      bev.enable(EV_READ);
      for (let i = 0; i < 10; i++) {
        st.run(100);
        peer.send("x");
      }
      assert.ok(st.said.every((line) => line.startsWith("b read")), st.said.join());
      for (let i = 0; i < 10; i++) {
        st.run(100);
        bev.enable(EV_READ);
      }
      assert.ok(!st.said.includes("b READING|TIMEOUT"));
      st.run(250);
      assert.equal(st.said.pop(), "b READING|TIMEOUT");
      st.finish();
    });

    it("for reading rest while reading is disabled or held by the high watermark", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      bev.setTimeouts(0.2, 0.2);
      st.run(1000);
      bev.setWatermark(EV_READ, 0, 4);
      bev.enable(EV_READ);
      peer.send("abcdefgh");
      st.run(1000);
      assert.deepEqual(st.said.splice(0), ["b read 4"]);
      bev.getInput().drain(4);
      bev.disable(EV_READ);
      st.run(1000);
      assert.deepEqual(st.said, []);
      st.finish();
    });

    it("for writing run only while something waits to be written", () => {
      const st = evStage({ platform, world: { sendBufferBytes: 500, windowBytes: 500 } });
      const { bev, peer } = st.connected("b");
      st.watch(bev, "b", { event: timed(st) });
      bev.setTimeouts(null, 0.2);
      st.run(1000);
      assert.deepEqual(st.said, []);
      peer.pauseReading();
      for (let i = 0; i < 5; i++) {
        bev.write("x".repeat(400));
        st.run(10);
      }
      st.said.splice(0);
      st.run(2000);
      assert.equal(st.said[0], "b WRITING|TIMEOUT");
      assert.equal(st.said.length, 2);
      assert.equal(enabledText(bev), "nothing");
      peer.resumeReading();
      bev.enable(EV_WRITE);
      st.run(3000);
      assert.equal(peer.receivedCount, 2000);
      st.finish();
    });

    it("are taken away by null or 0, and moved by a new value", () => {
      const st = evStage({ platform });
      const { bev } = st.connected("b");
      st.watch(bev, "b", { event: timed(st) });
      bev.enable(EV_READ);
      bev.setTimeouts(0.3, 0.3);
      st.run(100);
      bev.setTimeouts(0, 0);
      st.run(1000);
      assert.deepEqual(st.said, []);
      bev.setTimeouts(5, null);
      bev.setTimeouts(0.1, null);
      st.run(1000);
      assert.deepEqual(st.said, ["b READING|TIMEOUT", "at 1200"]);
      st.finish();
    });

    it("take the bufferevent with them when it is freed in the callback", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", { event: (b) => b.free() });
      bev.setTimeouts(0.1, 0.1);
      bev.enable(EV_READ);
      st.run(1000);
      assert.deepEqual(st.said, ["b READING|TIMEOUT"]);
      assert.equal(peer.state, "ended");
      st.finish();
    });
  });
}

describe("timeouts of other bufferevents", () => {
  it("while connecting the write timeout comes once, and the connection may still stand later", () => {
    const st = evStage();
    st.s.world.listenPeer(THERE, 9, () => undefined);
    st.s.world.blackhole(THERE);
    const bev = st.socket("c", null);
    bev.setTimeouts(null, 0.1);
    bev.connect(`${THERE}:9`);
    st.run(2500);
    assert.deepEqual(st.said, ["c WRITING|TIMEOUT"]);
    st.s.world.heal(THERE);
    st.run(3000);
    assert.deepEqual(st.said, ["c WRITING|TIMEOUT", "c CONNECTED"]);
    st.finish();
  });

  for (const isFiltered of [false, true]) {
    it(`a pair${isFiltered ? " below filters" : ""} times out where nobody reads or writes`, () => {
      const st = evStage();
      let [one, two] = buffereventPairNew(st.base, 0) as [BufferEvent, BufferEvent];
      if (isFiltered) {
        one = buffereventFilterNew(one, null, null, BEV_OPT_CLOSE_ON_FREE, null, undefined) as BufferEvent;
        two = buffereventFilterNew(two, null, null, BEV_OPT_CLOSE_ON_FREE, null, undefined) as BufferEvent;
      }
      st.watch(one, "one");
      st.watch(two, "two");
      two.disable(EV_READ);
      one.setTimeouts(0.15, 0.1);
      if (!isFiltered) one.write("ABCDEFG");
      one.enable(EV_READ | EV_WRITE);
      two.setTimeouts(0.1, 0.2);
      two.enable(EV_WRITE);
      st.run(350);
      assert.deepEqual(st.said, isFiltered ? ["one READING|TIMEOUT"] : ["one WRITING|TIMEOUT", "one READING|TIMEOUT"]);
      st.finish();
    });
  }

  it("ends with the connection that is taken away", () => {
    const st = evStage();
    const { bev } = st.connected("b");
    bev.setTimeouts(0.2, 0.2);
    bev.enable(EV_READ);
    const fd = bev.getFd();
    bev.setFd(null);
    st.run(1000);
    assert.deepEqual(st.said, []);
    bev.setFd(fd);
    st.run(1000);
    assert.deepEqual(st.said.filter((line) => line !== "b wrote"), ["b READING|TIMEOUT"]);
    st.finish();
  });

  it("a pair's read timeout begins anew with what its partner writes", () => {
    const st = evStage();
    const [one, two] = buffereventPairNew(st.base, 0) as [BufferEvent, BufferEvent];
    st.watch(one, "one");
    st.watch(two, "two");
    two.setTimeouts(0.2, null);
    two.enable(EV_READ);
    for (let i = 0; i < 5; i++) {
      st.run(150);
      one.write("x");
    }
    st.run(10);
    assert.ok(!st.said.includes("two READING|TIMEOUT"));
    st.run(300);
    assert.ok(st.said.includes("two READING|TIMEOUT"));
    st.finish();
  });
});
