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

/** Bytes that a chunk's size line and line ends may take: 4 hexadecimal digits are 64 KB. */
const FRAME_BYTES = 8;
/** Largest piece asked for at once. */
const PIECE_MAX_BYTES = 16384;

/**
 * What another source gives, as the body of a message: in chunks (RFC 9112 §7.1), or checked against the announced
 * length. A source that gives more or less than was announced is a mistake of the program and throws, which closes the
 * connection: the peer must not take the message for whole.
 */
export class BodySource implements Source {
  _ops: ByteOps;
  _source: Source;
  /** Bytes still owed; -1: in chunks; -2: until close. */
  _left: number;
  readonly isRaw: boolean;

  constructor(ops: ByteOps, source: Source, length: number) {
    this._ops = ops;
    this._source = source;
    this._left = length;
    this.isRaw = true;
  }

  next(maxBytes: number): string | Uint8Array | null | undefined {
    const left = this._left;
    if (left === 0 || left === -3) return null;
    let max = left === -1 ? maxBytes - FRAME_BYTES : maxBytes;
    if (max > PIECE_MAX_BYTES) max = PIECE_MAX_BYTES;
    if (left > 0 && max > left) max = left;
    if (max < 1) return undefined;
    const data = this._source.next(max);
    if (data === undefined) return undefined;
    if (data === null) return this._end();
    const raw = this._source.isRaw && typeof data === "string" ? data : toRaw(this._ops, data);
    if (raw.length > max) throw new TypeError("Source gave " + raw.length + " bytes: at most " + max + " were asked for");
    if (left > 0) this._left = left - raw.length;
    if (left !== -1 || !raw.length) return raw;
    return this._ops.concat(this._ops.concat(raw.length.toString(16) + "\r\n", raw), "\r\n");
  }

  _end(): string | null {
    const left = this._left;
    if (left > 0) throw new Error("Source ended " + left + " bytes before the length that was announced");
    this._left = -3;
    return left === -1 ? "0\r\n\r\n" : null;
  }

  done(sent: boolean): void {
    const source = this._source;
    if (source.done) source.done(sent);
  }
}
