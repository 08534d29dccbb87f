/* A block from before every constructor, and what becomes of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *early;

static void before_everything(void) {
  early = malloc(7001);
  strcpy(early, "early");
}
__attribute__((section(".preinit_array"), used)) static void (*const first_function)(void) = before_everything;

/* Defined by dlsym-allocates.c when that is preloaded. */
__attribute__((weak)) int check_kept_blocks(void);
/* A program that asks whether there is a malloc at all. */
extern void *malloc(size_t) __attribute__((weak));

int main(void) {
  if (strcmp(early, "early") != 0) return 3;
  early = realloc(early, 7013);
  if (strcmp(early, "early") != 0) return 4;
  void *block = malloc ? malloc(7019) : NULL;
  if (!block) return 5;
  free(early);
  if (check_kept_blocks) {
    int fault = check_kept_blocks();
    if (fault) return fault;
  }
  puts("unharmed");
  return 0;
}
