import assert from "node:assert/strict";
import type { RawForm, SimPeer } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { Manager } from "../../src/core/manager.js";
import { httpReply, type HttpMessage, MG_EV_HTTP_REQUEST } from "../../src/http/index.js";
import { type Stage, stage, THERE, HERE } from "./core-support.js";
import { freshServer, get, mirror, readReplies, serve, setProtocolHttpWebsocket } from "./http-support.js";

/*
 * The server knows the request it saw last and the reply it made last by heart. None of that may show: an answer depends
 * on its own request, listener and handler only.
 */

/** Sends each wire to a server of `answer` and gives the bodies of the replies, all on one connection. */
function bodies(peer: SimPeer, s: Stage, wires: string[], methods?: string[]): string[] {
  for (const wire of wires) {
    peer.send(wire);
    s.run(5);
  }
  return readReplies(peer.take(), methods).map((r) => r.body);
}

for (const form of ["array", "string"] as RawForm[]) {
  const options = { platform: { form } };

  describe(`what the HTTP server remembers (${form}s)`, () => {
    beforeEach(freshServer);

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

describe("what the HTTP server remembers", () => {
  beforeEach(freshServer);

  it("is the same for hosts with bytes as arrays and as strings in one program", () => {
    const s = stage();
    const other = stage({ wrap: () => s.world.platform({ host: "10.0.0.2", form: "string" }) });
    serve(s, (nc) => void httpReply(nc, 200, "", "h\u00e9"));
    serve(other, (nc) => void httpReply(nc, 200, "", "h\u00e9"));
    const peers = [s.peer(80), s.world.connectPeer(THERE, "10.0.0.2", 80)];
    for (let round = 0; round < 4; round++) for (const peer of peers) {
      peer.send(get());
      s.run(5);
      assert.deepEqual(readReplies(peer.take()).map((r) => r.body), ["h\xc3\xa9"]);
    }
    other.mgr.free();
    s.finish();
  });

  it("is nothing at first: a raw handler that uses everything up gets no request made of nothing", () => {
    const s = stage({ platform: { form: "string" } });
    const seen: unknown[] = [];
    const listener = s.mgr.bind("tcp://:80", s.note("H", (nc, ev, data) => {
      if (ev === MG_EV_HTTP_REQUEST) {
        seen.push(data);
        httpReply(nc, 200, "", "ok");
      } else if (nc.recvMbuf.text().startsWith("RAW")) {
        nc.recvMbuf.clear();
      }
    }));
    setProtocolHttpWebsocket(listener);
    const peer = s.peer(80);
    for (const wire of ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n!", "RAW", "RAW"]) {
      peer.send(wire);
      s.run(10);
    }
    assert.equal(seen.length, 1);
    assert.notEqual(seen[0], undefined);
    s.finish();
  });

  it("does not follow a connection's host", () => {
    const s = stage();
    serve(s, (nc, hm) => void httpReply(nc, 200, "", hm.header("Host") as string));
    const peer = s.world.connectPeer(THERE, HERE, 80);
    assert.deepEqual(bodies(peer, s, ["a", "b", "a", "b"].map((host) => get().replace("Host: x", "Host: " + host))), ["a", "b", "a", "b"]);
    s.finish();
  });
});
