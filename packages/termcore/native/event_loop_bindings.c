/* The event loop for JavaScript: loops and sources as handles, events as calls. */
#include "bridge_internal.h"
#include "event_loop.h"

typedef struct loop_binding loop_binding;

typedef struct source_binding {
  loop_binding *owner;
  tc_source *source;
  napi_ref callback;
  uint32_t handle;
  bool is_unreferenced;
  struct source_binding *previous, *next;
} source_binding;

struct loop_binding {
  tc_environment *environment;
  napi_env env;
  tc_loop *loop;    /* what JavaScript adds to */
  tc_loop *watcher; /* epoll only: libuv watching the epoll descriptor */
  tc_source *watched; /* its one source */
  uint32_t referenced_count;
  uint32_t open_loops;
  uint32_t handle; /* 0 until published, and once closing */
  uint64_t published_delivered, published_refused;
  napi_async_context async_context;
  napi_async_cleanup_hook_handle cleanup;
  source_binding *sources;
};

/* libuv lets go of handles one turn later: only then may the environment and the binding go. */
static void on_loop_closed(void *context) {
  loop_binding *binding = context;
  if (--binding->open_loops > 0) return;
  tc_environment *environment = binding->environment;
  if (binding->cleanup != NULL) napi_remove_async_cleanup_hook(binding->cleanup);
  free(binding);
  tc_environment_release(environment);
}

/* The metrics follow the loop's own counters at every sample and at its end, not at every event. */
static void publish_counts(loop_binding *binding) {
  const tc_loop_counts *counts = &binding->loop->counts;
  const uint64_t delivered = counts->delivered[0] + counts->delivered[1] + counts->delivered[2];
  tc_count_owned(binding->environment, TC_METRIC_LOOP_DISPATCHES, delivered - binding->published_delivered);
  tc_count_owned(binding->environment, TC_METRIC_LOOP_REFUSED, counts->refused - binding->published_refused);
  binding->published_delivered = delivered;
  binding->published_refused = counts->refused;
}

static void on_sampled(void *context, uint64_t elapsed_ns) {
  loop_binding *binding = context;
  const tc_environment *environment = binding->environment;
  if (binding->handle == 0 || environment->metrics_memory == NULL) return; /* closed by the callback itself */
  seam_histogram_record_owned(&environment->metrics, TC_METRIC_LOOP_CALLBACK_NS, elapsed_ns);
  publish_counts(binding);
}

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

/* The loop closes itself: from loopDestroy, or from the environment's end, whichever comes first. */
static void loop_end(tc_environment *environment, void *object) {
  loop_binding *binding = object;
  binding->handle = 0;
  if (binding->loop != NULL) publish_counts(binding);
  while (binding->sources != NULL) tc_bridge_remove(environment, TC_KIND_SOURCE, binding->sources->handle);
  if (binding->async_context != NULL) napi_async_destroy(binding->env, binding->async_context);
  binding->async_context = NULL;
  /* libuv must stop watching the epoll descriptor before it is closed. */
  tc_loop *const watcher = binding->watcher, *const loop = binding->loop;
  binding->watched = NULL;
  if (watcher != NULL) tc_loop_destroy(watcher);
  tc_loop_destroy(loop);
}

/* Before the environment's own hook, as it was added later: closes, and tells Node to wait for libuv. */
static void on_environment_end(napi_async_cleanup_hook_handle cleanup, void *context) {
  (void)cleanup;
  loop_binding *binding = context;
  tc_bridge_remove(binding->environment, TC_KIND_LOOP, binding->handle);
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

static void on_epoll_ready(void *data, uint32_t value) {
  (void)value;
  tc_loop_run_epoll(((loop_binding *)data)->loop, 0, NULL);
}

static tc_status create_loop(loop_binding *binding, const tc_backend *backend, tc_loop **loop_out) {
  struct uv_loop_s *platform = NULL;
  if (napi_get_uv_event_loop(binding->env, &platform) != napi_ok) return TC_ERR_SYSTEM;
  const seam_flags *flags = &binding->environment->flags;
  const tc_loop_options options = {
      .backend = backend,
      .platform = platform,
      .is_inline = seam_flags_is_on(flags, TC_FLAG_INLINE),
      .pool = seam_flags_is_on(flags, TC_FLAG_POOL) ? &binding->environment->sources : NULL,
      .sampled = on_sampled,
      .closed = on_loop_closed,
      .context = binding};
  const tc_status status = tc_loop_create(&options, loop_out);
  if (status == TC_OK) binding->open_loops++;
  return status;
}

static tc_status open_loops(loop_binding *binding, bool is_epoll) {
  tc_status status = create_loop(binding, is_epoll ? &tc_backend_epoll : &tc_backend_uv, &binding->loop);
  if (status != TC_OK || !is_epoll) return status;
  status = create_loop(binding, &tc_backend_uv, &binding->watcher);
  if (status == TC_OK)
    status = tc_loop_add_fd(binding->watcher, tc_loop_epoll_fd(binding->loop), TC_READABLE, on_epoll_ready, binding,
                            &binding->watched);
  if (status == TC_OK) tc_loop_reference(binding->watched, false);
  return status;
}

/* loopCreate(isEpoll): the flags inline and pool count as they are now. */
static napi_value loop_create(napi_env env, napi_callback_info info) {
  napi_value arguments[1], name = NULL, result = NULL;
  tc_environment *environment;
  uint32_t is_epoll = 0, handle = 0;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  if (!tc_bridge_u32(env, arguments[0], "isEpoll", &is_epoll)) return NULL;
  loop_binding *binding = calloc(1, sizeof *binding);
  if (binding == NULL) return tc_bridge_throw(env, TC_ERR_MEMORY, "no memory for an event loop");
  atomic_fetch_add_explicit(&environment->refs, 1, memory_order_relaxed);
  binding->environment = environment;
  binding->env = env;
  binding->open_loops = 1; /* ours, until everything stands */
  tc_status status = open_loops(binding, is_epoll != 0);
  if (status == TC_OK &&
      (napi_create_string_utf8(env, "termcore.event-loop", NAPI_AUTO_LENGTH, &name) != napi_ok ||
       napi_async_init(env, NULL, name, &binding->async_context) != napi_ok ||
       napi_add_async_cleanup_hook(env, on_environment_end, binding, &binding->cleanup) != napi_ok))
    status = TC_ERR_STATE;
  if (status == TC_OK) status = tc_bridge_add(environment, TC_KIND_LOOP, binding, loop_end, &handle);
  if (status != TC_OK) loop_end(environment, binding);
  else binding->handle = handle;
  on_loop_closed(binding); /* frees it all if nothing was opened */
  if (status != TC_OK) return tc_bridge_throw(env, status, "the event loop cannot be opened");
  napi_create_uint32(env, handle, &result);
  return result;
}

static napi_value loop_destroy(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  uint32_t handle = 0;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  if (!tc_bridge_u32(env, arguments[0], "handle", &handle)) return NULL;
  if (tc_bridge_remove(environment, TC_KIND_LOOP, handle) != TC_OK)
    return tc_bridge_throw(env, TC_ERR_STATE, "the event loop is closed already");
  return NULL;
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

/* loopCounts(loop, Float64Array(8)): delivered timers, fds, signals; refused; sampled, ns, ns max; sources. */
static napi_value loop_counts(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  tc_environment *environment;
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void *data = NULL;
  if (!tc_bridge_arguments(env, info, 2, arguments, &environment)) return NULL;
  const loop_binding *owner = tc_bridge_object(env, environment, TC_KIND_LOOP, arguments[0]);
  if (owner == NULL) return NULL;
  if (napi_get_typedarray_info(env, arguments[1], &type, &length, &data, NULL, NULL) != napi_ok ||
      type != napi_float64_array || length < 8)
    return tc_bridge_throw(env, TC_ERR_ARGUMENT, "counts must be a Float64Array of at least 8");
  const tc_loop_counts *counts = &owner->loop->counts;
  const double values[8] = {(double)counts->delivered[TC_EVENT_TIMER], (double)counts->delivered[TC_EVENT_FD],
                            (double)counts->delivered[TC_EVENT_SIGNAL], (double)counts->refused,
                            (double)counts->sampled, (double)counts->sampled_ns, (double)counts->sampled_ns_max,
                            (double)owner->loop->source_count};
  memcpy(data, values, sizeof values);
  return NULL;
}

bool tc_event_loop_register(napi_env env, napi_value exports, tc_environment *environment) {
  return tc_bridge_export(env, exports, environment, "loopCreate", loop_create) &&
         tc_bridge_export(env, exports, environment, "loopDestroy", loop_destroy) &&
         tc_bridge_export(env, exports, environment, "loopAddFd", loop_add_fd) &&
         tc_bridge_export(env, exports, environment, "loopAddTimer", loop_add_timer) &&
         tc_bridge_export(env, exports, environment, "loopAddSignal", loop_add_signal) &&
         tc_bridge_export(env, exports, environment, "loopModifyFd", loop_modify_fd) &&
         tc_bridge_export(env, exports, environment, "loopRemove", loop_remove) &&
         tc_bridge_export(env, exports, environment, "loopUnref", loop_unref) &&
         tc_bridge_export(env, exports, environment, "loopCounts", loop_counts);
}
