import type { Mbuf } from "../core/mbuf.js";

/** For messages without wildcards: nothing was captured. */
const NOTHING: string[] = [];

/**
 * A request or reply, as handed to the MG_EV_HTTP_ events (struct http_message). Its body is a view, valid during the
 * handler's call only. Texts are as they came, undecoded.
 */
export class HttpMessage {
  /** "GET", "POST", …: case-sensitive (RFC 9110 §9.1). "" in a reply. */
  readonly method: string;
  /** The target's path, without the query. */
  readonly uri: string;
  /** What follows `?` in the target; "" without. */
  readonly queryString: string;
  /** "HTTP/1.1" or "HTTP/1.0". */
  readonly proto: string;
  /** Head lines from the request line on, without the blank line; a binary string. */
  readonly _head: string;
  /** Bytes of the head, blank line included. */
  readonly _headBytes: number;
  /** Bytes of the body as the head declares it; -1: not known before its end. */
  readonly _length: number;
  /** The connection closes after the reply (RFC 9112 §9.3). */
  readonly _close: boolean;
  /** The reply has no body: HEAD. */
  readonly _noBody: boolean;
  /** Where the body, or the piece of it that an event is about, lies while the handler runs. */
  _mbuf: Mbuf | undefined;
  /** Where in `_mbuf` it begins, and its size. */
  declare _at: number;
  declare _size: number;
  /** The client waits for 100 Continue. */
  declare _expects: boolean;
  /** Reply: the status code (resp_code). 0 in a request. */
  declare respCode: number;
  /** Reply: the reason phrase (resp_status_msg). */
  declare respStatusMsg: string;
  /** What the wildcards of the endpoint's pattern stand for, undecoded. */
  declare captures: string[];

  constructor(head: string, method: string, target: string, proto: string, length: number, close: boolean) {
    const query = target.indexOf("?");
    this._head = head;
    this.method = method;
    this.uri = query < 0 ? target : target.slice(0, query);
    this.queryString = query < 0 ? "" : target.slice(query + 1);
    this.proto = proto;
    this._headBytes = head.length + 4;
    this._length = length;
    this._close = close;
    this._noBody = method === "HEAD";
    this._mbuf = undefined;
  }

  /** The value of the first header of that name, without regard to case; undefined when there is none. */
  header(name: string): string | undefined {
    return findHeader(this._head, name);
  }

  /** All header lines in their order, values trimmed. */
  headers(): { name: string; value: string }[] {
    const lines = this._head.split("\r\n");
    const out: { name: string; value: string }[] = [];
    for (let i = 1; i < lines.length; i++) {
      const colon = lines[i].indexOf(":");
      out.push({ name: lines[i].slice(0, colon), value: trimOws(lines[i].slice(colon + 1)) });
    }
    return out;
  }

  /** Content-Length as declared, in bytes; 0 for a message without body, -1 where only the end will tell (chunked). */
  get contentLength(): number {
    return this._length;
  }

  /** Size in bytes of the body, or of the piece this event is about. */
  get bodyLength(): number {
    return this._mbuf ? this._size : 0;
  }

  /** The body, or the piece of it that this event is about, as text (UTF-8). */
  get body(): string {
    const m = this._mbuf;
    return m && this._size ? m.text(this._at, this._at + this._size) : "";
  }

  /** A copy of the body's bytes, or of the piece's. */
  bodyBytes(): Uint8Array {
    const m = this._mbuf;
    return m ? m.slice(this._at, this._at + this._size) : new Uint8Array(0);
  }

  /** Names what the next event is about: `size` bytes from `at` on. */
  _view(m: Mbuf | undefined, at: number, size: number): void {
    this._mbuf = m;
    this._at = at;
    this._size = size;
  }
}

const proto = HttpMessage.prototype;
proto._at = 0;
proto._size = 0;
proto._expects = false;
proto.respCode = 0;
proto.respStatusMsg = "";
proto.captures = NOTHING;

/** The value of the first header line with that name in a head, trimmed; undefined when there is none (mg_get_http_header). */
export function findHeader(head: string, name: string): string | undefined {
  const at = head.toLowerCase().indexOf("\r\n" + name.toLowerCase() + ":");
  if (at < 0) return undefined;
  const from = at + name.length + 3;
  const end = head.indexOf("\r\n", from);
  return trimOws(end < 0 ? head.slice(from) : head.slice(from, end));
}

/** The text without spaces and tabs around it: optional white space is nothing else (RFC 9110 §5.6.3). */
export function trimOws(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isOws(text.charCodeAt(from))) from++;
  while (to > from && isOws(text.charCodeAt(to - 1))) to--;
  return from || to < text.length ? text.slice(from, to) : text;
}

function isOws(c: number): boolean {
  return c === 32 || c === 9;
}
