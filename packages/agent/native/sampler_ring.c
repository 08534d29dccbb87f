/*
 * Samples between the handler that takes them and the trace: a ring per thread with one writer (the handler) and one reader
 * (whoever drains). A sample is words: how many, time, weight and state, then the frames from the innermost outwards.
 */
#include "sampler.h"

#include <string.h>

static const uint64_t has_bytecode = (uint64_t)1 << 62;

static inline void put(struct smp_thread *thread, uint32_t *head, uint64_t word) {
  thread->ring[(*head)++ & (SMP_RING_WORDS - 1)] = word;
}

bool smp_ring_put(struct smp_thread *thread, const struct smp_walk *walk, uint64_t now_us, uint64_t weight_ns, uint32_t state) {
  uint32_t head = atomic_load_explicit(&thread->head, memory_order_relaxed);
  uint32_t tail = atomic_load_explicit(&thread->tail, memory_order_acquire);
  uint32_t count = walk->count, inner = count;
  if (count > g_depth_max) {
    count = g_depth_max;
    inner = count - (count > 2 * SMP_OUTER ? SMP_OUTER : count / 2);
  }
  uint32_t needed = 4;
  for (uint32_t i = 0; i < count; i++) needed += walk->frames[i < inner ? i : walk->count - (count - i)].bytecode ? 2 : 1;
  if (SMP_RING_WORDS - (head - tail) < needed) return false;
  put(thread, &head, needed | (uint64_t)count << 32);
  put(thread, &head, now_us);
  put(thread, &head, weight_ns);
  put(thread, &head, state | (walk->count > count ? SMP_DEEP : 0) | (walk->flags & (SMP_ROOTLESS | SMP_FOREIGN)) | (uint64_t)inner << 32);
  for (uint32_t i = 0; i < count; i++) {
    const struct smp_frame *frame = &walk->frames[i < inner ? i : walk->count - (count - i)];
    uint64_t pc = frame->pc & (((uint64_t)1 << 47) - 1);
    put(thread, &head, frame->bytecode ? pc | has_bytecode : pc);
    if (frame->bytecode) put(thread, &head, frame->bytecode);
  }
  atomic_store_explicit(&thread->head, head, memory_order_release);
  return true;
}

/* frames[0] is the innermost. */
uint32_t smp_stack_id(const struct smp_frame *frames, uint32_t count, uint32_t flags) {
  uint64_t hash = g_stack_seed ^ (flags & SMP_ROOTLESS);
  for (uint32_t i = count; i-- > 0;) hash = agt_stack_hash(hash, frames[i].pc, frames[i].bytecode) + frames[i].flags;
  uint32_t node = agt_tree_recall(hash);
  if (node) return node;
  for (uint32_t i = count; i-- > 0;) {
    uint32_t outer = i == count - 1 && flags & SMP_ROOTLESS ? AGT_NODE_ENDED_EARLY : 0;
    node = agt_tree_child(node, frames[i].pc, frames[i].flags | outer, frames[i].bytecode);
  }
  agt_tree_remember(hash, node);
  return node;
}

/* ------------------------------------------------------------------------------------------------------ the records */

enum { BATCH_BYTES = 8192, SAMPLE_BYTES_MAX = 32 };

struct batch {
  uint32_t count;
  uint64_t last_us;
  uint8_t *cursor;
  uint8_t bytes[BATCH_BYTES];
};

/* Static, because a drain may run on a signal stack of a few KiB. Guarded by g_drain_lock. */
static pthread_mutex_t g_drain_lock = PTHREAD_MUTEX_INITIALIZER;
static struct batch g_batch;
static uint8_t g_body[BATCH_BYTES + 16];
static struct smp_frame g_frames[AGT_DEPTH_MAX];

static _Atomic int g_unloading;

void smp_ring_after_fork(void) {
  pthread_mutex_init(&g_drain_lock, NULL);
  atomic_store(&g_unloading, 0); /* whoever unloads is a thread of the parent */
}

bool smp_modules_hold(bool may_wait) {
  if (may_wait) pthread_mutex_lock(&g_drain_lock);
  else if (pthread_mutex_trylock(&g_drain_lock) != 0) return false;
  if (atomic_load(&g_unloading) <= 0) return true;
  pthread_mutex_unlock(&g_drain_lock);
  return false;
}
void smp_modules_release(void) { pthread_mutex_unlock(&g_drain_lock); }

void smp_unloading(bool is_begin) {
  pthread_mutex_lock(&g_drain_lock);
  atomic_fetch_add(&g_unloading, is_begin ? 1 : -1);
  pthread_mutex_unlock(&g_drain_lock);
}

static void write_batch(struct smp_thread *thread, struct batch *batch) {
  if (!batch->count) return;
  uint8_t *body = g_body;
  uint8_t *p = agt_put_varint(body, thread->index);
  p = agt_put_varint(p, batch->count);
  size_t length = (size_t)(batch->cursor - batch->bytes);
  memcpy(p, batch->bytes, length);
  agt_meta_write(AGT_META_CPU_SAMPLES, body, (size_t)(p - body) + length);
  batch->count = 0;
  batch->last_us = 0;
  batch->cursor = batch->bytes;
}

static void put_sample(struct smp_thread *thread, struct batch *batch, uint64_t us, uint32_t flags, uint64_t ns, uint32_t stack) {
  if (batch->cursor + SAMPLE_BYTES_MAX > batch->bytes + BATCH_BYTES) write_batch(thread, batch);
  bool is_one = ns == g_smp_period_ns;
  batch->cursor = agt_put_varint(batch->cursor, agt_zigzag((int64_t)(us - batch->last_us)));
  *batch->cursor++ = (uint8_t)((flags & 0x7f) | (is_one ? SMP_ONE_PERIOD : 0));
  if (!is_one) batch->cursor = agt_put_varint(batch->cursor, ns);
  batch->cursor = agt_put_varint(batch->cursor, stack);
  batch->last_us = us;
  batch->count++;
}

static inline uint64_t take(struct smp_thread *thread, uint32_t *tail) {
  return thread->ring[(*tail)++ & (SMP_RING_WORDS - 1)];
}

static void begin_batch(void) {
  g_batch.count = 0;
  g_batch.last_us = 0;
  g_batch.cursor = g_batch.bytes;
}

void smp_ring_drain(struct smp_thread *thread, bool may_wait) {
  if (!smp_modules_hold(may_wait)) return;
  begin_batch();
  struct smp_frame *frames = g_frames;
  uint32_t tail = atomic_load_explicit(&thread->tail, memory_order_relaxed);
  while (tail != atomic_load_explicit(&thread->head, memory_order_acquire)) {
    uint32_t count = (uint32_t)(take(thread, &tail) >> 32);
    uint64_t us = take(thread, &tail), ns = take(thread, &tail), state = take(thread, &tail);
    uint32_t inner = (uint32_t)(state >> 32);
    for (uint32_t i = 0; i < count; i++) {
      uint64_t pc = take(thread, &tail);
      frames[i] = (struct smp_frame){.pc = pc & ~has_bytecode};
      if (pc & has_bytecode) frames[i].bytecode = (uint32_t)take(thread, &tail);
    }
    if (state & SMP_DEEP && inner > 0) frames[inner - 1].flags = AGT_NODE_GAP;
    thread->last_stack = smp_stack_id(frames, count, (uint32_t)state);
    put_sample(thread, &g_batch, us, (uint32_t)state & 0x7f, ns, thread->last_stack);
    atomic_store_explicit(&thread->tail, tail, memory_order_release);
  }
  write_batch(thread, &g_batch);
  smp_modules_release();
}

void smp_write_off_core(struct smp_thread *thread, uint64_t now_us, enum smp_state state, uint64_t ns, uint32_t stack) {
  begin_batch();
  put_sample(thread, &g_batch, now_us, state, ns, stack);
  write_batch(thread, &g_batch);
}
