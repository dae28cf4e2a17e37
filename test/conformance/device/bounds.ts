import {
  type Connection, MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND, MG_F_BUFFER_BUT_DONT_SEND, MG_F_SEND_AND_CLOSE,
  MG_F_WANT_READ, MG_F_WANT_WRITE,
} from "./meerkat.js";
import { digits } from "./closing.js";
import { echo, type Lab, type Table } from "./lab.js";

/* What is bounded, and what happens at the bound. */

/** Answers at once what came before the peer's end. */
function answer(lab: Lab, bytes: number): void {
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    nc.recvMbuf.clear();
    nc.send(digits(bytes));
  });
}

function endlessly(lab: Lab, c: Connection): void {
  const piece = digits(1024);
  c.sendFrom({
    next: (maxBytes) => piece.slice(0, maxBytes),
    done: (isSent) => lab.note("the source ends, " + (isSent ? "sent" : "not sent")),
  });
}

function stall(lab: Lab): void {
  let isSaid = false;
  let most = 0;
  lab.isQuiet = 1;
  lab.listen((nc, ev) => {
    if (ev === MG_EV_RECV) endlessly(lab, nc);
    most = Math.max(most, lab.mgr.pool.pages - lab.mgr.pool.free);
    if (ev === MG_EV_CLOSE && nc.listener) return lab.note("never more than " + (most <= 8 ? "the pool" : most + " pages"));
    if (ev !== MG_EV_POLL || isSaid || !(nc.flags & MG_F_WANT_WRITE)) return;
    isSaid = true;
    lab.log(nc.userData as string, "WANT_WRITE");
  });
}

/** The same with send(): it answers 0 when there is no room, and the next SEND says that there is. */
function stallThenRead(lab: Lab): void {
  const all = 40000;
  let sent = 0;
  let refused = 0;
  lab.isQuiet = 1;
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV && ev !== MG_EV_SEND) return;
    nc.recvMbuf.clear();
    while (sent < all) {
      if (!nc.send(digits(500))) {
        if (!refused++) lab.note("refused, holding " + (nc.sendMbuf.len > 0 ? "some" : "nothing"));
        return;
      }
      sent += 500;
    }
    nc.flags |= MG_F_SEND_AND_CLOSE;
  });
}

function flood(lab: Lab): void {
  let conn: Connection;
  let isHolding = true;
  let isSaid = false;
  let most = 0;
  let total = 0;
  const take = (nc: Connection): void => {
    const n = nc.recvMbuf.len;
    if (nc.recvMbuf.text() !== digits(n + 10).slice(total % 10, (total % 10) + n)) lab.note("wrong at " + total);
    total += n;
    nc.recvMbuf.clear();
  };
  lab.isQuiet = 1;
  lab.listen(
    (nc, ev) => {
      if (ev === MG_EV_CLOSE && nc.listener) lab.note("all in all " + total + ", never more than " + most + " at once");
      if (ev === MG_EV_POLL && nc.flags & MG_F_WANT_READ && !isSaid) {
        isSaid = true;
        lab.note("holds " + nc.recvMbuf.len + ", WANT_READ");
      }
      if (ev !== MG_EV_RECV) return;
      conn = nc;
      most = Math.max(most, nc.recvMbuf.len);
      if (!isHolding) take(nc);
    },
    { recvMbufLimit: 1000 },
  );
  lab.onPoke = () => {
    isHolding = false;
    take(conn);
  };
}

const BIG = digits(2000);

function poolEmpty(lab: Lab): void {
  let isSecond = false;
  lab.listen((nc, ev) => {
    if (ev === MG_EV_RECV) {
      nc.recvMbuf.clear();
      nc.flags |= MG_F_BUFFER_BUT_DONT_SEND;
      lab.note("2000: " + nc.send(BIG) + ", 700: " + nc.send(BIG.slice(0, 700)) + ", 700 more: " + nc.send(BIG.slice(0, 700)) + ", free " + lab.mgr.pool.free);
      nc.flags &= ~MG_F_BUFFER_BUT_DONT_SEND;
    } else if (ev === MG_EV_SEND && !isSecond && !nc.sendMbuf.len) {
      isSecond = true;
      lab.note("700 in SEND: " + nc.send(BIG.slice(0, 700)));
    }
  });
}

/** Whoever says "hold" has its input kept until the poke, and thrown away from then on; everyone else is echoed. */
function holders(lab: Lab): void {
  const held: Connection[] = [];
  let isHolding = true;
  let isSaid = false;
  lab.isQuiet = 1;
  lab.listen((nc, ev) => {
    if (ev === MG_EV_CLOSE) return;
    if (ev === MG_EV_POLL && !isSaid && lab.mgr.pool.free <= 2) {
      isSaid = true;
      lab.note("free " + lab.mgr.pool.free + " of " + lab.mgr.pool.pages);
    }
    const isHolder = held.indexOf(nc) >= 0;
    if (isHolder && !isHolding) nc.recvMbuf.clear();
    else if (!isHolder && nc.recvMbuf.text(0, 4) === "hold") held.push(nc);
    else if (!isHolder) echo(nc, ev);
  });
  lab.onPoke = () => {
    isHolding = false;
    for (let i = 0; i < held.length; i++) held[i].recvMbuf.clear();
  };
}

function budget(lab: Lab): void {
  lab.listen(echo);
}

/**
 * Counts instead of logging: there are many, and one that is gone before the interpreter has looked at it is never
 * accepted there.
 */
function cycles(lab: Lab): void {
  let accepted = 0;
  let closed = 0;
  let wanted = 0;
  lab.listen().handler = (nc, ev) => {
    echo(nc, ev);
    if (nc.listener && ev === MG_EV_ACCEPT) accepted++;
    if (nc.listener && ev === MG_EV_CLOSE) closed++;
    if (ev !== MG_EV_POLL || !wanted || accepted < wanted || accepted !== closed) return;
    wanted = 0;
    lab.note(accepted === lab.mgr.stats.accepted ? "all closed" : "accepted " + lab.mgr.stats.accepted);
  };
  lab.onPoke = (word) => {
    wanted = parseInt(word, 10);
  };
}

function rows(lab: Lab): void {
  lab.listen();
  lab.add("t").setTimer(lab.mgr.time() + 60);
  lab.onPoke = (word) => {
    const list = lab.mgr.list();
    for (let i = 0; i < list.length; i++) {
      const row = list[i];
      const isFresh = row.ageS >= 0 && row.ageS < 60 && row.idleS < 60;
      lab.note(row.kind + " " + row.phase + " " + row.pages + (isFresh ? "" : " old"));
    }
    if (word === "end") {
      for (let nc = lab.mgr.next(); nc; nc = lab.mgr.next(nc)) if (!nc.listener && nc.userData === "t") nc.flags |= MG_F_SEND_AND_CLOSE;
    }
  };
}

function wrongOptions(lab: Lab): void {
  const Maker = lab.mgr.constructor as new (platform: unknown, options: unknown) => unknown;
  const tries: unknown[] = [{ pages: 1 }, { pageBytes: 12.5 }, { limits: { idleMs: -1 } }, { limits: { noSuch: 1 } }, { limits: { headMs: "9" } }];
  for (let i = 0; i < tries.length; i++) lab.note(lab.thrown(() => new Maker(lab.platform, tries[i])));
}

export const BOUNDS: Table = {
  answer: { start: (lab) => answer(lab, 6) },
  answerLong: { options: { pages: 16, pageBytes: 256, limits: { pollMs: 20 } }, start: (lab) => answer(lab, 3000) },
  stall: { options: { pages: 8, pageBytes: 256, limits: { pollMs: 20, writeMs: 500 } }, start: stall },
  stallThenRead: { options: { pages: 8, pageBytes: 256, limits: { pollMs: 20 } }, start: stallThenRead },
  flood: { options: { pages: 32, pageBytes: 256, limits: { pollMs: 20 } }, start: flood },
  floodByHand: { byHand: true, options: { pages: 32, pageBytes: 256, limits: { pollMs: 20 } }, start: flood },
  poolEmpty: { options: { pages: 4, pageBytes: 256, limits: { pollMs: 20 } }, start: poolEmpty },
  holders: { options: { pages: 8, pageBytes: 256, limits: { pollMs: 20 } }, start: holders },
  starved: { options: { pages: 8, pageBytes: 256, limits: { pollMs: 20, starveMs: 200 } }, start: holders },
  budget: { options: { limits: { pollMs: 20, connMax: 2 } }, start: budget },
  budgetIdle: { options: { limits: { pollMs: 20, connMax: 2, evictIdleMs: 100 } }, start: budget },
  cycles: { options: { pages: 8, pageBytes: 256, limits: { pollMs: 20 } }, start: cycles },
  rows: { options: { pages: 16, pageBytes: 128, limits: { pollMs: 20 } }, start: rows },
  wrongOptions: { start: wrongOptions },
};
