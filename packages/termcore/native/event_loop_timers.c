/* The epoll backend's timers: a binary heap. */
#include "event_loop_epoll.h"

static bool is_before(const tc_source *one, const tc_source *other) {
  return one->due_ns != other->due_ns ? one->due_ns < other->due_ns : one->sequence < other->sequence;
}

static void swap(tc_timer_heap *heap, size_t one, size_t other) {
  tc_source *kept = heap->items[one];
  heap->items[one] = heap->items[other];
  heap->items[other] = kept;
}

static void sift_up(tc_timer_heap *heap, size_t at) {
  while (at > 0 && is_before(heap->items[at], heap->items[(at - 1) / 2])) {
    swap(heap, at, (at - 1) / 2);
    at = (at - 1) / 2;
  }
}

static void sift_down(tc_timer_heap *heap, size_t at) {
  for (;;) {
    size_t first = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap->count; child++)
      if (is_before(heap->items[child], heap->items[first])) first = child;
    if (first == at) return;
    swap(heap, at, first);
    at = first;
  }
}

static bool grow(tc_timer_heap *heap) {
  const size_t capacity = heap->capacity == 0 ? 16 : heap->capacity * 2;
  tc_source **items = realloc(heap->items, capacity * sizeof *items);
  if (items == NULL) return false;
  heap->items = items;
  tc_source **taken = realloc(heap->taken, capacity * sizeof *taken);
  if (taken == NULL) return false;
  heap->taken = taken;
  heap->capacity = capacity;
  return true;
}

bool tc_timer_heap_add(tc_timer_heap *heap, tc_source *source) {
  if (heap->count == heap->capacity && !grow(heap)) return false;
  heap->items[heap->count++] = source;
  sift_up(heap, heap->count - 1);
  return true;
}

static void remove_at(tc_timer_heap *heap, size_t at) {
  heap->items[at] = heap->items[--heap->count];
  if (at == heap->count) return;
  sift_down(heap, at);
  sift_up(heap, at);
}

void tc_timer_heap_remove(tc_timer_heap *heap, const tc_source *source) {
  for (size_t at = 0; at < heap->count; at++) {
    if (heap->items[at] != source) continue;
    remove_at(heap, at);
    return;
  }
}

tc_source *tc_timer_heap_first(const tc_timer_heap *heap) { return heap->count > 0 ? heap->items[0] : NULL; }

size_t tc_timer_heap_take_due(tc_timer_heap *heap, uint64_t now_ns, uint64_t newest) {
  size_t count = 0;
  /* A one-shot timer that fired stays a source but leaves the heap; `newest` only matters for those
   * added while a turn runs, and they are younger than every other due at the same time. */
  while (heap->count > 0 && heap->items[0]->due_ns <= now_ns && heap->items[0]->sequence <= newest) {
    heap->taken[count++] = heap->items[0];
    remove_at(heap, 0);
  }
  return count;
}

void tc_timer_heap_free(tc_timer_heap *heap) {
  free(heap->items);
  free(heap->taken);
  *heap = (tc_timer_heap){.items = NULL};
}
