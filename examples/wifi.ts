import { Manager, MG_EV_TIMER } from "meerkat";
import { htmlEscape, httpReply, httpRoute, httpSendError, httpVar, setProtocolHttpWebsocket } from "meerkat/http";
import { joinWifi, openSettings } from "meerkat/link";
import { platform } from "meerkat/platform";

/*
 * A device that finds its way: it joins the network of its settings and comes back after every loss; where there is no
 * network, or none can be joined, it opens one of its own, "meerkat-setup", in which this page asks for another.
 *
 *   GET /       where it is, and a form
 *   POST /wifi  ssid and password: kept, also over a power cut, and joined a second later
 *
 * Whoever reaches the page can set the network; a device that strangers can reach wants a password on it (basicAuth).
 */

const mgr = new Manager(platform());
const settings = openSettings(mgr);

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), undefined);
setProtocolHttpWebsocket(listener, { rawEvents: false });

const wifi = joinWifi(mgr, {
  settings: settings,
  hostname: process.env.NAME || "meerkat",
  accessPoint: { ssid: "meerkat-setup", password: process.env.SETUP_PASSWORD },
});

httpRoute(listener, "GET /$", (nc) => {
  const now = wifi.status();
  const where = now.isJoined ? "in " + now.ssid + " (" + now.rssi + " dBm)" : wifi.link.isUp ? "reachable, in no Wi-Fi network" : "looking for a network";
  httpReply(nc, 200, "Content-Type: text/html; charset=utf-8\r\n",
    '<!doctype html><meta name="viewport" content="width=device-width"><title>Wi-Fi</title><h1>Wi-Fi</h1><p>' + htmlEscape(where) +
      '</p><form method="post" action="/wifi"><p><label>Network <input name="ssid" maxlength="32" required></label>' +
      '<p><label>Password <input name="password" type="password"></label><p><button>Join</button></form>');
});

httpRoute(listener, "POST /wifi$", (nc, hm) => {
  const ssid = httpVar(hm, "ssid") || "";
  const password = httpVar(hm, "password") || "";
  if (!ssid || ssid.length > 32) return httpSendError(nc, 400, "The name of a network has 1 to 32 bytes");
  if (password && (password.length < 8 || password.length > 64)) return httpSendError(nc, 400, "A password has 8 to 64 characters");
  settings.set("wifi.ssid", ssid);
  settings.set("wifi.password", password);
  const err = settings.save();
  if (err) return httpSendError(nc, 500, "The settings could not be kept: error " + err);
  httpReply(nc, 202, "Content-Type: text/plain\r\n", "Joining.");
  clock.setTimer(mgr.time() + 1);
});

/** The answer goes out first: joining another network ends every connection. */
const clock = mgr.add((_nc, ev) => {
  if (ev === MG_EV_TIMER) wifi.join(settings.get("wifi.ssid") || "", settings.get("wifi.password"));
});

mgr.run();
console.log("ready: " + mgr.budget());
