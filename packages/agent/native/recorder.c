/*
 * From a hook to bytes. The encoding, its tokens and its prediction state are drawn in docs/TRACE_FORMAT.md; the twin of
 * this file is packages/seamproof/src/trace/.
 */
#include "agent.h"

#include <errno.h>
#include <string.h>

_Alignas(64) _Atomic uint64_t g_seq = 1;
bool g_is_aggregate;
bool g_is_samples;

enum {
  TOKEN_ALLOC = 0x01, TOKEN_FREE, TOKEN_TIME, TOKEN_GAP, TOKEN_REALLOC, TOKEN_ALLOC_ODD, TOKEN_FREE_ODD, TOKEN_MAP,
  TOKEN_UNMAP, TOKEN_REMAP, TOKEN_ACQUIRE, TOKEN_RELEASE, TOKEN_REALLOC_ODD,
  TOKEN_GAP_SHORT = 0x20, TOKEN_FREE_RECENT = 0x40, TOKEN_SITE_SAME = 0x80, TOKEN_SITE_SIZE = 0xc0
};

/* Longest record with the gap and time records that may precede it, and the final zero. */
enum { RECORD_MAX = 128, CHUNK_MIN = 4 * 1024, CHUNK_MAX = 256 * 1024 };

static inline uint32_t site_of(uint32_t stack) { return (stack * 0x9e3779b1u) >> 26; }
static inline uint32_t slot_of(uint64_t addr16) { return (uint32_t)((uint32_t)addr16 ^ (uint32_t)addr16 >> 6) & 63; }

void agt_events_chunk_close(struct agt_thread *thread) {
  if (!thread->chunk) return;
  agt_chunk_close(thread->chunk, (uint32_t)(thread->cursor - thread->chunk - AGT_CHUNK_HEADER));
  atomic_fetch_add_explicit(&g_header->events_recorded, thread->chunk_events, memory_order_relaxed);
  thread->chunk = thread->cursor = thread->limit = NULL;
}

static AGT_NOINLINE bool next_chunk(struct agt_thread *thread) {
  /* A short-lived thread costs one page of file; a busy one gets chunks that are worth their system calls. */
  uint32_t capacity = thread->chunk_capacity ? thread->chunk_capacity * 4 : CHUNK_MIN;
  if (capacity > CHUNK_MAX) capacity = CHUNK_MAX;
  agt_events_chunk_close(thread);
  uint64_t first = atomic_load_explicit(&g_seq, memory_order_relaxed);
  uint8_t *chunk = agt_chunk_open(AGT_CHUNK_EVENTS, capacity, first, thread->index);
  if (!chunk) return false;
  thread->chunk = chunk;
  thread->chunk_capacity = capacity;
  thread->cursor = chunk + AGT_CHUNK_HEADER;
  thread->limit = chunk + capacity - RECORD_MAX;
  thread->seq_next = first;
  thread->time_us = 0;
  thread->last_addr16 = 0;
  thread->last_stack = 0;
  thread->chunk_events = 0;
  memset(thread->sites, 0, sizeof thread->sites);
  memset(thread->recent, 0, sizeof thread->recent);
  return true;
}

/* The token last: see "open chunk" in the format. */
static inline void publish(uint8_t *record, uint8_t token) {
  atomic_signal_fence(memory_order_release);
  *(volatile uint8_t *)record = token;
}

/* Room for one record numbered `seq`, after the gap and time records it needs. NULL when recording has stopped. */
static inline uint8_t *begin(struct agt_thread *thread, uint64_t seq) {
  uint8_t *p = thread->cursor;
  if (AGT_UNLIKELY((seq & 255) == 0)) agt_tick();
  uint64_t now = atomic_load_explicit(&g_now_us, memory_order_relaxed);
  if (AGT_UNLIKELY(now > thread->time_us)) {
    uint8_t *end = agt_put_varint(p + 1, now - thread->time_us);
    publish(p, TOKEN_TIME);
    p = end;
    thread->time_us = now;
  }
  if (AGT_UNLIKELY(seq != thread->seq_next)) {
    uint64_t gap = seq - thread->seq_next;
    if (gap <= 32) {
      publish(p, (uint8_t)(TOKEN_GAP_SHORT + gap - 1));
      p++;
    } else {
      uint8_t *end = agt_put_varint(p + 1, gap);
      publish(p, TOKEN_GAP);
      p = end;
    }
  }
  return p;
}

/* Before a sequence number is taken: a number that is taken must be written. */
static inline bool has_room(struct agt_thread *thread) {
  if (AGT_LIKELY(thread->cursor < thread->limit)) return true;
  if (next_chunk(thread)) return true;
  AGT_COUNT(events_dropped);
  return false;
}

static inline uint64_t take_seq(void) { return atomic_fetch_add_explicit(&g_seq, 1, memory_order_relaxed); }

static inline void end(struct agt_thread *thread, uint8_t *p, uint64_t seq_next) {
  thread->cursor = p;
  thread->seq_next = seq_next;
  thread->chunk_events++;
}

static void write_alloc(struct agt_thread *thread, enum agt_kind kind, uintptr_t address, uint64_t bytes, uint32_t stack) {
  if (!has_room(thread)) return;
  uint64_t seq = take_seq();
  uint8_t *record = begin(thread, seq), *p;
  if (AGT_UNLIKELY(address & 15)) {
    record[1] = (uint8_t)kind;
    p = agt_put_varint(record + 2, agt_zigzag((int64_t)stack - (int64_t)thread->last_stack));
    p = agt_put_varint(p, bytes);
    p = agt_put_varint(p, address);
    publish(record, TOKEN_ALLOC_ODD);
    thread->last_stack = stack;
    end(thread, p, seq + 1);
    return;
  }
  uint64_t addr16 = address >> 4;
  uint32_t slot = site_of(stack);
  struct agt_site *site = &thread->sites[slot];
  if (AGT_LIKELY(site->stack == stack && site->kind == kind)) {
    uint64_t delta = agt_zigzag((int64_t)(addr16 - site->addr16));
    if (site->size == bytes) {
      p = agt_put_varint(record + 1, delta);
      publish(record, (uint8_t)(TOKEN_SITE_SAME | slot));
    } else {
      p = agt_put_varint(record + 1, bytes);
      p = agt_put_varint(p, delta);
      publish(record, (uint8_t)(TOKEN_SITE_SIZE | slot));
    }
  } else {
    record[1] = (uint8_t)kind;
    p = agt_put_varint(record + 2, agt_zigzag((int64_t)stack - (int64_t)thread->last_stack));
    p = agt_put_varint(p, bytes);
    p = agt_put_varint(p, agt_zigzag((int64_t)(addr16 - thread->last_addr16)));
    publish(record, TOKEN_ALLOC);
  }
  *site = (struct agt_site){bytes, addr16, stack, kind};
  thread->recent[slot_of(addr16)] = addr16;
  thread->last_addr16 = addr16;
  thread->last_stack = stack;
  end(thread, p, seq + 1);
}

static void write_free(struct agt_thread *thread, uintptr_t address) {
  if (!has_room(thread)) return;
  uint64_t seq = take_seq();
  uint8_t *record = begin(thread, seq), *p;
  if (AGT_UNLIKELY(address & 15)) {
    p = agt_put_varint(record + 1, address);
    publish(record, TOKEN_FREE_ODD);
    end(thread, p, seq + 1);
    return;
  }
  uint64_t addr16 = address >> 4;
  uint32_t slot = slot_of(addr16);
  if (thread->recent[slot] == addr16) {
    p = record + 1;
    publish(record, (uint8_t)(TOKEN_FREE_RECENT | slot));
  } else {
    p = agt_put_varint(record + 1, agt_zigzag((int64_t)(addr16 - thread->last_addr16)));
    publish(record, TOKEN_FREE);
  }
  thread->last_addr16 = addr16;
  end(thread, p, seq + 1);
}

void agt_record_alloc(struct agt_thread *thread, enum agt_kind kind, void *block, size_t bytes,
                      struct agt_registers caller) {
  uint32_t stack = agt_stack_walk(thread, caller);
  if (g_is_aggregate) agt_live_add((uintptr_t)block, bytes, stack, (uint8_t)kind);
  else write_alloc(thread, kind, (uintptr_t)block, bytes, stack);
}

void agt_record_free(struct agt_thread *thread, void *block) {
  if (g_is_aggregate) agt_live_remove((uintptr_t)block);
  else write_free(thread, (uintptr_t)block);
}

uint64_t agt_record_realloc_begin(struct agt_thread *thread, void *old_block) {
  if (g_is_aggregate) return agt_live_remove((uintptr_t)old_block);
  return has_room(thread) ? take_seq() : 0;
}

void agt_record_realloc_end(struct agt_thread *thread, uint64_t begun, void *old_block, void *block, size_t bytes,
                            struct agt_registers caller) {
  int saved_errno = errno;
  if (!block) {
    /* The old block lives on. In full mode nothing was written. */
    if (g_is_aggregate && begun) agt_live_restore((uintptr_t)old_block, begun);
    return;
  }
  uint32_t stack = agt_stack_walk(thread, caller);
  if (g_is_aggregate) {
    agt_live_add((uintptr_t)block, bytes, stack, AGT_REALLOC);
  } else if (begun) {
    uint64_t acquired = take_seq();
    uint8_t *record = begin(thread, begun), *p;
    uintptr_t from = (uintptr_t)old_block, to = (uintptr_t)block;
    bool is_odd = (from | to) & 15;
    if (is_odd) {
      p = agt_put_varint(record + 1, from);
      p = agt_put_varint(p, to);
    } else {
      p = agt_put_varint(record + 1, agt_zigzag((int64_t)((from >> 4) - thread->last_addr16)));
      p = agt_put_varint(p, agt_zigzag((int64_t)((to >> 4) - (from >> 4))));
      thread->last_addr16 = to >> 4;
      thread->recent[slot_of(to >> 4)] = to >> 4;
    }
    p = agt_put_varint(p, bytes);
    p = agt_put_varint(p, agt_zigzag((int64_t)stack - (int64_t)thread->last_stack));
    p = agt_put_varint(p, acquired - begun - 1);
    publish(record, is_odd ? TOKEN_REALLOC_ODD : TOKEN_REALLOC);
    thread->last_stack = stack;
    end(thread, p, acquired + 1);
    thread->chunk_events++;
  }
  errno = saved_errno;
}

void agt_record_map(struct agt_thread *thread, void *address, size_t bytes, int protection, int flags,
                    struct agt_registers caller) {
  uint32_t stack = agt_stack_walk(thread, caller);
  bytes = (bytes + 4095) & ~(size_t)4095;
  if (g_is_aggregate) {
    agt_mappings_lock();
    agt_mappings_add_locked((uintptr_t)address, bytes, stack);
    agt_mappings_unlock();
    return;
  }
  if (!has_room(thread)) return;
  uint64_t seq = take_seq();
  uint8_t *record = begin(thread, seq);
  uint8_t *p = agt_put_varint(record + 1, (uintptr_t)address >> 12);
  p = agt_put_varint(p, bytes);
  p = agt_put_varint(p, agt_zigzag((int64_t)stack - (int64_t)thread->last_stack));
  p = agt_put_varint(p, (uint32_t)protection);
  p = agt_put_varint(p, (uint32_t)flags);
  publish(record, TOKEN_MAP);
  thread->last_stack = stack;
  end(thread, p, seq + 1);
}

void agt_record_unmap(struct agt_thread *thread, void *address, size_t bytes) {
  bytes = (bytes + 4095) & ~(size_t)4095;
  if (g_is_aggregate) {
    agt_mappings_lock();
    agt_mappings_remove_locked((uintptr_t)address, bytes);
    agt_mappings_unlock();
    return;
  }
  if (!has_room(thread)) return;
  uint64_t seq = take_seq();
  uint8_t *record = begin(thread, seq);
  uint8_t *p = agt_put_varint(record + 1, (uintptr_t)address >> 12);
  p = agt_put_varint(p, bytes);
  publish(record, TOKEN_UNMAP);
  end(thread, p, seq + 1);
}

uint64_t agt_record_remap_begin(struct agt_thread *thread) {
  if (g_is_aggregate) agt_mappings_lock();
  if (g_is_aggregate) return 0;
  return has_room(thread) ? take_seq() : 0; /* the room first: a chunk opened later would begin after this number */
}

void agt_record_remap_end(struct agt_thread *thread, uint64_t begun, void *old_address, size_t old_bytes, void *address,
                          size_t bytes, struct agt_registers caller) {
  if (!address) {
    if (g_is_aggregate) agt_mappings_unlock();
    return;
  }
  uint32_t stack = agt_stack_walk(thread, caller);
  old_bytes = (old_bytes + 4095) & ~(size_t)4095;
  bytes = (bytes + 4095) & ~(size_t)4095;
  if (g_is_aggregate) {
    agt_mappings_remove_locked((uintptr_t)old_address, old_bytes);
    agt_mappings_add_locked((uintptr_t)address, bytes, stack);
    agt_mappings_unlock();
    return;
  }
  if (!begun) return;
  uint64_t acquired = take_seq();
  uint8_t *record = begin(thread, begun);
  uint8_t *p = agt_put_varint(record + 1, (uintptr_t)old_address >> 12);
  p = agt_put_varint(p, old_bytes);
  p = agt_put_varint(p, (uintptr_t)address >> 12);
  p = agt_put_varint(p, bytes);
  p = agt_put_varint(p, agt_zigzag((int64_t)stack - (int64_t)thread->last_stack));
  p = agt_put_varint(p, acquired - begun - 1);
  publish(record, TOKEN_REMAP);
  thread->last_stack = stack;
  end(thread, p, acquired + 1);
  thread->chunk_events++;
}

void agt_record_acquire(struct agt_thread *thread, enum agt_class class, uint64_t id, struct agt_registers caller) {
  uint32_t stack = agt_stack_walk(thread, caller);
  if (g_is_aggregate) {
    agt_live_add(AGT_KEY(class, id), 0, stack, (uint8_t)(16 + class));
    return;
  }
  if (!has_room(thread)) return;
  uint64_t seq = take_seq();
  uint8_t *record = begin(thread, seq);
  record[1] = (uint8_t)class;
  uint8_t *p = agt_put_varint(record + 2, id);
  p = agt_put_varint(p, agt_zigzag((int64_t)stack - (int64_t)thread->last_stack));
  publish(record, TOKEN_ACQUIRE);
  thread->last_stack = stack;
  end(thread, p, seq + 1);
}

void agt_record_release(struct agt_thread *thread, enum agt_class class, uint64_t id) {
  if (g_is_aggregate) {
    agt_live_remove(AGT_KEY(class, id));
    return;
  }
  if (!has_room(thread)) return;
  uint64_t seq = take_seq();
  uint8_t *record = begin(thread, seq);
  record[1] = (uint8_t)class;
  uint8_t *p = agt_put_varint(record + 2, id);
  publish(record, TOKEN_RELEASE);
  end(thread, p, seq + 1);
}
