/* Text and command buffers onto a canvas. */
#include "bridge_canvas.h"

#define TC_OP_COMMANDS_DISPATCH
#include "commands_generated.h"

#define REPLACEMENT 0xfffdu

/* One codepoint; `*at` moves past it. A malformed sequence is one U+FFFD per maximal valid prefix. */
static uint32_t next_codepoint(const uint8_t *bytes, size_t size_bytes, size_t *at) {
  const uint8_t lead = bytes[(*at)++];
  if (lead < 0x80) return lead;
  if (lead < 0xc2 || lead > 0xf4) return REPLACEMENT;
  const uint32_t more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  uint32_t codepoint = lead & (0x3fu >> more);
  /* The second byte's range rules out overlong forms, surrogates and what lies beyond U+10FFFF. */
  uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (uint32_t index = 0; index < more; index++) {
    if (*at >= size_bytes || bytes[*at] < low || bytes[*at] > high) return REPLACEMENT;
    codepoint = codepoint << 6 | (bytes[(*at)++] & 0x3fu);
    low = 0x80;
    high = 0xbf;
  }
  return codepoint;
}

uint32_t tc_apply_text(tc_canvas *canvas, uint32_t row, uint32_t col, const uint8_t *bytes, size_t size_bytes) {
  uint32_t codepoints[64];
  size_t at = 0;
  while (at < size_bytes) {
    const uint32_t ascii = tc_grid_put_ascii(canvas->grid, row, col, bytes + at, size_bytes - at, canvas->pen);
    col += ascii;
    at += ascii;
    if (at >= size_bytes || col >= tc_grid_get_header(canvas->grid)->cols) break;
    size_t count = 0;
    while (at < size_bytes && count < 64) codepoints[count++] = next_codepoint(bytes, size_bytes, &at);
    const uint32_t end = tc_grid_put_codepoints(canvas->grid, row, col, codepoints, count, canvas->pen);
    col = end;
  }
  return col;
}

static uint32_t tc_op_set_style_apply(void *context, const tc_op_set_style *fields) {
  tc_apply_style(context, fields->foreground, fields->background, fields->attributes);
  return SEAM_COMMANDS_OK;
}

static uint32_t tc_op_set_cell_apply(void *context, const tc_op_set_cell *fields) {
  tc_apply_cell(context, fields->row, fields->col, fields->codepoint);
  return SEAM_COMMANDS_OK;
}

static uint32_t tc_op_put_text_apply(void *context, const tc_op_put_text *fields) {
  tc_apply_text(context, fields->row, fields->col, fields->text, fields->text_size_bytes);
  return SEAM_COMMANDS_OK;
}

static uint32_t tc_op_fill_apply(void *context, const tc_op_fill *fields) {
  tc_apply_fill(context, fields->row, fields->col, fields->rows, fields->cols, fields->codepoint);
  return SEAM_COMMANDS_OK;
}

static uint32_t tc_op_clear_apply(void *context, const tc_op_clear *fields) {
  (void)fields;
  tc_apply_clear(context);
  return SEAM_COMMANDS_OK;
}

static uint32_t tc_op_scroll_apply(void *context, const tc_op_scroll *fields) {
  if (fields->keep_history > 1) return SEAM_COMMANDS_REFUSED;
  tc_apply_scroll(context, fields->top, fields->end, fields->lines, fields->keep_history == 1);
  return SEAM_COMMANDS_OK;
}

static uint32_t tc_op_set_cursor_apply(void *context, const tc_op_set_cursor *fields) {
  const tc_canvas *canvas = context;
  tc_grid_set_cursor(canvas->grid, fields->row, fields->col);
  return SEAM_COMMANDS_OK;
}

uint32_t tc_apply_commands(tc_canvas *canvas, seam_commands *commands) {
  return seam_commands_drain(commands, tc_op_commands_dispatch, canvas);
}
