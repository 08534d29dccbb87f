/* The kernels one by one, over memory of the caller, for the tests that compare their variants. */
#include "kernels_bindings.h"

#include "kernels.h"

#define ARGUMENTS_MAX 6

/* One call: the variant, the cells, and what else the kernel takes. */
typedef struct kernel_call {
  const tc_kernels *kernels;
  tc_cell *cells;
  size_t cell_count;
  napi_value arguments[ARGUMENTS_MAX];
} kernel_call;

static bool read_cells(napi_env env, napi_value value, const char *name, tc_cell **out_cells,
                       size_t *out_count) {
  const uint8_t *bytes = NULL;
  size_t size_bytes = 0;
  if (!tc_bridge_bytes(env, value, name, &bytes, &size_bytes)) return false;
  /* The kernels load whole cells without regard to alignment, but C wants 4 bytes. */
  if (size_bytes > 0 && (uintptr_t)bytes % 4 != 0) {
    tc_bridge_throw(env, TC_ERR_ARGUMENT, "cells must start at a multiple of 4 bytes");
    return false;
  }
  *out_cells = (tc_cell *)(uintptr_t)bytes;
  *out_count = size_bytes / sizeof(tc_cell);
  return true;
}

static bool read_cell(napi_env env, napi_value value, const char *name, tc_cell *out_cell) {
  const uint8_t *bytes = NULL;
  size_t size_bytes = 0;
  if (!tc_bridge_bytes(env, value, name, &bytes, &size_bytes)) return false;
  if (size_bytes != sizeof *out_cell) {
    tc_bridge_throw(env, TC_ERR_ARGUMENT, "a cell is 16 bytes");
    return false;
  }
  memcpy(out_cell, bytes, sizeof *out_cell);
  return true;
}

static bool begin(napi_env env, napi_callback_info info, kernel_call *call) {
  tc_environment *environment;
  uint32_t level = 0;
  if (!tc_bridge_arguments(env, info, ARGUMENTS_MAX, call->arguments, &environment)) return false;
  if (!tc_bridge_u32(env, call->arguments[0], "level", &level)) return false;
  call->kernels = level <= TC_SIMD_NEON ? tc_kernels_for((tc_simd)level) : NULL;
  if (call->kernels == NULL) {
    tc_bridge_throw(env, TC_ERR_RANGE, "this machine does not have that kernel variant");
    return false;
  }
  return read_cells(env, call->arguments[1], "cells", &call->cells, &call->cell_count);
}

static bool read_shape(napi_env env, const kernel_call *call, size_t at, uint32_t *rows,
                       uint32_t *cols) {
  if (!tc_bridge_u32(env, call->arguments[at], "rows", rows) ||
      !tc_bridge_u32(env, call->arguments[at + 1], "cols", cols))
    return false;
  if ((uint64_t)*rows * *cols <= call->cell_count) return true;
  tc_bridge_throw(env, TC_ERR_RANGE, "rows * cols is more than the cells given");
  return false;
}

static napi_value number(napi_env env, size_t value) {
  napi_value result = NULL;
  napi_create_double(env, (double)value, &result);
  return result;
}

static napi_value kernel_levels(napi_env env, napi_callback_info info) {
  uint32_t mask = 0;
  (void)info;
  for (uint32_t level = 0; level <= TC_SIMD_NEON; level++)
    if (tc_kernels_for((tc_simd)level) != NULL) mask |= 1u << level;
  return number(env, mask);
}

static napi_value kernel_fill(napi_env env, napi_callback_info info) {
  kernel_call call;
  tc_cell value;
  if (!begin(env, info, &call) || !read_cell(env, call.arguments[2], "value", &value)) return NULL;
  call.kernels->fill(call.cells, call.cell_count, value);
  return NULL;
}

static napi_value kernel_clear(napi_env env, napi_callback_info info) {
  kernel_call call;
  if (!begin(env, info, &call)) return NULL;
  call.kernels->clear(call.cells, call.cell_count);
  return NULL;
}

static napi_value kernel_scroll(napi_env env, napi_callback_info info) {
  kernel_call call;
  uint32_t rows = 0, cols = 0;
  int32_t lines = 0;
  tc_cell blank;
  if (!begin(env, info, &call) || !read_shape(env, &call, 2, &rows, &cols) ||
      !tc_bridge_i32(env, call.arguments[4], "lines", &lines) ||
      !read_cell(env, call.arguments[5], "blank", &blank))
    return NULL;
  call.kernels->scroll(call.cells, rows, cols, lines, blank);
  return NULL;
}

/* kernelDiff(level, before, after, rows, cols, ranges): ranges takes 8 bytes a row. */
static napi_value kernel_diff(napi_env env, napi_callback_info info) {
  kernel_call call;
  uint32_t rows = 0, cols = 0;
  tc_cell *after = NULL;
  size_t after_count = 0, ranges_bytes = 0;
  const uint8_t *ranges = NULL;
  if (!begin(env, info, &call) ||
      !read_cells(env, call.arguments[2], "after", &after, &after_count) ||
      !read_shape(env, &call, 3, &rows, &cols) ||
      !tc_bridge_bytes(env, call.arguments[5], "ranges", &ranges, &ranges_bytes))
    return NULL;
  if (after_count < (size_t)rows * cols || ranges_bytes < rows * sizeof(tc_range) ||
      (uintptr_t)ranges % 4 != 0)
    return tc_bridge_throw(env, TC_ERR_RANGE, "after or ranges is too small for rows * cols");
  tc_range *out = (tc_range *)(uintptr_t)ranges;
  return number(env, call.kernels->diff(call.cells, after, rows, cols, out));
}

static napi_value kernel_decode_ascii(napi_env env, napi_callback_info info) {
  kernel_call call;
  const uint8_t *bytes = NULL;
  size_t size_bytes = 0;
  tc_cell pen;
  if (!begin(env, info, &call) ||
      !tc_bridge_bytes(env, call.arguments[2], "bytes", &bytes, &size_bytes) ||
      !read_cell(env, call.arguments[3], "pen", &pen))
    return NULL;
  const size_t count = size_bytes < call.cell_count ? size_bytes : call.cell_count;
  return number(env, call.kernels->decode_ascii(call.cells, bytes, count, pen));
}

bool tc_kernels_register(napi_env env, napi_value exports, tc_environment *environment) {
  return tc_bridge_export(env, exports, environment, "kernelLevels", kernel_levels) &&
         tc_bridge_export(env, exports, environment, "kernelFill", kernel_fill) &&
         tc_bridge_export(env, exports, environment, "kernelClear", kernel_clear) &&
         tc_bridge_export(env, exports, environment, "kernelScroll", kernel_scroll) &&
         tc_bridge_export(env, exports, environment, "kernelDiff", kernel_diff) &&
         tc_bridge_export(env, exports, environment, "kernelDecodeAscii", kernel_decode_ascii);
}
