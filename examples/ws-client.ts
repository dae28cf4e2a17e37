import { Manager, MG_EV_CLOSE } from "meerkat";
import { connectWs, MG_EV_WEBSOCKET_FRAME, MG_EV_WEBSOCKET_HANDSHAKE_DONE, sendWebsocketFrame } from "meerkat/websocket";
import { platform } from "meerkat/platform";

/* Connects to a WebSocket server, and sends back each message that it receives. */

const url = process.env.URL || "ws://127.0.0.1:9001/";
const mgr = new Manager(platform());

connectWs(mgr, (nc, ev, data) => {
  if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) console.log("open: " + url);
  else if (ev === MG_EV_WEBSOCKET_FRAME) sendWebsocketFrame(nc, data.op, data);
  else if (ev === MG_EV_CLOSE) {
    console.log("closed: " + nc.err);
    mgr.free();
  }
}, url, { rawEvents: false });

mgr.run();
console.log("ready: " + mgr.budget());
