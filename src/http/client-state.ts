import type { Connection } from "../core/connection.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../core/flags.js";
import type { Err } from "../core/port.js";
import type { HttpMessage } from "./message.js";
import type { WireRequest } from "./request.js";

/** How long a reply may take and how large it may be. Times in milliseconds (0: no limit), looked at once a tick (`pollMs`). */
export interface HttpClientLimits {
  /** From the last byte of the request to the first of the reply. Default: `limits.replyMs`. */
  replyMs?: number;
  /** From the first byte of the reply's head to its last. Default: the manager's `headMs`. */
  headMs?: number;
  /** Without a byte of the reply's body. Default: the manager's `idleMs`; its `bodyRateMin` holds besides. */
  bodyMs?: number;
  /** From `connectHttp` or `httpRequest` to the end of the reply. Default 0. */
  totalMs?: number;
  /** Bytes of the reply's head. Default: the manager's `headMaxBytes`. */
  headMaxBytes?: number;
  /** Bytes of a body that is collected for MG_EV_HTTP_REPLY. Default: the manager's `bodyMaxBytes`, or `recvMbufLimit`. */
  bodyMaxBytes?: number;
}

/** What a client's connection waits for. */
export const enum Wait {
  /** Nothing: the next request may be sent. */
  None = 0,
  /** To be connected. */
  Connect = 1,
  /** The first byte of a reply. */
  Reply = 2,
  /** The rest of its head. */
  Head = 3,
  /** The rest of its body. */
  Body = 4,
}

/** A client's side of a connection: what was asked, and how far the answer is. It stands in `_hooks`. */
export class ClientState {
  /** Scheme, host and port. */
  origin: string;
  /** The Host line's value, and the Authorization line ("" for none), for every request to this origin. */
  host: string;
  credentials: string;
  limits: HttpClientLimits;
  wait: Wait;
  /** The request that was sent, or will be when the connection stands. */
  request: WireRequest | undefined;
  /** When the request was made, and when the present wait began; platform ms. */
  beganMs: number;
  sinceMs: number;
  /** Interim replies to this request. */
  declare interims: number;
  /** 1: this connection cannot be used for another request. */
  declare isLast: number;
  /** 1: the peer will send no more; what came is still with the sink. */
  declare isEnded: number;
  /** Told that a reply is over whose body went to a sink. */
  declare onStreamed: ((nc: Connection, hm: HttpMessage) => void) | undefined;

  constructor(origin: string, host: string, credentials: string, limits: HttpClientLimits) {
    this.origin = origin;
    this.host = host;
    this.credentials = credentials;
    this.limits = limits;
    this.wait = Wait.None;
    this.request = undefined;
    this.beganMs = 0;
    this.sinceMs = 0;
  }
}

// On the prototype they take no memory until they are used.
const proto = ClientState.prototype;
proto.interims = 0;
proto.isLast = 0;
proto.isEnded = 0;
proto.onStreamed = undefined;

/** The client's side of a connection made by `connectHttp`. Throws TypeError for any other. */
export function clientOf(nc: Connection): ClientState {
  const c = nc._hooks;
  if (!(c instanceof ClientState)) throw new TypeError("Connection " + nc.id + " was not made by connectHttp");
  return c;
}

/** The exchange cannot go on: the connection ends, with the reason in `nc.err`. */
export function fail(nc: Connection, err: Err): false {
  if (!nc.err) nc.err = err;
  nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  return false;
}
