import { type Connection, Manager, MG_EV_TIMER, MG_F_CLOSE_IMMEDIATELY } from "meerkat";
import { type HttpMessage, httpReply, MG_EV_HTTP_REQUEST } from "meerkat/http";
import { platform } from "meerkat/platform";
import { isSameOrigin, MG_EV_WEBSOCKET_FRAME, MG_EV_WEBSOCKET_HANDSHAKE_DONE, setProtocolWebsocket, WebsocketBroadcast } from "meerkat/websocket";
import { PAGE } from "./demo/page.js";

/*
 * A page about the device, served by the device: readings and a switch, live in every tab that shows it.
 *
 *   GET  /            the page
 *   GET  /api/state   the readings, as JSON
 *   POST /api/switch  {"isOn": true} switches; answers the new state
 *   WebSocket         the readings, once a second and when something was switched; takes {"isOn": true}
 *
 * On a board with an LED at pin D2, `--define LED=D2` makes the switch switch it.
 */

/** Espruino's own. */
declare function digitalWrite(pin: string, value: boolean): void;

const HTML = "Content-Type: text/html; charset=utf-8\r\n";
const TEXT = "Content-Type: text/plain\r\n";
const JSON_NOW = "Content-Type: application/json\r\nCache-Control: no-store\r\n";

const PUSH_S = 1;
/** More than {"isOn": false} takes. */
const MESSAGE_MAX_BYTES = 64;

const mgr = new Manager(platform());
const startS = mgr.time();
const tabs = new WebsocketBroadcast();
let isOn = false;

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), (nc, ev, data) => {
  if (ev === MG_EV_HTTP_REQUEST) answer(nc, data);
  else if (ev === MG_EV_WEBSOCKET_FRAME) turn(wish(data.text));
  else if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) {
    // A tab that sleeps gets the newest readings when it wakes up, and holds up nobody.
    tabs.add(nc, { policy: "latest" });
    pushSoon();
  } else if (ev === MG_EV_TIMER) {
    push();
    nc.setTimer(mgr.time() + PUSH_S);
  }
});
// A page from elsewhere gets no WebSocket, so no other site flips the switch.
setProtocolWebsocket(listener, { origin: isSameOrigin, messageMaxBytes: MESSAGE_MAX_BYTES, rawEvents: false });
listener.setTimer(startS + PUSH_S);

function answer(nc: Connection, request: HttpMessage): void {
  const method = request.method;
  const isRead = method === "GET" || method === "HEAD";
  if (request.uri === "/") return isRead ? reply(nc, 200, HTML, PAGE) : notAllowed(nc, "GET, HEAD");
  if (request.uri === "/api/state") return isRead ? replyState(nc) : notAllowed(nc, "GET, HEAD");
  if (request.uri === "/api/switch") return method === "POST" ? flip(nc, request) : notAllowed(nc, "POST");
  reply(nc, 404, TEXT, "Not Found\n");
}

function flip(nc: Connection, request: HttpMessage): void {
  // Nor can a page from elsewhere send this type without asking first.
  const type = request.header("Content-Type") || "";
  if (type.indexOf("application/json") !== 0) return reply(nc, 415, TEXT, "Send JSON\n");
  const wanted = wish(request.body);
  if (wanted === undefined) return reply(nc, 400, TEXT, 'Send {"isOn": true} or {"isOn": false}\n');
  turn(wanted);
  replyState(nc);
}

/** Switches, and tells all tabs; nothing when it is not said whether on or off. */
function turn(wanted: boolean | undefined): void {
  if (wanted === undefined) return;
  isOn = wanted;
  if (process.env.LED) digitalWrite(process.env.LED, isOn);
  pushSoon();
}

/** From the timer, not from here: calls are deep enough already where a message arrives, and a board's stack is small. */
function pushSoon(): void {
  listener.setTimer(mgr.time());
}

function push(): void {
  if (tabs.size) tabs.send(state());
}

function wish(json: string): boolean | undefined {
  try {
    const value = JSON.parse(json).isOn;
    return typeof value === "boolean" ? value : undefined;
  } catch (e) {
    return undefined;
  }
}

function replyState(nc: Connection): void {
  reply(nc, 200, JSON_NOW, state());
}

function state(): string {
  const uptimeS = Math.floor(mgr.time() - startS);
  return JSON.stringify({
    board: process.env.MEERKAT_BOARD || "Node",
    uptimeS: uptimeS,
    temperatureC: Math.round(215 + 12 * Math.sin(uptimeS / 20) + 4 * Math.random()) / 10,
    memory: mgr.memory(),
    pool: { free: mgr.pool.free, pages: mgr.pool.pages },
    connections: mgr.stats.accepted - mgr.stats.closed,
    isOn: isOn,
  });
}

function notAllowed(nc: Connection, methods: string): void {
  reply(nc, 405, TEXT + "Allow: " + methods + "\r\n", "Method Not Allowed\n");
}

/** When there is no memory even for a head, the connection is of no more use to the other side. */
function reply(nc: Connection, status: number, headers: string, body: string): void {
  if (!httpReply(nc, status, headers, body)) nc.flags |= MG_F_CLOSE_IMMEDIATELY;
}

mgr.run();
console.log("ready: " + mgr.budget());
