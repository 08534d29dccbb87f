/*
 * Threads that allocate until they are killed. `counted FILE THREADS`: each thread keeps, in a file that outlives it, how many
 * blocks it has been given. Thread t asks for 20000 + t bytes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile uint64_t *counts;

static void *work(void *argument) {
  uintptr_t index = (uintptr_t)argument;
  for (;;) {
    free(malloc(20000 + index));
    counts[index]++;
  }
  return NULL;
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  int fd = open(arguments[1], O_RDWR | O_CREAT, 0600);
  if (ftruncate(fd, 4096) != 0) return 3;
  counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  pthread_t thread;
  for (long i = 0; i < atol(arguments[2]); i++) pthread_create(&thread, NULL, work, (void *)i);
  for (;;) pause();
}
