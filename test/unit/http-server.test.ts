import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { httpReply } from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { get, KINDS, mirror, readReplies, serve, talk } from "./http-support.js";

for (const [form, fresh, how] of KINDS) {
  const options = { platform: { form } };

  describe(`an HTTP server (${form}s${how})`, () => {
    beforeEach(fresh);

    it("hands out a request behind its raw RECV, and keeps the connection", () => {
      const t = talk(get("/a?b"), mirror, options);
      assert.equal(t.replies[0].status, 200);
      assert.equal(t.replies[0].body, "GET /a b HTTP/1.1 0 ");
      assert.equal(t.replies[0].headers.connection, undefined);
      assert.equal(t.isClosed, false);
      const raw = how === "" ? [`RECV ${get("/a?b").length}`] : [];
      assert.deepEqual(t.events.slice(0, 2 + raw.length), ["ACCEPT 10.0.0.9", ...raw, "HTTP_REQUEST GET /a"]);
    });

    it("has the request still in recvMbuf while its handler runs, and not afterwards", () => {
      const lengths: number[] = [];
      let nc: Connection | undefined;
      const request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
      const t = talk([request, request], (c, hm) => {
        nc = c;
        lengths.push(c.recvMbuf.len, hm.bodyLength);
        mirror(c, hm);
      }, options);
      assert.deepEqual(lengths, [request.length, 3, request.length, 3]);
      assert.equal(nc?.recvMbuf.len, 0);
      assert.equal(t.replies.length, 2);
    });

    it("takes a request in two pieces, wherever it is cut", () => {
      const request = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
      for (let cut = 1; cut < request.length; cut++) {
        const t = talk([request.slice(0, cut), request.slice(cut)], mirror, options);
        assert.deepEqual(t.replies.map((r) => r.body), ["POST /p  HTTP/1.1 5 hello"], `cut at ${cut}`);
      }
    });

    it("takes requests a byte at a time", () => {
      const wire = get("/1") + "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok" + get("/3");
      const t = talk([...wire], mirror, options);
      assert.deepEqual(t.replies.map((r) => r.body), ["GET /1  HTTP/1.1 0 ", "POST /2  HTTP/1.1 2 ok", "GET /3  HTTP/1.1 0 "]);
    });

    it("answers many requests that come in one piece, in order, each with its own body", () => {
      let wire = "";
      for (let i = 0; i < 20; i++) wire += `POST /${i} HTTP/1.1\r\nHost: x\r\nContent-Length: ${i}\r\n\r\n` + String(i % 10).repeat(i);
      const t = talk(wire, mirror, options);
      assert.deepEqual(t.replies.map((r) => r.body), Array.from({ length: 20 }, (_, i) => `POST /${i}  HTTP/1.1 ${i} ${String(i % 10).repeat(i)}`));
    });

    it("gives bodies as text and as bytes, whatever they hold", () => {
      let text = "";
      let bytes: number[] = [];
      const body = "\x00\xff\xc3\xa9\r\n\r\n";
      talk(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`, (nc, hm) => {
        text = hm.body;
        bytes = [...hm.bodyBytes()];
        mirror(nc, hm);
      }, options);
      assert.deepEqual(bytes, [0, 255, 0xc3, 0xa9, 13, 10, 13, 10]);
      assert.ok(text.endsWith("\u00e9\r\n\r\n"));
    });

    it("refuses what it must, says so, and ends the connection", () => {
      const cases: [status: number, wire: string][] = [
        [400, "nonsense\r\n\r\n"],
        [400, "GET / HTTP/1.1\r\n\r\n"],
        [413, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"],
        [414, get("/" + "a".repeat(1100))],
        [431, "GET / HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(3000)],
        [431, get("/", "X: y\r\n".repeat(50))],
        [501, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n"],
        [505, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"],
      ];
      for (const [status, wire] of cases) {
        const t = talk(wire + get("/smuggled"), mirror, options);
        assert.deepEqual(t.replies.map((r) => r.status), [status], wire.slice(0, 60));
        assert.equal(t.replies[0].headers.connection, "close");
        assert.equal(t.isClosed, true);
        assert.equal(t.events.filter((e) => e.startsWith("HTTP_REQUEST")).length, 0);
      }
    });

    it("answers what came before a refused request", () => {
      assert.deepEqual(talk(get("/ok") + "nonsense\r\n\r\n" + get("/never"), mirror, options).replies.map((r) => r.status), [200, 400]);
    });

    it("closes after the reply where the request says so, and drops what follows", () => {
      for (const wire of [get("/", "Connection: close\r\n"), "GET / HTTP/1.0\r\n\r\n"]) {
        const t = talk(wire + get("/next"), mirror, options);
        assert.equal(t.replies.length, 1);
        assert.equal(t.replies[0].headers.connection, "close");
        assert.equal(t.isClosed, true);
      }
    });

    it("closes after a reply to HTTP/1.0, and says so, whatever it asks for", () => {
      const request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
      const t = talk([request, request], mirror, options);
      assert.equal(t.replies.length, 1);
      assert.equal(t.replies[0].headers.connection, "close");
      assert.equal(t.isClosed, true);
    });

    it("sends no body to HEAD, and the same head as to GET", () => {
      const head = get("/h").replace("GET", "HEAD");
      const t = talk([get("/h"), head, get("/h"), head], (nc) => void httpReply(nc, 200, "", "0123456789"), options, ["GET", "HEAD", "GET", "HEAD"]);
      assert.deepEqual(t.replies.map((r) => r.body), ["0123456789", "", "0123456789", ""]);
      for (const reply of t.replies) assert.equal(reply.headers["content-length"], "10");
    });

    it("lets a reply come later, and requests behind it wait for their turn", () => {
      const s = stage(options);
      const waiting: { nc: Connection; uri: string }[] = [];
      serve(s, (nc, hm) => {
        if (hm.uri.startsWith("/wait")) waiting.push({ nc, uri: hm.uri });
        else mirror(nc, hm);
      });
      const peer = s.peer(80);
      peer.send(get("/wait1") + get("/now") + get("/wait2") + get("/last"));
      s.run(3000);
      assert.equal(peer.received, "");
      assert.equal(waiting.length, 1);
      httpReply(waiting[0].nc, 200, "", "one");
      s.run(50);
      assert.deepEqual(readReplies(peer.received).map((r) => r.body), ["one", "GET /now  HTTP/1.1 0 "]);
      assert.equal(waiting.length, 2);
      httpReply(waiting[1].nc, 200, "", "two");
      s.run(50);
      assert.deepEqual(readReplies(peer.received).slice(2).map((r) => r.body), ["two", "GET /last  HTTP/1.1 0 "]);
      s.finish();
    });

    it("remembers HEAD and close for a reply that comes later", () => {
      const s = stage(options);
      let nc: Connection | undefined;
      serve(s, (c) => void (nc = c));
      const peer = s.peer(80);
      peer.send(get("/").replace("GET", "HEAD").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
      s.run(50);
      httpReply(nc as Connection, 200, "", "body");
      s.run(50);
      const [reply] = readReplies(peer.received, ["HEAD"]);
      assert.equal(reply.headers["content-length"], "4");
      assert.equal(reply.headers.connection, "close");
      assert.notEqual(peer.state, "open");
      s.finish();
    });

    it("sends a body larger than its memory, and goes on with the connection", () => {
      const big = "0123456789".repeat(20_000);
      const s = stage({ ...options, mgr: { pages: 8, pageBytes: 512 } });
      serve(s, (nc, hm) => void httpReply(nc, 200, "", hm.uri === "/big" ? big : "small"));
      const peer = s.peer(80);
      const order = ["/big", "/big", "/small", "/big", "/big", "/small"];
      for (const uri of order) {
        peer.send(get(uri));
        s.run(7);
      }
      s.run(3000);
      assert.deepEqual(readReplies(peer.received).map((r) => r.body.length), order.map((uri) => (uri === "/big" ? 200_000 : 5)));
      assert.ok(s.mgr.pool.lowWater >= -1);
      s.finish();
    });

    it("sends a large body to HEAD as nothing, and to close before the end", () => {
      const big = "x".repeat(100_000);
      const t = talk([get("/").replace("GET", "HEAD"), get("/", "Connection: close\r\n")], (nc) => void httpReply(nc, 200, "", big), options, ["HEAD", "GET"]);
      assert.deepEqual(t.replies.map((r) => [r.headers["content-length"], r.body.length]), [["100000", 0], ["100000", 100_000]]);
      assert.equal(t.isClosed, true);
    });

    it("answers 431 for a head that does not end within the limit, as soon as that is certain", () => {
      const s = stage({ ...options, mgr: { limits: { headMaxBytes: 200 } } });
      serve(s);
      const peer = s.peer(80);
      peer.send(get("/").slice(0, -2) + "X: " + "y".repeat(300));
      s.run(20);
      assert.equal(readReplies(peer.received)[0].status, 431);
      s.finish();
    });

    it("takes a head of exactly the limit, and none of a byte more", () => {
      for (const more of [0, 1]) {
        const empty = get("/", "X: \r\n").length;
        const wire = get("/", "X: " + "y".repeat(200 + more - empty) + "\r\n");
        const t = talk(wire, mirror, { ...options, mgr: { limits: { headMaxBytes: 200 } } });
        assert.equal(t.replies[0].status, more ? 431 : 200);
        const slow = talk([...wire], mirror, { ...options, mgr: { limits: { headMaxBytes: 200 } } });
        assert.equal(slow.replies[0].status, more ? 431 : 200);
      }
    });

    it("takes a body of exactly the limit, and answers 413 to a byte more before it comes", () => {
      for (const more of [0, 1]) {
        const wire = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${100 + more}\r\n\r\n`;
        const t = talk([wire, "b".repeat(100 + more)], mirror, { ...options, mgr: { limits: { bodyMaxBytes: 100 } } });
        assert.equal(t.replies[0].status, more ? 413 : 200);
        assert.equal(t.replies.length, 1);
      }
    });

    it("does not fail on a peer that goes in the middle of a request, a reply or a wait", () => {
      const s = stage(options);
      serve(s, (nc, hm) => {
        if (hm.uri === "/big") httpReply(nc, 200, "", "x".repeat(50_000));
      });
      for (const wire of [get("/").slice(0, 9), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx", get("/big"), get("/wait"), ""]) {
        for (const end of ["fin", "reset", "close"] as const) {
          const peer = s.peer(80);
          peer.pauseReading();
          peer.send(wire);
          s.run(20);
          peer[end]();
          s.run(20);
        }
      }
      s.run(60_000);
      assert.deepEqual(s.logs, []);
      s.finish();
    });
  });
}
