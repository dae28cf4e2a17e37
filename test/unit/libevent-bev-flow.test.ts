import assert from "node:assert/strict";
import { MG_ERR_RECV_OVERFLOW } from "../../src/core/errors.js";
import { BEV_OPT_CLOSE_ON_FREE, BEV_OPT_DEFER_CALLBACKS, type BufferEvent, EV_READ, EV_WRITE, EvBuffer, evutilSocketGeterror } from "../../src/libevent/index.js";
import { enabledText, evStage, HOSTS } from "./libevent-support.js";

const LONG = Array.from({ length: 4000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join("");

/** Takes everything that came. */
function take(bev: BufferEvent): string {
  const text = bev.getInput().text();
  bev.getInput().drain(text.length);
  return text;
}

for (const name of Object.keys(HOSTS)) {
  const platform = HOSTS[name];
  const isSmall = platform.caps !== undefined;
  describe(`flow control of a bufferevent, on ${name}`, () => {
    it("calls the read callback only when the low watermark is reached", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      bev.setWatermark(EV_READ, 5, 0);
      assert.deepEqual(bev.getWatermark(EV_READ), { low: 5, high: 0 });
      assert.deepEqual(bev.getWatermark(EV_WRITE), { low: 0, high: 0 });
      assert.equal(bev.getWatermark(EV_READ | EV_WRITE), undefined);
      bev.enable(EV_READ);
      peer.send("abc");
      st.run();
      assert.deepEqual(st.said, []);
      assert.equal(bev.getInput().getLength(), 3);
      peer.send("defg");
      st.run();
      assert.deepEqual(st.said, ["b read 7"]);
      peer.send("h");
      st.run();
      assert.deepEqual(st.said, ["b read 7", "b read 8"], "every later read counts, whether anything was taken or not");
      st.finish();
    });

    it("never reads above the high watermark, calls once, and goes on when something was taken", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      bev.setWatermark(EV_READ, 0, 4);
      bev.enable(EV_READ);
      peer.send("abcdefghij");
      st.run(3000);
      assert.deepEqual(st.said.splice(0), ["b read 4"]);
      bev.getInput().drain(1);
      st.run();
      assert.deepEqual(st.said.splice(0), ["b read 4"]);
      assert.equal(take(bev), "bcde");
      st.run();
      assert.deepEqual(st.said.splice(0), ["b read 4"]);
      bev.setWatermark(EV_READ, 0, 5);
      st.run();
      assert.equal(bev.getInput().text(), "fghij");
      bev.setWatermark(EV_READ, 0, 2);
      peer.send("k");
      st.run();
      assert.equal(bev.getInput().text(), "fghij", "a mark below what is there stops reading");
      bev.setWatermark(EV_READ, 0, 0);
      st.run();
      assert.equal(take(bev), "fghijk");
      st.finish();
    });

    it("brings everything through a narrow window, between the marks each time", () => {
      const st = evStage({ platform });
      let got = "";
      const { bev, peer } = st.connected("b", { read(b) {
        const n = b.getInput().getLength();
        assert.ok(n >= 10 && n <= 20, `${n} bytes`);
        got += take(b);
      } });
      bev.setWatermark(EV_READ, 10, 20);
      bev.enable(EV_READ);
      peer.send(LONG);
      st.run(20_000);
      assert.ok(got + take(bev) === LONG, "bytes are missing or out of order");
      st.finish();
    });

    it("makes a peer slow down while nobody reads, or is bounded where the platform cannot", () => {
      const st = evStage({ platform, mgr: { pages: 16, pageBytes: 256 } });
      const { bev, peer } = st.connected("b");
      bev.enable(EV_READ);
      bev.disable(EV_READ);
      peer.send(LONG + LONG);
      st.run(3000);
      const held = st.s.mgr.pool.pages - st.s.mgr.pool.free;
      assert.ok(held <= 6, `${held} pages are held for a reader that stopped`);
      assert.deepEqual(st.said, isSmall ? ["b WRITING|ERROR"] : []);
      if (isSmall) {
        assert.equal(evutilSocketGeterror(bev.getFd()), MG_ERR_RECV_OVERFLOW);
        assert.equal(enabledText(bev), "nothing");
      } else {
        assert.ok(peer.unsentCount > 0, "the peer could send everything");
        let got = "";
        bev.setCb((b) => { got += take(b); }, null, null, undefined);
        bev.enable(EV_READ);
        st.run(5000);
        assert.ok(got === LONG + LONG, `${got.length} bytes came`);
      }
      st.finish();
    });

    it("holds no more than one connection may when the reader takes nothing", () => {
      const st = evStage({ platform, mgr: { pages: 16, pageBytes: 256, limits: { recvMaxBytes: 600 } } });
      const { bev, peer } = st.connected("b");
      bev.enable(EV_READ);
      peer.send(LONG);
      st.run(3000);
      assert.ok(bev.getInput().getLength() <= 600);
      if (isSmall) assert.equal(st.said[st.said.length - 1], "b READING|ERROR");
      else {
        assert.equal(bev.getInput().getLength(), 600);
        take(bev);
        st.run();
        assert.equal(bev.getInput().getLength(), 600);
      }
      st.finish();
    });

    it("keeps what came while reading was disabled, and calls for it when it is enabled again", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", { read: (b) => { b.disable(EV_READ); take(b); } });
      bev.enable(EV_READ);
      peer.send("first");
      st.run();
      peer.send("second");
      st.run();
      assert.deepEqual(st.said, ["b read 5"]);
      assert.equal(bev.getInput().getLength(), 0);
      bev.enable(EV_READ);
      assert.deepEqual(st.said, ["b read 5"], "called inside enable");
      st.run();
      assert.deepEqual(st.said, ["b read 5", "b read 6"]);
      st.finish();
    });

    it("holds output while writing is disabled, and calls once when all of it has gone", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      bev.disable(EV_WRITE);
      assert.equal(enabledText(bev), "nothing");
      assert.equal(bev.write("one"), 0);
      assert.equal(bev.write("two"), 0);
      st.run();
      assert.equal(bev.getOutput().text(), "onetwo");
      assert.equal(peer.received, "");
      bev.enable(EV_WRITE);
      st.run();
      assert.equal(peer.received, "onetwo");
      assert.deepEqual(st.said, ["b wrote"]);
      st.finish();
    });

    it("calls the write callback once when writing is enabled with nothing to write, never for CONNECTED alone", () => {
      const st = evStage({ platform });
      const { bev } = st.connected("b");
      st.run();
      assert.deepEqual(st.said, []);
      bev.enable(EV_WRITE);
      assert.deepEqual(st.said, []);
      st.run(3000);
      assert.deepEqual(st.said, ["b wrote"]);
      st.finish();
    });

    it("calls the write callback only when output is down to the low watermark", () => {
      const st = evStage({ platform, world: { sendBufferBytes: 1000, windowBytes: 1000 } });
      const { bev, peer } = st.connected("b", { write: (b) => st.said.push(`left ${b.getOutput().getLength() <= 100}`) });
      bev.setWatermark(EV_WRITE, 100, 0);
      peer.pauseReading();
      for (let i = 0; i < 4; i++) {
        bev.write(LONG.slice(0, 1000));
        st.run(10);
      }
      assert.ok(bev.getOutput().getLength() > 100);
      const before = st.said.length;
      st.run(1000);
      assert.equal(st.said.length, before);
      peer.resumeReading();
      st.run(3000);
      assert.equal(peer.receivedCount, 4000);
      assert.ok(st.said.every((line) => line === "b wrote" || line === "left true"), st.said.join());
      assert.ok(st.said.length > before);
      st.finish();
    });

    it("moves whole buffers in and out without the caller seeing part of them", () => {
      const st = evStage({ platform });
      const all = new EvBuffer(st.base);
      const { bev, peer } = st.connected("b", { read: (b) => { assert.equal(b.readBuffer(all), 0); } });
      bev.enable(EV_READ);
      peer.send("he");
      st.run();
      peer.send("llo");
      st.run();
      assert.equal(all.text(), "hello");
      assert.equal(bev.writeBuffer(all), 0);
      assert.equal(all.getLength(), 0);
      st.run();
      assert.equal(peer.received, "hello");
      const some = new Uint8Array(3);
      peer.send("xyzw");
      bev.setCb(null, null, null, undefined);
      st.run();
      assert.equal(bev.read(some), 3);
      assert.deepEqual([...some], [120, 121, 122]);
      assert.equal(bev.read(some, 2), 1);
      assert.equal(bev.read(some), 0);
      all.free();
      st.finish();
    });

    it("takes all of what is written or nothing, when the pool has no room", () => {
      const st = evStage({ platform, mgr: { pages: 8, pageBytes: 256 } });
      const { bev } = st.connected("b");
      bev.disable(EV_WRITE);
      assert.equal(bev.write("x".repeat(2049)), -1);
      assert.equal(bev.getOutput().getLength(), 0);
      assert.equal(bev.write("x".repeat(2048)), 0);
      assert.equal(bev.write("y"), -1);
      st.finish();
    });

    it("lets a program neither add to its input nor take from its output", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      assert.equal(bev.getInput().add("x"), -1);
      bev.disable(EV_WRITE);
      bev.write("abc");
      assert.equal(bev.getOutput().drain(1), -1);
      assert.equal(bev.getOutput().add("d"), 0);
      bev.enable(EV_WRITE);
      st.run();
      assert.equal(peer.received, "abcd");
      st.finish();
    });

    it("reads and writes at most what a single read and write may take", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", { read: (b) => { assert.ok(b.getInput().getLength() <= 4); b.writeBuffer(b.getInput()); } });
      assert.equal(bev.getMaxSingleRead(), 16384);
      assert.equal(bev.setMaxSingleRead(4), 0);
      assert.equal(bev.setMaxSingleWrite(3), 0);
      assert.equal(bev.getMaxToRead(), 4);
      assert.equal(bev.getMaxToWrite(), 3);
      bev.enable(EV_READ);
      peer.send("abcdefghijklmnop");
      st.run(1000);
      assert.equal(peer.received, "abcdefghijklmnop");
      assert.equal(st.said.filter((line) => line === "b read 4").length, 4);
      bev.setMaxSingleRead(0);
      bev.setMaxSingleWrite(0);
      assert.equal(bev.getMaxSingleRead(), 16384);
      peer.send("more");
      st.run();
      assert.equal(peer.received, "abcdefghijklmnopmore");
      st.finish();
    });

    it("defers callbacks to the loop when asked to: reads in one, nothing inside the call", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", {}, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
      bev.enable(EV_READ);
      peer.send("hello");
      st.run();
      bev.write("x");
      st.run();
      peer.fin();
      st.run();
      assert.deepEqual(st.said, ["b read 5", "b wrote", "b READING|EOF"]);
      st.finish();
    });

    it("tells the change callbacks of its buffers what came and went", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      bev.getInput().addCb((_buf, info) => { st.said.push(`in ${info.origSize}+${info.nAdded}-${info.nDeleted}`); });
      bev.getOutput().addCb((_buf, info) => { st.said.push(`out ${info.origSize}+${info.nAdded}-${info.nDeleted}`); });
      bev.enable(EV_READ);
      peer.send("abc");
      st.run();
      bev.getInput().drain(2);
      bev.write("xyz");
      st.run();
      assert.deepEqual(st.said, ["in 0+3-0", "b read 3", "in 3+0-2", "out 0+3-0", "out 3+0-3", "b wrote"]);
      st.finish();
    });
  });
}

describe("a reader that stopped", () => {
  it("is not among those that wait for pages, so that a full pool closes nobody for it", () => {
    const st = evStage({ mgr: { pages: 8, pageBytes: 256, limits: { starveMs: 1000 } } });
    const { bev, peer } = st.connected("stopped");
    const other = st.connected("other");
    peer.send(LONG);
    st.run(5000);
    assert.equal(st.s.mgr.pool._wanted, 0);
    other.bev.disable(EV_WRITE);
    assert.equal(other.bev.write("x".repeat(2048)), 0);
    st.run(5000);
    assert.equal(st.s.mgr.stats.starved, 0);
    assert.deepEqual(st.said, []);
    assert.deepEqual([peer.state, other.peer.state], ["open", "open"]);
    assert.equal(bev.getInput().getLength(), 0);
    st.finish();
  });
});

describe("mistakes with a bufferevent", () => {
  it("throws for watermarks and timeouts below 0", () => {
    const st = evStage();
    const { bev } = st.connected("b");
    assert.throws(() => bev.setWatermark(EV_READ, -1, 0), /Watermarks are -1 and 0/);
    assert.throws(() => bev.setTimeouts(-1, null), /Timeouts are -1 and null/);
    assert.throws(() => bev.setTimeouts(NaN, 1), /Timeouts are NaN and 1/);
    for (const mark of [NaN, 1.5]) assert.throws(() => bev.setWatermark(EV_READ, 0, mark), TypeError);
    assert.deepEqual(bev.getWatermark(EV_READ), { low: 0, high: 0 });
    assert.equal(bev.prioritySet(0.5), -1);
    st.finish();
  });

  it("moves whole bytes when single reads and writes are bounded by something else", () => {
    const st = evStage();
    const { bev, peer } = st.connected("b");
    for (const size of [0.5, NaN]) {
      bev.setMaxSingleRead(size);
      bev.setMaxSingleWrite(size);
      assert.equal(bev.getMaxSingleRead(), 16384);
    }
    bev.setMaxSingleRead(2.5);
    bev.setMaxSingleWrite(2.5);
    bev.enable(EV_READ);
    bev.write("hello");
    peer.send("hello");
    st.run(1000);
    assert.deepEqual([bev.getInput().text(), bev.getInput().getLength(), peer.received], ["hello", 5, "hello"]);
    st.finish();
  });
});
