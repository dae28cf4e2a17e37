import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { type AnyHandler, MG_EV_RECV } from "../../src/core/events.js";
import { MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { Manager } from "../../src/core/manager.js";
import { httpReply, MG_EV_HTTP_REQUEST } from "../../src/http/index.js";
import { fakePlatform } from "./core-fake.js";
import { HERE, stage, THERE } from "./core-support.js";
import { bodies, freshServer, get, readReplies, serve, setProtocolHttpWebsocket } from "./http-support.js";

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

  it("does not call a handler that was replaced in the raw event before", () => {
    const s = stage();
    const seen: string[] = [];
    const handler = (name: string): AnyHandler => (nc, ev) => {
      if (ev === MG_EV_RECV && seen.length === 3 && name === "old") nc.handler = handler("new");
      if (ev !== MG_EV_HTTP_REQUEST) return;
      seen.push(name);
      httpReply(nc, 200, "", "ok");
    };
    setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", handler("old"))));
    const peer = s.peer(80);
    bodies(peer, s, [get(), get(), get(), get(), get()]);
    assert.deepEqual(seen, ["old", "old", "old", "new", "new"]);
    s.finish();
  });

  it("hands out nothing to a connection that is about to close, with raw events or without", () => {
    for (const rawEvents of [true, false]) {
      const fake = fakePlatform();
      const mgr = new Manager(fake.platform);
      mgr.run();
      let count = 0;
      const listener = mgr.bind("tcp://:80", (nc, ev) => {
        if (ev !== MG_EV_HTTP_REQUEST) return;
        httpReply(nc, 200, "", "ok");
        if (++count === 3) nc.flags |= MG_F_SEND_AND_CLOSE;
      });
      setProtocolHttpWebsocket(listener, { rawEvents });
      fake.sink.listening(listener, "", 80);
      const { owner } = fake.accept(listener);
      // The fourth and fifth come before the manager's turn in which the connection is ended.
      for (let i = 0; i < 5; i++) fake.sink.data(owner as Connection, get());
      assert.equal(count, 3, `rawEvents ${rawEvents}`);
      mgr.free();
    }
  });

  it("does not follow a connection's host", () => {
    const s = stage();
    serve(s, (nc, hm) => void httpReply(nc, 200, "", hm.header("Host") as string));
    const peer = s.world.connectPeer(THERE, HERE, 80);
    assert.deepEqual(bodies(peer, s, ["a", "b", "a", "b"].map((host) => get().replace("Host: x", "Host: " + host))), ["a", "b", "a", "b"]);
    s.finish();
  });
});
