import {
  type Connection, MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND, MG_EV_TIMER, MG_F_BUFFER_BUT_DONT_SEND,
  MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE,
} from "./meerkat.js";
import { echo, type Lab, type Table } from "./lab.js";

/* Closing, in every way and at every moment. */

/** `count` characters: 0123456789012… */
export function digits(count: number): string {
  let out = "0123456789";
  while (out.length < count) out += out;
  return out.slice(0, count);
}

function sendAndClose(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    nc.recvMbuf.clear();
    nc.send(digits(3000));
    nc.flags |= MG_F_SEND_AND_CLOSE;
  });
}

/** Output is held back by the cork, so that SEND_AND_CLOSE has something to wait for. */
function closingReads(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev === MG_EV_ACCEPT) {
      nc.flags |= MG_F_BUFFER_BUT_DONT_SEND;
      nc.send("last");
      nc.flags |= MG_F_SEND_AND_CLOSE;
    } else if (ev === MG_EV_RECV && nc.recvMbuf.byteAt(nc.recvMbuf.len - 1) === 46) {
      lab.log(nc.userData as string, "has " + nc.recvMbuf.text());
      nc.flags &= ~MG_F_BUFFER_BUT_DONT_SEND;
    }
  });
}

function clearedClose(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev === MG_EV_ACCEPT) {
      nc.flags |= MG_F_BUFFER_BUT_DONT_SEND | MG_F_SEND_AND_CLOSE;
      nc.send("first ");
      nc.setTimer(lab.mgr.time() + 0.08);
    } else if (ev === MG_EV_TIMER) {
      nc.flags &= ~(MG_F_BUFFER_BUT_DONT_SEND | MG_F_SEND_AND_CLOSE);
    } else echo(nc, ev);
  });
}

function closeAtOnce(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    nc.send("never seen");
    nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  });
}

function afterClose(lab: Lab): void {
  let gone: Connection;
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_CLOSE || !nc.listener) return;
    gone = nc;
    lab.note("in CLOSE: recvMbuf " + nc.recvMbuf.text() + ", send " + nc.send("x"));
    nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  });
  lab.onPoke = () => {
    lab.note("later: recvMbuf " + gone.recvMbuf.len + ", send " + gone.send("x") + ", setTimer " + gone.setTimer(lab.mgr.time()) + ", sendFrom " + gone.sendFrom({ next: () => null }));
    gone.flags |= MG_F_SEND_AND_CLOSE;
  };
}

/** One listener for each event: it calls `act` in that event. */
function inEvent(lab: Lab, ev: number, act: (nc: Connection) => void): void {
  let isDone = false;
  lab.listen((nc, now) => {
    if (!nc.listener || isDone) return;
    if (now === MG_EV_ACCEPT && ev === MG_EV_TIMER) nc.setTimer(lab.mgr.time() + 0.02);
    if (now === MG_EV_RECV && ev === MG_EV_SEND) nc.send("ok");
    if (now !== ev) return;
    isDone = true;
    if (ev === MG_EV_POLL) lab.log(nc.userData as string, "POLL");
    act(nc);
  });
}

function closeNow(nc: Connection): void {
  nc.flags |= MG_F_CLOSE_IMMEDIATELY;
}

function closeIn(lab: Lab): void {
  inEvent(lab, MG_EV_ACCEPT, closeNow);
  inEvent(lab, MG_EV_RECV, closeNow);
  inEvent(lab, MG_EV_SEND, closeNow);
  inEvent(lab, MG_EV_TIMER, closeNow);
  inEvent(lab, MG_EV_POLL, closeNow);
}

function throwNow(): void {
  throw new Error("thrown on purpose");
}

function throwIn(lab: Lab): void {
  inEvent(lab, MG_EV_ACCEPT, throwNow);
  inEvent(lab, MG_EV_SEND, throwNow);
  inEvent(lab, MG_EV_TIMER, throwNow);
  inEvent(lab, MG_EV_POLL, throwNow);
  inEvent(lab, MG_EV_CLOSE, throwNow);
}

function throwsOnWord(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev === MG_EV_RECV && nc.recvMbuf.text() === "throw") throwNow();
    echo(nc, ev);
  });
}

function listenerThrows(lab: Lab): void {
  let isDone = false;
  lab.listen((nc, ev) => {
    if (ev === MG_EV_POLL && !nc.listener && !isDone) {
      isDone = true;
      lab.note("throws");
      throwNow();
    }
    echo(nc, ev);
  });
}

function freeInRecv(lab: Lab): void {
  lab.add("t");
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    lab.mgr.free();
    lab.log(nc.userData as string, "free() returned");
    lab.later(() => lab.note(lab.thrown(() => lab.mgr.add(undefined))), 5);
  });
}

function freeInClose(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev === MG_EV_CLOSE && nc.userData === "c1") lab.mgr.free();
  });
}

function freeInTimer(lab: Lab): void {
  lab.listen();
  const t = lab.add("t", (_nc, ev) => {
    if (ev === MG_EV_TIMER) lab.mgr.free();
  });
  lab.onPoke = () => t.setTimer(lab.mgr.time());
}

function closeListener(lab: Lab): void {
  const listener = lab.listen(echo);
  lab.onPoke = () => {
    listener.flags |= MG_F_CLOSE_IMMEDIATELY;
  };
}

export const CLOSING: Table = {
  sendAndClose: { start: sendAndClose },
  closingReads: { start: closingReads },
  clearedClose: { start: clearedClose },
  closeAtOnce: { start: closeAtOnce },
  afterClose: { start: afterClose },
  closeIn: { start: closeIn },
  throwIn: { start: throwIn },
  throwsOnWord: { start: throwsOnWord },
  listenerThrows: { start: listenerThrows },
  freeInRecv: { start: freeInRecv },
  freeInClose: { start: freeInClose },
  freeInTimer: { start: freeInTimer },
  closeListener: { start: closeListener },
};
