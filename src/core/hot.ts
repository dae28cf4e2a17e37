import type { Connection } from "./connection.js";
import { MG_EV_RECV, MG_EV_SEND } from "./events.js";
import { CLOSE_FLAGS } from "./flags.js";
import type { Owner, Raw } from "./port.js";
import { slow } from "./slow.js";
import { Gate, INPUT_ONLY } from "./state.js";

/*
 * The hot path: one chunk in, the handlers' answer out. On Espruino every property, name and call is paid for each time
 * it is passed (a few tenths of a microsecond on a PC, ten times that on a chip), so what is common is done here in as
 * few steps as can be, and everything else is behind one test: `_gate` is 0 only for an open connection of a running
 * manager with nothing special about reading or writing. The slow path gives the same result for every case.
 *
 * Pages. What comes in and goes out within one event is never leased: events run one at a time, so that is one page in
 * hand for the whole manager. What stays when the event is over is leased then.
 */

/**
 * The id of the connection whose handler is running; 0: none. A number, because comparing objects takes Espruino four
 * times as long; ids are unique over all managers.
 * @hot
 */
export let cur = 0;

/** Names the connection whose handler is running; answers the one before. */
export function setCur(id: number): number {
  const before = cur;
  cur = id;
  return before;
}

/** Hands an event to the protocol's handler, which forwards raw events itself, or to the connection's. */
export function dispatch(nc: Connection, ev: number, data: unknown): void {
  const proto = nc.protoHandler;
  if (proto) proto(nc, ev, data);
  else if (nc.handler) nc.handler(nc, ev, data);
}

/**
 * Bytes came in (Sink.data): RECV, then whatever the handlers sent is written and reported with SEND. Answers how many
 * bytes, from the end, the core did not take: 0 as a rule.
 * @hot
 */
export function onData(owner: Owner, bytes: Raw): number {
  const nc = owner as Connection;
  if (nc._gate) {
    if (nc._gate !== Gate.First) return slow.data(nc, bytes);
    nc._gate = 0;
  }
  const proto = nc.protoHandler || nc.handler;
  nc._i = bytes;
  nc._idle = 0;
  cur = nc.id;
  try {
    if (proto) proto(nc, MG_EV_RECV, bytes.length);
    const out = nc._o;
    if (out && !(nc._gate & ~INPUT_ONLY)) {
      const r = nc.mgr._platform.write(nc._sock, out);
      if (r > 0) {
        nc._o = 0;
        if (proto && (nc._ps || !nc._quiet)) proto(nc, MG_EV_SEND, r);
      } else slow.refused(nc, r);
    }
  } catch (e) {
    slow.threw(nc, e, "RECV or SEND");
  }
  cur = 0;
  if (nc._i || nc._o || nc._gate || nc._f & CLOSE_FLAGS) slow.after(nc);
  if (nc.mgr._todo) slow.leave(nc.mgr);
  return 0;
}
