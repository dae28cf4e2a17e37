import assert from "node:assert/strict";
import { resolveLimits } from "../../src/core/limits.js";
import { parseRequestHead } from "../../src/http/head.js";
import { HttpMessage } from "../../src/http/message.js";
import { statusMessage } from "../../src/http/status.js";

const limits = resolveLimits(undefined);

/** A head from lines, without the blank line. */
function head(...lines: string[]): string {
  return lines.join("\r\n");
}

function parse(...lines: string[]): HttpMessage | number {
  return parseRequestHead(head(...lines), limits);
}

function message(...lines: string[]): HttpMessage {
  const hm = parse(...lines);
  assert.ok(hm instanceof HttpMessage, `refused with ${JSON.stringify(hm)}`);
  return hm;
}

const HOST = "Host: x";

/* What RFC 9112 and RFC 9110 say of each request head: the status to refuse it with, or 200. */
const HEADS: [why: string, status: number, ...lines: string[]][] = [
  // The request line (RFC 9112 section 3)
  ["a plain request", 200, "GET / HTTP/1.1", HOST],
  ["a request without a version (HTTP/0.9)", 400, "GET /"],
  ["nothing at all", 400, ""],
  ["a method alone", 400, "GET"],
  ["two spaces between the parts", 400, "GET  / HTTP/1.1", HOST],
  ["a space before the method", 400, " GET / HTTP/1.1", HOST],
  ["a space behind the version", 400, "GET / HTTP/1.1 ", HOST],
  ["a tab for a space", 400, "GET\t/ HTTP/1.1", HOST],
  ["a space within the target", 400, "GET /a b HTTP/1.1", HOST],
  ["an empty target", 400, "GET  HTTP/1.1", HOST],
  ["four words", 400, "GET / HTTP/1.1 x", HOST],
  ["a bare LF in the request line", 400, "GET /\nX: y HTTP/1.1", HOST],
  ["a bare CR in the request line", 400, "GET /\rx HTTP/1.1", HOST],
  ["a NUL in the target", 400, "GET /\x00 HTTP/1.1", HOST],
  ["a control character in the target", 400, "GET /\x1b[2J HTTP/1.1", HOST],
  ["DEL in the target", 400, "GET /\x7f HTTP/1.1", HOST],
  // Methods (RFC 9110 section 9.1)
  ["a method of one letter", 200, "M / HTTP/1.1", HOST],
  ["a method of every token character", 200, "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1", HOST],
  ["a method in lower case, which is another method", 200, "get / HTTP/1.1", HOST],
  ["a method with a delimiter", 400, "GE(T / HTTP/1.1", HOST],
  ["a method with a quote", 400, "\"GET\" / HTTP/1.1", HOST],
  ["a method with a slash", 400, "GE/T / HTTP/1.1", HOST],
  ["a method with a colon", 400, "GET: / HTTP/1.1", HOST],
  ["a method outside ASCII", 400, "G\xc9T / HTTP/1.1", HOST],
  ["the start of a TLS handshake", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  // Targets (RFC 9112 section 3.2)
  ["a query", 200, "GET /a?b=c&d HTTP/1.1", HOST],
  ["an empty query", 200, "GET /? HTTP/1.1", HOST],
  ["a target outside ASCII, which must be percent-encoded", 400, "GET /caf\xc3\xa9 HTTP/1.1", HOST],
  ["percent signs of any kind", 200, "GET /%41%zz%00 HTTP/1.1", HOST],
  ["dot segments, which are the handler's matter", 200, "GET /../../etc/passwd HTTP/1.1", HOST],
  ["a target in absolute form", 200, "GET http://example.com/a HTTP/1.1", HOST],
  ["a target in absolute form without a path", 200, "GET http://example.com HTTP/1.1", HOST],
  ["a target that names no path", 400, "GET index.html HTTP/1.1", HOST],
  ["a target with another scheme", 400, "GET ftp://example.com/a HTTP/1.1", HOST],
  ["a target that only looks absolute", 400, "GET a?b=:// HTTP/1.1", HOST],
  ["the whole server, for OPTIONS", 200, "OPTIONS * HTTP/1.1", HOST],
  ["the whole server, for anything else", 400, "GET * HTTP/1.1", HOST],
  ["a target in authority form", 501, "CONNECT example.com:443 HTTP/1.1", HOST],
  ["a target as long as the limit", 200, "GET /" + "a".repeat(1023) + " HTTP/1.1", HOST],
  ["a target longer than the limit", 414, "GET /" + "a".repeat(1024) + " HTTP/1.1", HOST],
  // Versions (RFC 9112 section 2.3, RFC 9110 section 2.5)
  ["HTTP/1.0", 200, "GET / HTTP/1.0"],
  ["a later minor version, which is read as 1.1", 200, "GET / HTTP/1.2", HOST],
  ["HTTP/2.0", 505, "GET / HTTP/2.0", HOST],
  ["HTTP/0.9 in words", 505, "GET / HTTP/0.9", HOST],
  ["HTTP/3.1", 505, "GET / HTTP/3.1", HOST],
  ["the start of HTTP/2", 505, "PRI * HTTP/2.0"],
  ["a version in lower case", 400, "GET / http/1.1", HOST],
  ["a version without a minor number", 400, "GET / HTTP/1", HOST],
  ["a version of two digits", 400, "GET / HTTP/1.11", HOST],
  ["a version that is no number", 400, "GET / HTTP/x.y", HOST],
  ["a version with a comma", 400, "GET / HTTP/1,1", HOST],
  ["another protocol", 400, "GET / RTSP/1.0", HOST],
  ["another protocol of the same length", 400, "GET / HTTQ/1.1", HOST],
  // Host (RFC 9112 section 3.2)
  ["no Host in 1.1", 400, "GET / HTTP/1.1"],
  ["two Hosts", 400, "GET / HTTP/1.1", HOST, HOST],
  ["two Hosts in 1.0", 400, "GET / HTTP/1.0", HOST, HOST],
  ["an empty Host", 200, "GET / HTTP/1.1", "Host:"],
  ["a Host with a port", 200, "GET / HTTP/1.1", "Host: example.com:8080"],
  ["an IPv6 Host", 200, "GET / HTTP/1.1", "Host: [::1]:80"],
  ["a Host of a space", 400, "GET / HTTP/1.1", "Host: a b"],
  ["a Host with a path", 400, "GET / HTTP/1.1", "Host: a/b"],
  ["a Host with user information", 400, "GET / HTTP/1.1", "Host: user@example.com"],
  ["a Host outside ASCII", 400, "GET / HTTP/1.1", "Host: ex\xe4mple"],
  ["hOsT", 200, "GET / HTTP/1.1", "hOsT: x"],
  // Header lines (RFC 9112 section 5)
  ["no white space behind the colon", 200, "GET / HTTP/1.1", "Host:x"],
  ["a lot of white space around a value", 200, "GET / HTTP/1.1", "Host: \t x \t "],
  ["an empty value", 200, "GET / HTTP/1.1", HOST, "X-Empty:"],
  ["every other visible character in a value", 200, "GET / HTTP/1.1", HOST, "X: !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\x80\xff"],
  ["a space before the colon", 400, "GET / HTTP/1.1", "Host : x"],
  ["a tab before the colon", 400, "GET / HTTP/1.1", HOST, "X\t: y"],
  ["a space before the colon of Content-Length", 400, "POST / HTTP/1.1", HOST, "Content-Length : 5"],
  ["a line without a colon", 400, "GET / HTTP/1.1", HOST, "nonsense"],
  ["a line without a name", 400, "GET / HTTP/1.1", HOST, ": x"],
  ["an empty name of spaces", 400, "GET / HTTP/1.1", HOST, " : x"],
  ["a folded line", 400, "GET / HTTP/1.1", HOST, "X: a", " b: c"],
  ["a line folded by a tab", 400, "GET / HTTP/1.1", HOST, "X: a", "\tb"],
  ["a folded first line", 400, "GET / HTTP/1.1", " Host: x"],
  ["a NUL in a value", 400, "GET / HTTP/1.1", HOST, "X: a\x00b"],
  ["a bare LF in a value", 400, "GET / HTTP/1.1", HOST, "X: a\nTransfer-Encoding: chunked"],
  ["a bare CR in a value", 400, "GET / HTTP/1.1", HOST, "X: a\rContent-Length: 5"],
  ["a control character in a value", 400, "GET / HTTP/1.1", HOST, "X: a\x08b"],
  ["a form feed before a name", 400, "GET / HTTP/1.1", HOST, "\x0cContent-Length: 5"],
  ["a name with a quote", 400, "GET / HTTP/1.1", HOST, "\"X\": y"],
  ["a name outside ASCII", 400, "GET / HTTP/1.1", HOST, "\xc4: y"],
  ["as many header lines as the limit", 200, "GET / HTTP/1.1", HOST, ...Array.from({ length: 39 }, (_, i) => `X${i}: y`)],
  ["more header lines than the limit", 431, "GET / HTTP/1.1", HOST, ...Array.from({ length: 40 }, (_, i) => `X${i}: y`)],
  // Framing (RFC 9112 section 6)
  ["Content-Length 0", 200, "POST / HTTP/1.1", HOST, "Content-Length: 0"],
  ["Content-Length with white space around it", 200, "POST / HTTP/1.1", HOST, "Content-Length:\t 5 \t"],
  ["Content-Length with leading zeros", 200, "POST / HTTP/1.1", HOST, "Content-Length: 0005"],
  ["an empty Content-Length", 400, "POST / HTTP/1.1", HOST, "Content-Length:"],
  ["Content-Length of white space", 400, "POST / HTTP/1.1", HOST, "Content-Length: \t"],
  ["a negative Content-Length", 400, "POST / HTTP/1.1", HOST, "Content-Length: -1"],
  ["a Content-Length with a plus", 400, "POST / HTTP/1.1", HOST, "Content-Length: +5"],
  ["a hexadecimal Content-Length", 400, "POST / HTTP/1.1", HOST, "Content-Length: 0x5"],
  ["a fractional Content-Length", 400, "POST / HTTP/1.1", HOST, "Content-Length: 5.0"],
  ["a Content-Length with an exponent", 400, "POST / HTTP/1.1", HOST, "Content-Length: 1e3"],
  ["a Content-Length in quotes", 400, "POST / HTTP/1.1", HOST, "Content-Length: \"5\""],
  ["a Content-Length with a space within", 400, "POST / HTTP/1.1", HOST, "Content-Length: 1 5"],
  ["a Content-Length behind a no-break space", 400, "POST / HTTP/1.1", HOST, "Content-Length:\xa05"],
  ["a Content-Length of superscript digits", 400, "POST / HTTP/1.1", HOST, "Content-Length: \xb25"],
  ["a long Content-Length that is no number", 400, "POST / HTTP/1.1", HOST, "Content-Length: abcdefghijklmnop"],
  ["a list of equal Content-Lengths, which may be refused", 400, "POST / HTTP/1.1", HOST, "Content-Length: 5, 5"],
  ["two equal Content-Lengths, which may be refused", 400, "POST / HTTP/1.1", HOST, "Content-Length: 5", "Content-Length: 5"],
  ["two different Content-Lengths", 400, "POST / HTTP/1.1", HOST, "Content-Length: 5", "Content-Length: 6"],
  ["a Content-Length beyond every number", 413, "POST / HTTP/1.1", HOST, "Content-Length: 99999999999999999999"],
  ["the chunked coding", 200, "POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked"],
  ["the chunked coding in capitals, with spaces around it", 200, "POST / HTTP/1.1", HOST, "Transfer-Encoding: \t CHUNKED "],
  ["a coding before chunked", 501, "POST / HTTP/1.1", HOST, "Transfer-Encoding: gzip, chunked"],
  ["a coding after chunked", 501, "POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked, identity"],
  ["chunked in quotes", 501, "POST / HTTP/1.1", HOST, 'Transfer-Encoding: "chunked"'],
  ["chunked with a parameter", 501, "POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked;q=1"],
  ["chunked with a vertical tab", 400, "POST / HTTP/1.1", HOST, "Transfer-Encoding:\x0bchunked"],
  ["chunked twice", 400, "POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
  ["chunked, then another coding", 400, "POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
  ["the expectation of 100-continue", 200, "POST / HTTP/1.1", HOST, "Content-Length: 5", "Expect: 100-Continue"],
  ["another expectation", 417, "POST / HTTP/1.1", HOST, "Content-Length: 5", "Expect: the unexpected"],
  ["credentials", 200, "GET / HTTP/1.1", HOST, "Authorization: Basic YTpi"],
  ["credentials twice", 400, "GET / HTTP/1.1", HOST, "Authorization: Basic YTpi", "authorization: Basic YTpi"],
  ["CONNECT, in its own form", 501, "CONNECT example.com:443 HTTP/1.1", HOST],
  ["CONNECT, with a path", 501, "CONNECT / HTTP/1.1", HOST],
  ["an absolute target without a host", 400, "GET http:///x HTTP/1.1", HOST],
  ["an absolute target with nothing in it", 400, "GET http:// HTTP/1.1", HOST],
  ["an absolute target with a query for a host", 400, "GET http://?q HTTP/1.1", HOST],
  ["a target with a fragment", 400, "GET /a#b HTTP/1.1", HOST],
  ["an unknown transfer coding", 501, "POST / HTTP/1.1", HOST, "Transfer-Encoding: xchunked"],
  ["a length before a transfer coding", 400, "POST / HTTP/1.1", HOST, "Content-Length: 5", "Transfer-Encoding: chunked"],
  ["a length behind a transfer coding", 400, "POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked", "Content-Length: 5"],
  ["a transfer coding in 1.0", 400, "POST / HTTP/1.0", "Transfer-Encoding: chunked"],
  ["an empty transfer coding", 501, "POST / HTTP/1.1", HOST, "Transfer-Encoding:"],
  ["a transfer coding with a space before its colon", 400, "POST / HTTP/1.1", HOST, "Transfer-Encoding : chunked"],
];

describe("parseRequestHead", () => {
  for (const [why, status, ...lines] of HEADS) {
    it(`${status === 200 ? "takes" : "refuses with " + status} ${why}`, () => {
      const result = parse(...lines);
      assert.equal(result instanceof HttpMessage ? 200 : result, status);
    });
  }

  it("gives the parts of the request as they came", () => {
    const hm = message("PUT /p%20q/r?x=1&y=%2F?z HTTP/1.1", HOST, "Content-Length: 12");
    assert.deepEqual([hm.method, hm.uri, hm.queryString, hm.proto, hm.contentLength], ["PUT", "/p%20q/r", "x=1&y=%2F?z", "HTTP/1.1", 12]);
  });

  it("gives path and query of a target in absolute form", () => {
    const cases: [target: string, uri: string, query: string][] = [
      ["http://example.com/a/b?c=d", "/a/b", "c=d"],
      ["HTTP://example.com:80/", "/", ""],
      ["https://example.com", "/", ""],
      ["http://example.com?q=/x", "/", "q=/x"],
      ["http://example.com/?a=http://b/c", "/", "a=http://b/c"],
    ];
    for (const [target, uri, query] of cases) {
      const hm = message(`GET ${target} HTTP/1.1`, HOST);
      assert.deepEqual([hm.uri, hm.queryString], [uri, query], target);
    }
  });

  it("refuses every control character but tab anywhere in a head", () => {
    for (let c = 0; c < 256; c++) {
      const isControl = (c < 32 && c !== 9) || c === 127;
      const result = parse("GET / HTTP/1.1", HOST, `X-Any: a${String.fromCharCode(c)}b`);
      assert.equal(result instanceof HttpMessage, !isControl, `character ${c}`);
    }
  });

  it("takes exactly the token characters in a header name", () => {
    for (let c = 0; c < 256; c++) {
      const char = String.fromCharCode(c);
      // A colon ends the name: "X" and the value "Y: z".
      const isTaken = /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(char) || char === ":";
      const result = parse("GET / HTTP/1.1", HOST, `X${char}Y: z`);
      assert.equal(result instanceof HttpMessage, isTaken, `character ${c}`);
    }
  });

  it("knows when the connection ends with the reply (RFC 9112 section 9.3)", () => {
    const cases: [isClose: boolean, proto: string, ...lines: string[]][] = [
      [false, "HTTP/1.1"],
      [true, "HTTP/1.1", "Connection: close"],
      [true, "HTTP/1.1", "connection: CLOSE"],
      [true, "HTTP/1.1", "Connection: keep-alive, close"],
      [true, "HTTP/1.1", "Connection: close , upgrade"],
      [true, "HTTP/1.1", "Connection: upgrade", "Connection: close"],
      [false, "HTTP/1.1", "Connection: closed"],
      [false, "HTTP/1.1", "Connection: not-close"],
      [false, "HTTP/1.1", "Connection: upgrade"],
      [false, "HTTP/1.1", "Connection:"],
      [false, "HTTP/1.1", "X-Connection: close"],
      [true, "HTTP/1.0"],
      [true, "HTTP/1.0", "Connection: keep-alive"],
      [true, "HTTP/1.0", "Connection: Keep-Alive"],
      [true, "HTTP/1.0", "Connection: keep-alive, close"],
      [true, "HTTP/1.0", "Connection: upgrade"],
    ];
    for (const [isClose, proto, ...lines] of cases) {
      assert.equal(message(`GET / ${proto}`, HOST, ...lines)._close, isClose, `${proto} ${lines}`);
    }
  });
});

describe("HttpMessage.header", () => {
  const hm = message("GET /x HTTP/1.1", HOST, "X-One: 1", "x-TWO:  two words \t", "X-Empty:", "X-One: again", "X-OneAndMore: 3", "A: \xa0nbsp\xa0");

  it("finds the first of that name without regard to case, without white space around it", () => {
    assert.equal(hm.header("X-One"), "1");
    assert.equal(hm.header("x-one"), "1");
    assert.equal(hm.header("X-TWO"), "two words");
    assert.equal(hm.header("x-oneandmore"), "3");
    assert.equal(hm.header("HOST"), "x");
    assert.equal(hm.header("X-Empty"), "");
  });

  it("strips spaces and tabs only", () => assert.equal(hm.header("a"), "\xa0nbsp\xa0"));

  it("answers undefined for what is not there", () => {
    for (const name of ["X", "One", "X-On", "X-One: 1", "", "GET /x HTTP/1.1", "__proto__", "toString"]) assert.equal(hm.header(name), undefined, name);
  });
});

describe("statusMessage", () => {
  it("names the statuses we send, and nothing else", () => {
    assert.equal(statusMessage(200), "OK");
    assert.equal(statusMessage(431), "Request Header Fields Too Large");
    assert.equal(statusMessage(503), "Service Unavailable");
    for (const status of [0, 99, 299, 600, -1, NaN]) assert.equal(statusMessage(status), "");
  });
});
