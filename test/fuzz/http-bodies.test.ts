import assert from "node:assert/strict";
import fc from "fast-check";
import type { RawForm } from "../../platform/sim/index.js";
import { goldenHandler } from "../golden/handler.js";
import { readWire, type WireReply } from "../golden/replies.js";
import { stage } from "../unit/core-support.js";
import { freshServer, setProtocolHttpWebsocket } from "../unit/http-support.js";
import { cut } from "./cut.js";

/*
 * Bodies from fuzzers: by length and in chunks, collected, streamed, refused and dropped, in a row, in pieces that the fuzzer
 * chooses. What arrives is compared with what a second, simple reader of the same bytes makes of them.
 */

const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const STATUSES = [200, 204, 400, 403, 413, 417, 431, 501, 505];
const LIMITS = { headMaxBytes: 400, bodyMaxBytes: 300, drainMaxBytes: 200, chunkLineMaxBytes: 40, pollMs: 200 };

interface Outcome {
  events: string[];
  replies: WireReply[];
  isClosed: boolean;
}

/** Sends the pieces to a fresh server. */
function converse(pieces: string[], form: RawForm, waitMs = 60, methods: string[] = []): Outcome {
  const s = stage({ platform: { form }, mgr: { pages: 32, pageBytes: 256, limits: LIMITS } });
  const events: string[] = [];
  const act = goldenHandler({ events: () => events, later: (then, ms) => void s.world.after(ms, then) });
  setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", act)));
  const peer = s.peer(80);
  for (const piece of pieces) {
    peer.send(piece);
    s.run(1);
  }
  s.run(waitMs);
  const isClosed = peer.state !== "open";
  const replies = readWire(peer.received, methods, isClosed);
  assert.deepEqual(s.logs, [], "the server failed");
  for (const { status } of replies) assert.ok(STATUSES.includes(status), String(status));
  const outcome = { events: events.slice(), replies, isClosed };
  s.finish();
  return outcome;
}

/** What a chunked body at the front of `wire` is: its bytes and its end; undefined: not all there; "bad": malformed. */
function decode(wire: string): { body: string; end: number } | undefined | "bad" {
  let body = "";
  let at = 0;
  for (;;) {
    const end = wire.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const line = /^([0-9a-fA-F]{1,12})(?:[ \t]*;[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-][^\x00-\x08\x0a-\x1f\x7f]*)?$/.exec(wire.slice(at, end));
    if (!line) return "bad";
    const size = parseInt(line[1], 16);
    at = end + 2;
    if (size === 0) break;
    if (wire.length < at + size) return undefined;
    body += wire.slice(at, at + size);
    at += size;
    if (wire.length < at + 2) return "\r\n".startsWith(wire.slice(at)) ? undefined : "bad";
    if (wire.slice(at, at + 2) !== "\r\n") return "bad";
    at += 2;
  }
  for (;;) {
    const end = wire.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const line = wire.slice(at, end);
    at = end + 2;
    if (line === "") return { body, end: at };
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*$/.test(line)) return "bad";
  }
}

const cuts = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 8 });
const forms = fc.constantFrom<RawForm>("array", "string");
const bytes = (max: number): fc.Arbitrary<string> =>
  fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(13, 10, 48, 59) }, { weight: 5, arbitrary: fc.integer({ min: 0, max: 255 }) }), { minLength: 1, maxLength: max })
    .map((list) => String.fromCharCode(...list));
const chunk = fc.record({
  data: bytes(30),
  zeros: fc.constantFrom("", "0", "000"),
  extension: fc.constantFrom("", ";a", ";a=b", ' ;a="b;c"', "; x ; y"),
  isUpper: fc.boolean(),
});
type Chunk = typeof chunk extends fc.Arbitrary<infer T> ? T : never;

function chunked(chunks: Chunk[], trailers: string): string {
  const sizes = chunks.map(({ data, zeros, extension, isUpper }) => {
    const hex = data.length.toString(16);
    return `${zeros}${isUpper ? hex.toUpperCase() : hex}${extension}\r\n${data}\r\n`;
  });
  return sizes.join("") + `0\r\n${trailers}\r\n`;
}

const POST = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
const NEXT = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";
const hex = (binary: string): string => binary.replace(/[^ -~]/g, (c) => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0"));

describe("bodies under fuzz", function () {
  this.timeout(120_000);
  before(freshServer);

  it("gives a sink or the request exactly the bytes that were sent in chunks, and finds the next request", () => {
    const paths = fc.constantFrom("/c", "/stream", "/slow");
    fc.assert(fc.property(paths, fc.array(chunk, { maxLength: 6 }), fc.constantFrom("", "X: y\r\n"), cuts, forms, (path, chunks, trailers, at, form) => {
      const body = chunks.map((c) => c.data).join("");
      const { events, replies, isClosed } = converse(cut(POST(path) + chunked(chunks, trailers) + NEXT, at), form);
      const seen = path === "/c" ? `POST /c HTTP/1.1${body === "" ? "" : ` ${body.length} "${hex(body)}"`}` : `whole ${path} "${hex(body)}"`;
      assert.deepEqual(events, [seen, "GET /next HTTP/1.1"]);
      assert.deepEqual([replies.map((r) => r.status), isClosed], [[200, 200], false]);
    }), { numRuns: RUNS });
  });

  it("reads chunks in which any one byte is any other byte as a second reader does", () => {
    const body = "2;a\r\nhi\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n";
    for (let at = 0; at < body.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        if ((at * 7 + byte) % 3 !== 0 && byte > 64) continue;
        const wire = body.slice(0, at) + String.fromCharCode(byte) + body.slice(at + 1);
        const expected = decode(wire + NEXT);
        const { events, replies, isClosed } = converse([POST("/c") + wire + NEXT], byte % 2 ? "array" : "string", 20);
        const how = `byte ${byte} at ${at}: ${JSON.stringify(events)} ${replies.map((r) => r.status).join()}`;
        if (expected === "bad") {
          assert.ok(isClosed && replies.length === 1 && replies[0].status >= 400, how);
          assert.deepEqual(events, ["close"], how);
        } else if (expected === undefined) {
          // It waits for more, or has seen that more would be too much.
          assert.ok(replies.length === 0 ? !isClosed : replies[0].status === 413 || replies[0].status === 431, how);
        } else {
          assert.equal(replies[0].status, 200, how);
          assert.equal(events[0], `POST /c HTTP/1.1${expected.body === "" ? "" : ` ${expected.body.length} "${hex(expected.body)}"`}`, how);
        }
      }
    }
  });

  it("reads nonsense made of pieces of chunks as a second reader does, however it is cut", () => {
    const word = fc.constantFrom("0", "1", "a", "F", "00", "\r\n", "\r\n", "\r\n", "\r", "\n", ";", ";a", "=", '"', " ", "\t", "x", "0\r\n\r\n", "1\r\nz\r\n", "X: y", ":", "\x00", "-", "+", "0x");
    fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 14 }), cuts, forms, (words, at, form) => {
      const wire = words.join("");
      const expected = decode(wire);
      const { events, replies, isClosed } = converse(cut(POST("/c") + wire, at), form, 10);
      if (expected === undefined) {
        if (replies.length === 0) assert.ok(!isClosed);
        else assert.ok(replies[0].status >= 400 && isClosed);
      } else if (expected === "bad") {
        assert.deepEqual([replies.length, isClosed, events], [1, true, ["close"]]);
        assert.ok([400, 413, 431].includes(replies[0].status));
      } else {
        assert.equal(replies[0]?.status, 200);
        assert.equal(events[0], `POST /c HTTP/1.1${expected.body === "" ? "" : ` ${expected.body.length} "${hex(expected.body)}"`}`);
      }
    }), { numRuns: RUNS * 3 });
  });

  it("answers requests of every kind in a row, in their order, however they are cut", () => {
    const path = fc.constantFrom("/a", "/later", "/none", "/from", "/chunks", "/hdrs", "/refuse", "/stream", "/slow", "/pieces", "/drop", "/big");
    const one = fc.record({ path, body: bytes(40), kind: fc.constantFrom("none", "length", "chunked", "expect"), isHead: fc.boolean() });
    const status = (r: { path: string; kind: string }): number => (r.path === "/none" ? 204 : r.path === "/refuse" && r.kind !== "none" ? 403 : 200);
    fc.assert(fc.property(fc.array(one, { minLength: 1, maxLength: 6 }), cuts, forms, (list, at, form) => {
      const wires = list.map(({ path, body, kind, isHead }) => {
        const head = `${isHead ? "HEAD" : "PUT"} ${path} HTTP/1.1\r\nHost: x\r\n`;
        if (kind === "none") return head + "\r\n";
        if (kind === "chunked") return head + `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
        return head + (kind === "expect" && path !== "/refuse" ? "Expect: 100-continue\r\n" : "") + `Content-Length: ${body.length}\r\n\r\n${body}`;
      });
      const { replies, isClosed } = converse(cut(wires.join(""), at), form, 300, list.map((r) => (r.isHead ? "HEAD" : "PUT")));
      assert.deepEqual(replies.map((r) => r.status), list.map(status));
      assert.ok(!isClosed);
      replies.forEach((r, i) => {
        if (list[i].kind !== "expect") assert.deepEqual(r.interim, []);
      });
    }), { numRuns: RUNS });
  });

  it("gives back every page when the client goes away anywhere in a body", () => {
    const path = fc.constantFrom("/a", "/refuse", "/stream", "/slow", "/pieces", "/drop", "/collect");
    fc.assert(fc.property(path, bytes(60), fc.boolean(), fc.nat(300), fc.constantFrom("fin", "reset", "close"), forms, (path, body, isChunked, place, how, form) => {
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n`;
      const wire = isChunked ? `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
      const s = stage({ platform: { form }, mgr: { pages: 32, pageBytes: 256, limits: LIMITS } });
      const events: string[] = [];
      const act = goldenHandler({ events: () => events, later: (then, ms) => void s.world.after(ms, then) });
      setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", act)));
      const peer = s.peer(80);
      peer.send(wire.slice(0, place % wire.length));
      s.run(2);
      if (how === "fin") peer.fin();
      else if (how === "close") peer.close();
      else peer.reset();
      s.run(100);
      assert.deepEqual(s.logs, []);
      assert.equal(events.filter((e) => e === "close").length, 1);
      assert.ok(events.filter((e) => e.startsWith("whole")).length === 0);
      assert.equal(s.mgr.pool.free, s.mgr.pool.pages);
      s.finish();
    }), { numRuns: RUNS * 2 });
  });
});
