import { Bev, Suspend } from "./bev-state.js";
import type { BufferEvent } from "./bufferevent.js";
import { EV_READ, EV_WRITE } from "./constants.js";

/** Reading rests for one more reason (bufferevent_suspend_read_). */
export function suspendRead(bev: BufferEvent, why: number): void {
  const before = bev._rs;
  bev._rs |= why;
  if (!before) {
    bev._ops.stop(bev, EV_READ);
    if (bev._t) bev._t.adjust(bev);
  }
}

/** That reason is gone (bufferevent_unsuspend_read_). */
export function unsuspendRead(bev: BufferEvent, why: number): void {
  if (!(bev._rs & why)) return;
  bev._rs &= ~why;
  startUnlessSuspended(bev, bev._on & EV_READ);
}

/** Writing rests for one more reason (bufferevent_suspend_write_). */
export function suspendWrite(bev: BufferEvent, why: number): void {
  const before = bev._ws;
  bev._ws |= why;
  if (!before) {
    bev._ops.stop(bev, EV_WRITE);
    if (bev._t) bev._t.adjust(bev);
  }
}

/** That reason is gone (bufferevent_unsuspend_write_). */
export function unsuspendWrite(bev: BufferEvent, why: number): void {
  if (!(bev._ws & why)) return;
  bev._ws &= ~why;
  startUnlessSuspended(bev, bev._on & EV_WRITE);
}

/** What holds for these directions may have changed: those that are not suspended go on. */
export function startUnlessSuspended(bev: BufferEvent, events: number): void {
  const ev = events & ((bev._rs ? 0 : EV_READ) | (bev._ws ? 0 : EV_WRITE));
  if (ev && !(bev._st & Bev.Freed)) bev._ops.start(bev, ev);
  if (bev._t) bev._t.adjust(bev);
}

function isCount(n: number): boolean {
  return n >= 0 && Math.floor(n) === n;
}

/** See {@link BufferEvent.setWatermark}. */
export function setWatermark(bev: BufferEvent, events: number, low: number, high: number): void {
  if (!isCount(low) || !isCount(high)) throw new TypeError("Watermarks are " + low + " and " + high + ": must be whole numbers, 0 or more");
  if (events & EV_WRITE) {
    bev._wl = low;
    bev._wh = high;
  }
  if (!(events & EV_READ)) return;
  bev._rl = low;
  bev._rh = high;
  if (high && bev._in.getLength() >= high) suspendRead(bev, Suspend.Watermark);
  else if (bev._rs & Suspend.Watermark) unsuspendRead(bev, Suspend.Watermark);
  else startUnlessSuspended(bev, bev._on & EV_READ);
}
