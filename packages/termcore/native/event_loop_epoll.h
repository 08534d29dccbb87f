/* What the epoll backend is made of; nobody else includes this. */
#ifndef TERMCORE_EVENT_LOOP_EPOLL_H
#define TERMCORE_EVENT_LOOP_EPOLL_H

#include "event_loop.h"

/* A binary heap by due time, then by start order. */
typedef struct tc_timer_heap {
  tc_source **items;
  tc_source **taken; /* of the turn that runs; same capacity */
  size_t count, capacity;
} tc_timer_heap;

/* False when out of memory; re-adding what was taken never needs any. */
bool tc_timer_heap_add(tc_timer_heap *heap, tc_source *source);
/* No matter whether it is in. */
void tc_timer_heap_remove(tc_timer_heap *heap, const tc_source *source);
tc_source *tc_timer_heap_first(const tc_timer_heap *heap);
/* Moves those due at `now_ns` and started no later than `newest` to `taken`, in firing order. */
size_t tc_timer_heap_take_due(tc_timer_heap *heap, uint64_t now_ns, uint64_t newest);
void tc_timer_heap_free(tc_timer_heap *heap);

/*
 * Makes the signal write its number to `fd`. One watcher per signal in the process (TC_ERR_STATE); a
 * handler that was there before (libuv's, say) is called too, and is put back by unwatch.
 */
tc_status tc_signal_watch(int signal_number, int fd);
void tc_signal_unwatch(int signal_number);

typedef struct tc_epoll {
  int epoll_fd, timer_fd, signal_pipe[2];
  bool is_running;
  uint64_t armed_ns; /* what timer_fd is set to; 0 disarmed */
  tc_source *dead;   /* removed in the turn that runs */
  tc_timer_heap timers;
} tc_epoll;

#endif
