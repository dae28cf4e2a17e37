import { Manager } from "meerkat";
import { httpReply, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "meerkat/http";
import { platform } from "meerkat/platform";
import { PAGE } from "./page.js";

/*
 *   GET /             a page that shows the readings
 *   GET /api/state    the readings, as JSON
 */

const HTML = "Content-Type: text/html; charset=utf-8\r\n";
const JSON_NOW = "Content-Type: application/json\r\nCache-Control: no-store\r\n";
const TEXT = "Content-Type: text/plain\r\n";

const mgr = new Manager(platform());
const startS = mgr.time();
let requests = 0;

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), (nc, ev, data) => {
  if (ev !== MG_EV_HTTP_REQUEST) return;
  if (data.method !== "GET" && data.method !== "HEAD") httpReply(nc, 405, TEXT + "Allow: GET, HEAD\r\n", "Method Not Allowed\n");
  else if (data.uri === "/") httpReply(nc, 200, HTML, PAGE);
  else if (data.uri === "/api/state") httpReply(nc, 200, JSON_NOW, state());
  else httpReply(nc, 404, TEXT, "Not Found\n");
});
setProtocolHttpWebsocket(listener, { rawEvents: false });

/** Whatever your device knows: a temperature, a switch, a counter. */
function state(): string {
  requests++;
  return JSON.stringify({ uptimeS: Math.floor(mgr.time() - startS), requests: requests }) + "\n";
}

mgr.run();
console.log("ready: " + mgr.budget());
