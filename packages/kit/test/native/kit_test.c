/* The headers by themselves. Built plain, with ASan+UBSan and with TSan; each check prints both values. */
#include <inttypes.h>
#include <seamproof/buffer_pool.h>
#include <seamproof/callback_guard.h>
#include <seamproof/flags.h>
#include <seamproof/handles.h>
#include <seamproof/metrics.h>
#include <seamproof/vtable.h>
#include <stdio.h>
#include <unistd.h>

#define KT_COMMANDS_DISPATCH
#include "kit_addon_commands.h"

static int g_failures;

#define EXPECT_EQUAL(actual, expected)                                                                       \
  do {                                                                                                       \
    const int64_t a_ = (int64_t)(actual), e_ = (int64_t)(expected);                                          \
    if (a_ == e_) break;                                                                                     \
    g_failures++;                                                                                            \
    printf("%s:%d: %s is %" PRId64 ", expected %" PRId64 "\n", __FILE__, __LINE__, #actual, a_, e_);         \
  } while (0)

typedef struct seen {
  int count;
  seam_misuse last;
} seen;

static void see(void *context, const seam_misuse *misuse) {
  seen *what = context;
  what->count++;
  what->last = *misuse;
}

static void count_destroy(void *context, void *data, size_t size_bytes) {
  (void)size_bytes;
  atomic_fetch_add((_Atomic int *)context, 1);
  free(data);
}

static void test_states_follow_the_counts(void) {
  seam_monitor monitor;
  seam_monitor_init(&monitor, 0, NULL, NULL);
  _Atomic int destroyed = 0;
  seam_block *block = seam_block_adopt(&monitor, malloc(32), 32, count_destroy, &destroyed);
  EXPECT_EQUAL(seam_block_state(block), SEAM_NATIVE);
  EXPECT_EQUAL(seam_block_retain(block, SEAM_SIDE_JS), true);
  EXPECT_EQUAL(seam_block_state(block), SEAM_SHARED);
  EXPECT_EQUAL(seam_block_release(block, SEAM_SIDE_NATIVE), true);
  EXPECT_EQUAL(seam_block_state(block), SEAM_JS);
  EXPECT_EQUAL(seam_block_data(block, SEAM_SIDE_NATIVE) == NULL, true);
  EXPECT_EQUAL(destroyed, 0);
  EXPECT_EQUAL(seam_block_release(block, SEAM_SIDE_JS), true);
  EXPECT_EQUAL(destroyed, 1);
  EXPECT_EQUAL(seam_monitor_count(&monitor, SEAM_RULE_USE_AFTER_RELEASE), 1);
  seam_monitor_destroy(&monitor);
}

typedef struct framed {
  seam_block block;
  char data[40];
} framed;

static void free_frame(void *context, void *data, size_t size_bytes) {
  (void)size_bytes;
  atomic_fetch_add((_Atomic int *)context, 1);
  free((char *)data - offsetof(framed, data));
}

static void test_a_placed_block_goes_with_its_memory(uint32_t options) {
  seam_monitor monitor;
  seam_monitor_init(&monitor, options, NULL, NULL);
  _Atomic int destroyed = 0;
  framed *frame = malloc(sizeof *frame);
  seam_block *block = seam_block_adopt_in(&frame->block, &monitor, frame->data, 40, free_frame, &destroyed);
  EXPECT_EQUAL(block == &frame->block, options == 0);
  EXPECT_EQUAL(seam_block_retain(block, SEAM_SIDE_JS), true);
  EXPECT_EQUAL(seam_block_release(block, SEAM_SIDE_NATIVE), true);
  EXPECT_EQUAL(destroyed, 0);
  EXPECT_EQUAL(seam_block_release(block, SEAM_SIDE_JS), true);
  EXPECT_EQUAL(destroyed, 1);
  if (options != 0) EXPECT_EQUAL(seam_block_release(block, SEAM_SIDE_JS), false);
  seam_monitor_destroy(&monitor);
}

static void test_debug_reports_every_misuse_with_both_stacks(void) {
  seam_monitor monitor;
  seen what = {0};
  seam_monitor_init(&monitor, SEAM_MONITOR_DEBUG, see, &what);
  seam_block *block = seam_block_create(&monitor, 100);
  EXPECT_EQUAL(seam_block_transfer(block, SEAM_SIDE_NATIVE), true);
  EXPECT_EQUAL(seam_block_transfer(block, SEAM_SIDE_NATIVE), false);
  EXPECT_EQUAL(what.last.rule, SEAM_RULE_DOUBLE_TRANSFER);
  EXPECT_EQUAL(what.last.now.depth > 0 && what.last.before.depth > 0, true);
  EXPECT_EQUAL(seam_block_release(block, SEAM_SIDE_JS), true);
  EXPECT_EQUAL(seam_block_state(block), SEAM_RELEASED);
  EXPECT_EQUAL(seam_block_release(block, SEAM_SIDE_JS), false);
  EXPECT_EQUAL(what.last.rule, SEAM_RULE_RELEASE_AFTER_RELEASE);
  EXPECT_EQUAL(what.last.before.depth > 0, true);
  EXPECT_EQUAL(seam_block_retain(block, SEAM_SIDE_JS), false);
  EXPECT_EQUAL(what.last.rule, SEAM_RULE_USE_AFTER_RELEASE);
  EXPECT_EQUAL(seam_block_data(block, SEAM_SIDE_JS) == NULL, true);
  EXPECT_EQUAL(seam_block_transfer(block, SEAM_SIDE_JS), false);
  EXPECT_EQUAL(what.last.rule, SEAM_RULE_USE_AFTER_RELEASE);
  EXPECT_EQUAL(what.count, 5);
  ((volatile uint8_t *)block->data)[3] = 1; /* a write too late: harmless, and found when it leaves */
  seam_monitor_destroy(&monitor);
  EXPECT_EQUAL(what.last.rule, SEAM_RULE_WRITE_AFTER_RELEASE);
}

static void test_quarantine_is_bounded(void) {
  seam_monitor monitor;
  seen what = {0};
  seam_monitor_init(&monitor, SEAM_MONITOR_DEBUG, see, &what);
  for (int index = 0; index < 1000; index++) seam_block_release(seam_block_create(&monitor, 64), SEAM_SIDE_NATIVE);
  seam_monitor_destroy(&monitor);
  EXPECT_EQUAL(what.count, 0);
}

static seam_block *g_block;

static void *hammer(void *unused) {
  (void)unused;
  for (int index = 0; index < 20000; index++) {
    if (seam_block_retain(g_block, SEAM_SIDE_NATIVE)) seam_block_transfer(g_block, SEAM_SIDE_NATIVE);
    seam_block_release(g_block, SEAM_SIDE_JS);
  }
  return NULL;
}

static void in_threads(int count, void *(*body)(void *), void *argument) {
  pthread_t threads[8];
  for (int index = 0; index < count; index++) pthread_create(&threads[index], NULL, body, argument);
  for (int index = 0; index < count; index++) pthread_join(threads[index], NULL);
}

static void test_threads_release_a_block_once(void) {
  seam_monitor monitor;
  seam_monitor_init(&monitor, 0, NULL, NULL);
  _Atomic int destroyed = 0;
  g_block = seam_block_adopt(&monitor, malloc(8), 8, count_destroy, &destroyed);
  in_threads(4, hammer, NULL);
  EXPECT_EQUAL(seam_block_state(g_block), SEAM_NATIVE);
  EXPECT_EQUAL(destroyed, 0);
  seam_block_release(g_block, SEAM_SIDE_NATIVE);
  EXPECT_EQUAL(destroyed, 1);
}

static _Atomic int g_calls;
static void on_call(void *data) { atomic_fetch_add(&g_calls, data != NULL ? *(int *)data : 100); }
static void call_through(const seam_call *call) { ((void (*)(void *))call->function)(call->data); }

static void test_guard_refuses_null_corrupt_and_late(void) {
  seam_monitor monitor;
  seen what = {0};
  seam_guard guard;
  seam_call call;
  _Atomic int destroyed = 0;
  seam_monitor_init(&monitor, 0, see, &what);
  EXPECT_EQUAL(seam_guard_init(&guard, &monitor, 2), true);
  EXPECT_EQUAL(seam_guard_enter(&guard, 0, &call), false);
  EXPECT_EQUAL(what.last.rule, SEAM_RULE_NULL_CALLBACK);
  EXPECT_EQUAL(seam_guard_register(&guard, 0, NULL, NULL), false);
  EXPECT_EQUAL(seam_guard_enter(&guard, 7, &call), false);
  int *data = malloc(sizeof *data);
  *data = 5;
  seam_block *block = seam_block_adopt(&monitor, data, sizeof *data, count_destroy, &destroyed);
  EXPECT_EQUAL(seam_guard_register(&guard, 0, (seam_function)on_call, block), true);
  EXPECT_EQUAL(seam_guard_register(&guard, 0, (seam_function)on_call, NULL), false);
  seam_block_release(block, SEAM_SIDE_NATIVE); /* the author lets go too early */
  EXPECT_EQUAL(destroyed, 0);
  EXPECT_EQUAL(seam_guard_enter(&guard, 0, &call), true);
  call_through(&call);
  seam_guard_unregister(&guard, 0); /* from within the callback: the data stays until leave */
  EXPECT_EQUAL(destroyed, 0);
  seam_guard_leave(&guard, &call);
  EXPECT_EQUAL(destroyed, 1);
  EXPECT_EQUAL(g_calls, 5);
  seam_guard_register(&guard, 1, (seam_function)on_call, NULL);
  guard.slots[1].function = (seam_function)(uintptr_t)0x1234; /* somebody writes over it */
  EXPECT_EQUAL(seam_guard_enter(&guard, 1, &call), false);
  EXPECT_EQUAL(what.last.rule, SEAM_RULE_CORRUPT_CALLBACK);
  seam_guard_close(&guard);
  EXPECT_EQUAL(seam_guard_enter(&guard, 0, &call), false);
  EXPECT_EQUAL(what.last.rule, SEAM_RULE_LATE_CALLBACK);
  EXPECT_EQUAL(guard.calls_refused, 4);
  seam_guard_destroy(&guard);
}

static seam_guard g_guard;
static void *call_often(void *unused) {
  (void)unused;
  for (int index = 0; index < 20000; index++) {
    seam_call call;
    if (!seam_guard_enter(&g_guard, 0, &call)) continue;
    call_through(&call);
    seam_guard_leave(&g_guard, &call);
  }
  return NULL;
}

static void test_guard_data_outlives_calls_from_threads(void) {
  seam_monitor monitor;
  _Atomic int destroyed = 0;
  pthread_t threads[3];
  int registered = 0;
  seam_monitor_init(&monitor, 0, NULL, NULL);
  seam_guard_init(&g_guard, &monitor, 1);
  for (int index = 0; index < 3; index++) pthread_create(&threads[index], NULL, call_often, NULL);
  for (int index = 0; index < 2000; index++) {
    int *data = malloc(sizeof *data);
    *data = 1;
    seam_block *block = seam_block_adopt(&monitor, data, sizeof *data, count_destroy, &destroyed);
    if (seam_guard_register(&g_guard, 0, (seam_function)on_call, block)) registered++;
    seam_block_release(block, SEAM_SIDE_NATIVE);
    seam_guard_unregister(&g_guard, 0);
  }
  for (int index = 0; index < 3; index++) pthread_join(threads[index], NULL);
  EXPECT_EQUAL(destroyed, 2000);
  EXPECT_EQUAL(registered > 0, true);
  seam_guard_destroy(&g_guard);
}

typedef struct table {
  seam_vtable_head head;
  void (*one)(void);
  void (*two)(void);
} table;

static void nothing(void) {}

static void test_vtable_is_sealed_and_verified(void) {
  table good = {.one = nothing, .two = nothing}, bad = {.one = nothing};
  EXPECT_EQUAL(seam_vtable_seal(&good.head, &good.one, SEAM_VTABLE_ENTRIES(table, one)), true);
  EXPECT_EQUAL(seam_vtable_seal(&bad.head, &bad.one, SEAM_VTABLE_ENTRIES(table, one)), false);
  EXPECT_EQUAL(seam_vtable_is_sealed(&bad.head), false);
  EXPECT_EQUAL(seam_vtable_verify(&good.head, &good.one), true);
  const table copied = good; /* a copy is not sealed: the cookie knows its address */
  EXPECT_EQUAL(seam_vtable_is_sealed(&copied.head), false);
  good.two = (void (*)(void))(uintptr_t)0x10;
  EXPECT_EQUAL(seam_vtable_is_sealed(&good.head), true);
  EXPECT_EQUAL(seam_vtable_verify(&good.head, &good.one), false);
}

static void test_pool_policies(void) {
  seam_monitor monitor;
  seen what = {0};
  seam_pool pool;
  seam_monitor_init(&monitor, 0, see, &what);
  seam_pool_options options = {.object_size_bytes = 24, .object_count_max = 2, .at_limit = SEAM_POOL_BLOCK};
  EXPECT_EQUAL(seam_pool_init(&pool, &monitor, options), false); /* blocking for ever is not offered */
  options.at_limit = SEAM_POOL_REFUSE;
  EXPECT_EQUAL(seam_pool_init(&pool, &monitor, options), true);
  void *one = seam_pool_acquire(&pool), *two = seam_pool_acquire(&pool);
  EXPECT_EQUAL(one != NULL && two != NULL && one != two, true);
  EXPECT_EQUAL(seam_pool_acquire(&pool) == NULL, true);
  EXPECT_EQUAL(seam_pool_release(&pool, one), true);
  EXPECT_EQUAL(seam_pool_release(&pool, one), false);
  EXPECT_EQUAL(what.last.rule, SEAM_RULE_POOL_DOUBLE_RELEASE);
  EXPECT_EQUAL(seam_pool_release(&pool, &pool), false);
  EXPECT_EQUAL(what.last.rule, SEAM_RULE_POOL_FOREIGN);
  EXPECT_EQUAL(seam_pool_release(&pool, (char *)two + 1), false);
  const seam_pool_counters counters = seam_pool_read(&pool);
  EXPECT_EQUAL(counters.in_use_count, 1);
  EXPECT_EQUAL(counters.in_use_count_max, 2);
  EXPECT_EQUAL(counters.refused_count, 1);
  seam_pool_destroy(&pool);
  options.at_limit = SEAM_POOL_FALL_BACK;
  EXPECT_EQUAL(seam_pool_init(&pool, &monitor, options), true);
  void *held[4];
  for (int index = 0; index < 4; index++) held[index] = seam_pool_acquire(&pool);
  EXPECT_EQUAL(seam_pool_read(&pool).fallback_count, 2);
  for (int index = 0; index < 4; index++) EXPECT_EQUAL(seam_pool_release(&pool, held[index]), true);
  EXPECT_EQUAL(seam_pool_read(&pool).fallback_in_use_count, 0);
  seam_pool_destroy(&pool);
}

static seam_pool g_pool;
static void *take_and_give(void *unused) {
  (void)unused;
  for (int index = 0; index < 5000; index++) {
    uint64_t *object = seam_pool_acquire(&g_pool);
    *object = (uint64_t)index;
    seam_pool_release(&g_pool, object);
  }
  return NULL;
}

static void test_a_blocking_pool_serves_every_thread(void) {
  const seam_pool_options options = {
      .object_size_bytes = 8, .object_count_max = 1, .at_limit = SEAM_POOL_BLOCK, .is_shared = true};
  EXPECT_EQUAL(seam_pool_init(&g_pool, NULL, options), true);
  in_threads(4, take_and_give, NULL);
  EXPECT_EQUAL(seam_pool_read(&g_pool).acquired_count, 20000);
  EXPECT_EQUAL(seam_pool_read(&g_pool).in_use_count_max, 1);
  seam_pool_destroy(&g_pool);
}

static void test_buffer_pool_limits_the_largest(void) {
  seam_buffer_pool pool;
  const seam_buffer_pool_options options = {
      .smallest_size_bytes = 64, .class_count = 3, .buffers_per_class = 1, .at_limit = SEAM_POOL_FALL_BACK};
  EXPECT_EQUAL(seam_buffer_pool_init(&pool, NULL, options), true);
  void *small = seam_buffer_pool_acquire(&pool, 1), *large = seam_buffer_pool_acquire(&pool, 256);
  EXPECT_EQUAL(small != NULL && large != NULL, true);
  EXPECT_EQUAL((uintptr_t)small % 64, 0);
  EXPECT_EQUAL(seam_buffer_pool_acquire(&pool, 257) == NULL, true);
  EXPECT_EQUAL(seam_buffer_pool_release(&pool, small, 1), true);
  EXPECT_EQUAL(seam_buffer_pool_release(&pool, large, 256), true);
  seam_buffer_pool_destroy(&pool);
}

static void test_stale_handles_are_nothing(void) {
  seam_handles handles;
  int object = 0;
  EXPECT_EQUAL(seam_handles_init(&handles, 20), true);
  const uint32_t first = seam_handles_add(&handles, 1, &object);
  EXPECT_EQUAL(seam_handles_get(&handles, 1, first) == &object, true);
  EXPECT_EQUAL(seam_handles_get(&handles, 2, first) == NULL, true);
  EXPECT_EQUAL(seam_handles_remove(&handles, 1, first) == &object, true);
  const uint32_t second = seam_handles_add(&handles, 1, &object);
  EXPECT_EQUAL(second != first, true);
  EXPECT_EQUAL(seam_handles_get(&handles, 1, first) == NULL, true);
  EXPECT_EQUAL(seam_handles_get(&handles, 1, 0xffffffffu) == NULL, true);
  for (int index = 1; index < 20; index++) EXPECT_EQUAL(seam_handles_add(&handles, 1, &object) != 0, true);
  EXPECT_EQUAL(seam_handles_add(&handles, 1, &object), 0);
  for (int index = 0; index < 200000; index++) { /* more than all generations of one slot */
    const uint32_t handle = index == 0 ? second : seam_handles_add(&handles, 1, &object);
    if (handle == 0 || seam_handles_remove(&handles, 1, handle) == NULL) EXPECT_EQUAL(handle, 1);
  }
  seam_handles_destroy(&handles);
}

static int64_t g_sum;
static uint32_t kt_add_apply(void *context, const kt_add *fields) { (void)context; g_sum += fields->amount; return 0; }
static uint32_t kt_packed_apply(void *context, const kt_packed *fields) { (void)context; g_sum += fields->middle; return 0; }
static uint32_t kt_text_apply(void *context, const kt_text *fields) {
  (void)context;
  for (uint32_t index = 0; index < fields->words2_size_bytes; index++) g_sum += fields->words2[index];
  return 0;
}
static uint32_t kt_blob_apply(void *context, const kt_blob *fields) {
  (void)context;
  for (uint32_t index = 0; index < fields->content_size_bytes; index++) g_sum += fields->content[index];
  return 0;
}
static uint32_t kt_fail_apply(void *context, const kt_fail *fields) { (void)context; return fields->status; }

/* Any words at all: the drain must stay inside and end with a status. ASan watches the ends. */
static void test_garbage_in_a_command_buffer_stays_inside(void) {
  uint64_t random = 42;
  uint64_t outcomes[8] = {0};
  for (int round = 0; round < 20000; round++) {
    const uint32_t capacity = 1 + (uint32_t)(round % 37);
    uint32_t *memory = malloc(seam_commands_size_bytes(capacity));
    seam_commands commands = {0};
    seam_commands_init(&commands, memory, capacity);
    for (uint32_t index = 0; index < capacity; index++) {
      random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      const uint32_t word = (uint32_t)(random >> 33);
      /* mostly plausible headers, sometimes anything */
      memory[SEAM_COMMANDS_HEADER_WORDS + index] = word % 3 == 0 ? word : (word % 7) | ((word >> 8) % 6) << 8;
    }
    memory[2] = random % 5 == 0 ? (uint32_t)random : capacity;
    const uint32_t status = seam_commands_drain(&commands, kt_commands_dispatch, NULL);
    outcomes[status < 7 ? status : 7]++;
    EXPECT_EQUAL(memory[2], 0);
    EXPECT_EQUAL(memory[3] <= capacity, true);
    free(memory);
  }
  for (int status = 0; status <= SEAM_COMMANDS_BAD_HEADER; status++)
    EXPECT_EQUAL(outcomes[status] > 0, true); /* every way out was taken */
}

static void test_flags_come_from_the_environment(void) {
  static const seam_flag definitions[] = {{"one", "", true}, {"two-words", "", false}, {"three", "", true}};
  seam_flags flags;
  setenv("KT_TWO_WORDS", "on", 1);
  setenv("KT_THREE", "maybe", 1);
  setenv("KT_ONE", "0", 1);
  EXPECT_EQUAL(seam_flags_init(&flags, "kt", definitions, 3), true);
  EXPECT_EQUAL(seam_flags_is_on(&flags, 0), false);
  EXPECT_EQUAL(seam_flags_is_on(&flags, 1), true);
  EXPECT_EQUAL(seam_flags_is_on(&flags, 2), true); /* nonsense keeps the default */
  EXPECT_EQUAL(seam_flags_set(&flags, 2, false), true);
  EXPECT_EQUAL(seam_flags_is_on(&flags, 2), false);
  EXPECT_EQUAL(seam_flags_set(&flags, 3, true), false);
  EXPECT_EQUAL(seam_flags_find(&flags, "two-words"), 1);
}

static seam_metrics g_metrics;
static void *add_often(void *unused) {
  (void)unused;
  for (int index = 0; index < 50000; index++) seam_metric_add(&g_metrics, 0, 1);
  return NULL;
}

static void test_metrics_count_exactly(void) {
  static const seam_metric_definition definitions[] = {{SEAM_COUNTER, "a", "1", ""}, {SEAM_HISTOGRAM, "b", "ns", ""}};
  void *memory = aligned_alloc(64, (seam_metrics_size_bytes(definitions, 2) + 63) & ~(size_t)63);
  seam_metrics_init(&g_metrics, memory, definitions, 2);
  in_threads(4, add_often, NULL);
  EXPECT_EQUAL(seam_metric_read(&g_metrics, 0), 200000);
  const uint64_t values[] = {0, 7, 8, 15, 16, 1000, 1023, 1024, UINT64_MAX};
  uint32_t last = 0;
  for (int index = 0; index < 9; index++) {
    const uint32_t bucket = seam_histogram_bucket(values[index]);
    EXPECT_EQUAL(bucket >= last && bucket < SEAM_HISTOGRAM_BUCKETS, true);
    last = bucket;
    seam_histogram_record_owned(&g_metrics, 1, values[index]);
  }
  EXPECT_EQUAL(last, SEAM_HISTOGRAM_BUCKETS - 1);
  EXPECT_EQUAL(g_metrics.values[g_metrics.entries[1].first_word], 9);
  free(memory);
}

int main(void) {
  alarm(100); /* a lost wake-up must not hang the build */
  test_states_follow_the_counts();
  test_a_placed_block_goes_with_its_memory(0);
  test_a_placed_block_goes_with_its_memory(SEAM_MONITOR_DEBUG);
  test_debug_reports_every_misuse_with_both_stacks();
  test_quarantine_is_bounded();
  test_threads_release_a_block_once();
  test_guard_refuses_null_corrupt_and_late();
  test_guard_data_outlives_calls_from_threads();
  test_vtable_is_sealed_and_verified();
  test_pool_policies();
  test_a_blocking_pool_serves_every_thread();
  test_buffer_pool_limits_the_largest();
  test_stale_handles_are_nothing();
  test_garbage_in_a_command_buffer_stays_inside();
  test_flags_come_from_the_environment();
  test_metrics_count_exactly();
  printf("%d failures\n", g_failures);
  return g_failures == 0 ? 0 : 1;
}
