import { runEvent, runRead, soon, trigger } from "./bev-callbacks.js";
import type { BackEnd } from "./bev-back-end.js";
import { checkOptions } from "./bev-options.js";
import { retry } from "./bev-retry.js";
import { Bev, Suspend } from "./bev-state.js";
import { suspendRead, unsuspendRead } from "./bev-suspend.js";
import { BufferEvent } from "./bufferevent.js";
import {
  BEV_ERROR, BEV_EVENT_EOF, BEV_EVENT_ERROR, BEV_EVENT_READING, BEV_EVENT_WRITING, BEV_FINISHED, BEV_NEED_MORE, BEV_NORMAL, BEV_OK, BEV_OPT_CLOSE_ON_FREE,
  EV_READ, EV_WRITE,
} from "./constants.js";
import type { EvBuffer } from "./ev-buffer.js";

/**
 * Moves bytes from `src` to `dst` and changes them on the way: about `limit` of them at most (-1: any number). Answers BEV_OK,
 * BEV_NEED_MORE when there is not enough yet or `dst` has no room, or BEV_ERROR (bufferevent_filter_cb).
 */
export type BevFilterCb<C> = (src: EvBuffer, dst: EvBuffer, limit: number, mode: number, ctx: C) => number;

/** What a filter is made of. */
interface Filter {
  processIn: BevFilterCb<unknown>;
  processOut: BevFilterCb<unknown>;
  freeCtx: ((ctx: unknown) => void) | undefined;
  ctx: unknown;
  /** An end that waits until what came before it was read; 0: none. */
  end: number;
}

/** In the answer of `process`: something was made. */
const MADE = 16;

function filterOf(bev: BufferEvent): Filter {
  return bev._own as Filter;
}

/** The filter that changes nothing. */
function pass(src: EvBuffer, dst: EvBuffer, limit: number): number {
  return src.removeBuffer(dst, limit < 0 ? src.getLength() : limit) >= 0 ? BEV_OK : BEV_NEED_MORE;
}

function isInputFull(bev: BufferEvent, mode: number): boolean {
  return mode === BEV_NORMAL && bev._rh > 0 && bev._in._m.len >= bev._rh;
}

function isOutputFull(under: BufferEvent, mode: number): boolean {
  return mode === BEV_NORMAL && under._wh > 0 && under._out._m.len >= under._wh;
}

/** Has what came below filtered, as far as there is room (be_filter_process_input). Answers the result, with MADE. */
function processInput(bev: BufferEvent, mode: number): number {
  const under = bev._under as BufferEvent;
  const f = filterOf(bev);
  if (mode === BEV_NORMAL && (!(bev._on & EV_READ) || isInputFull(bev, mode))) return BEV_OK;
  let made = 0;
  let res: number;
  let before: number;
  do {
    before = under._in._m.len - bev._in._m.len;
    const limit = mode === BEV_NORMAL && bev._rh ? bev._rh - bev._in._m.len : -1;
    bev._in._frozen = 0;
    res = f.processIn(under._in, bev._in, limit, mode, f.ctx);
    bev._in._frozen = 2;
    if (res === BEV_OK) made = MADE;
  } while (
    res === BEV_OK && !(bev._st & Bev.Freed) && bev._on & EV_READ && under._in._m.len && !isInputFull(bev, mode) && under._in._m.len - bev._in._m.len !== before
  );
  if (made && bev._t) bev._t.restart(bev, EV_READ);
  if (bev._t) bev._t.adjust(bev);
  if (res === BEV_ERROR) failed(bev, EV_READ, BEV_EVENT_READING);
  else if (under._in._m.len && !isInputFull(bev, mode)) retryIfEmpty(bev);
  return res | made;
}

/** In C an error of a filter is lost; the book says that it is reported, and so it is here. */
function failed(bev: BufferEvent, direction: number, what: number): void {
  if (bev._st & Bev.Freed) return;
  bev.disable(direction);
  runEvent(bev, what | BEV_EVENT_ERROR, 0);
}

/** Has the output filtered, as far as there is room below (be_filter_process_output). Answers the result, with MADE. */
function processOutput(bev: BufferEvent, mode: number): number {
  const under = bev._under as BufferEvent;
  if (mode === BEV_NORMAL && (!(bev._on & EV_WRITE) || isOutputFull(under, mode) || !bev._out._m.len)) return BEV_OK;
  if (bev._st & Bev.Writing) return BEV_OK;
  const f = filterOf(bev);
  bev._st |= Bev.Writing;
  let answer = 0;
  let res: number;
  let isMade: boolean;
  do {
    isMade = false;
    do {
      const before = bev._out._m.len - under._out._m.len;
      const limit = mode === BEV_NORMAL && under._wh ? under._wh - under._out._m.len : -1;
      bev._out._frozen = 0;
      bev._st &= ~Bev.Again;
      res = f.processOut(bev._out, under._out, limit, mode, f.ctx);
      bev._out._frozen = 1;
      if (res !== BEV_OK) break;
      isMade = true;
      answer = MADE;
      if (bev._out._m.len - under._out._m.len === before) break;
    } while (mayMake(bev, under, mode));
    if (isMade) trigger(bev, EV_WRITE, 0);
  } while (isMade && res === BEV_OK && mayMake(bev, under, mode) && bev._st & Bev.Again);
  bev._st &= ~(Bev.Writing | Bev.Again);
  if (answer && bev._t) bev._t.restart(bev, EV_WRITE);
  if (bev._t) bev._t.adjust(bev);
  if (res === BEV_ERROR) failed(bev, EV_WRITE, BEV_EVENT_WRITING);
  else if (mayMake(bev, under, mode)) retryIfEmpty(bev);
  return res | answer;
}

/** Something is left although there is room: if that is for want of a page, the filter is called again in a moment. */
function retryIfEmpty(bev: BufferEvent): void {
  if (bev._in._m._pool._free < 2) retry(bev);
}

function mayMake(bev: BufferEvent, under: BufferEvent, mode: number): boolean {
  return !(bev._st & Bev.Freed) && (bev._on & EV_WRITE) !== 0 && bev._out._m.len > 0 && !isOutputFull(under, mode);
}

/**
 * The program added to the output: at once, or after the read callback or the run of the filter that is on. (That the two are
 * not inside each other is for the stack of a board.)
 */
function outputChanged(buf: EvBuffer, added: number): void {
  const bev = buf._owner as BufferEvent;
  if (!added) return;
  if (bev._st & (Bev.Writing | Bev.Reading)) bev._st |= Bev.Again;
  else processOutput(bev, BEV_NORMAL);
}

/** The program took from the input: what was left below for want of room may follow. */
function inputChanged(buf: EvBuffer, _added: number, deleted: number): void {
  const bev = buf._owner as BufferEvent;
  if (!deleted || !(bev._st & Bev.Left) || isInputFull(bev, BEV_NORMAL)) return;
  bev._st &= ~Bev.Left;
  readBelow(bev._under as BufferEvent, bev);
}

/** What is below is filtered and announced; then the end, if it has come and nothing is left before it. The read callback below. */
function readBelow(under: BufferEvent, bev: BufferEvent): void {
  if (bev._st & Bev.Freed) return;
  const f = filterOf(bev);
  if (bev._st & Bev.Reading) return;
  bev._st |= Bev.Reading;
  let left: number;
  let res: number;
  do {
    left = under._in._m.len;
    res = processInput(bev, BEV_NORMAL);
    if (!(res & MADE)) break;
    if (bev._in._m.len >= bev._rl) runRead(bev, 0);
  } while (res === (BEV_OK | MADE) && !(bev._st & Bev.Freed) && bev._on & EV_READ && under._in._m.len && under._in._m.len !== left && !isInputFull(bev, BEV_NORMAL));
  bev._st &= ~Bev.Reading;
  if (bev._st & Bev.Again) processOutput(bev, BEV_NORMAL);
  if (bev._st & Bev.Freed) return;
  if (under._in._m.len && isInputFull(bev, BEV_NORMAL)) bev._st |= Bev.Left;
  else if (f.end) tellEnd(bev);
}

/** The loop's turn, or there may be a page now. */
function pump(bev: BufferEvent): void {
  readBelow(bev._under as BufferEvent, bev);
  if (!(bev._st & Bev.Freed)) processOutput(bev, BEV_NORMAL);
}

function onWritten(_under: BufferEvent, bev: BufferEvent): void {
  if (!(bev._st & Bev.Freed)) processOutput(bev, BEV_NORMAL);
}

/** Events go up; an end waits for what came before it. */
function onEvent(under: BufferEvent, what: number, bev: BufferEvent): void {
  if (bev._st & Bev.Freed) return;
  bev._st &= ~(Bev.Reading | Bev.Writing); // as they stay when a callback throws
  if (!(what & BEV_EVENT_EOF && what & BEV_EVENT_READING)) return runEvent(bev, what, 0);
  filterOf(bev).end = what;
  if (under._in._m.len && isInputFull(bev, BEV_NORMAL)) bev._st |= Bev.Left;
  else tellEnd(bev);
}

/** The filter's last word, in BEV_FINISHED mode, then the end; when something is left below, not before the program reads. */
function tellEnd(bev: BufferEvent): void {
  const f = filterOf(bev);
  const what = f.end;
  const isLeft = (bev._under as BufferEvent)._in._m.len > 0;
  if (isLeft && !(bev._on & EV_READ)) return;
  f.end = 0;
  if (isLeft && processInput(bev, BEV_FINISHED) & MADE) trigger(bev, EV_READ, 0);
  if (!(bev._st & Bev.Freed)) runEvent(bev, what, 0);
}

function start(bev: BufferEvent, events: number): void {
  const under = bev._under as BufferEvent;
  if (events & EV_READ) {
    unsuspendRead(under, Suspend.Filter);
    if (under._in._m.len || filterOf(bev).end) soon(bev, Bev.Pump);
  }
  if (events & EV_WRITE) processOutput(bev, BEV_NORMAL);
}

function stop(bev: BufferEvent, events: number): void {
  if (events & EV_READ) suspendRead(bev._under as BufferEvent, Suspend.Filter);
}

function flush(bev: BufferEvent, iotype: number, mode: number): number {
  let made = 0;
  if (iotype & EV_READ) made |= processInput(bev, mode) & MADE;
  if (iotype & EV_WRITE) made |= processOutput(bev, mode) & MADE;
  (bev._under as BufferEvent).flush(iotype, mode);
  return made ? 1 : 0;
}

function unlink(bev: BufferEvent): void {
  const under = bev._under as BufferEvent;
  const f = filterOf(bev);
  bev._in._m.clear(); // the program's functions that are called from here may throw
  bev._out._m.clear();
  if (under._ecb === (onEvent as unknown)) under.setCb(undefined, undefined, undefined, undefined);
  // `under.free()`, written out: the end of a connection is the deepest place, and each call costs stack.
  if (bev._opt & BEV_OPT_CLOSE_ON_FREE && !(under._st & Bev.Freed) && --under._ref <= 0) under._release();
  else unsuspendRead(under, Suspend.Filter);
  if (f.freeCtx) f.freeCtx(f.ctx);
}

function broken(): void {}

const filterEnd: BackEnd = { start: start, stop: stop, pump: pump, flush: flush, unlink: unlink, broken: broken };

/**
 * A bufferevent on top of another, whose bytes pass through `inputFilter` and `outputFilter` (null: unchanged). It takes over
 * the callbacks of `underlying` and enables it; reading below rests while this one does not read. Events below are passed up;
 * what a filter answers with BEV_ERROR ends its direction with BEV_EVENT_ERROR. BEV_OPT_CLOSE_ON_FREE frees `underlying` as
 * well; `freeCtx(ctx)` is called when this one is freed (bufferevent_filter_new).
 */
export function buffereventFilterNew<C>(
  underlying: BufferEvent, inputFilter: BevFilterCb<C> | undefined | null, outputFilter: BevFilterCb<C> | undefined | null,
  options: number, freeCtx: ((ctx: C) => void) | undefined | null, ctx: C,
): BufferEvent | undefined {
  if (!checkOptions(options)) return undefined;
  const bev = new BufferEvent(underlying._base, filterEnd, options);
  const f: Filter = {
    processIn: (inputFilter || pass) as BevFilterCb<unknown>,
    processOut: (outputFilter || pass) as BevFilterCb<unknown>,
    freeCtx: (freeCtx || undefined) as Filter["freeCtx"],
    ctx: ctx,
    end: 0,
  };
  bev._under = underlying;
  bev._own = f;
  bev._in._hook = inputChanged;
  bev._out._hook = outputChanged;
  underlying.setCb(readBelow, onWritten, onEvent, bev);
  suspendRead(underlying, Suspend.Filter);
  underlying.enable(EV_READ | EV_WRITE);
  return bev;
}
