/*
 * How long each call of an export took: a histogram with eight classes to each doubling of the length, so that a percentile
 * out of it is right within some 6 %. An export has one once it was called, and keeps it as long as the process lives.
 */
#include "layer.h"

enum { PER_BLOCK = 64, EXPONENT_MIN = 4, SUBCLASSES = 8 };

static struct {
  pthread_mutex_t lock;
  uint32_t *block;
  uint32_t used;
  _Atomic uint32_t block_count;
} g_latency = {.lock = PTHREAD_MUTEX_INITIALIZER, .used = PER_BLOCK};

static AGT_NOINLINE uint32_t *take(void) {
  uint32_t *counters = NULL;
  pthread_mutex_lock(&g_latency.lock);
  if (g_latency.used == PER_BLOCK) {
    uint32_t *block = agt_map(PER_BLOCK * LYR_LATENCIES * sizeof(uint32_t));
    if (block) {
      g_latency.block = block;
      g_latency.used = 0;
      atomic_fetch_add(&g_latency.block_count, 1);
    }
  }
  if (g_latency.used < PER_BLOCK) counters = g_latency.block + (size_t)LYR_LATENCIES * g_latency.used++;
  pthread_mutex_unlock(&g_latency.lock);
  return counters;
}

void lyr_latency_count(struct lyr_callback *callback, uint64_t ticks) {
  if (AGT_UNLIKELY(!callback->latency)) {
    if (callback->kind != LYR_FUNCTION) return;
    if (!(callback->latency = take())) return;
  }
  unsigned exponent = 63 - (unsigned)__builtin_clzll(ticks | 1 << EXPONENT_MIN);
  unsigned class = (exponent - EXPONENT_MIN) * SUBCLASSES + (unsigned)(ticks >> (exponent - 3) & 7);
  callback->latency[class < LYR_LATENCIES ? class : LYR_LATENCIES - 1]++;
}

/* The middle of a class. */
static uint64_t ticks_of(unsigned class) {
  unsigned exponent = class / SUBCLASSES + EXPONENT_MIN;
  uint64_t width = (uint64_t)1 << (exponent - 3);
  return ((uint64_t)1 << exponent) + width * (class % SUBCLASSES) + width / 2;
}

/* How many classes there is something in; for each its middle in ns and its count. */
uint8_t *lyr_latency_put(uint8_t *p, const struct lyr_callback *callback, double ticks_per_us) {
  uint64_t filled = 0;
  for (unsigned class = 0; callback->latency && class < LYR_LATENCIES; class++) filled += callback->latency[class] != 0;
  p = agt_put_varint(p, filled);
  for (unsigned class = 0; filled && class < LYR_LATENCIES; class++) {
    uint32_t count = callback->latency[class];
    if (!count) continue;
    p = agt_put_varint(p, (uint64_t)((double)ticks_of(class) * 1000 / ticks_per_us));
    p = agt_put_varint(p, count);
    filled--;
  }
  return p;
}

uint64_t lyr_latency_bytes(void) {
  return (uint64_t)atomic_load(&g_latency.block_count) * PER_BLOCK * LYR_LATENCIES * sizeof(uint32_t);
}
uint32_t lyr_latency_mappings(void) { return atomic_load(&g_latency.block_count); }
