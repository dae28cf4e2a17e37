import type { Connection } from "./connection.js";
import type { Manager } from "./manager.js";
import type { Raw } from "./port.js";

/**
 * Where the hot path turns to when a case is not the common one. Filled in by the modules that know (no cycles that way).
 * @hot
 */
export const slow = {} as {
  data(nc: Connection, bytes: Raw): number;
  /** Hands out what was held. */
  deliver(nc: Connection): void;
  /** After an event that left something to do for its own connection. */
  after(nc: Connection): void;
  /** After an event that left something to do for others. */
  leave(mgr: Manager): void;
  threw(nc: Connection, e: unknown, where: string): void;
  refused(nc: Connection, result: number): void;
};
