import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { Manager } from "../../src/core/manager.js";
import { httpReply, type HttpMessage, MG_EV_HTTP_REQUEST } from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { bodies, get, KINDS, mirror, readReplies, serve, setProtocolHttpWebsocket } from "./http-support.js";

/*
 * The server knows the request it saw last and the reply it made last by heart. None of that may show: an answer depends
 * on its own request, listener and handler only.
 */

for (const [form, fresh, how] of KINDS) {
  const options = { platform: { form } };

  describe(`what the HTTP server remembers (${form}s${how})`, () => {
    beforeEach(fresh);

    it("does not mix up listeners that get the same bytes", () => {
      const s = stage(options);
      const ports = [81, 82, 83, 84];
      for (const port of ports) serve(s, (nc, hm) => void httpReply(nc, 200, "", `${port} ${hm.uri}`), port);
      const peers = ports.map((port) => s.peer(port));
      for (let round = 0; round < 5; round++) {
        peers.forEach((peer, i) => assert.deepEqual(bodies(peer, s, [get("/same")]), [`${ports[i]} /same`]));
      }
      s.finish();
    });

    it("does not mix up managers, with their limits", () => {
      const s = stage(options);
      serve(s);
      const strict = new Manager(s.platform, { limits: { headersMax: 2, uriMaxBytes: 10 } });
      strict.run();
      const listener = strict.bind("tcp://:81", (nc, ev, data) => {
        if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", "strict " + (data as HttpMessage).uri);
      });
      setProtocolHttpWebsocket(listener);
      const many = get("/", "A: 1\r\nB: 2\r\n");
      const long = get("/0123456789");
      for (const [wire, status] of [[many, 431], [long, 414]] as const) {
        const lax = s.peer(80);
        const one = s.peer(81);
        assert.deepEqual(bodies(one, s, [get()]), ["strict /"]);
        for (let i = 0; i < 3; i++) assert.equal(bodies(lax, s, [wire]).length, 1);
        one.send(wire);
        s.run(20);
        assert.deepEqual(readReplies(one.take()).map((r) => r.status), [status]);
      }
      strict.free();
      s.finish();
    });

    it("asks the handler every time", () => {
      const s = stage(options);
      let count = 0;
      serve(s, (nc) => void httpReply(nc, 200, "", "visit " + ++count));
      const peer = s.peer(80);
      assert.deepEqual(bodies(peer, s, Array.from({ length: 6 }, () => get())), [1, 2, 3, 4, 5, 6].map((n) => "visit " + n));
      s.finish();
    });

    it("gives each connection its own request, though the bytes are the same", () => {
      const s = stage(options);
      const seen: number[] = [];
      serve(s, (nc, hm) => {
        seen.push(nc.id);
        mirror(nc, hm);
      });
      const peers = [s.peer(80), s.peer(80), s.peer(80)];
      for (let round = 0; round < 4; round++) for (const peer of peers) assert.equal(bodies(peer, s, [get("/x")])[0], "GET /x  HTTP/1.1 0 ");
      assert.equal(new Set(seen).size, 3);
      assert.equal(seen.length, 12);
      s.finish();
    });

    it("knows a HEAD from the GET before it, and the other way round, and takes nothing along", () => {
      const s = stage(options);
      serve(s, (nc) => void httpReply(nc, 200, "", "body"));
      const peer = s.peer(80);
      const head = get().replace("GET", "HEAD");
      const wires = [get(), head, get(), get(), head, head, get()];
      const methods = wires.map((w) => w.slice(0, w.indexOf(" ")));
      assert.deepEqual(bodies(peer, s, wires, methods), methods.map((m) => (m === "HEAD" ? "" : "body")));
      s.finish();
    });

    it("does not close a kept connection for a request that closed another", () => {
      const s = stage(options);
      serve(s, (nc) => void httpReply(nc, 200, "", "same"));
      const kept = s.peer(80);
      assert.deepEqual(bodies(kept, s, [get(), get()]), ["same", "same"]);
      const once = s.peer(80);
      once.send("GET / HTTP/1.0\r\n\r\n");
      s.run(20);
      const [reply] = readReplies(once.received);
      assert.equal(reply.headers.connection, "close");
      assert.notEqual(once.state, "open");
      kept.send(get());
      s.run(20);
      assert.equal(readReplies(kept.take())[0].headers.connection, undefined);
      assert.equal(kept.state, "open");
      s.finish();
    });

    it("closes for a 1.0 request whose bytes were never seen, right behind a kept 1.1 one", () => {
      const s = stage(options);
      serve(s, (nc) => void httpReply(nc, 200, "", "same"));
      const peer = s.peer(80);
      for (let i = 0; i < 3; i++) {
        peer.send(get());
        s.run(5);
      }
      peer.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
      s.run(20);
      const replies = readReplies(peer.received);
      assert.deepEqual(replies.map((r) => r.headers.connection), [undefined, undefined, undefined, "close"]);
      assert.notEqual(peer.state, "open");
      s.finish();
    });

    it("does not take the body of one POST for that of another with the same head", () => {
      const s = stage(options);
      serve(s);
      const peer = s.peer(80);
      const wires = ["one", "two", "one", "six"].map((body) => `POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n${body}`);
      assert.deepEqual(bodies(peer, s, wires), ["one", "two", "one", "six"].map((body) => `POST /p  HTTP/1.1 3 ${body}`));
      s.finish();
    });

    it("does not take a reply for another that differs in one thing only", () => {
      const s = stage(options);
      const replies: [number, string, string | Uint8Array][] = [
        [200, "X: 1\r\n", "a"], [200, "X: 1\r\n", "b"], [200, "X: 2\r\n", "b"], [201, "X: 2\r\n", "b"], [201, "", "b"], [201, "", ""], [204, "", ""], [201, "", ""],
        [201, "", Uint8Array.of(98)], [201, "", "b"], [304, "X: 1\r\n", "a"], [200, "X: 1\r\n", "a"],
      ];
      let at = 0;
      serve(s, (nc) => void httpReply(nc, ...replies[at++]));
      const peer = s.peer(80);
      for (const [status, headers, body] of replies) {
        peer.send(get());
        s.run(5);
        const [reply] = readReplies(peer.take());
        const isBare = status === 204 || status === 304;
        assert.equal(reply.status, status);
        assert.equal(reply.headers.x, headers === "" ? undefined : headers.slice(3, 4));
        assert.equal(reply.body, isBare ? "" : typeof body === "string" ? body : "b");
      }
      s.finish();
    });

    it("hands out a request in full although its first bytes are all of one it knows", () => {
      const s = stage(options);
      serve(s);
      const peer = s.peer(80);
      const known = get("/known");
      assert.deepEqual(bodies(peer, s, [known, known, known + get("/next"), known + known + known, known.slice(0, 20), known.slice(20)]).map((b) => b.split(" ")[1]),
        ["/known", "/known", "/known", "/next", "/known", "/known", "/known", "/known"]);
      s.finish();
    });

    it("takes known bytes as part of a body where they are one", () => {
      const s = stage(options);
      serve(s);
      const peer = s.peer(80);
      const known = get("/known");
      const post = `POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: ${known.length}\r\n\r\n`;
      assert.deepEqual(bodies(peer, s, [known, known, post, known, known]), [
        "GET /known  HTTP/1.1 0 ", "GET /known  HTTP/1.1 0 ", `POST /body  HTTP/1.1 ${known.length} ${known}`, "GET /known  HTTP/1.1 0 ",
      ]);
      s.finish();
    });

    it("does not hand out a known request while a reply is owed or under way", () => {
      const s = stage(options);
      const owed: Connection[] = [];
      serve(s, (nc) => void owed.push(nc));
      const peer = s.peer(80);
      for (let round = 0; round < 4; round++) {
        peer.send(get());
        s.run(5);
        peer.send(get());
        s.run(5);
        assert.equal(owed.length, 1, `round ${round}`);
        httpReply(owed.pop() as Connection, 200, "", "a" + round);
        s.run(5);
        assert.equal(owed.length, 1, `round ${round}`);
        httpReply(owed.pop() as Connection, 200, "", "b" + round);
        s.run(5);
      }
      assert.deepEqual(readReplies(peer.received).map((r) => r.body), ["a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3"]);
      s.finish();
    });

    it("calls the handler that is there when the request is handed out", () => {
      const s = stage(options);
      let count = 0;
      serve(s, (nc) => {
        httpReply(nc, 200, "", "old");
        if (++count === 2) nc.handler = (c, ev) => void (ev === MG_EV_HTTP_REQUEST && httpReply(c, 200, "", "new"));
      });
      assert.deepEqual(bodies(s.peer(80), s, [get(), get(), get(), get()]), ["old", "old", "new", "new"]);
      s.finish();
    });

    it("keeps a reply that comes later in its place behind one that a slow peer has not taken yet", () => {
      const s = stage(options);
      const owed: Connection[] = [];
      serve(s, (nc, hm) => {
        if (hm.uri === "/later") owed.push(nc);
        else httpReply(nc, 200, "", hm.uri === "/long" ? "l".repeat(40_000) : "now");
      });
      const peer = s.peer(80);
      const later = get("/later");
      peer.send(later);
      s.run(10);
      httpReply(owed[0], 200, "", "later 1");
      s.run(10);
      peer.pauseReading();
      for (const wire of [get("/long"), later, get("/now")]) {
        peer.send(wire);
        s.run(10);
      }
      peer.resumeReading();
      s.run(300);
      for (let i = 1; i < owed.length; i++) httpReply(owed[i], 200, "", "later 2");
      s.run(300);
      assert.deepEqual(readReplies(peer.received).map((r) => r.body.slice(0, 8)), ["later 1", "llllllll", "later 2", "now"]);
      s.finish();
    });

    it("keeps long replies to the same request in a row", () => {
      const s = stage({ ...options, mgr: { pages: 16, pageBytes: 256 } });
      let count = 0;
      serve(s, (nc) => void httpReply(nc, 200, "", String(count++ % 10).repeat(30_000)));
      const peer = s.peer(80);
      for (let i = 0; i < 7; i++) {
        peer.send(get());
        s.run(i % 2 ? 2 : 200);
      }
      s.run(2000);
      const seen = readReplies(peer.received).map((r) => r.body);
      assert.deepEqual(seen.map((body) => body.charAt(0) + body.length), Array.from({ length: 7 }, (_, i) => `${i}30000`));
      assert.ok(seen.every((body) => body === body.charAt(0).repeat(30_000)));
      s.finish();
    });

    it("counts, answers and keeps pages in the same way for known requests as for new ones", () => {
      const told: string[][] = [];
      for (const isSame of [true, false]) {
        const s = stage({ ...options, mgr: { pages: 8, pageBytes: 128 } });
        serve(s, (nc) => void httpReply(nc, 200, "", "ok"));
        const peer = s.peer(80);
        for (let i = 0; i < 9; i++) {
          peer.send(get("/" + (isSame ? 1 : i)));
          s.run(5);
          assert.equal(s.mgr.pool.free, 8);
        }
        told.push(s.events.map((e) => e.replace(/\/\d/, "/")));
        s.finish();
      }
      assert.deepEqual(told[0], told[1]);
    });
  });
}
