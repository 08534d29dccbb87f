/* Functions, classes and accessors: each callback gets a thunk that knows what it is called in JavaScript. */
#include "layer.h"

#include <string.h>

/* node-addon-api makes most functions without a name, and puts them into an object under one. */
static void remember_unnamed(struct lyr_call *call, napi_status status, napi_value *result, struct lyr_callback *callback) {
  if (status != NAPI_OK || !callback || callback->name[0] || !call->self) return;
  uint32_t at = call->self->next_function++ & 15;
  call->self->functions[at].value = *result;
  call->self->functions[at].callback = callback;
}

static struct lyr_callback *take_unnamed(struct lyr_call *call, napi_value value) {
  if (!call->self || !value) return NULL;
  for (int i = 0; i < 16; i++) {
    if (call->self->functions[i].value != value) continue;
    struct lyr_callback *callback = call->self->functions[i].callback;
    call->self->functions[i].value = NULL;
    return callback->kind == LYR_FUNCTION && !callback->name[0] ? callback : NULL;
  }
  return NULL;
}

napi_status lyr_napi_set_named_property(napi_env env, napi_value object, const char *utf8name, napi_value value) {
  LYR_BEGIN(napi_set_named_property, env);
  LYR_USE(object);
  LYR_USE(value);
  struct lyr_callback *callback = take_unnamed(&call, value);
  if (callback && utf8name) {
    callback->is_named_later = true;
    strncpy(callback->name, utf8name, sizeof callback->name - 1);
  }
  return LYR_END(LYR_REAL(napi_set_named_property)(env, object, utf8name, value));
}

napi_status lyr_napi_set_property(napi_env env, napi_value object, napi_value key, napi_value value) {
  LYR_BEGIN(napi_set_property, env);
  LYR_USE(object);
  LYR_USE(key);
  LYR_USE(value);
  struct lyr_callback *callback = take_unnamed(&call, value);
  napi_status status = LYR_REAL(napi_set_property)(env, object, key, value);
  if (callback && status == NAPI_OK) {
    callback->is_named_later = true;
    LYR_REAL(napi_get_value_string_utf8)(env, key, callback->name, sizeof callback->name, NULL);
  }
  return LYR_END(status);
}

static _Atomic uint32_t g_class_ids;

static void *thunk_of(struct lyr_call *call, napi_callback callback, void *data, const char *name, size_t length,
                      struct lyr_callback **made) {
  if (!callback || !call->self || !call->env) return (void *)callback;
  lyr_check_callable(call, (const void *)callback, name ? name : "function");
  struct lyr_callback *wrapped = lyr_callback_function((void *)callback, data, name, length, call);
  if (made) *made = wrapped;
  return wrapped ? lyr_thunk(wrapped) : (void *)callback;
}

static void check_null(struct lyr_call *call, napi_status status, const void *callback, const char *what) {
  if (status == NAPI_INVALID_ARG && !callback && call->self)
    lyr_report(call, LYR_RULE_CALLBACK_001, NULL, LYR_NOTES(LYR_TEXT("callback", what)));
}

napi_status lyr_napi_create_function(napi_env env, const char *utf8name, size_t length, napi_callback cb, void *data,
                                     napi_value *result) {
  LYR_BEGIN(napi_create_function, env);
  struct lyr_callback *made = NULL;
  napi_callback thunk = (napi_callback)thunk_of(&call, cb, data, utf8name, length, &made);
  napi_status status = LYR_REAL(napi_create_function)(env, utf8name, length, thunk, data, result);
  check_null(&call, status, (const void *)cb, "function");
  remember_unnamed(&call, status, result, made);
  LYR_MADE(status, result);
  return LYR_END(status);
}

/* A copy of the descriptors with thunks in it, in `room` when they fit; NULL when there is no memory for them. */
enum { DESCRIPTORS = 32 };
static napi_property_descriptor *with_thunks(struct lyr_call *call, size_t count, const napi_property_descriptor *properties,
                                             napi_property_descriptor *room, const char *class_name) {
  napi_property_descriptor *copy = count <= DESCRIPTORS ? room : agt_map(count * sizeof *copy);
  if (!copy) return NULL;
  for (size_t i = 0; i < count; i++) {
    copy[i] = properties[i];
    char name[64] = "";
    size_t length = 0;
    for (const char *p = class_name; p && *p && length < 40; p++) name[length++] = *p;
    if (class_name) name[length++] = '.';
    for (const char *p = properties[i].utf8name; p && *p && length < 61; p++) name[length++] = *p;
    copy[i].method = (napi_callback)thunk_of(call, properties[i].method, properties[i].data, name, length, NULL);
    copy[i].getter = (napi_callback)thunk_of(call, properties[i].getter, properties[i].data, name, length, NULL);
    copy[i].setter = (napi_callback)thunk_of(call, properties[i].setter, properties[i].data, name, length, NULL);
    lyr_use(call, properties[i].name);
    lyr_use(call, properties[i].value);
  }
  return copy;
}

static void give_back(napi_property_descriptor *copy, size_t count, const napi_property_descriptor *room) {
  if (copy && copy != room) agt_unmap(copy, count * sizeof *copy);
}

napi_status lyr_napi_define_class(napi_env env, const char *utf8name, size_t length, napi_callback constructor, void *data,
                                  size_t property_count, const napi_property_descriptor *properties, napi_value *result) {
  LYR_BEGIN(napi_define_class, env);
  napi_property_descriptor room[DESCRIPTORS];
  char name[48] = "";
  if (utf8name) memcpy(name, utf8name, length == SIZE_MAX ? strnlen(utf8name, 47) : length < 47 ? length : 47);
  napi_property_descriptor *copy =
      properties && call.self ? with_thunks(&call, property_count, properties, room, name) : NULL;
  struct lyr_callback *made = NULL;
  napi_callback thunk = (napi_callback)thunk_of(&call, constructor, data, utf8name, length, &made);
  if (made && !made->class_id) made->class_id = ++g_class_ids;
  napi_status status = LYR_REAL(napi_define_class)(env, utf8name, length, thunk, data, property_count,
                                                   copy ? copy : properties, result);
  give_back(copy, property_count, room);
  check_null(&call, status, (const void *)constructor, "constructor");
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_define_properties(napi_env env, napi_value object, size_t property_count,
                                       const napi_property_descriptor *properties) {
  LYR_BEGIN(napi_define_properties, env);
  LYR_USE(object);
  napi_property_descriptor room[DESCRIPTORS];
  napi_property_descriptor *copy =
      properties && call.self ? with_thunks(&call, property_count, properties, room, NULL) : NULL;
  napi_status status = LYR_REAL(napi_define_properties)(env, object, property_count, copy ? copy : properties);
  give_back(copy, property_count, room);
  return LYR_END(status);
}

/*
 * One function that unwraps objects of two classes and asks neither what they are an instance of nor for a tag: the first
 * class that a place in the code was given is the one that it is for. V8 itself keeps methods to their own class.
 */
void lyr_check_class(struct lyr_call *call, uint32_t wrapped_by) {
  enum { PLACES = 1024 };
  static struct { _Atomic uintptr_t pc; uint32_t class_id; } places[PLACES];
  const struct lyr_frame *frame = lyr_frame(call->self);
  if (!frame || frame->has_checked_class || !lyr_is_on(LYR_RULE_HANDOFF_011)) return;
  uint32_t at = (uint32_t)(call->caller.pc * 0x9e3779b97f4a7c15u >> 54);
  for (uint32_t tries = 0; tries < 8; tries++, at = (at + 1) & (PLACES - 1)) {
    uintptr_t none = 0;
    if (atomic_compare_exchange_strong(&places[at].pc, &none, call->caller.pc)) {
      places[at].class_id = wrapped_by;
      return;
    }
    if (none != call->caller.pc) continue;
    if (places[at].class_id && places[at].class_id != wrapped_by) lyr_report(call, LYR_RULE_HANDOFF_011, NULL, NULL);
    return;
  }
}

napi_status lyr_napi_instanceof(napi_env env, napi_value object, napi_value constructor, bool *result) {
  LYR_BEGIN(napi_instanceof, env);
  LYR_USE(object);
  LYR_USE(constructor);
  struct lyr_frame *frame = call.self ? lyr_frame(call.self) : NULL;
  if (frame) frame->has_checked_class = true;
  return LYR_END(LYR_REAL(napi_instanceof)(env, object, constructor, result));
}

napi_status lyr_napi_check_object_type_tag(napi_env env, napi_value value, const napi_type_tag *type_tag, bool *result) {
  LYR_BEGIN(napi_check_object_type_tag, env);
  LYR_USE(value);
  struct lyr_frame *frame = call.self ? lyr_frame(call.self) : NULL;
  if (frame) frame->has_checked_class = true;
  return LYR_END(LYR_REAL(napi_check_object_type_tag)(env, value, type_tag, result));
}
