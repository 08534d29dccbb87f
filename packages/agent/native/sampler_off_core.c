/*
 * Time off the core, for the wall clock. Waiting threads are not woken by signals: many system calls would return early
 * with EINTR. What /proc says of a blocked thread (its pc and stack pointer) is enough to walk it from outside, and a
 * thread whose CPU clock has not moved since still has the same stack.
 */
#include "sampler.h"

/* "232 0x5 0x7f… 0x7ffd…sp 0x7f…pc", or "running". */
static bool read_blocked(int32_t tid, uintptr_t *pc, uintptr_t *sp) {
  char text[256];
  size_t length = smp_read_task_file(tid, "syscall", text, sizeof text);
  if (!length || text[0] == 'r') return false;
  uintptr_t words[10] = {0};
  int count = 0;
  for (const char *at = text; *at && count < 10;) {
    if (at[0] == '0' && at[1] == 'x') {
      uintptr_t value = 0;
      for (at += 2; (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); at++)
        value = value << 4 | (uintptr_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
      words[count++] = value;
    } else {
      at++;
    }
  }
  if (count < 2) return false;
  *sp = words[count - 2];
  *pc = words[count - 1];
  return *pc != 0;
}

static uint32_t idle_stack_of(struct smp_thread *thread, uint64_t cpu_ns, clockid_t clock, bool *is_rootless) {
  static struct smp_window window; /* of the helper thread alone */
  static struct smp_frame frames[SMP_WALK_MAX];
  uintptr_t pc, sp;
  if (!read_blocked(thread->tid, &pc, &sp)) return 0;
  struct smp_walk walk = {.window = &window, .frames = frames};
  smp_walk_blocked(&walk, pc, sp);
  /* It ran meanwhile: what was read may be of two stacks. */
  if (smp_clock_ns(clock) != cpu_ns) return 0;
  if (walk.count > AGT_DEPTH_MAX) walk.count = AGT_DEPTH_MAX;
  *is_rootless = walk.flags & SMP_ROOTLESS;
  return smp_stack_id(frames, walk.count, walk.flags);
}

void smp_watch_off_core(struct smp_thread *thread) {
  if (atomic_load_explicit(&thread->life, memory_order_acquire) != SMP_ALIVE) return;
  clockid_t clock = smp_cpu_clock(thread->tid);
  uint64_t cpu = smp_clock_ns(clock), now = smp_clock_ns(CLOCK_MONOTONIC);
  if (!cpu) return;
  uint64_t ran = cpu - thread->seen_cpu_ns, passed = now - thread->seen_wall_ns, queued = 0;
  bool is_same = ran == 0 && thread->idle_stack;
  if (ran > 0) {
    uint64_t total = smp_run_queue_ns(thread->tid);
    if (total > thread->run_queue_seen_ns) queued = total - thread->run_queue_seen_ns;
    thread->run_queue_seen_ns = total;
  }
  uint64_t off = passed > ran ? passed - ran : 0;
  if (queued > off) queued = off;
  thread->seen_cpu_ns = cpu;
  thread->seen_wall_ns = now;
  thread->pending_idle_ns += off - queued;
  thread->pending_queued_ns += queued;
  if (!smp_modules_hold(true)) return;
  uint64_t us = agt_clock_us();
  if (!is_same) thread->idle_stack = idle_stack_of(thread, cpu, clock, &thread->is_idle_rootless);
  /* Where it went on from: what was seen of it last. A young thread's wait is written as soon as something is known of it. */
  uint32_t stack = thread->last_stack ? thread->last_stack : thread->idle_stack;
  if (stack && thread->pending_queued_ns > 0) {
    smp_write_off_core(thread, us, SMP_RUNNABLE, thread->pending_queued_ns, stack);
    thread->pending_queued_ns = 0;
  }
  /* It runs right now: what it waited for is seen the next time it waits. */
  if (thread->idle_stack && thread->pending_idle_ns > 0) {
    smp_write_off_core(thread, us, SMP_IDLE, thread->pending_idle_ns, thread->idle_stack);
    if (thread->is_idle_rootless) {
      atomic_fetch_add_explicit(&thread->rootless, 1, memory_order_relaxed);
      AGT_COUNT(cpu_rootless);
    }
    thread->pending_idle_ns = 0;
  }
  smp_modules_release();
}
