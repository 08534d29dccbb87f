/*
 * Faults on purpose.
 *   SEAMPROOF_INJECT=count                           nothing fails; where something could, and how often, is recorded
 *   SEAMPROOF_INJECT=call:FUNCTION:KEY:N:STATUS      the N-th time at that place the call fails (0: every time)
 *   SEAMPROOF_INJECT=alloc:FUNCTION:KEY:N            the same for an allocation of the subject's code
 *   SEAMPROOF_INJECT=tsfn:call_js:KEY:N              the env ends before the N-th call of a thread-safe function is made
 *   SEAMPROOF_LAYER_FAIL=N                           the N-th call of all that are made in callbacks fails
 *   SEAMPROOF_LAYER_REFUSE_EXTERNAL=1                external buffers are refused, as Electron refuses them
 * Never while a module loads, in finalizers, hooks and at the end: those come when garbage is collected, never twice at the
 * same time.
 */
#include "layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool g_lyr_injects, g_lyr_refuses_external;
static uint64_t g_fail_at;
static _Atomic uint64_t g_counted;

enum mode { NOT, COUNTS, FAILS };
static struct {
  enum mode mode;
  int class;
  char function[64];
  uint64_t key, nth;
  napi_status status;
} g_fault;

/* ------------------------------------------------------------------------------------------------------- may it fail? */

static bool is_main_thread(const struct lyr_thread *self) { return self->tid == (int32_t)g_header->pid; }

/* In code that JavaScript called, or that works for it; on the main thread nothing else is known to be the subject's turn. */
static bool is_its_turn(const struct lyr_thread *self) {
  switch (lyr_phase_now(self)) {
    case LYR_PHASE_CALLBACK: case LYR_PHASE_EXECUTE: case LYR_PHASE_COMPLETE: case LYR_PHASE_CALL_JS: return true;
    case LYR_PHASE_NONE: return !is_main_thread(self) && !self->last_env;
    default: return false;
  }
}

static bool is_wanted(enum lyr_point_class class, const char *function) {
  return g_fault.mode == COUNTS ||
         (g_fault.mode == FAILS && g_fault.class == (int)class && strcmp(g_fault.function, function) == 0);
}

static void write_injected(const struct lyr_point *point, uint64_t nth, uint32_t stack) {
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  uint8_t body[256], *p = body;
  char key[17];
  snprintf(key, sizeof key, "%016llx", (unsigned long long)point->key);
  *p++ = point->class;
  p = lyr_put_text(p, point->function, 64);
  p = lyr_put_text(p, key, 16);
  p = agt_put_varint(p, nth);
  *p++ = (uint8_t)g_fault.status;
  p = agt_put_varint(p, agt_clock_us());
  p = agt_put_varint(p, stack);
  agt_meta_write(AGT_META_INJECTED, body, (size_t)(p - body));
  agt_thread_leave(thread);
}

/* Counts, and says whether this is the time to fail. */
static bool passes(struct lyr_point *point, uint32_t stack) {
  uint64_t nth = lyr_point_passed(point, stack);
  if (g_fault.mode != FAILS || point->key != g_fault.key) return false;
  if (g_fault.nth && g_fault.nth != nth) return false;
  if (g_fault.nth || nth == 1) write_injected(point, nth, stack);
  return true;
}

/* ------------------------------------------------------------------------------------------------------ Node-API calls */

/* What only gives back or asks is needed to get away from a failure, and does not fail in life. */
static const char *const g_spared[] = {
    "napi_close_", "napi_delete_", "napi_remove_", "napi_reference_unref", "napi_throw", "node_api_throw", "napi_fatal_",
    "napi_get_last_error_info", "napi_is_exception_pending", "napi_get_and_clear", "napi_get_undefined", "napi_get_null",
    "napi_create_error", "napi_create_type_error", "napi_create_range_error", "napi_module_register", "napi_get_cb_info",
    "napi_reject_deferred", "napi_async_destroy"};

static bool is_spared(const char *name) {
  for (size_t i = 0; i < sizeof g_spared / sizeof *g_spared; i++)
    if (strncmp(name, g_spared[i], strlen(g_spared[i])) == 0) return true;
  return false;
}

/* The n-th of all calls, which is how a person asks for one. */
static bool is_nth_of_all(const struct lyr_call *call) {
  enum lyr_phase phase = lyr_phase_now(call->self);
  if (phase == LYR_PHASE_NONE || phase == LYR_PHASE_INIT) return false;
  const char *name = g_lyr_functions[call->function].name;
  if (is_spared(name) || atomic_fetch_add(&g_counted, 1) + 1 != g_fail_at) return false;
  const struct lyr_frame *frame = lyr_frame(call->self);
  char text[256];
  snprintf(text, sizeof text, "injected: %s in %s was call %llu, and failed", name,
           frame && frame->callback && frame->callback->name[0] ? frame->callback->name : "a callback",
           (unsigned long long)g_fail_at);
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return true;
  agt_meta_note(text);
  agt_thread_leave(thread);
  return true;
}

/* With this status Node leaves an exception behind, which comes to JavaScript when the addon returns. */
static void leave_exception(struct lyr_call *call) {
  struct lyr_env *known = call->env;
  if (!known || known->owner != call->self || known->state != 1) return;
  char text[128];
  snprintf(text, sizeof text, "Seamproof let %s fail", g_lyr_functions[call->function].name);
  if (LYR_REAL(napi_throw_error)(known->env, "SEAMPROOF_INJECTED", text) == NAPI_OK) known->is_pending = true;
}

static napi_status fail_with(struct lyr_call *call, napi_status status) {
  if (status == NAPI_PENDING_EXCEPTION) leave_exception(call);
  call->self->injected = status;
  call->self->injected_at = call->self->total;
  return status;
}

napi_status lyr_inject(struct lyr_call *call) {
  struct lyr_thread *self = call->self;
  if (!self || call->function == LYR_napi_get_last_error_info) return NAPI_OK;
  if (g_fail_at && is_nth_of_all(call)) return fail_with(call, NAPI_GENERIC_FAILURE);
  const struct lyr_function_entry *entry = &g_lyr_functions[call->function];
  if (!entry->statuses[0] || !is_wanted(LYR_POINT_CALL, entry->name) || !is_its_turn(self)) return NAPI_OK;
  uint32_t stack;
  struct lyr_point *point = lyr_point_at(self, LYR_POINT_CALL, entry->name, entry->statuses, call->caller, &stack);
  return point && passes(point, stack) ? fail_with(call, g_fault.status) : NAPI_OK;
}

/* A queue is full only for those who do not wait; a thread that is told of closing has given the function back. */
napi_status lyr_inject_queue(struct lyr_call *call, napi_threadsafe_function real, bool is_blocking) {
  static const uint8_t closing[] = {NAPI_CLOSING, 0}, either[] = {NAPI_CLOSING, NAPI_QUEUE_FULL, 0};
  const char *name = "napi_call_threadsafe_function";
  struct lyr_thread *self = call->self;
  if (!self || !is_wanted(LYR_POINT_CALL, name)) return NAPI_OK;
  enum lyr_phase phase = lyr_phase_now(self);
  if (phase == LYR_PHASE_INIT || phase == LYR_PHASE_FINALIZER || phase == LYR_PHASE_HOOK) return NAPI_OK;
  uint32_t stack;
  struct lyr_point *point = lyr_point_at(self, LYR_POINT_CALL, name, is_blocking ? closing : either, call->caller, &stack);
  if (!point || !passes(point, stack)) return NAPI_OK;
  if (g_fault.status == NAPI_CLOSING) LYR_REAL(napi_release_threadsafe_function)(real, NAPI_TSFN_RELEASE);
  return g_fault.status;
}

napi_status lyr_napi_get_last_error_info(napi_env env, const napi_extended_error_info **result) {
  LYR_BEGIN(napi_get_last_error_info, env);
  struct lyr_thread *self = call.self;
  if (AGT_LIKELY(!self || !self->injected || self->total != self->injected_at + 1 || !result))
    return LYR_END(LYR_REAL(napi_get_last_error_info)(env, result));
  self->injected_info = (napi_extended_error_info){.error_message = "Seamproof let the call fail", .error_code = self->injected};
  self->injected_at = self->total;
  *result = &self->injected_info;
  return NAPI_OK;
}

/* --------------------------------------------------------------------------------------------------------- allocations */

static const char *const g_kinds[] = {[AGT_MALLOC] = "malloc", [AGT_CALLOC] = "calloc", [AGT_REALLOC] = "realloc",
                                      [AGT_ALIGNED] = "aligned_alloc"};

static const char *allocator_of(enum agt_kind kind, enum lyr_origin origin, uintptr_t pc) {
  struct agt_object object;
  bool is_cpp = kind == AGT_MALLOC && origin == LYR_FROM_SYSTEM && agt_object_at(pc, &object) && object.path &&
                strstr(object.path, "libstdc++");
  return is_cpp ? "operator new" : g_kinds[kind];
}

bool agt_layer_fails(enum agt_kind kind, struct agt_registers caller) {
  if (__atomic_load_n(&g_recording, __ATOMIC_RELAXED) != AGT_RECORDING || g_lyr_is_over) return false;
  if ((uintptr_t)t_thread <= 3 || t_thread->busy) return false;
  struct agt_object object;
  enum lyr_origin origin = lyr_origin_of(caller.pc - 1, &object);
  if (origin != LYR_FROM_SUBJECT && origin != LYR_FROM_SYSTEM) return false;
  struct lyr_thread *self = lyr_self();
  if (!self || !is_its_turn(self)) return false;
  const char *function = allocator_of(kind, origin, caller.pc - 1);
  if (!is_wanted(LYR_POINT_ALLOC, function)) return false;
  uint32_t stack;
  struct lyr_point *point = lyr_point_at(self, LYR_POINT_ALLOC, function, NULL, caller, &stack);
  return point && passes(point, stack);
}

/* ------------------------------------------------------------------------------------- thread-safe functions at the end */

void lyr_inject_tsfn(struct lyr_object *tsfn, const struct lyr_call *call) {
  uint32_t stack;
  if (call->self && is_wanted(LYR_POINT_TSFN, "call_js"))
    tsfn->point = lyr_point_at(call->self, LYR_POINT_TSFN, "call_js", NULL, call->caller, &stack);
}

/* What waits in the queue when the env ends is handed to call_js with neither env nor function. The process ends with it. */
void lyr_inject_call_js(struct lyr_object *tsfn, napi_threadsafe_function_call_js original, void *context, void *data) {
  if (!passes(tsfn->point, tsfn->created)) return;
  struct lyr_thread *self = lyr_self();
  struct lyr_frame *frame = self ? lyr_frame(self) : NULL;
  if (frame) frame->env = NULL;
  original(NULL, NULL, context, data);
  agt_finish();
  syscall(SYS_exit_group, 0);
}

/* --------------------------------------------------------------------------------------------------------------- start */

static const char *word(const char *text, char *room, size_t capacity) {
  size_t length = strcspn(text, ":");
  snprintf(room, capacity, "%.*s", (int)length, text);
  return text[length] ? text + length + 1 : text + length;
}

static void read_fault(const char *text) {
  static const char *const classes[] = {"call", "alloc", "tsfn"};
  char class[16], number[24];
  if (strcmp(text, "count") == 0) {
    g_fault.mode = COUNTS;
    return;
  }
  const char *rest = word(text, class, sizeof class);
  rest = word(rest, g_fault.function, sizeof g_fault.function);
  rest = word(rest, number, sizeof number);
  g_fault.key = strtoull(number, NULL, 16);
  rest = word(rest, number, sizeof number);
  g_fault.nth = strtoull(number, NULL, 10);
  g_fault.status = (napi_status)strtol(rest, NULL, 10);
  for (int i = 0; i < 3; i++)
    if (strcmp(class, classes[i]) == 0) g_fault.class = i, g_fault.mode = FAILS;
  if (g_fault.mode != FAILS) agt_meta_note("SEAMPROOF_INJECT is not understood: nothing is made to fail");
}

void lyr_inject_init(void) {
  const char *fail = getenv("SEAMPROOF_LAYER_FAIL"), *refuse = getenv("SEAMPROOF_LAYER_REFUSE_EXTERNAL");
  const char *fault = getenv("SEAMPROOF_INJECT");
  g_fail_at = fail ? strtoull(fail, NULL, 10) : 0;
  g_lyr_refuses_external = refuse && strcmp(refuse, "1") == 0;
  if (fault && *fault) read_fault(fault);
  if (g_fault.mode != NOT) lyr_points_init();
  g_lyr_injects = g_fail_at != 0 || g_fault.mode != NOT;
  g_lyr_fails_allocations = g_fault.mode == COUNTS || (g_fault.mode == FAILS && g_fault.class == LYR_POINT_ALLOC);
}
