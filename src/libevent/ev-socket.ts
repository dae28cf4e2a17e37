import type { Connection } from "../core/connection.js";

/**
 * What stands for a file descriptor (evutil_socket_t): a connection of the core. A listener hands it to its callback, and a
 * bufferevent takes it over. A program may read its addresses and `err`; everything else is the bufferevent's business.
 */
export type EvSocket = Connection;
