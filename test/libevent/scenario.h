/* Shared by the scenarios: a log with one line for each callback, and a peer that is a bare socket. */

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) (int)(sizeof(list) / sizeof(*list))

struct scenario {
  const char *name;
  void (*run)(void);
};

extern const struct scenario listener_scenarios[], socket_scenarios[], flow_scenarios[], free_scenarios[], pair_scenarios[],
    buffer_scenarios[], timer_scenarios[];

/* Of the scenario that is running. */
extern struct event_base *base;
extern int port;

/* Prints "who what". */
void say(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* CR as <, LF as >, NUL as 0. */
const char *escaped(const char *bytes, size_t len);

/* "READING|EOF" and so on, in the order of the bits; "READ|WRITE" for what is enabled. */
const char *events_text(int what);
const char *enabled_text(struct bufferevent *bev);

/* Calls once after some milliseconds. */
void later(int ms, event_callback_fn cb, void *arg);

/* Listens at a free port, which `port` is from then on. */
struct evconnlistener *listen_with(evconnlistener_cb cb, unsigned flags);

/* Accepts one connection, as `server`, and makes a bufferevent of it; then stops listening. */
struct served {
  bufferevent_data_cb readcb, writecb;
  bufferevent_event_cb eventcb;
  short enabled;
  int options;
  void (*made)(struct bufferevent *bev);
};
void serve(const struct served *how);

/* A bufferevent that connects to `port`. */
struct bufferevent *client(int options);
int client_connect(struct bufferevent *bev);

/* Callbacks that say what they are, as `arg`. */
void say_read(struct bufferevent *bev, void *arg);
void say_wrote(struct bufferevent *bev, void *arg);
void say_event(struct bufferevent *bev, short what, void *arg);
void say_event_and_free(struct bufferevent *bev, short what, void *arg);

/* A bare socket that is connected to `port`; says what it reads, and its end. */
struct peer {
  const char *name;
  int fd;
  struct event *ev;
  size_t got, wanted;
  void (*then)(struct peer *p);
};
struct peer *peer_new(const char *name);
void peer_send(struct peer *p, const char *text);
/* Calls once when that many bytes have come. */
void peer_wants(struct peer *p, size_t bytes, void (*then)(struct peer *p));
/* Ends the stream to the server; still reads. */
void peer_end(struct peer *p);
void peer_close(struct peer *p);
void peer_reset(struct peer *p);
