/*
 * pool.h: objects of one size and buffers of a few sizes, taken from memory reserved up front.
 *
 * At the limit a pool does what its policy says: refuse (NULL), block (wait for a release; needs
 * is_shared) or fall back (malloc, counted). Releasing foreign memory or releasing twice is reported
 * and changes nothing.
 *
 * Threads: the owner only, or any with is_shared (a mutex: some 5 ns more for an uncontended pair).
 */
#ifndef SEAMPROOF_POOL_H
#define SEAMPROOF_POOL_H

#include <pthread.h>

#include "monitor.h"

typedef enum seam_at_limit { SEAM_POOL_REFUSE = 0, SEAM_POOL_BLOCK = 1, SEAM_POOL_FALL_BACK = 2 } seam_at_limit;

typedef struct seam_pool_options {
  size_t object_size_bytes;
  uint32_t object_count_max; /* at most 2^24 */
  seam_at_limit at_limit;
  bool is_shared;
} seam_pool_options;

typedef struct seam_pool_counters {
  uint64_t acquired_count, released_count, refused_count, fallback_count, waited_count;
  uint32_t in_use_count, in_use_count_max; /* pooled ones; the maximum is the high-water mark */
  uint32_t fallback_in_use_count;
} seam_pool_counters;

typedef struct seam_pool {
  pthread_mutex_t lock;
  pthread_cond_t released;
  seam_pool_counters counters; /* this and what follows: guarded by lock when is_shared */
  uint8_t *memory;
  uint32_t *free_slots; /* a stack */
  uint8_t *is_taken;    /* one per slot */
  uint32_t free_count;
  size_t stride_bytes;
  seam_pool_options options;
  seam_monitor *monitor;
} seam_pool;

static inline bool seam_pool_init(seam_pool *pool, seam_monitor *monitor, seam_pool_options options) {
  memset(pool, 0, sizeof *pool);
  const size_t alignment = 16;
  if (options.object_size_bytes == 0 || options.object_count_max == 0) return false;
  if (options.object_count_max > (1u << 24) || options.object_size_bytes > (SIZE_MAX >> 25)) return false;
  if (options.at_limit == SEAM_POOL_BLOCK && !options.is_shared) return false;
  pool->options = options;
  pool->monitor = monitor;
  pool->stride_bytes = (options.object_size_bytes + alignment - 1) & ~(alignment - 1);
  /* Reserved in one piece on a cache line: objects of 64 bytes and their multiples stay aligned to it. */
  const size_t reserved_bytes = (pool->stride_bytes * options.object_count_max + 63) & ~(size_t)63;
  pool->memory = aligned_alloc(64, reserved_bytes);
  pool->free_slots = malloc(sizeof *pool->free_slots * options.object_count_max);
  pool->is_taken = calloc(options.object_count_max, 1);
  if (pool->memory == NULL || pool->free_slots == NULL || pool->is_taken == NULL) {
    free(pool->memory);
    free(pool->free_slots);
    free(pool->is_taken);
    return false;
  }
  /* The lowest slots leave first, so a small working set stays in few cache lines. */
  for (uint32_t index = 0; index < options.object_count_max; index++)
    pool->free_slots[index] = options.object_count_max - 1 - index;
  pool->free_count = options.object_count_max;
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->released, NULL);
  return true;
}

static inline void seam_pool__lock(seam_pool *pool) {
  if (pool->options.is_shared) pthread_mutex_lock(&pool->lock);
}

static inline void seam_pool__unlock(seam_pool *pool) {
  if (pool->options.is_shared) pthread_mutex_unlock(&pool->lock);
}

/* The memory is not zeroed. NULL: at the limit and refusing, or the fallback had no memory. */
static inline void *seam_pool_acquire(seam_pool *pool) {
  seam_pool__lock(pool);
  if (pool->free_count == 0 && pool->options.at_limit == SEAM_POOL_BLOCK) {
    pool->counters.waited_count++;
    while (pool->free_count == 0) pthread_cond_wait(&pool->released, &pool->lock);
  }
  void *object = NULL;
  if (pool->free_count > 0) {
    const uint32_t slot = pool->free_slots[--pool->free_count];
    pool->is_taken[slot] = 1;
    object = pool->memory + pool->stride_bytes * slot;
    const uint32_t in_use = ++pool->counters.in_use_count;
    if (in_use > pool->counters.in_use_count_max) pool->counters.in_use_count_max = in_use;
  } else if (pool->options.at_limit == SEAM_POOL_FALL_BACK &&
             (object = malloc(pool->options.object_size_bytes)) != NULL) {
    pool->counters.fallback_count++;
    pool->counters.fallback_in_use_count++;
  }
  if (object != NULL) pool->counters.acquired_count++;
  else pool->counters.refused_count++;
  seam_pool__unlock(pool);
  return object;
}

static inline bool seam_pool__owns(const seam_pool *pool, const void *object) {
  const uintptr_t at = (uintptr_t)object, first = (uintptr_t)pool->memory;
  return at >= first && at < first + pool->stride_bytes * pool->options.object_count_max;
}

/* False, and reported, for memory that is not a taken object of this pool. NULL is false and silent. */
static inline bool seam_pool_release(seam_pool *pool, void *object) {
  if (object == NULL) return false;
  seam_rule broken = SEAM_RULE_COUNT;
  seam_pool__lock(pool);
  if (seam_pool__owns(pool, object)) {
    const size_t offset = (uintptr_t)object - (uintptr_t)pool->memory;
    const uint32_t slot = (uint32_t)(offset / pool->stride_bytes);
    if (offset % pool->stride_bytes != 0) broken = SEAM_RULE_POOL_FOREIGN;
    else if (!pool->is_taken[slot]) broken = SEAM_RULE_POOL_DOUBLE_RELEASE;
    else {
      pool->is_taken[slot] = 0;
      pool->free_slots[pool->free_count++] = slot;
      pool->counters.in_use_count--;
      pool->counters.released_count++;
      if (pool->options.at_limit == SEAM_POOL_BLOCK) pthread_cond_signal(&pool->released);
    }
  } else if (pool->counters.fallback_in_use_count > 0) {
    pool->counters.fallback_in_use_count--;
    pool->counters.released_count++;
    free(object);
  } else {
    broken = SEAM_RULE_POOL_FOREIGN;
  }
  seam_pool__unlock(pool);
  if (broken == SEAM_RULE_COUNT) return true;
  seam_monitor_report(pool->monitor, broken, object, "release to the pool",
                      broken == SEAM_RULE_POOL_FOREIGN ? "not from this pool" : "already released", NULL);
  return false;
}

static inline seam_pool_counters seam_pool_read(seam_pool *pool) {
  seam_pool__lock(pool);
  const seam_pool_counters counters = pool->counters;
  seam_pool__unlock(pool);
  return counters;
}

/* Frees the reserved memory; fallback objects still out are their holders' to leak. */
static inline void seam_pool_destroy(seam_pool *pool) {
  if (pool->memory == NULL) return;
  pthread_cond_destroy(&pool->released);
  pthread_mutex_destroy(&pool->lock);
  free(pool->memory);
  free(pool->free_slots);
  free(pool->is_taken);
  memset(pool, 0, sizeof *pool);
}

#endif
