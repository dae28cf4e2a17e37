import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import type { Connection, Source } from "../../src/core/connection.js";
import { MG_EV_CLOSE } from "../../src/core/events.js";
import type { Mbuf } from "../../src/core/mbuf.js";
import { type BodySink, httpCollectBody, type HttpMessage, httpReply, httpReplyFrom, httpStreamBody, httpWakeBody, MG_EV_HTTP_HDRS, MG_EV_HTTP_REQUEST, sendHead, sendHttpChunk } from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { CHUNKED, echo, type Handler, PIECES, POST, post, talk } from "./http-bodies-support.js";
import { freshServer, get, readReplies, setProtocolHttpWebsocket } from "./http-support.js";

/** A sink that takes at most `most` bytes each time it is asked, and replies at the end. */
function taker(nc: Connection, log: string[], most = Infinity): BodySink {
  return {
    data(m: Mbuf, isLast: boolean) {
      const n = Math.min(most, m.len);
      log.push(m.text(0, n) + (isLast && n === m.len ? "." : ""));
      m.remove(n);
    },
    end(isWhole: boolean) {
      log.push(isWhole ? "END" : "CUT");
      if (isWhole) httpReply(nc, 200, "", "took it");
    },
  };
}

describe("a body that is streamed", () => {
  beforeEach(freshServer);

  it("goes to the sink, whole, however it is cut and framed, and the next request is found behind it", () => {
    for (const wire of [post("abcdefghij"), CHUNKED + PIECES]) {
      const all = wire + get("/next");
      for (let cut = 1; cut < all.length; cut++) {
        const took: string[] = [];
        const t = talk([all.slice(0, cut), all.slice(cut)], (nc, ev, hm) => {
          if (ev === MG_EV_HTTP_HDRS) httpStreamBody(nc, taker(nc, took));
          echo(nc, ev, hm);
        });
        assert.equal(took.join("").replace(".", ""), "abcdefghijEND", `cut at ${cut}`);
        assert.deepEqual(t.replies.map((r) => r.body), ["took it", "/next "]);
        assert.deepEqual(t.log, ["HDRS 0:", "REQUEST 0:"]);
      }
    }
  });

  it("waits for a slow sink, with bounded memory, and the peer waits too", () => {
    const body = "0123456789abcdef".repeat(4096); // 64 KB through 4 KB
    for (const wire of [post(body), CHUNKED + `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`]) {
      const s = stage({ mgr: { pages: 8, pageBytes: 512 } });
      const took: string[] = [];
      let conn: Connection | undefined;
      let credit = 100;
      const listener = s.mgr.bind("tcp://:80", (nc, ev) => {
        if (ev !== MG_EV_HTTP_HDRS) return;
        const sink = taker(nc, took);
        conn = nc;
        httpStreamBody(nc, {
          data(m) {
            const n = Math.min(credit, m.len);
            credit -= n;
            if (n) took.push(m.text(0, n));
            m.remove(n);
          },
          end: (isWhole) => sink.end(isWhole),
        });
      });
      setProtocolHttpWebsocket(listener);
      const peer = s.peer(80);
      peer.send(wire + get("/next"));
      s.run(5000);
      assert.equal(took.join("").length, 100);
      assert.equal(peer.state, "open");
      for (let i = 0; i < 3000 && took[took.length - 1] !== "END"; i++) {
        credit += 100;
        if (conn && i % 100) httpWakeBody(conn); // and when it is forgotten, POLL asks
        s.run(i % 100 ? 2 : 2000);
      }
      assert.equal(took.join(""), body + "END");
    }
  });

  it("tells the sink once that it was cut off", () => {
    for (const wire of [post("abcdef").slice(0, -1), (CHUNKED + PIECES).slice(0, -1)]) {
      const s = stage();
      const took: string[] = [];
      const listener = s.mgr.bind("tcp://:80", (nc, ev) => {
        if (ev === MG_EV_HTTP_HDRS) httpStreamBody(nc, taker(nc, took));
        if (ev === MG_EV_CLOSE && nc !== listener) took.push("CLOSE");
      });
      setProtocolHttpWebsocket(listener);
      const peer = s.peer(80);
      peer.send(wire);
      s.run(3);
      peer.reset();
      s.run(100);
      assert.deepEqual(took.slice(-2), ["CUT", "CLOSE"]);
    }
  });

  it("may be replied to before its end: the sink is told, the rest is dropped", () => {
    const took: string[] = [];
    const t = talk([post("abcdefghij").slice(0, -6), "efghij" + get("/next")], (nc, ev, hm) => {
      if (ev === MG_EV_HTTP_HDRS) {
        const sink = taker(nc, took);
        httpStreamBody(nc, {
          data(m, isLast) {
            sink.data(m, isLast);
            httpReply(nc, 500, "", "full");
          },
          end: (isWhole) => sink.end(isWhole),
        });
      }
      echo(nc, ev, hm);
    });
    assert.deepEqual(took, ["abcd", "CUT"]);
    assert.deepEqual(t.replies.map((r) => [r.status, r.body]), [[500, "full"], [200, "/next "]]);
  });

  it("can only be asked for in HDRS", () => {
    talk(post("abc"), (nc, ev) => {
      if (ev !== MG_EV_HTTP_REQUEST) return;
      assert.throws(() => httpStreamBody(nc, taker(nc, [])), /only in MG_EV_HTTP_HDRS/);
      assert.throws(() => httpCollectBody(nc, 5), /only in MG_EV_HTTP_HDRS/);
    });
  });

  it("through a sink that throws closes its connection, and the sink is told", () => {
    const took: string[] = [];
    const t = talk(post("abc"), (nc, ev) => {
      if (ev !== MG_EV_HTTP_HDRS) return;
      httpStreamBody(nc, {
        data() {
          throw new Error("disk on fire");
        },
        end: (isWhole) => void took.push(String(isWhole)),
      });
    });
    assert.deepEqual(took, ["false"]);
    assert.equal(t.isClosed, true);
  });
});

describe("a reply that begins while the body is still coming", () => {
  beforeEach(freshServer);

  it("in chunks gives back what comes, however large and however cut", () => {
    const body = "0123456789abcdef".repeat(8192); // 128 KB, more than is ever drained
    for (const head of [post(body), CHUNKED + `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`]) {
      const s = stage({ mgr: { pages: 8, pageBytes: 512 } });
      const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
        if (ev === MG_EV_HTTP_HDRS) {
          sendHead(nc, 200, -1, "");
          httpStreamBody(nc, {
            data(m) {
              const n = Math.min(m.len, 400);
              if (n && sendHttpChunk(nc, m.slice(0, n))) m.remove(n);
              if (m.len) httpWakeBody(nc);
            },
            end: (isWhole) => void (isWhole && sendHttpChunk(nc, "")),
          });
        }
        echo(nc, ev, data as unknown as HttpMessage);
      });
      setProtocolHttpWebsocket(listener);
      const peer = s.peer(80);
      peer.send(head + get("/next"));
      s.run(20000);
      assert.deepEqual(readReplies(peer.take()).map((r) => r.body), [body, "/next "]);
      assert.equal(s.mgr.pool.free, s.mgr.pool.pages);
    }
  });
});

describe("bodies that take all pages and stop", () => {
  beforeEach(freshServer);

  it("are ended one after another, the longest idle first, so that others are served", () => {
    const s = stage({ mgr: { pages: 32, pageBytes: 256, limits: { starveMs: 1000 } } });
    const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
      if (ev >= 100) echo(nc, ev, data as unknown as HttpMessage);
    });
    setProtocolHttpWebsocket(listener);
    const holders = Array.from({ length: 4 }, () => s.peer(80));
    for (const peer of holders) {
      peer.send(CHUNKED + "5db\r\n" + "x".repeat(1499));
      s.run(10);
    }
    const honest = s.peer(80);
    honest.send(get("/me"));
    s.run(8000);
    assert.deepEqual(readReplies(honest.take()).map((r) => r.body), ["/me "]);
    assert.ok(s.mgr.list().every((c) => c.pages < 20));
  });

  it("are ended also while newcomers keep coming and going", () => {
    const s = stage({ mgr: { pages: 12, pageBytes: 512, limits: { starveMs: 3000, firstByteMs: 1500 } } });
    const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
      if (ev >= 100) echo(nc, ev, data as unknown as HttpMessage);
    });
    setProtocolHttpWebsocket(listener);
    for (let i = 0; i < 4; i++) {
      s.peer(80).send(CHUNKED + "5db\r\n" + "x".repeat(1498));
      s.run(10);
    }
    let served = 0;
    for (let i = 0; i < 20; i++) {
      const peer = s.peer(80);
      peer.send("GET / HT"); // a whole request would not need a page
      s.run(500);
      peer.send("TP/1.1\r\nHost: x\r\n\r\n");
      s.run(500);
      if (peer.take()) served++;
      peer.reset();
    }
    assert.ok(served >= 12, `${served} of 20 were served`);
  });
});

describe("a body that breaks while its reply is under way", () => {
  beforeEach(freshServer);

  /** Echoes in chunks, or through a source that waits for the body; `log` gets what the sink and the source were told. */
  function echoing(log: string[], how: "chunks" | "source"): Handler {
    return (nc, ev) => {
      if (ev !== MG_EV_HTTP_HDRS) return;
      let text = "";
      const source: Source = { next: () => (text ? [text, (text = "")][0] : undefined), done: (sent) => void log.push("done " + sent) };
      if (how === "chunks") sendHead(nc, 200, -1, "");
      else httpReplyFrom(nc, 200, "", source, -1);
      httpStreamBody(nc, {
        data(m) {
          const piece = m.text();
          m.clear();
          if (how === "chunks") sendHttpChunk(nc, piece);
          else text += piece;
          nc.wakeSource();
        },
        end: (isWhole) => void log.push("end " + isWhole),
      });
    };
  }

  const ways: [string, (peer: SimPeer) => void][] = [
    ["is malformed", (peer) => peer.send("zz\r\n")],
    ["is ended by the peer", (peer) => peer.fin()],
    ["stops coming", () => undefined],
  ];
  for (const how of ["chunks", "source"] as const) {
    for (const [why, act] of ways) {
      it(`(${how}) and ${why} closes the connection, without a second head inside the first reply`, () => {
        const s = stage({ mgr: { limits: { headMs: 2000, idleMs: 5000 } } });
        const log: string[] = [];
        const handle = echoing(log, how);
        const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
          if (ev === MG_EV_CLOSE && nc !== listener) log.push("CLOSE");
          if (ev >= 100) handle(nc, ev, data as unknown as HttpMessage);
        });
        setProtocolHttpWebsocket(listener);
        const peer = s.peer(80);
        peer.send(CHUNKED + "5\r\nhello\r\n");
        s.run(50);
        act(peer);
        s.run(30000);
        const wire = peer.take();
        assert.equal(wire.split("HTTP/1.1").length, 2, wire);
        assert.match(wire, /5\r\nhello\r\n$/);
        assert.deepEqual(log.filter((l) => l !== "done false"), ["end false", "CLOSE"]);
        assert.equal(s.mgr.pool.free, s.mgr.pool.pages);
        assert.equal(s.mgr.list().length, 1);
      });
    }
  }

  it("has a sink of its own only once", () => {
    talk(post("abc"), (nc, ev) => {
      if (ev !== MG_EV_HTTP_HDRS) return;
      httpStreamBody(nc, taker(nc, []));
      assert.throws(() => httpStreamBody(nc, taker(nc, [])), /has a sink already/);
    });
  });
});

describe("a body that is dropped", () => {
  beforeEach(freshServer);

  it("has headMs to come: dripping does not hold the connection", () => {
    const s = stage({ mgr: { limits: { headMs: 3000 } } });
    const listener = s.mgr.bind("tcp://:80", (nc, ev) => void (ev === MG_EV_HTTP_HDRS && httpReply(nc, 401, "", "")));
    setProtocolHttpWebsocket(listener);
    const peer = s.peer(80);
    peer.send(POST + "Content-Length: 60000\r\n\r\n");
    for (let i = 0; i < 20 && peer.state === "open"; i++) {
      peer.send("x");
      s.run(1000);
    }
    assert.notEqual(peer.state, "open");
    assert.equal(s.mgr.list().length, 1);
  });

  it("in the last page together with the next request does not stop either", () => {
    for (const wire of [post("x".repeat(3000)), CHUNKED + "bb8\r\n" + "x".repeat(3000) + "\r\n0\r\n\r\n"]) {
      const s = stage({ mgr: { pages: 2, pageBytes: 512 } });
      const took: string[] = [];
      const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
        if (ev === MG_EV_HTTP_HDRS) httpStreamBody(nc, taker(nc, took));
        if (ev >= 100) echo(nc, ev, data as unknown as HttpMessage);
      });
      setProtocolHttpWebsocket(listener);
      const peer = s.peer(80);
      peer.send(wire + get("/next"));
      s.run(2000);
      assert.deepEqual(readReplies(peer.take()).map((r) => r.body), ["took it", "/next "]);
    }
  });
});
