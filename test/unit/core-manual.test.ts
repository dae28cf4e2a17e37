import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_POLL, MG_EV_RECV, MG_EV_TIMER } from "../../src/core/events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { httpReply, type HttpMessage, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "../../src/http/index.js";
import { HERE, type Stage, type StageOptions, stage, THERE } from "./core-support.js";

/* A manager driven by poll() shows its program the same events in the same order as one that runs. */

/** Lets time pass in small steps, with a poll behind each where nobody else drives. */
function pass(s: Stage, isManual: boolean, ms: number): void {
  for (let t = 0; t < ms; t++) {
    s.world.runFor(1);
    if (isManual) s.mgr.poll();
  }
}

type Story = (s: Stage, wait: (ms: number) => void) => void;

const stories: { [title: string]: Story } = {
  "an echo, byte by byte and in bulk"(s, wait) {
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
    }));
    wait(5);
    const peer = s.peer(80);
    for (const text of ["a", "b", "c".repeat(1000)]) {
      peer.send(text);
      wait(20);
    }
    assert.equal(peer.received, "ab" + "c".repeat(1000));
    peer.fin();
    wait(50);
  },
  "a client that is refused, and one that is served"(s, wait) {
    s.world.platform({ host: THERE });
    s.world.listenPeer(THERE, 7, (peer) => s.world.after(3, () => {
      peer.send("welcome");
      peer.fin();
    }));
    s.mgr.connect(THERE + ":9", s.note("refused"));
    s.mgr.connect(THERE + ":7", s.note("served", (nc, ev) => {
      if (ev === MG_EV_CONNECT) nc.send("hello");
    }));
    wait(100);
  },
  "a reset in the middle"(s, wait) {
    s.mgr.bind("tcp://:80", s.note("A"));
    wait(5);
    const peer = s.peer(80);
    peer.send("x");
    wait(20);
    peer.reset();
    wait(50);
  },
  "a handler that throws, and one that closes itself"(s, wait) {
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_RECV) return;
      if (nc.recvMbuf.text() === "throw") throw new Error("as asked");
      nc.send("bye");
      nc.flags |= MG_F_SEND_AND_CLOSE;
    }));
    wait(5);
    const one = s.peer(80);
    wait(5);
    const two = s.peer(80);
    wait(5);
    one.send("throw");
    wait(10);
    two.send("close");
    wait(50);
    assert.equal(two.received, "bye");
  },
  "timers of three connections"(s, wait) {
    for (const ms of [30, 10, 20]) {
      s.mgr.add(s.note("T" + ms, (nc, ev) => {
        if (ev === MG_EV_TIMER) nc.flags |= MG_F_CLOSE_IMMEDIATELY;
      })).setTimer(s.mgr.time() + ms / 1000);
    }
    wait(100);
  },
  "a datagram service"(s, wait) {
    s.mgr.bind("udp://:53", s.note("U", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.send(nc.recvMbuf);
    }));
    wait(5);
    const peer = s.world.udpPeer(THERE);
    for (const text of ["one", "two", "three"]) {
      peer.send(text, HERE, 53);
      wait(10);
    }
    assert.deepEqual(peer.received.map((d) => d.bytes), ["one", "two", "three"]);
  },
  "a pair in memory"(s, wait) {
    const [a] = s.mgr.pair(s.note("a"), s.note("b", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
    }));
    a.send("ping");
    wait(20);
    a.flags |= MG_F_CLOSE_IMMEDIATELY;
    wait(20);
  },
  "HTTP, in a row, late and large"(s, wait) {
    let owed: Connection | undefined;
    setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", (nc, ev, data) => {
      if (ev !== MG_EV_HTTP_REQUEST) return;
      const { uri } = data as HttpMessage;
      if (uri === "/later") owed = nc;
      else httpReply(nc, 200, "", uri === "/big" ? "b".repeat(20_000) : uri);
    })));
    wait(5);
    const peer = s.peer(80);
    for (const uri of ["/1", "/later", "/3", "/big", "/5", "/5", "/5"]) {
      peer.send(`GET ${uri} HTTP/1.1\r\nHost: x\r\n\r\n`);
      wait(20);
      if (owed) httpReply(owed, 200, "", "late");
      owed = undefined;
      wait(100);
    }
    assert.equal(peer.received.split("HTTP/1.1 200 OK").length - 1, 7);
    peer.send("nonsense\r\n\r\n");
    wait(50);
    assert.match(peer.received, /HTTP\/1\.1 400 /);
  },
  "output larger than the window"(s, wait) {
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.send("o".repeat(30_000));
    }));
    wait(5);
    const peer = s.peer(80);
    wait(200);
    assert.equal(peer.receivedCount, 30_000);
    peer.fin();
    wait(50);
  },
};

describe("a manager driven by poll", () => {
  for (const form of ["array", "string"] as RawForm[]) {
    for (const title of Object.keys(stories)) {
      it(`shows the events of ${title} in the same order as one that runs (${form}s)`, () => {
        const told: string[][] = [];
        for (const manual of [false, true]) {
          const options: StageOptions = { manual, platform: { form }, mgr: { limits: { pollMs: 60_000 } } };
          const s = stage(options);
          stories[title](s, (ms) => pass(s, manual, ms));
          told.push(s.events.slice());
          s.finish();
        }
        assert.ok(told[0].length > 1);
        assert.deepEqual(told[1], told[0]);
      });
    }
  }

  it("does nothing between polls: events wait", () => {
    const s = stage({ manual: true });
    s.mgr.bind("tcp://:80", s.note("A"));
    s.mgr.add(s.note("T")).setTimer(s.mgr.time() + 0.01);
    const peer = s.peer(80);
    peer.send("x".repeat(4000));
    s.run(5000);
    assert.deepEqual(s.events, []);
    s.mgr.poll();
    assert.ok(s.events.length >= 2);
    s.finish();
  });

  it("answers how many handler calls there were, POLL not counted", () => {
    const s = stage({ manual: true });
    s.mgr.bind("tcp://:80", s.note("A"));
    assert.equal(s.mgr.poll(), 0);
    s.peer(80).send("x");
    s.run();
    assert.ok(s.mgr.poll() >= 1);
    assert.equal(s.mgr.poll() >= 0, true);
    s.run();
    s.mgr.poll();
    assert.equal(s.mgr.poll(), 0);
    s.finish();
  });

  it("sends POLL to every connection on every poll, newest first", () => {
    const s = stage({ manual: true });
    const seen: string[] = [];
    for (const name of ["old", "mid", "new"]) s.mgr.add(s.note(name, (_nc, ev) => {
      if (ev === MG_EV_POLL) seen.push(name);
    }));
    s.mgr.poll();
    s.mgr.poll();
    assert.deepEqual(seen, ["new", "mid", "old", "new", "mid", "old"]);
    s.finish();
  });

  it("does nothing and answers 0 inside a handler", () => {
    const s = stage({ manual: true });
    const answers: number[] = [];
    s.mgr.add(s.note("T", (_nc, ev) => {
      if (ev === MG_EV_POLL) answers.push(s.mgr.poll());
    }));
    s.mgr.poll();
    assert.deepEqual(answers, [0]);
    s.finish();
  });

  it("loses nothing when it is polled rarely, and makes the peer wait meanwhile", () => {
    const s = stage({ manual: true });
    let got = "";
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_RECV) return;
      got += nc.recvMbuf.text();
      nc.recvMbuf.clear();
    }));
    const peer = s.peer(80);
    const sent = Array.from({ length: 50_000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join("");
    peer.send(sent);
    s.run(10_000);
    assert.ok(peer.unsentCount > 30_000, "nobody made the peer wait");
    for (let i = 0; i < 200 && got.length < sent.length; i++) {
      s.run(1000);
      s.mgr.poll();
    }
    assert.equal(got, sent);
    s.finish();
  });

  it("delivers a chunk larger than the limit in order, as the handler makes room", () => {
    for (const pauseRead of [true, false]) {
      const s = stage({ manual: true, platform: { form: "string", caps: { pauseRead, readMaxBytes: 100 }, holdMaxBytes: 1000 } });
      let got = "";
      s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
        if (ev !== MG_EV_RECV) return;
        got += nc.recvMbuf.text();
        nc.recvMbuf.clear();
      }), { recvMbufLimit: 60 });
      const peer = s.peer(80);
      const sent = Array.from({ length: 300 }, (_, i) => String.fromCharCode(97 + (i % 26))).join("");
      peer.send(sent);
      for (let i = 0; i < 40; i++) {
        s.run(10);
        s.mgr.poll();
      }
      // Where the platform cannot pause, closing is allowed; losing or mixing up bytes in the middle is not.
      assert.equal(got, sent.slice(0, got.length), `pauseRead ${pauseRead}`);
      if (pauseRead) assert.equal(got, sent);
      s.finish();
    }
  });

  it("keeps a bounded amount for a program that never polls, on a platform that cannot pause", () => {
    const s = stage({ manual: true, platform: { form: "string", caps: { pauseRead: false, readMaxBytes: 536 }, holdMaxBytes: 4096 } });
    s.mgr.bind("tcp://:80", s.note("A"));
    const peer = s.peer(80);
    peer.send("x".repeat(100_000));
    s.run(20_000);
    const held = s.mgr._inbox.filter((item) => typeof item.a === "string").map((item) => (item.a as string).length);
    assert.ok(held.reduce((sum, n) => sum + n, 0) <= 4096 + 536, `${held.length} chunks wait`);
    for (let i = 0; i < 10; i++) s.mgr.poll();
    s.finish();
  });

  it("keeps a bounded number of datagrams for a program that never polls", () => {
    const s = stage({ manual: true });
    s.mgr.bind("udp://:53", s.note("U"));
    s.run(5);
    const peer = s.world.udpPeer(THERE);
    for (let i = 0; i < 2000; i++) {
      peer.send("x".repeat(100), HERE, 53);
      s.run(1);
    }
    assert.ok(s.mgr._inbox.length <= s.mgr.pool.pages, `${s.mgr._inbox.length} datagrams wait`);
    s.mgr.poll();
    assert.ok(s.events.length > 0);
    s.finish();
  });

  it("may go over to running at any time", () => {
    const s = stage({ manual: true });
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
    }));
    const peer = s.peer(80);
    peer.send("before ");
    s.run();
    s.mgr.run();
    s.run();
    peer.send("after");
    s.run();
    assert.equal(peer.received, "before after");
    s.finish();
  });

  it("goes over to running with a full recvMbuf without turning in a circle", () => {
    const s = stage({ manual: true });
    let nc: Connection | undefined;
    s.mgr.bind("tcp://:80", s.note("A", (c, ev) => {
      if (ev === MG_EV_ACCEPT) nc = c;
    }), { recvMbufLimit: 60 });
    const peer = s.peer(80);
    peer.send("x".repeat(500));
    s.run();
    s.mgr.poll();
    s.mgr.poll();
    s.mgr.run();
    s.run(3000);
    assert.equal(nc?.recvMbuf.len, 60);
    let total = 0;
    for (let i = 0; i < 20; i++) {
      total += nc?.recvMbuf.len ?? 0;
      nc?.recvMbuf.clear();
      s.run(2000);
    }
    assert.equal(total, 500);
    s.finish();
  });

  it("gives CLOSE to a connection that came and went between two polls, behind its ACCEPT", () => {
    const s = stage({ manual: true });
    s.mgr.bind("tcp://:80", s.note("A"));
    s.run(5);
    const peer = s.peer(80);
    peer.send("x");
    s.run(20);
    peer.reset();
    s.run(20);
    for (let i = 0; i < 3; i++) s.mgr.poll();
    assert.equal(s.events[0], "A ACCEPT " + THERE);
    assert.equal(s.events.pop(), "A CLOSE");
    s.finish();
  });

  it("closes what was flagged between polls within two of them", () => {
    const s = stage({ manual: true });
    const nc = s.mgr.add(s.note("T"));
    nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    s.mgr.poll();
    s.mgr.poll();
    assert.deepEqual(s.events, ["T CLOSE"]);
    s.finish();
  });

  it("that is freed gives no event but CLOSE, and that one only to what has begun", () => {
    const s = stage({ manual: true });
    s.mgr.bind("tcp://:80", s.note("L"));
    s.peer(80);
    s.run();
    s.mgr.free();
    const opened = s.events.filter((e) => e.includes("ACCEPT")).length;
    assert.equal(s.events.filter((e) => e === "L CLOSE").length, 1 + opened);
    s.finish();
  });

  it("sees CLOSE of every connection through handlers that do nothing else", () => {
    const s = stage({ manual: true });
    let closed = 0;
    s.mgr.bind("tcp://:80", s.note("A", (_nc, ev) => {
      if (ev === MG_EV_CLOSE) closed++;
    }));
    const peers = Array.from({ length: 5 }, () => s.peer(80));
    for (let i = 0; i < 20; i++) {
      s.run(5);
      s.mgr.poll();
      if (i === 10) for (const peer of peers) peer.fin();
    }
    assert.equal(closed, 5);
    s.finish();
  });
});
