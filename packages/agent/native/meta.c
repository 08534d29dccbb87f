/*
 * The META stream: what is true of the process, in the order it became so. One chunk at a time, under one lock. Where a run
 * has no end, what is of passing interest goes into a ring of chunks instead, and the oldest is overwritten.
 */
#include "agent.h"

#include <string.h>

enum { META_CHUNK = 64 * 1024 };

struct agt_meta_state g_meta = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool next_chunk(size_t need) {
  if (g_meta.chunk) agt_chunk_close(g_meta.chunk, (uint32_t)(g_meta.cursor - g_meta.chunk - AGT_CHUNK_HEADER));
  g_meta.chunk = NULL;
  uint32_t capacity = META_CHUNK;
  while (capacity < need + AGT_CHUNK_HEADER) capacity *= 2;
  uint8_t *chunk = agt_chunk_open(AGT_CHUNK_META, capacity, agt_tree_count(), g_meta.next_code);
  if (!chunk) return false;
  g_meta.chunk = chunk;
  g_meta.cursor = chunk + AGT_CHUNK_HEADER;
  g_meta.limit = chunk + capacity;
  g_meta.last_node_pc = 0;
  return true;
}

/* NODE bodies are deltas within their chunk: make room before computing one (see tree.c). */
bool agt_meta_reserve_locked(size_t bytes) {
  size_t need = bytes + 16;
  if (g_meta.chunk && (size_t)(g_meta.limit - g_meta.cursor) >= need) return true;
  return next_chunk(need);
}

enum { PASSING_MAX = 1024 };
static struct {
  uint8_t *chunks[PASSING_MAX];
  uint32_t capacity, count; /* of chunks: 0, everything is kept */
  uint64_t number;          /* of chunks begun */
  uint8_t *chunk, *cursor, *limit;
} g_passing; /* guarded by g_meta.lock */

void agt_meta_keep(uint64_t bytes) {
  uint64_t chunks = bytes / META_CHUNK;
  g_passing.capacity = bytes == 0 ? 0 : chunks < 4 ? 4 : chunks > PASSING_MAX ? PASSING_MAX : (uint32_t)chunks;
}

static bool is_passing(enum agt_meta type) {
  return type == AGT_META_CPU_SAMPLES || type == AGT_META_CPU_THREAD || type == AGT_META_SAMPLE || type == AGT_META_GC ||
         type == AGT_META_JS_HEAP;
}

static bool next_passing_chunk(void) {
  if (g_passing.chunk) agt_chunk_seal(g_passing.chunk, (uint32_t)(g_passing.cursor - g_passing.chunk - AGT_CHUNK_HEADER));
  uint8_t *chunk = NULL;
  if (g_passing.count < g_passing.capacity) {
    chunk = agt_chunk_open(AGT_CHUNK_PASSING, META_CHUNK, g_passing.number, 0);
    if (chunk) g_passing.chunks[g_passing.count++] = chunk;
    else if (g_passing.count) g_passing.capacity = g_passing.count; /* the disk gives no more: those that are there do */
  }
  if (!chunk && g_passing.count) agt_chunk_reuse(chunk = g_passing.chunks[g_passing.number % g_passing.count], g_passing.number);
  g_passing.chunk = chunk;
  if (!chunk) return false;
  g_passing.number++;
  g_passing.cursor = chunk + AGT_CHUNK_HEADER;
  g_passing.limit = chunk + META_CHUNK;
  return true;
}

static uint8_t **passing_cursor(size_t length) {
  size_t need = length + 16;
  if (need + AGT_CHUNK_HEADER > META_CHUNK) return NULL;
  bool has_room = g_passing.chunk && (size_t)(g_passing.limit - g_passing.cursor) >= need;
  return has_room || next_passing_chunk() ? &g_passing.cursor : NULL;
}

static uint8_t **meta_cursor(size_t length) { return agt_meta_reserve_locked(length) ? &g_meta.cursor : NULL; }

void agt_meta_write_locked(enum agt_meta type, const uint8_t *bytes, size_t length) {
  uint8_t **cursor = g_passing.capacity && is_passing(type) ? passing_cursor(length) : meta_cursor(length);
  if (!cursor) {
    AGT_COUNT(events_dropped);
    return;
  }
  uint8_t *record = *cursor;
  uint8_t *p = agt_put_varint(record + 1, length);
  if (length) memcpy(p, bytes, length);
  atomic_thread_fence(memory_order_release);
  *(volatile uint8_t *)record = (uint8_t)type; /* the type last: a record is there as a whole or not at all */
  *cursor = p + length;
}

void agt_meta_write(enum agt_meta type, const uint8_t *bytes, size_t length) {
  pthread_mutex_lock(&g_meta.lock);
  agt_meta_write_locked(type, bytes, length);
  pthread_mutex_unlock(&g_meta.lock);
}

void agt_meta_note(const char *text) {
  uint8_t body[1024];
  size_t length = strlen(text);
  if (length > sizeof body - 8) length = sizeof body - 8;
  uint8_t *p = agt_put_varint(body, length);
  memcpy(p, text, length);
  agt_meta_write(AGT_META_NOTE, body, (size_t)(p - body) + length);
}

void agt_meta_after_fork(void) {
  pthread_mutex_init(&g_meta.lock, NULL);
  g_meta.chunk = g_meta.cursor = g_meta.limit = NULL;
  g_meta.next_code = 0;
  g_passing.count = 0;
  g_passing.number = 0;
  g_passing.chunk = NULL; /* mappings of the parent's file stay, unused */
}
