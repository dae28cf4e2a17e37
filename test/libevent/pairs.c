/* Pairs and filters. */

#include "scenario.h"
#include <ctype.h>

static struct bufferevent *pair[2];

static void make_pair(void) {
  bufferevent_pair_new(base, 0, pair);
  bufferevent_setcb(pair[0], say_read, say_wrote, say_event, "left");
  bufferevent_setcb(pair[1], say_read, say_wrote, say_event, "right");
}

static void free_pair(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what, (void)arg;
  bufferevent_free(pair[0]);
  bufferevent_free(pair[1]);
}

static void enable_right(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what, (void)arg;
  say("right", "has %zu", evbuffer_get_length(bufferevent_get_input(pair[1])));
  bufferevent_enable(pair[1], EV_READ);
}

static void pair_transfer(void) {
  make_pair();
  say("left", bufferevent_pair_get_partner(pair[0]) == pair[1] ? "partner" : "no partner");
  say("left", "enabled %s", enabled_text(pair[0]));
  say("left", "write %d", bufferevent_write(pair[0], "hello", 5));
  later(30, enable_right, NULL);
  later(60, free_pair, NULL);
}

static void pair_finished(void) {
  make_pair();
  bufferevent_enable(pair[1], EV_READ);
  bufferevent_write(pair[0], "last", 4);
  say("left", "flush %d", bufferevent_flush(pair[0], EV_WRITE, BEV_FINISHED));
  later(60, free_pair, NULL);
}

static void pair_high(void) {
  make_pair();
  bufferevent_setcb(pair[1], NULL, NULL, say_event, "right");
  bufferevent_setwatermark(pair[1], EV_READ, 0, 4);
  bufferevent_enable(pair[1], EV_READ);
  bufferevent_write(pair[0], "abcdefgh", 8);
  say("right", "has %zu", evbuffer_get_length(bufferevent_get_input(pair[1])));
  say("left", "left %zu", evbuffer_get_length(bufferevent_get_output(pair[0])));
  evbuffer_drain(bufferevent_get_input(pair[1]), 4);
  say("right", "has %zu", evbuffer_get_length(bufferevent_get_input(pair[1])));
  later(30, free_pair, NULL);
}

static void free_left(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what, (void)arg;
  say("right", "partner freed");
  bufferevent_free(pair[0]);
  say("right", bufferevent_pair_get_partner(pair[1]) ? "partner" : "no partner");
}

static void free_right(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what, (void)arg;
  bufferevent_free(pair[1]);
}

static void pair_partner_freed(void) {
  make_pair();
  bufferevent_enable(pair[1], EV_READ);
  later(20, free_left, NULL);
  later(60, free_right, NULL);
}

static void rot13(struct bufferevent *bev, void *arg) {
  char text[100];
  size_t n = bufferevent_read(bev, text, sizeof text - 1);
  for (size_t i = 0; i < n; i++) {
    int letter = tolower(text[i]);
    if (letter >= 'a' && letter <= 'z') text[i] += letter <= 'm' ? 13 : -13;
  }
  text[n] = 0;
  say(arg, "read %s", text);
}

/* Four bytes at a time, in capitals. */
static enum bufferevent_filter_result fours(struct evbuffer *src, struct evbuffer *dst, ev_ssize_t limit, enum bufferevent_flush_mode mode, void *ctx) {
  char block[4];
  (void)limit;
  if (evbuffer_get_length(src) < 4 && mode == BEV_NORMAL) {
    say(ctx, "needs more");
    return BEV_NEED_MORE;
  }
  int n = evbuffer_remove(src, block, 4);
  for (int i = 0; i < n; i++) block[i] = toupper(block[i]);
  evbuffer_add(dst, block, n);
  return BEV_OK;
}

static void free_ctx(void *ctx) {
  say(ctx, "context freed");
}

static struct bufferevent *filter;

static void write_more(evutil_socket_t fd, short what, void *text) {
  (void)fd, (void)what;
  bufferevent_write(pair[0], text, strlen(text));
}

static void free_filter(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what, (void)arg;
  bufferevent_free(filter);
  bufferevent_free(pair[0]);
}

static void filter_input(void) {
  make_pair();
  filter = bufferevent_filter_new(pair[1], fours, NULL, BEV_OPT_CLOSE_ON_FREE, free_ctx, "filter");
  bufferevent_setcb(filter, rot13, say_wrote, say_event, "program");
  say("program", bufferevent_get_underlying(filter) == pair[1] ? "on the pair" : "on nothing");
  bufferevent_enable(filter, EV_READ);
  bufferevent_write(pair[0], "ab", 2);
  later(20, write_more, "cdef");
  later(40, write_more, "gh");
  later(80, free_filter, NULL);
}

static void filter_output(void) {
  make_pair();
  bufferevent_enable(pair[0], EV_READ);
  filter = bufferevent_filter_new(pair[1], NULL, fours, BEV_OPT_CLOSE_ON_FREE, free_ctx, "filter");
  bufferevent_setcb(filter, rot13, NULL, say_event, "program");
  say("program", "write %d", bufferevent_write(filter, "abcdefg", 7));
  later(80, free_filter, NULL);
}

static enum bufferevent_filter_result broken(struct evbuffer *src, struct evbuffer *dst, ev_ssize_t limit, enum bufferevent_flush_mode mode, void *ctx) {
  (void)src, (void)dst, (void)limit, (void)mode, (void)ctx;
  return BEV_ERROR;
}

static void filter_error(void) {
  make_pair();
  filter = bufferevent_filter_new(pair[1], broken, NULL, BEV_OPT_CLOSE_ON_FREE, NULL, NULL);
  bufferevent_setcb(filter, say_read, NULL, say_event, "program");
  bufferevent_enable(filter, EV_READ);
  bufferevent_write(pair[0], "ab", 2);
  later(60, free_filter, NULL);
}

static void flush_left(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what, (void)arg;
  bufferevent_flush(pair[0], EV_WRITE, BEV_FINISHED);
}

static void filter_eof(void) {
  make_pair();
  filter = bufferevent_filter_new(pair[1], NULL, NULL, BEV_OPT_CLOSE_ON_FREE, NULL, NULL);
  bufferevent_setcb(filter, say_read, NULL, say_event, "program");
  bufferevent_enable(filter, EV_READ);
  bufferevent_write(pair[0], "last", 4);
  later(30, flush_left, NULL);
  later(60, free_filter, NULL);
}

const struct scenario pair_scenarios[] = {
    {"a pair: what one writes the other reads, when it is enabled", pair_transfer},
    {"a pair: flushed with FINISHED, the other gets EOF", pair_finished},
    {"a pair: a high watermark holds the rest back", pair_high},
    {"a pair: one is freed", pair_partner_freed},
    {"a filter of input that needs more", filter_input},
    {"a filter of output", filter_output},
    {"a filter that fails", filter_error},
    {"a filter passes on the end", filter_eof},
    {0},
};
