import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import { stage } from "../unit/core-support.js";
import { freshServer, setProtocolHttpWebsocket } from "../unit/http-support.js";
import { type Conversation, describeReplies, FILES, readConversations } from "./conversations.js";
import { cutAtRandom } from "./format.js";
import { GOLDEN_LIMITS, goldenHandler } from "./handler.js";

/*
 * Replays the conversations of test/golden/*.md: whole, byte by byte, cut in two at every place, and cut at random. What
 * the handler saw and what the peer got must be the same each time. The format is described in test/golden/README.md.
 */

const RANDOM_CUTS = 40;

/** What the handler saw, what the peer got, and whether the connection was ended. */
function replay(c: Conversation, pieces: string[], form: RawForm): { events: string[]; replies: string[] } {
  const s = stage({ platform: { form }, mgr: { limits: GOLDEN_LIMITS, pages: 32, pageBytes: 256 } });
  const events: string[] = [];
  const act = goldenHandler({ events: () => events, later: (then, ms) => void s.world.after(ms, then) });
  setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", act)));
  const peer = s.peer(80);
  for (const piece of pieces) {
    peer.send(piece);
    s.run(pieces.length > 9 ? 0.5 : 4);
  }
  s.run(400);
  const replies = describeReplies(c, peer.received, peer.state === "open");
  const seen = events.slice();
  s.finish();
  return { events: seen, replies };
}

function check(c: Conversation, pieces: string[], form: RawForm, how: string): void {
  const seen = replay(c, pieces, form);
  assert.deepEqual(seen.replies, c.replies, `${how}: ${JSON.stringify(pieces).slice(0, 300)}`);
  assert.deepEqual(seen.events, c.events, `${how}: ${JSON.stringify(pieces).slice(0, 300)}`);
}

for (const file of FILES) {
  describe(`golden ${file}`, function () {
    this.timeout(60_000);
    before(freshServer);
    for (const c of readConversations(file)) {
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
