// Node-API's own rules.
#include <pthread.h>
#include <stdlib.h>

#include "seeded.h"

static void *touch_env(void *env) {
  // Harmless by luck: this call only reads. On any other thread than the JavaScript one it is forbidden.
  uint32_t version;
  napi_get_version(env, &version);
  return NULL;
}

static napi_value call_from_another_thread(napi_env env, napi_callback_info info) {
  (void)info;
  if (SEEDED) {
    pthread_t other;
    pthread_create(&other, NULL, touch_env, env);
    pthread_join(other, NULL);
  } else {
    touch_env(env);
  }
  return number(env, 1);
}

static napi_value use_after_scope(napi_env env, napi_callback_info info) {
  (void)info;
  napi_handle_scope scope;
  napi_value object, name, result = NULL;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return NULL;
  if (napi_create_object(env, &object) != napi_ok) object = NULL;
  if (!SEEDED && object != NULL && napi_create_string_utf8(env, "a", 1, &name) == napi_ok)
    napi_has_own_property(env, object, name, &(bool){0});
  napi_close_handle_scope(env, scope);
  if (SEEDED && object != NULL) {
    napi_valuetype type;
    napi_typeof(env, object, &type);
  }
  napi_get_undefined(env, &result);
  return result;
}

static napi_value call_while_pending(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value object = NULL;
  napi_throw_error(env, "SEEDED", "the workload expects this");
  if (SEEDED)
    for (int i = 0; i < 3; i++) napi_create_promise(env, &(napi_deferred){0}, &object);
  return NULL;
}

static void call_js(napi_env env, napi_value callback, void *context, void *data) {
  (void)env;
  (void)callback;
  (void)context;
  (void)data;
}

static napi_value never_release(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value name;
  napi_threadsafe_function function;
  napi_create_string_utf8(env, "seeded", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, call_js, &function) != napi_ok)
    return NULL;
  napi_unref_threadsafe_function(env, function);
  if (!SEEDED) napi_release_threadsafe_function(function, napi_tsfn_release);
  return number(env, 1);
}

static napi_value never_resolve(napi_env env, napi_callback_info info) {
  (void)info;
  napi_deferred deferred;
  napi_value promise;
  if (napi_create_promise(env, &deferred, &promise) != napi_ok) return NULL;
  if (!SEEDED) napi_resolve_deferred(env, deferred, number(env, 1));
  return number(env, 1);
}

const seeded_entry seeded_rules[] = {
    {"callFromAnotherThread", call_from_another_thread},
    {"useAfterScope", use_after_scope},
    {"callWhilePending", call_while_pending},
    {"neverRelease", never_release},
    {"neverResolve", never_resolve},
    {NULL, NULL},
};
