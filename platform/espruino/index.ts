import { type ByteOps, type Capabilities, type Platform } from "../../src/core/port.js";
import { adoptSocket, connect, destroy, end, listen, pause, resume, write } from "./stream.js";
import { openDatagram, sendTo } from "./datagram.js";
import { files } from "./files.js";
import { accessPoint, hostName, join, leaveWifi, linkStatus, powerSave, watchLink, wifi } from "./link.js";
import { setSink } from "./sink.js";
import { digest, log, memory, now, random, tidy, wakeAfter, wallMs } from "./system.js";
import type { Espruino } from "./types.js";

/*
 * The port on Espruino: net, dgram, tls. What the interpreter does, and does not do, is measured in its Linux build;
 * each deviation from an ordinary socket is named where it is dealt with.
 */

declare const E: Espruino;

/** A number the build put in for this board. */
function fact(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : parseInt(text, 10);
}

const chunkBytes = fact(process.env.MEERKAT_CHUNK_BYTES, 536);

const caps: Capabilities = {
  pauseRead: true,
  peerAddress: false,
  connectBlocks: true,
  halfClose: false,
  seesReset: false,
  tlsClient: process.env.MEERKAT_TLS !== "0",
  tlsServer: false,
  tlsVerifies: false,
  udp: process.env.MEERKAT_UDP !== "0",
  ipv6: false,
  listenPort0: false,
  readMaxBytes: chunkBytes,
  // Sending is quadratic in what is pending: two chunks at a time, the next at `drain`.
  writeMaxBytes: chunkBytes * 2,
  // A datagram's header takes 8 bytes of the chunk; what is longer is cut without a word.
  datagramMaxBytes: chunkBytes - 8,
  sockets: fact(process.env.MEERKAT_SOCKETS, 10),
  pages: fact(process.env.MEERKAT_PAGES, 16),
  pageBytes: fact(process.env.MEERKAT_PAGE_BYTES, 512),
};

/** Strings are bytes here, and text is its UTF-8 bytes: the build writes literals so, and everything received is so. */
const bytes: ByteOps = {
  text: sameText,
  copy: copyBytes,
  latin1: sliceString,
  utf8: sliceString,
  bytes: toBytes,
  slice: sliceString,
  indexOf: indexOfWhole,
  concat: concatStrings,
};

function sameText(s: string): string {
  return s;
}

// E.toString of a whole array shares its memory; adding "" makes the copy.
function copyBytes(u: Uint8Array): string {
  return u.length ? E.toString(u) + "" : "";
}

function toBytes(r: string | Uint8Array, from: number, to: number): Uint8Array {
  return from < to ? E.toUint8Array((r as string).slice(from, to)) : new Uint8Array(0);
}

// The firmware's indexOf also finds what only begins like the needle where the string ends ("x\r" has "\r\n" at 1).
function indexOfWhole(r: string | Uint8Array, needle: string, from: number): number {
  const at = (r as string).indexOf(needle, from);
  return at + needle.length > r.length ? -1 : at;
}

function concatStrings(a: string | Uint8Array, b: string | Uint8Array): string {
  return (a as string) + (b as string);
}

function sliceString(r: string | Uint8Array, from: number, to: number): string {
  return (r as string).slice(from, to);
}

/** The build drops what a program never names (cli/build/drop-methods.ts knows this object by its name). */
const espruinoPlatform: Platform = {
  name: "espruino",
  caps: caps,
  bytes: bytes,
  now: now,
  write: write,
  open: setSink,
  listen: listen,
  connect: connect,
  adopt: adoptSocket,
  pause: pause,
  resume: resume,
  end: end,
  destroy: destroy,
  openDatagram: openDatagram,
  sendTo: sendTo,
  wallMs: wallMs,
  wakeAfter: wakeAfter,
  tidy: tidy,
  memory: memory,
  random: random,
  digest: digest,
  log: log,
  files: files,
  // Written out here, and not a constant of link.ts: so the build sees that a program without Wi-Fi names none of it.
  link: {
    get canJoin() {
      return !!wifi();
    },
    watch: watchLink,
    status: linkStatus,
    join: join,
    leave: leaveWifi,
    hostName: hostName,
    powerSave: powerSave,
    accessPoint: accessPoint,
  },
};

/** The board this program runs on. There is one. */
export function platform(): Platform {
  return espruinoPlatform;
}
