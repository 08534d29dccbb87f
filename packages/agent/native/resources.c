/*
 * Descriptors, threads and children: each acquired with a stack, released by number. Closing by bare system calls (libuv
 * does so in places) is not seen; agt_mark compares with /proc and releases what is gone.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <dirent.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

FILE *agt_code_fopen(const char *path, const char *mode);

#define TRACKED() (AGT_UNLIKELY(__atomic_load_n(&g_tracking, __ATOMIC_RELAXED)))
#define REAL(name) (*(__typeof__(&name))agt_next((void **)&real_##name, #name))

/* Which descriptors have an ACQUIRE without a RELEASE so far. */
enum { DESCRIPTORS = 1 << 16 };
static _Atomic uint8_t g_open[DESCRIPTORS / 8];

static void set_open(int fd, bool is_open) {
  if (fd < 0 || fd >= DESCRIPTORS) return;
  uint8_t bit = (uint8_t)(1u << (fd & 7));
  if (is_open) atomic_fetch_or_explicit(&g_open[fd >> 3], bit, memory_order_relaxed);
  else atomic_fetch_and_explicit(&g_open[fd >> 3], (uint8_t)~bit, memory_order_relaxed);
}

static bool is_open(int fd) {
  return fd >= 0 && fd < DESCRIPTORS && atomic_load_explicit(&g_open[fd >> 3], memory_order_relaxed) >> (fd & 7) & 1;
}

/* A vfork child's descriptors are its own, though it runs in its parent's memory. */
static AGT_NOINLINE void opened(int fd, struct agt_registers caller) {
  /* One that cannot be marked open could never be released. */
  if (fd >= DESCRIPTORS || !agt_is_recorded_process()) return;
  int saved_errno = errno;
  struct agt_thread *thread = agt_thread_enter();
  if (thread) {
    if (is_open(fd)) agt_record_release(thread, AGT_FD, (uint64_t)fd);
    agt_record_acquire(thread, AGT_FD, (uint64_t)fd, caller);
    set_open(fd, true);
    agt_thread_leave(thread);
  }
  errno = saved_errno;
}

static AGT_NOINLINE void closing(int fd) {
  if (!is_open(fd) || !agt_is_recorded_process()) return;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  agt_record_release(thread, AGT_FD, (uint64_t)fd);
  set_open(fd, false);
  agt_thread_leave(thread);
}

/* For agt_mark: `held` has a bit for each descriptor that is really open. */
void agt_resources_review(struct agt_thread *thread, const uint8_t *held) {
  for (int fd = 0; fd < DESCRIPTORS; fd++) {
    if (!is_open(fd) || held[fd >> 3] >> (fd & 7) & 1) continue;
    agt_record_release(thread, AGT_FD, (uint64_t)fd);
    set_open(fd, false);
  }
}

void agt_resources_after_fork(void) { memset((void *)g_open, 0, sizeof g_open); }

#define OPENED(fd) \
  do { \
    if (TRACKED() && (fd) >= 0) opened((fd), AGT_CALLER()); \
  } while (0)

static void *real___open_2, *real___open64_2, *real___openat_2, *real___openat64_2, *real_open, *real_open64, *real_openat, *real_openat64, *real_creat, *real_socket, *real_socketpair,
    *real_accept, *real_accept4, *real_pipe, *real_pipe2, *real_dup, *real_dup2, *real_dup3, *real_eventfd,
    *real_epoll_create, *real_epoll_create1, *real_inotify_init, *real_inotify_init1, *real_memfd_create,
    *real_timerfd_create, *real_signalfd, *real_close, *real_popen, *real_pclose, *real_fopen, *real_fopen64, *real_fclose,
    *real_opendir, *real_closedir, *real_pthread_create;

/*
 * All at once, before main: the look-up takes the loader's lock, which a hook must not wait for (its caller may be whom the
 * lock's owner waits for), and which a signal handler cannot take at all.
 */
void agt_resources_resolve(void) {
  const struct { void **slot; const char *name; } wanted[] = {
      {&real___open_2, "__open_2"}, {&real___open64_2, "__open64_2"}, {&real___openat_2, "__openat_2"},
      {&real___openat64_2, "__openat64_2"},
      {&real_open, "open"}, {&real_open64, "open64"}, {&real_openat, "openat"},
      {&real_openat64, "openat64"}, {&real_creat, "creat"}, {&real_socket, "socket"},
      {&real_socketpair, "socketpair"}, {&real_accept, "accept"}, {&real_accept4, "accept4"},
      {&real_pipe, "pipe"}, {&real_pipe2, "pipe2"}, {&real_dup, "dup"},
      {&real_dup2, "dup2"}, {&real_dup3, "dup3"}, {&real_eventfd, "eventfd"},
      {&real_epoll_create, "epoll_create"}, {&real_epoll_create1, "epoll_create1"}, {&real_inotify_init, "inotify_init"},
      {&real_inotify_init1, "inotify_init1"}, {&real_memfd_create, "memfd_create"}, {&real_timerfd_create, "timerfd_create"},
      {&real_signalfd, "signalfd"}, {&real_close, "close"}, {&real_popen, "popen"},
      {&real_pclose, "pclose"}, {&real_fopen, "fopen"}, {&real_fopen64, "fopen64"},
      {&real_fclose, "fclose"}, {&real_opendir, "opendir"}, {&real_closedir, "closedir"},
      {&real_pthread_create, "pthread_create"},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) agt_next(wanted[i].slot, wanted[i].name);
}

struct sockaddr;
int socket(int, int, int);
int socketpair(int, int, int, int[2]);
int accept(int, struct sockaddr *, unsigned *);
int accept4(int, struct sockaddr *, unsigned *, int);
int eventfd(unsigned, int);
int epoll_create(int);
int epoll_create1(int);
int inotify_init(void);
int inotify_init1(int);
int timerfd_create(int, int);
int signalfd(int, const void *, int);

static bool takes_mode(int flags) { return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE; }
#define MODE_ARGUMENT(last) \
  mode_t mode = 0; \
  if (takes_mode(flags)) { \
    va_list arguments; \
    va_start(arguments, last); \
    mode = va_arg(arguments, mode_t); \
    va_end(arguments); \
  }

AGT_EXPORT int open(const char *path, int flags, ...) {
  MODE_ARGUMENT(flags)
  int fd = REAL(open)(path, flags, mode);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int open64(const char *path, int flags, ...) {
  MODE_ARGUMENT(flags)
  int fd = REAL(open64)(path, flags, mode);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int openat(int at, const char *path, int flags, ...) {
  MODE_ARGUMENT(flags)
  int fd = REAL(openat)(at, path, flags, mode);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int openat64(int at, const char *path, int flags, ...) {
  MODE_ARGUMENT(flags)
  int fd = REAL(openat64)(at, path, flags, mode);
  OPENED(fd);
  return fd;
}
/* What open is called in programs built with _FORTIFY_SOURCE where the flags are no constant. */
int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);
AGT_EXPORT int __open_2(const char *path, int flags) {
  int fd = REAL(__open_2)(path, flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int __open64_2(const char *path, int flags) {
  int fd = REAL(__open64_2)(path, flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int __openat_2(int at, const char *path, int flags) {
  int fd = REAL(__openat_2)(at, path, flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int __openat64_2(int at, const char *path, int flags) {
  int fd = REAL(__openat64_2)(at, path, flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int creat(const char *path, mode_t mode) {
  int fd = REAL(creat)(path, mode);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int socket(int domain, int type, int protocol) {
  int fd = REAL(socket)(domain, type, protocol);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int socketpair(int domain, int type, int protocol, int pair[2]) {
  int failed = REAL(socketpair)(domain, type, protocol, pair);
  if (!failed) {
    OPENED(pair[0]);
    OPENED(pair[1]);
  }
  return failed;
}
AGT_EXPORT int accept(int listener, struct sockaddr *address, unsigned *length) {
  int fd = REAL(accept)(listener, address, length);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int accept4(int listener, struct sockaddr *address, unsigned *length, int flags) {
  int fd = REAL(accept4)(listener, address, length, flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int pipe(int pair[2]) {
  int failed = REAL(pipe)(pair);
  if (!failed) {
    OPENED(pair[0]);
    OPENED(pair[1]);
  }
  return failed;
}
AGT_EXPORT int pipe2(int pair[2], int flags) {
  int failed = REAL(pipe2)(pair, flags);
  if (!failed) {
    OPENED(pair[0]);
    OPENED(pair[1]);
  }
  return failed;
}
AGT_EXPORT int dup(int from) {
  int fd = REAL(dup)(from);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int dup2(int from, int to) {
  int fd = REAL(dup2)(from, to);
  if (from != to) OPENED(fd);
  return fd;
}
AGT_EXPORT int dup3(int from, int to, int flags) {
  int fd = REAL(dup3)(from, to, flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int eventfd(unsigned value, int flags) {
  int fd = REAL(eventfd)(value, flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int epoll_create(int size) {
  int fd = REAL(epoll_create)(size);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int epoll_create1(int flags) {
  int fd = REAL(epoll_create1)(flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int inotify_init(void) {
  int fd = REAL(inotify_init)();
  OPENED(fd);
  return fd;
}
AGT_EXPORT int inotify_init1(int flags) {
  int fd = REAL(inotify_init1)(flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int memfd_create(const char *name, unsigned flags) {
  int fd = REAL(memfd_create)(name, flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int timerfd_create(int clock, int flags) {
  int fd = REAL(timerfd_create)(clock, flags);
  OPENED(fd);
  return fd;
}
AGT_EXPORT int signalfd(int at, const void *mask, int flags) {
  int fd = REAL(signalfd)(at, mask, flags);
  if (at < 0) OPENED(fd);
  return fd;
}

AGT_EXPORT int close(int fd) {
  if (TRACKED()) closing(fd);
  return REAL(close)(fd);
}

AGT_EXPORT FILE *popen(const char *command, const char *mode) {
  FILE *stream = REAL(popen)(command, mode);
  if (stream) OPENED(fileno(stream));
  return stream;
}
AGT_EXPORT int pclose(FILE *stream) {
  if (TRACKED() && stream) closing(fileno(stream));
  return REAL(pclose)(stream);
}

AGT_EXPORT FILE *fopen(const char *path, const char *mode) {
  FILE *ours = agt_code_fopen(path, mode);
  if (ours) return ours;
  FILE *stream = REAL(fopen)(path, mode);
  if (stream) OPENED(fileno(stream));
  return stream;
}
AGT_EXPORT FILE *fopen64(const char *path, const char *mode) {
  FILE *ours = agt_code_fopen(path, mode);
  if (ours) return ours;
  FILE *stream = REAL(fopen64)(path, mode);
  if (stream) OPENED(fileno(stream));
  return stream;
}
AGT_EXPORT int fclose(FILE *stream) {
  if (TRACKED() && stream) closing(fileno(stream));
  return REAL(fclose)(stream);
}
AGT_EXPORT DIR *opendir(const char *path) {
  DIR *directory = REAL(opendir)(path);
  if (directory) OPENED(dirfd(directory));
  return directory;
}
AGT_EXPORT int closedir(DIR *directory) {
  if (TRACKED()) closing(dirfd(directory));
  return REAL(closedir)(directory);
}

/* ---------------------------------------------------------------------------------------------------------- threads */

struct start { void *(*run)(void *); void *argument; uint64_t id; };

static _Atomic uint64_t g_thread_id;
static pthread_key_t g_thread_key; /* holds the thread's resource id + 1 until its last destructor round */
static pthread_once_t g_thread_key_once = PTHREAD_ONCE_INIT;

static void thread_gone(void *value) {
  smp_thread_end();
  if (!__atomic_load_n(&g_tracking, __ATOMIC_RELAXED)) return;
  /* Its end is its first event: a state made now, in a destructor, would miss the round in which it is given back. */
  if (!t_thread) t_thread = AGT_T_ENDED;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  agt_record_release(thread, AGT_THREAD, (uint64_t)(uintptr_t)value - 1);
  agt_thread_leave(thread);
}
static void make_thread_key(void) { pthread_key_create(&g_thread_key, thread_gone); }
void agt_resources_init(void) { pthread_once(&g_thread_key_once, make_thread_key); }

static void *run_thread(void *argument) {
  struct start start = *(struct start *)argument;
  agt_unmap(argument, sizeof start);
  pthread_setspecific(g_thread_key, (void *)(uintptr_t)(start.id + 1));
  smp_thread_begin();
  return start.run(start.argument);
}

AGT_EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
  if (!__atomic_load_n(&g_recording, __ATOMIC_RELAXED)) return REAL(pthread_create)(thread, attributes, run, argument);
  agt_sampler_start();
  struct start *start = agt_map(sizeof *start); /* a page: next to a thread's stack it is nothing */
  if (!start) return EAGAIN;
  *start = (struct start){run, argument, atomic_fetch_add(&g_thread_id, 1)};
  uint64_t id = start->id;
  struct agt_thread *own = TRACKED() ? agt_thread_enter() : NULL;
  if (own) {
    agt_record_acquire(own, AGT_THREAD, id, AGT_CALLER());
    agt_thread_leave(own);
  }
  int failed = REAL(pthread_create)(thread, attributes, run_thread, start);
  if (failed) {
    agt_unmap(start, sizeof *start);
    own = TRACKED() ? agt_thread_enter() : NULL;
    if (own) {
      agt_record_release(own, AGT_THREAD, id);
      agt_thread_leave(own);
    }
  }
  return failed;
}
