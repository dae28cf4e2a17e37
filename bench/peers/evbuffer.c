/* The peer of bench/servers/evbuffer-ops.ts for libevent's evbuffer: the same operations, for $1 milliseconds of processor time each.
   Prints "NAME OPERATIONS-IN-A-SECOND" for each. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <event2/buffer.h>

static struct evbuffer *a, *b;
static char bytes[16384];
static char out[16384];

static void add_drain(void) {
  evbuffer_add(a, bytes, 64);
  evbuffer_drain(a, 64);
}

static void add_remove(void) {
  evbuffer_add(a, bytes, 1024);
  evbuffer_remove(a, out, 1024);
}

static void add_text(void) {
  evbuffer_add(a, bytes, 1024);
  evbuffer_drain(a, 1024);
}

static void add_many(void) {
  for (int i = 0; i < 16; i++) evbuffer_add(a, bytes, 64);
  evbuffer_drain(a, 1024);
}

static void prepend(void) {
  evbuffer_add(a, bytes, 1024);
  evbuffer_prepend(a, bytes, 4);
  evbuffer_drain(a, 1028);
}

static void move(void) {
  evbuffer_add_buffer(b, a);
  evbuffer_add_buffer(a, b);
}

static void move_part(void) {
  evbuffer_remove_buffer(a, b, 4000);
  evbuffer_prepend_buffer(a, b);
}

static void lines(void) {
  static const char text[] = "Some-Header: and what it says of itself\r\n";
  for (int i = 0; i < 32; i++) evbuffer_add(a, text, sizeof(text) - 1);
  for (char *line; (line = evbuffer_readln(a, NULL, EVBUFFER_EOL_CRLF)) != NULL;) free(line);
}

static void search(void) {
  evbuffer_search(a, "needle", 6, NULL);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void measure(const char *name, size_t fill, void (*op)(void), double ms) {
  a = evbuffer_new();
  b = evbuffer_new();
  memset(bytes, 'x', sizeof(bytes));
  if (fill) evbuffer_add(a, bytes, fill);
  double start = now();
  double end = start;
  long count = 0;
  while (end - start < ms) {
    for (int i = 0; i < 100; i++) op();
    count += 100;
    end = now();
  }
  printf("%s %.0f\n", name, count / (end - start) * 1e3);
  evbuffer_free(a);
  evbuffer_free(b);
}

int main(int argc, char **argv) {
  double ms = argc > 1 ? atof(argv[1]) : 200;
  measure("add-drain", 0, add_drain, ms);
  measure("add-remove", 0, add_remove, ms);
  measure("add-text", 0, add_text, ms);
  measure("add-many", 0, add_many, ms);
  measure("prepend", 0, prepend, ms);
  measure("move", 16384, move, ms);
  measure("move-part", 16384, move_part, ms);
  measure("lines", 0, lines, ms);
  measure("search", 16384, search, ms);
  return 0;
}
