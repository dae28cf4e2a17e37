import assert from "node:assert/strict";
import { BEV_OPT_CLOSE_ON_FREE, BEV_OPT_DEFER_CALLBACKS, EV_READ, EV_WRITE } from "../../src/libevent/index.js";
import { enabledText, evStage, HERE, HOSTS, THERE } from "./libevent-support.js";

for (const name of Object.keys(HOSTS)) {
  const platform = HOSTS[name];
  describe(`a bufferevent on a connection, on ${name}`, () => {
    it("has writing enabled and reading not", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b");
      assert.equal(enabledText(bev), "WRITE");
      peer.send("hello");
      st.run();
      assert.deepEqual(st.said, []);
      assert.equal(bev.getInput().getLength(), 0);
      bev.enable(EV_READ);
      st.run();
      assert.deepEqual(st.said, ["b read 5"]);
      st.finish();
    });

    it("echoes what came, once and in order", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", { read: (b) => { b.writeBuffer(b.getInput()); } });
      bev.enable(EV_READ | EV_WRITE);
      st.run();
      assert.deepEqual(st.said.splice(0), ["b wrote"]);
      peer.send("hello");
      st.run();
      assert.equal(peer.received, "hello");
      assert.deepEqual(st.said, ["b read 5", "b wrote"]);
      st.finish();
    });

    it("tells of the end after everything before it was read, and can still write where the platform can", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", { read: (b) => { b.getInput().drain(2); } });
      bev.enable(EV_READ);
      peer.send("request");
      st.run();
      peer.fin();
      st.run();
      assert.deepEqual(st.said.splice(0), ["b read 7", "b READING|EOF"]);
      assert.equal(enabledText(bev), "WRITE");
      assert.equal(bev.getInput().text(), "quest");
      bev.write("reply");
      st.run();
      assert.deepEqual(st.said, [platform.caps ? "b WRITING|ERROR" : "b wrote"]);
      if (!platform.caps) assert.equal(peer.received, "reply");
      st.finish();
    });

    it("drops output and closes when it is freed, in any callback", () => {
      const st = evStage({ platform });
      const { bev, peer } = st.connected("b", { read: (b) => { b.write("never"); b.free(); } });
      bev.enable(EV_READ);
      peer.send("x");
      st.run();
      assert.deepEqual(st.said, ["b read 1"]);
      assert.equal(peer.received, "");
      assert.equal(peer.state, "ended");
      st.finish();
    });
  });
}

describe("connecting a bufferevent", () => {
  it("says CONNECTED first, then writes what was written before", () => {
    const st = evStage();
    st.s.world.listenPeer(THERE, 9, (peer) => peer.send("welcome"));
    const bev = st.socket("c", null);
    bev.write("early");
    bev.enable(EV_READ);
    assert.equal(bev.connect(`${THERE}:9`), 0);
    assert.deepEqual(st.said, []);
    st.run();
    assert.deepEqual(st.said, ["c CONNECTED", "c wrote", "c read 7"]);
    st.finish();
  });

  it("says ERROR alone when nobody listens, and leaves what is enabled", () => {
    const st = evStage();
    st.s.world.listenPeer(THERE, 9, () => undefined);
    const bev = st.socket("c", null, {}, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    bev.enable(EV_READ | EV_WRITE);
    assert.equal(bev.connect(`${THERE}:10`), 0);
    st.run(5000);
    assert.deepEqual(st.said, ["c ERROR"]);
    assert.equal(enabledText(bev), "READ|WRITE");
    st.finish();
  });
});
void HERE;
