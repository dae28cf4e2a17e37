import assert from "node:assert/strict";
import { createPrng, type RawForm } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_CLOSE } from "../../src/core/events.js";
import { connectHttp } from "../../src/http/client.js";
import { MG_EV_HTTP_CHUNK, MG_EV_HTTP_HDRS, MG_EV_HTTP_REPLY } from "../../src/http/events.js";
import type { HttpMessage } from "../../src/http/message.js";
import { cutAtRandom, readSections, type Section, visible, wireOf } from "../golden/format.js";
import { stage, THERE } from "./core-support.js";

/* Replays test/golden/http-replies.md: whole, byte by byte, cut in two at every place and at random. */

const LIMITS = { headMaxBytes: 400, headersMax: 8, bodyMaxBytes: 300 };
const RANDOM_CUTS = 20;

function describeReply(hm: HttpMessage): string {
  const body = hm.bodyLength > 0 ? ` ${hm.bodyLength} "${visible(Buffer.from(hm.bodyBytes()).toString("latin1"))}"` : "";
  return `REPLY ${hm.respCode} "${visible(hm.respStatusMsg)}"${body}`;
}

/** What the client's handler saw of a reply that comes in these pieces. */
function replay(c: Section, pieces: string[], form: RawForm): string[] {
  const s = stage({ platform: { form }, mgr: { limits: LIMITS, pages: 32, pageBytes: 256 } });
  const events: string[] = [];
  const end = c.block("end");
  let chunks = "";
  s.world.listenPeer(THERE, 80, (peer) => {
    pieces.forEach((piece, i) => s.world.after(2 + i * 0.5, () => peer.send(piece)));
    const endMs = 4 + pieces.length * 0.5;
    if (end === "fin") s.world.after(endMs, () => peer.fin());
    if (end === "reset") s.world.after(endMs + 50, () => peer.reset());
  });
  const act = (nc: Connection, ev: number, data: unknown): void => {
    const hm = data as HttpMessage;
    if (ev === MG_EV_HTTP_HDRS) events.push(`HDRS ${hm.respCode}`);
    else if (ev === MG_EV_HTTP_CHUNK) chunks += Buffer.from(hm.bodyBytes()).toString("latin1");
    else if (ev === MG_EV_CLOSE) events.push(`CLOSE ${nc.err}`);
    if (ev !== MG_EV_HTTP_REPLY) return;
    assert.equal(chunks, Buffer.from(hm.bodyBytes()).toString("latin1"), "the pieces are not the whole");
    events.push(describeReply(hm));
  };
  connectHttp(s.mgr, s.note("C", act), `http://${THERE}/path`, { method: c.block("method") });
  s.run(300 + pieces.length);
  if (s.mgr.next()) events.push("open");
  const seen = events.slice();
  s.finish();
  return seen;
}

function check(c: Section, pieces: string[], form: RawForm, how: string): void {
  assert.deepEqual(replay(c, pieces, form), c.lines("events"), `${how}: ${JSON.stringify(pieces).slice(0, 300)}`);
}

describe("golden http-replies.md", function () {
  this.timeout(60_000);
  for (const c of readSections("http-replies.md", ["reply", "events"])) {
    it(c.title, () => {
      const wire = wireOf(c.block("reply") as string);
      for (const form of ["array", "string"] as RawForm[]) {
        check(c, [wire], form, "whole");
        check(c, [...wire], form, "byte by byte");
        for (let seed = 1; seed <= RANDOM_CUTS; seed++) check(c, cutAtRandom(wire, seed), form, `cut at random, seed ${seed}`);
      }
      for (let cut = 1; cut < wire.length; cut++) check(c, [wire.slice(0, cut), wire.slice(cut)], cut % 2 ? "array" : "string", `cut at ${cut}`);
    });
  }
});

describe("what a server sends instead", function () {
  this.timeout(60_000);
  const replies = readSections("http-replies.md", ["reply", "events"]).map((c) => wireOf(c.block("reply") as string)).filter((wire) => wire.length < 400);
  const ODD = ["\r\n", "\r", "\n", "\0", ":", " ", "\t", "0", "ffffffffffff", ";", "\xff", "HTTP/1.1 200 OK\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "\r\n\r\n"];

  it("never breaks a rule: at most one reply, CLOSE last, no exception, the pool full again", () => {
    for (let seed = 1; seed <= 1500; seed++) {
      const prng = createPrng(seed);
      let wire = replies[prng.below(replies.length)];
      for (let i = 1 + prng.below(4); i > 0; i--) {
        const at = prng.below(wire.length + 1);
        const odd = prng.chance(0.7) ? ODD[prng.below(ODD.length)] : replies[prng.below(replies.length)];
        wire = wire.slice(0, at) + (prng.chance(0.8) ? odd : "") + wire.slice(at + prng.below(4));
      }
      const events: string[] = [];
      const s = stage({ platform: { form: seed % 2 ? "array" : "string" }, mgr: { limits: LIMITS, pages: 16, pageBytes: 128 } });
      s.world.listenPeer(THERE, 80, (peer) => {
        for (const piece of cutAtRandom(wire, seed)) peer.send(piece);
        if (prng.chance(0.5)) peer.fin();
        else if (prng.chance(0.3)) peer.reset();
      });
      connectHttp(s.mgr, s.note("C", (_, ev) => {
        if (ev === MG_EV_HTTP_REPLY) events.push("REPLY");
        if (ev === MG_EV_CLOSE) events.push("CLOSE");
      }), `http://${THERE}/`, { method: prng.chance(0.2) ? "HEAD" : "GET" });
      s.run(50);
      s.finish();
      const told = `seed ${seed}: ${JSON.stringify(wire)}`;
      assert.ok(["CLOSE", "REPLY CLOSE"].includes(events.join(" ")), `${events.join(" ")}, ${told}`);
      assert.equal(s.mgr.stats.threw, 0, told);
    }
  });
});
