/* The module's entry, the environment, and how arguments come in and errors go out. */
#include "bridge_internal.h"
#include "event_loop.h"

#include <stdio.h>

/* A part that is not linked in registers nothing. */
__attribute__((weak)) bool tc_terminal_register(napi_env env, napi_value exports, tc_environment *environment) {
  (void)env, (void)exports, (void)environment;
  return true;
}

static const seam_flag flag_table[TC_FLAG_COUNT] = {
    [TC_FLAG_SIMD] = {"simd", "grid kernels by the widest SIMD the CPU has", true},
    [TC_FLAG_BATCH] = {"batch", "grid operations go through the command buffer", true},
    [TC_FLAG_POOL] = {"pool", "cell blocks, handles and event sources come from pools", true},
    [TC_FLAG_INLINE] = {"inline", "the event loop dispatches libuv without the vtable", true},
};

static const seam_metric_definition metric_table[TC_METRIC_COUNT] = {
    [TC_METRIC_GRIDS_CREATED] = {SEAM_COUNTER, "termcore_grids_created", "grids", "grids ever created"},
    [TC_METRIC_BLOCKS_CREATED] = {SEAM_COUNTER, "termcore_blocks_created", "blocks", "handoff blocks ever created"},
    [TC_METRIC_BLOCKS_FROM_POOL] = {SEAM_COUNTER, "termcore_blocks_from_pool", "blocks", "of these, memory from the pool"},
    [TC_METRIC_BLOCKS_LIVE] = {SEAM_GAUGE, "termcore_blocks_live", "blocks", "handoff blocks alive now"},
    [TC_METRIC_DRAINS] = {SEAM_COUNTER, "termcore_drains", "drains", "command buffers drained"},
    [TC_METRIC_COMMANDS] = {SEAM_COUNTER, "termcore_commands", "commands", "commands applied from command buffers"},
    [TC_METRIC_COMMANDS_REFUSED] = {SEAM_COUNTER, "termcore_commands_refused", "commands", "batches ended by a refused command"},
    [TC_METRIC_LOOP_DISPATCHES] = {SEAM_COUNTER, "termcore_loop_dispatches", "events", "events the router dispatched"},
    [TC_METRIC_LOOP_REFUSED] = {SEAM_COUNTER, "termcore_loop_refused", "events", "events refused by the guard"},
    [TC_METRIC_LOOP_CALLBACK_NS] = {SEAM_HISTOGRAM, "termcore_loop_callback_ns", "ns", "time in a callback, 1 in 64 sampled"},
};

static tc_environment *environment_create(napi_env env) {
  tc_environment *environment = calloc(1, sizeof *environment);
  if (environment == NULL) return NULL;
  atomic_init(&environment->refs, 1);
  environment->env = env;
  seam_monitor_init(&environment->monitor, 0, NULL, NULL);
  seam_handles_init(&environment->handles, TC_HANDLES_MAX);
  seam_flags_init(&environment->flags, "TERMCORE", flag_table, TC_FLAG_COUNT);
  const seam_pool_options records = {.object_size_bytes = sizeof(tc_record),
                                     .object_count_max = TC_RECORDS_POOLED_MAX,
                                     .at_limit = SEAM_POOL_FALL_BACK};
  const seam_pool_options sources = {.object_size_bytes = tc_source_size_bytes(&tc_backend_uv),
                                     .object_count_max = TC_SOURCES_POOLED_MAX,
                                     .at_limit = SEAM_POOL_REFUSE};
  /* 4 KiB to 2 MiB: 80x24 without scrollback takes 31 KiB, with 1000 lines of it 1.3 MiB. */
  const seam_buffer_pool_options blocks = {.smallest_size_bytes = 4096, .class_count = 10, .buffers_per_class = 4,
                                           .at_limit = SEAM_POOL_REFUSE, .is_shared = true};
  if (!seam_pool_init(&environment->records, &environment->monitor, records) ||
      !seam_pool_init(&environment->sources, &environment->monitor, sources) ||
      !seam_buffer_pool_init(&environment->blocks, &environment->monitor, blocks)) {
    tc_environment_release(environment);
    return NULL;
  }
  const tc_allocator allocator = tc_bridge_allocator(environment);
  environment->metrics_memory =
      allocator.allocate(environment, seam_metrics_size_bytes(metric_table, TC_METRIC_COUNT));
  if (environment->metrics_memory == NULL) {
    tc_environment_release(environment);
    return NULL;
  }
  seam_metrics_init(&environment->metrics, environment->metrics_memory, metric_table, TC_METRIC_COUNT);
  return environment;
}

/* Blocks outlive the napi_env while JavaScript memory refers to them; the last one closes the door. */
void tc_environment_release(tc_environment *environment) {
  if (atomic_fetch_sub_explicit(&environment->refs, 1, memory_order_acq_rel) != 1) return;
  seam_buffer_pool_destroy(&environment->blocks);
  seam_pool_destroy(&environment->sources);
  seam_pool_destroy(&environment->records);
  seam_handles_destroy(&environment->handles);
  seam_monitor_destroy(&environment->monitor);
  free(environment);
}

static void record_destroy(tc_environment *environment, tc_record *record) {
  if (record->newer != NULL) record->newer->older = record->older;
  else environment->newest = record->older;
  if (record->older != NULL) record->older->newer = record->newer;
  record->destroy(environment, record->object);
  if (record->is_pooled) seam_pool_release(&environment->records, record);
  else free(record);
}

static void environment_end(void *data) {
  tc_environment *environment = data;
  /* Each handle goes stale before its object does: a destroy function may look others up, or remove them. */
  while (environment->newest != NULL) tc_bridge_remove(environment, environment->newest->kind, environment->newest->handle);
  void *metrics = environment->metrics_memory;
  environment->metrics_memory = NULL; /* blocks that end later count nowhere */
  tc_bridge_allocator(environment).release(environment, metrics, 0);
  tc_environment_release(environment);
}

tc_status tc_bridge_add(tc_environment *environment, tc_kind kind, void *object,
                        void (*destroy)(tc_environment *environment, void *object), uint32_t *handle_out) {
  const bool is_pooled = seam_flags_is_on(&environment->flags, TC_FLAG_POOL) && environment->records.free_count > 0;
  tc_record *record = is_pooled ? seam_pool_acquire(&environment->records) : malloc(sizeof *record);
  if (record == NULL) return TC_ERR_MEMORY;
  const uint32_t handle = seam_handles_add(&environment->handles, kind, record);
  if (handle == 0) {
    if (is_pooled) seam_pool_release(&environment->records, record);
    else free(record);
    return TC_ERR_LIMIT;
  }
  *record = (tc_record){.object = object, .destroy = destroy, .kind = kind, .handle = handle,
                        .older = environment->newest, .is_pooled = is_pooled};
  if (environment->newest != NULL) environment->newest->newer = record;
  environment->newest = record;
  *handle_out = handle;
  return TC_OK;
}

void *tc_bridge_get(tc_environment *environment, tc_kind kind, uint32_t handle) {
  const tc_record *record = seam_handles_get(&environment->handles, kind, handle);
  return record != NULL ? record->object : NULL;
}

tc_status tc_bridge_remove(tc_environment *environment, tc_kind kind, uint32_t handle) {
  tc_record *record = seam_handles_remove(&environment->handles, kind, handle);
  if (record == NULL) return TC_ERR_STATE;
  record_destroy(environment, record);
  return TC_OK;
}

napi_value tc_bridge_throw(napi_env env, tc_status status, const char *message) {
  const char *code = tc_status_name(status);
  if (status == TC_ERR_ARGUMENT) napi_throw_type_error(env, code, message);
  else if (status == TC_ERR_RANGE) napi_throw_range_error(env, code, message);
  else napi_throw_error(env, code, message);
  return NULL;
}

bool tc_bridge_arguments(napi_env env, napi_callback_info info, size_t capacity, napi_value *arguments,
                         tc_environment **environment_out) {
  /* Missing arguments arrive as undefined, so each one's own reader refuses it by name. */
  void *data = NULL;
  if (napi_get_cb_info(env, info, &capacity, arguments, NULL, &data) != napi_ok) return false;
  *environment_out = data;
  return true;
}

static bool refuse(napi_env env, const char *parameter, const char *expected) {
  char message[160];
  snprintf(message, sizeof message, "%s must be %s", parameter, expected);
  tc_bridge_throw(env, TC_ERR_ARGUMENT, message);
  return false;
}

bool tc_bridge_u32(napi_env env, napi_value value, const char *parameter, uint32_t *out) {
  if (napi_get_value_uint32(env, value, out) == napi_ok) return true;
  return refuse(env, parameter, "a number");
}

bool tc_bridge_i32(napi_env env, napi_value value, const char *parameter, int32_t *out) {
  if (napi_get_value_int32(env, value, out) == napi_ok) return true;
  return refuse(env, parameter, "a number");
}

bool tc_bridge_bytes(napi_env env, napi_value value, const char *parameter, const uint8_t **bytes_out,
                     size_t *size_bytes_out) {
  static const uint8_t nothing = 0;
  napi_typedarray_type type = napi_int8_array;
  void *data = NULL;
  size_t length = 0;
  const napi_status status = napi_get_typedarray_info(env, value, &type, &length, &data, NULL, NULL);
  if (status != napi_ok || type != napi_uint8_array) return refuse(env, parameter, "a Uint8Array");
  *bytes_out = data != NULL && length > 0 ? data : &nothing;
  *size_bytes_out = data != NULL ? length : 0;
  return true;
}

void *tc_bridge_object(napi_env env, tc_environment *environment, tc_kind kind, napi_value value) {
  uint32_t handle = 0;
  if (!tc_bridge_u32(env, value, "handle", &handle)) return NULL;
  void *object = tc_bridge_get(environment, kind, handle);
  if (object == NULL) tc_bridge_throw(env, TC_ERR_STATE, "the object is closed, or this is not its handle");
  return object;
}

bool tc_bridge_export(napi_env env, napi_value exports, tc_environment *environment, const char *name,
                      napi_callback callback) {
  napi_value function = NULL;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, environment, &function) == napi_ok &&
         napi_set_named_property(env, exports, name, function) == napi_ok;
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  tc_environment *environment = environment_create(env);
  if (environment == NULL) return tc_bridge_throw(env, TC_ERR_MEMORY, "no memory for termcore's environment");
  if (napi_add_env_cleanup_hook(env, environment_end, environment) != napi_ok) {
    environment_end(environment);
    return tc_bridge_throw(env, TC_ERR_STATE, "the environment is shutting down");
  }
  if (!seam_flags_is_on(&environment->flags, TC_FLAG_SIMD)) tc_kernels_select(TC_SIMD_SCALAR);
  const bool ok = tc_bridge_state_register(env, exports, environment) &&
                  tc_bridge_grid_register(env, exports, environment) &&
                  tc_bridge_commands_register(env, exports, environment) &&
                  tc_event_loop_register(env, exports, environment) && tc_terminal_register(env, exports, environment);
  return ok ? exports : NULL;
}
