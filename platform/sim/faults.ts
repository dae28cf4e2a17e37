// What can go wrong in a simulated network, each with its probability, all drawn from the world's seed.

/** Probabilities from 0 (never, the default) to 1 (always), unless the name ends in a unit. */
export interface SimFaults {
  /** A read brings a shorter piece than it could. */
  recvPartial: number;
  /** A connection brings its bytes one at a time, to its end. Drawn once a connection. */
  byteAtATime: number;
  /** A write answers WouldBlock although there is room; drained follows within `blockMaxMs`. */
  sendWouldBlock: number;
  blockMaxMs: number;
  /** A connection is reset before it could be accepted. */
  acceptError: number;
  /** A connect fails: refused, timed out or unreachable. */
  connectError: number;
  /** A listen or the opening of a datagram socket fails as if the port were in use. */
  listenError: number;
  /** A name look-up fails. */
  dnsError: number;
  /** A segment on the wire resets its connection in both directions. */
  resetProbability: number;
  /** A segment on the wire is late by up to `stallMaxMs`, and everything behind it too. */
  stall: number;
  stallMaxMs: number;
  /** Every segment and datagram is late by up to this. */
  jitterMs: number;
  /** A datagram is lost, comes twice, or comes late by up to `udpLateMaxMs` and so behind others. */
  udpLoss: number;
  udpDuplicate: number;
  udpReorder: number;
  udpLateMaxMs: number;
}

/** A network in which nothing goes wrong. */
export const NO_FAULTS: Readonly<SimFaults> = {
  recvPartial: 0,
  byteAtATime: 0,
  sendWouldBlock: 0,
  blockMaxMs: 5,
  acceptError: 0,
  connectError: 0,
  listenError: 0,
  dnsError: 0,
  resetProbability: 0,
  stall: 0,
  stallMaxMs: 1000,
  jitterMs: 0,
  udpLoss: 0,
  udpDuplicate: 0,
  udpReorder: 0,
  udpLateMaxMs: 50,
};

/** `given` over {@link NO_FAULTS}. @throws RangeError for a probability outside 0 to 1 or a negative time. */
export function completeFaults(given: Partial<SimFaults> = {}): SimFaults {
  const faults: SimFaults = { ...NO_FAULTS, ...given };
  for (const [name, value] of Object.entries(faults)) {
    const max = name.endsWith("Ms") ? Infinity : 1;
    if (!(value >= 0 && value <= max)) throw new RangeError(`Fault ${name} is ${value}, and must be 0 to ${max}`);
  }
  return faults;
}
