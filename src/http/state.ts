import type { Connection } from "../core/connection.js";
import type { AnyHandler } from "../core/events.js";
import type { HttpMessage } from "./message.js";

/** What is special about an HTTP connection just now: bits of `nc._ps`. 0: between requests, kept. */
export const enum Http {
  /** The reply in the making ends the connection. */
  Close = 1,
  /** The reply in the making has no body: the request was HEAD. */
  NoBody = 2,
  /** A request was handed out and its reply is not all sent: the next one waits. */
  Owed = 4,
  /** Refused: nothing is read any more. */
  Dead = 8,
  /** Nothing came yet. */
  New = 16,
  /** A part of a request is here. */
  Partial = 32,
  /** The peer will send no more; what it asked for is still answered. */
  Ended = 64,
  /** A reply in chunks is under way: its end is not here yet. */
  Open = 128,
  /** The client speaks HTTP/1.0: no chunks. */
  Old = 256,
  /** The reply was made before the body was read to its end. */
  Early = 512,
  /** Header lines wait for the next reply. */
  Extra = 1024,
}

/** What a listener's HTTP does beyond the plain: filled in by the features a program uses, copied to its connections. */
export interface HttpHooks {
  /** Who handles this request; undefined: it has been answered. Called once a request, when its head is complete. */
  route?(nc: Connection, hm: HttpMessage): AnyHandler | undefined;
  /** Called for a request with a body before MG_EV_HTTP_HDRS: may stream it. `handler` gets the events of this request. */
  body?(nc: Connection, hm: HttpMessage, handler: AnyHandler | undefined): void;
  /** The page for an error reply, HTML; undefined: plain text. See `HttpOptions.errorPage`. */
  errorPage?(status: number, reason: string): string | undefined;
  /**
   * Called for a request without a body, behind `route`: who handles it; undefined when it has been answered, or when the
   * connection speaks another protocol from here on: then Http.Dead is set, and the request is taken out of recvMbuf.
   */
  upgrade?(nc: Connection, hm: HttpMessage, handler: AnyHandler | undefined): AnyHandler | undefined;
  /** The protocol's handler instead of the plain one: it must not answer remembered requests without `route`. */
  proto?: AnyHandler;
}

/** The hooks of a listener or connection; made when first asked for. */
export function hooksOf(nc: Connection): HttpHooks {
  return (nc._hooks || (nc._hooks = {})) as HttpHooks;
}
