import {
  type Connection, MG_EV_ACCEPT, MG_EV_POLL, MG_EV_RECV, MG_EV_TIMER, MG_F_BUFFER_BUT_DONT_SEND, MG_F_CLOSE_IMMEDIATELY,
  MG_F_CONNECTING, MG_F_ENABLE_BROADCAST, MG_F_LISTENING, MG_F_RECV_AND_CLOSE, MG_F_RESOLVING, MG_F_SEND_AND_CLOSE, MG_F_SSL,
  MG_F_UDP, MG_F_USER_1, MG_F_USER_2, MG_F_USER_3, MG_F_USER_6, MG_F_WANT_READ, MG_F_WANT_WRITE, type PeerAddress,
} from "./meerkat.js";
import { echo, type Lab, type Table } from "./lab.js";

/* Events, timers and flags. */

/** The timer is due before the first pass, and every pass has a POLL: which comes first is what is asked. */
function timerThenPoll(lab: Lab): void {
  const nc = lab.add("t", (c, ev) => {
    if (ev !== MG_EV_POLL) return;
    lab.log("t", "POLL");
    c.flags |= MG_F_CLOSE_IMMEDIATELY;
  });
  nc.setTimer(lab.mgr.time() - 1);
}

function timers(lab: Lab): void {
  let soon = lab.mgr.time() + 0.03;
  const never = lab.add("never");
  const nc = lab.add("t", (c, ev, data) => {
    if (ev !== MG_EV_TIMER) return;
    lab.log("t", data === soon ? "on time" : "at " + data);
    if (never.flags & MG_F_USER_1) {
      c.flags |= MG_F_CLOSE_IMMEDIATELY;
      never.flags |= MG_F_CLOSE_IMMEDIATELY;
      return;
    }
    never.flags |= MG_F_USER_1;
    soon = lab.mgr.time() + 0.03;
    lab.log("t", "before " + c.setTimer(soon));
  });
  lab.note("before " + nc.setTimer(1) + " and " + nc.setTimer(soon));
  never.setTimer(soon);
  lab.note(never.setTimer(0) === soon ? "cancelled" : "lost");
  lab.note(lab.thrown(() => nc.setTimer(-1)));
}

function newestFirst(lab: Lab): void {
  let made = 0;
  const visit = (nc: Connection, ev: number): void => {
    if (ev !== MG_EV_POLL) return;
    lab.note("POLL " + nc.userData);
    if (!made++) lab.add("d", visit);
    nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  };
  lab.add("a", visit);
  lab.add("b", visit);
  lab.add("c", visit);
}

function polls(lab: Lab): void {
  let count = 0;
  lab.listen((nc, ev, data) => {
    if (ev !== MG_EV_POLL || !nc.listener || ++count > 3) return;
    lab.log(nc.userData as string, Math.abs((data as number) - lab.mgr.time()) < 2 ? "POLL" : "POLL at " + data);
    if (count === 3) nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  });
}

function acceptData(lab: Lab): void {
  lab.listen((nc, ev, data) => {
    if (ev !== MG_EV_ACCEPT) return;
    const from = data as PeerAddress;
    const isSame = from.address === nc.peerAddress && from.port === nc.peerPort;
    lab.note(!isSame ? "two answers" : !from.port ? "from nowhere" + from.address : from.address === lab.host ? "from the peer" : from.address);
    lab.note("through " + (nc.listener as Connection).userData);
  });
}

const PROTECTED =
  MG_F_LISTENING | MG_F_UDP | MG_F_RESOLVING | MG_F_CONNECTING | MG_F_SSL | MG_F_WANT_READ | MG_F_WANT_WRITE |
  MG_F_RECV_AND_CLOSE | MG_F_ENABLE_BROADCAST;

function flags(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV) return echo(nc, ev);
    nc.flags = PROTECTED | MG_F_USER_1 | MG_F_USER_6;
    lab.note(nc.flags === (MG_F_USER_1 | MG_F_USER_6) ? "only USER_1 and USER_6" : "flags " + nc.flags);
    nc.flags &= ~MG_F_USER_1;
    lab.note(nc.flags === MG_F_USER_6 ? "only USER_6" : "flags " + nc.flags);
    echo(nc, ev);
  });
}

function preset(lab: Lab): void {
  const given = MG_F_USER_2 | MG_F_USER_3 | MG_F_LISTENING | MG_F_CONNECTING | MG_F_SEND_AND_CLOSE | MG_F_CLOSE_IMMEDIATELY;
  const listener = lab.listen(
    (nc, ev) => {
      if (ev === MG_EV_ACCEPT) lab.note("accepted with " + nc.flags);
    },
    { flags: given },
  );
  lab.note(listener.flags === (MG_F_USER_2 | MG_F_USER_3) ? "only USER_2 and USER_3" : "flags " + listener.flags);
}

function cork(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev === MG_EV_RECV) {
      nc.recvMbuf.clear();
      nc.flags |= MG_F_BUFFER_BUT_DONT_SEND;
      nc.send("he");
      nc.send("ld");
      nc.setTimer(lab.mgr.time() + 0.1);
    } else if (ev === MG_EV_TIMER) {
      lab.log(nc.userData as string, "holds " + nc.sendMbuf.len);
      nc.flags &= ~MG_F_BUFFER_BUT_DONT_SEND;
    }
  });
}

/** A handler may be replaced at any time: the next event goes to the new one. */
function newHandler(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev === MG_EV_ACCEPT) nc.handler = lab.watch(echo);
    else if (ev === MG_EV_RECV) lab.note("the old handler was called");
  });
}

export const EVENTS: Table = {
  timerThenPoll: { byHand: true, start: timerThenPoll },
  timers: { start: timers },
  newestFirst: { byHand: true, start: newestFirst },
  polls: { start: polls },
  acceptData: { start: acceptData },
  flags: { start: flags },
  preset: { start: preset },
  cork: { start: cork },
  newHandler: { start: newHandler },
};
