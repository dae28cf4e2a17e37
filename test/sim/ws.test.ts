import assert from "node:assert/strict";
import type { Connection } from "../../src/index.js";
import { connectWs, closeWebsocket, MG_EV_WEBSOCKET_FRAME, MG_EV_WEBSOCKET_HANDSHAKE_DONE, sendWebsocketFrame, setProtocolWebsocket } from "../../src/websocket/index.js";
import { HERE, stage } from "../unit/core-support.js";
import { close, frameOf, text, upgrade } from "../unit/ws-support.js";
import { begin, BREAKING, end, leave, ROUGH, type Story, tell } from "./story.js";

/** Every message is answered, whole and in order, or the connection is gone. */
function chatter(story: Story, count: number): { asked: string[]; answered: string[] } {
  const { s } = story;
  const asked: string[] = [];
  const answered: string[] = [];
  setProtocolWebsocket(s.mgr.bind("tcp://:80", s.note("S", (nc, ev, data) => {
    if (ev === MG_EV_WEBSOCKET_FRAME) sendWebsocketFrame(nc, (data as { op: number }).op, data as never);
  })));
  const next = (nc: Connection): void => {
    if (asked.length >= count) return void closeWebsocket(nc);
    asked.push(story.text(story.between(0, 400)));
    sendWebsocketFrame(nc, 1, asked[asked.length - 1]);
  };
  connectWs(s.mgr, s.note("C", (nc, ev, data) => {
    if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) next(nc);
    if (ev === MG_EV_WEBSOCKET_FRAME) {
      answered.push((data as { text: string }).text);
      next(nc);
    }
  }), `ws://${HERE}:80/`);
  return { asked, answered };
}

describe("sim: websocket", () => {
  tell("client and server talk through delays and partial reads", (seed, host) => {
    const story = begin(seed, ROUGH, host, { pages: 32, pageBytes: 256 });
    const { asked, answered } = chatter(story, 20);
    story.s.run(120_000);
    assert.deepEqual(answered, asked);
    assert.equal(asked.length, 20);
    end(story);
  });

  tell("connections that break leave nothing behind", (seed, host) => {
    const story = begin(seed, BREAKING, host, { pages: 32, pageBytes: 256 });
    const { asked, answered } = chatter(story, 20);
    const peers = Array.from({ length: 4 }, () => story.s.peer(80));
    for (const peer of peers) {
      peer.send(upgrade() + text("begun", { fin: false }));
      story.s.run(story.between(0, 50));
    }
    for (const peer of peers) leave(story, peer);
    story.s.run(60_000);
    assert.deepEqual(answered, asked.slice(0, answered.length));
    end(story);
  });

  it("10,000 times connect, talk and disconnect leave the pool full", function () {
    this.timeout(120_000);
    const s = stage({ mgr: { pages: 32, pageBytes: 256 } });
    let messages = 0;
    setProtocolWebsocket(s.mgr.bind("tcp://:80", (nc, ev, data) => {
      if (ev === MG_EV_WEBSOCKET_FRAME) messages += sendWebsocketFrame(nc, data.op, data) ? 1 : 0;
    }));
    for (let i = 0; i < 10_000; i++) {
      const peer = s.peer(80);
      peer.send(upgrade() + text("hello") + frameOf({ op: 2, payload: "x", fin: i % 3 === 0 }));
      s.run(3);
      if (i % 4 === 0) peer.send(close(1000));
      if (i % 4 === 1) peer.send(frameOf({ op: 3 }));
      if (i % 4 === 2) peer.reset();
      s.run(3);
      peer.close();
      s.run(3);
    }
    s.run(5000);
    assert.equal(s.mgr.pool.free, 32);
    assert.equal(messages, 10_000 + 3334);
    s.finish();
  });
});
