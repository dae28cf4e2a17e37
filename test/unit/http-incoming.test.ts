import assert from "node:assert/strict";
import { MG_EV_CLOSE, MG_EV_POLL } from "../../src/core/events.js";
import { MG_F_DELETE_CHUNK } from "../../src/core/flags.js";
import { httpCollectBody, type HttpMessage, httpReply, MG_EV_HTTP_CHUNK, MG_EV_HTTP_HDRS, MG_EV_HTTP_REQUEST } from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { CHUNKED, echo, type Handler, PIECES, POST, post, talk } from "./http-bodies-support.js";
import { freshServer, get, readReplies, setProtocolHttpWebsocket } from "./http-support.js";

describe("the body of a request", () => {
  beforeEach(freshServer);

  it("comes in chunks, cut anywhere, with extensions and trailers, and the next request is found behind it", () => {
    const wire = CHUNKED + PIECES + get("/next");
    for (let cut = 1; cut < wire.length; cut++) {
      const t = talk([wire.slice(0, cut), wire.slice(cut)], echo);
      assert.deepEqual(t.replies.map((r) => [r.status, r.body]), [[200, "/p abcdefghij"], [200, "/next "]], `cut at ${cut}`);
    }
    assert.deepEqual(talk([...wire], echo).replies.map((r) => r.body), ["/p abcdefghij", "/next "]);
  });

  it("is announced by HDRS, arrives in CHUNK events, and is whole in REQUEST", () => {
    const t = talk(CHUNKED + PIECES, echo);
    assert.deepEqual(t.log, ["HDRS 0:", "CHUNK 3:abc", "CHUNK 7:defghij", "REQUEST 10:abcdefghij"]);
    const u = talk([post("abcdefghij").slice(0, -6), "efgh", "ij"], echo);
    assert.deepEqual(u.log, ["HDRS 0:", "CHUNK 4:abcd", "CHUNK 4:efgh", "CHUNK 2:ij", "REQUEST 10:abcdefghij"]);
    assert.deepEqual(talk(get("/"), echo).log, ["REQUEST 0:"]);
  });

  it("is dropped piece by piece where the handler says DELETE_CHUNK", () => {
    for (const wire of [[CHUNKED + PIECES], [post("abcdefghij").slice(0, -7), "defghij"], [...post("abcdefghij")], [...(CHUNKED + PIECES)]]) {
      const seen: string[] = [];
      const t = talk([...wire, get("/next")], (nc, ev, hm) => {
        if (ev === MG_EV_HTTP_CHUNK) {
          seen.push(hm.body);
          if (hm.body !== "e") nc.flags |= MG_F_DELETE_CHUNK;
        }
        echo(nc, ev, hm);
      });
      assert.equal(seen.join(""), "abcdefghij");
      assert.deepEqual(t.replies.map((r) => r.body), [wire.length > 2 ? "/p e" : "/p ", "/next "]);
    }
  });

  it("may be dropped from some piece on: what was kept before stays", () => {
    const t = talk([post("abcdefghij").slice(0, -7), "defg", "hij", get("/next")], (nc, ev, hm) => {
      if (ev === MG_EV_HTTP_CHUNK && hm.body === "defg") nc.flags |= MG_F_DELETE_CHUNK;
      echo(nc, ev, hm);
    });
    assert.deepEqual(t.replies.map((r) => r.body), ["/p abchij", "/next "]);
  });

  it("larger than the limit gets 413 with the limit in its text, in chunks or not", () => {
    const mgr = { limits: { bodyMaxBytes: 9 } };
    for (const wire of [post("abcdefghij"), CHUNKED + PIECES, CHUNKED + "a\r\n"]) {
      const t = talk(wire + get("/never"), echo, { mgr });
      assert.deepEqual(t.replies.map((r) => [r.status, r.body]), [[413, "Body is over 9 bytes\n"]]);
      assert.equal(t.isClosed, true);
    }
  });

  it("may have a limit of its own, asked for in HDRS", () => {
    const collect = (max: number): Handler => (nc, ev, hm) => {
      if (ev === MG_EV_HTTP_HDRS) httpCollectBody(nc, max);
      echo(nc, ev, hm);
    };
    assert.deepEqual(talk(post("abc") + get("/n"), collect(3)).replies.map((r) => r.body), ["/p abc", "/n "]);
    assert.deepEqual(talk(post("abcd"), collect(3)).replies.map((r) => [r.status, r.body]), [[413, "Body is over 3 bytes\n"]]);
    assert.deepEqual(talk(CHUNKED + PIECES, collect(9)).replies.map((r) => r.status), [413]);
    assert.deepEqual(talk(CHUNKED + PIECES, collect(10)).replies.map((r) => r.status), [200]);
  });

  it("that is malformed gets 400, and nothing behind it is believed", () => {
    const bad = [
      "x\r\n", "\r\n", " 3\r\nabc\r\n", "3 \r\nabc\r\n", "+3\r\nabc\r\n", "0x3\r\nabc\r\n", "-1\r\n", "3\nabc\r\n0\r\n\r\n", "3;\r\nabc\r\n", "3;a\x00\r\nabc\r\n", "3;a\nb\r\nabc\r\n",
      "3\r\nabcd\r\n", "3\r\nabc\n0\r\n\r\n", "3\r\nabc\rX", "3\r\nabcX", "1000000000000\r\n", "fffffffffffffffff\r\n", "3;" + "e".repeat(300) + "\r\n", "3".repeat(300),
      "0\r\nno colon\r\n\r\n", "0\r\n : x\r\n\r\n", "0\r\nA : x\r\n\r\n", "0\r\nA: x\r\n folded\r\n\r\n", "0\r\nA: \x00\r\n\r\n",
    ];
    for (const body of bad) {
      const t = talk(CHUNKED + body + get("/smuggled"), echo);
      assert.deepEqual(t.replies.map((r) => r.status), [400], JSON.stringify(body));
      assert.equal(t.log.some((l) => l.includes("REQUEST")), false);
      assert.equal(t.isClosed, true);
    }
  });

  it("with endless trailers gets 431", () => {
    assert.deepEqual(talk(CHUNKED + "0\r\n" + "A: b\r\n".repeat(400), echo).replies.map((r) => r.status), [431]);
    assert.deepEqual(talk(CHUNKED + "0\r\nA: " + "b".repeat(3000), echo).replies.map((r) => r.status), [431]);
  });

  it("is cut off by the peer: no REQUEST, then CLOSE", () => {
    for (const wire of [post("abcdef").slice(0, -1), (CHUNKED + PIECES).slice(0, -1)]) {
      const s = stage();
      const seen: number[] = [];
      const listener = s.mgr.bind("tcp://:80", (_nc, ev) => void (ev !== MG_EV_POLL && seen.push(ev)));
      setProtocolHttpWebsocket(listener);
      const peer = s.peer(80);
      peer.send(wire);
      s.run(3);
      peer.fin();
      s.run(100);
      assert.equal(seen.includes(MG_EV_HTTP_REQUEST), false);
      assert.equal(seen[seen.length - 1], MG_EV_CLOSE);
      assert.equal(s.mgr.pool.free, s.mgr.pool.pages);
    }
  });

  it("trickling below the rate gets 408, with what is allowed it does not", () => {
    const mgr = { limits: { headMs: 1000, bodyRateMin: 10, idleMs: 60000 } };
    const body = "x".repeat(400);
    const slow = [post(body).slice(0, -400), ..."x".repeat(60)];
    assert.deepEqual(talk(slow, echo, { mgr }, 200).replies.map((r) => r.status), [408]);
    const fast = [post(body).slice(0, -400), ...Array.from({ length: 20 }, () => "x".repeat(20))];
    assert.deepEqual(talk(fast, echo, { mgr }, 1000).replies.map((r) => r.status), [200]);
  });
});

describe("an answer before the body is read", () => {
  beforeEach(freshServer);

  const refuse: Handler = (nc, ev) => {
    if (ev === MG_EV_HTTP_HDRS) httpReply(nc, 403, "", "no");
  };

  it("refuses it, drops what comes of it, and keeps the connection", () => {
    for (const wire of [post("abcdefghij"), CHUNKED + PIECES]) {
      const all = wire + get("/next");
      for (let cut = 1; cut <= all.length; cut++) {
        const t = talk([all.slice(0, cut), all.slice(cut)], (nc, ev, hm) => {
          refuse(nc, ev, hm);
          echo(nc, ev, hm);
        });
        assert.deepEqual(t.replies.map((r) => [r.status, r.body]), [[403, "no"], [200, "/next "]], `cut at ${cut}`);
        assert.deepEqual(t.log, ["HDRS 0:", "REQUEST 0:"]);
        assert.equal(t.isClosed, false);
      }
    }
  });

  it("closes behind it when there is too much to drop", () => {
    const mgr = { limits: { drainMaxBytes: 20 } };
    const t = talk([POST + "Content-Length: 21\r\n\r\nabc", get("/never")], refuse, { mgr });
    assert.deepEqual(t.replies.map((r) => [r.status, r.headers.connection]), [[403, "close"]]);
    assert.equal(t.isClosed, true);
    const u = talk([CHUNKED + "15\r\n" + "x".repeat(21) + "\r\n0\r\n\r\n" + get("/never")], refuse, { mgr });
    assert.deepEqual(u.replies.map((r) => r.status), [403]);
    assert.equal(u.isClosed, true);
    const ok = talk([CHUNKED + "14\r\n" + "x".repeat(20) + "\r\n0\r\n\r\n" + get("/next")], (nc, ev, hm) => (refuse(nc, ev, hm), echo(nc, ev, hm)), { mgr });
    assert.deepEqual(ok.replies.map((r) => r.status), [403, 200]);
  });

  it("in the middle of the body drops the rest of it", () => {
    const t = talk([post("abcdefghij").slice(0, -6), "efghij" + get("/next")], (nc, ev, hm) => {
      if (ev === MG_EV_HTTP_CHUNK) httpReply(nc, 400, "", "enough");
      echo(nc, ev, hm);
    });
    assert.deepEqual(t.replies.map((r) => r.body), ["enough", "/next "]);
    assert.deepEqual(t.log, ["HDRS 0:", "CHUNK 4:abcd", "REQUEST 0:"]);
  });

  it("with an error of ours closes, and the body does not matter any more", () => {
    const t = talk(["POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"], refuse);
    assert.deepEqual(t.replies.map((r) => [r.status, r.headers.connection]), [[403, "close"]]);
    assert.equal(t.isClosed, true);
  });
});

describe("Expect: 100-continue", () => {
  beforeEach(freshServer);
  const HEAD = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

  it("is answered with 100 when the body is wanted, before the body comes", () => {
    const s = stage();
    const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
      if (ev >= 100) echo(nc, ev, data as unknown as HttpMessage);
    });
    setProtocolHttpWebsocket(listener);
    const peer = s.peer(80);
    peer.send(HEAD);
    s.run(5);
    assert.equal(peer.take(), "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("hello" + get("/n"));
    s.run(5);
    assert.deepEqual(readReplies(peer.take()).map((r) => r.body), ["/p hello", "/n "]);
  });

  it("is not answered with 100 when the body came along, nor to an HTTP/1.0 client", () => {
    for (const wire of [HEAD + "hello", HEAD.replace("1.1", "1.0") + "hello", HEAD.replace("1.1", "1.0")]) {
      const s = stage();
      const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
        if (ev >= 100) echo(nc, ev, data as unknown as HttpMessage);
      });
      setProtocolHttpWebsocket(listener);
      const peer = s.peer(80);
      peer.send(wire);
      s.run(5);
      assert.equal(peer.take().includes("100 Continue"), false);
    }
  });

  it("is refused with 413 at once when the body is too large", () => {
    const t = talk(HEAD, echo, { mgr: { limits: { bodyMaxBytes: 4 } } });
    assert.deepEqual(t.replies.map((r) => r.status), [413]);
  });
});
