import { call, closeLater, guard } from "./call.js";
import type { Connection, Source } from "./connection.js";
import { MG_EV_SEND } from "./events.js";
import { CLOSE_FLAGS, MG_F_CLOSE_IMMEDIATELY, MG_F_WANT_WRITE } from "./flags.js";
import { cur, setCur } from "./hot.js";
import type { Manager } from "./manager.js";
import { type Mbuf, toRaw } from "./mbuf.js";
import { Err, type Raw, WriteResult } from "./port.js";
import { readOn, starve } from "./room.js";
import { slow } from "./slow.js";
import { Gate, Listed, NO_OUTPUT, State } from "./state.js";

/** Writes what there is to write: in pieces, from a source, as a datagram, to a pair; or not at all while it may not. */
function flush(nc: Connection): void {
  let m = nc._outq();
  if (nc._gate & Gate.Special) flushSpecial(nc, m);
  else while (canWrite(nc) && (m.len || pull(nc, m)) && (!m.len || writePiece(nc, m))) m = nc._outq(); // a handler may have taken its queue away
  m = nc._outq();
  m._leaseKept();
  if (m.len) return;
  nc._gate &= ~Gate.Queued;
  if (!m._public) nc._s = undefined;
}

function canWrite(nc: Connection): boolean {
  return !(nc._gate & NO_OUTPUT) && nc._state === State.Open && !(nc._f & MG_F_CLOSE_IMMEDIATELY);
}

/** Writes the front of sendMbuf. False when the platform took nothing. */
function writePiece(nc: Connection, m: Mbuf): boolean {
  const r = nc.mgr._platform.write(nc._sock, firstPiece(m, nc.mgr));
  if (r < 0) {
    writeRefused(nc, r);
    return false;
  }
  m.remove(r);
  nc._idle = 0;
  call(nc, MG_EV_SEND, r);
  return true;
}

/** The front of sendMbuf, at most what the platform takes at once; small pieces are joined first. */
function firstPiece(m: Mbuf, mgr: Manager): Raw {
  const max = mgr._writeMax;
  if (m._more && m._raw.length < max) m._gather(max < m.len ? max : m.len);
  return m._raw.length <= max ? m._raw : mgr._ops.slice(m._raw, 0, max);
}

/** Asks the source for the next piece. False when there is nothing to write now. */
function pull(nc: Connection, m: Mbuf): boolean {
  const source = nc._src;
  if (!source) return false;
  const mgr = nc.mgr;
  const free = mgr.pool._free;
  const room = (free > 1 ? free >> 1 : free) * mgr.pool.pageBytes; // half: a reader that sleeps on it leaves some to the others
  if (room <= 0) {
    starve(nc);
    return false;
  }
  const max = room < mgr._writeMax ? room : mgr._writeMax;
  const data = source.next(max);
  if (data === undefined) return false;
  if (data === null) return sourceDone(nc, source);
  const raw = source.isRaw ? data : toRaw(mgr._ops, data);
  if (!raw.length) return false;
  if (raw.length > max) throw new TypeError("Source gave " + raw.length + " bytes: at most " + max + " were asked for");
  if (m._put(raw)) return true;
  if (m.len) throw new Error("No page left for what the source gave");
  m._raw = raw; // its `next` used up the pages it was asked to fill: this one piece is in hand
  m.len = raw.length;
  return true;
}

/** The source has no more: it is told, and so is the protocol. True when there is something to write all the same. */
function sourceDone(nc: Connection, source: Source): boolean {
  nc._src = undefined;
  nc._gate &= ~Gate.Source;
  if (source.done) source.done(true);
  if (nc._onSent && isFlushed(nc)) nc._onSent(nc);
  return nc._outq().len > 0 || nc._src !== undefined;
}

/** The platform took nothing. */
function writeRefused(nc: Connection, r: number): void {
  nc._outq()._leaseKept();
  if (r === WriteResult.WouldBlock) {
    nc._gate |= Gate.Blocked;
    nc._f |= MG_F_WANT_WRITE;
    nc._blockedAt = nc.mgr._platform.now();
  } else if (r === WriteResult.Failed) {
    nc._f |= MG_F_CLOSE_IMMEDIATELY;
    if (!nc.err) nc.err = Err.Failed;
    call(nc, MG_EV_SEND, -nc.err);
  }
}

/** Output of a connection that is no stream of the platform: a datagram peer, a pair, or none. */
function flushSpecial(nc: Connection, m: Mbuf): void {
  m._leaseKept();
  if (nc._out && m.len && canWrite(nc)) nc._out(nc);
}

/** True when nothing is left to write, so that SEND_AND_CLOSE may close. */
export function isFlushed(nc: Connection): boolean {
  return !nc._o && !(nc._s && nc._s.len) && !nc._src;
}

/**
 * The end of an event for this connection: what stays is leased, what it has is written, it is closed if that was asked
 * for, and reads on if there is room.
 */
export function settle(nc: Connection): void {
  keepInput(nc);
  if (nc._state >= State.Ending) return;
  if (nc._gate & Gate.Queued || nc._o || nc._src) guard(nc, "SEND", flush, 0, 0);
  const f = nc._f;
  if (f & CLOSE_FLAGS && (f & MG_F_CLOSE_IMMEDIATELY || isFlushed(nc))) closeLater(nc);
  keepInput(nc);
  readOn(nc);
}

/** Leases pages for input that stays, and closes the hot path while it does. */
function keepInput(nc: Connection): void {
  const m = nc._i ? nc._in() : nc._r;
  if (!m) {
    nc._gate &= ~Gate.Kept;
    return;
  }
  m._leaseKept();
  nc._gate = m.len ? nc._gate | Gate.Kept : nc._gate & ~Gate.Kept;
}

/** Runs protocol code outside the platform's upcalls as an event of this connection, with all that follows one. (`guard`, written out.) */
export function guarded(nc: Connection, run: (nc: Connection) => void): void {
  const outer = setCur(nc.id);
  try {
    run(nc);
  } catch (e) {
    slow.threw(nc, e, "protocol");
  }
  setCur(outer);
  settle(nc);
  leave(nc.mgr);
}

/** The end of an event: settles the connections it touched besides its own, then frees the manager if that was asked for. */
export function leave(mgr: Manager): void {
  if (cur) return;
  mgr._todo = 0;
  while (mgr._dirty.length) {
    const list = mgr._dirty;
    mgr._dirty = [];
    for (let i = 0; i < list.length; i++) {
      list[i]._listed &= ~Listed.Dirty;
      settle(list[i]);
    }
  }
  if (mgr._freeing) mgr._freeNow();
}

slow.refused = writeRefused;
slow.after = settle;
slow.leave = leave;
