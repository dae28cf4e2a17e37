import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import { cutAtRandom, readSections, type Section } from "../golden/format.js";
import { stage } from "./core-support.js";
import { frameOf, openWs, serveWs, taken } from "./ws-support.js";

/*
 * Replays test/golden/ws-*.md: whole, byte by byte, cut in two at every place (long ones: at every fifth), and cut at
 * random. What the handler saw and what the client got must be the same each time.
 */

const OPS: { [name: string]: number } = { cont: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const RANDOM_CUTS = 20;

/** The bytes that the text of a line stands for. */
function unescaped(line: string): string {
  return line.replace(/\\x([0-9a-f]{2})|\\\*(\d+)\((.)\)/g, (_all, hex: string | undefined, count: string, char: string) =>
    hex !== undefined ? String.fromCharCode(parseInt(hex, 16)) : char.repeat(Number(count)));
}

function wireOf(line: string): string {
  const [, name, more, rest] = /^([a-z]+)(\+?) ?(.*)$/.exec(line)!;
  const payload = unescaped(rest);
  return name === "raw" ? payload : frameOf({ op: OPS[name], payload, fin: more === "" });
}

function replay(pieces: string[], form: RawForm): { events: string[]; sent: string[] } {
  const s = stage({ platform: { form }, mgr: { pages: 64, pageBytes: 256 } });
  const events: string[] = [];
  serveWs(s, events, { messageMaxBytes: 1000, fragmentsMax: 5 });
  const peer = openWs(s);
  for (const piece of pieces) {
    if (peer.state === "open") peer.send(piece);
    s.run(pieces.length > 9 ? 0.5 : 4);
  }
  s.run(100);
  const sent = taken(peer);
  sent.push(peer.state === "open" ? "open" : "closed");
  assert.deepEqual(s.logs, []);
  s.finish();
  return { events: events.slice(), sent };
}

function check(c: Section, pieces: string[], form: RawForm, how: string): void {
  const seen = replay(pieces, form);
  assert.deepEqual(seen.sent, c.lines("sent"), how);
  assert.deepEqual(seen.events, c.lines("events"), how);
}

for (const file of ["ws-frames.md", "ws-refused.md"]) {
  describe(`golden ${file}`, function () {
    this.timeout(60_000);
    for (const c of readSections(file, ["frames", "events", "sent"])) {
      it(c.title, () => {
        const wire = c.lines("frames").map(wireOf).join("");
        for (const form of ["array", "string"] as RawForm[]) {
          check(c, [wire], form, "whole");
          check(c, [...wire], form, "byte by byte");
          for (let seed = 1; seed <= RANDOM_CUTS; seed++) check(c, cutAtRandom(wire, seed), form, `cut at random, seed ${seed}`);
        }
        const step = wire.length > 300 ? 5 : 1;
        for (let cut = 1; cut < wire.length; cut += step) check(c, [wire.slice(0, cut), wire.slice(cut)], cut % 2 ? "array" : "string", `cut at ${cut}`);
      });
    }
  });
}
