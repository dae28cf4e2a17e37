/*
 * Typed events, proved by the compiler: inside `switch (ev)` or behind `if (ev === …)` the type of `data` follows from
 * `ev`. This file is compiled with the tests and never run. Each `@ts-expect-error` fails the build when the misuse below
 * it is not refused any more.
 */

import {
  type BriefHandler, type Connection, type EventArgs, type EventHandler, type EventMap, Manager, MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_POLL, MG_EV_RECV,
  MG_EV_SEND, MG_EV_TIMER, type PeerAddress,
} from "../../src/index.js";
import {
  type HttpMessage, type HttpPart, MG_EV_HTTP_CHUNK, MG_EV_HTTP_HDRS, MG_EV_HTTP_MULTIPART_REQUEST, MG_EV_HTTP_MULTIPART_REQUEST_END, MG_EV_HTTP_PART_BEGIN, MG_EV_HTTP_PART_DATA,
  MG_EV_HTTP_PART_END, MG_EV_HTTP_REPLY, MG_EV_HTTP_REQUEST, MG_EV_SSI_CALL,
} from "../../src/http/index.js";
import type { Platform } from "../../src/core/port.js";
import {
  MG_EV_WEBSOCKET_CONTROL_FRAME,
  MG_EV_WEBSOCKET_FRAME,
  MG_EV_WEBSOCKET_HANDSHAKE_DONE,
  MG_EV_WEBSOCKET_HANDSHAKE_REQUEST,
  type WebsocketHandshake,
  type WebsocketMessage,
} from "../../src/websocket/index.js";

/** Compiles when A and B are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<T extends true>(_proof?: T): void {}

export const inSwitch: EventHandler = (nc, ev, data) => {
  same<Same<typeof nc, Connection>>();
  switch (ev) {
    case MG_EV_POLL:
    case MG_EV_CONNECT:
      same<Same<typeof data, number>>();
      break;
    case MG_EV_ACCEPT:
      same<Same<typeof data, PeerAddress>>();
      nc.printf("%s:%d", data.address, data.port);
      // @ts-expect-error an address has no such field
      nc.send(data.family);
      break;
    case MG_EV_RECV:
      same<Same<typeof data, number>>();
      nc.recvMbuf.remove(data);
      // @ts-expect-error RECV brings a number, not bytes
      nc.send(data);
      break;
    case MG_EV_SEND:
      same<Same<typeof data, number>>();
      break;
    case MG_EV_CLOSE:
      same<Same<typeof data, undefined>>();
      // @ts-expect-error CLOSE brings nothing: the reason is nc.err
      nc.recvMbuf.remove(data);
      break;
    case MG_EV_TIMER:
      same<Same<typeof data, number>>();
      nc.setTimer(data + 1);
      break;
    case MG_EV_HTTP_REQUEST:
      same<Same<typeof data, HttpMessage>>();
      nc.send(data.uri + data.body);
      // @ts-expect-error a request is read only
      data.uri = "/";
      // @ts-expect-error a request is no number
      nc.recvMbuf.remove(data);
      break;
    case MG_EV_HTTP_REPLY: case MG_EV_HTTP_CHUNK: case MG_EV_HTTP_HDRS: case MG_EV_HTTP_MULTIPART_REQUEST: case MG_EV_WEBSOCKET_HANDSHAKE_REQUEST:
      same<Same<typeof data, HttpMessage>>();
      break;
    case MG_EV_SSI_CALL:
      same<Same<typeof data, string>>();
      break;
    case MG_EV_HTTP_PART_BEGIN: case MG_EV_HTTP_PART_DATA: case MG_EV_HTTP_PART_END: case MG_EV_HTTP_MULTIPART_REQUEST_END:
      same<Same<typeof data, HttpPart>>();
      break;
    case MG_EV_WEBSOCKET_HANDSHAKE_DONE:
      same<Same<typeof data, WebsocketHandshake>>();
      break;
    case MG_EV_WEBSOCKET_FRAME:
    case MG_EV_WEBSOCKET_CONTROL_FRAME:
      same<Same<typeof data, WebsocketMessage>>();
      break;
    default:
      same<Same<typeof ev, never>>();
      same<Same<typeof data, never>>();
  }
};

export const behindIf: EventHandler = (nc, ev, data) => {
  if (ev === MG_EV_HTTP_REQUEST) return void nc.send(data.method);
  // @ts-expect-error not known to be a number yet
  nc.recvMbuf.remove(data);
  if (ev !== MG_EV_RECV) return;
  nc.recvMbuf.remove(data);
};

export const unknownEvent: BriefHandler = (_nc, ev) => {
  // @ts-expect-error there is no event 77
  if (ev === 77) throw new Error();
};

/** Shared cases have the types of each. */
export const sharedCases: EventHandler = (nc, ev, data) => {
  switch (ev) {
    case MG_EV_RECV:
    case MG_EV_SEND:
      same<Same<typeof data, number>>();
      break;
    case MG_EV_ACCEPT:
    case MG_EV_HTTP_REQUEST:
      same<Same<typeof data, PeerAddress | HttpMessage>>();
      // @ts-expect-error only one of the two has it
      nc.send(data.uri);
      break;
  }
};

/** Every event of the map is one of the tuples of a handler, and none besides. */
export function maps(): void {
  same<Same<EventArgs[1], keyof EventMap>>();
  same<Same<EventMap[typeof MG_EV_HTTP_REQUEST], HttpMessage>>();
  same<Same<Extract<EventArgs, [Connection, 5, unknown]>, [nc: Connection, ev: 5, data: undefined]>>();
}

/** Handlers as programs write them in place, of three, two, one and no parameter. */
export function inPlace(platform: Platform): void {
  const mgr = new Manager(platform);
  mgr.bind("tcp://:80", (nc, ev, data) => {
    if (ev === MG_EV_RECV) nc.recvMbuf.remove(data);
    // @ts-expect-error not narrowed
    nc.recvMbuf.remove(data);
  });
  mgr.connect("1.2.3.4:80", (nc, ev) => {
    same<Same<typeof nc, Connection>>();
    if (ev === MG_EV_CONNECT) nc.send("hello");
    // @ts-expect-error there is no event 99
    if (ev === 99) nc.send("never");
  });
  mgr.add((nc) => void nc.setTimer(1));
  mgr.add(() => undefined);
  mgr.add(undefined);
  const brief: BriefHandler = (nc, ev) => void nc.printf("%d", ev);
  mgr.bind("tcp://:81", brief);
  // @ts-expect-error a handler is a function
  mgr.bind("tcp://:80", "handler");
  // @ts-expect-error a handler that wants text for data is none
  mgr.bind("tcp://:80", (_nc: Connection, _ev: number, data: string) => data.length);
  // @ts-expect-error an address is text
  mgr.bind(80, brief);
  // @ts-expect-error a limit that does not exist
  new Manager(platform, { limits: { idleSeconds: 3 } });
  // @ts-expect-error a limit is a number
  new Manager(platform, { limits: { idleMs: "3" } });
}

/** What can be sent, and what cannot. */
export function sending(nc: Connection): void {
  nc.send("text");
  nc.send(new Uint8Array(3));
  nc.send(nc.recvMbuf);
  // @ts-expect-error no number
  nc.send(5);
  // @ts-expect-error no array of numbers
  nc.send([1, 2, 3]);
  // @ts-expect-error no text in a wide array
  nc.send(new Uint16Array(3));
  // @ts-expect-error the number of a connection is its own
  nc.flags = "x";
  // @ts-expect-error a source gives text or bytes
  nc.sendFrom({ next: () => 5 });
  nc.sendFrom({ next: (maxBytes) => (maxBytes > 10 ? "text" : null) });
}
