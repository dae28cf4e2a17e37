/* The peer of examples/hello.ts for libevent's evhttp: one thread, one base. Port from $PORT. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

static void reply(struct evhttp_request *req, int status, const char *reason, const char *body) {
  struct evbuffer *out = evbuffer_new();
  evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "text/plain");
  evbuffer_add(out, body, strlen(body));
  evhttp_send_reply(req, status, reason, out);
  evbuffer_free(out);
}

static void on_hello(struct evhttp_request *req, void *arg) {
  (void) arg;
  reply(req, 200, "OK", "Hello World");
}

static void on_other(struct evhttp_request *req, void *arg) {
  (void) arg;
  reply(req, 404, "Not Found", "Not Found");
}

int main(void) {
  struct event_base *base = event_base_new();
  struct evhttp *http = evhttp_new(base);
  const char *port = getenv("PORT");
  evhttp_set_cb(http, "/", on_hello, NULL);
  evhttp_set_gencb(http, on_other, NULL);
  if (evhttp_bind_socket(http, "127.0.0.1", (unsigned short) atoi(port ? port : "8000")) != 0) return 1;
  puts("ready");
  fflush(stdout);
  return event_base_dispatch(base);
}
