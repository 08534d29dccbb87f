/* A finalizer of an addon that declares the experimental Node-API calls what may change the heap. */
#define NAPI_VERSION 2147483647
#define NAPI_EXPERIMENTAL
#define NODE_API_EXPERIMENTAL_NOGC_ENV_OPT_OUT
#include <node_api.h>
#include <stdlib.h>

static void finalize(napi_env env, void *data, void *hint) {
  napi_value made;
  (void)hint;
  free(data);
  napi_create_object(env, &made);
}

static napi_value make(napi_env env, napi_callback_info info) {
  napi_value object;
  (void)info;
  napi_create_object(env, &object);
  napi_wrap(env, object, malloc(8), finalize, NULL, NULL);
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "make", NAPI_AUTO_LENGTH, make, NULL, &function);
  napi_set_named_property(env, exports, "make", function);
  return exports;
}
