// The golden conversations with a server: read from their files, and what a peer got in the words of those files.

import { readdirSync } from "node:fs";
import { DIRECTORY, readSections, wireOf } from "./format.js";
import { readWire } from "./replies.js";

/** One conversation over one connection. */
export interface Conversation {
  title: string;
  wire: string;
  /** What the handler must see. */
  events: string[];
  /** What the peer must get, and how its connection must stand then. */
  replies: string[];
}

/** Conversations of another kind, which have tests of their own. */
const OTHERS = ["http-multipart.md", "http-replies.md"];

/** The files with conversations. */
export const FILES = readdirSync(DIRECTORY).filter((name) => /^http-.*\.md$/.test(name) && !OTHERS.includes(name)).sort();

/** The conversations of a file. */
export function readConversations(file: string): Conversation[] {
  return readSections(file, ["request", "replies"]).map((section) => ({
    title: section.title,
    wire: wireOf(section.block("request") as string),
    events: section.lines("events"),
    replies: section.lines("replies"),
  }));
}

/** Methods of the requests in a conversation that get a reply, as far as a reader of the replies must know them. */
function methodsOf(wire: string): string[] {
  return wire.startsWith("HEAD ") ? [...wire.matchAll(/^(HEAD|GET|POST|PUT) /gm)].map((match) => match[1]) : [];
}

/** What came back, in the words of the files. Throws when it is no sequence of whole replies. */
export function describeReplies(c: Conversation, received: string, isOpen: boolean): string[] {
  const lines = readWire(received, methodsOf(c.wire), !isOpen).map((r) => {
    const body = r.body.length > 100 ? `${r.body.length} bytes` : r.status === 200 || r.status === 413 ? r.body.trim() : "";
    const framing = r.framing === "chunked" || r.framing === "close" ? " " + r.framing : "";
    return `${r.status}${framing}${body === "" ? "" : " " + body}${r.headers.connection === "close" ? " close" : ""}`;
  });
  return [...lines, isOpen ? "open" : "closed"];
}
