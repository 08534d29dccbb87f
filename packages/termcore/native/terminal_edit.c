/* Erasing, inserting, deleting, scrolling. */
#include "terminal_internal.h"

static void erase_row(tc_terminal *terminal, uint32_t row, bool keep_protected) {
  tc_grid__erase(terminal->grid, row, 0, terminal->cols, terminal->blank, keep_protected);
  tc_grid__set_wrapped(terminal->grid, row, false);
}

static void erase_in_display(tc_terminal *terminal, uint32_t which, bool keep_protected) {
  tc_grid *grid = terminal->grid;
  const uint32_t x = terminal->x, y = terminal->y;
  if (which == 0) {
    tc_grid__erase(grid, y, x, terminal->cols, terminal->blank, keep_protected);
    if (x == 0) tc_grid__set_wrapped(grid, y, false);
    for (uint32_t row = y + 1; row < terminal->rows; row++)
      erase_row(terminal, row, keep_protected);
  } else if (which == 1) {
    const uint32_t end = x + 1 < terminal->cols ? x + 1 : terminal->cols;
    tc_grid__erase(grid, y, 0, end, terminal->blank, keep_protected);
    tc_grid__set_wrapped(grid, y, false);
    if (end == terminal->cols && y + 1 < terminal->rows) tc_grid__set_wrapped(grid, y + 1, false);
    for (uint32_t row = 0; row < y; row++) erase_row(terminal, row, keep_protected);
  } else if (which == 2) {
    for (uint32_t row = 0; row < terminal->rows; row++) erase_row(terminal, row, keep_protected);
  } else if (which == 3) {
    tc_grid_clear_scrollback(grid);
  }
}

static void erase_in_line(tc_terminal *terminal, uint32_t which, bool keep_protected) {
  tc_grid *grid = terminal->grid;
  const uint32_t x = terminal->x, y = terminal->y;
  if (which == 0) {
    tc_grid__erase(grid, y, x, terminal->cols, terminal->blank, keep_protected);
    if (x == 0) tc_grid__set_wrapped(grid, y, false);
  } else if (which == 1) {
    const uint32_t end = x + 1 < terminal->cols ? x + 1 : terminal->cols;
    tc_grid__erase(grid, y, 0, end, terminal->blank, keep_protected);
  } else if (which == 2) {
    erase_row(terminal, y, keep_protected);
  }
}

static bool is_in_region(const tc_terminal *terminal) {
  const tc_screen *screen = terminal->screen;
  return terminal->y >= screen->scroll_top && terminal->y < screen->scroll_end;
}

/* A count for tc_grid__scroll, which clips it to the region but takes it signed. */
static int32_t lines_of(uint32_t count) {
  return (int32_t)(count < TC_ROWS_MAX ? count : TC_ROWS_MAX);
}

static void shift_lines(tc_terminal *terminal, int32_t lines) {
  tc_terminal__restrict_cursor(terminal);
  if (!is_in_region(terminal)) return;
  tc_grid__scroll(terminal->grid, terminal->y, terminal->screen->scroll_end, lines, terminal->blank,
                  false);
  terminal->x = 0;
}

static void scroll_region(tc_terminal *terminal, int32_t lines) {
  const tc_screen *screen = terminal->screen;
  tc_grid__scroll(terminal->grid, screen->scroll_top, screen->scroll_end, lines, terminal->blank,
                  false);
}

/* Columns of all rows of the scroll region: SL, SR, DECIC, DECDC. */
static void shift_columns(tc_terminal *terminal, uint32_t col, uint32_t count, bool is_insert) {
  if (!is_in_region(terminal)) return;
  if (col >= terminal->cols) col = terminal->cols - 1;
  const tc_screen *screen = terminal->screen;
  for (uint32_t row = screen->scroll_top; row < screen->scroll_end; row++) {
    if (is_insert) {
      tc_grid__insert_cells(terminal->grid, row, col, count, terminal->blank);
    } else {
      tc_grid__delete_cells(terminal->grid, row, col, count, terminal->blank);
    }
    tc_grid__set_wrapped(terminal->grid, row, false);
  }
}

static void erase_characters(tc_terminal *terminal, uint32_t count) {
  tc_terminal__restrict_cursor(terminal);
  const uint32_t room = terminal->cols - terminal->x;
  const uint32_t end = terminal->x + (count < room ? count : room);
  tc_grid__erase(terminal->grid, terminal->y, terminal->x, end, terminal->blank, false);
}

static void set_scroll_region(tc_terminal *terminal, const tc_sequence *sequence) {
  const uint32_t top = tc_param_or_1(sequence, 0);
  uint32_t bottom = tc_param(sequence, 1);
  if (bottom == 0 || bottom > terminal->rows) bottom = terminal->rows;
  if (bottom <= top) return;
  terminal->screen->scroll_top = top - 1;
  terminal->screen->scroll_end = bottom;
  tc_terminal__set_position(terminal, 0, 0);
}

void tc_terminal__alignment_pattern(tc_terminal *terminal) {
  tc_cell cell = terminal->pen;
  cell.content = 'E';
  for (uint32_t row = 0; row < terminal->rows; row++) {
    tc_grid__erase(terminal->grid, row, 0, terminal->cols, cell, false);
    tc_grid__set_wrapped(terminal->grid, row, false);
  }
  tc_terminal__set_position(terminal, 0, 0);
}

static bool edit_with_intermediate(tc_terminal *terminal, const tc_sequence *sequence) {
  const uint32_t count = tc_param_or_1(sequence, 0);
  if (sequence->prefix != 0 || sequence->intermediate_count != 1) return false;
  switch (sequence->intermediates[0] << 8 | sequence->final) {
    case ' ' << 8 | '@':
      shift_columns(terminal, 0, count, false);
      return true;
    case ' ' << 8 | 'A':
      shift_columns(terminal, 0, count, true);
      return true;
    case '\'' << 8 | '}':
      shift_columns(terminal, terminal->x, count, true);
      return true;
    case '\'' << 8 | '~':
      shift_columns(terminal, terminal->x, count, false);
      return true;
    default:
      return false;
  }
}

bool tc_terminal__edit(tc_terminal *terminal, const tc_sequence *sequence) {
  const bool is_private = sequence->prefix == '?';
  const uint32_t count = tc_param_or_1(sequence, 0);
  if (sequence->intermediate_count > 0) return edit_with_intermediate(terminal, sequence);
  if (is_private && sequence->final != 'J' && sequence->final != 'K') return false;
  if (sequence->prefix != 0 && !is_private) return false;
  switch (sequence->final) {
    case 'J':
      erase_in_display(terminal, tc_param(sequence, 0), is_private);
      return true;
    case 'K':
      erase_in_line(terminal, tc_param(sequence, 0), is_private);
      return true;
    case 'L':
      shift_lines(terminal, -lines_of(count));
      return true;
    case 'M':
      shift_lines(terminal, lines_of(count));
      return true;
    case '@':
      tc_terminal__restrict_cursor(terminal);
      tc_grid__insert_cells(terminal->grid, terminal->y, terminal->x, count, terminal->blank);
      return true;
    case 'P':
      tc_terminal__restrict_cursor(terminal);
      tc_grid__delete_cells(terminal->grid, terminal->y, terminal->x, count, terminal->blank);
      return true;
    case 'S':
      scroll_region(terminal, lines_of(count));
      return true;
    case 'T':
      scroll_region(terminal, -lines_of(count));
      return true;
    case 'X':
      erase_characters(terminal, count);
      return true;
    case 'r':
      set_scroll_region(terminal, sequence);
      return true;
    default:
      return false;
  }
}
