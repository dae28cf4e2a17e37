/* The peer of examples/ws-echo.ts for Mongoose 7: one thread, each message back as it came. Port from $PORT. */

#include <stdio.h>
#include <stdlib.h>
#include "mongoose.h"

static void on_event(struct mg_connection *c, int ev, void *ev_data) {
  if (ev == MG_EV_HTTP_MSG) {
    mg_ws_upgrade(c, (struct mg_http_message *) ev_data, NULL);
  } else if (ev == MG_EV_WS_MSG) {
    struct mg_ws_message *wm = (struct mg_ws_message *) ev_data;
    mg_ws_send(c, wm->data.buf, wm->data.len, wm->flags & 15);
  }
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
