import { checkIpAcl } from "./acl.js";
import type { Connection } from "./connection.js";
import { MG_F_LISTENING } from "./flags.js";
import { cur } from "./hot.js";
import { close } from "./lifecycle.js";
import type { Manager } from "./manager.js";
import { Err, type Handle } from "./port.js";
import { Gate, State } from "./state.js";

/**
 * Decides over a newcomer. Denied by the access list: dropped. Room within the budget: admitted. Full: the longest-idle
 * connection that may be closed makes room; if there is none, the listener's refusal is sent and the newcomer dropped.
 * One socket of reserve is what the newcomer itself sits on meanwhile.
 */
export function admit(mgr: Manager, lnc: Connection, handle: Handle, address: string): boolean {
  if (mgr._freed || lnc._state !== State.Open) return false;
  if (lnc._acl && checkIpAcl(lnc._acl, address) !== 1) {
    mgr.stats.denied++;
    return false;
  }
  if (makeRoom(mgr)) return true;
  mgr.stats.refused++;
  if (lnc._onRefused) lnc._onRefused(lnc);
  if (lnc._refusal) mgr._platform.write(handle, lnc._refusal);
  return false;
}

/** Sees to it that one more connection fits the budget. False when it is full and nobody can be closed. */
export function makeRoom(mgr: Manager): boolean {
  if (!isFull(mgr)) return true;
  const victim = longestIdle(mgr);
  if (!victim) return false;
  mgr.stats.evicted++;
  victim.err = Err.Evicted;
  close(victim);
  return true;
}

/** Whether the sockets of the platform less the reserve, or the connections the limit allows, are all in use. */
function isFull(mgr: Manager): boolean {
  let sockets = 0;
  let connections = 0;
  for (let i = 0; i < mgr._conns.length; i++) {
    const nc = mgr._conns[i];
    if (nc._sock === undefined) continue;
    sockets++;
    if (!(nc._f & MG_F_LISTENING)) connections++;
  }
  const max = mgr.limits.connMax;
  return sockets >= mgr._platform.caps.sockets - mgr.limits.socketReserve || (max > 0 && connections >= max);
}

/** The connection that has been idle longest among those that may be closed to make room. */
function longestIdle(mgr: Manager): Connection | undefined {
  let victim: Connection | undefined;
  for (let i = 0; i < mgr._conns.length; i++) {
    const nc = mgr._conns[i];
    if (isEvictable(mgr, nc) && (!victim || nc._idle > victim._idle)) victim = nc;
  }
  return victim;
}

/**
 * A kept connection between requests always is; one from which nothing has come yet after a tick; one without a protocol
 * when it has long been silent. Never one in the
 * middle of something, one we made ourselves, a listener, or the one whose handler is running.
 */
function isEvictable(mgr: Manager, nc: Connection): boolean {
  if (!nc.listener || nc._sock === undefined || nc.id === cur || nc._unsent() || nc._src) return false;
  if (nc._state === State.Ending) return false;
  // A browser's spare connection that never said anything gives way after a tick.
  if (nc._gate & Gate.First) return nc._idle > mgr.limits.pollMs;
  if (nc.protoHandler) return !nc._ps && !(nc._r && nc._r.len);
  return mgr.limits.evictIdleMs > 0 && nc._idle >= mgr.limits.evictIdleMs;
}
