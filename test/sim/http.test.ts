import assert from "node:assert/strict";
import type { SimPeer } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_CLOSE, MG_EV_POLL } from "../../src/core/events.js";
import { httpReply, httpSendError, type HttpMessage, MG_EV_HTTP_REQUEST } from "../../src/http/index.js";
import { HERE, THERE } from "../unit/core-support.js";
import { freshServer, readReplies, setProtocolHttpWebsocket } from "../unit/http-support.js";
import { begin, BREAKING, end, leave, ROUGH, type Story, tell } from "./story.js";

/** What a client asked for, in order. */
interface Client {
  peer: SimPeer;
  asked: string[];
  methods: string[];
  isOver: boolean;
}

const PADS = [0, 10, 400, 1500, 6000];

/** A server whose replies say which request they answer, at once or later, small or large; with raw events or without. */
function serve(story: Story): void {
  const { s } = story;
  const owed: { nc: Connection; hm: { uri: string } }[] = [];
  const reply = (nc: Connection, uri: string): boolean => httpReply(nc, 200, "X: y\r\n", uri + " " + "p".repeat(Number(uri.split("-")[1])));
  setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", (nc, ev, data) => {
    if (ev === MG_EV_CLOSE) owed.splice(0, owed.length, ...owed.filter((one) => one.nc !== nc));
    if (ev === MG_EV_POLL) for (const one of owed.splice(0)) if (!reply(one.nc, one.hm.uri)) owed.push(one);
    if (ev !== MG_EV_HTTP_REQUEST) return;
    const { uri, bodyLength, queryString } = data as HttpMessage;
    assert.equal(bodyLength, Number(queryString));
    if (uri.includes("later") || !reply(nc, uri)) owed.push({ nc, hm: { uri } });
  })), { rawEvents: s.world.seed % 2 === 0 });
}

function ask(story: Story, client: Client, id: number): void {
  if (client.isOver || (client.peer.state !== "open" && client.peer.state !== "connecting")) return;
  const method = story.maybe(0.2) ? "HEAD" : story.maybe(0.3) ? "POST" : "GET";
  const pad = PADS[story.between(0, PADS.length - 1)];
  // Now and then the very same request again.
  const uri = story.maybe(0.3) ? "/same-10" : `/${story.maybe(0.2) ? "later" : "now"}${id}-${pad}`;
  const body = method === "POST" ? "b".repeat(story.between(0, 200)) : "";
  const close = story.maybe(0.03) ? "Connection: close\r\n" : "";
  const wire = `${method} ${uri}?${body.length} HTTP/1.1\r\nHost: x\r\n${close}${body === "" ? "" : `Content-Length: ${body.length}\r\n`}\r\n${body}`;
  client.asked.push(uri);
  client.methods.push(method);
  client.isOver = close !== "";
  for (let at = 0; at < wire.length;) {
    const size = story.maybe(0.5) ? wire.length : story.between(1, 50);
    client.peer.send(wire.slice(at, at + size));
    at += size;
  }
}

/** The replies that came whole, each checked against the request in its place. */
function check(client: Client, isStrict: boolean): number {
  let wire = client.peer.received;
  let replies;
  for (;;) {
    try {
      replies = readReplies(wire, client.methods);
      break;
    } catch (e) {
      if (isStrict) throw e;
      // The connection broke in the middle of a reply: what came before it must be whole.
      const at = wire.lastIndexOf("HTTP/1.1 ");
      if (at < 0) return 0;
      wire = wire.slice(0, at);
    }
  }
  const good = replies.filter((r) => r.status === 200);
  good.forEach((r, i) => {
    if (client.methods[i] === "HEAD") assert.equal(r.body, "");
    else assert.equal(r.body.split(" ")[0], client.asked[i], "a reply to another request");
  });
  for (const r of replies.slice(0, -1)) assert.equal(r.status, 200);
  return good.length;
}

describe("stories of HTTP", () => {
  before(freshServer);

  tell("each request is answered with its own reply, in order, through a rough network", (seed, host) => {
    const story = begin(seed, ROUGH, host, { pages: 48, pageBytes: 256, limits: { headMs: 60_000, idleMs: 60_000, firstByteMs: 60_000 } });
    const { s } = story;
    serve(story);
    s.run(5);
    const clients: Client[] = Array.from({ length: 4 }, () => ({ peer: s.world.connectPeer(THERE, HERE, 80), asked: [], methods: [], isOver: false }));
    const isBoard = host.form === "string";
    for (let round = 0; round < 25; round++) {
      for (const client of clients) {
        // A board cannot make a pipelining peer wait: there they ask one thing at a time.
        if (isBoard && check(client, false) < client.asked.length) continue;
        for (let n = isBoard ? 1 : story.between(0, 3); n > 0; n--) ask(story, client, round * 10 + n);
      }
      s.run(story.between(1, isBoard ? 1500 : 300));
    }
    s.run(30_000);
    for (const client of clients) {
      const answered = check(client, true);
      assert.equal(answered, client.asked.length, s.world.describe());
    }
    end(story);
  });

  tell("no reply goes to the wrong request, whatever breaks, stalls or is refused", (seed, host) => {
    const story = begin(seed, BREAKING, host, { pages: 12, pageBytes: 256, limits: { starveMs: 1000, writeMs: 3000, lingerMs: 1000, headMs: 2000, idleMs: 3000, connMax: 5 } });
    const { s } = story;
    serve(story);
    s.run(5);
    const clients: Client[] = [];
    for (let round = 0; round < 50; round++) {
      if (story.maybe(0.5)) clients.push({ peer: s.world.connectPeer(THERE, HERE, 80), asked: [], methods: [], isOver: false });
      for (const client of clients) {
        if (story.maybe(0.4)) ask(story, client, round);
        if (story.maybe(0.1)) client.peer.pauseReading();
        if (story.maybe(0.2)) client.peer.resumeReading();
      }
      if (clients.length > 0 && story.maybe(0.15)) {
        const client = clients[story.between(0, clients.length - 1)];
        client.isOver = true;
        leave(story, client.peer);
      }
      s.run(story.between(1, 300));
    }
    s.run(20_000);
    for (const client of clients) check(client, false);
    end(story);
  });

  tell("attackers who drip, flood and send nonsense do not keep an honest client from its page", (seed, host) => {
    const story = begin(seed, ROUGH, host, { pages: 12, pageBytes: 256, limits: { connMax: 4, headMs: 2000, firstByteMs: 2000, idleMs: 2000, starveMs: 1000, writeMs: 2000, lingerMs: 1000 } });
    const { s } = story;
    setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", (nc, ev, data) => {
      if (ev !== MG_EV_HTTP_REQUEST) return;
      if ((data as HttpMessage).uri === "/page") httpReply(nc, 200, "", "page " + "x".repeat(500));
      else httpSendError(nc, 404);
    })));
    s.run(5);
    const attacks: ((peer: SimPeer) => void)[] = [
      () => undefined,
      (peer) => peer.send("GET /page HTTP/1.1\r\nX-Drip: " + story.text(story.between(1, 50))),
      (peer) => peer.send("x".repeat(story.between(1, 5000))),
      (peer) => peer.send("POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n" + "b".repeat(story.between(0, 899))),
      (peer) => {
        peer.pauseReading();
        peer.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n".repeat(story.between(1, 30)));
      },
    ];
    let served = 0;
    for (let round = 0; round < 30; round++) {
      for (let n = story.between(0, 3); n > 0; n--) attacks[story.between(0, attacks.length - 1)](s.world.connectPeer("10.0.0.66", HERE, 80));
      if (round % 3 === 0) {
        const honest = s.world.connectPeer(THERE, HERE, 80);
        honest.send("GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        s.run(1500);
        if (honest.received.includes("\r\n\r\npage ")) served++;
        honest.close();
      }
      s.run(story.between(1, 500));
    }
    // Then the attackers are gone, and everything is as it was.
    s.run(8000);
    const last = s.world.connectPeer(THERE, HERE, 80);
    last.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
    s.run(5000);
    assert.match(last.received, /\r\n\r\npage x+$/, s.world.describe());
    assert.ok(served >= 1, `nobody was served during the attack: ${s.world.describe()}`);
    end(story);
  });
});
