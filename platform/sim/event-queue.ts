// Virtual time: what happens next is the earliest event, and among equals the one that was planned first.

/** Something planned. */
export interface SimEvent {
  atMs: number;
  order: number;
  run: (() => void) | undefined;
}

/** The clock and everything planned on it. */
export interface EventQueue {
  /** The time now, in milliseconds since the world began. */
  now(): number;
  /** Plans `run` for `delayMs` from now; below 0 counts as 0. */
  after(delayMs: number, run: () => void): SimEvent;
  /** Takes an event back; harmless when it has happened or there was none. */
  cancel(event: SimEvent | undefined): void;
  /** Time of the next event, or undefined when nothing is planned. */
  nextAtMs(): number | undefined;
  /** Runs the next event; false when nothing is planned. */
  step(): boolean;
  /** Moves the clock to `atMs`; the caller has run what comes before. */
  moveTo(atMs: number): void;
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: SimEvent[], event: SimEvent): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (isBefore(heap[parent], event)) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: SimEvent[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
    if (isBefore(last, heap[child])) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
}

/** Makes an empty queue at time 0. */
export function createEventQueue(): EventQueue {
  const heap: SimEvent[] = [];
  let nowMs = 0;
  let order = 0;
  const next = (): SimEvent | undefined => {
    while (heap.length > 0 && heap[0].run === undefined) pop(heap);
    return heap[0];
  };
  return {
    now: () => nowMs,
    after(delayMs, run) {
      const event = { atMs: nowMs + Math.max(0, delayMs), order: order++, run };
      push(heap, event);
      return event;
    },
    cancel(event) {
      if (event !== undefined) event.run = undefined;
    },
    nextAtMs: () => next()?.atMs,
    step() {
      const event = next();
      if (event === undefined || event.run === undefined) return false;
      pop(heap);
      nowMs = Math.max(nowMs, event.atMs);
      const run = event.run;
      event.run = undefined;
      run();
      return true;
    },
    moveTo(atMs) {
      nowMs = Math.max(nowMs, atMs);
    },
  };
}
