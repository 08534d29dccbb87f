/* One thread, the same calls every time, known totals: what aggregate mode must agree with full mode on. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *kept[4096];

__attribute__((noinline)) static void *first_site(size_t bytes) { return malloc(bytes); }
__attribute__((noinline)) static void *second_site(size_t bytes) { return calloc(1, bytes); }
__attribute__((noinline)) static void *third_site(void *old, size_t bytes) { return realloc(old, bytes); }
__attribute__((noinline)) static void *fourth_site(size_t bytes) { return memalign(64, bytes); }

int main(void) {
  uint32_t state = 12345;
  for (int i = 0; i < 200000; i++) {
    state = state * 1664525u + 1013904223u;
    void **slot = &kept[state >> 20];
    size_t bytes = 8 + (state >> 8 & 1023);
    switch (state >> 4 & 7) {
      case 0: case 1: free(*slot); *slot = first_site(bytes); break;
      case 2: free(*slot); *slot = second_site(bytes); break;
      case 3: free(*slot); *slot = fourth_site(bytes); break;
      case 4: *slot = third_site(*slot, bytes); break;
      case 5: if (*slot && !realloc(*slot, PTRDIFF_MAX)) break; /* fails: nothing changes */ break;
      default: free(*slot); *slot = NULL;
    }
  }
  int page = 4096, protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
  for (int i = 0; i < 20; i++) {
    char *map = mmap(NULL, 64 * (size_t)page, protection, flags, -1, 0);
    munmap(map, 10 * (size_t)page);
    munmap(map + 40 * page, 24 * (size_t)page);
    if (i % 2) munmap(map + 10 * page, 30 * (size_t)page);
    else if (i % 4) map = mremap(map + 10 * page, 30 * (size_t)page, 90 * (size_t)page, MREMAP_MAYMOVE);
  }
  for (int i = 0; i < 30; i++) {
    int fd = open("/dev/null", O_RDONLY);
    if (i % 3) close(fd);
  }
  return 0;
}
