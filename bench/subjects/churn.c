/*
 * An addon that allocates and frees, and says how long that took. Built like a user's addon: optimised, no frame pointers.
 *   churn(pairs, mixed) → [wall ns, CPU ns of this thread]     pair() → undefined: one malloc and its free
 */
#define _GNU_SOURCE
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { SIZES = 256, LIVE = 32, FIXED = 64 };
static uint32_t g_sizes[SIZES];

static double now_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* A block that the compiler must take for used. */
static inline void use(void *block) { __asm__ volatile("" : : "r"(block) : "memory"); }

static __attribute__((noinline)) void churn_fixed(uint32_t pairs) {
  for (uint32_t i = 0; i < pairs; i++) {
    void *block = malloc(FIXED);
    use(block);
    free(block);
  }
}

/* Sizes of 16 B to 4 KiB, most of them small, and 32 blocks alive: what is freed is not what was allocated last. */
static __attribute__((noinline)) void churn_mixed(uint32_t pairs) {
  void *live[LIVE] = {0};
  for (uint32_t i = 0; i < pairs; i++) {
    void **slot = &live[i * 7 % LIVE];
    free(*slot);
    *slot = malloc(g_sizes[i % SIZES]);
    use(*slot);
  }
  for (int i = 0; i < LIVE; i++) free(live[i]);
}

static napi_value churn(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result, value;
  size_t count = 2;
  uint32_t pairs = 0;
  bool is_mixed = false;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_uint32(env, arguments[0], &pairs);
  napi_get_value_bool(env, arguments[1], &is_mixed);
  double wall = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
  if (is_mixed) churn_mixed(pairs);
  else churn_fixed(pairs);
  cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
  wall = now_ns(CLOCK_MONOTONIC) - wall;
  napi_create_array_with_length(env, 2, &result);
  napi_create_double(env, wall, &value);
  napi_set_element(env, result, 0, value);
  napi_create_double(env, cpu, &value);
  napi_set_element(env, result, 1, value);
  return result;
}

static napi_value pair(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  void *block = malloc(FIXED);
  use(block);
  free(block);
  return NULL;
}

NAPI_MODULE_INIT() {
  uint32_t state = 20261123;
  for (int i = 0; i < SIZES; i++) {
    state = state * 1664525u + 1013904223u;
    uint32_t bits = 4 + (state >> 24) % 9; /* 16 B .. 4 KiB, each power of two as likely */
    g_sizes[i] = (1u << bits) + (state >> 8 & ((1u << bits) - 1)) / 2;
  }
  napi_value function;
  napi_create_function(env, "churn", NAPI_AUTO_LENGTH, churn, NULL, &function);
  napi_set_named_property(env, exports, "churn", function);
  napi_create_function(env, "pair", NAPI_AUTO_LENGTH, pair, NULL, &function);
  napi_set_named_property(env, exports, "pair", function);
  return exports;
}
