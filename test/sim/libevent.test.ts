import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import {
  BEV_EVENT_CONNECTED, BEV_FINISHED, BEV_OK, BEV_OPT_CLOSE_ON_FREE, BEV_OPT_DEFER_CALLBACKS, type BufferEvent, buffereventAddToRateLimitGroup,
  buffereventFilterNew, buffereventPairNew, buffereventRateLimitGroupNew, buffereventRemoveFromRateLimitGroup, buffereventSocketNew, EV_READ, EV_WRITE,
  EventBase, type EvConnListener, evconnlistenerNewBind, EVLOOP_NO_EXIT_ON_EMPTY, type EvSocket, type EvTokenBucketCfg, evTokenBucketCfgNew, evutilClosesocket,
  LEV_OPT_CLOSE_ON_FREE, LEV_OPT_DEFERRED_ACCEPT,
} from "../../src/libevent/index.js";
import type { ManagerOptions } from "../../src/core/options.js";
import { HERE, THERE } from "../unit/core-support.js";
import { begin, BREAKING, leave, ROUGH, type Story, tell } from "./story.js";

/** A story with a base in it, and every bufferevent that was made. */
interface EvStory {
  story: Story;
  base: EventBase;
  all: Set<BufferEvent>;
  adopt(bev: BufferEvent): BufferEvent;
  free(bev: BufferEvent): void;
}

function open(seed: number, faults: Parameters<typeof begin>[1], host: Parameters<typeof begin>[2], mgr: ManagerOptions = {}): EvStory {
  const story = begin(seed, faults, host, mgr);
  const base = new EventBase(story.s.mgr);
  base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
  const all = new Set<BufferEvent>();
  return {
    story, base, all,
    adopt(bev) { all.add(bev); return bev; },
    free(bev) { all.delete(bev); bev.free(); },
  };
}

/** What must be true at the end: nothing is counted, nothing is leased, nobody waits. */
function close(ev: EvStory): void {
  const { story: { s }, base, all } = ev;
  for (const bev of all) bev.free();
  s.run(20_000);
  base.free();
  assert.equal(base._held, 0, "something is still counted among the events of the base");
  assert.equal(base._timers.length, 0, "timers are left");
  assert.ok(s.mgr.pool.lowWater >= -1, `${s.mgr.pool.lowWater} pages were free`);
  s.finish();
  assert.equal(s.mgr._timers, 0, "timers of connections are left");
  assert.equal(s.mgr.pool._wanted, 0, "somebody still waits for pages");
}

/** A listener whose connections become bufferevents. */
function serve(ev: EvStory, port: number, use: (bev: BufferEvent) => void, options = BEV_OPT_CLOSE_ON_FREE, flags = 0): EvConnListener {
  const lev = evconnlistenerNewBind(ev.base, (_l, fd) => use(ev.adopt(buffereventSocketNew(ev.base, fd, options) as BufferEvent)),
    undefined, LEV_OPT_CLOSE_ON_FREE | flags, -1, `:${port}`) as EvConnListener;
  ev.story.s.run(5);
  return lev;
}

/** Echoes as far as there is room, and is freed at the end. */
function echoing(ev: EvStory, bev: BufferEvent): void {
  bev.setCb(
    (b) => { b.writeBuffer(b.getInput()); },
    (b) => { b.writeBuffer(b.getInput()); },
    (b, what) => { if (!(what & BEV_EVENT_CONNECTED)) ev.free(b); },
    undefined,
  );
  bev.enable(EV_READ);
}

interface Client {
  peer: SimPeer;
  sent: string;
}

function say(story: Story, client: Client, maxBytes: number): void {
  if (client.peer.state !== "open" && client.peer.state !== "connecting") return;
  const text = story.text(story.between(1, maxBytes));
  client.peer.send(text);
  client.sent += text;
}

describe("stories of bufferevents", () => {
  tell("every byte is echoed, once and in order, through a rough network", (seed, host) => {
    const ev = open(seed, ROUGH, host);
    const { story } = ev;
    const { s } = story;
    const options = seed % 2 ? BEV_OPT_CLOSE_ON_FREE : BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
    const lev = serve(ev, 80, (bev) => {
      if (seed % 3 === 0) bev.setWatermark(EV_READ, 0, story.between(1, 200));
      if (seed % 5 === 0) bev.setMaxSingleRead(story.between(1, 100));
      if (seed % 7 === 0) bev.setMaxSingleWrite(story.between(10, 100));
      echoing(ev, bev);
    }, options);
    const clients: Client[] = Array.from({ length: 4 }, () => ({ peer: s.world.connectPeer(THERE, HERE, 80), sent: "" }));
    for (let round = 0; round < 15; round++) {
      for (const client of clients) if (story.maybe(0.5)) say(story, client, host.form === "string" ? 200 : 3000);
      if (story.maybe(0.2)) clients[story.between(0, 3)].peer.pauseReading();
      s.run(story.between(1, 200));
      for (const client of clients) client.peer.resumeReading();
      s.run(host.form === "string" ? 600 : 1);
    }
    s.run(60_000);
    for (const client of clients) {
      if (s.mgr.stats.overflows > 0) assert.ok(client.sent.startsWith(client.peer.received));
      else assert.ok(client.peer.received === client.sent, `${client.peer.receivedCount} bytes of ${client.sent.length} came back`);
    }
    lev.free();
    close(ev);
  });

  tell("readers that stop and go hold little, and lose nothing where the platform can pause", (seed, host) => {
    const ev = open(seed, ROUGH, host, { pages: 24, pageBytes: 128 });
    const { story } = ev;
    const { s } = story;
    const got = new Map<BufferEvent, string>();
    let isWild = true;
    const lev = serve(ev, 80, (bev) => {
      got.set(bev, "");
      bev.setCb((b) => {
        const text = b.getInput().text();
        got.set(b, (got.get(b) as string) + text);
        b.getInput().drain(text.length);
        if (isWild && story.maybe(0.5)) b.disable(EV_READ);
      }, null, (b) => b.disable(EV_READ), undefined);
      bev.enable(EV_READ);
    });
    const clients: Client[] = Array.from({ length: 3 }, () => ({ peer: s.world.connectPeer(THERE, HERE, 80), sent: "" }));
    for (let round = 0; round < 40; round++) {
      for (const client of clients) if (story.maybe(0.3)) say(story, client, host.form === "string" ? 60 : 1000);
      s.run(story.between(1, 100));
      for (const bev of got.keys()) if (story.maybe(0.4)) bev.enable(EV_READ);
    }
    isWild = false;
    for (const bev of got.keys()) bev.enable(EV_READ);
    s.run(60_000);
    if (!s.mgr.stats.overflows && !s.mgr.stats.starved) {
      const all = [...got.values()];
      for (const client of clients) assert.ok(!client.sent || all.includes(client.sent), `a client's ${client.sent.length} bytes are nobody's`);
    }
    lev.free();
    close(ev);
  });

  tell("callbacks that throw, free, write, pause, time out and trigger at random leave nothing behind", (seed, host) => {
    const ev = open(seed, BREAKING, host, { pages: 20, pageBytes: 128, limits: { starveMs: 1000, lingerMs: 1000, writeMs: 3000, connMax: 6 } });
    const { story, base } = ev;
    const { s } = story;
    const group = buffereventRateLimitGroupNew(base, evTokenBucketCfgNew(500, 900, 500, 900, 0.3) as EvTokenBucketCfg);
    const wild = (b: BufferEvent): void => {
      if (story.maybe(0.02)) throw new Error("at random");
      if (story.maybe(0.05)) ev.free(b);
      if (story.maybe(0.3)) b.write(story.text(story.between(1, 300)));
      if (story.maybe(0.3)) b.getInput().drain(story.between(0, 300));
      if (story.maybe(0.1)) b.disable(story.maybe(0.5) ? EV_READ : EV_WRITE);
      if (story.maybe(0.3)) b.enable(EV_READ | EV_WRITE);
      if (story.maybe(0.05)) b.setWatermark(EV_READ, story.between(0, 10), story.between(0, 300));
      if (story.maybe(0.05)) b.setTimeouts(story.between(0, 5) / 10, story.between(0, 5) / 10);
      if (story.maybe(0.03)) b.setRateLimit(story.maybe(0.3) ? null : evTokenBucketCfgNew(story.between(1, 300), 300, story.between(1, 300), 300, 0.2));
      if (story.maybe(0.03)) buffereventAddToRateLimitGroup(b, group);
      if (story.maybe(0.03)) buffereventRemoveFromRateLimitGroup(b);
      if (story.maybe(0.05)) b.setMaxSingleWrite(story.between(0, 100));
      if (story.maybe(0.02) && ev.all.size < 12) connect();
    };
    const use = (bev: BufferEvent): void => {
      let top = bev;
      if (story.maybe(0.2)) {
        ev.all.delete(bev);
        top = ev.adopt(buffereventFilterNew(bev, null, null, BEV_OPT_CLOSE_ON_FREE, null, undefined) as BufferEvent);
      }
      top.setCb(wild, wild, (b, what) => (what & BEV_EVENT_CONNECTED || story.maybe(0.2) ? wild(b) : ev.free(b)), undefined);
      top.enable(EV_READ | EV_WRITE);
    };
    const connect = (): void => {
      const bev = ev.adopt(buffereventSocketNew(base, null, BEV_OPT_CLOSE_ON_FREE | (story.maybe(0.5) ? BEV_OPT_DEFER_CALLBACKS : 0)) as BufferEvent);
      bev.connect(`${THERE}:${story.between(7, 8)}`);
      use(bev);
    };
    s.world.listenPeer(THERE, 7, (peer) => peer.send("welcome"));
    const lev = serve(ev, 80, use, BEV_OPT_CLOSE_ON_FREE, seed % 4 ? 0 : LEV_OPT_DEFERRED_ACCEPT);
    const clients: Client[] = [];
    for (let round = 0; round < 40; round++) {
      if (story.maybe(0.5)) clients.push({ peer: s.world.connectPeer(THERE, HERE, 80), sent: "" });
      for (const client of clients) if (story.maybe(0.3)) say(story, client, 400);
      if (clients.length > 0 && story.maybe(0.15)) leave(story, clients[story.between(0, clients.length - 1)].peer);
      if (story.maybe(0.1)) lev.disable();
      if (story.maybe(0.2)) lev.enable();
      s.run(story.between(1, 300));
    }
    s.run(5000);
    for (const bev of ev.all) bev.free();
    ev.all.clear();
    group.free();
    lev.free();
    close(ev);
  });

  tell("a proxy carries both directions, whoever leaves first", (seed, host) => {
    const ev = open(seed, seed % 2 ? ROUGH : BREAKING, host, { limits: { connectMs: 3000 } });
    const { story, base } = ev;
    const { s } = story;
    const servers: SimPeer[] = [];
    s.world.listenPeer(THERE, 7, (peer) => servers.push(peer));
    const lev = serve(ev, 80, (left) => {
      const right = ev.adopt(buffereventSocketNew(base, null, BEV_OPT_CLOSE_ON_FREE) as BufferEvent);
      for (const [from, to] of [[left, right], [right, left]]) {
        from.setCb((b) => { if (ev.all.has(to)) to.writeBuffer(b.getInput()); }, null, (b, what) => {
          if (what & BEV_EVENT_CONNECTED) return void left.enable(EV_READ);
          ev.free(b);
          if (ev.all.has(to)) ev.free(to);
        }, undefined);
      }
      right.enable(EV_READ);
      if (right.connect(`${THERE}:7`) < 0) { ev.free(left); ev.free(right); }
    });
    const clients: Client[] = Array.from({ length: 3 }, () => ({ peer: s.world.connectPeer(THERE, HERE, 80), sent: "" }));
    for (let round = 0; round < 20; round++) {
      for (const client of clients) if (story.maybe(0.4)) say(story, client, 200);
      for (const peer of servers) if (story.maybe(0.2)) peer.send(story.text(50));
      s.run(story.between(1, 300));
      if (story.maybe(0.05)) leave(story, clients[story.between(0, 2)].peer);
    }
    s.run(20_000);
    for (const peer of servers) assert.ok(clients.some((c) => c.sent.startsWith(peer.received)), "bytes of nobody, or out of order");
    lev.free();
    close(ev);
  });

  tell("pairs below filters carry every byte through a small pool", (seed, host) => {
    const ev = open(seed, {}, host, { pages: 10, pageBytes: 64 });
    const { story, base } = ev;
    const [left, right] = buffereventPairNew(base, 0) as [BufferEvent, BufferEvent];
    ev.adopt(left);
    const shift = buffereventFilterNew(right, (src, dst, limit) => {
      src.removeBuffer(dst, limit < 0 ? src.getLength() : Math.min(limit, 1 + (seed % 9)));
      return BEV_OK;
    }, null, BEV_OPT_CLOSE_ON_FREE, null, undefined) as BufferEvent;
    ev.adopt(shift);
    let got = "";
    let isEnded = false;
    shift.setWatermark(EV_READ, 0, story.between(1, 100));
    shift.setCb((b) => {
      const n = story.between(1, 50);
      got += b.getInput().text(0, Math.min(n, b.getInput().getLength()));
      b.getInput().drain(n);
    }, null, () => { isEnded = true; }, undefined);
    shift.enable(EV_READ);
    let sent = "";
    for (let round = 0; round < 60; round++) {
      const text = story.text(story.between(1, 90));
      // Two parts of a piece may need a page more than the whole: a program leaves its own filters that much.
      if (story.s.mgr.pool.free > 3 && left.write(text) === 0) sent += text;
      story.s.run(story.between(0, 3));
      if (story.maybe(0.5)) {
        got += shift.getInput().text();
        shift.getInput().drain(1000);
      }
    }
    for (let i = 0; i < 2000 && got.length < sent.length; i++) {
      got += shift.getInput().text();
      shift.getInput().drain(1000);
      story.s.run(1);
    }
    assert.ok(got === sent, `${got.length} bytes of ${sent.length} came through`);
    left.flush(EV_WRITE, BEV_FINISHED);
    story.s.run(5);
    assert.ok(isEnded);
    close(ev);
  });

  tell("connections wait for a listener that is off and on, and none is lost or handed out twice", (seed, host) => {
    const ev = open(seed, { ...ROUGH, acceptError: 0.05 }, host);
    const { story, base } = ev;
    const { s } = story;
    const seen = new Set<number>();
    const lev = evconnlistenerNewBind(base, (l, fd: EvSocket) => {
      assert.ok(!seen.has(fd.id), "handed out twice");
      seen.add(fd.id);
      if (story.maybe(0.3)) l.disable();
      if (story.maybe(0.1)) throw new Error("in accept");
      evutilClosesocket(fd);
    }, undefined, LEV_OPT_CLOSE_ON_FREE | (seed % 3 ? 0 : LEV_OPT_DEFERRED_ACCEPT), 16, ":80") as EvConnListener;
    s.run(5);
    const peers: SimPeer[] = [];
    for (let round = 0; round < 40; round++) {
      if (story.maybe(0.4)) peers.push(s.world.connectPeer(THERE, HERE, 80));
      if (story.maybe(0.3)) lev.disable();
      if (story.maybe(0.4)) lev.enable();
      if (peers.length && story.maybe(0.2)) leave(story, peers[story.between(0, peers.length - 1)]);
      s.run(story.between(1, 300));
    }
    for (let i = 0; i < 20; i++) {
      lev.enable();
      s.run(2000);
    }
    assert.equal(lev._waiting, undefined, "somebody still waits");
    assert.equal(seen.size, s.mgr.stats.accepted);
    lev.free();
    close(ev);
  });
});
