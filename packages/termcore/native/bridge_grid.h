/* A grid as the bridge holds it, and the operations that calls and command buffers share. */
#ifndef TERMCORE_BRIDGE_GRID_H
#define TERMCORE_BRIDGE_GRID_H

#include "bridge_internal.h"
#include "grid.h"

typedef struct tc_bridge_grid {
  tc_grid *grid;
  tc_cell pen; /* what set style left; content unused */
  bool is_owned;
  napi_env env;
  napi_ref view; /* weak, the ArrayBuffer over viewed_block */
  void *viewed_block;
  tc_range *dirty; /* from the bridge's allocator */
  uint32_t dirty_rows;
  napi_ref dirty_view; /* weak */
} tc_bridge_grid;

static inline tc_cell tc_pen_with(const tc_bridge_grid *bridged, uint32_t content) {
  tc_cell cell = bridged->pen;
  cell.content = content;
  return cell;
}

static inline void tc_apply_style(tc_bridge_grid *bridged, uint32_t foreground, uint32_t background,
                                  uint32_t attributes) {
  /* The low half only, without the bits that the grid itself keeps per cell. */
  const uint32_t allowed = 0xffffu & ~(uint32_t)(TC_ATTR_WIDE | TC_ATTR_WIDE_TAIL);
  bridged->pen = (tc_cell){.foreground = foreground, .background = background, .attributes = attributes & allowed};
}

static inline void tc_apply_cell(tc_bridge_grid *bridged, uint32_t row, uint32_t col, uint32_t codepoint) {
  if (codepoint >= 0x20 && codepoint < 0x7f) tc_grid_set_cell(bridged->grid, row, col, tc_pen_with(bridged, codepoint));
  else tc_grid_put_codepoints(bridged->grid, row, col, &codepoint, 1, bridged->pen);
}

static inline void tc_apply_fill(tc_bridge_grid *bridged, uint32_t row, uint32_t col, uint32_t rows, uint32_t cols,
                                 uint32_t codepoint) {
  /* One column wide only: a wide or combining character fills with what a broken one becomes. */
  const bool is_plain = codepoint <= 0x10ffff && tc_codepoint_width(codepoint) == 1;
  tc_grid_fill_rect(bridged->grid, row, col, rows, cols, tc_pen_with(bridged, is_plain ? codepoint : 0xfffd));
}

static inline tc_cell tc_blank(const tc_bridge_grid *bridged) {
  return (tc_cell){.background = bridged->pen.background};
}

static inline void tc_apply_clear(tc_bridge_grid *bridged) { tc_grid_clear(bridged->grid, tc_blank(bridged)); }

static inline void tc_apply_scroll(tc_bridge_grid *bridged, uint32_t top, uint32_t end, int32_t lines,
                                   bool keep_history) {
  tc_grid_scroll(bridged->grid, top, end, lines, tc_blank(bridged), keep_history);
}

/* UTF-8; malformed bytes become U+FFFD. Returns the column after the last cell written. */
uint32_t tc_apply_text(tc_bridge_grid *bridged, uint32_t row, uint32_t col, const uint8_t *bytes, size_t size_bytes);

#endif
