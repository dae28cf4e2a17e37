import assert from "node:assert/strict";
import { byteOpsFor, type RawForm } from "../../platform/sim/byte-ops.js";
import { resolveLimits } from "../../src/core/limits.js";
import { basicLine, parseHttpUrl } from "../../src/http/client-url.js";
import { parseReplyHead } from "../../src/http/reply-head.js";
import { redirectHeaders, redirectMethod, resolveUrl } from "../../src/http/redirect.js";
import { type HttpRequest, makeRequest } from "../../src/http/request.js";

function head(r: HttpRequest, form: RawForm = "string", target = "/x?y"): string {
  const ops = byteOpsFor(form);
  const wire = makeRequest(ops, target, "host:8", "", r);
  return ops.latin1(wire.head, 0, wire.head.length);
}

describe("a request to send", () => {
  it("is GET without a body and without a length", () => {
    assert.equal(head({}), "GET /x?y HTTP/1.1\r\nHost: host:8\r\n\r\n");
  });

  it("is POST with one, whose length is that of its UTF-8 bytes", () => {
    assert.equal(head({ body: "\u20ac1" }), "POST /x?y HTTP/1.1\r\nHost: host:8\r\nContent-Length: 4\r\n\r\n");
    assert.equal(head({ body: Uint8Array.of(1, 2, 200) }), "POST /x?y HTTP/1.1\r\nHost: host:8\r\nContent-Length: 3\r\n\r\n");
    assert.match(head({ body: "" }), /^POST .*\r\nContent-Length: 0\r\n\r\n$/s);
  });

  it("announces an empty body where a body is expected", () => {
    for (const method of ["POST", "PUT", "PATCH"]) assert.match(head({ method }), /\r\nContent-Length: 0\r\n/);
    for (const method of ["GET", "HEAD", "DELETE", "OPTIONS"]) assert.doesNotMatch(head({ method }), /Content-Length/);
  });

  it("sends a source in chunks, or by its length", () => {
    const source = { next: () => null };
    assert.match(head({ body: { source } }), /^POST .*\r\nTransfer-Encoding: chunked\r\n\r\n$/s);
    assert.match(head({ body: { source, length: 7 } }), /\r\nContent-Length: 7\r\n\r\n$/);
    for (const length of [-1, 1.5, NaN, "5" as unknown as number]) assert.throws(() => head({ body: { source, length } }), TypeError);
  });

  it("has the program's header lines, text as UTF-8, and its Host in place of ours", () => {
    for (const form of ["string", "array"] as RawForm[]) {
      assert.equal(head({ headers: "X: caf\u00e9\r\nY:\r\n" }, form), "GET /x?y HTTP/1.1\r\nHost: host:8\r\nX: caf\xc3\xa9\r\nY:\r\n\r\n");
      assert.equal(head({ headers: "hOST: other\r\n" }, form), "GET /x?y HTTP/1.1\r\nhOST: other\r\n\r\n");
    }
  });

  it("asks for 100 Continue only where there is a body", () => {
    assert.match(head({ body: "x", expectContinue: true }), /\r\nExpect: 100-continue\r\n\r\n$/);
    assert.doesNotMatch(head({ expectContinue: true }), /Expect/);
    assert.doesNotMatch(head({ body: "", expectContinue: true }), /Expect/);
  });

  it("cannot be split: malformed header lines, methods and targets throw TypeError", () => {
    const bad = ["X: y", "X: y\r\n\r\nGET / HTTP/1.1\r\n", "X\r\n", ": y\r\n", "X : y\r\n", "X: y\n\r\n", "X: \0\r\n", "\r\n", "X: a\r\n b\r\n", "X: y\r\n\r\n"];
    for (const headers of bad) assert.throws(() => head({ headers }), TypeError, JSON.stringify(headers));
    for (const headers of ["Content-Length: 5\r\n", "transfer-encoding: chunked\r\n", "EXPECT: 100-continue\r\n"]) assert.throws(() => head({ headers }), /is made from/, headers);
    for (const method of ["GET /", "G\r\nT", "\u00e9", "CONNECT"]) assert.throws(() => head({ method }), TypeError, method);
    for (const target of ["", "x", "http://a/", "/a b", "/a\r\nX: y", "/\u00e9", "/\x7f", "*"]) assert.throws(() => head({}, "string", target), TypeError, target);
    assert.match(head({ method: "OPTIONS" }, "string", "*"), /^OPTIONS \* /);
  });
});

describe("the URL of a request", () => {
  it("is taken apart: host, port, path and query, user and password", () => {
    const u = parseHttpUrl("HTTP://us%65r:p%40:ss@Example.COM:8080/a/b?c=d#frag");
    assert.deepEqual(u, {
      isTls: false, host: "example.com", port: 8080, authority: "example.com:8080", origin: "http://example.com:8080", target: "/a/b?c=d",
      credentials: "Authorization: Basic dXNlcjpwQDpzcw==\r\n",
    });
  });

  it("leaves out the scheme's own port, and puts brackets around IPv6", () => {
    const about = (url: string): string => {
      const u = parseHttpUrl(url);
      return typeof u !== "string" ? `${u.isTls ? "tls " : ""}${u.host} ${u.port} ${u.authority} ${u.target}` : u;
    };
    assert.equal(about("http://a:80"), "a 80 a /");
    assert.equal(about("http://a:/"), "a 80 a /");
    assert.equal(about("https://a:443/x"), "tls a 443 a /x");
    assert.equal(about("https://a:80?q=/@:"), "tls a 80 a:80 /?q=/@:");
    assert.equal(about("http://a?b/c@d"), "a 80 a /?b/c@d");
    assert.equal(about("http://[::1]/"), "::1 80 [::1] /");
    assert.equal(about("http://[::1]:81/"), "::1 81 [::1]:81 /");
    assert.equal(about("http://u@[fe80::1]:81/"), "fe80::1 81 [fe80::1]:81 /");
  });

  it("is refused when it is malformed", () => {
    const bad = [
      "", "a", "http:", "http://", "http:///x", "http://:80/", "ftp://a/", "//a/", "http://a:0/", "http://a:65536/", "http://a:x/", "http://a b/", "http://a/ ",
      "http://[::1/", "http://[::1]x/", "http://::1/", "http://a\r\n/", "http://\u00e9/", "http://a/\u00e9", "http://u%4@a/", "http://u%zz@a/", "http://a%41/", "http://" + "a".repeat(201) + "/",
    ];
    for (const url of bad) assert.equal(typeof parseHttpUrl(url), "string", url);
  });

  it("gives Basic credentials as everybody makes them", () => {
    for (const pass of ["", "a", "ab", "abc", "open sesame", "\x00\xff\u20ac:~"]) {
      assert.equal(basicLine("Aladdin", pass), `Authorization: Basic ${Buffer.from("Aladdin:" + pass).toString("base64")}\r\n`);
    }
    assert.throws(() => basicLine("a:b", ""), TypeError);
  });
});

describe("a redirect", () => {
  const BASE = "http://a/b/c/d;p?q";
  // RFC 3986 §5.4.1 and §5.4.2, but for fragments, which are not sent.
  const EXAMPLES: { [reference: string]: string } = {
    "g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g", "//g": "http://g", "?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y",
    "#s": "http://a/b/c/d;p?q", "g#s": "http://a/b/c/g", "g?y#s": "http://a/b/c/g?y", ";x": "http://a/b/c/;x", "g;x": "http://a/b/c/g;x", "": "http://a/b/c/d;p?q",
    ".": "http://a/b/c/", "./": "http://a/b/c/", "..": "http://a/b/", "../": "http://a/b/", "../g": "http://a/b/g", "../..": "http://a/", "../../": "http://a/", "../../g": "http://a/g",
    "../../../g": "http://a/g", "../../../../g": "http://a/g", "/./g": "http://a/g", "/../g": "http://a/g", "g.": "http://a/b/c/g.", ".g": "http://a/b/c/.g", "g..": "http://a/b/c/g..",
    "..g": "http://a/b/c/..g", "./../g": "http://a/b/g", "./g/.": "http://a/b/c/g/", "g/./h": "http://a/b/c/g/h", "g/../h": "http://a/b/c/h", "g;x=1/./y": "http://a/b/c/g;x=1/y",
    "g;x=1/../y": "http://a/b/c/y", "g?y/./x": "http://a/b/c/g?y/./x", "g?y/../x": "http://a/b/c/g?y/../x", "http://other/x": "http://other/x", "g:h": "g:h", "1:2": "http://a/b/c/1:2",
  };

  for (const [reference, target] of Object.entries(EXAMPLES)) {
    it(`to ${JSON.stringify(reference)} goes to ${target}`, () => assert.equal(resolveUrl(BASE, reference), target));
  }

  it("from a URL without a path", () => {
    assert.equal(resolveUrl("http://a:8", "x"), "http://a:8/x");
    assert.equal(resolveUrl("http://a?b", "x/../y"), "http://a/y");
  });

  it("agrees with another implementation of the same rules", () => {
    const refs = ["a", "../a", "/a/b", "?x", "a/b/../../c", "//h/p", "./././x", "a/../../..", "..//x", "http://z/y", "/a//../b"];
    for (const base of ["http://h/", "http://h/a", "http://h/a/b/?q", "http://h:81/a/b/c/d"]) {
      for (const ref of refs) {
        const u = parseHttpUrl(resolveUrl(base, ref));
        assert.equal(typeof u === "string" ? u : u.target, new URL(ref, base).pathname + new URL(ref, base).search, `${ref} from ${base}`);
      }
    }
  });

  it("turns POST into GET where everybody does, and nothing else", () => {
    const table = [301, 302, 303, 307, 308, 300, 304, 305, 306, 200].map((status) => ["GET", "HEAD", "POST", "PUT"].map((method) => redirectMethod(status, method)).join(" "));
    assert.deepEqual(table, [
      "GET HEAD GET PUT", "GET HEAD GET PUT", "GET HEAD GET GET", "GET HEAD POST PUT", "GET HEAD POST PUT", "   ", "   ", "   ", "   ", "   ",
    ]);
  });

  it("takes secrets and the Host along to the same origin only, and what describes a body only with the body", () => {
    const lines = "Accept: x\r\nAUTHORIZATION: s\r\nCookie: c\r\nContent-Type: t\r\nHost: h\r\nProxy-Authorization: p\r\n";
    assert.equal(redirectHeaders(lines, false, false), lines);
    assert.equal(redirectHeaders(lines, false, true), "Accept: x\r\nContent-Type: t\r\n");
    assert.equal(redirectHeaders(lines, true, true), "Accept: x\r\n");
    assert.equal(redirectHeaders("", true, true), "");
  });
});

describe("the head of a reply", () => {
  const limits = resolveLimits(undefined);

  it("gives status, reason and headers", () => {
    const hm = parseReplyHead("HTTP/1.1 404 Not Found\r\nX: 1\r\nx: 2", limits, "GET");
    assert.ok(hm);
    assert.deepEqual([hm.respCode, hm.respStatusMsg, hm.proto, hm.header("X"), hm.contentLength, hm.method], [404, "Not Found", "HTTP/1.1", "1", -1, ""]);
  });

  it("is refused for each character of it that becomes a control character", () => {
    const good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Y: z";
    assert.ok(parseReplyHead(good, limits, "GET"));
    for (let i = 0; i < good.length; i++) {
      for (const c of ["\0", "\n", "\r", "\x0b", "\x7f"]) {
        if (good.charAt(i) !== c) assert.equal(parseReplyHead(good.slice(0, i) + c + good.slice(i + 1), limits, "GET"), 0, `${JSON.stringify(c)} at ${i}`);
      }
    }
  });

  it("never throws, whatever it is", () => {
    const good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close";
    for (let i = 0; i <= good.length; i++) {
      for (let j = i; j <= good.length; j++) parseReplyHead(good.slice(i, j), limits, "GET");
    }
  });
});
