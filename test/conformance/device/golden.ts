import { type Connection, MG_EV_ACCEPT, setProtocolHttpWebsocket } from "./meerkat.js";
import { GOLDEN_LIMITS, goldenHandler } from "../../golden/handler.js";
import { type Lab, type Table } from "./lab.js";

/* The server of the golden conversations. It logs nothing by itself: a poke makes it tell what the last connection saw. */

function serve(lab: Lab): void {
  let seen: string[] = [];
  const handler = goldenHandler({ events: (nc: Connection) => nc.userData as string[], later: lab.later });
  const listener = lab.mgr.bind("tcp://:" + lab.port, (nc, ev, data) => {
    if (ev === MG_EV_ACCEPT) nc.userData = seen = [];
    handler(nc, ev, data);
  });
  setProtocolHttpWebsocket(listener);
  lab.onPoke = () => {
    for (let i = 0; i < seen.length; i++) lab.log("seen", seen[i]);
    lab.log("told", "all");
  };
}

export const GOLDEN: Table = {
  golden: { options: { pages: 32, pageBytes: 256, limits: Object.assign({ pollMs: 20 }, GOLDEN_LIMITS) }, start: serve },
};
