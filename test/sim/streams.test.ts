import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND, MG_EV_TIMER } from "../../src/core/events.js";
import { MG_F_BUFFER_BUT_DONT_SEND, MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { HERE, THERE } from "../unit/core-support.js";
import { begin, BREAKING, end, leave, ROUGH, type Story, tell } from "./story.js";

/** Sends back what came, as far as there is room; the rest when there is. */
function echo(nc: Connection, ev: number): void {
  if (ev === MG_EV_RECV || ev === MG_EV_SEND || ev === MG_EV_POLL) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
}

/** A peer and what it sent. */
interface Client {
  peer: SimPeer;
  sent: string;
}

function talkative(story: Story, port: number): Client {
  return { peer: story.s.world.connectPeer(THERE, HERE, port), sent: "" };
}

function say(story: Story, client: Client, maxBytes: number): void {
  if (client.peer.state !== "open" && client.peer.state !== "connecting") return;
  const text = story.text(story.between(1, maxBytes));
  client.peer.send(text);
  client.sent += text;
}

/** Sends from a source that gives pieces at random, sometimes none, sometimes fails. */
function sendFrom(story: Story, nc: Connection): void {
  let left = story.between(0, 20);
  nc.sendFrom({
    next(maxBytes) {
      if (left-- <= 0) return null;
      if (story.maybe(0.02)) throw new Error("in a source");
      if (story.maybe(0.2)) return undefined;
      return story.text(story.between(1, Math.min(maxBytes, 100)));
    },
  });
}

describe("stories of streams", () => {
  tell("every byte is echoed, once and in order, through a rough network", (seed, host) => {
    const story = begin(seed, ROUGH, host);
    const { s } = story;
    s.mgr.bind("tcp://:80", s.note("E", echo));
    s.run(5);
    const clients = Array.from({ length: 5 }, () => talkative(story, 80));
    for (let round = 0; round < 20; round++) {
      for (const client of clients) if (story.maybe(0.5)) say(story, client, host.form === "string" ? 300 : 3000);
      if (story.maybe(0.2)) clients[story.between(0, 4)].peer.pauseReading();
      s.run(story.between(1, 200));
      // A board that cannot make its peers wait would have to close those who do not read for long.
      for (const client of clients) client.peer.resumeReading();
      s.run(host.form === "string" ? 600 : 1);
    }
    s.run(40_000);
    for (const client of clients) {
      if (s.mgr.stats.overflows > 0) assert.ok(client.sent.startsWith(client.peer.received));
      else assert.equal(client.peer.received, client.sent);
    }
    end(story);
  });

  tell("what arrives is a beginning of what was sent, whatever breaks", (seed, host) => {
    const story = begin(seed, BREAKING, host, { pages: 12, pageBytes: 256, limits: { starveMs: 1000, connMax: 6 } });
    const { s } = story;
    const received = new Map<string, string>();
    s.mgr.bind("tcp://:80", s.note("E", (nc, ev) => {
      if (ev === MG_EV_RECV) received.set(`${nc.id}`, (received.get(`${nc.id}`) ?? "") + nc.recvMbuf.text());
      echo(nc, ev);
      if (ev === MG_EV_RECV && nc.recvMbuf.len > 0) nc.recvMbuf.clear();
    }));
    s.run(5);
    const clients: Client[] = [];
    for (let round = 0; round < 40; round++) {
      if (story.maybe(0.4)) clients.push(talkative(story, 80));
      for (const client of clients) if (story.maybe(0.3)) say(story, client, 800);
      if (clients.length > 0 && story.maybe(0.2)) leave(story, clients[story.between(0, clients.length - 1)].peer);
      s.run(story.between(1, 150));
    }
    s.run(20_000);
    for (const text of received.values()) assert.ok(clients.some((c) => c.sent.startsWith(text.slice(0, 40))), "bytes of nobody");
    end(story);
  });

  tell("handlers that throw, close, cork, arm timers and send at random leave nothing behind", (seed, host) => {
    const story = begin(seed, BREAKING, host, { pages: 16, pageBytes: 128, limits: { starveMs: 1000, lingerMs: 1000, writeMs: 3000 } });
    const { s } = story;
    const wild = (nc: Connection, ev: number): void => {
      if (story.maybe(0.02)) throw new Error("at random");
      if (story.maybe(0.03)) nc.flags |= story.maybe(0.5) ? MG_F_SEND_AND_CLOSE : MG_F_CLOSE_IMMEDIATELY;
      if (story.maybe(0.05)) nc.flags ^= MG_F_BUFFER_BUT_DONT_SEND;
      if (story.maybe(0.2)) nc.setTimer(s.mgr.time() + story.between(0, 300) / 1000);
      if (story.maybe(0.3)) nc.send(story.text(story.between(1, 500)));
      if (story.maybe(0.3)) nc.recvMbuf.remove(story.between(0, nc.recvMbuf.len));
      if (story.maybe(0.05)) nc.recvMbufLimit = story.between(0, 400);
      if (story.maybe(0.05)) sendFrom(story, nc);
      if (story.maybe(0.03)) for (let c = s.mgr.next(); c; c = s.mgr.next(c)) if (story.maybe(0.2)) c.send("to another");
      if (story.maybe(0.01) && ev !== MG_EV_CLOSE) s.mgr.connect(`${THERE}:${story.between(7, 8)}`, s.note("W", wild));
    };
    s.world.listenPeer(THERE, 7, (peer) => peer.send("welcome"));
    s.mgr.bind("tcp://:80", s.note("W", wild));
    s.run(5);
    const clients: Client[] = [];
    for (let round = 0; round < 40; round++) {
      if (story.maybe(0.5)) clients.push(talkative(story, 80));
      for (const client of clients) if (story.maybe(0.3)) say(story, client, 400);
      if (clients.length > 0 && story.maybe(0.1)) leave(story, clients[story.between(0, clients.length - 1)].peer);
      s.run(story.between(1, 300));
    }
    s.run(5000);
    end(story);
  });

  tell("the manager can be freed at any moment, from anywhere", (seed, host) => {
    const story = begin(seed, BREAKING, host);
    const { s } = story;
    const events = [MG_EV_ACCEPT, MG_EV_RECV, MG_EV_SEND, MG_EV_CLOSE, MG_EV_TIMER, MG_EV_POLL, MG_EV_CONNECT];
    const when = events[seed % events.length];
    let left = story.between(1, 4);
    const handler = (nc: Connection, ev: number): void => {
      if (ev === MG_EV_ACCEPT || ev === MG_EV_CONNECT) nc.setTimer(s.mgr.time() + 0.1);
      echo(nc, ev);
      if (ev === when && --left === 0) s.mgr.free();
    };
    s.world.listenPeer(THERE, 7, (peer) => peer.send("x"));
    s.mgr.bind("tcp://:80", s.note("F", handler));
    s.run(5);
    for (let i = 0; i < 3; i++) s.mgr.connect(THERE + ":7", s.note("F", handler));
    const clients = Array.from({ length: 4 }, () => talkative(story, 80));
    for (let round = 0; round < 10; round++) {
      for (const client of clients) say(story, client, 200);
      s.run(story.between(1, 400));
      if (story.maybe(0.2)) leave(story, clients[story.between(0, 3)].peer);
    }
    s.mgr.free();
    const count = s.events.length;
    s.run(30_000);
    assert.equal(s.events.length, count, "events came after free");
    end(story);
  });

  tell("connections that are made fail or stand, and each ends with one CLOSE", (seed, host) => {
    const story = begin(seed, { ...BREAKING, connectError: 0.4, dnsError: 0.3 }, host, { limits: { connectMs: 3000 } });
    const { s } = story;
    s.world.dns("good.example", THERE);
    s.world.platform({ host: "10.0.0.8" });
    s.world.blackhole("10.0.0.66");
    s.world.listenPeer(THERE, 7, (peer) => {
      peer.send("hello");
      if (story.maybe(0.5)) leave(story, peer);
    });
    const targets = ["good.example:7", THERE + ":7", THERE + ":9", "10.0.0.66:7", "bad.example:7", "10.0.0.8:1"];
    let open = 0;
    let closed = 0;
    for (let i = 0; i < 20; i++) {
      open++;
      const nc = s.mgr.connect("tcp://" + targets[story.between(0, targets.length - 1)], s.note("C", (c, ev, data) => {
        if (ev === MG_EV_CLOSE) closed++;
        if (ev === MG_EV_CONNECT && data === 0 && story.maybe(0.5)) c.flags |= MG_F_SEND_AND_CLOSE;
      }));
      if (story.maybe(0.5)) nc.send(story.text(50));
      if (story.maybe(0.1)) nc.flags |= MG_F_CLOSE_IMMEDIATELY;
      s.run(story.between(0, 700));
    }
    s.run(30_000);
    s.mgr.free();
    assert.equal(closed, open);
    assert.equal(s.mgr.stats.connected + s.mgr.stats.connectFailed <= open, true);
    end(story);
  });

  tell("a manager that is polled now and then shows bytes in order too", (seed, host) => {
    const story = begin(seed, ROUGH, host, {}, true);
    const { s } = story;
    s.mgr.bind("tcp://:80", s.note("E", echo));
    s.run(5);
    s.mgr.poll();
    const clients = Array.from({ length: 3 }, () => talkative(story, 80));
    for (let round = 0; round < 60; round++) {
      for (const client of clients) if (story.maybe(0.3)) say(story, client, 200);
      s.run(story.between(1, 60));
      for (let polls = story.between(0, 3); polls > 0; polls--) s.mgr.poll();
    }
    for (let i = 0; i < 4000; i++) {
      s.run(10);
      s.mgr.poll();
    }
    for (const client of clients) {
      if (host.form !== "string") assert.equal(client.peer.received, client.sent);
      else assert.ok(client.sent.startsWith(client.peer.received));
    }
    end(story);
  });
});
