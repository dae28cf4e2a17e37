import type { Connection } from "./connection.js";
import { MG_F_CONNECTING } from "./flags.js";
import { MG_F_LISTENING, MG_F_WANT_READ } from "./flags.js";
import { failConnect, close } from "./lifecycle.js";
import { Err } from "./port.js";
import { Gate, Phase, State } from "./state.js";

/**
 * Looks at one connection, once a tick: has it been in its phase for longer than the limit allows? Times are compared
 * with what the hot path writes anyway, so a deadline costs nothing until it is looked at.
 * Answers true when the connection was closed or told to.
 */
export function checkDeadline(nc: Connection, nowMs: number): boolean {
  const limits = nc.mgr.limits;
  // A listener that is not bound yet has this state too, and no deadline.
  if (nc._state === State.Connecting) return (nc._f & MG_F_CONNECTING) !== 0 && isPast(nowMs, nc._since, limits.connectMs) && connectTimedOut(nc);
  if (nc._state === State.Ending) return isPast(nowMs, nc._since, limits.lingerMs) && expire(nc);
  if (nc._gate & Gate.Blocked && isPast(nowMs, nc._blockedAt, limits.writeMs)) return expire(nc);
  const phase = phaseOf(nc);
  if (phase === Phase.Raw) return false;
  if (phase === Phase.First) return isIdle(nc, limits.firstByteMs) && expire(nc);
  if (phase === Phase.Idle) return isIdle(nc, limits.idleMs) && expire(nc);
  if (phase === Phase.Head) return isPast(nowMs, nc._since, limits.headMs) && expire(nc);
  if (phase === Phase.Body) return !(nc._f & MG_F_WANT_READ) && isIdle(nc, limits.idleMs) && expire(nc);
  return false;
}

function isPast(nowMs: number, sinceMs: number, limitMs: number): boolean {
  return limitMs > 0 && nowMs - sinceMs >= limitMs;
}

/** What the connection is waiting for. Only what is neither the first byte nor the next message is written down in `_phase`. */
export function phaseOf(nc: Connection): Phase {
  if (nc._phase || !nc.protoHandler || nc._f & MG_F_LISTENING) return nc._phase;
  return nc._gate & Gate.First ? Phase.First : Phase.Idle;
}

/** Whether nothing came or went for that long. The tick in which the last byte came counts in full: it does not here. */
function isIdle(nc: Connection, limitMs: number): boolean {
  return limitMs > 0 && nc._idle - nc.mgr._tickMs >= limitMs;
}

function connectTimedOut(nc: Connection): boolean {
  if (nc._sock !== undefined) nc.mgr._platform.destroy(nc._sock);
  nc._sock = undefined;
  nc.mgr.stats.deadlines++;
  failConnect(nc, Err.TimedOut);
  return true;
}

function expire(nc: Connection): boolean {
  nc.mgr.stats.deadlines++;
  if (!nc.err) nc.err = Err.Deadline;
  if (nc._onDeadline && nc._state === State.Open && nc._onDeadline(nc)) return false;
  close(nc);
  return true;
}
