import { Manager, MG_EV_RECV, MG_EV_TIMER } from "meerkat";
import { joinWifi, keep } from "meerkat/link";
import { platform } from "meerkat/platform";

/*
 * Sends a reading a second to a server, for months: the connection is made again whenever it is lost, a server that falls
 * silent is found, and of the readings that could not be sent the newest ones are kept.
 */

const address = process.env.SERVER || "tcp://127.0.0.1:9876";
const mgr = new Manager(platform());

joinWifi(mgr, { ssid: process.env.SSID, password: process.env.PASSWORD });

const server = keep(mgr, address, (nc, ev) => {
  if (ev !== MG_EV_RECV) return;
  console.log("answer: " + nc.recvMbuf.text().trim());
  nc.recvMbuf.clear();
}, {
  policy: "dropOld",
  shareBytes: 1000,
  idleMs: 30000,
  onBack: (k) => console.log("connected to " + address + " after " + k.outageMs + " ms, " + k.waiting + " readings wait"),
  onLost: (k) => console.log("lost: error " + k.err),
});

let count = 0;
const clock = mgr.add((_nc, ev) => {
  if (ev !== MG_EV_TIMER) return;
  clock.setTimer(mgr.time() + 1);
  server.send("reading " + ++count + "\n");
});
clock.setTimer(mgr.time() + 1);

mgr.run();
console.log("ready: " + mgr.budget());
