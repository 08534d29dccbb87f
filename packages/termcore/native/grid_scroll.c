/* Scrolling: entries of the line ring move, cells do not. */
#include "grid_internal.h"

static void blank_line(tc_grid *grid, uint32_t row, tc_cell blank) {
  const uint32_t position = tc_grid__ring(grid, row);
  const uint32_t slot = grid->lines[position] & TC_LINE_SLOT_MASK;
  tc_cell *cells = grid->cells + (size_t)slot * grid->cols;
  const tc_kernels *kernels = tc_kernels_active();
  const bool is_zero = (blank.foreground | blank.background | blank.attributes | blank.content) == 0;
  if (is_zero) {
    kernels->clear(cells, grid->cols);
  } else {
    kernels->fill(cells, grid->cols, blank);
  }
  tc_grid__set_line(grid, position, slot);
}

/* Lines [first, end) of the screen turn by `count` places: up moves the first ones to the end. */
static void rotate(tc_grid *grid, uint32_t first, uint32_t end, uint32_t count, bool is_up) {
  const uint32_t length = end - first;
  if (count == 0 || count >= length) return;
  const uint32_t shift = is_up ? count : length - count;
  /* Three reversals: in place, no buffer, any length. */
  const uint32_t bounds[3][2] = {{first, first + shift}, {first + shift, end}, {first, end}};
  for (int pass = 0; pass < 3; pass++) {
    uint32_t low = bounds[pass][0], high = bounds[pass][1];
    while (low + 1 < high) {
      high--;
      const uint32_t a = tc_grid__ring(grid, low), b = tc_grid__ring(grid, high);
      const uint32_t entry = grid->lines[a];
      tc_grid__set_line(grid, a, grid->lines[b]);
      tc_grid__set_line(grid, b, entry);
      low++;
    }
  }
}

/* By one line, the common case: a single pass. */
static void rotate_one_up(tc_grid *grid, uint32_t first, uint32_t end) {
  uint32_t position = tc_grid__ring(grid, first);
  const uint32_t entry = grid->lines[position];
  for (uint32_t row = first; row + 1 < end; row++) {
    const uint32_t next = position + 1 == grid->line_capacity ? 0 : position + 1;
    tc_grid__set_line(grid, position, grid->lines[next]);
    position = next;
  }
  tc_grid__set_line(grid, position, entry);
}

static void rotate_one_down(tc_grid *grid, uint32_t first, uint32_t end) {
  uint32_t position = tc_grid__ring(grid, end - 1);
  const uint32_t entry = grid->lines[position];
  for (uint32_t row = end; row > first + 1; row--) {
    const uint32_t previous = position == 0 ? grid->line_capacity - 1 : position - 1;
    tc_grid__set_line(grid, position, grid->lines[previous]);
    position = previous;
  }
  tc_grid__set_line(grid, position, entry);
}

/* The top line goes to the scrollback; the oldest line, if the scrollback is full, is used again. */
static void push_history(tc_grid *grid, uint32_t end) {
  grid->top = grid->top + 1 == grid->line_capacity ? 0 : grid->top + 1;
  if (grid->history_lines < grid->scrollback_lines) grid->history_lines++;
  grid->scrolled_lines++;
  /* Lines below the region moved up with the rest: put the free line back above them. */
  if (end < grid->rows) rotate_one_down(grid, end - 1, grid->rows);
}

static void scroll_up(tc_grid *grid, uint32_t top, uint32_t end, uint32_t lines, tc_cell blank,
                      bool keep_history) {
  if (keep_history && top == 0) {
    for (uint32_t i = 0; i < lines; i++) {
      push_history(grid, end);
      blank_line(grid, end - 1, blank);
    }
    return;
  }
  if (lines == 1) {
    rotate_one_up(grid, top, end);
  } else {
    rotate(grid, top, end, lines, true);
  }
  for (uint32_t i = 0; i < lines; i++) blank_line(grid, end - 1 - i, blank);
}

void tc_grid__scroll(tc_grid *grid, uint32_t top, uint32_t end, int32_t lines, tc_cell blank,
                     bool keep_history) {
  const bool is_up = lines > 0;
  const uint32_t height = end - top;
  uint32_t count = is_up ? (uint32_t)lines : 0u - (uint32_t)lines;
  if (count > height) count = height;
  if (is_up) {
    scroll_up(grid, top, end, count, blank, keep_history);
  } else {
    if (count == 1) {
      rotate_one_down(grid, top, end);
    } else {
      rotate(grid, top, end, count, false);
    }
    for (uint32_t i = 0; i < count; i++) blank_line(grid, top + i, blank);
  }
  tc_grid__mark_rows(grid, top, end);
}

void tc_grid_scroll(tc_grid *grid, uint32_t top, uint32_t end, int32_t lines, tc_cell blank,
                    bool keep_history) {
  if (end > grid->rows) end = grid->rows;
  if (top >= end || lines == 0) return;
  tc_grid__scroll(grid, top, end, lines, tc_grid__narrowed(blank), keep_history);
  tc_grid__publish(grid);
}

static int32_t clipped(uint32_t count, uint32_t most) {
  return (int32_t)(count < most ? count : most);
}

void tc_grid_insert_lines(tc_grid *grid, uint32_t row, uint32_t end, uint32_t count, tc_cell blank) {
  if (end > grid->rows) end = grid->rows;
  if (row < end) tc_grid_scroll(grid, row, end, -clipped(count, end - row), blank, false);
}

void tc_grid_delete_lines(tc_grid *grid, uint32_t row, uint32_t end, uint32_t count, tc_cell blank) {
  if (end > grid->rows) end = grid->rows;
  if (row < end) tc_grid_scroll(grid, row, end, clipped(count, end - row), blank, false);
}

void tc_grid_clear_scrollback(tc_grid *grid) {
  /* The lines keep their slots; they are blanked when they come on screen again. */
  grid->history_lines = 0;
  tc_grid__publish(grid);
}
