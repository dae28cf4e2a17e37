import type { Connection, Source } from "../core/connection.js";
import { Err, type Raw } from "../core/port.js";
import { Phase } from "../core/state.js";
import { type ClientState, fail, Wait } from "./client-state.js";
import type { HttpBodySource, WireRequest } from "./request.js";
import { BodySource, RawSource } from "./source.js";

/** Bodies up to this size go out in one piece with their head. */
const JOINED_MAX_BYTES = 1024;

/** Sends the request that the connection has been made for, or that it is used for next. */
export function sendRequest(nc: Connection, c: ClientState): void {
  const r = c.request as WireRequest;
  c.wait = Wait.Reply;
  c.sinceMs = nc.mgr._platform.now();
  nc._phase = Phase.Reply; // the deadlines are the client's own: see tick
  const body = r.body;
  const isJoined = body !== undefined && !r.isWaiting && body.length <= JOINED_MAX_BYTES;
  const first = isJoined ? nc.mgr._ops.concat(r.head, body) : r.head;
  if (!isJoined && !r.isWaiting && (body !== undefined || r.from)) sendBoth(nc, r, first);
  else if (!nc._put(first) && !nc.sendFrom(new RawSource(nc.mgr._ops, first))) fail(nc, Err.Failed);
}

/** The head, then the body as a source, which waits for room. */
function sendBoth(nc: Connection, r: WireRequest, head: Raw): void {
  if (nc._put(head)) return sendBody(nc, r);
  const first = new RawSource(nc.mgr._ops, head);
  first.done = (isSent) => {
    if (isSent) sendBody(nc, r);
  };
  if (!nc.sendFrom(first)) fail(nc, Err.Failed);
}

/** The body alone: behind its head, or after 100 Continue. */
export function sendBody(nc: Connection, r: WireRequest): void {
  r.isWaiting = false;
  const ops = nc.mgr._ops;
  const source = r.from ? new BodySource(ops, open(r.from), r.from.length === undefined ? -1 : r.from.length) : new RawSource(ops, r.body as Raw);
  if (!nc.sendFrom(source)) fail(nc, Err.Failed);
}

function open(body: HttpBodySource): Source {
  const source = body.source;
  return typeof source === "function" ? source() : source;
}
