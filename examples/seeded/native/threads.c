// Two threads and one place. Every function joins what it started, so that a workload's operation is over when it returns.
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include "seeded.h"

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int shared_count;

static void *count_up(void *unused) {
  (void)unused;
  for (int i = 0; i < 50; i++) {
    if (!SEEDED) pthread_mutex_lock(&guard);
    shared_count++;
    if (!SEEDED) pthread_mutex_unlock(&guard);
  }
  return NULL;
}

static napi_value race_on_a_counter(napi_env env, napi_callback_info info) {
  (void)info;
  pthread_t one, two;
  if (pthread_create(&one, NULL, count_up, NULL) != 0) return NULL;
  bool are_two = pthread_create(&two, NULL, count_up, NULL) == 0;
  pthread_join(one, NULL);
  if (are_two) pthread_join(two, NULL);
  return number(env, 1);
}

static int payload;
static volatile int is_ready;
static pthread_mutex_t ready_guard = PTHREAD_MUTEX_INITIALIZER;

static void *publish(void *unused) {
  (void)unused;
  if (!SEEDED) pthread_mutex_lock(&ready_guard);
  payload = 42;
  is_ready = 1;
  if (!SEEDED) pthread_mutex_unlock(&ready_guard);
  return NULL;
}

static bool is_published(void) {
  if (!SEEDED) pthread_mutex_lock(&ready_guard);
  bool seen = is_ready;
  if (!SEEDED) pthread_mutex_unlock(&ready_guard);
  return seen;
}

// The flag is set without release: the reader may see it before the payload.
static napi_value race_on_a_flag(napi_env env, napi_callback_info info) {
  (void)info;
  is_ready = 0;
  pthread_t writer;
  if (pthread_create(&writer, NULL, publish, NULL) != 0) return NULL;
  while (!is_published()) sched_yield();
  double seen = payload;
  pthread_join(writer, NULL);
  return number(env, seen);
}

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;

static void *lock_backwards(void *unused) {
  (void)unused;
  pthread_mutex_lock(SEEDED ? &second : &first);
  pthread_mutex_lock(SEEDED ? &first : &second);
  pthread_mutex_unlock(SEEDED ? &first : &second);
  pthread_mutex_unlock(SEEDED ? &second : &first);
  return NULL;
}

// The two never run at once here, so nothing hangs; the order is wrong all the same.
static napi_value lock_order(napi_env env, napi_callback_info info) {
  (void)info;
  pthread_mutex_lock(&first);
  pthread_mutex_lock(&second);
  pthread_mutex_unlock(&second);
  pthread_mutex_unlock(&first);
  pthread_t other;
  if (pthread_create(&other, NULL, lock_backwards, NULL) != 0) return NULL;
  pthread_join(other, NULL);
  return number(env, 1);
}

static double *results;
static pthread_mutex_t results_guard = PTHREAD_MUTEX_INITIALIZER;

typedef struct {
  napi_async_work work;
  napi_deferred deferred;
} job;

static void store_result(napi_env env, void *data) {
  (void)env;
  (void)data;
  if (!SEEDED) pthread_mutex_lock(&results_guard);
  for (int i = 0; i < 16; i++) results[i] += 1;
  if (!SEEDED) pthread_mutex_unlock(&results_guard);
}

static void stored(napi_env env, napi_status status, void *data) {
  (void)status;
  job *one = data;
  napi_resolve_deferred(env, one->deferred, number(env, 1));
  napi_delete_async_work(env, one->work);
  free(one);
}

// The workload starts several at once: they meet in libuv's pool.
static napi_value race_in_the_pool(napi_env env, napi_callback_info info) {
  (void)info;
  if (results == NULL) results = calloc(16, sizeof(double));
  if (results == NULL) return out_of_memory(env);
  napi_value name, promise;
  job *one = calloc(1, sizeof *one);
  if (one == NULL) return out_of_memory(env);
  if (napi_create_string_utf8(env, "store", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, NULL, name, store_result, stored, one, &one->work) != napi_ok ||
      napi_create_promise(env, &one->deferred, &promise) != napi_ok ||
      napi_queue_async_work(env, one->work) != napi_ok) {
    bool is_pending = true;
    napi_is_exception_pending(env, &is_pending);
    if (one->deferred != NULL && !is_pending) napi_reject_deferred(env, one->deferred, number(env, 0));
    if (one->work != NULL) napi_delete_async_work(env, one->work);
    free(one);
    return NULL;
  }
  return promise;
}

const seeded_entry seeded_threads[] = {
    {"raceOnACounter", race_on_a_counter},
    {"raceOnAFlag", race_on_a_flag},
    {"raceInThePool", race_in_the_pool},
    {"lockOrder", lock_order},
    {NULL, NULL},
};
