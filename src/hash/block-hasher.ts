import type { ByteOps, Hasher, Raw } from "../core/port.js";

/** One block of 64 bytes, as sixteen words, into the state. */
export type Compress = (state: Int32Array, words: Int32Array) => void;

/**
 * What MD5, SHA-1 and SHA-256 share: blocks of 64 bytes, then a one bit, zeros and the length in bits (RFC 1321 §3,
 * FIPS 180-4 §5). Bytes go through native calls a block at a time; only the rounds are computed here.
 */
export class BlockHasher implements Hasher {
  _ops: ByteOps;
  _compress: Compress;
  _state: Int32Array;
  /** Bytes of a word come lowest first: MD5. */
  _isLittle: boolean;
  _digestBytes: number;
  /** The block being filled, and how far it is. */
  _block: Uint8Array;
  _view: DataView;
  _words: Int32Array;
  _filled: number;
  /** Bytes so far. */
  _count: number;

  constructor(ops: ByteOps, compress: Compress, initial: number[], isLittle: boolean) {
    this._ops = ops;
    this._compress = compress;
    this._state = new Int32Array(initial);
    this._isLittle = isLittle;
    this._digestBytes = initial.length * 4;
    this._block = new Uint8Array(64);
    this._view = new DataView(this._block.buffer);
    this._words = new Int32Array(16);
    this._filled = 0;
    this._count = 0;
  }

  /** See {@link Hasher.update}. */
  update(bytes: Raw): void {
    const n = bytes.length;
    let at = 0;
    this._count += n;
    while (at < n) {
      const room = 64 - this._filled;
      const take = n - at < room ? n - at : room;
      this._block.set(this._ops.bytes(bytes, at, at + take), this._filled);
      this._filled += take;
      at += take;
      if (this._filled === 64) this._flush();
    }
  }

  /** See {@link Hasher.digest}. */
  digest(): Uint8Array {
    const count = this._count;
    this._block[this._filled++] = 0x80;
    if (this._filled > 56) this._zeros(64);
    this._zeros(56);
    const high = Math.floor(count / 0x20000000);
    const low = (count % 0x20000000) << 3;
    this._view.setInt32(56, this._isLittle ? low : high, this._isLittle);
    this._view.setInt32(60, this._isLittle ? high : low, this._isLittle);
    this._flush();
    const out = new Uint8Array(this._digestBytes);
    const view = new DataView(out.buffer);
    for (let i = 0; i < this._digestBytes; i += 4) view.setInt32(i, this._state[i >> 2], this._isLittle);
    return out;
  }

  /** Zeros up to byte `to` of the block; a full block is compressed. */
  _zeros(to: number): void {
    while (this._filled < to) this._block[this._filled++] = 0;
    if (to === 64) this._flush();
  }

  _flush(): void {
    for (let i = 0; i < 16; i++) this._words[i] = this._view.getInt32(i << 2, this._isLittle);
    this._compress(this._state, this._words);
    this._filled = 0;
  }
}
