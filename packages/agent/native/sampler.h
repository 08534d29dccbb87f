/*
 * The CPU sampler: a timer per thread, a walk in the signal handler, and a thread of the agent's own that writes what was
 * seen. Only with SEAMPROOF_MODE=samples.
 *
 *   timer, or a nudge ──signal──► handler, on the thread: walk ──► its ring ──helper thread──► stack tree, CPU_SAMPLES
 *
 * Timers of CPU clocks only fire at the kernel's tick, which is often slower than the rate that is wanted. Then the helper
 * thread looks at each thread's CPU clock twice in a row, and signals those that are on a core at that moment. A thread
 * that waits gets no signal: it would wake up, and many system calls would fail with EINTR. Either way a sample weighs
 * the CPU time since the thread's last one, so that the sum is the CPU time whoever sent the signal.
 *
 * The handler allocates nothing and takes no lock, so it may interrupt anything: malloc, dlopen, the agent itself.
 */
#ifndef SEAMPROOF_SAMPLER_H
#define SEAMPROOF_SAMPLER_H

#include "agent.h"

#include <time.h>

enum {
  SMP_WALK_MAX = 4096,  /* frames that a walk follows; further out it gives up */
  SMP_OUTER = 64,       /* frames kept of the outer end of a stack that is too deep */
  SMP_RING_WORDS = 1 << 13,
  SMP_WINDOW = 8192,
};

/* What a sample says beside its stack. SMP_KERNEL: the thread was in a system call, on its core. */
enum smp_state { SMP_USER = 0, SMP_KERNEL = 1, SMP_IDLE = 2, SMP_RUNNABLE = 3 };
enum { SMP_STATE_MASK = 7, SMP_DEEP = 8, SMP_ROOTLESS = 16, SMP_FOREIGN = 32, SMP_ONE_PERIOD = 128 };

struct smp_frame {
  uintptr_t pc; /* return address; of the innermost frame and of those under a signal: the instruction, plus one */
  uint32_t bytecode;
  uint32_t flags;
};

/* A copy of some of the stack, made by a system call that cannot fault. */
struct smp_window {
  uintptr_t low;
  size_t bytes;
  uint32_t copies;
  uint8_t data[SMP_WINDOW];
};

struct smp_walk {
  uintptr_t low, high; /* what may be read directly: from the stack pointer to the thread's outermost frame */
  struct smp_window *window; /* for everything else */
  struct smp_frame *frames;
  uint32_t count, flags;
};

/* Walks from the interrupted instruction to the thread's root. False when there was no frame at all. */
void smp_walk_signal(struct smp_walk *walk, const void *ucontext);
/* The stack of a thread that waits in the kernel, from what /proc says of it; the frame pointer is not known. */
void smp_walk_blocked(struct smp_walk *walk, uintptr_t pc, uintptr_t sp);

enum smp_life { SMP_FREE = 0, SMP_ALIVE = 1, SMP_ENDED = 2 };

/* One sampled thread. Never unmapped: a late signal may still point to it. */
struct smp_thread {
  _Atomic int life;
  int32_t tid;
  uint32_t index;
  int timer; /* the kernel's id, -1 when there is none */
  uint64_t sampled_cpu_ns; /* of the handler: the thread's CPU clock at its last sample */
  uintptr_t stack_low, stack_high;
  _Atomic uint64_t samples, dropped, truncated, rootless;
  /* Of the helper thread alone, from here to the ring. */
  uint64_t start_us, base_cpu_ns, cpu_ns, wall_ns, run_queue_ns, base_run_queue_ns;
  uint64_t nudged_cpu_ns, seen_wall_ns, seen_cpu_ns, pending_idle_ns, pending_queued_ns, run_queue_seen_ns;
  uint32_t last_stack, idle_stack, quiet_passes;
  bool is_idle_rootless;
  char name[16];
  _Atomic uint32_t head, tail; /* words of the ring; the handler writes head, the drain tail */
  uint64_t ring[SMP_RING_WORDS];
  struct smp_window window;
  struct smp_frame frames[SMP_WALK_MAX];
};

/* sampler_ring.c: one sample into the ring, and out of it into the trace. */
bool smp_ring_put(struct smp_thread *thread, const struct smp_walk *walk, uint64_t now_us, uint64_t weight_ns, uint32_t state);
void smp_ring_drain(struct smp_thread *thread, bool may_wait);
void smp_ring_after_fork(void);
/*
 * While the helper thread looks into modules, none may be unloaded: their headers and tables are read. The lock is not held
 * over the loader: an unloading is announced before, and nothing is drained until it is over. False: not now.
 */
bool smp_modules_hold(bool may_wait);
void smp_modules_release(void);
void smp_unloading(bool is_begin);
/* A sample of time off the core, made by who drains and holds the modules. */
void smp_write_off_core(struct smp_thread *thread, uint64_t now_us, enum smp_state state, uint64_t ns, uint32_t stack);
uint32_t smp_stack_id(const struct smp_frame *frames, uint32_t count, uint32_t flags);

/* sampler_off_core.c: what a thread did since the last turn while it was on no core. On the helper thread. */
void smp_watch_off_core(struct smp_thread *thread);

/* Of a thread: a file in /proc, read with bare system calls and ended with a zero; how many bytes. */
size_t smp_read_task_file(int32_t tid, const char *name, char *text, size_t capacity);
/* Nanoseconds that it could have run and had no core; 0 where the kernel does not say. */
uint64_t smp_run_queue_ns(int32_t tid);
uint64_t smp_clock_ns(clockid_t clock);
/* The kernel's number for the CPU clock of one thread: that of <linux/posix-timers.h>. */
static inline clockid_t smp_cpu_clock(int32_t tid) { return (clockid_t)(~(unsigned)tid << 3 | 6u); }

extern uint64_t g_smp_period_ns;
extern bool g_smp_is_wall;

#endif
