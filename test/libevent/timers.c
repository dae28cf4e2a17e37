/* Events without sockets: timers, priorities, the loop. */

#include "scenario.h"

static struct event *ev;
static int count;

static void say_fired(evutil_socket_t fd, short what, void *name) {
  (void)fd;
  say("loop", "%s %s", (char *)name, what & EV_TIMEOUT ? "timeout" : what & EV_READ ? "read" : "other");
}

static void in_order(void) {
  later(60, say_fired, "third");
  later(20, say_fired, "first");
  later(40, say_fired, "second");
}

static void third_time(evutil_socket_t fd, short what, void *name) {
  say_fired(fd, what, name);
  if (++count < 3) return;
  event_free(ev);
}

static struct timeval *ms(int n) {
  static struct timeval after;
  after.tv_sec = 0;
  after.tv_usec = n * 1000;
  return &after;
}

static void persistent(void) {
  count = 0;
  ev = event_new(base, -1, EV_PERSIST, third_time, "again");
  say("loop", "add %d", event_add(ev, ms(10)));
}

static void add_again(evutil_socket_t fd, short what, void *name) {
  say_fired(fd, what, name);
  say("loop", "pending %d", event_pending(ev, EV_TIMEOUT, NULL));
  if (++count < 3) event_add(ev, ms(10));
  else event_free(ev);
}

static void once_and_again(void) {
  count = 0;
  ev = evtimer_new(base, add_again, "once");
  say("loop", "pending %d", event_pending(ev, EV_TIMEOUT, NULL));
  event_add(ev, ms(10));
  say("loop", "pending %d", event_pending(ev, EV_TIMEOUT, NULL) != 0);
  say("loop", "events %d", event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
}

static void deleted(void) {
  struct event *gone = evtimer_new(base, say_fired, "gone");
  event_add(gone, ms(10));
  say("loop", "del %d", event_del(gone));
  say("loop", "del %d", event_del(gone));
  event_free(gone);
  later(30, say_fired, "left");
}

static void set_later(void) {
  struct event *moved = evtimer_new(base, say_fired, "moved");
  event_add(moved, ms(10));
  later(30, say_fired, "other");
  event_add(moved, ms(60));
}

static void activated(void) {
  struct event *user = event_new(base, -1, EV_PERSIST, say_fired, "user");
  say("loop", "before");
  event_active(user, EV_READ, 0);
  event_active(user, EV_READ, 0);
  say("loop", "after");
}

static struct event *low, *high;

static void activate_both(evutil_socket_t fd, short what, void *name) {
  say_fired(fd, what, name);
  event_active(low, EV_READ, 0);
  event_active(high, EV_READ, 0);
}

static void priorities(void) {
  say("loop", "init %d", event_base_priority_init(base, 3));
  say("loop", "of %d", event_base_get_npriorities(base));
  low = event_new(base, -1, 0, say_fired, "low");
  high = event_new(base, -1, 0, say_fired, "high");
  say("loop", "default %d", event_get_priority(low));
  event_priority_set(low, 2);
  event_priority_set(high, 0);
  say("loop", "refused %d", event_priority_set(high, 3));
  later(10, activate_both, "both");
}

static void activate_high(evutil_socket_t fd, short what, void *name) {
  say_fired(fd, what, name);
  event_active(high, EV_READ, 0);
}

static void more_urgent(void) {
  event_base_priority_init(base, 2);
  struct event *first = event_new(base, -1, 0, activate_high, "low 1");
  struct event *second = event_new(base, -1, 0, say_fired, "low 2");
  high = event_new(base, -1, 0, say_fired, "high");
  event_priority_set(first, 1);
  event_priority_set(second, 1);
  event_priority_set(high, 0);
  event_active(first, EV_READ, 0);
  event_active(second, EV_READ, 0);
}

static void exit_loop(evutil_socket_t fd, short what, void *name) {
  say_fired(fd, what, name);
  event_base_loopexit(base, NULL);
  say("loop", "got_exit %d", event_base_got_exit(base));
}

static void loop_exit(void) {
  struct event *same = event_new(base, -1, 0, say_fired, "same pass");
  struct event *exiting = event_new(base, -1, 0, exit_loop, "exit");
  event_active(exiting, EV_READ, 0);
  event_active(same, EV_READ, 0);
  later(900, say_fired, "never");
}

static void break_loop(evutil_socket_t fd, short what, void *name) {
  say_fired(fd, what, name);
  event_base_loopbreak(base);
  say("loop", "got_break %d", event_base_got_break(base));
}

static void loop_break(void) {
  struct event *same = event_new(base, -1, 0, say_fired, "same pass, never");
  struct event *breaking = event_new(base, -1, 0, break_loop, "break");
  event_active(breaking, EV_READ, 0);
  event_active(same, EV_READ, 0);
}

static void exit_later(void) {
  ev = event_new(base, -1, EV_PERSIST, say_fired, "never");
  event_add(ev, ms(900));
  later(20, say_fired, "before");
  event_base_loopexit(base, ms(50));
}

const struct scenario timer_scenarios[] = {
    {"timers come in the order of their time", in_order},
    {"a persistent timer comes again until it is freed", persistent},
    {"a timer that is added again in its callback", once_and_again},
    {"a timer that is deleted does not come", deleted},
    {"a timer that is added twice has the second time", set_later},
    {"an event that is made active twice runs once", activated},
    {"the more urgent of two active events runs first", priorities},
    {"a more urgent event that becomes active runs before the rest", more_urgent},
    {"loopexit lets the pass end", loop_exit},
    {"loopbreak ends at once", loop_break},
    {"loopexit after a time", exit_later},
    {0},
};
