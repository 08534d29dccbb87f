/* Inside a subject under a checker: asks the checker, whichever it is, to look for leaks now.
 * Compiled on first use. Without any checker every call is a no-op that says so. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define HAS_VALGRIND 1
#endif
#endif

/* The few functions of Node-API that are used, so that no headers are needed. */
typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
typedef int napi_status;
napi_status napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
napi_status napi_set_named_property(napi_env, napi_value, const char *, napi_value);
napi_status napi_create_string_utf8(napi_env, const char *, size_t, napi_value *);
napi_status napi_create_double(napi_env, double, napi_value *);

static napi_value text(napi_env env, const char *value) {
  napi_value result = NULL;
  napi_create_string_utf8(env, value, SIZE_MAX, &result);
  return result;
}

/* Lists what is lost now, and goes on. */
static napi_value check_leaks(napi_env env, napi_callback_info info) {
  (void)info;
  int (*recoverable)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "__lsan_do_recoverable_leak_check");
  if (recoverable != NULL) {
    recoverable();
    return text(env, "lsan");
  }
#ifdef HAS_VALGRIND
  if (RUNNING_ON_VALGRIND) {
    VALGRIND_DO_ADDED_LEAK_CHECK;
    return text(env, "valgrind");
  }
#endif
  return text(env, "");
}

/* Instead of the check at the end of the process: for processes that end in a way that leaves everything behind. */
static napi_value check_leaks_at_end(napi_env env, napi_callback_info info) {
  (void)info;
  void (*last)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "__lsan_do_leak_check");
  if (last == NULL) return text(env, "");
  last();
  return text(env, "lsan");
}

static napi_value live_bytes(napi_env env, napi_callback_info info) {
  (void)info;
  size_t (*bytes)(void) = (size_t (*)(void))dlsym(RTLD_DEFAULT, "__sanitizer_get_current_allocated_bytes");
  napi_value result = NULL;
  napi_create_double(env, bytes == NULL ? -1 : (double)bytes(), &result);
  return result;
}

static void export_function(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function = NULL;
  napi_create_function(env, name, SIZE_MAX, callback, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  export_function(env, exports, "checkLeaks", check_leaks);
  export_function(env, exports, "checkLeaksAtEnd", check_leaks_at_end);
  export_function(env, exports, "liveBytes", live_bytes);
  return exports;
}
