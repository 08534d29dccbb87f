/* Event sources for JavaScript: descriptors, timers and signals as handles, events as calls. */
#include "event_loop_bindings.h"

/* An epoll loop keeps the process alive as libuv's does: while it has a referenced source. */
static void count_referenced(loop_binding *owner, int by) {
  const uint32_t before = owner->referenced_count;
  owner->referenced_count = (uint32_t)((int)before + by);
  if (owner->watched == NULL) return;
  if (before == 0 || owner->referenced_count == 0) tc_loop_reference(owner->watched, owner->referenced_count > 0);
}

/* Runs when the source's handle is removed, by whichever way. */
static void source_end(tc_environment *environment, void *object) {
  source_binding *bound = object;
  loop_binding *owner = bound->owner;
  (void)environment;
  if (bound->previous != NULL) bound->previous->next = bound->next;
  else owner->sources = bound->next;
  if (bound->next != NULL) bound->next->previous = bound->previous;
  if (!bound->is_unreferenced) count_referenced(owner, -1);
  tc_loop_remove(bound->source);
  if (bound->callback != NULL) napi_delete_reference(owner->env, bound->callback);
  free(bound);
}

static void on_event(void *data, uint32_t value) {
  const source_binding *bound = data;
  const loop_binding *owner = bound->owner;
  const napi_env env = owner->env;
  napi_handle_scope scope = NULL;
  napi_value callback = NULL, receiver = NULL, argument = NULL, error = NULL;
  bool is_pending = false;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (napi_get_reference_value(env, bound->callback, &callback) == napi_ok &&
      napi_get_global(env, &receiver) == napi_ok && napi_create_uint32(env, value, &argument) == napi_ok) {
    /* From here on `bound` may be gone: the callback may remove its source or destroy the loop. */
    napi_make_callback(env, owner->async_context, receiver, callback, 1, &argument, NULL);
    if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending &&
        napi_get_and_clear_last_exception(env, &error) == napi_ok)
      napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

/* A binding around a callback, not yet a source; NULL after throwing. */
static source_binding *bind_callback(napi_env env, loop_binding *owner, napi_value callback) {
  napi_valuetype type = napi_undefined;
  if (napi_typeof(env, callback, &type) != napi_ok || type != napi_function) {
    tc_bridge_throw(env, TC_ERR_ARGUMENT, "callback must be a function");
    return NULL;
  }
  source_binding *bound = calloc(1, sizeof *bound);
  if (bound != NULL && napi_create_reference(env, callback, 1, &bound->callback) == napi_ok) {
    bound->owner = owner;
    return bound;
  }
  free(bound);
  tc_bridge_throw(env, TC_ERR_MEMORY, "no memory for an event source");
  return NULL;
}

/* Gives the source its handle; after a failed start it undoes what bind_callback did. */
static napi_value publish(napi_env env, loop_binding *owner, source_binding *bound, tc_status status) {
  napi_value result = NULL;
  if (status == TC_OK) {
    status = tc_bridge_add(owner->environment, TC_KIND_SOURCE, bound, source_end, &bound->handle);
    if (status != TC_OK) tc_loop_remove(bound->source);
  }
  if (status != TC_OK) {
    napi_delete_reference(env, bound->callback);
    free(bound);
    return tc_bridge_throw(env, status, status == TC_ERR_STATE ? "there is a source for this already" : "the system refuses this source");
  }
  bound->next = owner->sources;
  if (owner->sources != NULL) owner->sources->previous = bound;
  owner->sources = bound;
  count_referenced(owner, 1);
  napi_create_uint32(env, bound->handle, &result);
  return result;
}

static napi_value loop_add_fd(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  tc_environment *environment;
  int32_t fd = -1;
  uint32_t interest = 0;
  if (!tc_bridge_arguments(env, info, 4, arguments, &environment)) return NULL;
  loop_binding *owner = tc_bridge_object(env, environment, TC_KIND_LOOP, arguments[0]);
  if (owner == NULL || !tc_bridge_i32(env, arguments[1], "fd", &fd) ||
      !tc_bridge_u32(env, arguments[2], "interest", &interest))
    return NULL;
  source_binding *bound = bind_callback(env, owner, arguments[3]);
  if (bound == NULL) return NULL;
  return publish(env, owner, bound, tc_loop_add_fd(owner->loop, fd, interest, on_event, bound, &bound->source));
}

static bool read_ns(napi_env env, napi_value value, const char *message, uint64_t *out) {
  double number = -1;
  if (napi_get_value_double(env, value, &number) != napi_ok || !(number >= 0 && number <= 0x1p62)) {
    tc_bridge_throw(env, TC_ERR_RANGE, message);
    return false;
  }
  *out = (uint64_t)number;
  return true;
}

static napi_value loop_add_timer(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  tc_environment *environment;
  uint64_t first_ns = 0, every_ns = 0;
  uint32_t is_precise = 0;
  if (!tc_bridge_arguments(env, info, 5, arguments, &environment)) return NULL;
  loop_binding *owner = tc_bridge_object(env, environment, TC_KIND_LOOP, arguments[0]);
  if (owner == NULL || !read_ns(env, arguments[1], "firstNs must be a number from 0 to 2^62", &first_ns) ||
      !read_ns(env, arguments[2], "everyNs must be a number from 0 to 2^62", &every_ns) ||
      !tc_bridge_u32(env, arguments[3], "isPrecise", &is_precise))
    return NULL;
  source_binding *bound = bind_callback(env, owner, arguments[4]);
  if (bound == NULL) return NULL;
  return publish(env, owner, bound,
                 tc_loop_add_timer(owner->loop, first_ns, every_ns, is_precise != 0, on_event, bound, &bound->source));
}

static napi_value loop_add_signal(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  tc_environment *environment;
  int32_t number = 0;
  if (!tc_bridge_arguments(env, info, 3, arguments, &environment)) return NULL;
  loop_binding *owner = tc_bridge_object(env, environment, TC_KIND_LOOP, arguments[0]);
  if (owner == NULL || !tc_bridge_i32(env, arguments[1], "signal", &number)) return NULL;
  source_binding *bound = bind_callback(env, owner, arguments[2]);
  if (bound == NULL) return NULL;
  return publish(env, owner, bound, tc_loop_add_signal(owner->loop, number, on_event, bound, &bound->source));
}

static napi_value loop_modify_fd(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  tc_environment *environment;
  uint32_t interest = 0;
  if (!tc_bridge_arguments(env, info, 2, arguments, &environment)) return NULL;
  source_binding *bound = tc_bridge_object(env, environment, TC_KIND_SOURCE, arguments[0]);
  if (bound == NULL || !tc_bridge_u32(env, arguments[1], "interest", &interest)) return NULL;
  const tc_status status = tc_loop_modify_fd(bound->source, interest);
  if (status != TC_OK) return tc_bridge_throw(env, status, "the interest cannot be changed to this");
  return NULL;
}

static napi_value loop_remove(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  uint32_t handle = 0;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  if (!tc_bridge_u32(env, arguments[0], "handle", &handle)) return NULL;
  if (tc_bridge_remove(environment, TC_KIND_SOURCE, handle) != TC_OK)
    return tc_bridge_throw(env, TC_ERR_STATE, "the source is removed already");
  return NULL;
}

static napi_value loop_unref(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  source_binding *bound = tc_bridge_object(env, environment, TC_KIND_SOURCE, arguments[0]);
  if (bound == NULL) return NULL;
  if (!bound->is_unreferenced) count_referenced(bound->owner, -1);
  bound->is_unreferenced = true;
  tc_loop_reference(bound->source, false);
  return NULL;
}

bool tc_source_register(napi_env env, napi_value exports, tc_environment *environment) {
  return tc_bridge_export(env, exports, environment, "loopAddFd", loop_add_fd) &&
         tc_bridge_export(env, exports, environment, "loopAddTimer", loop_add_timer) &&
         tc_bridge_export(env, exports, environment, "loopAddSignal", loop_add_signal) &&
         tc_bridge_export(env, exports, environment, "loopModifyFd", loop_modify_fd) &&
         tc_bridge_export(env, exports, environment, "loopRemove", loop_remove) &&
         tc_bridge_export(env, exports, environment, "loopUnref", loop_unref);
}
