import { later, post } from "../core/call.js";
import { MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_RECV, MG_EV_SEND } from "../core/events.js";
import { MG_F_WANT_READ } from "../core/flags.js";
import { cur } from "../core/hot.js";
import type { Mbuf } from "../core/mbuf.js";
import { settle } from "../core/output.js";
import { Err } from "../core/port.js";
import { slow } from "../core/slow.js";
import { Gate, State } from "../core/state.js";
import { enter, noteEvent, runEvent, runRead, runWrite, soon } from "./bev-callbacks.js";
import { Bev, Suspend } from "./bev-state.js";
import { suspendRead, unsuspendRead } from "./bev-suspend.js";
import type { BackEnd } from "./bev-back-end.js";
import type { BufferEvent } from "./bufferevent.js";
import {
  BEV_EVENT_CONNECTED, BEV_EVENT_EOF, BEV_EVENT_ERROR, BEV_EVENT_READING, BEV_EVENT_WRITING, BEV_OPT_CLOSE_ON_FREE, EV_READ, EV_WRITE,
} from "./constants.js";
import type { EvBuffer } from "./ev-buffer.js";
import type { EvSocket } from "./ev-socket.js";
import { hold, isLive } from "./event-queue.js";
import { closeFd, FD_ENDED, parkFd, takeLanding } from "./fd.js";

/*
 * A bufferevent on a connection. The connection's recvMbuf stands for the kernel's receive buffer: bytes land there and are
 * moved to the input (pages and pieces, no bytes) as far as reading is enabled, not suspended, and below the high watermark.
 * Its sendMbuf is the output itself.
 *
 * Both count as what one connection may hold. Where the platform can make the peer wait, nothing is taken while nobody
 * reads; where it cannot, what comes lands up to that bound, and beyond it the connection fails (MG_ERR_RECV_OVERFLOW).
 */

/** Every event of a connection that a bufferevent has. */
function socketEvent(nc: EvSocket, ev: number, data: unknown): void {
  const bev = nc.protoData as BufferEvent;
  if (ev === MG_EV_RECV) pump(bev);
  else if (ev === MG_EV_SEND) sent(bev, data as number);
  else if (ev === MG_EV_CONNECT) connected(bev, data as number);
  else if (ev === MG_EV_CLOSE) gone(bev, nc);
  else if (nc._r && nc._r.len) pump(bev); // POLL: the pool may have had no page for it
}

// ---- input ----

/** Where what came in lies until it is read. */
function landing(bev: BufferEvent): Mbuf | undefined {
  if (bev._own) return bev._own as Mbuf;
  const nc = bev._nc as EvSocket;
  return nc._i ? nc._in() : nc._r;
}

function mayRead(bev: BufferEvent): boolean {
  return (bev._on & EV_READ) !== 0 && !bev._rs && !(bev._st & Bev.Freed);
}

/** Moves what came to the input, a read at a time, and calls the read callback for each; then tells of the end, if that came. */
function pump(bev: BufferEvent): void {
  if (bev._st & Bev.Reading || !bev._nc) return;
  if (!isLive(bev._base)) return soon(bev, Bev.Pump);
  bev._st |= Bev.Reading;
  while (bev._nc && mayRead(bev)) {
    const n = readOnce(bev);
    if (!n) break;
    if (bev._t) bev._t.touch(bev, EV_READ);
    if (bev._lim) bev._lim.took(n, 0);
    bev._in._note(n, 0);
    if (bev._rh && bev._in._m.len >= bev._rh) suspendRead(bev, Suspend.Watermark);
    if (bev._in._m.len >= bev._rl) runRead(bev, 0);
    if (bev._lim && !(bev._st & Bev.Freed)) { // one read a turn, or the first of a group would take it all
      soon(bev, Bev.Pump);
      break;
    }
  }
  bev._st &= ~Bev.Reading;
  if (bev._st & Bev.Freed || !bev._nc) return;
  if (bev._st & (Bev.Ended | Bev.Gone)) tellEnd(bev);
  if (bev._nc && (bev._in._m.len || bev._nc._limit)) setRoom(bev);
}

/** One read: as much as the watermark and the limits allow. Answers the bytes moved. */
function readOnce(bev: BufferEvent): number {
  const nc = bev._nc as EvSocket;
  const to = bev._in._m;
  const raw = nc._i;
  if (raw && !bev._rh && !bev._lim && raw.length <= bev._rmax && !bev._own && !(nc._r && nc._r.len)) {
    if (!to._put(raw)) return 0;
    nc._i = 0;
    return raw.length;
  }
  const m = landing(bev);
  if (!m || !m.len) return 0;
  let n = bev._lim ? bev._lim.max(0) : bev._rmax;
  if (n > m.len) n = m.len;
  if (bev._rh && n > bev._rh - to.len) n = bev._rh - to.len;
  return n > 0 && m._moveFront(to, n) ? n : 0;
}

/** Says how much the platform may bring, and lets it go on if that is more than nothing. */
function setRoom(bev: BufferEvent): void {
  const nc = bev._nc;
  if (!nc || nc._state !== State.Open) return;
  const mgr = nc.mgr;
  let limit = mgr._recvMax - bev._in._m.len;
  if (mgr._platform.caps.pauseRead) {
    if (!mayRead(bev)) limit = -1;
    else if (bev._rh && bev._rh - bev._in._m.len < limit) limit = bev._rh - bev._in._m.len;
  }
  if (limit <= 0) limit = -1;
  if (limit === mgr._recvMax) limit = 0;
  if (limit === nc._limit) return;
  nc._limit = limit;
  nc._gate = nc.recvMbufLimit < mgr._chunkMax ? nc._gate | Gate.Limit : nc._gate & ~Gate.Limit;
  if (limit >= 0 && nc._f & MG_F_WANT_READ && cur !== nc.id) later(nc);
}

/** The program took something from the input: there may be room again. */
function inputChanged(buf: EvBuffer, _added: number, deleted: number): void {
  const bev = buf._owner as BufferEvent;
  if (!deleted) return;
  if (bev._rs & Suspend.Watermark && buf._m.len < bev._rh) unsuspendRead(bev, Suspend.Watermark);
  else if (!(bev._st & Bev.Reading)) setRoom(bev);
}

function startReading(bev: BufferEvent): void {
  const nc = bev._nc;
  if (!nc) return;
  setRoom(bev);
  const m = landing(bev);
  if ((m && m.len) || bev._st & (Bev.Ended | Bev.Gone)) if (!(bev._st & Bev.Reading)) soon(bev, Bev.Pump);
}

// ---- the end ----

/** The peer will send no more (Sink.ended). */
function ended(nc: EvSocket): boolean {
  const bev = nc.protoData as BufferEvent;
  bev._st |= Bev.Ended;
  enter(bev, pump);
  return true;
}

/** Reports the end once: to a reader when everything before it was read, to a writer when there is something to write. */
function tellEnd(bev: BufferEvent): void {
  const nc = bev._nc;
  if (!nc) return;
  const err = bev._st & Bev.Gone ? nc.err : 0;
  const m = landing(bev);
  const isLost = err === Err.UnsentData;
  if (mayRead(bev) && !(bev._st & Bev.Told) && !(m && m.len)) {
    bev._st |= Bev.Told;
    bev.disable(EV_READ);
    runEvent(bev, BEV_EVENT_READING | (err && !isLost ? BEV_EVENT_ERROR : BEV_EVENT_EOF), 0);
    if (err && !isLost) return;
  }
  if (bev._st & Bev.Gone) tellWriter(bev, isLost);
}

/** Output can go nowhere any more: WRITING|ERROR, if there is some or was some. */
function tellWriter(bev: BufferEvent, isLost: boolean): void {
  if (!(bev._on & EV_WRITE) || bev._ws || bev._st & Bev.Freed || !(isLost || bev._out._m.len)) return;
  bev.disable(EV_WRITE);
  runEvent(bev, BEV_EVENT_WRITING | BEV_EVENT_ERROR, 0);
}

/** Whether it was us who ended it: then the program hears of it whatever is enabled, so that it can free the bufferevent. */
function isOurs(err: number): boolean {
  return err !== 0 && err !== Err.Reset && err !== Err.UnsentData && err !== Err.Failed && err !== Err.Tls;
}

/** The pages of a buffer are wanted. */
function drop(buf: EvBuffer): void {
  const n = buf._m.len;
  buf._m.clear();
  if (n) buf._note(0, n);
}

/** CLOSE: what came stays to be read. */
function gone(bev: BufferEvent, nc: EvSocket): void {
  const isDropped = nc.err === Err.PoolEmpty || nc.err === Err.ManagerFreed;
  bev._st = (bev._st | Bev.Gone) & ~(Bev.Reading | Bev.Connecting | Bev.Wake);
  if (nc.err === Err.HandlerThrew) bev._st &= ~(Bev.ReadDue | Bev.WriteDue | Bev.Pump);
  if (!isDropped) bev._own = takeLanding(nc);
  if (!isDropped) nc._s = undefined;
  nc._h = undefined;
  if (isDropped) drop(bev._in);
  if (isDropped) drop(bev._out);
  count(bev);
  if (bev._t) bev._t.adjust(bev);
  if (bev._st & Bev.Unmade || nc.err === Err.ManagerFreed) return;
  if (bev._st & Bev.Told) return tellWriter(bev, nc.err === Err.UnsentData); // the reader knows
  if (isOurs(nc.err) && !mayRead(bev)) {
    bev._st |= Bev.Told;
    bev.disable(EV_READ | EV_WRITE);
    runEvent(bev, BEV_EVENT_WRITING | BEV_EVENT_ERROR, 0);
  } else pump(bev);
  if (bev._st & Bev.Gone) tellEnd(bev);
}

// ---- output ----

/** The program added to the output. */
function outputChanged(buf: EvBuffer, added: number): void {
  if (added) kick(buf._owner as BufferEvent);
}

/** There is something to write: it goes out when the event is over. */
function kick(bev: BufferEvent): void {
  const nc = bev._nc;
  if (!(bev._on & EV_WRITE) || bev._ws || !nc) return;
  if (nc._state >= State.Ending) {
    bev.disable(EV_WRITE);
    return noteEvent(bev, BEV_EVENT_WRITING | BEV_EVENT_ERROR);
  }
  if (bev._t) bev._t.adjust(bev);
  nc._gate |= Gate.Queued;
  if (cur !== nc.id) later(nc);
  if (!bev._counted) count(bev);
}

/** Bytes of the output went to the platform. */
function sent(bev: BufferEvent, n: number): void {
  if (n <= 0) return;
  if (bev._t) bev._t.touch(bev, EV_WRITE);
  if (bev._lim) bev._lim.took(0, n);
  bev._out._note(0, n);
  if (bev._counted && !bev._out._m.len) count(bev);
  if (bev._out._m.len <= bev._wl) runWrite(bev, 0);
}

function startWriting(bev: BufferEvent): void {
  const nc = bev._nc;
  if (!nc) return;
  nc._gate &= ~Gate.Cork;
  if (bev._out._m.len) kick(bev);
  else if (nc._state === State.Open && !(bev._st & Bev.Connecting)) soon(bev, Bev.Wake);
}

/** Writes with a bound: at most what one write, or the bucket, may take; the rest in the next pass. */
function writeBounded(nc: EvSocket): void {
  const bev = nc.protoData as BufferEvent;
  const mgr = nc.mgr;
  const m = nc._outq();
  let n = bev._lim ? bev._lim.max(1) : bev._wmax;
  if (n > m.len) n = m.len;
  if (n > mgr._writeMax) n = mgr._writeMax;
  if (n <= 0 || bev._ws) return;
  const r = mgr._platform.write(nc._sock, mgr._ops.slice(m._gather(n), 0, n));
  if (r < 0) return slow.refused(nc, r);
  m.remove(r);
  nc._idle = 0;
  sent(bev, r);
  if (m.len && !bev._ws) post(nc, settle as (nc: EvSocket, a: unknown, b: unknown) => void, 0, 0);
}

/** Sends output through {@link writeBounded} from now on, or no longer. */
export function boundWrites(bev: BufferEvent): void {
  const nc = bev._nc;
  if (!nc || nc._state >= State.Ending) return;
  const isBound = bev._lim || bev._wmax;
  nc._gate = isBound ? nc._gate | Gate.Special : nc._gate & ~Gate.Special;
  nc._out = isBound ? writeBounded : undefined;
}

// ---- connecting, taking over, letting go ----

/** CONNECT: it stands, or it failed. */
function connected(bev: BufferEvent, err: number): void {
  const nc = bev._nc as EvSocket;
  bev._st &= ~Bev.Connecting;
  bev._rs &= ~Suspend.Lookup;
  bev._ws &= ~Suspend.Lookup;
  if (bev._t) bev._t.adjust(bev);
  if (err) {
    bev._st |= Bev.Told | Bev.Unmade;
    if (err === Err.HostNotFound) bev._dnsErr = err;
    runEvent(bev, BEV_EVENT_ERROR, 0);
  } else {
    setRoom(bev);
    runEvent(bev, BEV_EVENT_CONNECTED, 0);
    if (bev._nc === nc && !(bev._on & EV_WRITE)) nc._gate |= Gate.Cork;
  }
}

/** What was sent before there was a bufferevent goes out first; without a page for that it is lost. */
function takeOutput(nc: EvSocket, to: Mbuf): void {
  const m = nc._outq();
  if (!m._moveBefore(to)) m.clear();
}

/** Makes the bufferevent the owner of a connection: one under way, one that stands, or one that has ended already. */
export function attach(bev: BufferEvent, nc: EvSocket): void {
  const parked = nc._state === State.Closed ? nc.protoData : undefined;
  bev._nc = nc;
  bev._st &= ~(Bev.Ended | Bev.Gone | Bev.Told | Bev.Unmade);
  if (nc._ps & FD_ENDED) bev._st |= Bev.Ended;
  if (nc._state === State.Closed) {
    bev._st |= Bev.Gone;
    bev._own = parked;
    return;
  }
  nc.handler = socketEvent;
  nc.protoData = bev;
  nc._onEnded = ended;
  if (nc._unsent()) takeOutput(nc, bev._out._m);
  nc._s = bev._out._m;
  nc._h = bev._in._m;
  bev._out._m._public = 1;
  boundWrites(bev);
  if (!(bev._on & EV_WRITE) || bev._ws) nc._gate |= Gate.Cork;
  if (bev._out._m.len) kick(bev);
  setRoom(bev);
  count(bev);
}

/** Lets go of the connection: closes it, or leaves it for somebody else; as BEV_OPT_CLOSE_ON_FREE says unless it is told. */
export function detach(bev: BufferEvent, isClosing?: boolean): void {
  const nc = bev._nc;
  bev._nc = undefined;
  const left = bev._own as Mbuf | undefined;
  bev._own = undefined;
  bev._st &= ~(Bev.Connecting | Bev.Pump | Bev.Wake);
  count(bev);
  if (!nc) return;
  if (nc._state !== State.Closed) {
    nc._s = undefined;
    nc._h = undefined;
    nc._out = undefined;
    nc._gate &= ~(Gate.Queued | Gate.Special | Gate.Cork);
  }
  if (bev._st & Bev.Ended) nc._ps |= FD_ENDED;
  parkFd(nc);
  nc.protoData = left;
  if (isClosing === undefined ? bev._opt & BEV_OPT_CLOSE_ON_FREE : isClosing) closeFd(nc);
}

/** Counts it among the events of the base, or no longer: while it reads, connects, or has something to write (event_add). */
export function count(bev: BufferEvent): void {
  const nc = bev._nc;
  const isUp = nc !== undefined && nc._state < State.Ending && !(bev._st & Bev.Freed);
  const reads = isUp && mayRead(bev) && !(bev._st & Bev.Told);
  const writes = isUp && bev._on & EV_WRITE && (bev._st & Bev.Connecting || (bev._out._m.len && !bev._ws));
  const wanted = reads || writes ? 1 : 0;
  if (wanted === bev._counted) return;
  bev._counted = wanted;
  hold(bev._base, wanted ? 1 : -1);
}

function start(bev: BufferEvent, events: number): void {
  if (events & EV_READ) startReading(bev);
  if (events & EV_WRITE) startWriting(bev);
  count(bev);
}

function stop(bev: BufferEvent, events: number): void {
  const nc = bev._nc;
  if (nc && events & EV_READ) setRoom(bev);
  if (nc && events & EV_WRITE && nc._state < State.Ending) nc._gate |= Gate.Cork;
  count(bev);
}

function flush(): number {
  return 0;
}

function broken(): void {}

/** The functions of a bufferevent on a connection. */
export const socketEnd: BackEnd = { start: start, stop: stop, pump: pump, flush: flush, unlink: detach, broken: broken };

/** What a bufferevent on a connection listens to of its buffers. */
export function hookBuffers(bev: BufferEvent): void {
  bev._in._hook = inputChanged;
  bev._out._hook = outputChanged;
}
