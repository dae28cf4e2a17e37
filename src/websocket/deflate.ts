import type { Connection } from "../core/connection.js";
import type { Raw, Zlib } from "../core/port.js";
import { trimOws } from "../http/message.js";
import { Close } from "./ops.js";
import { putFrame } from "./send.js";
import { codec, type WebsocketExtension, Ws } from "./state.js";

/** How messages are compressed. */
export interface DeflateOptions {
  /** Messages below this are sent as they are. Default 1024 bytes. */
  fromBytes?: number;
  /** Default false: each message is compressed alone, which costs no memory between messages. `true`: with what came before, where the peer agrees. */
  takeover?: boolean;
}

/** What a message may refer to. */
const WINDOW_BYTES = 32768;
/** Sizes of that as powers of two. zlib makes no stream of 2^8. */
const BITS_MAX = 15;
const BITS_MIN = 9;
const NAME = "permessage-deflate";
const NO_SERVER = "server_no_context_takeover";
const NO_CLIENT = "client_no_context_takeover";
const SERVER_BITS = "server_max_window_bits";
const CLIENT_BITS = "client_max_window_bits";

/** A connection whose messages may be compressed. */
interface Compressed extends Connection {
  _z: Windows;
}

/** What came and went before; undefined in the direction in which each message stands alone. */
interface Windows {
  from: number;
  /** How far back, as a power of two, what we send may refer. */
  bits: number;
  sent: Raw | undefined;
  got: Raw | undefined;
}

/**
 * Compression of messages, permessage-deflate (RFC 7692), for the option `extension` of `setProtocolWebsocket` and `connectWs`.
 * Where the platform cannot compress (boards) it is neither offered nor accepted. Compressed messages count with their full
 * size against `messageMaxBytes`, and are never handed over in pieces.
 */
export function websocketDeflate(options?: DeflateOptions): WebsocketExtension {
  const o = options || {};
  const from = o.fromBytes === undefined ? 1024 : o.fromBytes;
  const alone = !o.takeover;
  return {
    offer(nc) {
      return nc.mgr._platform.zlib ? NAME + (alone ? "; " + NO_SERVER + "; " + NO_CLIENT : "") + "; " + CLIENT_BITS : "";
    },
    accept(nc, offered) {
      const offers = offered.split(",");
      for (let i = 0; nc.mgr._platform.zlib && i < offers.length; i++) {
        const found = paramsOf(offers[i], true);
        if (!found) continue;
        const isServerAlone = alone || found.indexOf(NO_SERVER) >= 0;
        const isClientAlone = alone || found.indexOf(NO_CLIENT) >= 0;
        const bits = bitsOf(found, SERVER_BITS);
        start(nc, from, bits, isServerAlone, isClientAlone);
        return NAME + (isServerAlone ? "; " + NO_SERVER : "") + (isClientAlone ? "; " + NO_CLIENT : "") + (bits < BITS_MAX ? "; " + SERVER_BITS + "=" + bits : "");
      }
      return "";
    },
    agree(nc, answered) {
      const found = paramsOf(answered, false);
      if (!found || !nc.mgr._platform.zlib || (alone && found.indexOf(NO_SERVER) < 0)) return false;
      start(nc, from, bitsOf(found, CLIENT_BITS), alone || found.indexOf(NO_CLIENT) >= 0, found.indexOf(NO_SERVER) >= 0);
      return true;
    },
  };
}

/**
 * The parameters of one offer or answer, those with a value as `name=value`; undefined when it is another extension,
 * malformed, or more than we do (RFC 7692 §7.1).
 */
function paramsOf(text: string, isOffer: boolean): string[] | undefined {
  const parts = text.split(";");
  const params: string[] = [];
  const seen: string[] = [];
  if (trimOws(parts[0]) !== NAME) return undefined;
  for (let i = 1; i < parts.length; i++) {
    const part = trimOws(parts[i]).split('"').join(""); // §5.2: a value may be quoted
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    if (seen.indexOf(name) >= 0) return undefined;
    const isBare = part === NO_SERVER || part === NO_CLIENT || (isOffer && part === CLIENT_BITS);
    if (!isBare && !isBits(part, name, isOffer)) return undefined;
    seen.push(name);
    params.push(part);
  }
  return params;
}

/** Whether it names a window size that we can have: what we send needs 512 bytes at least, what we get is read whatever its window. */
function isBits(part: string, name: string, isOffer: boolean): boolean {
  if (name !== SERVER_BITS && name !== CLIENT_BITS) return false;
  const value = part.slice(name.length + 1);
  const bits = Number(value);
  const least = (name === SERVER_BITS) === isOffer ? BITS_MIN : 8;
  return value === "" + bits && bits >= least && bits <= BITS_MAX && Math.floor(bits) === bits;
}

/** The window size that is asked for under that name; the largest when none is. */
function bitsOf(params: string[], name: string): number {
  for (let i = 0; i < params.length; i++) if (params[i].indexOf(name + "=") === 0) return Number(params[i].slice(name.length + 1));
  return BITS_MAX;
}

function start(nc: Connection, from: number, bits: number, isSentAlone: boolean, isGotAlone: boolean): void {
  nc._ps |= Ws.Deflate;
  (nc as Compressed)._z = { from: from, bits: bits, sent: isSentAlone ? undefined : "", got: isGotAlone ? undefined : "" };
  codec.inflate = inflate;
  codec.put = put;
}

function inflate(nc: Connection, bytes: Raw, maxBytes: number): Raw | number {
  const z = (nc as Compressed)._z;
  const plain = (nc.mgr._platform.zlib as Zlib).inflate(bytes, z.got || "", maxBytes);
  if (plain === null) return Close.TooBig;
  if (plain === undefined) return Close.BadData;
  if (z.got !== undefined) z.got = lastOf(nc, z.got, plain);
  return plain;
}

function put(nc: Connection, op: number, raw: Raw): number {
  const z = (nc as Compressed)._z;
  if (raw.length < z.from || !raw.length) return putFrame(nc, op, raw);
  const n = putFrame(nc, op | 64, (nc.mgr._platform.zlib as Zlib).deflate(raw, z.sent || "", z.bits));
  if (n && z.sent !== undefined) z.sent = lastOf(nc, z.sent, raw);
  return n;
}

/** The last bytes of all that came in one direction. */
function lastOf(nc: Connection, window: Raw, bytes: Raw): Raw {
  const all = nc.mgr._ops.concat(window, bytes);
  return all.length > WINDOW_BYTES ? nc.mgr._ops.slice(all, all.length - WINDOW_BYTES, all.length) : all;
}
