/* Listeners: when connections are accepted, and when not. */

#include "scenario.h"
#include <netinet/in.h>

static int accepts;

static void say_accept(struct sockaddr *sa, evutil_socket_t fd) {
  int known = sa->sa_family == AF_INET && ((struct sockaddr_in *)sa)->sin_port != 0;
  say("server", "accept %s", known ? "with address" : "without address");
  evutil_closesocket(fd);
}

static void accept_and_close(struct evconnlistener *lev, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg) {
  (void)lev, (void)len, (void)arg;
  say_accept(sa, fd);
}

static void accept_until_last(struct evconnlistener *lev, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg) {
  (void)len, (void)arg;
  say_accept(sa, fd);
  if (--accepts == 0) evconnlistener_free(lev);
}

static void accepts_all(void) {
  accepts = 3;
  listen_with(accept_until_last, LEV_OPT_REUSEABLE);
  peer_new("first");
  peer_new("second");
  peer_new("third");
}

static void enable(evutil_socket_t fd, short what, void *lev) {
  (void)fd, (void)what;
  say("server", "enable");
  say("server", "answer %d", evconnlistener_enable(lev));
}

static void starts_disabled(void) {
  accepts = 1;
  struct evconnlistener *lev = listen_with(accept_until_last, LEV_OPT_DISABLED);
  peer_new("peer");
  later(30, enable, lev);
}

static void disabled_in_callback(struct evconnlistener *lev, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg) {
  accept_until_last(lev, fd, sa, len, arg);
  if (accepts == 0) return;
  say("server", "disable %d", evconnlistener_disable(lev));
  later(30, enable, lev);
}

static void disable_in_callback(void) {
  accepts = 2;
  listen_with(disabled_in_callback, 0);
  peer_new("first");
  peer_new("second");
}

static void set_cb(evutil_socket_t fd, short what, void *lev) {
  (void)fd, (void)what;
  say("server", "set_cb");
  evconnlistener_set_cb(lev, accept_until_last, NULL);
}

static void callback_later(void) {
  accepts = 2;
  struct evconnlistener *lev = listen_with(NULL, 0);
  peer_new("first");
  peer_new("second");
  later(30, set_cb, lev);
}

static void free_listener(evutil_socket_t fd, short what, void *lev) {
  (void)fd, (void)what;
  say("server", "free");
  evconnlistener_free(lev);
}

static void set_cb_again(evutil_socket_t fd, short what, void *lev) {
  (void)fd, (void)what;
  say("server", "set_cb");
  evconnlistener_set_cb(lev, accept_and_close, NULL);
}

static void callback_removed(void) {
  struct evconnlistener *lev = listen_with(accept_and_close, 0);
  evconnlistener_set_cb(lev, NULL, NULL);
  peer_new("peer");
  later(30, set_cb_again, lev);
  later(80, free_listener, lev);
}

static void backlog_zero(void) {
  struct sockaddr_in sin;
  memset(&sin, 0, sizeof sin);
  sin.sin_family = AF_INET;
  struct evconnlistener *lev = evconnlistener_new_bind(base, accept_and_close, NULL, 0, 0, (struct sockaddr *)&sin, sizeof sin);
  say("server", lev ? "a listener" : "no listener");
}

static void port_taken(void) {
  struct evconnlistener *lev = listen_with(accept_and_close, 0);
  struct sockaddr_in sin;
  memset(&sin, 0, sizeof sin);
  sin.sin_family = AF_INET;
  sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sin.sin_port = htons(port);
  struct evconnlistener *second = evconnlistener_new_bind(base, accept_and_close, NULL, 0, -1, (struct sockaddr *)&sin, sizeof sin);
  say("server", second ? "a listener" : "no listener");
  later(30, free_listener, lev);
}

static void getters(void) {
  struct evconnlistener *lev = listen_with(accept_and_close, 0);
  say("server", evconnlistener_get_base(lev) == base ? "its base" : "another base");
  say("server", evconnlistener_get_fd(lev) >= 0 ? "a socket" : "no socket");
  say("server", "disable %d %d", evconnlistener_disable(lev), evconnlistener_disable(lev));
  say("server", "enable %d %d", evconnlistener_enable(lev), evconnlistener_enable(lev));
  evconnlistener_free(lev);
}

const struct scenario listener_scenarios[] = {
    {"a listener accepts until it is freed, in its callback", accepts_all},
    {"a listener that starts disabled accepts when it is enabled", starts_disabled},
    {"a listener that is disabled in its callback keeps the others waiting", disable_in_callback},
    {"a listener without a callback keeps connections waiting until it has one", callback_later},
    {"a listener whose callback is taken away", callback_removed},
    {"a listener with a backlog of 0", backlog_zero},
    {"a listener at a port that is taken", port_taken},
    {"a listener answers its base and its socket", getters},
    {0},
};
