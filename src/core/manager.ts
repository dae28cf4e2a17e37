import { type Address, parseAddress } from "./address.js";
import { checkIpAcl } from "./acl.js";
import { makeRoom } from "./budget.js";
import { arm, isRunning, post, type Posted } from "./call.js";
import { asHandler, Connection } from "./connection.js";
import { closePeers, sendDatagram } from "./datagram.js";
import { rangeError } from "./errors.js";
import { type BriefHandler, type EventHandler, MG_EV_POLL } from "./events.js";
import { MG_F_CONNECTING, MG_F_PRESET_MASK, MG_F_RESOLVING, MG_F_SSL, MG_F_UDP } from "./flags.js";
import { cur } from "./hot.js";
import { close, opened } from "./lifecycle.js";
import { type Limits, resolveLimits } from "./limits.js";
import { Mbuf } from "./mbuf.js";
import { type ConnectionOptions, makePool, type ManagerOptions, recvDefault } from "./options.js";
import { joinPair } from "./pair.js";
import { pass, rearm } from "./pass.js";
import type { Pool } from "./pool.js";
import { type ByteOps, Err, type Files, type MemoryInfo, type Platform } from "./port.js";
import { sink } from "./sink.js";
import { Gate, State } from "./state.js";
import { type ConnectionInfo, describe, newStats, type Stats } from "./stats.js";

export type { ConnectionOptions, ManagerOptions };

/** The event manager (struct mg_mgr): owns all connections, their memory and their time. */
export class Manager {
  userData: unknown;
  /** All limits in force. */
  limits: Limits;
  /** The pages of all connections. */
  pool: Pool;
  /** Counters. */
  stats: Stats;

  _platform: Platform;
  _ops: ByteOps;
  _writeMax: number;
  _recvMax: number;
  _running: boolean;
  _freeing: boolean;
  _freed: boolean;
  /** Nonzero: there are connections to settle, or the manager to free, when the event is over. */
  _todo: number;
  _conns: Connection[];
  _closing: Connection[];
  _dirty: Connection[];
  _starved: Connection[];
  _starvedAt: number;
  _inbox: Posted[];
  /** Timers set. */
  _timers: number;
  /** When the next tick is due, and when the platform will wake us; platform ms. */
  _tickAt: number;
  _wakeAt: number;
  /** When the last tick was, and how long it took to come; platform ms. */
  _lastTickAt: number;
  _tickMs: number;
  /** Largest piece that may go out without being queued: a page, or what the platform takes at once. */
  _fastMax: number;
  /** Largest chunk the platform brings. */
  _chunkMax: number;
  /** Handler calls other than POLL. */
  _calls: number;
  _startMs: number;
  _startWallMs: number;
  /** Random bytes that vouch for what we gave out, such as nonces; made when first wanted. */
  declare _secret: string | undefined;
  /** Nonzero: the link is down. Like the next three filled in by who watches the link (src/link), and else not there. */
  declare _isDown: number | undefined;
  declare _watch: object | undefined;
  /** Told when the link has gone down or come up. */
  declare _onLink: ((isUp: boolean) => void)[] | undefined;
  /** A socket is gone: true when it was a listener's that is to be bound again, and the listener stays. */
  declare _onGone: ((nc: Connection, err: Err) => boolean) | undefined;

  /** Makes a manager (mg_mgr_init). RangeError or TypeError for options outside their limits. */
  constructor(platform: Platform, options?: ManagerOptions) {
    const o = options || {};
    const caps = platform.caps;
    this.limits = resolveLimits(o.limits);
    this.userData = o.userData;
    this._platform = platform;
    this._ops = platform.bytes;
    this.pool = makePool(platform, o, this.limits);
    this.stats = newStats();
    this._writeMax = caps.writeMaxBytes;
    this._recvMax = this.limits.recvMaxBytes || recvDefault(this.pool);
    this._running = false;
    this._freeing = false;
    this._freed = false;
    this._todo = 0;
    this._conns = [];
    this._closing = [];
    this._dirty = [];
    this._starved = [];
    this._starvedAt = 0;
    this._inbox = [];
    this._timers = 0;
    this._calls = 0;
    this._startMs = platform.now();
    this._lastTickAt = this._startMs;
    this._tickMs = 0;
    this._chunkMax = caps.readMaxBytes;
    this._startWallMs = platform.wallMs();
    this._tickAt = 0;
    this._wakeAt = Infinity;
    this.pool._owner = this;
    this.pool._onGive = pagesCameBack;
    this.pool._onTight = tightChanged;
    this.pool._tightAt += this.pool.pagesFor(caps.readMaxBytes);
    if (this.pool._free <= this.pool._tightAt) this.pool._tight = 1;
    this._fastMax = Math.min(this.pool.pageBytes, caps.writeMaxBytes);
    platform.open(sink);
  }

  /**
   * Listens at `[tcp://|udp://|ssl://][HOST:]PORT`. Accepted connections start with this handler. Answers the listener;
   * if the port cannot be had, the listener gets CLOSE with the reason in `nc.err`. Throws for a malformed address and
   * for what the platform cannot do at all (TLS server, UDP).
   */
  bind(address: string, handler: EventHandler | undefined, options?: ConnectionOptions): Connection;
  bind(address: string, handler: BriefHandler, options?: ConnectionOptions): Connection;
  bind(address: string, handler: EventHandler | BriefHandler | undefined, options?: ConnectionOptions): Connection {
    const a = this._parse(address, options);
    const o = options || {};
    const caps = this._platform.caps;
    if (a.scheme === "udp" && !caps.udp) throw new Error("Cannot bind " + address + ": no UDP on " + this._platform.name);
    if (a.scheme === "ssl" && !caps.tlsServer) throw new Error("Cannot bind " + address + ": no TLS server on " + this._platform.name);
    if (a.port === 0 && !caps.listenPort0) throw rangeError("Cannot bind " + address + ": this platform cannot pick a port, name one from 1 to 65535");
    if (o.ipAcl && checkIpAcl(o.ipAcl, "0.0.0.0") < 0) throw new TypeError('Malformed access list "' + o.ipAcl + '"');
    const nc = this._make(handler, o);
    nc._acl = o.ipAcl;
    nc._at = address;
    if (options) nc._how = options;
    if (a.scheme === "ssl") nc._f |= MG_F_SSL;
    if (a.scheme === "udp") {
      nc._f |= MG_F_UDP;
      nc._gate |= Gate.Special;
      nc._peers = {};
      nc._detach = closePeers;
    }
    if (this._isDown) return nc;
    const spec = { host: a.host, port: a.port, backlog: o.backlog, ipv6Only: o.ipv6Only, tls: a.scheme === "ssl" ? o.tls : undefined };
    nc._sock = a.scheme === "udp" ? this._platform.openDatagram(nc, spec) : this._platform.listen(nc, spec);
    return nc;
  }

  /**
   * Connects to `[tcp://|udp://|ssl://]HOST:PORT`. Answers the connection at once; MG_EV_CONNECT tells how it went, and
   * CLOSE follows a failure. What is sent before that goes out afterwards. Throws for a malformed address.
   */
  connect(address: string, handler: EventHandler | undefined, options?: ConnectionOptions): Connection;
  connect(address: string, handler: BriefHandler, options?: ConnectionOptions): Connection;
  connect(address: string, handler: EventHandler | BriefHandler | undefined, options?: ConnectionOptions): Connection {
    const a = this._parse(address, options);
    const o = options || {};
    const caps = this._platform.caps;
    if (!a.host || !a.port) throw new TypeError('Cannot connect to "' + address + '": must name a host and a port from 1 to 65535');
    if (a.scheme === "udp" && !caps.udp) throw new Error("Cannot connect to " + address + ": no UDP on " + this._platform.name);
    if (a.scheme === "ssl" && !caps.tlsClient) throw new Error("Cannot connect to " + address + ": no TLS client on " + this._platform.name);
    const isRoom = !this._isDown && makeRoom(this);
    const nc = this._make(handler, o);
    nc._f |= MG_F_CONNECTING | MG_F_RESOLVING;
    nc.peerAddress = a.host;
    nc.peerPort = a.port;
    nc._gate |= Gate.Connecting;
    nc._since = this._platform.now();
    if (!isRoom) {
      post(nc, noSocket, undefined, undefined);
    } else if (a.scheme === "udp") {
      nc._f |= MG_F_UDP;
      nc._gate |= Gate.Special;
      nc._out = sendDatagram;
      nc._sock = this._platform.openDatagram(nc, { host: "", port: 0 });
    } else {
      if (a.scheme === "ssl") nc._f |= MG_F_SSL;
      const tls = a.scheme === "ssl" ? o.tls || {} : undefined;
      nc._sock = this._platform.connect(nc, { host: a.host, port: a.port, tls: tls });
    }
    return nc;
  }

  /** Adds a connection without a socket: it has timers, POLL and CLOSE only (mg_add_sock with INVALID_SOCKET). */
  add(handler: EventHandler | undefined, options?: ConnectionOptions): Connection;
  add(handler: BriefHandler, options?: ConnectionOptions): Connection;
  add(handler: EventHandler | BriefHandler | undefined, options?: ConnectionOptions): Connection {
    const nc = this._make(handler, options || {});
    nc._gate = (nc._gate & ~Gate.State) | Gate.Special;
    nc._state = State.Open;
    return nc;
  }

  /**
   * Adopts a connected socket of the platform (Node: net.Socket; Espruino: a Socket of `net`): events as for any other,
   * but no ACCEPT or CONNECT (mg_add_sock). Throws where the platform cannot adopt.
   */
  addSock(socket: unknown, handler: EventHandler | undefined, options?: ConnectionOptions): Connection {
    const adopt = this._platform.adopt;
    if (!adopt) throw new Error("Cannot adopt a socket on " + this._platform.name);
    const nc = this._make(handler, options || {});
    nc._state = State.Open;
    nc._gate &= ~Gate.State;
    nc._sock = adopt(nc, socket);
    return nc;
  }

  /** Two connections joined in memory; what one sends the other receives. */
  pair(a: EventHandler | undefined, b: EventHandler | undefined): [Connection, Connection] {
    const first = this.add(a);
    const second = this.add(b);
    joinPair(first, second);
    return [first, second];
  }

  /** A byte queue of its own over this manager's pool. */
  mbuf(): Mbuf {
    return new Mbuf(this.pool);
  }

  /** The connection after `nc`, newest first; without an argument the newest. Undefined at the end (mg_next). */
  next(nc?: Connection): Connection | undefined {
    const at = nc ? this._conns.indexOf(nc) : this._conns.length;
    return at > 0 ? this._conns[at - 1] : undefined;
  }

  /**
   * Makes one pass now, for programs that drive the manager themselves: events wait for it. Answers how many handler
   * calls other than POLL there were. Inside a handler it does nothing and answers 0.
   */
  poll(): number {
    if (cur || this._freed) return 0;
    this._calls = 0;
    pass(this, true);
    return this._calls;
  }

  /** Lets the platform drive the manager from now on: events are handled as they come, POLL every `limits.pollMs`. */
  run(): void {
    if (this._running || this._freed) return;
    this._running = true;
    for (let i = 0; i < this._conns.length; i++) this._conns[i]._gate &= ~Gate.Manual;
    this._tickAt = this._platform.now() + this.limits.pollMs;
    rearm(this);
  }

  /** The opposite of run: from now on events wait until somebody drives the manager again. */
  _halt(): void {
    this._running = false;
    for (let i = 0; i < this._conns.length; i++) this._conns[i]._gate |= Gate.Manual;
    this._wakeAt = Infinity;
    if (!this._freed) this._platform.wakeAfter(this, -1);
  }

  /**
   * Closes everything: every connection gets CLOSE. Inside a handler this happens when the handler has returned.
   * A freed manager makes no new connections. May be called twice.
   */
  free(): void {
    if (this._freed) return;
    this._freeing = true;
    this._todo = 1;
    if (!cur) this._freeNow();
    else if (!isRunning(this)) this._platform.wakeAfter(this, 0);
  }

  /** Calls `visit` with MG_EV_POLL and `data` for every connection, newest first (mg_broadcast, without the thread). */
  broadcast(visit: (nc: Connection, ev: 0, data: unknown) => void, data: unknown): void {
    const list = this._conns.slice(0);
    for (let i = list.length - 1; i >= 0; i--) visit(list[i], MG_EV_POLL, data);
  }

  /** Seconds since 1970 with fractions; never jumps: the wall clock at the start plus monotonic time since. */
  time(): number {
    return this._seconds(this._platform.now());
  }

  /** The connection with that id, if it is still there: for answers that come later. */
  find(id: number): Connection | undefined {
    for (let i = this._conns.length - 1; i >= 0; i--) if (this._conns[i].id === id) return this._conns[i];
    return undefined;
  }

  /** Every connection with its age, phase and pages, newest first. */
  list(): ConnectionInfo[] {
    const out: ConnectionInfo[] = [];
    for (let i = this._conns.length - 1; i >= 0; i--) out.push(describe(this._conns[i]));
    return out;
  }

  /** The platform's file store; undefined where it has none. */
  get files(): Files | undefined {
    return this._platform.files;
  }

  /** Memory of the machine, where the platform can tell. */
  memory(): MemoryInfo | undefined {
    return this._platform.memory();
  }

  /** The pool as a sum of its consumers, for the log at boot. */
  budget(): string {
    const p = this.pool;
    const input = p.pages - p._reserve;
    return (
      "pool: " + p.pages + " pages x " + p.pageBytes + " B = " + input + " for input and output + " + p._reserve +
      " for output only; one connection holds at most " + this._recvMax + " B of input; at most " + (this.limits.connMax || this._platform.caps.sockets - this.limits.socketReserve) + " connections"
    );
  }

  _make(handler: EventHandler | BriefHandler | undefined, o: ConnectionOptions): Connection {
    if (this._freed || this._freeing) throw new Error("Cannot make a connection: the manager was freed");
    if (handler !== undefined && typeof handler !== "function") throw new TypeError("Handler must be a function, is " + typeof handler);
    const nc = new Connection(this, asHandler(handler));
    if (o.userData !== undefined) nc.userData = o.userData;
    opened(nc);
    nc._state = State.Connecting;
    nc._gate |= Gate.State;
    if (o.recvMbufLimit !== undefined) nc.recvMbufLimit = o.recvMbufLimit;
    nc._f = (o.flags || 0) & MG_F_PRESET_MASK;
    return nc;
  }

  _parse(address: string, o: ConnectionOptions | undefined): Address {
    const a = typeof address === "string" ? parseAddress(address) : undefined;
    if (!a) throw new TypeError('Malformed address "' + address + '": must be [tcp://|udp://|ssl://][HOST:]PORT');
    if (o && o.tls && a.scheme === "tcp") a.scheme = "ssl";
    return a;
  }

  /** Peers a datagram listener may have at once. */
  _peersMax(): number {
    return this.limits.connMax || this._platform.caps.sockets;
  }

  _freeNow(): void {
    if (this._freed) return;
    this._freed = true;
    for (let guard = this._conns.length; this._conns.length && guard >= 0; guard--) {
      const nc = this._conns[this._conns.length - 1];
      if (!nc.err) nc.err = Err.ManagerFreed;
      close(nc);
    }
    this._closing = [];
    this._dirty = [];
    this._inbox = [];
    this._running = false;
    this._platform.wakeAfter(this, -1);
  }

  /** Platform ms → seconds of `time()`, and back: to the microsecond, which is what so many seconds as a number can tell apart. */
  _seconds(ms: number): number {
    return (this._startWallMs + ms - this._startMs) / 1000;
  }
  _ms(seconds: number): number {
    return Math.round((seconds * 1000 - this._startWallMs + this._startMs) * 1000) / 1000;
  }

  /** Whole seconds since the manager was made. */
  _ageS(ms: number): number {
    return ((ms - this._startMs) / 1000) | 0;
  }
}

function pagesCameBack(pool: Pool): void {
  arm(pool._owner as Manager, 0);
}

/** The pool came down to its reserve, or rose above it again: the hot path closes or opens for all. */
function tightChanged(pool: Pool): void {
  const conns = (pool._owner as Manager)._conns;
  for (let i = 0; i < conns.length; i++) {
    const nc = conns[i];
    nc._gate = pool._tight ? nc._gate | Gate.Tight : nc._gate & ~Gate.Tight;
  }
}

function noSocket(nc: Connection): void {
  nc.err = nc.mgr._isDown ? Err.LinkDown : Err.TooManySockets;
  close(nc);
}
