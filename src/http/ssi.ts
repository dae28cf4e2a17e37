import { guard, post } from "../core/call.js";
import type { Connection, Source } from "../core/connection.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../core/flags.js";
import { Mbuf, toRaw } from "../core/mbuf.js";
import type { Pool } from "../core/pool.js";
import { type ByteOps, Err, type OpenFile, type Raw } from "../core/port.js";
import { starve } from "../core/room.js";
import { Gate, State } from "../core/state.js";
import { MG_EV_SSI_CALL } from "./events.js";
import { matchPrefix } from "./match.js";
import { type HttpMessage, trimOws } from "./message.js";
import { mimeType } from "./mime.js";
import { httpReplyFrom } from "./reply.js";
import { fileAt } from "./serve-file.js";
import type { ServeOptions, Target } from "./serve-options.js";
import { isPath, joinPath } from "./serve-path.js";

const PATTERN = "**.shtml$|**.shtm$";
const MARK = "<!--#";
const MARK_END = "-->";
/** Longer ones are no directives, and are sent as they are. */
const DIRECTIVE_MAX_BYTES = 512;
/** Pages within pages, the first not counted. */
const DEPTH_MAX = 10;
const SORRY = "[an error occurred while processing this directive]";

/**
 * Server-side includes, for the option of that name of `serveHttp`: in pages that match `ssiPattern`,
 * `<!--#include virtual="…" -->` (from `documentRoot`), `file="…"` or `"…"` (beside the page), `abspath="…"` (from the
 * store's root) are replaced by that file, pages among them executed in turn to a depth of 10; `<!--#call arg -->` becomes
 * what the handler sends on MG_EV_SSI_CALL with `nc.send`, `nc.printf` or `nc.sendFrom`. There is no exec. The page is read
 * while it is sent, in chunks; it has no ETag, no Last-Modified and no ranges.
 */
export function ssi(nc: Connection, _hm: HttpMessage, path: string, target: Target, options: ServeOptions): boolean {
  const pattern = options.ssiPattern || PATTERN;
  if (!matchPrefix(pattern, path) || !fileAt(target.files, path)) return false;
  const file = target.files.open(path);
  if (!file) return false;
  const source = new SsiSource(nc, target, pattern);
  source._pages.push(new Page(path, file, true));
  const cache = options.cacheControl === undefined ? "no-cache" : options.cacheControl;
  const headers = "Content-Type: " + (options.mimeType || mimeType(path, options.customMimeTypes)) + "\r\n" + (cache ? "Cache-Control: " + cache + "\r\n" : "");
  if (!httpReplyFrom(nc, 200, headers + (options.extraHeaders || ""), source, -1)) source.done();
  return true;
}

/** A file that is being read. */
class Page {
  path: string;
  file: OpenFile;
  /** Its directives are executed. */
  isSsi: boolean;
  /** Bytes read of it. */
  at: number;
  isEnd: boolean;
  /** Read, and not yet sent: a binary string. */
  text: string;

  constructor(path: string, file: OpenFile, isSsi: boolean) {
    this.path = path;
    this.file = file;
    this.isSsi = isSsi;
    this.at = 0;
    this.isEnd = false;
    this.text = "";
  }
}

class SsiSource implements Source {
  _nc: Connection;
  _target: Target;
  _pattern: string;
  /** The page, what it includes, what that includes … */
  _pages: Page[];
  /** A handler is about to be called: nothing is sent until it was. */
  _isCalling: boolean;
  /** What it is called with, when that has to wait until all that was made before is out. */
  _arg: string | undefined;
  /** What a handler sent, not yet passed on. */
  _sent: Mbuf | undefined;
  /** The source a handler gave. */
  _inner: Source | undefined;
  readonly isRaw: boolean;

  constructor(nc: Connection, target: Target, pattern: string) {
    this._nc = nc;
    this._target = target;
    this._pattern = pattern;
    this._pages = [];
    this._isCalling = false;
    this._arg = undefined;
    this._sent = undefined;
    this._inner = undefined;
    this.isRaw = true;
  }

  next(maxBytes: number): string | Uint8Array | null | undefined {
    for (;;) {
      if (this._isCalling) {
        if (this._arg !== undefined) post(this._nc, callNow, this, this._arg);
        return (this._arg = undefined);
      }
      if (this._sent) return this._fromSent(this._sent, maxBytes);
      const inner = this._inner;
      if (inner) {
        const data = inner.next(maxBytes);
        if (data !== null) return data === undefined ? data : inner.isRaw ? data : toRaw(this._nc.mgr._ops, data);
        this._inner = undefined;
        if (inner.done) inner.done(true);
        continue;
      }
      const page = this._pages[this._pages.length - 1];
      if (!page) return null;
      const count = plainBytes(page);
      if (count) return takeText(page, count < maxBytes ? count : maxBytes);
      if (page.text.indexOf(MARK) !== 0 || directiveEnd(page.text) < 0) {
        if (!this._read(page, maxBytes)) return undefined;
        continue;
      }
      const pool = this._nc.mgr.pool;
      if (pool._free < 2) return void starve(this._nc); // until there is room for what a handler sends
      const words = takeDirective(page, this._nc.mgr._ops);
      if (words.slice(0, 5) === "call ") return this._callLater(trimOws(words.slice(5)), pool);
      if (words.slice(0, 8) !== "include " || !this._include(page, words.slice(8))) page.text = SORRY + page.text;
    }
  }

  /** Bytes a handler sent; its pages are given back as they go. */
  _fromSent(sent: Mbuf, maxBytes: number): Raw {
    const ops = this._nc.mgr._ops;
    const n = sent.len < maxBytes ? sent.len : maxBytes;
    const piece = ops.slice(sent._pullup(), 0, n);
    sent.remove(n);
    if (!sent.len) this._sent = undefined;
    return piece;
  }

  /** Reads on in a page, or leaves it at its end. False when that failed: what was announced cannot be kept. */
  _read(page: Page, maxBytes: number): boolean {
    if (page.isEnd) {
      page.file.close();
      this._pages.pop();
      return true;
    }
    const nc = this._nc;
    const left = page.file.size - page.at;
    const raw = left > 0 ? page.file.read(page.at, left < maxBytes ? left : maxBytes) : "";
    if (raw === undefined || (left > 0 && !raw.length)) {
      if (!nc.err) nc.err = Err.Failed;
      nc.flags |= MG_F_CLOSE_IMMEDIATELY;
      return false;
    }
    page.at += raw.length;
    page.isEnd = page.at >= page.file.size;
    page.text += nc.mgr._ops.latin1(raw, 0, raw.length);
    return true;
  }

  /** Opens the file that is named; false when it cannot be included. */
  _include(page: Page, words: string): boolean {
    const quote = words.indexOf('"');
    const end = words.indexOf('"', quote + 1);
    if (quote < 0 || end < 0 || this._pages.length > DEPTH_MAX) return false;
    const kind = trimOws(words.slice(0, quote));
    let name = words.slice(quote + 1, end);
    if (kind !== "file=" && kind !== "" && name.charAt(0) === "/") name = name.slice(1);
    if (!name || !isPath(name)) return false;
    if (kind === "virtual=") name = joinPath(this._target.root, name);
    else if (kind === "file=" || kind === "") name = page.path.slice(0, page.path.lastIndexOf("/") + 1) + name;
    else if (kind !== "abspath=") return false;
    const file = this._target.files.open(name);
    if (!file) return false;
    this._pages.push(new Page(name, file, matchPrefix(this._pattern, name) > 0));
    return true;
  }

  /**
   * The handler has its turn in the next pass: from here the way to it would be longer than a board's stack. It may fill
   * the pool but for one page, which is what the sending of it all needs.
   */
  _callLater(arg: string, pool: Pool): undefined {
    this._isCalling = true;
    pool.take(1, 0);
    post(this._nc, callNow, this, arg);
    return undefined;
  }

  done(): void {
    for (let i = 0; i < this._pages.length; i++) this._pages[i].file.close();
    this._pages = [];
    if (this._isCalling) this._nc.mgr.pool.give(1);
    this._isCalling = false;
    if (this._sent) this._sent.clear();
    this._sent = undefined;
    if (this._inner && this._inner.done) this._inner.done(false);
    this._inner = undefined;
  }
}

/**
 * MG_EV_SSI_CALL. For its time the connection takes output as if the page were not being sent; that output is then the
 * page's. So nothing else may wait to be written, such as the reply's head: then the source is asked again when it is out.
 */
function callNow(nc: Connection, source: unknown, arg: unknown): void {
  const page = source as SsiSource;
  const outer = nc._src;
  if (!page._isCalling || nc._state !== State.Open || !outer) return;
  if (nc._unsent()) {
    page._arg = arg as string;
    return;
  }
  nc._src = undefined;
  nc._gate &= ~Gate.Source;
  const handler = nc._owner || nc.handler; // an endpoint's own, where the page is one's reply
  if (handler) guard(nc, MG_EV_SSI_CALL, handler as typeof callNow, MG_EV_SSI_CALL, arg);
  page._inner = nc._src;
  nc._src = outer;
  nc._gate |= Gate.Source;
  page._isCalling = false;
  nc.mgr.pool.give(1);
  const out = nc._outq();
  if (out.len) {
    out._leaseKept();
    page._sent = new Mbuf(nc.mgr.pool);
    out.moveTo(page._sent);
  }
  nc.wakeSource();
}

/** Cuts the directive off the front of the page's text, and answers the words in it. */
function takeDirective(page: Page, ops: ByteOps): string {
  const end = directiveEnd(page.text);
  const words = trimOws(ops.utf8(page.text, MARK.length, end));
  page.text = page.text.slice(end + MARK_END.length);
  return words;
}

/** Where the directive that the text begins with ends; -1: further on, or it is none. */
function directiveEnd(text: string): number {
  const end = text.indexOf(MARK_END);
  return end <= DIRECTIVE_MAX_BYTES ? end : -1;
}

/** How many bytes at the front of the page's text can be sent as they are; 0: a directive comes, or more has to be read. */
function plainBytes(page: Page): number {
  const text = page.text;
  if (!page.isSsi) return text.length;
  const at = text.indexOf(MARK);
  if (at > 0) return at;
  if (at === 0) return directiveEnd(text) < 0 && (page.isEnd || text.length > DIRECTIVE_MAX_BYTES) ? MARK.length : 0;
  const less = text.lastIndexOf("<");
  const isPart = !page.isEnd && less >= 0 && text.length - less < MARK.length && MARK.indexOf(text.slice(less)) === 0;
  return isPart ? less : text.length;
}

function takeText(page: Page, count: number): string {
  const piece = page.text.slice(0, count);
  page.text = page.text.slice(count);
  return piece;
}
