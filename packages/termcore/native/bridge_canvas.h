/*
 * A canvas: a grid and the pen that writes to it. Calls and command buffers do the same things to it,
 * by these functions. No Node-API here, so that the fuzzer of the command buffer needs no Node.
 */
#ifndef TERMCORE_BRIDGE_CANVAS_H
#define TERMCORE_BRIDGE_CANVAS_H

#include <seamproof/command_buffer.h>

#include "grid.h"

typedef struct tc_canvas {
  tc_grid *grid;
  tc_cell pen; /* what set style left; content unused */
} tc_canvas;

static inline tc_cell tc_pen_with(const tc_canvas *canvas, uint32_t content) {
  tc_cell cell = canvas->pen;
  cell.content = content;
  return cell;
}

static inline void tc_apply_style(tc_canvas *canvas, uint32_t foreground, uint32_t background,
                                  uint32_t attributes) {
  /* The low half only, without the bits that the grid itself keeps per cell. */
  const uint32_t allowed = 0xffffu & ~(uint32_t)(TC_ATTR_WIDE | TC_ATTR_WIDE_TAIL);
  canvas->pen = (tc_cell){.foreground = foreground, .background = background, .attributes = attributes & allowed};
}

static inline void tc_apply_cell(tc_canvas *canvas, uint32_t row, uint32_t col, uint32_t codepoint) {
  if (codepoint >= 0x20 && codepoint < 0x7f) tc_grid_set_cell(canvas->grid, row, col, tc_pen_with(canvas, codepoint));
  else tc_grid_put_codepoints(canvas->grid, row, col, &codepoint, 1, canvas->pen);
}

static inline void tc_apply_fill(tc_canvas *canvas, uint32_t row, uint32_t col, uint32_t rows, uint32_t cols,
                                 uint32_t codepoint) {
  /* One column wide only: a wide or combining character fills with what a broken one becomes. */
  const bool is_plain = codepoint <= 0x10ffff && tc_codepoint_width(codepoint) == 1;
  tc_grid_fill_rect(canvas->grid, row, col, rows, cols, tc_pen_with(canvas, is_plain ? codepoint : 0xfffd));
}

static inline tc_cell tc_blank(const tc_canvas *canvas) {
  return (tc_cell){.background = canvas->pen.background};
}

static inline void tc_apply_clear(tc_canvas *canvas) { tc_grid_clear(canvas->grid, tc_blank(canvas)); }

static inline void tc_apply_scroll(tc_canvas *canvas, uint32_t top, uint32_t end, int32_t lines,
                                   bool keep_history) {
  tc_grid_scroll(canvas->grid, top, end, lines, tc_blank(canvas), keep_history);
}

/* UTF-8; malformed bytes become U+FFFD. Returns the column after the last cell written. */
uint32_t tc_apply_text(tc_canvas *canvas, uint32_t row, uint32_t col, const uint8_t *bytes, size_t size_bytes);

/* Drains a command buffer onto the canvas; the buffer's header says how it went. */
uint32_t tc_apply_commands(tc_canvas *canvas, seam_commands *commands);

#endif
