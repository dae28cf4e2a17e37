import { Manager, MG_EV_CLOSE } from "meerkat";
import { platform } from "meerkat/platform";

/*
 * Sends back every byte. A peer that sends faster than it reads is made to wait: what cannot be sent now stays in
 * recvMbuf, and is tried again with the next event, whatever that is.
 */

const mgr = new Manager(platform());

mgr.bind("tcp://:" + (process.env.PORT || "9876"), (nc, ev) => {
  if (ev !== MG_EV_CLOSE) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
});

mgr.run();
console.log("ready: " + mgr.budget());
