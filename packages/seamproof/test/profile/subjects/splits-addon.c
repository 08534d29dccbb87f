/* Three exports of one addon, with the same work in each. */
#include <node_api.h>

static volatile uint64_t sink;

#define WORK(name, factor) \
  static __attribute__((noinline)) void spin_##name(uint32_t count) { \
    uint64_t x = sink; \
    for (uint32_t i = 0; i < count; i++) x = x * (factor) + i; \
    sink = x; \
  } \
  static napi_value name(napi_env env, napi_callback_info info) { \
    napi_value argument, result; \
    size_t given = 1; \
    uint32_t count = 0; \
    napi_get_cb_info(env, info, &given, &argument, NULL, NULL); \
    napi_get_value_uint32(env, argument, &count); \
    spin_##name(count); \
    napi_create_uint32(env, (uint32_t)sink & 1, &result); \
    return result; \
  }
WORK(work_seventy, 6364136223846793005u)
WORK(work_twenty, 2862933555777941757u)
WORK(work_ten, 3202034522624059733u)

static void add(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

NAPI_MODULE_INIT() {
  add(env, exports, "work_seventy", work_seventy);
  add(env, exports, "work_twenty", work_twenty);
  add(env, exports, "work_ten", work_ten);
  return exports;
}
