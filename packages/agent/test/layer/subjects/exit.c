/* Frees at the end of the process what JavaScript still holds: nobody will look at it again. */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdlib.h>

static void *g_data;

static napi_value hold(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value buffer;
  g_data = malloc(64);
  napi_create_external_arraybuffer(env, g_data, 64, NULL, NULL, &buffer);
  return buffer;
}

static napi_value drop(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  free(g_data);
  g_data = NULL;
  return NULL;
}

/* What Node says to an external buffer. */
static napi_value ask(napi_env env, napi_callback_info info) {
  (void)info;
  static char data[8];
  napi_value buffer, number;
  napi_status status = napi_create_external_buffer(env, 8, data, NULL, NULL, &buffer);
  napi_create_int32(env, status, &number);
  return number;
}

__attribute__((destructor)) static void at_end(void) { free(g_data); }

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "hold", NAPI_AUTO_LENGTH, hold, NULL, &function);
  napi_set_named_property(env, exports, "hold", function);
  napi_create_function(env, "drop", NAPI_AUTO_LENGTH, drop, NULL, &function);
  napi_set_named_property(env, exports, "drop", function);
  napi_create_function(env, "ask", NAPI_AUTO_LENGTH, ask, NULL, &function);
  napi_set_named_property(env, exports, "ask", function);
  return exports;
}
