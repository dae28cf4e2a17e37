import { Manager, MG_EV_CLOSE } from "meerkat";
import { connectWs, MG_EV_WEBSOCKET_FRAME, MG_EV_WEBSOCKET_HANDSHAKE_DONE, sendWebsocketFrame } from "meerkat/websocket";
import { platform } from "meerkat/platform";

/* Connects to a WebSocket server, and sends back each message that it receives: up to 16 MiB where the memory allows. */

const MESSAGE_MAX_BYTES = 16 * 1024 * 1024;
/** The last one may be empty, to end what was cut into 65536. */
const FRAGMENTS_MAX = 65537;

const url = process.env.URL || "ws://127.0.0.1:9001/";
const board = platform();
const isSmall = board.caps.pages * board.caps.pageBytes < MESSAGE_MAX_BYTES / 8;
const mgr = new Manager(board, isSmall ? {} : { pages: 65535, pageBytes: 4096 });

connectWs(mgr, (nc, ev, data) => {
  if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) console.log("open: " + url);
  else if (ev === MG_EV_WEBSOCKET_FRAME) sendWebsocketFrame(nc, data.op, data);
  else if (ev === MG_EV_CLOSE) {
    console.log("closed: " + nc.err);
    mgr.free();
  }
}, url, { rawEvents: false, messageMaxBytes: isSmall ? undefined : MESSAGE_MAX_BYTES, fragmentsMax: FRAGMENTS_MAX });

mgr.run();
console.log("ready: " + mgr.budget());
