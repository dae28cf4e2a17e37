import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import {
  BEV_ERROR, BEV_FINISHED, BEV_FLUSH, BEV_NEED_MORE, BEV_NORMAL, BEV_OK, BEV_OPT_CLOSE_ON_FREE, BEV_OPT_DEFER_CALLBACKS, BEV_OPT_UNLOCK_CALLBACKS,
  type BevFilterCb, type BufferEvent, buffereventFilterNew, buffereventPairNew, EV_READ, EV_WRITE, type EvBuffer,
} from "../../src/libevent/index.js";
import { type Acts, type EvStage, evStage, HOSTS, THERE } from "./libevent-support.js";

/** Puts an x before each byte. */
function addX(src: EvBuffer, dst: EvBuffer): number {
  const text = src.text();
  if (dst.add(text.replace(/./gs, "x$&")) < 0) return BEV_ERROR;
  src.drain(text.length);
  return BEV_OK;
}

/** Takes the first of every two bytes away; needs both. */
function dropX(src: EvBuffer, dst: EvBuffer): number {
  const pairs = src.getLength() >> 1;
  if (!pairs) return BEV_NEED_MORE;
  const text = src.text(0, pairs * 2);
  src.drain(pairs * 2);
  dst.add(text.replace(/x(.)/gs, "$1"));
  return BEV_OK;
}

interface Below {
  st: EvStage;
  under: BufferEvent;
  peer: SimPeer;
  filter: BufferEvent;
}

/** A filter on a connection. */
function filtered(platform: object, input: BevFilterCb<undefined> | null, output: BevFilterCb<undefined> | null, acts: Acts = {}, options = BEV_OPT_CLOSE_ON_FREE): Below {
  const st = evStage({ platform });
  const { bev: under, peer } = st.connected("under");
  const filter = buffereventFilterNew(under, input, output, options, null, undefined) as BufferEvent;
  st.watch(filter, "filter", acts);
  return { st, under, peer, filter };
}

for (const name of Object.keys(HOSTS)) {
  const platform = HOSTS[name];
  describe(`a filter, on ${name}`, () => {
    it("changes bytes on their way in and out, and takes over the callbacks below", () => {
      const { st, under, peer, filter } = filtered(platform, dropX, addX, { read: (b) => { b.writeBuffer(b.getInput()); } });
      assert.equal(filter.getUnderlying(), under);
      assert.equal(filter.getFd(), under.getFd());
      assert.equal(filter.getBase(), st.base);
      filter.enable(EV_READ);
      peer.send("xaxbx");
      st.run();
      assert.equal(peer.received, "xaxb");
      peer.send("cx");
      st.run();
      assert.equal(peer.received, "xaxbxc");
      assert.equal(under.getInput().text(), "x", "an odd byte waits below");
      assert.deepEqual(st.said, ["filter read 2", "filter wrote", "filter read 1", "filter wrote"]);
      st.finish();
    });

    it("without functions changes nothing", () => {
      const { st, peer, filter } = filtered(platform, null, null);
      filter.enable(EV_READ | EV_WRITE);
      peer.send("hello");
      filter.write("world");
      st.run();
      assert.equal(filter.getInput().text(), "hello");
      assert.equal(peer.received, "world");
      st.finish();
    });

    it("reads nothing below while it does not read itself", () => {
      const { st, under, peer, filter } = filtered(platform, null, null);
      peer.send("hello");
      st.run();
      assert.equal(under.getInput().getLength(), 0);
      filter.enable(EV_READ);
      st.run();
      filter.disable(EV_READ);
      peer.send("more");
      st.run();
      assert.equal(filter.getInput().text(), "hello");
      filter.enable(EV_READ);
      st.run();
      assert.equal(filter.getInput().text(), "hellomore");
      st.finish();
    });

    it("fills its input up to the high watermark, and goes on when something is taken, with what was left below", () => {
      const { st, peer, filter } = filtered(platform, null, null);
      filter.setWatermark(EV_READ, 0, 4);
      filter.enable(EV_READ);
      peer.send("abcdefghij");
      st.run();
      assert.equal(filter.getInput().text(), "abcd");
      filter.getInput().drain(3);
      st.run();
      assert.equal(filter.getInput().text(), "defg");
      filter.getInput().drain(4);
      st.run();
      filter.getInput().drain(1);
      assert.equal(filter.getInput().text(), "ij");
      st.finish();
    });

    it("tells of the end after all that came before it, however narrow the window", () => {
      const acts = { read: (b: BufferEvent) => { st.said.push(b.getInput().text()); b.getInput().drain(1); } };
      const { st, peer, filter } = filtered(platform, null, null, acts);
      filter.setWatermark(EV_READ, 0, 2);
      filter.enable(EV_READ);
      peer.send("abcd");
      peer.fin();
      st.run();
      for (let i = 0; i < 4; i++) {
        filter.getInput().drain(1);
        st.run();
      }
      const text = st.said.filter((line) => /^[a-d]+$/.test(line)).map((line) => line[line.length - 1]).join("");
      assert.ok(text.endsWith("d"), st.said.join());
      assert.equal(st.said[st.said.length - 1], "filter READING|EOF");
      assert.equal(st.said.filter((line) => line.endsWith("EOF")).length, 1);
      st.finish();
    });

    it("holds its output back at the high watermark below", () => {
      const { st, under, peer, filter } = filtered(platform, null, null);
      under.disable(EV_WRITE);
      under.setWatermark(EV_WRITE, 0, 4);
      filter.write("abcdefghij");
      assert.equal(under.getOutput().text(), "abcd");
      assert.equal(filter.getOutput().text(), "efghij");
      under.enable(EV_WRITE);
      st.run();
      assert.equal(peer.received, "abcdefghij");
      assert.ok(st.said.includes("filter wrote"));
      st.finish();
    });

    it("disabled for writing, holds its output; flush moves it whatever the watermark", () => {
      const { st, under, filter } = filtered(platform, null, null);
      under.disable(EV_WRITE);
      under.setWatermark(EV_WRITE, 0, 2);
      filter.disable(EV_WRITE);
      filter.write("abcd");
      assert.equal(under.getOutput().getLength(), 0);
      filter.enable(EV_WRITE);
      assert.equal(under.getOutput().getLength(), 2);
      assert.equal(filter.flush(EV_WRITE, BEV_FLUSH), 1);
      assert.equal(under.getOutput().getLength(), 4);
      st.finish();
    });

    it("reports what a filter cannot do as an error of its direction", () => {
      const { st, peer, filter } = filtered(platform, () => BEV_ERROR, () => BEV_ERROR);
      filter.enable(EV_READ);
      peer.send("x");
      st.run();
      filter.write("y");
      assert.deepEqual(st.said, ["filter READING|ERROR", "filter WRITING|ERROR"]);
      assert.equal(filter.getEnabled(), 0);
      st.finish();
    });

    it("ends with BEV_FINISHED, so that a filter can give what it kept", () => {
      const modes: number[] = [];
      const keep: BevFilterCb<undefined> = (src, dst, _limit, mode) => {
        modes.push(mode);
        if (mode === BEV_NORMAL) return BEV_NEED_MORE;
        src.removeBuffer(dst, src.getLength());
        return BEV_OK;
      };
      const { st, peer, filter } = filtered(platform, keep, null);
      filter.enable(EV_READ);
      peer.send("kept");
      st.run();
      peer.fin();
      st.run();
      assert.deepEqual(st.said, ["filter read 4", "filter READING|EOF"]);
      assert.deepEqual(modes, [BEV_NORMAL, BEV_FINISHED]);
      st.finish();
    });

    it("that does not read hears of the end when it does, after what came before it", () => {
      const st = evStage({ platform });
      for (const what of ["a flush", "a partner that is freed"]) {
        const [far, under] = buffereventPairNew(st.base, 0) as [BufferEvent, BufferEvent];
        st.owned.push(far);
        const filter = st.watch(buffereventFilterNew(under, dropX, null, BEV_OPT_CLOSE_ON_FREE, null, undefined) as BufferEvent, "filter");
        filter.enable(EV_READ);
        far.write("xax");
        st.run();
        filter.disable(EV_READ);
        if (what === "a flush") {
          far.write("b");
          far.flush(EV_WRITE, BEV_FINISHED);
        } else {
          far.free();
        }
        st.run();
        assert.deepEqual(st.said.splice(0), ["filter read 1"], what);
        filter.enable(EV_READ);
        st.run();
        assert.deepEqual(st.said.splice(0), what === "a flush" ? ["filter read 2", "filter READING|EOF"] : ["filter READING|EOF"], what);
      }
      st.finish();
    });

    it("is not called again while it is at work, and what is written meanwhile follows", () => {
      let depth = 0;
      let isFirst = true;
      const output: BevFilterCb<undefined> = (src, dst) => {
        assert.equal(depth++, 0);
        src.removeBuffer(dst, src.getLength());
        if (isFirst) filter.write("-");
        isFirst = false;
        depth--;
        return BEV_OK;
      };
      const { st, peer, filter } = filtered(platform, null, output);
      filter.write("abc");
      st.run();
      assert.equal(peer.received, "abc-");
      st.finish();
    });

    it("frees what is below with BEV_OPT_CLOSE_ON_FREE, and its context; otherwise what is below goes on without callbacks", () => {
      const st = evStage({ platform });
      const { bev: under, peer } = st.connected("under", {}, BEV_OPT_CLOSE_ON_FREE);
      const freed: string[] = [];
      const one = buffereventFilterNew(under, null, null, 0, (c: string) => freed.push(c), "one") as BufferEvent;
      one.free();
      assert.deepEqual(freed, ["one"]);
      peer.send("hello");
      under.enable(EV_READ);
      st.run();
      assert.deepEqual(st.said, []);
      assert.equal(under.getInput().text(), "hello");
      const two = buffereventFilterNew(under, null, null, BEV_OPT_CLOSE_ON_FREE, (c: string) => freed.push(c), "two") as BufferEvent;
      two.free();
      st.run();
      assert.deepEqual(freed, ["one", "two"]);
      assert.equal(peer.state, "ended");
      st.finish();
    });

    it("gives its pages back also when what frees its context throws", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("under");
      const boom = (): void => { throw new Error("in freeCtx"); };
      const filter = buffereventFilterNew(bev, null, () => BEV_NEED_MORE, BEV_OPT_CLOSE_ON_FREE, boom, undefined) as BufferEvent;
      filter.enable(EV_READ);
      filter.write("out");
      peer.send("in");
      st.run();
      assert.deepEqual([filter.getInput().getLength(), filter.getOutput().getLength()], [2, 3]);
      assert.throws(() => filter.free(), /in freeCtx/);
      st.run();
      assert.notEqual(peer.state, "open");
      st.finish();
    });

    it("can be freed in every one of its callbacks", () => {
      for (const which of ["read", "write", "event"] as const) {
        for (const options of [BEV_OPT_CLOSE_ON_FREE, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS]) {
          const { st, peer, filter } = filtered(platform, null, null, { [which]: (b: BufferEvent) => b.free() }, options);
          filter.enable(EV_READ);
          peer.send("x");
          if (which !== "read") filter.write("y");
          st.run();
          peer.fin();
          st.run();
          assert.notEqual(peer.state, "open");
          const last = { read: "filter read 1", write: "filter wrote", event: "filter READING|EOF" }[which];
          assert.equal(st.said[st.said.length - 1], last);
          st.finish();
        }
      }
    });

    it("that throws closes the connection below: reported once, and the program hears of it", () => {
      const { st, peer, filter } = filtered(platform, () => { throw new Error("in a filter"); }, null);
      filter.enable(EV_READ);
      peer.send("x");
      st.run();
      assert.notEqual(peer.state, "open");
      assert.equal(st.s.logs.filter((line) => line.includes("in a filter")).length, 1);
      assert.deepEqual(st.said, ["filter READING|ERROR"]);
      st.finish();
    });

    it("stands on another filter, and on one side of a pair", () => {
      const st = evStage({ platform });
      const [left, right] = buffereventPairNew(st.base, 0) as [BufferEvent, BufferEvent];
      st.watch(left, "left");
      const inner = buffereventFilterNew(right, dropX, addX, BEV_OPT_CLOSE_ON_FREE, null, undefined) as BufferEvent;
      const outer = buffereventFilterNew(inner, dropX, addX, BEV_OPT_CLOSE_ON_FREE, null, undefined) as BufferEvent;
      st.watch(outer, "outer", { read: (b) => { b.writeBuffer(b.getInput()); } });
      outer.enable(EV_READ);
      left.enable(EV_READ);
      left.write("xxxaxxxb");
      st.run();
      assert.equal(left.getInput().text(), "xxxaxxxb");
      left.flush(EV_WRITE, BEV_FINISHED);
      st.run();
      assert.ok(st.said.includes("outer READING|EOF"), st.said.join());
      st.finish();
    });

    it("does not spin when a filter says OK and does nothing", () => {
      let calls = 0;
      const idle = (): number => { calls++; return BEV_OK; };
      const { st, peer, filter } = filtered(platform, idle, idle);
      filter.enable(EV_READ);
      peer.send("abc");
      filter.write("def");
      st.run(3000);
      assert.ok(calls < 10, `${calls} calls`);
      st.finish();
    });
  });
}

describe("a filter without a connection", () => {
  it("can be made and freed before there is one, and passes on that there is", () => {
    const st = evStage();
    st.s.world.listenPeer(THERE, 9, (peer) => peer.send("xhxi"));
    const under = st.socket("under", null);
    const filter = buffereventFilterNew(under, dropX, addX, 0, null, undefined) as BufferEvent;
    st.watch(filter, "filter");
    filter.enable(EV_READ);
    assert.equal(filter.connect(`${THERE}:9`), -1, "the one below connects");
    under.connect(`${THERE}:9`);
    st.run();
    assert.deepEqual(st.said, ["filter CONNECTED", "filter read 2"]);
    const other = buffereventFilterNew(st.socket("o", null), null, null, BEV_OPT_CLOSE_ON_FREE, null, undefined) as BufferEvent;
    other.free();
    assert.equal(buffereventFilterNew(under, null, null, BEV_OPT_UNLOCK_CALLBACKS, null, undefined), undefined);
    assert.equal(filter.prioritySet(0), -1);
    st.finish();
  });
});
