import type { Connection } from "../core/connection.js";
import { errorText, rangeError } from "../core/errors.js";
import type { Mbuf } from "../core/mbuf.js";
import { Err, type FileWriter, type Raw } from "../core/port.js";
import { MG_EV_HTTP_MULTIPART_REQUEST_END, MG_EV_HTTP_PART_BEGIN, MG_EV_HTTP_PART_DATA, MG_EV_HTTP_PART_END } from "./events.js";
import type { HttpMessage } from "./message.js";
import type { HttpPart } from "./part.js";
import { httpReply, httpSendError } from "./reply.js";
import { type BodySink, httpStreamBody } from "./stream.js";

/** Says where a file goes, given the name the client gave; "" refuses it. */
export type UploadNameFn = (nc: Connection, fileName: string) => string;

/** A file that is being received, and what became of those before it: `userData` of the parts while `fileUploadHandler` has them. */
export class FileUpload {
  /** Name in the file store; "" while no file is open. */
  path: string;
  /** Bytes of this file written so far. */
  bytes: number;
  /** Bytes expected; -1 where that is not known: the size of a part never is. */
  totalBytes: number;
  _writer: FileWriter | undefined;
  /** A line for each file that is stored. */
  _report: string;

  constructor() {
    this.path = "";
    this.bytes = 0;
    this.totalBytes = -1;
    this._writer = undefined;
    this._report = "";
  }

  /** Starts a file. False when that has been answered with an error. */
  _open(nc: Connection, path: string): boolean {
    const made = nc.mgr.files ? nc.mgr.files.create(path) : Err.NotSupported;
    this.path = path;
    this.bytes = 0;
    if (typeof made !== "number") this._writer = made;
    else fail(nc, made, "Failed to open " + path);
    return typeof made !== "number";
  }

  _write(nc: Connection, bytes: Raw): boolean {
    const writer = this._writer;
    const err = writer ? writer.write(bytes) : Err.Failed;
    if (err) {
      this._abort();
      fail(nc, err, "Failed to write to " + this.path + ", wrote " + this.bytes);
      return false;
    }
    this.bytes += bytes.length;
    return true;
  }

  /** The file is whole: from now on it has its name. */
  _commit(nc: Connection): boolean {
    const writer = this._writer;
    const err = writer ? writer.commit() : Err.Failed;
    this._writer = undefined;
    if (err) fail(nc, err, "Failed to store " + this.path);
    return !err;
  }

  _abort(): void {
    if (this._writer) this._writer.abort();
    this._writer = undefined;
  }
}

/** The reply to an error of the file store. */
function fail(nc: Connection, err: Err, what: string): void {
  const status = err === Err.StorageFull ? 507 : err === Err.BadName ? 400 : err === Err.Permission ? 403 : 500;
  httpSendError(nc, status, what + ": " + errorText(err));
}

/**
 * Stores the files of multipart requests in the file store: hand it every event (mg_file_upload_handler). A file gets
 * its name when it is whole, and leaves nothing behind when it does not come whole. `nameFn` says where a file goes, given
 * the name the client gave; "" refuses it with 403; without `nameFn` the last part of the client's name is taken. At the end
 * the reply is 200 with a line for each file (400 when there was none); it is the program's own if it keeps
 * MULTIPART_REQUEST_END with status 0 to itself. Errors of the store: 400, 403, 500, 507 with the reason. Fields that are no
 * files are passed over. `userData` of the part is in use: after the call it is the {@link FileUpload}, for a progress bar.
 */
export function fileUploadHandler(nc: Connection, ev: number, data: unknown, nameFn?: UploadNameFn): void {
  if (ev < MG_EV_HTTP_PART_BEGIN || ev > MG_EV_HTTP_MULTIPART_REQUEST_END) return;
  const part = data as HttpPart;
  const upload = part.userData instanceof FileUpload ? part.userData : undefined;
  if (ev === MG_EV_HTTP_PART_BEGIN) partBegin(nc, part, upload, nameFn);
  else if (ev === MG_EV_HTTP_MULTIPART_REQUEST_END) requestEnd(nc, part, upload);
  else if (!upload || !upload._writer) return;
  else if (ev === MG_EV_HTTP_PART_DATA) upload._write(nc, part.raw());
  else if (ev === MG_EV_HTTP_PART_END) partEnd(nc, part, upload);
}

function partBegin(nc: Connection, part: HttpPart, before: FileUpload | undefined, nameFn: UploadNameFn | undefined): void {
  const name = part.fileName;
  if (!name) return; // no file, or a form's file field that was left empty
  const path = nameFn ? nameFn(nc, name) : baseName(name);
  if (!path) return httpSendError(nc, 403, "Not allowed to upload " + printable(name));
  const upload = before || new FileUpload();
  part.userData = upload;
  upload._open(nc, path);
}

function partEnd(nc: Connection, part: HttpPart, upload: FileUpload): void {
  if (part.status < 0) return upload._abort();
  if (upload._commit(nc)) upload._report += "Ok, " + printable(part.fileName || "") + " - " + upload.bytes + " bytes.\r\n";
  upload.path = "";
}

function requestEnd(nc: Connection, part: HttpPart, upload: FileUpload | undefined): void {
  if (upload) upload._abort();
  if (part.status < 0) return;
  if (upload) httpReply(nc, 200, "Content-Type: text/plain\r\n", upload._report);
  else httpSendError(nc, 400, "No file in the request");
}

/**
 * A client's file name without directories; "" for what cannot be a file's name, or should not: names that begin with a dot
 * are settings (.htpasswd), and one that ends in a dot or blank could not be asked for.
 */
export function baseName(fileName: string): string {
  const parts = fileName.split("\\").join("/").split("/");
  const name = parts[parts.length - 1];
  const last = name.charAt(name.length - 1);
  return name.charAt(0) === "." || last === "." || last === " " || /[\x00-\x1f\x7f]/.test(name) ? "" : name;
}

/** A client's name for a text. */
function printable(name: string): string {
  return name.replace(/[\x00-\x1f\x7f]/g, "?");
}

/** Options of {@link httpUpload}. */
export interface UploadOptions {
  /** Largest file. Default 0: no limit. Over it the answer is 413. */
  maxBytes?: number;
  /** Called after each piece: `upload.bytes` of `upload.totalBytes` (-1: unknown) are written. */
  onProgress?(nc: Connection, upload: FileUpload): void;
  /** Called instead of the reply when the file is stored: reply now or later. */
  onDone?(nc: Connection, upload: FileUpload): void;
}

/**
 * In MG_EV_HTTP_HDRS, or in MG_EV_HTTP_REQUEST for an empty body: stores the body as it is in the file `path` (Mongoose 7's
 * mg_http_upload, without offsets). The file gets its name when it is whole; a body that is cut off leaves nothing behind.
 * Replies 201 for a new file, 200 for one that was there; 405 to another method than PUT and POST; 413 over `maxBytes`; 400
 * for a Content-Range, which asks for less than the whole (RFC 9110 §14.4); 400, 403, 500 or 507 with the reason for an
 * error of the store.
 */
export function httpUpload(nc: Connection, hm: HttpMessage, path: string, options?: UploadOptions): void {
  const o = options || {};
  const max = o.maxBytes || 0;
  if (!(max >= 0)) throw rangeError("maxBytes is " + max + ": must be 0 or more");
  if (hm.method !== "PUT" && hm.method !== "POST") {
    httpReply(nc, 405, "Content-Type: text/plain\r\nAllow: PUT, POST\r\n", "Method Not Allowed\n"); // RFC 9110 §15.5.6
    return;
  }
  if (hm.header("content-range") !== undefined) return httpSendError(nc, 400, "Content-Range is not supported");
  if (max && hm.contentLength > max) return httpSendError(nc, 413, "Body is over " + max + " bytes");
  const sink = new FileSink(nc, o);
  sink._upload.totalBytes = hm.contentLength;
  sink._isNew = !nc.mgr.files || !nc.mgr.files.stat(path);
  if (hm.contentLength) httpStreamBody(nc, sink);
  if (sink._upload._open(nc, path) && !hm.contentLength) sink.end(true);
}

class FileSink implements BodySink {
  _nc: Connection;
  _options: UploadOptions;
  _upload: FileUpload;
  _isNew: boolean;

  constructor(nc: Connection, options: UploadOptions) {
    this._nc = nc;
    this._options = options;
    this._upload = new FileUpload();
    this._isNew = true;
  }

  data(m: Mbuf): void {
    const upload = this._upload;
    const max = this._options.maxBytes;
    if (!upload._writer) return m.clear();
    if (max && upload.bytes + m.len > max) {
      upload._abort();
      return httpSendError(this._nc, 413, "Body is over " + max + " bytes");
    }
    if (!upload._write(this._nc, m._pullup())) return;
    m.clear();
    if (this._options.onProgress) this._options.onProgress(this._nc, upload);
  }

  end(isWhole: boolean): void {
    const nc = this._nc;
    const upload = this._upload;
    if (!isWhole) return upload._abort();
    if (!upload._commit(nc)) return;
    if (this._options.onDone) this._options.onDone(nc, upload);
    else httpReply(nc, this._isNew ? 201 : 200, "Content-Type: text/plain\r\n", "Ok, " + upload.path + " - " + upload.bytes + " bytes.\r\n");
  }
}
