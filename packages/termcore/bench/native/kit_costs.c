/* What the kit's parts cost by themselves: kit_costs ROUNDS prints one line a case: name, tab, ns per round. */
#include <seamproof/callback_guard.h>
#include <seamproof/metrics.h>
#include <seamproof/pool.h>
#include <stdio.h>
#include <time.h>

enum { OPERATIONS = 20000, CASES = 9, ROUNDS_MAX = 500 };

static seam_monitor g_monitor;
static seam_guard g_guard;
static seam_metrics g_metrics;
static seam_pool g_pool, g_shared_pool;
static seam_block *g_block;

static double thread_cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void callback(void *data) { __asm__ volatile("" : : "r"(data) : "memory"); }

static void use(void *memory) { __asm__ volatile("" : : "r"(memory) : "memory"); }

static void run_case(int which, uint64_t index) {
  seam_call call;
  void *object = NULL;
  switch (which) {
    case 0:
      if (!seam_guard_enter(&g_guard, 0, &call)) return;
      ((void (*)(void *))call.function)(call.data);
      seam_guard_leave(&g_guard, &call);
      return;
    case 1: seam_metric_add_owned(&g_metrics, 0, 1); return;
    case 2: seam_metric_add(&g_metrics, 0, 1); return;
    case 3: seam_histogram_record_owned(&g_metrics, 1, index); return;
    case 4: use(object = seam_pool_acquire(&g_pool)); seam_pool_release(&g_pool, object); return;
    case 5: use(object = seam_pool_acquire(&g_shared_pool)); seam_pool_release(&g_shared_pool, object); return;
    case 6: use(object = malloc(64)); free(object); return;
    case 7: seam_block_retain(g_block, SEAM_SIDE_JS); seam_block_release(g_block, SEAM_SIDE_JS); return;
    default: seam_block_release(seam_block_create(&g_monitor, 64), SEAM_SIDE_NATIVE); return;
  }
}

static double time_case(int which) {
  const double before = thread_cpu_ns();
  for (uint64_t index = 0; index < OPERATIONS; index++) {
    run_case(which, index);
    __asm__ volatile("" : : : "memory");
  }
  return (thread_cpu_ns() - before) / OPERATIONS;
}

int main(int argc, char **argv) {
  static const char *const names[CASES] = {
      "callback guard: enter, call, leave", "counter, one writer",  "counter, any thread",
      "histogram, one writer",              "pool: acquire, release", "pool shared between threads: the same",
      "malloc and free of 64 bytes",        "block: retain, release", "block of 64 bytes: create, release"};
  static const seam_metric_definition definitions[] = {{SEAM_COUNTER, "count", "1", ""},
                                                       {SEAM_HISTOGRAM, "time", "ns", ""}};
  static double results[CASES][ROUNDS_MAX];
  const int wanted = argc > 1 ? atoi(argv[1]) : 61;
  const int rounds = wanted < 1 ? 1 : wanted > ROUNDS_MAX ? ROUNDS_MAX : wanted;
  seam_monitor_init(&g_monitor, 0, NULL, NULL);
  seam_pool_options options = {.object_size_bytes = 64, .object_count_max = 64, .at_limit = SEAM_POOL_REFUSE};
  bool ok = seam_guard_init(&g_guard, &g_monitor, 1) && seam_pool_init(&g_pool, &g_monitor, options);
  options.is_shared = true;
  ok = ok && seam_pool_init(&g_shared_pool, &g_monitor, options);
  g_block = seam_block_create(&g_monitor, 64);
  seam_block *metrics = seam_block_create(&g_monitor, seam_metrics_size_bytes(definitions, 2));
  if (!ok || g_block == NULL || metrics == NULL) return 1;
  seam_metrics_init(&g_metrics, metrics->data, definitions, 2);
  seam_guard_register(&g_guard, 0, (seam_function)callback, g_block);
  for (int round = -3; round < rounds; round++) /* three to warm up */
    for (int step = 0; step < CASES; step++) {
      const int which = (round + 3 + step) % CASES;
      const double ns = time_case(which);
      if (round >= 0) results[which][round] = ns;
    }
  for (int which = 0; which < CASES; which++) {
    printf("%s", names[which]);
    for (int round = 0; round < rounds; round++) printf("\t%.3f", results[which][round]);
    printf("\n");
  }
  return 0;
}
