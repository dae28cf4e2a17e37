import { Manager } from "meerkat";
import { platform } from "meerkat/platform";
import { MG_EV_WEBSOCKET_FRAME, sendWebsocketFrame, setProtocolWebsocket } from "meerkat/websocket";

/* examples/ws-echo.ts as a program for a board would have it, and it tells the variables in use. Only for the benchmark. */

declare function setInterval(run: () => void, ms: number): unknown;
declare const process: { env: { [name: string]: string | undefined }; memory(): { usage: number } };

const mgr = new Manager(platform());

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), (nc, ev, data) => {
  if (ev === MG_EV_WEBSOCKET_FRAME) sendWebsocketFrame(nc, data.op, data);
});
setProtocolWebsocket(listener, { rawEvents: false });

mgr.run();
console.log("ready");
setInterval(() => console.log("idle: " + process.memory().usage + " variables"), 500);
