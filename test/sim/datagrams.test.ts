import assert from "node:assert/strict";
import { fault } from "../../platform/wrap/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_ACCEPT, MG_EV_CONNECT, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND } from "../../src/core/events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { HERE, stage, THERE } from "../unit/core-support.js";
import { begin, end, SEED_COUNT, tell } from "./story.js";

const LOSSY = { udpLoss: 0.1, udpDuplicate: 0.1, udpReorder: 0.2, jitterMs: 3 };

describe("stories of datagrams", () => {
  tell("every answer is to a question, and every peer's connection goes in the end", (seed, host) => {
    const story = begin(seed, LOSSY, host, { pages: 10, pageBytes: 128 });
    const { s } = story;
    s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
      if (ev === MG_EV_ACCEPT && story.maybe(0.3)) nc.flags &= ~MG_F_SEND_AND_CLOSE;
      if (ev === MG_EV_POLL && nc.listener && story.maybe(0.5)) nc.flags |= MG_F_SEND_AND_CLOSE;
      if (ev !== MG_EV_RECV) return;
      if (story.maybe(0.05)) throw new Error("at random");
      nc.send("re:" + nc.recvMbuf.text());
      nc.recvMbuf.clear();
      if (story.maybe(0.05)) nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    }));
    s.run(5);
    const peers = Array.from({ length: 8 }, () => ({ udp: s.world.udpPeer(THERE), asked: new Set<string>() }));
    for (let round = 0; round < 60; round++) {
      for (const peer of peers) {
        if (!story.maybe(0.3)) continue;
        const question = story.text(story.between(0, 100));
        if (question !== "") peer.asked.add("re:" + question);
        peer.udp.send(question, HERE, 53);
      }
      s.run(story.between(1, 200));
    }
    s.run(5000);
    let answers = 0;
    for (const peer of peers) {
      for (const d of peer.udp.received) {
        // Datagrams that came together before an answer went out are answered together, and then the text has both.
        assert.ok([...peer.asked].some((text) => d.bytes.startsWith(text.slice(0, 3)) && d.bytes.includes(text.slice(3))), d.bytes);
        answers++;
      }
    }
    assert.ok(answers > 0);
    end(story);
  });

  tell("outgoing ones send, receive and end whatever is lost", (seed, host) => {
    const story = begin(seed, { ...LOSSY, listenError: 0.1, dnsError: 0.2 }, host);
    const { s } = story;
    const server = s.world.udpPeer(THERE, 7);
    let failed = 0;
    let stood = 0;
    for (let i = 0; i < 12; i++) {
      s.mgr.connect(`udp://${THERE}:7`, s.note("C", (nc, ev, data) => {
        if (ev === MG_EV_CONNECT && data !== 0) failed++;
        if (ev === MG_EV_CONNECT && data === 0) {
          stood++;
          nc.send(story.text(40));
        }
        if (ev === MG_EV_SEND && story.maybe(0.3)) nc.flags |= MG_F_SEND_AND_CLOSE;
        if (ev === MG_EV_RECV) nc.recvMbuf.clear();
      }));
      s.run(story.between(0, 300));
      for (const d of server.received.splice(0)) server.send("pong", d.address, d.port);
    }
    s.run(3000);
    assert.equal(failed + stood, 12);
    end(story);
  });
});

describe("stories through the fault wrapper", () => {
  for (const form of ["array", "string"] as const) {
    it(`an echo loses nothing but what a reset takes (${form}s, ${SEED_COUNT} seeds)`, function () {
      this.timeout(120_000);
      for (let seed = 1; seed <= SEED_COUNT; seed++) {
        const faults = { seed, recvPartial: 0.4, byteAtATime: 0.1, sendWouldBlock: 0.3, delay: 0.3, delayMaxMs: 20, acceptError: 0.05, resetProbability: 0.2 };
        const s = stage({ world: { seed }, platform: { form }, wrap: (platform) => fault(platform, faults) });
        const echo = (nc: Connection, ev: number): void => {
          if (ev === MG_EV_RECV || ev === MG_EV_SEND || ev === MG_EV_POLL) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
        };
        s.mgr.bind("tcp://:80", s.note("E", echo));
        s.run(5);
        const peers = Array.from({ length: 6 }, () => s.peer(80));
        const sent = peers.map((peer, i) => {
          const text = `${i}:${seed}:`.repeat(300);
          peer.send(text);
          return text;
        });
        s.run(20_000);
        peers.forEach((peer, i) => {
          assert.ok(sent[i].startsWith(peer.received), `seed ${seed}: bytes out of order`);
          if (peer.state === "open") assert.equal(peer.receivedCount, sent[i].length, `seed ${seed}: an open connection has stopped`);
        });
        s.finish();
      }
    });
  }
});
