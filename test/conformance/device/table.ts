import { BOUNDS } from "./bounds.js";
import { BUFFEREVENT } from "./bufferevent.js";
import { BYTES } from "./bytes.js";
import { CLIENTS } from "./clients.js";
import { CLOSING } from "./closing.js";
import { DATAGRAMS } from "./datagrams.js";
import { EVBUFFER } from "./evbuffer.js";
import { EVENTS } from "./events.js";
import { FILES } from "./files.js";
import { GOLDEN } from "./golden.js";
import { HTTP } from "./http.js";
import { HTTP_CLIENT } from "./http-client.js";
import type { Table } from "./lab.js";
import { MEMORY } from "./memory.js";
import { WS } from "./ws.js";

/** Every behaviour the device can show. */
export const TABLE: Table = Object.assign({}, BYTES, EVENTS, CLOSING, CLIENTS, BOUNDS, MEMORY, DATAGRAMS, FILES, HTTP, GOLDEN, HTTP_CLIENT, WS, EVBUFFER, BUFFEREVENT);
