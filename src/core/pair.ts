import { call, closeLater, post } from "./call.js";
import type { Connection } from "./connection.js";
import { MG_EV_SEND } from "./events.js";
import { MG_F_SEND_AND_CLOSE, MG_F_WANT_READ } from "./flags.js";
import { received } from "./input.js";
import { leave, settle } from "./output.js";
import { roomFor, starve } from "./room.js";
import { Gate, Listed, State } from "./state.js";

/** Joins two connections in memory: what one sends, the other receives in a later pass. */
export function joinPair(a: Connection, b: Connection): void {
  a._pair = b;
  b._pair = a;
  for (let i = 0; i < 2; i++) {
    const nc = i ? a : b;
    nc._gate |= Gate.Special;
    nc._out = pairSend;
    nc._detach = pairClosed;
  }
}

/** Announces to the other end that there is something; it is moved in the next pass, as much as it has room for. */
function pairSend(nc: Connection): void {
  if (nc._listed & Listed.Moving) return;
  nc._listed |= Listed.Moving;
  post(nc, pairMove, undefined, undefined);
}

function pairMove(nc: Connection): void {
  nc._listed &= ~Listed.Moving;
  const to = nc._pair;
  const m = nc._outq();
  if (!to || nc._state !== State.Open || !m.len) return;
  const n = Math.min(m.len, roomFor(to));
  if (n <= 0) {
    to._f |= MG_F_WANT_READ;
    return starve(to);
  }
  const piece = nc.mgr._ops.slice(m._pullup(), 0, n);
  m.remove(n);
  to._in()._put(piece);
  nc._idle = 0;
  call(nc, MG_EV_SEND, n);
  received(to, n);
  settle(nc);
  leave(nc.mgr);
}

/** One end closed: the other has received all it will, sends what it has to nobody, and closes too. */
function pairClosed(nc: Connection): void {
  const other = nc._pair;
  nc._pair = undefined;
  if (!other || other._state !== State.Open) return;
  other._pair = undefined;
  other._f |= MG_F_SEND_AND_CLOSE;
  other._out = dropOutput;
  other._outq().clear();
  closeLater(other);
}

function dropOutput(nc: Connection): void {
  nc._outq().clear();
}
