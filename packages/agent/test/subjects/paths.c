/*
 * Threads that wander through one function by its two call sites, forth and back at random. What a block was asked for names
 * the way to it: 32768 + a one and then a bit for each call. Prints the return addresses of the call sites for 0 and 1.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BASE = 32768, DEPTH_MAX = 12 };
static void *volatile sites[2];
static int roots;

static uint32_t next(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  return *state ^= *state << 5;
}

__attribute__((noinline, noclone)) static void allocate(uint32_t way) {
  free(malloc(BASE + way));
  __asm__ volatile("");
}

__attribute__((noinline, noclone)) static void walk(uint32_t way, int depth, uint32_t *state) {
  if (depth > 0) sites[way & 1] = __builtin_return_address(0);
  allocate(way);
  while (depth < DEPTH_MAX && next(state) % 8 < 5) {
    if (next(state) & 1) walk(way << 1 | 1, depth + 1, state);
    else walk(way << 1, depth + 1, state);
    __asm__ volatile("" ::: "memory");
    if (next(state) & 1) allocate(way);
  }
  __asm__ volatile("");
}

static void *run(void *argument) {
  uint32_t state = (uint32_t)(uintptr_t)argument * 7919u + 17;
  for (int i = 0; i < roots; i++) walk(1, 0, &state);
  return argument;
}

int main(int count, char **arguments) {
  roots = count > 1 ? atoi(arguments[1]) : 200;
  pthread_t threads[3];
  for (long i = 0; i < 3; i++) pthread_create(&threads[i], NULL, run, (void *)i);
  run((void *)3);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  printf("%lu %lu\n", (unsigned long)sites[0], (unsigned long)sites[1]);
  return 0;
}
