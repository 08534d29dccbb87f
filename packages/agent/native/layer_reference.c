/* References: deleted once, not used afterwards, never counted below zero. */
#include "layer.h"

/* Whether the reference may be passed on; `*ref` becomes Node's own handle. */
static bool is_usable(struct lyr_call *call, napi_ref *ref, struct lyr_object **object, enum lyr_rule gone) {
  *object = lyr_object_of(*ref);
  if (!*object) return true;
  if ((*object)->type != LYR_REFERENCE || (*object)->state == LYR_DEAD) {
    if (call->self) lyr_report(call, gone, *object, NULL);
    return false;
  }
  if (!lyr_same_env(call, *object) && (*object)->env_generation != (*object)->env->generation) return false;
  *ref = (*object)->real;
  return true;
}

/* Objects, functions and symbols; anything only from Node-API 10. */
static void check_kind(struct lyr_call *call, napi_value value) {
  enum { SYMBOL = 5, OBJECT = 6, FUNCTION = 7, EXTERNAL = 8 };
  static const char *const names[] = {"undefined", "null", "boolean", "number", "string", "symbol", "", "", "", "bigint"};
  napi_valuetype type = OBJECT;
  if (LYR_REAL(napi_typeof)(call->env->env, value, &type) != NAPI_OK || type < 0 || type > 9) return;
  if (type == OBJECT || type == FUNCTION || type == EXTERNAL) return;
  lyr_report(call, LYR_RULE_REF_007, NULL, LYR_NOTES(LYR_TEXT("value", names[type])));
}

napi_status lyr_napi_create_reference(napi_env env, napi_value value, uint32_t initial_refcount, napi_ref *result) {
  LYR_BEGIN(napi_create_reference, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_create_reference)(env, value, initial_refcount, result);
  if (status == NAPI_INVALID_ARG && call.self && value && result) check_kind(&call, value);
  if (status == NAPI_OK) {
    struct lyr_frame *frame = call.self ? lyr_frame(call.self) : NULL;
    if (frame && initial_refcount) frame->strong_references++;
    struct lyr_object *object = lyr_object_new(LYR_REFERENCE, *result, &call);
    if (object) {
      object->count = initial_refcount;
      *result = LYR_HANDLE(object);
    }
  }
  return LYR_END(status);
}

napi_status lyr_napi_delete_reference(napi_env env, napi_ref ref) {
  LYR_BEGIN(napi_delete_reference, env);
  if (AGT_UNLIKELY(g_lyr_is_over) && call.env && call.env->state != 1 && call.self && !call.self->frame_count)
    return NAPI_GENERIC_FAILURE; /* a static destructor: the env is gone, and that was told */
  struct lyr_object *object;
  if (!is_usable(&call, &ref, &object, LYR_RULE_REF_002)) return NAPI_INVALID_ARG;
  if (object && object->is_from_wrap && call.self) {
    struct lyr_object *wrap = object->extra;
    if (wrap && wrap->state == LYR_LIVE && wrap->extra == object) {
      lyr_report(&call, LYR_RULE_REF_005, object, NULL);
      wrap->extra = NULL;
    }
  }
  napi_status status = LYR_REAL(napi_delete_reference)(env, ref);
  if (status == NAPI_OK && object) lyr_object_dead(object, &call);
  return LYR_END(status);
}

napi_status lyr_napi_reference_ref(napi_env env, napi_ref ref, uint32_t *result) {
  LYR_BEGIN(napi_reference_ref, env);
  struct lyr_object *object;
  if (!is_usable(&call, &ref, &object, LYR_RULE_REF_001)) return NAPI_INVALID_ARG;
  napi_status status = LYR_REAL(napi_reference_ref)(env, ref, result);
  struct lyr_frame *frame = call.self ? lyr_frame(call.self) : NULL;
  if (frame) frame->strong_references++;
  if (status == NAPI_OK && object) object->count++;
  return LYR_END(status);
}

napi_status lyr_napi_reference_unref(napi_env env, napi_ref ref, uint32_t *result) {
  LYR_BEGIN(napi_reference_unref, env);
  struct lyr_object *object;
  if (!is_usable(&call, &ref, &object, LYR_RULE_REF_001)) return NAPI_INVALID_ARG;
  if (object && object->count == 0 && call.self) lyr_report(&call, LYR_RULE_REF_003, object, NULL);
  napi_status status = LYR_REAL(napi_reference_unref)(env, ref, result);
  if (status == NAPI_OK && object && object->count) object->count--;
  return LYR_END(status);
}

napi_status lyr_napi_get_reference_value(napi_env env, napi_ref ref, napi_value *result) {
  LYR_BEGIN(napi_get_reference_value, env);
  struct lyr_object *object;
  if (!is_usable(&call, &ref, &object, LYR_RULE_REF_001)) return NAPI_INVALID_ARG;
  napi_status status = LYR_REAL(napi_get_reference_value)(env, ref, result);
  if (status == NAPI_OK && result && !*result && call.env && call.env->owner == call.self) {
    call.env->null_from_weak = 1;
    call.env->null_stack = lyr_stack(&call);
  }
  LYR_MADE(status, result);
  return LYR_END(status);
}
