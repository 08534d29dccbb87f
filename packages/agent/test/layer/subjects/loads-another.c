/*
 * An addon that brings another one with it: by the loader's own hand (`open`), or through process.dlopen (`openByProcess`).
 * Not in its start: Node holds a lock then that process.dlopen waits for without end.
 */
#define NAPI_VERSION 8
#include <dlfcn.h>
#include <node_api.h>

static void path_of(napi_env env, napi_callback_info info, char *path, size_t capacity) {
  size_t count = 1, length = 0;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_string_utf8(env, argument, path, capacity, &length);
}

static napi_value open_other(napi_env env, napi_callback_info info) {
  char path[4096];
  napi_value exports;
  path_of(env, info, path, sizeof path);
  void *library = dlopen(path, RTLD_NOW);
  if (!library) {
    napi_throw_error(env, NULL, dlerror());
    return NULL;
  }
  napi_create_object(env, &exports);
  return ((napi_value(*)(napi_env, napi_value))dlsym(library, "napi_register_module_v1"))(env, exports);
}

/* process.dlopen(module, path), as require would do it. */
static napi_value open_by_process(napi_env env, napi_callback_info info) {
  char path[4096];
  napi_value global, process, open, arguments[2], result, exports;
  path_of(env, info, path, sizeof path);
  napi_get_global(env, &global);
  napi_get_named_property(env, global, "process", &process);
  napi_get_named_property(env, process, "dlopen", &open);
  napi_create_object(env, &arguments[0]);
  napi_create_object(env, &exports);
  napi_set_named_property(env, arguments[0], "exports", exports);
  napi_create_string_utf8(env, path, NAPI_AUTO_LENGTH, &arguments[1]);
  napi_call_function(env, process, open, 2, arguments, &result);
  napi_get_named_property(env, arguments[0], "exports", &exports);
  return exports;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "open", NAPI_AUTO_LENGTH, open_other, NULL, &function);
  napi_set_named_property(env, exports, "open", function);
  napi_create_function(env, "openByProcess", NAPI_AUTO_LENGTH, open_by_process, NULL, &function);
  napi_set_named_property(env, exports, "openByProcess", function);
  return exports;
}
