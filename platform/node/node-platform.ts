/**
 * Owns: the {@link Platform} object on Node: sockets of node:net, node:dgram and node:tls, its clock, timers, random
 * bytes and digests. Does not own: what is done with them.
 */

import { createHash } from "node:crypto";
import { getHeapStatistics } from "node:v8";
import type {
  Capabilities,
  ConnectSpec,
  DigestName,
  Err,
  Handle,
  Hasher,
  HashName,
  ListenSpec,
  MemoryInfo,
  Owner,
  Platform,
  Raw,
  Sink,
} from "../../src/core/port.js";
import { hostPortOf } from "./addresses.js";
import type { PortMap, PublishedPort } from "./addresses.js";
import { createAlarms, monotonicMs } from "./alarms.js";
import { nodeBytes } from "./byte-ops.js";
import { connectStream } from "./connect.js";
import { DATAGRAM_MAX_BYTES, openDatagramSocket } from "./datagram.js";
import type { DatagramHandle } from "./datagram.js";
import { createNodeFiles } from "./files.js";
import { listenStream } from "./listen.js";
import type { ListenUplink } from "./listen.js";
import { mask, utf8Tail } from "./mask.js";
import { randomBinary } from "./random.js";
import { createReadBuffer } from "./shared-read.js";
import { WRITE_MAX_BYTES } from "./stream-handle.js";
import type { Closable, StreamHandle } from "./stream-handle.js";
import { zlib } from "./zlib.js";

/** What a Node platform is made with; everything has a default. */
export interface NodePlatformOptions {
  /** App port to host port: `{80: 8000}` makes a program that listens on 80 answer on the host's port 8000. */
  publish?: Record<number, number>;
  /** Ports below 1024 that are not in `publish` appear 8000 above: 80 at 8080. Default false. */
  lowPortsUp?: boolean;
  /** Where to bind when the program names no host. Default: every address, IPv6 and IPv4. */
  host?: string;
  /** Takes each line of the log. Default: standard output. */
  log?: (line: string) => void;
  /** Is told of every listener and datagram socket with a port of its own that was bound, before the program is. */
  onBound?: (port: PublishedPort) => void;
  /** Is told of every listener and datagram socket that could not be bound, before the program is. */
  onBindFailed?: (port: PublishedPort, err: Err) => void;
  /** Milliseconds an ended connection, all output sent, waits for the peer's end before it is closed. Default 1000. */
  lingerMs?: number;
  /** False: Node makes a buffer for each piece that is read. Slower; see shared-read.ts. Default true. */
  sharedRead?: boolean;
  /** The directory that is the root of `files`; it need not exist yet. Default: the working directory. */
  filesRoot?: string;
  /** Capabilities to claim instead of Node's, to try a program under smaller limits; nothing is emulated. */
  caps?: Partial<Capabilities>;
}

/** The Node platform, with what only a host has. */
export interface NodePlatform extends Platform {
  /** May be set at any time; see {@link NodePlatformOptions.onBound}. */
  onBound: ((port: PublishedPort) => void) | undefined;
  /** TLS handshakes of clients that failed; no upcall tells of them. */
  readonly tlsFailedCount: number;
}

/**
 * What Node can do. 64 KiB is what it reads at once. Writes of 32 KiB are the fastest (loopback, Linux): from 64 KiB on the
 * kernel splits each into a large and a tiny segment, at a third of the rate.
 */
const NODE_CAPS: Capabilities = {
  pauseRead: true,
  peerAddress: true,
  connectBlocks: false,
  halfClose: true,
  seesReset: true,
  tlsClient: true,
  tlsServer: true,
  tlsVerifies: true,
  udp: true,
  ipv6: true,
  listenPort0: true,
  readMaxBytes: 65536,
  writeMaxBytes: WRITE_MAX_BYTES,
  datagramMaxBytes: DATAGRAM_MAX_BYTES,
  sockets: 8192,
  pages: 1024,
  pageBytes: 4096,
};

const LINGER_MS = 1000;

/** A platform on Node's own sockets. Throws nothing; each call makes an independent platform for its own sink. */
export function createNodePlatform(options: NodePlatformOptions = {}): NodePlatform {
  const ports: PortMap = { publish: options.publish ?? {}, lowPortsUp: options.lowPortsUp === true };
  const up = createUplink(options);

  function bindingOf(spec: ListenSpec): { host: string; hostPort: number } {
    const host = spec.host === "" ? (options.host ?? "") : spec.host;
    return { host, hostPort: hostPortOf(ports, spec.port) };
  }

  return {
    name: "node",
    caps: { ...NODE_CAPS, ...options.caps },
    bytes: nodeBytes,
    get onBound() {
      return up.onBound;
    },
    set onBound(listener) {
      up.onBound = listener;
    },
    get tlsFailedCount() {
      return up.tlsFailedCount;
    },
    open(sink: Sink): void {
      up.sink = sink;
    },
    listen: (owner: Owner, spec: ListenSpec): Handle => listenStream(up, owner, spec, bindingOf(spec)),
    connect: (owner: Owner, spec: ConnectSpec): Handle => connectStream(up, owner, spec),
    openDatagram: (owner: Owner, spec: ListenSpec): Handle => openDatagramSocket(up, owner, spec, bindingOf(spec)),
    write,
    pause,
    resume,
    end,
    destroy,
    sendTo,
    now: monotonicMs,
    wallMs: Date.now,
    wakeAfter: createAlarms((owner) => up.sink.wake(owner)),
    tidy,
    memory,
    random: randomBinary,
    digest,
    hasher,
    mask,
    utf8Tail,
    zlib,
    log: up.log,
    files: createNodeFiles(options.filesRoot),
  };
}

interface NodeUplink extends ListenUplink {
  onBound: ((port: PublishedPort) => void) | undefined;
  tlsFailedCount: number;
}

function createUplink(options: NodePlatformOptions): NodeUplink {
  const up: NodeUplink = {
    // Nothing is opened before `open` names the sink.
    sink: undefined as unknown as Sink,
    ownBuffers: 0,
    readBuffer: options.sharedRead === false ? undefined : createReadBuffer(),
    lingerMs: options.lingerMs ?? LINGER_MS,
    waitingBytes: 0,
    onBound: options.onBound,
    tlsFailedCount: 0,
    log: options.log ?? logToStdout,
    bound: (port) => up.onBound?.(port),
    bindFailed: (port, err) => options.onBindFailed?.(port, err),
    tlsFailed: () => void up.tlsFailedCount++,
  };
  return up;
}

function write(handle: Handle, bytes: Raw): number {
  return (handle as StreamHandle).write(bytes);
}

function pause(handle: Handle): void {
  (handle as StreamHandle).pause();
}

function resume(handle: Handle): void {
  (handle as StreamHandle).resume();
}

function end(handle: Handle): void {
  (handle as StreamHandle).end();
}

function destroy(handle: Handle): void {
  (handle as Closable).destroy();
}

function sendTo(handle: Handle, bytes: Raw, host: string, port: number): number {
  return (handle as DatagramHandle).send(bytes, host, port);
}

/** V8 collects when it wants to. */
function tidy(): void {}

function memory(): MemoryInfo {
  const heap = getHeapStatistics();
  return { free: heap.heap_size_limit - heap.used_heap_size, total: heap.heap_size_limit, unit: "bytes" };
}

function digest(name: DigestName, bytes: Raw): string {
  const hash = createHash(name);
  if (typeof bytes === "string") hash.update(bytes, "latin1");
  else hash.update(bytes);
  return hash.digest("binary");
}

function hasher(name: HashName): Hasher {
  const hash = createHash(name);
  return {
    update(bytes) {
      if (typeof bytes === "string") hash.update(bytes, "latin1");
      else hash.update(bytes);
    },
    digest: () => hash.digest("binary"),
  };
}

function logToStdout(line: string): void {
  process.stdout.write(`${line}\n`);
}
