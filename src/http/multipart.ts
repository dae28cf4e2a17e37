import type { ByteOps, Raw } from "../core/port.js";

/** Spaces and tabs that may follow a boundary on its line (RFC 2046 §5.1.1); more, and the line is data. */
const PADDING_MAX = 16;
/** Bytes before the first delimiter (RFC 2046 §5.1: to be ignored, so nobody needs many). */
const PREAMBLE_MAX_BYTES = 1024;

/** What {@link MultipartReader.next} found at the front of the bytes. Negative: the status to refuse the body with. */
export const enum Found {
  /** Nothing yet: more bytes are needed, unless `used` says that some were. */
  More = 0,
  /** The head of a part: `size` bytes, without the blank line. */
  Head = 1,
  /** `size` bytes of a part. */
  Data = 2,
  /** The end of a part. */
  End = 3,
}

const enum At {
  Start = 0,
  Preamble = 1,
  Head = 2,
  /** The blank line behind a head: its line end may be the one a delimiter begins with (RFC 2046 §5.1.1). */
  Blank = 3,
  Data = 4,
  Epilogue = 5,
}

/**
 * Takes a multipart body apart (RFC 2046 §5.1, RFC 7578) as it comes. It keeps no bytes: the caller shows it all that is
 * unread, and removes `used` of them after each call. Of a part it holds back no more than could begin a delimiter.
 */
export class MultipartReader {
  /** Bytes at the front that are done with. */
  used: number;
  /** Bytes of the head or the data at the front. */
  size: number;
  _ops: ByteOps;
  _delimiter: string;
  _headMax: number;
  _at: At;
  /** Bytes at the front in which no delimiter begins. */
  _clean: number;
  _preamble: number;

  /** `headMax`: most bytes of a part's head. */
  constructor(ops: ByteOps, boundary: string, headMax: number) {
    this.used = 0;
    this.size = 0;
    this._ops = ops;
    this._delimiter = "\r\n--" + boundary;
    this._headMax = headMax;
    this._at = At.Start;
    this._clean = 0;
    this._preamble = 0;
  }

  /** The last delimiter was found: whatever follows is skipped (RFC 2046 §5.1: epilogue). */
  get isOver(): boolean {
    return this._at === At.Epilogue;
  }

  /** The caller took only the first `bytes` of the data that was found. */
  take(bytes: number): void {
    this.used = bytes;
  }

  /** Looks at the bytes from the front: a {@link Found}, or negative: -400 preamble too long, -431 head of a part too long. */
  next(raw: Raw): number {
    const clean = this._clean - this.used;
    this._clean = clean > 0 ? clean : 0;
    this.used = this.size = 0;
    switch (this._at) {
      case At.Start:
        return this._opening(raw, this._delimiter.slice(2), At.Preamble);
      case At.Head:
        return this._head(raw);
      case At.Blank:
        return this._opening(raw, this._delimiter, At.Data);
      case At.Epilogue:
        this.used = raw.length;
        return Found.More;
    }
    return this._search(raw);
  }

  /** A place where a delimiter may stand without a search: the start of the body, the blank line behind a head. */
  _opening(raw: Raw, delimiter: string, otherwise: At): number {
    const n = raw.length < delimiter.length ? raw.length : delimiter.length;
    const isLike = this._ops.latin1(raw, 0, n) === delimiter.slice(0, n);
    const after = isLike ? (n < delimiter.length ? 0 : this._lineEnd(raw, n)) : -1;
    if (after === 0) return Found.More;
    if (after > 0) return this._delimited(raw, n, after);
    this._at = otherwise;
    if (otherwise === At.Preamble) return this._search(raw);
    this.used = 2; // the rest of the blank line
    return Found.More;
  }

  /** Data, or preamble, up to the next delimiter, or to where one may begin. */
  _search(raw: Raw): number {
    const delimiter = this._delimiter;
    const n = delimiter.length;
    for (;;) {
      const at = this._ops.indexOf(raw, delimiter, this._clean);
      if (at < 0) break;
      const after = this._lineEnd(raw, at + n);
      if (at > 0 && after >= 0) return this._found(at);
      if (after === 0) return Found.More;
      if (after > 0) return this._delimited(raw, n, after);
      this._clean = at + n;
    }
    const tail = raw.length - n + 1;
    const cr = this._ops.indexOf(raw, "\r", tail > this._clean ? tail : this._clean);
    return this._found(cr < 0 ? raw.length : cr);
  }

  /** The first `n` bytes belong to no delimiter. */
  _found(n: number): number {
    this._clean = n;
    this.used = n;
    if (this._at === At.Preamble) {
      this._preamble += n;
      return this._preamble > PREAMBLE_MAX_BYTES ? -400 : Found.More;
    }
    this.size = n;
    return n ? Found.Data : Found.More;
  }

  /**
   * Where the line of a delimiter ends whose boundary ends at `from`: behind `--`, or behind padding and CRLF. 0: that is
   * not to be seen yet. -1: something else follows, so it only looked like one: outer boundaries may begin inner ones.
   */
  _lineEnd(raw: Raw, from: number): number {
    const max = from + PADDING_MAX + 2;
    const line = this._ops.latin1(raw, from, raw.length < max ? raw.length : max);
    if (line.length < 2) return 0;
    if (line.slice(0, 2) === "--") return from + 2;
    const end = line.indexOf("\r\n");
    const isCut = end < 0 && line.charAt(line.length - 1) === "\r";
    if (/[^ \t]/.test(end >= 0 ? line.slice(0, end) : isCut ? line.slice(0, -1) : line)) return -1;
    return end >= 0 ? from + end + 2 : raw.length < max ? 0 : -1;
  }

  /** A delimiter is at the front: its boundary ends at `to`, its line at `after`. */
  _delimited(raw: Raw, to: number, after: number): number {
    const wasPart = this._at >= At.Blank;
    this._at = this._ops.latin1(raw, to, to + 2) === "--" ? At.Epilogue : At.Head;
    this.used = after;
    return wasPart ? Found.End : Found.More;
  }

  /** The head of a part, to its blank line. */
  _head(raw: Raw): number {
    const end = this._ops.indexOf(raw, "\r\n", 0) ? this._ops.indexOf(raw, "\r\n\r\n", 0) : 0;
    if (end < 0 ? raw.length > this._headMax + 3 : end > this._headMax) return -431;
    if (end < 0) return Found.More;
    this.size = end;
    this.used = end ? end + 2 : 0; // the blank line's end stays: see At.Blank
    this._at = At.Blank;
    return Found.Head;
  }
}
