import { arm, call, guard, post, threw } from "./call.js";
import type { Connection } from "./connection.js";
import { MG_EV_RECV } from "./events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_WANT_READ } from "./flags.js";
import { setCur } from "./hot.js";
import { leave, settle } from "./output.js";
import { Err, type Raw } from "./port.js";
import { roomFor, starve } from "./room.js";
import { slow } from "./slow.js";
import { Gate, State } from "./state.js";

/** Input that is not the common case. Answers how many bytes, from the end, were not taken. */
function dataSlow(nc: Connection, bytes: Raw): number {
  const n = bytes.length;
  const mgr = nc.mgr;
  if (nc._state !== State.Open || nc._f & MG_F_CLOSE_IMMEDIATELY) return 0;
  if (nc._gate & Gate.Manual) return hold(nc, bytes);
  nc._gate &= ~Gate.First;
  const room = roomFor(nc);
  const take = room < n ? room : n;
  if (take < n && !mgr._platform.caps.pauseRead) return overflow(nc);
  if (take > 0) {
    nc._in()._put(take < n ? mgr._ops.slice(bytes, 0, take) : bytes);
    // `received` and `guard`, written out: what handlers call wants the stack.
    nc._idle = 0;
    mgr._calls++;
    const proto = nc.protoHandler || nc.handler;
    const outer = setCur(nc.id);
    try {
      if (proto) proto(nc, MG_EV_RECV, take);
    } catch (e) {
      threw(nc, e, "RECV");
    }
    setCur(outer);
    settle(nc);
    leave(mgr);
  }
  if (take < n) waitForRoom(nc);
  return n - take;
}

/** RECV for bytes that were just appended, and all that follows from it. */
export function received(nc: Connection, n: number): void {
  nc._idle = 0;
  nc.mgr._calls++;
  const proto = nc.protoHandler || nc.handler;
  if (proto) guard(nc, "RECV", proto as (nc: Connection, a: unknown, b: unknown) => void, MG_EV_RECV, n);
  settle(nc);
  leave(nc.mgr);
}

/** Reading pauses until the handler or the pool makes room. If it has already, that is noticed in the next pass: not in here. */
function waitForRoom(nc: Connection): void {
  if (nc._state !== State.Open || nc._f & MG_F_CLOSE_IMMEDIATELY) return;
  nc._f |= MG_F_WANT_READ;
  if (nc._limit >= 0) starve(nc); // below: whoever has the connection wants nothing, however many pages there are
  if (roomFor(nc)) arm(nc.mgr, 0);
}

/** The platform cannot make the peer wait: the connection cannot go on without losing bytes. */
function overflow(nc: Connection): number {
  if (!nc.err) nc.err = Err.RecvOverflow;
  nc._f |= MG_F_CLOSE_IMMEDIATELY;
  nc.mgr.stats.overflows++;
  settle(nc);
  return 0;
}

/** Nobody drives the manager: one chunk is taken, the rest waits at the platform until `poll`. */
function hold(nc: Connection, bytes: Raw): number {
  if (nc._held !== undefined) return bytes.length;
  nc._held = bytes;
  nc.mgr._platform.pause(nc._sock);
  post(nc, deliver, 0, 0);
  return 0;
}

/** A held chunk, in `poll`: as much of it as there is room for; the rest stays for a later one. */
export function deliver(nc: Connection): void {
  const bytes = nc._held;
  nc._held = undefined;
  if (nc._state !== State.Open || bytes === undefined) return;
  nc._gate &= ~Gate.First;
  const room = roomFor(nc);
  const take = room < bytes.length ? room : bytes.length;
  if (take > 0) {
    nc._in()._put(nc.mgr._ops.slice(bytes, 0, take));
    received(nc, take);
  }
  if (take < bytes.length) nc._held = nc.mgr._ops.slice(bytes, take, bytes.length);
  waitForRoom(nc);
}

/** One event outside the hot path: calls the handler and does what follows. */
export function callAndSettle(nc: Connection, ev: number, data: unknown): void {
  call(nc, ev, data);
  settle(nc);
  leave(nc.mgr);
}

slow.data = dataSlow;
slow.deliver = deliver;
