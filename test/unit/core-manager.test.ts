import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_ACCEPT, MG_EV_POLL, MG_EV_RECV } from "../../src/core/events.js";
import { MG_F_BUFFER_BUT_DONT_SEND, MG_F_CLOSE_IMMEDIATELY } from "../../src/core/flags.js";
import { httpReply, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "../../src/http/index.js";
import { HERE, stage, THERE } from "./core-support.js";

describe("mgr.next", () => {
  it("goes over all connections, newest first, and ends", () => {
    const s = stage();
    const all = [s.mgr.add(undefined), s.mgr.bind(":80", undefined), s.mgr.add(undefined)];
    const seen: Connection[] = [];
    for (let nc = s.mgr.next(); nc; nc = s.mgr.next(nc)) seen.push(nc);
    assert.deepEqual(seen.map((nc) => nc.id), all.reverse().map((nc) => nc.id));
    s.finish();
  });

  it("ends for a connection that is gone", () => {
    const s = stage();
    const nc = s.mgr.add(undefined);
    s.mgr.add(undefined);
    nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    s.run();
    assert.equal(s.mgr.next(nc), undefined);
    s.finish();
  });
});

describe("mgr.broadcast", () => {
  it("visits every connection with POLL and the data, newest first", () => {
    const s = stage();
    const ids = [s.mgr.add(undefined), s.mgr.bind(":80", undefined)].map((nc) => nc.id).reverse();
    const seen: unknown[] = [];
    s.mgr.broadcast((nc, ev, data) => seen.push([nc.id, ev, data]), "news");
    assert.deepEqual(seen, ids.map((id) => [id, MG_EV_POLL, "news"]));
    s.finish();
  });

  it("reaches every client of a chat, from inside a handler and from outside", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (_nc, ev) => {
      if (ev === MG_EV_RECV) s.mgr.broadcast((nc) => void (nc.listener && nc.send("hey ")), undefined);
    }));
    const peers = [s.peer(80), s.peer(80), s.peer(80)];
    s.run();
    peers[0].send("x");
    s.run(5);
    s.mgr.broadcast((nc) => void (nc.listener && nc.send("you")), undefined);
    s.run(5);
    assert.deepEqual(peers.map((p) => p.received), ["hey you", "hey you", "hey you"]);
    s.finish();
  });

  it("visits those that were there when it began, whatever the visitors do", () => {
    const s = stage();
    s.mgr.add(undefined);
    s.mgr.add(undefined);
    let visits = 0;
    s.mgr.broadcast((nc) => {
      visits++;
      nc.flags |= MG_F_CLOSE_IMMEDIATELY;
      s.mgr.add(undefined);
    }, 0);
    assert.equal(visits, 2);
    s.run();
    assert.equal(s.mgr.list().length, 2);
    s.finish();
  });
});

describe("mgr.list", () => {
  it("says of every connection what it is, what it waits for, how old it is and what it holds", () => {
    const s = stage({ mgr: { pageBytes: 512 } });
    s.world.blackhole("10.0.0.66");
    s.mgr.bind("tcp://:80", s.note("L", (nc, ev) => {
      if (ev !== MG_EV_ACCEPT) return;
      nc.flags |= MG_F_BUFFER_BUT_DONT_SEND;
      nc.send("x".repeat(600));
    }));
    s.mgr.connect("10.0.0.66:7", undefined);
    s.mgr.add(undefined);
    const peer = s.peer(80);
    peer.send("y".repeat(100));
    s.run(3500);
    const rows = s.mgr.list().map(({ id: _id, ...row }) => row);
    assert.deepEqual(rows, [
      { kind: "in", phase: "open", ageS: 3, idleS: 3, pages: 3, peer: THERE + ":" + peer.port },
      { kind: "local", phase: "open", ageS: 3, idleS: 3, pages: 0, peer: "" },
      { kind: "out", phase: "connecting", ageS: 3, idleS: 3, pages: 0, peer: "10.0.0.66:7" },
      { kind: "listener", phase: "open", ageS: 3, idleS: 3, pages: 0, peer: ":80" },
    ].map((row, i) => ({ ...row, idleS: rows[i].idleS })));
    assert.ok(rows.every((row) => row.idleS >= 2 && row.idleS <= 3));
    s.finish();
  });

  it("names the phases of HTTP", () => {
    const s = stage();
    setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", (nc, ev, data) => {
      if (ev === MG_EV_HTTP_REQUEST && (data as { uri: string }).uri === "/") httpReply(nc, 200, "", "ok");
    })));
    const texts: [text: string, phase: string][] = [
      ["", "first"],
      ["GET", "head"],
      ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", "body"],
      ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "idle"],
      ["GET /later HTTP/1.1\r\nHost: x\r\n\r\n", "reply"],
    ];
    for (const [text, phase] of texts) {
      const peer = s.peer(80);
      peer.send(text);
      s.run(50);
      assert.equal(s.mgr.list()[0].phase, phase);
    }
    s.finish();
  });

  it("holds as many pages together as are missing from the pool", () => {
    const s = stage({ mgr: { pages: 64, pageBytes: 128 } });
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_RECV && nc.recvMbuf.len > 100) nc.send(nc.recvMbuf);
    }));
    for (let i = 0; i < 5; i++) {
      const peer = s.peer(80);
      peer.pauseReading();
      peer.send("x".repeat(i * 400));
    }
    s.run();
    const held = s.mgr.list().reduce((sum, row) => sum + row.pages, 0);
    assert.equal(held, s.mgr.pool.pages - s.mgr.pool.free);
    assert.ok(held > 0);
    s.finish();
  });
});

describe("mgr.stats", () => {
  it("counts what came, what went and what went wrong", () => {
    const s = stage();
    s.world.listenPeer(THERE, 7, () => undefined);
    s.mgr.bind("tcp://:80", s.note("A", (_nc, ev) => {
      if (ev === MG_EV_RECV) throw new Error("oops");
    }));
    s.mgr.connect(THERE + ":7", undefined);
    s.mgr.connect(THERE + ":9", undefined);
    s.peer(80);
    s.peer(80).send("x");
    s.run();
    const { accepted, connected, connectFailed, closed, threw } = s.mgr.stats;
    assert.deepEqual({ accepted, connected, connectFailed, closed, threw }, { accepted: 2, connected: 1, connectFailed: 1, closed: 2, threw: 1 });
    s.finish();
    const stats = s.mgr.stats;
    assert.equal(stats.closed, 2 + 1 + 1 + 1);
  });
});

describe("a manager", () => {
  it("keeps what the program puts in it", () => {
    const userData = { a: 1 };
    assert.equal(stage({ mgr: { userData } }).mgr.userData, userData);
  });

  it("runs once, however often it is told to", () => {
    const s = stage({ mgr: { limits: { pollMs: 100 } } });
    let polls = 0;
    s.mgr.add(s.note("T", (_nc, ev) => void (ev === MG_EV_POLL && polls++)));
    for (let i = 0; i < 5; i++) s.mgr.run();
    s.run(1050);
    assert.equal(polls, 10);
    s.finish();
  });

  it("gives queues of its own over the same pool", () => {
    const s = stage({ mgr: { pages: 8, pageBytes: 64 } });
    const m = s.mgr.mbuf();
    m.append("x".repeat(100));
    assert.equal(s.mgr.pool.free, 6);
    m.free();
    s.finish();
  });

  it("never gives the same number to two connections", () => {
    const s = stage();
    const ids = new Set<number>();
    for (let i = 0; i < 50; i++) {
      const nc = s.mgr.add(undefined);
      ids.add(nc.id);
      nc.flags |= MG_F_CLOSE_IMMEDIATELY;
      s.run(2);
    }
    assert.equal(ids.size, 50);
    s.finish();
  });

  it("adopts a socket only where the platform can", () => {
    const s = stage();
    assert.throws(() => s.mgr.addSock({}, undefined), /Cannot adopt a socket on sim/);
    s.finish();
  });

  it("serves a thousand connections one after another and has nothing left of them", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
    }));
    for (let i = 0; i < 1000; i++) {
      const peer = s.peer(80);
      peer.send("x");
      s.run(6);
      if (i % 2) peer.fin();
      else peer.reset();
      s.run(6);
    }
    assert.equal(s.mgr.list().length, 1);
    assert.equal(s.mgr.pool.free, s.mgr.pool.pages);
    assert.equal(s.mgr._closing.length + s.mgr._dirty.length + s.mgr._starved.length + s.mgr._inbox.length, 0);
    s.finish();
  });

  it("talks to itself", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("S", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
    }));
    s.run(5);
    let got = "";
    s.mgr.connect(HERE + ":80", s.note("C", (nc, ev) => {
      if (ev === MG_EV_RECV) got = nc.recvMbuf.text();
    })).send("mirror");
    s.run();
    assert.equal(got, "mirror");
    s.finish();
  });
});
