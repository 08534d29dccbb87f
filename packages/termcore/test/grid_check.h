/* What must hold for a grid at any time, for the native tests. A broken one aborts with the reason. */
#ifndef TC_GRID_CHECK_H
#define TC_GRID_CHECK_H

#include <stdio.h>

#include "grid_internal.h"

#define CHECK(condition)                                                               \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);   \
      abort();                                                                         \
    }                                                                                  \
  } while (0)

/* mulberry32, the same as in peer-torture.ts. */
static inline uint32_t next_random(uint32_t *state) {
  uint32_t mixed = (*state += 0x6d2b79f5u);
  mixed = (mixed ^ (mixed >> 15)) * (mixed | 1);
  mixed ^= mixed + (mixed ^ (mixed >> 7)) * (mixed | 61);
  return mixed ^ (mixed >> 14);
}

static inline uint32_t random_below(uint32_t *state, uint32_t limit) {
  return next_random(state) % limit;
}

static inline void check_cells(const tc_grid *grid, const tc_cell *cells) {
  for (uint32_t col = 0; col < grid->cols; col++) {
    const bool is_wide = (cells[col].attributes & TC_ATTR_WIDE) != 0;
    const bool is_tail = (cells[col].attributes & TC_ATTR_WIDE_TAIL) != 0;
    uint32_t codepoints[TC_CLUSTER_CODEPOINTS_MAX];
    CHECK(!(is_wide && is_tail));
    if (is_wide) CHECK(col + 1 < grid->cols && (cells[col + 1].attributes & TC_ATTR_WIDE_TAIL));
    if (is_tail) CHECK(col > 0 && (cells[col - 1].attributes & TC_ATTR_WIDE));
    if (cells[col].content & TC_CONTENT_CLUSTER) {
      const uint32_t length = tc_grid_get_codepoints(grid, cells[col].content, codepoints);
      CHECK(length >= 2 && length <= TC_CLUSTER_CODEPOINTS_MAX);
    } else {
      CHECK(cells[col].content <= 0x10ffff);
    }
  }
}

/* Every slot belongs to exactly one line, lines on screen are well formed, the header is the truth. */
static inline void check_grid(const tc_grid *grid) {
  const tc_grid_header *header = tc_grid_get_header(grid);
  uint8_t *seen = calloc(grid->line_capacity, 1);
  CHECK(seen != NULL);
  for (uint32_t i = 0; i < grid->line_capacity; i++) {
    const uint32_t slot = grid->lines[i] & TC_LINE_SLOT_MASK;
    CHECK(slot < grid->line_capacity && !seen[slot]);
    CHECK(grid->lines[i] == grid->published_lines[i]);
    seen[slot] = 1;
  }
  free(seen);
  CHECK(header->magic == TC_GRID_MAGIC && header->is_retired == 0);
  CHECK(header->cols == grid->cols && header->rows == grid->rows);
  CHECK(header->top == grid->top && grid->top < grid->line_capacity);
  CHECK(grid->history_lines <= grid->scrollback_lines);
  CHECK(header->cursor_row < grid->rows && header->cursor_col < grid->cols);
  for (uint32_t line = 0; line < grid->history_lines + grid->rows; line++)
    check_cells(grid, tc_grid_get_line(grid, line, NULL));
  for (uint32_t row = 0; row < grid->rows; row++)
    CHECK(grid->dirty[row].first <= grid->dirty[row].end && grid->dirty[row].end <= grid->cols);
}

#endif
