import { admit } from "./budget.js";
import { post } from "./call.js";
import type { Connection } from "./connection.js";
import { MG_EV_ACCEPT } from "./events.js";
import { MG_F_SSL, MG_F_SSL_HANDSHAKE_DONE } from "./flags.js";
import { callAndSettle } from "./input.js";
import { child } from "./lifecycle.js";
import type { Handle, Owner } from "./port.js";
import { Listed, State } from "./state.js";

/** A connection came in: admit it, make it a Connection, tell the handler. */
export function onAccepted(owner: Owner, handle: Handle, address: string, port: number): Owner | undefined {
  const lnc = owner as Connection;
  const mgr = lnc.mgr;
  if (!admit(mgr, lnc, handle, address)) return undefined;
  const nc = child(lnc, address, port);
  nc._sock = handle;
  nc._f |= lnc._f & MG_F_SSL ? MG_F_SSL | MG_F_SSL_HANDSHAKE_DONE : 0;
  mgr.stats.accepted++;
  if (mgr._running) {
    acceptEvent(nc);
  } else {
    nc._listed |= Listed.Early;
    post(nc, acceptEvent, undefined, undefined);
  }
  return nc;
}

function acceptEvent(nc: Connection): void {
  if (nc._state === State.Closed) return;
  nc._listed &= ~Listed.Early;
  callAndSettle(nc, MG_EV_ACCEPT, { address: nc.peerAddress, port: nc.peerPort });
}
