import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_ACCEPT, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND } from "../../src/core/events.js";
import { MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { HERE, THERE } from "../unit/core-support.js";
import { begin, BREAKING, end, leave, ROUGH, tell } from "./story.js";

/** Sends back what came, as far as there is room. */
function echo(nc: Connection, ev: number): void {
  if (ev === MG_EV_RECV || ev === MG_EV_SEND || ev === MG_EV_POLL) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
}

describe("stories of a small pool", () => {
  tell("those who hold pages and wait cannot keep an honest client from being served", (seed, host) => {
    const story = begin(seed, ROUGH, host, { pages: 6, pageBytes: 128, limits: { starveMs: 1000, writeMs: 4000 } });
    const { s } = story;
    const hogs: SimPeer[] = [];
    // Some only fill recvMbuf, some do not read what is sent to them, some do both.
    s.mgr.bind("tcp://:80", s.note("hog", (nc, ev) => {
      if (nc.id % 3 === 0) echo(nc, ev);
      if (nc.id % 3 === 1 && ev === MG_EV_ACCEPT) nc.send("x".repeat(600));
    }));
    s.mgr.bind("tcp://:81", s.note("honest", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
    }));
    s.run(5);
    for (let i = 0; i < 3; i++) {
      const hog = s.world.connectPeer(THERE, HERE, 80);
      hog.pauseReading();
      hog.send("h".repeat(story.between(1, 2000)));
      hogs.push(hog);
      s.run(story.between(1, 300));
    }
    let isServed = false;
    for (let attempt = 0; attempt < 40 && !isServed; attempt++) {
      const honest = s.world.connectPeer(THERE, HERE, 81);
      honest.send("please");
      s.run(1500);
      isServed = honest.received === "please";
      honest.close();
    }
    assert.ok(isServed, s.world.describe());
    end(story);
  });

  tell("many who come, go, fill and do not read never overdraw it", (seed, host) => {
    const story = begin(seed, BREAKING, host, { pages: story0(seed, 3, 12), pageBytes: 64 << (seed % 4), limits: { starveMs: 500, writeMs: 2000, lingerMs: 500 } });
    const { s } = story;
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (story.maybe(0.6)) echo(nc, ev);
      if (ev === MG_EV_ACCEPT && story.maybe(0.3)) nc.send(story.text(story.between(1, 900)));
      if (story.maybe(0.05)) nc.flags |= MG_F_SEND_AND_CLOSE;
    }));
    s.run(5);
    const peers: SimPeer[] = [];
    for (let round = 0; round < 60; round++) {
      if (story.maybe(0.5)) peers.push(s.world.connectPeer(THERE, HERE, 80));
      for (const peer of peers) {
        if (story.maybe(0.3)) peer.send(story.text(story.between(1, 1500)));
        if (story.maybe(0.2)) peer.pauseReading();
        if (story.maybe(0.2)) peer.resumeReading();
      }
      if (peers.length > 0 && story.maybe(0.2)) leave(story, peers[story.between(0, peers.length - 1)]);
      s.run(story.between(1, 100));
    }
    s.run(3000);
    end(story);
  });

  tell("a source is fed to its end by whatever pages there are", (seed, host) => {
    const story = begin(seed, ROUGH, host, { pages: 5, pageBytes: 64, limits: { starveMs: 60_000 } });
    const { s } = story;
    const totals = [5000, 1, 64, 777];
    const done: boolean[] = [];
    let at = 0;
    s.mgr.bind("tcp://:80", s.note("S", (nc, ev) => {
      if (ev !== MG_EV_ACCEPT) return;
      let left = totals[at++ % totals.length];
      nc.sendFrom({
        next(maxBytes) {
          if (left === 0) return null;
          if (story.maybe(0.1)) {
            s.world.after(story.between(1, 50), () => nc.wakeSource());
            return undefined;
          }
          const n = Math.min(left, story.between(1, maxBytes));
          left -= n;
          return "s".repeat(n);
        },
        done: (sent) => void done.push(sent),
      });
      nc.flags |= MG_F_SEND_AND_CLOSE;
    }));
    s.run(5);
    const peers = totals.map(() => {
      const peer = s.world.connectPeer(THERE, HERE, 80);
      s.run(50);
      return peer;
    });
    for (const peer of peers) if (story.maybe(0.5)) peer.pauseReading();
    s.run(2000);
    for (const peer of peers) peer.resumeReading();
    s.run(60_000);
    assert.deepEqual(peers.map((p) => p.receivedCount).sort(), totals.slice().sort());
    assert.deepEqual(done, [true, true, true, true]);
    end(story);
  });
});

/** A whole number from `min` to `max` that follows from the seed alone. */
function story0(seed: number, min: number, max: number): number {
  return min + ((seed * 7919) % (max - min + 1));
}
