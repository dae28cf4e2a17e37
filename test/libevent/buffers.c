/* evbuffer: what each operation answers, and what is in the buffer afterwards. */

#include "scenario.h"

static void say_buffer(const char *name, struct evbuffer *buf) {
  char bytes[200];
  ev_ssize_t n = evbuffer_copyout(buf, bytes, sizeof bytes);
  say(name, "has %zu [%s]", evbuffer_get_length(buf), escaped(bytes, n));
}

static void basics(void) {
  struct evbuffer *a = evbuffer_new(), *b = evbuffer_new();
  char text[10] = "";
  say("a", "add %d", evbuffer_add(a, "hello", 5));
  say("a", "prepend %d", evbuffer_prepend(a, ">> ", 3));
  say("a", "printf %d", evbuffer_add_printf(a, " %d %s", 42, "worlds"));
  say_buffer("a", a);
  say("a", "remove %d [%s]", evbuffer_remove(a, text, 3), text);
  say("a", "drain %d", evbuffer_drain(a, 2));
  say_buffer("a", a);
  say("b", "add_buffer %d", evbuffer_add_buffer(b, a));
  say_buffer("a", a);
  say_buffer("b", b);
  evbuffer_add(a, "front ", 6);
  say("b", "prepend_buffer %d", evbuffer_prepend_buffer(b, a));
  say_buffer("b", b);
  say("b", "remove_buffer %d", evbuffer_remove_buffer(b, a, 7));
  say_buffer("a", a);
  say("b", "remove_buffer %d", evbuffer_remove_buffer(b, a, 700));
  say_buffer("a", a);
  say_buffer("b", b);
  say("a", "drain %d", evbuffer_drain(a, 1000));
  say_buffer("a", a);
  memset(text, 0, sizeof text);
  say("a", "remove %d [%s]", evbuffer_remove(a, text, 3), text);
  say("a", "add_buffer %d", evbuffer_add_buffer(a, b));
  say_buffer("a", a);
  evbuffer_free(a);
  evbuffer_free(b);
}

static void lines(const char *name, const char *bytes, size_t len, enum evbuffer_eol_style style) {
  struct evbuffer *buf = evbuffer_new();
  char *line;
  size_t n;
  evbuffer_add(buf, bytes, len);
  while ((line = evbuffer_readln(buf, &n, style))) {
    say(name, "line %zu [%s]", n, escaped(line, n));
    free(line);
  }
  say_buffer(name, buf);
  evbuffer_free(buf);
}

static void readln_styles(void) {
  static const char bytes[] = "one\r\ntwo\nthree\r\r\n\nfour\0five\n\r\nsix\r";
  size_t len = sizeof bytes - 1;
  lines("any", bytes, len, EVBUFFER_EOL_ANY);
  lines("crlf", bytes, len, EVBUFFER_EOL_CRLF);
  lines("strict", bytes, len, EVBUFFER_EOL_CRLF_STRICT);
  lines("lf", bytes, len, EVBUFFER_EOL_LF);
  lines("nul", bytes, len, EVBUFFER_EOL_NUL);
}

static void searches(void) {
  struct evbuffer *buf = evbuffer_new();
  struct evbuffer_ptr from, end, found;
  size_t eol = 0;
  evbuffer_add(buf, "GET / HTTP/1.1\r\nHost: ", 22);
  evbuffer_add(buf, "a.b\r\n\r\nrest", 11);
  say("buf", "search %zd", evbuffer_search(buf, "HTTP", 4, NULL).pos);
  say("buf", "search %zd", evbuffer_search(buf, "\r\n\r\n", 4, NULL).pos);
  say("buf", "search %zd", evbuffer_search(buf, "nothing", 7, NULL).pos);
  say("buf", "ptr_set %d", evbuffer_ptr_set(buf, &from, 10, EVBUFFER_PTR_SET));
  say("buf", "search %zd", evbuffer_search(buf, "/", 1, &from).pos);
  say("buf", "ptr_set %d", evbuffer_ptr_set(buf, &from, 2, EVBUFFER_PTR_ADD));
  say("buf", "at %zd", from.pos);
  say("buf", "search %zd", evbuffer_search(buf, "\r\n", 2, &from).pos);
  evbuffer_ptr_set(buf, &end, 20, EVBUFFER_PTR_SET);
  say("buf", "search_range %zd", evbuffer_search_range(buf, "Host", 4, NULL, &end).pos);
  evbuffer_ptr_set(buf, &end, 18, EVBUFFER_PTR_SET);
  say("buf", "search_range %zd", evbuffer_search_range(buf, "Host", 4, NULL, &end).pos);
  found = evbuffer_search_eol(buf, NULL, &eol, EVBUFFER_EOL_CRLF);
  say("buf", "search_eol %zd, %zu long", found.pos, eol);
  found = evbuffer_search_eol(buf, NULL, &eol, EVBUFFER_EOL_LF);
  say("buf", "search_eol %zd, %zu long", found.pos, eol);
  say("buf", "ptr_set %d", evbuffer_ptr_set(buf, &from, 33, EVBUFFER_PTR_SET));
  say("buf", "ptr_set %d", evbuffer_ptr_set(buf, &from, 34, EVBUFFER_PTR_SET));
  evbuffer_free(buf);
}

static void peeks(void) {
  struct evbuffer *buf = evbuffer_new();
  struct evbuffer_ptr from;
  char text[10] = "";
  evbuffer_add(buf, "abc", 3);
  evbuffer_add(buf, "defgh", 5);
  say("buf", "copyout %zd [%s]", evbuffer_copyout(buf, text, 4), text);
  evbuffer_ptr_set(buf, &from, 3, EVBUFFER_PTR_SET);
  memset(text, 0, sizeof text);
  say("buf", "copyout_from %zd [%s]", evbuffer_copyout_from(buf, &from, text, 9), text);
  say("buf", "pullup [%.4s]", (char *)evbuffer_pullup(buf, 4));
  say("buf", "pullup [%.8s]", (char *)evbuffer_pullup(buf, -1));
  say("buf", "pullup %s", evbuffer_pullup(buf, 9) ? "something" : "nothing");
  say_buffer("buf", buf);
  evbuffer_free(buf);
}

static void say_change(struct evbuffer *buf, const struct evbuffer_cb_info *info, void *name) {
  (void)buf;
  say(name, "%zu + %zu - %zu", info->orig_size, info->n_added, info->n_deleted);
}

static void callbacks(void) {
  struct evbuffer *a = evbuffer_new(), *b = evbuffer_new();
  struct evbuffer_cb_entry *entry = evbuffer_add_cb(a, say_change, "a");
  evbuffer_add_cb(b, say_change, "b");
  evbuffer_add(a, "hello", 5);
  evbuffer_prepend(a, "1", 1);
  evbuffer_drain(a, 2);
  evbuffer_drain(a, 0);
  evbuffer_add_buffer(b, a);
  evbuffer_remove_buffer(b, a, 1);
  evbuffer_prepend_buffer(a, b);
  say("a", "clear %d", evbuffer_cb_clear_flags(a, entry, EVBUFFER_CB_ENABLED));
  evbuffer_add(a, "unseen", 6);
  say("a", "set %d", evbuffer_cb_set_flags(a, entry, EVBUFFER_CB_ENABLED));
  evbuffer_add(a, "seen", 4);
  say("a", "remove_cb %d", evbuffer_remove_cb_entry(a, entry));
  evbuffer_add(a, "unseen", 6);
  say("b", "remove_cb %d", evbuffer_remove_cb(b, say_change, "b"));
  say("b", "remove_cb %d", evbuffer_remove_cb(b, say_change, "b"));
  evbuffer_free(a);
  evbuffer_free(b);
}

static void frozen(void) {
  struct evbuffer *buf = evbuffer_new();
  char text[10];
  evbuffer_add(buf, "abcdef", 6);
  say("buf", "freeze front %d", evbuffer_freeze(buf, 1));
  say("buf", "drain %d", evbuffer_drain(buf, 1));
  say("buf", "remove %d", evbuffer_remove(buf, text, 1));
  say("buf", "prepend %d", evbuffer_prepend(buf, "x", 1));
  say("buf", "add %d", evbuffer_add(buf, "g", 1));
  say("buf", "unfreeze front %d", evbuffer_unfreeze(buf, 1));
  say("buf", "freeze back %d", evbuffer_freeze(buf, 0));
  say("buf", "add %d", evbuffer_add(buf, "h", 1));
  say("buf", "printf %d", evbuffer_add_printf(buf, "%d", 1));
  say("buf", "prepend %d", evbuffer_prepend(buf, "x", 1));
  say("buf", "drain %d", evbuffer_drain(buf, 2));
  say_buffer("buf", buf);
  evbuffer_free(buf);
}

static void done_with(const void *data, size_t len, void *name) {
  (void)data;
  say(name, "done with %zu", len);
}

static void references(void) {
  struct evbuffer *a = evbuffer_new(), *b = evbuffer_new();
  evbuffer_add(a, "<", 1);
  say("a", "add_reference %d", evbuffer_add_reference(a, "borrowed", 8, done_with, "a"));
  evbuffer_add(a, ">", 1);
  say_buffer("a", a);
  say("b", "add_buffer_reference %d", evbuffer_add_buffer_reference(b, a));
  say_buffer("b", b);
  evbuffer_drain(b, 9);
  say_buffer("a", a);
  say_buffer("b", b);
  evbuffer_free(b);
  evbuffer_free(a);
}

const struct scenario buffer_scenarios[] = {
    {"evbuffer: add, prepend, remove, drain, and whole buffers", basics},
    {"evbuffer: lines of every style", readln_styles},
    {"evbuffer: searching", searches},
    {"evbuffer: copying out and pulling up", peeks},
    {"evbuffer: change callbacks", callbacks},
    {"evbuffer: frozen ends", frozen},
    {"evbuffer: borrowed bytes", references},
    {0},
};
