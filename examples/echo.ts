import { Manager, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND } from "meerkat";
import { platform } from "meerkat/platform";

/*
 * Sends back every byte. A peer that sends faster than it reads is made to wait: what cannot be sent now stays in
 * recvMbuf, and reading stops when that is full.
 */

/** Goes out even when the pool is so full that all of recvMbuf at once does not. */
const PIECE_BYTES = 256;

const mgr = new Manager(platform());

mgr.bind("tcp://:" + (process.env.PORT || "9876"), (nc, ev) => {
  // More when bytes came, when bytes went out, and once a second in case others held all the memory.
  if (ev !== MG_EV_RECV && ev !== MG_EV_SEND && ev !== MG_EV_POLL) return;
  const input = nc.recvMbuf;
  if (input.len > 0) input.remove(nc.send(input) || nc.send(input.slice(0, PIECE_BYTES)));
});

mgr.run();
console.log("ready: " + mgr.budget());
