/* The META stream: what is true of the process, in the order it became so. One chunk at a time, under one lock. */
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

void agt_meta_write_locked(enum agt_meta type, const uint8_t *bytes, size_t length) {
  if (!agt_meta_reserve_locked(length)) {
    AGT_COUNT(events_dropped);
    return;
  }
  uint8_t *record = g_meta.cursor;
  uint8_t *p = agt_put_varint(record + 1, length);
  if (length) memcpy(p, bytes, length);
  atomic_thread_fence(memory_order_release);
  *(volatile uint8_t *)record = (uint8_t)type; /* the type last: a record is there as a whole or not at all */
  g_meta.cursor = p + length;
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
}
