import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createPrng, type RawForm } from "../../platform/sim/index.js";
import { stage } from "../unit/core-support.js";
import { freshServer, setProtocolHttpWebsocket } from "../unit/http-support.js";
import { handler } from "./handler.js";
import { readWire } from "./replies.js";

/*
 * Replays the conversations of test/golden/*.md: whole, byte by byte, cut in two at every place, and cut at random. What
 * the handler saw and what the peer got must be the same each time. The format is described in test/golden/README.md.
 */

interface Conversation {
  file: string;
  title: string;
  wire: string;
  events: string[];
  replies: string[];
}

const DIRECTORY = new URL("../../../test/golden/", import.meta.url);
const LIMITS = { headMaxBytes: 400, uriMaxBytes: 100, headersMax: 8, bodyMaxBytes: 300, drainMaxBytes: 200, chunkLineMaxBytes: 40 };
/** Conversations of another kind, which have tests of their own. */
const OTHERS = ["README.md", "http-multipart.md", "http-replies.md"];
const RANDOM_CUTS = 40;

/** The bytes that a block of request lines stands for. */
function wireOf(block: string): string {
  let out = "";
  for (const line of block.split("\n")) {
    const isOpen = /(^|[^\\])(\\\\)*\\$/.test(line);
    const text = isOpen ? line.slice(0, -1) : line;
    out += text.replace(/\\x([0-9a-f]{2})|\\\\|\\\*(\d+)\((.)\)/g, (all, hex: string | undefined, count: string | undefined, char: string) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
      return count !== undefined ? char.repeat(Number(count)) : all.slice(1);
    });
    if (!isOpen) out += "\r\n";
  }
  return out;
}

function readFile(file: string): Conversation[] {
  const text = readFileSync(new URL(file, DIRECTORY), "utf8");
  const found: Conversation[] = [];
  for (const part of text.split(/^## /m).slice(1)) {
    const title = part.slice(0, part.indexOf("\n")).trim();
    const block = (name: string): string | undefined => new RegExp("^```" + name + "\\n([^]*?)\\n?```$", "m").exec(part)?.[1];
    const request = block("request");
    assert.ok(request !== undefined && block("replies") !== undefined, `${file}: "${title}" has no request or no replies`);
    const lines = (name: string): string[] => (block(name) ?? "").split("\n").filter((line) => line !== "");
    found.push({ file, title, wire: wireOf(request), events: lines("events"), replies: lines("replies") });
  }
  assert.ok(found.length > 0, `${file} holds no conversation`);
  return found;
}

/** What the handler saw, what the peer got, and whether the connection was ended. */
function replay(pieces: string[], form: RawForm): { events: string[]; replies: string[] } {
  const s = stage({ platform: { form }, mgr: { limits: LIMITS, pages: 32, pageBytes: 256 } });
  const events: string[] = [];
  const methods: string[] = [];
  const act = handler({ events, methods, later: (ms, then) => void s.world.after(ms, then) });
  setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", act)));
  const peer = s.peer(80);
  for (const piece of pieces) {
    peer.send(piece);
    s.run(pieces.length > 9 ? 0.5 : 4);
  }
  s.run(400);
  const replies = readWire(peer.received, methods, peer.state !== "open").map((r) => {
    const body = r.body.length > 100 ? `${r.body.length} bytes` : r.status === 200 || r.status === 413 ? r.body.trim() : "";
    const framing = r.framing === "chunked" || r.framing === "close" ? " " + r.framing : "";
    return `${r.status}${framing}${body === "" ? "" : " " + body}${r.headers.connection === "close" ? " close" : ""}`;
  });
  replies.push(peer.state === "open" ? "open" : "closed");
  const seen = events.slice();
  s.finish();
  return { events: seen, replies };
}

function check(c: Conversation, pieces: string[], form: RawForm, how: string): void {
  const seen = replay(pieces, form);
  assert.deepEqual(seen.replies, c.replies, `${how}: ${JSON.stringify(pieces).slice(0, 300)}`);
  assert.deepEqual(seen.events, c.events, `${how}: ${JSON.stringify(pieces).slice(0, 300)}`);
}

function cutAtRandom(wire: string, seed: number): string[] {
  const prng = createPrng(seed);
  const pieces: string[] = [];
  for (let at = 0; at < wire.length;) {
    const size = 1 + prng.below(prng.chance(0.5) ? 5 : 60);
    pieces.push(wire.slice(at, at + size));
    at += size;
  }
  return pieces;
}

for (const file of readdirSync(DIRECTORY).filter((name) => name.endsWith(".md") && !OTHERS.includes(name)).sort()) {
  describe(`golden ${file}`, function () {
    this.timeout(60_000);
    before(freshServer);
    for (const c of readFile(file)) {
      it(c.title, () => {
        for (const form of ["array", "string"] as RawForm[]) {
          check(c, [c.wire], form, "whole");
          check(c, [...c.wire], form, "byte by byte");
          for (let seed = 1; seed <= RANDOM_CUTS; seed++) check(c, cutAtRandom(c.wire, seed), form, `cut at random, seed ${seed}`);
        }
        for (let cut = 1; cut < c.wire.length; cut++) check(c, [c.wire.slice(0, cut), c.wire.slice(cut)], cut % 2 ? "array" : "string", `cut at ${cut}`);
      });
    }
  });
}
