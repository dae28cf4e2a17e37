import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import type { AnyHandler } from "../../src/core/events.js";
import {
  type HttpMessage,
  type HttpPart,
  httpReply,
  MG_EV_HTTP_MULTIPART_REQUEST_END,
  MG_EV_HTTP_PART_BEGIN,
  MG_EV_HTTP_PART_DATA,
  MG_EV_HTTP_REQUEST,
} from "../../src/http/index.js";
import { cutAtRandom, readSections, visible, wireOf } from "../golden/format.js";
import { freshServer } from "./http-support.js";
import { NAMES, talk } from "./http-multipart-support.js";

/* Replays test/golden/http-multipart.md: whole, byte by byte, cut in two at every place, and cut at random. */

const LIMITS = { partsMax: 3, partMaxBytes: 50, partHeadMaxBytes: 120, partHeadersMax: 3, bodyMaxBytes: 600 };
const RANDOM_CUTS = 20;

/** Notes the events as the file has them; data of a part whose end is not reached is forgotten. */
function handler(events: string[]): AnyHandler {
  let data = "";
  return (nc, ev, arg) => {
    if (NAMES[ev] === undefined) return;
    const part = arg as HttpPart;
    if (ev === MG_EV_HTTP_PART_DATA) return void (data += visible(Buffer.from(part.bytes()).toString("latin1")));
    if (NAMES[ev] === "END" && part.status === 0) events.push("DATA " + data);
    if (ev === MG_EV_HTTP_PART_BEGIN) data = "";
    if (ev === MG_EV_HTTP_PART_BEGIN) events.push(`BEGIN ${part.varName} ${part.fileName ?? "-"} ${part.contentType}`.trim());
    else if (ev >= MG_EV_HTTP_PART_BEGIN) events.push(NAMES[ev] + (part.varName && " " + part.varName) + (part.status ? " " + part.status : ""));
    else events.push(`${NAMES[ev]} ${(arg as HttpMessage).uri}`);
    if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", (arg as HttpMessage).uri);
    if (ev === MG_EV_HTTP_PART_BEGIN && part.varName === "no") httpReply(nc, 403, "", "");
    if (ev === MG_EV_HTTP_MULTIPART_REQUEST_END && part.status === 0) httpReply(nc, 200, "", "done");
  };
}

function replay(pieces: string[], form: RawForm): [events: string, replies: string] {
  const events: string[] = [];
  const t = talk(pieces, { handler: handler(events), limits: LIMITS, platform: { form }, gapMs: pieces.length > 9 ? 0.5 : 4, mgr: { pages: 32, pageBytes: 256 } });
  const replies = t.replies.map((r) => {
    const body = r.status === 400 || r.status === 403 ? "" : " " + r.body.trim();
    return `${r.status}${body}${r.headers.connection === "close" ? " close" : ""}`;
  });
  const seen = events.join("\n");
  t.s.finish();
  return [seen, [...replies, t.isClosed ? "closed" : "open"].join("\n")];
}

describe("golden http-multipart.md", function () {
  this.timeout(60_000);
  before(freshServer);
  for (const section of readSections("http-multipart.md", ["request", "events", "replies"])) {
    it(section.title, () => {
      const wire = wireOf(section.block("request")!);
      const expected = [section.lines("events").map((line) => line.trimEnd()).join("\n"), section.lines("replies").join("\n")];
      const check = (pieces: string[], form: RawForm, how: string): void => {
        const seen = replay(pieces, form);
        assert.deepEqual([seen[0].replace(/ $/gm, ""), seen[1]], expected, `${how}: ${JSON.stringify(pieces).slice(0, 300)}`);
      };
      for (const form of ["array", "string"] as RawForm[]) {
        check([wire], form, "whole");
        check([...wire], form, "byte by byte");
        for (let seed = 1; seed <= RANDOM_CUTS; seed++) check(cutAtRandom(wire, seed), form, `cut at random, seed ${seed}`);
      }
      for (let cut = 1; cut < wire.length; cut++) check([wire.slice(0, cut), wire.slice(cut)], cut % 2 ? "array" : "string", `cut at ${cut}`);
    });
  }
});
