/* Thread-safe functions: the only part of Node-API that any thread may call, and the easiest to use after its end. */
#include "layer.h"

enum { QUEUE_GROWS = 1 << 17 };

napi_status lyr_napi_create_threadsafe_function(napi_env env, napi_value func, napi_value async_resource,
                                                napi_value async_resource_name, size_t max_queue_size,
                                                size_t initial_thread_count, void *thread_finalize_data,
                                                napi_finalize thread_finalize_cb, void *context,
                                                napi_threadsafe_function_call_js call_js_cb,
                                                napi_threadsafe_function *result) {
  LYR_BEGIN(napi_create_threadsafe_function, env);
  if (func) LYR_USE(func);
  LYR_USE(async_resource_name);
  lyr_check_callable(&call, (const void *)call_js_cb, "call_js");
  lyr_check_callable(&call, (const void *)thread_finalize_cb, "finalizer");
  struct lyr_callback *ends = lyr_callback_new(LYR_FINALIZE, (void *)thread_finalize_cb, context, &call);
  struct lyr_callback *calls = call_js_cb ? lyr_callback_new(LYR_CALL_JS, (void *)call_js_cb, context, &call) : NULL;
  struct lyr_object *tsfn = ends ? lyr_object_new(LYR_TSFN, NULL, &call) : NULL;
  if (tsfn) {
    tsfn->count = (uint32_t)initial_thread_count;
    tsfn->queue_limit = (uint32_t)max_queue_size;
    tsfn->callbacks[0] = ends;
    tsfn->callbacks[1] = calls;
    ends->object = tsfn;
    if (calls) calls->object = tsfn;
  }
  napi_status status = LYR_REAL(napi_create_threadsafe_function)(
      env, func, async_resource, async_resource_name, max_queue_size, initial_thread_count, thread_finalize_data,
      ends ? (napi_finalize)lyr_thunk(ends) : thread_finalize_cb, context,
      calls ? (napi_threadsafe_function_call_js)lyr_thunk(calls) : call_js_cb, result);
  if (status == NAPI_OK && tsfn) {
    tsfn->real = *result;
    if (call.env && !call.env->loop && call.self->tid == (int32_t)g_header->pid)
      LYR_REAL(napi_get_uv_event_loop)(env, &call.env->loop);
    *result = LYR_HANDLE(tsfn);
    if (AGT_UNLIKELY(g_lyr_injects) && calls) lyr_inject_tsfn(tsfn, &call);
  } else if (status != NAPI_OK) {
    if (tsfn) lyr_object_dead(tsfn, NULL);
    lyr_callback_free(ends);
    lyr_callback_free(calls);
  }
  return LYR_END(status);
}

/* Its finalizer has run: Node hands calls that still wait to call_js, without an env, and frees it. */
void lyr_tsfn_ends(struct lyr_object *tsfn) {
  lyr_object_dead(tsfn, NULL);
}

static void begin(struct lyr_call *call, enum lyr_function function, struct agt_registers caller) {
  lyr_begin(call, function, NULL, caller);
}

/* It has ended, but this thread was neither told so nor has it given it back: by the rules it may ask once more. */
static bool is_still_held(const struct lyr_call *call, const struct lyr_object *object) {
  return object->type == LYR_TSFN && object->count && call->self && object->extra != call->self && object->env &&
         object->env->owner_tid != call->self->tid;
}

/* nodejs/node#55706: freed by older releases all the same. */
static bool is_kept_by_node(void) {
  return g_lyr_node.major > 25 || (g_lyr_node.major == 25 && g_lyr_node.minor >= 4) ||
         (g_lyr_node.major == 24 && g_lyr_node.minor >= 14);
}

static bool is_tsfn(struct lyr_call *call, napi_threadsafe_function *func, struct lyr_object **object) {
  *object = lyr_object_of(*func);
  if (!*object) return true;
  if ((*object)->type != LYR_TSFN || (*object)->state == LYR_DEAD) {
    bool is_held = is_still_held(call, *object);
    if (is_held && is_kept_by_node()) {
      *func = (*object)->real;
      return true;
    }
    if (call->self) lyr_report(call, LYR_RULE_TSFN_001, *object, LYR_NOTES(LYR_TEXT("still held by its threads", is_held ? "yes" : "no")));
    return false;
  }
  *func = (*object)->real;
  return true;
}

napi_status lyr_napi_get_threadsafe_function_context(napi_threadsafe_function func, void **result) {
  struct lyr_call call;
  struct lyr_object *object;
  begin(&call, LYR_napi_get_threadsafe_function_context, AGT_CALLER());
  if (!is_tsfn(&call, &func, &object)) return NAPI_INVALID_ARG;
  return LYR_REAL(napi_get_threadsafe_function_context)(func, result);
}

napi_status lyr_napi_call_threadsafe_function(napi_threadsafe_function func, void *data,
                                              napi_threadsafe_function_call_mode is_blocking) {
  struct lyr_call call;
  struct lyr_object *object;
  begin(&call, LYR_napi_call_threadsafe_function, AGT_CALLER());
  if (!is_tsfn(&call, &func, &object)) return NAPI_CLOSING;
  napi_status injected = AGT_UNLIKELY(g_lyr_injects) && object ? lyr_inject_queue(&call, func, is_blocking) : NAPI_OK;
  if (injected == NAPI_CLOSING && object->count) object->count--;
  if (injected != NAPI_OK) {
    lyr_orphan(&call, LYR_RULE_TSFN_008, data, injected);
    return injected;
  }
  if (object && call.self && is_blocking == NAPI_TSFN_BLOCKING && object->queue_limit && object->env &&
      object->env->owner == call.self) {
    lyr_report(&call, LYR_RULE_TSFN_004, object, LYR_NOTES(LYR_NUMBER("queue limit", object->queue_limit)));
    /* Full, it could only wait for itself. */
    if (object->queued >= object->queue_limit) is_blocking = NAPI_TSFN_NONBLOCKING;
  }
  if (AGT_UNLIKELY(g_lyr_stresses)) lyr_stress_delay(call.self && call.self->last_env);
  napi_status status = LYR_REAL(napi_call_threadsafe_function)(func, data, is_blocking);
  if (!object || !call.self) return status;
  if (status == NAPI_OK && object->callbacks[1] && ++object->queued == QUEUE_GROWS)
    lyr_report(&call, LYR_RULE_TSFN_005, object, LYR_NOTES(LYR_NUMBER("calls waiting", QUEUE_GROWS)));
  if (status == NAPI_OK) lyr_orphan_ends(data);
  else lyr_orphan(&call, LYR_RULE_TSFN_008, data, status);
  if (status == NAPI_CLOSING) {
    /* Told once that it closes, a thread must not touch it again. */
    if (object->extra == call.self) lyr_report(&call, LYR_RULE_TSFN_001, object, NULL);
    object->extra = call.self;
    if (object->count) object->count--;
  }
  return status;
}

napi_status lyr_napi_acquire_threadsafe_function(napi_threadsafe_function func) {
  struct lyr_call call;
  struct lyr_object *object;
  begin(&call, LYR_napi_acquire_threadsafe_function, AGT_CALLER());
  if (!is_tsfn(&call, &func, &object)) return NAPI_CLOSING;
  napi_status injected = AGT_UNLIKELY(g_lyr_injects) ? lyr_inject(&call) : NAPI_OK;
  if (injected != NAPI_OK) return injected;
  napi_status status = LYR_REAL(napi_acquire_threadsafe_function)(func);
  if (status == NAPI_OK && object) object->count++;
  return status;
}

napi_status lyr_napi_release_threadsafe_function(napi_threadsafe_function func, napi_threadsafe_function_release_mode mode) {
  struct lyr_call call;
  struct lyr_object *object;
  begin(&call, LYR_napi_release_threadsafe_function, AGT_CALLER());
  object = lyr_object_of(func);
  bool is_over = object && (object->state == LYR_DEAD || object->count == 0);
  bool is_held = is_over && is_still_held(&call, object);
  if (is_over && !(is_held && is_kept_by_node())) {
    if (call.self) lyr_report(&call, LYR_RULE_TSFN_002, object, LYR_NOTES(LYR_TEXT("still held by its threads", is_held ? "yes" : "no")));
    return NAPI_INVALID_ARG;
  }
  if (!is_tsfn(&call, &func, &object)) return NAPI_INVALID_ARG;
  if (object && call.self && object->count == 1) object->freed = lyr_stack(&call);
  napi_status status = LYR_REAL(napi_release_threadsafe_function)(func, mode);
  if (status == NAPI_OK && object && object->count) object->count--;
  return status;
}

napi_status lyr_napi_unref_threadsafe_function(napi_env env, napi_threadsafe_function func) {
  LYR_BEGIN(napi_unref_threadsafe_function, env);
  struct lyr_object *object;
  if (!is_tsfn(&call, &func, &object)) return NAPI_INVALID_ARG;
  napi_status status = LYR_REAL(napi_unref_threadsafe_function)(env, func);
  if (object && status == NAPI_OK) object->is_unreferenced = true;
  return LYR_END(status);
}

napi_status lyr_napi_ref_threadsafe_function(napi_env env, napi_threadsafe_function func) {
  LYR_BEGIN(napi_ref_threadsafe_function, env);
  struct lyr_object *object;
  if (!is_tsfn(&call, &func, &object)) return NAPI_INVALID_ARG;
  napi_status status = LYR_REAL(napi_ref_threadsafe_function)(env, func);
  if (object && status == NAPI_OK) object->is_unreferenced = false;
  return LYR_END(status);
}
