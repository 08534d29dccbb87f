/* A library to load, unload, and load another at its place. NAME and SIZE make it distinct. */
#include <stdlib.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

__attribute__((noinline)) void *JOIN(allocate_in_, NAME)(void) {
  void *volatile block = malloc(SIZE);
  return block;
}

/* Of loader.c, where it has been linked so that libraries see it. */
void wait_in_constructor(void) __attribute__((weak));
__attribute__((constructor)) static void begin(void) {
  if (wait_in_constructor) wait_in_constructor();
}

__attribute__((visibility("default"))) void *run_plugin(void) {
  void *volatile block = JOIN(allocate_in_, NAME)();
  return block;
}
