import type { Connection, Source } from "../core/connection.js";
import type { ByteOps, FileInfo, Files, Raw } from "../core/port.js";
import { htmlEscape } from "./escape.js";
import type { HttpMessage } from "./message.js";
import { httpReplyFrom } from "./reply.js";
import type { ServeOptions, Target } from "./serve-options.js";
import { isHidden, joinPath, requestPath } from "./serve-path.js";
import { urlEncode } from "./url.js";

const HEADERS = "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-cache\r\n";

const PAGE_START =
  '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Index of ';
const PAGE_STYLE =
  "</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:50em;margin:2em auto;padding:0 1em}" +
  "h1{font-size:1.3em;overflow-wrap:anywhere}table{width:100%;border-collapse:collapse}th{text-align:left}" +
  "td,th{padding:.3em .5em;border-bottom:1px solid #8884}td:first-child{overflow-wrap:anywhere}" +
  "td+td,th+th{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}</style></head>\n<body><h1>Index of ";
const TABLE_START = "</h1>\n<table><thead><tr><th>Name</th><th>Size</th><th>Changed (UTC)</th></tr></thead><tbody>\n";
const PAGE_END = "</tbody></table></body></html>\n";

/** Text that is kept ready at once; a row more than that at most. */
const READY_BYTES = 1024;

/**
 * A page that lists a directory, for the option of that name of `serveHttp`. Hidden names are left out, and those that no
 * request can name. The page is made row by row while it is sent.
 */
export function directoryListing(nc: Connection, hm: HttpMessage, path: string, target: Target, options: ServeOptions): boolean {
  const names = target.files.list(path);
  if (!names) return false;
  const shown: string[] = [];
  for (let i = 0; i < names.length; i++) if (isShown(names[i], options)) shown.push(names[i]);
  const uri = requestPath(hm.uri);
  const source = new ListingSource(nc.mgr._ops, target.files, path, shown, htmlEscape("/" + uri), uri !== "");
  httpReplyFrom(nc, 200, HEADERS + (options.extraHeaders || ""), source, -1);
  return true;
}

function isShown(name: string, options: ServeOptions): boolean {
  return !isHidden(name, options) && requestPath("/" + encodeName(name)) === name;
}

class ListingSource implements Source {
  _ops: ByteOps;
  _files: Files;
  _path: string;
  _rows: string[];
  /** The next row; directories come first, so each name has two turns. */
  _next: number;
  _ready: Raw;
  readonly isRaw: boolean;

  constructor(ops: ByteOps, files: Files, path: string, rows: string[], title: string, hasParent: boolean) {
    this._ops = ops;
    this._files = files;
    this._path = path;
    this._rows = rows;
    this._next = 0;
    this.isRaw = true;
    this._ready = ops.text(PAGE_START + title + PAGE_STYLE + title + TABLE_START + (hasParent ? '<tr><td><a href="../">../</a></td><td></td><td></td></tr>\n' : ""));
  }

  next(maxBytes: number): string | Uint8Array | null {
    const ops = this._ops;
    const end = this._rows.length * 2;
    while (this._ready.length < maxBytes && this._ready.length < READY_BYTES && this._next <= end) {
      const at = this._next++;
      const name = this._rows[at % this._rows.length];
      if (at === end) this._ready = ops.concat(this._ready, PAGE_END);
      else if ((name.charAt(name.length - 1) === "/") === at < this._rows.length) {
        const info = this._files.stat(joinPath(this._path, name.charAt(name.length - 1) === "/" ? name.slice(0, -1) : name));
        this._ready = ops.concat(this._ready, ops.text(row(name, info)));
      }
    }
    const ready = this._ready;
    if (!ready.length) return null;
    const n = ready.length < maxBytes ? ready.length : maxBytes;
    this._ready = ops.slice(ready, n, ready.length);
    return ops.slice(ready, 0, n);
  }
}

function row(name: string, info: FileInfo | undefined): string {
  const size = info && !info.isDirectory ? sizeText(info.size) : "";
  const time = info && info.mtimeMs ? new Date(info.mtimeMs).toISOString().slice(0, 16).split("T").join(" ") : "";
  return '<tr><td><a href="' + encodeName(name) + '">' + htmlEscape(name) + "</a></td><td>" + size + "</td><td>" + time + "</td></tr>\n";
}

/** A name as part of a URL; a directory's slash stays. */
function encodeName(name: string): string {
  return name.charAt(name.length - 1) === "/" ? urlEncode(name.slice(0, -1)) + "/" : urlEncode(name);
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return bytes + " B";
  return bytes < 1000000 ? (bytes / 1000).toFixed(1) + " kB" : (bytes / 1000000).toFixed(1) + " MB";
}
