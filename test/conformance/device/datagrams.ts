import {
  type Connection, MG_EV_ACCEPT, MG_EV_CONNECT, MG_EV_RECV, MG_EV_SEND, MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE,
} from "./meerkat.js";
import { digits } from "./closing.js";
import { type Lab, type Table } from "./lab.js";

/* UDP. */

const PEER = 5;

/** Two sends, one reply: each flush is one datagram. */
function inHalves(nc: Connection, ev: number): void {
  if (ev !== MG_EV_RECV) return;
  const text = nc.recvMbuf.text();
  nc.recvMbuf.clear();
  nc.send(text.slice(0, 2));
  nc.send(text.slice(2));
}

function kept(lab: Lab): Connection {
  return lab.listen(
    (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.flags &= ~MG_F_SEND_AND_CLOSE;
      if (ev === MG_EV_RECV && nc.recvMbuf.text() === "bye") nc.flags |= MG_F_SEND_AND_CLOSE;
      inHalves(nc, ev);
    },
    undefined,
    "udp",
  );
}

function keptUntilPoke(lab: Lab): void {
  const listener = kept(lab);
  lab.onPoke = () => {
    listener.flags |= MG_F_CLOSE_IMMEDIATELY;
  };
}

function client(lab: Lab): void {
  lab.connect("out", PEER, (nc, ev) => {
    if (ev === MG_EV_CONNECT) nc.send("ping");
    if (ev !== MG_EV_RECV) return;
    lab.note("received " + nc.recvMbuf.text());
    nc.recvMbuf.clear();
    nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  }, undefined, "udp");
}

/** One byte more than a datagram can have here; then one that fits. */
function tooLong(lab: Lab): void {
  lab.connect("out", PEER, (nc, ev, data) => {
    if (ev === MG_EV_CONNECT) lab.note(nc.send(digits(lab.platform.caps.datagramMaxBytes + 1)) ? "taken" : "not taken");
    if (ev === MG_EV_SEND && (data as number) < 0) nc.send("ok");
    else if (ev === MG_EV_SEND) nc.flags |= MG_F_SEND_AND_CLOSE;
  }, undefined, "udp");
}

export const DATAGRAMS: Table = {
  udpEcho: { start: (lab) => void lab.listen(inHalves, undefined, "udp") },
  udpEchoByHand: { byHand: true, start: (lab) => void lab.listen(inHalves, undefined, "udp") },
  udpKept: { start: (lab) => void kept(lab) },
  udpListenerCloses: { start: keptUntilPoke },
  udpClient: { start: client },
  udpTooLong: { options: { pages: 80, pageBytes: 1024, limits: { pollMs: 20 } }, start: tooLong },
};
