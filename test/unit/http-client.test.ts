import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_DELETE_CHUNK } from "../../src/core/flags.js";
import type { Mbuf } from "../../src/core/mbuf.js";
import { connectHttp } from "../../src/http/client.js";
import { MG_EV_HTTP_CHUNK, MG_EV_HTTP_HDRS } from "../../src/http/events.js";
import { httpCollectBody, httpStreamBody, httpWakeBody } from "../../src/http/stream.js";
import { stage, THERE } from "./core-support.js";
import { digits, digitsSource, log, ok, script, talk, URL } from "./http-client-support.js";

describe("connectHttp", () => {
  it("sends GET with the Host, and hands out the reply", () => {
    const t = talk(() => ok("hello"));
    assert.deepEqual(t.lines, ["CONNECT 0", "HDRS 200", "CHUNK", "REPLY 200 hello"]);
    assert.equal(t.server.asked[0].head, `GET /path?q HTTP/1.1\r\nHost: ${THERE}`);
    t.s.finish();
    assert.equal(t.lines.pop(), "CLOSE 19");
  });

  it("takes header lines and a body as Mongoose does: POST", () => {
    const s = stage();
    const server = script(s, () => ok(""));
    const lines: string[] = [];
    connectHttp(s.mgr, log(s, lines), URL, "X: y\r\n", "a=b");
    s.run();
    assert.deepEqual(server.asked, [{ head: `POST /path?q HTTP/1.1\r\nHost: ${THERE}\r\nX: y\r\nContent-Length: 3`, body: "a=b", on: 0 }]);
    assert.deepEqual(lines, ["CONNECT 0", "REPLY 200"]);
    s.finish();
  });

  it("sends user and password of the URL as Basic credentials, unless the program has its own", () => {
    const s = stage();
    const server = script(s, () => ok(""));
    connectHttp(s.mgr, undefined, `http://Aladdin:open%20sesame@${THERE}/`);
    connectHttp(s.mgr, undefined, `http://a:b@${THERE}/`, "AUTHORIZATION: mine\r\n");
    s.run();
    assert.match(server.asked[0].head, /\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==$/);
    assert.match(server.asked[1].head, /\r\nHost: 10.0.0.9\r\nAUTHORIZATION: mine$/);
    s.finish();
  });

  it("names another port in the Host", () => {
    const s = stage();
    const server = script(s, () => ok(""), THERE, 8080);
    connectHttp(s.mgr, undefined, `http://${THERE}:8080/`);
    s.run();
    assert.match(server.asked[0].head, /\r\nHost: 10.0.0.9:8080$/);
    s.finish();
  });

  it("throws for a malformed URL, method or header line, and leaves no connection behind", () => {
    const s = stage();
    for (const url of ["", "x", "ftp://a/", "http://", 5 as unknown as string]) assert.throws(() => connectHttp(s.mgr, undefined, url), /^TypeError: URL /);
    assert.throws(() => connectHttp(s.mgr, undefined, URL, { method: "A B" }), TypeError);
    assert.throws(() => connectHttp(s.mgr, undefined, URL, "X: y\r\n\r\nGET /"), TypeError);
    assert.equal(s.mgr.next(), undefined);
    s.finish();
  });

  it("tells a failed connection: CONNECT with the reason, then CLOSE", () => {
    const s = stage();
    const lines: string[] = [];
    connectHttp(s.mgr, log(s, lines), "http://10.0.0.77/");
    s.run(30_000);
    assert.deepEqual(lines, ["CONNECT 5", "CLOSE 5"]);
    s.finish();
  });

  it("speaks TLS for https, and throws where the platform cannot verify the server and was not told to do without", () => {
    const s = stage();
    const server = script(s, () => ok("secret"), THERE, 443, true);
    const lines: string[] = [];
    connectHttp(s.mgr, log(s, lines), `https://${THERE}/`);
    s.run();
    assert.deepEqual(lines.slice(0, 1), ["CONNECT 0"]);
    assert.match(server.asked[0].head, /\r\nHost: 10.0.0.9$/);
    s.finish();
    const blind = stage({ platform: { caps: { tlsVerifies: false } } });
    assert.throws(() => connectHttp(blind.mgr, undefined, `https://${THERE}/`), /cannot verify the server/);
    assert.equal(blind.mgr.next(), undefined);
    connectHttp(blind.mgr, undefined, `https://${THERE}/`, { tls: { verify: false } });
    blind.finish();
  });

  it("keeps the pool empty while it connects, and sends when the pool has room again", () => {
    const s = stage({ mgr: { pages: 4, pageBytes: 64, limits: { pageReserve: 1, recvMaxBytes: 128 } } });
    const server = script(s, () => ok("x"));
    const block = s.mgr.mbuf();
    connectHttp(s.mgr, undefined, URL, { headers: `X: ${"a".repeat(100)}\r\n`, body: "12345" });
    assert.equal(s.mgr.pool.free, 4);
    block.append("b".repeat(256));
    s.run();
    assert.equal(server.asked.length, 0);
    block.clear();
    s.run(3000);
    assert.equal(server.asked[0].body, "12345");
    s.finish();
  });
});

describe("the body of a request to a server", () => {
  it("comes from a source far larger than the pool, by its length or in chunks", () => {
    for (const length of [30_000, undefined]) {
      let nc: Connection | undefined = undefined;
      const s = stage({ mgr: { pages: 8, pageBytes: 128 } });
      const server = script(s, () => ok("thanks"));
      const lines: string[] = [];
      nc = connectHttp(s.mgr, log(s, lines), URL, { method: "PUT", body: { source: digitsSource(() => nc, 30_000, 700), length } });
      s.run(3000);
      assert.equal(server.asked[0].body, digits(30_000));
      assert.deepEqual(lines, ["CONNECT 0", "HDRS 200", "CHUNK", "REPLY 200 thanks"]);
      s.finish();
    }
  });

  it("is every byte as it was given, also when it is larger than the pool", () => {
    for (const form of ["array", "string"] as const) {
      const s = stage({ platform: { form }, mgr: { pages: 8, pageBytes: 128 } });
      const server = script(s, () => ok(""));
      const body = Uint8Array.from({ length: 5000 }, (_, i) => i & 255);
      connectHttp(s.mgr, undefined, URL, { body });
      connectHttp(s.mgr, undefined, URL, { body: body.subarray(0, 600) });
      s.run(1000);
      const bodies = server.asked.map((one) => Buffer.from(one.body, "latin1"));
      assert.deepEqual(bodies.map((one) => one.length).sort(), [5000, 600]);
      for (const one of bodies) assert.deepEqual(one, Buffer.from(body.subarray(0, one.length)));
      s.finish();
    }
  });

  it("closes the connection when its source gives less or more than its length", () => {
    for (const pieces of [["abc"], ["abcdef", "ghijkl"]]) {
      const list = pieces.slice();
      const t = talk(() => ok(""), { body: { source: { next: () => list.shift() ?? null }, length: 10 } });
      assert.deepEqual(t.lines, ["CONNECT 0", "CLOSE 15"]);
      assert.equal(t.server.asked.length, 0);
      t.s.finish();
    }
  });

  it("waits for 100 Continue when it is asked to", () => {
    let wire = "";
    const s = stage();
    s.world.listenPeer(THERE, 80, (peer) => {
      s.world.after(50, () => {
        wire = peer.take();
        peer.send("HTTP/1.1 100 Continue\r\n\r\n");
      });
      s.world.after(100, () => {
        wire += "|" + peer.take();
        peer.send(ok("done"));
      });
    });
    const lines: string[] = [];
    connectHttp(s.mgr, log(s, lines), URL, { body: "body", expectContinue: true });
    s.run(300);
    assert.match(wire, /\r\nExpect: 100-continue\r\n\r\n\|body$/);
    assert.deepEqual(lines, ["CONNECT 0", "HDRS 200", "CHUNK", "REPLY 200 done"]);
    s.finish();
  });

  it("goes all the same when nobody says 100 Continue for a second", () => {
    const t = talk(() => ok("done"), { body: "body", expectContinue: true }, undefined, 4000);
    assert.equal(t.server.asked[0].body, "body");
    assert.deepEqual(t.lines.pop(), "REPLY 200 done");
    t.s.finish();
  });

  it("is not sent when the server answers before it, and the connection ends", () => {
    const s = stage();
    const peers: string[] = [];
    s.world.listenPeer(THERE, 80, (peer) => void s.world.after(50, () => {
      peer.send(ok("no", "", "413 Content Too Large"));
      s.world.after(100, () => peers.push(peer.received + peer.state));
    }));
    const lines: string[] = [];
    connectHttp(s.mgr, log(s, lines), URL, { body: "body", expectContinue: true });
    s.run(300);
    assert.deepEqual(lines, ["CONNECT 0", "HDRS 413", "CHUNK", "REPLY 413 no", "CLOSE 0"]);
    assert.match(peers[0], /\r\n\r\n(ended|closed)$/);
    s.finish();
  });

  it("stops when the server answers in the middle of it: the source is told, and the connection ends", () => {
    const told: boolean[] = [];
    const s = stage({ platform: { caps: { writeMaxBytes: 256 } }, mgr: { pages: 16, pageBytes: 128 } });
    s.world.listenPeer(THERE, 80, (peer) => {
      peer.pauseReading();
      s.world.after(50, () => peer.send(ok("no", "", "413 Content Too Large")));
    });
    const lines: string[] = [];
    const source = { next: (max: number) => "x".repeat(max), done: (sent: boolean) => void told.push(sent) };
    connectHttp(s.mgr, log(s, lines), URL, { body: { source } });
    s.run(1000);
    assert.deepEqual(lines, ["CONNECT 0", "HDRS 413", "CHUNK", "REPLY 413 no", "CLOSE 0"]);
    assert.deepEqual(told, [false]);
    s.finish();
  });
});

describe("the body of a reply", () => {
  it("of any size goes to a sink, which takes it at its own pace while the server waits", () => {
    const total = 40_000;
    for (const framing of ["length", "chunked", "close"]) {
      const s = stage({ mgr: { pages: 8, pageBytes: 256 } });
      s.world.listenPeer(THERE, 80, (peer) => {
        const all = digits(total);
        if (framing === "length") peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n${all}`);
        else if (framing === "close") peer.send("HTTP/1.1 200 OK\r\n\r\n" + all);
        else peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + all.replace(/[^]{1,999}/g, (part) => `${part.length.toString(16)}\r\n${part}\r\n`) + "0\r\n\r\n");
        if (framing === "close") peer.fin();
      });
      let got = "";
      const ends: boolean[] = [];
      const lines: string[] = [];
      const nc = connectHttp(s.mgr, log(s, lines, (c, ev) => {
        if (ev !== MG_EV_HTTP_HDRS) return;
        httpStreamBody(c, {
          data(m: Mbuf) {
            const n = Math.min(m.len, 90);
            got += m.text(0, n);
            m.remove(n);
            assert.ok(m.len <= 2048, "more is held than the pool has");
          },
          end: (isWhole) => void ends.push(isWhole),
        });
      }), URL);
      for (let i = 0; i < 2000 && ends.length === 0; i++) {
        s.run(1);
        httpWakeBody(nc);
      }
      s.run(100);
      assert.equal(got.length, total, framing + lines.join() + s.logs.join());
      assert.equal(got, digits(total));
      assert.deepEqual([ends, lines.slice(0, 2)], [[true], ["CONNECT 0", "HDRS 200"]]);
      assert.equal(lines[2], framing === "close" ? "CLOSE 0" : undefined);
      s.finish();
    }
  });

  it("that is cut off is told to its sink: it is never taken for whole", () => {
    for (const how of ["fin", "reset"] as const) {
      const s = stage();
      s.world.listenPeer(THERE, 80, (peer) => {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        s.world.after(50, () => peer[how]());
      });
      const ends: boolean[] = [];
      const lines: string[] = [];
      connectHttp(s.mgr, log(s, lines, (nc, ev) => {
        if (ev === MG_EV_HTTP_HDRS) httpStreamBody(nc, { data: (m) => m.clear(), end: (isWhole) => void ends.push(isWhole) });
      }), URL);
      s.run();
      assert.deepEqual(ends, [false]);
      assert.deepEqual(lines, ["CONNECT 0", "HDRS 200", how === "fin" ? "CLOSE 21" : "CLOSE 6"]);
      s.finish();
    }
  });

  it("that came whole before the server ended the connection is whole, however slow its sink", () => {
    const s = stage();
    s.world.listenPeer(THERE, 80, (peer) => {
      peer.send(ok("hello"));
      peer.fin();
    });
    const lines: string[] = [];
    let allowed = 0;
    const nc = connectHttp(s.mgr, log(s, lines, (c, ev) => {
      if (ev === MG_EV_HTTP_HDRS) httpStreamBody(c, { data: (m) => m.remove(Math.min(allowed, m.len)), end: (isWhole) => void lines.push("END " + isWhole) });
    }), URL);
    s.run();
    assert.deepEqual(lines, ["CONNECT 0", "HDRS 200"]);
    allowed = 5;
    httpWakeBody(nc);
    s.run();
    assert.deepEqual(lines.slice(2), ["END true", "CLOSE 0"]);
    s.finish();
  });

  it("may be larger than the limit where the program says so, and is refused where it does not", () => {
    const mgr = { limits: { bodyMaxBytes: 50 } };
    const more = talk(() => ok(digits(100)), {}, (nc, ev) => void (ev === MG_EV_HTTP_HDRS && httpCollectBody(nc, 100)), 200, { mgr });
    assert.equal(more.lines.pop(), "REPLY 200 100");
    more.s.finish();
    const less = talk(() => ok(digits(100)), {}, undefined, 200, { mgr });
    assert.deepEqual(less.lines, ["CONNECT 0", "HDRS 200", "CLOSE 18"]);
    less.s.finish();
    const own = talk(() => ok(digits(100)), { bodyMaxBytes: 100 }, undefined, 200, { mgr });
    assert.equal(own.lines.pop(), "REPLY 200 100");
    own.s.finish();
  });

  it("is not kept when the handler drops its pieces", () => {
    let got = 0;
    const t = talk(() => ok(digits(20_000)), {}, (nc, ev, hm) => {
      if (ev !== MG_EV_HTTP_CHUNK) return;
      got += hm.bodyLength;
      nc.flags |= MG_F_DELETE_CHUNK;
    }, 500, { mgr: { pages: 8, pageBytes: 128, limits: { bodyMaxBytes: 100_000 } } });
    assert.equal(got, 20_000);
    assert.equal(t.lines.pop(), "REPLY 200");
    t.s.finish();
  });

  it("is not read on when the program closes the connection in the middle: no error, no reply", () => {
    const t = talk(() => ok(digits(5000)), {}, (nc, ev) => void (ev === MG_EV_HTTP_HDRS && (nc.flags |= MG_F_CLOSE_IMMEDIATELY)));
    assert.deepEqual(t.lines, ["CONNECT 0", "HDRS 200", "CLOSE 0"]);
    t.s.finish();
  });
});
