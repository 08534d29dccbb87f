/* Twins about async contexts, thread-safe functions, hooks and the end of envs; part of rules.c. */

/* ----------------------------------------------------------------------------------------------------- async contexts */

static napi_async_context context(napi_env env) {
  napi_async_context made;
  napi_async_init(env, NULL, text(env, "context"), &made);
  return made;
}
static void destroy(napi_env env, int times) {
  napi_async_context made = context(env);
  while (times--) napi_async_destroy(env, made);
}
CASE(ASYNC_001_bad) { UNUSED(info); destroy(env, 2); return NULL; }
CASE(ASYNC_001_good) { UNUSED(info); destroy(env, 1); return NULL; }
CASE(ASYNC_002_bad) { UNUSED(info); destroy(env, 0); return NULL; }
CASE(ASYNC_002_good) { UNUSED(info); destroy(env, 1); return NULL; }
static void callback_scope(napi_env env, int closings) {
  napi_async_context made = context(env);
  napi_callback_scope scope;
  napi_open_callback_scope(env, NULL, made, &scope);
  while (closings--) napi_close_callback_scope(env, scope);
  napi_async_destroy(env, made);
}
CASE(ASYNC_003_bad) { UNUSED(info); callback_scope(env, 0); return NULL; }
CASE(ASYNC_003_good) { UNUSED(info); callback_scope(env, 1); return NULL; }
CASE(ASYNC_004_bad) { UNUSED(info); callback_scope(env, 2); return NULL; }
CASE(ASYNC_004_good) { UNUSED(info); callback_scope(env, 1); return NULL; }

/* -------------------------------------------------------------------------------------------- thread-safe functions */

/* Nothing else is left to do. The alarm ends what would hang. */
CASE(TSFN_006_bad) { UNUSED(info); alarm(6); tsfn(env, 0, call_js); return NULL; }
CASE(TSFN_006_good) { UNUSED(info); napi_unref_threadsafe_function(env, tsfn(env, 0, call_js)); return NULL; }
static void call_js_careless(napi_env env, napi_value function, void *context, void *data) {
  napi_value undefined;
  UNUSED(function), UNUSED(context), UNUSED(data);
  napi_get_undefined(env, &undefined);
}
static void call_js_careful(napi_env env, napi_value function, void *context, void *data) {
  if (env) call_js_careless(env, function, context, data);
}
/* What waits when it is aborted goes to call_js without an env. */
static void abort_with_calls(napi_env env, napi_threadsafe_function_call_js call) {
  napi_threadsafe_function function = tsfn(env, 0, call);
  napi_call_threadsafe_function(function, NULL, napi_tsfn_nonblocking);
  napi_release_threadsafe_function(function, napi_tsfn_abort);
}
CASE(TSFN_007_bad) { UNUSED(info); abort_with_calls(env, call_js_careless); return NULL; }
CASE(TSFN_007_good) { UNUSED(info); abort_with_calls(env, call_js_careful); return NULL; }
/*
 * A thread holds the function of a Worker that ends. By the documentation it may call once more, and is told that it is
 * closing; Node before 24.14 has freed the function by then.
 */
static void *call_after_end(void *function) {
  while (!g_has_ended) usleep(10000);
  usleep(300000);
  napi_call_threadsafe_function(function, NULL, napi_tsfn_nonblocking);
  return NULL;
}
CASE(held_at_end) {
  UNUSED(info);
  pthread_t thread;
  napi_threadsafe_function function = tsfn(env, 0, call_js);
  napi_unref_threadsafe_function(env, function);
  napi_add_env_cleanup_hook(env, tell_end, NULL);
  pthread_create(&thread, NULL, call_after_end, function);
  pthread_detach(thread);
  return NULL;
}
static void call_js_frees(napi_env env, napi_value function, void *context, void *data) {
  UNUSED(env), UNUSED(function), UNUSED(context);
  free(data);
}
static void send_twice(napi_env env, bool frees) {
  napi_threadsafe_function function = tsfn(env, 1, call_js_frees);
  for (int i = 0; i < 2; i++) {
    void *data = malloc(88);
    if (napi_call_threadsafe_function(function, data, napi_tsfn_nonblocking) != napi_ok && frees) free(data);
  }
  napi_release_threadsafe_function(function, napi_tsfn_release);
}
CASE(TSFN_008_bad) { UNUSED(info); send_twice(env, false); return NULL; }
CASE(TSFN_008_good) { UNUSED(info); send_twice(env, true); return NULL; }

/* -------------------------------------------------------------------------------------------------- hooks, ends of envs */

static void async_hook_keeps(napi_async_cleanup_hook_handle handle, void *data) { UNUSED(handle), UNUSED(data); }
CASE(HOOK_004_bad) {
  UNUSED(info);
  alarm(8); /* Node waits for it without end */
  napi_add_async_cleanup_hook(env, async_hook_keeps, NULL, NULL);
  return NULL;
}
CASE(HOOK_004_good) { UNUSED(info); napi_add_async_cleanup_hook(env, async_hook, NULL, NULL); return NULL; }
CASE(ENV_006_bad) { UNUSED(info); napi_unref_threadsafe_function(env, tsfn(env, 0, call_js)); return NULL; }
CASE(ENV_006_good) { UNUSED(info); napi_release_threadsafe_function(tsfn(env, 0, call_js), napi_tsfn_release); return NULL; }
static napi_ref g_static;
static napi_env g_static_env;
__attribute__((destructor)) static void at_unload(void) {
  if (g_static) napi_delete_reference(g_static_env, g_static);
}
static void drop_static(void *unused) {
  UNUSED(unused);
  napi_delete_reference(g_static_env, g_static);
  g_static = NULL;
}
CASE(ENV_007_bad) {
  UNUSED(info);
  g_static_env = env;
  napi_create_reference(env, object(env), 1, &g_static);
  return NULL;
}
CASE(ENV_007_good) {
  ENV_007_bad(env, info);
  napi_add_env_cleanup_hook(env, drop_static, NULL);
  return NULL;
}
/* The initialisation looks at SUBJECT_HOOKS: `first` adds a hook for the first env only, `each` for every one. */
CASE(ENV_008_bad) { UNUSED(info); UNUSED(env); return NULL; }
CASE(ENV_008_good) { UNUSED(info); UNUSED(env); return NULL; }
static void add_hooks(napi_env env) {
  static int started, place;
  const char *wanted = getenv("SUBJECT_HOOKS");
  if (wanted && (started++ == 0 || strcmp(wanted, "each") == 0)) napi_add_env_cleanup_hook(env, hook, &place);
}
