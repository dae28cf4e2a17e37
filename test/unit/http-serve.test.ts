import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import { httpReply, httpServeFile, type HttpMessage, serveHttp } from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { get, readReplies, serve } from "./http-support.js";
import { fetchFrom, fileServer, once, testFiles, WRITTEN } from "./http-serve-support.js";

const SITE = {
  "site/index.html": "<h1>home</h1>",
  "site/app.js": "let a;",
  "site/noext": "?",
  "site/empty.txt": "",
  "site/docs/index.htm": "docs",
  "site/bare/a.txt": "a",
  "site/.secret/key.txt": "key",
  "site/.htpasswd": "u:p",
  "site/.well-known/x.txt": "known",
  "site/gr\u00fc\u00dfe.txt": "hi",
  "site/a b&c.txt": "blank",
  "site/404.html": "lost",
  "outside.txt": "no",
};
const ROOT = { documentRoot: "site" };

describe("serveHttp", () => {
  for (const form of ["array", "string"] as RawForm[]) {
    it(`sends a file whole, with what a client needs to know (${form}s)`, () => {
      const files = testFiles({ "b.bin": "\x00\xff\x80\r\n\xc3\xa9" }, form);
      const s = fileServer({ files }, { platform: { form } });
      const reply = fetchFrom(s, "/b.bin");
      s.finish();
      assert.deepEqual([reply.status, reply.body], [200, "\x00\xff\x80\r\n\xc3\xa9"]);
      assert.deepEqual(reply.headers, {
        "content-type": "application/octet-stream",
        "content-length": "7",
        "accept-ranges": "bytes",
        "cache-control": "no-cache",
        "last-modified": WRITTEN,
        etag: '"2ebc98a1.fa.7"',
      });
      assert.equal(files.openCount, 0);
    });
  }

  it("knows the usual types, and says the character set of text", () => {
    assert.equal(once(testFiles(SITE), ROOT, "/app.js").headers["content-type"], "text/javascript; charset=utf-8");
    assert.equal(once(testFiles(SITE), ROOT, "/noext").headers["content-type"], "application/octet-stream");
    const custom = once(testFiles(SITE), { ...ROOT, customMimeTypes: ".x=y/z,.js=a/b" }, "/app.js");
    assert.equal(custom.headers["content-type"], "a/b");
  });

  it("sends an empty file", () => {
    const reply = once(testFiles(SITE), ROOT, "/empty.txt");
    assert.deepEqual([reply.status, reply.headers["content-length"], reply.body], [200, "0", ""]);
  });

  it("answers HEAD as GET, without the body", () => {
    const got = once(testFiles(SITE), ROOT, "/app.js");
    const head = once(testFiles(SITE), ROOT, "/app.js", "", "HEAD");
    assert.deepEqual(head, { ...got, body: "" });
  });

  it("answers OPTIONS with what can be done, and refuses the rest with 405", () => {
    const options = once(testFiles(SITE), ROOT, "/app.js", "", "OPTIONS");
    assert.deepEqual([options.status, options.headers.allow], [204, "GET, HEAD, OPTIONS"]);
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "TRACE", "get"]) {
      const reply = once(testFiles(SITE), ROOT, "/app.js", "Content-Length: 0\r\n", method);
      assert.deepEqual([reply.status, reply.headers.allow], [405, "GET, HEAD, OPTIONS"], method);
    }
    assert.equal(once(testFiles(SITE), ROOT, "*", "", "OPTIONS").status, 204);
  });

  it("sends the index file for a directory, in the order of indexFiles", () => {
    assert.equal(once(testFiles(SITE), ROOT, "/").body, "<h1>home</h1>");
    assert.equal(once(testFiles(SITE), ROOT, "/docs/").body, "docs");
    assert.equal(once(testFiles(SITE), { ...ROOT, indexFiles: "a.txt,index.html" }, "/").body, "<h1>home</h1>");
    assert.equal(once(testFiles(SITE), { ...ROOT, indexFiles: "nothing,noext" }, "/").body, "?");
    assert.equal(once(testFiles(SITE), { ...ROOT, indexFiles: "" }, "/").status, 404);
  });

  it("does not list a directory unless told to", () => {
    assert.equal(once(testFiles(SITE), ROOT, "/bare/").status, 404);
  });

  it("leads to the slash that a directory's name wants, and keeps the query", () => {
    for (const [uri, location] of [["/docs", "/docs/"], ["/docs?a=/../b&c", "/docs/?a=/../b&c"], ["/%64ocs", "/%64ocs/"]]) {
      const reply = once(testFiles(SITE), ROOT, uri);
      assert.deepEqual([reply.status, reply.headers.location], [301, location]);
    }
  });

  it("takes a directory for what it is, even where a file of its name and .gz is", () => {
    const reply = once(testFiles({ "d/x": "", "d.gz": "zip" }), {}, "/d", "Accept-Encoding: gzip\r\n");
    assert.deepEqual([reply.status, reply.headers.location], [301, "/d/"]);
  });

  it("answers 404 for what is not there, and for a file asked for as a directory", () => {
    for (const uri of ["/nothing", "/app.js/", "/app.js/x", "/docs/nothing/", "/outside.txt"]) {
      assert.equal(once(testFiles(SITE), ROOT, uri).status, 404, uri);
    }
  });

  it("sends the program's own page with 404, and not for what was found", () => {
    const options = { ...ROOT, page404: "site/404.html" };
    const lost = once(testFiles(SITE), options, "/nothing", "Range: bytes=0-1\r\nIf-None-Match: *\r\n");
    assert.deepEqual([lost.status, lost.body, lost.headers["content-type"]], [404, "lost", "text/html; charset=utf-8"]);
    assert.equal(lost.headers.etag, undefined);
    assert.equal(once(testFiles(SITE), options, "/app.js").status, 200);
    assert.equal(once(testFiles(SITE), { ...ROOT, page404: "none.html" }, "/nothing").status, 404);
    const head = once(testFiles(SITE), options, "/nothing", "", "HEAD");
    assert.deepEqual([head.status, head.headers["content-length"], head.body], [404, "4", ""]);
  });

  it("decodes names once, as UTF-8", () => {
    assert.equal(once(testFiles(SITE), ROOT, "/gr%C3%BC%c3%9fe.txt").body, "hi");
    assert.equal(once(testFiles(SITE), ROOT, "/a%20b&c.txt").body, "blank");
    assert.equal(once(testFiles(SITE), ROOT, "/%61pp.js").body, "let a;");
    assert.equal(once(testFiles({ "a%62": "x", ab: "y" }), {}, "/a%2562").body, "x");
    assert.equal(once(testFiles({ "a+b": "x", "a b": "y" }), {}, "/a+b").body, "x");
  });

  it("has no names with a dot in front, but for .well-known, unless told to", () => {
    for (const uri of ["/.htpasswd", "/.secret/key.txt", "/%2ehtpasswd", "/.secret/", "/.secret"]) {
      assert.equal(once(testFiles(SITE), ROOT, uri).status, 404, uri);
    }
    assert.equal(once(testFiles(SITE), ROOT, "/.well-known/x.txt").body, "known");
    assert.equal(once(testFiles(SITE), { ...ROOT, dotFiles: true }, "/.secret/key.txt").body, "key");
  });

  it("has no names that match hiddenFilePattern, anywhere in the path", () => {
    const hidden = { ...ROOT, hiddenFilePattern: "**.js$|bare$" };
    for (const uri of ["/app.js", "/bare/a.txt", "/bare/", "/bare", "/.htpasswd"]) assert.equal(once(testFiles(SITE), hidden, uri).status, 404, uri);
    assert.equal(once(testFiles(SITE), hidden, "/docs/").status, 200);
  });

  it("admits only whom ipAcl admits", () => {
    assert.equal(once(testFiles(SITE), { ...ROOT, ipAcl: "-0.0.0.0/0,+192.168/16" }, "/").status, 403);
    assert.equal(once(testFiles(SITE), { ...ROOT, ipAcl: "-0.0.0.0/0,+10/8" }, "/").status, 200);
  });

  it("asks the guard before it says anything about what there is", () => {
    const seen: string[] = [];
    const auth = (nc: Parameters<typeof httpReply>[0], _hm: HttpMessage, path: string): boolean => {
      seen.push(path);
      if (path !== "site/app.js") httpReply(nc, 401, 'WWW-Authenticate: Basic realm="x"\r\n', "");
      return path === "site/app.js";
    };
    const files = testFiles(SITE);
    for (const uri of ["/app.js", "/nothing", "/docs", "/docs/", "/.htpasswd"]) {
      assert.equal(once(files, { ...ROOT, auth }, uri).status, uri === "/app.js" ? 200 : 401, uri);
    }
    assert.deepEqual(seen, ["site/app.js", "site/nothing", "site/docs", "site/docs", "site/.htpasswd"]);
    assert.ok(files.asked.every((path) => path.startsWith("site/app.js")), files.asked.join());
  });

  it("adds extraHeaders, and takes another Cache-Control or none", () => {
    const extra = { ...ROOT, extraHeaders: "X-A: 1\r\nX-B: 2\r\n", cacheControl: "max-age=60" };
    for (const more of ["", 'If-None-Match: *\r\n', "Range: bytes=0-0\r\n", "Range: bytes=99-\r\n"]) {
      const { headers } = once(testFiles(SITE), extra, "/app.js", more);
      assert.deepEqual([headers["x-a"], headers["x-b"], headers["cache-control"]], ["1", "2", "max-age=60"], more);
    }
    assert.equal(once(testFiles(SITE), { ...ROOT, cacheControl: "" }, "/app.js").headers["cache-control"], undefined);
  });

  it("takes the document root in the ways a program writes it, and none outside of the store", () => {
    for (const documentRoot of ["site", "site/", "./site", "./site/"]) assert.equal(once(testFiles(SITE), { documentRoot }, "/app.js").body, "let a;");
    for (const documentRoot of ["", ".", "./"]) assert.equal(once(testFiles(SITE), { documentRoot }, "/outside.txt").body, "no");
    for (const documentRoot of ["/etc", "..", "../x", "site/../..", "a//b", "c:\\x"]) {
      const s = fileServer({ files: testFiles(SITE), documentRoot });
      s.peer(80).send(get("/app.js"));
      s.run(200);
      assert.match(s.logs.join(), /Directory is/, documentRoot);
      s.finish();
    }
  });

  it("says so when the platform has no files", () => {
    const s = stage({ wrap: (platform) => ({ ...platform, files: undefined }) });
    serve(s, (nc, hm) => serveHttp(nc, hm));
    s.peer(80).send(get("/"));
    s.run(200);
    assert.match(s.logs.join(), /TypeError: This platform has no files/);
    s.finish();
  });

  it("uses the platform's own store by default", () => {
    const s = stage();
    const files = s.platform.files!;
    const writer = files.create("hello.txt");
    if (typeof writer === "number") throw new Error("no file");
    writer.write("hello");
    writer.commit();
    serve(s, (nc, hm) => serveHttp(nc, hm));
    assert.equal(fetchFrom(s, "/hello.txt").body, "hello");
    s.finish();
  });

  it("answers pipelined requests in order, and keeps the connection", () => {
    const s = fileServer({ files: testFiles(SITE), ...ROOT });
    const peer = s.peer(80);
    peer.send(get("/app.js") + get("/nothing") + get("/docs/") + get("/app.js", "Range: bytes=0-2\r\n") + get("/"));
    s.run(500);
    assert.deepEqual(readReplies(peer.take()).map((r) => [r.status, r.body]), [[200, "let a;"], [404, "Not Found\n"], [200, "docs"], [206, "let"], [200, "<h1>home</h1>"]]);
    assert.equal(peer.state, "open");
    s.finish();
  });

  it("closes the connection behind the file for a client that asks for it", () => {
    const s = fileServer({ files: testFiles(SITE), ...ROOT });
    const peer = s.peer(80);
    peer.send(get("/app.js", "Connection: close\r\n"));
    s.run(500);
    const [reply] = readReplies(peer.take());
    assert.deepEqual([reply.headers.connection, reply.body], ["close", "let a;"]);
    assert.notEqual(peer.state, "open");
    s.finish();
  });

  it("takes a request byte by byte", () => {
    const s = fileServer({ files: testFiles(SITE), ...ROOT });
    const peer = s.peer(80);
    for (const c of get("/%61pp.js?x", 'Range: bytes=1-2\r\nIf-Range: "2ebc98a1.fa.6"\r\n')) {
      peer.send(c);
      s.run(1);
    }
    s.run(100);
    assert.deepEqual(readReplies(peer.take()).map((r) => [r.status, r.body]), [[206, "et"]]);
    s.finish();
  });
});

describe("httpServeFile", () => {
  function serveOne(path: string, wire: string): { status: number; body: string; headers: { [name: string]: string } } {
    const s = stage();
    serve(s, (nc, hm) => httpServeFile(nc, hm, path, { files: testFiles(SITE), mimeType: "text/x" }));
    const peer = s.peer(80);
    peer.send(wire);
    s.run(200);
    const [reply] = readReplies(peer.take());
    s.finish();
    return reply;
  }

  it("sends the file the program names, whatever the request's path", () => {
    const reply = serveOne("site/.htpasswd", get("/../anything"));
    assert.deepEqual([reply.status, reply.body, reply.headers["content-type"]], [200, "u:p", "text/x"]);
  });

  it("answers 404 for none, 405 for other methods, 206 for a range", () => {
    assert.equal(serveOne("nothing", get()).status, 404);
    assert.equal(serveOne("site", get()).status, 404);
    assert.equal(serveOne("site/app.js", get().replace("GET", "DELETE")).status, 405);
    assert.equal(serveOne("site/app.js", get("/", "Range: bytes=-2\r\n")).body, "a;");
  });
});
