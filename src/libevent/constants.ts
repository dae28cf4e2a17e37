/*
 * libevent's constants with their names and values in C (event2/event.h, bufferevent.h, bufferevent_ssl.h, buffer.h,
 * listener.h of 2.2). The build writes them as numbers wherever they are used.
 */

/** What an event is about, and how it behaves (event.h). A timeout has passed. */
export const EV_TIMEOUT = 0x01;
/** There is something to read. */
export const EV_READ = 0x02;
/** There is room to write. */
export const EV_WRITE = 0x04;
/** Not applicable: no platform of ours has signals. */
export const EV_SIGNAL = 0x08;
/** Stays added when it has become active. */
export const EV_PERSIST = 0x10;
/** Edge-triggered. Not applicable. */
export const EV_ET = 0x20;
/** For event_finalize, which nothing needs here. */
export const EV_FINALIZE = 0x40;
/** The peer has closed. Not applicable: a bufferevent reports it as BEV_EVENT_EOF. */
export const EV_CLOSED = 0x80;

/** `loop`: wait until an event has become active, run what is active, return. */
export const EVLOOP_ONCE = 0x01;
/** `loop`: run what is ready now, and return. */
export const EVLOOP_NONBLOCK = 0x02;
/** `loop`: go on when there are no events left. */
export const EVLOOP_NO_EXIT_ON_EMPTY = 0x04;

/** `getNumEvents`: events that are active. */
export const EVENT_BASE_COUNT_ACTIVE = 1;
/** `getNumEvents`: virtual events; there are none here. */
export const EVENT_BASE_COUNT_VIRTUAL = 2;
/** `getNumEvents`: events that were added. */
export const EVENT_BASE_COUNT_ADDED = 4;

/** Most priorities a base may have. */
export const EVENT_MAX_PRIORITIES = 256;

/** What happened to a bufferevent (bufferevent.h): while reading. */
export const BEV_EVENT_READING = 0x01;
/** While writing. */
export const BEV_EVENT_WRITING = 0x02;
/** The peer sends no more. */
export const BEV_EVENT_EOF = 0x10;
/** It failed for good. */
export const BEV_EVENT_ERROR = 0x20;
/** The time allowed has passed. */
export const BEV_EVENT_TIMEOUT = 0x40;
/** The connection stands. */
export const BEV_EVENT_CONNECTED = 0x80;

/** The connection closes when the bufferevent is freed. */
export const BEV_OPT_CLOSE_ON_FREE = 1;
/** No effect: there is one thread. */
export const BEV_OPT_THREADSAFE = 2;
/** Callbacks run from the loop, never inside the call that caused them. */
export const BEV_OPT_DEFER_CALLBACKS = 4;
/** No effect, as there are no locks; needs BEV_OPT_DEFER_CALLBACKS as in C. */
export const BEV_OPT_UNLOCK_CALLBACKS = 8;

/** Flush as much as is useful. */
export const BEV_NORMAL = 0;
/** Flush everything. */
export const BEV_FLUSH = 1;
/** Flush everything, and this was the end of the stream. */
export const BEV_FINISHED = 2;

/** A filter made output. */
export const BEV_OK = 0;
/** A filter needs more input first. */
export const BEV_NEED_MORE = 1;
/** A filter failed for good. */
export const BEV_ERROR = 2;

/** `trigger`: whatever the watermarks say. */
export const BEV_TRIG_IGNORE_WATERMARKS = 0x10000;
/** `trigger`: from the loop, not inside the call. */
export const BEV_TRIG_DEFER_CALLBACKS = 4;

/** No limit for a token bucket. In C the largest ssize_t; here the largest whole number that is exact. */
export const EV_RATE_LIMIT_MAX = 9007199254740991;

/** A TLS bufferevent over a connection whose handshake is done (bufferevent_ssl.h). */
export const BUFFEREVENT_SSL_OPEN = 0;
/** As the client. */
export const BUFFEREVENT_SSL_CONNECTING = 1;
/** As the server. */
export const BUFFEREVENT_SSL_ACCEPTING = 2;
/** An end without close_notify is BEV_EVENT_EOF, not an error. */
export const BUFFEREVENT_SSL_DIRTY_SHUTDOWN = 1;
/** No effect: output is always written in one go. */
export const BUFFEREVENT_SSL_BATCH_WRITE = 2;

/** Listener options (listener.h). No effect: no call of ours blocks. */
export const LEV_OPT_LEAVE_SOCKETS_BLOCKING = 0x001;
/** The port is given up when the listener is freed. */
export const LEV_OPT_CLOSE_ON_FREE = 0x002;
/** No effect: nothing is executed. */
export const LEV_OPT_CLOSE_ON_EXEC = 0x004;
/** No effect: every platform lets a port be taken again at once. */
export const LEV_OPT_REUSEABLE = 0x008;
/** No effect: there is one thread. */
export const LEV_OPT_THREADSAFE = 0x010;
/** Made disabled. */
export const LEV_OPT_DISABLED = 0x020;
/** The callback waits for the first bytes. */
export const LEV_OPT_DEFERRED_ACCEPT = 0x040;
/** No effect: one listener a port. */
export const LEV_OPT_REUSEABLE_PORT = 0x080;
/** IPv6 only. */
export const LEV_OPT_BIND_IPV6ONLY = 0x100;
/** IPv4 and IPv6. */
export const LEV_OPT_BIND_IPV4_AND_IPV6 = 0x200;

/** A line ends with any run of CR and LF (buffer.h). */
export const EVBUFFER_EOL_ANY = 0;
/** A line ends with LF, or CR LF. */
export const EVBUFFER_EOL_CRLF = 1;
/** A line ends with CR LF. */
export const EVBUFFER_EOL_CRLF_STRICT = 2;
/** A line ends with LF. */
export const EVBUFFER_EOL_LF = 3;
/** A line ends with NUL. */
export const EVBUFFER_EOL_NUL = 4;

/** `ptrSet`: to that many bytes after the front. */
export const EVBUFFER_PTR_SET = 0;
/** `ptrSet`: that many bytes further. */
export const EVBUFFER_PTR_ADD = 1;

/** This callback is called. */
export const EVBUFFER_CB_ENABLED = 1;
/** No effect: where output goes is known. */
export const EVBUFFER_FLAG_DRAINS_TO_FD = 1;
