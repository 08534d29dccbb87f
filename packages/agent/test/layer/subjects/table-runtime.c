/*
 * A runtime that gives its addons Node-API in tables, as Node means to (nodejs/node#60916): a program with the few functions
 * that table-addon.c calls, and values that are numbers. `table-runtime ADDON` loads the addon and calls what it exports.
 * Its own functions allocate nothing, and its malloc is the process's: so `table-runtime ADDON watch` sees what the layer
 * takes from the process's allocator in many calls.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
  static uint8_t refs[1 << 16];
  static uint16_t next;
  return (void)env, (void)value, (void)count, *result = (napi_ref)&refs[next++], 0;
}
API napi_status napi_delete_reference(napi_env env, napi_ref ref) { return (void)env, (void)ref, 0; }
API napi_status napi_is_exception_pending(napi_env env, bool *result) { return (void)env, *result = false, 0; }
API napi_status napi_add_env_cleanup_hook(napi_env env, void (*hook)(void *), void *argument) {
  return (void)env, g_hook = hook, g_hook_argument = argument, 0;
}

static const struct js_table g_js = {napi_create_object,    napi_create_function,  napi_set_named_property,
                                     napi_create_reference, napi_delete_reference, napi_is_exception_pending};
static const struct module_table g_module = {napi_add_env_cleanup_hook};

static bool g_is_watching;
static int g_allocations;
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
API void *malloc(size_t bytes) { return g_allocations += g_is_watching, __libc_malloc(bytes); }
API void *calloc(size_t count, size_t bytes) { return g_allocations += g_is_watching, __libc_calloc(count, bytes); }
API void *realloc(void *block, size_t bytes) { return g_allocations += g_is_watching, __libc_realloc(block, bytes); }
API void free(void *block) { g_allocations += g_is_watching, __libc_free(block); }

static void watch(void) {
  void *(*volatile take)(size_t) = malloc;
  g_exported((napi_env)&g_env, (napi_callback_info)&g_next); /* what the loader does at first calls is not the layer's */
  g_is_watching = true;
  for (int i = 0; i < 100000; i++) g_exported((napi_env)&g_env, (napi_callback_info)&g_next);
  int of_layer = g_allocations;
  take(1);
  g_is_watching = false;
  printf("%d %d\n", of_layer, g_allocations);
}

int main(int argc, char **argv) {
  bool is_hidden = argc > 2 && strcmp(argv[2], "hidden") == 0;
  void *addon = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (!addon) return fprintf(stderr, "%s\n", dlerror()), 2;
  napi_value (*start)(napi_env, napi_value) = dlsym(addon, "napi_register_module_v1");
  g_env = (struct table_env){TABLE_SENTINEL, is_hidden ? NULL : &g_js, &g_module, &g_js};
  start((napi_env)&g_env, new_value());
  if (argc > 2 && !is_hidden) watch();
  else if (g_exported) g_exported((napi_env)&g_env, (napi_callback_info)&g_next);
  if (g_hook) g_hook(g_hook_argument);
  return 0;
}
