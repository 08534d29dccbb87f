/*
 * monitor.h: where misuse goes. Every kit object belongs to one monitor, which its owner creates;
 * there is no global state, so an addon loaded in several worker threads has one monitor each.
 *
 * In debug mode (SEAM_MONITOR_DEBUG, or SEAMPROOF_KIT_DEBUG=1 in the environment) stacks are kept at
 * the moments that matter and released blocks wait in a quarantine, so that a report carries both
 * stacks and a misuse never touches memory that has gone back to the allocator.
 */
#ifndef SEAMPROOF_MONITOR_H
#define SEAMPROOF_MONITOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#if defined(__GLIBC__) || defined(__APPLE__)
#include <execinfo.h>
#define SEAM_HAS_SYMBOLS 1 /* backtrace_symbols: addresses to module and function */
#else
#define SEAM_HAS_SYMBOLS 0
#endif

#if defined(__has_attribute)
#if __has_attribute(no_sanitize_address)
#define SEAM_NO_ASAN __attribute__((no_sanitize_address))
#endif
#endif
#ifndef SEAM_NO_ASAN
#define SEAM_NO_ASAN
#endif

#define SEAM_STACK_DEPTH_MAX 24
#define SEAM_QUARANTINE_BLOCKS_MAX 256

typedef struct seam_stack {
  int depth;
  void *frames[SEAM_STACK_DEPTH_MAX];
} seam_stack;

/* One kind per thing that can go wrong; the names are what JavaScript sees as `rule`. */
typedef enum seam_rule {
  SEAM_RULE_DOUBLE_TRANSFER = 0,
  SEAM_RULE_RELEASE_AFTER_RELEASE,
  SEAM_RULE_USE_AFTER_RELEASE,
  SEAM_RULE_WRITE_AFTER_RELEASE,
  SEAM_RULE_NULL_CALLBACK,
  SEAM_RULE_CORRUPT_CALLBACK,
  SEAM_RULE_LATE_CALLBACK,
  SEAM_RULE_POOL_FOREIGN,
  SEAM_RULE_POOL_DOUBLE_RELEASE,
  SEAM_RULE_COUNT
} seam_rule;

typedef struct seam_misuse {
  seam_rule rule;
  const void *object;
  const char *now_what;    /* what was attempted */
  const char *before_what; /* what made it wrong; "" when not known */
  seam_stack now;          /* depth 0 outside debug mode */
  seam_stack before;
} seam_misuse;

/* Called on the thread of the misuse. Must not call back into the object that is reported. */
typedef void (*seam_misuse_sink)(void *context, const seam_misuse *misuse);

typedef struct seam_quarantined {
  void *header;
  void (*evict)(void *header);
} seam_quarantined;

enum { SEAM_MONITOR_DEBUG = 1u };

typedef struct seam_monitor {
  bool debug;
  seam_misuse_sink sink;
  void *sink_context;
  _Atomic uint64_t counts[SEAM_RULE_COUNT];
  atomic_flag lock;                                        /* a leaf: nothing is called while it is held */
  uint32_t quarantine_next;                                /* guarded by lock */
  seam_quarantined quarantine[SEAM_QUARANTINE_BLOCKS_MAX]; /* guarded by lock */
} seam_monitor;

static inline const char *seam_rule_name(seam_rule rule) {
  static const char *const names[SEAM_RULE_COUNT] = {
      "double-transfer",  "release-after-release", "use-after-release", "write-after-release",
      "null-callback",    "corrupt-callback",      "late-callback",     "pool-foreign",
      "pool-double-release"};
  return (unsigned)rule < SEAM_RULE_COUNT ? names[rule] : "unknown";
}

#if defined(__linux__)
extern int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes); /* hidden without _GNU_SOURCE */
#endif

/* Highest address of the calling thread's stack; 0 where that is not known. */
static inline uintptr_t seam_stack__top(void) {
  static _Thread_local uintptr_t t_top;
  if (t_top != 0) return t_top;
#if defined(__linux__)
  pthread_attr_t attributes;
  void *lowest = NULL;
  size_t size_bytes = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  if (pthread_attr_getstack(&attributes, &lowest, &size_bytes) == 0) t_top = (uintptr_t)lowest + size_bytes;
  pthread_attr_destroy(&attributes);
#elif defined(__APPLE__)
  t_top = (uintptr_t)pthread_get_stackaddr_np(pthread_self());
#endif
  return t_top;
}

/*
 * Follows frame pointers, and never reads outside this thread's stack. Not by backtrace(): libgcc's
 * unwinder looks at the bytes behind a return address that it has no tables for, and below V8's
 * generated code that can be any address. What was built without frame pointers leaves out frames.
 *
 * Allocates: once a thread (glibc reads the stack's bounds). Signals: not safe.
 */
__attribute__((noinline, unused)) SEAM_NO_ASAN static void seam_stack_capture(seam_stack *stack) {
  const uintptr_t top = seam_stack__top();
  const uintptr_t *frame = __builtin_frame_address(0);
  stack->depth = 0;
  stack->frames[stack->depth++] = __builtin_return_address(0);
  while (stack->depth < SEAM_STACK_DEPTH_MAX) {
    const uintptr_t next = frame[0];
    const bool is_further_up = next > (uintptr_t)frame && next % sizeof(void *) == 0;
    if (!is_further_up || top < 2 * sizeof(void *) || next > top - 2 * sizeof(void *)) return;
    frame = (const uintptr_t *)next;
    if (frame[1] < 4096) return; /* no code lies there */
    stack->frames[stack->depth++] = (void *)frame[1];
  }
}

static inline void seam_monitor_init(seam_monitor *monitor, uint32_t options, seam_misuse_sink sink,
                                     void *sink_context) {
  memset(monitor, 0, sizeof *monitor);
  const char *environment = getenv("SEAMPROOF_KIT_DEBUG");
  monitor->debug = (options & SEAM_MONITOR_DEBUG) != 0 ||
                   (environment != NULL && environment[0] == '1' && environment[1] == '\0');
  monitor->sink = sink;
  monitor->sink_context = sink_context;
  atomic_flag_clear(&monitor->lock);
}

/* Threads: any. Counted always; reported to the sink when there is one. */
static inline void seam_monitor_report(seam_monitor *monitor, seam_rule rule, const void *object,
                                       const char *now_what, const char *before_what,
                                       const seam_stack *before) {
  if (monitor == NULL) return;
  atomic_fetch_add_explicit(&monitor->counts[rule], 1, memory_order_relaxed);
  if (monitor->sink == NULL) return;
  seam_misuse misuse = {.rule = rule, .object = object, .now_what = now_what, .before_what = before_what};
  if (monitor->debug) {
    seam_stack_capture(&misuse.now);
    if (before != NULL) misuse.before = *before;
  }
  monitor->sink(monitor->sink_context, &misuse);
}

static inline uint64_t seam_monitor_count(seam_monitor *monitor, seam_rule rule) {
  return atomic_load_explicit(&monitor->counts[rule], memory_order_relaxed);
}

static inline void seam_monitor__lock(seam_monitor *monitor) {
  while (atomic_flag_test_and_set_explicit(&monitor->lock, memory_order_acquire)) {
  }
}

static inline void seam_monitor__unlock(seam_monitor *monitor) {
  atomic_flag_clear_explicit(&monitor->lock, memory_order_release);
}

/* Keeps `header` until SEAM_QUARANTINE_BLOCKS_MAX younger ones have come; then evicts it. */
static inline void seam_monitor_quarantine(seam_monitor *monitor, void *header, void (*evict)(void *)) {
  seam_monitor__lock(monitor);
  seam_quarantined *slot = &monitor->quarantine[monitor->quarantine_next];
  const seam_quarantined oldest = *slot;
  *slot = (seam_quarantined){.header = header, .evict = evict};
  monitor->quarantine_next = (monitor->quarantine_next + 1) % SEAM_QUARANTINE_BLOCKS_MAX;
  seam_monitor__unlock(monitor);
  if (oldest.header != NULL) oldest.evict(oldest.header);
}

/* Evicts everything. Call once nothing uses the monitor's objects any more. */
static inline void seam_monitor_destroy(seam_monitor *monitor) {
  for (uint32_t index = 0; index < SEAM_QUARANTINE_BLOCKS_MAX; index++) {
    const seam_quarantined held = monitor->quarantine[index];
    monitor->quarantine[index] = (seam_quarantined){.header = NULL, .evict = NULL};
    if (held.header != NULL) held.evict(held.header);
  }
}

#endif
