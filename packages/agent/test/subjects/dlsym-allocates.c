/*
 * A loader whose dlsym allocates, as that of older glibc does. Preloaded before the agent, so that the agent's own look-up
 * of the real allocator comes through here. The jump keeps the caller's address: RTLD_NEXT depends on it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 12 };
static char *kept[KEPT];
static size_t kept_bytes[KEPT];
static int kept_count;
static int bootstrap_count;

void *(*seamproof_test_real_dlsym)(void *, const char *);

static void keep(void *block, size_t bytes) {
  if (kept_count == KEPT || !block) return;
  memset(block, 'a' + kept_count, bytes);
  kept[kept_count] = block;
  kept_bytes[kept_count++] = bytes;
}

__attribute__((used)) void seamproof_test_allocate(void) {
  static int is_inside;
  if (!seamproof_test_real_dlsym) {
    seamproof_test_real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (!seamproof_test_real_dlsym) seamproof_test_real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
  }
  if (is_inside || kept_count == KEPT) return;
  is_inside = 1;
  if (!bootstrap_count) bootstrap_count = 1;
  char *zeroed = calloc(7, 43);
  for (int i = 0; i < 301; i++)
    if (zeroed[i]) abort();
  keep(zeroed, 301);
  keep(realloc(malloc(101), 307), 307);
  keep(memalign(64, 311), 311);
  free(malloc(317));
  is_inside = 0;
}

__attribute__((naked)) void *dlsym(void *handle, const char *name) {
  (void)handle, (void)name;
  __asm__("pushq %rdi\n\tpushq %rsi\n\tsubq $8, %rsp\n\tcall seamproof_test_allocate@PLT\n\taddq $8, %rsp\n\t"
          "popq %rsi\n\tpopq %rdi\n\tmovq seamproof_test_real_dlsym@GOTPCREL(%rip), %rax\n\tjmp *(%rax)");
}

/* From main: every block still holds what was put there, can be asked for its size, grown and given back. */
int check_kept_blocks(void) {
  if (kept_count < 3) return 20;
  for (int i = 0; i < kept_count; i++) {
    if (malloc_usable_size(kept[i]) < kept_bytes[i]) return 21;
    char *grown = realloc(kept[i], kept_bytes[i] * 2);
    for (size_t at = 0; at < kept_bytes[i]; at++)
      if (grown[at] != 'a' + i) return 22;
    free(grown);
  }
  free(NULL);
  return 0;
}
