/** Where a connection stands. */
export const enum State {
  /** Being made: name look-up, connect, handshake. */
  Connecting = 0,
  /** Events flow. Also a listener, a datagram socket, a timer-only connection. */
  Open = 1,
  /** Output is flushed and ended; waiting for the platform to say that the socket is gone. */
  Ending = 2,
  /** CLOSE was sent. */
  Closed = 3,
}

/** Why the hot path is not open: bits of `_gate`. 0: nothing special about this connection. */
export const enum Gate {
  /** Nobody drives the manager: events wait for `poll`. */
  Manual = 1,
  /** Not open yet, or closing. */
  State = 2,
  /** The first byte has not come yet. */
  First = 4,
  /** recvMbufLimit is below one chunk. */
  Limit = 8,
  /** The pool is down to its reserve. */
  Tight = 16,
  /** Output: the platform said WouldBlock; `drained` follows. */
  Blocked = 32,
  /** Output: not a stream of the platform, but a datagram peer, one end of a pair, or no socket at all. */
  Special = 64,
  /** Output: a source is being sent. */
  Source = 128,
  /** Output: corked (MG_F_BUFFER_BUT_DONT_SEND). */
  Cork = 256,
  /** Output: not connected yet. */
  Connecting = 512,
  /** MG_F_CLOSE_IMMEDIATELY was set: nothing is read or written any more. */
  Dropped = 1024,
  /** recvMbuf holds something, or the program has looked at it. */
  Kept = 2048,
  /** sendMbuf holds something, or the program has looked at it. */
  Queued = 4096,
}

/** Gates that hold back output. */
export const NO_OUTPUT = Gate.Blocked | Gate.Cork | Gate.Connecting;

/** Gates that do not concern output: with any other a send does not go the short way. */
export const INPUT_ONLY = Gate.First | Gate.Limit | Gate.Kept;

/** Lists of the manager a connection can be in. */
export const enum Listed {
  Closing = 1,
  Dirty = 2,
  Starved = 4,
  /** A pair end whose output is about to be moved. */
  Moving = 8,
  /** Accepted while nobody drives the manager: ACCEPT waits for `poll`, and nothing may come before it. */
  Early = 16,
}

/** What a deadline waits for; shown in the list of connections. */
export const enum Phase {
  /** No protocol, or the protocol sets no deadline. */
  Raw = 0,
  /** Accepted, no byte yet. */
  First = 1,
  /** Between requests. */
  Idle = 2,
  /** A head has begun. */
  Head = 3,
  /** A body is coming in. */
  Body = 4,
  /** A reply is owed or going out. */
  Reply = 5,
}
