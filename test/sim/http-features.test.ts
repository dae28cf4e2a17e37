import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import type { Files } from "../../src/core/port.js";
import { HERE, THERE } from "../unit/core-support.js";
import { type Features, serveFeatures, textFor } from "./http-features-support.js";
import { begin, BREAKING, end, HOSTS, leave, ROUGH, type Story, tell } from "./story.js";

/** A request, and what its reply must be where it comes whole. */
interface Ask {
  id: string;
  wire: string;
  method: string;
  body?: string | RegExp;
}

const LIMITS = { starveMs: 1000, writeMs: 3000, lingerMs: 1000, headMs: 2000, firstByteMs: 2000, idleMs: 3000 };

function request(method: string, uri: string, headers: string, body = "", isChunked = false): string {
  const length = isChunked ? "Transfer-Encoding: chunked\r\n" : body ? `Content-Length: ${body.length}\r\n` : "";
  const chunks = isChunked ? (body ? `${body.length.toString(16)}\r\n${body}\r\n` : "") + "0\r\n\r\n" : body;
  return `${method} ${uri} HTTP/1.1\r\nHost: x\r\n${headers}${length}\r\n${chunks}`;
}

function form(id: string, size: number): string {
  const part = (name: string): string => `--b\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\n${textFor(name, size)}\r\n`;
  return part(id) + part(id + "x") + "--b--\r\n";
}

const TYPE = "Content-Type: multipart/form-data; boundary=b\r\n";

/** Requests of every kind; `size` is that of their bodies, `t` asks for a mishap. */
const KINDS: { [kind: string]: (id: string, size: number, t: string) => Ask } = {
  file: (id) => ask(id, "GET", "/static/big.txt", "", "", textFor("big", 5000)),
  head: (id) => ask(id, "HEAD", "/static/big.txt", "", "", ""),
  range: (id, size) => ask(id, "GET", "/static/big.txt", `Range: bytes=${size}-${size + 99}\r\n`, "", textFor("big", 5000).slice(size, size + 100)),
  page: (id) => ask(id, "GET", "/static/page.shtml", "", "", /^AsmallB.*Cd?/),
  listing: (id) => ask(id, "GET", "/static/", "", "", /big\.txt/),
  echo: (id, size, t) => ask(id, "POST", "/echo", t, textFor(id, size), textFor(id, size)),
  echoChunked: (id, size, t) => ask(id, "POST", "/echo", t, textFor(id, size), textFor(id, size), true),
  slow: (id, size, t) => ask(id, "POST", "/slow", t, textFor(id, size), "" + size),
  slowChunked: (id, size, t) => ask(id, "POST", "/slow", t, textFor(id, size), "" + size, true),
  length: (id, size, t) => ask(id, "POST", "/length", t, textFor(id, size), "" + size),
  lengthChunked: (id, size, t) => ask(id, "POST", "/length", t, textFor(id, size), "" + size, true),
  put: (id, size) => ask(id, "PUT", "/put", "", textFor(id, size), /^Ok/),
  upload: (id, size, t) => ask(id, "POST", "/up", TYPE, form(id, size), t ? undefined : /^Ok.*\nOk/, false, t && "&t=" + t),
  refused: (id, size) => ask(id, "POST", "/up", TYPE, form("no", size), /^Not allowed/),
  later: (id, size, t) => ask(id, "GET", "/later", t, "", textFor(id, size), false, `&n=${size}`),
  chunks: (id, _size, t) => ask(id, "GET", "/chunks", t, "", textFor(id, 40).repeat(3)),
  source: (id, size, t) => ask(id, "GET", "/src", t, "", textFor(id, size), false, `&n=${size}`),
  sse: (id) => ask(id, "GET", "/sse", "", ""),
  early: (id, size) => ask(id, "POST", "/early", "", textFor(id, size), "no"),
  secret: (id) => ask(id, "GET", "/%73ecret", "", "", /^Unauthorized/),
  login: (id) => ask(id, "GET", "/secret", "Authorization: Basic dTpw\r\n", "", "secret"),
  preflight: (id) => ask(id, "OPTIONS", "/echo", "Origin: http://a.example\r\nAccess-Control-Request-Method: PUT\r\n", ""),
  collected: (id, size) => ask(id, "POST", "/nowhere", "", textFor(id, size)),
  gone: (id) => ask(id, "GET", "/gone", "", ""),
  swap: (id) => ask(id, "GET", "/swap", "", "", "swapped"),
};

/** `extra`: header lines, or the mishap to ask for ("throw-end"). */
function ask(id: string, method: string, path: string, extra: string, body: string, reply?: string | RegExp, isChunked = false, query = ""): Ask {
  const isMishap = extra !== "" && !extra.includes(":");
  return { id, method, wire: request(method, `${path}?i=${id}${query}${isMishap ? "&t=" + extra : ""}`, isMishap ? "" : extra, body, isChunked), body: isMishap ? undefined : reply };
}

const MISHAPS = ["throw-HTTP_CHUNK", "reply-HTTP_CHUNK", "close-HTTP_CHUNK", "throw-HTTP_HDRS", "throw-HTTP_REQUEST", "throw-data", "throw-end", "throw-next", "close-HTTP_HDRS", "close-data", "close-end", "close-HTTP_REQUEST"];
/** Where something can go wrong. */
const PLACES = ["HTTP_HDRS", "HTTP_REQUEST", "HTTP_CHUNK", "data", "end", "next", "HTTP_MULTIPART_REQUEST", "HTTP_PART_BEGIN", "HTTP_PART_DATA", "HTTP_PART_END", "HTTP_MULTIPART_REQUEST_END"];

/** One client and what it asked for. */
interface Client {
  peer: SimPeer;
  asked: Ask[];
}

/** Each head that came is the reply to the request in its place; only the last may be the server's own refusal. */
function checkOrder(client: Client): string[] {
  const heads = client.peer.received.match(/HTTP\/1\.1 [2-5]\d\d [^\r]*\r\n(?:[^\r]+\r\n)*\r\n/g) ?? [];
  const ids = heads.map((head) => /\r\nX-Id: (\S+)/.exec(head)?.[1] ?? "");
  heads.forEach((head, i) => {
    if (ids[i] === "" && i === heads.length - 1 && /^HTTP\/1\.1 [45]/.test(head)) return;
    assert.equal(ids[i], client.asked[i]?.id, `reply ${i} is to another request: ${head}`);
  });
  return heads;
}

/** Where a reply with this body must be, it is, whole. */
function checkBodies(client: Client): void {
  const wholes = client.peer.received.split(/(?=HTTP\/1\.1 [2-5]\d\d )/);
  wholes.forEach((whole, i) => {
    const expected = client.asked[i]?.body;
    const blank = whole.indexOf("\r\n\r\n");
    if (expected === undefined || !/^HTTP\/1\.1 (200|201|206|401|403) /.test(whole)) return;
    const raw = whole.slice(blank + 4);
    const body = /\r\ntransfer-encoding: chunked/i.test(whole.slice(0, blank)) ? unchunk(raw) : raw;
    if (typeof expected === "string") assert.equal(body, expected, client.asked[i].wire);
    else assert.match(body, new RegExp(expected.source, "s"));
  });
}

function unchunk(raw: string): string {
  let out = "";
  for (let at = 0; at < raw.length;) {
    const end = raw.indexOf("\r\n", at);
    const size = parseInt(raw.slice(at, end), 16);
    assert.ok(size >= 0, `no chunk: ${JSON.stringify(raw.slice(at, at + 60))}`);
    if (!size) return out;
    out += raw.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
  return out + "<not ended>";
}

/** Every file that was uploaded is whole, and its own. */
function checkFiles(files: Files): void {
  for (const dir of ["up", "put"]) {
    for (const name of files.list(dir) ?? []) {
      const file = files.open(`${dir}/${name}`)!;
      const raw = file.read(0, file.size)!;
      const text = typeof raw === "string" ? raw : Buffer.from(raw).toString("latin1");
      file.close();
      assert.ok(text.length === SIZE_OF(name) && text === textFor(name, text.length), `${dir}/${name} is not what was sent: ${text.length} bytes`);
    }
  }
}

/** The size of a body is part of its request's name: "r12s300". */
const SIZE_OF = (name: string): number => parseInt(name.slice(name.indexOf("s") + 1), 10);

/** The server forgets everybody who is silent, and everything that was begun has ended, once. */
function finish(story: Story, server: Features): void {
  const { s } = story;
  server.windDown();
  s.run(80_000);
  const left = s.mgr.list().filter((row) => row.kind === "in");
  assert.deepEqual(left, [], `connections are left: ${s.world.describe()}`);
  server.stop();
  if (s.platform.files) checkFiles(s.platform.files);
  end(story);
  assert.deepEqual(server.ledger.wrong, [], s.world.describe());
  assert.deepEqual([...server.ledger.open], [], `not over: ${s.world.describe()}`);
}

const SIZES = [1, 60, 300, 1001];

function pick<T>(story: Story, list: T[]): T {
  return list[story.between(0, list.length - 1)];
}

function next(story: Story, n: number, mishap: number): Ask {
  const size = pick(story, SIZES);
  return KINDS[pick(story, Object.keys(KINDS))](`r${n}s${size}`, size, story.maybe(mishap) ? pick(story, MISHAPS) : "");
}

function sendInPieces(story: Story, peer: SimPeer, wire: string): void {
  for (let at = 0; at < wire.length;) {
    const size = story.maybe(0.5) ? wire.length : story.between(1, 80);
    peer.send(wire.slice(at, at + size));
    at += size;
  }
}

/** The same with a fault in its last chunk, or else in its head. */
function spoilt(wire: string): string {
  return wire.includes("chunked\r\n") ? wire.slice(0, -5) + "zz\r\n" : wire.replace("Host:", "Host :");
}

/** A client whose requests come in any pieces; now and then it does not read, leaves, or sends what is malformed. */
function badClient(story: Story, client: Client, round: number): void {
  const { peer } = client;
  if (peer.state !== "open" && peer.state !== "connecting") return;
  for (let n = story.between(1, 2); n > 0; n--) {
    const one = next(story, round * 10 + n, 0.15);
    client.asked.push(one);
    sendInPieces(story, peer, story.maybe(0.05) ? spoilt(one.wire) : one.wire);
  }
  if (story.maybe(0.1)) peer.pauseReading();
  if (story.maybe(0.3)) peer.resumeReading();
  if (story.maybe(0.15)) leave(story, peer);
}

/** The requests whose replies can be told from their size alone, in a calm world. */
const CALM = Object.keys(KINDS).filter((kind) => kind !== "sse" && kind !== "collected" && kind !== "refused");

/** Talks to a server until event `breakAt`, then breaks the conversation there. Answers how many events there were. */
function breakAt(kind: string, wayOut: (peer: SimPeer) => void, at: number, host: string): number {
  const story = begin(1, {}, HOSTS[host], { pages: [4, 8, 16][at % 3], pageBytes: 128, limits: LIMITS });
  const { s } = story;
  const server = serveFeatures(s, (p) => p >= 0.5);
  s.run(5);
  const client: Client = { peer: s.world.connectPeer(THERE, HERE, 80), asked: [KINDS[kind]("r1s700", 700, ""), KINDS.login("r2s1", 1, "")] };
  for (const one of client.asked) client.peer.send(one.wire);
  let count = 0;
  for (; count < at && s.world.now < 800; count++) s.world.step();
  wayOut(client.peer);
  finish(story, server);
  checkOrder(client);
  return count;
}

const WAYS_OUT: { [name: string]: (peer: SimPeer) => void } = {
  "a reset": (peer) => peer.reset(),
  "a close": (peer) => peer.close(),
  "the end of its stream": (peer) => peer.fin(),
  "silence": (peer) => peer.pauseReading(),
};

describe("stories of all features of HTTP at once", () => {
  tell("each client gets its own replies, and whatever breaks ends once", (seed, host) => {
    const mgr = { pages: [4, 8, 24][seed % 3], pageBytes: [128, 256, 512][seed % 2], limits: { ...LIMITS, connMax: 6 } };
    const story = begin(seed, seed % 2 ? ROUGH : BREAKING, host, mgr);
    const { s } = story;
    const server = serveFeatures(s, story.maybe);
    s.run(5);
    const clients: Client[] = [];
    for (let round = 0; round < 60; round++) {
      if (story.maybe(0.4)) clients.push({ peer: s.world.connectPeer(THERE, HERE, 80), asked: [] });
      if (clients.length) badClient(story, pick(story, clients.slice(-5)), round);
      s.run(story.between(1, 400));
    }
    for (const client of clients) client.peer.resumeReading();
    finish(story, server);
    for (const client of clients) checkOrder(client);
  });

  tell("every reply is whole and right where nothing breaks", (seed, host) => {
    const story = begin(seed, ROUGH, host, { pages: 24, pageBytes: 256, limits: { ...LIMITS, headMs: 60_000, idleMs: 60_000, firstByteMs: 60_000 } });
    const { s } = story;
    const server = serveFeatures(s, story.maybe);
    s.run(5);
    // An echo in chunks of a byte each is six times what came: a board, that cannot make the peer wait, has no room for that.
    const kinds = host.form === "string" ? CALM.filter((kind) => !kind.startsWith("echo")) : CALM;
    const clients: Client[] = Array.from({ length: 3 }, () => ({ peer: s.world.connectPeer(THERE, HERE, 80), asked: [] }));
    for (let round = 0; round < 30; round++) {
      const client = clients[round % 3];
      const size = pick(story, SIZES);
      const one = KINDS[pick(story, kinds)](`r${round}s${size}`, size, "");
      client.asked.push(one);
      sendInPieces(story, client.peer, one.wire);
      // A board cannot make a pipelining peer wait: there they ask one thing at a time.
      s.run(story.between(1, 200) + (host.form === "string" ? 5000 : 0));
    }
    finish(story, server);
    for (const client of clients) {
      assert.equal(checkOrder(client).length, client.asked.length, `not all were answered: ${s.world.describe()}`);
      checkBodies(client);
    }
  });

  it("a handler, sink or source that throws, closes or frees the manager does no harm to what else was begun", () => {
    let threw = 0;
    for (const kind of ["echo", "echoChunked", "slow", "slowChunked", "length", "lengthChunked", "source", "later", "chunks", "upload"]) {
      for (const mishap of PLACES.flatMap((place) => ["throw-" + place, "close-" + place, "free-" + place, ...(kind.startsWith("echo") || place.startsWith("HTTP_R") || place === "HTTP_HDRS" ? [] : ["reply-" + place])])) {
        for (const host of Object.keys(HOSTS)) {
          const story = begin(1, {}, HOSTS[host], { pages: 8, pageBytes: 256, limits: LIMITS });
          const { s } = story;
          const server = serveFeatures(s, story.maybe);
          s.run(5);
          const others = [s.world.connectPeer(THERE, HERE, 80), s.world.connectPeer(THERE, HERE, 80)];
          others[0].send(KINDS.sse("r1s1", 1, "").wire);
          others[1].send(KINDS.put("r2s900", 900, "").wire.slice(0, -1));
          s.world.connectPeer(THERE, HERE, 80).send(KINDS[kind]("r3s900", 900, mishap).wire + KINDS.login("r4s1", 1, "").wire);
          s.run(500);
          others[1].send(textFor("r2s900", 900).slice(-1));
          finish(story, server);
          threw += s.mgr.stats.threw;
          if (!mishap.startsWith("free")) assert.match(others[1].received, /^HTTP\/1\.1 201 /, mishap);
        }
      }
    }
    assert.ok(threw > 20, `only ${threw} handlers threw`);
  });

  for (const name of Object.keys(WAYS_OUT)) {
    it(`a conversation that ${name} breaks at any event leaves nothing behind`, function () {
      this.timeout(60_000);
      let count = 0;
      for (const kind of Object.keys(KINDS)) {
        for (const host of Object.keys(HOSTS)) {
          // Every event of the first ones, then one of some.
          for (let at = 0, all = Infinity; at < all; at += at < 30 ? 1 : 7) {
            const reached = breakAt(kind, WAYS_OUT[name], at, host);
            if (reached < at) all = reached;
            count++;
          }
        }
      }
      assert.ok(count > 1000, `only ${count} conversations`);
    });
  }
});
