/* What threads do at their edges. `threads WAY`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_key_t keys[8];

/* Allocates in every round that the library grants, and after other libraries' destructors have run. */
static void destroy(void *value) {
  long left = (long)value;
  free(malloc(7103));
  void *kept = malloc(7109);
  if (left > 1) pthread_setspecific(keys[left & 7], (void *)(left - 1));
  free(kept);
}

static void *end_with_destructors(void *argument) {
  for (long i = 0; i < 8; i++) pthread_setspecific(keys[i], (void *)(i + 32));
  return argument;
}

static void *do_nothing(void *argument) { return argument; }

static int count_mappings(void) {
  int count = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  for (int c; maps && (c = fgetc(maps)) != EOF;) count += c == '\n';
  if (maps) fclose(maps);
  return count;
}

static void *allocate_once(void *argument) {
  free(malloc(7121));
  return argument;
}

static void *(*plugin)(void);
static void *call_plugin(void *argument) {
  free(plugin());
  return argument;
}

static void *allocate_and_exit(void *argument) {
  (void)argument;
  free(malloc(7121));
  exit(0);
}

static int start(void *(*run)(void *), size_t stack_bytes) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  if (stack_bytes) pthread_attr_setstacksize(&attributes, stack_bytes);
  int failed = pthread_create(&thread, &attributes, run, NULL);
  pthread_attr_destroy(&attributes);
  return failed ? failed : pthread_join(thread, NULL);
}

#ifdef BIG_TLS
static __thread char big[BIG_TLS];
__attribute__((noinline)) static void touch_tls(void) { memset(big, 1, sizeof big); }
#else
static void touch_tls(void) {}
#endif

static void *cancelled(void *argument) {
  (void)argument;
  for (;;) {
    free(malloc(7127));
    pthread_testcancel();
  }
}

static void *wait_for_cancel(void *argument) {
  (void)argument;
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
  return cancelled(NULL);
}

int main(int count, char **arguments) {
  const char *way = count > 1 ? arguments[1] : "";
  touch_tls();
  if (!strcmp(way, "tiny")) {
    for (int i = 0; i < 50; i++)
      if (start(allocate_once, PTHREAD_STACK_MIN)) return 3;
  } else if (!strcmp(way, "tiny-plugin")) {
    plugin = (void *(*)(void))dlsym(dlopen(arguments[2], RTLD_NOW), "run_plugin");
    return start(call_plugin, PTHREAD_STACK_MIN);
  } else if (!strcmp(way, "tiny-exit")) {
    return start(allocate_and_exit, PTHREAD_STACK_MIN);
  } else if (!strcmp(way, "own-stack")) {
    pthread_attr_t attributes;
    pthread_t thread;
    char *stack = aligned_alloc(4096, 256 * 1024);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, 256 * 1024);
    if (pthread_create(&thread, &attributes, allocate_once, NULL)) return 3;
    pthread_join(thread, NULL);
    free(stack);
  } else if (!strcmp(way, "destructors")) {
    for (int i = 0; i < 8; i++) pthread_key_create(&keys[i], destroy);
    for (int i = 0; i < 200; i++)
      if (start(end_with_destructors, 0)) return 3;
  } else if (!strcmp(way, "short")) {
    for (int i = 0; i < 1000; i++)
      if (start(allocate_once, 64 * 1024)) return 3;
  } else if (!strcmp(way, "idle")) {
    /* The first few make what is made once; glibc keeps a stack or two. */
    for (int i = 0; i < 20; i++)
      if (start(do_nothing, 64 * 1024)) return 3;
    printf("%d ", count_mappings());
    for (int i = 0; i < 200; i++)
      if (start(do_nothing, 64 * 1024)) return 3;
    printf("%d\n", count_mappings());
  } else if (!strcmp(way, "default")) {
    if (start(allocate_once, 0)) return 3;
  } else if (!strcmp(way, "cancel")) {
    for (int i = 0; i < 20; i++) {
      pthread_t thread;
      if (pthread_create(&thread, NULL, wait_for_cancel, NULL)) return 3;
      usleep(2000);
      pthread_cancel(thread);
      pthread_join(thread, NULL);
    }
  } else if (!strcmp(way, "wait")) {
    if (start(allocate_once, 0)) return 3;
    puts("ready");
    fflush(stdout);
    for (;;) pause();
  }
  puts("unharmed");
  return 0;
}
