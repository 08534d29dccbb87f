/*
 * Aggregate mode: live blocks are kept in the process, and only totals per stack are written, at marks. Memory follows the
 * number of live blocks and of stacks, never the number of events; the file follows the number of marks.
 */
#include "agent.h"

#include <string.h>

/* --------------------------------------------------------------------------------------------------- totals per stack */

struct totals {
  _Atomic uint64_t allocated_blocks, allocated_bytes, freed_blocks, freed_bytes;
};
/* Parallel to the stack tree, reserved and touched as stacks appear. */
static struct {
  struct totals *totals;
  uint64_t *written_blocks; /* allocated + freed at the last snapshot; guarded by g_meta.lock */
  uint8_t *kinds;
  _Atomic int64_t live_bytes, live_blocks, peak_bytes;
} g_stacks;

/* ----------------------------------------------------------------------------------------------------------- live map */

/*
 * key → {stack, bytes, kind}, open addressing with backward-shift deletion, in shards so that threads seldom meet.
 *   word 0: key (52 bits: address, or class and id)   word 1: stack (21 bits) | kind (5) | bytes (38)
 */
struct entry { uint64_t key, value; };
enum { SHARDS = 64, SHARD_MIN = 1 << 10 };
static struct shard {
  _Alignas(64) pthread_mutex_t lock;
  struct entry *entries;
  uint32_t mask, count;
} g_shards[SHARDS];

static inline uint64_t mix(uint64_t key) {
  key *= 0x9e3779b97f4a7c15u;
  return key ^ key >> 29;
}

bool agt_live_init(void) {
  g_stacks.totals = agt_map((size_t)sizeof(struct totals) << 21);
  g_stacks.written_blocks = agt_map((size_t)sizeof(uint64_t) << 21);
  g_stacks.kinds = agt_map((size_t)1 << 21);
  for (int i = 0; i < SHARDS; i++) {
    pthread_mutex_init(&g_shards[i].lock, NULL);
    g_shards[i].entries = agt_map(SHARD_MIN * sizeof(struct entry));
    g_shards[i].mask = SHARD_MIN - 1;
    g_shards[i].count = 0;
    if (!g_shards[i].entries) return false;
  }
  atomic_store(&g_stacks.live_bytes, 0);
  atomic_store(&g_stacks.live_blocks, 0);
  atomic_store(&g_stacks.peak_bytes, 0);
  return g_stacks.totals && g_stacks.written_blocks && g_stacks.kinds && agt_mappings_init();
}

static bool grow(struct shard *shard) {
  uint32_t mask = shard->mask * 2 + 1;
  struct entry *entries = agt_map(((size_t)mask + 1) * sizeof *entries);
  if (!entries) return false;
  for (uint32_t i = 0; i <= shard->mask; i++) {
    if (!shard->entries[i].key) continue;
    uint32_t at = (uint32_t)(mix(shard->entries[i].key) >> 8) & mask;
    while (entries[at].key) at = (at + 1) & mask;
    entries[at] = shard->entries[i];
  }
  agt_unmap(shard->entries, ((size_t)shard->mask + 1) * sizeof *entries);
  shard->entries = entries;
  shard->mask = mask;
  return true;
}

void agt_totals_free(uint32_t stack, uint64_t blocks, uint64_t bytes) {
  atomic_fetch_add_explicit(&g_stacks.totals[stack].freed_blocks, blocks, memory_order_relaxed);
  atomic_fetch_add_explicit(&g_stacks.totals[stack].freed_bytes, bytes, memory_order_relaxed);
  atomic_fetch_sub_explicit(&g_stacks.live_bytes, (int64_t)bytes, memory_order_relaxed);
  atomic_fetch_sub_explicit(&g_stacks.live_blocks, (int64_t)blocks, memory_order_relaxed);
}

void agt_totals_add(uint32_t stack, uint8_t kind, uint64_t bytes) {
  __atomic_store_n(&g_stacks.kinds[stack], kind, __ATOMIC_RELAXED);
  atomic_fetch_add_explicit(&g_stacks.totals[stack].allocated_blocks, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&g_stacks.totals[stack].allocated_bytes, bytes, memory_order_relaxed);
  atomic_fetch_add_explicit(&g_stacks.live_blocks, 1, memory_order_relaxed);
  int64_t live = atomic_fetch_add_explicit(&g_stacks.live_bytes, (int64_t)bytes, memory_order_relaxed) + (int64_t)bytes;
  int64_t peak = atomic_load_explicit(&g_stacks.peak_bytes, memory_order_relaxed);
  while (live > peak && !atomic_compare_exchange_weak_explicit(&g_stacks.peak_bytes, &peak, live, memory_order_relaxed,
                                                               memory_order_relaxed))
    continue;
}

static void count_freed(uint64_t value) {
  agt_totals_free((uint32_t)(value >> 43), 1, value & (((uint64_t)1 << 38) - 1));
}

void agt_live_add(uint64_t key, uint64_t bytes, uint32_t stack, uint8_t kind) {
  if (bytes >= (uint64_t)1 << 38) bytes = ((uint64_t)1 << 38) - 1;
  uint64_t value = (uint64_t)stack << 43 | (uint64_t)(kind & 31) << 38 | bytes;
  struct shard *shard = &g_shards[mix(key) & (SHARDS - 1)];
  uint64_t replaced = 0;
  pthread_mutex_lock(&shard->lock);
  if (shard->count * 4 >= shard->mask * 3 && !grow(shard)) {
    pthread_mutex_unlock(&shard->lock);
    AGT_COUNT(events_dropped);
    return;
  }
  uint32_t at = (uint32_t)(mix(key) >> 8) & shard->mask;
  while (shard->entries[at].key && shard->entries[at].key != key) at = (at + 1) & shard->mask;
  if (shard->entries[at].key) replaced = shard->entries[at].value; /* its release was not seen: a descriptor closed by exec */
  else shard->count++;
  shard->entries[at] = (struct entry){key, value};
  pthread_mutex_unlock(&shard->lock);
  if (AGT_UNLIKELY(replaced)) count_freed(replaced);
  agt_totals_add(stack, kind, bytes);
}

uint64_t agt_live_remove(uint64_t key) {
  struct shard *shard = &g_shards[mix(key) & (SHARDS - 1)];
  pthread_mutex_lock(&shard->lock);
  uint32_t mask = shard->mask, at = (uint32_t)(mix(key) >> 8) & mask;
  while (shard->entries[at].key && shard->entries[at].key != key) at = (at + 1) & mask;
  if (!shard->entries[at].key) {
    pthread_mutex_unlock(&shard->lock);
    return 0;
  }
  uint64_t value = shard->entries[at].value;
  for (uint32_t next = at;;) { /* close the hole with what would otherwise be lost behind it */
    next = (next + 1) & mask;
    if (!shard->entries[next].key) break;
    uint32_t home = (uint32_t)(mix(shard->entries[next].key) >> 8) & mask;
    if (((next - home) & mask) < ((next - at) & mask)) continue;
    shard->entries[at] = shard->entries[next];
    at = next;
  }
  shard->entries[at].key = 0;
  shard->count--;
  pthread_mutex_unlock(&shard->lock);
  count_freed(value);
  return value;
}

/* The realloc behind the removal failed. */
void agt_live_restore(uint64_t key, uint64_t value) {
  uint32_t stack = (uint32_t)(value >> 43);
  uint64_t bytes = value & (((uint64_t)1 << 38) - 1);
  agt_live_add(key, bytes, stack, (uint8_t)(value >> 38 & 31));
  atomic_fetch_sub_explicit(&g_stacks.totals[stack].allocated_blocks, 1, memory_order_relaxed);
  atomic_fetch_sub_explicit(&g_stacks.totals[stack].allocated_bytes, bytes, memory_order_relaxed);
  atomic_fetch_sub_explicit(&g_stacks.totals[stack].freed_blocks, 1, memory_order_relaxed);
  atomic_fetch_sub_explicit(&g_stacks.totals[stack].freed_bytes, bytes, memory_order_relaxed);
}

/* ---------------------------------------------------------------------------------------------------------- snapshots */

void agt_live_snapshot(uint64_t seq, uint64_t time_us) {
  int64_t live_bytes = atomic_load(&g_stacks.live_bytes), live_blocks = atomic_load(&g_stacks.live_blocks);
  uint8_t body[96];
  uint8_t *p = agt_put_varint(body, seq);
  p = agt_put_varint(p, time_us);
  p = agt_put_varint(p, live_bytes < 0 ? 0 : (uint64_t)live_bytes);
  p = agt_put_varint(p, live_blocks < 0 ? 0 : (uint64_t)live_blocks);
  p = agt_put_varint(p, (uint64_t)atomic_load(&g_stacks.peak_bytes));
  pthread_mutex_lock(&g_meta.lock);
  agt_meta_write_locked(AGT_META_SNAPSHOT, body, (size_t)(p - body));
  uint32_t count = agt_tree_count();
  for (uint32_t stack = 0; stack < count; stack++) {
    struct totals *totals = &g_stacks.totals[stack];
    uint64_t allocated = atomic_load(&totals->allocated_blocks), freed = atomic_load(&totals->freed_blocks);
    if (allocated + freed == g_stacks.written_blocks[stack]) continue;
    g_stacks.written_blocks[stack] = allocated + freed;
    p = agt_put_varint(body, stack);
    *p++ = __atomic_load_n(&g_stacks.kinds[stack], __ATOMIC_RELAXED);
    p = agt_put_varint(p, allocated);
    p = agt_put_varint(p, atomic_load(&totals->allocated_bytes));
    p = agt_put_varint(p, freed);
    p = agt_put_varint(p, atomic_load(&totals->freed_bytes));
    agt_meta_write_locked(AGT_META_SNAPSHOT_STACK, body, (size_t)(p - body));
  }
  agt_meta_write_locked(AGT_META_SNAPSHOT_END, NULL, 0);
  pthread_mutex_unlock(&g_meta.lock);
}
