import type { Source } from "../core/connection.js";
import { toRaw } from "../core/mbuf.js";
import type { ByteOps, Raw } from "../core/port.js";

/** A source over bytes that are already in memory or in flash: nothing is copied but the piece being sent. */
export class RawSource implements Source {
  _ops: ByteOps;
  _raw: Raw;
  _at: number;
  readonly isRaw: boolean;
  done: ((sent: boolean) => void) | undefined;

  constructor(ops: ByteOps, raw: Raw) {
    this._ops = ops;
    this._raw = raw;
    this._at = 0;
    this.isRaw = true;
    this.done = undefined;
  }

  next(maxBytes: number): string | Uint8Array | null {
    const at = this._at;
    const left = this._raw.length - at;
    if (left <= 0) return null;
    this._at = at + (left < maxBytes ? left : maxBytes);
    return this._ops.slice(this._raw, at, this._at);
  }
}

/** What the chunked coding may add to a piece: a size of 4 hexadecimal digits (64 KB), line ends, and the last chunk. */
const FRAME_BYTES = 13;
const LAST_CHUNK = "0\r\n\r\n";
/** Largest piece asked for at once. */
const PIECE_MAX_BYTES = 16384;

/**
 * What another source gives, as the body of a message: in chunks (RFC 9112 §7.1), or checked against the announced
 * length; with the head in front, where that was not sent. A source that gives more or less than was announced is a mistake
 * of the program and throws, which closes the connection: the peer must not take the message for whole.
 *
 * Head, small pieces and the last chunk go out together: TCP holds back a small piece until the one before was
 * acknowledged, and that takes the peer 40 ms or more (RFC 896, RFC 1122 §4.2.3.2).
 */
export class BodySource implements Source {
  _ops: ByteOps;
  _source: Source;
  /** Bytes still owed; -1: in chunks; -2: until close; -3: over. */
  _left: number;
  _head: Raw;
  readonly isRaw: boolean;

  constructor(ops: ByteOps, source: Source, length: number, head?: Raw) {
    this._ops = ops;
    this._source = source;
    this._left = length;
    this._head = head || "";
    this.isRaw = true;
  }

  next(maxBytes: number): string | Uint8Array | null | undefined {
    const head = this._head;
    const n = head.length;
    if (!n) return this._body(maxBytes);
    const ops = this._ops;
    this._head = n > maxBytes ? ops.slice(head, maxBytes, n) : "";
    if (n > maxBytes) return ops.slice(head, 0, maxBytes);
    const first = this._body(maxBytes - n);
    return first ? ops.concat(head, first) : head;
  }

  _body(maxBytes: number): Raw | null | undefined {
    const left = this._left;
    if (left === 0 || left === -3) return null;
    let max = left === -1 ? maxBytes - FRAME_BYTES : maxBytes;
    if (max > PIECE_MAX_BYTES) max = PIECE_MAX_BYTES;
    const enough = max / 2;
    if (left > 0 && max > left) max = left;
    if (max < 1) return undefined;
    let all = this._ask(max);
    let end = "\r\n";
    while (all && all.length && all.length < enough && all.length < max) {
      const more = this._ask(max - all.length);
      if (more === null) end += LAST_CHUNK;
      if (!more || !more.length) break;
      all = this._ops.concat(all, more);
    }
    if (left !== -1 || !(all === null || (all && all.length))) return all;
    if (all === null) return LAST_CHUNK;
    return this._ops.concat(this._ops.concat(all.length.toString(16) + "\r\n", all), end);
  }

  /** The source's next piece; null, after a look at what is still owed, at its end. */
  _ask(max: number): Raw | null | undefined {
    const data = this._source.next(max);
    const left = this._left;
    if (data === undefined) return undefined;
    if (data === null) {
      if (left > 0) throw new Error("Source ended " + left + " bytes before the length that was announced");
      this._left = -3;
      return null;
    }
    const raw = this._source.isRaw && typeof data === "string" ? data : toRaw(this._ops, data);
    if (raw.length > max) throw new TypeError("Source gave " + raw.length + " bytes: at most " + max + " were asked for");
    if (left > 0) this._left = left - raw.length;
    return raw;
  }

  done(sent: boolean): void {
    const source = this._source;
    if (source.done) source.done(sent);
  }
}
