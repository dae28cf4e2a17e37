// What {@link fault} can do to a platform.

/** Probabilities from 0 (never, the default) to 1 (always), unless the name ends in a unit. May be changed while running. */
export interface FaultOptions {
  /** 32 bits; the same seed, the same faults, as far as the platform below does the same. */
  seed: number;
  /** Bytes that arrive are offered in two or more pieces. */
  recvPartial?: number;
  /** A connection gets its bytes one at a time. Drawn once a connection. */
  byteAtATime?: number;
  /** A write answers WouldBlock although there is room; drained follows. */
  sendWouldBlock?: number;
  /** An upcall comes late by up to `delayMaxMs`, and those behind it for the same owner too. Default 5 ms. */
  delay?: number;
  delayMaxMs?: number;
  /** A connection that comes in is ended before the core hears of it. */
  acceptError?: number;
  /** A connect fails: refused, timed out or unreachable. */
  connectError?: number;
  /** A listen, or the opening of a datagram socket, fails: the address is in use. */
  listenError?: number;
  /** A connection is reset after up to `resetAfterMaxBytes` in both directions together. Default 4096. */
  resetProbability?: number;
  resetAfterMaxBytes?: number;
  /** A datagram is lost, on its way out or in. */
  udpLoss?: number;
  /** A read of a file fails. */
  fileReadError?: number;
  /** A write to a file finds the store full; nothing more is taken of that file. */
  fileWriteError?: number;
  /** The last step of writing a file fails; what was there stays. */
  fileCommitError?: number;
}
