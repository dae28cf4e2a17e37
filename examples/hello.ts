import { Manager } from "meerkat";
import { httpReply, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "meerkat/http";
import { platform } from "meerkat/platform";

/* The smallest server: GET / answers 200 "Hello World", everything else 404. */

const mgr = new Manager(platform());

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), (nc, ev, data) => {
  if (ev !== MG_EV_HTTP_REQUEST) return;
  if (data.uri === "/") httpReply(nc, 200, "Content-Type: text/plain\r\n", "Hello World");
  else httpReply(nc, 404, "Content-Type: text/plain\r\n", "Not Found");
});
// This program wants whole requests only: without the raw events a request costs two calls less.
setProtocolHttpWebsocket(listener, { rawEvents: false });

mgr.run();
console.log("ready: " + mgr.budget());
