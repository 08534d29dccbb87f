/* Each line of output: bytes of an allocation, then the return addresses of its stack, innermost first. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct way {
  uintptr_t expected[64];
  size_t depth, bytes;
};
size_t enter(struct way *way, int order, int count);

int main(void) {
  static struct way ways[64];
  int count = 0;
  for (int order = 0; order < 256; order += 5) {
    struct way *way = &ways[count];
    way->bytes = 70001 + (size_t)count * 16;
    enter(way, order, 4 + count % 9);
    count++;
  }
  for (int i = 0; i < count; i++) {
    printf("%zu", ways[i].bytes);
    for (size_t at = ways[i].depth; at-- > 0;) printf(" %zu", (size_t)ways[i].expected[at]);
    printf("\n");
  }
  return 0;
}
