/**
 * The port: what a platform gives the core, and nothing more.
 *
 * A platform is a plain object of functions over opaque handles, so that wrapping one (trace, fault)
 * is writing the same functions again. The core calls *down* through {@link Platform}; the platform
 * calls *up* through the one {@link Sink} it was opened with. Rules for both directions:
 *
 * - No function here throws for something the world did (refused, reset, no memory): it reports an {@link Err}.
 * - The platform never calls the sink from inside a call of the core (`listen`, `connect`, `write`,
 *   `resume`, …): upcalls come from the platform's own event loop. `listen` may not even report success at once.
 * - For one owner: (`listening` | `connected`)? then any of `data`, `drained`, `ended`, then `closed` once, last.
 *   After `destroy` no upcall for that owner follows at all, `closed` included.
 * - An owner is the core's own object for a socket; the platform stores it beside its socket and hands it back.
 */

import type { Link } from "./link-port.js";

export type { AccessPointSpec, Link, LinkChange, LinkStatus, PowerSave } from "./link-port.js";

/**
 * Bytes in the form a platform has them at hand: a `Uint8Array`, or a *binary string*, one character
 * 0–255 for each byte. Never text: text becomes Raw through {@link ByteOps.text}.
 */
export type Raw = string | Uint8Array;

/** A platform's own socket, listener or datagram socket. Opaque to the core. */
export type Handle = unknown;

/** The core's own object for a handle: opaque to the platform. */
export type Owner = object;

/**
 * Why something failed or ended. `0` means nothing went wrong. The numbers are stable and are what programs see
 * in `nc.err` and in `MG_EV_CONNECT`; docs/errors.md has one row for each.
 */
export const enum Err {
  None = 0,
  /** The port is in use by someone else (EADDRINUSE). */
  AddressInUse = 1,
  /** The peer's host refused the connection (ECONNREFUSED). */
  Refused = 2,
  /** No answer within the time allowed (ETIMEDOUT or our own deadline). */
  TimedOut = 3,
  /** The name does not resolve. */
  HostNotFound = 4,
  /** No route, network down, link down (ENETUNREACH, EHOSTUNREACH, ENETDOWN). */
  Unreachable = 5,
  /** The peer reset the connection, or broke it while data was under way (ECONNRESET, EPIPE). */
  Reset = 6,
  /** The connection ended while output was still unsent. */
  UnsentData = 7,
  /** No page left in the pool. */
  PoolEmpty = 8,
  /** No socket left: the platform's, or this board's budget. */
  TooManySockets = 9,
  /** This platform cannot do that: see {@link Capabilities}. */
  NotSupported = 10,
  /** The TLS handshake failed, or the certificate was not accepted. */
  Tls = 11,
  /** The operating system did not permit it (EACCES, EPERM). */
  Permission = 12,
  /** The address is not one of this host's (EADDRNOTAVAIL). */
  AddressNotAvailable = 13,
  /** Closed by a deadline of ours: idle, head, write progress, linger. */
  Deadline = 14,
  /** An event handler threw an exception. */
  HandlerThrew = 15,
  /** Closed to make room for a newer connection. */
  Evicted = 16,
  /** The access control list does not admit the peer. */
  AclDenied = 17,
  /** More input than the limit allows, on a platform or protocol that cannot make the peer wait. */
  RecvOverflow = 18,
  /** The manager was freed. */
  ManagerFreed = 19,
  /** A datagram larger than the platform or the limit can carry. */
  MessageTooLong = 20,
  /** The peer broke the rules of the protocol in use. */
  Protocol = 21,
  /** Anything else the platform could not do. */
  Failed = 22,
  /** The file store has no room for it. */
  StorageFull = 23,
  /** The file store takes no such name: empty or `..` segments, too long, a directory's. */
  BadName = 24,
  /** The link (Wi-Fi) went down, or is down. */
  LinkDown = 25,
}

/** Answers of {@link Platform.write} and {@link Platform.sendTo} below zero. Zero or more is bytes taken. */
export const enum WriteResult {
  /** Not now: nothing was taken, `drained` will follow. */
  WouldBlock = -1,
  /** The socket is closed or closing: nothing was taken, `closed` has been or will be reported. */
  Closed = -2,
  /** It failed for good: nothing was taken, `closed` follows with the reason (streams); datagrams: this one is lost. */
  Failed = -3,
}

/** What a platform can and cannot do. Sizes in bytes, times in milliseconds. */
export interface Capabilities {
  /** `pause` really stops reading, so that TCP makes the peer wait. */
  pauseRead: boolean;
  /** `accepted` and `connected` know addresses; when false they get `""` and `0`. */
  peerAddress: boolean;
  /** `connect` and name look-up stop the whole program until they are done or have failed. */
  connectBlocks: boolean;
  /** After the peer's end of stream, output can still be sent. When false, `closed` follows at once. */
  halfClose: boolean;
  /** A reset is reported as {@link Err.Reset}; when false it looks like an ordinary close. */
  seesReset: boolean;
  tlsClient: boolean;
  tlsServer: boolean;
  /** The TLS client verifies the certificate and the name. */
  tlsVerifies: boolean;
  udp: boolean;
  ipv6: boolean;
  /** `listen` with port 0 picks a free port and reports it. */
  listenPort0: boolean;
  /** Largest piece one `data` upcall brings. */
  readMaxBytes: number;
  /** Largest piece `write` takes at once; the core never passes more. */
  writeMaxBytes: number;
  /** Largest datagram. */
  datagramMaxBytes: number;
  /** Sockets of all kinds, listeners and datagram sockets included. */
  sockets: number;
  /** The pool a manager gets when its options do not say: this platform's or board's budget. */
  pages: number;
  pageBytes: number;
}

/** TLS settings for one listener or one outgoing connection. PEM text, or DER as Raw where the platform wants it. */
export interface TlsOptions {
  cert?: string;
  key?: string;
  /** Certificate authorities to trust; default: the platform's own. */
  ca?: string;
  /** Server name to ask for and to verify; default: the host of the address. */
  serverName?: string;
  /** Default true. `false` accepts any certificate. */
  verify?: boolean;
}

export interface ListenSpec {
  /** `""` means every address of this host. */
  host: string;
  port: number;
  backlog?: number;
  /** An IPv6 address: not IPv4 as well. Only where `ipv6`. */
  ipv6Only?: boolean;
  tls?: TlsOptions;
}

export interface ConnectSpec {
  /** Name or literal address; never empty. */
  host: string;
  port: number;
  tls?: TlsOptions;
}

/** What the platform tells the core. One sink a platform; every upcall names the owner it is about. */
export interface Sink {
  /** The listener or datagram socket is bound; `port` is the real one where the platform knows it. */
  listening(owner: Owner, address: string, port: number): void;
  /**
   * A connection came in. Answers the owner for it, or undefined when the core does not want it (the core may have
   * written a refusal to `handle` first): the platform then flushes, ends and forgets it, and no upcall follows.
   */
  accepted(listener: Owner, handle: Handle, address: string, port: number): Owner | undefined;
  /** The outgoing connection stands (TLS: handshake done). A failure is `closed` instead, without this before it. */
  connected(owner: Owner, address: string, port: number): void;
  /**
   * Bytes arrived. Answers how many of them, at the end, the core did *not* take: 0 as a rule. More means: keep those,
   * read nothing more (pause), and offer them again after `resume` (from the event loop, not from inside it).
   */
  data(owner: Owner, bytes: Raw): number;
  /** The peer will send no more. Comes after its last byte was taken. Only where `halfClose`. */
  ended(owner: Owner): void;
  /** A `write` that answered WouldBlock can be tried again. */
  drained(owner: Owner): void;
  /** The handle is gone, for good. `0`: in good order. Also the answer to a failed listen or connect. */
  closed(owner: Owner, err: Err): void;
  /** One whole datagram for a datagram socket. */
  datagram(owner: Owner, bytes: Raw, address: string, port: number): void;
  /** The time asked for with {@link Platform.wakeAfter} has come. */
  wake(owner: Owner): void;
}

/** Work on bytes that each platform does best in its own way. None of these checks its arguments. */
export interface ByteOps {
  /** Text as UTF-8 bytes. (Espruino: strings already are their UTF-8 bytes; this is the identity there.) */
  text(s: string): Raw;
  /** A copy of these bytes that later writes to the array do not change. */
  copy(u: Uint8Array): Raw;
  /** Bytes `from` to `to` as a binary string. */
  latin1(r: Raw, from: number, to: number): string;
  /** Bytes `from` to `to` as text, decoded from UTF-8; malformed bytes become U+FFFD (Espruino: as they are). */
  utf8(r: Raw, from: number, to: number): string;
  /** A fresh array with bytes `from` to `to`. */
  bytes(r: Raw, from: number, to: number): Uint8Array;
  /** Writes bytes `from` to `to` to the front of an array; where absent, `bytes` is made and copied. */
  write?(r: Raw, from: number, to: number, into: Uint8Array): void;
  /** Bytes `from` to `to` as Raw; may share memory with `r`. */
  slice(r: Raw, from: number, to: number): Raw;
  /** Where the bytes of the binary string `needle` stand in `r` at or after `from`; -1 when nowhere. */
  indexOf(r: Raw, needle: string, from: number): number;
  /** `a` then `b` as one Raw. */
  concat(a: Raw, b: Raw): Raw;
  /** `first` and all of `rest` as one Raw, copying each byte once; where absent, `concat` does it one by one. */
  join?(first: Raw, rest: Raw[]): Raw;
}

/** Digests every platform has. */
export type DigestName = "sha1" | "sha256";

/** Digests that can be made piece by piece. */
export type HashName = "md5" | "sha1" | "sha256";

/** A digest in the making. */
export interface Hasher {
  /** More bytes; they are done with when it returns. */
  update(bytes: Raw): void;
  /** The digest's bytes. Ends the hasher: nothing may be called after it. */
  digest(): Raw;
}

/** What a file store knows about a name. */
export interface FileInfo {
  /** Bytes; 0 for a directory. */
  size: number;
  /** When it was last changed, milliseconds since 1970; 0 where unknown. */
  mtimeMs: number;
  isDirectory: boolean;
  /** A strong hash of the contents, where the store has one at hand. */
  hash?: string;
}

/** A file open for reading. */
export interface OpenFile {
  readonly size: number;
  /**
   * `maxBytes` bytes from byte `at` on, fewer only where the file ends; empty at the end. Undefined when reading failed,
   * as when the file was cut short or replaced in its place meanwhile: bytes of two versions are never mixed.
   */
  read(at: number, maxBytes: number): Raw | undefined;
  close(): void;
}

/** A file being written; nobody sees it under its name before `commit`. */
export interface FileWriter {
  /** Takes all of the bytes; after an {@link Err} nothing more is taken, and `commit` answers the same. */
  write(bytes: Raw): Err;
  /** Makes it visible under its name, in one step; replaces what was there. Where that fails, what was there stays. */
  commit(): Err;
  /** Leaves nothing behind. Without effect after `commit`. */
  abort(): void;
}

/**
 * A store of files. Synchronous: a page at a time is quick on every platform. Paths are relative, `/` between their
 * segments, without empty, `.` or `..` segments and without NUL; the store refuses others. Directories need not be made:
 * they come with the first file in them. Names are text in the platform's own form.
 */
export interface Files {
  /** Undefined when there is no such name. `""` is the root. */
  stat(path: string): FileInfo | undefined;
  /** Names in a directory, sorted, directories with a `/` at the end; undefined when there is no such directory. */
  list(path: string): string[] | undefined;
  open(path: string): OpenFile | undefined;
  /**
   * Starts a file. {@link Err} where that cannot be: NotSupported (read-only store), BadName, StorageFull, Permission.
   * What an earlier writing of this name left behind, cut off by a crash, is removed.
   */
  create(path: string): FileWriter | Err;
  /** Removes a file; not a directory. Failed where there is none. */
  remove(path: string): Err;
}

/** Raw deflate (RFC 1951) of whole messages. `window`: up to 32768 bytes that came before them, which they may refer to. */
export interface Zlib {
  /**
   * Compresses, up to a sync flush: the last four bytes, 00 00 FF FF, are left out (RFC 7692 §7.2.1). What comes of it refers
   * back by 2^`bits` bytes at most, 9 to 15.
   */
  deflate(bytes: Raw, window: Raw, bits: number): Raw;
  /** The reverse. Undefined when it is no deflate stream; null when more than `maxBytes` would come of it. */
  inflate(bytes: Raw, window: Raw, maxBytes: number): Raw | undefined | null;
}

/** Memory of the machine, for the report and the reserve; units are the platform's own (Espruino: variables). */
export interface MemoryInfo {
  free: number;
  total: number;
  unit: string;
}

export interface Platform {
  readonly name: string;
  readonly caps: Capabilities;
  readonly bytes: ByteOps;

  /** Names the sink for every upcall. Called by each manager; always with the same sink. */
  open(sink: Sink): void;

  /** Starts listening; `listening` or `closed` follows. */
  listen(owner: Owner, spec: ListenSpec): Handle;
  /** Starts connecting; `connected` or `closed` follows. */
  connect(owner: Owner, spec: ConnectSpec): Handle;

  /** Makes a connected socket of the platform's own kind serve `owner`; absent where there is no such thing. */
  adopt?(owner: Owner, socket: unknown): Handle;

  /** Takes up to `caps.writeMaxBytes` bytes: all of `bytes`, or nothing (see {@link WriteResult}). */
  write(handle: Handle, bytes: Raw): number;
  /** Reads nothing more until `resume`. Without effect where `caps.pauseRead` is false. */
  pause(handle: Handle): void;
  /** Reads again; what `data` did not take is offered first. */
  resume(handle: Handle): void;
  /** Sends what was taken, then closes both directions; `closed` follows. Input from now on is dropped. */
  end(handle: Handle): void;
  /** Closes at once, drops output, and forgets the owner: no upcall follows. Also for listeners and datagram sockets. */
  destroy(handle: Handle): void;

  /** Binds a datagram socket (port 0 and host "": any); `listening` or `closed` follows, then `datagram`. */
  openDatagram(owner: Owner, spec: ListenSpec): Handle;
  /** Sends one datagram; answers its size or a {@link WriteResult}. A name in `host` is resolved by the platform. */
  sendTo(handle: Handle, bytes: Raw, host: string, port: number): number;

  /** Milliseconds, monotonic, from an arbitrary start. */
  now(): number;
  /** Milliseconds since 1970, may jump. */
  wallMs(): number;
  /** Calls `wake(owner)` once, `ms` from now (0: next turn of the event loop). Replaces an earlier one; negative cancels. */
  wakeAfter(owner: Owner, ms: number): void;
  /** The core is idle: collect garbage, refresh `memory`. Called about once a second while a manager runs. */
  tidy(): void;
  memory(): MemoryInfo | undefined;

  /** `count` random bytes as a binary string. */
  random(count: number): string;
  /** Digest of the bytes, as a binary string. */
  digest(name: DigestName, bytes: Raw): string;
  /** A digest piece by piece; absent where the platform has none of its own (src/hash has one for everywhere). */
  hasher?(name: HashName): Hasher;
  /**
   * Bytes XOR the four bytes of the binary string `key`, over and over (WebSocket); absent: done in portable code. With
   * `room` they are nobody else's, and neither are so many bytes before them in memory: the platform may change both.
   */
  mask?(bytes: Raw, key: string, room?: number): Raw;
  /** How bytes that begin with a whole character end as UTF-8, as src/websocket/utf8.ts says; absent: done there. */
  utf8Tail?(bytes: Raw): number;
  /** Compression; absent on boards. */
  readonly zlib?: Zlib;
  /** One line for the log, without the line end. */
  log(line: string): void;
  /** The platform's file store, where it has one. */
  readonly files?: Files;
  /** The link, where it can come and go and the platform knows; absent: always up. */
  readonly link?: Link;
}
