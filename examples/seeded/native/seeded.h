// One addon, built twice: with SEEDED=1 every function below has the bug that its name says, with SEEDED=0 it does the same work
// without it. Threads: exported functions are called on the JavaScript thread; whatever they start themselves says so.
#pragma once

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef napi_value (*seeded_function)(napi_env env, napi_callback_info info);

typedef struct {
  const char *name;
  seeded_function call;
} seeded_entry;

extern const seeded_entry seeded_leaks[];
extern const seeded_entry seeded_blocks[];
extern const seeded_entry seeded_values[];
extern const seeded_entry seeded_threads[];
extern const seeded_entry seeded_buffers[];
extern const seeded_entry seeded_rules[];
extern const seeded_entry seeded_failures[];
extern const seeded_entry seeded_mismatch[];

// The optimiser may not know what a pointer points to, or it removes the very bug.
static inline void *opaque(void *pointer) {
  __asm__ volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

static inline napi_value number(napi_env env, double value) {
  napi_value result;
  return napi_create_double(env, value, &result) == napi_ok ? result : NULL;
}

static inline napi_value out_of_memory(napi_env env) {
  napi_throw_error(env, NULL, "out of memory");
  return NULL;
}

static inline napi_value first_argument(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = NULL;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  return argument;
}

#ifdef __cplusplus
}
#endif
