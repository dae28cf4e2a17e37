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
}
