import {
  closeWebsocket, connectWs, type Connection, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_HTTP_REQUEST, MG_EV_WEBSOCKET_CONTROL_FRAME, MG_EV_WEBSOCKET_FRAME,
  MG_EV_WEBSOCKET_HANDSHAKE_DONE, httpReply, sendWebsocketFrame, setProtocolWebsocket, WebsocketBroadcast, type WebsocketMessage, type WebsocketOptions,
} from "./meerkat.js";
import type { Lab, Table } from "./lab.js";

/* WebSocket, server and client. */

/** A message as a line: flags, size and sum of its bytes. */
function describe(ev: number, wm: WebsocketMessage): string {
  const bytes = wm.bytes();
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum = (sum * 3 + bytes[i]) & 0xffff;
  return (ev === MG_EV_WEBSOCKET_FRAME ? "FRAME " : "CONTROL ") + wm.flags + " " + wm.size + " " + sum;
}

function serve(lab: Lab, onMessage: (nc: Connection, wm: WebsocketMessage) => void, options?: WebsocketOptions): void {
  lab.isQuiet = 1;
  const listener = lab.listen((nc, ev, data) => {
    const who = nc.userData as string;
    if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", "http");
    else if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) lab.log(who, "DONE");
    else if (ev === MG_EV_WEBSOCKET_FRAME || ev === MG_EV_WEBSOCKET_CONTROL_FRAME) {
      lab.log(who, describe(ev, data as WebsocketMessage));
      if (ev === MG_EV_WEBSOCKET_FRAME) onMessage(nc, data as WebsocketMessage);
    }
  });
  setProtocolWebsocket(listener, options);
}

function echo(nc: Connection, wm: WebsocketMessage): void {
  sendWebsocketFrame(nc, wm.op, wm);
}

/** Says its own words in every form there is. */
function speak(lab: Lab): void {
  serve(lab, (nc) => {
    sendWebsocketFrame(nc, 1, "\u00e9\u20ac");
    sendWebsocketFrame(nc, 2, new Uint8Array([0, 127, 128, 255]));
    closeWebsocket(nc, 4000, "\u00e9");
  });
}

function everyone(lab: Lab): void {
  const all = new WebsocketBroadcast();
  lab.isQuiet = 1;
  setProtocolWebsocket(lab.listen((nc, ev, data) => {
    if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) all.add(nc, { policy: "latest" });
    else if (ev === MG_EV_WEBSOCKET_FRAME) lab.note("sent to " + all.send((data as WebsocketMessage).text, "a"));
  }));
}

function client(lab: Lab): void {
  lab.isQuiet = 1;
  const nc = connectWs(lab.mgr, lab.watch((conn, ev, data) => {
    if (ev === MG_EV_WEBSOCKET_HANDSHAKE_DONE) sendWebsocketFrame(conn, 1, "\u00e9");
    else if (ev === MG_EV_WEBSOCKET_FRAME || ev === MG_EV_WEBSOCKET_CONTROL_FRAME) lab.log("out", describe(ev, data as WebsocketMessage));
    if (ev === MG_EV_WEBSOCKET_FRAME) closeWebsocket(conn, 1000);
    if (ev === MG_EV_CONNECT || ev === MG_EV_CLOSE) lab.note("ev " + ev);
  }), "ws://" + lab.host + ":" + (lab.port + 5) + "/chat", { closeMs: 500 });
  nc.userData = "out";
}

const LIMITS = { pollMs: 20 };

export const WS: Table = {
  wsEcho: { options: { pages: 16, pageBytes: 256, limits: LIMITS }, start: (lab) => serve(lab, echo, { messageMaxBytes: 2000, fragmentsMax: 10 }) },
  wsSmall: { options: { pages: 16, pageBytes: 256, limits: LIMITS }, start: (lab) => serve(lab, echo, { messageMaxBytes: 100 }) },
  wsSpeak: { options: { limits: LIMITS }, start: speak },
  wsPing: { options: { limits: LIMITS }, start: (lab) => serve(lab, echo, { pingMs: 300, pongMs: 300 }) },
  wsStream: { options: { pages: 16, pageBytes: 256, limits: LIMITS }, start: (lab) => {
    let size = 0;
    serve(lab, (nc, wm) => {
      size += wm.size;
      if (wm.flags > 127) sendWebsocketFrame(nc, 1, "" + size);
    }, { stream: true });
    lab.log = (who, what) => {
      if (what.slice(0, 5) !== "FRAME") lab.write("log " + who + " " + what);
    };
  } },
  wsEveryone: { options: { limits: LIMITS }, start: everyone },
  wsClient: { options: { limits: LIMITS }, start: client },
};
