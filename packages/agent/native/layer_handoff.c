/*
 * Handoff: native memory that JavaScript holds, from the call that gave it to the finalizer that gives it back. The free
 * hook looks here for blocks that are freed in between.
 */
#include "layer.h"

#include <string.h>

enum { STRIPES = 64, HASH = 4096 };
static struct { pthread_mutex_t lock; struct lyr_object *heads[HASH / STRIPES]; } g_stripes[STRIPES];
_Atomic uint8_t g_lyr_handed[1 << 16];

void lyr_handed_now(struct lyr_object *object) {
  _Atomic uint8_t *count = &g_lyr_handed[lyr_handed_slot(object->data)];
  uint8_t before = atomic_load(count);
  object->is_counted = true;
  while (before < 255 && !atomic_compare_exchange_weak(count, &before, (uint8_t)(before + 1))) continue;
}

void lyr_handed_no_more(struct lyr_object *object) {
  _Atomic uint8_t *count = &g_lyr_handed[lyr_handed_slot(object->data)];
  uint8_t before = atomic_load(count);
  object->is_counted = false;
  while (before && before < 255 && !atomic_compare_exchange_weak(count, &before, (uint8_t)(before - 1))) continue;
}

static uint32_t hash_of(const void *data) { return (uint32_t)(((uintptr_t)data >> 4) * 0x9e3779b97f4a7c15u >> 52); }

static struct lyr_object **head_of(const void *data, pthread_mutex_t **lock) {
  uint32_t hash = hash_of(data);
  *lock = &g_stripes[hash % STRIPES].lock;
  return &g_stripes[hash % STRIPES].heads[hash / STRIPES];
}

/* How many of the same type hold `data` already. */
static uint32_t put(struct lyr_object *object, struct lyr_object **other) {
  pthread_mutex_t *lock;
  struct lyr_object **head = head_of(object->data, &lock);
  uint32_t same = 0;
  lyr_handed_now(object);
  pthread_mutex_lock(lock);
  for (struct lyr_object *at = *head; at; at = at->next)
    if (at->data == object->data && at->type == object->type && at->state == LYR_LIVE) {
      same++;
      *other = at;
    }
  object->next = *head;
  *head = object;
  pthread_mutex_unlock(lock);
  return same;
}

static void take(struct lyr_object *object) {
  pthread_mutex_t *lock;
  struct lyr_object **at = head_of(object->data, &lock);
  pthread_mutex_lock(lock);
  while (*at && *at != object) at = &(*at)->next;
  if (*at) *at = object->next;
  object->next = NULL;
  pthread_mutex_unlock(lock);
}

/* The finalizer begins: freeing is right from here on. It stays findable until it ends, for a second free. */
void lyr_handoff_ends(struct lyr_object *object) {
  if (object->state == LYR_DEAD) return;
  take(object);
  uint8_t before = LYR_LIVE;
  atomic_compare_exchange_strong(&object->state, &before, LYR_DONE);
}

/* ------------------------------------------------------------------------------------------------------ the free hook */

/* Marks what holds the block; gives the one that JavaScript can still read, if any. */
static bool mark_freed(const void *block, struct lyr_object **owned) {
  pthread_mutex_t *lock;
  struct lyr_object **head = head_of(block, &lock);
  bool is_any = false;
  pthread_mutex_lock(lock);
  for (struct lyr_object *at = *head; at; at = at->next) {
    if (at->data != block || at->state != LYR_LIVE || !at->env || at->env->state != 1) continue;
    if (at->type == LYR_BUFFER) *owned = at;
    atomic_store(&at->state, LYR_FREED_BY_ADDON);
    at->freed = 0;
    is_any = true;
  }
  pthread_mutex_unlock(lock);
  return is_any;
}

void lyr_freed(const void *block, struct agt_registers caller) {
  struct lyr_thread *self = lyr_self();
  if (!self || t_thread->busy || g_lyr_is_over) return;
  struct lyr_call call = {.self = self, .function = LYR_FUNCTIONS, .caller = caller};
  const struct lyr_frame *frame = lyr_frame(self);
  struct lyr_object *ending = frame && frame->phase == LYR_PHASE_FINALIZER ? frame->callback->object : NULL;
  if (ending && ending->data == block && ending->state == LYR_FREED_BY_ADDON) {
    lyr_report(&call, LYR_RULE_HANDOFF_006, ending, NULL);
    return;
  }
  struct lyr_object *owned = NULL;
  if (!mark_freed(block, &owned)) return;
  uint32_t stack = lyr_stack(&call);
  pthread_mutex_t *lock;
  struct lyr_object **head = head_of(block, &lock);
  pthread_mutex_lock(lock);
  for (struct lyr_object *at = *head; at; at = at->next)
    if (at->data == block && at->state == LYR_FREED_BY_ADDON && !at->freed) at->freed = stack;
  pthread_mutex_unlock(lock);
  if (!owned) return;
  lyr_addon_at(self, caller.pc);
  call.env = owned->env;
  lyr_report(&call, LYR_RULE_HANDOFF_001, owned, NULL);
}

void agt_layer_free(const void *block, struct agt_registers caller) {
  lyr_orphan_ends(block);
  lyr_freed(block, caller);
}

/* ------------------------------------------------------------------------------------------------------ giving to JS */

/* A failure on purpose leaves the memory with the addon as any other does. */
#define LYR_BEGIN_GIVING(name, env, data, finalize) \
  struct lyr_call call; \
  lyr_begin(&call, LYR_##name, env, AGT_CALLER()); \
  if (AGT_UNLIKELY(!(env))) lyr_no_env(&call); \
  napi_status injected = AGT_UNLIKELY(g_lyr_injects) ? lyr_inject(&call) : NAPI_OK; \
  if (AGT_UNLIKELY(injected != NAPI_OK)) { \
    if (finalize) lyr_orphan(&call, LYR_RULE_HANDOFF_008, data, injected); \
    return injected; \
  }

struct handoff { struct lyr_callback *callback; struct lyr_object *object; };

/* Before the real call. A block without a finalizer gets one of ours when `is_watched`, to learn of its end. */
static struct handoff hand_over(struct lyr_call *call, enum lyr_type type, void *data, napi_finalize finalize, void *hint,
                                bool is_watched) {
  struct handoff made = {0};
  if (!call->self || (!finalize && !is_watched)) return made;
  lyr_check_callable(call, (const void *)finalize, "finalizer");
  made.callback = lyr_callback_new(LYR_FINALIZE, (void *)finalize, hint, call);
  if (made.callback && data) made.object = lyr_object_new(type, NULL, call);
  if (!made.object) return made;
  made.object->data = data;
  made.object->callbacks[0] = made.callback;
  made.callback->object = made.object;
  return made;
}

static napi_finalize finalizer_of(const struct handoff *made, napi_finalize finalize) {
  return made->callback ? (napi_finalize)lyr_thunk(made->callback) : finalize;
}

/* After the real call. `value` is what has the finalizer, if it can be watched. */
static void handed_over(struct lyr_call *call, struct handoff *made, napi_status status, napi_value value) {
  if (!made->callback) return;
  if (status != NAPI_OK) {
    if (made->object && made->callback->original) lyr_orphan(call, LYR_RULE_HANDOFF_008, made->object->data, status);
    if (made->object) lyr_object_dead(made->object, NULL);
    lyr_callback_free(made->callback);
    return;
  }
  if (!made->object || made->object->state != LYR_LIVE) return;
  lyr_orphan_ends(made->object->data);
  if (made->callback->original) lyr_starving_handed(call, value);
  struct lyr_object *other = NULL;
  if (!put(made->object, &other) || made->object->type == LYR_EXTERNAL) return;
  bool is_wrap = made->object->type == LYR_WRAP;
  if (is_wrap && other->is_reported) return;
  other->is_reported = is_wrap;
  if (is_wrap && !lyr_is_heap_block(made->object->data)) return; /* what is never freed is not freed twice */
  struct lyr_object twice = *other;
  twice.handed = twice.created;
  lyr_report(call, is_wrap ? LYR_RULE_HANDOFF_010 : LYR_RULE_HANDOFF_007, &twice, NULL);
}

/* Somebody has to free it one day. */
static void check_finalizer(struct lyr_call *call, napi_status status, const void *data, napi_finalize finalize) {
  if (AGT_LIKELY(finalize != NULL) || status != NAPI_OK || !call->self) return;
  if (lyr_is_on(LYR_RULE_HANDOFF_009) && lyr_is_heap_block(data)) lyr_report(call, LYR_RULE_HANDOFF_009, NULL, NULL);
}

/* The class of the constructor that wraps its new object; and what wraps without a finalizer. */
static void note_wrap(struct lyr_call *call, struct handoff *made, napi_status status, napi_value object, const void *data,
                      napi_finalize finalize) {
  const struct lyr_frame *frame = call->self ? lyr_frame(call->self) : NULL;
  if (status != NAPI_OK || !call->self) return;
  if (made->object && frame && frame->callback && frame->receiver == object)
    made->object->class_id = frame->callback->class_id;
  check_finalizer(call, status, data, finalize);
}

napi_status lyr_napi_wrap(napi_env env, napi_value js_object, void *native_object, napi_finalize finalize_cb,
                          void *finalize_hint, napi_ref *result) {
  LYR_BEGIN_GIVING(napi_wrap, env, native_object, finalize_cb);
  LYR_USE(js_object);
  struct handoff made = hand_over(&call, LYR_WRAP, native_object, finalize_cb, finalize_hint, false);
  napi_status status =
      LYR_REAL(napi_wrap)(env, js_object, native_object, finalizer_of(&made, finalize_cb), finalize_hint, result);
  bool is_refused = status == NAPI_INVALID_ARG && call.self && native_object && js_object;
  void *wrapped = NULL;
  bool is_wrapped = is_refused && LYR_REAL(napi_unwrap)(env, js_object, &wrapped) == NAPI_OK;
  if (is_wrapped && made.callback) made.callback->original = NULL; /* told below: its memory is no second finding */
  handed_over(&call, &made, status, js_object);
  note_wrap(&call, &made, status, js_object, native_object, finalize_cb);
  if (status == NAPI_OK && result && call.self) {
    struct lyr_object *reference = lyr_object_new(LYR_REFERENCE, *result, &call);
    if (reference) {
      reference->is_from_wrap = made.object != NULL;
      reference->extra = made.object;
      if (made.object) made.object->extra = reference;
      *result = LYR_HANDLE(reference);
    }
  }
  if (is_wrapped) lyr_report(&call, LYR_RULE_HANDOFF_004, NULL, NULL);
  return LYR_END(status);
}

/* The pointer is on its way to the addon, which has freed what it points at. */
static void check_pointer(struct lyr_call *call, const void *data, enum lyr_type type) {
  if (!call->self || !data || !lyr_may_be_handed(data)) return;
  uint32_t class_id = 0;
  pthread_mutex_t *lock;
  struct lyr_object **head = head_of(data, &lock), found = {0};
  bool is_live = false;
  pthread_mutex_lock(lock);
  for (struct lyr_object *at = *head; at; at = at->next) {
    if (at->data != data || at->type != type) continue;
    if (at->state == LYR_FREED_BY_ADDON) found = *at;
    else {
      is_live = true; /* the address is in use again */
      class_id = at->class_id;
    }
  }
  pthread_mutex_unlock(lock);
  if (found.magic && !is_live) lyr_report(call, LYR_RULE_HANDOFF_002, &found, NULL);
  else if (class_id) lyr_check_class(call, class_id);
}

napi_status lyr_napi_unwrap(napi_env env, napi_value js_object, void **result) {
  LYR_BEGIN(napi_unwrap, env);
  LYR_USE(js_object);
  napi_status status = LYR_REAL(napi_unwrap)(env, js_object, result);
  if (status == NAPI_OK && result) check_pointer(&call, *result, LYR_WRAP);
  return LYR_END(status);
}

napi_status lyr_napi_remove_wrap(napi_env env, napi_value js_object, void **result) {
  LYR_BEGIN(napi_remove_wrap, env);
  LYR_USE(js_object);
  void *data = NULL;
  napi_status status = LYR_REAL(napi_remove_wrap)(env, js_object, &data);
  if (result && status == NAPI_OK) *result = data;
  if (status == NAPI_OK && data && call.self) {
    pthread_mutex_t *lock;
    struct lyr_object **head = head_of(data, &lock), *found = NULL;
    pthread_mutex_lock(lock);
    for (struct lyr_object *at = *head; at; at = at->next)
      if (at->data == data && at->type == LYR_WRAP && at->env == call.env) found = at;
    pthread_mutex_unlock(lock);
    if (found) {
      take(found);
      lyr_callback_free(found->callbacks[0]); /* Node no longer calls it */
      lyr_object_dead(found, &call);
    }
  }
  return LYR_END(status);
}

napi_status lyr_napi_create_external(napi_env env, void *data, napi_finalize finalize_cb, void *finalize_hint,
                                     napi_value *result) {
  LYR_BEGIN_GIVING(napi_create_external, env, data, finalize_cb);
  struct handoff made = hand_over(&call, LYR_EXTERNAL, data, finalize_cb, finalize_hint, false);
  napi_status status =
      LYR_REAL(napi_create_external)(env, data, finalizer_of(&made, finalize_cb), finalize_hint, result);
  handed_over(&call, &made, status, status == NAPI_OK && result ? *result : NULL);
  check_finalizer(&call, status, data, finalize_cb);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_value_external(napi_env env, napi_value value, void **result) {
  LYR_BEGIN(napi_get_value_external, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_value_external)(env, value, result);
  if (status == NAPI_OK && result) check_pointer(&call, *result, LYR_EXTERNAL);
  return LYR_END(status);
}

napi_status lyr_napi_create_external_arraybuffer(napi_env env, void *external_data, size_t byte_length,
                                                 napi_finalize finalize_cb, void *finalize_hint, napi_value *result) {
  LYR_BEGIN_GIVING(napi_create_external_arraybuffer, env, external_data, finalize_cb);
  if (AGT_UNLIKELY(g_lyr_refuses_external)) {
    if (finalize_cb) lyr_orphan(&call, LYR_RULE_HANDOFF_008, external_data, NAPI_NO_EXTERNAL_BUFFERS_ALLOWED);
    return NAPI_NO_EXTERNAL_BUFFERS_ALLOWED;
  }
  struct handoff made = hand_over(&call, LYR_BUFFER, external_data, finalize_cb, finalize_hint, true);
  napi_status status = LYR_REAL(napi_create_external_arraybuffer)(env, external_data, byte_length,
                                                                  finalizer_of(&made, finalize_cb), finalize_hint, result);
  handed_over(&call, &made, status, status == NAPI_OK && result ? *result : NULL);
  check_finalizer(&call, status, external_data, finalize_cb);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_external_buffer(napi_env env, size_t length, void *data, napi_finalize finalize_cb,
                                            void *finalize_hint, napi_value *result) {
  LYR_BEGIN_GIVING(napi_create_external_buffer, env, data, finalize_cb);
  if (AGT_UNLIKELY(g_lyr_refuses_external)) {
    if (finalize_cb) lyr_orphan(&call, LYR_RULE_HANDOFF_008, data, NAPI_NO_EXTERNAL_BUFFERS_ALLOWED);
    return NAPI_NO_EXTERNAL_BUFFERS_ALLOWED;
  }
  struct handoff made = hand_over(&call, LYR_BUFFER, data, finalize_cb, finalize_hint, true);
  napi_status status = LYR_REAL(napi_create_external_buffer)(env, length, data, finalizer_of(&made, finalize_cb),
                                                             finalize_hint, result);
  handed_over(&call, &made, status, status == NAPI_OK && result ? *result : NULL);
  check_finalizer(&call, status, data, finalize_cb);
  LYR_MADE(status, result);
  return LYR_END(status);
}

/* Short strings are copied, and the finalizer runs inside the call. */
napi_status lyr_node_api_create_external_string_latin1(napi_env env, char *str, size_t length,
                                                       napi_finalize finalize_callback, void *finalize_hint,
                                                       napi_value *result, bool *copied) {
  LYR_BEGIN(node_api_create_external_string_latin1, env);
  struct handoff made = hand_over(&call, LYR_BUFFER, str, finalize_callback, finalize_hint, false);
  napi_status status = LYR_REAL(node_api_create_external_string_latin1)(
      env, str, length, finalizer_of(&made, finalize_callback), finalize_hint, result, copied);
  handed_over(&call, &made, status, NULL);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_node_api_create_external_string_utf16(napi_env env, uint16_t *str, size_t length,
                                                      napi_finalize finalize_callback, void *finalize_hint,
                                                      napi_value *result, bool *copied) {
  LYR_BEGIN(node_api_create_external_string_utf16, env);
  struct handoff made = hand_over(&call, LYR_BUFFER, str, finalize_callback, finalize_hint, false);
  napi_status status = LYR_REAL(node_api_create_external_string_utf16)(
      env, str, length, finalizer_of(&made, finalize_callback), finalize_hint, result, copied);
  handed_over(&call, &made, status, NULL);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_add_finalizer(napi_env env, napi_value js_object, void *finalize_data, napi_finalize finalize_cb,
                                   void *finalize_hint, napi_ref *result) {
  LYR_BEGIN(napi_add_finalizer, env);
  LYR_USE(js_object);
  struct handoff made = hand_over(&call, LYR_EXTERNAL, NULL, finalize_cb, finalize_hint, false);
  napi_status status = LYR_REAL(napi_add_finalizer)(env, js_object, finalize_data, finalizer_of(&made, finalize_cb),
                                                    finalize_hint, result);
  handed_over(&call, &made, status, js_object);
  if (status == NAPI_OK && result) {
    struct lyr_object *reference = lyr_object_new(LYR_REFERENCE, *result, &call);
    if (reference) *result = LYR_HANDLE(reference);
  }
  return LYR_END(status);
}

napi_status lyr_node_api_post_finalizer(napi_env env, napi_finalize finalize_cb, void *finalize_data, void *finalize_hint) {
  LYR_BEGIN(node_api_post_finalizer, env);
  struct handoff made = hand_over(&call, LYR_EXTERNAL, NULL, finalize_cb, finalize_hint, false);
  napi_status status =
      LYR_REAL(node_api_post_finalizer)(env, finalizer_of(&made, finalize_cb), finalize_data, finalize_hint);
  handed_over(&call, &made, status, NULL);
  return LYR_END(status);
}

napi_status lyr_napi_set_instance_data(napi_env env, void *data, napi_finalize finalize_cb, void *finalize_hint) {
  LYR_BEGIN(napi_set_instance_data, env);
  struct handoff made = hand_over(&call, LYR_EXTERNAL, NULL, finalize_cb, finalize_hint, false);
  if (call.self && call.env && call.env->has_instance_data) {
    struct lyr_object first = {.type = LYR_EXTERNAL, .created = call.env->instance_stack};
    lyr_report(&call, LYR_RULE_ENV_005, &first, NULL);
  }
  napi_status status = LYR_REAL(napi_set_instance_data)(env, data, finalizer_of(&made, finalize_cb), finalize_hint);
  handed_over(&call, &made, status, NULL);
  if (status == NAPI_OK && call.self && call.env) {
    call.env->has_instance_data = data != NULL;
    call.env->hooks += finalize_cb != NULL;
    call.env->instance_stack = lyr_stack(&call);
  }
  return LYR_END(status);
}

napi_status lyr_napi_adjust_external_memory(napi_env env, int64_t change_in_bytes, int64_t *adjusted_value) {
  LYR_BEGIN(napi_adjust_external_memory, env);
  if (call.self && call.env && call.env->owner == call.self) {
    bool was_below = call.env->external_bytes < 0;
    call.env->external_bytes += change_in_bytes;
    /* Before the call: V8 may abort in it. */
    if (call.env->external_bytes < 0 && !was_below) lyr_report(&call, LYR_RULE_HANDOFF_005, NULL, NULL);
  }
  return LYR_END(LYR_REAL(napi_adjust_external_memory)(env, change_in_bytes, adjusted_value));
}

/* Detached, JavaScript can no longer read it. */
napi_status lyr_napi_detach_arraybuffer(napi_env env, napi_value arraybuffer) {
  LYR_BEGIN(napi_detach_arraybuffer, env);
  LYR_USE(arraybuffer);
  void *data = NULL;
  size_t bytes = 0;
  if (call.self && LYR_REAL(napi_get_arraybuffer_info)(env, arraybuffer, &data, &bytes) != NAPI_OK) data = NULL;
  napi_status status = LYR_REAL(napi_detach_arraybuffer)(env, arraybuffer);
  if (status == NAPI_OK && data && lyr_may_be_handed(data)) {
    pthread_mutex_t *lock;
    struct lyr_object **head = head_of(data, &lock);
    pthread_mutex_lock(lock);
    for (struct lyr_object *at = *head; at; at = at->next)
      if (at->data == data && at->type == LYR_BUFFER && at->env == call.env) atomic_store(&at->state, LYR_DONE);
    pthread_mutex_unlock(lock);
  }
  return LYR_END(status);
}
