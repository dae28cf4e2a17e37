import assert from "node:assert/strict";
import type { Connection, Source } from "../../src/core/connection.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../../src/core/flags.js";
import { httpAddHeaders, type HttpMessage, httpReply, httpReplyFrom, httpSendError, MG_EV_HTTP_REQUEST, printfHttpChunk, sendHead, sendHttpChunk } from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { freshServer, get, mirror, type RequestHandler, readReplies, serve, setProtocolHttpWebsocket, talk } from "./http-support.js";

const HEAD = "HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n";
const OLD = "GET /old HTTP/1.0\r\n\r\n";

/** A source of `text` in pieces of at most `most` characters. */
function pieces(text: string, most: number, log: string[] = []): Source {
  let at = 0;
  return {
    next(max) {
      if (at >= text.length) return null;
      const piece = text.slice(at, at + Math.min(most, max));
      at += piece.length;
      return piece;
    },
    done: (sent) => void log.push("done " + sent),
  };
}

describe("a reply in chunks", () => {
  beforeEach(freshServer);

  const inChunks: RequestHandler = (nc) => {
    sendHead(nc, 200, -1, "X-A: b\r\n");
    assert.equal(sendHttpChunk(nc, "é"), 2);
    assert.equal(sendHttpChunk(nc, new Uint8Array([0, 255])), 2);
    printfHttpChunk(nc, "%d and %s", 7, "more");
    sendHttpChunk(nc, "");
  };

  it("goes out as chunks, and the connection is kept", () => {
    const t = talk([get("/1"), get("/2")], inChunks);
    assert.deepEqual(t.replies.map((r) => [r.status, r.body, r.headers["x-a"]]), Array(2).fill([200, "\xc3\xa9\x00\xff7 and more", "b"]));
    assert.equal(t.isClosed, false);
  });

  it("is one body until the connection closes for an HTTP/1.0 client, and none for HEAD", () => {
    const t = talk(OLD, inChunks);
    assert.deepEqual(t.replies.map((r) => [r.headers["transfer-encoding"], r.headers.connection, r.body]), [[undefined, "close", "\xc3\xa9\x00\xff7 and more"]]);
    assert.equal(t.isClosed, true);
    const u = talk([HEAD, get("/2")], inChunks, {}, ["HEAD"]);
    assert.deepEqual(u.replies.map((r) => r.headers["transfer-encoding"]), ["chunked", "chunked"]);
    assert.equal(u.replies[0].body, "");
  });

  it("may be sent bit by bit, much later; requests behind it wait for its end", () => {
    for (const first of [get("/slow"), HEAD]) {
      const s = stage();
      let slow: Connection | undefined;
      serve(s, (nc, hm) => {
        if (hm.uri === "/next") return mirror(nc, hm);
        slow = nc;
        sendHead(nc, 200, -1, "");
      });
      const peer = s.peer(80);
      peer.send(first + get("/next"));
      s.run(5);
      for (let i = 0; i < 3; i++) {
        sendHttpChunk(slow as Connection, "part" + i);
        s.run(1000);
        assert.equal(peer.state, "open");
      }
      assert.equal(s.events.filter((e) => e.includes("HTTP_REQUEST")).length, 1);
      sendHttpChunk(slow as Connection, "");
      s.run(10);
      const replies = readReplies(peer.take(), first === HEAD ? ["HEAD"] : []);
      assert.deepEqual(replies.map((r) => r.body), [first === HEAD ? "" : "part0part1part2", "GET /next  HTTP/1.1 0 "]);
    }
  });

  it("refuses a chunk that finds no room, whole, and a chunk without a head is an error", () => {
    const s = stage({ mgr: { pages: 4, pageBytes: 512 } });
    let full = 0;
    serve(s, (nc) => {
      assert.throws(() => sendHttpChunk(nc, "x"), /No reply in chunks is open/);
      sendHead(nc, 200, -1, "");
      while (sendHttpChunk(nc, "x".repeat(300))) full++;
      sendHttpChunk(nc, "");
    });
    const peer = s.peer(80);
    peer.send(get("/"));
    s.run(1000);
    assert.ok(full > 0 && full < 8);
    assert.equal(readReplies(peer.take())[0].body, "x".repeat(300 * full));
    assert.equal(s.mgr.pool.free, 4);
  });

  it("answers 0 when the connection is gone", () => {
    const s = stage();
    let conn: Connection | undefined;
    serve(s, (nc) => void (sendHead((conn = nc), 200, -1, "")));
    const peer = s.peer(80);
    peer.send(get("/"));
    s.run(5);
    peer.reset();
    s.run(50);
    assert.equal(sendHttpChunk(conn as Connection, "late"), 0);
    assert.equal(sendHead(conn as Connection, 200, -1, ""), false);
  });

  it("has no body and no framing with 204 and 304", () => {
    for (const status of [204, 304]) {
      const t = talk([get("/1"), get("/2")], (nc) => void sendHead(nc, status, -1, ""));
      assert.deepEqual(t.replies.map((r) => [r.status, r.headers["transfer-encoding"]]), [[status, undefined], [status, undefined]]);
    }
  });
});

describe("a reply from a source", () => {
  beforeEach(freshServer);
  const BIG = "0123456789abcdef".repeat(5000);

  it("goes through a small pool, with its length or in chunks, and the next request follows", () => {
    for (const length of [BIG.length, -1]) {
      const log: string[] = [];
      const s = stage({ mgr: { pages: 4, pageBytes: 512 } });
      serve(s, (nc, hm) => void (hm.uri === "/big" ? httpReplyFrom(nc, 200, "", pieces(BIG, 777, log), length) : mirror(nc, hm)));
      const peer = s.peer(80);
      peer.send(get("/big") + get("/next"));
      s.run(20000);
      const replies = readReplies(peer.take());
      assert.deepEqual(replies.map((r) => r.body), [BIG, "GET /next  HTTP/1.1 0 "]);
      assert.equal(replies[0].headers["content-length"], length < 0 ? undefined : String(length));
      assert.deepEqual(log, ["done true"]);
      assert.equal(s.mgr.pool.free, 4);
    }
  });

  it("is bare and ends with the connection for an HTTP/1.0 client; for HEAD the source is not asked", () => {
    for (const length of [BIG.length, -1]) {
      const log: string[] = [];
      const t = talk(OLD, (nc) => void httpReplyFrom(nc, 200, "", pieces(BIG, 500, log), length));
      assert.deepEqual(t.replies.map((r) => r.body), [BIG]);
      assert.equal(t.isClosed, true);
      const u = talk([HEAD, HEAD], (nc) => void httpReplyFrom(nc, 200, "", { next: () => assert.fail("asked"), done: (sent) => void log.push("done " + sent) }, length), {}, ["HEAD", "HEAD"]);
      assert.equal(u.replies.length, 2);
      assert.deepEqual(log, ["done true", "done false", "done false"]);
    }
  });

  it("that gives too little or too much closes the connection, so that nobody takes it for whole", () => {
    for (const length of [11, 9]) {
      const s = stage();
      serve(s, (nc) => void httpReplyFrom(nc, 200, "", pieces("0123456789", length === 9 ? 10 : 3), length));
      const peer = s.peer(80);
      peer.send(get("/"));
      s.run(50);
      const wire = peer.take();
      assert.ok(wire === "" || wire.split("\r\n\r\n")[1].length < 11); // "": it broke before anything was written
      assert.equal(peer.state === "open", length === 9, "a source is asked for no more than the rest, so it cannot give too much");
    }
  });

  it("waits while the source has nothing, and binary strings are sent as they are", () => {
    const s = stage({ platform: { form: "string" } });
    let ready = false;
    let conn: Connection | undefined;
    serve(s, (nc) => {
      conn = nc;
      let left = 2;
      httpReplyFrom(nc, 200, "", { isRaw: true, next: () => (!ready ? undefined : left-- > 0 ? "\x00\x80\xff" : null) }, -1);
    });
    const peer = s.peer(80);
    peer.send(get("/"));
    s.run(3000);
    ready = true;
    (conn as Connection).wakeSource();
    s.run(20);
    assert.deepEqual(readReplies(peer.take()).map((r) => r.body), ["\x00\x80\xff\x00\x80\xff"]);
  });

  it("large and not ASCII, from text in memory, is not encoded twice", () => {
    const text = "é€😀".repeat(3000);
    const t = talk(get("/"), (nc) => void httpReply(nc, 200, "", text), { platform: { form: "string" }, mgr: { pages: 4, pageBytes: 512 } });
    assert.equal(Buffer.from(t.replies[0].body, "latin1").toString("utf8"), text);
  });
});

describe("header lines for the next reply", () => {
  beforeEach(freshServer);

  it("join its own, once, in order, whatever kind of reply it is", () => {
    const answers: RequestHandler[] = [(nc) => void httpReply(nc, 200, "X-Own: o\r\n", ""), (nc) => void sendHead(nc, 204, 0, "X-Own: o\r\n"), (nc) => void httpReplyFrom(nc, 200, "X-Own: o\r\n", pieces("x", 1), 1)];
    for (const answer of answers) {
      const t = talk([get("/1"), get("/2")], (nc, hm) => {
        if (hm.uri === "/1") httpAddHeaders(nc, "X-One: 1\r\n");
        if (hm.uri === "/1") httpAddHeaders(nc, "X-Two: 2\r\n");
        answer(nc, hm);
      });
      assert.deepEqual(t.replies.map((r) => [r.headers["x-own"], r.headers["x-one"], r.headers["x-two"]]), [["o", "1", "2"], ["o", undefined, undefined]]);
    }
  });

  it("are for this reply only, also when that is made of bytes of the program's own", () => {
    const t = talk([get("/1"), get("/2")], (nc, hm) => {
      if (hm.uri === "/2") return void httpReply(nc, 200, "", "");
      httpAddHeaders(nc, "X-One: 1\r\n");
      nc.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    assert.deepEqual(t.replies.map((r) => r.headers["x-one"]), [undefined, undefined]);
  });

  it("are checked like others", () => {
    talk(get("/"), (nc) => {
      for (const bad of ["X: y", "X: y\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "X: \x00\r\n", "X y\r\n", "Content-Length: 5\r\n", "transfer-encoding: chunked\r\n"]) {
        assert.throws(() => httpAddHeaders(nc, bad), TypeError, bad);
        assert.throws(() => sendHead(nc, 200, -1, bad), TypeError, bad);
        assert.throws(() => httpReplyFrom(nc, 200, bad, pieces("", 1), 0), TypeError, bad);
      }
      assert.throws(() => sendHead(nc, 99, 0, ""), /Status is 99/);
      nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    });
  });
});

describe("an answer that comes later", () => {
  beforeEach(freshServer);

  it("is given by the connection's id, and requests behind it wait their turn", () => {
    const s = stage();
    const ids: number[] = [];
    serve(s, (nc) => void ids.push(nc.id));
    const peer = s.peer(80);
    peer.send(get("/1") + get("/2"));
    s.run(2000);
    assert.equal(ids.length, 1);
    for (const body of ["first", "second"]) {
      const nc = s.mgr.find(ids[ids.length - 1]);
      assert.ok(nc && httpReply(nc, 200, "", body));
      s.run(10);
    }
    assert.deepEqual(readReplies(peer.take()).map((r) => r.body), ["first", "second"]);
    peer.close();
    s.run(100);
    assert.equal(s.mgr.find(ids[0]), undefined);
  });

  it("that nobody makes is 503 after answerMs, and one in pieces may take longer", () => {
    const s = stage({ mgr: { limits: { answerMs: 60000 } } });
    serve(s, (nc, hm) => void (hm.uri === "/open" && sendHead(nc, 200, -1, "")));
    const [forgotten, open] = [s.peer(80), s.peer(80)];
    forgotten.send(get("/"));
    open.send(get("/open"));
    s.run(55000);
    assert.equal(forgotten.take(), "");
    s.run(10000);
    assert.deepEqual(readReplies(forgotten.take()).map((r) => r.status), [503]);
    assert.notEqual(forgotten.state, "open");
    s.run(200000);
    assert.equal(open.state, "open");
  });

  it("is not waited for without end when the client has closed its side", () => {
    const s = stage({ mgr: { limits: { idleMs: 5000 } } });
    serve(s, () => undefined);
    const patient = s.peer(80);
    const gone = s.peer(80);
    patient.send(get("/"));
    gone.send(get("/"));
    s.run(10);
    gone.fin();
    s.run(20000);
    assert.equal(patient.state, "open");
    assert.deepEqual(s.mgr.list().map((c) => c.kind), ["in", "listener"]);
  });
});

describe("an error page", () => {
  it("is the program's, for its own errors and for the server's, and plain text where it has none", () => {
    const s = stage();
    const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
      if (ev === MG_EV_HTTP_REQUEST) httpSendError(nc, Number((data as HttpMessage).uri.slice(1)), "a & b");
    });
    setProtocolHttpWebsocket(listener, { errorPage: (status, reason) => (status === 404 ? undefined : `<h1>${status}</h1>${reason.replace("&", "&amp;")}`) });
    const seen: string[] = [];
    for (const wire of [get("/500"), get("/404"), "GET / HTTP/1.1\r\n\r\n"]) {
      const peer = s.peer(80);
      peer.send(wire);
      s.run(20);
      const [reply] = readReplies(peer.take());
      seen.push(`${reply.status} ${reply.headers["content-type"]} ${reply.body}`);
    }
    assert.deepEqual(seen, ["500 text/html; charset=utf-8 <h1>500</h1>a &amp; b", "404 text/plain a & b\n", "400 text/html; charset=utf-8 <h1>400</h1>Bad Request"]);
  });
});
