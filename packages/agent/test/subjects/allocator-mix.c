/* What every allocator must survive under the agent: all functions, threads that end, blocks freed elsewhere. */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *blocks[1000];

static void *fill(void *argument) {
  for (int i = 0; i < 1000; i++) {
    blocks[i] = malloc(7459);
    memset(blocks[i], i, 7459);
  }
  return argument;
}

int main(void) {
  pthread_t thread;
  for (int round = 0; round < 3; round++) {
    pthread_create(&thread, NULL, fill, NULL);
    pthread_join(thread, NULL);
    for (int i = 0; i < 1000; i += 2) blocks[i] = realloc(blocks[i], 7477);
    for (int i = 0; i < 1000; i++) free(blocks[i]);
  }
  void *block;
  if (posix_memalign(&block, 4096, 7481)) return 3;
  if (malloc_usable_size(block) < 7481) return 4;
  free(block);
  free(calloc(7, 1069));
  free(aligned_alloc(64, 7488));
  free(memalign(64, 7489));
  void *large = malloc(50 << 20);
  large = realloc(large, 90 << 20);
  free(large);
  malloc(7499);
  puts("unharmed");
  return 0;
}
