import assert from "node:assert/strict";
import { type Conversation, describeReplies, FILES, readConversations } from "../../golden/conversations.js";
import { cutAtRandom } from "../../golden/format.js";
import type { Behaviour } from "../host/behaviour.js";
import type { Stage } from "../host/stage.js";

/* The golden conversations, on every platform: whole, and in pieces. */

/** Between pieces, so that they arrive as such where the network lets them. */
const PIECE_MS = 1;
/** How long what is expected may take. */
const REACHED_MS = 5000;

async function replay(stage: Stage, c: Conversation, pieces: string[]): Promise<void> {
  const { control } = stage;
  const { peer } = await stage.connect();
  for (const piece of pieces) {
    // As a client does: some firmware is slow to close a socket that was ended and still receives.
    if (peer.state !== "open") break;
    peer.send(piece);
    if (pieces.length > 1) await stage.sleep(PIECE_MS);
  }
  let replies: unknown;
  const isAnswered = (): boolean => {
    try {
      replies = describeReplies(c, peer.received, peer.state === "open");
    } catch (error) {
      replies = error;
    }
    return JSON.stringify(replies) === JSON.stringify(c.replies);
  };
  await stage.until(isAnswered, "the replies", REACHED_MS).catch(() => assert.deepEqual(replies, c.replies, c.title));
  if (peer.state !== "open") peer.end();
  let seen: string[] = [];
  const isSeen = (): boolean => JSON.stringify(seen) === JSON.stringify(c.events);
  for (let tries = 0; tries < 100 && !isSeen(); tries++) {
    if (tries > 0) await stage.sleep(10);
    control.log = [];
    stage.poke();
    await stage.logged("told");
    seen = control.log.filter((line) => line.startsWith("seen ")).map((line) => line.slice(5));
  }
  assert.deepEqual(seen, c.events, c.title);
  control.log = [];
  peer.end();
  // A board has few places: the next conversation gets this one's.
  await stage.until(() => peer.state === "closed" || peer.state === "ended", "the end of the connection", REACHED_MS);
}

/** Each file's conversations, one after the other. */
export const HTTP_GOLDEN: Behaviour[] = FILES.map((file) => ({
  title: `HTTP: the golden conversations of ${file}`,
  on: "golden",
  async play(stage) {
    let seed = 0;
    for (const c of readConversations(file)) {
      await replay(stage, c, [c.wire]);
      // A connection given up while its unwanted body still comes may linger on the interpreter: whole only.
      if (c.replies.join() !== "403,closed") await replay(stage, c, cutAtRandom(c.wire, ++seed));
    }
  },
  expect: {},
}));
