/* Deletes a reference twice; how it comes to its Node-API functions and how it is registered is up to the build. */
#define NAPI_VERSION 8
#include <dlfcn.h>
#include <node_api.h>

#ifdef BY_DLSYM
#define CALL(name) ((__typeof__(&name))dlsym(RTLD_DEFAULT, #name))
#else
#define CALL(name) name
#endif

static napi_value broken(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value object;
  napi_ref ref;
  CALL(napi_create_object)(env, &object);
  CALL(napi_create_reference)(env, object, 1, &ref);
  CALL(napi_delete_reference)(env, ref);
  CALL(napi_delete_reference)(env, ref);
  return NULL;
}

static napi_value start(napi_env env, napi_value exports) {
  napi_value function;
  CALL(napi_create_function)(env, "broken", NAPI_AUTO_LENGTH, broken, NULL, &function);
  CALL(napi_set_named_property)(env, exports, "broken", function);
  return exports;
}

#ifdef BY_CONSTRUCTOR
static napi_module g_module = {1, 0, __FILE__, start, "ways_in", NULL, {0}};
__attribute__((constructor)) static void register_module(void) { CALL(napi_module_register)(&g_module); }
#else
NAPI_MODULE_INIT() { return start(env, exports); }
#endif
