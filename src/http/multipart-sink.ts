import type { Connection } from "../core/connection.js";
import { rangeError } from "../core/errors.js";
import type { AnyHandler } from "../core/events.js";
import { CLOSE_FLAGS } from "../core/flags.js";
import type { Mbuf } from "../core/mbuf.js";
import {
  MG_EV_HTTP_MULTIPART_REQUEST,
  MG_EV_HTTP_MULTIPART_REQUEST_END,
  MG_EV_HTTP_PART_BEGIN,
  MG_EV_HTTP_PART_DATA,
  MG_EV_HTTP_PART_END,
} from "./events.js";
import type { HttpMessage } from "./message.js";
import { Found, MultipartReader } from "./multipart.js";
import { multipartBoundary, parsePartHead } from "./multipart-head.js";
import { Part } from "./part.js";
import { httpSendError } from "./reply.js";
import { hooksOf } from "./state.js";
import { type BodySink, httpStreamBody } from "./stream.js";
import { isAnswered } from "./turn.js";

/** Limits of a multipart request; what is over one of them is answered with 413 or 431 and the limit in the text. */
export interface MultipartOptions {
  /** Parts in one request. Default 100. */
  partsMax?: number;
  /** Bytes of one part. Default 0: no limit. */
  partMaxBytes?: number;
  /** Bytes of the whole body; a declared length over it is refused before anything is read. Default 0: no limit. */
  bodyMaxBytes?: number;
  /** Bytes of a part's head. Default 2048. */
  partHeadMaxBytes?: number;
  /** Lines in a part's head. Default 10. */
  partHeadersMax?: number;
}

const DEFAULTS: Required<MultipartOptions> = { partsMax: 100, partMaxBytes: 0, bodyMaxBytes: 0, partHeadMaxBytes: 2048, partHeadersMax: 10 };

/**
 * Has multipart/form-data bodies of a listener's requests taken apart while they arrive: MG_EV_HTTP_MULTIPART_REQUEST, for
 * each part PART_BEGIN, PART_DATA (at least one), PART_END, and last MULTIPART_REQUEST_END, in which the program replies
 * (MG_ENABLE_HTTP_STREAMING_MULTIPART). A body of any size passes through, a piece at a time. A handler that replies before
 * the end refuses the rest. What was begun is ended in any case: with status -1 when the body is malformed (400), refused,
 * cut off, or replied to already. Throws TypeError or RangeError for a limit that is no whole number from 0.
 */
export function httpEnableMultipart(listener: Connection, options?: MultipartOptions): void {
  const limits = {} as Required<MultipartOptions>;
  let name: keyof MultipartOptions;
  for (name in DEFAULTS) limits[name] = DEFAULTS[name];
  if (options) for (name in options) limits[name] = checkLimit(name, options[name]);
  hooksOf(listener).body = function (nc, hm, handler) {
    const boundary = handler && multipartBoundary(hm.header("content-type") || "");
    if (boundary === undefined || !handler) return;
    begin(new MultipartSink(nc, handler, boundary, limits), hm);
  };
}

function checkLimit(name: string, value: number | undefined): number {
  const known = DEFAULTS[name as keyof MultipartOptions];
  if (known === undefined || (value !== undefined && typeof value !== "number")) throw new TypeError("Cannot set " + name + " to " + value);
  if (value === undefined) return known;
  if (!(value >= 0) || Math.floor(value) !== value) throw rangeError(name + " is " + value + ": must be a whole number from 0");
  return value;
}

function begin(sink: MultipartSink, hm: HttpMessage): void {
  const nc = sink._nc;
  const max = sink._limits.bodyMaxBytes;
  const before = nc._unsent();
  if (!sink._boundary) return httpSendError(nc, 400, "Content-Type has no usable boundary"); // RFC 7578 §4.1
  if (max && hm.contentLength > max) return httpSendError(nc, 413, "Body is over " + max + " bytes");
  httpStreamBody(nc, sink);
  sink._handler(nc, MG_EV_HTTP_MULTIPART_REQUEST, hm);
  if (isAnswered(nc, before)) sink._cut();
}

/** Makes the multipart events of one request. */
class MultipartSink implements BodySink {
  _nc: Connection;
  _handler: AnyHandler;
  _boundary: string;
  _limits: Required<MultipartOptions>;
  _reader: MultipartReader;
  _part: Part;
  /** Parts begun; bytes of this part, -1 between parts; bytes of the body. */
  _parts: number;
  _bytes: number;
  _total: number;
  _hadData: boolean;
  _isEnded: boolean;

  constructor(nc: Connection, handler: AnyHandler, boundary: string, limits: Required<MultipartOptions>) {
    this._nc = nc;
    this._handler = handler;
    this._boundary = boundary;
    this._limits = limits;
    this._reader = new MultipartReader(nc.mgr._ops, boundary, limits.partHeadMaxBytes);
    this._part = new Part();
    this._parts = 0;
    this._bytes = -1;
    this._total = 0;
    this._hadData = false;
    this._isEnded = false;
  }

  data(m: Mbuf, isLast: boolean): void {
    const nc = this._nc;
    const reader = this._reader;
    const before = nc._unsent();
    if (this._isEnded) return m.clear(); // refused, by a reply that is not all sent yet
    while (!(nc._f & CLOSE_FLAGS)) {
      const found = reader.next(m._pullup());
      if (found === Found.Data) this._partData(m, reader.size);
      else if (found > 0) this._event(found, m);
      else if (!found && !reader.used) return this._stuck(m, isLast);
      else if (found) this._tooLong(-found, this._limits.partHeadMaxBytes);
      const isAll = found !== Found.Data || reader.used === reader.size;
      this._total += reader.used;
      m.remove(reader.used);
      const max = this._limits.bodyMaxBytes;
      if (max && this._total > max) httpSendError(nc, 413, "Body is over " + max + " bytes");
      if (isAnswered(nc, before)) return this._cut();
      if (!isAll) return;
    }
  }

  end(isWhole: boolean): void {
    if (isWhole && !this._isEnded && !this._reader.isOver) httpSendError(this._nc, 400, "Body ends before the last boundary");
    if (!isWhole || !this._reader.isOver) this._cut();
    else if (!this._isEnded) this._finish(0);
  }

  /** No more of the body comes, or it was replied to already. What was begun is ended. */
  _cut(): void {
    if (this._isEnded) return;
    if (this._bytes >= 0) this._partEnd(-1);
    this._finish(-1);
  }

  /** More bytes are needed. Where none can come the body is malformed, or the head of a part does not fit into recvMbuf. */
  _stuck(m: Mbuf, isLast: boolean): void {
    if (isLast && m.len) httpSendError(this._nc, 400, "Body ends before the last boundary");
    else if (m.len >= this._nc.recvMbufLimit) this._tooLong(431, this._nc.recvMbufLimit);
    else return;
    this._cut();
  }

  _tooLong(status: number, max: number): void {
    httpSendError(this._nc, status, status === 400 ? "No boundary where the body begins" : "Part head is over " + max + " bytes");
  }

  _event(found: number, m: Mbuf): void {
    const part = this._part;
    part._m = m;
    if (found === Found.Head) this._partBegin(m.latin1(0, this._reader.size));
    else {
      if (!this._hadData) this._partData(m, 0); // as in Mongoose: an empty part has one empty piece
      this._partEnd(0);
    }
    part._m = undefined;
  }

  _partBegin(head: string): void {
    const limits = this._limits;
    const part = this._part;
    if (this._parts >= limits.partsMax) return httpSendError(this._nc, 413, "More than " + limits.partsMax + " parts");
    if (head.split("\r\n").length > limits.partHeadersMax) return httpSendError(this._nc, 431, "Part head is over " + limits.partHeadersMax + " lines");
    const why = parsePartHead(this._nc.mgr._ops, head, part);
    if (why) return httpSendError(this._nc, 400, why);
    this._parts++;
    this._bytes = 0;
    this._hadData = false;
    part.numDataConsumed = 0;
    this._handler(this._nc, MG_EV_HTTP_PART_BEGIN, part);
  }

  _partData(m: Mbuf, size: number): void {
    const part = this._part;
    part._m = m;
    const max = this._limits.partMaxBytes;
    if (max && this._bytes + size > max) return httpSendError(this._nc, 413, "Part is over " + max + " bytes");
    part.dataLength = part.numDataConsumed = size;
    this._handler(this._nc, MG_EV_HTTP_PART_DATA, part);
    const taken = part.numDataConsumed;
    const used = taken >= size ? size : taken > 0 ? Math.floor(taken) : 0;
    if (size) this._reader.take(used);
    this._bytes += used;
    this._hadData = true;
    part._m = undefined;
    part.dataLength = 0;
  }

  _partEnd(status: number): void {
    const part = this._part;
    this._bytes = -1;
    part.status = status;
    part.dataLength = part.numDataConsumed = 0;
    this._handler(this._nc, MG_EV_HTTP_PART_END, part);
  }

  _finish(status: number): void {
    const part = this._part;
    this._isEnded = true;
    part.varName = part.contentType = "";
    part.fileName = undefined;
    part.status = status;
    this._handler(this._nc, MG_EV_HTTP_MULTIPART_REQUEST_END, part);
  }
}
