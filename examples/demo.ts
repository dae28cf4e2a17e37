import { type Connection, Manager, MG_F_CLOSE_IMMEDIATELY } from "meerkat";
import { type HttpMessage, httpReply, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "meerkat/http";
import { platform } from "meerkat/platform";
import { PAGE } from "./demo/page.js";

/*
 * A page about the device, served by the device: readings and a switch.
 *
 *   GET  /            the page
 *   GET  /api/state   the readings, as JSON
 *   POST /api/switch  {"isOn": true} switches; answers the new state
 *
 * On a board with an LED at pin D2, `--define LED=D2` makes the switch switch it.
 */

/** Espruino's own. */
declare function digitalWrite(pin: string, value: boolean): void;

const HTML = "Content-Type: text/html; charset=utf-8\r\n";
const TEXT = "Content-Type: text/plain\r\n";
const JSON_NOW = "Content-Type: application/json\r\nCache-Control: no-store\r\n";

const mgr = new Manager(platform());
const startS = mgr.time();
let isOn = false;

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), (nc, ev, data) => {
  if (ev === MG_EV_HTTP_REQUEST) answer(nc, data);
});
setProtocolHttpWebsocket(listener);

function answer(nc: Connection, request: HttpMessage): void {
  const method = request.method;
  const isRead = method === "GET" || method === "HEAD";
  if (request.uri === "/") return isRead ? reply(nc, 200, HTML, PAGE) : notAllowed(nc, "GET, HEAD");
  if (request.uri === "/api/state") return isRead ? replyState(nc) : notAllowed(nc, "GET, HEAD");
  if (request.uri === "/api/switch") return method === "POST" ? flip(nc, request) : notAllowed(nc, "POST");
  reply(nc, 404, TEXT, "Not Found\n");
}

function flip(nc: Connection, request: HttpMessage): void {
  // A page from elsewhere cannot send this type without asking first, so no other site flips the switch.
  const type = request.header("Content-Type") || "";
  if (type.indexOf("application/json") !== 0) return reply(nc, 415, TEXT, "Send JSON\n");
  const wanted = wish(request.body);
  if (wanted === undefined) return reply(nc, 400, TEXT, 'Send {"isOn": true} or {"isOn": false}\n');
  isOn = wanted;
  if (process.env.LED) digitalWrite(process.env.LED, isOn);
  replyState(nc);
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
  const uptimeS = Math.floor(mgr.time() - startS);
  const state = {
    board: process.env.MEERKAT_BOARD || "Node",
    uptimeS: uptimeS,
    temperatureC: Math.round(215 + 12 * Math.sin(uptimeS / 20) + 4 * Math.random()) / 10,
    memory: mgr.memory(),
    pool: { free: mgr.pool.free, pages: mgr.pool.pages },
    connections: mgr.list().filter((one) => one.kind === "in").length,
    isOn: isOn,
  };
  reply(nc, 200, JSON_NOW, JSON.stringify(state));
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
