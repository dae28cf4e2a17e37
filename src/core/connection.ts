import { arm, later } from "./call.js";
import type { AnyHandler, BriefHandler, EventHandler } from "./events.js";
import { MG_F_BUFFER_BUT_DONT_SEND, MG_F_CLOSE_IMMEDIATELY, MG_F_LISTENING, MG_F_USER_MASK } from "./flags.js";

import { cur } from "./hot.js";
import type { Manager } from "./manager.js";
import { type Data, Mbuf, toRaw } from "./mbuf.js";
import type { ConnectionOptions } from "./options.js";
import type { Handle, Raw } from "./port.js";
import { format } from "./printf.js";
import { Gate, INPUT_ONLY, Phase, State } from "./state.js";

/**
 * A source of output that is asked for more only when there is room: how bodies larger than memory are sent.
 * `next` answers up to `maxBytes` bytes; `null` when there is no more; `undefined` for "not now" (then call
 * `nc.wakeSource()` when there is). `done` is called once: `true` when everything was handed to the platform.
 */
export interface Source {
  next(maxBytes: number): string | Uint8Array | null | undefined;
  done?(sent: boolean): void;
  /** What `next` answers are the platform's bytes ({@link Raw}), such as a file's: a string is binary then, not text. */
  isRaw?: boolean;
}

/** A protocol handler: called with every event before anyone else; it forwards raw events to `nc.handler` itself. */
export type ProtoHandler = AnyHandler;

let lastId = 0;

/**
 * One connection (struct mg_connection): a stream, a listener, a datagram peer, or only a timer.
 *
 * Fields with a leading underscore are the core's own. Those set to a default on the prototype take no memory until
 * they are used: on Espruino each own field costs 14 to 28 bytes.
 */
export class Connection {
  /**
   * Receives every event, if there is one. May be replaced at any time; inside RECV that takes effect with the next event
   * from the platform.
   * @short
   */
  handler: AnyHandler | undefined;
  /** Input in hand: the one chunk of the event that is going on, until somebody looks at recvMbuf. 0: none. */
  _i: Raw | 0;
  /** Output in hand: one small piece that was sent in the event that is going on. 0: none. */
  _o: Raw | 0;
  /** The byte queues behind recvMbuf and sendMbuf. Most connections never need them: they are made when somebody does. */
  declare _r: Mbuf | undefined;
  declare _s: Mbuf | undefined;
  mgr: Manager;
  /** The platform's socket. */
  _sock: Handle;
  /** Gate bits; 0 when input may take the fast path. */
  _gate: number;
  /** Flags. */
  _f: number;
  declare _state: State;
  /** Milliseconds since bytes last came or went, counted at each tick. */
  _idle: number;
  /** Number of this connection, never used again for another. */
  id: number;

  /**
   * The protocol's handler, if one is attached; it is called first.
   * @short
   */
  declare protoHandler: ProtoHandler | undefined;
  /**
   * The protocol's own state.
   * @short
   */
  declare protoData: unknown;
  /**
   * The listener that accepted this connection, or whose datagrams it stands for.
   * @short
   */
  declare listener: Connection | undefined;
  /** Anything the program wants to keep here. Accepted connections start with their listener's. */
  declare userData: unknown;
  /** Why the connection failed or ended: 0 or an MG_ERR_ code. */
  declare err: number;
  /** Peer and own address; "" and 0 where unknown. */
  declare peerAddress: string;
  declare peerPort: number;
  declare localAddress: string;
  declare localPort: number;

  /** The protocol's state in bits of its own; 0: between messages, may be closed to make room. Starts as 16: nothing came yet. */
  declare _ps: number;
  /** Nonzero: while `_ps` is 0 nobody wants SEND. */
  declare _quiet: number;
  declare _limit: number;
  /** Since when the platform takes no output; platform ms. */
  declare _blockedAt: number;
  /** What a protocol waits for when it is neither the first byte nor the next message; see `phaseOf`. */
  declare _phase: Phase;
  /** When the phase began; platform ms. */
  declare _since: number;
  declare _timer: number;
  declare _src: Source | undefined;
  /** In the manager's lists: bits of {@link Listed}. */
  declare _listed: number;
  /** Canned reply for connections refused on this listener. */
  declare _refusal: Raw | undefined;
  /** Input taken while nobody drove the manager, or while there was no room for it. */
  declare _held: Raw | undefined;
  /** The protocol's wish to know when a source was sent to its end. */
  /** The protocol's say when the peer half-closes: true when it sees to the closing itself, after what it still owes. */
  declare _onEnded: ((nc: Connection) => boolean) | undefined;
  /** Listener: a newcomer was turned away for want of a socket. */
  declare _onRefused: ((nc: Connection) => void) | undefined;
  /** HTTP: bytes of earlier replies that go out before the one that is owed. */
  declare _due: number;
  declare _onSent: ((nc: Connection) => void) | undefined;
  /** Output of a connection that is no stream of the platform: writes sendMbuf its own way. */
  declare _out: ((nc: Connection) => void) | undefined;
  /** Tells relatives (datagram peers, the other end of a pair) when this connection closes. */
  declare _detach: ((nc: Connection) => void) | undefined;
  /** Datagram listener: its peers by "address:port". */
  declare _peers: { [key: string]: Connection } | undefined;
  /** In-memory pair: the other end. */
  declare _pair: Connection | undefined;
  /** Listener: who may connect. */
  declare _acl: string | undefined;
  /** Listener: what `bind` was called with, for binding again after the link was down. */
  declare _at: string | undefined;
  declare _how: ConnectionOptions | undefined;
  /** Seconds between the manager's start and this connection's. */
  declare _born: number;
  /** The protocol's last word before CLOSE: what was under way is broken off. */
  declare _onClose: ((nc: Connection) => void) | undefined;
  /** Bytes the protocol holds besides the two queues: they count as this connection's. */
  declare _h: Mbuf | undefined;
  /** HTTP: header lines for the next reply, as bytes. */
  declare _extra: string | undefined;
  /** HTTP: who owes the reply, where that is not `handler`. */
  declare _owner: AnyHandler | undefined;
  /** The protocol's own features, set up on a listener and shared by what it accepts. */
  declare _hooks: object | undefined;
  /** The protocol's answer to a deadline (a 408, say): true when it saw to the closing itself. */
  declare _onDeadline: ((nc: Connection) => boolean) | undefined;

  constructor(mgr: Manager, handler: AnyHandler | undefined) {
    this._gate = Gate.State;
    this._i = 0;
    this._o = 0;
    this.handler = handler;
    this._f = 0;
    this._idle = 0;
    this._sock = undefined;
    this.mgr = mgr;
    this.id = ++lastId;
    this._born = mgr._ageS(mgr._platform.now());
  }

  /** Input not yet used. The handler removes what it used. */
  get recvMbuf(): Mbuf {
    this._gate |= Gate.Kept;
    const m = this._in();
    m._public = 1;
    return m;
  }

  /** Output not yet written. */
  get sendMbuf(): Mbuf {
    this._gate |= Gate.Queued;
    const m = this._outq();
    m._public = 1;
    if (cur !== this.id) later(this); // whoever asks from outside may be about to append
    return m;
  }

  /** The queue behind recvMbuf, with the chunk in hand in it. */
  _in(): Mbuf {
    const m = this._r || (this._r = new Mbuf(this.mgr.pool));
    const raw = this._i;
    if (!raw) return m;
    this._i = 0;
    m._raw = raw;
    m.len = raw.length;
    m._leaseKept(); // before the handler sends anything that could take the pages
    this._gate |= Gate.Kept;
    return m;
  }

  /** The queue behind sendMbuf, with the piece in hand in it. */
  _outq(): Mbuf {
    const m = this._s || (this._s = new Mbuf(this.mgr.pool));
    this._gate |= Gate.Queued;
    const raw = this._o;
    if (!raw) return m;
    this._o = 0;
    m._raw = raw;
    m.len = raw.length;
    return m;
  }

  /** Bytes of output not yet written. */
  _unsent(): number {
    return (this._o ? this._o.length : 0) + (this._s ? this._s.len : 0);
  }

  /**
   * The MG_F_ flags. Assigning changes only those a program may set and clear (MG_F_USER_MASK); the core's own bits stay.
   * Closing is by flag: MG_F_SEND_AND_CLOSE, MG_F_CLOSE_IMMEDIATELY.
   */
  get flags(): number {
    return this._f;
  }
  set flags(value: number) {
    this._f = (this._f & ~MG_F_USER_MASK) | (value & MG_F_USER_MASK);
    const gates = (value & MG_F_BUFFER_BUT_DONT_SEND ? Gate.Cork : 0) | (value & MG_F_CLOSE_IMMEDIATELY ? Gate.Dropped : 0);
    this._gate = (this._gate & ~(Gate.Cork | Gate.Dropped)) | gates;
    if (cur !== this.id) later(this);
  }

  /** Most bytes recvMbuf holds before reading pauses; accepted connections start with their listener's. 0: the manager's `recvMaxBytes`. */
  get recvMbufLimit(): number {
    return this._limit || this.mgr._recvMax;
  }
  set recvMbufLimit(bytes: number) {
    if (typeof bytes !== "number" || !(bytes >= 0) || Math.floor(bytes) !== bytes) throw new TypeError("Cannot set recvMbufLimit to " + bytes);
    this._limit = bytes;
    this._gate = this.recvMbufLimit < this.mgr._chunkMax ? this._gate | Gate.Limit : this._gate & ~Gate.Limit;
    if (cur !== this.id) later(this);
  }

  /** When bytes last came or went: seconds, on the clock of `mgr.time()`. */
  get lastIoTime(): number {
    return this.mgr._seconds(this.mgr._platform.now() - this._idle);
  }

  /**
   * Appends output: text (as UTF-8), bytes, or the contents of an Mbuf. Takes all of it and answers its size, or takes
   * nothing and answers 0: after close, or when the pool has no pages for it (then try again when SEND or POLL comes).
   * Nothing is written before the handler has returned. Throws TypeError for any other kind of data.
   */
  send(data: Data): number {
    return this._put(toRaw(this.mgr._ops, data));
  }

  /** Appends output that is Raw already: without a queue when it is small and goes out right after the handler. */
  _put(raw: Raw): number {
    const n = raw.length;
    if (cur !== this.id || this._gate & ~INPUT_ONLY || this._o || n > this.mgr._fastMax) return this._putSlow(raw);
    this._o = n ? raw : 0;
    return n;
  }

  _putSlow(raw: Raw): number {
    if (this._state > State.Open || this._src || this._f & MG_F_LISTENING) return 0;
    if (this._gate & Gate.Special && !this._out) return 0;
    const n = this._outq()._put(raw);
    if (n && cur !== this.id) later(this);
    return n;
  }

  /** Formats like C's printf (%d %u %x %o %c %s %f %e %g %%, flags, width, precision, `*`) and sends the text. */
  printf(fmt: string, ...args: unknown[]): number {
    return this.send(format(fmt, args));
  }

  /**
   * Sends what `source` gives, piece by piece as there is room, after what is in sendMbuf. While it lasts, `send`
   * answers 0. Answers false when the connection cannot send (closed), is not a stream, or has another source already.
   */
  sendFrom(source: Source): boolean {
    if (this._state > State.Open || this._src || this._gate & Gate.Special || this._f & MG_F_LISTENING) return false;
    this._src = source;
    this._gate |= Gate.Source;
    if (cur !== this.id) later(this);
    return true;
  }

  /** True while a source is being sent. */
  get hasSource(): boolean {
    return this._src !== undefined;
  }

  /** The source that answered `undefined` has data now. */
  wakeSource(): void {
    if (this._src) later(this);
  }

  /**
   * Asks for MG_EV_TIMER at `time`, in seconds on the clock of `mgr.time()`; 0 cancels. Fires once; may be set again in
   * the handler. Answers the time that was set before, or 0.
   */
  setTimer(time: number): number {
    const old = this._timer;
    if (typeof time !== "number" || !(time >= 0)) throw new TypeError("Cannot set a timer to " + time);
    if (this._state === State.Closed) return old;
    this._timer = time;
    if (time && !old) this.mgr._timers++;
    if (!time && old) this.mgr._timers--;
    if (time) arm(this.mgr, this.mgr._ms(time) || 1);
    return old;
  }
}

const proto = Connection.prototype;
proto.protoHandler = undefined;
proto.protoData = undefined;
proto.listener = undefined;
proto.userData = undefined;
proto.err = 0;
proto.peerAddress = "";
proto.peerPort = 0;
proto.localAddress = "";
proto.localPort = 0;
proto._ps = 16;
proto._quiet = 0;
proto._r = undefined;
proto._s = undefined;
proto._state = State.Open;
proto._limit = 0;
proto._blockedAt = 0;
proto._phase = Phase.Raw;
proto._since = 0;
proto._timer = 0;
proto._src = undefined;
proto._listed = 0;
proto._refusal = undefined;
proto._out = undefined;
proto._held = undefined;
proto._onSent = undefined;
proto._onEnded = undefined;
proto._onRefused = undefined;
proto._due = 0;
proto._detach = undefined;
proto._peers = undefined;
proto._pair = undefined;
proto._acl = undefined;
proto._onDeadline = undefined;
proto._hooks = undefined;
proto._onClose = undefined;
proto._h = undefined;
proto._extra = undefined;
proto._owner = undefined;

/** Handlers as programs write them, for the core to call. */
export function asHandler(handler: EventHandler | BriefHandler | undefined): AnyHandler | undefined {
  return handler as AnyHandler | undefined;
}
