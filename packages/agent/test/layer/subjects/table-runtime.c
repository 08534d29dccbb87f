/*
 * A runtime that gives its addons Node-API in tables, as Node means to (nodejs/node#60916): a program with the few functions
 * that table-addon.c calls, and values that are numbers. `table-runtime ADDON` loads the addon and calls what it exports.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include "table-api.h"

static struct table_env g_env;
static napi_callback g_exported;
static void (*g_hook)(void *);
static void *g_hook_argument;
static uintptr_t g_next = 0x1000;

#define API __attribute__((visibility("default"), noinline))
static napi_value new_value(void) { return (napi_value)(g_next += 16); }

API napi_status napi_create_object(napi_env env, napi_value *result) { return (void)env, *result = new_value(), 0; }
API napi_status napi_create_function(napi_env env, const char *name, size_t length, napi_callback callback, void *data, napi_value *result) {
  (void)env, (void)name, (void)length, (void)data;
  g_exported = callback;
  return *result = new_value(), 0;
}
API napi_status napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value value) {
  return (void)env, (void)object, (void)name, (void)value, 0;
}
API napi_status napi_create_reference(napi_env env, napi_value value, uint32_t count, napi_ref *result) {
  return (void)env, (void)value, (void)count, *result = malloc(16), 0;
}
API napi_status napi_delete_reference(napi_env env, napi_ref ref) { return (void)env, free(ref), 0; }
API napi_status napi_is_exception_pending(napi_env env, bool *result) { return (void)env, *result = false, 0; }
API napi_status napi_add_env_cleanup_hook(napi_env env, void (*hook)(void *), void *argument) {
  return (void)env, g_hook = hook, g_hook_argument = argument, 0;
}

static const struct js_table g_js = {napi_create_object,    napi_create_function,  napi_set_named_property,
                                     napi_create_reference, napi_delete_reference, napi_is_exception_pending};
static const struct module_table g_module = {napi_add_env_cleanup_hook};

int main(int argc, char **argv) {
  void *addon = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (!addon) return fprintf(stderr, "%s\n", dlerror()), 2;
  napi_value (*start)(napi_env, napi_value) = dlsym(addon, "napi_register_module_v1");
  g_env = (struct table_env){TABLE_SENTINEL, argc > 2 ? NULL : &g_js, &g_module, &g_js};
  start((napi_env)&g_env, new_value());
  if (g_exported) g_exported((napi_env)&g_env, (napi_callback_info)&g_next);
  if (g_hook) g_hook(g_hook_argument);
  return 0;
}
