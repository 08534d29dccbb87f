/* Handle scopes, and values that outlive theirs. */
#include "layer.h"

/* A scope handle for the addon is this mark above its serial number: no address, so never mistaken for Node's own. */
#define SCOPE_MARK ((uint64_t)0x5ea0 << 48)
static bool is_ours(const void *handle) { return (uint64_t)(uintptr_t)handle >> 48 == 0x5ea0; }
static void *scope_handle(uint32_t serial) { return (void *)(uintptr_t)(SCOPE_MARK | serial); }

uint32_t lyr_stack_of_pc(uintptr_t pc) {
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return 0;
  uint32_t stack = agt_tree_child(0, pc, AGT_NODE_ENDED_EARLY, 0);
  agt_thread_leave(thread);
  return stack;
}

/* The scopes between the callback's own and the top. */
void lyr_scopes_leave(struct lyr_call *call, struct lyr_frame *frame) {
  struct lyr_thread *self = call->self;
  uint32_t top = self->scope_count < LYR_SCOPES ? self->scope_count : LYR_SCOPES;
  if (top > frame->scope_base + 1 && frame->env) {
    const struct lyr_scope *left = &self->scopes[top - 1];
    struct lyr_object opened = {.type = LYR_HANDLE_SCOPE, .created = lyr_stack_of_pc(left->opener)};
    lyr_report(call, LYR_RULE_SCOPE_003, &opened, LYR_NOTES(LYR_NUMBER("scopes left open", top - frame->scope_base - 1)));
  }
  self->scope_count = frame->scope_base;
}

/* ----------------------------------------------------------------------------------------------------- open and close */

static napi_status opened(struct lyr_call *call, napi_status status, uint8_t kind, void **scope) {
  if (status == NAPI_OK && call->self && call->self->scope_count < LYR_SCOPES) {
    lyr_scope_push(call->self, kind, *scope, call->caller.pc);
    *scope = scope_handle(call->self->next_serial);
  }
  return lyr_end(call, status);
}

static struct lyr_scope *find(struct lyr_thread *self, const void *handle) {
  uint32_t top = self->scope_count < LYR_SCOPES ? self->scope_count : LYR_SCOPES;
  for (uint32_t i = top; i-- > 0;)
    if (self->scopes[i].kind != LYR_SCOPE_FRAME && scope_handle(self->scopes[i].serial) == handle) return &self->scopes[i];
  return NULL;
}

/* The real handle to close, NULL when there is none left: that is reported. */
static void *closing(struct lyr_call *call, void *handle) {
  struct lyr_thread *self = call->self;
  struct lyr_scope *scope = self ? find(self, handle) : NULL;
  if (!scope) {
    if (self && call->env && call->env->owner == self) lyr_report(call, LYR_RULE_SCOPE_004, NULL, NULL);
    return NULL;
  }
  void *real = scope->real;
  uint32_t at = (uint32_t)(scope - self->scopes);
  if (at + 1 != self->scope_count) {
    struct lyr_object inner = {.type = LYR_HANDLE_SCOPE, .created = lyr_stack_of_pc(scope->opener)};
    lyr_report(call, LYR_RULE_SCOPE_002, &inner, LYR_NOTES(LYR_NUMBER("scopes opened later and still open", self->scope_count - at - 1)));
    for (uint32_t i = at; i + 1 < self->scope_count && i + 1 < LYR_SCOPES; i++) self->scopes[i] = self->scopes[i + 1];
  }
  self->scope_count--;
  return real;
}

napi_status lyr_napi_open_handle_scope(napi_env env, napi_handle_scope *result) {
  LYR_BEGIN(napi_open_handle_scope, env);
  return opened(&call, LYR_REAL(napi_open_handle_scope)(env, result), LYR_SCOPE_HANDLE, (void **)result);
}

napi_status lyr_napi_close_handle_scope(napi_env env, napi_handle_scope scope) {
  LYR_BEGIN(napi_close_handle_scope, env);
  if (is_ours(scope) && !(scope = closing(&call, scope))) return NAPI_HANDLE_SCOPE_MISMATCH;
  return LYR_END(LYR_REAL(napi_close_handle_scope)(env, scope));
}

napi_status lyr_napi_open_escapable_handle_scope(napi_env env, napi_escapable_handle_scope *result) {
  LYR_BEGIN(napi_open_escapable_handle_scope, env);
  return opened(&call, LYR_REAL(napi_open_escapable_handle_scope)(env, result), LYR_SCOPE_ESCAPABLE, (void **)result);
}

napi_status lyr_napi_close_escapable_handle_scope(napi_env env, napi_escapable_handle_scope scope) {
  LYR_BEGIN(napi_close_escapable_handle_scope, env);
  if (is_ours(scope) && !(scope = closing(&call, scope))) return NAPI_HANDLE_SCOPE_MISMATCH;
  return LYR_END(LYR_REAL(napi_close_escapable_handle_scope)(env, scope));
}

napi_status lyr_napi_escape_handle(napi_env env, napi_escapable_handle_scope scope, napi_value escapee, napi_value *result) {
  LYR_BEGIN(napi_escape_handle, env);
  LYR_USE(escapee);
  struct lyr_scope *known = NULL;
  if (is_ours(scope)) {
    known = call.self ? find(call.self, scope) : NULL;
    if (!known) {
      if (call.self) lyr_report(&call, LYR_RULE_SCOPE_004, NULL, NULL);
      return NAPI_INVALID_ARG;
    }
    if (known->is_escaped) lyr_report(&call, LYR_RULE_SCOPE_005, NULL, NULL);
    scope = known->real;
  }
  napi_status status = LYR_REAL(napi_escape_handle)(env, scope, escapee, result);
  if (status == NAPI_OK && known) {
    uint32_t outer = (uint32_t)(known - call.self->scopes);
    known->is_escaped = true;
    struct lyr_value *slot = lyr_value_slot(call.self, *result);
    if (outer > 0) *slot = (struct lyr_value){*result, call.self->scopes[outer - 1].serial, outer - 1};
    else if (slot->value == *result) slot->value = NULL;
  }
  return LYR_END(status);
}

/* ----------------------------------------------------------------------------------------------------------- values */

void lyr_many_values(struct lyr_call *call) {
  lyr_report(call, LYR_RULE_SCOPE_006, NULL, LYR_NOTES(LYR_NUMBER("values in one scope", LYR_MANY)));
}

void lyr_stale_value(struct lyr_call *call, napi_value value) {
  struct lyr_value *slot = lyr_value_slot(call->self, value);
  if (!call->env || call->env->owner != call->self || call->self->scope_count > LYR_SCOPES) return;
  slot->value = NULL; /* once */
  if (lyr_addon_mixes_v8(call->self->addon)) return;
  lyr_report(call, LYR_RULE_SCOPE_001, NULL, NULL);
}

/* A callback info is good while its callback runs. */
static AGT_NOINLINE bool is_info_of_outer(struct lyr_call *call, napi_callback_info info) {
  struct lyr_thread *self = call->self;
  if (!self || self->frame_count > LYR_FRAMES || g_lyr_has_unwrapped) return true;
  for (uint32_t i = self->frame_count; i-- > 0;)
    if (self->frames[i].info == info) return true;
  lyr_report(call, LYR_RULE_SCOPE_007, NULL, NULL);
  return false;
}

static inline bool is_info_live(struct lyr_call *call, napi_callback_info info) {
  const struct lyr_frame *frame = call->self ? lyr_frame(call->self) : NULL;
  return AGT_LIKELY(frame && frame->info == info) || is_info_of_outer(call, info);
}

napi_status lyr_napi_get_cb_info(napi_env env, napi_callback_info cbinfo, size_t *argc, napi_value *argv,
                                 napi_value *this_arg, void **data) {
  LYR_BEGIN(napi_get_cb_info, env);
  if (!is_info_live(&call, cbinfo)) return NAPI_INVALID_ARG;
  size_t room = argc ? *argc : 0;
  napi_status status = LYR_REAL(napi_get_cb_info)(env, cbinfo, argc, argv, this_arg, data);
  LYR_MADE(status, this_arg);
  struct lyr_frame *frame = call.self ? lyr_frame(call.self) : NULL;
  if (frame && frame->info == cbinfo && this_arg && status == NAPI_OK) frame->receiver = *this_arg;
  if (argv && status == NAPI_OK)
    for (size_t i = 0; i < room; i++) LYR_MADE(status, &argv[i]);
  return LYR_END(status);
}

napi_status lyr_napi_get_new_target(napi_env env, napi_callback_info cbinfo, napi_value *result) {
  LYR_BEGIN(napi_get_new_target, env);
  if (!is_info_live(&call, cbinfo)) return NAPI_INVALID_ARG;
  napi_status status = LYR_REAL(napi_get_new_target)(env, cbinfo, result);
  if (result && *result) LYR_MADE(status, result);
  return LYR_END(status);
}

static void use_all(struct lyr_call *call, size_t count, const napi_value *values) {
  for (size_t i = 0; values && i < count; i++) lyr_use(call, values[i]);
}

/* JavaScript called from a finalizer runs at a moment that nobody chose. */
static void check_finalizer(struct lyr_call *call) {
  if (call->self && lyr_phase_now(call->self) == LYR_PHASE_FINALIZER) lyr_report(call, LYR_RULE_CALLBACK_003, NULL, NULL);
}

napi_status lyr_napi_call_function(napi_env env, napi_value recv, napi_value func, size_t argc, const napi_value *argv,
                                   napi_value *result) {
  LYR_BEGIN(napi_call_function, env);
  LYR_USE(recv);
  LYR_USE(func);
  use_all(&call, argc, argv);
  check_finalizer(&call);
  napi_status status = LYR_REAL(napi_call_function)(env, recv, func, argc, argv, result);
  lyr_check_detached(&call);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_new_instance(napi_env env, napi_value constructor, size_t argc, const napi_value *argv,
                                  napi_value *result) {
  LYR_BEGIN(napi_new_instance, env);
  LYR_USE(constructor);
  use_all(&call, argc, argv);
  check_finalizer(&call);
  napi_status status = LYR_REAL(napi_new_instance)(env, constructor, argc, argv, result);
  lyr_check_detached(&call);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_make_callback(napi_env env, napi_async_context async_context, napi_value recv, napi_value func,
                                   size_t argc, const napi_value *argv, napi_value *result) {
  LYR_BEGIN(napi_make_callback, env);
  LYR_USE(recv);
  LYR_USE(func);
  use_all(&call, argc, argv);
  check_finalizer(&call);
  if (!lyr_real_context(&call, &async_context)) return NAPI_INVALID_ARG;
  napi_status status = LYR_REAL(napi_make_callback)(env, async_context, recv, func, argc, argv, result);
  lyr_check_detached(&call);
  LYR_MADE(status, result);
  return LYR_END(status);
}
