/* Every allocating function of libc once, each with a prime of its own, and each way in which realloc can end. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  void *block = NULL, *kept;
  free(malloc(104729));
  free(malloc(1009));
  free(calloc(1, 1013));
  free(calloc(7, 149));
  if (posix_memalign(&block, 64, 1021)) return 3;
  free(block);
  free(aligned_alloc(32, 1031));
  free(memalign(256, 1033));
  free(valloc(1039));
  free(pvalloc(5003));
  free(realloc(NULL, 1049));
  free(reallocarray(NULL, 3, 353));
  free(malloc(0));

  kept = malloc(1051);
  kept = realloc(kept, 1061);
  kept = reallocarray(kept, 1, 1063);
  kept = realloc(kept, 400009); /* by mmap and mremap inside glibc */
  kept = realloc(kept, 800011);
  errno = 0;
  if (realloc(kept, PTRDIFF_MAX) || errno != ENOMEM) return 4;
  if (reallocarray(kept, SIZE_MAX, 3) || errno != ENOMEM) return 5;
  if (calloc(SIZE_MAX, 3)) return 6;
  if (malloc(PTRDIFF_MAX)) return 7;
  if (posix_memalign(&block, 3, 10) != EINVAL) return 8;
  free(realloc(kept, 1069)); /* the failed ones left the block as it was */
  if (realloc(malloc(1087), 0)) return 9;
  free(NULL);
  errno = 4711;
  free(malloc(1091));
  if (errno != 4711) return 10;
  if (malloc_usable_size(NULL) != 0) return 11;
  kept = malloc(1093);
  if (malloc_usable_size(kept) < 1093) return 12;
  free(malloc(104743));
  puts("unharmed");
  return 0;
}
