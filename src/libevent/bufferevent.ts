import type { AnyDataCb, AnyEventCb, BackEnd, BevDataCb, BevEventCb } from "./bev-back-end.js";
import { Bev } from "./bev-state.js";
import { BY_PROGRAM, enter, runDue, runEvent, trigger } from "./bev-callbacks.js";
import { connect, connectHostname, replaceFd, setBase, setFd } from "./bev-connect.js";
import { limitLeft, type RateLimit, setRateLimit, takeFromLimit } from "./bev-rate-limit.js";
import type { Retry } from "./bev-retry.js";
import { boundWrites, socketEnd } from "./bev-socket.js";
import { setWatermark, startUnlessSuspended } from "./bev-suspend.js";
import { setTimeouts, type Timeouts } from "./bev-timeouts.js";
import type { Data } from "../core/mbuf.js";
import { BEV_TRIG_DEFER_CALLBACKS, BEV_TRIG_IGNORE_WATERMARKS, EV_READ, EV_WRITE } from "./constants.js";
import type { EvSocket } from "./ev-socket.js";
import { EvBuffer } from "./ev-buffer.js";
import type { EventBase } from "./event-base.js";
import { deactivate } from "./event-queue.js";
import type { EvTokenBucketCfg } from "./token-bucket.js";

/**
 * A byte stream with buffers on both sides, and callbacks for when there is something to read, when what was written has
 * gone, and when something else happened (struct bufferevent; libevent book, R6). Made by `buffereventSocketNew`,
 * `buffereventPairNew`, `buffereventFilterNew`, `buffereventTlsSocketNew`.
 *
 * What is not set, or has a default on the prototype, takes no memory.
 */
export class BufferEvent {
  _base: EventBase;
  _ops: BackEnd;
  _in: EvBuffer;
  _out: EvBuffer;
  /** Bits of {@link Bev}. */
  _st: number;
  /** EV_READ and EV_WRITE as the program wants them. */
  _on: number;
  /** BEV_OPT_ bits. */
  _opt: number;

  /** Its connection; a closed one stays until it is replaced. */
  declare _nc: EvSocket | undefined;
  declare _rcb: AnyDataCb | undefined;
  declare _wcb: AnyDataCb | undefined;
  declare _ecb: AnyEventCb | undefined;
  declare _arg: unknown;
  /** Why reading and writing rest: bits of {@link Suspend}. */
  declare _rs: number;
  declare _ws: number;
  /** Watermarks of reading and writing, low and high. */
  declare _rl: number;
  declare _rh: number;
  declare _wl: number;
  declare _wh: number;
  /** Events that are due from the loop. */
  declare _ev: number;
  /** Most bytes of one read, and of one write (0: what the platform takes). */
  declare _rmax: number;
  declare _wmax: number;
  /** TLS, for `connect`. */
  declare _tls: object | undefined;
  /** Timeouts and rate limits, where there are any. */
  declare _t: Timeouts | undefined;
  declare _lim: RateLimit | undefined;
  /** Waits for a page of the pool. */
  declare _retry: Retry | undefined;
  /** Filter: what it stands on. */
  declare _under: BufferEvent | undefined;
  /** Pair: the other side. Filter: its functions. Socket: what came before the connection was gone. */
  declare _own: unknown;
  declare _ref: number;
  declare _dnsErr: number;
  /** Nonzero: counted among the events of the base. */
  declare _counted: number;
  /** See {@link Runnable}. */
  declare _queued: number;
  declare _pri: number;

  constructor(base: EventBase, ops: BackEnd, options: number) {
    this._base = base;
    this._ops = ops;
    this._in = new EvBuffer(base);
    this._out = new EvBuffer(base);
    this._st = 0;
    this._on = EV_WRITE;
    this._opt = options;
    this._in._frozen = 2; // nobody adds to the input
    this._out._frozen = 1; // nor takes from the output
    const middle = base._queues.length >> 1;
    if (middle) this._pri = middle;
    this._in._owner = this;
    this._out._owner = this;
  }

  /** Names the callbacks and what they get as their last argument; undefined or null: nobody is called (bufferevent_setcb). */
  setCb<T>(
    readcb: ((bev: BufferEvent, arg: T) => void) | undefined | null,
    writecb: ((bev: BufferEvent, arg: T) => void) | undefined | null,
    eventcb: ((bev: BufferEvent, what: number, arg: T) => void) | undefined | null,
    arg: T,
  ): void {
    // What stays undefined is not set: each field is a variable of a board.
    if (readcb || this._rcb) this._rcb = (readcb || undefined) as AnyDataCb | undefined;
    if (writecb || this._wcb) this._wcb = (writecb || undefined) as AnyDataCb | undefined;
    if (eventcb || this._ecb) this._ecb = (eventcb || undefined) as AnyEventCb | undefined;
    if (arg !== this._arg) this._arg = arg;
  }

  /** The callbacks and their argument (bufferevent_getcb). */
  getCb(): { readcb: BevDataCb | undefined; writecb: BevDataCb | undefined; eventcb: BevEventCb | undefined; arg: unknown } {
    return { readcb: this._rcb, writecb: this._wcb, eventcb: this._ecb, arg: this._arg };
  }

  /** What came and was not read yet; bytes are taken from its front only (bufferevent_get_input). */
  getInput(): EvBuffer {
    return this._in;
  }

  /** What was written and has not gone yet; bytes are added at its end only (bufferevent_get_output). */
  getOutput(): EvBuffer {
    return this._out;
  }

  /** Its base (bufferevent_get_base). */
  getBase(): EventBase {
    return this._base;
  }

  /** Lets it read or write: EV_READ, EV_WRITE or both (bufferevent_enable). A new one has EV_WRITE. Answers 0. */
  enable(events: number): number {
    const ev = events & (EV_READ | EV_WRITE);
    if (this._st & Bev.Freed) return -1;
    this._on |= ev;
    if (this._t) this._t.restart(this, ev);
    startUnlessSuspended(this, ev);
    return 0;
  }

  /** Stops reading or writing; what came or was written stays (bufferevent_disable). Answers 0. */
  disable(events: number): number {
    const ev = events & (EV_READ | EV_WRITE);
    this._on &= ~ev;
    this._ops.stop(this, ev);
    if (this._t) this._t.adjust(this);
    return 0;
  }

  /** What is enabled (bufferevent_get_enabled). */
  getEnabled(): number {
    return this._on;
  }

  /**
   * EV_READ: the read callback comes when at least `low` bytes are in the input, and reading rests at `high` (0: at what one
   * connection may hold). EV_WRITE: the write callback comes when at most `low` bytes are in the output; `high` is for
   * filters (bufferevent_setwatermark). TypeError for a mark below 0 or between two bytes.
   */
  setWatermark(events: number, low: number, high: number): void {
    setWatermark(this, events, low, high);
  }

  /** The watermarks of one direction; undefined for both or none (bufferevent_getwatermark). */
  getWatermark(events: number): { low: number; high: number } | undefined {
    if (events === EV_READ) return { low: this._rl, high: this._rh };
    if (events === EV_WRITE) return { low: this._wl, high: this._wh };
    return undefined;
  }

  /** Adds to the output. Answers 0, or -1 when the pool has no room for all of it: then nothing was added (bufferevent_write). */
  write(data: Data): number {
    return this._out.add(data);
  }

  /** Moves everything from `buf` to the output, without copying; 0, or -1 and nothing moved (bufferevent_write_buffer). */
  writeBuffer(buf: EvBuffer): number {
    return this._out.addBuffer(buf);
  }

  /** Takes up to `size` bytes from the input into `data`, and answers how many (bufferevent_read). */
  read(data: Uint8Array, size?: number): number {
    const n = this._in.remove(data, size === undefined ? data.length : size);
    return n < 0 ? 0 : n;
  }

  /** Moves all of the input to the end of `buf`, without copying; 0, or -1 and nothing moved (bufferevent_read_buffer). */
  readBuffer(buf: EvBuffer): number {
    return buf.addBuffer(this._in);
  }

  /** Hands on what is held back: see the kinds. Socket: nothing is, 0. Pair and filter: BEV_NORMAL, BEV_FLUSH, BEV_FINISHED (bufferevent_flush). */
  flush(iotype: number, mode: number): number {
    return this._ops.flush(this, iotype, mode);
  }

  /** Calls the read or write callback if the watermarks allow, or with BEV_TRIG_IGNORE_WATERMARKS; BEV_TRIG_DEFER_CALLBACKS: from the loop (bufferevent_trigger). */
  trigger(iotype: number, options: number): void {
    trigger(this, iotype, (options & (BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS)) | BY_PROGRAM);
  }

  /** Calls the event callback with `what`; BEV_TRIG_DEFER_CALLBACKS: from the loop (bufferevent_trigger_event). */
  triggerEvent(what: number, options: number): void {
    runEvent(this, what, (options & BEV_TRIG_DEFER_CALLBACKS) | BY_PROGRAM);
  }

  /** The bufferevent a filter stands on (bufferevent_get_underlying). */
  getUnderlying(): BufferEvent | undefined {
    return this._under;
  }

  /** Its connection, or that of what it stands on; undefined while there is none (bufferevent_getfd). */
  getFd(): EvSocket | undefined {
    return this._under ? this._under.getFd() : this._nc;
  }

  /**
   * Connects to `[tcp://|ssl://]HOST:PORT`. Answers 0: BEV_EVENT_CONNECTED or BEV_EVENT_ERROR tells how it went, never inside
   * this call; -1 when it has a connection already, is no socket's, or the base was freed. TypeError for a malformed address
   * (bufferevent_socket_connect). After an ERROR wait a while before another: some come at once, as without Wi-Fi.
   */
  connect(address: string): number {
    return connect(this, address);
  }

  /**
   * The same by name, with the platform's look-up: `dnsBase` must be null, and `family` (AF_UNSPEC, AF_INET, AF_INET6) is a
   * wish that no platform takes. Nothing is read or written until it is over. RangeError for a port outside of 1 to 65535
   * (bufferevent_socket_connect_hostname).
   */
  connectHostname(dnsBase: null | undefined, family: number, hostname: string, port: number): number {
    return connectHostname(this, dnsBase, family, hostname, port);
  }

  /** MG_ERR_HOST_NOT_FOUND when the last `connectHostname` failed for that, else 0 (bufferevent_socket_get_dns_error). */
  getDnsError(): number {
    return this._dnsErr;
  }

  /** Stands on this connection from now on, undefined: on none. The one before waits for somebody. 0; -1: no socket's (bufferevent_setfd). */
  setFd(fd: EvSocket | undefined | null): number {
    return setFd(this, fd || undefined);
  }

  /** The same, and the one before is closed (bufferevent_replacefd). */
  replaceFd(fd: EvSocket | undefined | null): number {
    return replaceFd(this, fd || undefined);
  }

  /**
   * Seconds without a byte, fractions too, after which BEV_EVENT_READING|BEV_EVENT_TIMEOUT comes and reading is disabled, and
   * the same for writing while there is something to write; 0 or null: none (bufferevent_set_timeouts). Answers 0.
   */
  setTimeouts(read: number | undefined | null, write: number | undefined | null): number {
    setTimeouts(this, read, write);
    return 0;
  }

  /** Bounds its speed, or with undefined no longer (bufferevent_set_rate_limit). 0. */
  setRateLimit(cfg: EvTokenBucketCfg | undefined | null): number {
    setRateLimit(this, cfg || undefined);
    return 0;
  }

  /** (bufferevent_get_token_bucket_cfg) */
  getTokenBucketCfg(): EvTokenBucketCfg | undefined {
    return this._lim && this._lim._cfg;
  }

  /** What is in the bucket for reading, below 0 when overdrawn; EV_RATE_LIMIT_MAX without one (bufferevent_get_read_limit). */
  getReadLimit(): number {
    return limitLeft(this, 0);
  }

  /** The same for writing (bufferevent_get_write_limit). */
  getWriteLimit(): number {
    return limitLeft(this, 1);
  }

  /** Takes from the bucket for reading; a negative number gives. 0. TypeError without a rate limit, and for a number that is not whole (bufferevent_decrement_read_limit). */
  decrementReadLimit(bytes: number): number {
    takeFromLimit(this, bytes, 0);
    return 0;
  }

  /** The same for writing (bufferevent_decrement_write_limit). */
  decrementWriteLimit(bytes: number): number {
    takeFromLimit(this, 0, bytes);
    return 0;
  }

  /** What one read may take now (bufferevent_get_max_to_read). */
  getMaxToRead(): number {
    return this._lim ? this._lim.max(0) : this._rmax;
  }

  /** What one write may take now (bufferevent_get_max_to_write). */
  getMaxToWrite(): number {
    return this._lim ? Math.min(this._lim.max(1), this.getMaxSingleWrite()) : this.getMaxSingleWrite();
  }

  /** Most bytes read before the read callback; 0: the default, 16384 (bufferevent_set_max_single_read). */
  setMaxSingleRead(size: number): number {
    this._rmax = size >= 1 ? Math.floor(size) : 16384;
    return 0;
  }

  /** Most bytes written at once; 0: what the platform takes (bufferevent_set_max_single_write). */
  setMaxSingleWrite(size: number): number {
    this._wmax = size >= 1 ? Math.floor(size) : 0;
    boundWrites(this);
    return 0;
  }

  /** (bufferevent_get_max_single_read) */
  getMaxSingleRead(): number {
    return this._rmax;
  }

  /** (bufferevent_get_max_single_write) */
  getMaxSingleWrite(): number {
    return this._wmax || this._base.manager._writeMax;
  }

  /**
   * Its callbacks take their turn, in this priority, with everything else that is active on the base. 0; -1: no such
   * priority, or a pair or filter (bufferevent_priority_set).
   */
  prioritySet(priority: number): number {
    if (this._ops !== socketEnd || !this._base._queues[priority]) return -1;
    this._pri = priority;
    this._st |= Bev.Ranked;
    return 0;
  }

  /** Its events come from another base from now on. 0; -1: a pair or filter, or the bases have different managers (bufferevent_base_set). */
  baseSet(base: EventBase): number {
    return setBase(this, base);
  }

  /** Its priority, at first the middle one (bufferevent_get_priority). */
  getPriority(): number {
    return this._pri;
  }

  /** Keeps it until one more `decref` or `free` (bufferevent_incref). */
  incref(): void {
    this._ref++;
  }

  /** Takes that back; the last one frees it. Answers 1 when it did, else 0 (bufferevent_decref). */
  decref(): number {
    if (this._st & Bev.Freed || --this._ref > 0) return 0;
    this._release();
    return 1;
  }

  /**
   * Ends it, in any callback too: nobody is called any more, output that has not gone is dropped. The connection closes with
   * BEV_OPT_CLOSE_ON_FREE, and otherwise waits for somebody who takes it over (bufferevent_free).
   */
  free(): void {
    this._rcb = undefined;
    this._wcb = undefined;
    this._ecb = undefined;
    this._ev = 0;
    if (!(this._st & Bev.Freed) && --this._ref <= 0) this._release();
  }

  _release(): void {
    this._st = (this._st | Bev.Freed) & ~(Bev.Pump | Bev.Wake | Bev.ReadDue | Bev.WriteDue);
    deactivate(this._base, this);
    if (this._t) this._t.stop(this);
    if (this._lim) this._lim.drop();
    if (this._retry) this._retry.stop();
    this._in._hook = undefined;
    this._out._hook = undefined;
    this._ops.unlink(this);
    this._in.free();
    this._out.free();
    this._in._frozen = 3; // whoever still writes to it is refused
    this._out._frozen = 3;
  }

  /** The loop's turn (see {@link Runnable}). */
  _fire(): void {
    if (!(this._st & Bev.Freed)) enter(this, runDue);
  }
}

const proto = BufferEvent.prototype;
proto._rs = 0;
proto._ws = 0;
proto._rl = 0;
proto._rh = 0;
proto._wl = 0;
proto._wh = 0;
proto._ev = 0;
proto._rmax = 16384;
proto._wmax = 0;
proto._ref = 1;
proto._dnsErr = 0;
proto._counted = 0;
proto._queued = 0;
proto._pri = 0;
