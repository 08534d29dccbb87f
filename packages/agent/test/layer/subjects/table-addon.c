/* Looks no function up: all come from the tables of its env. Deletes a reference twice. */
#include "table-api.h"

#define JS(env) (((struct table_env *)(env))->js ? ((struct table_env *)(env))->js : ((struct table_env *)(env))->hidden)

static napi_value broken(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value object;
  napi_ref ref;
  JS(env)->create_object(env, &object);
  JS(env)->create_reference(env, object, 1, &ref);
  JS(env)->delete_reference(env, ref);
#ifndef FIXED
  if (((struct table_env *)env)->js) JS(env)->delete_reference(env, ref); /* without the layer it would be freed twice */
#endif
  return NULL;
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value function;
  JS(env)->create_function(env, "broken", 6, broken, NULL, &function);
  JS(env)->set_named_property(env, exports, "broken", function);
  return exports;
}
