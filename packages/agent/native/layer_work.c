/* Async work and deferreds: each has one way through life. */
#include "layer.h"

/* ------------------------------------------------------------------------------------------------------- async work */

napi_status lyr_napi_create_async_work(napi_env env, napi_value async_resource, napi_value async_resource_name,
                                       napi_async_execute_callback execute, napi_async_complete_callback complete,
                                       void *data, napi_async_work *result) {
  LYR_BEGIN(napi_create_async_work, env);
  LYR_USE(async_resource);
  LYR_USE(async_resource_name);
  lyr_check_callable(&call, (const void *)execute, "execute");
  lyr_check_callable(&call, (const void *)complete, "complete");
  struct lyr_callback *on_execute = execute ? lyr_callback_new(LYR_EXECUTE, (void *)execute, data, &call) : NULL;
  struct lyr_callback *on_complete = complete ? lyr_callback_new(LYR_COMPLETE, (void *)complete, data, &call) : NULL;
  napi_status status = LYR_REAL(napi_create_async_work)(
      env, async_resource, async_resource_name,
      on_execute ? (napi_async_execute_callback)lyr_thunk(on_execute) : execute,
      on_complete ? (napi_async_complete_callback)lyr_thunk(on_complete) : complete, data, result);
  struct lyr_object *work = status == NAPI_OK ? lyr_object_new(LYR_WORK, *result, &call) : NULL;
  if (work) {
    work->data = data;
    work->callbacks[0] = on_execute;
    work->callbacks[1] = on_complete;
    if (on_execute) on_execute->object = work;
    if (on_complete) on_complete->object = work;
    *result = LYR_HANDLE(work);
  }
  if (status != NAPI_OK) {
    lyr_callback_free(on_execute);
    lyr_callback_free(on_complete);
    if (!execute && call.self) lyr_report(&call, LYR_RULE_CALLBACK_001, NULL, LYR_NOTES(LYR_TEXT("callback", "execute")));
  }
  return LYR_END(status);
}

static bool is_work(struct lyr_call *call, napi_async_work *work, struct lyr_object **object) {
  *object = lyr_object_of(*work);
  if (!*object) return true;
  if ((*object)->type != LYR_WORK || (*object)->state == LYR_DEAD) {
    if (call->self) lyr_report(call, LYR_RULE_WORK_003, *object, NULL);
    return false;
  }
  lyr_same_env(call, *object);
  *work = (*object)->real;
  return true;
}

napi_status lyr_napi_queue_async_work(napi_env env, napi_async_work work) {
  LYR_BEGIN(napi_queue_async_work, env);
  struct lyr_object *object;
  if (!is_work(&call, &work, &object)) return NAPI_INVALID_ARG;
  uint8_t state = LYR_LIVE;
  if (object && !atomic_compare_exchange_strong(&object->state, &state, LYR_QUEUED)) {
    if (call.self) lyr_report(&call, LYR_RULE_WORK_001, object, NULL);
    if (state != LYR_DONE) return NAPI_INVALID_ARG; /* libuv would link the request into its queue twice */
    atomic_store(&object->state, LYR_QUEUED);
  }
  if (object && !object->handed) object->handed = lyr_stack(&call);
  if (object) lyr_work_queued(&call, object);
  napi_status status = LYR_REAL(napi_queue_async_work)(env, work);
  if (status != NAPI_OK && object) atomic_store(&object->state, LYR_LIVE);
  return LYR_END(status);
}

napi_status lyr_napi_cancel_async_work(napi_env env, napi_async_work work) {
  LYR_BEGIN(napi_cancel_async_work, env);
  struct lyr_object *object;
  if (!is_work(&call, &work, &object)) return NAPI_INVALID_ARG;
  return LYR_END(LYR_REAL(napi_cancel_async_work)(env, work));
}

napi_status lyr_napi_delete_async_work(napi_env env, napi_async_work work) {
  LYR_BEGIN(napi_delete_async_work, env);
  struct lyr_object *object;
  if (!is_work(&call, &work, &object)) return NAPI_INVALID_ARG;
  if (object && (object->state == LYR_QUEUED || object->state == LYR_RUNNING)) {
    if (call.self) lyr_report(&call, LYR_RULE_WORK_002, object, NULL);
    return NAPI_GENERIC_FAILURE; /* the pool thread would go on with memory that is gone */
  }
  if (object && call.self) lyr_work_over(call.self, call.env, object, false);
  napi_status status = LYR_REAL(napi_delete_async_work)(env, work);
  if (status == NAPI_OK && object) {
    lyr_callback_free(object->callbacks[0]);
    lyr_callback_free(object->callbacks[1]);
    lyr_object_dead(object, &call);
  }
  return LYR_END(status);
}

/* -------------------------------------------------------------------------------------------------------- deferreds */

napi_status lyr_napi_create_promise(napi_env env, napi_deferred *deferred, napi_value *promise) {
  LYR_BEGIN(napi_create_promise, env);
  napi_status status = LYR_REAL(napi_create_promise)(env, deferred, promise);
  if (status == NAPI_OK) {
    struct lyr_object *object = lyr_object_new(LYR_DEFERRED, *deferred, &call);
    if (object) *deferred = LYR_HANDLE(object);
  }
  LYR_MADE(status, promise);
  return LYR_END(status);
}

static bool is_deferred(struct lyr_call *call, napi_deferred *deferred, struct lyr_object **object) {
  *object = lyr_object_of(*deferred);
  if (!*object) return true;
  if ((*object)->type != LYR_DEFERRED || (*object)->state == LYR_DEAD) {
    if (call->self) lyr_report(call, LYR_RULE_PROMISE_001, *object, NULL);
    return false;
  }
  lyr_same_env(call, *object);
  *deferred = (*object)->real;
  return true;
}

napi_status lyr_napi_resolve_deferred(napi_env env, napi_deferred deferred, napi_value resolution) {
  LYR_BEGIN(napi_resolve_deferred, env);
  LYR_USE(resolution);
  struct lyr_object *object;
  if (!is_deferred(&call, &deferred, &object)) return NAPI_INVALID_ARG;
  napi_status status = LYR_REAL(napi_resolve_deferred)(env, deferred, resolution);
  if (status == NAPI_OK && object) lyr_object_dead(object, &call);
  return LYR_END(status);
}

napi_status lyr_napi_reject_deferred(napi_env env, napi_deferred deferred, napi_value rejection) {
  LYR_BEGIN(napi_reject_deferred, env);
  LYR_USE(rejection);
  struct lyr_object *object;
  if (!is_deferred(&call, &deferred, &object)) return NAPI_INVALID_ARG;
  napi_status status = LYR_REAL(napi_reject_deferred)(env, deferred, rejection);
  if (status == NAPI_OK && object) lyr_object_dead(object, &call);
  return LYR_END(status);
}
