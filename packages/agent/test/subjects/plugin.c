/* A library to load, unload, and load another at its place. NAME and SIZE make it distinct. */
#include <stdlib.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

__attribute__((noinline)) void *JOIN(allocate_in_, NAME)(void) {
  void *volatile block = malloc(SIZE);
  return block;
}

__attribute__((visibility("default"))) void *run_plugin(void) {
  void *volatile block = JOIN(allocate_in_, NAME)();
  return block;
}
