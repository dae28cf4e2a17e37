// Reads what a server answered, strictly, whatever the framing: for the golden conversations and the peers.

import assert from "node:assert/strict";

/** One final reply. */
export interface WireReply {
  status: number;
  /** Names in lower case. */
  headers: { [name: string]: string };
  body: string;
  /** How the end of the body was known. */
  framing: "none" | "length" | "chunked" | "close";
  /** Interim replies before it (1xx). */
  interim: number[];
}

/** Reads replies to requests with these methods (default GET) from the start of `wire` to its end; anything else fails. */
export function readWire(wire: string, methods: string[], isClosed: boolean): WireReply[] {
  const replies: WireReply[] = [];
  let interim: number[] = [];
  let at = 0;
  while (at < wire.length) {
    const end = wire.indexOf("\r\n\r\n", at);
    assert.ok(end >= 0, `an unfinished head: ${JSON.stringify(wire.slice(at, at + 100))}`);
    const reply = readHead(wire.slice(at, end));
    at = end + 4;
    if (reply.status < 200) {
      assert.deepEqual(Object.keys(reply.headers), []);
      interim.push(reply.status);
      continue;
    }
    at = readBody(reply, wire, at, methods[replies.length] ?? "GET", isClosed);
    reply.interim = interim;
    interim = [];
    replies.push(reply);
  }
  assert.ok(interim.length < 2, "more than one interim reply");
  return replies;
}

function readHead(head: string): WireReply {
  const [first, ...lines] = head.split("\r\n");
  const match = /^HTTP\/1\.1 ([1-5]\d\d) ([\x20-\x7e]*)$/.exec(first);
  assert.ok(match, `no status line: ${JSON.stringify(first)}`);
  const headers: { [name: string]: string } = {};
  for (const line of lines) {
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*$/.exec(line);
    assert.ok(field, `no header line: ${JSON.stringify(line)}`);
    const name = field[1].toLowerCase();
    assert.equal(headers[name], undefined, `${name} comes twice`);
    headers[name] = field[2];
  }
  return { status: Number(match[1]), headers, body: "", framing: "none", interim: [] };
}

/** RFC 9112 §6.3, the client's side. Answers where the body ends. */
function readBody(reply: WireReply, wire: string, at: number, method: string, isClosed: boolean): number {
  const { status, headers } = reply;
  const length = headers["content-length"];
  const coding = headers["transfer-encoding"];
  assert.ok(length === undefined || coding === undefined, "a length and a coding");
  if (status === 204) assert.ok(length === undefined && coding === undefined, "204 with a body's framing");
  if (method === "HEAD" || status === 204 || status === 304) return at;
  if (coding !== undefined) {
    assert.equal(coding, "chunked");
    reply.framing = "chunked";
    return readChunks(reply, wire, at);
  }
  if (length !== undefined) {
    assert.match(length, /^\d+$/);
    reply.framing = "length";
    reply.body = wire.slice(at, at + Number(length));
    assert.equal(reply.body.length, Number(length), "an unfinished body");
    return at + Number(length);
  }
  assert.ok(isClosed, "a body without an end");
  assert.equal(headers.connection, "close");
  reply.framing = "close";
  reply.body = wire.slice(at);
  return wire.length;
}

function readChunks(reply: WireReply, wire: string, start: number): number {
  let at = start;
  for (;;) {
    const line = /^([0-9a-f]+)\r\n/i.exec(wire.slice(at, at + 20));
    assert.ok(line, `no chunk: ${JSON.stringify(wire.slice(at, at + 40))}`);
    const size = parseInt(line[1], 16);
    at += line[0].length;
    reply.body += wire.slice(at, at + size);
    assert.equal(wire.slice(at + size, at + size + 2), "\r\n", "a chunk without an end");
    at += size + 2;
    if (size === 0) return at;
  }
}
