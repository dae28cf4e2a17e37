/* The peer of examples/hello.ts for Mongoose 6.18, whose contract ours follows. Port from $PORT. */

#include <stdio.h>
#include <stdlib.h>
#include "mongoose.h"

static void reply(struct mg_connection *nc, int status, const char *body) {
  mg_send_head(nc, status, (int64_t) strlen(body), "Content-Type: text/plain");
  mg_send(nc, body, (int) strlen(body));
}

static void on_event(struct mg_connection *nc, int ev, void *ev_data) {
  if (ev != MG_EV_HTTP_REQUEST) return;
  struct http_message *hm = (struct http_message *) ev_data;
  if (mg_vcmp(&hm->uri, "/") == 0) reply(nc, 200, "Hello World");
  else reply(nc, 404, "Not Found");
}

int main(void) {
  struct mg_mgr mgr;
  const char *port = getenv("PORT");
  mg_mgr_init(&mgr, NULL);
  struct mg_connection *nc = mg_bind(&mgr, port ? port : "8000", on_event);
  if (nc == NULL) return 1;
  mg_set_protocol_http_websocket(nc);
  puts("ready");
  fflush(stdout);
  for (;;) mg_mgr_poll(&mgr, 1000);
}
