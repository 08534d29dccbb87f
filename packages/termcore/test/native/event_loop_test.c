/* The epoll backend and the router by themselves: plain, ASan+UBSan, TSan. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "event_loop.h"

static int g_failures;

#define EXPECT_EQUAL(actual, expected)                                                               \
  do {                                                                                               \
    const int64_t a_ = (int64_t)(actual), e_ = (int64_t)(expected);                                  \
    if (a_ == e_) break;                                                                             \
    g_failures++;                                                                                    \
    printf("%s:%d: %s is %" PRId64 ", expected %" PRId64 "\n", __FILE__, __LINE__, #actual, a_, e_); \
  } while (0)

static char g_log[64];
static size_t g_logged;
static tc_source *g_sources[8];
static tc_loop *g_loop;
static int g_pipe[2];

static void note(void *data, uint32_t value) {
  (void)value;
  if (g_logged + 1 < sizeof g_log) g_log[g_logged++] = *(const char *)data;
  g_log[g_logged] = '\0';
}

static void expect_log(const char *expected, int line) {
  if (strcmp(g_log, expected) != 0) {
    g_failures++;
    printf("line %d: order is \"%s\", expected \"%s\"\n", line, g_log, expected);
  }
  g_logged = 0;
  g_log[0] = '\0';
}

static tc_loop *open_loop(seam_pool *pool) {
  tc_loop *loop = NULL;
  const tc_loop_options options = {.backend = &tc_backend_epoll, .pool = pool};
  EXPECT_EQUAL(tc_loop_create(&options, &loop), TC_OK);
  g_logged = 0;
  g_log[0] = '\0';
  if (pipe(g_pipe) != 0) abort();
  if (write(g_pipe[1], "x", 1) != 1) abort();
  return g_loop = loop;
}

static void close_loop(void) {
  tc_loop_destroy(g_loop);
  close(g_pipe[0]);
  close(g_pipe[1]);
}

static void test_timers_then_descriptors_then_signals(void) {
  tc_source *source;
  tc_loop *loop = open_loop(NULL);
  EXPECT_EQUAL(tc_loop_add_signal(loop, SIGUSR1, note, "s", &source), TC_OK);
  EXPECT_EQUAL(tc_loop_add_fd(loop, g_pipe[0], TC_READABLE, note, "f", &source), TC_OK);
  EXPECT_EQUAL(tc_loop_add_timer(loop, 500000, 0, false, note, "2", &source), TC_OK);
  EXPECT_EQUAL(tc_loop_add_timer(loop, 1000, 0, false, note, "1", &source), TC_OK);
  raise(SIGUSR1);
  usleep(2000);
  EXPECT_EQUAL(tc_loop_run_epoll(loop, 1000, NULL), TC_OK);
  expect_log("12fs", __LINE__);
  EXPECT_EQUAL(tc_loop_run_epoll(loop, 0, NULL), TC_OK);
  expect_log("f", __LINE__); /* level-triggered; timers fire once; signals once each */
  close_loop();
}

static void remove_first(void *data, uint32_t value) {
  note(data, value);
  tc_loop_remove(g_sources[0]);
}

static void test_a_removed_source_does_not_fire_in_the_same_turn(void) {
  tc_loop *loop = open_loop(NULL);
  tc_source *source;
  tc_loop_add_fd(loop, g_pipe[0], TC_READABLE, note, "f", &g_sources[0]);
  tc_loop_add_timer(loop, 0, 0, false, remove_first, "t", &source);
  usleep(1000);
  uint32_t delivered = 0;
  tc_loop_run_epoll(loop, 100, &delivered);
  expect_log("t", __LINE__);
  EXPECT_EQUAL(delivered, 1);
  EXPECT_EQUAL(loop->counts.refused, 1);
  close_loop();
}

static void remove_itself(void *data, uint32_t value) {
  note(data, value);
  tc_loop_remove(g_sources[1]);
  tc_loop_remove(g_sources[1]); /* twice is harmless within the turn */
}

static void add_more(void *data, uint32_t value) {
  tc_source *source;
  note(data, value);
  for (int index = 0; index < 40; index++) tc_loop_add_timer(g_loop, 0, 0, false, note, "n", &source);
}

static void test_an_added_source_fires_in_the_next_turn(void) {
  tc_loop *loop = open_loop(NULL);
  tc_source *source;
  tc_loop_add_timer(loop, 0, 1000000000, false, remove_itself, "t", &g_sources[1]);
  tc_loop_add_timer(loop, 0, 0, false, add_more, "a", &source);
  usleep(1000);
  tc_loop_run_epoll(loop, 100, NULL);
  expect_log("ta", __LINE__);
  usleep(1000);
  tc_loop_run_epoll(loop, 100, NULL);
  expect_log("nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", __LINE__);
  close_loop();
}

static void want_writing_only(void *data, uint32_t value) {
  note(data, value);
  EXPECT_EQUAL(tc_loop_modify_fd(g_sources[0], TC_WRITABLE), TC_OK);
}

static void test_a_modified_interest_counts_at_once(void) {
  tc_loop *loop = open_loop(NULL);
  tc_source *source;
  tc_loop_add_fd(loop, g_pipe[0], TC_READABLE, note, "f", &g_sources[0]);
  tc_loop_add_timer(loop, 0, 0, false, want_writing_only, "m", &source);
  usleep(1000);
  tc_loop_run_epoll(loop, 100, NULL);
  expect_log("m", __LINE__);
  EXPECT_EQUAL(loop->counts.refused, 1);
  close_loop();
}

static void destroy_loop(void *data, uint32_t value) {
  note(data, value);
  tc_loop_destroy(g_loop);
}

static void run_nested(void *data, uint32_t value) {
  note(data, value);
  EXPECT_EQUAL(tc_loop_run_epoll(g_loop, 0, NULL), TC_ERR_STATE);
}

static void test_a_callback_may_destroy_the_loop(void) {
  tc_loop *loop = open_loop(NULL);
  tc_source *source;
  tc_loop_add_timer(loop, 0, 0, false, run_nested, "r", &source);
  tc_loop_add_timer(loop, 1, 0, false, destroy_loop, "d", &source);
  tc_loop_add_fd(loop, g_pipe[0], TC_READABLE, note, "f", &source);
  usleep(1000);
  EXPECT_EQUAL(tc_loop_run_epoll(loop, 100, NULL), TC_OK);
  expect_log("rd", __LINE__);
  close(g_pipe[0]);
  close(g_pipe[1]);
}

static void count_expirations(void *data, uint32_t value) { *(uint32_t *)data += value; }

static void test_a_late_repeating_timer_tells_how_many_periods_passed(void) {
  tc_loop *loop = open_loop(NULL);
  tc_source *source;
  uint32_t total = 0, turns = 0;
  tc_loop_add_timer(loop, 1000000, 1000000, false, count_expirations, &total, &source);
  usleep(20000);
  for (; turns < 3; turns++) tc_loop_run_epoll(loop, 1000, NULL);
  EXPECT_EQUAL(total >= 20 + 2, true);
  close_loop();
}

static void test_wrong_arguments_change_nothing(void) {
  tc_loop *loop = open_loop(NULL);
  tc_source *source = NULL;
  EXPECT_EQUAL(tc_loop_add_fd(loop, -1, TC_READABLE, note, "", &source), TC_ERR_ARGUMENT);
  EXPECT_EQUAL(tc_loop_add_fd(loop, 54321, TC_READABLE, note, "", &source), TC_ERR_ARGUMENT);
  EXPECT_EQUAL(tc_loop_add_fd(loop, g_pipe[0], 0, note, "", &source), TC_ERR_ARGUMENT);
  EXPECT_EQUAL(tc_loop_add_fd(loop, g_pipe[0], 16, note, "", &source), TC_ERR_ARGUMENT);
  EXPECT_EQUAL(tc_loop_add_fd(loop, g_pipe[0], TC_READABLE, NULL, "", &source), TC_ERR_ARGUMENT);
  EXPECT_EQUAL(tc_loop_add_signal(loop, 0, note, "", &source), TC_ERR_ARGUMENT);
  EXPECT_EQUAL(tc_loop_add_signal(loop, SIGKILL, note, "", &source), TC_ERR_ARGUMENT);
  EXPECT_EQUAL(tc_loop_add_timer(loop, UINT64_MAX, 0, false, note, "", &source), TC_ERR_RANGE);
  EXPECT_EQUAL(loop->source_count, 0);
  EXPECT_EQUAL(tc_loop_add_fd(loop, g_pipe[0], TC_READABLE, note, "f", &source), TC_OK);
  tc_source *second = NULL;
  EXPECT_EQUAL(tc_loop_add_fd(loop, g_pipe[0], TC_READABLE, note, "", &second), TC_ERR_STATE);
  EXPECT_EQUAL(tc_loop_modify_fd(source, 64), TC_ERR_ARGUMENT);
  EXPECT_EQUAL(tc_loop_run_epoll(loop, 0, NULL), TC_OK);
  expect_log("f", __LINE__);
  close_loop();
}

static void test_a_broken_vtable_is_refused(void) {
  tc_loop *loop = open_loop(NULL);
  tc_source *source;
  tc_backend incomplete = tc_backend_epoll;
  tc_loop *never = NULL;
  incomplete.stop = NULL;
  const tc_loop_options options = {.backend = &incomplete};
  EXPECT_EQUAL(tc_loop_create(&options, &never), TC_ERR_ARGUMENT);
  tc_loop_add_fd(loop, g_pipe[0], TC_READABLE, note, "f", &source);
  const uint64_t sealed = loop->backend.head.sealed;
  loop->backend.head.sealed = 1;
  tc_loop_run_epoll(loop, 0, NULL);
  expect_log("", __LINE__);
  EXPECT_EQUAL(loop->counts.refused, 1);
  loop->backend.head.sealed = sealed;
  const uint64_t cookie = source->cookie;
  source->cookie = 7; /* overwritten memory: the callback is not trusted */
  tc_loop_run_epoll(loop, 0, NULL);
  expect_log("", __LINE__);
  source->cookie = cookie;
  tc_loop_run_epoll(loop, 0, NULL);
  expect_log("f", __LINE__);
  close_loop();
}

static void test_sources_come_from_the_pool_and_go_back(void) {
  seam_pool pool;
  const seam_pool_options options = {
      .object_size_bytes = tc_source_size_bytes(&tc_backend_epoll), .object_count_max = 4, .at_limit = SEAM_POOL_REFUSE};
  seam_pool_init(&pool, NULL, options);
  tc_loop *loop = open_loop(&pool);
  for (int round = 0; round < 100; round++) {
    for (int index = 0; index < 6; index++) /* two more than the pool has */
      tc_loop_add_timer(loop, 1000000, 0, false, note, "t", &g_sources[index]);
    for (int index = 0; index < 6; index++) tc_loop_remove(g_sources[index]);
  }
  EXPECT_EQUAL(pool.counters.acquired_count, 400);
  EXPECT_EQUAL(pool.counters.in_use_count, 0);
  EXPECT_EQUAL(pool.counters.in_use_count_max, 4);
  close_loop();
  seam_pool_destroy(&pool);
}

static _Atomic bool g_is_done;
static void *send_signals(void *loop_thread) {
  while (!atomic_load(&g_is_done)) {
    pthread_kill(*(pthread_t *)loop_thread, SIGUSR2);
    usleep(200);
  }
  return NULL;
}

static void test_signals_from_another_thread_are_counted_on_the_loop(void) {
  tc_loop *loop = open_loop(NULL);
  tc_source *source, *second = NULL;
  uint32_t total = 0;
  pthread_t self = pthread_self(), sender;
  EXPECT_EQUAL(tc_loop_add_signal(loop, SIGUSR2, count_expirations, &total, &source), TC_OK);
  EXPECT_EQUAL(tc_loop_add_signal(loop, SIGUSR2, note, "", &second), TC_ERR_STATE);
  pthread_create(&sender, NULL, send_signals, &self);
  while (total < 50 * SIGUSR2) tc_loop_run_epoll(loop, 100, NULL);
  atomic_store(&g_is_done, true);
  pthread_join(sender, NULL);
  close_loop();
}

int main(void) {
  alarm(60);
  test_timers_then_descriptors_then_signals();
  test_a_removed_source_does_not_fire_in_the_same_turn();
  test_an_added_source_fires_in_the_next_turn();
  test_a_modified_interest_counts_at_once();
  test_a_callback_may_destroy_the_loop();
  test_a_late_repeating_timer_tells_how_many_periods_passed();
  test_wrong_arguments_change_nothing();
  test_a_broken_vtable_is_refused();
  test_sources_come_from_the_pool_and_go_back();
  test_signals_from_another_thread_are_counted_on_the_loop();
  printf("%d failures\n", g_failures);
  return g_failures == 0 ? 0 : 1;
}
