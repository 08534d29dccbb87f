/* The CPU sampler's life: its signal, a timer for every thread, and what the helper thread does for it. See sampler.h. */
#include "sampler.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS_MAX = 4096, WALL_TURN_NS = 10000000, TURN_NS = 20000000 };

uint64_t g_smp_period_ns = 1000000;
bool g_smp_is_wall;
int g_smp_signal; /* 0: there is no sampler */

static struct {
  pthread_mutex_t lock;
  struct smp_thread *threads[THREADS_MAX]; /* as all below, written under lock */
  _Atomic uint32_t count;
  uint32_t next_index;
  _Atomic bool is_running;
  bool wants_to_run; /* after a fork too */
  int wake_timer;    /* of a forked child that has no trace yet */
  uint32_t timers_refused;
  bool is_nudging, is_nudging_before_exec;
} g_smp = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake_timer = -1};

uint64_t smp_clock_ns(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) return 0;
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int32_t own_tid(void) { return (int32_t)syscall(SYS_gettid); }

/* ---------------------------------------------------------------------------------------------------------- handler */

/*
 * The thread was in the kernel: `syscall` has just come back, which leaves its return address in rcx; or is to be made
 * again, because our signal cut it short.
 */
static bool is_after_system_call(const ucontext_t *context) {
  uintptr_t pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
  struct agt_object object;
  uintptr_t back = (uintptr_t)context->uc_mcontext.gregs[REG_RCX];
  if ((back != pc && back != pc + 2) || (pc & 4095) < 2 || (pc & 4095) > 4094 || !agt_object_at(pc, &object)) return false;
  const uint8_t *code = (const uint8_t *)back;
  return code[-2] == 0x0f && code[-1] == 0x05;
}

static bool is_inside_agent(void) { return t_thread == AGT_T_BUSY || ((uintptr_t)t_thread > 3 && t_thread->busy); }

static void take_sample(struct smp_thread *thread, ucontext_t *context) {
  uint64_t cpu_ns = smp_clock_ns(CLOCK_THREAD_CPUTIME_ID), weight_ns = cpu_ns - thread->sampled_cpu_ns;
  if (weight_ns < g_smp_period_ns / 2) return; /* a timer's and a nudge's signal in one */
  thread->sampled_cpu_ns = cpu_ns;
  atomic_fetch_add_explicit(&thread->samples, 1, memory_order_relaxed);
  AGT_COUNT(cpu_samples);
  if (!thread->stack_high) {
    struct agt_mapping own = agt_own_stack();
    thread->stack_low = own.low;
    thread->stack_high = own.high;
  }
  struct smp_walk walk = {.low = thread->stack_low, .high = thread->stack_high, .window = &thread->window,
                          .frames = thread->frames};
  smp_walk_signal(&walk, context);
  if (walk.flags & SMP_ROOTLESS) {
    atomic_fetch_add_explicit(&thread->rootless, 1, memory_order_relaxed);
    AGT_COUNT(cpu_rootless);
  }
  if (walk.count > g_depth_max) {
    atomic_fetch_add_explicit(&thread->truncated, 1, memory_order_relaxed);
    AGT_COUNT(cpu_truncated);
  }
  uint32_t state = is_after_system_call(context) ? SMP_KERNEL : SMP_USER;
  if (!smp_ring_put(thread, &walk, agt_clock_us(), weight_ns, state)) {
    atomic_fetch_add_explicit(&thread->dropped, 1, memory_order_relaxed);
    AGT_COUNT(cpu_dropped);
  }
  /* A forked child, or a machine that gave us no thread: nobody else drains. Not while this thread may hold a lock. */
  uint32_t held = atomic_load_explicit(&thread->head, memory_order_relaxed) - atomic_load_explicit(&thread->tail, memory_order_relaxed);
  if (held > SMP_RING_WORDS / 2 && !agt_sampler_runs() && !is_inside_agent()) {
    struct agt_thread *own = agt_thread_disown();
    smp_ring_drain(thread, false);
    agt_thread_own(own);
  }
}

static void begin_in_child(void);

static void on_signal(int signal, siginfo_t *info, void *context) {
  (void)signal;
  int saved_errno = errno;
  if (info->si_code == SI_TIMER) {
    struct smp_thread *thread = info->si_value.sival_ptr;
    if (!thread) begin_in_child();
    /* A timer that was deleted may have left a signal behind, and its thread's state may be another's by now. */
    else if (atomic_load_explicit(&thread->life, memory_order_acquire) == SMP_ALIVE && thread->tid == own_tid() &&
             atomic_load_explicit(&g_smp.is_running, memory_order_relaxed))
      take_sample(thread, context);
  }
  errno = saved_errno;
}

/* A real-time signal that nobody uses: SIGPROF is the subject's (node --cpu-prof). */
static bool take_signal(void) {
  if (g_smp_signal) return true;
  for (int signal = SIGRTMAX - 3; signal > SIGRTMIN + 2; signal--) {
    struct sigaction now;
    if (sigaction(signal, NULL, &now) != 0 || now.sa_handler != SIG_DFL) continue;
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    sigdelset(&action.sa_mask, SIGSEGV);
    sigdelset(&action.sa_mask, SIGBUS);
    if (sigaction(signal, &action, NULL) != 0) continue;
    g_smp_signal = signal;
    return true;
  }
  return false;
}

/* ----------------------------------------------------------------------------------------------------------- timers */

static int make_timer(int32_t tid, void *value) {
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = g_smp_signal;
  event.sigev_value.sival_ptr = value;
  memcpy((char *)&event + 16, &tid, sizeof tid); /* sigev_notify_thread_id; older glibc has no name for it */
  int id = -1;
  return syscall(SYS_timer_create, (long)smp_cpu_clock(tid), &event, &id) == 0 ? id : -1;
}

static void set_timer(int id, uint64_t first_ns, uint64_t period_ns) {
  struct itimerspec every = {{(time_t)(period_ns / 1000000000u), (long)(period_ns % 1000000000u)},
                             {(time_t)(first_ns / 1000000000u), (long)(first_ns % 1000000000u)}};
  syscall(SYS_timer_settime, (long)id, 0L, &every, NULL);
}

/* Threads must not be sampled in step with each other: each begins somewhere in its period. */
static uint64_t phase_of(int32_t tid) { return 1 + (uint64_t)(uint32_t)tid * 2654435761u % g_smp_period_ns; }

/* The shortest time between two firings of a CPU clock's timer: the kernel's tick. */
static uint64_t tick_ns(void) {
  struct timespec tick;
  if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) != 0) return 10000000;
  return (uint64_t)tick.tv_sec * 1000000000u + (uint64_t)tick.tv_nsec;
}

/* Holder of g_smp.lock. */
static void arm(struct smp_thread *thread) {
  if (thread->timer < 0) thread->timer = make_timer(thread->tid, thread);
  thread->sampled_cpu_ns = smp_clock_ns(smp_cpu_clock(thread->tid));
  if (thread->timer >= 0) set_timer(thread->timer, phase_of(thread->tid), g_smp_period_ns);
  else g_smp.timers_refused++;
}

static void disarm(struct smp_thread *thread) {
  if (thread->timer >= 0) syscall(SYS_timer_delete, (long)thread->timer);
  thread->timer = -1;
}

/* ---------------------------------------------------------------------------------------------------------- threads */

size_t smp_read_task_file(int32_t tid, const char *name, char *text, size_t capacity) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/%s", tid, name);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = syscall(SYS_read, fd, text, capacity - 1);
  syscall(SYS_close, fd);
  text[got > 0 ? got : 0] = 0;
  return got > 0 ? (size_t)got : 0;
}

uint64_t smp_run_queue_ns(int32_t tid) {
  char text[96];
  if (!smp_read_task_file(tid, "schedstat", text, sizeof text)) return 0;
  const char *at = strchr(text, ' ');
  uint64_t ns = 0;
  for (at = at ? at + 1 : ""; *at >= '0' && *at <= '9'; at++) ns = ns * 10 + (uint64_t)(*at - '0');
  return ns;
}

static void read_name(struct smp_thread *thread) {
  char text[32];
  size_t length = smp_read_task_file(thread->tid, "comm", text, sizeof text);
  if (!length) return;
  if (text[length - 1] == '\n') text[--length] = 0;
  memcpy(thread->name, text, length < sizeof thread->name ? length + 1 : sizeof thread->name);
  thread->name[sizeof thread->name - 1] = 0;
}

static struct smp_thread *find_locked(int32_t tid) {
  uint32_t count = atomic_load(&g_smp.count);
  for (uint32_t i = 0; i < count; i++)
    if (atomic_load(&g_smp.threads[i]->life) == SMP_ALIVE && g_smp.threads[i]->tid == tid) return g_smp.threads[i];
  return NULL;
}

/* Holder of g_smp.lock. NULL when there is no room. */
static struct smp_thread *make_locked(int32_t tid) {
  struct smp_thread *thread = NULL;
  uint32_t count = atomic_load(&g_smp.count);
  for (uint32_t i = 0; i < count && !thread; i++)
    if (atomic_load(&g_smp.threads[i]->life) == SMP_FREE) thread = g_smp.threads[i];
  if (!thread) {
    if (count == THREADS_MAX || !(thread = agt_map(sizeof *thread))) return NULL;
    g_smp.threads[count] = thread;
    atomic_store(&g_smp.count, count + 1);
  }
  memset(thread, 0, offsetof(struct smp_thread, ring));
  thread->tid = tid;
  thread->index = g_smp.next_index++;
  thread->timer = -1;
  thread->start_us = agt_clock_us();
  thread->base_cpu_ns = thread->seen_cpu_ns = smp_clock_ns(smp_cpu_clock(tid));
  thread->base_run_queue_ns = thread->run_queue_seen_ns = smp_run_queue_ns(tid);
  thread->seen_wall_ns = smp_clock_ns(CLOCK_MONOTONIC);
  read_name(thread);
  atomic_store_explicit(&thread->life, SMP_ALIVE, memory_order_release);
  return thread;
}

static void add_thread(int32_t tid) {
  pthread_mutex_lock(&g_smp.lock);
  struct smp_thread *thread = find_locked(tid);
  if (!thread) thread = make_locked(tid);
  if (thread && thread->timer < 0 && atomic_load(&g_smp.is_running)) arm(thread);
  pthread_mutex_unlock(&g_smp.lock);
}

void smp_thread_begin(void) {
  if (!g_smp_signal || !atomic_load_explicit(&g_smp.is_running, memory_order_relaxed)) return;
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, g_smp_signal);
  pthread_sigmask(SIG_UNBLOCK, &own, NULL);
  add_thread(own_tid());
}

static void read_clocks(struct smp_thread *thread) {
  uint64_t cpu = smp_clock_ns(smp_cpu_clock(thread->tid)), queue = smp_run_queue_ns(thread->tid);
  if (cpu > thread->base_cpu_ns) thread->cpu_ns = cpu - thread->base_cpu_ns;
  if (queue > thread->base_run_queue_ns) thread->run_queue_ns = queue - thread->base_run_queue_ns;
  thread->wall_ns = (agt_clock_us() - thread->start_us) * 1000;
}

void smp_thread_end(void) {
  if (!g_smp_signal) return;
  pthread_mutex_lock(&g_smp.lock);
  struct smp_thread *thread = find_locked(own_tid());
  if (thread) {
    disarm(thread);
    read_clocks(thread);
    read_name(thread);
    atomic_store_explicit(&thread->life, SMP_ENDED, memory_order_release);
  }
  pthread_mutex_unlock(&g_smp.lock);
}

/* Every thread of the process that is not sampled yet: those that were there before, or were made past pthread_create. */
static void add_all_threads(void) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  char buffer[1024];
  for (long got; (got = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0;) {
    for (long at = 0; at < got;) {
      uint16_t length;
      memcpy(&length, buffer + at + 16, 2);
      int32_t tid = 0;
      for (const char *name = buffer + at + 19; *name >= '0' && *name <= '9'; name++) tid = tid * 10 + (*name - '0');
      at += length;
      if (tid && tid != atomic_load(&g_sampler_tid)) add_thread(tid);
    }
  }
  syscall(SYS_close, fd);
}

/* ------------------------------------------------------------------------------------------------------ the records */

static void write_thread(struct smp_thread *thread) {
  uint8_t body[160];
  uint8_t *p = agt_put_varint(body, thread->index);
  const uint64_t numbers[] = {(uint64_t)thread->tid, thread->start_us, thread->cpu_ns, thread->wall_ns, thread->run_queue_ns,
                              atomic_load(&thread->samples), atomic_load(&thread->dropped), atomic_load(&thread->truncated),
                              atomic_load(&thread->rootless)};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) p = agt_put_varint(p, numbers[i]);
  size_t length = strnlen(thread->name, sizeof thread->name);
  p = agt_put_varint(p, length);
  memcpy(p, thread->name, length);
  agt_meta_write(AGT_META_CPU_THREAD, body, (size_t)(p - body) + length);
}

static void write_sampler(bool is_start) {
  uint8_t body[64];
  uint8_t *p = body;
  *p++ = is_start;
  *p++ = g_smp_is_wall;
  *p++ = g_smp.is_nudging;
  p = agt_put_varint(p, g_smp_period_ns);
  p = agt_put_varint(p, agt_clock_us());
  agt_meta_write(AGT_META_CPU_SAMPLER, body, (size_t)(p - body));
}

void smp_mark(uint32_t kind, const char *name, size_t length) {
  if (__atomic_load_n(&g_recording, __ATOMIC_RELAXED) != AGT_RECORDING) return;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  uint8_t body[300];
  if (length > 256) length = 256;
  uint8_t *p = agt_put_varint(body, atomic_fetch_add(&g_seq, 1));
  p = agt_put_varint(p, agt_clock_us());
  *p++ = (uint8_t)kind;
  p = agt_put_varint(p, length);
  memcpy(p, name, length);
  agt_meta_write(AGT_META_MARK, body, (size_t)(p - body) + length);
  agt_thread_leave(thread);
}

/* --------------------------------------------------------------------------------------------------- the helper thread */

static bool has_gone(int32_t tid) { return syscall(SYS_tgkill, (long)getpid(), (long)tid, 0L) != 0 && errno == ESRCH; }

/* One turn for one thread; may be called on any thread, one at a time. */
static void drain(struct smp_thread *thread, bool is_thorough) {
  int life = atomic_load_explicit(&thread->life, memory_order_acquire);
  if (life == SMP_FREE) return;
  smp_ring_drain(thread, true);
  if (life == SMP_ALIVE && is_thorough) {
    if (has_gone(thread->tid)) {
      pthread_mutex_lock(&g_smp.lock);
      disarm(thread);
      pthread_mutex_unlock(&g_smp.lock);
      atomic_store(&thread->life, life = SMP_ENDED);
    } else {
      read_clocks(thread);
      read_name(thread);
    }
  }
  if (life == SMP_ENDED || is_thorough) write_thread(thread);
  if (life == SMP_ENDED) atomic_store_explicit(&thread->life, SMP_FREE, memory_order_release);
}

/* rt_tgsigqueueinfo as a timer would: what is still pending at an exec is dropped by the kernel, and kills nobody. */
static void nudge(struct smp_thread *thread) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = g_smp_signal;
  info.si_code = SI_TIMER;
  info.si_value.sival_ptr = thread;
  syscall(SYS_rt_tgsigqueueinfo, (long)getpid(), (long)thread->tid, (long)g_smp_signal, &info);
}

/* A thread that has not run for a while is looked at less often: each look is a system call. */
enum { QUIET_AFTER = 16, QUIET_EVERY = 8 };

static void nudge_those_that_run(uint32_t pass) {
  pthread_mutex_lock(&g_smp.lock);
  uint32_t count = g_smp.is_nudging && atomic_load(&g_smp.is_running) ? atomic_load(&g_smp.count) : 0;
  for (uint32_t i = 0; i < count; i++) {
    struct smp_thread *thread = g_smp.threads[i];
    if (atomic_load_explicit(&thread->life, memory_order_relaxed) != SMP_ALIVE) continue;
    if (thread->quiet_passes >= QUIET_AFTER && (pass + i) % QUIET_EVERY) continue;
    uint64_t cpu_ns = smp_clock_ns(smp_cpu_clock(thread->tid));
    if (cpu_ns == thread->nudged_cpu_ns) {
      if (thread->quiet_passes < QUIET_AFTER) thread->quiet_passes++;
      continue;
    }
    thread->quiet_passes = 0;
    uint64_t now_ns = smp_clock_ns(smp_cpu_clock(thread->tid));
    thread->nudged_cpu_ns = now_ns;
    if (now_ns > cpu_ns) nudge(thread);
  }
  pthread_mutex_unlock(&g_smp.lock);
}

static void sleep_ns(uint64_t ns) {
  struct timespec pause = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
  nanosleep(&pause, NULL);
}

/*
 * Where this thread itself has to wait for a core, all are taken: waking up would only push a thread of the subject off its
 * core, and few of them would be found running. Then the kernel's tick alone samples, and a second later it is tried again.
 */
static bool has_spare_core(uint64_t turn_ns) {
  enum { TURNS_OFF_NS = 1000000000 };
  static uint64_t waited_ns, off_until_ns;
  static bool was_on;
  uint64_t now_ns = smp_clock_ns(CLOCK_MONOTONIC);
  if (now_ns < off_until_ns) return false;
  uint64_t total_ns = smp_run_queue_ns(atomic_load(&g_sampler_tid)), waited = total_ns - waited_ns;
  waited_ns = total_ns;
  if (was_on && waited > turn_ns / 20) {
    off_until_ns = now_ns + TURNS_OFF_NS;
    was_on = false;
    return false;
  }
  return was_on = true;
}

void smp_wait(void) {
  uint64_t turn_ns = g_smp_is_wall ? WALL_TURN_NS : TURN_NS;
  if (!g_smp.is_nudging || !smp_is_running() || !has_spare_core(turn_ns)) return sleep_ns(turn_ns);
  static bool is_exact;
  if (!is_exact) syscall(SYS_prctl, 29 /* PR_SET_TIMERSLACK */, 1000UL);
  is_exact = true;
  uint64_t end_ns = smp_clock_ns(CLOCK_MONOTONIC) + turn_ns;
  static uint32_t pass;
  do {
    sleep_ns(g_smp_period_ns);
    nudge_those_that_run(pass++);
  } while (smp_is_running() && smp_clock_ns(CLOCK_MONOTONIC) < end_ns);
}

/* No signal may be on its way when the program is replaced: the next one has no handler for it. */
void smp_before_exec(void) {
  if (!g_smp_signal) return;
  pthread_mutex_lock(&g_smp.lock);
  g_smp.is_nudging_before_exec = g_smp.is_nudging;
  g_smp.is_nudging = false;
  pthread_mutex_unlock(&g_smp.lock);
}

void smp_after_failed_exec(void) {
  if (!g_smp_signal) return;
  pthread_mutex_lock(&g_smp.lock);
  g_smp.is_nudging = g_smp.is_nudging_before_exec;
  pthread_mutex_unlock(&g_smp.lock);
}

/* A module is about to be unloaded, or has been: what was seen in it must be named before. */
void smp_before_unload(void) {
  if (!g_smp_signal) return;
  struct agt_thread *own = agt_thread_disown();
  uint32_t count = atomic_load(&g_smp.count);
  for (uint32_t i = 0; i < count; i++)
    if (atomic_load(&g_smp.threads[i]->life) != SMP_FREE) smp_ring_drain(g_smp.threads[i], true);
  smp_unloading(true);
  agt_thread_own(own);
}
void smp_after_unload(void) {
  if (g_smp_signal) smp_unloading(false);
}

void smp_turn(uint32_t turn) {
  if (!g_smp_signal) return;
  if (atomic_load(&g_smp.is_running) && turn % 4 == 0) add_all_threads();
  uint32_t count = atomic_load(&g_smp.count);
  for (uint32_t i = 0; i < count; i++) {
    if (g_smp_is_wall && atomic_load(&g_smp.is_running)) smp_watch_off_core(g_smp.threads[i]);
    drain(g_smp.threads[i], turn % 50 == 49);
  }
}


/* --------------------------------------------------------------------------------------------------------- start, stop */

bool smp_is_running(void) { return atomic_load_explicit(&g_smp.is_running, memory_order_relaxed); }

void smp_start(void) {
  if (!g_is_samples || !g_smp.wants_to_run || smp_is_running()) return;
  if (!agt_find_object_is_lock_free()) {
    agt_meta_note("this C library is older than glibc 2.35, whose loader cannot be asked in a signal handler: no CPU samples are taken");
    return;
  }
  if (!take_signal()) {
    agt_meta_note("no real-time signal is free: no CPU samples are taken");
    return;
  }
  write_sampler(true);
  atomic_store(&g_smp.is_running, true);
  smp_thread_begin();
  add_all_threads();
}

void smp_resume(void) {
  g_smp.wants_to_run = true;
  smp_start();
}

void smp_stop(void) {
  if (!smp_is_running()) return;
  atomic_store(&g_smp.is_running, false);
  pthread_mutex_lock(&g_smp.lock);
  uint32_t count = atomic_load(&g_smp.count);
  for (uint32_t i = 0; i < count; i++) {
    if (atomic_load(&g_smp.threads[i]->life) != SMP_ALIVE) continue;
    disarm(g_smp.threads[i]);
    read_clocks(g_smp.threads[i]);
  }
  pthread_mutex_unlock(&g_smp.lock);
  write_sampler(false);
}

void smp_init(uint64_t rate_hz, bool is_wall, bool is_paused) {
  if (rate_hz < 1) rate_hz = 1;
  if (rate_hz > 10000) rate_hz = 10000;
  g_smp_period_ns = 1000000000u / rate_hz;
  g_smp_is_wall = is_wall;
  g_smp.wants_to_run = !is_paused;
  cpu_set_t cores;
  bool has_cores = sched_getaffinity(0, sizeof cores, &cores) != 0 || CPU_COUNT(&cores) > 1;
  g_smp.is_nudging = has_cores && tick_ns() > g_smp_period_ns; /* on one core nobody else runs while we look */
  smp_start();
  agt_sampler_start();
}

void smp_finish(void) {
  if (!g_is_samples || !g_smp_signal) return;
  struct agt_thread *own = agt_thread_disown();
  smp_stop();
  uint32_t count = atomic_load(&g_smp.count);
  for (uint32_t i = 0; i < count; i++) drain(g_smp.threads[i], true);
  agt_thread_own(own);
}

/* ------------------------------------------------------------------------------------------------------------- fork */

/* In the child: its parent's timers are not its own. Most children exec at once; one that uses its core is sampled. */
void smp_after_fork(void) {
  if (!g_smp_signal) return;
  pthread_mutex_init(&g_smp.lock, NULL);
  smp_ring_after_fork();
  bool was_running = atomic_exchange(&g_smp.is_running, false);
  atomic_store(&g_smp.count, 0);
  g_smp.next_index = 0;
  atomic_store(&g_sampler_tid, 0);
  g_smp.wake_timer = was_running ? make_timer(own_tid(), NULL) : -1;
  enum { WAKE_NS = 10000000 };
  if (g_smp.wake_timer >= 0) set_timer(g_smp.wake_timer, WAKE_NS, WAKE_NS);
}

static void begin_in_child(void) {
  if (is_inside_agent()) return; /* the next one comes soon */
  if (__atomic_load_n(&g_recording, __ATOMIC_RELAXED) == AGT_FORKED) {
    struct agt_thread *own = agt_thread_disown();
    agt_begin_anew();
    agt_thread_own(own);
  }
  if (g_smp.wake_timer >= 0) syscall(SYS_timer_delete, (long)g_smp.wake_timer);
  g_smp.wake_timer = -1;
}
