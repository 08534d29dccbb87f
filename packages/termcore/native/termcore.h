/*
 * What every native part of termcore shares: status codes and the allocator.
 *
 * No Node-API here: grid, kernels, parser and event loop compile and are tested without Node.
 * Parts that speak to JavaScript include bridge.h as well.
 */
#ifndef TERMCORE_H
#define TERMCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Every fallible function of the native core returns one of these. bridge.c turns them into typed errors. */
typedef enum tc_status {
  TC_OK = 0,
  TC_ERR_ARGUMENT = 1, /* a value that is never valid, whatever the state */
  TC_ERR_RANGE = 2,    /* a row, column, count or size outside what the object has */
  TC_ERR_MEMORY = 3,   /* the allocator said no */
  TC_ERR_LIMIT = 4,    /* a configured limit was reached (pool, scrollback, handles) */
  TC_ERR_STATE = 5,    /* the object is closed, busy or already released */
  TC_ERR_SYSTEM = 6    /* a system call failed; errno is kept */
} tc_status;

static inline const char *tc_status_name(tc_status status) {
  switch (status) {
    case TC_OK: return "TERMCORE_OK";
    case TC_ERR_ARGUMENT: return "TERMCORE_ARGUMENT";
    case TC_ERR_RANGE: return "TERMCORE_RANGE";
    case TC_ERR_MEMORY: return "TERMCORE_MEMORY";
    case TC_ERR_LIMIT: return "TERMCORE_LIMIT";
    case TC_ERR_STATE: return "TERMCORE_STATE";
    case TC_ERR_SYSTEM: return "TERMCORE_SYSTEM";
  }
  return "TERMCORE_UNKNOWN";
}

/*
 * Where blocks that JavaScript may look at come from (the grid's cells above all).
 *
 * allocate: 64-byte aligned and zeroed, or NULL. release: the core no longer uses the block; it may
 * live on while a JavaScript view still refers to it, so the core must forget the pointer.
 * A resize is allocate + copy + release: never a realloc in place, a view may look at the old block.
 *
 * Threads: the owner of the object only.
 */
typedef struct tc_allocator {
  void *(*allocate)(void *context, size_t size_bytes);
  void (*release)(void *context, void *block, size_t size_bytes);
  void *context;
} tc_allocator;

#define TC_BLOCK_ALIGNMENT 64u

static inline void *tc_system_allocate(void *context, size_t size_bytes) {
  (void)context;
  if (size_bytes == 0 || size_bytes > SIZE_MAX - TC_BLOCK_ALIGNMENT) return NULL;
  const size_t rounded = (size_bytes + TC_BLOCK_ALIGNMENT - 1) & ~(size_t)(TC_BLOCK_ALIGNMENT - 1);
  void *block = aligned_alloc(TC_BLOCK_ALIGNMENT, rounded);
  if (block != NULL) memset(block, 0, rounded);
  return block;
}

static inline void tc_system_release(void *context, void *block, size_t size_bytes) {
  (void)context;
  (void)size_bytes;
  free(block);
}

/* For tests and programs without JavaScript; the bridge passes its own, made of kit handoff blocks. */
static inline tc_allocator tc_system_allocator(void) {
  return (tc_allocator){.allocate = tc_system_allocate, .release = tc_system_release, .context = NULL};
}

#endif
