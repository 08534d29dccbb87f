/*
 * Lifecycle: idle until SEAMPROOF_CAPTURE names a directory, then recording to the end of the process.
 *
 *   idle ──constructor, variable set──► recording ──destructor, _exit──► recording, file marked closed
 *   recording ──fork, in the child──► forked ──first calls──► recording into a file of its own
 */
#include "agent.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

union agt_recording g_recording_page __attribute__((aligned(4096)));
static bool g_has_recorded; /* survives a fork, as g_recording does not */
uint32_t g_depth_max = 256;
_Atomic int32_t g_sampler_tid;
_Alignas(64) _Atomic uint64_t g_now_us;
static uint64_t g_start_ns, g_file_limit_bytes;
static char g_directory[3072];

void agt_resources_resolve(void);
void agt_process_resolve(void);
void agt_loader_resolve(void);
void agt_code_resolve(void);
void smp_mask_resolve(void);
void agt_resources_init(void);
void agt_resources_after_fork(void);
void agt_resources_review(struct agt_thread *thread, const uint8_t *held);

void agt_set_recording(int state) {
  __atomic_store_n(&g_tracking, g_is_samples ? AGT_IDLE : state, __ATOMIC_RELEASE);
  __atomic_store_n(&g_recording, state, __ATOMIC_RELEASE);
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t agt_clock_us(void) {
  uint64_t now = (now_ns() - g_start_ns) / 1000;
  atomic_store_explicit(&g_now_us, now, memory_order_relaxed);
  return now;
}

/* ------------------------------------------------------------------------------------------ what /proc says of us */

static size_t read_file(const char *path, char *text, size_t capacity) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  size_t held = 0;
  for (ssize_t got; held < capacity && (got = syscall(SYS_read, fd, text + held, capacity - held)) > 0;) held += (size_t)got;
  syscall(SYS_close, fd);
  return held;
}

/* Entries of a directory whose names are numbers; sets a bit for each one below 65536 when asked. */
static uint32_t count_numbers(const char *path, uint8_t *bits) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return 0;
  uint32_t count = 0;
  char buffer[1024];
  for (long got; (got = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0;) {
    for (long at = 0; at < got;) {
      uint16_t length;
      memcpy(&length, buffer + at + 16, 2);
      const char *name = buffer + at + 19;
      at += length;
      if (name[0] < '0' || name[0] > '9') continue;
      unsigned number = 0;
      for (; *name >= '0' && *name <= '9'; name++) number = number * 10 + (unsigned)(*name - '0');
      count++;
      if (bits && number < 65536) bits[number >> 3] |= (uint8_t)(1u << (number & 7));
    }
  }
  syscall(SYS_close, fd);
  if (bits && fd < 65536) bits[fd >> 3] &= (uint8_t)~(1u << (fd & 7)); /* the one that we read through */
  return count;
}

static uint64_t rss_bytes(void) {
  char text[128] = "";
  text[read_file("/proc/self/statm", text, sizeof text - 1)] = 0;
  const char *at = strchr(text, ' ');
  uint64_t pages = 0;
  for (at = at ? at + 1 : ""; *at >= '0' && *at <= '9'; at++) pages = pages * 10 + (uint64_t)(*at - '0');
  return pages * 4096;
}

/* Children of every thread, zombies included. */
static uint32_t count_children(char *list, size_t capacity) {
  uint32_t count = 0;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  char buffer[1024];
  for (long got; fd >= 0 && (got = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0;) {
    for (long at = 0; at < got;) {
      uint16_t length;
      memcpy(&length, buffer + at + 16, 2);
      const char *name = buffer + at + 19;
      at += length;
      if (name[0] < '0' || name[0] > '9') continue;
      char path[64];
      snprintf(path, sizeof path, "/proc/self/task/%.20s/children", name);
      size_t held = read_file(path, list, capacity);
      for (size_t i = 0; i < held; i++) count += list[i] == ' ';
    }
  }
  if (fd >= 0) syscall(SYS_close, fd);
  return count;
}

static uint32_t count_mappings(void) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char buffer[1024];
  uint32_t lines = 0;
  for (ssize_t got; (got = syscall(SYS_read, fd, buffer, sizeof buffer)) > 0;)
    for (ssize_t i = 0; i < got; i++) lines += buffer[i] == '\n';
  syscall(SYS_close, fd);
  return lines;
}

static void write_sample(uint64_t seq, uint32_t descriptors, uint32_t threads, uint32_t children, uint32_t mappings) {
  uint8_t body[80];
  uint8_t *p = agt_put_varint(body, agt_clock_us());
  p = agt_put_varint(p, rss_bytes());
  p = agt_put_varint(p, descriptors);
  p = agt_put_varint(p, threads);
  p = agt_put_varint(p, seq);
  p = agt_put_varint(p, children);
  p = agt_put_varint(p, mappings);
  agt_meta_write(AGT_META_SAMPLE, body, (size_t)(p - body));
}

/* ---------------------------------------------------------------------------------------------------------- sampler */

enum { SAMPLER_NONE, SAMPLER_RUNS };
static _Atomic int g_sampler;

/* The main thread has gone by pthread_exit, and nobody is left but us. */
static bool is_last_thread(void) {
  char text[512];
  if (count_numbers("/proc/self/task", NULL) != 2) return false;
  text[read_file("/proc/self/stat", text, sizeof text - 1)] = 0;
  const char *state = strrchr(text, ')');
  return state && state[1] == ' ' && state[2] == 'Z';
}

/* When the next snapshot of aggregate mode is due. The interval doubles with each full row, so that hours stay small. */
struct snapshot_plan {
  uint64_t due_us, interval_us;
  uint32_t written;
};
enum { SNAPSHOT_INTERVAL_US = 500000, SNAPSHOT_ROW = 64 };

static void snapshot_when_due(struct snapshot_plan *plan) {
  uint64_t now = agt_clock_us();
  if (now < plan->due_us) return;
  agt_live_snapshot(0);
  if (++plan->written % SNAPSHOT_ROW == 0) plan->interval_us *= 2;
  plan->due_us += plan->interval_us;
  if (plan->due_us <= now) plan->due_us = now + plan->interval_us; /* the process was stopped meanwhile */
}

static _Atomic bool g_is_finished;

static void *run_sampler(void *argument) {
  (void)argument;
  agt_thread_disown();
  atomic_store(&g_sampler_tid, (int32_t)syscall(SYS_gettid));
  syscall(SYS_prctl, 15 /* PR_SET_NAME */, "seamproof");
  struct snapshot_plan plan = {agt_clock_us() + SNAPSHOT_INTERVAL_US, SNAPSHOT_INTERVAL_US, 0};
  for (uint32_t tick = 0; __atomic_load_n(&g_recording, __ATOMIC_RELAXED) == AGT_RECORDING; tick++) {
    agt_layer_turn(agt_clock_us());
    /* Descriptors and threads cost a directory read each: at marks, and twice a second. */
    if (tick % 100 == 0) {
      uint32_t descriptors = count_numbers("/proc/self/fd", NULL); /* 0 when the subject has used up all there are */
      write_sample(0, descriptors ? descriptors - 1 : 0, count_numbers("/proc/self/task", NULL), 0, 0);
      agt_layer_watch();
    } else if (tick % 10 == 0) {
      write_sample(0, 0, 0, 0, 0);
    }
    if (g_is_aggregate && !atomic_load_explicit(&g_is_finished, memory_order_relaxed)) snapshot_when_due(&plan);
    if (g_is_samples) smp_turn(tick);
    /* The process lives as long as a thread of it does: ours must not be the one. */
    if (tick % 20 == 19 && is_last_thread()) {
      agt_thread_own(NULL); /* exit handlers run here next, and those are the subject's */
      break;
    }
    if (g_is_samples) {
      smp_wait();
      continue;
    }
    struct timespec pause = {0, 5000000};
    nanosleep(&pause, NULL);
  }
  return NULL;
}

/*
 * Never from a hook that may run inside an allocator: pthread_create allocates. Signals are all blocked: a handler of the
 * subject must never run on our thread.
 */
void agt_sampler_start(void) {
  int expected = SAMPLER_NONE;
  if (!atomic_compare_exchange_strong(&g_sampler, &expected, SAMPLER_RUNS)) return;
  static int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  agt_next((void **)&create, "pthread_create");
  int saved_errno = errno;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  struct agt_thread *own = agt_thread_disown();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  bool is_running = false;
  /* A subject's static thread-local storage lies on every stack, however small. */
  for (size_t bytes = 64 * 1024; bytes <= 16 << 20; bytes *= 16) {
    pthread_attr_setstacksize(&attributes, bytes);
    if (create(&thread, &attributes, run_sampler, NULL) == 0) {
      is_running = true;
      break;
    }
  }
  if (!is_running) atomic_store(&g_sampler, SAMPLER_NONE);
  pthread_attr_destroy(&attributes);
  agt_thread_own(own);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = saved_errno;
}

bool agt_sampler_runs(void) { return atomic_load_explicit(&g_sampler, memory_order_relaxed) == SAMPLER_RUNS; }

/* A program that never made a thread has no sampler: its own events keep the time, one in some hundreds. */
void agt_tick(void) {
  if (atomic_load_explicit(&g_sampler, memory_order_relaxed) == SAMPLER_RUNS) return;
  static _Atomic uint64_t sampled_us;
  uint64_t now = agt_clock_us(), before = atomic_load_explicit(&sampled_us, memory_order_relaxed);
  if (now - before < 50000 || !atomic_compare_exchange_strong(&sampled_us, &before, now)) return;
  int saved_errno = errno;
  write_sample(0, 0, 0, 0, 0);
  errno = saved_errno;
}

/* ------------------------------------------------------------------------------------------------------------ marks */

/* One mark at a time, with its sample and snapshot: they are in the file in the order of their numbers. */
static pthread_mutex_t g_mark_lock = PTHREAD_MUTEX_INITIALIZER;

void agt_mark(enum agt_mark_kind kind, const char *name, size_t length) {
  if (__atomic_load_n(&g_recording, __ATOMIC_RELAXED) != AGT_RECORDING) return;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  int saved_errno = errno;
  /* A mark may be set on any thread, the last one in exit(): its stack may be as small as they come. */
  enum { HELD = 65536 / 8, LIST = 8192 };
  uint8_t *scratch = agt_map(HELD + LIST);
  uint32_t descriptors = scratch ? count_numbers("/proc/self/fd", scratch) : 0;
  uint32_t children = scratch ? count_children((char *)scratch + HELD, LIST) : 0;
  if (scratch) {
    agt_resources_review(thread, scratch);
    agt_unmap(scratch, HELD + LIST);
  }
  pthread_mutex_lock(&g_mark_lock);
  uint64_t seq = atomic_fetch_add(&g_seq, 1);
  write_sample(seq, descriptors ? descriptors - 1 : 0, count_numbers("/proc/self/task", NULL), children, count_mappings());
  uint8_t body[512];
  if (length > 256) length = 256;
  uint8_t *p = agt_put_varint(body, seq);
  p = agt_put_varint(p, agt_clock_us());
  *p++ = (uint8_t)kind;
  p = agt_put_varint(p, length);
  memcpy(p, name, length);
  agt_meta_write(AGT_META_MARK, body, (size_t)(p - body) + length);
  if (g_is_aggregate) agt_live_snapshot(seq);
  pthread_mutex_unlock(&g_mark_lock);
  agt_thread_leave(thread);
  agt_layer_mark(kind);
  errno = saved_errno;
}

/* ------------------------------------------------------------------------------------------------------- start, end */

static void write_process(void) {
  static uint8_t body[128 * 1024];
  static char path[4096];
  uint8_t *p = body;
  ssize_t length = syscall(SYS_readlink, "/proc/self/exe", path, sizeof path);
  if (length < 0) length = 0;
  p = agt_put_varint(p, (uint64_t)length);
  memcpy(p, path, (size_t)length);
  p += length;
  if (!getcwd(path, sizeof path)) path[0] = 0;
  length = (ssize_t)strlen(path);
  p = agt_put_varint(p, (uint64_t)length);
  memcpy(p, path, (size_t)length);
  p += length;
  static char arguments[64 * 1024];
  size_t held = read_file("/proc/self/cmdline", arguments, sizeof arguments - 1);
  arguments[held] = 0;
  uint64_t count = 0;
  for (size_t i = 0; i < held; i++) count += arguments[i] == 0;
  p = agt_put_varint(p, count);
  for (size_t at = 0; at < held && count > 0; count--) {
    size_t bytes = strlen(arguments + at);
    p = agt_put_varint(p, bytes);
    memcpy(p, arguments + at, bytes);
    p += bytes;
    at += bytes + 1;
  }
  agt_meta_write(AGT_META_PROCESS, body, (size_t)(p - body));
}

static bool begin_recording(void) {
  g_start_ns = now_ns();
  if (!agt_file_open(g_directory, g_file_limit_bytes)) return false;
  write_process();
  g_has_recorded = true;
  agt_set_recording(AGT_RECORDING);
  return true;
}

static uint64_t number_from(const char *name, uint64_t fallback) {
  const char *text = getenv(name);
  if (!text || !*text) return fallback;
  uint64_t value = 0;
  for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (uint64_t)(*text - '0');
  return *text ? fallback : value;
}

__attribute__((constructor(101))) static void start(void) {
  agt_real_resolve();
  agt_resources_resolve();
  agt_process_resolve();
  agt_loader_resolve();
  agt_code_resolve();
  smp_mask_resolve();
  const char *directory = getenv("SEAMPROOF_CAPTURE");
  if (!directory || directory[0] != '/' || strlen(directory) >= sizeof g_directory) return;
  int saved_errno = errno;
  strcpy(g_directory, directory);
  const char *mode = getenv("SEAMPROOF_MODE");
  g_is_aggregate = mode && strcmp(mode, "aggregate") == 0;
  g_is_samples = mode && strcmp(mode, "samples") == 0;
  g_depth_max = (uint32_t)number_from("SEAMPROOF_DEPTH", 256);
  if (g_depth_max < 8) g_depth_max = 8;
  if (g_depth_max > AGT_DEPTH_MAX - 2) g_depth_max = AGT_DEPTH_MAX - 2;
  g_file_limit_bytes = number_from("SEAMPROOF_FILE_LIMIT", 0);
  agt_threads_init();
  agt_resources_init();
  agt_modules_init();
  agt_code_init();
  pthread_atfork(NULL, NULL, agt_in_child);
  /* A child made past every handler (a raw system call) finds itself idle, and never writes into its parent's file. */
  syscall(SYS_madvise, &g_recording_page, sizeof g_recording_page, MADV_WIPEONFORK);
  if (agt_tree_init((1u << 21) - 1) && (!g_is_aggregate || agt_live_init()) && begin_recording()) {
    lyr_start();
    at_quick_exit(agt_finish);
    if (g_is_samples) {
      agt_meta_keep(number_from("SEAMPROOF_KEEP", 0));
      const char *clock = getenv("SEAMPROOF_CLOCK");
      smp_init(number_from("SEAMPROOF_RATE", 1000), clock && strcmp(clock, "wall") == 0, getenv("SEAMPROOF_PAUSED") != NULL);
    }
  }
  errno = saved_errno;
}

bool agt_is_recorded_process(void) { return (uint32_t)syscall(SYS_getpid) == g_header->pid; }

void agt_finish(void) {
  if (__atomic_load_n(&g_recording, __ATOMIC_RELAXED) != AGT_RECORDING || !agt_is_recorded_process()) return;
  if (atomic_exchange(&g_is_finished, true)) return;
  smp_finish();
  agt_mark(AGT_MARK_PROGRAM_END, "", 0);
  struct agt_thread *thread = agt_thread_enter();
  if (thread) {
    agt_events_chunk_close(thread);
    thread->chunk_capacity = 0; /* what still comes is little */
    agt_thread_leave(thread);
  }
  agt_file_set_state(AGT_CLOSED);
  /* A signal handler that ends the process may stand inside the agent, on the thread that holds the lock. */
  if (thread) agt_file_trim();
}

/* Recording goes on: destructors of other libraries still free. The file is valid at every byte. */
__attribute__((destructor(101))) static void stop(void) { agt_finish(); }

/* In a forked child, on the one thread it has: everything that its parent's threads may have held is made anew. */
bool agt_begin_anew(void) {
  struct agt_header *parents = g_header;
  pthread_mutex_init(&g_mark_lock, NULL);
  agt_file_after_fork();
  agt_meta_after_fork();
  agt_modules_after_fork();
  agt_resources_after_fork();
  agt_tree_after_fork();
  bool is_ready = !g_is_aggregate || agt_live_init();
  agt_set_recording(AGT_IDLE);
  bool is_followed = is_ready && begin_recording();
  if (is_followed) smp_start();
  /* All that a child ever writes into its parent's file; the mapping is still there. */
  if (!is_followed) atomic_fetch_add_explicit(&parents->forks_unfollowed, 1, memory_order_relaxed);
  return is_followed;
}

void agt_in_child(void) {
  if (!g_has_recorded) return;
  agt_set_recording(AGT_FORKED);
  atomic_store(&g_sampler, SAMPLER_NONE);
  g_lyr_active = false; /* its stacks are of the parent's trace */
  agt_threads_after_fork();
  agt_calls_after_fork();
  smp_after_fork();
}
