import { enter } from "./bev-callbacks.js";
import { Bev } from "./bev-state.js";
import type { BufferEvent } from "./bufferevent.js";
import { deactivate, schedule, type Timed, unschedule } from "./event-queue.js";

/** How long a move waits that the pool had no page for. */
const RETRY_MS = 50;

/** One more try, in a moment. */
export class Retry implements Timed {
  _bev: BufferEvent;
  _at: number;
  _pri: number;
  _queued: number;
  _res: number;

  constructor(bev: BufferEvent) {
    this._bev = bev;
    this._at = 0;
    this._pri = bev._pri;
    this._queued = 0;
    this._res = 0;
  }

  _fire(): void {
    const bev = this._bev;
    bev._retry = undefined;
    if (!(bev._st & Bev.Freed)) enter(bev, bev._ops.pump);
  }

  stop(): void {
    unschedule(this._bev._base, this);
    deactivate(this._bev._base, this);
    this._bev._retry = undefined;
  }
}

/** The pool had no page for a move between two buffers of the program: nobody says when it has one, so it is tried again. */
export function retry(bev: BufferEvent): void {
  if (bev._retry || bev._st & Bev.Freed) return;
  bev._retry = new Retry(bev);
  schedule(bev._base, bev._retry, bev._base.manager._platform.now() + RETRY_MS);
}
