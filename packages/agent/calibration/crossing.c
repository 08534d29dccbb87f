/*
 * The cheapest crossings there are, as an addon of its own: what they cost in a run is what a crossing costs there, and what
 * an instrument adds to them is what it adds to any. Built without Node's headers.
 */
#include <stdint.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
int napi_get_value_int32(napi_env, napi_value, int32_t *);

/* empty(): void */
static napi_value empty(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  return NULL;
}

/* threeIntegers(a, b, c: number): void. Four calls of Node-API. */
static napi_value three_integers(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  int32_t values[3] = {0};
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  for (size_t index = 0; index < count && index < 3; index++) napi_get_value_int32(env, arguments[index], &values[index]);
  __asm__ volatile("" ::"r"(values) : "memory");
  return NULL;
}

/* allocatePairs(bytes, count: number): void. So many times malloc and free of that size, one after the other. */
static napi_value allocate_pairs(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  int32_t bytes = 0, pairs = 0;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_int32(env, arguments[0], &bytes);
  napi_get_value_int32(env, arguments[1], &pairs);
  for (int32_t pair = 0; pair < pairs; pair++) {
    volatile char *block = malloc((size_t)bytes);
    if (block == NULL) break;
    /* A block that is never touched may be none. */
    block[0] = 1;
    free((void *)block);
  }
  return NULL;
}

static void offer(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function = NULL;
  if (napi_create_function(env, name, (size_t)-1, callback, NULL, &function) == 0)
    napi_set_named_property(env, exports, name, function);
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  offer(env, exports, "empty", empty);
  offer(env, exports, "threeIntegers", three_integers);
  offer(env, exports, "allocatePairs", allocate_pairs);
  return exports;
}
