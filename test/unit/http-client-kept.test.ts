import assert from "node:assert/strict";
import { MG_EV_RECV } from "../../src/core/events.js";
import type { Mbuf } from "../../src/core/mbuf.js";
import { connectHttp, type ConnectHttpOptions, httpRequest } from "../../src/http/client.js";
import { MG_EV_HTTP_CHUNK, MG_EV_HTTP_HDRS, MG_EV_HTTP_REPLY } from "../../src/http/events.js";
import { httpStreamBody, httpWakeBody } from "../../src/http/stream.js";
import { stage, THERE } from "./core-support.js";
import { type Answer, digits, log, ok, script, talk, URL } from "./http-client-support.js";

describe("a kept connection of a client", () => {
  it("takes the next request, in the reply's event and later", () => {
    let count = 0;
    const t = talk((asked) => ok(asked.head.slice(0, 6)), {}, (nc, ev) => {
      if (ev === MG_EV_HTTP_REPLY && count++ === 0) assert.equal(httpRequest(nc, "/2"), true);
    });
    assert.equal(httpRequest(t.nc, "/3", { body: "x", headers: "A: b\r\n" }), true);
    assert.equal(httpRequest(t.nc, "/4"), false, "a reply is awaited");
    t.s.run();
    assert.deepEqual(t.server.asked.map((one) => one.head.split("\r\n")[0] + one.on), ["GET /path?q HTTP/1.10", "GET /2 HTTP/1.10", "POST /3 HTTP/1.10"]);
    assert.deepEqual(t.lines.filter((line) => line.startsWith("REPLY")), ["REPLY 200 GET /p", "REPLY 200 GET /2", "REPLY 200 POST /"]);
    t.s.finish();
    assert.equal(httpRequest(t.nc, "/5"), false);
  });

  it("takes no request before it stands, nor when the server closes it", () => {
    const seen: boolean[] = [];
    const t = talk(() => ok("x", "Connection: close\r\n"), {}, (nc, ev) => {
      if (ev === MG_EV_HTTP_REPLY) seen.push(httpRequest(nc, "/2"));
    });
    assert.deepEqual(seen, [false]);
    assert.deepEqual(t.lines.pop(), "CLOSE 0");
    t.s.finish();
    const s = stage();
    const nc = connectHttp(s.mgr, undefined, URL);
    assert.equal(httpRequest(nc, "/"), false);
    assert.throws(() => httpRequest(s.mgr.add(undefined), "/"), /not made by connectHttp/);
    assert.throws(() => httpRequest(nc, "x"), TypeError);
    s.finish();
  });

  it("ends when the server says something that nobody asked for", () => {
    const t = talk(() => ok("x"));
    t.server.peers[0].send(ok("evil"));
    t.s.run();
    assert.deepEqual(t.lines, ["CONNECT 0", "HDRS 200", "CHUNK", "REPLY 200 x", "CLOSE 21"]);
    t.s.finish();
  });

  it("never takes bytes behind a reply for the reply to the next request", () => {
    const t = talk((asked) => (asked.head.startsWith("GET /path") ? ok("x") + ok("evil") : ok("good")), {}, (nc, ev) => {
      if (ev === MG_EV_HTTP_REPLY) httpRequest(nc, "/2");
    });
    assert.deepEqual(t.lines, ["CONNECT 0", "HDRS 200", "CHUNK", "REPLY 200 x", "CLOSE 21"]);
    t.s.finish();
  });

  it("ends when a handler throws, at any event, and gives its pages back", () => {
    for (const at of [MG_EV_HTTP_HDRS, MG_EV_HTTP_CHUNK, MG_EV_HTTP_REPLY]) {
      const t = talk(() => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", {}, (_, ev) => {
        if (ev === at) throw new Error("on purpose");
      });
      assert.equal(t.lines.pop(), "CLOSE 15");
      t.s.finish();
    }
  });

  it("ends without an error when the server ends it, or when it was idle for too long", () => {
    const t = talk(() => ok("x"));
    t.server.peers[0].fin();
    t.s.run();
    assert.equal(t.lines.pop(), "CLOSE 0");
    t.s.finish();
    const idle = talk(() => ok("x"), {}, undefined, 40_000);
    assert.equal(idle.lines.pop(), "CLOSE 14");
    idle.s.finish();
  });
});

describe("the deadlines of a client", () => {
  const CASES: [what: string, answer: Answer, options: ConnectHttpOptions, afterMs: number][] = [
    ["no byte of a reply", () => undefined, { replyMs: 5000 }, 5000],
    ["no byte of a reply, by default", () => undefined, {}, 20_000],
    ["interim replies only, until the next is due", () => "HTTP/1.1 102 Processing\r\n\r\n", { replyMs: 3000 }, 3000],
    ["a head that does not end", () => "HTTP/1.1 200 OK\r\n", { headMs: 4000 }, 4000],
    ["a head that does not end, by default", () => "HTTP/1.1 200 OK\r\n", {}, 10_000],
    ["a body that stops", () => "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + digits(4000), { bodyMs: 6000 }, 6000],
    ["a reply that takes too long in all", () => undefined, { totalMs: 7000 }, 7000],
  ];
  for (const [what, answer, options, afterMs] of CASES) {
    it(`end a connection with ${what}`, () => {
      const t = talk(answer, options, undefined, afterMs - 500);
      assert.ok(!t.lines.some((line) => line.startsWith("CLOSE")), "too early");
      t.s.run(3000);
      assert.equal(t.lines.pop(), "CLOSE 14");
      assert.equal(t.s.mgr.stats.deadlines, 1);
      t.s.finish();
    });
  }

  it("end a body that trickles, although a byte comes every second", () => {
    const s = stage();
    s.world.listenPeer(THERE, 80, (peer) => {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
      const drip = (): void => {
        peer.send("x");
        if (peer.state === "open") s.world.after(1000, drip);
      };
      drip();
    });
    const lines: string[] = [];
    connectHttp(s.mgr, log(s, lines), URL);
    s.run(15_000);
    assert.equal(lines.pop(), "CLOSE 14");
    s.finish();
  });

  it("do not end an upload that goes on, nor a download whose sink is slow", () => {
    const s = stage({ mgr: { pages: 8, pageBytes: 128 } });
    const server = script(s, () => ok(digits(600)));
    const lines: string[] = [];
    let count = 0;
    let got = 0;
    let allowed = 0;
    const take = (m: Mbuf): void => {
      const n = Math.min(m.len, allowed);
      allowed -= n;
      got += n;
      m.remove(n);
    };
    const nc = connectHttp(s.mgr, log(s, lines, (c, ev) => {
      if (ev === MG_EV_HTTP_HDRS) httpStreamBody(c, { data: take, end: (isWhole) => void lines.push("END " + isWhole) });
    }), URL, { replyMs: 2000, bodyMs: 2000, body: { source: { next: () => (count++ < 5 ? undefined : count < 7 ? "x" : null) } } });
    for (let i = 0; i < 10; i++) {
      s.run(1000);
      nc.wakeSource();
    }
    assert.equal(server.asked[0].body, "x");
    for (let i = 0; i < 60 && got < 600; i++) {
      s.run(1000);
      allowed = 20;
      httpWakeBody(nc);
    }
    s.run();
    assert.deepEqual([got, ...lines], [600, "CONNECT 0", "HDRS 200", "END true"]);
    s.finish();
  });
});

describe("101 Switching Protocols", () => {
  it("leaves the connection to the program, with what follows in recvMbuf", () => {
    const raw: string[] = [];
    const t = talk((_, peer) => {
      peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n\r\nfirst");
      return undefined;
    }, { headers: "Connection: Upgrade\r\nUpgrade: chat\r\n" }, (nc, ev) => {
      if (ev === MG_EV_HTTP_REPLY || ev === MG_EV_RECV) {
        raw.push(ev + nc.recvMbuf.text());
        if (!nc.protoHandler) nc.recvMbuf.clear();
      }
    });
    t.server.peers[0].send("second");
    t.s.run();
    assert.equal(t.lines[1], "REPLY 101");
    assert.deepEqual(raw.slice(1), ["101first", "3second"]);
    t.nc.send("mine");
    t.s.run();
    t.s.finish();
  });
});
