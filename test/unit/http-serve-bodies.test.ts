import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_ERR_FAILED } from "../../src/core/errors.js";
import { MG_EV_CLOSE } from "../../src/core/events.js";
import { type HttpMessage, MG_EV_HTTP_REQUEST, serveHttp, ssi } from "../../src/http/index.js";
import { accepted, eventsOf, type Stage, stage, type StageOptions } from "./core-support.js";
import { get, readReplies, setProtocolHttpWebsocket } from "./http-support.js";
import { fileServer, pattern, testFiles, type TestFiles, WRITTEN_MS } from "./http-serve-support.js";

const SMALL: StageOptions = { mgr: { pages: 4, pageBytes: 256 } };

/** A server that notes why its connections closed. */
function watched(files: TestFiles, how: StageOptions): { s: Stage; errs: number[] } {
  const s = stage(how);
  const errs: number[] = [];
  const listener = s.mgr.bind("tcp://:80", (nc: Connection, ev: number, data: unknown) => {
    if (ev === MG_EV_HTTP_REQUEST) serveHttp(nc, data as HttpMessage, { files });
    if (ev === MG_EV_CLOSE && nc.listener) errs.push(nc.err);
  });
  setProtocolHttpWebsocket(listener);
  return { s, errs };
}

for (const form of ["array", "string"] as RawForm[]) {
  describe(`a download (${form}s)`, () => {
    it("larger than the pool comes whole, byte for byte", () => {
      const files = testFiles({}, form);
      files.put("big", 100_000);
      const s = fileServer({ files }, { ...SMALL, platform: { form } });
      const peer = s.peer(80);
      peer.send(get("/big"));
      s.run(5000);
      const [reply] = readReplies(peer.take());
      assert.ok(reply.body === pattern(0, 100_000), "the body is not the file");
      assert.ok(s.mgr.pool.lowWater >= 0);
      s.finish();
      assert.equal(files.openCount, 0);
    });

    it("of a range asks the file for that and nothing else", () => {
      const files = testFiles({}, form);
      files.put("big", 1e12);
      const s = fileServer({ files }, { ...SMALL, platform: { form } });
      const peer = s.peer(80);
      peer.send(get("/big", "Range: bytes=999999990000-\r\n"));
      s.run(2000);
      const [reply] = readReplies(peer.take());
      assert.deepEqual([reply.status, reply.headers["content-range"]], [206, "bytes 999999990000-999999999999/1000000000000"]);
      assert.ok(reply.body === pattern(999999990000, 1e12));
      s.finish();
    });
  });
}

describe("a download", () => {
  it("of a small file, and a small page of includes, goes out in one piece with its head", () => {
    const files = testFiles({ "a.txt": "a", "p.shtml": '1<!--#include file="a.txt" -->2<!--#include file="a.txt" -->3' });
    const s = fileServer({ files, ssi });
    const peer = s.peer(80);
    for (const uri of ["/a.txt", "/p.shtml"]) {
      peer.send(get(uri));
      s.run(50);
    }
    assert.deepEqual(readReplies(peer.take()).map((r) => r.body), ["a", "1a2a3"]);
    assert.equal(eventsOf(s, "H80").filter((event) => event.startsWith("SEND")).length, 2);
    s.finish();
  });

  it("waits for a slow reader with no more than its pages, and goes on when he does", () => {
    const files = testFiles({});
    files.put("big", 400_000);
    const s = fileServer({ files }, SMALL);
    const peer = s.peer(80);
    peer.pauseReading();
    peer.send(get("/big"));
    s.run(5000);
    const before = accepted(s.mgr)[0];
    assert.ok(before.hasSource);
    assert.ok(s.mgr.pool.pages - s.mgr.pool.free <= 4);
    assert.equal(files.openCount, 1);
    for (let i = 0; i < 5; i++) {
      peer.resumeReading();
      s.run(4);
      peer.pauseReading();
      s.run(3000);
    }
    peer.resumeReading();
    s.run(10_000);
    assert.ok(readReplies(peer.take())[0].body === pattern(0, 400_000));
    s.finish();
    assert.equal(files.openCount, 0);
  });

  it("does not keep others waiting behind a reader that sleeps", () => {
    const files = testFiles({ "a.txt": "a" });
    files.put("big", 400_000);
    const s = fileServer({ files }, SMALL);
    const sleeper = s.peer(80);
    sleeper.pauseReading();
    sleeper.send(get("/big"));
    s.run(3000);
    const peer = s.peer(80);
    for (let i = 0; i < 3; i++) {
      peer.send(get("/a.txt"));
      s.run(1000);
    }
    assert.deepEqual(readReplies(peer.take()).map((r) => r.body), ["a", "a", "a"]);
    s.finish();
  });

  it("of many at once shares four pages", () => {
    const files = testFiles({});
    files.put("big", 20_000);
    const s = fileServer({ files }, SMALL);
    const peers = [1, 2, 3, 4, 5].map(() => s.peer(80));
    for (const peer of peers) peer.send(get("/big"));
    s.run(20_000);
    for (const peer of peers) assert.ok(readReplies(peer.take())[0].body === pattern(0, 20_000));
    s.finish();
    assert.equal(files.openCount, 0);
  });

  it("of a file that grows meanwhile is what was announced", () => {
    const files = testFiles({});
    files.put("log", 50_000);
    const s = fileServer({ files }, SMALL);
    const peer = s.peer(80);
    peer.pauseReading();
    peer.send(get("/log") + get("/log"));
    s.run(100);
    files.put("log", 60_000, WRITTEN_MS + 1);
    peer.resumeReading();
    s.run(10_000);
    const [first, second] = readReplies(peer.take());
    assert.ok(first.body === pattern(0, 50_000));
    assert.ok(second.body === pattern(0, 60_000));
    assert.notEqual(first.headers.etag, second.headers.etag);
    s.finish();
  });

  for (const [what, harm] of [["shrinks", (f: TestFiles) => f.put("big", 60_000)], ["fails", (f: TestFiles) => (f.failAt = 60_000)], ["vanishes", (f: TestFiles) => delete f.files.big]] as [string, (files: TestFiles) => void][]) {
    it(`of a file that ${what} meanwhile is broken off, and its connection closed`, () => {
      const files = testFiles({});
      files.put("big", 200_000);
      const { s, errs } = watched(files, SMALL);
      const peer = s.peer(80);
      peer.pauseReading();
      peer.send(get("/big") + get("/big"));
      s.run(100);
      harm(files);
      peer.resumeReading();
      s.run(10_000);
      assert.notEqual(peer.state, "open");
      const body = peer.received.slice(peer.received.indexOf("\r\n\r\n") + 4);
      assert.ok(body.length < 200_000);
      assert.ok(pattern(0, 200_000).startsWith(body), "other bytes than the file's");
      assert.deepEqual(errs, [MG_ERR_FAILED]);
      assert.deepEqual(s.logs, []);
      assert.equal(files.openCount, 0);
      s.finish();
    });
  }

  it("of a file that is gone or shorter before it is opened is 500, and the connection goes on", () => {
    const files = testFiles({ "a.txt": "a" });
    files.put("big", 100);
    const open = files.open.bind(files);
    const s = fileServer({ files });
    const peer = s.peer(80);
    files.open = () => undefined;
    peer.send(get("/big"));
    s.run(50);
    files.open = (path) => {
      files.files.big.contents = 50;
      return open(path);
    };
    peer.send(get("/big") + get("/a.txt"));
    s.run(50);
    assert.deepEqual(readReplies(peer.take()).map((r) => r.status), [500, 500, 200]);
    s.finish();
    assert.equal(files.openCount, 0);
  });

  it("that the reader breaks off closes the file, at whatever point", () => {
    for (let ms = 0; ms < 60; ms += 3) {
      const files = testFiles({});
      files.put("big", 50_000);
      const s = fileServer({ files }, SMALL);
      const peer = s.peer(80);
      peer.send(get("/big"));
      s.run(ms);
      if (ms % 2) peer.reset();
      else peer.close();
      s.run(500);
      assert.equal(files.openCount, 0, `after ${ms} ms`);
      s.finish();
    }
  });

  it("of a reader that never reads on ends by the deadline, and closes the file", () => {
    const files = testFiles({});
    files.put("big", 500_000);
    const s = fileServer({ files }, SMALL);
    const peer = s.peer(80);
    peer.pauseReading();
    peer.send(get("/big"));
    s.run(60_000);
    assert.equal(files.openCount, 0);
    assert.deepEqual(accepted(s.mgr), []);
    s.finish();
  });

  it("of a megabyte needs no more than 32 pages of 512 bytes, and asks for no more than there is room for", () => {
    const files = testFiles({});
    files.put("big", 1_000_000);
    let most = 0;
    const open = files.open.bind(files);
    files.open = (path) => {
      const file = open(path)!;
      return { size: file.size, read: (at, max) => ((most = Math.max(most, max)), file.read(at, max)), close: () => file.close() };
    };
    const s = fileServer({ files }, { mgr: { pages: 32, pageBytes: 512 } });
    const peer = s.peer(80);
    peer.send(get("/big"));
    let count = 0;
    for (let i = 0; i < 200; i++) {
      s.run(50);
      count += peer.take().length;
    }
    assert.ok(count > 1_000_000 && count < 1_001_000, String(count));
    assert.ok(most <= 32 * 512, String(most));
    s.finish();
  });
});
