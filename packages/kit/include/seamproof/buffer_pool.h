/*
 * buffer_pool.h: buffers in power-of-two classes, each class a pool.h pool with the same policy.
 *
 * A request larger than the largest class is refused, whatever the policy: a limit that a large
 * request can walk around is no limit. Threads and misuse: as in pool.h.
 */
#ifndef SEAMPROOF_BUFFER_POOL_H
#define SEAMPROOF_BUFFER_POOL_H

#include "pool.h"

#define SEAM_BUFFER_CLASSES_MAX 12u

typedef struct seam_buffer_pool_options {
  size_t smallest_size_bytes; /* a power of two, at least 16 */
  uint32_t class_count;       /* at most SEAM_BUFFER_CLASSES_MAX; each is twice the one before */
  uint32_t buffers_per_class;
  seam_at_limit at_limit;
  bool is_shared;
} seam_buffer_pool_options;

typedef struct seam_buffer_pool {
  seam_pool classes[SEAM_BUFFER_CLASSES_MAX];
  seam_buffer_pool_options options;
} seam_buffer_pool;

static inline bool seam_buffer_pool_init(seam_buffer_pool *pool, seam_monitor *monitor,
                                         seam_buffer_pool_options options) {
  memset(pool, 0, sizeof *pool);
  const size_t smallest = options.smallest_size_bytes;
  if (smallest < 16 || (smallest & (smallest - 1)) != 0 || smallest > (1u << 20)) return false;
  if (options.class_count == 0 || options.class_count > SEAM_BUFFER_CLASSES_MAX) return false;
  for (uint32_t index = 0; index < options.class_count; index++) {
    const seam_pool_options one = {.object_size_bytes = smallest << index,
                                   .object_count_max = options.buffers_per_class,
                                   .at_limit = options.at_limit,
                                   .is_shared = options.is_shared};
    if (seam_pool_init(&pool->classes[index], monitor, one)) continue;
    while (index > 0) seam_pool_destroy(&pool->classes[--index]);
    return false;
  }
  pool->options = options;
  return true;
}

/* The smallest class that fits, or class_count when none does. */
static inline uint32_t seam_buffer_pool__class(const seam_buffer_pool *pool, size_t size_bytes) {
  uint32_t index = 0;
  while (index < pool->options.class_count && (pool->options.smallest_size_bytes << index) < size_bytes) index++;
  return index;
}

static inline void *seam_buffer_pool_acquire(seam_buffer_pool *pool, size_t size_bytes) {
  const uint32_t index = seam_buffer_pool__class(pool, size_bytes);
  return index < pool->options.class_count ? seam_pool_acquire(&pool->classes[index]) : NULL;
}

/* `size_bytes` is what was asked for at acquire. */
static inline bool seam_buffer_pool_release(seam_buffer_pool *pool, void *buffer, size_t size_bytes) {
  const uint32_t index = seam_buffer_pool__class(pool, size_bytes);
  return index < pool->options.class_count && seam_pool_release(&pool->classes[index], buffer);
}

static inline void seam_buffer_pool_destroy(seam_buffer_pool *pool) {
  for (uint32_t index = 0; index < pool->options.class_count; index++) seam_pool_destroy(&pool->classes[index]);
  memset(pool, 0, sizeof *pool);
}

#endif
