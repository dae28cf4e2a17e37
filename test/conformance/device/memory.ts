import { MG_EV_RECV, MG_EV_TIMER, MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE } from "./meerkat.js";
import type { Connection } from "./meerkat.js";
import { digits } from "./closing.js";
import { echo, type Lab, printable, type Table } from "./lab.js";

/* Connections without sockets: timers and pairs. */

function joined(lab: Lab, first: (nc: Connection, ev: number) => void, second: (nc: Connection, ev: number) => void): [Connection, Connection] {
  const both = lab.mgr.pair(lab.watch(first), lab.watch(second));
  both[0].userData = "a";
  both[1].userData = "b";
  return both;
}

function timerOnly(lab: Lab): void {
  const nc = lab.add("t", (c, ev) => {
    if (ev === MG_EV_TIMER) c.flags |= MG_F_SEND_AND_CLOSE;
  });
  nc.setTimer(lab.mgr.time() + 0.02);
}

function pair(lab: Lab): void {
  const closeOnReply = (nc: Connection, ev: number): void => {
    if (ev !== MG_EV_RECV) return;
    lab.log("a", "has " + printable(nc.recvMbuf.latin1(0, nc.recvMbuf.len)));
    nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  };
  joined(lab, closeOnReply, echo)[0].send("é\0ping");
}

function pairLimit(lab: Lab): void {
  let total = 0;
  let most = 0;
  const count = (nc: Connection, ev: number): void => {
    if (ev !== MG_EV_RECV) return;
    most = Math.max(most, nc.recvMbuf.len);
    total += nc.recvMbuf.len;
    nc.recvMbuf.clear();
    if (total === 2000) lab.note("never more than " + most);
  };
  const ends = joined(lab, () => undefined, count);
  ends[1].recvMbufLimit = 300;
  ends[0].send(digits(2000));
  ends[0].flags |= MG_F_SEND_AND_CLOSE;
}

export const MEMORY: Table = {
  timerOnly: { start: timerOnly },
  pair: { start: pair },
  pairByHand: { byHand: true, start: pair },
  pairLimit: { start: pairLimit },
};
