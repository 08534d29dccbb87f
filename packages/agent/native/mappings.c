/*
 * Live mappings of aggregate mode. Unlike blocks they are given back in parts: V8 maps more than it needs and unmaps both
 * ends. Kept as pieces sorted by address; mapping is rare, so a piece is found and moved in linear time.
 */
#include "agent.h"

#include <string.h>

struct piece {
  uintptr_t start, end;
  uint32_t stack;
  uint32_t whole; /* the same for all pieces that are left of one mapping */
};

static struct {
  pthread_mutex_t lock;
  struct piece *pieces; /* guarded by lock, as all below */
  size_t count, capacity;
  uint32_t next_whole;
} g_mappings;

bool agt_mappings_init(void) {
  pthread_mutex_init(&g_mappings.lock, NULL);
  g_mappings.capacity = 1024;
  g_mappings.count = 0;
  g_mappings.pieces = agt_map(g_mappings.capacity * sizeof(struct piece));
  return g_mappings.pieces != NULL;
}

void agt_mappings_lock(void) { pthread_mutex_lock(&g_mappings.lock); }
void agt_mappings_unlock(void) { pthread_mutex_unlock(&g_mappings.lock); }

static bool reserve(size_t count) {
  if (count <= g_mappings.capacity) return true;
  struct piece *larger = agt_map(g_mappings.capacity * 2 * sizeof *larger);
  if (!larger) return false;
  memcpy(larger, g_mappings.pieces, g_mappings.count * sizeof *larger);
  agt_unmap(g_mappings.pieces, g_mappings.capacity * sizeof *larger);
  g_mappings.pieces = larger;
  g_mappings.capacity *= 2;
  return true;
}

/* Index of the first piece that ends after the address. */
static size_t first_beyond(uintptr_t address) {
  size_t low = 0, high = g_mappings.count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (g_mappings.pieces[middle].end <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}

static bool has_pieces(uint32_t whole) {
  for (size_t i = 0; i < g_mappings.count; i++)
    if (g_mappings.pieces[i].whole == whole) return true;
  return false;
}

static void insert_at(size_t index, struct piece piece) {
  struct piece *at = &g_mappings.pieces[index];
  memmove(at + 1, at, (g_mappings.count - index) * sizeof piece);
  *at = piece;
  g_mappings.count++;
}

static void erase_at(size_t index) {
  struct piece *at = &g_mappings.pieces[index];
  memmove(at, at + 1, (g_mappings.count - index - 1) * sizeof *at);
  g_mappings.count--;
}

void agt_mappings_remove_locked(uintptr_t start, size_t bytes) {
  uintptr_t end = start + bytes;
  for (size_t i = first_beyond(start); i < g_mappings.count && g_mappings.pieces[i].start < end;) {
    struct piece *at = &g_mappings.pieces[i], piece = *at;
    uintptr_t low = piece.start > start ? piece.start : start, high = piece.end < end ? piece.end : end;
    if (piece.start < start && piece.end > end) { /* a hole leaves two */
      if (!reserve(g_mappings.count + 1)) {
        AGT_COUNT(events_dropped);
        return;
      }
      g_mappings.pieces[i].end = start;
      piece.start = end;
      insert_at(i + 1, piece);
    } else if (piece.start < start) {
      at->end = start;
      i++;
    } else if (piece.end > end) {
      at->start = end;
    } else {
      erase_at(i);
    }
    agt_totals_free(piece.stack, has_pieces(piece.whole) ? 0 : 1, high - low);
    if (high == end) return;
  }
}

void agt_mappings_add_locked(uintptr_t start, size_t bytes, uint32_t stack) {
  agt_mappings_remove_locked(start, bytes); /* MAP_FIXED takes the place of what was there */
  if (!bytes || !reserve(g_mappings.count + 1)) {
    AGT_COUNT(events_dropped);
    return;
  }
  insert_at(first_beyond(start), (struct piece){start, start + bytes, stack, g_mappings.next_whole++});
  agt_totals_add(stack, AGT_MMAP, bytes);
}
