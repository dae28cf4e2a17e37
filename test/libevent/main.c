/* Runs every scenario, and prints what happened: "# name", then a line for each callback. */

#include "scenario.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

struct event_base *base;
int port;

void say(const char *who, const char *format, ...) {
  va_list args;
  va_start(args, format);
  printf("%s ", who);
  vprintf(format, args);
  putchar('\n');
  va_end(args);
}

const char *escaped(const char *bytes, size_t len) {
  static char text[500];
  size_t at = 0;
  for (size_t i = 0; i < len && at < sizeof text - 1; i++) {
    char c = bytes[i];
    text[at++] = c == '\r' ? '<' : c == '\n' ? '>' : c == 0 ? '0' : c;
  }
  text[at] = 0;
  return text;
}

static const char *bits_text(int bits, const char *const names[], const int values[], int count) {
  static char text[100];
  text[0] = 0;
  for (int i = 0; i < count; i++) {
    if (!(bits & values[i])) continue;
    if (text[0]) strcat(text, "|");
    strcat(text, names[i]);
  }
  return text[0] ? text : "nothing";
}

const char *events_text(int what) {
  static const char *const names[] = {"READING", "WRITING", "EOF", "ERROR", "TIMEOUT", "CONNECTED"};
  static const int values[] = {BEV_EVENT_READING, BEV_EVENT_WRITING, BEV_EVENT_EOF, BEV_EVENT_ERROR, BEV_EVENT_TIMEOUT, BEV_EVENT_CONNECTED};
  return bits_text(what, names, values, COUNT(values));
}

const char *enabled_text(struct bufferevent *bev) {
  static const char *const names[] = {"READ", "WRITE"};
  static const int values[] = {EV_READ, EV_WRITE};
  return bits_text(bufferevent_get_enabled(bev), names, values, COUNT(values));
}

void later(int ms, event_callback_fn cb, void *arg) {
  struct timeval after = {0, ms * 1000};
  event_base_once(base, -1, EV_TIMEOUT, cb, arg, &after);
}

static struct sockaddr_in address(int at) {
  struct sockaddr_in sin;
  memset(&sin, 0, sizeof sin);
  sin.sin_family = AF_INET;
  sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sin.sin_port = htons(at);
  return sin;
}

struct evconnlistener *listen_with(evconnlistener_cb cb, unsigned flags) {
  struct sockaddr_in sin = address(0);
  socklen_t len = sizeof sin;
  struct evconnlistener *lev = evconnlistener_new_bind(base, cb, NULL, flags | LEV_OPT_CLOSE_ON_FREE, -1, (struct sockaddr *)&sin, len);
  getsockname(evconnlistener_get_fd(lev), (struct sockaddr *)&sin, &len);
  port = ntohs(sin.sin_port);
  return lev;
}

static const struct served *served;

static void accepted(struct evconnlistener *lev, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg) {
  (void)sa, (void)len, (void)arg;
  struct bufferevent *bev = bufferevent_socket_new(base, fd, served->options | BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(bev, served->readcb, served->writecb, served->eventcb, "server");
  bufferevent_enable(bev, served->enabled);
  if (served->made) served->made(bev);
  evconnlistener_free(lev);
}

void serve(const struct served *how) {
  served = how;
  listen_with(accepted, 0);
}

struct bufferevent *client(int options) {
  return bufferevent_socket_new(base, -1, options | BEV_OPT_CLOSE_ON_FREE);
}

int client_connect(struct bufferevent *bev) {
  struct sockaddr_in sin = address(port);
  return bufferevent_socket_connect(bev, (struct sockaddr *)&sin, sizeof sin);
}

void say_read(struct bufferevent *bev, void *arg) {
  char text[5000];
  size_t n = bufferevent_read(bev, text, sizeof text - 1);
  text[n] = 0;
  say(arg, "read %s", text);
}

void say_wrote(struct bufferevent *bev, void *arg) {
  (void)bev;
  say(arg, "wrote");
}

void say_event(struct bufferevent *bev, short what, void *arg) {
  (void)bev;
  say(arg, "event %s", events_text(what));
}

void say_event_and_free(struct bufferevent *bev, short what, void *arg) {
  say_event(bev, what, arg);
  bufferevent_free(bev);
}

static void peer_readable(evutil_socket_t fd, short what, void *arg) {
  struct peer *p = arg;
  char text[5000];
  int n = recv(fd, text, sizeof text - 1, 0);
  (void)what;
  if (n <= 0) {
    say(p->name, "end");
    peer_close(p);
    return;
  }
  text[n] = 0;
  say(p->name, "read %s", text);
  p->got += n;
  if (p->then && p->got >= p->wanted) {
    void (*then)(struct peer *) = p->then;
    p->then = NULL;
    then(p);
  }
}

struct peer *peer_new(const char *name) {
  struct peer *p = calloc(1, sizeof *p);
  struct sockaddr_in sin = address(port);
  p->name = name;
  p->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(p->fd, (struct sockaddr *)&sin, sizeof sin)) say(name, "not connected");
  evutil_make_socket_nonblocking(p->fd);
  p->ev = event_new(base, p->fd, EV_READ | EV_PERSIST, peer_readable, p);
  event_add(p->ev, NULL);
  return p;
}

void peer_send(struct peer *p, const char *text) {
  if (send(p->fd, text, strlen(text), 0) < 0) say(p->name, "not sent");
}

void peer_wants(struct peer *p, size_t bytes, void (*then)(struct peer *p)) {
  p->wanted = p->got + bytes;
  p->then = then;
}

void peer_end(struct peer *p) {
  shutdown(p->fd, SHUT_WR);
}

void peer_close(struct peer *p) {
  event_free(p->ev);
  close(p->fd);
  free(p);
}

void peer_reset(struct peer *p) {
  struct linger now = {1, 0};
  setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  peer_close(p);
}

static void run(const struct scenario *list) {
  for (; list->name; list++) {
    printf("# %s\n", list->name);
    base = event_base_new();
    list->run();
    say("loop", "returned %d", event_base_dispatch(base));
    event_base_free(base);
  }
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  alarm(60);
  run(listener_scenarios);
  run(socket_scenarios);
  run(flow_scenarios);
  run(free_scenarios);
  run(pair_scenarios);
  run(buffer_scenarios);
  run(timer_scenarios);
  return 0;
}
