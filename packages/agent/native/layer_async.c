/* Async contexts, and the callback scopes that are opened in them: each is closed once, by whom it was opened. */
#include "layer.h"

/* The handle that Node gave out; false when the context is gone. */
bool lyr_real_context(struct lyr_call *call, napi_async_context *context) {
  struct lyr_object *object = lyr_object_of(*context);
  if (!object) return true;
  if (object->type != LYR_ASYNC_CONTEXT || object->state == LYR_DEAD) {
    if (call->self) lyr_report(call, LYR_RULE_ASYNC_001, object, NULL);
    return false;
  }
  lyr_same_env(call, object);
  *context = object->real;
  return true;
}

napi_status lyr_napi_async_init(napi_env env, napi_value async_resource, napi_value async_resource_name,
                                napi_async_context *result) {
  LYR_BEGIN(napi_async_init, env);
  LYR_USE(async_resource);
  LYR_USE(async_resource_name);
  napi_status status = LYR_REAL(napi_async_init)(env, async_resource, async_resource_name, result);
  struct lyr_object *object = status == NAPI_OK ? lyr_object_new(LYR_ASYNC_CONTEXT, *result, &call) : NULL;
  if (object) *result = LYR_HANDLE(object);
  return LYR_END(status);
}

napi_status lyr_napi_async_destroy(napi_env env, napi_async_context async_context) {
  LYR_BEGIN(napi_async_destroy, env);
  struct lyr_object *object = lyr_object_of(async_context);
  if (!lyr_real_context(&call, &async_context)) return NAPI_INVALID_ARG;
  napi_status status = LYR_REAL(napi_async_destroy)(env, async_context);
  if (status == NAPI_OK && object) lyr_object_dead(object, &call);
  return LYR_END(status);
}

/* --------------------------------------------------------------------------------------------------- callback scopes */

napi_status lyr_napi_open_callback_scope(napi_env env, napi_value resource_object, napi_async_context context,
                                         napi_callback_scope *result) {
  LYR_BEGIN(napi_open_callback_scope, env);
  LYR_USE(resource_object);
  if (!lyr_real_context(&call, &context)) return NAPI_INVALID_ARG;
  napi_status status = LYR_REAL(napi_open_callback_scope)(env, resource_object, context, result);
  struct lyr_object *scope = status == NAPI_OK ? lyr_object_new(LYR_CALLBACK_SCOPE, *result, &call) : NULL;
  if (scope) {
    scope->next = call.self->callback_scope;
    call.self->callback_scope = scope;
    *result = LYR_HANDLE(scope);
  }
  return LYR_END(status);
}

napi_status lyr_napi_close_callback_scope(napi_env env, napi_callback_scope scope) {
  LYR_BEGIN(napi_close_callback_scope, env);
  struct lyr_object *object = lyr_object_of(scope);
  if (object && (object->type != LYR_CALLBACK_SCOPE || object->state == LYR_DEAD)) {
    if (call.self) lyr_report(&call, LYR_RULE_ASYNC_004, object, NULL);
    return NAPI_CALLBACK_SCOPE_MISMATCH;
  }
  if (object && call.self) {
    struct lyr_object **at = &call.self->callback_scope;
    while (*at && *at != object) at = &(*at)->next;
    if (*at) *at = object->next;
  }
  napi_status status = LYR_REAL(napi_close_callback_scope)(env, object ? object->real : (void *)scope);
  if (object) lyr_object_dead(object, &call);
  return LYR_END(status);
}

/* A callback returns. Node would abort without a word of who it was. */
void lyr_callback_scopes_leave(struct lyr_call *call, struct lyr_object *before) {
  struct lyr_thread *self = call->self;
  if (AGT_LIKELY(self->callback_scope == before)) return;
  lyr_report(call, LYR_RULE_ASYNC_003, self->callback_scope, NULL);
  self->callback_scope = before;
}
