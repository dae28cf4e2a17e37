import { rangeError } from "./errors.js";
import type { Raw } from "./port.js";

/**
 * What becomes of messages for a receiver that does not keep up, so that a sleeping one harms nobody: `"latest"` keeps only
 * the newest message of each topic; `"dropNew"` drops the message that finds no room; `"dropOld"` drops those that waited
 * longest; `"close"` closes the connection.
 */
export type SendPolicy = "latest" | "dropNew" | "dropOld" | "close";

/** Options of an outlet. */
export interface OutletOptions {
  /** Default `"dropOld"`. */
  policy?: SendPolicy;
  /** Bytes of messages that may wait for this receiver; one that is larger may wait alone. Default: an eighth of the pool. */
  shareBytes?: number;
}

/** Messages that wait for one receiver, outside the pool. */
export interface Waiting {
  /** Messages that were dropped. */
  dropped: number;
  _policy: Policy;
  _shareBytes: number;
  /** {@link NOTHING} while there are none: an array of its own would take variables of every receiver. */
  _queue: Raw[];
  _topics: string[];
  /** Bytes in `_queue`. */
  _waiting: number;
}

/** A {@link SendPolicy} as a number, which takes fewer variables than the word. */
export const enum Policy {
  DropOld = 0,
  Latest = 1,
  DropNew = 2,
  Close = 3,
}

/** Stands for the queue of whoever has none. Nothing is ever put into it. */
export const NOTHING: never[] = [];

/** The policy that is asked for. Throws TypeError for an unknown one, RangeError for a negative share. */
export function policyOf(options: OutletOptions): Policy {
  const share = options.shareBytes;
  const policy = ["dropOld", "latest", "dropNew", "close"].indexOf(options.policy || "dropOld");
  if (policy < 0) throw new TypeError('Unknown policy "' + options.policy + '"');
  if (share !== undefined && !(share >= 0)) throw rangeError("shareBytes is " + share + ": must be 0 or more");
  return policy;
}

/** Puts a message behind those that wait. False when there is no room for it and the policy makes none: it was dropped. */
export function waitInLine(w: Waiting, message: Raw, topic: string): boolean {
  const n = message.length;
  const same = w._policy === Policy.Latest ? w._topics.indexOf(topic) : -1;
  if (same >= 0) {
    w._waiting += n - w._queue[same].length;
    w._queue[same] = message;
    w.dropped++;
    return true;
  }
  if (w._queue.length && w._waiting + n > w._shareBytes && !makeRoom(w, n)) return false;
  if (!w._queue.length) {
    w._queue = [];
    w._topics = [];
  }
  w._queue.push(message);
  w._topics.push(topic);
  w._waiting += n;
  return true;
}

/** The share is used up. True when the policy makes room. */
function makeRoom(w: Waiting, n: number): boolean {
  if (w._policy === Policy.Close || w._policy === Policy.DropNew) {
    w.dropped++;
    return false;
  }
  while (w._queue.length && w._waiting + n > w._shareBytes) {
    take(w);
    w.dropped++;
  }
  return true;
}

/** The message that has waited longest; there must be one. */
export function take(w: Waiting): Raw {
  const message = w._queue.shift() as Raw;
  w._topics.shift();
  w._waiting -= message.length;
  if (!w._queue.length) clearLine(w);
  return message;
}

/** Nobody waits any more. */
export function clearLine(w: Waiting): void {
  w._queue = NOTHING;
  w._topics = NOTHING;
}
