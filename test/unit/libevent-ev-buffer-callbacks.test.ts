import assert from "node:assert/strict";
import { createSimWorld, type SimWorld } from "../../platform/sim/index.js";
import { EvBuffer, EVBUFFER_CB_ENABLED, type EvBufferCb, EventBase, EVLOOP_NO_EXIT_ON_EMPTY } from "../../src/libevent/index.js";

describe("callbacks of an EvBuffer", () => {
  let world: SimWorld;
  let base: EventBase;
  let buf: EvBuffer;
  let other: EvBuffer;
  let said: string[];
  const note: EvBufferCb = (of, info, arg) => {
    said.push(`${arg}: ${info.origSize}+${info.nAdded}-${info.nDeleted}`);
    assert.equal(of.getLength(), info.origSize + info.nAdded - info.nDeleted);
  };
  const take = (): string[] => said.splice(0);

  beforeEach(() => {
    world = createSimWorld({ seed: 1 });
    base = new EventBase(world.platform({ host: "10.0.0.1" }), { pages: 16, pageBytes: 64 });
    buf = new EvBuffer(base);
    other = new EvBuffer(base);
    said = [];
  });
  afterEach(() => base.free());

  it("are told of every change of the length, at once, and of nothing else", () => {
    buf.addCb(note, "a");
    buf.add("abc");
    buf.prepend("x");
    buf.drain(2);
    buf.remove(new Uint8Array(1));
    buf.addPrintf("%d\n", 12);
    buf.readln(0);
    assert.deepEqual(take(), ["a: 0+3-0", "a: 3+1-0", "a: 4+0-2", "a: 2+0-1", "a: 1+3-0", "a: 4+0-4"]);
    buf.add("");
    buf.drain(9);
    buf.pullup(-1);
    assert.equal(buf.add(new Uint8Array(2000)), -1);
    assert.deepEqual(take(), []);
  });

  it("of both buffers are told of a move", () => {
    buf.addCb(note, "buf");
    other.addCb(note, "other");
    buf.add("abc");
    take();
    other.addBuffer(buf);
    other.removeBuffer(buf, 2);
    buf.prependBuffer(other);
    assert.deepEqual(take().sort(), ["buf: 0+2-0", "buf: 2+1-0", "buf: 3+0-3", "other: 0+3-0", "other: 1+0-1", "other: 3+0-2"]);
  });

  it("are called newest first and removed by handle, or by function and argument", () => {
    const first = buf.addCb(note, 1);
    buf.addCb(note, 2);
    buf.add("a");
    assert.deepEqual(take(), ["2: 0+1-0", "1: 0+1-0"]);
    assert.deepEqual([buf.removeCb(note, 3), buf.removeCb(note, 2), buf.removeCb(note, 2)], [-1, 0, -1]);
    buf.add("b");
    assert.deepEqual(take(), ["1: 1+1-0"]);
    assert.deepEqual([buf.removeCbEntry(first), buf.removeCbEntry(first)], [0, -1]);
    buf.add("c");
    assert.deepEqual(take(), []);
  });

  it("may remove themselves, add others, and change the buffer", () => {
    const entry = buf.addCb((b, info) => {
      said.push(`once ${info.nAdded}`);
      b.removeCbEntry(entry);
      b.addCb(note, "new");
      b.drain(1);
    });
    buf.add("abc");
    assert.deepEqual(take(), ["once 3", "new: 3+0-1"]);
    buf.add("d");
    assert.deepEqual(take(), ["new: 2+1-0"]);
  });

  it("that are disabled miss changes; those that are suspended are told of all of them at once when they go on", () => {
    const off = buf.addCb(note, "off");
    const late = buf.addCb(note, "late");
    assert.equal(buf.cbClearFlags(off, EVBUFFER_CB_ENABLED), 0);
    buf.cbSuspend(late);
    buf.add("abc");
    buf.drain(1);
    assert.deepEqual(take(), []);
    assert.equal(buf.cbSetFlags(off, EVBUFFER_CB_ENABLED), 0);
    buf.cbUnsuspend(late);
    buf.add("d");
    assert.deepEqual(take(), ["late: 0+3-1", "late: 2+1-0", "off: 2+1-0"]);
    assert.throws(() => buf.cbSetFlags(off, 2), TypeError);
  });

  it("must be functions", () => {
    assert.throws(() => buf.addCb(undefined as unknown as EvBufferCb), TypeError);
  });

  it("that are deferred run from the loop, once for all changes", () => {
    buf.deferCallbacks(base);
    buf.addCb(note, "a");
    base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
    buf.add("abc");
    buf.drain(1);
    assert.deepEqual(take(), []);
    world.runFor(10);
    assert.deepEqual(take(), ["a: 0+3-1"]);
    world.runFor(10);
    assert.deepEqual(take(), []);
  });

  it("that were deferred after they were added run from the loop as well, and not after the buffer was freed", () => {
    buf.addCb(note, "a");
    buf.deferCallbacks(base);
    base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
    buf.add("abc");
    buf.free();
    world.runFor(10);
    assert.deepEqual(take(), []);
  });
});

describe("references in an EvBuffer", () => {
  let base: EventBase;
  let buf: EvBuffer;
  let other: EvBuffer;
  let done: string[];
  const cleanup = (data: string | Uint8Array, size: number, arg: unknown): void => void done.push(`${arg} ${data} ${size}`);
  const take = (): string[] => done.splice(0);

  beforeEach(() => {
    base = new EventBase(createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1" }), { pages: 4, pageBytes: 64 });
    buf = new EvBuffer(base);
    other = new EvBuffer(base);
    done = [];
  });
  afterEach(() => base.free());

  it("are cleaned up when their last byte has left", () => {
    buf.add("x");
    buf.addReference("abc", 3, cleanup, 1);
    buf.addReference("def", 2, cleanup, 2);
    buf.add("y");
    assert.equal(buf.text(), "xabcdey");
    buf.drain(3);
    assert.deepEqual(take(), []);
    buf.drain(1);
    assert.deepEqual(take(), ["1 abc 3"]);
    buf.drain(3);
    assert.deepEqual(take(), ["2 def 2"]);
  });

  it("may begin inside of their data", () => {
    buf.addReferenceWithOffset("abcdef", 2, 3, cleanup, 1);
    assert.equal(buf.text(), "cde");
    buf.drain(3);
    assert.deepEqual(take(), ["1 abcdef 5"]);
    assert.throws(() => buf.addReferenceWithOffset("abc", 2, 3, cleanup, 1), RangeError);
    assert.throws(() => buf.addReferenceWithOffset("abc", 4, undefined, cleanup, 1), RangeError);
  });

  it("go along with bytes that are moved, to the back or before the front", () => {
    buf.addReference("abc", 3, cleanup, 1);
    buf.addReference("def", 3, cleanup, 2);
    other.addReference("xy", 2, cleanup, 3);
    buf.removeBuffer(other, 4); // cuts the second, whose cleanup stays with its rest
    assert.deepEqual([buf.text(), other.text()], ["ef", "xyabcd"]);
    other.drain(5);
    assert.deepEqual(take(), ["3 xy 2", "1 abc 3"]);
    other.prependBuffer(buf);
    assert.equal(other.text(), "efd");
    other.prepend("--");
    other.drain(3);
    assert.deepEqual(take(), []);
    other.drain(1);
    assert.deepEqual(take(), ["2 def 3"]);
  });

  it("are cleaned up when their buffer is freed, and not called for when they were refused", () => {
    buf.addReference("abc", 3, cleanup, 1);
    buf.freeze(false);
    assert.equal(buf.addReference("d", 1, cleanup, 2), -1);
    buf.free();
    assert.deepEqual(take(), ["1 abc 3"]);
    assert.equal(other.addReference("x".repeat(300), undefined, cleanup, 3), -1);
    other.free();
    assert.deepEqual(take(), []);
  });

  it("are all cleaned up when one of them throws, which goes on to the caller", () => {
    const bad = (): never => {
      throw new Error("bad cleanup");
    };
    buf.addReference("abc", 3, cleanup, 1);
    buf.addReference("x", 1, bad);
    buf.addReference("def", 3, cleanup, 2);
    assert.throws(() => buf.drain(7), /bad cleanup/);
    assert.deepEqual(take(), ["1 abc 3", "2 def 3"]);
    assert.equal(buf.getLength(), 0);
  });

  it("do not see later changes of an array", () => {
    const data = Uint8Array.of(1, 2, 3);
    buf.addReference(data, 3, cleanup, 1);
    data[0] = 9;
    assert.deepEqual([...buf.slice()], [1, 2, 3]);
  });
});
