import {
  BEV_EVENT_CONNECTED, BEV_EVENT_EOF, BEV_EVENT_ERROR, BEV_EVENT_READING, BEV_EVENT_TIMEOUT, BEV_EVENT_WRITING, BEV_NEED_MORE, BEV_OK, BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_DEFER_CALLBACKS, type BufferEvent, buffereventFilterNew, buffereventPairNew, buffereventSocketNew, EV_READ, EV_WRITE, type EvBuffer, EventBase,
  type EvConnListener, evconnlistenerNewBind, EVLOOP_NO_EXIT_ON_EMPTY, type EvSocket, evTokenBucketCfgNew, evutilClosesocket, evutilSocketGeterror, LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_DISABLED, LEV_OPT_REUSEABLE,
} from "./meerkat.js";
import { type Lab, printable, type Table } from "./lab.js";
import { digits } from "./closing.js";

/* libevent's listener and bufferevents. */

/** Where the peer listens, counted from the first port of a behaviour. */
const PEER = 5;

type Act = (bev: BufferEvent) => void;

function bits(what: number): string {
  let out = "";
  if (what & BEV_EVENT_READING) out += "|READING";
  if (what & BEV_EVENT_WRITING) out += "|WRITING";
  if (what & BEV_EVENT_EOF) out += "|EOF";
  if (what & BEV_EVENT_ERROR) out += "|ERROR";
  if (what & BEV_EVENT_TIMEOUT) out += "|TIMEOUT";
  if (what & BEV_EVENT_CONNECTED) out += "|CONNECTED";
  return out.slice(1);
}

/** A base whose loop runs out of events when everything was freed. */
function baseOf(lab: Lab): EventBase {
  const base = new EventBase(lab.mgr);
  base.dispatch((result) => {
    lab.note("over " + result);
    base.free();
  });
  return base;
}

/** The same, but the loop goes on without events until somebody says loopexit. */
function heldBaseOf(lab: Lab): EventBase {
  const base = new EventBase(lab.mgr);
  base.loop(EVLOOP_NO_EXIT_ON_EMPTY, (result) => {
    lab.note("over " + result);
    base.free();
  });
  return base;
}

/** Notes what its callbacks say; whoever ends is freed, and a loop that is held with it. */
function watch(lab: Lab, bev: BufferEvent, name: string, read?: Act, isHeld?: boolean): BufferEvent {
  bev.setCb(
    (b) => {
      if (read) read(b);
      else lab.note(name + " read " + printable(take(b)));
    },
    () => {
      lab.note(name + " wrote");
    },
    (b, what) => {
      lab.note(name + " " + bits(what));
      if (what & (BEV_EVENT_CONNECTED | BEV_EVENT_TIMEOUT)) return;
      if (what === BEV_EVENT_ERROR) lab.note("error " + evutilSocketGeterror(b.getFd()) + " " + b.getDnsError());
      b.free();
      if (isHeld) b.getBase().loopexit();
    },
    undefined,
  );
  return bev;
}

/** Everything that came. */
function take(bev: BufferEvent): string {
  const input = bev.getInput();
  const text = input._m.latin1(0, input.getLength());
  input.drain(text.length);
  return text;
}

/** A listener on the first port, which ends after so many connections. */
function serve(lab: Lab, base: EventBase, count: number, use: (fd: EvSocket) => void, flags?: number): EvConnListener {
  let left = count;
  const lev = evconnlistenerNewBind(base, (l, fd) => {
    use(fd);
    if (!--left) l.free();
  }, undefined, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | (flags || 0), -1, ":" + lab.port) as EvConnListener;
  lab.listeners.push(lev.getFd());
  return lev;
}

function socket(base: EventBase, fd: EvSocket | null, options: number): BufferEvent {
  return buffereventSocketNew(base, fd, BEV_OPT_CLOSE_ON_FREE | options) as BufferEvent;
}

function bevEcho(lab: Lab): void {
  const base = baseOf(lab);
  serve(lab, base, 1, (fd) => {
    const bev = watch(lab, socket(base, fd, 0), "b", (b) => {
      b.writeBuffer(b.getInput());
    });
    bev.setCb((b) => {
      b.writeBuffer(b.getInput());
    }, null, bev.getCb().eventcb as never, undefined);
    bev.enable(EV_READ | EV_WRITE);
  });
}

function bevDeferred(lab: Lab): void {
  const base = baseOf(lab);
  serve(lab, base, 1, (fd) => {
    watch(lab, socket(base, fd, BEV_OPT_DEFER_CALLBACKS), "b", (b) => {
      const text = take(b);
      lab.note("read " + text);
      if (text === "hello") {
        b.write("world");
        lab.note("after write");
      }
    }).enable(EV_READ);
  });
}

function bevConnect(lab: Lab): void {
  const base = baseOf(lab);
  const bev = watch(lab, socket(base, null, 0), "c");
  bev.enable(EV_READ);
  lab.note("write " + bev.write("early") + ", connect " + bev.connect(lab.host + ":" + (lab.port + PEER)));
}

function bevRefused(lab: Lab): void {
  const base = baseOf(lab);
  const bev = watch(lab, socket(base, null, 0), "c");
  bev.enable(EV_READ);
  lab.note("connect " + bev.connect(lab.host + ":" + (lab.port + PEER)));
}

function bevUnknownHost(lab: Lab): void {
  const base = baseOf(lab);
  const bev = watch(lab, socket(base, null, 0), "c");
  lab.note("connect " + bev.connectHostname(null, 0, "no-such-host.invalid", 80));
}

/** At most four bytes at a time, taken when the host says so. */
function bevHigh(lab: Lab): void {
  const base = heldBaseOf(lab);
  serve(lab, base, 1, (fd) => {
    const bev = watch(lab, socket(base, fd, 0), "b", (b) => lab.note("has " + b.getInput().text()), true);
    bev.setWatermark(EV_READ, 3, 4);
    bev.enable(EV_READ);
    lab.onPoke = (word) => {
      bev.getInput().drain(parseInt(word, 10));
    };
  });
}

/** A reader that stops for a while: everything is there in the end. */
function bevPause(lab: Lab): void {
  const base = heldBaseOf(lab);
  let count = 0;
  serve(lab, base, 1, (fd) => {
    const bev = watch(lab, socket(base, fd, 0), "b", (b) => {
      const text = take(b);
      if (text !== digits((count % 10) + text.length).slice(count % 10)) lab.note("wrong at " + count);
      if (!count) {
        b.disable(EV_READ);
        lab.note("stopped");
      }
      count += text.length;
      if (count === 20000) {
        lab.note("all there");
        b.free();
        base.loopexit();
      }
    }, true);
    bev.enable(EV_READ);
    lab.onPoke = () => {
      const used = lab.mgr.pool.pages - lab.mgr.pool.free;
      lab.note("holds " + bev.getInput().getLength() + (used <= lab.mgr.pool.pages / 2 ? ", bounded" : ", " + used + " pages"));
      bev.enable(EV_READ);
    };
  });
}

function bevTimeout(lab: Lab): void {
  const base = heldBaseOf(lab);
  serve(lab, base, 1, (fd) => {
    const bev = watch(lab, socket(base, fd, 0), "b", undefined, true);
    bev.setTimeouts(0.05, null);
    bev.enable(EV_READ);
    lab.onPoke = () => {
      lab.note("enabled " + bev.getEnabled());
      bev.setTimeouts(0, 0);
      bev.enable(EV_READ);
      bev.write("still here");
    };
  });
}

/** Freed in the read, the write and the event callback, one connection each. */
function bevFrees(lab: Lab): void {
  const base = baseOf(lab);
  let count = 0;
  serve(lab, base, 3, (fd) => {
    const which = count++;
    lab.note("accept " + which);
    const bev = socket(base, fd, 0);
    const end = (b: BufferEvent): void => {
      lab.note("end " + which);
      b.write("never seen");
      b.free();
    };
    bev.setCb(which === 0 ? end : null, which === 1 ? end : null, which === 2 ? end : null, undefined);
    bev.enable(EV_READ);
    if (which === 1) bev.write("seen");
  });
}

function bevThrows(lab: Lab): void {
  const base = baseOf(lab);
  let count = 0;
  serve(lab, base, 2, (fd) => {
    const isBad = !count++;
    watch(lab, socket(base, fd, 0), isBad ? "bad" : "good", (b) => {
      if (isBad) throw new Error("mine");
      b.writeBuffer(b.getInput());
    }).enable(EV_READ);
  });
}

/** 100 bytes at most in a tick of 50 ms. */
function bevRate(lab: Lab): void {
  const base = baseOf(lab);
  let most = 0;
  let count = 0;
  serve(lab, base, 1, (fd) => {
    const bev = watch(lab, socket(base, fd, 0), "b", (b) => {
      const n = b.getInput().getLength();
      if (n > most) most = n;
      b.getInput().drain(n);
      count += n;
      if (count === 400) {
        lab.note("never more than " + most);
        b.free();
      }
    });
    bev.setRateLimit(evTokenBucketCfgNew(100, 100, 100, 100, 0.05));
    bev.enable(EV_READ);
  });
}

/** Two of its bytes from each of the peer's, and back. */
function twice(src: EvBuffer, dst: EvBuffer): number {
  const text = src.text();
  let out = "";
  for (let i = 0; i < text.length; i++) out += text.charAt(i) + text.charAt(i);
  src.drain(text.length);
  dst.add(out);
  return BEV_OK;
}

function half(src: EvBuffer, dst: EvBuffer): number {
  const n = src.getLength() >> 1;
  if (!n) return BEV_NEED_MORE;
  const text = src.text(0, n * 2);
  let out = "";
  for (let i = 0; i < n; i++) out += text.charAt(i * 2);
  src.drain(n * 2);
  dst.add(out);
  return BEV_OK;
}

function bevFilter(lab: Lab): void {
  const base = baseOf(lab);
  serve(lab, base, 1, (fd) => {
    const filter = buffereventFilterNew(socket(base, fd, 0), half, twice, BEV_OPT_CLOSE_ON_FREE, () => lab.note("context freed"), undefined) as BufferEvent;
    watch(lab, filter, "f", (b) => {
      lab.note("read " + b.getInput().text());
      b.writeBuffer(b.getInput());
    }).enable(EV_READ);
  });
}

function bevPair(lab: Lab): void {
  const base = heldBaseOf(lab);
  const [left, right] = buffereventPairNew(base, 0) as [BufferEvent, BufferEvent];
  let left6 = 6;
  watch(lab, left, "left", (b) => {
    const text = take(b);
    lab.note("left read " + text);
    left6 -= text.length;
    if (!left6) lab.later(() => left.free(), 20);
  });
  watch(lab, right, "right", (b) => {
    lab.note("right has " + b.getInput().text());
    b.writeBuffer(b.getInput());
  }, true);
  left.enable(EV_READ);
  right.enable(EV_READ);
  right.setWatermark(EV_READ, 0, 4);
  left.write("abcdef");
  lab.note("moved " + right.getInput().getLength() + ", left " + left.getOutput().getLength());
}

/** Made disabled; each word of the host does something to it. */
function levWaits(lab: Lab): void {
  const base = heldBaseOf(lab);
  const take = (l: EvConnListener, fd: EvSocket, _address: unknown, ptr: string): void => {
    lab.note("accepted by " + ptr);
    evutilClosesocket(fd);
    l.disable();
  };
  const lev = evconnlistenerNewBind(base, take, "the first", LEV_OPT_CLOSE_ON_FREE | LEV_OPT_DISABLED, 5, ":" + lab.port) as EvConnListener;
  lab.listeners.push(lev.getFd());
  lab.onPoke = (word) => {
    if (word === "enable") lab.note("enable " + lev.enable());
    else if (word === "take") lev.setCb(take, "the second");
    else if (word === "none") lev.setCb(null, "");
    else {
      lev.free();
      base.loopexit();
    }
  };
}

function levTaken(lab: Lab): void {
  const base = baseOf(lab);
  lab.listen();
  const lev = evconnlistenerNewBind(base, () => undefined, "ptr", LEV_OPT_CLOSE_ON_FREE, -1, ":" + lab.port) as EvConnListener;
  lev.setErrorCb((l, ptr: string) => {
    lab.note("failed " + ptr + " " + evutilSocketGeterror(l.getFd()));
    l.free();
  });
}

export const BUFFEREVENT: Table = {
  bevEcho: { options: { pages: 16, pageBytes: 512, limits: { pollMs: 20 } }, start: bevEcho },
  bevDeferred: { start: bevDeferred },
  bevConnect: { start: bevConnect },
  bevRefused: { start: bevRefused },
  bevUnknownHost: { start: bevUnknownHost },
  bevHigh: { start: bevHigh },
  bevPause: { options: { pages: 16, pageBytes: 512, limits: { pollMs: 20 } }, start: bevPause },
  bevTimeout: { start: bevTimeout },
  bevFrees: { start: bevFrees },
  bevThrows: { start: bevThrows },
  bevRate: { start: bevRate },
  bevFilter: { start: bevFilter },
  bevPair: { start: bevPair },
  levWaits: { start: levWaits },
  levTaken: { start: levTaken },
};
