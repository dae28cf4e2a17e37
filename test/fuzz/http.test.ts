import assert from "node:assert/strict";
import fc from "fast-check";
import type { RawForm } from "../../platform/sim/index.js";
import { resolveLimits } from "../../src/core/limits.js";
import { httpReply } from "../../src/http/index.js";
import { parseRequestHead } from "../../src/http/head.js";
import { HttpMessage } from "../../src/http/message.js";
import { stage } from "../unit/core-support.js";
import { freshServer, mirror, readReplies, type Reply, serve } from "../unit/http-support.js";
import { cut } from "./cut.js";

/*
 * Requests from fuzzers: whatever comes, in whatever pieces, the server answers with whole replies of a status that HTTP
 * knows, or waits for more; it never fails, never hangs, and has nothing left of it at the end.
 */

const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const limits = resolveLimits(undefined);
const STATUSES = [200, 400, 408, 413, 414, 431, 501, 505];
const GET = "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n";
const POST = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";

interface Outcome {
  replies: Reply[];
  isClosed: boolean;
  uris: string[];
}

/** Sends the pieces to a fresh server. `waitMs`: how long to look on afterwards. */
function converse(pieces: string[], form: RawForm, waitMs = 100): Outcome {
  const s = stage({ platform: { form }, mgr: { pages: 32, pageBytes: 256, limits: { headMs: 2000, idleMs: 2000, firstByteMs: 2000, pollMs: 200 } } });
  const uris: string[] = [];
  serve(s, (nc, hm) => {
    uris.push(hm.uri);
    mirror(nc, hm);
  });
  const peer = s.peer(80);
  for (const piece of pieces) {
    peer.send(piece);
    s.run(1);
  }
  s.run(waitMs);
  // Whether a body has to be asked for depends on how much of it came with its head.
  const replies = readReplies(peer.received).filter((reply) => reply.status !== 100);
  const isClosed = peer.state !== "open";
  assert.deepEqual(s.logs, [], "the server failed");
  assert.ok(replies.every((r) => STATUSES.includes(r.status)), replies.map((r) => r.status).join());
  for (const r of replies.slice(0, -1)) assert.equal(r.status, 200, "something follows a refusal");
  s.finish();
  return { replies, isClosed, uris };
}

const cuts = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 6 });
const forms = fc.constantFrom<RawForm>("array", "string");
/** Pieces of requests, good and bad, of which nonsense is made. */
const word = fc.constantFrom("GET ", "POST ", "HEAD ", "/", "*", "http://h/", "?q", " ", "  ", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "\r\n", "\r", "\n", "\r\n\r\n", "Host: x", "Host:",
  "Content-Length: ", "3", "99999", "-1", "Transfer-Encoding: chunked", "Connection: close", "X: y", ":", "\x00", "\xff", "\t", "abc", "Expect: 100-continue");

describe("the HTTP server under fuzz", function () {
  this.timeout(120_000);
  before(freshServer);

  it("answers every prefix of a request with nothing, and goes on when the rest comes", () => {
    for (const request of [GET, POST]) {
      for (const form of ["array", "string"] as RawForm[]) {
        for (let n = 1; n < request.length; n++) {
          const { replies, isClosed } = converse([request.slice(0, n)], form);
          assert.deepEqual([replies.length, isClosed], [0, false], `prefix of ${n}`);
        }
      }
    }
  });

  it("answers every prefix of a request with 408 when nothing more comes, but for the empty one", () => {
    for (let n = 1; n < POST.length; n += 3) {
      const { replies, isClosed, uris } = converse([POST.slice(0, n)], "string", 5000);
      assert.deepEqual([replies.map((r) => r.status), isClosed, uris], [[408], true, []], `prefix of ${n}`);
    }
  });

  it("answers a request in which any one byte is any other byte with whole replies", () => {
    const request = "GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n";
    for (let at = 0; at < request.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const wire = request.slice(0, at) + String.fromCharCode(byte) + request.slice(at + 1);
        const head = wire.slice(0, wire.indexOf("\r\n\r\n"));
        const isWhole = wire.indexOf("\r\n\r\n") >= 0;
        const expected = isWhole ? parseRequestHead(head, limits) : 0;
        // The parser alone says what it is; every eighth goes over the wire as well.
        if (isWhole) assert.ok(expected instanceof HttpMessage || STATUSES.includes(expected), `byte ${byte} at ${at}`);
        if (expected instanceof HttpMessage) assert.doesNotMatch(head, /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/);
        if ((byte + at) % 8 !== 0) continue;
        const { replies } = converse([wire], byte % 16 < 8 ? "array" : "string");
        const first = replies[0]?.status ?? 0;
        // A line end put at the front is skipped before the request line.
        if (at > 1) assert.equal(first, expected instanceof HttpMessage ? 200 : expected, `byte ${byte} at ${at}`);
      }
    }
  });

  it("answers a request with any byte put in or left out", () => {
    fc.assert(fc.property(fc.constantFrom(GET, POST), fc.nat(80), fc.nat(255), fc.boolean(), forms, (request, place, byte, isIn, form) => {
      const at = place % request.length;
      const wire = request.slice(0, at) + (isIn ? String.fromCharCode(byte) : "") + request.slice(isIn ? at : at + 1);
      converse([wire], form);
    }), { numRuns: RUNS });
  });

  it("answers nonsense made of pieces of requests, cut anywhere", () => {
    fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), cuts, forms, (words, at, form) => {
      converse(cut(words.join(""), at), form);
    }), { numRuns: RUNS * 2 });
  });

  it("answers bytes of any kind", () => {
    const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 200 }).map((list) => String.fromCharCode(...list));
    fc.assert(fc.property(bytes, cuts, forms, (text, at, form) => void converse(cut(text, at), form)), { numRuns: RUNS });
  });

  it("gives the same answers however the bytes are cut", () => {
    const line = fc.oneof({ weight: 4, arbitrary: fc.constantFrom("Host: x", "X: y", "Content-Length: 5", "Connection: close", "A: b") }, { weight: 1, arbitrary: word });
    const start = fc.constantFrom("GET / HTTP/1.1", "POST /p HTTP/1.1", "HEAD /h HTTP/1.1", "GET http://x/y?z HTTP/1.1", "GET / HTTP/1.0", "BAD");
    const request = fc.tuple(start, fc.array(line, { maxLength: 4 }), fc.constantFrom("", "12345", "1234")).map(([first, lines, body]) => [first, "Host: x", ...lines, "", body].join("\r\n"));
    fc.assert(fc.property(fc.array(request, { minLength: 1, maxLength: 3 }), cuts, forms, (requests, at, form) => {
      const wire = requests.join("").replace(/HEAD/g, "HEAT");
      const whole = converse([wire], form);
      const pieces = converse(cut(wire, at), form);
      assert.deepEqual(pieces, whole);
    }), { numRuns: RUNS });
  });

  it("hands out exactly the requests that were put together, with their bodies", () => {
    const part = fc.record({
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE"),
      uri: fc.string({ unit: fc.constantFrom(..."abc/.%20-_~!$&'()*+,;=:@".split("")), maxLength: 20 }).map((s) => "/" + s),
      value: fc.string({ unit: fc.constantFrom(..."abc \t:;\"\\/\xe9\xff".split("")), maxLength: 20 }),
      body: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 }).map((list) => String.fromCharCode(...list)),
    });
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), cuts, forms, (parts, at, form) => {
      const s = stage({ platform: { form } });
      const seen: unknown[] = [];
      serve(s, (nc, hm) => {
        seen.push({ method: hm.method, uri: hm.uri, value: hm.header("x-value"), body: Buffer.from(hm.bodyBytes()).toString("latin1") });
        httpReply(nc, 204, "", "");
      });
      const peer = s.peer(80);
      const wire = parts.map((p) => `${p.method} ${p.uri} HTTP/1.1\r\nHost: x\r\nX-Value:${p.value}\r\nContent-Length: ${p.body.length}\r\n\r\n${p.body}`).join("");
      for (const piece of cut(wire, at)) {
        peer.send(piece);
        s.run(1);
      }
      s.run(50);
      assert.deepEqual(seen, parts.map((p) => ({ ...p, value: p.value.replace(/^[ \t]+|[ \t]+$/g, "") })));
      s.finish();
    }), { numRuns: RUNS });
  });
});

describe("httpReply under fuzz", function () {
  this.timeout(120_000);

  it("throws or writes exactly one whole reply, whatever the header lines say", () => {
    const piece = fc.oneof(fc.constantFrom("X", ":", " ", "\r\n", "\r", "\n", "a", "\u010a", "\u010d", "\x00", "Set-Cookie: x\r\n", "Content-Type: t\r\n", "\u00e9"), fc.string({ maxLength: 3 }));
    fc.assert(fc.property(fc.array(piece, { maxLength: 8 }), fc.string({ unit: "binary", maxLength: 20 }), forms, (pieces, body, form) => {
      const headers = pieces.join("");
      const s = stage({ platform: { form } });
      let isRefused = false;
      serve(s, (nc) => {
        try {
          httpReply(nc, 200, headers, body);
        } catch (e) {
          assert.ok(e instanceof TypeError);
          isRefused = true;
          httpReply(nc, 500, "", "");
        }
      });
      const peer = s.peer(80);
      peer.send(GET);
      s.run(20);
      const wire = peer.received;
      const [reply] = [...wire.matchAll(/^HTTP\/1\.1 /gm)].length === 1 ? [wire] : assert.fail("not one reply");
      const head = reply.slice(0, reply.indexOf("\r\n\r\n"));
      if (!isRefused) {
        assert.equal(reply.slice(head.length + 4), Buffer.from(body, "utf8").toString("latin1"));
        assert.equal(head.split("\r\n").length, 2 + headers.split("\r\n").length - 1);
      }
      assert.doesNotMatch(head.replace(/\r\n/g, ""), /[\r\n\x00]/);
      s.finish();
    }), { numRuns: RUNS * 2 });
  });
});
