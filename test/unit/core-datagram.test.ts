import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_ERR_ADDRESS_IN_USE, MG_ERR_MESSAGE_TOO_LONG } from "../../src/core/errors.js";
import { MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_RECV, MG_EV_SEND } from "../../src/core/events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE, MG_F_UDP } from "../../src/core/flags.js";
import { eventsOf, HERE, stage, THERE } from "./core-support.js";

function echo(nc: Connection, ev: number): void {
  if (ev !== MG_EV_RECV) return;
  nc.send(nc.recvMbuf);
  nc.recvMbuf.clear();
}

for (const form of ["array", "string"] as RawForm[]) {
  describe(`a datagram listener (${form}s)`, () => {
    it("makes a connection for each peer, which answers and goes by itself", () => {
      const s = stage({ platform: { form } });
      const listener = s.mgr.bind("udp://:53", s.note("U", echo));
      s.run(5);
      const peer = s.world.udpPeer(THERE);
      peer.send("question", HERE, 53);
      s.run();
      assert.deepEqual(peer.received.map((d) => [d.bytes, d.address, d.port]), [["question", HERE, 53]]);
      assert.deepEqual(s.events, ["U ACCEPT " + THERE, "U RECV 8", "U SEND 8", "U CLOSE"]);
      assert.equal(s.mgr.next(), listener);
      s.finish();
    });

    it("keeps the peer's connection for as long as the handler clears SEND_AND_CLOSE", () => {
      const s = stage({ platform: { form } });
      const ids = new Set<number>();
      s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
        if (ev === MG_EV_ACCEPT) nc.flags &= ~MG_F_SEND_AND_CLOSE;
        if (ev === MG_EV_RECV) ids.add(nc.id);
        echo(nc, ev);
      }));
      s.run(5);
      const peer = s.world.udpPeer(THERE);
      for (const text of ["a", "b", "c"]) {
        peer.send(text, HERE, 53);
        s.run(2000);
      }
      assert.equal(ids.size, 1);
      assert.equal(eventsOf(s, "U").filter((e) => e.startsWith("ACCEPT")).length, 1);
      assert.deepEqual(peer.received.map((d) => d.bytes), ["a", "b", "c"]);
      s.finish();
    });

    it("tells peers apart by address and port", () => {
      const s = stage({ platform: { form } });
      const seen = new Map<number, string>();
      s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
        if (ev === MG_EV_ACCEPT) nc.flags &= ~MG_F_SEND_AND_CLOSE;
        if (ev === MG_EV_RECV) seen.set(nc.id, (seen.get(nc.id) ?? "") + nc.recvMbuf.text());
        if (ev === MG_EV_RECV) nc.recvMbuf.clear();
      }));
      s.run(5);
      const peers = [s.world.udpPeer(THERE), s.world.udpPeer(THERE), s.world.udpPeer("10.0.0.8", 1), s.world.udpPeer("10.0.0.7", 1)];
      for (const round of ["1", "2"]) peers.forEach((p, i) => p.send("abcd".charAt(i) + round, HERE, 53));
      s.run();
      assert.deepEqual([...seen.values()].sort(), ["a1a2", "b1b2", "c1c2", "d1d2"]);
      s.finish();
    });

    it("sends everything of one event as one datagram", () => {
      const s = stage({ platform: { form } });
      s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
        if (ev !== MG_EV_RECV) return;
        nc.send("one ");
        nc.printf("and %s", "two");
      }));
      s.run(5);
      const peer = s.world.udpPeer(THERE);
      peer.send("x", HERE, 53);
      s.run();
      assert.deepEqual(peer.received.map((d) => d.bytes), ["one and two"]);
      s.finish();
    });

    it("sends what its SEND handler adds as a datagram of its own, without waiting for a tick", () => {
      const s = stage({ platform: { form } });
      let more = 3;
      s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
        if (ev === MG_EV_RECV) nc.send("first");
        if (ev === MG_EV_SEND && more-- > 0) nc.send("more" + more);
      }));
      s.run(5);
      const peer = s.world.udpPeer(THERE);
      peer.send("x", HERE, 53);
      s.run(200);
      assert.deepEqual(peer.received.map((d) => d.bytes), ["first", "more2", "more1", "more0"]);
      s.finish();
    });

    it("gives ACCEPT but no RECV for an empty datagram", () => {
      const s = stage({ platform: { form } });
      s.mgr.bind("udp://:53", s.note("U"));
      s.run(5);
      s.world.udpPeer(THERE).send("", HERE, 53);
      s.run();
      assert.deepEqual(s.events, ["U ACCEPT " + THERE, "U CLOSE"]);
      s.finish();
    });

    it("keeps every byte value", () => {
      const s = stage({ platform: { form } });
      s.mgr.bind("udp://:53", s.note("U", echo));
      s.run(5);
      const peer = s.world.udpPeer(THERE);
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      peer.send(all, HERE, 53);
      s.run();
      assert.equal(peer.received[0].bytes, Buffer.from(all).toString("latin1"));
      s.finish();
    });

    it("sends from a source, or says at once that it has none", () => {
      const s = stage({ platform: { form } });
      let left = 3;
      let isTaken = false;
      const done: boolean[] = [];
      s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
        if (ev !== MG_EV_RECV) return;
        isTaken = nc.sendFrom({ next: () => (left-- > 0 ? "piece" : null), done: (sent) => void done.push(sent) });
      }));
      s.run(5);
      const peer = s.world.udpPeer(THERE);
      peer.send("x", HERE, 53);
      s.run(5000);
      assert.equal(peer.received.map((d) => d.bytes).join(""), isTaken ? "piecepiecepiece" : "");
      assert.deepEqual(done, isTaken ? [true] : []);
      s.finish();
    });
  });
}

describe("datagrams", () => {
  it("are obeyed by the access list of their listener", () => {
    const s = stage();
    s.mgr.bind("udp://:53", s.note("U", echo), { ipAcl: "+10.0.0.0/24,-10.0.0.7" });
    s.run(5);
    const good = s.world.udpPeer("10.0.0.6");
    const bad = s.world.udpPeer("10.0.0.7");
    for (const peer of [good, bad]) peer.send("hi", HERE, 53);
    s.run();
    assert.equal(good.received.length, 1);
    assert.equal(bad.received.length, 0);
    assert.equal(s.mgr.stats.denied, 1);
    assert.equal(eventsOf(s, "U").filter((e) => e.startsWith("ACCEPT")).length, 1);
    s.finish();
  });

  it("find room for as many peers as the budget allows, and are counted lost beyond it", () => {
    const s = stage({ mgr: { limits: { connMax: 3 } } });
    s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.flags &= ~MG_F_SEND_AND_CLOSE;
    }));
    s.mgr.add(s.note("T"));
    s.run(5);
    for (let i = 0; i < 10; i++) s.world.udpPeer(THERE).send("x", HERE, 53);
    s.run();
    const served = eventsOf(s, "U").filter((e) => e.startsWith("RECV")).length;
    assert.ok(served >= 1 && served <= 3, `${served} peers were served`);
    assert.equal(s.mgr.stats.datagramsLost, 10 - served);
    s.finish();
  });

  it("serve one peer after another however small the budget is", () => {
    const s = stage({ mgr: { limits: { connMax: 1 } } });
    s.mgr.bind("udp://:53", s.note("U", echo));
    s.run(5);
    for (let i = 0; i < 5; i++) {
      const peer = s.world.udpPeer(THERE);
      peer.send("x", HERE, 53);
      s.run(50);
      assert.equal(peer.received.length, 1, `peer ${i}`);
    }
    s.finish();
  });

  it("too large to send are an error in SEND, and nothing is sent", () => {
    const s = stage();
    const answers: unknown[] = [];
    s.mgr.bind("udp://:53", s.note("U", (nc, ev, data) => {
      if (ev === MG_EV_RECV) nc.send("x".repeat(s.platform.caps.datagramMaxBytes + 1));
      if (ev === MG_EV_SEND) answers.push(data);
    }));
    s.run(5);
    const peer = s.world.udpPeer(THERE);
    peer.send("x", HERE, 53);
    s.run();
    assert.deepEqual(answers, [-MG_ERR_MESSAGE_TOO_LONG]);
    assert.deepEqual(peer.received, []);
    assert.equal(s.mgr.stats.datagramsLost, 1);
    s.finish();
  });

  it("for which there is no room are lost, counted, and hurt nobody", () => {
    const s = stage({ mgr: { pages: 4, pageBytes: 256 } });
    s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.flags &= ~MG_F_SEND_AND_CLOSE;
    }));
    s.run(5);
    const peer = s.world.udpPeer(THERE);
    for (let i = 0; i < 20; i++) peer.send("x".repeat(200), HERE, 53);
    s.run();
    assert.ok(s.mgr.stats.datagramsLost > 10);
    assert.ok(s.mgr.pool.lowWater >= 0);
    s.finish();
  });

  it("close with their listener, all their connections too", () => {
    const s = stage();
    const listener = s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.flags &= ~MG_F_SEND_AND_CLOSE;
    }));
    s.run(5);
    for (let i = 0; i < 3; i++) s.world.udpPeer(THERE).send("x", HERE, 53);
    s.run();
    listener.flags |= MG_F_CLOSE_IMMEDIATELY;
    s.run();
    assert.equal(eventsOf(s, "U").filter((e) => e === "CLOSE").length, 4);
    assert.equal(s.mgr.next(), undefined);
    s.finish();
  });

  it("get CLOSE with the reason when their port is in use", () => {
    const s = stage();
    s.mgr.bind("udp://:53", s.note("A"));
    const second = s.mgr.bind("udp://:53", s.note("B"));
    s.run();
    assert.deepEqual(s.events, ["B CLOSE"]);
    assert.equal(second.err, MG_ERR_ADDRESS_IN_USE);
    s.finish();
  });

  it("survive handlers that throw and close in each event", () => {
    for (const on of [MG_EV_ACCEPT, MG_EV_RECV, MG_EV_SEND, MG_EV_CLOSE]) {
      for (const act of [() => { throw new Error("oops"); }, (nc: Connection) => (nc.flags |= MG_F_CLOSE_IMMEDIATELY)]) {
        const s = stage();
        let isDone = false;
        s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
          echo(nc, ev);
          if (nc.listener && ev === on && !isDone) {
            isDone = true;
            act(nc);
          }
        }));
        s.run(5);
        const peer = s.world.udpPeer(THERE);
        peer.send("one", HERE, 53);
        s.run();
        peer.send("two", HERE, 53);
        s.run();
        assert.equal(peer.received[peer.received.length - 1]?.bytes, "two");
        s.finish();
      }
    }
  });
});

describe("an outgoing datagram connection", () => {
  it("stands at once, sends one datagram a flush, and receives the answers", () => {
    const s = stage();
    const peer = s.world.udpPeer(THERE, 7);
    const nc = s.mgr.connect("udp://" + THERE + ":7", s.note("C", (c, ev) => {
      if (ev === MG_EV_CONNECT) c.send("hello");
    }));
    s.run();
    assert.deepEqual(peer.received.map((d) => d.bytes), ["hello"]);
    assert.equal(nc.flags & MG_F_UDP, MG_F_UDP);
    peer.send("answer", HERE, peer.received[0].port);
    s.run();
    assert.deepEqual(s.events, ["C CONNECT 0", "C SEND 5", "C RECV 6"]);
    s.finish();
  });

  it("sends what was sent before it stood", () => {
    const s = stage();
    const peer = s.world.udpPeer(THERE, 7);
    s.mgr.connect("udp://" + THERE + ":7", s.note("C")).send("early");
    s.run();
    assert.deepEqual(peer.received.map((d) => d.bytes), ["early"]);
    s.finish();
  });

  it("closes when it has sent, by SEND_AND_CLOSE", () => {
    const s = stage();
    const peer = s.world.udpPeer(THERE, 7);
    s.mgr.connect("udp://" + THERE + ":7", s.note("C", (nc, ev) => {
      if (ev !== MG_EV_CONNECT) return;
      nc.send("last");
      nc.flags |= MG_F_SEND_AND_CLOSE;
    }));
    s.run();
    assert.deepEqual(peer.received.map((d) => d.bytes), ["last"]);
    assert.deepEqual(s.events, ["C CONNECT 0", "C SEND 4", "C CLOSE"]);
    s.finish();
  });

  it("fails like any other when no socket can be had", () => {
    const s = stage({ world: { faults: { listenError: 1 } } });
    let closed = 0;
    s.mgr.connect("udp://" + THERE + ":7", s.note("C", (_nc, ev) => {
      if (ev === MG_EV_CLOSE) closed++;
    }));
    s.run();
    assert.deepEqual(s.events, [`C CONNECT ${MG_ERR_ADDRESS_IN_USE}`, "C CLOSE"]);
    assert.equal(closed, 1);
    s.finish();
  });
});
