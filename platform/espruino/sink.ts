import type { Err, Sink } from "../../src/core/port.js";
import type { Failure } from "./types.js";

/**
 * Whom the adapter reports to.
 * @hot
 */
export let sink: Sink;

/** See `Platform.open`. */
export function setSink(s: Sink): void {
  sink = s;
}

/** A handle for something that failed at once: the core hears of it from the event loop, as of any other failure. */
export function failed(owner: object, err: Err): Failure {
  const f: Failure = { u: owner, e: err };
  setTimeout(reportFailure, 0, f);
  return f;
}

function reportFailure(f: Failure): void {
  const owner = f.u;
  f.u = undefined;
  if (owner) sink.closed(owner, f.e);
}
