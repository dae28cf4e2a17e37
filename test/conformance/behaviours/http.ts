import assert from "node:assert/strict";
import type { Behaviour } from "../host/behaviour.js";
import type { Stage } from "../host/stage.js";
import { digits } from "./bytes.js";

const GET = request("GET /");
const HELLO = reply("200 OK", "Hello World");
const MISSING = reply("404 Not Found", "Not Found");
const CLOSING = "Connection: close\r\n";

function request(line: string, more = "", body = ""): string {
  return `${line} HTTP/1.1\r\nHost: device\r\n${more}\r\n${body}`;
}

function reply(status: string, body: string, more = ""): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
}

function refusal(status: string, text: string): string {
  return reply(status, `${text}\n`, CLOSING);
}

/** What the device logs of one request that is answered at once. */
function exchange(asked: string, name: string, answered: string): string {
  return `RECV ${asked.length}, REQUEST ${name}, SEND ${answered.length}`;
}

const ONE_GET = exchange(GET, "GET /", HELLO);

/** Sends it on a connection of its own; it must be refused like this, and the connection must end. */
async function refused(stage: Stage, asked: string, answer: string): Promise<void> {
  const client = await stage.connect();
  await client.send(asked).ended(answer);
  client.peer.end();
}

const OLD = "GET / HTTP/1.0\r\n\r\n";
const LAST = request("GET /", CLOSING);
const GOODBYE = reply("200 OK", "Hello World", CLOSING);

const MALFORMED = ["GET / HTTP/1.1\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n"];
const BAD = refusal("400 Bad Request", "Bad Request");

const LONG_HEAD = `GET / HTTP/1.1\r\nHost: device\r\nX-Long: ${digits(400)}`;
const LONG_HEAD_REPLY = refusal("431 Request Header Fields Too Large", "Request head is over 256 bytes");
const LONG_BODY = request("POST /", "Content-Length: 301\r\n");
const LONG_BODY_REPLY = refusal("413 Content Too Large", "Body is over 300 bytes");
const LONG_TARGET = request(`GET /${digits(120)}`);
const LONG_TARGET_REPLY = refusal("414 URI Too Long", "URI Too Long");

const PUT = request("PUT /a/b?c=d&e", "X-TEST:  yes \r\nContent-Length: 9\r\n", "1\0\xc3\xa9\r\n\r\n2");
const PUT_REPLY = reply("200 OK", "PUT|/a/b|c=d&e|yes|9|1\0\xc3\xa9\r\n\r\n2");

const LATER = reply("200 OK", "later");
const NOW = reply("200 OK", "now");
const BIG = reply("200 OK", digits(20000));
const TIMEOUT = refusal("408 Request Timeout", "Request Timeout");
const MOVED = "HTTP/1.1 302 Found\r\nLocation: /here\r\nCache-Control: no-cache\r\nContent-Length: 0\r\n\r\n";
const NOTHING = "HTTP/1.1 204 No Content\r\n\r\n";
const BYTES = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\0\x80\xff";
const CLOSED = refusal("503 Service Unavailable", "closed today");
const FULL =
  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: text/plain\r\nContent-Length: 20\r\nConnection: close\r\n\r\nService Unavailable\n";

export const HTTP: Behaviour[] = [
  {
    title: "HTTP: requests on one connection, which is kept",
    on: "http",
    async play(stage) {
      const client = await stage.connect();
      await client.send(GET).expect(HELLO);
      await client.send(GET).expect(HELLO);
      await client.send(request("GET /other")).expect(MISSING);
    },
    expect: { c1: `ACCEPT, ${ONE_GET}, ${ONE_GET}, ${exchange(request("GET /other"), "GET /other", MISSING)}, CLOSE 0` },
  },
  {
    title: "HTTP: without raw events the handler gets requests only",
    on: "httpQuiet",
    async play(stage) {
      const client = await stage.connect();
      for (let i = 0; i < 3; i++) await client.send(GET).expect(HELLO);
    },
    expect: { c1: "ACCEPT, REQUEST GET /, REQUEST GET /, REQUEST GET /, CLOSE 0" },
  },
  {
    title: "HTTP: in a manager that is driven by hand",
    on: "httpByHand",
    async play(stage) {
      const client = await stage.connect();
      for (let i = 0; i < 3; i++) await client.send(GET).expect(HELLO);
    },
    expect: { c1: `ACCEPT, ${ONE_GET}, ${ONE_GET}, ${ONE_GET}, CLOSE 0` },
  },
  {
    title: "HTTP: requests that come together are answered in order",
    on: "http",
    async play(stage) {
      const client = await stage.connect();
      await client.send(GET + request("GET /no") + GET).expect(HELLO + MISSING + HELLO);
    },
    expect: {
      c1: `ACCEPT, RECV ${2 * GET.length + request("GET /no").length}, REQUEST GET /, REQUEST GET /no, REQUEST GET /, SEND ${2 * HELLO.length + MISSING.length}, CLOSE 0`,
    },
  },
  {
    title: "HTTP: HEAD gets the head of GET, and no body",
    on: "http",
    async play(stage) {
      const client = await stage.connect();
      await client.send(request("HEAD /")).expect(HELLO.slice(0, -11));
      await client.send(GET).expect(HELLO);
    },
    expect: { c1: `ACCEPT, ${exchange(request("HEAD /"), "HEAD /", HELLO.slice(0, -11))}, ${ONE_GET}, CLOSE 0` },
  },
  {
    title: "HTTP: a request that comes one byte at a time",
    on: "http",
    async play(stage) {
      const client = await stage.connect();
      for (const byte of GET) {
        client.send(byte);
        await stage.sleep(1);
      }
      await client.expect(HELLO);
    },
    expect: { c1: `ACCEPT, ${ONE_GET}, CLOSE 0` },
  },
  {
    title: "HTTP: method, path, query, headers and body reach the handler",
    on: "httpAbout",
    async play(stage) {
      const client = await stage.connect();
      await client.send(PUT).expect(PUT_REPLY);
    },
    expect: { c1: `ACCEPT, ${exchange(PUT, "PUT /a/b", PUT_REPLY).replace("REQUEST", "HDRS, CHUNK 9, REQUEST")}, CLOSE 0` },
  },
  {
    title: "HTTP: a malformed request gets 400, and the connection ends",
    on: "http",
    async play(stage) {
      for (const bad of MALFORMED) await refused(stage, bad + GET, BAD);
    },
    expect: Object.fromEntries(
      MALFORMED.map((bad, i) => [`c${i + 1}`, `ACCEPT, RECV ${bad.length + GET.length}, SEND ${BAD.length}, CLOSE 0`]),
    ),
  },
  {
    title: "HTTP: a head over the limit gets 431, a body over the limit 413, a target over the limit 414",
    on: "httpAbout",
    async play(stage) {
      await refused(stage, LONG_HEAD, LONG_HEAD_REPLY);
      await refused(stage, LONG_BODY, LONG_BODY_REPLY);
      await refused(stage, LONG_TARGET, LONG_TARGET_REPLY);
    },
    expect: {
      c1: `ACCEPT, RECV ${LONG_HEAD.length}, SEND ${LONG_HEAD_REPLY.length}, CLOSE 0`,
      c2: `ACCEPT, RECV ${LONG_BODY.length}, HDRS, SEND ${LONG_BODY_REPLY.length}, CLOSE 0`,
      c3: `ACCEPT, RECV ${LONG_TARGET.length}, SEND ${LONG_TARGET_REPLY.length}, CLOSE 0`,
    },
  },
  {
    title: "HTTP: a reply that comes later holds back the replies behind it",
    on: "httpDeferred",
    async play(stage) {
      const client = await stage.connect();
      await client.send(request("GET /later") + request("GET /now")).expect(LATER + NOW);
    },
    expect: {
      c1: `ACCEPT, RECV ${request("GET /later").length + request("GET /now").length}, REQUEST GET /later, TIMER, SEND ${LATER.length}, REQUEST GET /now, SEND ${NOW.length}, CLOSE 0`,
    },
  },
  {
    title: "HTTP: Connection: close and HTTP/1.0 end the connection after the reply",
    on: "http",
    async play(stage) {
      await refused(stage, LAST, GOODBYE);
      await refused(stage, OLD, GOODBYE);
    },
    expect: { c1: `ACCEPT, ${exchange(LAST, "GET /", GOODBYE)}, CLOSE 0`, c2: `ACCEPT, ${exchange(OLD, "GET /", GOODBYE)}, CLOSE 0` },
  },
  {
    title: "HTTP: a reply larger than the pool arrives whole",
    on: "httpBig",
    async play(stage) {
      const client = await stage.connect();
      for (let i = 0; i < 2; i++) assert.equal(await client.send(GET).take(BIG.length), BIG);
    },
    expect: { c1: `ACCEPT, ${exchange(GET, "GET /", BIG)}, ${exchange(GET, "GET /", BIG)}, CLOSE 0` },
  },
  {
    title: "HTTP: redirect, error, a status without body, and bytes as body",
    on: "httpOthers",
    async play(stage) {
      const client = await stage.connect();
      await client.send(request("GET /moved")).expect(MOVED);
      await client.send(request("GET /nothing")).expect(NOTHING);
      await client.send(request("GET /split")).expect(BYTES);
      await client.send(request("GET /error")).ended(CLOSED);
      client.peer.end();
      const other = await stage.connect();
      await other.send(GET).over();
    },
    expect: {
      c1: `ACCEPT, ${exchange(request("GET /moved"), "GET /moved", MOVED)}, ${exchange(request("GET /nothing"), "GET /nothing", NOTHING)}, ${exchange(request("GET /split"), "GET /split", BYTES)}, ${exchange(request("GET /error"), "GET /error", CLOSED)}, CLOSE 0`,
      c2: `ACCEPT, RECV ${GET.length}, REQUEST GET /, CLOSE 15`,
      note: "Header lines must end in CRLF",
    },
    stats: { threw: 1 },
  },
  {
    title: "HTTP: who says nothing, stops in the middle of a head, or idles too long is closed; a begun request gets 408",
    on: "httpDeadlines",
    async play(stage) {
      const silent = await stage.accepted();
      await silent.over();
      silent.peer.end();
      await refused(stage, "GET / HT", TIMEOUT);
      const idle = await stage.accepted();
      await idle.send(GET).expect(HELLO);
      await idle.over();
    },
    expect: {
      c1: "ACCEPT, CLOSE 14",
      c2: `ACCEPT, RECV 8, SEND ${TIMEOUT.length}, CLOSE 14`,
      c3: `ACCEPT, ${ONE_GET}, CLOSE 14`,
    },
    stats: { deadlines: 3 },
  },
  {
    title: "HTTP: when all connections are busy, a newcomer gets 503",
    on: "httpFull",
    async play(stage) {
      const busy = await stage.accepted();
      busy.send(request("GET /never"));
      await stage.logged("c1 REQUEST");
      const late = await stage.connect();
      await late.ended(FULL);
      late.peer.end();
      stage.poke();
      await busy.over();
    },
    expect: { c1: `ACCEPT, RECV ${request("GET /never").length}, REQUEST GET /never, CLOSE 0` },
    stats: { refused: 1 },
  },
  {
    title: "HTTP: a kept connection that has been idle longest makes room for a newcomer",
    on: "httpEvict",
    async play(stage) {
      const first = await stage.accepted();
      await first.send(GET).expect(HELLO);
      await stage.sleep(80);
      const second = await stage.accepted();
      await second.send(GET).expect(HELLO);
      await stage.sleep(80);
      await first.send(GET).expect(HELLO);
      await stage.sleep(80);
      const third = await stage.accepted();
      await third.send(GET).expect(HELLO);
      await second.over();
    },
    expect: {
      c1: `ACCEPT, ${ONE_GET}, ${ONE_GET}, CLOSE 0`,
      c2: `ACCEPT, ${ONE_GET}, CLOSE 16`,
      c3: `ACCEPT, ${ONE_GET}, CLOSE 0`,
    },
    stats: { evicted: 1 },
  },
];
