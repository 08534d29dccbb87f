/* What one Node-API call takes, as an addon sees it: the least of some batches, in nanoseconds of the thread's own time. */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLS = 200000, BATCHES = 9 };

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static napi_value g_object, g_number;

#define CALLS_OF(X) \
  X(napi_get_version, uint32_t version, napi_get_version(env, &version)) \
  X(napi_get_undefined, napi_value made, napi_get_undefined(env, &made)) \
  X(napi_get_value_double, double value, napi_get_value_double(env, g_number, &value)) \
  X(napi_typeof, napi_valuetype type, napi_typeof(env, g_number, &type)) \
  X(napi_unwrap, void *unwrapped, napi_unwrap(env, g_object, &unwrapped)) \
  X(create_and_delete_a_reference, napi_ref ref, \
    (napi_create_reference(env, g_object, 1, &ref), napi_delete_reference(env, ref))) \
  X(create_an_external, napi_value made, napi_create_external(env, malloc(16), finalize, NULL, &made))

static void finalize(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  free(data);
}

#define LOOP(name, variable, call) \
  static __attribute__((noinline)) void loop_##name(napi_env env, int calls) { \
    variable; \
    for (int i = 0; i < calls; i++) (void)(call); \
  }
CALLS_OF(LOOP)

static const struct { const char *name; void (*run)(napi_env, int); } g_loops[] = {
#define ENTRY(name, variable, call) {#name, loop_##name},
    CALLS_OF(ENTRY)};
enum { LOOPS = sizeof g_loops / sizeof *g_loops };

static void begin(napi_env env) {
  static int data;
  napi_create_object(env, &g_object);
  napi_create_double(env, 3.5, &g_number);
  napi_wrap(env, g_object, &data, NULL, NULL, NULL);
}

/* How many calls each batch makes: making objects takes memory, which is given back between batches. */
static int calls_of(int loop) { return strcmp(g_loops[loop].name, "create_an_external") == 0 ? CALLS / 20 : CALLS; }

static double least_ns(napi_env env, int loop) {
  double least = 1e18;
  for (int batch = 0; batch < BATCHES; batch++) {
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    double begun = now_ns();
    g_loops[loop].run(env, calls_of(loop));
    double each = (now_ns() - begun) / calls_of(loop);
    if (each < least) least = each;
    napi_close_handle_scope(env, scope);
  }
  return least;
}

static napi_value run(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result, number;
  napi_create_object(env, &result);
  begin(env);
  for (int loop = 0; loop < LOOPS; loop++) {
    napi_create_double(env, least_ns(env, loop), &number);
    napi_set_named_property(env, result, g_loops[loop].name, number);
  }
  return result;
}

/* callgrind sets its counters to zero when it comes by the first and writes them down at the second: see run.mjs. */
__attribute__((noinline, visibility("default"))) void layer_cost_begin(void) { __asm__ volatile(""); }
__attribute__((noinline, visibility("default"))) void layer_cost_end(void) { __asm__ volatile(""); }

/* count(calls): each loop once, between the two. Gives the names. */
static napi_value count(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  int32_t calls = 0;
  napi_value argument, names, name;
  napi_get_cb_info(env, info, &argc, &argument, NULL, NULL);
  napi_get_value_int32(env, argument, &calls);
  napi_create_array(env, &names);
  begin(env);
  for (uint32_t loop = 0; loop < LOOPS; loop++) {
    g_loops[loop].run(env, calls / 10); /* what happens at the first time only */
    layer_cost_begin();
    g_loops[loop].run(env, calls);
    layer_cost_end();
    napi_create_string_utf8(env, g_loops[loop].name, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, names, loop, name);
  }
  return names;
}

static napi_value begin_counting(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  layer_cost_begin();
  return NULL;
}

static napi_value end_counting(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  layer_cost_end();
  return NULL;
}

static napi_value empty(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  return NULL;
}

NAPI_MODULE_INIT() {
  static const struct { const char *name; napi_callback callback; } functions[] = {
      {"run", run}, {"count", count}, {"empty", empty}, {"beginCounting", begin_counting}, {"endCounting", end_counting}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].callback, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
