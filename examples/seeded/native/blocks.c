// Blocks of memory touched where or when they are not ours. Most do not end an uninstrumented process, as those in the field seldom do.
#include <stdlib.h>
#include <string.h>

#include "seeded.h"

static napi_value overflow_write(napi_env env, napi_callback_info info) {
  (void)info;
  char *block = opaque(malloc(40));
  if (block == NULL) return out_of_memory(env);
  // The byte after a block of 40 belongs to the next chunk's size: what is there is written back, or the heap would be ruined.
  volatile char *end = block + 39 + SEEDED;
  *end = *end;
  free(opaque(block));
  return number(env, 1);
}

static napi_value underflow_write(napi_env env, napi_callback_info info) {
  (void)info;
  char *block = opaque(malloc(40));
  if (block == NULL) return out_of_memory(env);
  volatile char *begin = block - SEEDED;
  *begin = *begin;
  free(opaque(block));
  return number(env, 1);
}

static napi_value overflow_by_memcpy(napi_env env, napi_callback_info info) {
  (void)info;
  char target[64];
  char *source = opaque(malloc(48));
  if (source == NULL) return out_of_memory(env);
  memset(source, 3, 48);
  size_t length = SEEDED ? 56 : 48;
  __asm__ volatile("" : "+r"(length));
  memcpy(target, source, length);
  free(opaque(source));
  return number(env, target[4]);
}

static napi_value overflow_on_the_stack(napi_env env, napi_callback_info info) {
  (void)info;
  volatile int table[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  volatile int index = 7 + SEEDED;
  return number(env, table[index] == 0 ? 0 : 1);
}

int seeded_table[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static napi_value overflow_of_a_global(napi_env env, napi_callback_info info) {
  (void)info;
  volatile int index = 7 + SEEDED;
  return number(env, seeded_table[index] == 0 ? 0 : 1);
}

static napi_value read_after_free(napi_env env, napi_callback_info info) {
  (void)info;
  int *block = opaque(malloc(80));
  if (block == NULL) return out_of_memory(env);
  block[10] = 7;
  if (SEEDED) free(block);
  block = opaque(block);
  double value = block[10];
  if (!SEEDED) free(block);
  return number(env, value > 0);
}

static napi_value write_after_free(napi_env env, napi_callback_info info) {
  (void)info;
  int *block = opaque(malloc(80));
  if (block == NULL) return out_of_memory(env);
  block[10] = 7;
  if (SEEDED) free(block);
  int *stale = opaque(block);
  stale[12] = 9;
  if (!SEEDED) free(block);
  return number(env, 1);
}

// realloc moved the block, and the old pointer is read.
static napi_value read_after_realloc(napi_env env, napi_callback_info info) {
  (void)info;
  int *old = opaque(malloc(40));
  if (old == NULL) return out_of_memory(env);
  old[2] = 5;
  int *grown = opaque(realloc(old, 400000));
  if (grown == NULL) {
    free(old);
    return out_of_memory(env);
  }
  double value = SEEDED ? ((int *)opaque(old))[2] : grown[2];
  free(grown);
  return number(env, value > 0);
}

// glibc ends an uninstrumented process here: of all bugs in this addon only this one and the next are seen without a tool.
static napi_value free_twice(napi_env env, napi_callback_info info) {
  (void)info;
  void *block = opaque(malloc(72));
  if (block == NULL) return out_of_memory(env);
  free(block);
  if (SEEDED) free(opaque(block));
  return number(env, 1);
}

static napi_value free_of_the_middle(napi_env env, napi_callback_info info) {
  (void)info;
  char *block = opaque(malloc(96));
  if (block == NULL) return out_of_memory(env);
  free(opaque(block + (SEEDED ? 16 : 0)));
  return number(env, 1);
}

static int *address_of_a_local(void) {
  int local = 11;
  return opaque(&local);
}

static napi_value use_after_return(napi_env env, napi_callback_info info) {
  (void)info;
  static int kept = 11;
  volatile int *pointer = SEEDED ? address_of_a_local() : &kept;
  return number(env, *pointer != 0);
}

const seeded_entry seeded_blocks[] = {
    {"overflowWrite", overflow_write},
    {"underflowWrite", underflow_write},
    {"overflowByMemcpy", overflow_by_memcpy},
    {"overflowOnTheStack", overflow_on_the_stack},
    {"overflowOfAGlobal", overflow_of_a_global},
    {"readAfterFree", read_after_free},
    {"writeAfterFree", write_after_free},
    {"readAfterRealloc", read_after_realloc},
    {"useAfterReturn", use_after_return},
    {"freeTwice", free_twice},
    {"freeOfTheMiddle", free_of_the_middle},
    {NULL, NULL},
};
