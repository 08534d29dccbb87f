/*
 * Thunks: each registered callback is entered through two instructions of our own, which hand its record to a dispatcher
 * here. The dispatcher notes the phase, calls the original and looks at what it left behind. A thunk jumps, so it is never
 * on a stack, and data and context pointers stay what the addon made them.
 *
 *   block of 64 KiB:  [ 256 thunks of 16 bytes, executable ][ 256 records ]
 */
#include "layer.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

enum { BLOCK = 1 << 16, THUNKS = 256, THUNK = 16, PAGE = 4096, BLOCKS = 1024, NAME_MAX_BYTES = 57, RESTING = 4096, FUNCTIONS_MAX = 1 << 16 };
_Static_assert(PAGE + THUNKS * sizeof(struct lyr_callback) <= BLOCK, "a block holds its records");

static struct {
  pthread_mutex_t lock;
  uint8_t *blocks[BLOCKS]; /* all guarded by lock; a published block never moves */
  uint32_t block_count, used;
  struct lyr_callback *oldest_free, *newest_free; /* used again only after many others: a call may still be under way */
  uint32_t free_count;
  struct lyr_callback **functions; /* hash of those made by lyr_callback_function */
  uint32_t function_count;
} g_callbacks = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t g_ticks_start, g_ns_start;
bool g_lyr_has_unwrapped;

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double lyr_ticks_per_us(void) {
  uint64_t ns = now_ns() - g_ns_start;
  return ns ? (double)(__rdtsc() - g_ticks_start) * 1000.0 / (double)ns : 1000.0;
}

static bool make_block(void) {
  if (g_callbacks.block_count == BLOCKS) return false;
  uint8_t *room = agt_map(2 * BLOCK);
  if (!room) return false;
  uint8_t *block = (uint8_t *)(((uintptr_t)room + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1));
  if (block > room) agt_unmap(room, (size_t)(block - room));
  agt_unmap(block + BLOCK, (size_t)(room + BLOCK - block));
  for (uint32_t i = 0; i < THUNKS; i++) {
    uint8_t *thunk = block + i * THUNK;
    int32_t record = (int32_t)(PAGE + i * sizeof(struct lyr_callback) - i * THUNK);
    int32_t from_lea = record - 7, from_jump = record - 13;
    memcpy(thunk, "\x4c\x8d\x05", 3); /* lea r8, [record] */
    memcpy(thunk + 3, &from_lea, 4);
    memcpy(thunk + 7, "\xff\x25", 2); /* jmp [record], whose first word is the dispatcher */
    memcpy(thunk + 9, &from_jump, 4);
  }
  if (syscall(SYS_mprotect, block, (size_t)PAGE, PROT_READ | PROT_EXEC) != 0) {
    agt_unmap(block, BLOCK);
    return false;
  }
  g_callbacks.blocks[g_callbacks.block_count++] = block;
  g_callbacks.used = 0;
  return true;
}

bool lyr_callbacks_init(void) {
  g_ticks_start = __rdtsc();
  g_ns_start = now_ns();
  g_callbacks.functions = agt_map(sizeof *g_callbacks.functions * FUNCTIONS_MAX);
  return g_callbacks.functions && make_block();
}

static struct lyr_callback *record_at(uint32_t block, uint32_t index) {
  return (struct lyr_callback *)(g_callbacks.blocks[block] + PAGE) + index;
}

void *lyr_thunk(struct lyr_callback *callback) {
  uintptr_t block = (uintptr_t)callback & ~(uintptr_t)(BLOCK - 1);
  uintptr_t index = ((uintptr_t)callback - block - PAGE) / sizeof *callback;
  return (void *)(block + index * THUNK);
}

static void *dispatcher(enum lyr_callback_kind kind);

/* Holder of the lock. */
static struct lyr_callback *take(enum lyr_callback_kind kind, void *original, void *data, const struct lyr_call *call) {
  struct lyr_callback *callback = g_callbacks.free_count > RESTING ? g_callbacks.oldest_free : NULL;
  if (callback) {
    g_callbacks.oldest_free = callback->next;
    g_callbacks.free_count--;
  } else if (g_callbacks.used < THUNKS || make_block()) callback = record_at(g_callbacks.block_count - 1, g_callbacks.used++);
  if (!callback) {
    g_lyr_has_unwrapped = true;
    return NULL;
  }
  memset(callback, 0, sizeof *callback);
  callback->original = original;
  callback->data = data;
  callback->env = call->env;
  callback->addon = call->self ? call->self->addon : 0;
  callback->kind = (uint8_t)kind;
  callback->dispatch = dispatcher(kind);
  return callback;
}

struct lyr_callback *lyr_callback_new(enum lyr_callback_kind kind, void *original, void *data, const struct lyr_call *call) {
  if (!call->self) return NULL;
  const struct lyr_frame *frame = lyr_frame(call->self);
  pthread_mutex_lock(&g_callbacks.lock);
  struct lyr_callback *callback = take(kind, original, data, call);
  pthread_mutex_unlock(&g_callbacks.lock);
  /* What runs later is told by the export that asked for it. */
  if (callback && frame && frame->callback) memcpy(callback->name, frame->callback->name, sizeof callback->name);
  return callback;
}

struct lyr_callback *lyr_callback_function(void *original, void *data, const char *name, size_t length,
                                           const struct lyr_call *call) {
  if (!original) return NULL;
  if (length == SIZE_MAX) length = name ? strlen(name) : 0;
  if (length > NAME_MAX_BYTES) length = NAME_MAX_BYTES;
  uint64_t hash = ((uintptr_t)original ^ (uintptr_t)data * 31 ^ (uintptr_t)call->env * 131) * 0x9e3779b97f4a7c15u;
  uint32_t at = (uint32_t)(hash >> 48);
  struct lyr_callback *callback = NULL;
  pthread_mutex_lock(&g_callbacks.lock);
  for (uint32_t tries = 0; tries < FUNCTIONS_MAX; tries++, at = (at + 1) & (FUNCTIONS_MAX - 1)) {
    callback = g_callbacks.functions[at];
    if (!callback) break;
    if (callback->original == original && callback->data == data && callback->env == call->env &&
        (callback->is_named_later || (strncmp(callback->name, name ? name : "", length) == 0 && callback->name[length] == 0)))
      break;
  }
  if (!callback && g_callbacks.function_count < FUNCTIONS_MAX / 2 && (callback = take(LYR_FUNCTION, original, data, call))) {
    if (length) memcpy(callback->name, name, length);
    g_callbacks.functions[at] = callback;
    g_callbacks.function_count++;
  }
  if (!callback) g_lyr_has_unwrapped = true;
  pthread_mutex_unlock(&g_callbacks.lock);
  return callback;
}

void lyr_callback_free(struct lyr_callback *callback) {
  if (!callback) return;
  pthread_mutex_lock(&g_callbacks.lock);
  if (callback->kind) {
    callback->kind = 0; /* the dispatcher stays: a thunk that is called once more calls the original */
    callback->next = NULL;
    if (g_callbacks.free_count++) g_callbacks.newest_free->next = callback;
    else g_callbacks.oldest_free = callback;
    g_callbacks.newest_free = callback;
  }
  pthread_mutex_unlock(&g_callbacks.lock);
}

/* ------------------------------------------------------------------------------------------------ can it be called? */

void lyr_check_callable(struct lyr_call *call, const void *function, const char *what) {
  static _Atomic uintptr_t known_pages[256];
  static _Atomic uint32_t known_generation;
  if (!call->self || !function) return;
  uint32_t generation = atomic_load(&g_code_generation);
  if (atomic_exchange(&known_generation, generation) != generation)
    for (int i = 0; i < 256; i++) atomic_store(&known_pages[i], 0);
  uintptr_t page = (uintptr_t)function >> 12;
  _Atomic uintptr_t *slot = &known_pages[page & 255];
  if (atomic_load(slot) == page) return;
  if (agt_mapping_around((uintptr_t)function).is_executable) atomic_store(slot, page);
  else lyr_report(call, LYR_RULE_CALLBACK_002, NULL, LYR_NOTES(LYR_TEXT("callback", what)));
}

/* ----------------------------------------------------------------------------------------------------------- frames */

/*
 * Reading the clock twice takes longer than an empty callback. So each callback's first calls are timed, and then one in 16,
 * chosen by a hash of its number that no pattern of calls keeps step with. Calls in between that last over turns of the
 * agent's own thread, each some milliseconds, are as long as those turns at least.
 */
enum { TIMED_FIRST = 1024, TIMED_OF = 28 /* bits to shift: one in 16 */, TURNS = 1 << 14, LONG = 100000000 /* ticks: 25 ms and more */ };
static uint64_t g_turn_us[TURNS];
static _Atomic uint32_t g_turn; /* 0 while that thread does not run */

void agt_layer_turn(uint64_t now_us) {
  if (!g_lyr_active) return;
  uint32_t turn = atomic_load_explicit(&g_turn, memory_order_relaxed) + 1;
  __atomic_store_n(&g_turn_us[turn & (TURNS - 1)], now_us, __ATOMIC_RELAXED);
  atomic_store_explicit(&g_turn, turn, memory_order_release);
}

static inline bool is_timed(const struct lyr_callback *callback, uint32_t turn) {
  uint32_t calls = (uint32_t)callback->calls;
  if (AGT_UNLIKELY(g_is_samples)) return true; /* profile --crossings tells how long calls took, the rare long ones too */
  return callback->calls < TIMED_FIRST || (calls * 0x9e3779b1u) >> TIMED_OF == 0 || turn == 0;
}

static AGT_NOINLINE uint64_t ticks_since_turn(uint32_t from) {
  uint32_t now = atomic_load_explicit(&g_turn, memory_order_acquire), first = now - from < TURNS ? from + 1 : now - TURNS + 1;
  uint64_t us = __atomic_load_n(&g_turn_us[now & (TURNS - 1)], __ATOMIC_RELAXED) -
                __atomic_load_n(&g_turn_us[first & (TURNS - 1)], __ATOMIC_RELAXED);
  return (uint64_t)((double)us * lyr_ticks_per_us());
}

static inline void enter(struct lyr_thread *self, struct lyr_callback *callback, struct lyr_env *env, enum lyr_phase phase,
                         napi_callback_info info) {
  uint32_t depth = self->frame_count++;
  if (AGT_UNLIKELY(depth >= LYR_FRAMES)) return;
  struct lyr_frame *frame = &self->frames[depth];
  frame->callback = callback;
  frame->env = env;
  frame->info = info;
  frame->scope_base = self->scope_count;
  frame->span_base = self->span_count;
  frame->strong_references = 0;
  frame->entry = (uintptr_t)__builtin_frame_address(0);
  self->walked_to = 0;
  frame->receiver = NULL;
  frame->has_checked_class = false;
  frame->callback_scope = self->callback_scope;
  frame->phase = (uint8_t)phase;
  frame->was_pending = env && env->is_pending;
  if (env && env->owner == self) {
    env->is_pending = false;
    env->null_from_weak = 0;
  }
  lyr_scope_push(self, LYR_SCOPE_FRAME, NULL, 0);
  frame->calls_before = self->total;
  uint32_t turn = atomic_load_explicit(&g_turn, memory_order_relaxed);
  uint64_t now = is_timed(callback, turn) ? __rdtsc() : 0;
  bool is_due = turn ? turn != self->core_turn : now - self->core.asked_at > LYR_CORE_TICKS;
  if (AGT_UNLIKELY(is_due) && depth == 0 && env) {
    self->core_turn = turn;
    lyr_core_ask(self, __rdtsc());
    if (now) now = __rdtsc();
  }
  frame->turn = turn;
  frame->started = now;
}

static bool is_thrown(const struct lyr_frame *frame) {
  bool thrown = false;
  return frame->env && frame->env->is_pending && LYR_REAL(napi_is_exception_pending)(frame->env->env, &thrown) == NAPI_OK &&
         thrown;
}

/* What it left open or pending, and how long it took. */
static AGT_NOINLINE void look_back(struct lyr_thread *self, struct lyr_frame *frame, uint64_t ticks) {
  struct lyr_callback *callback = frame->callback;
  struct lyr_env *env = frame->env;
  struct lyr_call call = {.self = self, .env = env, .function = LYR_FUNCTIONS, .caller = AGT_CALLER()};
  lyr_scopes_leave(&call, frame);
  lyr_callback_scopes_leave(&call, frame->callback_scope);
  if (env && env->owner == self && env->is_pending) {
    if (frame->phase == LYR_PHASE_FINALIZER && is_thrown(frame)) lyr_report(&call, LYR_RULE_ERROR_002, callback->object, NULL);
    if (frame->phase == LYR_PHASE_CALL_JS && is_thrown(frame)) lyr_report(&call, LYR_RULE_ERROR_003, callback->object, NULL);
  }
  if (ticks > LONG && frame == self->frames && env && frame->phase != LYR_PHASE_INIT) lyr_loop_held(&call, frame, ticks);
}

static inline void leave(struct lyr_thread *self, uint32_t depth) {
  if (AGT_UNLIKELY(depth >= LYR_FRAMES)) {
    self->frame_count = depth;
    return;
  }
  struct lyr_frame *frame = &self->frames[depth];
  struct lyr_callback *callback = frame->callback;
  uint64_t ticks = 0;
  if (frame->started) {
    ticks = __rdtsc() - frame->started;
    callback->timed++;
    callback->ticks += ticks;
    if (AGT_UNLIKELY(g_is_samples)) lyr_latency_count(callback, ticks);
  } else if (AGT_UNLIKELY(atomic_load_explicit(&g_turn, memory_order_relaxed) - frame->turn > 1)) ticks = ticks_since_turn(frame->turn);
  if (ticks > callback->ticks_max) callback->ticks_max = ticks;
  callback->calls++;
  callback->napi_calls += self->total - frame->calls_before;
  struct lyr_env *env = frame->env;
  bool is_own = env && env->owner == self;
  self->frame_count = depth + 1; /* an exception may have gone past frames further in */
  if (AGT_UNLIKELY(self->scope_count != frame->scope_base + 1 || self->callback_scope != frame->callback_scope ||
                   (is_own && env->is_pending) || ticks > LONG))
    look_back(self, frame, ticks);
  self->scope_count = frame->scope_base;
  self->span_count = frame->span_base;
  if (AGT_UNLIKELY(self->unmade_count)) self->unmade_count = 0;
  if (AGT_UNLIKELY(self->refused_depth > depth)) self->refused_depth = 0;
  if (is_own) env->is_pending = frame->was_pending;
  self->walked_to = 0;
  self->frame_count = depth;
}

/* ------------------------------------------------------------------------------------------------------ dispatchers */

#define UNUSED __attribute__((unused))
#define ENV(self, env) ((env) == (self)->last_env ? (self)->last : (env) ? lyr_env_of(self, env) : NULL)

static napi_value on_function(napi_env env, napi_callback_info info, void *c UNUSED, void *d UNUSED, struct lyr_callback *callback) {
  napi_callback original = (napi_callback)callback->original;
  struct lyr_thread *self = lyr_self();
  if (!self) return original(env, info);
  uint32_t depth = self->frame_count;
  struct lyr_env *known = ENV(self, env);
  enter(self, callback, known, LYR_PHASE_CALLBACK, info);
  if (AGT_UNLIKELY(g_lyr_stresses)) lyr_stress_crossing(self, known);
  napi_value result = original(env, info);
  if (AGT_UNLIKELY(g_lyr_stresses)) lyr_stress_crossing(self, known);
  struct lyr_call call = {.self = self, .env = known, .function = LYR_FUNCTIONS};
  lyr_use(&call, result);
  leave(self, depth);
  return result;
}

static napi_value on_init(napi_env env, napi_value exports, void *c UNUSED, void *d UNUSED, struct lyr_callback *callback) {
  napi_addon_register_func original = (napi_addon_register_func)callback->original;
  struct lyr_thread *self = lyr_self();
  if (!self) return original(env, exports);
  uint32_t depth = self->frame_count;
  lyr_addon_at(self, (uintptr_t)original);
  callback->addon = self->addon;
  struct lyr_env *known = lyr_env_begin(self, env, self->addon);
  enter(self, callback, known, LYR_PHASE_INIT, NULL);
  struct lyr_call call = {.self = self, .env = known, .function = LYR_FUNCTIONS};
  lyr_made(&call, NAPI_OK, &exports);
  if (known) lyr_hook_tables(known);
  uint64_t before = self->total;
  napi_value result = original(env, exports);
  if (self->total == before) {
    lyr_addon_entered(callback->addon, lyr_has_tables(env) ? LYR_ENTRY_TABLE : LYR_ENTRY_SILENT);
    self->addon_bytes = 0; /* so that a first call is noticed */
  }
  lyr_use(&call, result);
  lyr_addon_started(&call, callback->addon);
  leave(self, depth);
  return result;
}

static void on_finalize(napi_env env, void *data, void *hint, void *d UNUSED, struct lyr_callback *callback) {
  napi_finalize original = (napi_finalize)callback->original;
  struct lyr_thread *self = lyr_self();
  struct lyr_object *object = callback->object;
  bool is_tsfn = object && object->type == LYR_TSFN;
  if (object && !is_tsfn) lyr_handoff_ends(object);
  if (self) lyr_starving_fed(self, ENV(self, env));
  uint32_t depth = self ? self->frame_count : 0;
  if (self) enter(self, callback, ENV(self, env), LYR_PHASE_FINALIZER, NULL);
  if (original) original(env, data, hint);
  if (self) leave(self, depth);
  if (is_tsfn) lyr_tsfn_ends(object);
  else if (object) lyr_object_dead(object, NULL);
  lyr_callback_free(callback);
}

static void on_noenv_finalize(void *data, void *hint, void *c UNUSED, void *d UNUSED, struct lyr_callback *callback) {
  node_api_noenv_finalize original = (node_api_noenv_finalize)callback->original;
  if (callback->object) lyr_handoff_ends(callback->object);
  if (original) original(data, hint);
  if (callback->object) lyr_object_dead(callback->object, NULL);
  lyr_callback_free(callback);
}

static void on_execute(napi_env env, void *data, void *c UNUSED, void *d UNUSED, struct lyr_callback *callback) {
  napi_async_execute_callback original = (napi_async_execute_callback)callback->original;
  struct lyr_thread *self = lyr_self();
  struct lyr_object *work = callback->object;
  if (work) atomic_store(&work->state, LYR_RUNNING);
  uint32_t depth = self ? self->frame_count : 0;
  if (AGT_UNLIKELY(g_lyr_stresses)) lyr_stress_delay(false);
  if (self) enter(self, callback, NULL, LYR_PHASE_EXECUTE, NULL);
  original(env, data);
  if (AGT_UNLIKELY(g_lyr_stresses)) lyr_stress_delay(false);
  if (self) leave(self, depth);
  if (work && !work->callbacks[1]) atomic_store(&work->state, LYR_DONE);
}

static void on_complete(napi_env env, napi_status status, void *data, void *d UNUSED, struct lyr_callback *callback) {
  napi_async_complete_callback original = (napi_async_complete_callback)callback->original;
  struct lyr_thread *self = lyr_self();
  if (callback->object) atomic_store(&callback->object->state, LYR_DONE);
  uint32_t depth = self ? self->frame_count : 0;
  if (self && callback->object) lyr_work_over(self, ENV(self, env), callback->object, true);
  if (self) enter(self, callback, ENV(self, env), LYR_PHASE_COMPLETE, NULL);
  struct lyr_object *work = callback->object; /* it may be deleted inside, and the thunk be another's then */
  if (AGT_UNLIKELY(g_lyr_stresses)) {
    lyr_stress_delay(true);
    if (self) lyr_stress_crossing(self, ENV(self, env));
  }
  original(env, status, data);
  if (work && work->state == LYR_DONE) work->has_returned = true;
  if (self) leave(self, depth);
}

static void on_call_js(napi_env env, napi_value js_callback, void *context, void *data, struct lyr_callback *callback) {
  napi_threadsafe_function_call_js original = (napi_threadsafe_function_call_js)callback->original;
  struct lyr_thread *self = lyr_self();
  struct lyr_object *tsfn = callback->object;
  if (tsfn && tsfn->queued) tsfn->queued--;
  uint32_t depth = self ? self->frame_count : 0;
  if (self) {
    struct lyr_env *known = ENV(self, env);
    enter(self, callback, known, LYR_PHASE_CALL_JS, NULL);
    struct lyr_call call = {.self = self, .env = known, .function = LYR_FUNCTIONS};
    if (js_callback) lyr_made(&call, NAPI_OK, &js_callback);
  }
  if (AGT_UNLIKELY(g_lyr_stresses) && env) {
    lyr_stress_delay(true);
    if (self) lyr_stress_crossing(self, ENV(self, env));
  }
  if (AGT_UNLIKELY(g_lyr_injects) && tsfn && tsfn->point && env) lyr_inject_call_js(tsfn, original, context, data);
  original(env, js_callback, context, data);
  if (self) leave(self, depth);
}

static void on_hook(void *argument, void *b UNUSED, void *c UNUSED, void *d UNUSED, struct lyr_callback *callback) {
  napi_cleanup_hook original = (napi_cleanup_hook)callback->original;
  struct lyr_thread *self = lyr_self();
  uint32_t depth = self ? self->frame_count : 0;
  if (callback->object) lyr_hook_ran(callback->object);
  if (self) enter(self, callback, callback->env, LYR_PHASE_HOOK, NULL);
  original(argument);
  if (self) leave(self, depth);
}

static void on_async_hook(napi_async_cleanup_hook_handle handle, void *argument, void *c UNUSED, void *d UNUSED,
                          struct lyr_callback *callback) {
  napi_async_cleanup_hook original = (napi_async_cleanup_hook)callback->original;
  struct lyr_thread *self = lyr_self();
  uint32_t depth = self ? self->frame_count : 0;
  if (callback->object) {
    callback->object->real = handle;
    handle = LYR_HANDLE(callback->object);
  }
  if (self) enter(self, callback, callback->env, LYR_PHASE_HOOK, NULL);
  original(handle, argument);
  /* Node waits until it is removed. */
  uint8_t before = LYR_LIVE;
  if (callback->object) atomic_compare_exchange_strong(&callback->object->state, &before, LYR_RUNNING);
  if (self) leave(self, depth);
}

static void *dispatcher(enum lyr_callback_kind kind) {
  switch (kind) {
    case LYR_FUNCTION: return (void *)on_function;
    case LYR_FINALIZE: return (void *)on_finalize;
    case LYR_EXECUTE: return (void *)on_execute;
    case LYR_COMPLETE: return (void *)on_complete;
    case LYR_CALL_JS: return (void *)on_call_js;
    case LYR_HOOK: return (void *)on_hook;
    case LYR_ASYNC_HOOK_CALL: return (void *)on_async_hook;
    case LYR_INIT: return (void *)on_init;
    case LYR_NOENV_FINALIZE: return (void *)on_noenv_finalize;
  }
  return NULL;
}

/* -------------------------------------------------------------------------------------------------------- crossings */

void agt_layer_alloc(struct agt_thread *thread, size_t bytes) {
  struct lyr_thread *self = thread->layer;
  if (!self || self->thread_index != thread->index || !self->frame_count || self->frame_count > LYR_FRAMES) return;
  struct lyr_callback *callback = self->frames[self->frame_count - 1].callback;
  if (!callback) return;
  callback->allocations++;
  callback->allocated_bytes += bytes;
}

uint64_t agt_layer_table_bytes(void) {
  if (!g_lyr_active) return 0;
  pthread_mutex_lock(&g_callbacks.lock);
  /* Of a block, what was used. */
  uint64_t bytes = (uint64_t)(g_callbacks.block_count - 1) * BLOCK + PAGE + g_callbacks.used * sizeof(struct lyr_callback);
  pthread_mutex_unlock(&g_callbacks.lock);
  return bytes + lyr_objects_bytes() + lyr_latency_bytes();
}

/* A block's thunks can be executed, and its records be written to: that makes two. */
uint32_t agt_layer_table_mappings(void) {
  if (!g_lyr_active) return 0;
  pthread_mutex_lock(&g_callbacks.lock);
  uint32_t count = 2 * g_callbacks.block_count + lyr_latency_mappings();
  pthread_mutex_unlock(&g_callbacks.lock);
  return count;
}

/* Of all exports and all threads, so far. A thread that is in the middle of a call may be a call behind. */
bool agt_layer_crossings(uint64_t *crossings, uint64_t *calls) {
  *crossings = *calls = 0;
  if (!g_lyr_active) return false;
  pthread_mutex_lock(&g_callbacks.lock);
  for (uint32_t block = 0; block < g_callbacks.block_count; block++) {
    uint32_t count = block + 1 == g_callbacks.block_count ? g_callbacks.used : THUNKS;
    for (uint32_t i = 0; i < count; i++) {
      const struct lyr_callback *callback = record_at(block, i);
      if (callback->kind != LYR_FUNCTION) continue;
      *crossings += callback->calls;
      *calls += callback->napi_calls;
    }
  }
  pthread_mutex_unlock(&g_callbacks.lock);
  return true;
}

/* CROSSINGS records: totals so far of every export that was called since the last time. */
void lyr_crossings_write(void) {
  double ticks_per_us = lyr_ticks_per_us();
  for (uint32_t block = 0; block < g_callbacks.block_count; block++) {
    uint32_t count = block + 1 == g_callbacks.block_count ? g_callbacks.used : THUNKS;
    for (uint32_t i = 0; i < count; i++) {
      struct lyr_callback *callback = record_at(block, i);
      if (callback->kind != LYR_FUNCTION || callback->calls == 0) continue;
      uint8_t body[4608 + LYR_LATENCIES * 16], *p = lyr_put_text(body, lyr_addon_path(callback->addon), 4096);
      p = lyr_put_text(p, callback->name, 64);
      p = agt_put_varint(p, i + block * THUNKS);
      p = agt_put_varint(p, callback->calls);
      double share = callback->timed ? (double)callback->calls / (double)callback->timed : 1;
      p = agt_put_varint(p, (uint64_t)((double)callback->ticks * share * 1000 / ticks_per_us));
      p = agt_put_varint(p, (uint64_t)((double)callback->ticks_max * 1000 / ticks_per_us));
      p = agt_put_varint(p, callback->napi_calls);
      p = agt_put_varint(p, callback->bytes_in);
      p = agt_put_varint(p, callback->bytes_out);
      p = agt_put_varint(p, callback->allocations);
      p = agt_put_varint(p, callback->allocated_bytes);
      p = lyr_latency_put(p, callback, ticks_per_us);
      agt_meta_write(AGT_META_CROSSINGS, body, (size_t)(p - body));
    }
  }
}
