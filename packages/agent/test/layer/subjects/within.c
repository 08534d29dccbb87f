/* Where objects are made: in one callback by two ways, and after a callback that JavaScript entered in between. */
#define NAPI_VERSION 8
#include <node_api.h>

static void __attribute__((noinline)) break_rule(napi_env env) {
  napi_value object;
  napi_ref ref;
  napi_create_object(env, &object);
  napi_create_reference(env, object, 1, &ref);
  napi_delete_reference(env, ref);
  napi_delete_reference(env, ref);
  __asm__ volatile("");
}
static void __attribute__((noinline)) one_way(napi_env env) { break_rule(env); __asm__ volatile(""); }
static void __attribute__((noinline)) other_way(napi_env env) { break_rule(env); __asm__ volatile(""); }

static napi_value both(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value callback, undefined;
  napi_get_cb_info(env, info, &argc, &callback, NULL, NULL);
  napi_get_undefined(env, &undefined);
  one_way(env);
  napi_call_function(env, undefined, callback, 0, NULL, NULL);
  other_way(env);
  return NULL;
}

static napi_value inner(napi_env env, napi_callback_info info) {
  (void)info;
  break_rule(env);
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "both", NAPI_AUTO_LENGTH, both, NULL, &function);
  napi_set_named_property(env, exports, "both", function);
  napi_create_function(env, "inner", NAPI_AUTO_LENGTH, inner, NULL, &function);
  napi_set_named_property(env, exports, "inner", function);
  return exports;
}
