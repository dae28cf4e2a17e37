import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_ACCEPT, MG_EV_RECV, MG_EV_SEND } from "../../src/core/events.js";
import { eventsOf, stage } from "./core-support.js";

describe("output", () => {
  it("is written when the handler has returned, all of it at once, and nothing fires inside send", () => {
    const s = stage();
    let during: string[] = [];
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_RECV) return;
      const before = s.events.length;
      for (const text of ["one ", "two ", "three"]) nc.send(text);
      nc.printf(" and %d", 4);
      during = s.events.slice(before);
    }));
    const peer = s.peer(80);
    peer.send("x");
    s.run();
    assert.deepEqual(during, []);
    assert.deepEqual(eventsOf(s, "A").slice(2), ["SEND 19"]);
    assert.equal(peer.received, "one two three and 4");
    s.finish();
  });

  it("goes out in order in pieces the platform takes, each reported once", () => {
    const s = stage({ platform: { caps: { writeMaxBytes: 100 } } });
    let sum = 0;
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev, data) => {
      if (ev === MG_EV_ACCEPT) for (let i = 0; i < 10; i++) nc.send(String(i).repeat(77));
      if (ev === MG_EV_SEND) sum += data as number;
    }));
    const peer = s.peer(80);
    s.run();
    assert.equal(peer.received, [..."0123456789"].map((c) => c.repeat(77)).join(""));
    assert.equal(sum, 770);
    s.finish();
  });

  it("sent from outside any handler goes out in the next turn", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A"));
    const peer = s.peer(80);
    s.run();
    const nc = s.mgr.next() as Connection;
    assert.equal(nc.send("from outside"), 12);
    s.run(5);
    assert.equal(peer.received, "from outside");
    s.finish();
  });

  it("sent to another connection goes out when the handler has returned", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_RECV) return;
      for (let c = s.mgr.next(); c; c = s.mgr.next(c)) if (c !== nc) c.send(nc.recvMbuf);
      nc.recvMbuf.clear();
    }));
    const peers = [s.peer(80), s.peer(80), s.peer(80)];
    s.run();
    peers[0].send("chat");
    s.run(5);
    assert.deepEqual(peers.map((p) => p.received), ["", "chat", "chat"]);
    s.finish();
  });

  it("takes all of a piece or nothing when the pool is short, and says which", () => {
    const s = stage({ mgr: { pages: 4, pageBytes: 64 } });
    const answers: number[] = [];
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) for (const n of [200, 100, 56, 1]) answers.push(nc.send("x".repeat(n)));
    }));
    const peer = s.peer(80);
    s.run();
    assert.deepEqual(answers, [200, 0, 56, 0]);
    assert.equal(peer.receivedCount, 256);
    s.finish();
  });

  it("throws TypeError for what cannot be sent, and the connection lives if the handler catches it", () => {
    const s = stage();
    const names: string[] = [];
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_ACCEPT) return;
      for (const data of [undefined, null, 5, {}, ["x"]]) {
        try {
          nc.send(data as unknown as string);
        } catch (e) {
          names.push((e as Error).name);
        }
      }
      nc.send("ok");
    }));
    const peer = s.peer(80);
    s.run();
    assert.deepEqual(names, ["TypeError", "TypeError", "TypeError", "TypeError", "TypeError"]);
    assert.equal(peer.received, "ok");
    s.finish();
  });
});
