/* Event loops for JavaScript: opening, closing, counting. */
#include "event_loop_bindings.h"

/* libuv lets go of handles one turn later: only then may the environment and the binding go. */
static void on_loop_closed(void *context) {
  loop_binding *binding = context;
  if (--binding->open_loops > 0) return;
  tc_environment *environment = binding->environment;
  /* Not earlier: the callback that closes the loop still runs inside this context. */
  if (binding->async_context != NULL) napi_async_destroy(binding->env, binding->async_context);
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

/* The loop closes itself: from loopDestroy, or from the environment's end, whichever comes first. */
static void loop_end(tc_environment *environment, void *object) {
  loop_binding *binding = object;
  binding->handle = 0;
  if (binding->loop != NULL) publish_counts(binding);
  while (binding->sources != NULL) tc_bridge_remove(environment, TC_KIND_SOURCE, binding->sources->handle);
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
         tc_bridge_export(env, exports, environment, "loopCounts", loop_counts) &&
         tc_source_register(env, exports, environment);
}
