import type { EvBuffer } from "./ev-buffer.js";

/** Called when data that was added by reference is not needed any more (evbuffer_ref_cleanup_cb). */
export type EvBufferRefCleanup = (data: string | Uint8Array, datlen: number, arg: unknown) => void;

/** One piece of data whose cleanup is owed. */
interface Reference {
  /** Bytes from the front of the buffer to its end. */
  left: number;
  data: string | Uint8Array;
  size: number;
  cleanup: EvBufferRefCleanup;
  arg: unknown;
}

/** The data that was just appended is by reference. */
export function refer(buf: EvBuffer, data: string | Uint8Array, size: number, cleanup: EvBufferRefCleanup, arg: unknown): void {
  put(buf, { left: buf._m.len, data: data, size: size, cleanup: cleanup, arg: arg });
}

function put(buf: EvBuffer, ref: Reference): void {
  if (!buf._refs) buf._refs = [];
  buf._count = countOff;
  buf._carry = carry;
  buf._refs.push(ref);
}

/**
 * Bytes left the front (Infinity: all; below 0: they came before it): what ended among them is cleaned up, in order. One
 * that throws costs none of the others theirs; what it threw goes on when they had it, the last of several.
 */
function countOff(buf: EvBuffer, deleted: number): void {
  const refs = buf._refs as Reference[];
  const kept: Reference[] = [];
  const done: Reference[] = [];
  for (let i = 0; i < refs.length; i++) {
    refs[i].left -= deleted;
    if (refs[i].left > 0) kept.push(refs[i]);
    else done.push(refs[i]);
  }
  keep(buf, kept);
  let thrown: { e: unknown } | undefined;
  for (let i = 0; i < done.length; i++) {
    try {
      done[i].cleanup(done[i].data, done[i].size, done[i].arg);
    } catch (e) {
      thrown = { e: e };
    }
  }
  if (thrown) throw thrown.e;
}

function keep(buf: EvBuffer, refs: Reference[]): void {
  buf._refs = refs.length ? refs : undefined;
  if (refs.length) return;
  buf._count = undefined;
  buf._carry = undefined;
}

/** `n` bytes moved to another buffer, and with them what ended among them; of a piece that was cut, the rest keeps the cleanup. */
function carry(from: EvBuffer, to: EvBuffer, n: number, isFront: boolean): void {
  const refs = from._refs as Reference[];
  const kept: Reference[] = [];
  const before = isFront ? 0 : to._m.len - n;
  for (let i = 0; i < refs.length; i++) {
    if (refs[i].left > n) {
      kept.push(refs[i]);
    } else {
      refs[i].left += before;
      put(to, refs[i]);
    }
  }
  keep(from, kept);
}
