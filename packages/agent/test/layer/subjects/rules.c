/* For each rule of the layer a function that breaks it (`_bad`) and a twin that does the same rightly (`_good`). */
#define NAPI_VERSION 8
#define _GNU_SOURCE
#include <node_api.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CASE(name) static napi_value name(napi_env env, napi_callback_info info)
#define UNUSED(x) (void)(x)

static napi_value object(napi_env env) {
  napi_value made;
  napi_create_object(env, &made);
  return made;
}
static napi_value text(napi_env env, const char *chars) {
  napi_value made;
  napi_create_string_utf8(env, chars, NAPI_AUTO_LENGTH, &made);
  return made;
}
static napi_value argument(napi_env env, napi_callback_info info) {
  napi_value value = NULL;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &value, NULL, NULL);
  return value;
}

/* --------------------------------------------------------------------------------------------------------- references */

CASE(REF_001_bad) {
  UNUSED(info);
  napi_ref ref;
  napi_value value;
  napi_create_reference(env, object(env), 1, &ref);
  napi_delete_reference(env, ref);
  napi_get_reference_value(env, ref, &value);
  return NULL;
}
CASE(REF_001_good) {
  UNUSED(info);
  napi_ref ref;
  napi_value value;
  napi_create_reference(env, object(env), 1, &ref);
  napi_get_reference_value(env, ref, &value);
  napi_delete_reference(env, ref);
  return value;
}
CASE(REF_002_bad) {
  UNUSED(info);
  napi_ref ref;
  napi_create_reference(env, object(env), 1, &ref);
  napi_delete_reference(env, ref);
  napi_delete_reference(env, ref);
  return NULL;
}
CASE(REF_002_good) {
  UNUSED(info);
  napi_ref ref;
  for (int i = 0; i < 2; i++) {
    napi_create_reference(env, object(env), 1, &ref);
    napi_delete_reference(env, ref);
  }
  return NULL;
}
static void unref(napi_env env, int times) {
  napi_ref ref;
  uint32_t count;
  napi_create_reference(env, object(env), 1, &ref);
  for (int i = 0; i < times; i++) napi_reference_unref(env, ref, &count);
  napi_delete_reference(env, ref);
}
CASE(REF_003_bad) { UNUSED(info); unref(env, 2); return NULL; }
CASE(REF_003_good) { UNUSED(info); unref(env, 1); return NULL; }

static void free_data(napi_env env, void *data, void *hint) {
  UNUSED(env), UNUSED(hint);
  free(data);
}
static napi_value wrapped(napi_env env, bool is_removed_first) {
  napi_value value = object(env);
  napi_ref ref;
  void *data = malloc(32);
  napi_wrap(env, value, data, free_data, NULL, &ref);
  if (is_removed_first) {
    napi_remove_wrap(env, value, &data);
    free(data);
  }
  napi_delete_reference(env, ref);
  return value;
}
CASE(REF_005_bad) { UNUSED(info); return wrapped(env, false); }
CASE(REF_005_good) { UNUSED(info); return wrapped(env, true); }

static napi_ref g_weak;
/* Called twice, with a garbage collection in between. */
static napi_value use_weak(napi_env env, napi_callback_info info, bool looks) {
  UNUSED(info);
  if (!g_weak) {
    napi_create_reference(env, object(env), 0, &g_weak);
    return NULL;
  }
  napi_value value, name;
  napi_get_reference_value(env, g_weak, &value);
  if (!looks || value) napi_get_property_names(env, value, &name);
  napi_delete_reference(env, g_weak);
  g_weak = NULL;
  return NULL;
}
CASE(REF_006_bad) { return use_weak(env, info, false); }
CASE(REF_006_good) { return use_weak(env, info, true); }

/* ------------------------------------------------------------------------------------------------------------- scopes */

static napi_value g_cached;
CASE(SCOPE_001_bad) { /* called twice */
  UNUSED(info);
  napi_valuetype type;
  if (!g_cached) g_cached = object(env);
  else napi_typeof(env, g_cached, &type);
  return NULL;
}
static napi_ref g_kept;
CASE(SCOPE_001_good) {
  UNUSED(info);
  napi_value value;
  napi_valuetype type;
  if (!g_kept) {
    napi_create_reference(env, object(env), 1, &g_kept);
    return NULL;
  }
  napi_get_reference_value(env, g_kept, &value);
  napi_typeof(env, value, &type);
  napi_delete_reference(env, g_kept);
  g_kept = NULL;
  return NULL;
}
static void two_scopes(napi_env env, bool is_in_order) {
  napi_handle_scope outer, inner;
  napi_open_handle_scope(env, &outer);
  napi_open_handle_scope(env, &inner);
  napi_close_handle_scope(env, is_in_order ? inner : outer);
  napi_close_handle_scope(env, is_in_order ? outer : inner);
}
CASE(SCOPE_002_bad) { UNUSED(info); two_scopes(env, false); return NULL; }
CASE(SCOPE_002_good) { UNUSED(info); two_scopes(env, true); return NULL; }
CASE(SCOPE_003_bad) {
  UNUSED(info);
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  return NULL;
}
CASE(SCOPE_003_good) {
  UNUSED(info);
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  object(env);
  napi_close_handle_scope(env, scope);
  return NULL;
}
CASE(SCOPE_004_bad) {
  UNUSED(info);
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  napi_close_handle_scope(env, scope);
  napi_close_handle_scope(env, scope);
  return NULL;
}
CASE(SCOPE_004_good) { UNUSED(info); two_scopes(env, true); return NULL; }
static napi_value escape(napi_env env, int times) {
  napi_escapable_handle_scope scope;
  napi_value escaped = NULL, again;
  napi_open_escapable_handle_scope(env, &scope);
  napi_escape_handle(env, scope, object(env), &escaped);
  if (times > 1) napi_escape_handle(env, scope, object(env), &again);
  napi_close_escapable_handle_scope(env, scope);
  napi_valuetype type;
  napi_typeof(env, escaped, &type);
  return escaped;
}
CASE(SCOPE_005_bad) { UNUSED(info); return escape(env, 2); }
CASE(SCOPE_005_good) { UNUSED(info); return escape(env, 1); }
static void many(napi_env env, bool has_scopes) {
  napi_handle_scope scope;
  napi_value value;
  for (int i = 0; i < 110000; i++) {
    if (has_scopes) napi_open_handle_scope(env, &scope);
    napi_create_double(env, i + 0.5, &value);
    if (has_scopes) napi_close_handle_scope(env, scope);
  }
}
CASE(SCOPE_006_bad) { UNUSED(info); many(env, false); return NULL; }
CASE(SCOPE_006_good) { UNUSED(info); many(env, true); return NULL; }
static napi_callback_info g_info;
CASE(SCOPE_007_bad) { /* called twice */
  size_t count = 0;
  if (g_info) napi_get_cb_info(env, g_info, &count, NULL, NULL, NULL);
  g_info = info;
  char frame[256];
  memset(frame, 1, sizeof frame);
  return NULL;
}
CASE(SCOPE_007_good) {
  size_t count = 0;
  napi_get_cb_info(env, info, &count, NULL, NULL, NULL);
  return NULL;
}

/* --------------------------------------------------------------------------------------------------------------- envs */

static void *on_thread(void *env) {
  napi_value undefined;
  napi_get_undefined(env, &undefined);
  return NULL;
}
static void *nothing(void *env) { UNUSED(env); return NULL; }
static void run_thread(napi_env env, void *(*run)(void *)) {
  pthread_t thread;
  pthread_create(&thread, NULL, run, env);
  pthread_join(thread, NULL);
}
CASE(ENV_001_bad) { UNUSED(info); run_thread(env, on_thread); return NULL; }
CASE(ENV_001_good) { UNUSED(info); run_thread(env, nothing); on_thread(env); return NULL; }

struct task { napi_async_work work; int kind; napi_env env; napi_deferred deferred; };
enum { PLAIN, CALLS_NAPI, SLEEPS, NOT_DELETED };
static void execute(napi_env env, void *data) {
  struct task *task = data;
  if (task->kind == CALLS_NAPI) {
    int64_t adjusted;
    const napi_node_version *version;
    UNUSED(adjusted);
    napi_get_node_version(env, &version);
  }
  if (task->kind == SLEEPS) usleep(100000);
}
static void complete(napi_env env, napi_status status, void *data) {
  UNUSED(status);
  struct task *task = data;
  if (task->kind != NOT_DELETED) napi_delete_async_work(env, task->work);
  free(task);
}
static struct task *start(napi_env env, int kind) {
  struct task *task = calloc(1, sizeof *task);
  task->kind = kind;
  napi_create_async_work(env, NULL, text(env, "task"), execute, complete, task, &task->work);
  napi_queue_async_work(env, task->work);
  return task;
}
CASE(ENV_002_bad) { UNUSED(info); start(env, CALLS_NAPI); return NULL; }
CASE(ENV_002_good) { UNUSED(info); start(env, PLAIN); return NULL; }

/* Called first on the main thread, then in a Worker. */
static napi_ref g_shared;
CASE(ENV_003_bad) {
  UNUSED(info);
  uint32_t count;
  if (!g_shared) napi_create_reference(env, object(env), 1, &g_shared);
  else napi_reference_ref(env, g_shared, &count);
  return NULL;
}
CASE(ENV_003_good) { UNUSED(info); unref(env, 1); return NULL; }

/* The Worker's env ends while a thread of ours still has it. */
static napi_env g_late_env;
static volatile int g_has_ended;
static void tell_end(void *unused) { UNUSED(unused); g_has_ended = 1; }
static void *late(void *unused) {
  UNUSED(unused);
  const napi_node_version *version;
  while (!g_has_ended) usleep(10000);
  usleep(300000);
  napi_get_node_version(g_late_env, &version);
  return NULL;
}
CASE(ENV_004_bad) {
  UNUSED(info);
  pthread_t thread;
  g_late_env = env;
  napi_add_env_cleanup_hook(env, tell_end, NULL);
  pthread_create(&thread, NULL, late, NULL);
  pthread_detach(thread);
  return NULL;
}
CASE(ENV_004_good) { UNUSED(info); UNUSED(env); return NULL; }
CASE(ENV_005_bad) {
  UNUSED(info);
  napi_set_instance_data(env, malloc(8), free_data, NULL);
  napi_set_instance_data(env, malloc(8), free_data, NULL);
  return NULL;
}
CASE(ENV_005_good) {
  UNUSED(info);
  void *before = NULL;
  napi_get_instance_data(env, &before);
  if (!before) napi_set_instance_data(env, malloc(8), free_data, NULL);
  return NULL;
}

/* --------------------------------------------------------------------------------------------------- work, promises */

CASE(WORK_001_bad) { UNUSED(info); napi_queue_async_work(env, start(env, SLEEPS)->work); return NULL; }
CASE(WORK_001_good) { UNUSED(info); start(env, SLEEPS); start(env, SLEEPS); return NULL; }
CASE(WORK_002_bad) { UNUSED(info); napi_delete_async_work(env, start(env, SLEEPS)->work); return NULL; }
CASE(WORK_002_good) { UNUSED(info); start(env, SLEEPS); return NULL; }
static void unqueued(napi_env env, int deletions) {
  napi_async_work work;
  napi_create_async_work(env, NULL, text(env, "work"), execute, complete, NULL, &work);
  while (deletions--) napi_delete_async_work(env, work);
}
CASE(WORK_003_bad) { UNUSED(info); unqueued(env, 2); return NULL; }
CASE(WORK_003_good) { UNUSED(info); unqueued(env, 1); return NULL; }
CASE(WORK_004_bad) { UNUSED(info); start(env, NOT_DELETED); return NULL; }
CASE(WORK_004_good) { UNUSED(info); start(env, PLAIN); return NULL; }
static napi_value promise(napi_env env, int times) {
  napi_deferred deferred;
  napi_value made, undefined;
  napi_get_undefined(env, &undefined);
  napi_create_promise(env, &deferred, &made);
  while (times--) napi_resolve_deferred(env, deferred, undefined);
  return made;
}
CASE(PROMISE_001_bad) { UNUSED(info); return promise(env, 2); }
CASE(PROMISE_001_good) { UNUSED(info); return promise(env, 1); }
CASE(PROMISE_002_bad) { UNUSED(info); return promise(env, 0); }
CASE(PROMISE_002_good) { UNUSED(info); return promise(env, 1); }

/* -------------------------------------------------------------------------------------------- thread-safe functions */

static void call_js(napi_env env, napi_value function, void *context, void *data) {
  UNUSED(env), UNUSED(function), UNUSED(context), UNUSED(data);
}
static void call_js_throws(napi_env env, napi_value function, void *context, void *data) {
  UNUSED(function), UNUSED(context), UNUSED(data);
  napi_throw_error(env, NULL, "lost");
}
static void call_js_clears(napi_env env, napi_value function, void *context, void *data) {
  napi_value error;
  call_js_throws(env, function, context, data);
  napi_get_and_clear_last_exception(env, &error);
}
static napi_threadsafe_function tsfn(napi_env env, size_t queue, napi_threadsafe_function_call_js call) {
  napi_threadsafe_function made;
  napi_create_threadsafe_function(env, NULL, NULL, text(env, "tsfn"), queue, 1, NULL, NULL, NULL, call, &made);
  return made;
}
static napi_threadsafe_function g_tsfn;
CASE(TSFN_001_bad) { /* called twice: the second time it has ended */
  UNUSED(info);
  if (!g_tsfn) {
    g_tsfn = tsfn(env, 0, call_js);
    napi_release_threadsafe_function(g_tsfn, napi_tsfn_release);
  } else napi_call_threadsafe_function(g_tsfn, NULL, napi_tsfn_nonblocking);
  return NULL;
}
CASE(TSFN_001_good) {
  UNUSED(info);
  napi_threadsafe_function aborted = tsfn(env, 0, call_js); /* what waits goes to call_js without an env */
  for (int i = 0; i < 10; i++) napi_call_threadsafe_function(aborted, NULL, napi_tsfn_nonblocking);
  napi_release_threadsafe_function(aborted, napi_tsfn_abort);
  napi_threadsafe_function function = tsfn(env, 0, call_js);
  napi_call_threadsafe_function(function, NULL, napi_tsfn_nonblocking);
  napi_release_threadsafe_function(function, napi_tsfn_release);
  return NULL;
}
CASE(TSFN_002_bad) {
  UNUSED(info);
  napi_threadsafe_function function = tsfn(env, 0, call_js);
  napi_release_threadsafe_function(function, napi_tsfn_release);
  napi_release_threadsafe_function(function, napi_tsfn_release);
  return NULL;
}
CASE(TSFN_002_good) {
  UNUSED(info);
  napi_threadsafe_function function = tsfn(env, 0, call_js);
  napi_acquire_threadsafe_function(function);
  napi_release_threadsafe_function(function, napi_tsfn_release);
  napi_release_threadsafe_function(function, napi_tsfn_release);
  return NULL;
}
static void blocking(napi_env env, size_t queue, napi_threadsafe_function_call_mode mode) {
  napi_threadsafe_function function = tsfn(env, queue, call_js);
  napi_call_threadsafe_function(function, NULL, mode);
  napi_call_threadsafe_function(function, NULL, mode);
  napi_release_threadsafe_function(function, napi_tsfn_release);
}
CASE(TSFN_004_bad) { UNUSED(info); blocking(env, 1, napi_tsfn_blocking); return NULL; }
CASE(TSFN_004_good) {
  UNUSED(info);
  blocking(env, 1, napi_tsfn_nonblocking);
  blocking(env, 0, napi_tsfn_blocking);
  return NULL;
}
static void flood(napi_env env, int calls) {
  napi_threadsafe_function function = tsfn(env, 0, call_js);
  while (calls--) napi_call_threadsafe_function(function, NULL, napi_tsfn_nonblocking);
  napi_release_threadsafe_function(function, napi_tsfn_release);
}
CASE(TSFN_005_bad) { UNUSED(info); flood(env, 140000); return NULL; }
CASE(TSFN_005_good) { UNUSED(info); flood(env, 1000); return NULL; }
static void call_once(napi_env env, napi_threadsafe_function_call_js call) {
  napi_threadsafe_function function = tsfn(env, 0, call);
  napi_call_threadsafe_function(function, NULL, napi_tsfn_nonblocking);
  napi_release_threadsafe_function(function, napi_tsfn_release);
}
CASE(ERROR_003_bad) { UNUSED(info); call_once(env, call_js_throws); return NULL; }
CASE(ERROR_003_good) { UNUSED(info); call_once(env, call_js_clears); return NULL; }

/* --------------------------------------------------------------------------------------------------------- exceptions */

CASE(ERROR_001_bad) {
  UNUSED(info);
  napi_value made;
  napi_throw_error(env, NULL, "expected");
  napi_set_named_property(env, object(env), "name", object(env));
  napi_get_global(env, &made);
  napi_get_named_property(env, made, "process", &made);
  return NULL;
}
CASE(ERROR_001_good) { UNUSED(info); napi_throw_error(env, NULL, "expected"); return NULL; }
static void finalize_throws(napi_env env, void *data, void *hint) {
  UNUSED(data), UNUSED(hint);
  napi_throw_error(env, NULL, "from a finalizer");
}
static void finalize_calm(napi_env env, void *data, void *hint) { UNUSED(env), UNUSED(data), UNUSED(hint); }
static napi_value external(napi_env env, napi_finalize finalize) {
  static int data;
  napi_value made;
  napi_create_external(env, &data, finalize, NULL, &made);
  return made;
}
CASE(ERROR_002_bad) { UNUSED(info); external(env, finalize_throws); return NULL; }
CASE(ERROR_002_good) { UNUSED(info); external(env, finalize_calm); return NULL; }

/* ------------------------------------------------------------------------------------------------------------ handoff */

static napi_value buffer(napi_env env, void *data, napi_finalize finalize) {
  napi_value made;
  napi_create_external_arraybuffer(env, data, 64, finalize, NULL, &made);
  return made;
}
CASE(HANDOFF_001_bad) {
  UNUSED(info);
  void *data = malloc(64);
  napi_value made = buffer(env, data, finalize_calm);
  free(data);
  return made;
}
CASE(HANDOFF_001_good) { UNUSED(info); return buffer(env, malloc(64), free_data); }
static napi_value wrap_and_free(napi_env env, bool is_removed) {
  napi_value value = object(env);
  void *data = malloc(48), *again = NULL;
  napi_wrap(env, value, data, finalize_calm, NULL, NULL);
  if (is_removed) napi_remove_wrap(env, value, NULL);
  free(data);
  if (!is_removed) napi_unwrap(env, value, &again);
  return NULL;
}
CASE(HANDOFF_002_bad) { UNUSED(info); return wrap_and_free(env, false); }
CASE(HANDOFF_002_good) { UNUSED(info); return wrap_and_free(env, true); }
static napi_value wrap_times(napi_env env, int times) {
  napi_value value = object(env);
  while (times--) napi_wrap(env, value, malloc(16), free_data, NULL, NULL);
  return value;
}
CASE(HANDOFF_004_bad) { UNUSED(info); return wrap_times(env, 2); }
CASE(HANDOFF_004_good) { UNUSED(info); return wrap_times(env, 1); }
static void adjust(napi_env env, int64_t up, int64_t down) {
  int64_t now;
  napi_adjust_external_memory(env, up, &now);
  napi_adjust_external_memory(env, -down, &now);
}
CASE(HANDOFF_005_bad) { UNUSED(info); adjust(env, 1000, 2000); return NULL; }
CASE(HANDOFF_005_good) { UNUSED(info); adjust(env, 1000, 1000); return NULL; }
static void free_again(napi_env env, void *data, void *hint) { UNUSED(env), UNUSED(hint); free(data); }
CASE(HANDOFF_006_bad) {
  UNUSED(info);
  void *data = malloc(1 << 20); /* big enough that nobody else gets it meanwhile */
  napi_wrap(env, object(env), data, free_again, NULL, NULL);
  free(data);
  return NULL;
}
CASE(HANDOFF_006_good) {
  UNUSED(info);
  napi_wrap(env, object(env), malloc(1 << 20), free_again, NULL, NULL);
  return NULL;
}
static char g_static_bytes[64];
CASE(HANDOFF_007_bad) {
  UNUSED(info);
  napi_value first = buffer(env, g_static_bytes, finalize_calm), pair = object(env);
  napi_set_named_property(env, pair, "first", first);
  napi_set_named_property(env, pair, "second", buffer(env, g_static_bytes, finalize_calm));
  return pair;
}
CASE(HANDOFF_007_good) { UNUSED(info); static char other[64]; return buffer(env, other, finalize_calm); }

/* ---------------------------------------------------------------------------------------------------------- callbacks */

CASE(CALLBACK_001_bad) {
  UNUSED(info);
  napi_value made;
  napi_create_function(env, "none", NAPI_AUTO_LENGTH, NULL, NULL, &made);
  return NULL;
}
CASE(CALLBACK_001_good) {
  UNUSED(info);
  napi_value made;
  napi_create_function(env, "some", NAPI_AUTO_LENGTH, CALLBACK_001_bad, NULL, &made);
  return NULL;
}
CASE(CALLBACK_002_bad) {
  UNUSED(info);
  napi_value made;
  napi_create_function(env, "data", NAPI_AUTO_LENGTH, (napi_callback)(void *)g_static_bytes, NULL, &made);
  return NULL;
}
CASE(CALLBACK_002_good) {
  UNUSED(info);
  napi_value made;
  void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(code, "\x31\xc0\xc3", 3); /* returns NULL */
  mprotect(code, 4096, PROT_READ | PROT_EXEC);
  napi_create_function(env, "made", NAPI_AUTO_LENGTH, (napi_callback)code, NULL, &made);
  return made;
}
static napi_ref g_function;
static void finalize_calls(napi_env env, void *data, void *hint) {
  UNUSED(data), UNUSED(hint);
  napi_handle_scope scope;
  napi_value function, undefined, result;
  napi_open_handle_scope(env, &scope);
  napi_get_reference_value(env, g_function, &function);
  napi_get_undefined(env, &undefined);
  napi_call_function(env, undefined, function, 0, NULL, &result);
  napi_delete_reference(env, g_function);
  napi_close_handle_scope(env, scope);
}
CASE(CALLBACK_003_bad) {
  napi_create_reference(env, argument(env, info), 1, &g_function);
  external(env, finalize_calls);
  return NULL;
}
CASE(CALLBACK_003_good) { UNUSED(info); external(env, finalize_calm); return NULL; }

/* -------------------------------------------------------------------------------------------------------------- hooks */

static void hook(void *data) { UNUSED(data); }
static int g_hook_a, g_hook_b;
CASE(HOOK_001_bad) {
  UNUSED(info);
  napi_add_env_cleanup_hook(env, hook, &g_hook_a);
  napi_add_env_cleanup_hook(env, hook, &g_hook_a);
  return NULL;
}
CASE(HOOK_001_good) {
  UNUSED(info);
  napi_add_env_cleanup_hook(env, hook, &g_hook_a);
  napi_add_env_cleanup_hook(env, hook, &g_hook_b);
  return NULL;
}
static int g_hook_c;
CASE(HOOK_002_bad) { UNUSED(info); napi_remove_env_cleanup_hook(env, hook, &g_hook_c); return NULL; }
CASE(HOOK_002_good) {
  UNUSED(info);
  napi_add_env_cleanup_hook(env, hook, &g_hook_c);
  napi_remove_env_cleanup_hook(env, hook, &g_hook_c);
  return NULL;
}
static void async_hook(napi_async_cleanup_hook_handle handle, void *data) {
  UNUSED(data);
  napi_remove_async_cleanup_hook(handle);
}
static void hook_removed(napi_env env, int times) {
  napi_async_cleanup_hook_handle handle;
  napi_add_async_cleanup_hook(env, async_hook, NULL, &handle);
  while (times--) napi_remove_async_cleanup_hook(handle);
}
CASE(HOOK_003_bad) { UNUSED(info); hook_removed(env, 2); return NULL; }
CASE(HOOK_003_good) { UNUSED(info); hook_removed(env, 1); hook_removed(env, 0); return NULL; }

/* -------------------------------------------------------------------------------------------------------------- crash */

CASE(CRASH_001_bad) { UNUSED(info); UNUSED(env); *(volatile int *)16 = 1; return NULL; }
CASE(CRASH_001_good) { UNUSED(info); UNUSED(env); static volatile int place; place = 1; UNUSED(place); return NULL; }

/* --------------------------------------------------------------------------------------------------------- event loop */

#include "rules-loop.h"

static int deeper(int depth) {
  volatile char room[4096];
  room[0] = (char)depth;
  return deeper(depth + 1) + room[0];
}
CASE(overflow) { UNUSED(info); UNUSED(env); deeper(0); return NULL; }

/* ------------------------------------------------------------------------------------- what piles up, round by round */

CASE(REF_004_bad) { UNUSED(info); napi_ref ref; napi_create_reference(env, object(env), 1, &ref); return NULL; }
CASE(REF_004_good) { UNUSED(info); unref(env, 1); return NULL; }
CASE(TSFN_003_bad) { UNUSED(info); napi_unref_threadsafe_function(env, tsfn(env, 0, call_js)); return NULL; }
CASE(TSFN_003_good) { UNUSED(info); call_once(env, call_js); return NULL; }

#include "rules-memory.h"
#include "rules-lifecycle.h"

NAPI_MODULE_INIT() {
  add_hooks(env);
#define BOTH(rule) {#rule "_bad", rule##_bad}, {#rule "_good", rule##_good}
  const struct { const char *name; napi_callback call; } cases[] = {
      BOTH(REF_001), BOTH(REF_002), BOTH(REF_003), BOTH(REF_004), BOTH(REF_005), BOTH(REF_006), BOTH(SCOPE_001), BOTH(SCOPE_002),
      BOTH(SCOPE_003), BOTH(SCOPE_004), BOTH(SCOPE_005), BOTH(SCOPE_006), BOTH(SCOPE_007), BOTH(ENV_001), BOTH(ENV_002), BOTH(ENV_003),
      BOTH(ENV_004), BOTH(ENV_005), BOTH(WORK_001), BOTH(WORK_002), BOTH(WORK_003), BOTH(WORK_004), BOTH(PROMISE_001),
      BOTH(PROMISE_002), BOTH(TSFN_001), BOTH(TSFN_002), BOTH(TSFN_003), BOTH(TSFN_004), BOTH(TSFN_005), BOTH(ERROR_001),
      BOTH(ERROR_002), BOTH(ERROR_003), BOTH(HANDOFF_001), BOTH(HANDOFF_002), BOTH(HANDOFF_004), BOTH(HANDOFF_005),
      BOTH(HANDOFF_006), BOTH(HANDOFF_007), BOTH(CALLBACK_001), BOTH(CALLBACK_002), BOTH(CALLBACK_003), BOTH(HOOK_001),
      BOTH(HOOK_002), BOTH(HOOK_003), BOTH(CRASH_001), BOTH(LOOP_001), BOTH(HANDOFF_008), BOTH(HANDOFF_009), BOTH(HANDOFF_010),
      BOTH(HANDOFF_011), BOTH(HANDOFF_012), BOTH(WORK_005), BOTH(WORK_006), BOTH(ERROR_004), BOTH(ERROR_005), BOTH(ERROR_006),
      BOTH(REF_007), BOTH(LOOP_002), BOTH(ASYNC_001), BOTH(ASYNC_002), BOTH(ASYNC_003), BOTH(ASYNC_004), BOTH(TSFN_006),
      BOTH(TSFN_007), BOTH(TSFN_008), BOTH(HOOK_004), BOTH(ENV_006), BOTH(ENV_007), BOTH(ENV_008),
      {"ERROR_004_garbage", ERROR_004_garbage}, {"overflow", overflow}, {"LOOP_001_computing", LOOP_001_computing},
      {"LOOP_001_preempted", LOOP_001_preempted}, {"held_at_end", held_at_end}, BOTH(refused),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    napi_value function;
    napi_create_function(env, cases[i].name, NAPI_AUTO_LENGTH, cases[i].call, NULL, &function);
    napi_set_named_property(env, exports, cases[i].name, function);
  }
  return exports;
}
