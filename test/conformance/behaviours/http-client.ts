import assert from "node:assert/strict";
import type { Behaviour } from "../host/behaviour.js";
import type { Client, Stage } from "../host/stage.js";
import { digits } from "./bytes.js";

const GET = "GET /path HTTP/1.1\r\nHost: peer\r\n\r\n";
const ALL = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");

function ok(body: string, more = ""): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
}

/** Waits for the request line and the head behind it, and forgets them. Answers the head. */
async function head(stage: Stage, client: Client): Promise<string> {
  const { peer } = client;
  await stage.until(() => peer.received.includes("\r\n\r\n") || client.isOver(), "a request");
  const text = peer.received.slice(0, peer.received.indexOf("\r\n\r\n"));
  peer.drop(text.length + 4);
  return text;
}

/** The server sends this, and the client must give up for that reason without a reply. */
function refused(title: string, wire: string, err: number, note: string[] = []): Behaviour {
  return {
    title: `HTTP client: ${title} is an error, and no reply`,
    on: "httpFetch",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect(GET);
      await peer.send(wire).over();
      await stage.logged("out CLOSE");
    },
    expect: { out: `CONNECT 0, CLOSE ${err}`, ...(note.length > 0 && { note: note.join(", ") }) },
  };
}

const FETCHED = { out: "CONNECT 0, CLOSE 0", note: "head 200, 200 OK hello" };

async function fetched(stage: Stage): Promise<void> {
  const peer = await stage.caller();
  await peer.expect(GET);
  await peer.send(ok("hello")).over();
}

export const HTTP_CLIENT: Behaviour[] = [
  { title: "HTTP client: sends GET and hands out the reply", on: "httpFetch", peer: "tcp", play: fetched, expect: FETCHED },
  { title: "HTTP client: in a manager that is driven by hand", on: "httpFetchByHand", peer: "tcp", play: fetched, expect: FETCHED },
  {
    title: "HTTP client: a reply in chunks, one byte at a time, behind an interim one",
    on: "httpFetch",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect(GET);
      for (const byte of "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n") {
        peer.send(byte);
        await stage.sleep(1);
      }
      await peer.over();
    },
    expect: FETCHED,
  },
  {
    title: "HTTP client: a reply until the server ends its stream",
    on: "httpFetch",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect(GET);
      peer.send("HTTP/1.1 200 OK\r\n\r\nhello");
      peer.peer.end();
      await peer.over();
    },
    expect: FETCHED,
  },
  {
    title: "HTTP client: a reply until the end that ends in a reset is an error where resets are seen",
    on: "httpFetch",
    peer: "tcp",
    needs: ["seesReset"],
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect(GET);
      peer.send("HTTP/1.1 200 OK\r\n\r\nhello");
      await stage.logged("note head");
      peer.peer.reset();
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 0, CLOSE 6", note: "head 200" },
  },
  {
    title: "HTTP client: a reply cut off before its length is an error",
    on: "httpFetch",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect(GET);
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
      peer.peer.end();
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 0, CLOSE 21", note: "head 200" },
  },
  refused("a length beside a coding", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 21),
  refused("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 21),
  refused("a folded header line", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", 21),
  refused("a NUL in a header", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n", 21),
  refused("what is not HTTP", "\xff\x80 nonsense\r\n", 21),
  refused("a chunk that is longer than its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n", 21, ["head 200"]),
  refused("a body over the limit", "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", 18, ["head 200"]),
  {
    title: "HTTP client: requests in a row on one connection; nobody's bytes are never taken for a reply",
    on: "httpKept",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect("POST /path HTTP/1.1\r\nHost: peer\r\nContent-Length: 3\r\n\r\none");
      await peer.send(ok("1")).expect("GET /next HTTP/1.1\r\nHost: peer\r\n\r\n");
      peer.send(ok("2"));
      await stage.logged("note 200 OK 2");
      stage.poke();
      await peer.expect("HEAD /later HTTP/1.1\r\nHost: peer\r\n\r\n");
      await peer.send("HTTP/1.1 204 No Content\r\n\r\n").over();
    },
    expect: { out: "CONNECT 0, CLOSE 0", note: "head 200, 200 OK 1, sent true, and false, head 200, 200 OK 2, sent true, 204 No Content" },
  },
  {
    title: "HTTP client: bytes that nobody asked for end the connection",
    on: "httpKept",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await head(stage, peer);
      await peer.send(ok("1") + ok("evil")).over();
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 0, CLOSE 21", note: "head 200, 200 OK 1, sent false, and false" },
  },
  {
    title: "HTTP client: every byte value goes out and comes back",
    on: "httpBytes",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect("POST /path HTTP/1.1\r\nHost: peer\r\nContent-Length: 256\r\n\r\n" + ALL);
      await peer.send(ok(ALL)).over();
    },
    expect: { out: "CONNECT 0, CLOSE 0", note: "head 200, 200 OK 256, 256 bytes, 0 wrong" },
  },
  {
    title: "HTTP client: sends 20,000 bytes from a source in chunks with a pool of 4,096",
    on: "httpUpload",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      assert.match(await head(stage, peer), /^POST \/path HTTP\/1.1\r\nHost: peer\r\nTransfer-Encoding: chunked$/);
      let body = "";
      for (let size = -1; size !== 0;) {
        await stage.until(() => peer.peer.received.includes("\r\n"), "a chunk's size");
        const line = peer.peer.received.slice(0, peer.peer.received.indexOf("\r\n"));
        size = parseInt(line, 16);
        const chunk = await peer.take(line.length + size + 4);
        assert.equal(chunk.slice(-2), "\r\n");
        body += chunk.slice(line.length + 2, -2);
      }
      assert.equal(body, digits(20000));
      await peer.send(ok("hello")).over();
    },
    expect: FETCHED,
  },
  {
    title: "HTTP client: takes 30,000 bytes of a reply with a pool of 4,096",
    on: "httpDownload",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await head(stage, peer);
      peer.send(ok(digits(30000), "Connection: close\r\n"));
      await stage.logged("note 30000");
      await peer.over();
    },
    expect: { out: "CONNECT 0, CLOSE 0", note: "30000 all there" },
  },
  {
    title: "HTTP client: gives up a server that does not answer",
    on: "httpReplyMs",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect(GET);
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 0, CLOSE 14" },
    stats: { deadlines: 1 },
  },
  {
    title: "HTTP client: a refused connection is CONNECT with the reason, then CLOSE",
    on: "httpRefused",
    async play(stage) {
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 2, CLOSE 2" },
    stats: { connectFailed: 1 },
  },
  {
    title: "HTTP client: closing inside CONNECT sends nothing",
    on: "httpInConnect",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      assert.equal(await peer.over(), "");
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 0, CLOSE 0" },
  },
  {
    title: "HTTP client: a malformed URL or header throws and leaves no connection behind",
    on: "httpMalformed",
    async play() {},
    expect: { note: "6 of 6, Malformed header line \"\", connections 0" },
  },
  {
    title: "HTTP client: https where nobody is verified throws, unless it is told to do without",
    on: "httpNoTls",
    needs: ["!tlsVerifies"],
    async play(stage) {
      await stage.logged("note");
    },
    expect: { note: "refused" },
  },
  {
    title: "HttpClient: follows a redirect on the kept connection, and sends a request again when that turns out closed",
    on: "httpCalls",
    peer: "tcp",
    async play(stage) {
      const first = await stage.caller();
      assert.match(await head(stage, first), /^GET \/from HTTP\/1.1\r\nHost: [^\r]*\r\nX-Own: y$/);
      first.send("HTTP/1.1 302 Found\r\nLocation: to\r\nContent-Length: 4\r\n\r\ngone");
      assert.match(await head(stage, first), /^GET \/to HTTP\/1.1\r\n/);
      first.send(ok("here"));
      assert.match(await head(stage, first), /^GET \/again HTTP\/1.1\r\n/);
      first.peer.end();
      const second = await stage.caller();
      assert.match(await head(stage, second), /^GET \/again HTTP\/1.1\r\n/);
      await second.send(ok("there")).over();
    },
    expect: { note: "/from 200 here, /again 200 there" },
  },
];
