import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_RECV } from "../../src/core/events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { httpReply, type HttpMessage, MG_EV_HTTP_REQUEST } from "../../src/http/index.js";
import { eventsOf, stage } from "./core-support.js";
import { freshServer, get, mirror, readReplies, serve, setProtocolHttpWebsocket, talk } from "./http-support.js";

/** The statuses of the replies to these pieces, in order. */
function statuses(pieces: string | string[], methods?: string[]): number[] {
  return talk(pieces, mirror, {}, methods).replies.map((r) => r.status);
}

describe("an HTTP server and its surroundings", () => {
  beforeEach(freshServer);

  it("ignores empty lines before a request (RFC 9112 section 2.2)", () => {
    assert.deepEqual(statuses("\r\n" + get("/a")), [200]);
    assert.deepEqual(statuses(["\r\n", get("/a")]), [200]);
    assert.deepEqual(statuses("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok\r\n" + get("/next")), [200, 200]);
    assert.deepEqual(statuses(get("/1") + "\r\n" + get("/2")), [200, 200]);
  });

  it("closes a connection that sends nothing but empty lines", () => {
    const s = stage({ mgr: { limits: { headMs: 2000, idleMs: 2000, firstByteMs: 2000 } } });
    serve(s);
    const peer = s.peer(80);
    for (let i = 0; i < 300; i++) {
      peer.send("\r\n".repeat(50));
      s.run(100);
    }
    assert.notEqual(peer.state, "open");
    s.finish();
  });

  it("answers everything owed to a peer that half-closed behind its requests", () => {
    const s = stage();
    const owed: Connection[] = [];
    serve(s, (nc, hm) => {
      if (hm.uri === "/later") owed.push(nc);
      else httpReply(nc, 200, "", hm.uri === "/big" ? "x".repeat(50_000) : "small");
    });
    const wires = [get("/later"), get("/big") + get("/small"), get("/small") + get("/small"), get("/big")];
    const peers = wires.map((wire) => {
      const peer = s.peer(80);
      peer.send(wire);
      peer.fin();
      return peer;
    });
    s.run(500);
    for (const nc of owed) httpReply(nc, 200, "", "at last");
    s.run(3000);
    assert.deepEqual(peers.map((p) => readReplies(p.received).map((r) => r.body.length)), [[7], [50_000, 5], [5, 5], [50_000]]);
    assert.ok(peers.every((p) => p.state === "closed"));
    s.finish();
  });

  it("sends a large reply that comes later, and goes on with the requests behind it", () => {
    for (const form of ["array", "string"] as RawForm[]) {
      const s = stage({ platform: { form } });
      const owed: Connection[] = [];
      serve(s, (nc, hm) => {
        if (hm.uri === "/later") owed.push(nc);
        else mirror(nc, hm);
      });
      const peer = s.peer(80);
      peer.send(get("/later") + get("/2") + get("/later") + get("/4"));
      for (let i = 0; i < 2; i++) {
        s.run(50);
        httpReply(owed[i], 200, "", "x".repeat(150_000));
      }
      s.run(1000);
      assert.deepEqual(readReplies(peer.received).map((r) => r.body.length), [150_000, 19, 150_000, 19]);
      s.finish();
    }
  });

  it("drops a half request of a peer that half-closed, without an answer from the handler", () => {
    const s = stage();
    let requests = 0;
    serve(s, () => void requests++);
    const peer = s.peer(80);
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
    peer.fin();
    s.run(500);
    assert.equal(requests, 0);
    assert.equal(peer.state, "closed");
    s.finish();
  });

  it("hands out nothing more once the raw handler has asked to close, first request or later", () => {
    for (const flag of [MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE]) {
      for (const round of [1, 2, 3]) {
        const s = stage();
        let count = 0;
        let requests = 0;
        setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => {
          if (ev === MG_EV_RECV && ++count === round) nc.flags |= flag;
          if (ev !== MG_EV_HTTP_REQUEST) return;
          requests++;
          httpReply(nc, 200, "", "ok");
        })));
        const peer = s.peer(80);
        for (let i = 0; i < 4; i++) {
          peer.send(get("/"));
          s.run(10);
        }
        assert.equal(requests, round - 1);
        s.finish();
      }
    }
  });

  it("lets a raw handler use up the input itself", () => {
    const s = stage();
    let raw = "";
    setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => {
      if (ev === MG_EV_HTTP_REQUEST) return void httpReply(nc, 200, "", "ok");
      if (ev !== MG_EV_RECV || !nc.recvMbuf.text().startsWith("RAW")) return;
      raw += nc.recvMbuf.text();
      nc.recvMbuf.clear();
    })));
    const peer = s.peer(80);
    for (const wire of ["RAW 1", get("/"), "RAW 2", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n!", "RAW 3", get("/")]) {
      peer.send(wire);
      s.run(10);
    }
    assert.equal(raw, "RAW 1RAW 2RAW 3");
    assert.equal(readReplies(peer.received).length, 3);
    s.finish();
  });

  it("lets a request handler take its request out of recvMbuf itself", () => {
    const t = talk([get("/1") + get("/2"), get("/3")], (nc, hm) => {
      mirror(nc, hm);
      nc.recvMbuf.remove(get("/1").length);
    });
    assert.deepEqual(t.replies.map((r) => r.body.split(" ")[1]), ["/1", "/2", "/3"]);
  });

  it("speaks on a connection it is attached to by itself", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev, data) => {
      if (ev === MG_EV_ACCEPT) setProtocolHttpWebsocket(nc);
      if (ev === MG_EV_HTTP_REQUEST) mirror(nc, data as HttpMessage);
    }));
    const peer = s.peer(80);
    for (let i = 0; i < 3; i++) {
      peer.send(get("/" + i));
      s.run(10);
    }
    assert.equal(readReplies(peer.received).length, 3);
    s.finish();
  });

  it("closes the connection of a handler that throws, and answers the next one", () => {
    const s = stage();
    serve(s, (nc, hm) => {
      if (hm.uri === "/throw") throw new Error("in a request");
      mirror(nc, hm);
    });
    const bad = s.peer(80);
    const good = s.peer(80);
    good.send(get("/1"));
    bad.send(get("/throw") + get("/2"));
    s.run(20);
    good.send(get("/3"));
    s.run(50);
    assert.notEqual(bad.state, "open");
    assert.ok(!bad.received.includes("/2"));
    assert.equal(readReplies(good.received).length, 2);
    assert.equal(s.logs.length, 1);
    assert.equal(eventsOf(s, "H80").filter((e) => e === "CLOSE").length, 1);
    s.finish();
  });

  it("closes the connection of a handler that throws in a request it has seen before", () => {
    const s = stage();
    let count = 0;
    serve(s, (nc, hm) => {
      if (++count === 3) throw new Error("third time");
      mirror(nc, hm);
    });
    const peer = s.peer(80);
    for (let i = 0; i < 5; i++) {
      peer.send(get("/"));
      s.run(10);
    }
    assert.equal(count, 3);
    assert.notEqual(peer.state, "open");
    s.finish();
  });

  it("lets a request handler close, free and go", () => {
    const acts: ((nc: Connection) => void)[] = [(nc) => (nc.flags |= MG_F_CLOSE_IMMEDIATELY), (nc) => (nc.flags |= MG_F_SEND_AND_CLOSE), (nc) => nc.mgr.free()];
    for (const act of acts) {
      for (const round of [1, 2, 3]) {
        const s = stage();
        let count = 0;
        let closed = 0;
        setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => {
          if (ev === MG_EV_CLOSE && nc.listener) closed++;
          if (ev !== MG_EV_HTTP_REQUEST) return;
          httpReply(nc, 200, "", "ok");
          if (++count === round) act(nc);
        })));
        const peer = s.peer(80);
        for (let i = 0; i < 4; i++) {
          peer.send(get("/"));
          s.run(10);
        }
        assert.equal(count, round);
        assert.equal(closed, 1);
        s.finish();
      }
    }
  });

  it("answers 404 by itself where there is no handler", () => {
    const s = stage();
    setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", undefined));
    const peer = s.peer(80);
    for (let i = 0; i < 3; i++) {
      peer.send(get("/"));
      s.run(10);
    }
    assert.ok(readReplies(peer.received).every((r) => r.status === 404));
    s.finish();
  });

  it("makes a pipelining peer wait that does not read its replies, and loses none", () => {
    const s = stage({ mgr: { pages: 16, pageBytes: 512 } });
    serve(s, (nc, hm) => void httpReply(nc, 200, "", hm.uri + "=" + "v".repeat(700)));
    const peer = s.peer(80);
    peer.pauseReading();
    for (let i = 0; i < 200; i++) peer.send(get("/" + i));
    s.run(8000);
    assert.ok(s.mgr.pool.lowWater >= -1);
    peer.resumeReading();
    s.run(20_000);
    assert.deepEqual(readReplies(peer.received).map((r) => r.body.split("=")[0]), Array.from({ length: 200 }, (_, i) => "/" + i));
    s.finish();
  });
});
