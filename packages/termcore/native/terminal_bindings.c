/* The terminal, for JavaScript. Its two grids have handles of their own, so that every grid function
 * works on them; they live as long as the terminal and are resized only by it. */
#include "bridge.h"
#include "kernels_bindings.h"
#include "terminal.h"

typedef struct bridged_terminal {
  tc_terminal *terminal;
  uint32_t grids[2]; /* handles: main, alternate */
} bridged_terminal;

static void terminal_end(tc_environment *environment, void *object) {
  bridged_terminal *bridged = object;
  /* The grid handles are older than the terminal's, so they are still there when an environment ends;
   * one that JavaScript closed is stale, and removing it again does nothing. */
  for (int i = 0; i < 2; i++) tc_bridge_remove(environment, TC_KIND_GRID, bridged->grids[i]);
  tc_terminal_destroy(bridged->terminal);
  free(bridged);
}

static tc_status add_terminal(tc_environment *environment, tc_terminal *terminal,
                              uint32_t *out_handle) {
  bridged_terminal *bridged = calloc(1, sizeof *bridged);
  if (bridged == NULL) return TC_ERR_MEMORY;
  bridged->terminal = terminal;
  tc_grid *grids[2] = {tc_terminal_get_main_grid(terminal),
                       tc_terminal_get_alternate_grid(terminal)};
  tc_status status = tc_bridge_add_grid(environment, grids[0], false, &bridged->grids[0]);
  if (status == TC_OK)
    status = tc_bridge_add_grid(environment, grids[1], false, &bridged->grids[1]);
  if (status == TC_OK)
    status = tc_bridge_add(environment, TC_KIND_PARSER, bridged, terminal_end, out_handle);
  if (status != TC_OK) {
    for (int i = 0; i < 2; i++)
      if (bridged->grids[i] != 0) tc_bridge_remove(environment, TC_KIND_GRID, bridged->grids[i]);
    free(bridged);
  }
  return status;
}

static napi_value number(napi_env env, uint32_t value) {
  napi_value result = NULL;
  napi_create_uint32(env, value, &result);
  return result;
}

static napi_value terminal_create(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 3, arguments, &environment)) return NULL;
  const tc_allocator allocator = tc_bridge_allocator(environment);
  tc_terminal_options options = {.allocator = &allocator};
  if (!tc_bridge_u32(env, arguments[0], "cols", &options.cols) ||
      !tc_bridge_u32(env, arguments[1], "rows", &options.rows) ||
      !tc_bridge_u32(env, arguments[2], "scrollbackLines", &options.scrollback_lines))
    return NULL;
  tc_terminal *terminal = NULL;
  uint32_t handle = 0;
  tc_status status = tc_terminal_create(&options, &terminal);
  if (status == TC_OK && (status = add_terminal(environment, terminal, &handle)) != TC_OK)
    tc_terminal_destroy(terminal);
  if (status != TC_OK) return tc_bridge_throw(env, status, "the terminal cannot be made in this size");
  return number(env, handle);
}

static napi_value terminal_destroy(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  uint32_t handle = 0;
  if (!tc_bridge_arguments(env, info, 1, arguments, &environment)) return NULL;
  if (!tc_bridge_u32(env, arguments[0], "handle", &handle)) return NULL;
  if (tc_bridge_remove(environment, TC_KIND_PARSER, handle) != TC_OK)
    return tc_bridge_throw(env, TC_ERR_STATE, "the terminal is closed already, or this is not its handle");
  return NULL;
}

/* Reads the arguments; NULL after throwing. */
static bridged_terminal *terminal_of(napi_env env, napi_callback_info info, size_t count,
                                     napi_value *arguments, tc_environment **out_environment) {
  if (!tc_bridge_arguments(env, info, count, arguments, out_environment)) return NULL;
  return tc_bridge_object(env, *out_environment, TC_KIND_PARSER, arguments[0]);
}

static napi_value terminal_resize(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  tc_environment *environment;
  uint32_t cols = 0, rows = 0;
  bridged_terminal *bridged = terminal_of(env, info, 3, arguments, &environment);
  if (bridged == NULL || !tc_bridge_u32(env, arguments[1], "cols", &cols) ||
      !tc_bridge_u32(env, arguments[2], "rows", &rows))
    return NULL;
  const tc_status status = tc_terminal_resize(bridged->terminal, cols, rows);
  if (status != TC_OK)
    return tc_bridge_throw(env, status, "the terminal cannot take this size and stays as it was");
  return NULL;
}

static napi_value terminal_write(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  tc_environment *environment;
  const uint8_t *bytes = NULL;
  size_t size_bytes = 0;
  bridged_terminal *bridged = terminal_of(env, info, 2, arguments, &environment);
  if (bridged == NULL || !tc_bridge_bytes(env, arguments[1], "bytes", &bytes, &size_bytes))
    return NULL;
  return number(env, tc_terminal_write(bridged->terminal, bytes, size_bytes));
}

static napi_value terminal_grid(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  tc_environment *environment;
  uint32_t which = 0;
  bridged_terminal *bridged = terminal_of(env, info, 2, arguments, &environment);
  if (bridged == NULL || !tc_bridge_u32(env, arguments[1], "which", &which)) return NULL;
  if (which > 1)
    return tc_bridge_throw(env, TC_ERR_RANGE, "which must be 0 (main) or 1 (alternate)");
  return number(env, bridged->grids[which]);
}

static napi_value terminal_modes(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  bridged_terminal *bridged = terminal_of(env, info, 1, arguments, &environment);
  return bridged == NULL ? NULL : number(env, tc_terminal_get_modes(bridged->terminal));
}

static napi_value terminal_cursor_style(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  tc_environment *environment;
  bridged_terminal *bridged = terminal_of(env, info, 1, arguments, &environment);
  return bridged == NULL ? NULL : number(env, tc_terminal_get_cursor_style(bridged->terminal));
}

static napi_value terminal_title(napi_env env, napi_callback_info info) {
  napi_value arguments[1], result = NULL;
  tc_environment *environment;
  size_t size_bytes = 0;
  bridged_terminal *bridged = terminal_of(env, info, 1, arguments, &environment);
  if (bridged == NULL) return NULL;
  const char *title = tc_terminal_get_title(bridged->terminal, &size_bytes);
  napi_create_string_utf8(env, title, size_bytes, &result);
  return result;
}

/* What the program waits for, all of it; '' when nothing. Answers are ASCII. */
static napi_value terminal_take_response(napi_env env, napi_callback_info info) {
  napi_value arguments[1], result = NULL;
  tc_environment *environment;
  bridged_terminal *bridged = terminal_of(env, info, 1, arguments, &environment);
  if (bridged == NULL) return NULL;
  char small[512];
  const size_t pending = tc_terminal_get_response_size_bytes(bridged->terminal);
  char *text = pending <= sizeof small ? small : malloc(pending);
  if (text == NULL) return tc_bridge_throw(env, TC_ERR_MEMORY, "no memory for the response");
  const size_t taken = tc_terminal_take_response(bridged->terminal, (uint8_t *)text, pending);
  napi_create_string_latin1(env, text, taken, &result);
  if (text != small) free(text);
  return result;
}

/* gridCluster(grid, content): what a cell shows whose content has the cluster bit, as a string. */
static napi_value grid_cluster(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result = NULL;
  tc_environment *environment;
  uint32_t content = 0;
  if (!tc_bridge_arguments(env, info, 2, arguments, &environment)) return NULL;
  const tc_grid *grid = tc_bridge_grid_of(env, environment, arguments[0]);
  if (grid == NULL || !tc_bridge_u32(env, arguments[1], "content", &content)) return NULL;
  uint32_t codepoints[TC_CLUSTER_CODEPOINTS_MAX];
  char16_t units[2 * TC_CLUSTER_CODEPOINTS_MAX];
  size_t length = 0;
  const uint32_t count = tc_grid_get_codepoints(grid, content, codepoints);
  for (uint32_t i = 0; i < count; i++) {
    if (codepoints[i] < 0x10000) {
      units[length++] = (char16_t)codepoints[i];
    } else {
      units[length++] = (char16_t)(0xd800 + ((codepoints[i] - 0x10000) >> 10));
      units[length++] = (char16_t)(0xdc00 + ((codepoints[i] - 0x10000) & 0x3ff));
    }
  }
  napi_create_string_utf16(env, units, length, &result);
  return result;
}

/* gridUnderlineColor(grid, id); the ids of both of a terminal's grids belong to its main one. */
static napi_value grid_underline_color(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  tc_environment *environment;
  uint32_t id = 0;
  if (!tc_bridge_arguments(env, info, 2, arguments, &environment)) return NULL;
  const tc_grid *grid = tc_bridge_grid_of(env, environment, arguments[0]);
  if (grid == NULL || !tc_bridge_u32(env, arguments[1], "id", &id)) return NULL;
  return number(env, tc_grid_get_color(grid, id));
}

static napi_value terminal_counts(napi_env env, napi_callback_info info) {
  napi_value arguments[1], result = NULL, value = NULL;
  tc_environment *environment;
  bridged_terminal *bridged = terminal_of(env, info, 1, arguments, &environment);
  if (bridged == NULL) return NULL;
  const tc_terminal_counts counts = tc_terminal_get_counts(bridged->terminal);
  const tc_grid_counts grid = tc_grid_get_counts(tc_terminal_get_main_grid(bridged->terminal));
  const struct {
    const char *name;
    double value;
  } all[] = {
      {"unknownSequenceCount", (double)counts.unknown_sequence_count},
      {"lostStringCount", (double)counts.lost_string_count},
      {"lostResponseCount", (double)counts.lost_response_count},
      {"clusterCount", grid.cluster_count},
      {"clusterSweepCount", grid.cluster_sweep_count},
      {"clusterDroppedCount", grid.cluster_dropped_count},
      {"underlineColorCount", grid.underline_color_count},
  };
  if (napi_create_object(env, &result) != napi_ok) return NULL;
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    napi_create_double(env, all[i].value, &value);
    napi_set_named_property(env, result, all[i].name, value);
  }
  return result;
}

bool tc_terminal_register(napi_env env, napi_value exports, tc_environment *environment) {
  static const struct {
    const char *name;
    napi_callback callback;
  } functions[] = {
      {"terminalCreate", terminal_create},
      {"terminalDestroy", terminal_destroy},
      {"terminalResize", terminal_resize},
      {"terminalWrite", terminal_write},
      {"terminalGrid", terminal_grid},
      {"terminalModes", terminal_modes},
      {"terminalCursorStyle", terminal_cursor_style},
      {"terminalTitle", terminal_title},
      {"terminalTakeResponse", terminal_take_response},
      {"gridCluster", grid_cluster},
      {"gridUnderlineColor", grid_underline_color},
      {"terminalCounts", terminal_counts},
  };
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
    if (!tc_bridge_export(env, exports, environment, functions[i].name, functions[i].callback))
      return false;
  return tc_kernels_register(env, exports, environment);
}
