/* Writing cells. Wide characters are two cells, and no write may leave half of one. */
#include "grid_internal.h"

static bool is_zero(tc_cell cell) {
  return (cell.content | cell.foreground | cell.background | cell.attributes) == 0;
}

static void fill_cells(tc_cell *cells, size_t count, tc_cell value) {
  const tc_kernels *kernels = tc_kernels_active();
  if (is_zero(value)) {
    kernels->clear(cells, count);
  } else {
    kernels->fill(cells, count, value);
  }
}

void tc_grid__write_codepoint(tc_grid *grid, uint32_t row, uint32_t col, uint32_t codepoint,
                              uint32_t width, tc_cell pen) {
  tc_cell *cells = tc_grid__row(grid, row);
  tc_grid__split_wide(grid, row, cells, col, col + width, pen);
  pen.content = codepoint;
  if (width == 2) {
    pen.attributes |= TC_ATTR_WIDE;
    cells[col] = pen;
    pen.content = 0;
    pen.attributes ^= TC_ATTR_WIDE | TC_ATTR_WIDE_TAIL;
    cells[col + 1] = pen;
  } else {
    cells[col] = pen;
  }
  tc_grid__mark(grid, row, col, col + width);
}

void tc_grid__join(tc_grid *grid, uint32_t row, uint32_t col, uint32_t codepoint) {
  tc_cell *cells = tc_grid__row(grid, row);
  uint32_t target = col - 1;
  if (target > 0 && (cells[target].attributes & TC_ATTR_WIDE_TAIL)) target--;
  cells[target].content = tc_grid_combine(grid, cells[target].content, codepoint);
  tc_grid__mark(grid, row, target, target + 1);
}

void tc_grid__erase(tc_grid *grid, uint32_t row, uint32_t first, uint32_t end, tc_cell blank,
                    bool keep_protected) {
  if (first >= end) return;
  tc_cell *cells = tc_grid__row(grid, row);
  if (!keep_protected) {
    tc_grid__split_wide(grid, row, cells, first, end, blank);
    fill_cells(cells + first, end - first, blank);
  } else {
    for (uint32_t col = first; col < end; col++) {
      if (cells[col].attributes & TC_ATTR_PROTECTED) continue;
      tc_grid__split_wide(grid, row, cells, col, col + 1, blank);
      cells[col] = blank;
    }
  }
  tc_grid__mark(grid, row, first, end);
}

void tc_grid__insert_cells(tc_grid *grid, uint32_t row, uint32_t col, uint32_t count,
                           tc_cell blank) {
  tc_cell *cells = tc_grid__row(grid, row);
  const uint32_t room = grid->cols - col;
  if (count > room) count = room;
  if (count == 0) return;
  tc_grid__split_wide(grid, row, cells, col, col, blank);
  cells[col].attributes &= ~(uint32_t)TC_ATTR_WIDE_TAIL; /* its head is gone; its colours stay */
  tc_kernels_active()->scroll(cells + col, room, 1, -(ptrdiff_t)count, blank);
  /* What was pushed past the edge may have been the right half. */
  tc_cell *last = &cells[grid->cols - 1];
  if (last->attributes & TC_ATTR_WIDE) *last = blank;
  tc_grid__mark(grid, row, col, grid->cols);
}

void tc_grid__delete_cells(tc_grid *grid, uint32_t row, uint32_t col, uint32_t count,
                           tc_cell blank) {
  tc_cell *cells = tc_grid__row(grid, row);
  const uint32_t room = grid->cols - col;
  if (count > room) count = room;
  if (count == 0) return;
  tc_grid__split_wide(grid, row, cells, col, col + count, blank);
  tc_kernels_active()->scroll(cells + col, room, 1, (ptrdiff_t)count, blank);
  tc_grid__mark(grid, row, col, grid->cols);
}

/* ---- the public functions: clip, then write ---- */

uint32_t tc_grid_set_cell(tc_grid *grid, uint32_t row, uint32_t col, tc_cell cell) {
  if (row >= grid->rows || col >= grid->cols) return 0;
  tc_cell *cells = tc_grid__row(grid, row);
  tc_cell blank = cell;
  blank.attributes &= 0; /* the half that is lost keeps only the colours */
  tc_grid__split_wide(grid, row, cells, col, col + 1, blank);
  cells[col] = tc_grid__narrowed(cell);
  tc_grid__mark(grid, row, col, col + 1);
  return 1;
}

uint32_t tc_grid_put_ascii(tc_grid *grid, uint32_t row, uint32_t col, const uint8_t *bytes,
                           size_t count, tc_cell pen) {
  if (row >= grid->rows || col >= grid->cols || bytes == NULL) return 0;
  const uint32_t room = grid->cols - col;
  if (count > room) count = room;
  pen = tc_grid__narrowed(pen);
  tc_cell *cells = tc_grid__row(grid, row);
  const bool starts_in_tail = (cells[col].attributes & TC_ATTR_WIDE_TAIL) != 0;
  const uint32_t written =
      (uint32_t)tc_kernels_active()->decode_ascii(cells + col, bytes, count, pen);
  if (written == 0) return 0;
  tc_cell blank = pen;
  blank.content = 0;
  if (starts_in_tail && col > 0) {
    cells[col - 1] = blank;
    tc_grid__mark(grid, row, col - 1, col);
  }
  tc_grid__split_wide(grid, row, cells, col, col + written, blank);
  tc_grid__mark(grid, row, col, col + written);
  return written;
}

uint32_t tc_grid_put_codepoints(tc_grid *grid, uint32_t row, uint32_t col,
                                const uint32_t *codepoints, size_t count, tc_cell pen) {
  if (row >= grid->rows || codepoints == NULL) return col;
  pen = tc_grid__narrowed(pen);
  for (size_t i = 0; i < count && col < grid->cols; i++) {
    uint32_t codepoint = codepoints[i];
    if (codepoint > 0x10ffff || (codepoint >= 0xd800 && codepoint <= 0xdfff)) codepoint = 0xfffd;
    const uint32_t width = tc_codepoint_width(codepoint);
    if (width == 0) {
      if (col > 0) tc_grid__join(grid, row, col, codepoint);
      continue;
    }
    if (col + width > grid->cols) break;
    tc_grid__write_codepoint(grid, row, col, codepoint, width, pen);
    col += width;
  }
  return col;
}

void tc_grid_fill_rect(tc_grid *grid, uint32_t row, uint32_t col, uint32_t rows, uint32_t cols,
                       tc_cell cell) {
  if (row >= grid->rows || col >= grid->cols) return;
  if (rows > grid->rows - row) rows = grid->rows - row;
  if (cols > grid->cols - col) cols = grid->cols - col;
  cell = tc_grid__narrowed(cell);
  for (uint32_t i = 0; i < rows; i++) tc_grid__erase(grid, row + i, col, col + cols, cell, false);
}

void tc_grid_clear(tc_grid *grid, tc_cell blank) {
  for (uint32_t row = 0; row < grid->rows; row++) {
    fill_cells(tc_grid__row(grid, row), grid->cols, tc_grid__narrowed(blank));
    tc_grid__set_wrapped(grid, row, false);
  }
  tc_grid__mark_rows(grid, 0, grid->rows);
}

void tc_grid_insert_cells(tc_grid *grid, uint32_t row, uint32_t col, uint32_t count, tc_cell blank) {
  if (row < grid->rows && col < grid->cols)
    tc_grid__insert_cells(grid, row, col, count, tc_grid__narrowed(blank));
}

void tc_grid_delete_cells(tc_grid *grid, uint32_t row, uint32_t col, uint32_t count, tc_cell blank) {
  if (row < grid->rows && col < grid->cols)
    tc_grid__delete_cells(grid, row, col, count, tc_grid__narrowed(blank));
}
