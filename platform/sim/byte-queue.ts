// A queue of bytes as the pieces they came in.

import { joined } from "./byte-ops.js";

/** Bytes waiting in order. Pieces given to it must not change afterwards. */
export interface ByteQueue {
  readonly pieces: Uint8Array[];
  bytes: number;
}

/** An empty queue. */
export function createByteQueue(): ByteQueue {
  return { pieces: [], bytes: 0 };
}

/** Appends a piece. */
export function putBytes(queue: ByteQueue, piece: Uint8Array): void {
  if (piece.length === 0) return;
  queue.pieces.push(piece);
  queue.bytes += piece.length;
}

/** Puts a piece back in front of all others. */
export function putBack(queue: ByteQueue, piece: Uint8Array): void {
  if (piece.length === 0) return;
  queue.pieces.unshift(piece);
  queue.bytes += piece.length;
}

/** Takes the first `count` bytes, or all when there are fewer. */
export function takeBytes(queue: ByteQueue, count: number): Uint8Array {
  const want = Math.min(count, queue.bytes);
  let taken: Uint8Array = new Uint8Array(0);
  while (taken.length < want) {
    const head = queue.pieces[0];
    const part = head.subarray(0, want - taken.length);
    if (part.length === head.length) queue.pieces.shift();
    else queue.pieces[0] = head.subarray(part.length);
    taken = taken.length === 0 ? part : joined(taken, part);
  }
  queue.bytes -= want;
  return taken;
}

/** Throws everything away. */
export function dropBytes(queue: ByteQueue): void {
  queue.pieces.length = 0;
  queue.bytes = 0;
}
