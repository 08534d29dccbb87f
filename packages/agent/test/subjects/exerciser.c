/*
 * Threads that allocate, grow, hand over and free each other's blocks, so that addresses wander between threads all the
 * time. `exerciser THREADS ITERATIONS [maps]`. The only blocks of 104729 and 104743 bytes mark the beginning and the end.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SLOTS = 64 };
static void *_Atomic slots[SLOTS];
static long iterations;
static int uses_maps;

static uint32_t next(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  return *state ^= *state << 5;
}

/* Few sizes, so that a freed address is soon somebody's again. */
static size_t size_for(uint32_t random) {
  static const size_t sizes[] = {31, 61, 127, 251, 509, 1021, 4093};
  return sizes[random % 7];
}

static void *allocate(uint32_t random) {
  size_t bytes = size_for(random >> 8);
  void *block = NULL;
  switch (random & 15) {
    case 0: return calloc(1, bytes);
    case 1: return posix_memalign(&block, 64, bytes) ? NULL : block;
    case 2: return aligned_alloc(32, bytes);
    case 3: return memalign(128, bytes);
    case 4: return realloc(NULL, bytes);
    case 5: return reallocarray(NULL, 1, bytes);
    default: return malloc(bytes);
  }
}

static void *work(void *argument) {
  uint32_t state = 2463534242u + (uint32_t)(uintptr_t)argument * 7919u;
  for (long i = 0; i < iterations; i++) {
    uint32_t random = next(&state);
    void *_Atomic *slot = &slots[random >> 16 & (SLOTS - 1)];
    void *block = atomic_exchange(slot, NULL);
    if (block && (random & 3) == 1) block = realloc(block, size_for(random >> 4));
    else if (block) {
      free(block);
      block = NULL;
    }
    if (!block) block = allocate(next(&state));
    free(atomic_exchange(slot, block));
    if (uses_maps && i % 64 == 0) {
      void *map = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      munmap(map, 3 * 4096);
    }
  }
  return NULL;
}

int main(int count, char **arguments) {
  int threads = count > 1 ? atoi(arguments[1]) : 8;
  iterations = count > 2 ? atol(arguments[2]) : 10000;
  uses_maps = count > 3 && strcmp(arguments[3], "maps") == 0;
  pthread_t ids[64];
  /* The agent makes its own thread with the program's first: before the mark. */
  iterations = -iterations;
  pthread_create(&ids[0], NULL, work, NULL);
  pthread_join(ids[0], NULL);
  iterations = -iterations;
  free(malloc(104729));
  for (int i = 0; i < threads; i++) pthread_create(&ids[i], NULL, work, (void *)(uintptr_t)i);
  for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  free(malloc(104743));
  puts("unharmed");
  return 0;
}
