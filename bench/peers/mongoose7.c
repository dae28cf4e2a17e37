/* The peer of examples/hello.ts for Mongoose 7: one thread, one manager, mg_http_reply. Port from $PORT. */

#include <stdio.h>
#include <stdlib.h>
#include "mongoose.h"

static void on_event(struct mg_connection *c, int ev, void *ev_data) {
  if (ev != MG_EV_HTTP_MSG) return;
  struct mg_http_message *hm = (struct mg_http_message *) ev_data;
  if (mg_match(hm->uri, mg_str("/"), NULL)) mg_http_reply(c, 200, "Content-Type: text/plain\r\n", "Hello World");
  else mg_http_reply(c, 404, "Content-Type: text/plain\r\n", "Not Found");
}

int main(void) {
  struct mg_mgr mgr;
  char url[64];
  const char *port = getenv("PORT");
  snprintf(url, sizeof url, "http://127.0.0.1:%s", port ? port : "8000");
  mg_log_set(MG_LL_ERROR);
  mg_mgr_init(&mgr);
  if (mg_http_listen(&mgr, url, on_event, NULL) == NULL) return 1;
  puts("ready");
  fflush(stdout);
  for (;;) mg_mgr_poll(&mgr, 1000);
}
