/* Flow control: watermarks, enabling and disabling, rate limits. */

#include "scenario.h"

static struct bufferevent *server;

static void keep(struct bufferevent *bev) {
  server = bev;
}

static void send_rest(evutil_socket_t fd, short what, void *p) {
  (void)fd, (void)what;
  say("server", "has %zu", evbuffer_get_length(bufferevent_get_input(server)));
  peer_send(p, "defg");
}

static void read_and_free(struct bufferevent *bev, void *arg) {
  say_read(bev, arg);
  bufferevent_free(bev);
}

static void set_low(struct bufferevent *bev) {
  size_t low, high;
  keep(bev);
  bufferevent_setwatermark(bev, EV_READ, 5, 0);
  bufferevent_getwatermark(bev, EV_READ, &low, &high);
  say("server", "watermarks %zu %zu", low, high);
}

static const struct served low_server = {read_and_free, NULL, say_event, EV_READ, 0, set_low};

static void low_watermark(void) {
  serve(&low_server);
  struct peer *p = peer_new("peer");
  peer_send(p, "abc");
  later(50, send_rest, p);
}

/* Comes again and again while the buffer is full, and once when it is empty: the log has one line. */
static void say_full(struct bufferevent *bev, void *arg) {
  size_t n = evbuffer_get_length(bufferevent_get_input(bev));
  if (n > 0) say(arg, "full %zu", n);
}

static void drain_four(evutil_socket_t fd, short what, void *arg) {
  char text[5] = "";
  (void)fd, (void)what, (void)arg;
  bufferevent_read(server, text, 4);
  say("server", "read %s", text);
}

static void free_server(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what, (void)arg;
  say("server", "free");
  bufferevent_free(server);
}

static void set_high(struct bufferevent *bev) {
  keep(bev);
  bufferevent_setwatermark(bev, EV_READ, 0, 4);
}

static const struct served high_server = {say_full, NULL, say_event, EV_READ, 0, set_high};

static void high_watermark(void) {
  serve(&high_server);
  struct peer *p = peer_new("peer");
  peer_send(p, "abcdefghij");
  later(40, drain_four, NULL);
  later(80, free_server, NULL);
}

static void write_three(struct bufferevent *bev) {
  bufferevent_setwatermark(bev, EV_WRITE, 0, 0);
  bufferevent_write(bev, "one", 3);
  bufferevent_write(bev, "two", 3);
}

static void wrote_and_free(struct bufferevent *bev, void *arg) {
  say(arg, "wrote, %zu left", evbuffer_get_length(bufferevent_get_output(bev)));
  bufferevent_free(bev);
}

static const struct served writing_server = {NULL, wrote_and_free, say_event, 0, 0, write_three};

static void written_once(void) {
  serve(&writing_server);
  peer_new("peer");
}

static void enable_reading(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what, (void)arg;
  say("server", "has %zu, enabled %s", evbuffer_get_length(bufferevent_get_input(server)), enabled_text(server));
  bufferevent_enable(server, EV_READ);
}

static const struct served deaf_server = {read_and_free, NULL, say_event, 0, 0, keep};

static void enabled_later(void) {
  serve(&deaf_server);
  peer_send(peer_new("peer"), "hello");
  later(50, enable_reading, NULL);
}

static void disable_and_reply(struct bufferevent *bev, void *arg) {
  say_read(bev, arg);
  bufferevent_disable(bev, EV_READ);
  say(arg, "enabled %s", enabled_text(bev));
  bufferevent_write(bev, "more", 4);
}

static void send_more(struct peer *p) {
  peer_send(p, "second");
}

static const struct served pausing_server = {disable_and_reply, NULL, say_event, EV_READ, 0, keep};

static void disabled_after_first(void) {
  serve(&pausing_server);
  struct peer *p = peer_new("peer");
  peer_send(p, "first");
  peer_wants(p, 4, send_more);
  later(60, enable_reading, NULL);
  later(120, free_server, NULL);
}

static void output_held(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what, (void)arg;
  say("server", "output %zu", evbuffer_get_length(bufferevent_get_output(server)));
  bufferevent_enable(server, EV_WRITE);
}

static void hold_output(struct bufferevent *bev) {
  keep(bev);
  bufferevent_disable(bev, EV_WRITE);
  bufferevent_write(bev, "held", 4);
}

static const struct served holding_server = {NULL, wrote_and_free, say_event, 0, 0, hold_output};

static void writing_disabled(void) {
  serve(&holding_server);
  peer_new("peer");
  later(50, output_held, NULL);
}

static size_t most;

static void read_largest(struct bufferevent *bev, void *arg) {
  size_t n = evbuffer_get_length(bufferevent_get_input(bev));
  if (n > most) most = n;
  say_read(bev, arg);
}

static void say_most_and_free(struct bufferevent *bev, short what, void *arg) {
  say(arg, most <= 4 ? "never more than 4" : "more than 4");
  say_event_and_free(bev, what, arg);
}

static void limit_rate(struct bufferevent *bev) {
  struct timeval tick = {0, 20000};
  most = 0;
  bufferevent_set_rate_limit(bev, ev_token_bucket_cfg_new(4, 4, EV_RATE_LIMIT_MAX, EV_RATE_LIMIT_MAX, &tick));
}

static const struct served slow_server = {read_largest, NULL, say_most_and_free, EV_READ, 0, limit_rate};

static void rate_limit(void) {
  serve(&slow_server);
  struct peer *p = peer_new("peer");
  peer_send(p, "abcdefghijklmnop");
  peer_end(p);
}

static void limit_single(struct bufferevent *bev) {
  most = 0;
  say("server", "max %zd", bufferevent_get_max_single_read(bev));
  say("server", "answer %d", bufferevent_set_max_single_read(bev, 4));
  say("server", "max %zd", bufferevent_get_max_single_read(bev));
}

static const struct served sipping_server = {read_largest, NULL, say_most_and_free, EV_READ, 0, limit_single};

static void max_single_read(void) {
  serve(&sipping_server);
  struct peer *p = peer_new("peer");
  peer_send(p, "abcdefghijklmnop");
  peer_end(p);
}

const struct scenario flow_scenarios[] = {
    {"a low watermark: no read callback until there is enough", low_watermark},
    {"a high watermark: no more is read until there is room", high_watermark},
    {"output that is written together has one write callback", written_once},
    {"reading that is enabled later", enabled_later},
    {"reading that is disabled in the callback, and enabled again", disabled_after_first},
    {"output waits while writing is disabled", writing_disabled},
    {"a rate limit of 4 bytes a tick", rate_limit},
    {"no more than 4 bytes at once", max_single_read},
    {0},
};
