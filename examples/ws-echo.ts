import { Manager } from "meerkat";
import { MG_EV_WEBSOCKET_FRAME, sendWebsocketFrame, setProtocolWebsocket } from "meerkat/websocket";
import { platform } from "meerkat/platform";

/*
 * Sends back each WebSocket message as it came, on any path. A client that sends faster than it reads is made to wait:
 * the next message is handed over when the answer to the last one is on its way. Where the memory allows, messages may
 * have 16 MiB.
 */

const MESSAGE_MAX_BYTES = 16 * 1024 * 1024;
/** The last one may be empty, to end what was cut into 65536. */
const FRAGMENTS_MAX = 65537;

const board = platform();
const isSmall = board.caps.pages * board.caps.pageBytes < MESSAGE_MAX_BYTES / 8;
const mgr = new Manager(board, isSmall ? {} : { pages: 65535, pageBytes: 4096 });

const listener = mgr.bind("tcp://:" + (process.env.PORT || "9001"), (nc, ev, data) => {
  if (ev === MG_EV_WEBSOCKET_FRAME) sendWebsocketFrame(nc, data.op, data);
});
setProtocolWebsocket(listener, {
  rawEvents: false,
  messageMaxBytes: isSmall ? undefined : MESSAGE_MAX_BYTES,
  fragmentsMax: FRAGMENTS_MAX,
});

mgr.run();
console.log("ready: " + mgr.budget());
