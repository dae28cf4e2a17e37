/** Rates and bursts, in bytes a tick (struct ev_token_bucket_cfg). Made by `evTokenBucketCfgNew`; may be shared. */
export class EvTokenBucketCfg {
  _readRate: number;
  _readMax: number;
  _writeRate: number;
  _writeMax: number;
  _tickMs: number;

  constructor(readRate: number, readBurst: number, writeRate: number, writeBurst: number, tickMs: number) {
    this._readRate = readRate;
    this._readMax = readBurst;
    this._writeRate = writeRate;
    this._writeMax = writeBurst;
    this._tickMs = tickMs;
  }
}

/** Throws TypeError unless it is a whole number: with anything else a bucket would never be full or empty. */
export function wholeBytes(n: number): number {
  if (Math.floor(n) !== n) throw new TypeError("Bytes are " + n + ": must be a whole number");
  return n;
}

/** Most seconds in a tick, as in C: 2^31 - 1 milliseconds. */
const TICK_MAX_S = 2147483;

/**
 * Rates in bytes a tick, bursts in bytes (whole ones: a fraction is cut off), and the tick in seconds (default 1). Undefined, as in C, for a rate below 1 or above
 * its burst, and for a tick below a millisecond or above 2147483 s (ev_token_bucket_cfg_new).
 */
export function evTokenBucketCfgNew(
  readRate: number, readBurst: number, writeRate: number, writeBurst: number, tickSeconds?: number | null,
): EvTokenBucketCfg | undefined {
  const tick = tickSeconds === undefined || tickSeconds === null ? 1 : tickSeconds;
  if (!(tick >= 0 && tick <= TICK_MAX_S)) return undefined;
  const tickMs = Math.floor(tick * 1000);
  if (!tickMs || !(readRate >= 1 && readRate <= readBurst) || !(writeRate >= 1 && writeRate <= writeBurst)) return undefined;
  return new EvTokenBucketCfg(Math.floor(readRate), Math.floor(readBurst), Math.floor(writeRate), Math.floor(writeBurst), tickMs);
}

/** Which tick it is at `nowMs`. */
export function tickAt(cfg: EvTokenBucketCfg, nowMs: number): number {
  return Math.floor(nowMs / cfg._tickMs);
}

/** A bucket for reading and one for writing. Below 0: more was taken than there was. */
export class Bucket {
  _read: number;
  _write: number;
  /** The tick of the last refill. */
  _tick: number;

  /** Starts with what one tick brings. */
  constructor(cfg: EvTokenBucketCfg, nowMs: number) {
    this._read = cfg._readRate;
    this._write = cfg._writeRate;
    this._tick = tickAt(cfg, nowMs);
  }
}

/** Adds what the ticks since the last time bring, up to the bursts (ev_token_bucket_update_). */
export function refill(b: Bucket, cfg: EvTokenBucketCfg, nowMs: number): void {
  const tick = tickAt(cfg, nowMs);
  const ticks = tick - b._tick;
  if (ticks <= 0) return;
  b._read = Math.min(cfg._readMax, b._read + ticks * cfg._readRate);
  b._write = Math.min(cfg._writeMax, b._write + ticks * cfg._writeRate);
  b._tick = tick;
}

/** Another configuration: only downwards, since nobody knows how much of this tick was used. */
export function clip(b: Bucket, cfg: EvTokenBucketCfg, nowMs: number): void {
  if (b._read > cfg._readMax) b._read = cfg._readMax;
  if (b._write > cfg._writeMax) b._write = cfg._writeMax;
  b._tick = tickAt(cfg, nowMs);
}
