/* Mappings made, cut, moved and replaced. Prints what is left of them at the end: start and length each. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096 };
static const int protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;

static char *map(size_t pages) { return mmap(NULL, pages * PAGE, protection, flags, -1, 0); }
static void left(const char *start, size_t pages) { printf("%lu %lu\n", (unsigned long)(uintptr_t)start, pages * PAGE); }

int main(void) {
  munmap(map(3), 3 * PAGE);

  char *whole = map(5);
  left(whole, 5);

  char *middle = map(10);
  munmap(middle + 3 * PAGE, 4 * PAGE);
  left(middle, 3);
  left(middle + 7 * PAGE, 3);

  char *aligned = map(64); /* how V8 gets an aligned range: both ends are given back */
  munmap(aligned, 10 * PAGE);
  munmap(aligned + 40 * PAGE, 24 * PAGE);
  left(aligned + 10 * PAGE, 30);

  char *gone = map(12);
  munmap(gone, 6 * PAGE);
  munmap(gone + 6 * PAGE, 6 * PAGE);

  char *grown = mremap(map(2), 2 * PAGE, 200 * PAGE, MREMAP_MAYMOVE);
  left(grown, 200);
  char *shrunk = mremap(map(20), 20 * PAGE, 2 * PAGE, 0);
  left(shrunk, 2);

  char *place = map(30);
  mmap(place + 10 * PAGE, 5 * PAGE, PROT_READ, flags | MAP_FIXED, -1, 0);
  left(place, 10);
  left(place + 10 * PAGE, 5);
  left(place + 15 * PAGE, 15);

  char *moved = map(4), *target = map(9);
  mremap(moved, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + 2 * PAGE);
  left(target, 2);
  left(target + 2 * PAGE, 4);
  left(target + 6 * PAGE, 3);

  char *odd = mmap(NULL, 5000, protection, flags, -1, 0);
  left(odd, 2);

  char *kept = map(7);
  if (munmap(kept + 1, PAGE) == 0 || errno != EINVAL) return 3;
  if (munmap(kept, 0) == 0 || errno != EINVAL) return 4;
  if (mremap(kept, 7 * PAGE, SIZE_MAX / 2, MREMAP_MAYMOVE) != MAP_FAILED) return 5;
  if (mmap(NULL, SIZE_MAX / 2, protection, flags, -1, 0) != MAP_FAILED) return 6;
  left(kept, 7);
  fflush(stdout);
  return 0;
}
