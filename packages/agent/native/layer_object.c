/*
 * The objects that addons hold by handle, in memory of our own. A handle is the address of one; the address is used again
 * only after thousands of others, so that what an addon does with a handle it gave back is seen and not guessed.
 */
#include "layer.h"

#include <string.h>

static _Atomic bool g_has_watched;
enum { MAGIC = 0x5ea3b10c, OBJECTS = 1 << 19, QUARANTINE = 8192, BATCH = 32, SITES = 1 << 14 };

struct lyr_site {
  _Atomic uint64_t key; /* set last, and for good */
  uint32_t stack, addon;
  uint8_t type;
  _Atomic uint64_t created, ended;
  uint64_t written_created, written_ended;
  const struct lyr_callback *within;
};

static struct {
  pthread_mutex_t lock;
  struct lyr_object *objects; /* all guarded by lock, but the objects themselves */
  uint32_t used, dead;
  struct lyr_object *oldest, *newest;
} g_pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct lyr_site *g_sites;
static pthread_mutex_t g_site_lock = PTHREAD_MUTEX_INITIALIZER;

bool lyr_objects_init(void) {
  g_pool.objects = agt_map((size_t)OBJECTS * sizeof(struct lyr_object));
  g_sites = agt_map((size_t)SITES * sizeof(struct lyr_site));
  return g_pool.objects && g_sites;
}

uint64_t lyr_objects_bytes(void) {
  pthread_mutex_lock(&g_pool.lock);
  uint64_t bytes = (uint64_t)g_pool.used * sizeof(struct lyr_object);
  pthread_mutex_unlock(&g_pool.lock);
  return bytes;
}

static AGT_NOINLINE struct lyr_site *make_site(const struct lyr_object *object, uint64_t key, uint32_t at) {
  pthread_mutex_lock(&g_site_lock);
  uint32_t tries = 0;
  while (g_sites[at].key && g_sites[at].key != key && ++tries < SITES) at = (at + 1) & (SITES - 1);
  struct lyr_site *site = &g_sites[at];
  if (!site->key) {
    site->stack = object->created;
    site->addon = object->addon;
    site->type = object->type;
    site->within = object->within;
    atomic_store_explicit(&site->key, key, memory_order_release);
  }
  pthread_mutex_unlock(&g_site_lock);
  return site->key == key ? site : NULL;
}

static struct lyr_site *site_of(const struct lyr_object *object) {
  uint64_t key = (uint64_t)object->created << 24 | (uint64_t)object->addon << 8 | object->type;
  uint32_t at = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 50);
  uint64_t seen = atomic_load_explicit(&g_sites[at].key, memory_order_acquire);
  return AGT_LIKELY(seen == key) ? &g_sites[at] : make_site(object, key, at);
}

/* Objects come and go by batches of each thread, so that the pool's lock is taken once for many. */
static AGT_NOINLINE struct lyr_object *take_batch(struct lyr_thread *self) {
  pthread_mutex_lock(&g_pool.lock);
  for (int i = 0; i < BATCH; i++) {
    struct lyr_object *object = NULL;
    if (g_pool.dead > QUARANTINE || (g_pool.used == OBJECTS && g_pool.dead)) {
      object = g_pool.oldest;
      g_pool.oldest = object->next;
      g_pool.dead--;
    } else if (g_pool.used < OBJECTS) object = &g_pool.objects[g_pool.used++];
    if (!object) break;
    object->next = self->spare;
    self->spare = object;
  }
  pthread_mutex_unlock(&g_pool.lock);
  return self->spare;
}

struct lyr_object *lyr_object_new(enum lyr_type type, void *real, const struct lyr_call *call) {
  struct lyr_thread *self = call->self;
  if (!self) return NULL;
  struct lyr_object *object = self->spare ? self->spare : take_batch(self);
  if (!object) return NULL;
  self->spare = object->next;
  if (object->type == LYR_TSFN) lyr_callback_free(object->callbacks[1]);
  memset(object, 0, sizeof *object);
  const struct lyr_frame *frame = lyr_frame(self);
  if (type == LYR_TSFN || type == LYR_ASYNC_HOOK) g_has_watched = true;
  object->type = (uint8_t)type;
  object->real = real;
  object->env = call->env;
  object->env_generation = call->env ? call->env->generation : 0;
  if (AGT_UNLIKELY(call->env && call->env->sentinel)) {
    object->sentinel = call->env->sentinel;
    object->module_table = call->env->module_table;
  }
  object->addon = self->addon;
  object->within = frame ? frame->callback : NULL;
  object->created = lyr_stack(call);
  object->site = site_of(object);
  if (object->site) atomic_fetch_add_explicit(&object->site->created, 1, memory_order_relaxed);
  atomic_store_explicit(&object->state, LYR_LIVE, memory_order_relaxed);
  __atomic_store_n(&object->magic, MAGIC, __ATOMIC_RELEASE);
  return object;
}

struct lyr_object *lyr_object_of(const void *handle) {
  uintptr_t offset = (uintptr_t)handle - (uintptr_t)g_pool.objects;
  if (!g_pool.objects || offset >= (uintptr_t)OBJECTS * sizeof(struct lyr_object)) return NULL;
  if (offset % sizeof(struct lyr_object)) return NULL;
  struct lyr_object *object = (struct lyr_object *)(uintptr_t)handle;
  return object->magic == MAGIC ? object : NULL;
}

static void rest(struct lyr_object *first, struct lyr_object *last, uint32_t count) {
  pthread_mutex_lock(&g_pool.lock);
  if (g_pool.dead) g_pool.newest->next = first;
  else g_pool.oldest = first;
  g_pool.newest = last;
  g_pool.dead += count;
  pthread_mutex_unlock(&g_pool.lock);
}

void lyr_object_dead(struct lyr_object *object, const struct lyr_call *call) {
  if (atomic_exchange(&object->state, LYR_DEAD) == LYR_DEAD) return;
  if (call && call->self && call->caller.pc) object->freed = lyr_stack(call);
  if (object->is_counted) lyr_handed_no_more(object);
  if (object->site) atomic_fetch_add_explicit(&object->site->ended, 1, memory_order_relaxed);
  object->next = NULL;
  struct lyr_thread *self = lyr_self();
  if (!self) {
    rest(object, object, 1);
    return;
  }
  if (self->dead_count) self->newest_dead->next = object;
  else self->oldest_dead = object;
  self->newest_dead = object;
  if (++self->dead_count < BATCH) return;
  self->dead_count = 0;
  rest(self->oldest_dead, object, BATCH);
}

bool lyr_has_watched(void) { return g_has_watched; }

struct lyr_object *lyr_all_objects(uint32_t *used) {
  *used = g_pool.used;
  return g_pool.objects;
}

bool lyr_same_env(struct lyr_call *call, struct lyr_object *object) {
  if (!call->self || !call->env || object->env == call->env) return true;
  /* Several envs of one thread are one isolate: addons that share code share handles there. */
  if (object->env && object->env->owner == call->env->owner && object->env->env) return true;
  lyr_report(call, LYR_RULE_ENV_003, object, NULL);
  return false;
}

/* LAYER_LIVE records after a mark: how many objects of each place there are. Only what changed. */
void lyr_live_write(void) {
  for (uint32_t i = 0; i < SITES; i++) {
    struct lyr_site *site = &g_sites[i];
    if (!site->key) continue;
    uint64_t ended = atomic_load(&site->ended), created = atomic_load(&site->created);
    if (ended == site->written_ended && created == site->written_created) continue;
    uint8_t body[4608], *p = body;
    *p++ = site->type;
    p = lyr_put_text(p, lyr_addon_path(site->addon), 4096);
    p = lyr_put_text(p, site->within ? site->within->name : "", 64);
    p = agt_put_varint(p, site->stack);
    p = agt_put_varint(p, created > ended ? created - ended : 0);
    p = agt_put_varint(p, created);
    agt_meta_write(AGT_META_LAYER_LIVE, body, (size_t)(p - body));
    site->written_ended = ended;
    site->written_created = created;
  }
}

/* The end of an env, or of the process: what can no longer be put right. `env` NULL means all of them. */
void lyr_objects_at_end(struct lyr_env *env) {
  struct lyr_thread *self = lyr_self();
  if (!self) return;
  if (!env) lyr_orphans_at_end();
  struct lyr_call call = {.self = self, .env = env, .function = LYR_FUNCTIONS};
  uint32_t used = g_pool.used;
  for (uint32_t i = 0; i < used; i++) {
    struct lyr_object *object = &g_pool.objects[i];
    uint8_t state = atomic_load(&object->state);
    if (object->magic != MAGIC || state == LYR_DEAD || object->is_reported) continue;
    if (env && (object->env != env || object->env_generation != env->generation)) continue;
    bool is_left = state == LYR_DONE ? object->has_returned || !object->callbacks[1] : state == LYR_LIVE && env;
    if (object->type == LYR_WORK && is_left) {
      object->is_reported = true;
      lyr_report(&call, LYR_RULE_WORK_004, object, NULL);
    } else if (object->type == LYR_DEFERRED && env && env->owner->tid == (int32_t)g_header->pid) {
      /* The main thread's env ends when its loop has nothing left that could conclude it. */
      object->is_reported = true;
      lyr_report(&call, LYR_RULE_PROMISE_002, object, NULL);
    } else if (object->type == LYR_TSFN && env && object->count && env->owner->tid != (int32_t)g_header->pid) {
      object->is_reported = true;
      lyr_report(&call, LYR_RULE_ENV_006, object, LYR_NOTES(LYR_NUMBER("threads that hold it", object->count)));
    }
  }
}
