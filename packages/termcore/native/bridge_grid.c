/* Grid operations, one crossing each. Hot ones read integers only; bounds are the grid's to clip. */
#include "bridge_grid.h"

static void grid_end(tc_environment *environment, void *object) {
  tc_bridge_grid *bridged = object;
  (void)environment;
  if (bridged->dirty != NULL) tc_bridge_allocator(environment).release(environment, bridged->dirty, 0);
  /* The environment outlives its references; deleting them also works while it shuts down. */
  if (bridged->view != NULL) napi_delete_reference(bridged->env, bridged->view);
  if (bridged->dirty_view != NULL) napi_delete_reference(bridged->env, bridged->dirty_view);
  if (bridged->is_owned) tc_grid_destroy(bridged->canvas.grid);
  free(bridged);
}

static tc_status add_grid(tc_environment *environment, napi_env env, tc_grid *grid, bool is_owned,
                          uint32_t *handle_out) {
  tc_bridge_grid *bridged = calloc(1, sizeof *bridged);
  if (bridged == NULL) return TC_ERR_MEMORY;
  bridged->canvas.grid = grid;
  bridged->is_owned = is_owned;
  bridged->env = env;
  const tc_status status = tc_bridge_add(environment, TC_KIND_GRID, bridged, grid_end, handle_out);
  if (status != TC_OK) free(bridged);
  else tc_count(environment, TC_METRIC_GRIDS_CREATED, 1);
  return status;
}

tc_status tc_bridge_add_grid(tc_environment *environment, tc_grid *grid, bool is_owned, uint32_t *handle_out) {
  return add_grid(environment, environment->env, grid, is_owned, handle_out);
}

tc_grid *tc_bridge_grid_of(napi_env env, tc_environment *environment, napi_value handle) {
  const tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, handle);
  return bridged != NULL ? bridged->canvas.grid : NULL;
}

static napi_value grid_create(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 3, arguments, &environment)) return NULL;
  const tc_allocator allocator = tc_bridge_allocator(environment);
  tc_grid_options options = {.allocator = &allocator};
  if (!tc_bridge_u32(env, arguments[0], "cols", &options.cols) ||
      !tc_bridge_u32(env, arguments[1], "rows", &options.rows) ||
      !tc_bridge_u32(env, arguments[2], "scrollbackLines", &options.scrollback_lines))
    return NULL;
  tc_grid *grid = NULL;
  tc_status status = tc_grid_create(&options, &grid);
  uint32_t handle = 0;
  if (status == TC_OK && (status = add_grid(environment, env, grid, true, &handle)) != TC_OK) tc_grid_destroy(grid);
  if (status != TC_OK) return tc_bridge_throw(env, status, "the grid cannot be made in this size");
  napi_value result = NULL;
  napi_create_uint32(env, handle, &result);
  return result;
}

static napi_value grid_destroy(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  uint32_t handle = 0;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  if (!tc_bridge_u32(env, arguments[0], "handle", &handle)) return NULL;
  if (tc_bridge_remove(environment, TC_KIND_GRID, handle) != TC_OK)
    return tc_bridge_throw(env, TC_ERR_STATE, "the grid is closed already, or this is not its handle");
  return NULL;
}

static void forget_view(napi_env env, napi_ref *reference) {
  if (*reference != NULL) napi_delete_reference(env, *reference);
  *reference = NULL;
}

static napi_value grid_resize(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  tc_environment *environment;
  uint32_t cols = 0, rows = 0;
  if (!tc_bridge_arguments(env, info, 3, arguments, &environment)) return NULL;
  tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]);
  if (bridged == NULL || !tc_bridge_u32(env, arguments[1], "cols", &cols) ||
      !tc_bridge_u32(env, arguments[2], "rows", &rows))
    return NULL;
  const tc_status status = tc_grid_resize(bridged->canvas.grid, cols, rows);
  if (status != TC_OK) return tc_bridge_throw(env, status, "the grid cannot take this size and stays as it was");
  return NULL;
}

/* The ArrayBuffer over the block, the same one until a resize makes another. */
static napi_value grid_block(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]);
  if (bridged == NULL) return NULL;
  void *block = tc_grid_get_block(bridged->canvas.grid, NULL);
  if (block != bridged->viewed_block) forget_view(env, &bridged->view);
  bridged->viewed_block = block;
  return tc_bridge_view(env, block, &bridged->view);
}

static napi_value grid_set_style(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  tc_environment *environment;
  uint32_t foreground = 0, background = 0, attributes = 0;
  if (!tc_bridge_arguments(env, info, 4, arguments, &environment)) return NULL;
  tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]);
  if (bridged == NULL || !tc_bridge_u32(env, arguments[1], "foreground", &foreground) ||
      !tc_bridge_u32(env, arguments[2], "background", &background) ||
      !tc_bridge_u32(env, arguments[3], "attributes", &attributes))
    return NULL;
  tc_apply_style(&bridged->canvas, foreground, background, attributes);
  return NULL;
}

static napi_value grid_set_cell(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  tc_environment *environment;
  uint32_t row = 0, col = 0, codepoint = 0;
  if (!tc_bridge_arguments(env, info, 4, arguments, &environment)) return NULL;
  tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]);
  if (bridged == NULL || !tc_bridge_u32(env, arguments[1], "row", &row) ||
      !tc_bridge_u32(env, arguments[2], "col", &col) ||
      !tc_bridge_u32(env, arguments[3], "codepoint", &codepoint))
    return NULL;
  tc_apply_cell(&bridged->canvas, row, col, codepoint);
  return NULL;
}

/* One napi call for what fits `small`, which is nearly every text; else measured, allocated, copied. */
static char *read_text(napi_env env, napi_value value, char *small, size_t small_size, size_t *length_out) {
  if (napi_get_value_string_utf8(env, value, small, small_size, length_out) != napi_ok) {
    tc_bridge_throw(env, TC_ERR_ARGUMENT, "text must be a string");
    return NULL;
  }
  /* A character of up to four bytes may have been left out at the end. */
  if (*length_out + 4 < small_size) return small;
  napi_get_value_string_utf8(env, value, NULL, 0, length_out);
  char *text = malloc(*length_out + 1);
  if (text == NULL) {
    tc_bridge_throw(env, TC_ERR_MEMORY, "no memory for the text");
    return NULL;
  }
  napi_get_value_string_utf8(env, value, text, *length_out + 1, length_out);
  return text;
}

/* Returns the column after the last cell. */
static napi_value grid_put_text(napi_env env, napi_callback_info info) {
  napi_value arguments[4], result = NULL;
  tc_environment *environment;
  uint32_t row = 0, col = 0;
  size_t length = 0;
  char small[768];
  if (!tc_bridge_arguments(env, info, 4, arguments, &environment)) return NULL;
  tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]);
  if (bridged == NULL || !tc_bridge_u32(env, arguments[1], "row", &row) ||
      !tc_bridge_u32(env, arguments[2], "col", &col))
    return NULL;
  char *text = read_text(env, arguments[3], small, sizeof small, &length);
  if (text == NULL) return NULL;
  const uint32_t end = tc_apply_text(&bridged->canvas, row, col, (const uint8_t *)text, length);
  if (text != small) free(text);
  napi_create_uint32(env, end, &result);
  return result;
}

static napi_value grid_fill(napi_env env, napi_callback_info info) {
  static const char *const names[5] = {"row", "col", "rows", "cols", "codepoint"};
  napi_value arguments[6];
  tc_environment *environment;
  uint32_t values[5] = {0};
  if (!tc_bridge_arguments(env, info, 6, arguments, &environment)) return NULL;
  tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]);
  if (bridged == NULL) return NULL;
  for (size_t index = 0; index < 5; index++)
    if (!tc_bridge_u32(env, arguments[index + 1], names[index], &values[index])) return NULL;
  tc_apply_fill(&bridged->canvas, values[0], values[1], values[2], values[3], values[4]);
  return NULL;
}

static napi_value grid_clear(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]);
  if (bridged != NULL) tc_apply_clear(&bridged->canvas);
  return NULL;
}

static napi_value grid_scroll(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  tc_environment *environment;
  uint32_t top = 0, end = 0, keep_history = 0;
  int32_t lines = 0;
  if (!tc_bridge_arguments(env, info, 5, arguments, &environment)) return NULL;
  tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]);
  if (bridged == NULL || !tc_bridge_u32(env, arguments[1], "top", &top) ||
      !tc_bridge_u32(env, arguments[2], "end", &end) || !tc_bridge_i32(env, arguments[3], "lines", &lines) ||
      !tc_bridge_u32(env, arguments[4], "keepHistory", &keep_history))
    return NULL;
  tc_apply_scroll(&bridged->canvas, top, end, lines, keep_history != 0);
  return NULL;
}

static napi_value grid_set_cursor(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  tc_environment *environment;
  uint32_t row = 0, col = 0;
  if (!tc_bridge_arguments(env, info, 3, arguments, &environment)) return NULL;
  tc_grid *grid = tc_bridge_grid_of(env, environment, arguments[0]);
  if (grid == NULL || !tc_bridge_u32(env, arguments[1], "row", &row) ||
      !tc_bridge_u32(env, arguments[2], "col", &col))
    return NULL;
  tc_grid_set_cursor(grid, row, col);
  return NULL;
}

/* Room for the ranges of every row; a new one whenever the number of rows changes. */
static bool size_dirty(napi_env env, tc_environment *environment, tc_bridge_grid *bridged) {
  const uint32_t rows = tc_grid_get_header(bridged->canvas.grid)->rows;
  if (bridged->dirty != NULL && bridged->dirty_rows == rows) return true;
  const tc_allocator allocator = tc_bridge_allocator(environment);
  void *memory = allocator.allocate(environment, (size_t)rows * sizeof(tc_range));
  if (memory == NULL) return false;
  if (bridged->dirty != NULL) allocator.release(environment, bridged->dirty, 0);
  forget_view(env, &bridged->dirty_view);
  bridged->dirty = memory;
  bridged->dirty_rows = rows;
  return true;
}

/* Moves the dirty ranges into memory that gridDirtyBlock shows; returns how many rows were dirty. */
static napi_value grid_take_dirty(napi_env env, napi_callback_info info) {
  napi_value arguments[1], result = NULL;
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]);
  if (bridged == NULL) return NULL;
  if (!size_dirty(env, environment, bridged)) return tc_bridge_throw(env, TC_ERR_MEMORY, "no memory for dirty ranges");
  napi_create_uint32(env, tc_grid_take_dirty(bridged->canvas.grid, bridged->dirty, bridged->dirty_rows), &result);
  return result;
}

static napi_value grid_dirty_block(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  tc_bridge_grid *bridged = tc_bridge_object(env, environment, TC_KIND_GRID, arguments[0]);
  if (bridged == NULL) return NULL;
  if (!size_dirty(env, environment, bridged)) return tc_bridge_throw(env, TC_ERR_MEMORY, "no memory for dirty ranges");
  return tc_bridge_view(env, bridged->dirty, &bridged->dirty_view);
}

bool tc_bridge_grid_register(napi_env env, napi_value exports, tc_environment *environment) {
  static const struct {
    const char *name;
    napi_callback callback;
  } functions[] = {
      {"gridCreate", grid_create},       {"gridDestroy", grid_destroy},    {"gridResize", grid_resize},
      {"gridBlock", grid_block},         {"gridSetStyle", grid_set_style}, {"gridSetCell", grid_set_cell},
      {"gridPutText", grid_put_text},    {"gridFill", grid_fill},          {"gridClear", grid_clear},
      {"gridScroll", grid_scroll},       {"gridSetCursor", grid_set_cursor},
      {"gridTakeDirty", grid_take_dirty}, {"gridDirtyBlock", grid_dirty_block},
  };
  for (size_t index = 0; index < sizeof functions / sizeof functions[0]; index++)
    if (!tc_bridge_export(env, exports, environment, functions[index].name, functions[index].callback)) return false;
  return true;
}
