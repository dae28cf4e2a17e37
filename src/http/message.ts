import type { Mbuf } from "../core/mbuf.js";

/**
 * A request, as handed to MG_EV_HTTP_REQUEST (struct http_message). A view: valid during the handler's call only.
 * Texts are as they came, undecoded.
 */
export class HttpMessage {
  /** "GET", "POST", …: case-sensitive (RFC 9110 §9.1). */
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
  /** Bytes of the body. */
  readonly _bodyBytes: number;
  /** The connection closes after the reply (RFC 9112 §9.3). */
  readonly _close: boolean;
  /** The reply has no body: HEAD. */
  readonly _noBody: boolean;
  /** Where the request lies while its handler runs. */
  _mbuf: Mbuf | undefined;

  constructor(head: string, method: string, target: string, proto: string, bodyBytes: number, close: boolean) {
    const query = target.indexOf("?");
    this._head = head;
    this.method = method;
    this.uri = query < 0 ? target : target.slice(0, query);
    this.queryString = query < 0 ? "" : target.slice(query + 1);
    this.proto = proto;
    this._headBytes = head.length + 4;
    this._bodyBytes = bodyBytes;
    this._close = close;
    this._noBody = method === "HEAD";
    this._mbuf = undefined;
  }

  /** The value of the first header of that name, without regard to case; undefined when there is none. */
  header(name: string): string | undefined {
    return findHeader(this._head, name);
  }

  /** Size of the body in bytes. */
  get bodyLength(): number {
    return this._bodyBytes;
  }

  /** The body as text (UTF-8). */
  get body(): string {
    const m = this._mbuf;
    return m && this._bodyBytes ? m.text(this._headBytes, this._headBytes + this._bodyBytes) : "";
  }

  /** A copy of the body's bytes. */
  bodyBytes(): Uint8Array {
    const m = this._mbuf;
    return m ? m.slice(this._headBytes, this._headBytes + this._bodyBytes) : new Uint8Array(0);
  }
}

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
