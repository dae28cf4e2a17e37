/** What is the matter with a bufferevent: bits of `_st`. */
export const enum Bev {
  /** A connect is under way. */
  Connecting = 1,
  /** Freed: nothing is done or said any more. */
  Freed = 2,
  /** The peer has ended; to be reported when all that came before was read. */
  Ended = 4,
  /** The connection is gone; `_err` says why. */
  Gone = 8,
  /** Input may wait to be read: the loop looks. */
  Pump = 16,
  /** EV_WRITE was enabled with nothing to write: the write callback is owed once. */
  Wake = 32,
  /** The read callback is due from the loop. */
  ReadDue = 64,
  /** The write callback is due from the loop. */
  WriteDue = 128,
  /** Input is being handed out further up the stack. */
  Reading = 256,
  /** The filter's output is being made further up the stack. */
  Writing = 512,
  /** The end of the connection was reported. */
  Told = 1024,
  /** The connect failed, which was reported. */
  Unmade = 16384,
  /** It was given a priority: its callbacks take their turn with everything else that is active. */
  Ranked = 4096,
  /** Output was added while the filter was at work. */
  Again = 8192,
  /** Input below is left for when the filter's own has room. */
  Left = 2048,
}

/** Why a direction rests although it is enabled: bits of `_rs` and `_ws` (bufferevent-internal.h). */
export const enum Suspend {
  /** The high watermark is reached. */
  Watermark = 1,
  /** Its own bucket is empty. */
  Rate = 2,
  /** The bucket of its group is. */
  Group = 4,
  /** The name is being looked up. */
  Lookup = 8,
  /** The filter above does not read. */
  Filter = 16,
}
