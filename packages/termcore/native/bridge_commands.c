/* Command buffers: many grid operations in one crossing. */
#include "bridge_grid.h"

typedef struct command_buffer {
  seam_commands commands;
  uint32_t grid_handle;
  void *memory; /* from the bridge's allocator */
  napi_ref view;
  napi_env env;
} command_buffer;

static void buffer_end(tc_environment *environment, void *object) {
  command_buffer *buffer = object;
  if (buffer->view != NULL) napi_delete_reference(buffer->env, buffer->view);
  tc_bridge_allocator(environment).release(environment, buffer->memory, 0);
  free(buffer);
}

static napi_value commands_create(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result = NULL;
  tc_environment *environment;
  uint32_t capacity_words = 0, handle = 0, grid_handle = 0;
  if (!tc_bridge_arguments(env, info, 2, arguments, &environment)) return NULL;
  if (tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]) == NULL ||
      !tc_bridge_u32(env, arguments[0], "handle", &grid_handle) ||
      !tc_bridge_u32(env, arguments[1], "capacityWords", &capacity_words))
    return NULL;
  if (capacity_words == 0 || capacity_words > SEAM_COMMANDS_CAPACITY_WORDS_MAX)
    return tc_bridge_throw(env, TC_ERR_RANGE, "capacityWords must be between 1 and 16777216");
  command_buffer *buffer = calloc(1, sizeof *buffer);
  if (buffer == NULL) return tc_bridge_throw(env, TC_ERR_MEMORY, "no memory for a command buffer");
  const tc_allocator allocator = tc_bridge_allocator(environment);
  buffer->memory = allocator.allocate(environment, seam_commands_size_bytes(capacity_words));
  if (buffer->memory == NULL) {
    free(buffer);
    return tc_bridge_throw(env, TC_ERR_MEMORY, "no memory for a command buffer");
  }
  buffer->env = env;
  buffer->grid_handle = grid_handle;
  seam_commands_init(&buffer->commands, buffer->memory, capacity_words);
  const tc_status status = tc_bridge_add(environment, TC_KIND_COMMANDS, buffer, buffer_end, &handle);
  if (status != TC_OK) {
    buffer_end(environment, buffer);
    return tc_bridge_throw(env, status, "too many objects are open");
  }
  napi_create_uint32(env, handle, &result);
  return result;
}

static napi_value commands_memory(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  command_buffer *buffer = tc_bridge_object(env, environment, TC_KIND_COMMANDS, arguments[0]);
  return buffer != NULL ? tc_bridge_view(env, buffer->memory, &buffer->view) : NULL;
}

/* One integer in, nothing out: the result is in the buffer's header, where reading it costs no call. */
static napi_value commands_drain(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  command_buffer *buffer = tc_bridge_object(env, environment, TC_KIND_COMMANDS, arguments[0]);
  if (buffer == NULL) return NULL;
  tc_bridge_grid *bridged = tc_bridge_get(environment, TC_KIND_GRID, buffer->grid_handle);
  if (bridged == NULL) return tc_bridge_throw(env, TC_ERR_STATE, "the command buffer's grid is closed");
  const uint32_t status = tc_apply_commands(&bridged->canvas, &buffer->commands);
  tc_count_owned(environment, TC_METRIC_DRAINS, 1);
  tc_count_owned(environment, TC_METRIC_COMMANDS, buffer->commands.words[3]);
  if (status != SEAM_COMMANDS_OK) tc_count_owned(environment, TC_METRIC_COMMANDS_REFUSED, 1);
  return NULL;
}

static napi_value commands_destroy(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  uint32_t handle = 0;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  if (!tc_bridge_u32(env, arguments[0], "handle", &handle)) return NULL;
  if (tc_bridge_remove(environment, TC_KIND_COMMANDS, handle) != TC_OK)
    return tc_bridge_throw(env, TC_ERR_STATE, "the command buffer is closed already");
  return NULL;
}

bool tc_bridge_commands_register(napi_env env, napi_value exports, tc_environment *environment) {
  return tc_bridge_export(env, exports, environment, "commandsCreate", commands_create) &&
         tc_bridge_export(env, exports, environment, "commandsMemory", commands_memory) &&
         tc_bridge_export(env, exports, environment, "commandsDrain", commands_drain) &&
         tc_bridge_export(env, exports, environment, "commandsDestroy", commands_destroy);
}
