/*
 * Memory that a refused call left with the addon: napi_wrap that failed keeps nothing, a full queue does not take its data.
 * Whether it is freed after all is known when the process ends.
 */
#include "layer.h"

enum { ORPHANS = 512 };
static struct {
  pthread_mutex_t lock;
  struct { const void *block; struct lyr_object *object; enum lyr_rule rule; napi_status status; } all[ORPHANS];
  _Atomic uint32_t count; /* in use; the rest guarded by the lock */
} g_orphans = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A block of glibc's malloc by all signs: in no library, on no stack, and the headers of it and of the next one agree. */
bool lyr_is_heap_block(const void *block) {
  struct agt_object object;
  uintptr_t address = (uintptr_t)block;
  struct agt_thread *thread = t_thread;
  if (address < 1 << 16 || address & 15 || agt_object_at(address, &object)) return false;
  if ((uintptr_t)thread > 3 && address >= thread->stack_low && address < thread->stack_high) return false;
  uint64_t header, next;
  if (agt_peek_bytes(&header, address - 8, 8) != 8) return false;
  uint64_t bytes = header & ~(uint64_t)7;
  if (header & 2) return bytes && bytes % 4096 == 0 && address % 4096 == 16; /* mapped for it alone */
  if (bytes < 32 || bytes % 16 || bytes >> 40) return false;
  uintptr_t after = address + bytes - 16;
  if (agt_peek_bytes(&next, after + 8, 8) != 8 || !(next & 1) || (next &= ~(uint64_t)7) < 16 || next >> 40) return false;
  uint8_t last;
  return agt_peek_bytes(&last, after + next - 1, 1) == 1;
}

void lyr_orphan(struct lyr_call *call, enum lyr_rule rule, const void *block, napi_status status) {
  if (!call->self || !block || !lyr_is_heap_block(block)) return;
  struct lyr_object *object = lyr_object_new(LYR_LEFT, NULL, call);
  if (!object) return;
  object->data = (void *)(uintptr_t)block;
  bool is_kept = false;
  pthread_mutex_lock(&g_orphans.lock);
  for (int i = 0; i < ORPHANS; i++) {
    if (g_orphans.all[i].block == block) break;
    if (g_orphans.all[i].block) continue;
    g_orphans.all[i].block = block;
    g_orphans.all[i].object = object;
    g_orphans.all[i].rule = rule;
    g_orphans.all[i].status = status;
    g_orphans.count++;
    is_kept = true;
    break;
  }
  pthread_mutex_unlock(&g_orphans.lock);
  if (is_kept) lyr_handed_now(object);
  else lyr_object_dead(object, NULL);
}

/* It was freed, or handed over after all. */
void lyr_orphan_ends(const void *block) {
  struct lyr_object *object = NULL;
  if (AGT_LIKELY(!atomic_load_explicit(&g_orphans.count, memory_order_relaxed))) return;
  pthread_mutex_lock(&g_orphans.lock);
  for (int i = 0; i < ORPHANS && !object; i++) {
    if (g_orphans.all[i].block != block || !block) continue;
    object = g_orphans.all[i].object;
    g_orphans.all[i].block = NULL;
    g_orphans.count--;
  }
  pthread_mutex_unlock(&g_orphans.lock);
  if (object) lyr_object_dead(object, NULL);
}

void lyr_orphans_at_end(void) {
  struct lyr_thread *self = lyr_self();
  if (!self) return;
  for (int i = 0; i < ORPHANS; i++) {
    pthread_mutex_lock(&g_orphans.lock);
    struct lyr_object *object = g_orphans.all[i].block ? g_orphans.all[i].object : NULL;
    g_orphans.all[i].block = NULL;
    pthread_mutex_unlock(&g_orphans.lock);
    if (!object) continue;
    struct lyr_call call = {.self = self, .function = LYR_FUNCTIONS};
    lyr_report(&call, g_orphans.all[i].rule, object, LYR_NOTES(LYR_NUMBER("status of the call", g_orphans.all[i].status)));
  }
}
