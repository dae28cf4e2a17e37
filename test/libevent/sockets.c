/* Sockets: connecting, ending, timeouts, triggers. */

#include "scenario.h"

static void echo(struct bufferevent *bev, void *arg) {
  (void)arg;
  bufferevent_write_buffer(bev, bufferevent_get_input(bev));
}

static const struct served echo_server = {echo, NULL, say_event_and_free, EV_READ | EV_WRITE, 0, NULL};

static void echoes(void) {
  serve(&echo_server);
  struct peer *p = peer_new("peer");
  peer_send(p, "hello");
  peer_wants(p, 5, peer_close);
}

static void reply_after_eof(struct bufferevent *bev, short what, void *arg) {
  say_event(bev, what, arg);
  say(arg, "enabled %s", enabled_text(bev));
  bufferevent_write(bev, "reply", 5);
}

static void free_when_written(struct bufferevent *bev, void *arg) {
  say_wrote(bev, arg);
  bufferevent_free(bev);
}

static const struct served replying_server = {say_read, free_when_written, reply_after_eof, EV_READ, 0, NULL};

static void half_close(void) {
  serve(&replying_server);
  struct peer *p = peer_new("peer");
  peer_send(p, "request");
  peer_end(p);
}

static const struct served freeing_server = {say_read, say_wrote, say_event_and_free, EV_READ | EV_WRITE, 0, NULL};

static void reset(evutil_socket_t fd, short what, void *p) {
  (void)fd, (void)what;
  peer_reset(p);
}

static void resets(void) {
  serve(&freeing_server);
  later(30, reset, peer_new("peer"));
}

static void free_client(evutil_socket_t fd, short what, void *bev) {
  (void)fd, (void)what;
  say("client", "enabled %s", enabled_text(bev));
  bufferevent_free(bev);
}

static void connects(void) {
  serve(&freeing_server);
  struct bufferevent *bev = client(0);
  bufferevent_setcb(bev, say_read, say_wrote, say_event, "client");
  say("client", "enabled %s", enabled_text(bev));
  say("client", "connect %d", client_connect(bev));
  later(50, free_client, bev);
}

static void written_before(void) {
  serve(&freeing_server);
  struct bufferevent *bev = client(0);
  bufferevent_setcb(bev, say_read, free_when_written, say_event, "client");
  say("client", "write %d", bufferevent_write(bev, "early", 5));
  say("client", "connect %d", client_connect(bev));
}

static void say_and_free_client(struct bufferevent *bev, short what, void *arg) {
  say_event(bev, what, arg);
  say(arg, "enabled %s", enabled_text(bev));
  bufferevent_free(bev);
}

static void refused(void) {
  evconnlistener_free(listen_with(NULL, 0));
  struct bufferevent *bev = client(0);
  bufferevent_setcb(bev, say_read, say_wrote, say_and_free_client, "client");
  say("client", "connect %d", client_connect(bev));
}

static void deferred(void) {
  serve(&freeing_server);
  struct bufferevent *bev = client(BEV_OPT_DEFER_CALLBACKS);
  bufferevent_setcb(bev, NULL, NULL, say_event_and_free, "client");
  say("client", "connect %d", client_connect(bev));
  say("client", "connecting");
}

static void resolved(struct bufferevent *bev, short what, void *arg) {
  say_event(bev, what, arg);
  say(arg, bufferevent_socket_get_dns_error(bev) ? "a DNS error" : "no DNS error");
  bufferevent_free(bev);
}

static void no_such_name(void) {
  struct bufferevent *bev = client(0);
  bufferevent_setcb(bev, NULL, NULL, resolved, "client");
  bufferevent_socket_connect_hostname(bev, NULL, AF_INET, "no-such-name.invalid", 80);
}

static int timeouts;

static void timed_out(struct bufferevent *bev, short what, void *arg) {
  say_event(bev, what, arg);
  say(arg, "enabled %s", enabled_text(bev));
  if (--timeouts == 0) bufferevent_free(bev);
  else bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void set_read_timeout(struct bufferevent *bev) {
  struct timeval after = {0, 30000};
  bufferevent_set_timeouts(bev, &after, NULL);
}

static const struct served impatient_server = {say_read, say_wrote, timed_out, EV_READ | EV_WRITE, 0, set_read_timeout};

static void read_timeout(void) {
  timeouts = 2;
  serve(&impatient_server);
  peer_new("peer");
}

static void fill(struct bufferevent *bev, void *arg) {
  static const char block[4096];
  say_wrote(bev, arg);
  bufferevent_write(bev, block, sizeof block);
}

static void set_write_timeout(struct bufferevent *bev) {
  struct timeval after = {0, 50000};
  bufferevent_set_timeouts(bev, NULL, &after);
  bufferevent_write(bev, "first", 5);
}

static const struct served filling_server = {say_read, fill, timed_out, EV_WRITE, 0, set_write_timeout};

static void write_timeout(void) {
  timeouts = 1;
  serve(&filling_server);
  struct peer *p = peer_new("peer");
  event_del(p->ev);
}

static void trigger_all(evutil_socket_t fd, short what, void *bev) {
  (void)fd, (void)what;
  say("client", "trigger");
  bufferevent_trigger(bev, EV_READ, 0);
  say("client", "trigger, no watermarks");
  bufferevent_trigger(bev, EV_READ | EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS);
  say("client", "trigger event");
  bufferevent_trigger_event(bev, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
  say("client", "trigger, deferred");
  bufferevent_trigger(bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_OPT_DEFER_CALLBACKS);
  bufferevent_trigger_event(bev, BEV_EVENT_TIMEOUT, BEV_OPT_DEFER_CALLBACKS);
  say("client", "end");
}

static void triggers(void) {
  struct bufferevent *bev = client(0);
  bufferevent_setcb(bev, say_read, say_wrote, say_event, "client");
  bufferevent_enable(bev, EV_READ);
  bufferevent_setwatermark(bev, EV_READ, 10, 0);
  later(10, trigger_all, bev);
  later(40, free_client, bev);
}

static void trigger_early(void) {
  struct bufferevent *bev = client(0);
  bufferevent_setcb(bev, say_read, say_wrote, say_event, "client");
  bufferevent_trigger(bev, EV_READ, 0);
  say("client", "now the loop");
  later(20, free_client, bev);
}

const struct scenario socket_scenarios[] = {
    {"an echo, until the peer closes", echoes},
    {"a peer that ends its stream still gets the reply", half_close},
    {"a peer that resets", resets},
    {"connecting: CONNECTED, and no write callback without output", connects},
    {"connecting: what was written before goes out after CONNECTED", written_before},
    {"connecting: a port where nobody listens", refused},
    {"connecting: deferred callbacks", deferred},
    {"connecting: a name that does not resolve", no_such_name},
    {"a read timeout disables reading only, and comes again when it is enabled", read_timeout},
    {"a write timeout disables writing only", write_timeout},
    {"triggers: at once, with and without watermarks, and deferred", triggers},
    {"a trigger before the loop runs", trigger_early},
    {0},
};
