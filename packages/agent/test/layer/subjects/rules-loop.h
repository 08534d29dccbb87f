/* Ways to hold the event loop, and one way to be kept from it. Included by rules.c. */
#include <sched.h>
#include <stdio.h>
#include <stdatomic.h>
#include <time.h>

enum { RIVALS = 12 };
static atomic_bool g_rivals_run;

static uint64_t clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void compute(uint64_t ms) {
  uint64_t end = clock_ms(CLOCK_THREAD_CPUTIME_ID) + ms;
  while (clock_ms(CLOCK_THREAD_CPUTIME_ID) < end);
}

static void *rival(void *unused) {
  while (atomic_load(&g_rivals_run));
  return unused;
}

CASE(LOOP_001_bad) { UNUSED(info); UNUSED(env); usleep(120000); return NULL; }
CASE(LOOP_001_good) { UNUSED(info); UNUSED(env); usleep(1000); return NULL; }
CASE(LOOP_001_computing) { UNUSED(info); UNUSED(env); compute(120); return NULL; }

/* Computes for 20 ms on a core that it shares with many, and so takes far longer than it works. */
CASE(LOOP_001_preempted) {
  UNUSED(info), UNUSED(env);
  cpu_set_t before, one;
  pthread_t rival_thread;
  sched_getaffinity(0, sizeof before, &before);
  int core = 0;
  while (!CPU_ISSET(core, &before)) core++;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  sched_setaffinity(0, sizeof one, &one); /* threads begin with that of their maker */
  atomic_store(&g_rivals_run, true);
  for (int i = 0; i < RIVALS; i++) {
    pthread_create(&rival_thread, NULL, rival, NULL);
    pthread_detach(rival_thread); /* to wait for them would be to be blocked */
  }
  uint64_t started = clock_ms(CLOCK_MONOTONIC);
  compute(20);
  uint64_t took = clock_ms(CLOCK_MONOTONIC) - started;
  atomic_store(&g_rivals_run, false);
  sched_setaffinity(0, sizeof before, &before);
  fprintf(stderr, "took %d ms\n", (int)took);
  return NULL;
}
