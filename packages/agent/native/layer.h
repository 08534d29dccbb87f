/*
 * The seam layer: every Node-API function that an addon calls goes through a wrapper here (layer_*.c), and every callback
 * that an addon registers is entered through a thunk. Active only with SEAMPROOF_LAYER=1.
 *
 * Rules that every part keeps, beside those of agent.h:
 *   - On any doubt the call is passed on. What a wrapper refuses would have been undefined: a handle that is gone.
 *   - A wrapper is not inside the agent: `busy` is set only while a stack is walked or a record is written, so that what
 *     Node allocates in the real call is recorded.
 *   - Lock order: an object stripe or the pool lock is taken alone, and nothing is reported under it.
 *   - Handles that are given to the addon (references, deferreds, async work, ...) are addresses of our own objects, which
 *     are reused only after thousands of others: a stale one is known for what it was.
 */
#ifndef SEAMPROOF_LAYER_H
#define SEAMPROOF_LAYER_H

#include "agent.h"
#include "layer_functions.generated.h"
#include "layer_rules.h"

#pragma GCC visibility push(hidden)

enum lyr_phase {
  LYR_PHASE_NONE = 0, /* native code that Node did not call through Node-API: a libuv callback, say */
  LYR_PHASE_INIT, LYR_PHASE_CALLBACK, LYR_PHASE_EXECUTE, LYR_PHASE_COMPLETE, LYR_PHASE_FINALIZER, LYR_PHASE_HOOK,
  LYR_PHASE_CALL_JS, LYR_PHASE_TEARDOWN
};

enum lyr_type {
  LYR_REFERENCE = 1, LYR_DEFERRED, LYR_WORK, LYR_TSFN, LYR_ASYNC_CONTEXT, LYR_CALLBACK_SCOPE, LYR_CLEANUP_HOOK,
  LYR_ASYNC_HOOK, LYR_WRAP, LYR_EXTERNAL, LYR_BUFFER, LYR_HANDLE_SCOPE, LYR_LEFT, LYR_TYPES
};

enum lyr_state { LYR_LIVE = 1, LYR_QUEUED, LYR_RUNNING, LYR_DONE, LYR_FREED_BY_ADDON, LYR_DEAD };

struct lyr_env {
  napi_env env;
  struct lyr_thread *owner;
  int32_t owner_tid; /* a later thread may be `owner` again */
  uint32_t generation; /* rises when the address is an env again */
  uint32_t addon;
  _Atomic uint8_t state; /* 0 free, 1 alive, 2 its cleanup hooks have run */
  bool is_pending;       /* the addon has been told of an exception and has not taken it */
  bool has_instance_data;
  bool is_watched;
  void *loop; /* uv_loop_t, of the main thread's env once it has a thread-safe function */
  uint32_t hooks; /* cleanup hooks and instance data that the addon gave it */
  uint32_t instance_stack;
  int64_t external_bytes;
  uint64_t sentinel; /* of an env with tables (layer_table.c), else 0 */
  const void *module_table;
  int32_t null_from_weak; /* 1 since a weak reference gave NULL, 2 since NULL was used */
  uint32_t null_stack;
};

struct lyr_site; /* layer_object.c: what one place has created and not yet given back */

struct lyr_object {
  uint64_t sentinel; /* these two are read by addons of an env with tables */
  const void *module_table;
  uint32_t magic;
  uint8_t type;
  _Atomic uint8_t state;
  bool is_reported;
  bool is_from_wrap, is_counted; /* `is_counted`: in g_lyr_handed */
  bool has_returned; /* async work: from its complete callback */
  bool is_unreferenced; /* thread-safe functions: does not keep the loop alive */
  uint32_t class_id;    /* wraps: of the constructor that made it */
  void *real;
  struct lyr_env *env;
  uint32_t env_generation;
  _Atomic uint32_t count; /* references: strength; thread-safe functions: threads that hold it */
  uint32_t created, handed, freed; /* stacks */
  uint32_t addon;
  _Atomic uint32_t queued;
  uint32_t queue_limit;
  struct lyr_callback *callbacks[3];
  const struct lyr_callback *within; /* the export that made it */
  void *data, *extra;
  napi_ref weak; /* async work: to a buffer that its data points into, from `pointer_at` */
  uintptr_t *pointer_at, pointer;
  struct lyr_site *site;
  struct lyr_point *point; /* thread-safe functions: their calls, as a place for faults */
  struct lyr_object *next;
};

enum lyr_callback_kind {
  LYR_FUNCTION = 1, LYR_FINALIZE, LYR_EXECUTE, LYR_COMPLETE, LYR_CALL_JS, LYR_HOOK, LYR_ASYNC_HOOK_CALL, LYR_INIT,
  LYR_NOENV_FINALIZE
};

/* One registered callback. A thunk in executable memory hands its address to `dispatch` as the fifth argument. */
struct lyr_callback {
  void *dispatch;
  void *original;
  void *data;
  struct lyr_env *env;
  struct lyr_object *object;
  struct lyr_callback *next;
  uint32_t created, addon;
  uint8_t kind;
  bool is_named_later; /* by the property it was put into */
  uint32_t class_id; /* constructors: of what napi_define_class made with it; else 0 */
  char name[58];
  uint64_t calls, timed, ticks, ticks_max, napi_calls, bytes_in, bytes_out, allocations, allocated_bytes;
  uint32_t *latency; /* exports that were called: LYR_LATENCIES counters by length, see layer_latency.c */
};

struct lyr_scope { void *real; uint32_t serial, made; uint8_t kind; bool is_escaped; uintptr_t opener; };
enum { LYR_SCOPE_FRAME = 1, LYR_SCOPE_HANDLE, LYR_SCOPE_ESCAPABLE };

struct lyr_frame {
  struct lyr_callback *callback;
  struct lyr_env *env;
  napi_callback_info info;
  uintptr_t entry; /* where the stack stood */
  uint64_t started, calls_before; /* 0: this call is not timed */
  uint32_t scope_base, span_base, strong_references, turn;
  napi_value receiver; /* `this`, once it was asked for */
  struct lyr_object *callback_scope;
  uint8_t phase;
  bool was_pending, has_checked_class;
};

enum { LYR_FRAMES = 64, LYR_SCOPES = 256, LYR_VALUES = 2048, LYR_RECENT = 8, LYR_MANY = 100000 };
struct lyr_value { napi_value value; uint32_t serial, depth; };
enum { LYR_UNMADE = 8, LYR_SPANS = 32 };
/* A result that a failed call did not set: what was in its place. */
struct lyr_unmade { napi_value value; uintptr_t pc; uint32_t depth; uint8_t function; };
struct lyr_failure { napi_status status; uint32_t depth; uintptr_t pc; uint8_t function; };
/* Bytes of a Buffer that a callback has a pointer to. */
struct lyr_span { napi_value value; uintptr_t data; size_t bytes; bool is_gone; };

/* What the kernel said of the thread, when the counter of ticks stood at `asked_at`. */
struct lyr_core { uint64_t asked_at, cpu_ns, waited_ns; };
enum { LYR_CORE_TICKS = 10000000 };

struct lyr_thread {
  uint32_t thread_index; /* of the agent's state, which another thread may inherit */
  int32_t tid;
  napi_env last_env;
  struct lyr_env *last;
  uintptr_t addon_start, addon_bytes;
  uint32_t addon;
  uint32_t frame_count, scope_count, next_serial;
  struct lyr_frame frames[LYR_FRAMES];
  struct lyr_scope scopes[LYR_SCOPES];
  struct { napi_value value; struct lyr_callback *callback; } functions[16]; /* the latest that were made without a name */
  uint32_t next_function;
  struct lyr_value values[LYR_VALUES]; /* direct-mapped: a value that was pushed out is not judged */
  struct lyr_unmade unmade[LYR_UNMADE];
  struct lyr_failure failure;
  uint32_t unmade_count, span_count, refused_depth; /* the frame that was refused because its env ends */
  struct lyr_span spans[LYR_SPANS];
  struct lyr_object *callback_scope; /* the innermost; linked by `next` */
  struct lyr_object *spare, *oldest_dead, *newest_dead; /* see layer_object.c; linked by `next` */
  uint32_t dead_count;
  uint64_t null_at; /* `total` when a call was given NULL for a value */
  bool is_owner;    /* of an env */
  uint64_t total;
  uintptr_t walked_to; /* `entry` of the callback that was running at the last walk, while it runs; else 0 */
  struct lyr_core core;
  uint32_t core_turn;
  void *signal_stack; /* layer_crash.c */
  uint8_t recent[LYR_RECENT]; /* the latest functions, at total modulo their number */
  napi_status injected;       /* what napi_get_last_error_info says until another function is called */
  uint64_t injected_at;       /* `total` then */
  napi_extended_error_info injected_info;
  struct lyr_thread *next;
};

/* One call of an addon, on the wrapper's stack. */
struct lyr_call {
  struct lyr_thread *self; /* NULL: nothing is checked */
  struct lyr_env *env;     /* NULL for functions that take none */
  enum lyr_function function;
  struct agt_registers caller;
};

/* `statuses`: what it may fail with although its caller did nothing wrong; ends with 0. See scripts/plausible-statuses.mjs. */
struct lyr_function_entry { const char *name; void *wrapper; uint8_t statuses[4]; };
extern const struct lyr_function_entry g_lyr_functions[LYR_FUNCTIONS];
_Static_assert(LYR_FUNCTIONS < 256, "a function fits a byte");
extern void *g_lyr_real[LYR_FUNCTIONS];

/* Goes on to the real function at once (layer_pass.c). */
void *lyr_jump(enum lyr_function function);

#define LYR_REAL(name) ((__typeof__(&lyr_##name))g_lyr_real[LYR_##name])

/* ------------------------------------------------------------------------------------- threads, envs (layer_thread.c) */

struct lyr_thread *lyr_self_slow(void);
static inline struct lyr_thread *lyr_self(void) {
  struct agt_thread *thread = t_thread;
  if (AGT_UNLIKELY((uintptr_t)thread <= 3)) return lyr_self_slow();
  struct lyr_thread *self = thread->layer;
  if (AGT_UNLIKELY(!self || self->thread_index != thread->index)) return lyr_self_slow();
  return self;
}
extern struct lyr_node_version { uint32_t major, minor, patch; } g_lyr_node;
struct lyr_env *lyr_env_of(struct lyr_thread *self, napi_env env);
/* The env begins: its address may have been another's. */
struct lyr_env *lyr_env_begin(struct lyr_thread *self, napi_env env, uint32_t addon);
void lyr_addon_at(struct lyr_thread *self, uintptr_t pc);
void lyr_addon_started(struct lyr_call *call, uint32_t addon);
/* As lyr_addon_at, of a call that was seen. */
void lyr_addon_calls(struct lyr_thread *self, uintptr_t pc);
/* The addon's code is entered: by its initialisation, which ended with so many calls seen, or through V8's own interface. */
enum lyr_entry { LYR_ENTRY_SEEN = 0, LYR_ENTRY_SILENT = 1, LYR_ENTRY_TABLE = 2, LYR_ENTRY_V8 = 3 };
void lyr_addon_entered(uint32_t addon, enum lyr_entry entry);
bool lyr_has_tables(napi_env env);
void lyr_hook_tables(struct lyr_env *known);
const char *lyr_addon_path(uint32_t addon);
/* Whether the addon uses V8 itself, so that values may come to it by ways that are not seen. */
bool lyr_addon_mixes_v8(uint32_t addon);
bool lyr_imports_v8(const void *address);
bool lyr_addon_known(const struct agt_object *object);
struct lyr_thread *lyr_threads(void);
/* The call is made where it must not be: wrong thread, in an execute callback, after the env's end. */
void lyr_check_place(struct lyr_call *call);
void lyr_failed(struct lyr_call *call, napi_status status);

/* layer_status.c */
extern bool g_lyr_asks_for_answers;
void lyr_check_answer(struct lyr_call *call);
void lyr_not_made(struct lyr_call *call, napi_status status, const napi_value *result);
void lyr_use_unknown(struct lyr_call *call, napi_value value);
void lyr_null_refused(struct lyr_call *call);
void lyr_check_fatal(struct lyr_thread *self, struct agt_registers caller);
/* A call without an env inside a call_js callback that was given none. */
void lyr_no_env(struct lyr_call *call);

static inline void lyr_begin(struct lyr_call *call, enum lyr_function function, napi_env env, struct agt_registers caller) {
  struct lyr_thread *self = lyr_self();
  call->self = self;
  call->function = function;
  call->caller = caller;
  call->env = NULL;
  if (AGT_UNLIKELY(!self)) return;
  self->recent[self->total++ & (LYR_RECENT - 1)] = (uint8_t)function;
  if (AGT_UNLIKELY(caller.pc - self->addon_start >= self->addon_bytes)) lyr_addon_calls(self, caller.pc);
  if (AGT_LIKELY(env != NULL && env == self->last_env)) call->env = self->last;
  else if (env) call->env = lyr_env_of(self, env);
  struct lyr_env *known = call->env;
  if (AGT_LIKELY(known != NULL) && AGT_UNLIKELY(known->owner != self || known->state != 1)) lyr_check_place(call);
  if (AGT_UNLIKELY(g_lyr_asks_for_answers)) lyr_check_answer(call);
}
/* Faults on purpose (layer_inject.c): the status to fail with instead of making the call, NAPI_OK to make it. */
extern bool g_lyr_injects, g_lyr_refuses_external;
napi_status lyr_inject(struct lyr_call *call);
void lyr_inject_init(void);

#define LYR_BEGIN(name, env) \
  struct lyr_call call; \
  lyr_begin(&call, LYR_##name, env, AGT_CALLER()); \
  if (AGT_UNLIKELY(!(env))) lyr_no_env(&call); \
  napi_status injected = AGT_UNLIKELY(g_lyr_injects) ? lyr_inject(&call) : NAPI_OK; \
  if (AGT_UNLIKELY(injected != NAPI_OK)) return injected

static inline napi_status lyr_end(struct lyr_call *call, napi_status status) {
  if (AGT_UNLIKELY(status != NAPI_OK && call->self && call->env)) lyr_failed(call, status);
  return status;
}
#define LYR_END(status) lyr_end(&call, status)

static inline struct lyr_frame *lyr_frame(struct lyr_thread *self) {
  return self->frame_count && self->frame_count <= LYR_FRAMES ? &self->frames[self->frame_count - 1] : NULL;
}

/* -------------------------------------------------------------------------------------------- values (layer_scope.c) */

static inline struct lyr_value *lyr_value_slot(struct lyr_thread *self, napi_value value) {
  return &self->values[((uintptr_t)value >> 3 ^ (uintptr_t)value >> 14) & (LYR_VALUES - 1)];
}
void lyr_many_values(struct lyr_call *call);
void lyr_stale_value(struct lyr_call *call, napi_value value);
static inline void lyr_use(struct lyr_call *call, napi_value value) {
  if (AGT_UNLIKELY(!call->self)) return;
  if (AGT_UNLIKELY(!value)) {
    if (call->env && call->env->null_from_weak) call->env->null_from_weak = 2;
    call->self->null_at = call->self->total;
    return;
  }
  struct lyr_value *known = lyr_value_slot(call->self, value);
  if (known->value != value) {
    if (AGT_UNLIKELY(call->self->unmade_count)) lyr_use_unknown(call, value);
    return;
  }
  if (AGT_UNLIKELY(known->depth >= call->self->scope_count || call->self->scopes[known->depth].serial != known->serial))
    lyr_stale_value(call, value);
}
static inline void lyr_made(struct lyr_call *call, napi_status status, napi_value *result) {
  struct lyr_thread *self = call->self;
  if (AGT_UNLIKELY(status != NAPI_OK || !result || !self || !*result)) {
    lyr_not_made(call, status, result);
    return;
  }
  struct lyr_value *slot = lyr_value_slot(self, *result);
  if (AGT_UNLIKELY(self->scope_count == 0 || self->scope_count > LYR_SCOPES)) {
    if (slot->value == *result) slot->value = NULL;
    return;
  }
  struct lyr_scope *scope = &self->scopes[self->scope_count - 1];
  *slot = (struct lyr_value){*result, scope->serial, self->scope_count - 1};
  if (AGT_UNLIKELY(++scope->made == LYR_MANY)) lyr_many_values(call);
}
#define LYR_USE(value) lyr_use(&call, value)
#define LYR_MADE(status, result) lyr_made(&call, status, result)
static inline void lyr_scope_push(struct lyr_thread *self, uint8_t kind, void *real, uintptr_t opener) {
  uint32_t depth = self->scope_count++;
  uint32_t serial = ++self->next_serial;
  if (depth < LYR_SCOPES) self->scopes[depth] = (struct lyr_scope){.real = real, .serial = serial, .kind = kind, .opener = opener};
}
/* A callback returns: what it opened must be closed. */
void lyr_scopes_leave(struct lyr_call *call, struct lyr_frame *frame);

/* ------------------------------------------------------------------------------------- callbacks (layer_callback.c) */

bool lyr_callbacks_init(void);
/* A thunk to hand to Node instead of `original`, or NULL when there is none to be had: pass `original` then. */
struct lyr_callback *lyr_callback_new(enum lyr_callback_kind kind, void *original, void *data, const struct lyr_call *call);
/* The same for functions, which have no end: one for each (original, data, env, name). */
struct lyr_callback *lyr_callback_function(void *original, void *data, const char *name, size_t length,
                                           const struct lyr_call *call);
void *lyr_thunk(struct lyr_callback *callback);
void lyr_callback_free(struct lyr_callback *callback);
/* Complains about a pointer that cannot be called. */
void lyr_check_callable(struct lyr_call *call, const void *function, const char *what);
void lyr_crossings_write(void);
/* layer_latency.c: how long calls took, eight classes to each doubling. */
enum { LYR_LATENCIES = 256 };
void lyr_latency_count(struct lyr_callback *callback, uint64_t ticks);
uint8_t *lyr_latency_put(uint8_t *p, const struct lyr_callback *callback, double ticks_per_us);
uint64_t lyr_latency_bytes(void);
uint32_t lyr_latency_mappings(void);
double lyr_ticks_per_us(void);

/* --------------------------------------------------------------------------------------- objects (layer_object.c) */

bool lyr_objects_init(void);
uint64_t lyr_objects_bytes(void);
struct lyr_object *lyr_object_new(enum lyr_type type, void *real, const struct lyr_call *call);
/* The object behind a handle that the addon holds; NULL when it is not one of ours: then the handle is Node's own. */
struct lyr_object *lyr_object_of(const void *handle);
/* The addon gave it back. It stays known until thousands of others have been made. */
void lyr_object_dead(struct lyr_object *object, const struct lyr_call *call);
void lyr_live_write(void);
void lyr_objects_at_end(struct lyr_env *env);
#define LYR_HANDLE(object) ((void *)(object))
/* True when the object belongs to the env of the call; reports when it does not. */
bool lyr_same_env(struct lyr_call *call, struct lyr_object *object);

/* ------------------------------------------------------------------------------------- findings (layer_finding.c) */

struct lyr_note { const char *name, *text; uint64_t number; bool is_number; };
/* `object` may be NULL; notes end with a NULL name. Never returns a verdict: whether to go on is the caller's affair. */
void lyr_report(const struct lyr_call *call, enum lyr_rule rule, const struct lyr_object *object,
                const struct lyr_note *notes);
#define LYR_NOTES(...) ((const struct lyr_note[]){__VA_ARGS__, {0}})
#define LYR_NUMBER(label, value) {.name = label, .number = (uint64_t)(value), .is_number = true}
#define LYR_TEXT(label, value) {.name = label, .text = value}
/* Opt-in rules are off unless SEAMPROOF_LAYER_ENABLE names them. */
bool lyr_is_on(enum lyr_rule rule);
void lyr_rules_init(void);
/* From the agent's own thread, about an object and not a call. */
void lyr_report_of_object(enum lyr_rule rule, const struct lyr_object *object);
/* A stack of one frame, for what is remembered by its address only. */
uint32_t lyr_stack_of_pc(uintptr_t pc);
/* The stack of the call, 0 when it cannot be had. */
uint32_t lyr_stack(const struct lyr_call *call);
void lyr_findings_write(void);
uint8_t *lyr_put_text(uint8_t *p, const char *text, size_t limit);
enum lyr_phase lyr_phase_now(const struct lyr_thread *self);

/* ------------------------------------------------------------------- places for faults (layer_point.c, layer_inject.c) */

enum lyr_point_class { LYR_POINT_CALL = 0, LYR_POINT_ALLOC = 1, LYR_POINT_TSFN = 2 };
enum { LYR_POINT_STACKS = 16 };

/* One place in the subject's code where a fault can be made, the same in every run of the same program. */
struct lyr_point {
  uint64_t key; /* of its class, function and the subject's frames, by module and offset */
  uint8_t class, phase;
  uint32_t addon;
  const char *function;
  const uint8_t *statuses;
  char within[62];
  uint64_t count; /* how often it was come by; guarded by the points' lock, as all below */
  uint32_t stack_count;
  struct { uint32_t stack; uint64_t first, count; } stacks[LYR_POINT_STACKS];
};

void lyr_points_init(void);
/* The point where the caller stands, NULL when it is not in the subject's code or there are too many. */
struct lyr_point *lyr_point_at(struct lyr_thread *self, enum lyr_point_class class, const char *function,
                               const uint8_t *statuses, struct agt_registers caller, uint32_t *stack);
/* Comes by: which time it is, from 1. */
uint64_t lyr_point_passed(struct lyr_point *point, uint32_t stack);
void lyr_points_write(void);
enum lyr_origin { LYR_FROM_RUNTIME, LYR_FROM_SYSTEM, LYR_FROM_SUBJECT, LYR_FROM_AGENT };
enum lyr_origin lyr_origin_of(uintptr_t pc, struct agt_object *object);
/* A thread-safe function was made; its callback is about to run. True: it ran with no env, and the process is over. */
void lyr_inject_tsfn(struct lyr_object *tsfn, const struct lyr_call *call);
void lyr_inject_call_js(struct lyr_object *tsfn, napi_threadsafe_function_call_js original, void *context, void *data);
napi_status lyr_inject_queue(struct lyr_call *call, napi_threadsafe_function real, bool is_blocking);

/* ------------------------------------------------------------------------------------------- stress (layer_stress.c) */

extern bool g_lyr_stresses;
void lyr_stress_init(void);
void lyr_stress_crossing(struct lyr_thread *self, struct lyr_env *env);
void lyr_stress_delay(bool is_on_loop);
void lyr_stress_handed(const struct lyr_call *call, const void *data, size_t bytes);
bool lyr_stress_fenced_at(uintptr_t address, struct lyr_object *buffer);
void lyr_stress_write(void);

/* ------------------------------------------------------------------------------------------ hooks of other parts */

/* Memory that JavaScript holds (layer_handoff.c). The caller keeps what real call it made; `status` is its outcome. */
void lyr_handoff_ends(struct lyr_object *object);
void lyr_tsfn_ends(struct lyr_object *object);
/* layer_async.c */
bool lyr_real_context(struct lyr_call *call, napi_async_context *context);
void lyr_callback_scopes_leave(struct lyr_call *call, struct lyr_object *before);
/* Memory that a refused call left with the addon (layer_orphan.c). */
bool lyr_is_heap_block(const void *block);
void lyr_orphan(struct lyr_call *call, enum lyr_rule rule, const void *block, napi_status status);
void lyr_orphan_ends(const void *block);
void lyr_orphans_at_end(void);
/* Pointers into Buffers (layer_buffer.c). */
void lyr_work_queued(struct lyr_call *call, struct lyr_object *work);
void lyr_work_over(struct lyr_thread *self, struct lyr_env *env, struct lyr_object *work, bool has_run);
void lyr_check_detached(struct lyr_call *call);
/* Finalizers that wait for the loop (layer_starving.c). */
void lyr_starving_handed(struct lyr_call *call, napi_value value);
void lyr_starving_fed(struct lyr_thread *self, struct lyr_env *env);
/* For layer_idle.c. */
struct lyr_object *lyr_all_objects(uint32_t *used);
bool lyr_has_watched(void);
/* An object of this class is unwrapped. */
void lyr_check_class(struct lyr_call *call, uint32_t wrapped_by);
extern bool g_lyr_has_unwrapped;
/* How long an outermost callback held the event loop (layer_loop.c). */
extern uint64_t g_lyr_loop_us;
void lyr_core_ask(struct lyr_thread *self, uint64_t ticks);
void lyr_loop_held(struct lyr_call *call, const struct lyr_frame *frame, uint64_t ticks);
/* The process is ending: destructors free what JavaScript will never look at again. */
extern bool g_lyr_is_over;
void lyr_crash_init(bool (*patch_node)(const char *name, void *replacement));
void lyr_crash_stack(struct lyr_thread *self);
void lyr_crash_is_meant(void);
void lyr_fatal(const char *location, size_t location_length, const char *message, size_t message_length);
/* What an error does beside being recorded: SEAMPROOF_LAYER_ON_ERROR. */
enum lyr_action { LYR_LOG, LYR_THROW, LYR_ABORT, LYR_BREAK };
extern enum lyr_action g_lyr_action;


/* A block of the process is about to be freed or moved. */
void lyr_freed(const void *block, struct agt_registers caller);
/* JavaScript holds the object's block from now on, until the object is dead. */
void lyr_handed_now(struct lyr_object *object);
void lyr_handed_no_more(struct lyr_object *object);
void lyr_hook_ran(struct lyr_object *hook);

#pragma GCC visibility pop

#endif
