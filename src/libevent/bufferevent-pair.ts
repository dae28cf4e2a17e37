import { noteEvent, runEvent, trigger } from "./bev-callbacks.js";
import type { BackEnd } from "./bev-back-end.js";
import { checkOptions } from "./bev-options.js";
import { retry } from "./bev-retry.js";
import { Bev, Suspend } from "./bev-state.js";
import { suspendRead, unsuspendRead } from "./bev-suspend.js";
import { BufferEvent } from "./bufferevent.js";
import {
  BEV_EVENT_EOF, BEV_EVENT_READING, BEV_EVENT_WRITING, BEV_FINISHED, BEV_NORMAL, BEV_OPT_DEFER_CALLBACKS, EV_READ, EV_WRITE,
} from "./constants.js";
import type { EvBuffer } from "./ev-buffer.js";
import type { EventBase } from "./event-base.js";

function partnerOf(bev: BufferEvent): BufferEvent | undefined {
  return bev._own as BufferEvent | undefined;
}

/** Whether one side has something to say and the other listens. */
function wantsToTalk(src: BufferEvent, dst: BufferEvent): boolean {
  return (src._on & EV_WRITE) !== 0 && (dst._on & EV_READ) !== 0 && !src._ws && !dst._rs && src._out._m.len > 0;
}

/** Moves output of one side to the input of the other: pages and pieces, up to its high watermark. */
function transfer(src: BufferEvent, dst: BufferEvent, ignoresMark: boolean): void {
  let n = src._out._m.len;
  if (dst._rh && !ignoresMark && n > dst._rh - dst._in._m.len) n = dst._rh - dst._in._m.len;
  if (n < 0 || (dst._rh && !ignoresMark && !n)) return;
  if (n && !dst._in._takeFrom(src._out, n)) return retry(dst);
  if (n && dst._t) dst._t.touch(dst, EV_READ);
  if (n && src._t) src._t.touch(src, EV_WRITE);
  if (dst._rh && dst._in._m.len >= dst._rh) suspendRead(dst, Suspend.Watermark);
  trigger(dst, EV_READ, 0);
  trigger(src, EV_WRITE, 0);
}

function outputChanged(buf: EvBuffer, added: number): void {
  const bev = buf._owner as BufferEvent;
  const partner = partnerOf(bev);
  if (!added) return;
  if (bev._t) bev._t.adjust(bev);
  if (partner && wantsToTalk(bev, partner)) transfer(bev, partner, false);
}

function inputChanged(buf: EvBuffer, _added: number, deleted: number): void {
  const bev = buf._owner as BufferEvent;
  if (deleted && bev._rs & Suspend.Watermark && buf._m.len < bev._rh) unsuspendRead(bev, Suspend.Watermark);
}

function start(bev: BufferEvent, events: number): void {
  const partner = partnerOf(bev);
  if (events & EV_READ && partner && wantsToTalk(partner, bev)) transfer(partner, bev, false);
  if (events & EV_WRITE && partner && wantsToTalk(bev, partner)) transfer(bev, partner, false);
  if (events & EV_READ && bev._st & Bev.Ended) tellEnd(bev);
}

function stop(): void {}

/** There may be a page now. */
function pump(bev: BufferEvent): void {
  if (!bev._rs && bev._on & EV_READ) start(bev, EV_READ);
}

/** The partner is gone: an end of stream, for whoever reads. (In C nobody is told.) */
function tellEnd(bev: BufferEvent): void {
  if (bev._st & Bev.Told || !(bev._on & EV_READ)) return;
  bev._st |= Bev.Told;
  bev._on &= ~EV_READ;
  if (bev._t) bev._t.adjust(bev);
  noteEvent(bev, BEV_EVENT_READING | BEV_EVENT_EOF);
}

function flush(bev: BufferEvent, iotype: number, mode: number): number {
  const partner = partnerOf(bev);
  if (!partner) return -1;
  if (mode === BEV_NORMAL) return 0;
  if (iotype & EV_READ) transfer(partner, bev, true);
  if (iotype & EV_WRITE) transfer(bev, partner, true);
  if (mode !== BEV_FINISHED) return 0;
  const what = (iotype & EV_READ ? BEV_EVENT_WRITING : 0) | (iotype & EV_WRITE ? BEV_EVENT_READING : 0);
  runEvent(partner, BEV_EVENT_EOF | what, 0);
  return 0;
}

function unlink(bev: BufferEvent): void {
  const partner = partnerOf(bev);
  bev._own = undefined;
  if (!partner) return;
  partner._own = undefined;
  partner._st |= Bev.Ended;
  tellEnd(partner);
}

const pairEnd: BackEnd = { start: start, stop: stop, pump: pump, flush: flush, unlink: unlink, broken: unlink };

function sideOf(base: EventBase, options: number): BufferEvent {
  const bev = new BufferEvent(base, pairEnd, options | BEV_OPT_DEFER_CALLBACKS);
  bev._in._hook = inputChanged;
  bev._out._hook = outputChanged;
  return bev;
}

/**
 * Two bufferevents joined in memory: what is written to one is read from the other, while that one has EV_READ. Callbacks are
 * always deferred, BEV_OPT_CLOSE_ON_FREE has no effect. When one side is freed the other gets BEV_EVENT_READING|BEV_EVENT_EOF.
 * Undefined as `buffereventSocketNew` (bufferevent_pair_new).
 */
export function buffereventPairNew(base: EventBase, options: number): [BufferEvent, BufferEvent] | undefined {
  if (!checkOptions(options | BEV_OPT_DEFER_CALLBACKS)) return undefined;
  const a = sideOf(base, options);
  const b = sideOf(base, options);
  a._own = b;
  b._own = a;
  return [a, b];
}

/** The other side; undefined when it was freed, or when this is no side of a pair (bufferevent_pair_get_partner). */
export function buffereventPairGetPartner(bev: BufferEvent): BufferEvent | undefined {
  return bev._ops === pairEnd ? partnerOf(bev) : undefined;
}
