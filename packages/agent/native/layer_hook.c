/* Cleanup hooks, exceptions, and the functions that take no env. */
#include "layer.h"

#include <string.h>

/* --------------------------------------------------------------------------------------------------- cleanup hooks */

/* Few, and added once: a list under one lock. */
static pthread_mutex_t g_hook_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lyr_object *g_hooks; /* guarded by the lock; linked by `next` */

static struct lyr_object *find_hook(const struct lyr_call *call, void *function, void *argument, bool is_taken) {
  struct lyr_object *found = NULL;
  pthread_mutex_lock(&g_hook_lock);
  for (struct lyr_object **at = &g_hooks; *at && !found; at = &(*at)->next) {
    struct lyr_object *hook = *at;
    if (hook->extra != function || hook->data != argument || !hook->env || !call->env) continue;
    if (hook->env->owner != call->env->owner || hook->env_generation != hook->env->generation) continue;
    found = hook;
    if (!is_taken) break;
    *at = hook->next;
    hook->next = NULL;
    break;
  }
  pthread_mutex_unlock(&g_hook_lock);
  return found;
}

void lyr_hook_ran(struct lyr_object *hook) {
  pthread_mutex_lock(&g_hook_lock);
  struct lyr_object **at = &g_hooks;
  while (*at && *at != hook) at = &(*at)->next;
  if (*at) *at = hook->next;
  hook->next = NULL;
  pthread_mutex_unlock(&g_hook_lock);
  lyr_object_dead(hook, NULL);
}

napi_status lyr_napi_add_env_cleanup_hook(napi_env env, napi_cleanup_hook fun, void *arg) {
  LYR_BEGIN(napi_add_env_cleanup_hook, env);
  lyr_check_callable(&call, (const void *)fun, "cleanup hook");
  struct lyr_object *known = call.self ? find_hook(&call, (void *)fun, arg, false) : NULL;
  if (known) {
    lyr_report(&call, LYR_RULE_HOOK_001, known, NULL);
    return NAPI_INVALID_ARG; /* Node would abort the process */
  }
  struct lyr_callback *callback = fun ? lyr_callback_new(LYR_HOOK, (void *)fun, arg, &call) : NULL;
  struct lyr_object *hook = callback ? lyr_object_new(LYR_CLEANUP_HOOK, NULL, &call) : NULL;
  if (!hook) {
    lyr_callback_free(callback);
    return LYR_END(LYR_REAL(napi_add_env_cleanup_hook)(env, fun, arg));
  }
  hook->data = arg;
  hook->extra = (void *)fun;
  hook->callbacks[0] = callback;
  callback->object = hook;
  napi_status status = LYR_REAL(napi_add_env_cleanup_hook)(env, (napi_cleanup_hook)lyr_thunk(callback), arg);
  if (status != NAPI_OK) {
    lyr_object_dead(hook, NULL);
    lyr_callback_free(callback);
    return LYR_END(status);
  }
  if (call.env) call.env->hooks++;
  pthread_mutex_lock(&g_hook_lock);
  hook->next = g_hooks;
  g_hooks = hook;
  pthread_mutex_unlock(&g_hook_lock);
  return status;
}

napi_status lyr_napi_remove_env_cleanup_hook(napi_env env, napi_cleanup_hook fun, void *arg) {
  LYR_BEGIN(napi_remove_env_cleanup_hook, env);
  struct lyr_object *known = call.self ? find_hook(&call, (void *)fun, arg, true) : NULL;
  if (!known) {
    if (call.self && !g_lyr_has_unwrapped) lyr_report(&call, LYR_RULE_HOOK_002, NULL, NULL);
    return LYR_END(LYR_REAL(napi_remove_env_cleanup_hook)(env, fun, arg));
  }
  napi_status status =
      LYR_REAL(napi_remove_env_cleanup_hook)(env, (napi_cleanup_hook)lyr_thunk(known->callbacks[0]), arg);
  lyr_callback_free(known->callbacks[0]);
  lyr_object_dead(known, &call);
  return LYR_END(status);
}

napi_status lyr_napi_add_async_cleanup_hook(napi_env env, napi_async_cleanup_hook hook, void *arg,
                                            napi_async_cleanup_hook_handle *remove_handle) {
  LYR_BEGIN(napi_add_async_cleanup_hook, env);
  lyr_check_callable(&call, (const void *)hook, "async cleanup hook");
  struct lyr_callback *callback = hook ? lyr_callback_new(LYR_ASYNC_HOOK_CALL, (void *)hook, arg, &call) : NULL;
  struct lyr_object *object = callback ? lyr_object_new(LYR_ASYNC_HOOK, NULL, &call) : NULL;
  if (object) callback->object = object;
  napi_async_cleanup_hook_handle real = NULL;
  napi_status status = LYR_REAL(napi_add_async_cleanup_hook)(
      env, callback ? (napi_async_cleanup_hook)lyr_thunk(callback) : hook, arg, remove_handle ? &real : NULL);
  if (object) {
    object->real = real;
    object->callbacks[0] = callback;
    if (status != NAPI_OK) lyr_object_dead(object, NULL);
  }
  if (status == NAPI_OK && call.env) call.env->hooks++;
  if (status != NAPI_OK) lyr_callback_free(callback);
  else if (remove_handle) *remove_handle = object ? LYR_HANDLE(object) : real;
  return LYR_END(status);
}

napi_status lyr_napi_remove_async_cleanup_hook(napi_async_cleanup_hook_handle remove_handle) {
  struct lyr_call call;
  lyr_begin(&call, LYR_napi_remove_async_cleanup_hook, NULL, AGT_CALLER());
  struct lyr_object *object = lyr_object_of(remove_handle);
  if (!object) return LYR_REAL(napi_remove_async_cleanup_hook)(remove_handle);
  if (object->type != LYR_ASYNC_HOOK || object->state == LYR_DEAD) {
    if (call.self) lyr_report(&call, LYR_RULE_HOOK_003, object, NULL);
    return NAPI_INVALID_ARG;
  }
  napi_status status = LYR_REAL(napi_remove_async_cleanup_hook)(object->real);
  if (status == NAPI_OK) lyr_object_dead(object, &call);
  return status;
}

/* ------------------------------------------------------------------------------------------------------- exceptions */

static napi_status thrown(struct lyr_call *call, napi_status status) {
  if (status == NAPI_OK && call->self && call->env && call->env->owner == call->self) call->env->is_pending = true;
  return lyr_end(call, status);
}

napi_status lyr_napi_throw(napi_env env, napi_value error) {
  LYR_BEGIN(napi_throw, env);
  LYR_USE(error);
  return thrown(&call, LYR_REAL(napi_throw)(env, error));
}
napi_status lyr_napi_throw_error(napi_env env, const char *code, const char *msg) {
  LYR_BEGIN(napi_throw_error, env);
  return thrown(&call, LYR_REAL(napi_throw_error)(env, code, msg));
}
napi_status lyr_napi_throw_type_error(napi_env env, const char *code, const char *msg) {
  LYR_BEGIN(napi_throw_type_error, env);
  return thrown(&call, LYR_REAL(napi_throw_type_error)(env, code, msg));
}
napi_status lyr_napi_throw_range_error(napi_env env, const char *code, const char *msg) {
  LYR_BEGIN(napi_throw_range_error, env);
  return thrown(&call, LYR_REAL(napi_throw_range_error)(env, code, msg));
}
napi_status lyr_node_api_throw_syntax_error(napi_env env, const char *code, const char *msg) {
  LYR_BEGIN(node_api_throw_syntax_error, env);
  return thrown(&call, LYR_REAL(node_api_throw_syntax_error)(env, code, msg));
}

napi_status lyr_napi_get_and_clear_last_exception(napi_env env, napi_value *result) {
  LYR_BEGIN(napi_get_and_clear_last_exception, env);
  napi_status status = LYR_REAL(napi_get_and_clear_last_exception)(env, result);
  if (status == NAPI_OK && call.self && call.env && call.env->owner == call.self) call.env->is_pending = false;
  LYR_MADE(status, result);
  return LYR_END(status);
}

/* ------------------------------------------------------------------------------------------------------ without env */

void lyr_napi_module_register(napi_module *mod) {
  struct lyr_call call;
  lyr_begin(&call, LYR_napi_module_register, NULL, AGT_CALLER());
  napi_module *copy = call.self && mod && mod->nm_register_func ? agt_map(sizeof *copy) : NULL;
  struct lyr_callback *init =
      copy ? lyr_callback_new(LYR_INIT, (void *)mod->nm_register_func, NULL, &call) : NULL;
  if (!init) {
    LYR_REAL(napi_module_register)(mod);
    return;
  }
  *copy = *mod; /* Node keeps it for good, as it would the addon's own */
  copy->nm_register_func = (napi_addon_register_func)lyr_thunk(init);
  LYR_REAL(napi_module_register)(copy);
}

void lyr_napi_fatal_error(const char *location, size_t location_len, const char *message, size_t message_len) {
  struct lyr_thread *self = lyr_self();
  if (self) lyr_check_fatal(self, AGT_CALLER());
  lyr_fatal(location, location_len, message, message_len);
  LYR_REAL(napi_fatal_error)(location, location_len, message, message_len);
  __builtin_unreachable();
}
