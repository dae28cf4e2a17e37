/* Freeing a bufferevent in each of its callbacks: nothing comes afterwards, and the peer sees the end. */

#include "scenario.h"

static void free_in_read(struct bufferevent *bev, void *arg) {
  say_read(bev, arg);
  bufferevent_write(bev, "dropped", 7);
  bufferevent_free(bev);
}

static void free_in_write(struct bufferevent *bev, void *arg) {
  say_wrote(bev, arg);
  bufferevent_free(bev);
}

static void write_hello(struct bufferevent *bev) {
  bufferevent_write(bev, "hello", 5);
}

static const struct served in_read = {free_in_read, say_wrote, say_event, EV_READ, 0, NULL};
static const struct served in_write = {say_read, free_in_write, say_event, EV_READ | EV_WRITE, 0, write_hello};
static const struct served in_event = {say_read, say_wrote, say_event_and_free, EV_READ | EV_WRITE, 0, NULL};
static const struct served in_deferred = {free_in_read, say_wrote, say_event, EV_READ, BEV_OPT_DEFER_CALLBACKS, NULL};

static void read_callback(void) {
  serve(&in_read);
  peer_send(peer_new("peer"), "hello");
}

static void write_callback(void) {
  serve(&in_write);
  peer_new("peer");
}

static void event_callback(void) {
  serve(&in_event);
  struct peer *p = peer_new("peer");
  peer_send(p, "hello");
  peer_end(p);
}

static void deferred_callback(void) {
  serve(&in_deferred);
  peer_send(peer_new("peer"), "hello");
}

static void connected_callback(void) {
  serve(&in_event);
  struct bufferevent *bev = client(0);
  bufferevent_setcb(bev, say_read, say_wrote, say_event_and_free, "client");
  bufferevent_write(bev, "dropped", 7);
  client_connect(bev);
}

static void at_once(void) {
  struct bufferevent *bev = client(0);
  bufferevent_setcb(bev, say_read, say_wrote, say_event, "client");
  bufferevent_trigger(bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
  bufferevent_free(bev);
}

static void unset(struct bufferevent *bev, void *arg) {
  say_read(bev, arg);
  bufferevent_setcb(bev, NULL, NULL, say_event_and_free, arg);
}

static void send_and_close(struct peer *p) {
  peer_send(p, "unheard");
  peer_close(p);
}

static void read_and_unset(struct bufferevent *bev, void *arg) {
  unset(bev, arg);
  bufferevent_write(bev, "ok", 2);
}

static const struct served unsetting = {read_and_unset, say_wrote, say_event, EV_READ | EV_WRITE, 0, NULL};

static void callbacks_unset(void) {
  serve(&unsetting);
  struct peer *p = peer_new("peer");
  peer_send(p, "hello");
  peer_wants(p, 2, send_and_close);
}

const struct scenario free_scenarios[] = {
    {"freed in the read callback: output is dropped", read_callback},
    {"freed in the write callback", write_callback},
    {"freed in the event callback", event_callback},
    {"freed in a deferred callback", deferred_callback},
    {"freed when it is connected", connected_callback},
    {"freed with a callback deferred: it does not come", at_once},
    {"callbacks that are taken away are not called", callbacks_unset},
    {0},
};
