/* Which thread, which env, which addon: what every wrapper asks first. */
#include "layer.h"

#include <string.h>

/* ---------------------------------------------------------------------------------------------------------- threads */

static _Atomic(struct lyr_thread *) g_all;

struct lyr_thread *lyr_threads(void) { return atomic_load_explicit(&g_all, memory_order_acquire); }

/* The agent hands a thread's state on to a later thread, and ours with it: counts stay, everything else begins anew. */
struct lyr_thread *lyr_self_slow(void) {
  if (!g_lyr_active || __atomic_load_n(&g_recording, __ATOMIC_RELAXED) != AGT_RECORDING) return NULL;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return NULL;
  struct lyr_thread *self = thread->layer;
  bool is_own = t_thread == thread; /* not the state that ended threads share */
  if (is_own && !self && (self = agt_map(sizeof *self))) {
    self->thread_index = UINT32_MAX;
    self->next_serial = 1;
    struct lyr_thread *head = atomic_load(&g_all);
    do self->next = head;
    while (!atomic_compare_exchange_weak(&g_all, &head, self));
    thread->layer = self;
  }
  if (is_own && self && self->thread_index != thread->index) {
    self->thread_index = thread->index;
    self->tid = thread->tid;
    self->last_env = NULL;
    self->last = NULL;
    self->addon_bytes = 0;
    self->frame_count = self->scope_count = self->unmade_count = self->span_count = self->refused_depth = 0;
    self->failure.status = NAPI_OK;
    self->core.asked_at = 0;
    self->core_turn = 0;
    self->walked_to = 0;
    self->callback_scope = NULL;
    self->is_owner = false;
    memset(self->values, 0, sizeof self->values);
    lyr_crash_stack(self);
  }
  agt_thread_leave(thread);
  return is_own ? self : NULL;
}

/* ----------------------------------------------------------------------------------------------------------- addons */

enum { ADDONS = 1024 };
static struct { uintptr_t start, end; const char *path; bool mixes_v8; _Atomic uint8_t entry; _Atomic uint32_t envs; uint32_t hooks; } g_addons[ADDONS];
static _Atomic uint32_t g_addon_count = 1; /* 0 is "not known" */
static pthread_mutex_t g_addon_lock = PTHREAD_MUTEX_INITIALIZER;

const char *lyr_addon_path(uint32_t addon) { return addon && addon < ADDONS ? g_addons[addon].path : ""; }

bool lyr_addon_mixes_v8(uint32_t addon) { return addon < ADDONS && g_addons[addon].mixes_v8; }

/* The module was initialised for an env. What it cleans up once, it should clean up for each. */
void lyr_addon_started(struct lyr_call *call, uint32_t addon) {
  if (!addon || addon >= ADDONS || !call->env) return;
  if (atomic_fetch_add(&g_addons[addon].envs, 1) == 0) g_addons[addon].hooks = call->env->hooks;
  else if (g_addons[addon].hooks && !call->env->hooks) lyr_report(call, LYR_RULE_ENV_008, NULL, NULL);
}

static uint32_t find_addon(const struct agt_object *object) {
  uint32_t count = atomic_load_explicit(&g_addon_count, memory_order_acquire);
  for (uint32_t i = count; i-- > 1;)
    if (g_addons[i].start == object->start && strcmp(g_addons[i].path, object->path) == 0) return i;
  return 0;
}

bool lyr_addon_known(const struct agt_object *object) { return object->path && find_addon(object) != 0; }

void lyr_addon_at(struct lyr_thread *self, uintptr_t pc) {
  struct agt_object object;
  self->addon = 0;
  self->addon_bytes = 0;
  if (!agt_object_at(pc, &object) || !object.path) return;
  uint32_t addon = find_addon(&object);
  if (!addon) {
    size_t length = strnlen(object.path, 4095);
    bool mixes_v8 = lyr_imports_v8((const void *)pc);
    pthread_mutex_lock(&g_addon_lock);
    addon = find_addon(&object);
    uint32_t count = atomic_load_explicit(&g_addon_count, memory_order_relaxed);
    static char *room, *room_end;
    if (!addon && (size_t)(room_end - room) < length + 1 && (room = agt_map(1 << 16))) room_end = room + (1 << 16);
    if (!addon && count < ADDONS && room) {
      memcpy(room, object.path, length);
      room[length] = 0;
      g_addons[count].start = object.start;
      g_addons[count].end = object.end;
      g_addons[count].path = room;
      g_addons[count].mixes_v8 = mixes_v8;
      room += length + 1;
      atomic_store_explicit(&g_addon_count, count + 1, memory_order_release);
      addon = count;
    }
    pthread_mutex_unlock(&g_addon_lock);
  }
  self->addon = addon;
  self->addon_start = object.start;
  self->addon_bytes = object.end - object.start;
}

/* LAYER_ADDON records: what is told of an addon last counts. */
void lyr_addon_entered(uint32_t addon, enum lyr_entry entry) {
  if (!addon || addon >= ADDONS || atomic_exchange(&g_addons[addon].entry, (uint8_t)entry) == entry) return;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  uint8_t body[4200], *p = lyr_put_text(body, g_addons[addon].path, 4096);
  *p++ = (uint8_t)entry;
  agt_meta_write(AGT_META_LAYER_ADDON, body, (size_t)(p - body));
  agt_thread_leave(thread);
}

void lyr_addon_calls(struct lyr_thread *self, uintptr_t pc) {
  lyr_addon_at(self, pc);
  uint32_t addon = self->addon;
  if (AGT_UNLIKELY(addon && g_addons[addon].entry != LYR_ENTRY_SEEN)) lyr_addon_entered(addon, LYR_ENTRY_SEEN);
}

/* ------------------------------------------------------------------------------------------------------------- envs */

enum { ENVS = 4096 };
static struct lyr_env g_envs[ENVS]; /* open addressing; an entry keeps its address for good, as it may be an env again */
static pthread_mutex_t g_env_lock = PTHREAD_MUTEX_INITIALIZER;
enum { ENV_ALIVE = 1, ENV_OVER = 2 };

static uint32_t env_slot(napi_env env) { return (uint32_t)(((uintptr_t)env >> 4) * 0x9e3779b97f4a7c15u >> 52); }

static struct lyr_env *find_env(napi_env env) {
  for (uint32_t i = 0, at = env_slot(env); i < ENVS; i++, at = (at + 1) & (ENVS - 1)) {
    napi_env seen = __atomic_load_n(&g_envs[at].env, __ATOMIC_ACQUIRE);
    if (seen == env) return &g_envs[at];
    if (!seen) return NULL;
  }
  return NULL;
}

/* Last of the env's cleanup hooks, because it was the first to be added: what follows are Node's finalizers. */
static void env_is_over(void *argument) {
  struct lyr_env *known = argument;
  lyr_objects_at_end(known);
  struct lyr_thread *self = lyr_self();
  if (self) lyr_starving_fed(self, known);
  atomic_store(&known->state, ENV_OVER);
  known->loop = NULL;
}

struct lyr_node_version g_lyr_node;

/* Some bugs are Node's own, up to a version. */
static void learn_version(napi_env env) {
  static _Atomic bool is_known;
  const struct napi_node_version *version = NULL;
  if (!LYR_REAL(napi_get_node_version) || atomic_exchange(&is_known, true)) return;
  if (LYR_REAL(napi_get_node_version)(env, &version) != NAPI_OK || !version) return;
  g_lyr_node = (struct lyr_node_version){version->major, version->minor, version->patch};
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  uint8_t body[32], *p = agt_put_varint(body, version->major);
  p = agt_put_varint(p, version->minor);
  p = agt_put_varint(p, version->patch);
  agt_meta_write(AGT_META_LAYER_NODE, body, (size_t)(p - body));
  agt_thread_leave(thread);
}

struct lyr_env *lyr_env_begin(struct lyr_thread *self, napi_env env, uint32_t addon) {
  pthread_mutex_lock(&g_env_lock);
  struct lyr_env *known = find_env(env);
  if (!known) {
    uint32_t at = env_slot(env), tries = 0;
    while (g_envs[at].env && ++tries < ENVS / 2) at = (at + 1) & (ENVS - 1);
    if (!g_envs[at].env) known = &g_envs[at];
  }
  if (known) {
    known->generation++;
    known->owner = self;
    known->owner_tid = self->tid;
    known->addon = addon;
    known->is_pending = known->has_instance_data = known->is_watched = false;
    known->external_bytes = 0;
    known->loop = NULL;
    known->hooks = 0;
    known->null_from_weak = 0;
    known->sentinel = 0;
    known->module_table = NULL;
    atomic_store(&known->state, ENV_ALIVE);
    __atomic_store_n(&known->env, env, __ATOMIC_RELEASE);
  }
  pthread_mutex_unlock(&g_env_lock);
  if (!known) return NULL;
  self->last_env = env;
  self->last = known;
  self->is_owner = true;
  learn_version(env);
  if (LYR_REAL(napi_add_env_cleanup_hook))
    known->is_watched = LYR_REAL(napi_add_env_cleanup_hook)(env, env_is_over, known) == NAPI_OK;
  return known;
}

struct lyr_env *lyr_env_of(struct lyr_thread *self, napi_env env) {
  struct lyr_env *known = find_env(env);
  if (!known) return lyr_env_begin(self, env, self->addon);
  self->last_env = env;
  self->last = known;
  return known;
}

/* -------------------------------------------------------------------------------------------------- the call's place */

enum lyr_phase lyr_phase_now(const struct lyr_thread *self) {
  if (!self || !self->frame_count || self->frame_count > LYR_FRAMES) return LYR_PHASE_NONE;
  return self->frames[self->frame_count - 1].phase;
}

void lyr_check_place(struct lyr_call *call) {
  struct lyr_thread *self = call->self;
  struct lyr_env *known = call->env;
  const struct lyr_frame *frame = lyr_frame(self);
  if (known->state != ENV_ALIVE) {
    if (known->owner == self && frame && frame->env) return; /* finalizers run after the hooks */
    bool is_destructor = g_lyr_is_over && call->function == LYR_napi_delete_reference && known->owner == self;
    lyr_report(call, is_destructor ? LYR_RULE_ENV_007 : LYR_RULE_ENV_004, NULL, NULL);
    return;
  }
  if (known->owner == self) return;
  const struct lyr_note *threads = LYR_NOTES(LYR_NUMBER("thread", self->tid), LYR_NUMBER("thread of the env", known->owner->tid));
  if (frame && frame->phase == LYR_PHASE_EXECUTE) lyr_report(call, LYR_RULE_ENV_002, frame->callback->object, threads);
  else lyr_report(call, LYR_RULE_ENV_001, NULL, threads);
}

/* The status of a call was not ok. */
void lyr_failed(struct lyr_call *call, napi_status status) {
  struct lyr_env *known = call->env;
  if (known->owner != call->self) return;
  if (AGT_UNLIKELY(g_lyr_asks_for_answers))
    call->self->failure =
        (struct lyr_failure){status, call->self->frame_count, call->caller.pc, (uint8_t)call->function};
  if (status == NAPI_CANNOT_RUN_JS) call->self->refused_depth = call->self->frame_count;
  if (status == NAPI_PENDING_EXCEPTION) {
    bool is_thrown = false; /* a Worker that is being ended refuses calls with the same status */
    if (known->is_pending && LYR_REAL(napi_is_exception_pending)(known->env, &is_thrown) == NAPI_OK && is_thrown)
      lyr_report(call, LYR_RULE_ERROR_001, NULL, NULL);
    else if (!known->is_pending && LYR_REAL(napi_is_exception_pending)(known->env, &is_thrown) == NAPI_OK && !is_thrown)
      call->self->refused_depth = call->self->frame_count;
    known->is_pending = true;
  } else if (status == NAPI_INVALID_ARG && known->null_from_weak > 1) {
    struct lyr_object weak = {.created = known->null_stack};
    lyr_report(call, LYR_RULE_REF_006, &weak, NULL);
    known->null_from_weak = 0;
  } else if (status == NAPI_INVALID_ARG && call->self->null_at == call->self->total) lyr_null_refused(call);
}

void lyr_no_env(struct lyr_call *call) {
  const struct lyr_frame *frame = call->self ? lyr_frame(call->self) : NULL;
  if (frame && frame->phase == LYR_PHASE_CALL_JS && !frame->env) lyr_report(call, LYR_RULE_TSFN_007, frame->callback->object, NULL);
}
