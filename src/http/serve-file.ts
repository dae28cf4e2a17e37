import type { Connection, Source } from "../core/connection.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../core/flags.js";
import { Err, type FileInfo, type Files, type OpenFile } from "../core/port.js";
import { checkConditions, isRangeFresh } from "./conditional.js";
import { httpDate } from "./date.js";
import type { HttpMessage } from "./message.js";
import { mimeType } from "./mime.js";
import { parseRange } from "./range.js";
import { httpReply, httpReplyFrom } from "./reply.js";
import { gzipWish } from "./serve-encoding.js";
import type { ServeFileOptions } from "./serve-options.js";
import { statusMessage } from "./status.js";

/** What can be done with a file (RFC 9110 §10.2.1). */
export const ALLOW = "Allow: GET, HEAD, OPTIONS\r\n";

/**
 * Answers a request with a file of the store (mg_http_serve_file): conditions, ranges and the gzip twin as for
 * `serveHttp`. `path` is the program's own word and is not checked against anything. Throws TypeError when there is no store.
 */
export function httpServeFile(nc: Connection, hm: HttpMessage, path: string, options?: ServeFileOptions): void {
  const o = options || {};
  const files = filesOf(nc, o);
  if (isOther(nc, hm)) return;
  if (!sendFile(nc, hm, files, path, o, 200)) answer(nc, 404, "");
}

/** The store to serve from. Throws TypeError when there is none: not every platform has one. */
export function filesOf(nc: Connection, options: ServeFileOptions): Files {
  const files = options.files || nc.mgr._platform.files;
  if (!files) throw new TypeError("This platform has no files of its own: pass { files }");
  return files;
}

/** Answers methods that read nothing: OPTIONS, and 405 for those that files have not. True when it did. */
export function isOther(nc: Connection, hm: HttpMessage): boolean {
  if (hm.method === "GET" || hm.method === "HEAD") return false;
  if (hm.method === "OPTIONS") httpReply(nc, 204, ALLOW, "");
  else answer(nc, 405, ALLOW);
  return true;
}

/** A reply that only says what it is, on a connection that goes on. */
export function answer(nc: Connection, status: number, headers: string): void {
  httpReply(nc, status, "Content-Type: text/plain\r\n" + headers, statusMessage(status) + "\n");
}

/** What is known of a file; undefined for a directory, and where nothing is. */
export function fileAt(files: Files, path: string): FileInfo | undefined {
  const info = files.stat(path);
  return info && !info.isDirectory ? info : undefined;
}

/** One form of a file, chosen for a request. */
interface Form {
  info: FileInfo;
  /** It is the gzip twin. */
  isGzip: boolean;
  /** The status it is sent with. */
  status: number;
  headers: string;
  /** What of it is sent: bytes `from` up to `to`. */
  from: number;
  to: number;
}

/**
 * Answers with the file, or its gzip twin `path.gz`. False, and no reply, when there is neither. Other statuses than 200
 * are for error pages. (Everything that goes deep is called from here: a board's stack is small.)
 */
export function sendFile(nc: Connection, hm: HttpMessage, files: Files, path: string, o: ServeFileOptions, status: number): boolean {
  const plain = files.stat(path);
  const twin = files.stat(path + ".gz");
  const range = status === 200 && hm.method === "GET" ? hm.header("Range") : undefined; // RFC 9110 §14.2: GET only
  const form = chooseForm(hm, plain, twin, range !== undefined);
  if (!form) return false;
  form.headers += cacheLine(o) + (o.extraHeaders || "");
  const type = "Content-Type: " + (o.mimeType || mimeType(path, o.customMimeTypes)) + "\r\n" + (form.isGzip ? "Content-Encoding: gzip\r\n" : "");
  if (status === 200 && form.status === 200) judge(nc, hm, form, type, range);
  else if (form.status === 200) {
    form.status = status;
    form.headers = type + form.headers;
  }
  const code = form.status;
  if (code === 304) httpReply(nc, code, form.headers, "");
  else if (code === 406 || code === 412 || code === 416) answer(nc, code, form.headers);
  else {
    const file = files.open(form.isGzip ? path + ".gz" : path);
    const source = file && file.size >= form.to ? new FileSource(nc, file, form.from, form.to) : undefined;
    if (!source) answer(nc, 500, ""); // it was there a moment ago, and as long as it was said to be
    if (file && !(source && httpReplyFrom(nc, code, form.headers, source, form.to - form.from))) file.close();
  }
  return true;
}

/** The twin for clients that like gzip; never for ranges, whose client goes on with what it has. */
function chooseForm(hm: HttpMessage, plain: FileInfo | undefined, twin: FileInfo | undefined, isRange: boolean): Form | undefined {
  if (plain && plain.isDirectory) return undefined;
  const hasTwin = twin !== undefined && !twin.isDirectory;
  if (!plain && !hasTwin) return undefined;
  const wish = hasTwin ? gzipWish(hm.header("Accept-Encoding")) : 0;
  const isGzip = hasTwin && (!plain || (wish === 2 && !isRange));
  const info = (isGzip ? twin : plain) as FileInfo;
  return { info: info, isGzip: isGzip, status: isGzip && !wish ? 406 : 200, headers: hasTwin ? "Vary: Accept-Encoding\r\n" : "", from: 0, to: info.size };
}

/** Conditions, then the range, in the order of RFC 9110 §13.2.2: settles the status, the headers, and what is sent. */
function judge(nc: Connection, hm: HttpMessage, form: Form, type: string, range: string | undefined): void {
  const info = form.info;
  const nowMs = nc.mgr._platform.wallMs();
  const modifiedMs = info.mtimeMs > 0 && info.mtimeMs <= nowMs ? info.mtimeMs : 0; // RFC 9110 §8.8.2.1: never in the future
  const etag = entityTag(info, form.isGzip);
  const common = form.headers;
  const lines = common + (etag ? "ETag: " + etag + "\r\n" : "") + (modifiedMs ? "Last-Modified: " + httpDate(modifiedMs) + "\r\n" : "");
  const verdict = checkConditions(hm, etag, modifiedMs, nowMs);
  if (verdict) {
    form.status = verdict;
    if (verdict === 304) form.headers = lines;
    return;
  }
  const part = range !== undefined && isRangeFresh(hm, etag, modifiedMs, nowMs) ? parseRange(range, info.size) : 200;
  form.headers = type + "Accept-Ranges: bytes\r\n" + lines;
  if (typeof part !== "number") {
    form.from = part.from;
    form.to = part.to;
    form.status = 206;
    form.headers += "Content-Range: bytes " + part.from + "-" + (part.to - 1) + "/" + info.size + "\r\n";
  } else if (part === 416) {
    form.status = 416;
    form.headers = common + "Content-Range: bytes */" + info.size + "\r\n"; // RFC 9110 §15.5.17
  }
}

function cacheLine(o: ServeFileOptions): string {
  const value = o.cacheControl === undefined ? "no-cache" : o.cacheControl;
  return value ? "Cache-Control: " + value + "\r\n" : "";
}

/** The entity tag with its quotes: the contents' hash, or else when it changed and its size; "" where neither is known. */
function entityTag(info: FileInfo, isTwin: boolean): string {
  const ms = info.mtimeMs;
  if (!info.hash && !ms) return "";
  const tag = info.hash || Math.floor(ms / 1000).toString(16) + "." + (ms % 1000).toString(16) + "." + info.size.toString(16);
  return '"' + tag + (isTwin ? '-gz"' : '"'); // RFC 9110 §8.8.3.3: each coding has its own
}

/**
 * A file being sent. What is read is bounded by what was announced: a file that grows meanwhile gives no more, and one that
 * shrinks or fails closes the connection, so that the peer knows that something is missing.
 */
class FileSource implements Source {
  _nc: Connection;
  _file: OpenFile;
  _at: number;
  _end: number;
  readonly isRaw: boolean;

  constructor(nc: Connection, file: OpenFile, from: number, to: number) {
    this._nc = nc;
    this._file = file;
    this._at = from;
    this._end = to;
    this.isRaw = true;
  }

  next(maxBytes: number): string | Uint8Array | null | undefined {
    const left = this._end - this._at;
    if (left <= 0) return null;
    const raw = this._file.read(this._at, left < maxBytes ? left : maxBytes);
    if (raw && raw.length) {
      this._at += raw.length;
      return raw;
    }
    const nc = this._nc;
    if (!nc.err) nc.err = Err.Failed;
    nc.flags |= MG_F_CLOSE_IMMEDIATELY;
    return undefined;
  }

  done(): void {
    this._file.close();
  }
}
