import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "../../src/core/flags.js";
import { type HttpMessage, MG_EV_HTTP_REQUEST, MG_EV_SSI_CALL, serveHttp, type ServeOptions, ssi } from "../../src/http/index.js";
import { type Stage, stage, type StageOptions } from "./core-support.js";
import { get, readReplies, setProtocolHttpWebsocket } from "./http-support.js";
import { once, testFiles, type TestFiles } from "./http-serve-support.js";

const SORRY = "[an error occurred while processing this directive]";

/** A server whose handler answers SSI_CALL with `onCall`. */
function ssiServer(files: TestFiles, onCall: (nc: Connection, arg: string) => void, options: ServeOptions = {}, how: StageOptions = {}): Stage {
  const s = stage(how);
  const listener = s.mgr.bind("tcp://:80", s.note("S", (nc, ev, data) => {
    if (ev === MG_EV_HTTP_REQUEST) serveHttp(nc, data as HttpMessage, { files, ssi, ...options });
    if (ev === MG_EV_SSI_CALL) onCall(nc, data as string);
  }));
  setProtocolHttpWebsocket(listener);
  return s;
}

/** The page made of `text`, with `onCall` for its calls. */
function pageOf(text: string, onCall: (nc: Connection, arg: string) => void = () => undefined, how: StageOptions = {}, form: RawForm = "string"): string {
  const files = testFiles({ "p.shtml": text }, form);
  const s = ssiServer(files, onCall, {}, how);
  const peer = s.peer(80);
  peer.send(get("/p.shtml"));
  s.run(1000);
  const [reply] = readReplies(peer.take());
  assert.equal(reply.status, 200);
  s.finish();
  assert.equal(files.openCount, 0);
  assert.deepEqual(s.logs, []);
  return reply.body;
}

const SITE = {
  "site/p.shtml": 'A<!--#include virtual="inc/b.shtml" -->Z',
  "site/inc/b.shtml": 'b<!--#include file="c.txt" --><!--#include "c.txt" --><!--#include virtual="/inc/c.txt" --><!--#include abspath="/other/d.txt"-->b',
  "site/inc/c.txt": "c<!--#call no -->",
  "other/d.txt": "d",
  "site/.part.html": "part",
  "site/hidden.shtml": '<!--#include file=".part.html" -->',
};

describe("server-side includes", () => {
  it("put files in their places: from the root, beside the page, from the store's root", () => {
    const reply = once(testFiles(SITE), { ssi, documentRoot: "site" }, "/p.shtml");
    assert.equal(reply.body, "Abc<!--#call no -->c<!--#call no -->c<!--#call no -->dbZ");
    assert.equal(reply.headers["content-type"], "text/html; charset=utf-8");
    assert.equal(reply.headers["transfer-encoding"], "chunked");
    assert.deepEqual([reply.headers.etag, reply.headers["last-modified"], reply.headers["accept-ranges"]], [undefined, undefined, undefined]);
  });

  it("may take what clients cannot", () => {
    assert.equal(once(testFiles(SITE), { ssi, documentRoot: "site" }, "/hidden.shtml").body, "part");
  });

  it("have no conditions and no ranges", () => {
    const reply = once(testFiles(SITE), { ssi, documentRoot: "site" }, "/hidden.shtml", "Range: bytes=0-1\r\nIf-None-Match: *\r\n");
    assert.deepEqual([reply.status, reply.body], [200, "part"]);
  });

  it("answer HEAD without a body", () => {
    const reply = once(testFiles(SITE), { ssi, documentRoot: "site" }, "/p.shtml", "", "HEAD");
    assert.deepEqual([reply.status, reply.body], [200, ""]);
  });

  it("are executed in index files, and in what ssiPattern says, in nothing else", () => {
    const files = testFiles({ "index.shtml": '<!--#include file="x.html" -->', "x.html": '<!--#include file="y" -->', y: "y" });
    assert.equal(once(files, { ssi }, "/").body, '<!--#include file="y" -->');
    assert.equal(once(files, { ssi, ssiPattern: "**.html$" }, "/x.html").body, "y");
    assert.equal(once(files, { ssi, ssiPattern: "**.html$" }, "/").body, '<!--#include file="x.html" -->');
    assert.equal(once(files, {}, "/").body, '<!--#include file="x.html" -->');
  });

  it("that lead nowhere, out of the store, or are none, say sorry in their place", () => {
    const bad = [
      '<!--#include virtual="none" -->', '<!--#include virtual="../p.shtml" -->', '<!--#include file="../p.shtml" -->', '<!--#include abspath="../x" -->', '<!--#include file="/p.shtml" -->', '<!--#include abspath="//x" -->',
      "<!--#include -->", '<!--#include "" -->', '<!--#include file="x -->', '<!--#include url="http://x" -->', '<!--#exec cmd="ls" -->', '<!--#exec "ls" -->', '<!--#echo var="X" -->', "<!--#call -->", "<!--#-->", "<!--# -->",
    ];
    for (const text of bad) assert.equal(pageOf(`a${text}z`), `a${SORRY}z`, text);
  });

  it("reach ten pages deep and no further", () => {
    const files = testFiles({ "end.txt": "end" });
    for (let i = 0; i < 12; i++) files.put(`${i}.shtml`, i === 11 ? "bottom" : `${i}<!--#include file="${i + 1}.shtml" -->`);
    assert.equal(once(files, { ssi }, "/1.shtml").body, "12345678910bottom");
    assert.equal(once(files, { ssi }, "/0.shtml").body, `012345678910${SORRY}`);
    assert.equal(once(testFiles({ "a.shtml": '.<!--#include file="a.shtml" -->' }), { ssi }, "/a.shtml").body, ".".repeat(11) + SORRY);
  });

  it("leave comments, and what only looks like a directive, as they are", () => {
    const long = `<!--#include file="${"x".repeat(600)}" -->`;
    for (const text of ["", "<", "<!", "<!--", "<!--#", "<!--#call x", "<!-- # -->", "<!--#call x --", "a<b<!--c-->d", "<<!--<!-", long, "x".repeat(5000)]) assert.equal(pageOf(text), text, text);
  });

  it("are found wherever pieces of the page are cut", () => {
    for (let n = 0; n < 140; n++) {
      const text = "x".repeat(n) + "<!--#call a --><<!--#call b -->" + "y".repeat(70);
      const page = pageOf(text, (nc, arg) => void nc.send(`[${arg}]`), { mgr: { pages: 4, pageBytes: 64 } });
      assert.equal(page, "x".repeat(n) + "[a]<[b]" + "y".repeat(70), String(n));
    }
  });

  it("are read a piece at a time", () => {
    const files = testFiles({ "p.shtml": '<!--#include file="big.bin" -->end' });
    files.put("big.bin", 300_000);
    const reply = once(files, { ssi }, "/p.shtml");
    assert.equal(reply.body.length, 300_003);
  });

  it("break off the reply when a file fails", () => {
    const files = testFiles({ "p.shtml": "x".repeat(100_000) });
    const s = ssiServer(files, () => undefined);
    files.failAt = 50_000;
    const peer = s.peer(80);
    peer.send(get("/p.shtml"));
    s.run(2000);
    assert.notEqual(peer.state, "open");
    assert.doesNotMatch(peer.received, /\r\n0\r\n\r\n$/);
    assert.equal(files.openCount, 0);
    s.finish();
  });
});

for (const form of ["array", "string"] as RawForm[]) {
  describe(`MG_EV_SSI_CALL (${form}s)`, () => {
    const how: StageOptions = { platform: { form } };

    it("names its argument, and what the handler sends appears in its place", () => {
      const page = pageOf("a<!--#call one -->b<!--#call  two three  -->c<!--#call empty -->d", (nc, arg) => {
        if (arg === "one") nc.printf("%d%%", 42);
        if (arg === "two three") {
          nc.send("x");
          nc.send(new Uint8Array([0, 255]));
          nc.send("\u20ac");
        }
      }, how, form);
      assert.equal(page, "a42%bx\x00\xff\xe2\x82\xaccd");
    });

    it("has its argument as text", () => {
      const args: string[] = [];
      pageOf("<!--#call gr\xc3\xbc\xc3\x9fe -->", (_nc, arg) => void args.push(arg), how, form);
      assert.deepEqual(args, ["gr\u00fc\u00dfe"]);
    });

    it("takes a source for what is larger than memory", () => {
      let done: boolean | undefined;
      const page = pageOf("a<!--#call big -->b<!--#call big -->c", (nc) => {
        let left = 5000;
        nc.send("(");
        const isTaken = nc.sendFrom({
          next: (max) => {
            const n = Math.min(max, left);
            left -= n;
            return n ? "s".repeat(n) : null;
          },
          done: (isSent) => void (done = isSent),
        });
        assert.equal(isTaken, true);
      }, { ...how, mgr: { pages: 4, pageBytes: 128 } }, form);
      const big = "(" + "s".repeat(5000);
      assert.equal(page, `a${big}b${big}c`);
      assert.equal(done, true);
    });

    it("may fill the pool: all of it is sent, and refused is what does not fit", () => {
      const taken: number[] = [];
      const page = pageOf("<!--#call x -->|<!--#call x -->", (nc) => {
        let n = 0;
        while (nc.send("0123456789")) n++;
        taken.push(n);
      }, { ...how, mgr: { pages: 4, pageBytes: 256 } }, form);
      assert.ok(taken[0] > 20 && taken[1] > 20, taken.join());
      assert.equal(page, "0123456789".repeat(taken[0]) + "|" + "0123456789".repeat(taken[1]));
    });

    it("may close the connection, or throw, and nothing is left behind", () => {
      for (const act of ["close", "throw", "finish"]) {
        const files = testFiles({ "p.shtml": "a<!--#call x -->b" }, form);
        const s = ssiServer(files, (nc) => {
          if (act === "throw") throw new Error("thrown");
          nc.flags |= act === "close" ? MG_F_CLOSE_IMMEDIATELY : MG_F_SEND_AND_CLOSE;
        }, {}, how);
        const peer = s.peer(80);
        peer.send(get("/p.shtml"));
        s.run(500);
        assert.notEqual(peer.state, "open", act);
        assert.equal(/b\r\n0\r\n\r\n$/.test(peer.received), act === "finish", act);
        assert.equal(files.openCount, 0);
        s.finish();
      }
    });

    it("comes to a handler behind pipelined requests as well, and the reply keeps its place", () => {
      const files = testFiles({ "p.shtml": "<<!--#call x -->>", "a.txt": "a" }, form);
      const s = ssiServer(files, (nc) => void nc.send("1"), {}, how);
      const peer = s.peer(80);
      peer.send(get("/a.txt") + get("/p.shtml") + get("/p.shtml") + get("/a.txt"));
      s.run(500);
      assert.deepEqual(readReplies(peer.take()).map((r) => r.body), ["a", "<1>", "<1>", "a"]);
      s.finish();
    });
  });
}

describe("server-side includes to an old client", () => {
  it("go out without chunks, and the connection closes behind them", () => {
    const files = testFiles({ "p.shtml": "a<!--#call x -->b" });
    const s = ssiServer(files, (nc) => void nc.send("1"));
    const peer = s.peer(80);
    peer.send("GET /p.shtml HTTP/1.0\r\n\r\n");
    s.run(500);
    assert.match(peer.received, /\r\nConnection: close\r\n\r\na1b$/);
    assert.doesNotMatch(peer.received, /chunked/);
    assert.notEqual(peer.state, "open");
    s.finish();
  });
});
