/* What one Node-API call takes, as an addon sees it: the least of some batches, in nanoseconds of the thread's own time. */
#define NAPI_VERSION 8
#include <node_api.h>
#include <time.h>

enum { CALLS = 300000, BATCHES = 9 };

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void set(napi_env env, napi_value object, const char *name, double ns) {
  napi_value number;
  napi_create_double(env, ns, &number);
  napi_set_named_property(env, object, name, number);
}

#define MEASURE(name, body) \
  do { \
    double least = 1e18; \
    for (int batch = 0; batch < BATCHES; batch++) { \
      napi_handle_scope scope; \
      napi_open_handle_scope(env, &scope); \
      double begun = now_ns(); \
      for (int i = 0; i < CALLS; i++) body; \
      double each = (now_ns() - begun) / CALLS; \
      if (each < least) least = each; \
      napi_close_handle_scope(env, scope); \
    } \
    set(env, result, name, least); \
  } while (0)

static napi_value run(napi_env env, napi_callback_info info) {
  (void)info;
  static int data;
  napi_value result, number, object, made;
  napi_ref ref;
  napi_valuetype type;
  double value;
  uint32_t version;
  void *unwrapped;
  napi_create_object(env, &result);
  napi_create_object(env, &object);
  napi_create_double(env, 3.5, &number);
  napi_wrap(env, object, &data, NULL, NULL, NULL);
  MEASURE("napi_get_version", napi_get_version(env, &version));
  MEASURE("napi_get_undefined", napi_get_undefined(env, &made));
  MEASURE("napi_get_value_double", napi_get_value_double(env, number, &value));
  MEASURE("napi_typeof", napi_typeof(env, number, &type));
  MEASURE("napi_unwrap", napi_unwrap(env, object, &unwrapped));
  MEASURE("create and delete a reference", {
    napi_create_reference(env, object, 1, &ref);
    napi_delete_reference(env, ref);
  });
  return result;
}

static napi_value empty(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, NULL, &function);
  napi_set_named_property(env, exports, "run", function);
  napi_create_function(env, "empty", NAPI_AUTO_LENGTH, empty, NULL, &function);
  napi_set_named_property(env, exports, "empty", function);
  return exports;
}
