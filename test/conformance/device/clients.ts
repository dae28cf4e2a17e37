import {
  type AnyHandler, type Connection, MG_EV_CONNECT, MG_EV_POLL, MG_EV_RECV, MG_F_CLOSE_IMMEDIATELY, MG_F_LISTENING, MG_F_SEND_AND_CLOSE,
} from "./meerkat.js";
import { echo, type Lab, printable, type Table } from "./lab.js";
import { digits } from "./closing.js";

/* Outgoing connections and addresses. */

/** Where the peer listens, counted from the first port of a behaviour. */
const PEER = 5;

function client(lab: Lab): void {
  lab.connect("out", PEER, (nc, ev, data) => {
    if (ev === MG_EV_CONNECT && !data) nc.send("ping");
    if (ev !== MG_EV_RECV) return;
    lab.note("received " + nc.recvMbuf.text());
    nc.recvMbuf.clear();
    nc.flags |= MG_F_SEND_AND_CLOSE;
  });
}

function early(lab: Lab): void {
  const nc = lab.connect("out", PEER);
  lab.note("taken " + nc.send("early ") + " and " + nc.send("bird"));
  nc.flags |= MG_F_SEND_AND_CLOSE;
}

function download(lab: Lab): void {
  let count = 0;
  lab.isQuiet = 1;
  lab.connect("out", PEER, (nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    const n = nc.recvMbuf.len;
    if (nc.recvMbuf.text() !== digits(n + 10).slice(count % 10, (count % 10) + n)) lab.note("wrong at " + count);
    count += n;
    nc.recvMbuf.clear();
    if (count === 30000) lab.note("all there");
  });
}

function unknownHost(lab: Lab): void {
  lab.mgr.connect("tcp://no-such-host.invalid:80", lab.watch()).userData = "out";
}

function closeInConnect(lab: Lab): void {
  lab.connect("out", PEER, (nc, ev) => {
    if (ev === MG_EV_CONNECT) nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  });
}

const MALFORMED = [
  "", ":", "tcp://", "tcp://:", "http://:80", "://80", "80x", "tcp://:99999", "tcp://:-1", "tcp://a b:80", "tcp://[::1:80",
  "tcp://::1:80", "tcp://[1.2.3.4]:80", ":80,:81", "tcp://:80/", "tcp://\n:80",
];

function malformed(lab: Lab): void {
  let count = 0;
  for (let i = 0; i < MALFORMED.length; i++) {
    const address = MALFORMED[i];
    for (let way = 0; way < 2; way++) {
      const message = lab.thrown(() => void (way ? lab.mgr.bind(address, undefined) : lab.mgr.connect(address, undefined)));
      if (message.indexOf("Malformed") >= 0 && message.indexOf('"' + address + '"') > 0) count++;
      else lab.note(printable(address) + ": " + printable(message));
    }
  }
  lab.note(count + " of " + 2 * MALFORMED.length + " refused, connections " + lab.mgr.list().length);
  lab.note(lab.thrown(() => void lab.mgr.connect("80", undefined)));
  lab.note(lab.thrown(() => void lab.mgr.connect("tcp://there:0", undefined)));
  lab.note(lab.thrown(() => void lab.mgr.bind("80", 5 as unknown as undefined)));
  lab.note("connections " + lab.mgr.list().length);
}

function portInUse(lab: Lab): void {
  lab.listen(echo);
  lab.mgr.bind("tcp://:" + lab.port, lab.watch()).userData = "second";
}

function portAgain(lab: Lab): void {
  const first = lab.mgr.bind("" + lab.port, lab.watch());
  first.userData = "first";
  first.flags |= MG_F_CLOSE_IMMEDIATELY;
  lab.onPoke = () => {
    lab.listen(echo);
  };
}

/** Calls `act` in the first POLL of the listener that finds it bound. */
function whenListening(listener: Connection, act: () => void): void {
  const handler = listener.handler as AnyHandler;
  let isDone = false;
  listener.handler = (nc, ev, data) => {
    handler(nc, ev, data);
    if (isDone || ev !== MG_EV_POLL || !(listener.flags & MG_F_LISTENING)) return;
    isDone = true;
    act();
  };
}

function anyPort(lab: Lab): void {
  lab.note(
    lab.thrown(() => {
      const listener = lab.mgr.bind("tcp://:0", lab.watch());
      listener.userData = "any";
      whenListening(listener, () => lab.note(listener.localPort > 0 ? "listens on some port" : "port " + listener.localPort));
    }),
  );
}

function accessLists(lab: Lab): void {
  lab.listen(echo, { ipAcl: "-0.0.0.0/0,+" + lab.host });
  lab.listen(echo, { ipAcl: "+0.0.0.0/0,-" + lab.host });
  lab.note(lab.thrown(() => void lab.mgr.bind("tcp://:" + (lab.port + 2), undefined, { ipAcl: "127.0.0.1" })));
}

function loopback6(lab: Lab): void {
  const listener = lab.mgr.bind("tcp://[::1]:" + lab.port, lab.watch(echo));
  listener.userData = "l6";
  whenListening(listener, () => {
    const handler = lab.watch((c, ev) => {
      if (ev !== MG_EV_RECV) return;
      lab.note("received " + c.recvMbuf.text());
      c.flags |= MG_F_CLOSE_IMMEDIATELY;
    });
    const nc = lab.mgr.connect("tcp://[::1]:" + lab.port, handler);
    nc.userData = "out";
    nc.send("six");
  });
}

/** Says nothing itself. */
function listens(lab: Lab): void {
  lab.connect("out", PEER, (nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    lab.note("received " + nc.recvMbuf.text());
    nc.flags |= MG_F_CLOSE_IMMEDIATELY;
  });
}

export const CLIENTS: Table = {
  client: { start: client },
  clientByHand: { byHand: true, start: client },
  early: { start: early },
  listens: { start: listens },
  download: { options: { pages: 8, pageBytes: 256, limits: { pollMs: 20 } }, start: download },
  refused: { start: (lab) => void lab.connect("out", PEER).send("lost") },
  unknownHost: { start: unknownHost },
  connectDeadline: { options: { limits: { pollMs: 20, connectMs: 150 } }, start: (lab) => void lab.connect("out", PEER) },
  closeInConnect: { start: closeInConnect },
  malformed: { start: malformed },
  portInUse: { start: portInUse },
  portAgain: { start: portAgain },
  anyPort: { start: anyPort },
  accessLists: { start: accessLists },
  loopback6: { start: loopback6 },
};
