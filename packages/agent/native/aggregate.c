/*
 * Aggregate mode: live blocks are kept in the process, and only totals per stack are written, at marks and ever more seldom
 * between them. Memory follows the number of live blocks and of stacks, never the number of events; the file follows the
 * number of marks and the logarithm of the time.
 */
#include "agent.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* --------------------------------------------------------------------------------------------------- totals per stack */

/*
 * A total is an atomic word for what came lately (blocks above bit 40, bytes below), so that a hook adds both at once, and
 * two wide words that the recent one is poured into before it is full. Pouring holds g_meta.lock: a snapshot sees it whole.
 */
struct total {
  _Atomic uint64_t recent;
  uint64_t blocks, bytes; /* guarded by g_meta.lock */
};
enum { RECENT_BYTES_BITS = 40 };
#define RECENT_BYTES (((uint64_t)1 << RECENT_BYTES_BITS) - 1)
/* Half of what fits: the other half is room for what threads add while one pours. */
#define IS_FULL(recent) ((recent) & ((uint64_t)1 << 63 | (uint64_t)1 << (RECENT_BYTES_BITS - 1)))
/* What would take more than its share of that room goes straight to the wide words. */
#define IS_LARGE(blocks, bytes) ((blocks) > 1 << 16 || (bytes) >= (uint64_t)1 << 32)

struct stack_totals { struct total allocated, freed; };
/* Parallel to the stack tree, reserved and touched as stacks appear. */
static struct {
  struct stack_totals *totals;
  uint64_t *written_blocks; /* allocated + freed at the last snapshot; guarded by g_meta.lock */
  uint8_t *kinds;
  _Alignas(64) _Atomic int64_t live_bytes; /* every hook of every thread adds to it */
  _Atomic int64_t peak_bytes;
} g_stacks;

/* Holder of g_meta.lock. */
static void pour(struct total *total) {
  if (!atomic_load_explicit(&total->recent, memory_order_relaxed)) return; /* most are: do not touch their pages */
  uint64_t recent = atomic_exchange_explicit(&total->recent, 0, memory_order_acq_rel);
  total->blocks += recent >> RECENT_BYTES_BITS;
  total->bytes += recent & RECENT_BYTES;
}

static AGT_NOINLINE void pour_and_add(struct total *total, uint64_t blocks, uint64_t bytes) {
  pthread_mutex_lock(&g_meta.lock);
  pour(total);
  total->blocks += blocks;
  total->bytes += bytes;
  pthread_mutex_unlock(&g_meta.lock);
}

static inline void add_to(struct total *total, uint64_t blocks, uint64_t bytes) {
  if (AGT_UNLIKELY(IS_LARGE(blocks, bytes))) {
    pour_and_add(total, blocks, bytes);
    return;
  }
  uint64_t added = blocks << RECENT_BYTES_BITS | bytes;
  uint64_t recent = atomic_fetch_add_explicit(&total->recent, added, memory_order_relaxed) + added;
  if (AGT_UNLIKELY(IS_FULL(recent))) pour_and_add(total, 0, 0);
}

/* ----------------------------------------------------------------------------------------------------------- live map */

/*
 * key → {stack, bytes, kind}, open addressing with backward-shift deletion, in shards so that threads seldom meet.
 *   word 0: key (52 bits: address, or class and id)   word 1: stack (21 bits) | kind (5) | bytes (38)
 */
struct entry { uint64_t key, value; };
enum { SHARDS = 64, SHARD_MIN = 1 << 10 };
static struct shard {
  _Alignas(64) _Atomic uint32_t is_locked;
  uint32_t mask, count; /* guarded by is_locked, as all below */
  struct entry *entries;
} g_shards[SHARDS];

static AGT_NOINLINE void wait_for(struct shard *shard) {
  for (uint32_t tries = 0;; tries++) {
    for (int spins = 0; spins < 64; spins++) {
      if (!atomic_load_explicit(&shard->is_locked, memory_order_relaxed) &&
          !atomic_exchange_explicit(&shard->is_locked, 1, memory_order_acquire))
        return;
      __builtin_ia32_pause();
    }
    /* Its holder was put to sleep. Sleep too: a thread of higher priority that only yields would never let it go on. */
    if (tries > 2) syscall(SYS_nanosleep, &(struct timespec){0, 20000}, NULL);
  }
}

/* Held for some tens of instructions, and most often free: a mutex's calls would cost more than what they guard. */
static inline struct shard *lock_shard_of(uint64_t mixed) {
  struct shard *shard = &g_shards[mixed & (SHARDS - 1)];
  if (AGT_UNLIKELY(atomic_exchange_explicit(&shard->is_locked, 1, memory_order_acquire))) wait_for(shard);
  return shard;
}

static inline void unlock_shard(struct shard *shard) { atomic_store_explicit(&shard->is_locked, 0, memory_order_release); }

static inline uint64_t mix(uint64_t key) {
  key *= 0x9e3779b97f4a7c15u;
  return key ^ key >> 29;
}

bool agt_live_init(void) {
  g_stacks.totals = agt_map(sizeof(struct stack_totals) << 21);
  g_stacks.written_blocks = agt_map((size_t)sizeof(uint64_t) << 21);
  g_stacks.kinds = agt_map((size_t)1 << 21);
  for (int i = 0; i < SHARDS; i++) {
    atomic_store(&g_shards[i].is_locked, 0);
    g_shards[i].entries = agt_map(SHARD_MIN * sizeof(struct entry));
    g_shards[i].mask = SHARD_MIN - 1;
    g_shards[i].count = 0;
    if (!g_shards[i].entries) return false;
  }
  atomic_store(&g_stacks.live_bytes, 0);
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
  add_to(&g_stacks.totals[stack].freed, blocks, bytes);
}

void agt_totals_add(uint32_t stack, uint8_t kind, uint64_t bytes) {
  /* The first one stays: a call site that now calls malloc and now calloc is one row in every snapshot. */
  uint8_t none = 0;
  if (AGT_UNLIKELY(!__atomic_load_n(&g_stacks.kinds[stack], __ATOMIC_RELAXED)))
    __atomic_compare_exchange_n(&g_stacks.kinds[stack], &none, kind, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  add_to(&g_stacks.totals[stack].allocated, 1, bytes);
  if (kind == AGT_MMAP) return; /* address space that V8 reserves by the half gigabyte would hide the heap */
  int64_t live = atomic_fetch_add_explicit(&g_stacks.live_bytes, (int64_t)bytes, memory_order_relaxed) + (int64_t)bytes;
  int64_t peak = atomic_load_explicit(&g_stacks.peak_bytes, memory_order_relaxed);
  while (live > peak && !atomic_compare_exchange_weak_explicit(&g_stacks.peak_bytes, &peak, live, memory_order_relaxed,
                                                               memory_order_relaxed))
    continue;
}

int64_t agt_live_bytes(void) { return atomic_load_explicit(&g_stacks.live_bytes, memory_order_relaxed); }

/* Of memory that is touched here and there: a byte a page is asked of the kernel, some thousands at a time. */
static uint64_t resident_bytes(const void *start, size_t bytes) {
  enum { PAGE = 4096, AT_ONCE = 4096 };
  unsigned char pages[AT_ONCE];
  uint64_t resident = 0;
  size_t left = (bytes + PAGE - 1) / PAGE;
  for (const uint8_t *at = start; left > 0;) {
    size_t count = left < AT_ONCE ? left : AT_ONCE;
    if (syscall(SYS_mincore, at, count * PAGE, pages) != 0) break;
    for (size_t i = 0; i < count; i++) resident += pages[i] & 1;
    at += count * PAGE;
    left -= count;
  }
  return resident * PAGE;
}

/* What the books of this mode take: it is part of the process's memory, and grows with the subject's blocks and stacks. */
uint64_t agt_live_table_bytes(void) {
  size_t count = agt_tree_count();
  uint64_t bytes = agt_tree_bytes() + resident_bytes(g_stacks.totals, count * sizeof *g_stacks.totals) +
                   resident_bytes(g_stacks.written_blocks, count * sizeof *g_stacks.written_blocks) +
                   resident_bytes(g_stacks.kinds, count);
  for (int i = 0; i < SHARDS; i++) bytes += ((uint64_t)__atomic_load_n(&g_shards[i].mask, __ATOMIC_RELAXED) + 1) * sizeof(struct entry);
  return bytes;
}

static void count_freed(uint64_t value) {
  uint64_t bytes = value & (((uint64_t)1 << 38) - 1);
  agt_totals_free((uint32_t)(value >> 43), 1, bytes);
  atomic_fetch_sub_explicit(&g_stacks.live_bytes, (int64_t)bytes, memory_order_relaxed);
}

void agt_live_add(uint64_t key, uint64_t bytes, uint32_t stack, uint8_t kind) {
  if (bytes >= (uint64_t)1 << 38) bytes = ((uint64_t)1 << 38) - 1;
  uint64_t value = (uint64_t)stack << 43 | (uint64_t)(kind & 31) << 38 | bytes;
  uint64_t mixed = mix(key), replaced = 0;
  struct shard *shard = lock_shard_of(mixed);
  if (shard->count * 4 >= shard->mask * 3 && !grow(shard)) {
    unlock_shard(shard);
    AGT_COUNT(events_dropped);
    return;
  }
  uint32_t at = (uint32_t)(mixed >> 8) & shard->mask;
  while (shard->entries[at].key && shard->entries[at].key != key) at = (at + 1) & shard->mask;
  if (shard->entries[at].key) replaced = shard->entries[at].value; /* its release was not seen: a descriptor closed by exec */
  else shard->count++;
  shard->entries[at] = (struct entry){key, value};
  unlock_shard(shard);
  if (AGT_UNLIKELY(replaced)) count_freed(replaced);
  agt_totals_add(stack, kind, bytes);
}

uint64_t agt_live_remove(uint64_t key) {
  uint64_t mixed = mix(key);
  struct shard *shard = lock_shard_of(mixed);
  uint32_t mask = shard->mask, at = (uint32_t)(mixed >> 8) & mask;
  while (shard->entries[at].key && shard->entries[at].key != key) at = (at + 1) & mask;
  if (!shard->entries[at].key) {
    unlock_shard(shard);
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
  unlock_shard(shard);
  count_freed(value);
  return value;
}

/* The realloc behind the removal failed. */
void agt_live_restore(uint64_t key, uint64_t value) {
  uint32_t stack = (uint32_t)(value >> 43);
  uint64_t bytes = value & (((uint64_t)1 << 38) - 1);
  agt_live_add(key, bytes, stack, (uint8_t)(value >> 38 & 31));
  /* Neither the removal nor the addition happened. */
  struct stack_totals *totals = &g_stacks.totals[stack];
  pour_and_add(&totals->allocated, (uint64_t)-1, -bytes);
  pour_and_add(&totals->freed, (uint64_t)-1, -bytes);
}

/* ---------------------------------------------------------------------------------------------------------- snapshots */

/* Holder of g_meta.lock. Live blocks, mappings and resources left out, are what the stacks sum up to. */
static int64_t pour_all(uint32_t count) {
  int64_t live_blocks = 0;
  for (uint32_t stack = 0; stack < count; stack++) {
    struct stack_totals *totals = &g_stacks.totals[stack];
    /* Releases first: what comes in between must not look freed before it was allocated. */
    pour(&totals->freed);
    pour(&totals->allocated);
    if (__atomic_load_n(&g_stacks.kinds[stack], __ATOMIC_RELAXED) >= AGT_MMAP) continue;
    live_blocks += (int64_t)(totals->allocated.blocks - totals->freed.blocks);
  }
  return live_blocks;
}

void agt_live_snapshot(uint64_t seq) {
  uint8_t body[96];
  pthread_mutex_lock(&g_meta.lock);
  uint32_t count = agt_tree_count();
  int64_t live_blocks = pour_all(count), live_bytes = atomic_load(&g_stacks.live_bytes);
  uint8_t *p = agt_put_varint(body, seq);
  p = agt_put_varint(p, agt_clock_us()); /* read under the lock: times rise along the file */
  p = agt_put_varint(p, live_bytes < 0 ? 0 : (uint64_t)live_bytes);
  p = agt_put_varint(p, live_blocks < 0 ? 0 : (uint64_t)live_blocks);
  p = agt_put_varint(p, (uint64_t)atomic_load(&g_stacks.peak_bytes));
  agt_meta_write_locked(AGT_META_SNAPSHOT, body, (size_t)(p - body));
  for (uint32_t stack = 0; stack < count; stack++) {
    const struct total *allocated = &g_stacks.totals[stack].allocated, *freed = &g_stacks.totals[stack].freed;
    if (allocated->blocks + freed->blocks == g_stacks.written_blocks[stack]) continue;
    g_stacks.written_blocks[stack] = allocated->blocks + freed->blocks;
    p = agt_put_varint(body, stack);
    *p++ = __atomic_load_n(&g_stacks.kinds[stack], __ATOMIC_RELAXED);
    p = agt_put_varint(p, allocated->blocks);
    p = agt_put_varint(p, allocated->bytes);
    p = agt_put_varint(p, freed->blocks);
    p = agt_put_varint(p, freed->bytes);
    agt_meta_write_locked(AGT_META_SNAPSHOT_STACK, body, (size_t)(p - body));
  }
  agt_meta_write_locked(AGT_META_SNAPSHOT_END, NULL, 0);
  pthread_mutex_unlock(&g_meta.lock);
}
