/*
 * Stress: what may happen at any time happens all the time. Garbage is collected at crossings, asynchronous callbacks are
 * late by random times, and the memory of a buffer that an addon was given is fenced off when JavaScript lets go of it.
 *   SEAMPROOF_STRESS=seed:minor:full:delayUs:fence   one of so many crossings collects, 0 for none
 * Collections need --expose-gc. The same seed gives the same
 * collections and delays, in the order in which they are asked for.
 */
#include "layer.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool g_lyr_stresses, g_lyr_fences;

static struct {
  uint64_t seed, minor_every, full_every, delay_us;
  void *(*isolate)(void);
  void (*collect)(void *isolate, int type);
} g_stress;
static _Atomic uint64_t g_crossings, g_asked, g_minor, g_full, g_delays, g_delayed_us, g_fenced;

static uint64_t random_of(uint64_t seed, uint64_t number) {
  uint64_t x = (seed + 1) * 0x9e3779b97f4a7c15u + number * 0xbf58476d1ce4e5b9u;
  for (int i = 0; i < 3; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

/* ---------------------------------------------------------------------------------------------------------- collections */

enum { FULL = 0, MINOR = 1 }; /* v8::Isolate::GarbageCollectionType */

/* At the beginning and the end of a callback: whatever the addon holds by then must be held in a way that V8 knows of. */
void lyr_stress_crossing(struct lyr_thread *self, struct lyr_env *env) {
  if (!g_stress.collect || !env || env->owner != self || env->state != 1) return;
  bool is_thrown = true;
  if (LYR_REAL(napi_is_exception_pending)(env->env, &is_thrown) != NAPI_OK || is_thrown) return;
  uint64_t random = random_of(~g_stress.seed, atomic_fetch_add(&g_crossings, 1)) >> 8;
  bool is_full = g_stress.full_every && random % g_stress.full_every == 0;
  if (!is_full && (!g_stress.minor_every || random % g_stress.minor_every != 0)) return;
  atomic_fetch_add(is_full ? &g_full : &g_minor, 1);
  g_stress.collect(g_stress.isolate(), is_full ? FULL : MINOR);
}

/* --------------------------------------------------------------------------------------------------------------- delays */

/* A pool thread may be late by much; the loop's own thread by little, for everything else waits with it. */
void lyr_stress_delay(bool is_on_loop) {
  if (!g_stress.delay_us) return;
  uint64_t random = random_of(g_stress.seed, atomic_fetch_add(&g_asked, 1));
  uint64_t limit = g_stress.delay_us;
  if (random % 4 == 0) return;
  if (is_on_loop) limit /= 4;
  else if (random % 4 == 3) limit *= 8;
  uint64_t us = (random >> 8) % (limit + 1);
  struct timespec pause = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
  while (syscall(SYS_nanosleep, &pause, &pause) != 0) continue;
  atomic_fetch_add(&g_delays, 1);
  atomic_fetch_add(&g_delayed_us, us);
}

/* --------------------------------------------------------------------------------------------------------------- fences */

enum { HANDED = 1 << 14, FENCED = 512, PAGE = 4096, POISON = 0xdb };
static const size_t g_fenced_bytes_max = 64 << 20;
struct handed { uintptr_t data; size_t bytes; uint32_t stack, addon; };
static struct {
  pthread_mutex_t lock;
  struct handed *handed; /* all guarded by lock; open addressing by data, an entry without bytes is free */
  struct handed fenced[FENCED]; /* a ring */
  uint32_t first, count;
  size_t bytes;
} g_fences = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct handed *slot_of(uintptr_t data) {
  uint32_t at = (uint32_t)((data >> 4) * 0x9e3779b97f4a7c15u >> 50);
  for (uint32_t tries = 0; tries < 64; tries++, at = (at + 1) & (HANDED - 1))
    if (!g_fences.handed[at].data || g_fences.handed[at].data == data) return &g_fences.handed[at];
  return NULL;
}

/* The addon is given a pointer into memory of JavaScript's. */
void lyr_stress_handed(const struct lyr_call *call, const void *data, size_t bytes) {
  if (!call->self || !data || bytes == 0) return;
  uint32_t stack = lyr_stack(call);
  pthread_mutex_lock(&g_fences.lock);
  struct handed *slot = slot_of((uintptr_t)data);
  if (slot && (!slot->bytes || slot->data != (uintptr_t)data || slot->bytes < bytes))
    *slot = (struct handed){(uintptr_t)data, bytes, stack, call->self->addon};
  pthread_mutex_unlock(&g_fences.lock);
}

static void pages_of(const struct handed *block, uintptr_t *from, uintptr_t *to) {
  *from = (block->data + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
  *to = (block->data + block->bytes) & ~(uintptr_t)(PAGE - 1);
  if (*to < *from) *to = *from;
}

/* Holder of the lock. What comes out of the ring is the allocator's again. */
static void release_oldest(void) {
  struct handed *oldest = &g_fences.fenced[g_fences.first];
  uintptr_t from, to;
  pages_of(oldest, &from, &to);
  if (to > from) syscall(SYS_mprotect, from, to - from, (long)(PROT_READ | PROT_WRITE));
  g_fences.first = (g_fences.first + 1) % FENCED;
  g_fences.count--;
  g_fences.bytes -= oldest->bytes;
  g_real.free((void *)oldest->data);
}

/* Node frees what an addon was given: it stays where it is, and whoever still looks there is seen. */
bool agt_layer_fences(void *block, struct agt_registers caller) {
  struct agt_object object;
  if (!g_fences.handed || lyr_origin_of(caller.pc - 1, &object) == LYR_FROM_SUBJECT) return false;
  pthread_mutex_lock(&g_fences.lock);
  struct handed *slot = slot_of((uintptr_t)block);
  bool is_ours = slot && slot->data == (uintptr_t)block && slot->bytes;
  struct handed taken = is_ours ? *slot : (struct handed){0};
  if (is_ours) slot->bytes = 0; /* the place stays taken, so that those behind it are found */
  is_ours = is_ours && taken.bytes <= g_real.malloc_usable_size(block) && taken.bytes <= g_fenced_bytes_max;
  if (is_ours) {
    while (g_fences.count == FENCED || (g_fences.count && g_fences.bytes + taken.bytes > g_fenced_bytes_max)) release_oldest();
    uintptr_t from, to;
    pages_of(&taken, &from, &to);
    uintptr_t end = taken.data + taken.bytes;
    if (to > from) {
      memset(block, POISON, from - taken.data);
      memset((void *)to, POISON, end - to);
      syscall(SYS_mprotect, from, to - from, (long)PROT_NONE);
    } else memset(block, POISON, taken.bytes);
    g_fences.fenced[(g_fences.first + g_fences.count++) % FENCED] = taken;
    g_fences.bytes += taken.bytes;
    atomic_fetch_add(&g_fenced, 1);
  }
  pthread_mutex_unlock(&g_fences.lock);
  return is_ours;
}

/* The buffer that the address was in; from the crash handler, where the lock may be held by whoever crashed. */
bool lyr_stress_fenced_at(uintptr_t address, struct lyr_object *buffer) {
  if (!g_fences.handed || pthread_mutex_trylock(&g_fences.lock) != 0) return false;
  bool is_found = false;
  for (uint32_t i = 0; i < g_fences.count && !is_found; i++) {
    const struct handed *block = &g_fences.fenced[(g_fences.first + i) % FENCED];
    if (address - block->data >= block->bytes) continue;
    *buffer = (struct lyr_object){.type = LYR_BUFFER, .handed = block->stack, .addon = block->addon};
    is_found = true;
  }
  pthread_mutex_unlock(&g_fences.lock);
  return is_found;
}

/* ---------------------------------------------------------------------------------------------------------- start, end */

/* Inside the agent. */
void lyr_stress_write(void) {
  if (!g_lyr_stresses) return;
  uint8_t body[64], *p = agt_put_varint(body, atomic_load(&g_minor));
  p = agt_put_varint(p, atomic_load(&g_full));
  p = agt_put_varint(p, atomic_load(&g_delays));
  p = agt_put_varint(p, atomic_load(&g_delayed_us));
  p = agt_put_varint(p, atomic_load(&g_fenced));
  agt_meta_write(AGT_META_STRESS, body, (size_t)(p - body));
}

static uint64_t next_number(const char **text) {
  char *end;
  uint64_t number = strtoull(*text, &end, 10);
  *text = *end ? end + 1 : end;
  return number;
}

void lyr_stress_init(void) {
  const char *wanted = getenv("SEAMPROOF_STRESS");
  if (!wanted || !*wanted) return;
  g_stress.seed = next_number(&wanted);
  g_stress.minor_every = next_number(&wanted);
  g_stress.full_every = next_number(&wanted);
  g_stress.delay_us = next_number(&wanted);
  bool is_fenced = next_number(&wanted) != 0;
  *(void **)&g_stress.isolate = dlsym(RTLD_DEFAULT, "_ZN2v87Isolate10GetCurrentEv");
  void *collect = dlsym(RTLD_DEFAULT, "_ZN2v87Isolate34RequestGarbageCollectionForTestingENS0_21GarbageCollectionTypeE");
  if (g_stress.minor_every || g_stress.full_every) {
    if (g_stress.isolate && collect) *(void **)&g_stress.collect = collect;
    else agt_meta_note("this Node does not export what collects garbage: it is not collected at crossings");
  }
  if (is_fenced) {
    lyr_points_init(); /* whose code it is */
    g_fences.handed = agt_map(sizeof *g_fences.handed * HANDED);
    g_lyr_fences = g_fences.handed != NULL;
  }
  g_lyr_stresses = true;
}
