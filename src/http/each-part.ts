import type { Mbuf } from "../core/mbuf.js";
import type { HttpMessage } from "./message.js";
import { Found, MultipartReader } from "./multipart.js";
import { multipartBoundary, parsePartHead } from "./multipart-head.js";
import { type HttpPart, Part } from "./part.js";

/** Most bytes of a part's head. */
const HEAD_MAX_BYTES = 2048;

/**
 * In MG_EV_HTTP_REQUEST: calls `act` with each part of a multipart/form-data body that was collected whole
 * (mg_parse_multipart, mg_http_next_multipart). The part is valid during the call. Answers false when the body is no such
 * form, or malformed; the parts before the fault were handed out then. For bodies of any size: `httpEnableMultipart`.
 */
export function eachPart(hm: HttpMessage, act: (part: HttpPart) => void): boolean {
  const m = hm._mbuf;
  const boundary = multipartBoundary(hm.header("content-type") || "");
  if (!m || !boundary) return false;
  const ops = m._pool._ops;
  const reader = new MultipartReader(ops, boundary, HEAD_MAX_BYTES);
  const end = hm._at + hm._size;
  let part = new Part();
  let at = hm._at;
  while (!reader.isOver) {
    const found = reader.next(ops.slice(m._pullup(), at, end));
    if (found < 0 || (found === Found.More && !reader.used)) return false;
    if (found === Found.Head) {
      part = new Part();
      if (parsePartHead(ops, m.latin1(at, at + reader.size), part)) return false;
    } else if (found === Found.Data) view(part, m, at, reader.size);
    else if (found === Found.End) {
      act(part);
      part._m = undefined;
    }
    at += reader.used;
  }
  return true;
}

function view(part: Part, m: Mbuf, at: number, size: number): void {
  part._m = m;
  part._from = at;
  part.dataLength = part.numDataConsumed = size;
}
