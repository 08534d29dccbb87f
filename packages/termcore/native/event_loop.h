/*
 * The event loop: one router over libuv or raw epoll, for file descriptors, timers and signals.
 *
 * Order within one turn: timers (earliest due first, equal ones as they were started), then file
 * descriptors as the kernel reports them, then signals. A callback may add, modify and remove any
 * source, itself included:
 *   - a removed source never fires again, also not for an event already reported in this turn;
 *   - a source added in a turn fires in the next one at the earliest;
 *   - a modified interest counts at once: readiness no longer asked for is not delivered.
 *
 * Threads: the loop's own, for everything. Allocates: only in create and add (from the pool, if any).
 */
#ifndef TERMCORE_EVENT_LOOP_H
#define TERMCORE_EVENT_LOOP_H

#include <seamproof/pool.h>
#include <seamproof/vtable.h>

#include "termcore.h"

typedef enum tc_event_kind { TC_EVENT_TIMER = 0, TC_EVENT_FD = 1, TC_EVENT_SIGNAL = 2, TC_EVENT_KINDS = 3 } tc_event_kind;

enum { TC_READABLE = 1u, TC_WRITABLE = 2u, TC_HANGUP = 4u, TC_ERROR = 8u };

/* 1 in TC_LOOP_SAMPLE_EVERY callbacks is timed: two clock reads cost more than the whole dispatch. */
#define TC_LOOP_SAMPLE_EVERY 64u
#define TC_SOURCE_COOKIE UINT64_C(0x50a5ce5050a5ce50)

typedef struct tc_loop tc_loop;
typedef struct tc_source tc_source;

/* `value`: TC_READABLE... for a descriptor, expirations for a timer (at least 1), the number for a signal. */
typedef void (*tc_event_callback)(void *data, uint32_t value);

/* What a backend must provide. Sealed by tc_loop_create; no entry may be NULL. */
typedef struct tc_backend {
  seam_vtable_head head;
  tc_status (*open)(tc_loop *loop);
  /* No source is left. Calls tc_loop_closed when nothing refers to the loop any more, now or later. */
  void (*close)(tc_loop *loop);
  tc_status (*start)(tc_loop *loop, tc_source *source);
  tc_status (*modify)(tc_loop *loop, tc_source *source);
  /* The source's memory goes back by tc_source_free, now or once the backend is done with it. */
  void (*stop)(tc_loop *loop, tc_source *source);
  void (*deliver)(tc_loop *loop, tc_source *source, uint32_t value);
} tc_backend;

struct tc_source {
  uint64_t cookie; /* TC_SOURCE_COOKIE ^ address; 0 once removed: one compare tells live from late and stray */
  tc_event_callback callback;
  void *data;
  tc_loop *loop;
  uint32_t kind;
  uint32_t interest;          /* of a descriptor */
  int number;                 /* the descriptor or the signal */
  bool is_precise, is_pooled;
  uint64_t first_ns, every_ns; /* of a timer; every_ns 0: once */
  uint64_t due_ns, sequence;   /* of the epoll backend's timers */
  tc_source *previous, *next;
  _Alignas(16) unsigned char handle[]; /* the backend's own */
};

typedef struct tc_loop_counts {
  uint64_t delivered[TC_EVENT_KINDS];
  uint64_t refused; /* events for sources that were removed, overwritten or no longer interested */
  uint64_t sampled, sampled_ns, sampled_ns_max;
} tc_loop_counts;

struct tc_loop {
  tc_backend backend; /* a copy, so that sealing covers what is called */
  bool is_inline;     /* flag inline: the libuv trampolines skip the vtable */
  bool is_closing;
  uint32_t source_count;
  tc_loop_counts counts;
  tc_source *sources;
  size_t handle_size_bytes;
  seam_pool *pool; /* may be NULL */
  void *platform;  /* uv_loop_t of the libuv backend */
  void *state;     /* the epoll backend's */
  uint64_t next_sequence;
  void (*sampled)(void *context, uint64_t elapsed_ns);
  void (*closed)(void *context);
  void *context;
};

typedef struct tc_loop_options {
  const tc_backend *backend;
  void *platform; /* for tc_backend_uv: the uv_loop_t */
  bool is_inline;
  seam_pool *pool; /* of objects of tc_source_size_bytes; NULL: malloc */
  void (*sampled)(void *context, uint64_t elapsed_ns); /* may be NULL */
  void (*closed)(void *context);                       /* may be NULL; the loop's memory is gone after it */
  void *context;
} tc_loop_options;

extern const tc_backend tc_backend_uv;
extern const tc_backend tc_backend_epoll;

/* TC_ERR_ARGUMENT: a backend with a NULL entry. */
tc_status tc_loop_create(const tc_loop_options *options, tc_loop **loop_out);
/* Removes every source; the loop's memory goes once the backend has let go, `closed` tells when. */
void tc_loop_destroy(tc_loop *loop);

/* TC_ERR_STATE: the descriptor has a source already, or the loop is closing. */
tc_status tc_loop_add_fd(tc_loop *loop, int fd, uint32_t interest, tc_event_callback callback, void *data,
                         tc_source **source_out);
/*
 * `every_ns` 0: fires once and stays until removed. libuv rounds up to milliseconds unless `is_precise`,
 * which takes a timerfd (Linux); a precise timer comes with the descriptors in the order of a turn.
 */
tc_status tc_loop_add_timer(tc_loop *loop, uint64_t first_ns, uint64_t every_ns, bool is_precise,
                            tc_event_callback callback, void *data, tc_source **source_out);
tc_status tc_loop_add_signal(tc_loop *loop, int signal_number, tc_event_callback callback, void *data,
                             tc_source **source_out);
/* Descriptors only. */
tc_status tc_loop_modify_fd(tc_source *source, uint32_t interest);
void tc_loop_remove(tc_source *source);
/* An unreferenced source does not keep libuv's loop alive. Nothing to do with other backends. */
void tc_loop_reference(tc_source *source, bool is_referenced);

/* The epoll backend only: one turn, waiting at most `timeout_ms` (-1: until something happens). */
tc_status tc_loop_run_epoll(tc_loop *loop, int timeout_ms, uint32_t *delivered_out);
/* Readable when a turn has something to do: lets libuv watch an epoll loop. */
int tc_loop_epoll_fd(const tc_loop *loop);

size_t tc_source_size_bytes(const tc_backend *backend);

/* ---- between router and backends ---- */

void tc_source_free(tc_source *source);
void tc_loop_closed(tc_loop *loop);
uint64_t tc_now_ns(void);
void tc_deliver_sampled(tc_loop *loop, tc_source *source, uint32_t value);

/* Every event goes through here. Not sampled, it is two compares, two adds and the call. */
static inline void tc_deliver(tc_loop *loop, tc_source *source, uint32_t value) {
  if (__builtin_expect(source->cookie != (TC_SOURCE_COOKIE ^ (uint64_t)(uintptr_t)source), 0)) {
    loop->counts.refused++;
    return;
  }
  const uint64_t count = ++loop->counts.delivered[source->kind];
  if (__builtin_expect(count % TC_LOOP_SAMPLE_EVERY == 0, 0)) tc_deliver_sampled(loop, source, value);
  else source->callback(source->data, value);
}

/* The way in from a backend: through the sealed vtable. */
static inline void tc_route(tc_loop *loop, tc_source *source, uint32_t value) {
  if (__builtin_expect(!seam_vtable_is_sealed(&loop->backend.head), 0)) {
    loop->counts.refused++;
    return;
  }
  loop->backend.deliver(loop, source, value);
}

#endif
