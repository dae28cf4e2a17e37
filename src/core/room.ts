import type { Connection } from "./connection.js";
import { later, post } from "./call.js";
import { MG_F_WANT_READ } from "./flags.js";
import { slow } from "./slow.js";
import { Listed, State } from "./state.js";

/** Bytes of input this connection may take now: its limit and the pool, less the reserve. */
export function roomFor(nc: Connection): number {
  const pool = nc.mgr.pool;
  const m = nc._r;
  const held = m ? m.len : 0;
  const byLimit = nc.recvMbufLimit - held;
  const spare = pool._free - pool._reserve;
  const byPool = (spare > 0 ? spare : 0) * pool.pageBytes + (m ? m._pages : 0) * pool.pageBytes - held;
  const room = byLimit < byPool ? byLimit : byPool;
  return room > 0 ? room : 0;
}

/** Pages this connection has leased. */
export function pagesOf(nc: Connection): number {
  return (nc._r ? nc._r._pages : 0) + (nc._s ? nc._s._pages : 0) + (nc._h ? nc._h._pages : 0);
}

/** Puts the connection among those that wait for pages, oldest first. */
export function starve(nc: Connection): void {
  if (nc._listed & Listed.Starved) return;
  const mgr = nc.mgr;
  nc._listed |= Listed.Starved;
  if (!mgr._starved.length) mgr._starvedAt = mgr._platform.now();
  mgr._starved.push(nc);
  mgr.pool._wanted++;
}

/** The connection waits no more. */
export function unstarve(nc: Connection): void {
  if (!(nc._listed & Listed.Starved)) return;
  const mgr = nc.mgr;
  nc._listed &= ~Listed.Starved;
  mgr._starved.splice(mgr._starved.indexOf(nc), 1);
  mgr.pool._wanted--;
}

/** It waits no more because it got room: the patience with those who hold the pages begins anew. */
export function fed(nc: Connection): void {
  if (nc._listed & Listed.Starved) nc.mgr._starvedAt = nc.mgr._platform.now();
  unstarve(nc);
}

/** Lets a paused connection read on when there is room for at least a byte. */
export function readOn(nc: Connection): void {
  if (!(nc._f & MG_F_WANT_READ) || nc._state !== State.Open || !roomFor(nc)) return;
  nc._f &= ~MG_F_WANT_READ;
  fed(nc);
  if (nc._held !== undefined) post(nc, slow.deliver, 0, 0);
  else if (nc._sock !== undefined) nc.mgr._platform.resume(nc._sock);
  else if (nc._pair) later(nc._pair);
}
