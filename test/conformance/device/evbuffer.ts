import {
  EV_PERSIST, Event, EventBase, EvBuffer, EVBUFFER_EOL_ANY, EVBUFFER_EOL_CRLF, EVBUFFER_EOL_CRLF_STRICT, EVBUFFER_EOL_LF, EVBUFFER_EOL_NUL,
  EVLOOP_NO_EXIT_ON_EMPTY,
} from "./meerkat.js";
import { type Lab, printable, type Table } from "./lab.js";

/* libevent's buffers, events and loop. */

function show(buf: EvBuffer): string {
  return printable(buf._m.latin1(0, buf.getLength()));
}

/** A base on the behaviour's manager, whose connection closes when the loop is over. */
function baseOf(lab: Lab): EventBase {
  return new EventBase(lab.mgr);
}

function buffer(lab: Lab): void {
  const base = baseOf(lab);
  const a = new EvBuffer(base);
  const b = new EvBuffer(base);
  let told = "told";
  a.addCb((_buf, info, arg) => {
    told += arg + ("" + info.origSize) + "+" + info.nAdded + "-" + info.nDeleted;
  }, " ");
  a.add("é\0");
  a.add(new Uint8Array([255, 1]));
  a.addPrintf("%d", 42);
  lab.note(show(a) + " " + a.getLength());
  b.add("xy");
  lab.note("moved " + a.prependBuffer(b) + " " + a.removeBuffer(b, 3) + ": " + show(a) + " " + show(b));
  const bytes = new Uint8Array(3);
  lab.note("removed " + b.remove(bytes, 3) + ": " + bytes[0] + " " + bytes[2] + ", copied " + a.copyout(bytes, 2) + ": " + bytes[0] + " " + bytes[1]);
  lab.note("search " + a.search("42").pos + " " + a.search("43").pos + " " + a.search(new Uint8Array([255])).pos);
  const front = a.pullup(2);
  lab.note("pullup " + (front ? front.length + " " + front[0] : "nothing") + ", " + (a.pullup(99) ? "too much" : "nothing"));
  a.freeze(true);
  lab.note("frozen " + a.drain(1) + " " + a.add("!"));
  a.unfreeze(true);
  lab.note("drained " + a.drain(99) + ", left " + a.getLength());
  lab.note(lab.thrown(() => a.add("abc", 4)));
  lab.note(told);
  base.free();
}

function bufferBounds(lab: Lab): void {
  const base = baseOf(lab);
  const pool = lab.mgr.pool;
  const a = new EvBuffer(base);
  const b = new EvBuffer(base);
  const page = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  let taken = 0;
  while (a.add(page) === 0) taken++;
  lab.note("took " + taken + " pages, free " + pool.free + ", one byte more " + b.add("x") + ", expand " + b.expand(1));
  lab.note("all moved " + b.addBuffer(a) + ", free " + pool.free + ", some moved " + b.removeBuffer(a, 10));
  lab.note("a page moved " + b.removeBuffer(a, 64) + ", then some " + b.drain(64) + " " + b.removeBuffer(a, 10) + ", free " + pool.free);
  a.free();
  b.free();
  base.free();
}

/** Lines of every style, whose bytes come one at a time. */
function bufferLines(lab: Lab): void {
  const base = baseOf(lab);
  const text = "a\r\nb\nc\rd\0e\r\n";
  const styles = [EVBUFFER_EOL_ANY, EVBUFFER_EOL_CRLF, EVBUFFER_EOL_CRLF_STRICT, EVBUFFER_EOL_LF, EVBUFFER_EOL_NUL];
  for (let i = 0; i < styles.length; i++) {
    const buf = new EvBuffer(base);
    let out = "";
    for (let at = 0; at < text.length; at++) {
      buf.add(text.charAt(at));
      const line = buf.readln(styles[i]);
      if (line !== undefined) out += "[" + printable(line) + "]";
    }
    lab.note("style " + styles[i] + " " + out + " left " + show(buf));
    buf.free();
  }
  base.free();
}

function bufferReference(lab: Lab): void {
  const base = baseOf(lab);
  const a = new EvBuffer(base);
  const b = new EvBuffer(base);
  a.addReference("abc", 3, (data, size, arg) => lab.note("done with " + data + " " + size + " " + arg), 7);
  b.addBuffer(a);
  b.drain(2);
  lab.note("not yet");
  b.drain(1);
  base.free();
}

/** A persistent timer, one that is put off, and the end of the loop. */
function eventTimers(lab: Lab): void {
  const base = baseOf(lab);
  let count = 0;
  const late = new Event(base, null, 0, () => lab.note("late"));
  const beat = new Event(base, null, EV_PERSIST, (_fd, what) => {
    lab.note("beat " + what);
    late.add(0.03);
    if (++count === 3) beat.del();
  });
  beat.add(0.02);
  base.dispatch((result) => {
    lab.note("over " + result);
    base.free();
  });
}

function eventPriorities(lab: Lab): void {
  const base = baseOf(lab);
  base.priorityInit(3);
  const make = (pri: number, act?: () => void): Event => {
    const ev = new Event(base, null, 0, (_fd, what, arg) => {
      lab.note("priority " + arg + " for " + what);
      if (act) act();
    }, pri);
    ev.prioritySet(pri);
    return ev;
  };
  const urgent = make(0);
  const low = make(2, () => base.loopexit());
  const mid = make(1, () => urgent.active(4));
  low.active(2);
  mid.active(2);
  base.once(null, 0, () => {
    throw new Error("mine");
  });
  base.loop(EVLOOP_NO_EXIT_ON_EMPTY, (result) => {
    lab.note("over " + result + (base.gotExit() ? " by loopexit" : ""));
    base.free();
  });
}

export const EVBUFFER: Table = {
  evbuffer: { start: buffer },
  evbufferBounds: { options: { pages: 8, pageBytes: 64, limits: { pollMs: 20 } }, start: bufferBounds },
  evbufferLines: { start: bufferLines },
  evbufferReference: { start: bufferReference },
  eventTimers: { start: eventTimers },
  eventPriorities: { start: eventPriorities },
};
