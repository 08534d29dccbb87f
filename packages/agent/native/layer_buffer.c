/*
 * Pointers into Buffers and ArrayBuffers: good while something keeps the object alive and JavaScript does not detach it.
 * What a callback was given is known until it returns; an async work that it queues is searched for these pointers.
 */
#include "layer.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------- pointers given out */

static void gave(struct lyr_call *call, napi_status status, napi_value value, const void *data, size_t bytes) {
  struct lyr_thread *self = call->self;
  if (AGT_UNLIKELY(g_lyr_fences) && status == NAPI_OK) lyr_stress_handed(call, data, bytes);
  if (status != NAPI_OK || !self || !data || !bytes || !self->frame_count || self->span_count >= LYR_SPANS) return;
  self->spans[self->span_count++] = (struct lyr_span){value, (uintptr_t)data, bytes, false};
}

napi_status lyr_napi_get_buffer_info(napi_env env, napi_value value, void **data, size_t *length) {
  LYR_BEGIN(napi_get_buffer_info, env);
  LYR_USE(value);
  size_t bytes = 0;
  napi_status status = LYR_REAL(napi_get_buffer_info)(env, value, data, length ? length : data ? &bytes : NULL);
  gave(&call, status, value, data ? *data : NULL, length ? *length : bytes);
  return LYR_END(status);
}

napi_status lyr_napi_get_arraybuffer_info(napi_env env, napi_value arraybuffer, void **data, size_t *byte_length) {
  LYR_BEGIN(napi_get_arraybuffer_info, env);
  LYR_USE(arraybuffer);
  size_t bytes = 0;
  napi_status status =
      LYR_REAL(napi_get_arraybuffer_info)(env, arraybuffer, data, byte_length ? byte_length : data ? &bytes : NULL);
  gave(&call, status, arraybuffer, data ? *data : NULL, byte_length ? *byte_length : bytes);
  return LYR_END(status);
}

static size_t bytes_of_element(napi_typedarray_type type) {
  static const uint8_t bytes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 2};
  return type >= 0 && type < (int)sizeof bytes ? bytes[type] : 1;
}

napi_status lyr_napi_get_typedarray_info(napi_env env, napi_value typedarray, napi_typedarray_type *type, size_t *length,
                                         void **data, napi_value *arraybuffer, size_t *byte_offset) {
  LYR_BEGIN(napi_get_typedarray_info, env);
  LYR_USE(typedarray);
  napi_typedarray_type own_type = 0;
  size_t own_length = 0;
  type = type ? type : data ? &own_type : NULL;
  length = length ? length : data ? &own_length : NULL;
  napi_status status = LYR_REAL(napi_get_typedarray_info)(env, typedarray, type, length, data, arraybuffer, byte_offset);
  LYR_MADE(status, arraybuffer);
  if (data && status == NAPI_OK) gave(&call, status, typedarray, *data, *length * bytes_of_element(*type));
  return LYR_END(status);
}

napi_status lyr_napi_get_dataview_info(napi_env env, napi_value dataview, size_t *bytelength, void **data,
                                       napi_value *arraybuffer, size_t *byte_offset) {
  LYR_BEGIN(napi_get_dataview_info, env);
  LYR_USE(dataview);
  size_t bytes = 0;
  bytelength = bytelength ? bytelength : data ? &bytes : NULL;
  napi_status status = LYR_REAL(napi_get_dataview_info)(env, dataview, bytelength, data, arraybuffer, byte_offset);
  LYR_MADE(status, arraybuffer);
  if (data && status == NAPI_OK) gave(&call, status, dataview, *data, *bytelength);
  return LYR_END(status);
}

napi_status lyr_napi_create_arraybuffer(napi_env env, size_t byte_length, void **data, napi_value *result) {
  LYR_BEGIN(napi_create_arraybuffer, env);
  napi_status status = LYR_REAL(napi_create_arraybuffer)(env, byte_length, data, result);
  LYR_MADE(status, result);
  if (status == NAPI_OK) gave(&call, status, *result, data ? *data : NULL, byte_length);
  return LYR_END(status);
}

napi_status lyr_napi_create_buffer(napi_env env, size_t length, void **data, napi_value *result) {
  LYR_BEGIN(napi_create_buffer, env);
  napi_status status = LYR_REAL(napi_create_buffer)(env, length, data, result);
  LYR_MADE(status, result);
  if (status == NAPI_OK) gave(&call, status, *result, data ? *data : NULL, length);
  return LYR_END(status);
}

/* The ArrayBuffer behind the value of a span; NULL when the value is no longer good. */
static napi_value arraybuffer_of(struct lyr_call *call, const struct lyr_span *span) {
  napi_env env = call->env->env;
  const struct lyr_value *known = lyr_value_slot(call->self, span->value);
  bool is_array = false, is_view = false;
  napi_value found = NULL;
  if (known->value != span->value || known->depth >= call->self->scope_count || known->depth >= LYR_SCOPES ||
      call->self->scopes[known->depth].serial != known->serial)
    return NULL;
  LYR_REAL(napi_is_typedarray)(env, span->value, &is_array);
  if (is_array) LYR_REAL(napi_get_typedarray_info)(env, span->value, NULL, NULL, NULL, &found, NULL);
  else if (LYR_REAL(napi_is_dataview)(env, span->value, &is_view) == NAPI_OK && is_view)
    LYR_REAL(napi_get_dataview_info)(env, span->value, NULL, NULL, &found, NULL);
  else found = span->value;
  return found;
}

/* --------------------------------------------------------------------------------------- async work that points there */

enum { SEARCHED = 1024 };

/* The first word of the work's data that points into what this callback was given; `*at` is its place. */
static const struct lyr_span *find_pointer(const struct lyr_thread *self, const struct lyr_frame *frame, uintptr_t data,
                                           uintptr_t **at) {
  uintptr_t words[SEARCHED / 8];
  size_t bytes = sizeof words;
  if (data & 7) return NULL;
  if (lyr_is_heap_block((const void *)data)) {
    size_t usable = g_real.malloc_usable_size((void *)data);
    if (usable < bytes) bytes = usable;
  }
  size_t count = agt_peek_bytes(words, data, bytes) / 8;
  for (size_t word = 0; word < count; word++)
    for (uint32_t i = frame->span_base; i < self->span_count; i++)
      if (words[word] - self->spans[i].data < self->spans[i].bytes) {
        *at = (uintptr_t *)data + word;
        return &self->spans[i];
      }
  return NULL;
}

void lyr_work_queued(struct lyr_call *call, struct lyr_object *work) {
  struct lyr_thread *self = call->self;
  const struct lyr_frame *frame = self ? lyr_frame(self) : NULL;
  uintptr_t *where = NULL;
  if (!frame || !call->env || call->env->owner != self || work->weak || self->span_count == frame->span_base) return;
  const struct lyr_span *span = work->data ? find_pointer(self, frame, (uintptr_t)work->data, &where) : NULL;
  if (!span) return;
  if (!frame->strong_references) lyr_report(call, LYR_RULE_WORK_006, work, LYR_NOTES(LYR_NUMBER("bytes", span->bytes)));
  napi_value buffer = arraybuffer_of(call, span);
  napi_ref weak = NULL;
  if (!buffer || LYR_REAL(napi_create_reference)(call->env->env, buffer, 0, &weak) != NAPI_OK) return;
  work->weak = weak;
  work->pointer_at = where;
  work->pointer = *where; /* it was read a moment ago */
}

/* On the thread of its env, before `complete` and when it is deleted. */
void lyr_work_over(struct lyr_thread *self, struct lyr_env *env, struct lyr_object *work, bool has_run) {
  if (!work->weak || !env || env->owner != self || env->state != 1 || work->env_generation != env->generation) return;
  napi_handle_scope scope = NULL;
  napi_value buffer = NULL;
  napi_ref weak = work->weak;
  work->weak = NULL;
  LYR_REAL(napi_open_handle_scope)(env->env, &scope);
  bool is_known = LYR_REAL(napi_get_reference_value)(env->env, weak, &buffer) == NAPI_OK;
  /* An addon may have freed its data in `execute`. */
  uintptr_t now = 0;
  bool is_gone = is_known && !buffer && has_run && agt_peek_bytes(&now, (uintptr_t)work->pointer_at, 8) == 8;
  if (is_gone && now == work->pointer) {
    struct lyr_call call = {.self = self, .env = env, .function = LYR_FUNCTIONS};
    lyr_report(&call, LYR_RULE_WORK_005, work, NULL);
  }
  LYR_REAL(napi_delete_reference)(env->env, weak);
  if (scope) LYR_REAL(napi_close_handle_scope)(env->env, scope);
}

/* ---------------------------------------------------------------------------------------- JavaScript ran in between */

void lyr_check_detached(struct lyr_call *call) {
  struct lyr_thread *self = call->self;
  const struct lyr_frame *frame = self ? lyr_frame(self) : NULL;
  if (!frame || !call->env || call->env->owner != self || !lyr_is_on(LYR_RULE_HANDOFF_012)) return;
  for (uint32_t i = frame->span_base; i < self->span_count; i++) {
    struct lyr_span *span = &self->spans[i];
    bool is_detached = false;
    napi_value buffer = span->is_gone ? NULL : arraybuffer_of(call, span);
    if (!buffer || LYR_REAL(napi_is_detached_arraybuffer)(call->env->env, buffer, &is_detached) != NAPI_OK) continue;
    if (!is_detached) continue;
    span->is_gone = true;
    lyr_report(call, LYR_RULE_HANDOFF_012, NULL, LYR_NOTES(LYR_NUMBER("bytes", span->bytes)));
  }
}
