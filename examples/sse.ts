import { Broadcast, Manager, MG_EV_TIMER } from "meerkat";
import { httpReply, httpRoute, httpSendError, setProtocolHttpWebsocket, sseSend, sseStart } from "meerkat/http";
import { platform } from "meerkat/platform";
import { PAGE } from "./sse/page.js";

/*
 * A page with a live reading: the browser opens /events once, and the device sends what changes (EventSource).
 *
 *   GET /         the page
 *   GET /events   event "reading", once a second: {"celsius": 21.5, "pages": 2, "uptimeS": 73}
 */

/** Each open page is a connection that stays. */
const PAGES_MAX = 4;

const mgr = new Manager(platform());
const startS = mgr.time();
// A tab that sleeps finds the newest reading when it wakes, and costs nothing until then.
const watchers = new Broadcast();

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), undefined);
setProtocolHttpWebsocket(listener);

httpRoute(listener, "GET /$", (nc) => {
  httpReply(nc, 200, "Content-Type: text/html; charset=utf-8\r\n", PAGE);
});

httpRoute(listener, "GET /events$", (nc) => {
  if (watchers.size >= PAGES_MAX) return httpSendError(nc, 503, "Too many pages are open");
  watchers.add(sseStart(nc, { policy: "latest", keepAliveS: 15 }));
  tell();
});

/** Everybody gets the reading, and so learns how many are watching. */
function tell(): void {
  const uptimeS = Math.floor(mgr.time() - startS);
  const celsius = Math.round(215 + 12 * Math.sin(uptimeS / 20) + 4 * Math.random()) / 10;
  const reading = { celsius: celsius, pages: watchers.size, uptimeS: uptimeS };
  sseSend(watchers, { event: "reading", data: JSON.stringify(reading) });
}

const clock = mgr.add((_nc, ev) => {
  if (ev !== MG_EV_TIMER) return;
  clock.setTimer(mgr.time() + 1);
  tell();
});
clock.setTimer(mgr.time() + 1);

mgr.run();
console.log("ready: " + mgr.budget());
