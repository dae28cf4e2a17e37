import type { Behaviour } from "../host/behaviour.js";
import { BOUNDS } from "./bounds.js";
import { BUFFEREVENT } from "./bufferevent.js";
import { BYTES } from "./bytes.js";
import { CLIENTS } from "./clients.js";
import { CLOSING } from "./closing.js";
import { DATAGRAMS } from "./datagrams.js";
import { EVBUFFER } from "./evbuffer.js";
import { EVENTS } from "./events.js";
import { FILES } from "./files.js";
import { HTTP } from "./http.js";
import { HTTP_CLIENT } from "./http-client.js";
import { HTTP_GOLDEN } from "./http-golden.js";
import { MEMORY } from "./memory.js";
import { WS } from "./ws.js";

/** The whole suite, in the order of the table. */
export const BEHAVIOURS: readonly Behaviour[] = [
  ...BYTES, ...EVENTS, ...CLOSING, ...CLIENTS, ...BOUNDS, ...MEMORY, ...DATAGRAMS, ...FILES, ...HTTP, ...HTTP_GOLDEN, ...HTTP_CLIENT, ...WS, ...EVBUFFER, ...BUFFEREVENT,
];
