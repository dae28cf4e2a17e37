import type { Source } from "../core/connection.js";
import type { ByteOps, Raw } from "../core/port.js";

/** A source over bytes that are already in memory or in flash: nothing is copied but the piece being sent. */
export class RawSource implements Source {
  _ops: ByteOps;
  _raw: Raw;
  _at: number;

  constructor(ops: ByteOps, raw: Raw) {
    this._ops = ops;
    this._raw = raw;
    this._at = 0;
  }

  next(maxBytes: number): string | Uint8Array | null {
    const at = this._at;
    const left = this._raw.length - at;
    if (left <= 0) return null;
    this._at = at + (left < maxBytes ? left : maxBytes);
    return this._ops.slice(this._raw, at, this._at);
  }
}
