/* Inside a subject under a checker: asks the checker, whichever it is, to look for leaks now.
 * Compiled on first use. Without any checker every call is a no-op that says so. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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
typedef struct {
  uint32_t major, minor, patch;
  const char *release;
} napi_node_version;
napi_status napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
napi_status napi_set_named_property(napi_env, napi_value, const char *, napi_value);
napi_status napi_create_string_utf8(napi_env, const char *, size_t, napi_value *);
napi_status napi_get_node_version(napi_env, const napi_node_version **);

static napi_value text(napi_env env, const char *value) {
  napi_value result = NULL;
  napi_create_string_utf8(env, value, SIZE_MAX, &result);
  return result;
}

/* Where AddressSanitizer keeps its shadow and its heap: no pages of V8 there. */
#define SHADOW_START 0x7fff7000ul
#define SHADOW_END 0x10007fff8000ul
#define HEAP_START 0x600000000000ul
#define HEAP_END 0x640000000000ul
#define V8_PAGE 0x40000ul
#define V8_PAGE_HEADER 0x400ul
#define V8_PAGE_SMALLEST 0x1000ul
#define PAGES_MAX 16384

typedef void (*root_region_function)(const void *, size_t);

static bool looks_like_header(const size_t *page) {
  /* Node 20: its size first. Node 22: its flags, then its own address. */
  bool begins_with_size = page[0] >= V8_PAGE_SMALLEST && page[0] < (1ul << 32) && page[0] % 8 == 0;
  return begins_with_size || page[1] == (size_t)page;
}

/*
 * V8 keeps bookkeeping in malloc whose only pointers are in the headers of its pages, which LeakSanitizer does not read: at
 * every check it would take some 500 blocks for lost, and spend seconds on naming them. The rest of a page stays unread: there
 * dead objects still hold pointers to what was leaked through them.
 */
static size_t page_headers(uintptr_t *found) {
  FILE *maps = fopen("/proc/self/maps", "r");
  if (maps == NULL) return 0;
  size_t count = 0;
  char line[512];
  while (fgets(line, sizeof line, maps) != NULL) {
    unsigned long start, end, inode;
    char permissions[8];
    if (sscanf(line, "%lx-%lx %7s %*x %*s %lu", &start, &end, permissions, &inode) != 4) continue;
    if (permissions[0] != 'r' || permissions[1] != 'w' || inode != 0 || strchr(line, '[') != NULL) continue;
    if ((start >= SHADOW_START && start < SHADOW_END) || (start >= HEAP_START && start < HEAP_END)) continue;
    uintptr_t page = (start + V8_PAGE - 1) & ~(V8_PAGE - 1);
    for (; page + V8_PAGE_HEADER <= end && count < PAGES_MAX; page += V8_PAGE)
      if (looks_like_header((const size_t *)page)) found[count++] = page;
  }
  fclose(maps);
  return count;
}

/* From Node 24 on the bookkeeping is found without the headers. */
static bool needs_page_headers(napi_env env) {
  const napi_node_version *version = NULL;
  return napi_get_node_version(env, &version) == 0 && version->major < 24;
}

static uintptr_t pages[PAGES_MAX];
static size_t page_count;

static void for_each_page(const char *function) {
  root_region_function apply = (root_region_function)dlsym(RTLD_DEFAULT, function);
  for (size_t i = 0; apply != NULL && i < page_count; i++) apply((const void *)pages[i], V8_PAGE_HEADER);
}

static void read_page_headers(napi_env env) {
  page_count = needs_page_headers(env) ? page_headers(pages) : 0;
  for_each_page("__lsan_register_root_region");
}

/* Lists what is lost now, and goes on. */
static napi_value check_leaks(napi_env env, napi_callback_info info) {
  (void)info;
  int (*recoverable)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "__lsan_do_recoverable_leak_check");
  if (recoverable != NULL) {
    read_page_headers(env);
    recoverable();
    for_each_page("__lsan_unregister_root_region");
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
  void (*check)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "__lsan_do_leak_check");
  if (check == NULL) return text(env, "");
  read_page_headers(env);
  check();
  /* There is another check at the end, of what is then half taken down: what it says is not wanted. */
  void (*report_to)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "__sanitizer_set_report_fd");
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (report_to != NULL && nowhere >= 0) report_to((void *)(intptr_t)nowhere);
  return text(env, "lsan");
}

static void export_function(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function = NULL;
  napi_create_function(env, name, SIZE_MAX, callback, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  export_function(env, exports, "checkLeaks", check_leaks);
  export_function(env, exports, "checkLeaksAtEnd", check_leaks_at_end);
  return exports;
}
