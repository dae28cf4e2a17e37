import { Manager } from "meerkat";
import { httpReply, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "meerkat/http";
import { platform } from "meerkat/platform";

/* hello, with a second page: the variables in use after all garbage was collected. Only for the benchmark. */

declare function setInterval(run: () => void, ms: number): unknown;
declare const process: { env: { [name: string]: string | undefined }; memory(): { usage: number; total: number } };

const mgr = new Manager(platform(), { limits: { idleMs: 0, firstByteMs: 0 } });

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), (nc, ev, data) => {
  if (ev !== MG_EV_HTTP_REQUEST) return;
  if (data.uri === "/memory") httpReply(nc, 200, "Content-Type: text/plain\r\n", "" + process.memory().usage);
  else httpReply(nc, 200, "Content-Type: text/plain\r\n", "Hello World");
});
setProtocolHttpWebsocket(listener, { rawEvents: false });

mgr.run();
console.log("ready");
setInterval(() => console.log("idle: " + process.memory().usage + " variables"), 500);
